//! What CloudTrail records of the calls that change a key, and where: in `resources` of every
//! record, and in the request (KMS developer guide, the examples of log entries).

use crate::events::{Recorded, Records, TAGS, arn_rest};

const KMS: &str = "kms";
const KEY: &[&str] = &["requestParameters/keyId", "resources/ARN", "serviceEventDetails/keyId"];

pub(super) const RECORDS: Records = Records {
    calls: &[
        Recorded::creates(
            KMS,
            "CreateKey",
            &["responseElements/keyMetadata/keyId", "resources/ARN"],
        ),
        Recorded::edits(KMS, "PutKeyPolicy", KEY, &["policy"]),
        Recorded::edits(KMS, "EnableKey", KEY, &["enabled"]),
        Recorded::edits(KMS, "DisableKey", KEY, &["enabled"]),
        Recorded::edits(KMS, "EnableKeyRotation", KEY, &["rotation"]),
        Recorded::edits(KMS, "DisableKeyRotation", KEY, &["rotation"]),
        Recorded::edits(KMS, "ScheduleKeyDeletion", KEY, &[]),
        Recorded::edits(KMS, "CancelKeyDeletion", KEY, &[]),
        // It can take the alias away from another key, which the record does not name.
        Recorded::edits(KMS, "CreateAlias", &["requestParameters/targetKeyId"], &["alias"]),
        Recorded::edits(KMS, "UpdateAlias", &["requestParameters/targetKeyId"], &["alias"])
            .and_others(),
        Recorded::edits(KMS, "DeleteAlias", &["resources/ARN"], &["alias"]),
        Recorded::edits(KMS, "TagResource", KEY, TAGS),
        Recorded::edits(KMS, "UntagResource", KEY, TAGS),
        Recorded::edits(KMS, "UpdateKeyDescription", KEY, &["description"]),
        Recorded::edits(KMS, "RevokeGrant", KEY, &["foreignGrants"]),
        Recorded::edits(KMS, "RetireGrant", KEY, &["foreignGrants"]),
        Recorded::edits(KMS, "UpdatePrimaryRegion", KEY, &[]),
        Recorded::edits(KMS, "ImportKeyMaterial", KEY, &[]),
        Recorded::edits(KMS, "DeleteImportedKeyMaterial", KEY, &[]),
        Recorded::deletes(KMS, "DeleteKey", KEY),
        Recorded::edits(KMS, "DeleteExpiredKeyMaterial", KEY, &[]),
        Recorded::edits(KMS, "SynchronizeMultiRegionKey", KEY, &[]),
    ],
    id: key_id,
    parts: &[],
};

/// The id of the key that a text names by id or ARN; an alias names none.
fn key_id(text: &str) -> Option<String> {
    let id = arn_rest(text, "kms", "key")?;
    let plain = |b: u8| b.is_ascii_hexdigit() || b == b'-';
    let digits = id.strip_prefix("mrk-").unwrap_or(id);
    (digits.len() >= 32 && digits.bytes().all(plain)).then(|| id.to_owned())
}
