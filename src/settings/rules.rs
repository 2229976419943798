//! `rules`: what this installation makes of rules of the secure baseline.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use super::{SettingsError, error::value};
use crate::{
    baseline::{self, RuleLevel, Switch},
    manifest::did_you_mean,
};

/// What a breach of a rule means here: its level alone, or with a reason, which `off` needs.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "RuleSwitch", with = "Written")]
pub(super) struct FileRule {
    level: RuleLevel,
    reason: Option<String>,
}

/// What a breach of a rule means here, without or with a reason, which `off` needs.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "says to the schema what is read by hand")]
enum Written {
    Level(RuleLevel),
    Long(Long),
}

/// A level with its reason.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Long {
    /// What a breach means.
    level: RuleLevel,
    /// Why.
    reason: Option<String>,
}

impl<'de> Deserialize<'de> for FileRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Value::deserialize(deserializer)?;
        if written.is_string() {
            let level = RuleLevel::deserialize(written).map_err(de::Error::custom)?;
            return Ok(Self { level, reason: None });
        }
        let Long { level, reason } = Long::deserialize(written).map_err(de::Error::custom)?;
        Ok(Self { level, reason })
    }
}

/// The switches, by the number of the rule. A rule that does not exist would switch nothing, and
/// one that is off without a reason could never be judged again.
pub(super) fn check(
    rules: BTreeMap<String, FileRule>,
) -> Result<BTreeMap<String, Switch>, SettingsError> {
    let checked = |(id, FileRule { level, reason }): (String, FileRule)| {
        let field = format!("rules.{id}");
        if !baseline::rules().any(|rule| rule.id == id) {
            let near = did_you_mean(&id, baseline::rules().map(|rule| rule.id));
            let help = near.map_or_else(
                || "`palisade explain rules` lists them".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(value(field, format!("unknown rule `{id}`"), help));
        }
        let reason = reason.filter(|reason| !reason.trim().is_empty());
        if level == RuleLevel::Off && reason.is_none() {
            let help = "write {level: off, reason: …}: why the rule does not concern this \
                installation";
            return Err(value(field, "is off without a reason", help));
        }
        Ok((id, Switch { level, reason }))
    };
    rules.into_iter().map(checked).collect()
}
