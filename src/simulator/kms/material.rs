//! Imported key material. How it comes to KMS is cryptography, which is not simulated: the
//! operation of the simulator's own stands for the whole import.

use serde_json::{Value, json};

use super::{
    key::{Key, KeyState},
    store::{Request, Store},
};
use crate::simulator::service::{Answer, ApiError};

impl Store {
    /// Deletes the material that has expired (ImportKeyMaterial in the KMS API reference).
    pub(super) fn delete_expired_material(&mut self, now: f64) {
        let expired = |key: &&mut Key| key.material_until.is_some_and(|at| at <= now);
        for key in self.keys.values_mut().filter(expired) {
            key.material_until = None;
            key.state = KeyState::PendingImport;
        }
    }
}

/// `SimulatorImportMaterial`: the key can be used, until `ValidTo` if that is given.
pub(super) fn import(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let until = request.input.raw("ValidTo").and_then(Value::as_f64);
    let key = store.own_key(request)?;
    key.require_not_pending_deletion()?;
    if key.origin != "EXTERNAL" {
        let message = format!("{} origin is {} which is not valid", key.arn, key.origin);
        return Err(ApiError::new("UnsupportedOperationException", message));
    }
    key.material_until = until;
    key.state = KeyState::Enabled;
    Ok(json!({}))
}
