//! The operations that palisade may call for AccountSettings. None of these actions has a resource
//! or a condition key of its own (service authorization reference, Amazon EC2).

use super::records;
use crate::operations::{
    OfKind, On, Operation, When,
    table::{may, reads, writes},
};

/// What the rest of the program needs to know about its operations.
pub(super) const OPERATIONS: OfKind =
    OfKind { rows: ROWS, hands_on_roles: true, records: Some(records::RECORDS), ..OfKind::NONE };

/// Bedrock writes to the log group with the role.
const PASSED: &[When] =
    &[When::says("PassedToBedrock", "iam:PassedToService", "bedrock.amazonaws.com")];

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
    writes("ec2:ResetEbsDefaultKmsKeyId", On::Anything, &[]),
    writes("ec2:EnableSnapshotBlockPublicAccess", On::Anything, &[]),
    writes("ec2:DisableSnapshotBlockPublicAccess", On::Anything, &[]),
    writes("ec2:EnableImageBlockPublicAccess", On::Anything, &[]),
    writes("ec2:DisableImageBlockPublicAccess", On::Anything, &[]),
    writes("ec2:EnableSerialConsoleAccess", On::Anything, &[]),
    writes("ec2:DisableSerialConsoleAccess", On::Anything, &[]),
    writes("ec2:ModifyInstanceMetadataDefaults", On::Anything, &[]),
    reads("bedrock:GetModelInvocationLoggingConfiguration"),
    writes("bedrock:PutModelInvocationLoggingConfiguration", On::Anything, &[]).and(&[may(
        "iam:PassRole",
        On::ExecutionRoles,
        PASSED,
    )]),
    writes("bedrock:DeleteModelInvocationLoggingConfiguration", On::Anything, &[]),
    reads("s3control:GetPublicAccessBlock").only_needs(&[may(
        "s3:GetAccountPublicAccessBlock",
        On::Anything,
        &[],
    )]),
    writes("s3control:PutPublicAccessBlock", On::Anything, &[]).only_needs(&[may(
        "s3:PutAccountPublicAccessBlock",
        On::Anything,
        &[],
    )]),
    reads("iam:GetAccountPasswordPolicy"),
    writes("iam:UpdateAccountPasswordPolicy", On::Anything, &[]),
    reads("account:GetAlternateContact"),
    writes("account:PutAlternateContact", On::Anything, &[]),
    writes("account:DeleteAlternateContact", On::Anything, &[]),
];
