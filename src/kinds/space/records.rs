//! What CloudTrail records of the calls that change a space, and where: by its domain and its name,
//! as the API has them. No record is public.

use crate::events::{Recorded, Records, TAGS, arn_rest};

const SAGEMAKER: &str = "sagemaker";
const NAMED: &[&str] = &["requestParameters/domainId+requestParameters/spaceName"];
const MADE: &[&str] =
    &["responseElements/spaceArn", "requestParameters/domainId+requestParameters/spaceName"];

pub(super) const RECORDS: Records = Records {
    calls: &[
        Recorded::creates(SAGEMAKER, "CreateSpace", MADE),
        Recorded::edits(SAGEMAKER, "UpdateSpace", NAMED, &[]),
        Recorded::deletes(SAGEMAKER, "DeleteSpace", NAMED),
        Recorded::edits(SAGEMAKER, "AddTags", &["requestParameters/resourceArn"], TAGS),
        Recorded::edits(SAGEMAKER, "DeleteTags", &["requestParameters/resourceArn"], TAGS),
    ],
    id: |text| {
        arn_rest(text, "sagemaker", "space").filter(|id| id.starts_with("d-")).map(str::to_owned)
    },
    parts: &[],
};
