//! Management policies of AWS Organizations: JSON documents that set values with inheritance
//! operators (`@@assign`, `@@append`, `@@remove`) and say with
//! `@@operators_allowed_for_child_policies` what the policies further down may do with them
//! (Organizations user guide, "Inheritance operators").
//!
//! Organizations stores the text as it was sent. What it means does not depend on the order of the
//! members and of the values in a list, so neither counts as a difference.

mod check;
mod languages;
mod movement;
mod shape;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::{check::Fault, movement::Change};
use super::policy_document::Widening;

/// The language of a management policy, which is its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// Whether AWS's AI services may keep and use content (`services`).
    AiServicesOptOut,
    /// Backup plans (`plans`).
    Backup,
    /// Settings of EC2 in every account (`ec2_attributes`).
    DeclarativeEc2,
    /// How tags are written, and where that is enforced (`tags`).
    Tag,
}

/// A management policy: as written, members sorted.
///
/// `==` compares the text as written and is too strict for drift: use [`Self::means_the_same`].
/// `Debug` shows no policy text, because states are logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagementPolicy {
    language: Language,
    policy: Value,
}

impl ManagementPolicy {
    /// Reads a policy from a JSON value; whether AWS would accept it, [`Self::faults`] says.
    pub fn from_value(value: &Value, language: Language) -> Self {
        let mut policy = value.clone();
        policy.sort_all_objects();
        Self { language, policy }
    }

    /// Reads a policy from JSON text; `None` if it is not a JSON object.
    pub fn parse(text: &str, language: Language) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        value.is_object().then(|| Self::from_value(&value, language))
    }

    /// The policy for AWS: as written, members sorted, no white space.
    pub fn to_minified_json(&self) -> String {
        self.policy.to_string()
    }

    /// The size that AWS counts against its limits, in bytes of UTF-8 of the minified text.
    pub fn size_bytes(&self) -> usize {
        self.to_minified_json().len()
    }

    /// Whether two policies set the same, whatever the order of members and of values in lists.
    pub fn means_the_same(&self, other: &Self) -> bool {
        self.language == other.language
            && movement::canonical(&self.policy) == movement::canonical(&other.policy)
    }

    /// What AWS would refuse, by path.
    pub fn faults(&self) -> Vec<Fault> {
        check::faults(self.language.shape(), &self.policy)
    }

    /// What differs between two policies of one language, value by value; `None` stands for no
    /// policy, or for one that cannot be read.
    pub fn changes(old: Option<&Self>, new: Option<&Self>) -> Vec<Change> {
        let Some(language) = old.or(new).map(|policy| policy.language) else { return Vec::new() };
        let (old, new) = (old.map(|it| &it.policy), new.map(|it| &it.policy));
        movement::changes(language.shape(), old, new)
    }

    /// Whether replacing one policy by the other may stop what is in use.
    pub fn cuts(old: Option<&Self>, new: Option<&Self>) -> bool {
        Self::changes(old, new).iter().any(|change| change.cuts)
    }

    /// What replacing one policy by the other opens and closes. What cannot be told is
    /// [`Widening::Unknown`].
    pub fn widening(old: Option<&Self>, new: Option<&Self>) -> Widening {
        let changes = Self::changes(old, new);
        changes.iter().fold(Widening::Neutral, |all, change| all.and(change.widening))
    }
}

impl fmt::Debug for ManagementPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagementPolicy")
            .field("language", &self.language)
            .field("bytes", &self.size_bytes())
            .finish_non_exhaustive()
    }
}
