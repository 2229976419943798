//! What KMS's answers mean.

use aws_sdk_kms::{
    operation::get_key_rotation_status::GetKeyRotationStatusOutput,
    primitives::DateTimeFormat as Format,
    types::{KeyMetadata, KeyState, MultiRegionKeyType, OriginType},
};

use crate::{kinds::kms_key::Rotation, model::Phase};

/// KMS API reference, GetKeyRotationStatus: the period of keys that rotate if none is returned.
const ROTATION_DAYS: u16 = 365;

/// The rotation as KMS returns it.
pub(super) fn rotation_of(status: &GetKeyRotationStatusOutput) -> Rotation {
    let enabled = status.key_rotation_enabled;
    let days = status.rotation_period_in_days.and_then(|days| u16::try_from(days).ok());
    Rotation { enabled, period_days: enabled.then_some(days.unwrap_or(ROTATION_DAYS)) }
}

/// A note on a rotation that somebody has asked for and that goes on: nobody declares those, and
/// KMS allows 25 of them in the life of a key (KMS developer guide, "On-demand rotation").
pub(super) fn rotating(status: &GetKeyRotationStatusOutput) -> Option<String> {
    let since = status.on_demand_rotation_start_date?.fmt(Format::DateTime).ok()?;
    Some(format!("it is being rotated on demand since {since}"))
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
        let period = |enabled, days| {
            let status = GetKeyRotationStatusOutput::builder().key_rotation_enabled(enabled);
            rotation_of(&status.set_rotation_period_in_days(days).build()).period_days
        };
        assert_eq!(period(true, Some(90)), Some(90));
        assert_eq!(period(true, None), Some(365));
        assert_eq!(period(false, Some(90)), None);
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
