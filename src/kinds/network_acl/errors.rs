//! What errors of EC2 mean for a network ACL (EC2 API reference, error codes).

use crate::kind::{Class, Meaning};

/// Somebody was faster, or what was listed is older than what there is: the next pass looks again.
pub(super) const ERRORS: &[Meaning] = &[
    Meaning::of("ec2", "NetworkAclEntryAlreadyExists", Class::Busy),
    Meaning::of("ec2", "InvalidNetworkAclEntry.NotFound", Class::Busy),
    Meaning::of("ec2", "InvalidAssociationID.NotFound", Class::Busy),
];
