//! What CloudTrail records of the calls that change an endpoint, and where. All but tags are
//! wrapped in `<Call>Request` and `<Call>Response`. No record of ModifyVpcEndpoint is public.

use crate::events::{Recorded, Records, TAGS, prefixed};

const EC2: &str = "ec2";
const ENDPOINT: &[&str] = &["requestParameters/vpcEndpointId"];
const TAGGED: &[&str] = &["requestParameters/resourcesSet/resourceId"];

pub(super) const RECORDS: Records = Records {
    calls: &[
        Recorded::creates(
            EC2,
            "CreateVpcEndpoint",
            &["responseElements/vpcEndpoint/vpcEndpointId"],
        ),
        Recorded::edits(EC2, "ModifyVpcEndpoint", ENDPOINT, &[]),
        Recorded::deletes(EC2, "DeleteVpcEndpoints", ENDPOINT)
            .failing_for(&["responseElements/unsuccessful/resourceId"]),
        Recorded::edits(EC2, "CreateTags", TAGGED, TAGS),
        Recorded::edits(EC2, "DeleteTags", TAGGED, TAGS),
    ],
    id: |text| prefixed(text, "vpce-"),
    parts: &[],
};
