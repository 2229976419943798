//! Why a step would lock somebody out, as data.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

/// The number of actions that a message lists.
const SHOWN: usize = 4;
const WAY_OUT: &str = "exempt it in the policy, or approve this step";

/// Why a step would, or may, lock palisade or a break-glass role out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "is")]
pub enum LockoutReason {
    /// A principal would lose IAM actions that it needs, or may lose them. An action can be in more
    /// than one of the sets: it is judged on every resource that it is needed on.
    Loses {
        /// The principal.
        who: LockedOut,
        /// Actions that a policy would deny.
        denied: BTreeSet<String>,
        /// Actions that it may deny, depending on something that palisade does not know.
        undecided: BTreeSet<String>,
        /// Actions that no known policy would allow any more.
        no_longer_allowed: BTreeSet<String>,
    },
    /// It cannot be judged, because palisade's role in a scope is unknown.
    RoleUnknown {
        /// The scope.
        scope: String,
    },
    /// The identity with whose credentials palisade starts may no longer assume roles of scopes.
    CannotAssume {
        /// Its ARN; `None` if it is unknown.
        by: Option<String>,
        /// The ARNs of the roles.
        roles: BTreeSet<String>,
    },
    /// The endpoint's policy would allow nobody anything.
    NobodyThroughEndpoint,
    /// The role that Identity Center made for a permission set would be gone, or may be: nobody
    /// would be assigned that permission set in the account.
    Unassigned {
        /// The principal; `None` if it is not known as whom palisade starts.
        who: Option<LockedOut>,
    },
    /// It cannot be judged, because a state does not decode: a defect in palisade.
    Undecodable {
        /// The decoding error.
        defect: String,
    },
}

/// A principal that would be locked out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LockedOut {
    /// Its ARN; without the path if that is unknown.
    pub arn: String,
    /// The scope whose palisade role it is; `None` for a break-glass role in the settings.
    pub scope: Option<String>,
    /// Whether the role's path is unknown, because only a session of the role is known.
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
                " (a session's ARN does not contain the role's path: set \
                 `scopes.{scope}.daemonRole`)"
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
                    ("may be denied, depending on facts that are unknown here,", undecided),
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
                "whether it locks palisade out of scope {scope} is unknown, because palisade's \
                 role there is unknown in this pass: set `scopes.{scope}.daemonRole`, or approve \
                 this step"
            ),
            Self::CannotAssume { by: Some(by), roles } => write!(
                f,
                "{by}, with whose credentials palisade starts, would or may be denied \
                 sts:AssumeRole on {}; {WAY_OUT}",
                shortened(roles)
            ),
            Self::CannotAssume { by: None, roles } => write!(
                f,
                "whether palisade could still assume {} is unknown, because the identity that it \
                 starts as could not be read, and this policy may deny it sts:AssumeRole; \
                 {WAY_OUT}",
                shortened(roles)
            ),
            Self::NobodyThroughEndpoint => f.write_str(
                "this endpoint policy allows nothing to anybody: allow what the endpoint is for, \
                 or approve this step",
            ),
            Self::Unassigned { who: Some(who) } => write!(
                f,
                "{who} would be gone: AWS deletes it with the last assignment of its permission \
                 set; assign that to somebody else first, or approve this step"
            ),
            Self::Unassigned { who: None } => f.write_str(
                "whether the role that palisade starts as would be gone is unknown, because that \
                 identity could not be read",
            ),
            Self::Undecodable { defect } => {
                write!(f, "whether it locks palisade out is unknown: {defect}")
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
