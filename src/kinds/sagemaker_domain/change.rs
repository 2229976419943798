//! What can be changed in a domain, and how a change presents itself.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    risk,
    tree::{self, LeafEdit},
};
use crate::{
    kind::{Describe, Line, Sign},
    model::Risk,
};

/// One edit of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// One `UpdateDomain`.
    Update(Update),
    /// One `UpdateDomain` with what AWS refuses to change while an app of the domain is pending, in
    /// service or being deleted.
    UpdateWithoutApps(Update),
    /// A leaf that AWS has no call for.
    Impossible {
        /// The leaf.
        edit: LeafEdit,
        /// Why there is no way, for people.
        why: String,
    },
}

/// The content of one `UpdateDomain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// The leaves that change.
    pub edits: Vec<LeafEdit>,
    /// The members as they are sent: what is there, overlaid by what changes. Right whether AWS merges
    /// members or replaces them.
    pub send: BTreeMap<String, Value>,
    /// AWS's reason why the last update failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<String>,
}

/// More paths than this are counted, not listed, in a change's one line.
const LISTED: usize = 3;

impl fmt::Display for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths: Vec<_> = self.edits.iter().map(|edit| edit.path.as_str()).collect();
        if paths.len() <= LISTED {
            return write!(f, "update {}", paths.join(", "));
        }
        let mut members: Vec<_> = paths.iter().map(|path| tree::member(path)).collect();
        members.dedup();
        write!(f, "update {} fields of {}", paths.len(), members.join(", "))
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
    fn risk(&self) -> Risk {
        match self {
            Self::Update(update) | Self::UpdateWithoutApps(update) => {
                update.edits.iter().map(risk::of).max().unwrap_or(Risk::Neutral)
            }
            Self::Impossible { .. } => Risk::Impossible,
        }
    }

    fn lines(&self) -> Vec<Line> {
        match self {
            Self::Update(update) | Self::UpdateWithoutApps(update) => {
                let failure = update
                    .last_failure
                    .iter()
                    .map(|why| Line::new(Sign::Same, format!("the last update failed: {why}")));
                update.edits.iter().flat_map(lines).chain(failure).collect()
            }
            Self::Impossible { edit, .. } => lines(edit),
        }
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
