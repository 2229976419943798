//! Log groups.

use super::{
    baseline,
    overlay::{Overlay, Safe, Says},
    risks::{kept, limited},
    rows,
};
use crate::{
    model::text,
    operations::{
        OfKind, On, Operation, Resources, When,
        resources::LOG_GROUP,
        table::{CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::Logs::LogGroup";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/logs-loggroup.json"),
    short: "loggroup",
    about: "A log group. Without `RetentionInDays` its events are kept for ever; deleted it takes \
            them with it.",
    arn: "arn:{partition}:logs:{region}:{account}:log-group:{id}",
    slashes: true,
    tags: Some(text::LOGS),
    always: &["Arn", "LogGroupName"],
    refused: &[
        (
            "BearerTokenAuthenticationEnabled",
            "whoever has the token could write without being asked who they are",
            "leave it out",
        ),
        ("DataProtectionPolicy", "palisade does not compare what it masks", "leave it out"),
        ("FieldIndexPolicies", "palisade does not compare them", "leave it out"),
        (
            "ResourcePolicyDocument",
            "it decides who may write to the group, and palisade does not judge that",
            "leave it out",
        ),
    ],
    empty_at_first: true,
    words: &[
        ("RetentionInDays", Says::Judged(kept)),
        ("DeletionProtectionEnabled", Says::Safe(Safe::Flag(true))),
        ("KmsKeyId", Says::Judged(limited)),
    ],
    rules: baseline::LOGS,
    operations: OfKind { rows: ROWS, resource: Some(LOG_GROUP), ..OfKind::NONE },
    ..Overlay::PLAIN
};

const GROUPS: On = On::Of(&Resources { name: "LogGroups", types: &[LOG_GROUP] });

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[
        rows::GET,
        may("logs:DescribeIndexPolicies", On::Anything, &[]),
        may("logs:DescribeLogGroups", On::Anything, &[]),
        may("logs:DescribeResourcePolicies", On::Anything, &[]),
        may("logs:GetDataProtectionPolicy", GROUPS, &[]),
        may("logs:ListTagsForResource", GROUPS, &[]),
    ]),
    rows::creates(&[
        rows::CREATE,
        may("logs:CreateLogGroup", GROUPS, &[When::Claims]),
        may("logs:TagResource", GROUPS, &[When::Claims]),
        may("logs:PutRetentionPolicy", GROUPS, OURS),
    ]),
    rows::updates(&[
        rows::UPDATE,
        may("logs:AssociateKmsKey", GROUPS, OURS),
        may("logs:DeleteRetentionPolicy", GROUPS, OURS),
        may("logs:DisassociateKmsKey", GROUPS, OURS),
        may("logs:PutLogGroupDeletionProtection", GROUPS, OURS),
        may("logs:PutRetentionPolicy", GROUPS, OURS),
    ]),
    rows::tags(&[
        rows::TAG,
        may("logs:TagResource", GROUPS, OURS_AFTER),
        may("logs:TagResource", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("logs:UntagResource", GROUPS, OURS_WITHOUT)]),
    rows::removes(&[rows::DELETE, may("logs:DeleteLogGroup", GROUPS, OURS)]),
];
