//! What CloudTrail records of the calls that change a security group, and where.
//!
//! From real records, but for the descriptions of rules and associations with VPCs, of which none
//! is public. A rule that is named without its group makes the whole kind be read again, which is
//! one or two calls.

use crate::events::{Recorded, Records, TAGS, prefixed};

const EC2: &str = "ec2";
const GROUP: &[&str] =
    &["requestParameters/groupId", "responseElements/securityGroupRuleSet/groupId"];
const TAGGED: &[&str] = &["requestParameters/resourcesSet/resourceId"];
const INGRESS: &[&str] = &["ingress"];
const EGRESS: &[&str] = &["egress"];

pub(super) const RECORDS: Records = Records {
    calls: &[
        Recorded::creates(EC2, "CreateSecurityGroup", &["responseElements/groupId"]),
        Recorded::deletes(EC2, "DeleteSecurityGroup", GROUP),
        Recorded::edits(EC2, "AuthorizeSecurityGroupIngress", GROUP, INGRESS),
        Recorded::edits(EC2, "AuthorizeSecurityGroupEgress", GROUP, EGRESS),
        Recorded::edits(EC2, "RevokeSecurityGroupIngress", GROUP, INGRESS),
        Recorded::edits(EC2, "RevokeSecurityGroupEgress", GROUP, EGRESS),
        Recorded::edits(EC2, "ModifySecurityGroupRules", GROUP, &["ingress", "egress"]),
        Recorded::edits(EC2, "UpdateSecurityGroupRuleDescriptionsIngress", GROUP, INGRESS),
        Recorded::edits(EC2, "UpdateSecurityGroupRuleDescriptionsEgress", GROUP, EGRESS),
        Recorded::edits(EC2, "AssociateSecurityGroupVpc", GROUP, &["associate"]),
        Recorded::edits(EC2, "DisassociateSecurityGroupVpc", GROUP, &["associate"]),
        Recorded::edits(EC2, "CreateTags", TAGGED, TAGS),
        Recorded::edits(EC2, "DeleteTags", TAGGED, TAGS),
    ],
    id: |text| prefixed(text, "sg-"),
    parts: &["sgr-"],
};
