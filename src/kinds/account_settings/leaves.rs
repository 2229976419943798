//! The settings, one row each. All of them concern what is made from now on, in one account and Region, unless a row says
//! otherwise.

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
/// Nothing is said for the account.
pub(super) const NO_PREFERENCE: &str = "no-preference";
/// The call that writes all defaults of the instance metadata service that are in it, and leaves the rest.
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
    ]
}

/// All calls, in the order in which they are made: what closes something first.
pub(super) fn order() -> Vec<Text> {
    [
        "ec2:EnableEbsEncryptionByDefault",
        "ec2:EnableSnapshotBlockPublicAccess",
        "ec2:EnableImageBlockPublicAccess",
        "ec2:DisableSerialConsoleAccess",
        MODIFY_METADATA,
        "ec2:ModifyEbsDefaultKmsKeyId",
        "ec2:DisableEbsEncryptionByDefault",
        "ec2:DisableSnapshotBlockPublicAccess",
        "ec2:DisableImageBlockPublicAccess",
        "ec2:EnableSerialConsoleAccess",
    ]
    .map(Text::from)
    .into()
}

fn row(path: &'static str, about: &'static str, form: Form, change: How) -> Leaf {
    Leaf { null: Null::Refused, ..Leaf::harmless(path, about, form, change) }
}

fn switch(on: (&'static str, &'static str), off: (&'static str, &'static str)) -> How {
    How::Switch { on: Call::new(on.0, on.1), off: Call::new(off.0, off.1) }
}

fn words(
    name: &'static str,
    about: &'static str,
    words: &[(&'static str, &'static str)],
    off: Option<&'static str>,
) -> Form {
    Form::Word {
        name: name.into(),
        about: about.into(),
        words: words.iter().map(|(word, about)| ((*word).into(), (*about).into())).collect(),
        off: off.map(Into::into),
    }
}

/// A row with one safe value: every other one lets people do more.
fn safe(leaf: Leaf, value: Value) -> Leaf {
    Leaf {
        risk: RiskOf::Towards { value: value.clone(), there: Risk::TIGHTENS, back: Risk::LOOSENS },
        gives: Gives::Least(value),
        ..leaf
    }
}

/// A pair of words and what it risks to go from the first to the second; `None` is any word.
type Pair = (Option<&'static str>, Option<&'static str>, Risk);

fn pairs(pairs: &[Pair]) -> RiskOf {
    let pair = |(from, to, risk): &Pair| (from.map(Text::from), to.map(Text::from), *risk);
    RiskOf::Words(pairs.iter().map(pair).collect())
}

