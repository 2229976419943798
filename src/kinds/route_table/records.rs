//! What CloudTrail records of the calls that change a route table, and where. A call that takes a
//! subnet or gateway away from one table names only the association, or only the new table.

use crate::events::{Recorded, Records, TAGS, prefixed};

const EC2: &str = "ec2";
const TABLE: &[&str] = &["requestParameters/routeTableId"];
const TAGGED: &[&str] = &["requestParameters/resourcesSet/resourceId"];

pub(super) const RECORDS: Records = Records {
    calls: &[
        Recorded::creates(EC2, "CreateRouteTable", &["responseElements/routeTable/routeTableId"]),
        Recorded::deletes(EC2, "DeleteRouteTable", TABLE),
        Recorded::edits(EC2, "CreateRoute", TABLE, &[]),
        Recorded::edits(EC2, "ReplaceRoute", TABLE, &[]),
        Recorded::edits(EC2, "DeleteRoute", TABLE, &[]),
        Recorded::edits(EC2, "EnableVgwRoutePropagation", TABLE, &[]),
        Recorded::edits(EC2, "DisableVgwRoutePropagation", TABLE, &[]),
        Recorded::edits(EC2, "AssociateRouteTable", TABLE, &[]).and_others(),
        Recorded::edits(EC2, "ReplaceRouteTableAssociation", TABLE, &[]).and_others(),
        Recorded::edits(EC2, "DisassociateRouteTable", TABLE, &[]).and_others(),
        Recorded::edits(EC2, "CreateTags", TAGGED, TAGS),
        Recorded::edits(EC2, "DeleteTags", TAGGED, TAGS),
    ],
    id: |text| prefixed(text, "rtb-"),
    parts: &[],
};
