//! What errors of SageMaker mean. It has one code for values that are wrong, for domains that are
//! not there and for apps that are in the way; only the words tell them apart (seen in answers,
//! SageMaker API reference has no codes for them).

use crate::kind::{Class, Meaning};

pub(super) const ERRORS: &[Meaning] = &[
    Meaning::of("sagemaker", "ValidationException", Class::Missing)
        .saying(&["RecordNotFound", "Could not find"]),
    Meaning::of("sagemaker", "ValidationException", Class::Blocked)
        .saying(&["InService App", "no apps"]),
];
