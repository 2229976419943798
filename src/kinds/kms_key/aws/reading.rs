//! What KMS's answers mean.

use aws_sdk_kms::types::{KeyMetadata, KeyState, MultiRegionKeyType, OriginType};

use crate::{kinds::kms_key::Rotation, model::Phase};

/// KMS API reference, GetKeyRotationStatus: the period of keys that rotate if none is returned.
const ROTATION_DAYS: u16 = 365;

/// The rotation as KMS returns it.
pub(super) fn rotation_of(enabled: bool, days: Option<i32>) -> Rotation {
    let days = days.and_then(|days| u16::try_from(days).ok()).unwrap_or(ROTATION_DAYS);
    Rotation { enabled, period_days: enabled.then_some(days) }
}

/// KMS rotates symmetric encryption keys with key material of its own. Replicas of multi-Region
/// keys have their primary's rotation, and for a key that is pending deletion the answer is always
/// "not rotated" (KMS API reference, GetKeyRotationStatus).
pub(super) fn can_rotate(key: &KeyMetadata) -> bool {
    let symmetric = key.key_spec.as_ref().is_some_and(|spec| spec.as_str() == "SYMMETRIC_DEFAULT");
    let replica = key.multi_region_configuration.as_ref().is_some_and(|configuration| {
        configuration.multi_region_key_type == Some(MultiRegionKeyType::Replica)
    });
    let settled = matches!(key.key_state, Some(KeyState::Enabled | KeyState::Disabled));
    symmetric && !replica && settled && key.origin == Some(OriginType::AwsKms)
}

/// KMS developer guide, "Key states of KMS keys".
pub(super) fn phase(key: &KeyMetadata) -> Phase {
    match &key.key_state {
        Some(KeyState::Enabled | KeyState::Disabled) => Phase::Ready,
        Some(state @ (KeyState::PendingDeletion | KeyState::PendingReplicaDeletion)) => {
            let until = key.deletion_date.and_then(|date| u64::try_from(date.secs()).ok());
            Phase::Restorable { state: state.as_str().to_owned(), until }
        }
        Some(state @ (KeyState::PendingImport | KeyState::Unavailable)) => {
            Phase::Failed(state.as_str().to_owned())
        }
        Some(state) => Phase::Settling(state.as_str().to_owned()),
        None => Phase::Settling("no key state".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_without_a_period_has_the_documented_default() {
        assert_eq!(rotation_of(true, Some(90)).period_days, Some(90));
        assert_eq!(rotation_of(true, None).period_days, Some(365));
        assert_eq!(rotation_of(false, Some(90)).period_days, None);
    }

    #[test]
    fn every_key_state_has_its_phase() {
        let phase_of = |state: &str| {
            let key = KeyMetadata::builder().key_id("k").key_state(KeyState::from(state)).build();
            phase(&key.expect("an id is all it needs"))
        };
        let leaving = |state| Phase::Restorable { state, until: None };
        assert_eq!(phase_of("Enabled"), Phase::Ready);
        assert_eq!(phase_of("Disabled"), Phase::Ready);
        for (state, expected) in [
            ("PendingDeletion", leaving as fn(String) -> Phase),
            ("PendingReplicaDeletion", leaving),
            ("Creating", Phase::Settling),
            ("Updating", Phase::Settling),
            ("PendingImport", Phase::Failed),
            ("Unavailable", Phase::Failed),
            ("SomethingNew", Phase::Settling),
        ] {
            assert_eq!(phase_of(state), expected(state.to_owned()));
        }
    }
}
