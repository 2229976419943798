//! Automatic rotation of key material.

use serde_json::{Value, json};

use super::{
    key::{Key, KeyState, Rotation},
    store::{Request, Store},
};
use crate::simulator::service::{Answer, ApiError};

const DAY: f64 = 86_400.0;
/// KMS quotas: on-demand rotations of a key.
const MOST_ON_DEMAND: usize = 25;
/// How long a rotation on demand goes on, in seconds; KMS gives no figure.
const IN_PROGRESS: f64 = 300.0;

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

/// RotateKeyOnDemand: new material now, whether or not the key rotates by itself.
pub(super) fn on_demand(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let now = request.context.now;
    let key = store.own_key(request)?;
    require_rotatable(key)?;
    key.require_enabled()?;
    if in_progress(key, now).is_some() {
        let message = format!("{} is being rotated on demand", key.arn);
        return Err(ApiError::new("ConflictException", message));
    }
    if key.on_demand.len() >= MOST_ON_DEMAND {
        let message = format!("{} was rotated on demand {MOST_ON_DEMAND} times", key.arn);
        return Err(ApiError::new("LimitExceededException", message));
    }
    key.on_demand.push(now);
    Ok(json!({ "KeyId": key.arn }))
}

/// When the rotation began that goes on in the background.
fn in_progress(key: &Key, now: f64) -> Option<f64> {
    key.on_demand.last().copied().filter(|began| now - began < IN_PROGRESS)
}

/// GetKeyRotationStatus: false while the key is pending deletion, the old value again if that is
/// cancelled.
pub(super) fn status(store: &Store, request: &Request<'_, '_>) -> Answer {
    let key = store.key(request)?;
    let mut status = of_itself(key, request.context.now);
    if let Some(began) = in_progress(key, request.context.now) {
        status["OnDemandRotationStartDate"] = json!(began);
    }
    Ok(status)
}

/// The automatic rotation.
fn of_itself(key: &Key, now: f64) -> Value {
    match key.rotation {
        Some(rotation)
            if !matches!(
                key.state,
                KeyState::PendingDeletion { .. } | KeyState::PendingReplicaDeletion { .. }
            ) =>
        {
            let period = u32::try_from(rotation.period_days).map_or(0.0, f64::from) * DAY;
            let passed = ((now - rotation.since) / period).floor().max(0.0);
            json!({
                "KeyId": key.arn,
                "KeyRotationEnabled": true,
                "RotationPeriodInDays": rotation.period_days,
                "NextRotationDate": rotation.since + (passed + 1.0) * period,
            })
        }
        _ => json!({ "KeyId": key.arn, "KeyRotationEnabled": false }),
    }
}
