//! What CloudTrail records of the calls that change a lifecycle configuration, and where: by its
//! name, as the API has it. No record is public.

use crate::events::{Recorded, Records, TAGS, arn_rest};

const SAGEMAKER: &str = "sagemaker";
const NAMED: &[&str] = &["requestParameters/studioLifecycleConfigName"];

pub(super) const RECORDS: Records = Records {
    calls: &[
        Recorded::creates(SAGEMAKER, "CreateStudioLifecycleConfig", NAMED),
        Recorded::deletes(SAGEMAKER, "DeleteStudioLifecycleConfig", NAMED),
        Recorded::edits(SAGEMAKER, "AddTags", &["requestParameters/resourceArn"], TAGS),
        Recorded::edits(SAGEMAKER, "DeleteTags", &["requestParameters/resourceArn"], TAGS),
    ],
    id: |text| arn_rest(text, "sagemaker", "studio-lifecycle-config").map(str::to_owned),
    parts: &[],
};
