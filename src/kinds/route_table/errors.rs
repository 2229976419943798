//! What errors of EC2 mean for a route table (EC2 API reference, error codes).

use crate::kind::{Class, Meaning};

/// Somebody else made a change, or the listing is outdated: the next pass reads again.
pub(super) const ERRORS: &[Meaning] = &[
    Meaning::of("ec2", "RouteAlreadyExists", Class::Busy).answering(&["CreateRoute"]),
    Meaning::of("ec2", "Resource.AlreadyAssociated", Class::Busy)
        .answering(&["AssociateRouteTable", "ReplaceRouteTableAssociation"]),
];
