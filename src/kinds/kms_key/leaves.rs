//! What a KmsKey manifest can say, row by row.

use serde_json::json;

use super::{NAME, aws::Keys, baseline, errors, operations, rules};
use crate::{
    kind::{
        Claimed, Creation, Doctor, Profile, Reach, Removal, Writers,
        table::{
            Absent, Call, Check, Compare, Form, Gives, How, Leaf, Live, Null, Range, Restore,
            RiskOf, Table, TagLeaf, Take, Text, get, texts,
        },
    },
    model::{Risk, policy_document::Dialect, text},
};

/// The longest time to notice a mistake (KMS API reference, `PendingWindowInDays`: 7 to 30).
pub(super) const DEFAULT_WINDOW_DAYS: u16 = 30;
/// KMS quota: aliases of one key.
const MAX_ALIASES: usize = 50;
/// The reason why these fields cannot change.
const FIXED: &str = "which KMS fixes when a key is created";

/// The kind as a table.
pub fn table() -> Table {
    Table {
        profile: Profile {
            name: NAME,
            short: "kms",
            about: "A customer managed KMS key with its policy, aliases and rotation.",
            claimed: Claimed::ByTags,
            creation: Creation::Unnamed,
            removal: Removal::TombstoneOnly,
            writers: Writers::Many,
            sweep: true,
        },
        operations: operations::OPERATIONS,
        errors: errors::ERRORS,
        baseline: baseline::BASELINE,
        doctor: Doctor::NONE,
        about: "A customer managed KMS key whose key material comes from AWS KMS (origin \
                `AWS_KMS`)."
            .into(),
        leaves: vec![
            aliases(),
            description(),
            policy(),
            rotation(),
            enabled(),
            key_spec(),
            key_usage(),
            origin(),
            multi_region(),
            deletion_window(),
        ],
        tags: Some(TagLeaf {
            about: "Tags, of letters, digits, spaces and `_ . : / = + - @`; `null` for a key that \
                    must not be there. Keys that are not\nnamed are not managed."
                .into(),
            rules: text::KMS,
        }),
        order: vec![
            "kms:CancelKeyDeletion".into(),
            "kms:PutKeyPolicy".into(),
            "kms:DisableKey".into(),
            "kms:DeleteAlias".into(),
            "kms:UpdateKeyDescription".into(),
            "kms:EnableKey".into(),
            "kms:EnableKeyRotation".into(),
            "kms:DisableKeyRotation".into(),
            "kms:UpdateAlias".into(),
            // People find the key by its aliases, which therefore must not exist before it is as
            // wanted.
            "kms:CreateAlias".into(),
        ],
        natural_keys: |state| texts(get(state, "aliases")).map(str::to_owned).collect(),
        fixed_first: false,
        // The key policy gives access to whatever is encrypted under the key from now on.
        creating: |_| Risk::LOOSENS,
        // A key that is pending deletion accepts no other change, its rotation cannot be read, and
        // its claim cannot be written: the rest follows when the next pass has seen it disabled.
        // Nobody can use the key before or after.
        restore: Some(Restore {
            fact: "pendingDeletion".into(),
            call: Call::new("kms:CancelKeyDeletion", "cancel the key's deletion"),
            shown: ("pending deletion".into(), "disabled".into()),
            sets: vec![("enabled".into(), json!(false))],
        }),
        settle: rules::settle,
        connect: Live::<Keys>::open,
    }
}

fn aliases() -> Leaf {
    const GRANTED: [&str; 2] = ["kms:PutKeyPolicy", "kms:DisableKey"];
    let change = How::Entries {
        add: Call::new("kms:CreateAlias", "create {item}").after(&GRANTED),
        remove: Ok(Call::new("kms:DeleteAlias", "delete {item}")),
        take: Some(Take {
            call: Call::new("kms:UpdateAlias", "move {item} from key {from}").after(&GRANTED),
            fact: "elsewhere".into(),
            shown: ("key {from}".into(), "this key".into()),
        }),
    };
    let form = Form::Set {
        of: Check::Form(rules::alias),
        max: MAX_ALIASES,
        too_many: (
            "{count} aliases; KMS accepts at most {max} for a key".into(),
            "keep those that are used".into(),
        ),
    };
    Leaf {
        null: Null::None(json!([])),
        compare: Compare::Set,
        // An IAM policy may allow the use of a key by its alias (`kms:ResourceAliases`). Moving an
        // alias breaks a name that people and programs may use; the key itself allows nobody less.
        risk: RiskOf::Each {
            add: Risk::LOOSENS,
            remove: Risk::NEUTRAL.cutting_connections(),
            take: Risk::LOOSENS.cutting_connections(),
        },
        gives: Gives::Ways,
        ..Leaf::harmless(
            "aliases",
            "The key's aliases, each `alias/…` but not `alias/aws/…`, at most 50, unique in the \
             account's Region. With\na list, every other alias of the key is drift and is deleted; \
             `[]` or `null`: the key has no alias.\nAbsent: aliases are not managed.",
            form,
            change,
        )
    }
}

