//! What errors of EC2 mean for a route table (EC2 API reference, error codes).

use crate::kind::{Class, Meaning};

/// Somebody was faster, or what was listed is older than what there is: the next pass looks again.
pub(super) const ERRORS: &[Meaning] = &[
    Meaning::of("ec2", "RouteAlreadyExists", Class::Busy),
    Meaning::of("ec2", "Resource.AlreadyAssociated", Class::Busy),
];
