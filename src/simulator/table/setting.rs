//! A setting of an account in a Region: one value without id, ARN and tags, which always exists.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::{Value, json};

use crate::simulator::{
    service::{Answer, ApiError},
    truth,
};

/// The changed settings, by name.
pub(crate) type Settings = BTreeMap<&'static str, Changed>;

/// An operation that changes a setting, and the new value.
pub(crate) type Change = (&'static str, fn(now: &Value, input: &Value) -> Result<Value, ApiError>);

/// A changed setting.
#[derive(Debug, Clone)]
pub(crate) struct Changed {
    value: Value,
    /// The value that is shown until this time.
    earlier: Option<(Value, Duration)>,
}

/// One setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The operation that reads it.
    pub read: &'static str,
    /// The operations that change it.
    pub changes: &'static [Change],
    /// The member of the answers; unique among the settings of a service.
    pub member: &'static str,
    /// Its initial value.
    pub default: fn() -> Value,
    /// For this long reads still return the earlier value after a change.
    pub lag: Duration,
}

impl Setting {
    /// Answers an operation on it with its new value; `None` for other operations.
    pub(crate) fn answer(
        &self,
        settings: &mut Settings,
        operation: &str,
        input: &Value,
        elapsed: Duration,
    ) -> Option<Answer> {
        if let Some((_, change)) = self.changes.iter().find(|(name, _)| *name == operation) {
            let now = self.value(settings);
            let value = match change(&now, input) {
                Ok(value) => value,
                Err(refusal) => return Some(Err(refusal)),
            };
            let earlier = (value != now).then_some((now, elapsed + self.lag));
            settings.insert(self.member, Changed { value, earlier });
        } else if operation != self.read {
            return None;
        }
        Some(Ok(json!({ self.member: self.shown(settings, elapsed) })))
    }

    /// Adds its value as monitors see it.
    pub(crate) fn add_fact(&self, settings: &Settings, facts: &mut BTreeSet<String>) {
        truth::leaves(self.member, &self.value(settings), facts);
    }

    /// Whether an operation reads or changes it.
    pub(crate) fn has(&self, operation: &str) -> bool {
        operation == self.read || self.changes.iter().any(|(name, _)| *name == operation)
    }

    fn value(&self, settings: &Settings) -> Value {
        settings.get(self.member).map_or_else(self.default, |changed| changed.value.clone())
    }

    fn shown(&self, settings: &Settings, elapsed: Duration) -> Value {
        let earlier = settings.get(self.member).and_then(|changed| changed.earlier.as_ref());
        match earlier {
            Some((value, until)) if elapsed < *until => value.clone(),
            _ => self.value(settings),
        }
    }
}
