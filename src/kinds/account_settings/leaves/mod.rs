//! The settings, one row each. All of them affect only what is created from now on, in one account
//! and Region, unless a row says otherwise.

pub(super) mod logging;
pub(super) mod wide;

use serde_json::{Value, json};

use crate::{
    kind::{
        Accepts,
        table::{Call, Form, Gives, How, Leaf, Named, Null, Range, RiskOf, Text},
    },
    kinds::kms_key,
    model::Risk,
};

/// Nothing is blocked.
pub(super) const UNBLOCKED: &str = "unblocked";
/// Nothing more can be shared with everybody.
pub(super) const BLOCK_NEW: &str = "block-new-sharing";
/// The account has no setting.
pub(super) const NO_PREFERENCE: &str = "no-preference";
/// The key of AWS with which new volumes are encrypted by default (EC2 API reference,
/// `ResetEbsDefaultKmsKeyId`).
pub(super) const AWS_KEY: &str = "alias/aws/ebs";
/// The call that writes the defaults of the instance metadata service that it contains, and leaves
/// the rest.
const MODIFY_METADATA: &str = "ec2:ModifyInstanceMetadataDefaults";

/// All rows, in the order in which they are shown.
pub(super) fn all() -> Vec<Leaf> {
    vec![
        ebs_encryption(),
        ebs_key(),
        snapshots(),
        images(),
        serial_console(),
        metadata_tokens(),
        metadata_hops(),
        metadata_endpoint(),
        metadata_tags(),
        logging::logging(),
        wide::s3().account_wide(),
        wide::passwords().account_wide(),
        wide::contacts().account_wide(),
    ]
}

/// All calls, in the order in which they are made: what closes something comes first.
pub(super) fn order() -> Vec<Text> {
    [
        "ec2:EnableEbsEncryptionByDefault",
        "ec2:EnableSnapshotBlockPublicAccess",
        "ec2:EnableImageBlockPublicAccess",
        "ec2:DisableSerialConsoleAccess",
        wide::PUT_S3,
        wide::PUT_PASSWORDS,
        logging::PUT_LOGGING,
        MODIFY_METADATA,
        "ec2:ModifyEbsDefaultKmsKeyId",
        "ec2:ResetEbsDefaultKmsKeyId",
        "ec2:DisableEbsEncryptionByDefault",
        "ec2:DisableSnapshotBlockPublicAccess",
        "ec2:DisableImageBlockPublicAccess",
        "ec2:EnableSerialConsoleAccess",
        logging::DELETE_LOGGING,
        wide::PUT_CONTACT,
        wide::DELETE_CONTACT,
    ]
    .map(Text::from)
    .into()
}

/// A row that always has a value in AWS.
fn row(path: &'static str, about: &'static str, form: Form, change: How) -> Leaf {
    Leaf { null: never(), ..Leaf::harmless(path, about, form, change) }
}

/// A row of a group that is on or off. One value is safe, with this risk; the other one loosens.
fn switched(safe: bool, there: Risk) -> Leaf {
    let value = json!(safe);
    let risk = RiskOf::Towards { value: value.clone(), there, back: Risk::LOOSENS };
    Leaf { null: never(), ..Leaf::setting(Form::Bool) }.risking(risk, Gives::Least(value))
}

fn never() -> Null {
    let why = "cannot be none: AWS always has a value for it";
    Null::Never(why.into(), "write the value, or leave it out if it is not to be managed".into())
}

fn switch(on: (&'static str, &'static str), off: (&'static str, &'static str)) -> How {
    How::Switch { on: Call::new(on.0, on.1), off: Call::new(off.0, off.1) }
}

/// A row with one safe value: every other value lets people do more.
fn safe(leaf: Leaf, value: Value) -> Leaf {
    Leaf {
        risk: RiskOf::Towards { value: value.clone(), there: Risk::TIGHTENS, back: Risk::LOOSENS },
        gives: Gives::Least(value),
        ..leaf
    }
}

/// A pair of values and the risk of changing from the first to the second; `None` is any value.
type Pair = (Option<&'static str>, Option<&'static str>, Risk);

fn pairs(pairs: &[Pair]) -> RiskOf {
    let pair = |(from, to, risk): &Pair| (from.map(Text::from), to.map(Text::from), *risk);
    RiskOf::Words(pairs.iter().map(pair).collect())
}

