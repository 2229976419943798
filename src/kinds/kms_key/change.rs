//! The edits of a key: what each says of itself, and what it leaves behind.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Rotation, State};
use crate::{
    kind::{Describe, Line},
    model::{Risk, policy_document::PolicyDocument},
};

/// What KMS takes if EnableKeyRotation names no period and none was set before (KMS API reference).
const USUAL_PERIOD_DAYS: u16 = 365;

/// One edit of a live key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Change {
    /// Calls the key back from pending deletion. It is disabled afterwards.
    CancelDeletion,
    /// Replaces the key policy as a whole.
    PutPolicy {
        /// The wanted policy.
        policy: PolicyDocument,
        /// What it does to access.
        risk: Risk,
        /// The statements that differ.
        lines: Vec<Line>,
    },
    /// Makes the key usable.
    Enable,
    /// Makes the key unusable.
    Disable,
    /// Replaces the description.
    UpdateDescription {
        /// The live one.
        old: String,
        /// The wanted one.
        new: String,
    },
    /// Gives the key an alias that no key has.
    CreateAlias {
        /// `alias/…`.
        alias: String,
    },
    /// Points an alias of another key of ours to this key.
    MoveAlias {
        /// `alias/…`.
        alias: String,
        /// The id of the key it points to now.
        from: String,
    },
    /// Deletes an alias of this key.
    DeleteAlias {
        /// `alias/…`.
        alias: String,
    },
    /// Starts automatic rotation, or sets its period.
    EnableRotation {
        /// Days between rotations; KMS's own choice if absent.
        period_days: Option<u16>,
        /// As it is now.
        old: Rotation,
    },
    /// Ends automatic rotation.
    DisableRotation {
        /// As it is now.
        old: Rotation,
    },
    /// A field that KMS fixes when a key is created differs: no call changes it.
    Immutable(Fixed),
}

/// A fixed field that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "field")]
pub enum Fixed {
    /// The key spec.
    KeySpec {
        /// The live one.
        old: String,
        /// The wanted one.
        new: String,
    },
    /// The key usage.
    KeyUsage {
        /// The live one.
        old: String,
        /// The wanted one.
        new: String,
    },
    /// Where the key material comes from.
    Origin {
        /// The live one.
        old: String,
        /// The wanted one.
        new: String,
    },
    /// Whether the key can be replicated.
    MultiRegion {
        /// The wanted one; the live one is the other.
        new: bool,
    },
}

impl Fixed {
    /// The field's name in the manifest.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::KeySpec { .. } => "keySpec",
            Self::KeyUsage { .. } => "keyUsage",
            Self::Origin { .. } => "origin",
            Self::MultiRegion { .. } => "multiRegion",
        }
    }

    fn line(&self) -> Line {
        match self {
            Self::KeySpec { old, new }
            | Self::KeyUsage { old, new }
            | Self::Origin { old, new } => Line::change(self.name(), old, new),
            Self::MultiRegion { new } => Line::change(self.name(), !new, new),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CancelDeletion => f.write_str("cancel the key's deletion"),
            Self::PutPolicy { .. } => f.write_str("put the key policy"),
            Self::Enable => f.write_str("enable the key"),
            Self::Disable => f.write_str("disable the key"),
            Self::UpdateDescription { .. } => f.write_str("update the description"),
            Self::CreateAlias { alias } => write!(f, "create {alias}"),
            Self::MoveAlias { alias, from } => write!(f, "move {alias} from key {from}"),
            Self::DeleteAlias { alias } => write!(f, "delete {alias}"),
            Self::EnableRotation { period_days: Some(days), .. } => {
                write!(f, "rotate the key material every {days} days")
            }
            Self::EnableRotation { period_days: None, .. } => {
                f.write_str("rotate the key material")
            }
            Self::DisableRotation { .. } => f.write_str("stop rotating the key material"),
            Self::Immutable(fixed) => {
                write!(f, "change {}, which KMS fixes when a key is created", fixed.name())
            }
        }
    }
}

impl Describe for Change {
    fn key(&self) -> String {
        match self {
            Self::CancelDeletion => "pendingDeletion".to_owned(),
            Self::PutPolicy { .. } => "policy".to_owned(),
            Self::Enable | Self::Disable => "enabled".to_owned(),
            Self::UpdateDescription { .. } => "description".to_owned(),
            Self::CreateAlias { alias }
            | Self::MoveAlias { alias, .. }
            | Self::DeleteAlias { alias } => alias.clone(),
            Self::EnableRotation { .. } | Self::DisableRotation { .. } => "rotation".to_owned(),
            Self::Immutable(fixed) => fixed.name().to_owned(),
        }
    }

