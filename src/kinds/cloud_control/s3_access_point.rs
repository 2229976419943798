//! Access points of buckets.

use super::{
    baseline,
    overlay::{Overlay, Safe, Says},
    rows,
};
use crate::{
    kind::{
        Reach,
        table::{ACCOUNT, PARTITION, PROPERTIES, Tree, get},
    },
    model::{policy_document::Dialect, text},
    operations::{
        Named, OfKind, On, Operation, ResourceType, Resources,
        table::{CLAIMS, CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::S3::AccessPoint";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/s3-accesspoint.json"),
    short: "accesspoint",
    about: "An access point of a bucket (`Bucket: ${AWS::S3::Bucket/name}`): who reaches its \
            objects through it, and public access through it. Which VPC it is bound to is chosen \
            once; without one it is reached from the internet too.",
    arn: "arn:{partition}:s3:{region}:{account}:accesspoint/{id}",
    tags: Some(text::S3),
    always: &["Arn", "Bucket", "Name", "NetworkOrigin"],
    words: &[
        ("PublicAccessBlockConfiguration/BlockPublicAcls", Says::Safe(Safe::Flag(true))),
        ("PublicAccessBlockConfiguration/BlockPublicPolicy", Says::Safe(Safe::Flag(true))),
        ("PublicAccessBlockConfiguration/IgnorePublicAcls", Says::Safe(Safe::Flag(true))),
        ("PublicAccessBlockConfiguration/RestrictPublicBuckets", Says::Safe(Safe::Flag(true))),
    ],
    policies: &[("Policy", Dialect::BucketPolicy)],
    reach: Some(reach),
    rules: baseline::ACCESS_POINTS,
    operations: OfKind { rows: ROWS, resource: Some(RESOURCE), ..OfKind::NONE },
    ..Overlay::PLAIN
};

/// It can only deny what roles are allowed, as the policy of a bucket.
fn reach(state: &Tree) -> Reach {
    let text = |name| get(state, name).as_str().unwrap_or_default();
    let name = get(state, PROPERTIES)["Name"].as_str().unwrap_or_default();
    let place = format!("arn:{}:s3:{{region}}:{}", text(PARTITION), text(ACCOUNT));
    Reach::Bucket { arn: format!("{place}:accesspoint/{name}") }
}

const RESOURCE: ResourceType = ResourceType::new(
    "accesspoint",
    "arn:{partition}:s3:{region}:{account}:accesspoint/{id}",
    "accesspoint-000000000000",
    Named::Never,
);

const POINTS: On = On::Of(&Resources { name: "AccessPoints", types: &[RESOURCE] });

const NOTE: &str = "The reference lists no resource for the call that sets the public access \
                    block: no condition can limit it to ours.";

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[
        rows::GET,
        may("s3:GetAccessPoint", On::Anything, &[]),
        may("s3:GetAccessPointPolicy", POINTS, &[]),
        may("s3:ListTagsForResource", POINTS, &[]),
    ]),
    rows::creates(&[
        rows::CREATE,
        may("s3:CreateAccessPoint", POINTS, CLAIMS),
        may("s3:PutAccessPointPolicy", POINTS, OURS),
        may("s3:PutAccessPointPublicAccessBlock", On::Anything, &[]),
        may("s3:TagResource", POINTS, CLAIMS_UNCLAIMED),
    ])
    .note(NOTE),
    rows::updates(&[
        rows::UPDATE,
        may("s3:DeleteAccessPointPolicy", POINTS, OURS),
        may("s3:PutAccessPointPolicy", POINTS, OURS),
        may("s3:PutAccessPointPublicAccessBlock", On::Anything, &[]),
    ])
    .note(NOTE),
    rows::tags(&[
        rows::TAG,
        may("s3:TagResource", POINTS, OURS_AFTER),
        may("s3:TagResource", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("s3:UntagResource", POINTS, OURS_WITHOUT)]),
    rows::removes(&[
        rows::DELETE,
        may("s3:DeleteAccessPoint", POINTS, OURS),
        may("s3:DeleteAccessPointPolicy", POINTS, OURS),
    ]),
];