/// What each value lets people do.
fn gives(words: &[(&'static str, &[&'static str])]) -> Gives {
    let things = |things: &[&'static str]| things.iter().map(|thing| Text::from(*thing)).collect();
    Gives::Each(words.iter().map(|(word, all)| ((*word).into(), things(all))).collect())
}

fn ebs_encryption() -> Leaf {
    let change = switch(
        ("ec2:EnableEbsEncryptionByDefault", "encrypt new EBS volumes by default"),
        ("ec2:DisableEbsEncryptionByDefault", "stop encrypting new EBS volumes by default"),
    );
    let about = "Whether new EBS volumes and copies of snapshots are encrypted by default. \
                 Instance types that cannot\nuse encrypted volumes do not start then. Absent: not \
                 managed; AWS's default is false.";
    let leaf = row("ebsEncryptionByDefault", about, Form::Bool, change);
    Leaf { default: Some(json!(false)), ..safe(leaf, json!(true)) }
}

/// A principal that may not use the key cannot create volumes; one that may can read what is
/// created with it.
fn ebs_key() -> Leaf {
    let form =
        Form::Target(Named { accepts: Accepts::arn_of(kms_key::NAME), prefix: Text::default() });
    let change = switch(
        ("ec2:ModifyEbsDefaultKmsKeyId", "encrypt new EBS volumes with {item} by default"),
        ("ec2:ResetEbsDefaultKmsKeyId", "encrypt new EBS volumes with AWS's own key by default"),
    );
    Leaf {
        null: Null::None(json!(AWS_KEY)),
        risk: RiskOf::Always(Risk::REPLACES),
        ..row(
            "ebsDefaultKmsKey",
            "The default KMS key of new EBS volumes: a reference to one of \
             ours, or a key ARN. Absent: not managed;\n`null`: AWS's default, its own key \
             `alias/aws/ebs`, which other accounts cannot use.",
            form,
            change,
        )
    }
}

/// EC2 API reference, `EnableSnapshotBlockPublicAccess`.
fn snapshots() -> Leaf {
    const BLOCK_ALL: &str = "block-all-sharing";
    let form = Form::word(
        "SnapshotSharing",
        "How far EBS snapshots can be shared with everybody.",
        &[
            (
                BLOCK_ALL,
                "No snapshot can be shared with everybody, and those that are already shared are \
                 treated as private.",
            ),
            (
                BLOCK_NEW,
                "No further snapshot can be shared with everybody; those that are shared stay \
                 shared.",
            ),
            (UNBLOCKED, "Snapshots can be shared with everybody."),
        ],
        Some(UNBLOCKED),
    );
    let change = switch(
        ("ec2:EnableSnapshotBlockPublicAccess", "set public sharing of snapshots to {item}"),
        ("ec2:DisableSnapshotBlockPublicAccess", "let snapshots be shared with everybody"),
    );
    Leaf {
        default: Some(json!(UNBLOCKED)),
        risk: pairs(&[
            (None, Some(UNBLOCKED), Risk::LOOSENS),
            // Whoever uses a snapshot that is shared with everybody loses access to it.
            (None, Some(BLOCK_ALL), Risk::TIGHTENS.cutting_connections()),
            (Some(UNBLOCKED), None, Risk::TIGHTENS),
            (None, None, Risk::LOOSENS),
        ]),
        gives: gives(&[
            (BLOCK_ALL, &[]),
            (BLOCK_NEW, &["shared before"]),
            (UNBLOCKED, &["shared before", "shared anew"]),
        ]),
        ..row(
            "snapshotPublicAccess",
            "How far EBS snapshots can be shared with everybody. Absent: not managed; AWS's \
             default is `unblocked`.",
            form,
            change,
        )
    }
}

/// EC2 API reference, `EnableImageBlockPublicAccess`. Images that are already public stay public.
fn images() -> Leaf {
    let form = Form::word(
        "ImageSharing",
        "Whether machine images can be shared with everybody.",
        &[
            (
                BLOCK_NEW,
                "No further image can be shared with everybody; those that are shared stay \
                         shared.",
            ),
            (UNBLOCKED, "Images can be shared with everybody."),
        ],
        Some(UNBLOCKED),
    );
    let change = switch(
        ("ec2:EnableImageBlockPublicAccess", "set public sharing of images to {item}"),
        ("ec2:DisableImageBlockPublicAccess", "let images be shared with everybody"),
    );
    let about = "Whether machine images (AMIs) can be shared with everybody. AWS takes up to 10 \
                 minutes for a change and shows the\nold state until then; palisade goes by what \
                 AWS accepted. Absent: not managed.";
    safe(row("imagePublicAccess", about, form, change), json!(BLOCK_NEW))
}

fn serial_console() -> Leaf {
    let change = switch(
        ("ec2:EnableSerialConsoleAccess", "enable the serial consoles of instances"),
        ("ec2:DisableSerialConsoleAccess", "disable the serial consoles of instances"),
    );
    let about = "Whether the serial consoles of instances can be used by every principal that IAM \
                 allows, past security groups and\nnetwork ACLs. Absent: not managed; AWS's \
                 default is false.";
    let leaf = row("serialConsoleAccess", about, Form::Bool, change);
    Leaf { default: Some(json!(false)), ..safe(leaf, json!(false)) }
}

/// EC2 user guide, "Order of precedence for instance metadata options": the launch decides first,
/// then this setting, then the image.
fn metadata(path: &'static str, about: &'static str, form: Form, says: &'static str) -> Leaf {
    row(path, about, form, How::By(Call::new(MODIFY_METADATA, says).shared()))
}

fn metadata_tokens() -> Leaf {
    let form = Form::word(
        "MetadataTokens",
        "Whether the instance metadata service requires a token (IMDSv2).",
        &[
            ("required", "Only requests with a token are answered (IMDSv2)."),
            ("optional", "Requests without a token are answered too (IMDSv1)."),
            (NO_PREFERENCE, "As the image specifies."),
        ],
        None,
    );
    Leaf {
        default: Some(json!(NO_PREFERENCE)),
        null: Null::None(json!(NO_PREFERENCE)),
        risk: pairs(&[
            (None, Some("required"), Risk::TIGHTENS),
            (Some("optional"), None, Risk::TIGHTENS),
            (None, None, Risk::LOOSENS),
        ]),
        gives: gives(&[
            ("required", &[]),
            (NO_PREFERENCE, &["old images"]),
            ("optional", &["old images", "all images"]),
        ]),
        ..metadata(
            "instanceMetadataTokens",
            "Whether new instances require a token before they return credentials (IMDSv2), unless \
             the launch specifies it.\nAbsent: not managed; AWS's default is `no-preference`.",
            form,
            "set the metadata tokens of new instances to {item}",
        )
    }
}

fn metadata_hops() -> Leaf {
    let help = "with 1, containers cannot get the credentials of their instance; with 2 they can";
    let range = Range { min: 1, max: 64, unit: "hops".into(), help: help.into() };
    Leaf {
        null: Null::Unset(Some(NO_PREFERENCE.into())),
        risk: RiskOf::MoreIsLooser,
        gives: Gives::More,
        ..metadata(
            "instanceMetadataHopLimit",
            "How many network hops an answer of the instance metadata service may travel, 1 to 64, \
             unless the launch of an\ninstance specifies it. Absent: not managed; `null`: AWS's \
             default, no preference.",
            Form::Int(range),
            "set the hop limit of the metadata of new instances to {item}",
        )
    }
}

/// `enabled`, `disabled` or no preference, which equals the value that AWS then uses.
fn on_or_off(name: &'static str, about: &'static str) -> Form {
    let own = (NO_PREFERENCE, "The account has no setting.");
    Form::word(name, about, &[("enabled", "It is on."), ("disabled", "It is off."), own], None)
}

fn metadata_endpoint() -> Leaf {
    let form = on_or_off("MetadataEndpoint", "Whether new instances have the metadata service.");
    Leaf {
        default: Some(json!(NO_PREFERENCE)),
        null: Null::None(json!(NO_PREFERENCE)),
        risk: pairs(&[
            (None, Some("disabled"), Risk::TIGHTENS),
            (Some("disabled"), None, Risk::LOOSENS),
            (None, None, Risk::NEUTRAL),
        ]),
        gives: Gives::Least(json!("disabled")),
        ..metadata(
            "instanceMetadataEndpoint",
            "Whether new instances have the metadata service, unless the launch specifies it. \
             Without it, instances have no\ncredentials of their role. Absent: not managed; AWS's \
             default is `no-preference`, which is on.",
            form,
            "set the metadata service of new instances to {item}",
        )
    }
}

fn metadata_tags() -> Leaf {
    let form = on_or_off("MetadataTags", "Whether new instances can read their own tags.");
    Leaf {
        default: Some(json!(NO_PREFERENCE)),
        null: Null::None(json!(NO_PREFERENCE)),
        risk: pairs(&[
            (None, Some("enabled"), Risk::LOOSENS),
            (Some("enabled"), None, Risk::TIGHTENS),
            (None, None, Risk::NEUTRAL),
        ]),
        gives: gives(&[("enabled", &["tags"]), ("disabled", &[]), (NO_PREFERENCE, &[])]),
        ..metadata(
            "instanceMetadataTags",
            "Whether new instances can read their own tags from the metadata service, unless the \
             launch specifies it. Absent: not\nmanaged; AWS's default is `no-preference`, which is \
             off.",
            form,
            "set the tags in the metadata of new instances to {item}",
        )
    }
}
