//! What CloudTrail records of the calls that change a network ACL, and where. A call that moves a
//! subnet names only the new ACL.

use crate::events::{Recorded, Records, TAGS, prefixed};

const EC2: &str = "ec2";
const ACL: &[&str] = &["requestParameters/networkAclId"];
const TAGGED: &[&str] = &["requestParameters/resourcesSet/resourceId"];

pub(super) const RECORDS: Records = Records {
    calls: &[
        Recorded::creates(EC2, "CreateNetworkAcl", &["responseElements/networkAcl/networkAclId"]),
        Recorded::deletes(EC2, "DeleteNetworkAcl", ACL),
        Recorded::edits(EC2, "CreateNetworkAclEntry", ACL, &[]),
        Recorded::edits(EC2, "ReplaceNetworkAclEntry", ACL, &[]),
        Recorded::edits(EC2, "DeleteNetworkAclEntry", ACL, &[]),
        Recorded::edits(EC2, "ReplaceNetworkAclAssociation", ACL, &[]).and_others(),
        Recorded::edits(EC2, "CreateTags", TAGGED, TAGS),
        Recorded::edits(EC2, "DeleteTags", TAGGED, TAGS),
    ],
    id: |text| prefixed(text, "acl-"),
    parts: &[],
};
