//! What CloudTrail records of the calls that change the settings of an account. They name no
//! resource: the account in which they are recorded has one set of settings. Those of IAM and of
//! alternate contacts are recorded in us-east-1 only.

use crate::events::{Recorded, Records};

const EC2: &str = "ec2";
const S3: &str = "s3";
const BEDROCK: &str = "bedrock";
const IAM: &str = "iam";
const ACCOUNT: &str = "account";
/// In the record itself, whatever the call.
const HERE: &[&str] = &["recipientAccountId"];

const fn edit(service: &'static str, call: &'static str) -> Recorded {
    Recorded::edits(service, call, HERE, &[""])
}

pub(super) const RECORDS: Records = Records {
    calls: &[
        edit(EC2, "EnableEbsEncryptionByDefault"),
        edit(EC2, "DisableEbsEncryptionByDefault"),
        edit(EC2, "ModifyEbsDefaultKmsKeyId"),
        edit(EC2, "ResetEbsDefaultKmsKeyId"),
        edit(EC2, "EnableSnapshotBlockPublicAccess"),
        edit(EC2, "DisableSnapshotBlockPublicAccess"),
        edit(EC2, "EnableImageBlockPublicAccess"),
        edit(EC2, "DisableImageBlockPublicAccess"),
        edit(EC2, "EnableSerialConsoleAccess"),
        edit(EC2, "DisableSerialConsoleAccess"),
        edit(EC2, "ModifyInstanceMetadataDefaults"),
        edit(BEDROCK, "PutModelInvocationLoggingConfiguration"),
        edit(BEDROCK, "DeleteModelInvocationLoggingConfiguration"),
        // S3 Control: the event has the name of the permission, or that of the call.
        edit(S3, "PutAccountPublicAccessBlock"),
        edit(S3, "DeleteAccountPublicAccessBlock"),
        edit(S3, "PutPublicAccessBlock"),
        edit(S3, "DeletePublicAccessBlock"),
        edit(IAM, "UpdateAccountPasswordPolicy"),
        edit(IAM, "DeleteAccountPasswordPolicy"),
        edit(ACCOUNT, "PutAlternateContact"),
        edit(ACCOUNT, "DeleteAlternateContact"),
    ],
    id: |_| Some("account".to_owned()),
    parts: &[],
};
