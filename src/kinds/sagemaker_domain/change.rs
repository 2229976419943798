//! What can be changed in a domain, and how a change presents itself.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{risk, state, tree::LeafEdit};
use crate::{
    kind::{Describe, Line, Sign},
    model::Risk,
};

/// One edit of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// A leaf that can be changed at any time.
    Update(Update),
    /// A leaf that AWS refuses to change while an app of the domain is pending, in service or being
    /// deleted.
    UpdateWithoutApps(Update),
    /// A leaf that AWS has no call for.
    Impossible {
        /// The leaf.
        edit: LeafEdit,
        /// Why there is no way, for people.
        why: String,
    },
}

/// One leaf of an `UpdateDomain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// The leaf that changes.
    pub edit: LeafEdit,
    /// AWS's reason why the last update failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<String>,
}

impl fmt::Display for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "update {}", self.edit.path)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Update(update) => update.fmt(f),
            Self::UpdateWithoutApps(update) => write!(f, "{update}, while no app runs"),
            Self::Impossible { edit, why } => write!(f, "change {}: {why}", edit.path),
        }
    }
}

impl Describe for Change {
    fn key(&self) -> String {
        match self {
            Self::Update(update) => update.edit.path.clone(),
            Self::UpdateWithoutApps(update) => format!("{} without apps", update.edit.path),
            Self::Impossible { edit, .. } => edit.path.clone(),
        }
    }

    fn risk(&self) -> Risk {
        match self {
            Self::Update(update) | Self::UpdateWithoutApps(update) => risk::of(&update.edit),
            Self::Impossible { .. } => Risk::IMPOSSIBLE,
        }
    }

    fn lines(&self) -> Vec<Line> {
        match self {
            Self::Update(update) | Self::UpdateWithoutApps(update) => {
                let failure = update
                    .last_failure
                    .iter()
                    .map(|why| Line::new(Sign::Same, format!("the last update failed: {why}")));
                lines(&update.edit).into_iter().chain(failure).collect()
            }
            Self::Impossible { edit, .. } => lines(edit),
        }
    }

    fn follows(&self) -> bool {
        // `VpcOnly` needs security groups: they may only go with it, or after it.
        matches!(self, Self::UpdateWithoutApps(update) if update.edit.path == state::USER_GROUPS)
    }

    fn inspect(&self) -> bool {
        matches!(self, Self::UpdateWithoutApps(_))
    }
}

/// A leaf's lines: `old -> new`, or for lists each item that comes or goes.
fn lines(LeafEdit { path, old, new }: &LeafEdit) -> Vec<Line> {
    if !old.is_array() && !new.is_array() {
        return vec![Line::change(path, show(old), show(new))];
    }
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (old, new) = (items(old), items(new));
    let gone = old.iter().filter(|item| !new.contains(item));
    let come = new.iter().filter(|item| !old.contains(item));
    gone.map(|item| Line::remove(format!("{path}: {}", show(item))))
        .chain(come.map(|item| Line::add(format!("{path}: {}", show(item)))))
        .collect()
}

fn show(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