fn description() -> Leaf {
    let call = Call::new("kms:UpdateKeyDescription", "update the description");
    Leaf {
        null: Null::None(json!("")),
        ..Leaf::harmless(
            "description",
            "What the key is for, at most 8192 characters; `\"\"` or `null`: none. Absent: not \
             managed.",
            Form::Text(Check::Length(text::KMS_DESCRIPTION)),
            How::By(call),
        )
    }
}

fn policy() -> Leaf {
    // While a key is disabled, and has only its wanted aliases, its policy gives access to nobody.
    let call = Call::new("kms:PutKeyPolicy", "put the key policy")
        .after(&["kms:DisableKey", "kms:DeleteAlias"]);
    let form = Form::Policy {
        dialect: Dialect::KeyPolicy,
        reach: |_| Reach::Key,
        word: None,
        orphaned: Some("the wanted policy; KMS refuses it until every role it names exists".into()),
    };
    Leaf {
        absent: Absent::Required(
            "is required: with AWS's default policy, any IAM policy in the account can allow the \
             use of the key"
                .into(),
            rules::POLICY_HELP.into(),
        ),
        compare: Compare::Meaning,
        risk: RiskOf::Meaning,
        gives: Gives::Grants,
        ..Leaf::harmless(
            "policy",
            "The key policy, an IAM policy document of at most 32 KiB; required, because with \
             AWS's\ndefault policy any IAM policy in the account can allow the use of the key. \
             Compared by meaning:\nKMS stores it in another order and spelling. `${Kind/name}` and \
             `${Kind/name.arn}` are filled in.\nEvery statement needs `Action` and `Resource` \
             (otherwise KMS silently ignores it), nothing may be\nallowed to `Principal: \"*\"` \
             without a condition, and the account's root or a role of the account must\nbe allowed \
             `kms:PutKeyPolicy`, so that the key stays manageable.",
            form,
            How::By(call),
        )
    }
}

/// A second EnableKeyRotation restarts the period, so it is sent only for a difference.
fn rotation() -> Leaf {
    // KMS refuses to change the rotation of a disabled key (KMS developer guide, "Key states").
    let on =
        Call::new("kms:EnableKeyRotation", "rotate the key material[ every {periodDays} days]")
            .only_after(&["kms:EnableKey"]);
    let off = Call::new("kms:DisableKeyRotation", "stop rotating the key material")
        .only_after(&["kms:EnableKey"]);
    let days = Range {
        // KMS API reference, `RotationPeriodInDays`.
        min: 90,
        max: 2560,
        unit: "days".into(),
        help: "365 is usual".into(),
    };
    let period = Leaf {
        // KMS API reference, EnableKeyRotation.
        default: Some(json!(365)),
        risk: RiskOf::MoreIsLooser,
        gives: Gives::More,
        ..Leaf::harmless(
            "periodDays",
            "Days between two rotations, 90 to 2560; KMS uses 365 by default. \
             Absent: not managed. Without\nmeaning while `enabled` is false.",
            Form::Int(days),
            How::Argument,
        )
    };
    let form = Form::Switch {
        name: "RotationSpec".into(),
        about: "Automatic rotation of the key material.".into(),
        enabled: "Whether KMS rotates the key material; default true.".into(),
        details: vec![period],
        shown: "every {periodDays} days".into(),
    };
    Leaf {
        null: Null::None(json!({"enabled": false})),
        risk: RiskOf::Towards {
            value: json!({"enabled": true}),
            there: Risk::TIGHTENS,
            back: Risk::LOOSENS,
        },
        gives: Gives::More,
        only_while: Some(("enabled".into(), json!(true))),
        ..Leaf::harmless(
            "rotation",
            "Automatic rotation of the key material; symmetric encryption keys only. `null`: not \
             rotated. Absent: not\nmanaged. Not changed while the key is disabled. A replica of a \
             multi-Region key takes its primary's.",
            form,
            How::Switch { on, off },
        )
    }
}

