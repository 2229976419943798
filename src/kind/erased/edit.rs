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
    /// Where it stands among the edits that AWS takes only while the resource does not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// Whether it is made in one call with all edits that it needs, or not at all, because AWS
    /// takes no part of that call.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub together: bool,
    /// Whether it takes away what somebody else added to a state that was seen as wanted. The
    /// planner says so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub puts_back: bool,
    /// Whether it must not share a call with others, because AWS refused a call that it was part
    /// of, unless it can only be made [together](Self::together). Set by the planner.
    #[serde(skip)]
    pub alone: bool,
    /// The edit itself.
    pub body: EditBody,
}

/// Where an account of the organization moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The root or unit that it leaves.
    pub from: String,
    /// The root or unit that it comes to.
    pub to: String,
}

/// The stages of a resource that is changed only while it does not run. AWS works for a while after
/// each, so that every stage has a pass of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// It is stopped for what is changed at rest: for nothing else.
    Rest,
    /// It is stopped, because the manifest says that it does not run.
    Stop,
    /// It is changed.
    AtRest,
    /// It is started.
    Start,
}

impl Edit {
    /// An edit of tags, which changes nobody's access unless a policy tests them: the planner says
    /// so.
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
            stage: None,
            together: false,
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

    /// Whether it could not be made without the one before it, whatever else it does: as
    /// [`Self::waits_for`], for one that puts back, which waits for nothing else.
    pub fn cannot_without(&self, before: &Self) -> bool {
        (self.stage.is_some() || self.together) && self.needs.contains(&before.key)
    }

    /// What it writes, by names that stay the same when the same has to be written again.
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
