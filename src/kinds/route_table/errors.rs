//! What errors of EC2 mean for a route table (EC2 API reference, error codes).

use crate::kind::{Class, Meaning};

/// Somebody was faster. What a code means is the same for every kind of a service.
pub(super) const ERRORS: &[Meaning] = &[
    Meaning::of("ec2", "RouteAlreadyExists", Class::Busy).answering(&["CreateRoute"]),
    Meaning::of("ec2", "Resource.AlreadyAssociated", Class::Busy)
        .answering(&["AssociateRouteTable", "ReplaceRouteTableAssociation"]),
];
