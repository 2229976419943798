//! What CloudTrail records of the calls that change a domain, and where. A new domain is named by
//! its ARN only (seen in a real record).

use crate::events::{Recorded, Records, TAGS, arn_rest, prefixed};

const SAGEMAKER: &str = "sagemaker";
const DOMAIN: &[&str] = &["requestParameters/domainId", "responseElements/domainArn"];

pub(super) const RECORDS: Records = Records {
    calls: &[
        Recorded::creates(
            SAGEMAKER,
            "CreateDomain",
            &["responseElements/domainId", "responseElements/domainArn"],
        ),
        Recorded::edits(SAGEMAKER, "UpdateDomain", DOMAIN, &[]),
        Recorded::deletes(SAGEMAKER, "DeleteDomain", DOMAIN),
        Recorded::edits(SAGEMAKER, "AddTags", &["requestParameters/resourceArn"], TAGS),
        Recorded::edits(SAGEMAKER, "DeleteTags", &["requestParameters/resourceArn"], TAGS),
    ],
    id: domain_id,
    parts: &[],
};

fn domain_id(text: &str) -> Option<String> {
    prefixed(arn_rest(text, "sagemaker", "domain")?, "d-")
}
