//! Automatic rotation of key material.

use serde_json::json;

use super::{
    key::{Key, KeyState, Rotation},
    store::{Request, Store},
};
use crate::simulator::service::{Answer, ApiError};

const DAY: f64 = 86_400.0;

/// Rotation needs a symmetric encryption key with material made by KMS (EnableKeyRotation in the
/// KMS API reference).
fn require_rotatable(key: &Key) -> Result<(), ApiError> {
    // A replica's rotation is its primary key's.
    if key.spec == "SYMMETRIC_DEFAULT" && key.origin == "AWS_KMS" && !key.is_replica() {
        return Ok(());
    }
    let message =
        format!("{} cannot be rotated: KeySpec {}, Origin {}", key.arn, key.spec, key.origin);
    Err(ApiError::new("UnsupportedOperationException", message))
}

/// EnableKeyRotation: every call starts the period again.
pub(super) fn enable(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let period_days = request.input.integer("RotationPeriodInDays", 90..=2560)?.unwrap_or(365);
    let since = request.context.now;
    let key = store.own_key(request)?;
    require_rotatable(key)?;
    key.require_enabled()?;
    key.rotation = Some(Rotation { period_days, since });
    Ok(json!({}))
}

/// DisableKeyRotation.
pub(super) fn disable(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let key = store.own_key(request)?;
    require_rotatable(key)?;
    key.require_enabled()?;
    key.rotation = None;
    Ok(json!({}))
}

/// GetKeyRotationStatus: false while the key is pending deletion, the old value again if that is
/// cancelled.
pub(super) fn status(store: &Store, request: &Request<'_, '_>) -> Answer {
    let key = store.key(request)?;
    match key.rotation {
        Some(rotation)
            if !matches!(
                key.state,
                KeyState::PendingDeletion { .. } | KeyState::PendingReplicaDeletion { .. }
            ) =>
        {
            let period = u32::try_from(rotation.period_days).map_or(0.0, f64::from) * DAY;
            let passed = ((request.context.now - rotation.since) / period).floor().max(0.0);
            Ok(json!({
                "KeyId": key.arn,
                "KeyRotationEnabled": true,
                "RotationPeriodInDays": rotation.period_days,
                "NextRotationDate": rotation.since + (passed + 1.0) * period,
            }))
        }
        _ => Ok(json!({ "KeyId": key.arn, "KeyRotationEnabled": false })),
    }
}
