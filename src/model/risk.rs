//! What an edit does to the protection and to the users of a resource.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Every edit states its own risk; the gate, the plan and the metrics read it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// Less is allowed afterwards.
    Tightens,
    /// Nobody's access or work changes.
    Neutral,
    /// More is allowed afterwards.
    Loosens,
    /// Running work may be interrupted.
    Disrupts,
    /// AWS has no call for it: shown and held, never replaced by delete and create.
    Impossible,
}

impl Risk {
    /// All risks, mildest first.
    pub const ALL: [Self; 5] =
        [Self::Tightens, Self::Neutral, Self::Loosens, Self::Disrupts, Self::Impossible];

    /// The word shown to people and used as a metric label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tightens => "tightens",
            Self::Neutral => "neutral",
            Self::Loosens => "loosens",
            Self::Disrupts => "disrupts",
            Self::Impossible => "impossible",
        }
    }
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Risk {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|risk| risk.as_str() == text).ok_or_else(|| {
            format!("unknown risk `{text}`; one of {}", Self::ALL.map(Self::as_str).join(", "))
        })
    }
}
