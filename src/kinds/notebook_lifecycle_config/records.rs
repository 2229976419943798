//! What CloudTrail records of the calls that change a lifecycle configuration, and where: by its
//! name, as the API has it. No record is public.

use crate::events::{Recorded, Records, TAGS, arn_rest};

const SAGEMAKER: &str = "sagemaker";
const NAMED: &[&str] = &["requestParameters/notebookInstanceLifecycleConfigName"];

pub(super) const RECORDS: Records = Records {
    calls: &[
        Recorded::creates(SAGEMAKER, "CreateNotebookInstanceLifecycleConfig", NAMED),
        Recorded::edits(SAGEMAKER, "UpdateNotebookInstanceLifecycleConfig", NAMED, &[]),
        Recorded::deletes(SAGEMAKER, "DeleteNotebookInstanceLifecycleConfig", NAMED),
        Recorded::edits(SAGEMAKER, "AddTags", &["requestParameters/resourceArn"], TAGS),
        Recorded::edits(SAGEMAKER, "DeleteTags", &["requestParameters/resourceArn"], TAGS),
    ],
    id: |text| arn_rest(text, "sagemaker", "notebook-instance-lifecycle-config").map(str::to_owned),
    parts: &[],
};
