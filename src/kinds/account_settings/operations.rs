//! The operations that palisade may call for AccountSettings. None of these actions has a resource
//! or a condition key of its own (service authorization reference, Amazon EC2).

use crate::operations::{
    OfKind, On, Operation,
    table::{reads, writes},
};

/// What the rest of the program needs to know about its operations.
pub(super) const OPERATIONS: OfKind = OfKind { rows: ROWS, ..OfKind::NONE };

const ROWS: &[Operation] = &[
    reads("ec2:GetEbsEncryptionByDefault"),
    reads("ec2:GetEbsDefaultKmsKeyId"),
    reads("ec2:GetSnapshotBlockPublicAccessState"),
    reads("ec2:GetImageBlockPublicAccessState"),
    reads("ec2:GetSerialConsoleAccessStatus"),
    reads("ec2:GetInstanceMetadataDefaults"),
    writes("ec2:EnableEbsEncryptionByDefault", On::Anything, &[]),
    writes("ec2:DisableEbsEncryptionByDefault", On::Anything, &[]),
    writes("ec2:ModifyEbsDefaultKmsKeyId", On::Anything, &[]),
    writes("ec2:EnableSnapshotBlockPublicAccess", On::Anything, &[]),
    writes("ec2:DisableSnapshotBlockPublicAccess", On::Anything, &[]),
    writes("ec2:EnableImageBlockPublicAccess", On::Anything, &[]),
    writes("ec2:DisableImageBlockPublicAccess", On::Anything, &[]),
    writes("ec2:EnableSerialConsoleAccess", On::Anything, &[]),
    writes("ec2:DisableSerialConsoleAccess", On::Anything, &[]),
    writes("ec2:ModifyInstanceMetadataDefaults", On::Anything, &[]),
];
