//! What palisade may call for a KmsKey, and what it needs for that.
//!
//! Whose a key is can only be learnt from its tags, so the tags of all keys are read.

use serde_json::{Value, json};

use super::NAME;
use crate::operations::{
    Mode::{Apply, Destroy, Observe},
    Need, OfKind, On, Operation, ResourceType, Usage,
    When::{self, Claims, KeepsOwner, NobodyElses, Owned, StaysOurs},
    table::{MULTI_REGION, anything, may, owned, row},
};

const KINDS: &[&str] = &[NAME];

/// All that the rest of the program asks of it.
pub(super) const OPERATIONS: OfKind = OfKind {
    rows: ROWS,
    resource: Some(ResourceType {
        service: "kms",
        sort: "key",
        sample: "00000000-0000-4000-8000-000000000000",
        named: None,
    }),
    usage: Some(usage),
    never: Some(lockout_check),
    ..OfKind::NONE
};

const ROWS: &[Operation] = &[
    row("kms", "ListAliases", Observe, KINDS, anything!("kms:ListAliases")).swept(),
    row("kms", "ListKeys", Observe, KINDS, anything!("kms:ListKeys")).swept(),
    row(
        "kms",
        "ListResourceTags",
        Observe,
        KINDS,
        &[may("kms:ListResourceTags", On::Keys, &[])],
    )
    .swept(),
    row("kms", "DescribeKey", Observe, KINDS, &[may("kms:DescribeKey", On::Keys, &[])]).swept(),
    row("kms", "GetKeyPolicy", Observe, KINDS, &[may("kms:GetKeyPolicy", On::Keys, &[])]).swept(),
    row(
        "kms",
        "GetKeyRotationStatus",
        Observe,
        KINDS,
        &[may("kms:GetKeyRotationStatus", On::Keys, &[])],
    )
    .swept(),
    row(
        "kms",
        "CreateKey",
        Apply,
        KINDS,
        &[
            may("kms:CreateKey", On::Anything, &[Claims]),
            may("kms:TagResource", On::Keys, &[Claims, NobodyElses]),
        ],
    )
    .note(
        "KMS has no key that says with which call tags come: so a key that nobody claims could be claimed by TagResource alone. \
         Keys are adopted by the same permission.",
    ),
    row(
        "kms",
        "CreateKey",
        Apply,
        KINDS,
        &[may(
            "iam:CreateServiceLinkedRole",
            On::ServiceRole(MULTI_REGION),
            &[When::RoleOf(MULTI_REGION)],
        )],
    )
    .only(Need::MultiRegionKeys)
    .note("Once in an account, unless somebody else makes the role."),
    row("kms", "PutKeyPolicy", Apply, KINDS, owned!("kms:PutKeyPolicy", Keys)),
    row("kms", "UpdateKeyDescription", Apply, KINDS, owned!("kms:UpdateKeyDescription", Keys)),
    row("kms", "EnableKey", Apply, KINDS, owned!("kms:EnableKey", Keys)),
    row("kms", "DisableKey", Apply, KINDS, owned!("kms:DisableKey", Keys))
        .only(Need::DisabledKeys),
    row("kms", "EnableKeyRotation", Apply, KINDS, owned!("kms:EnableKeyRotation", Keys)),
    row("kms", "DisableKeyRotation", Apply, KINDS, owned!("kms:DisableKeyRotation", Keys))
        .only(Need::UnrotatedKeys),
    row("kms", "CancelKeyDeletion", Apply, KINDS, owned!("kms:CancelKeyDeletion", Keys)),
    row(
        "kms",
        "CreateAlias",
        Apply,
        KINDS,
        &[may("kms:CreateAlias", On::Keys, &[Owned]), may("kms:CreateAlias", On::Aliases, &[])],
    )
    .note("Aliases have no tags; the key must be ours. The same for the other two calls."),
    row(
        "kms",
        "UpdateAlias",
        Apply,
        KINDS,
        &[may("kms:UpdateAlias", On::Keys, &[Owned]), may("kms:UpdateAlias", On::Aliases, &[])],
    ),
    row(
        "kms",
        "DeleteAlias",
        Apply,
        KINDS,
        &[may("kms:DeleteAlias", On::Keys, &[Owned]), may("kms:DeleteAlias", On::Aliases, &[])],
    ),
    row(
        "kms",
        "TagResource",
        Apply,
        KINDS,
        &[may("kms:TagResource", On::Keys, &[Owned, StaysOurs])],
    ),
    row(
        "kms",
        "UntagResource",
        Apply,
        KINDS,
        &[may("kms:UntagResource", On::Keys, &[Owned, KeepsOwner])],
    ),
    row(
        "kms",
        "ScheduleKeyDeletion",
        Destroy,
        KINDS,
        &[may("kms:ScheduleKeyDeletion", On::Keys, &[Owned, When::WaitsLongEnough])],
    ),
];

/// What only some keys need.
fn usage(spec: &Value, usage: &mut Usage) {
    let days = spec["deletionWindowDays"].as_u64().and_then(|days| u16::try_from(days).ok());
    usage.windows.extend(days);
    let rotation = spec.get("rotation");
    for (needed, need) in [
        (spec["enabled"] == false, Need::DisabledKeys),
        (spec["multiRegion"] == true, Need::MultiRegionKeys),
        (rotation.is_some_and(|it| it.is_null() || it["enabled"] == false), Need::UnrotatedKeys),
    ] {
        if needed {
            usage.needs.insert(need);
        }
    }
}

/// palisade never asks KMS to leave out its check that the caller can still change the policy; nobody with its role shall.
fn lockout_check() -> Value {
    json!({
        "Sid": "NeverBypassTheLockoutCheck", "Effect": "Deny",
        "Action": ["kms:CreateKey", "kms:PutKeyPolicy"], "Resource": "*",
        "Condition": {"Bool": {"kms:BypassPolicyLockoutSafetyCheck": "true"}}
    })
}
