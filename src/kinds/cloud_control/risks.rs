//! What changes of properties risk that several types have.

use serde_json::Value;

use crate::model::{Risk, policy_document::Context};

/// Of what limits access, a boundary or the key that encrypts: one that was not there takes
/// something away, and another one may give something too.
pub(super) fn limited(old: &Value, new: &Value, _: &Context) -> Risk {
    match (old.is_null(), new.is_null()) {
        (true, _) => Risk::TIGHTENS,
        (false, true) => Risk::LOOSENS,
        (false, false) => Risk::REPLACES,
    }
}

/// Of a switch by which networks reach each other: turned off it ends connections.
pub(super) fn joins(_: &Value, new: &Value, _: &Context) -> Risk {
    if new == "enable" { Risk::LOOSENS } else { Risk::TIGHTENS.cutting_connections() }
}

/// Of the time for which something is kept; without one it stays.
pub(super) fn kept(old: &Value, new: &Value, _: &Context) -> Risk {
    kept_or(i64::MAX, old, new)
}

/// Of the time for which something is kept, which is `default` without one. A shorter time deletes
/// at once whatever has been there for longer.
pub(super) fn kept_or(default: i64, old: &Value, new: &Value) -> Risk {
    let time = |value: &Value| match value {
        Value::Null => Some(default),
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    };
    match (time(old), time(new)) {
        (Some(old), Some(new)) if new >= old => Risk::NEUTRAL,
        _ => Risk::NEUTRAL.stopping_work(),
    }
}
