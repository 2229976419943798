//! What CloudTrail records of the calls that move an account in the organization.

use crate::events::{Recorded, Records};

pub(super) const RECORDS: Records = Records {
    calls: &[Recorded::edits(
        "organizations",
        "MoveAccount",
        &["requestParameters/accountId"],
        &[],
    )],
    id: |text| (text.len() == 12).then(|| text.to_owned()),
    parts: &[],
};
