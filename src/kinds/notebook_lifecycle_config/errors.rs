//! What errors of SageMaker mean here. Its calls for lifecycle configurations have one code for all
//! that is wrong; only the words tell them apart (seen in answers: the API reference has no codes).

use crate::kind::{Class, Meaning};

pub(super) const ERRORS: &[Meaning] = &[
    Meaning::of("sagemaker", "ValidationException", Class::Missing)
        .saying(&["RecordNotFound", "Lifecycle Config does not exist"]),
    Meaning::of("sagemaker", "ValidationException", Class::Duplicate)
        .saying(&["already exists", "Cannot create a duplicate"]),
    Meaning::of("sagemaker", "ValidationException", Class::Blocked)
        .saying(&["being used by a notebook instance"]),
];
