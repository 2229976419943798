//! What errors of SageMaker mean. It has one code for invalid values, for domains that do not exist
//! and for apps that block a change; only the message distinguishes them (seen in answers; the
//! SageMaker API reference has no codes for them).

use crate::kind::{Class, Meaning};

pub(super) const ERRORS: &[Meaning] = &[
    Meaning::of("sagemaker", "ValidationException", Class::Missing)
        .saying(&["RecordNotFound", "Could not find"]),
    Meaning::of("sagemaker", "ValidationException", Class::Blocked)
        .saying(&["InService App", "no apps"]),
];
