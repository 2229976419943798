//! What errors of EC2 mean for a group and its rules (EC2 API reference, error codes).

use crate::kind::{Class, Meaning};

pub(super) const ERRORS: &[Meaning] = &[Meaning::of("ec2", "InvalidGroup.InUse", Class::Blocked)];
