//! What errors of SageMaker mean here. Its calls for notebook instances have one code for all that
//! is wrong; only the words tell them apart (seen in answers: the API reference has no codes).

use crate::kind::{Class, Meaning};

pub(super) const ERRORS: &[Meaning] = &[
    // "Status (Stopping) not in ([InService]). Unable to transition to …"
    Meaning::of("sagemaker", "ValidationException", Class::Busy).saying(&["not in (["]),
    Meaning::of("sagemaker", "ValidationException", Class::Missing).saying(&["RecordNotFound"]),
    Meaning::of("sagemaker", "ValidationException", Class::Duplicate)
        .saying(&["Cannot create a duplicate"]),
];
