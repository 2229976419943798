//! What CloudTrail records of the calls that change a notebook instance, and where: by its name, as
//! the API has it. No record is public.

use crate::events::{Recorded, Records, TAGS, arn_rest};

const SAGEMAKER: &str = "sagemaker";
const NAMED: &[&str] = &["requestParameters/notebookInstanceName"];

pub(super) const RECORDS: Records = Records {
    calls: &[
        Recorded::creates(SAGEMAKER, "CreateNotebookInstance", NAMED),
        Recorded::edits(SAGEMAKER, "UpdateNotebookInstance", NAMED, &[]),
        Recorded::edits(SAGEMAKER, "StartNotebookInstance", NAMED, &[]),
        Recorded::edits(SAGEMAKER, "StopNotebookInstance", NAMED, &[]),
        Recorded::deletes(SAGEMAKER, "DeleteNotebookInstance", NAMED),
        Recorded::edits(SAGEMAKER, "AddTags", &["requestParameters/resourceArn"], TAGS),
        Recorded::edits(SAGEMAKER, "DeleteTags", &["requestParameters/resourceArn"], TAGS),
    ],
    id: |text| arn_rest(text, "sagemaker", "notebook-instance").map(str::to_owned),
    parts: &[],
};
