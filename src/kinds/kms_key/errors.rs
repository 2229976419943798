//! What errors of KMS mean (KMS API reference).

use crate::kind::{Class, Meaning};

pub(super) const ERRORS: &[Meaning] = &[
    // The key's state does not allow the call now: it is being created, disabled or pending
    // deletion.
    Meaning::of("kms", "KMSInvalidStateException", Class::Busy),
    Meaning::of("kms", "DisabledException", Class::Busy),
    Meaning::of("kms", "KMSInternalException", Class::Ambiguous),
    Meaning::of("kms", "DependencyTimeoutException", Class::Ambiguous),
];
