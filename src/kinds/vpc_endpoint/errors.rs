//! What errors of EC2 mean for an endpoint (EC2 API reference, error codes).

use crate::kind::{Class, Meaning};

pub(super) const ERRORS: &[Meaning] = &[
    // The route to the service is already in the table.
    Meaning::of("ec2", "RouteAlreadyExists", Class::Duplicate).answering(WRITES),
    Meaning::of("ec2", "Resource.AlreadyAssociated", Class::Blocked).answering(WRITES),
];

const WRITES: &[&str] = &["CreateVpcEndpoint", "ModifyVpcEndpoint"];
