//! What errors of Organizations mean (Organizations API reference).

use crate::kind::{Class, Meaning};

pub(super) const ERRORS: &[Meaning] = &[
    of("AWSOrganizationsNotInUseException", Class::Denied),
    of("UnsupportedAPIEndpointException", Class::Denied),
    of("PolicyNotFoundException", Class::Missing),
    of("TargetNotFoundException", Class::Missing),
    of("RootNotFoundException", Class::Missing),
    of("OrganizationalUnitNotFoundException", Class::Missing),
    of("PolicyNotAttachedException", Class::Missing),
    of("DuplicatePolicyException", Class::Duplicate),
    of("DuplicatePolicyAttachmentException", Class::Duplicate),
    of("PolicyTypeAlreadyEnabledException", Class::Duplicate),
    of("PolicyChangesInProgressException", Class::Busy),
    of("FinalizingOrganizationException", Class::Busy),
    of("PolicyTypeNotEnabledException", Class::Busy),
    of("PolicyInUseException", Class::Blocked),
    // `Reason` says which constraint it is, but the SDK does not include it in the metadata; the
    // message names it too.
    of("ConstraintViolationException", Class::Limit)
        .saying(&["limit", "maximum", "minimum", "exceed"]),
];

const fn of(code: &'static str, class: Class) -> Meaning {
    Meaning::of("organizations", code, class)
}
