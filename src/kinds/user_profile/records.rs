//! What CloudTrail records of the calls that change a user profile, and where: by its domain and
//! its name, as the API has them. No record is public.

use crate::events::{Recorded, Records, TAGS, arn_rest};

const SAGEMAKER: &str = "sagemaker";
const NAMED: &[&str] = &["requestParameters/domainId+requestParameters/userProfileName"];
const MADE: &[&str] = &[
    "responseElements/userProfileArn",
    "requestParameters/domainId+requestParameters/userProfileName",
];

pub(super) const RECORDS: Records = Records {
    calls: &[
        Recorded::creates(SAGEMAKER, "CreateUserProfile", MADE),
        Recorded::edits(SAGEMAKER, "UpdateUserProfile", NAMED, &[]),
        Recorded::deletes(SAGEMAKER, "DeleteUserProfile", NAMED),
        Recorded::edits(SAGEMAKER, "AddTags", &["requestParameters/resourceArn"], TAGS),
        Recorded::edits(SAGEMAKER, "DeleteTags", &["requestParameters/resourceArn"], TAGS),
    ],
    id: |text| {
        arn_rest(text, "sagemaker", "user-profile")
            .filter(|id| id.starts_with("d-"))
            .map(str::to_owned)
    },
    parts: &[],
};
