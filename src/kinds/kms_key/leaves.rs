//! What a KmsKey manifest can say, row by row.

use serde_json::json;

use super::{
    NAME,
    aws::{Keys, audit},
    baseline, errors, grants, material, operations, rules,
};
use crate::{
    kind::{
        Claimed, Creation, Doctor, Profile, Reach, Removal, Writers,
        table::{
            Absent, Call, Check, Compare, Form, Gives, How, Leaf, Live, Null, Range, Restore,
            RiskOf, Table, TagLeaf, Take, get, texts,
        },
    },
    model::{Risk, policy_document::Dialect, text},
};

/// The longest time to notice a mistake (KMS API reference, `PendingWindowInDays`: 7 to 30).
pub(super) const DEFAULT_WINDOW_DAYS: u16 = 30;
/// KMS quota: aliases of one key.
const MAX_ALIASES: usize = 50;

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
            global: false,
        },
        operations: operations::OPERATIONS,
        errors: errors::ERRORS,
        baseline: baseline::BASELINE,
        doctor: Doctor {
            audit: Some(&audit::AUDIT),
            compares: Some(audit::compares),
            ..Doctor::NONE
        },
        about: "A customer managed KMS key. Its key material comes from AWS KMS; keys with other \
                origins can be adopted."
            .into(),
        leaves: vec![
            aliases(),
            description(),
            policy(),
            foreign_grants(),
            rotation(),
            enabled(),
            material::key_spec(),
            material::key_usage(),
            material::origin(),
            material::multi_region(),
            material::replica_of(),
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
            "kms:RevokeGrant".into(),
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
        creating: rules::creating,
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

fn foreign_grants() -> Leaf {
    let call = Call::new("kms:RevokeGrant", "revoke grant {item}")
        .warning("what its holder does with the key fails from then on");
    Leaf {
        null: Null::None(json!([])),
        // Requests under the grant fail; AWS does not stop anything that is running.
        risk: RiskOf::Always(Risk::TIGHTENS.cutting_connections()),
        gives: Gives::More,
        ..Leaf::harmless(
            grants::FOREIGN_GRANTS,
            "The principals of other accounts that may have grants on the key: accounts (twelve \
             digits, quoted), and\nARNs of roles and users. With a list, a grant to any other \
             principal of another account is drift and is\nrevoked; `[]` or `null`: nobody there \
             may have one. Grants of AWS's services, and those in the key's own\naccount, are not \
             compared. Absent: grants are not managed, and foreign ones are live findings.",
            Form::Allowed(grants::allowed()),
            How::Removed(call),
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
            "Automatic rotation of the key material; symmetric encryption keys with material of \
             KMS's own only. `null`: not \
             rotated. Absent: not\nmanaged. Not changed while the key is disabled. A replica of a \
             multi-Region key takes its primary's.",
            form,
            How::Switch { on, off },
        )
    }
}

fn enabled() -> Leaf {
    // Only after its policy and aliases are right.
    let on = Call::new("kms:EnableKey", "enable the key").after(&[
        "kms:RevokeGrant",
        "kms:PutKeyPolicy",
        "kms:DeleteAlias",
    ]);
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
