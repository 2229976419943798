//! A setting of an account in a Region: one value, without id, ARN and tags, that is there from the beginning.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::simulator::service::{Answer, ApiError};

/// The settings that somebody has changed, by name.
pub(crate) type Settings = BTreeMap<&'static str, Value>;

/// An operation that changes a setting, and what the setting then is.
pub(crate) type Change = (&'static str, fn(input: &Value) -> Result<Value, ApiError>);

/// One setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The operation that reads it.
    pub read: &'static str,
    /// The operations that change it.
    pub changes: &'static [Change],
    /// The member of answers that has it; unique among a service's settings.
    pub member: &'static str,
    /// What it is until somebody changes it.
    pub default: fn() -> Value,
}

impl Setting {
    /// Answers an operation on it, which shows it as it then is; `None` if it is another one's.
    pub(crate) fn answer(
        &self,
        settings: &mut Settings,
        operation: &str,
        input: &Value,
    ) -> Option<Answer> {
        if let Some((_, change)) = self.changes.iter().find(|(name, _)| *name == operation) {
            match change(input) {
                Ok(value) => settings.insert(self.member, value),
                Err(refusal) => return Some(Err(refusal)),
            };
        } else if operation != self.read {
            return None;
        }
        Some(Ok(json!({ self.member: self.value(settings) })))
    }

    /// What it is, as monitors see it.
    pub(crate) fn fact(&self, settings: &Settings) -> String {
        format!("{} {}", self.member, self.value(settings))
    }

    fn value(&self, settings: &Settings) -> Value {
        settings.get(self.member).cloned().unwrap_or_else(self.default)
    }

    /// Whether an operation reads or changes it.
    pub(crate) fn has(&self, operation: &str) -> bool {
        operation == self.read || self.changes.iter().any(|(name, _)| *name == operation)
    }
}
