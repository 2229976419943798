//! What CloudTrail records of the calls that change a policy of the organization, and where: in
//! us-east-1, in the account that calls. The record does not always say of which type the policy
//! is; its id does not either.

use crate::events::{Recorded, Records, TAGS, prefixed};

const ORGANIZATIONS: &str = "organizations";
const POLICY: &[&str] = &["requestParameters/policyId"];
const TAGGED: &[&str] = &["requestParameters/resourceId"];
/// Enabling and disabling a type names no policy: it concerns all of them.
const NOTHING: &[&str] = &[];

pub(super) const RECORDS: Records = Records {
    calls: &[
        Recorded::creates(
            ORGANIZATIONS,
            "CreatePolicy",
            &["responseElements/policy/policySummary/id"],
        ),
        Recorded::edits(ORGANIZATIONS, "UpdatePolicy", POLICY, &[]),
        Recorded::deletes(ORGANIZATIONS, "DeletePolicy", POLICY),
        Recorded::edits(ORGANIZATIONS, "AttachPolicy", POLICY, &[]),
        Recorded::edits(ORGANIZATIONS, "DetachPolicy", POLICY, &[]),
        Recorded::edits(ORGANIZATIONS, "EnablePolicyType", NOTHING, &[]).and_others(),
        Recorded::edits(ORGANIZATIONS, "DisablePolicyType", NOTHING, &[]).and_others(),
        Recorded::edits(ORGANIZATIONS, "TagResource", TAGGED, TAGS),
        Recorded::edits(ORGANIZATIONS, "UntagResource", TAGGED, TAGS),
    ],
    id: |text| prefixed(text, "p-"),
    parts: &[],
};