fn enabled() -> Leaf {
    // Only after its policy and aliases are right.
    let on = Call::new("kms:EnableKey", "enable the key")
        .after(&["kms:PutKeyPolicy", "kms:DeleteAlias"]);
    let off = Call::new("kms:DisableKey", "disable the key")
        .warning("everything encrypted under the key is unreadable until it is enabled again");
    Leaf {
        absent: Absent::Means(json!(true)),
        null: Null::Refused,
        risk: RiskOf::Towards {
            value: json!(false),
            // Requests with the key fail; AWS does not stop anything that is running.
            there: Risk::TIGHTENS.cutting_connections(),
            back: Risk::LOOSENS,
        },
        gives: Gives::Gate,
        ..Leaf::harmless(
            "enabled",
            "Whether the key can be used; default true. Disabling makes everything that is \
             encrypted under it\nunreadable until it is enabled again.",
            Form::Bool,
            How::Switch { on, off },
        )
    }
}

fn key_spec() -> Leaf {
    let form = Form::Word {
        name: "KeySpec".into(),
        about: "What key material a key has, as the KMS API reference lists it.".into(),
        words: words(rules::KEY_SPECS.iter().map(|spec| (spec.word, spec.about))),
        off: None,
    };
    Leaf {
        absent: Absent::Means(json!(rules::SYMMETRIC)),
        null: Null::Refused,
        ..Leaf::harmless(
            "keySpec",
            "What key material the key has; default `SYMMETRIC_DEFAULT`, the only one that \
             SageMaker, EBS and S3 accept.\nImmutable.",
            form,
            How::Fixed(FIXED.into()),
        )
    }
}

fn key_usage() -> Leaf {
    let form = Form::Word {
        name: "KeyUsage".into(),
        about: "What a key is for, as the KMS API reference lists it.".into(),
        words: words(rules::KEY_USAGES.iter().copied()),
        off: None,
    };
    Leaf {
        absent: Absent::Derived,
        ..Leaf::harmless(
            "keyUsage",
            "What the key is for. Default `ENCRYPT_DECRYPT` for `SYMMETRIC_DEFAULT`, required for \
             every other key\nspec. Immutable.",
            form,
            How::Fixed(FIXED.into()),
        )
    }
}

/// The origin of key material of palisade's keys: KMS creates and keeps it.
fn origin() -> Leaf {
    let form = Form::Word {
        name: "Origin".into(),
        about: "Where key material can come from, as the KMS API reference lists it.".into(),
        words: words(rules::ORIGINS.into_iter()),
        off: None,
    };
    Leaf {
        absent: Absent::Always(json!(rules::ORIGINS[0].0)),
        ..Leaf::harmless(
            "origin",
            "Where its key material comes from.",
            form,
            How::Fixed(FIXED.into()),
        )
    }
}

fn multi_region() -> Leaf {
    Leaf::harmless(
        "multiRegion",
        "Whether the key can be replicated to other Regions; a new key is not unless this says so. \
         Absent: not\ncompared. Immutable.",
        Form::Bool,
        How::Fixed(FIXED.into()),
    )
}

fn deletion_window() -> Leaf {
    let days = Range {
        min: 7,
        max: 30,
        unit: "days".into(),
        help: "leave it out for 30 days, the longest time to notice a mistake".into(),
    };
    Leaf {
        absent: Absent::Means(json!(DEFAULT_WINDOW_DAYS)),
        ..Leaf::harmless(
            "deletionWindowDays",
            "Days between scheduling the key's deletion (`lifecycle.state: absent`) and the \
             deletion, during which it can\nbe cancelled: 7 to 30, default 30.",
            Form::Int(days),
            How::Argument,
        )
    }
}

fn words(list: impl Iterator<Item = (&'static str, &'static str)>) -> Vec<(Text, Text)> {
    list.map(|(word, about)| (word.into(), about.into())).collect()
}
