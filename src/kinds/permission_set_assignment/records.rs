//! What CloudTrail records of the calls that change who has what in an account, and where: in the
//! Region of Identity Center, in the account that calls (Identity Center user guide, "Logging").
//! No such record is public; the members are those of the API.

use crate::events::{Recorded, Records};

const SSO: &str = "sso";
/// The account in which somebody gets or loses a permission set.
const TARGET: &[&str] = &["requestParameters/targetId"];

pub(super) const RECORDS: Records = Records {
    calls: &[
        Recorded::edits(SSO, "CreateAccountAssignment", TARGET, &[""]),
        Recorded::edits(SSO, "DeleteAccountAssignment", TARGET, &[""]),
        // With the set go its assignments, in whatever account.
        Recorded::edits(SSO, "DeletePermissionSet", &[], &[""]).and_others(),
    ],
    id: |text| (text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.into()),
    parts: &[],
};
