//! AWS::RAM::ResourceShare.

use super::held::{self, Calls, held};
use crate::simulator::cloud_control::{
    names::RESOURCE_SHARE,
    resource_type::Type,
    schema::{FLAG, FREE, Member, Shape, TAGS, TEXT, TEXTS, may, must},
};

/// The service's operations.
static CALLS: Calls = Calls {
    service: "ram",
    create: "CreateResourceShare",
    read: "GetResourceShares",
    update: "UpdateResourceShare",
    delete: "DeleteResourceShare",
    list: "GetResourceShares",
    tags: ("TagResource", "UntagResource"),
};

static MEMBERS: &[Member] = &[
    may("AllowExternalPrincipals", &FLAG),
    may("Arn", &TEXT),
    may("CreationTime", &TEXT),
    may("FeatureSet", &TEXT),
    may("LastUpdatedTime", &TEXT),
    must("Name", &Shape::Text(1, 255)),
    may("OwningAccountId", &TEXT),
    may("PermissionArns", &TEXTS),
    may("Principals", &TEXTS),
    may("ResourceArns", &TEXTS),
    may("ResourceShareConfiguration", &FREE),
    may("Sources", &TEXTS),
    may("Status", &TEXT),
    may("Tags", &TAGS),
];

pub(super) static TYPE: Type = held!(&CALLS; "Tags";
    name: RESOURCE_SHARE,
    members: MEMBERS,
    identifier: "Arn",
    listed_in: None,
    read_only: &[
        "Arn",
        "CreationTime",
        "FeatureSet",
        "LastUpdatedTime",
        "OwningAccountId",
        "Status",
    ],
    create_only: &[],
    write_only: &["PermissionArns", "Principals", "ResourceArns", "Sources"],
    rules: |_| Ok(()),
    named: |_| None,
);
