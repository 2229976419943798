//! The edits of a policy, each one call to Organizations.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

use super::{Content, State, content::cutting};
use crate::{
    kind::{Describe, Line},
    model::{Risk, policy_document::Widening},
};

/// A value and its replacement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced<T> {
    /// The live value.
    pub old: T,
    /// The wanted value.
    pub new: T,
}

/// What one UpdatePolicy changes: one leaf in an edit, all edited leaves in the call. Everything in
/// the call changes at once, for all targets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Update {
    /// A new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Replaced<String>>,
    /// A new description; empty for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Replaced<String>>,
    /// A new text; the old one is `None` if palisade could not read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Replaced<Option<Content>>>,
}

/// One edit of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// Replaces name, description or text.
    Update(Box<Update>),
    /// Attaches the policy to one more target.
    Attach {
        /// The id of the root, organizational unit or account.
        target: String,
        /// The risk there.
        risk: Risk,
    },
    /// Detaches the policy from one target.
    Detach {
        /// The id of the root, organizational unit or account.
        target: String,
        /// The risk there.
        risk: Risk,
        /// The targets that the policy moves to: it stays until AWS shows it at all of them.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        after: BTreeSet<String>,
    },
}

impl Update {
    /// One update for each leaf.
    pub(super) fn leaves(self) -> Vec<Self> {
        let Self { name, description, content } = self;
        [
            Self { content, ..Self::default() },
            Self { name, ..Self::default() },
            Self { description, ..Self::default() },
        ]
        .into_iter()
        .filter(|leaf| *leaf != Self::default())
        .collect()
    }

    /// One update with all of these leaves.
    pub(super) fn together<'a>(leaves: impl IntoIterator<Item = &'a Self>) -> Self {
        leaves.into_iter().cloned().fold(Self::default(), |all, leaf| Self {
            name: leaf.name.or(all.name),
            description: leaf.description.or(all.description),
            content: leaf.content.or(all.content),
        })
    }

    fn leaf(&self) -> &'static str {
        match self {
            Self { content: Some(_), .. } => "content",
            Self { name: Some(_), .. } => "policyName",
            _ => "description",
        }
    }

    /// What the new text does to access, compared with the old one.
    pub(super) fn widening(&self) -> Widening {
        let content = self.content.as_ref();
        content.map_or(Widening::Neutral, |Replaced { old, new }| {
            Content::widening(old.as_ref(), new.as_ref())
        })
    }

    /// Whether the new text may stop what is in use.
    fn cuts(&self) -> bool {
        let content = self.content.as_ref();
        content.is_some_and(|Replaced { old, new }| Content::cuts(old.as_ref(), new.as_ref()))
    }

    fn content_lines(&self) -> Vec<Line> {
        let content = self.content.as_ref();
        content
            .map(|Replaced { old, new }| Content::lines(old.as_ref(), new.as_ref()))
            .unwrap_or_default()
    }
}

impl Change {
    /// The targets below which it has an effect, for a policy that is attached to `live` before the
    /// step begins. Attaching a policy whose create is being completed is part of the create.
    pub(super) fn concerns(&self, live: BTreeSet<String>, completing: bool) -> BTreeSet<String> {
        match self {
            Self::Update(update) if update.content.is_some() => live,
            Self::Attach { .. } if completing => BTreeSet::new(),
            Self::Attach { target, .. } | Self::Detach { target, .. } => {
                BTreeSet::from([target.clone()])
            }
            Self::Update(_) => BTreeSet::new(),
        }
    }

    /// The state after it.
    pub(super) fn effect(&self, mut have: State) -> State {
        match self {
            Self::Update(update) => {
                if let Some(name) = &update.name {
                    have.name.clone_from(&name.new);
                }
                if let Some(description) = &update.description {
                    have.description = Some(description.new.clone());
                }
                if let Some(content) = &update.content {
                    have.content.clone_from(&content.new);
                }
            }
            Self::Attach { target, .. } => {
                have.targets.get_or_insert_with(BTreeSet::new).insert(target.clone());
            }
            Self::Detach { target, .. } => {
                have.targets.get_or_insert_with(BTreeSet::new).remove(target);
            }
        }
        have
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Update(update) => {
                let fields: Vec<_> = [
                    update.name.is_some().then_some("name"),
                    update.description.is_some().then_some("description"),
                    update.content.is_some().then_some("content"),
                ]
                .into_iter()
                .flatten()
                .collect();
                write!(f, "update {}", fields.join(", "))
            }
            Self::Attach { target, .. } => write!(f, "attach to {target}"),
            Self::Detach { target, .. } => write!(f, "detach from {target}"),
        }
    }
}

impl Describe for Change {
    fn key(&self) -> String {
        match self {
            Self::Update(update) => update.leaf().to_owned(),
            Self::Attach { target, .. } | Self::Detach { target, .. } => format!("target {target}"),
        }
    }

    fn replaces_policy(&self) -> bool {
        matches!(self, Self::Update(update) if update.content.is_some())
    }

    fn follows(&self) -> bool {
        // It stays until it is attached to its new targets.
        matches!(self, Self::Detach { after, .. } if !after.is_empty())
    }

    fn risk(&self) -> Risk {
        match self {
            Self::Update(update) => cutting(update.cuts(), update.widening().risk()),
            Self::Attach { risk, .. } | Self::Detach { risk, .. } => *risk,
        }
    }

    fn lines(&self) -> Vec<Line> {
        let Self::Update(update) = self else { return Vec::new() };
        let quoted = |text: &str| format!("{text:?}");
        let text = |field: &str, value: &Option<Replaced<String>>| {
            value.as_ref().map(|v| Line::change(field, quoted(&v.old), quoted(&v.new)))
        };
        text("name", &update.name)
            .into_iter()
            .chain(text("description", &update.description))
            .chain(update.content_lines())
            .collect()
    }

    fn inspect(&self) -> bool {
        // A full target has no room for another policy, and the last policy of a target cannot be
        // detached.
        matches!(self, Self::Attach { .. } | Self::Detach { .. })
    }
}
