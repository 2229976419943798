//! A setting of an account in a Region: one value, without id, ARN and tags, that is there from the beginning.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::{Value, json};

use crate::simulator::{
    service::{Answer, ApiError},
    truth,
};

/// The settings that somebody has changed, by name.
pub(crate) type Settings = BTreeMap<&'static str, Changed>;

/// An operation that changes a setting, and what the setting is after it.
pub(crate) type Change = (&'static str, fn(now: &Value, input: &Value) -> Result<Value, ApiError>);

/// A setting that somebody has changed.
#[derive(Debug, Clone)]
pub(crate) struct Changed {
    value: Value,
    /// What is shown until when.
    earlier: Option<(Value, Duration)>,
}

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
    /// How long it takes until a read shows that it is another value than this one, if it takes any time.
    pub slowly: Option<(fn() -> Value, Duration)>,
}

impl Setting {
    /// Answers an operation on it, which shows it as it then is; `None` if it is another one's.
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
            let is_slow = |(from, _): &(fn() -> Value, _)| now == from() && value != now;
            let earlier = self.slowly.filter(is_slow).map(|(_, time)| (now, elapsed + time));
            settings.insert(self.member, Changed { value, earlier });
        } else if operation != self.read {
            return None;
        }
        Some(Ok(json!({ self.member: self.shown(settings, elapsed) })))
    }

    /// What it is, as monitors see it.
    pub(crate) fn tell(&self, settings: &Settings, facts: &mut BTreeSet<String>) {
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
