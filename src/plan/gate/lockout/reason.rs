//! Why a step would lock somebody out, as a value.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

/// Names of operations shown; the rest is a number.
const SHOWN: usize = 4;
const WAY_OUT: &str = "exempt it in the policy, or consent to this step";

/// Why a step would, or may, lock palisade or a break-glass role out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "is")]
pub enum LockoutReason {
    /// Somebody would lose IAM actions that he needs, or may lose them. An action can be in more than one of the sets: it
    /// is judged on every resource that it is needed on.
    Loses {
        /// Who.
        who: LockedOut,
        /// Actions that a policy would deny.
        denied: BTreeSet<String>,
        /// Actions that it may deny: that depends on something that palisade does not know.
        undecided: BTreeSet<String>,
        /// Actions that no policy known would allow any more.
        no_longer_allowed: BTreeSet<String>,
    },
    /// It cannot be judged because palisade's role in a scope is not known.
    RoleUnknown {
        /// The scope.
        scope: String,
    },
    /// The endpoint's policy would let nobody do anything.
    NobodyThroughEndpoint,
    /// It cannot be judged because a state does not decode: a defect of palisade.
    Undecodable {
        /// What is wrong with it.
        defect: String,
    },
}

/// Who would be locked out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LockedOut {
    /// Its ARN; without the path where that is not known.
    pub arn: String,
    /// The scope whose role of palisade's it is; `None` for a break-glass role of the settings.
    pub scope: Option<String>,
    /// Whether the role's path is not known, because only a session of it is.
    pub path_unknown: bool,
}

impl fmt::Display for LockedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = if self.scope.is_some() { "palisade's own role" } else { "the break-glass role" };
        write!(f, "{who} {}", self.arn)?;
        if self.path_unknown {
            let scope = self.scope.as_deref().unwrap_or("NAME");
            write!(
                f,
                " (a session does not tell the path that belongs in front of its name: set `scopes.{scope}.daemonRole`)"
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for LockoutReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loses { who, denied, undecided, no_longer_allowed } => {
                write!(f, "{who} ")?;
                let sets = [
                    ("may be denied, depending on what is not known here,", undecided),
                    ("would be denied", denied),
                    ("would no longer be allowed", no_longer_allowed),
                ];
                for (n, (verb, actions)) in
                    sets.iter().filter(|(_, actions)| !actions.is_empty()).enumerate()
                {
                    let and = if n == 0 { "" } else { ", and " };
                    write!(f, "{and}{verb} {}", shortened(actions))?;
                }
                write!(f, "; {WAY_OUT}")
            }
            Self::RoleUnknown { scope } => write!(
                f,
                "whether it locks palisade out of scope {scope} cannot be told: its role there is not known in this pass; \
                 set `scopes.{scope}.daemonRole`, or consent to this step"
            ),
            Self::NobodyThroughEndpoint => f.write_str(
                "nobody could do anything through this endpoint: no statement allows; allow what it is for, or consent to \
                 this step",
            ),
            Self::Undecodable { defect } => {
                write!(f, "whether it locks palisade out cannot be told: {defect}")
            }
        }
    }
}

fn shortened(actions: &BTreeSet<String>) -> String {
    let shown: Vec<&str> = actions.iter().map(String::as_str).take(SHOWN).collect();
    match actions.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
