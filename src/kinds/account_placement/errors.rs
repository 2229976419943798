//! What errors of Organizations mean for an account's place (Organizations API reference).

use crate::kind::{Class, Meaning};

pub(super) const ERRORS: &[Meaning] = &[
    of("AccountNotFoundException", Class::Missing),
    of("ChildNotFoundException", Class::Missing),
    // The unit was deleted since it was looked up: the next pass says so.
    of("DestinationParentNotFoundException", Class::Busy),
    // Somebody else has moved it.
    of("SourceParentNotFoundException", Class::Busy),
];

const fn of(code: &'static str, class: Class) -> Meaning {
    Meaning::of("organizations", code, class)
}
