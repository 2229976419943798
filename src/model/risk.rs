//! The effects of an edit on access and on the users of a resource.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The effect of an edit on access.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum AccessChange {
    /// Less is allowed.
    Tightens,
    /// The same is allowed.
    Neutral,
    /// More is allowed, even if something else is not any more.
    Loosens,
}

/// What an edit interrupts.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Disruption {
    /// Nothing.
    #[default]
    None,
    /// Connections end or requests fail: clients can reconnect or retry.
    Connections,
    /// AWS stops running work (apps, notebooks, jobs), or makes it inaccessible to its users.
    Work,
}

/// The risks of an edit or a create: its effect on access and whom it interrupts, or that AWS has
/// no call for it.
///
/// An edit that removes one permission and adds another both `closes` and `opens`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Risk {
    /// Whether something is allowed before that is not allowed afterwards.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub closes: bool,
    /// Whether something is allowed afterwards that is not allowed before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub opens: bool,
    /// What it interrupts.
    pub disrupts: Disruption,
    /// AWS has no call for it: shown and held, never replaced by delete and create.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub impossible: bool,
}

impl Risk {
    /// Neither access nor work changes.
    pub const NEUTRAL: Self =
        Self { closes: false, opens: false, disrupts: Disruption::None, impossible: false };
    /// Less is allowed afterwards.
    pub const TIGHTENS: Self = Self { closes: true, ..Self::NEUTRAL };
    /// More is allowed afterwards.
    pub const LOOSENS: Self = Self { opens: true, ..Self::NEUTRAL };
    /// Something is not allowed any more, and something else is.
    pub const REPLACES: Self = Self { closes: true, opens: true, ..Self::NEUTRAL };
    /// AWS has no call for it.
    pub const IMPOSSIBLE: Self = Self { impossible: true, ..Self::NEUTRAL };

    /// The same risk, and connections end or requests fail.
    #[must_use]
    pub const fn cutting_connections(self) -> Self {
        match self.disrupts {
            Disruption::Work => self,
            Disruption::None | Disruption::Connections => {
                Self { disrupts: Disruption::Connections, ..self }
            }
        }
    }

    /// The same risk, and no connection ends; running work may stop all the same.
    #[must_use]
    pub const fn keeping_connections(self) -> Self {
        match self.disrupts {
            Disruption::Work => self,
            Disruption::None | Disruption::Connections => {
                Self { disrupts: Disruption::None, ..self }
            }
        }
    }

    /// The same risk, and running work stops.
    #[must_use]
    pub const fn stopping_work(self) -> Self {
        Self { disrupts: Disruption::Work, ..self }
    }

    /// Both at once.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            closes: self.closes || other.closes,
            opens: self.opens || other.opens,
            disrupts: self.disrupts.max(other.disrupts),
            impossible: self.impossible || other.impossible,
        }
    }

    /// The effect on access; an edit that opens anything is loosening.
    pub fn access(self) -> AccessChange {
        match (self.opens, self.closes) {
            (true, _) => AccessChange::Loosens,
            (false, true) => AccessChange::Tightens,
            (false, false) => AccessChange::Neutral,
        }
    }

    /// Whether it interrupts anything.
    pub fn disrupts(self) -> bool {
        self.disrupts != Disruption::None
    }

    /// The words shown to people: `tightens`, `loosens, disrupts`, …
    pub fn words(self) -> Vec<&'static str> {
        if self.impossible {
            return vec!["impossible"];
        }
        let access = match self.access() {
            AccessChange::Tightens => Some("tightens"),
            AccessChange::Loosens => Some("loosens"),
            AccessChange::Neutral if self.disrupts() => None,
            AccessChange::Neutral => Some("neutral"),
        };
        access.into_iter().chain(self.disrupts().then_some("disrupts")).collect()
    }
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words().join(", "))
    }
}

impl FromIterator<Self> for Risk {
    fn from_iter<T: IntoIterator<Item = Self>>(all: T) -> Self {
        all.into_iter().fold(Self::NEUTRAL, Self::and)
    }
}

/// A risk that the settings can hold.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum HeldRisk {
    /// Less is allowed afterwards.
    Tightens,
    /// More is allowed afterwards.
    Loosens,
    /// Connections, requests or work may be interrupted.
    Disrupts,
}

impl HeldRisk {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Tightens, Self::Loosens, Self::Disrupts];

    /// The word in the settings and in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tightens => "tightens",
            Self::Loosens => "loosens",
            Self::Disrupts => "disrupts",
        }
    }

    /// Whether a change has this risk.
    pub fn is_in(self, risk: Risk) -> bool {
        match self {
            Self::Tightens => risk.access() == AccessChange::Tightens,
            Self::Loosens => risk.access() == AccessChange::Loosens,
            Self::Disrupts => risk.disrupts(),
        }
    }
}

impl FromStr for HeldRisk {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|risk| risk.as_str() == text).ok_or_else(|| {
            let all = Self::ALL.map(Self::as_str).join(", ");
            format!("unknown risk `{text}`; one of {all}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_also_opens_loosens_and_a_disruption_is_listed_as_well() {
        let both = Risk::TIGHTENS.and(Risk::LOOSENS.cutting_connections());
        assert_eq!(
            (both.access(), both.to_string()),
            (AccessChange::Loosens, "loosens, disrupts".into())
        );
        assert_eq!(Risk::TIGHTENS.to_string(), "tightens");
        assert_eq!(Risk::NEUTRAL.to_string(), "neutral");
        assert_eq!(Risk::NEUTRAL.stopping_work().to_string(), "disrupts");
        assert_eq!(Risk::IMPOSSIBLE.and(Risk::LOOSENS).to_string(), "impossible");
    }

    #[test]
    fn stopped_work_is_not_forgotten_for_cut_connections() {
        let risk = Risk::NEUTRAL.stopping_work().cutting_connections();
        assert_eq!(risk.disrupts, Disruption::Work);
        assert_eq!([risk, Risk::TIGHTENS].into_iter().collect::<Risk>().disrupts, Disruption::Work);
    }

    #[test]
    fn the_settings_hold_by_word() {
        for held in HeldRisk::ALL {
            assert_eq!(held.as_str().parse(), Ok(held));
        }
        assert!("neutral".parse::<HeldRisk>().is_err());
        assert!(HeldRisk::Disrupts.is_in(Risk::TIGHTENS.cutting_connections()));
        assert!(!HeldRisk::Loosens.is_in(Risk::TIGHTENS));
    }
}
