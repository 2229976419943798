//! What errors of Identity Center mean here (Identity Center API reference).

use crate::kind::{Class, Meaning};

pub(super) const ERRORS: &[Meaning] = &[
    Meaning::of("ssoadmin", "ServiceQuotaExceededException", Class::Limit),
    Meaning::of("ssoadmin", "InternalServerException", Class::Ambiguous),
    Meaning::of("identitystore", "InternalServerException", Class::Ambiguous),
];
