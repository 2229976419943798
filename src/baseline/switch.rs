//! What an installation makes of a rule: settings can switch it off, or change what a breach of it
//! means.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a breach of a rule means.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum RuleLevel {
    /// Nothing: it is counted, and not reported.
    Off,
    /// It is reported, and never fails `validate`, with `--strict` neither.
    Warn,
    /// It fails `validate`, without `--strict` too.
    Error,
}

/// A rule that the settings treat in another way than palisade does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Switch {
    /// What a breach means.
    pub level: RuleLevel,
    /// Why. A rule that is off has a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
