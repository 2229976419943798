//! Edits as plain data.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    kind::Line,
    model::{Risk, Tags},
};

/// One change as plain data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Edit {
    /// Names what is written, the same in every pass
    /// ([`Describe::key`](crate::kind::Describe::key)).
    pub key: String,
    /// The entries that it writes, if it writes several: each is paced, counted and remembered by
    /// itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<String>,
    /// What it does to protection and to users.
    pub risk: Risk,
    /// One line, in the imperative.
    pub summary: String,
    /// The fields under it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line>,
    /// Whether obstacles must be checked first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inspect: bool,
    /// Whether it replaces a policy document as a whole.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replaces_policy: bool,
    /// Whether it may be made only after the edits before it have been made.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub follows: bool,
    /// The keys of the edits that it needs: it waits until all of them have been made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Whether it removes what somebody else added to a state that was once seen as wanted. Set by
    /// the planner.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub puts_back: bool,
    /// Whether it must not share a call with others, because AWS refused a call that it was part
    /// of. Set by the planner.
    #[serde(skip)]
    pub alone: bool,
    /// The edit itself.
    pub body: EditBody,
}

impl Edit {
    /// An edit of tags, which changes nobody's access.
    pub fn of_tags(key: impl Into<String>, summary: String, body: EditBody) -> Self {
        Self {
            key: key.into(),
            entries: Vec::new(),
            risk: Risk::NEUTRAL,
            summary,
            lines: Vec::new(),
            inspect: false,
            replaces_policy: false,
            follows: false,
            needs: Vec::new(),
            puts_back: false,
            alone: false,
            body,
        }
    }

    /// Whether it waits while an edit before it has not been made. What opens access waits for what
    /// closes it: the state in between would allow something that neither the old nor the new state
    /// allows.
    pub fn waits_for(&self, before: &Self) -> bool {
        self.follows || self.needs.contains(&before.key) || (self.risk.opens && before.risk.closes)
    }

    /// What it writes, by names that stay the same whenever the same has to be written again.
    pub fn keys(&self) -> &[String] {
        if self.entries.is_empty() { std::slice::from_ref(&self.key) } else { &self.entries }
    }
}

/// An edit's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EditBody {
    /// The kind's own change.
    Change(Value),
    /// Tags to set.
    Tag(Tags),
    /// Tag keys to remove.
    Untag(Vec<String>),
}
