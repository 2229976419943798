//! Deletion of keys: scheduled, cancelled, carried out.

use serde_json::json;

use super::{
    key::KeyState,
    store::{Request, Store},
};
use crate::simulator::service::Answer;

pub(super) const DAY: f64 = 86_400.0;

impl Store {
    /// Deletes the keys whose waiting period is over, with their aliases (ScheduleKeyDeletion in
    /// the KMS API reference).
    pub(super) fn delete_due_keys(&mut self, now: f64) {
        self.keys
            .retain(|_, key| !matches!(key.state, KeyState::PendingDeletion { at } if at <= now));
        let keys = &self.keys;
        self.aliases.retain(|_, alias| keys.contains_key(&alias.target));
    }
}

/// ScheduleKeyDeletion: the waiting period is 7 to 30 days, 30 by default.
pub(super) fn schedule(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let days = request.input.integer("PendingWindowInDays", 7..=30)?.unwrap_or(30);
    let days = u8::try_from(days).unwrap_or(30);
    let at = request.context.now + f64::from(days) * DAY;
    let key = store.own_key(request)?;
    key.require_not_pending_deletion()?;
    let replicas = key.family.as_ref().filter(|_| !key.is_replica());
    if replicas.is_some_and(|family| !family.replicas.is_empty()) {
        key.state = KeyState::PendingReplicaDeletion { days };
        let (arn, state) = (&key.arn, key.state.name());
        return Ok(json!({ "KeyId": arn, "KeyState": state, "PendingWindowInDays": days }));
    }
    key.state = KeyState::PendingDeletion { at };
    Ok(json!({
        "KeyId": key.arn, "DeletionDate": at, "KeyState": key.state.name(),
        "PendingWindowInDays": days,
    }))
}

/// CancelKeyDeletion: the key is Disabled afterwards in any case.
pub(super) fn cancel(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let key = store.own_key(request)?;
    match key.state {
        KeyState::PendingDeletion { .. } | KeyState::PendingReplicaDeletion { .. } => {
            key.state = KeyState::Disabled;
        }
        _ => return Err(key.invalid_state("is not pending deletion.")),
    }
    Ok(json!({ "KeyId": key.arn }))
}