    fn replaces_policy(&self) -> bool {
        matches!(self, Self::PutPolicy { .. })
    }

    fn risk(&self) -> Risk {
        match self {
            // Nobody can use the key before or after.
            Self::CancelDeletion | Self::UpdateDescription { .. } => Risk::NEUTRAL,
            Self::PutPolicy { risk, .. } => *risk,
            // An alias can be what an IAM policy allows a key by (`kms:ResourceAliases`).
            Self::Enable | Self::CreateAlias { .. } | Self::DisableRotation { .. } => Risk::LOOSENS,
            Self::MoveAlias { .. } => Risk::LOOSENS.cutting_connections(),
            // A name goes that people and programs may use; nobody is allowed less by the key.
            Self::DeleteAlias { .. } => Risk::NEUTRAL.cutting_connections(),
            // Requests with the key fail; nothing that runs is stopped by AWS.
            Self::Disable => Risk::TIGHTENS.cutting_connections(),
            Self::EnableRotation { period_days, old } => match (old.period_days, period_days) {
                (Some(old_days), Some(new)) if old.enabled && *new > old_days => Risk::LOOSENS,
                _ => Risk::TIGHTENS,
            },
            Self::Immutable(_) => Risk::IMPOSSIBLE,
        }
    }

    fn lines(&self) -> Vec<Line> {
        match self {
            Self::CancelDeletion => {
                vec![Line::change("state", "pending deletion", "disabled")]
            }
            Self::PutPolicy { lines, .. } => lines.clone(),
            Self::Enable => vec![Line::change("enabled", false, true)],
            Self::Disable => vec![
                Line::change("enabled", true, false),
                Line::remove(
                    "everything encrypted under the key is unreadable until it is enabled again",
                ),
            ],
            Self::UpdateDescription { old, new } => {
                vec![Line::change("description", quoted(old), quoted(new))]
            }
            Self::CreateAlias { alias } => vec![Line::add(format!("aliases: {alias}"))],
            Self::MoveAlias { alias, from } => {
                vec![Line::change(alias, format_args!("key {from}"), "this key")]
            }
            Self::DeleteAlias { alias } => vec![Line::remove(format!("aliases: {alias}"))],
            Self::EnableRotation { period_days, old } => {
                let new = Rotation { enabled: true, period_days: *period_days };
                vec![Line::change("rotation", old, new)]
            }
            Self::DisableRotation { old } => {
                let off = Rotation { enabled: false, period_days: None };
                vec![Line::change("rotation", old, off)]
            }
            Self::Immutable(fixed) => vec![fixed.line()],
        }
    }
}

impl fmt::Display for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { enabled: false, .. } => f.write_str("off"),
            Self { period_days: Some(days), .. } => write!(f, "every {days} days"),
            Self { period_days: None, .. } => f.write_str("on"),
        }
    }
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// The state after a change.
pub(super) fn effect(mut have: State, change: &Change) -> State {
    match change {
        Change::CancelDeletion => {
            have.pending_deletion = false;
            have.enabled = Some(false);
        }
        Change::PutPolicy { policy, .. } => have.policy = Some(policy.clone()),
        Change::Enable => have.enabled = Some(true),
        Change::Disable => have.enabled = Some(false),
        Change::UpdateDescription { new, .. } => have.description = Some(new.clone()),
        Change::CreateAlias { alias } | Change::MoveAlias { alias, .. } => {
            have.elsewhere.remove(alias);
            have.aliases.get_or_insert_default().insert(alias.clone());
        }
        Change::DeleteAlias { alias } => {
            have.aliases.get_or_insert_default().remove(alias);
        }
        Change::EnableRotation { period_days, old } => {
            let kept = old.period_days.filter(|_| old.enabled).unwrap_or(USUAL_PERIOD_DAYS);
            have.rotation =
                Some(Rotation { enabled: true, period_days: Some(period_days.unwrap_or(kept)) });
        }
        Change::DisableRotation { .. } => {
            have.rotation = Some(Rotation { enabled: false, period_days: None });
        }
        Change::Immutable(fixed) => match fixed {
            Fixed::KeySpec { new, .. } => have.key_spec = Some(new.clone()),
            Fixed::KeyUsage { new, .. } => have.key_usage = Some(new.clone()),
            Fixed::Origin { new, .. } => have.origin = Some(new.clone()),
            Fixed::MultiRegion { new } => have.multi_region = Some(*new),
        },
    }
    have
}