/// What each word lets people do.
fn gives(words: &[(&'static str, &[&'static str])]) -> Gives {
    let things = |things: &[&'static str]| things.iter().map(|thing| Text::from(*thing)).collect();
    Gives::Each(words.iter().map(|(word, all)| ((*word).into(), things(all))).collect())
}

fn ebs_encryption() -> Leaf {
    let change = switch(
        ("ec2:EnableEbsEncryptionByDefault", "encrypt new EBS volumes by default"),
        ("ec2:DisableEbsEncryptionByDefault", "stop encrypting new EBS volumes by default"),
    );
    let about = "Whether new EBS volumes and copies of snapshots are encrypted even where nobody \
                 asks for it. Instance types that cannot\nuse encrypted volumes do not start then. \
                 Absent: not managed; AWS's default is false.";
    let leaf = row("ebsEncryptionByDefault", about, Form::Bool, change);
    Leaf { default: Some(json!(false)), ..safe(leaf, json!(true)) }
}

/// Whoever may not use the key cannot make volumes; whoever may can read what is made with it.
fn ebs_key() -> Leaf {
    let form =
        Form::Target(Named { accepts: Accepts::arn_of(kms_key::NAME), prefix: Text::default() });
    let call = Call::new(
        "ec2:ModifyEbsDefaultKmsKeyId",
        "encrypt new EBS volumes with {item} where nobody names a key",
    );
    Leaf {
        risk: RiskOf::Always(Risk::REPLACES),
        ..row(
            "ebsDefaultKmsKey",
            "The KMS key of new EBS volumes for which nobody names one: a reference to one of \
             ours, or a key ARN. Absent: not managed;\nAWS's default is its own key `alias/aws/ebs`, which \
             other accounts cannot use.",
            form,
            How::By(call),
        )
    }
}

/// EC2 API reference, `EnableSnapshotBlockPublicAccess`.
fn snapshots() -> Leaf {
    const BLOCK_ALL: &str = "block-all-sharing";
    let form = words(
        "SnapshotSharing",
        "How far EBS snapshots can be shared with everybody.",
        &[
            (
                BLOCK_ALL,
                "No snapshot can be shared with everybody, and those that are shared so are treated as private.",
            ),
            (
                BLOCK_NEW,
                "No further snapshot can be shared with everybody; those that are stay so.",
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
            // Whoever uses a snapshot that is shared with everybody loses it.
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
            "How far EBS snapshots can be shared with everybody. Absent: not managed; AWS's default is `unblocked`.",
            form,
            change,
        )
    }
}

/// EC2 API reference, `EnableImageBlockPublicAccess`. Images that are public stay so.
fn images() -> Leaf {
    let form = words(
        "ImageSharing",
        "Whether machine images can be shared with everybody.",
        &[
            (BLOCK_NEW, "No further image can be shared with everybody; those that are stay so."),
            (UNBLOCKED, "Images can be shared with everybody."),
        ],
        Some(UNBLOCKED),
    );
    let change = switch(
        ("ec2:EnableImageBlockPublicAccess", "set public sharing of images to {item}"),
        ("ec2:DisableImageBlockPublicAccess", "let images be shared with everybody"),
    );
    let about = "Whether machine images (AMIs) can be shared with everybody. AWS takes up to 10 minutes for \
                 a change and shows the\nold state until then; palisade goes by what AWS accepted. \
                 Absent: not managed.";
    safe(row("imagePublicAccess", about, form, change), json!(BLOCK_NEW))
}

fn serial_console() -> Leaf {
    let change = switch(
        ("ec2:EnableSerialConsoleAccess", "let the serial consoles of instances be used"),
        ("ec2:DisableSerialConsoleAccess", "keep everybody off the serial consoles of instances"),
    );
    let about = "Whether the serial consoles of instances can be used by whoever IAM lets do so, past security groups and\n\
                 network ACLs. Absent: not managed; AWS's default is false.";
    let leaf = row("serialConsoleAccess", about, Form::Bool, change);
    Leaf { default: Some(json!(false)), ..safe(leaf, json!(false)) }
}

/// EC2 user guide, "Order of precedence for instance metadata options": what a launch says comes first, then this, then the
/// image.
fn metadata(path: &'static str, about: &'static str, form: Form, says: &'static str) -> Leaf {
    row(path, about, form, How::By(Call::new(MODIFY_METADATA, says).shared()))
}

fn metadata_tokens() -> Leaf {
    let form = words(
        "MetadataTokens",
        "Whether the instance metadata service asks for a token (IMDSv2).",
        &[
            ("required", "Only requests with a token are answered (IMDSv2)."),
            ("optional", "Requests without a token are answered too (IMDSv1)."),
            (NO_PREFERENCE, "What the image says."),
        ],
        None,
    );
    Leaf {
        default: Some(json!(NO_PREFERENCE)),
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
            "Whether new instances ask for a token before they hand out credentials (IMDSv2), where the launch does not say.\n\
             Absent: not managed; AWS's default is `no-preference`.",
            form,
            "set the metadata tokens of new instances to {item}",
        )
    }
}

fn metadata_hops() -> Leaf {
    let help = "1 keeps containers away from the credentials of their instance, 2 lets them in";
    let range = Range { min: 1, max: 64, unit: "hops".into(), help: help.into() };
    Leaf {
        risk: RiskOf::MoreIsLooser,
        gives: Gives::More,
        ..metadata(
            "instanceMetadataHopLimit",
            "How many network hops an answer of the instance metadata service may travel, 1 to 64, where the launch of an\n\
             instance does not say. Absent: not managed.",
            Form::Int(range),
            "set the hop limit of the metadata of new instances to {item}",
        )
    }
}

/// `enabled`, `disabled` or nothing said; nothing said is as good as the word that AWS takes then.
fn on_or_off(name: &'static str, about: &'static str) -> Form {
    let own = (NO_PREFERENCE, "Nothing is said for the account.");
    words(name, about, &[("enabled", "It is on."), ("disabled", "It is off."), own], None)
}

fn metadata_endpoint() -> Leaf {
    let form = on_or_off("MetadataEndpoint", "Whether new instances have the metadata service.");
    Leaf {
        default: Some(json!(NO_PREFERENCE)),
        risk: pairs(&[
            (None, Some("disabled"), Risk::TIGHTENS),
            (Some("disabled"), None, Risk::LOOSENS),
            (None, None, Risk::NEUTRAL),
        ]),
        gives: Gives::Least(json!("disabled")),
        ..metadata(
            "instanceMetadataEndpoint",
            "Whether new instances have the metadata service, where the launch does not say. Without it, instances have no\n\
             credentials of their role. Absent: not managed; AWS's default is `no-preference`, which is on.",
            form,
            "set the metadata service of new instances to {item}",
        )
    }
}

fn metadata_tags() -> Leaf {
    let form = on_or_off("MetadataTags", "Whether new instances can read their own tags.");
    Leaf {
        default: Some(json!(NO_PREFERENCE)),
        risk: pairs(&[
            (None, Some("enabled"), Risk::LOOSENS),
            (Some("enabled"), None, Risk::TIGHTENS),
            (None, None, Risk::NEUTRAL),
        ]),
        gives: gives(&[("enabled", &["tags"]), ("disabled", &[]), (NO_PREFERENCE, &[])]),
        ..metadata(
            "instanceMetadataTags",
            "Whether new instances can read their own tags from the metadata service, where the launch does not say. Absent: not\n\
             managed; AWS's default is `no-preference`, which is off.",
            form,
            "set the tags in the metadata of new instances to {item}",
        )
    }
}
