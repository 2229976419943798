//! What palisade may call for AccountSettings. None of these actions has a resource or a condition key of its own (service
//! authorization reference, Amazon EC2).

use super::NAME;
use crate::operations::{
    Mode::{Apply, Observe},
    OfKind, Operation,
    table::{anything, row},
};

const KINDS: &[&str] = &[NAME];

/// All that the rest of the program asks of it.
pub(super) const OPERATIONS: OfKind = OfKind { rows: ROWS, ..OfKind::NONE };

const ROWS: &[Operation] = &[
    row(
        "ec2",
        "GetEbsEncryptionByDefault",
        Observe,
        KINDS,
        anything!("ec2:GetEbsEncryptionByDefault"),
    ),
    row(
        "ec2",
        "GetSnapshotBlockPublicAccessState",
        Observe,
        KINDS,
        anything!("ec2:GetSnapshotBlockPublicAccessState"),
    ),
    row(
        "ec2",
        "EnableEbsEncryptionByDefault",
        Apply,
        KINDS,
        anything!("ec2:EnableEbsEncryptionByDefault"),
    ),
    row(
        "ec2",
        "DisableEbsEncryptionByDefault",
        Apply,
        KINDS,
        anything!("ec2:DisableEbsEncryptionByDefault"),
    ),
    row(
        "ec2",
        "EnableSnapshotBlockPublicAccess",
        Apply,
        KINDS,
        anything!("ec2:EnableSnapshotBlockPublicAccess"),
    ),
    row(
        "ec2",
        "DisableSnapshotBlockPublicAccess",
        Apply,
        KINDS,
        anything!("ec2:DisableSnapshotBlockPublicAccess"),
    ),
];
