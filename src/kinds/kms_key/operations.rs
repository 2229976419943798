//! The operations that palisade may call for a KmsKey, and the permissions that they need.
//!
//! Only its tags show who owns a key, so the tags of all keys are read.

use serde_json::{Value, json};

use super::{grants::FOREIGN_GRANTS, records, rules::REPLICA_OF};

use crate::operations::{
    Named, Need, OfKind, On, Operation, ResourceType, Resources, ServiceRole, Usage, When,
    table::{
        CLAIMS, CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, deletes, may, reads, writes,
    },
};

/// What the rest of the program needs to know about its operations.
pub(super) const OPERATIONS: OfKind = OfKind {
    rows: ROWS,
    resource: Some(RESOURCE),
    usage: Some(usage),
    never: Some(lockout_check),
    records: Some(records::RECORDS),
    ..OfKind::NONE
};

/// Keys.
pub(crate) const RESOURCE: ResourceType = ResourceType::new(
    "key",
    "arn:{partition}:kms:{region}:{account}:key/{id}",
    "00000000-0000-4000-8000-000000000000",
    Named::Never,
);
/// Aliases.
const ALIAS: ResourceType = ResourceType::new(
    "alias",
    "arn:{partition}:kms:{region}:{account}:{id}",
    "alias/00000000",
    Named::By("alias/"),
)
.like("alias/*");

const KEYS: On = On::Of(&Resources { name: "Keys", types: &[RESOURCE] });
const ALIASES: On = On::Of(&Resources { name: "Aliases", types: &[ALIAS] });

/// Creates keys for several Regions.
const MULTI_REGION: ServiceRole = ServiceRole {
    service: "mrk.kms.amazonaws.com",
    name: "AWSServiceRoleForKeyManagementServiceMultiRegionKeys",
};

/// Primary keys: each is in another Region than its replica.
const PRIMARY: ResourceType = ResourceType::new(
    "key",
    "arn:{partition}:kms:*:{account}:key/{id}",
    "mrk-00000000000000000000000000000000",
    Named::Never,
)
.like("mrk-*");
const PRIMARIES: On = On::Of(&Resources { name: "PrimaryKeys", types: &[PRIMARY] });

const GRANTS: Need = Need::Noted("a key whose foreign grants are compared");
const REPLICAS: Need = Need::Noted("a replica of a multi-Region key");
const DISABLED: Need = Need::Noted("a key that should be disabled");
const FOR_SEVERAL_REGIONS: Need = Need::Noted("a key for several Regions");
const UNROTATED: Need = Need::Noted("a key that should not be rotated");

const ROWS: &[Operation] = &[
    reads("kms:ListAliases").swept(),
    reads("kms:ListKeys").swept(),
    reads("kms:ListResourceTags").on(KEYS, &[]).swept(),
    reads("kms:DescribeKey").on(KEYS, &[]).swept(),
    reads("kms:GetKeyPolicy").on(KEYS, &[]).swept(),
    reads("kms:GetKeyRotationStatus").on(KEYS, &[]).swept(),
    reads("kms:ListGrants").on(KEYS, &[]).note(
        "Audited, and compared where a manifest says `foreignGrants`: who else may use a key.",
    ),
    writes("kms:CreateKey", On::Anything, CLAIMS)
        .and(&[may("kms:TagResource", KEYS, CLAIMS_UNCLAIMED)])
        .note(
            "KMS has no condition key for the call that sets tags, so a key that nobody claims \
             could be claimed by TagResource alone. Keys are adopted by the same permission.",
        ),
    writes("kms:CreateKey", On::Anything, &[])
        .only_needs(&[may(
            "iam:CreateServiceLinkedRole",
            On::ServiceRole(MULTI_REGION),
            &[When::says("RoleOfMultiRegionKeys", "iam:AWSServiceName", MULTI_REGION.service)],
        )])
        .only(FOR_SEVERAL_REGIONS)
        .note("Once in an account, unless somebody else creates the role."),
    writes("kms:ReplicateKey", PRIMARIES, OURS).only(REPLICAS).note(
        "Sent in the Region of the primary key. In the replica's Region KMS checks CreateKey \
             and TagResource.",
    ),
    writes("kms:PutKeyPolicy", KEYS, OURS),
    writes("kms:RevokeGrant", KEYS, OURS).only(GRANTS),
    writes("kms:UpdateKeyDescription", KEYS, OURS),
    writes("kms:EnableKey", KEYS, OURS),
    writes("kms:DisableKey", KEYS, OURS).only(DISABLED),
    writes("kms:EnableKeyRotation", KEYS, OURS),
    writes("kms:DisableKeyRotation", KEYS, OURS).only(UNROTATED),
    writes("kms:CancelKeyDeletion", KEYS, OURS),
    writes("kms:CreateAlias", KEYS, OURS)
        .and(&[may("kms:CreateAlias", ALIASES, &[])])
        .note("Aliases have no tags; the key must be ours. The same for the other two calls."),
    writes("kms:UpdateAlias", KEYS, OURS).and(&[may("kms:UpdateAlias", ALIASES, &[])]),
    writes("kms:DeleteAlias", KEYS, OURS).and(&[may("kms:DeleteAlias", ALIASES, &[])]),
    writes("kms:TagResource", KEYS, OURS_AFTER),
    writes("kms:UntagResource", KEYS, OURS_WITHOUT),
    deletes("kms:ScheduleKeyDeletion", KEYS, &[When::Owned, When::WaitsLongEnough]),
];

/// What only some keys need.
fn usage(spec: &Value, usage: &mut Usage) {
    let days = spec["deletionWindowDays"].as_u64().and_then(|days| u16::try_from(days).ok());
    usage.windows.extend(days);
    let rotation = spec.get("rotation");
    for (needed, need) in [
        (spec["enabled"] == false, DISABLED),
        (spec["multiRegion"] == true || spec.get(REPLICA_OF).is_some(), FOR_SEVERAL_REGIONS),
        (spec.get(FOREIGN_GRANTS).is_some(), GRANTS),
        (spec.get(REPLICA_OF).is_some(), REPLICAS),
        (rotation.is_some_and(|it| it.is_null() || it["enabled"] == false), UNROTATED),
    ] {
        if needed {
            usage.needs.insert(need);
        }
    }
}

/// palisade never asks KMS to skip its check that the caller can still change the policy, and
/// nobody with its role may.
fn lockout_check() -> Value {
    json!({
        "Sid": "NeverBypassTheLockoutCheck", "Effect": "Deny",
        "Action": ["kms:CreateKey", "kms:PutKeyPolicy"], "Resource": "*",
        "Condition": {"Bool": {"kms:BypassPolicyLockoutSafetyCheck": "true"}}
    })
}
