//! Why the gate holds a step.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::gate::{accounts::TooMany, lockout::LockoutReason, moves::Moves};
use crate::model::HeldRisk;

/// Why the gate holds a step until a person approves it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "is")]
#[non_exhaustive]
pub enum HoldReason {
    /// It has risks that the settings hold.
    Risk {
        /// The risks.
        risks: Vec<HeldRisk>,
    },
    /// Too many steps of a kind in a scope.
    Mass {
        /// `edit` or `delete`.
        verb: String,
        /// The number of steps in this plan.
        wished: usize,
        /// The number of steps within the last hour.
        done: usize,
        /// The number of resources.
        all: usize,
        /// The limit.
        limit: usize,
    },
    /// Steps in too many scopes at once.
    Scopes {
        /// `edit` or `delete`.
        verb: String,
        /// The number of scopes with such steps in this plan.
        wished: usize,
        /// The number of other scopes with such steps within the last hour.
        done: usize,
        /// The number of scopes.
        all: usize,
        /// The limit.
        limit: usize,
    },
    /// A change of an organization policy concerns too many accounts.
    Accounts(TooMany),
    /// It moves an account of the organization.
    Moves(Moves),
    /// It would lock out a principal that must keep access.
    Lockout {
        /// The principal, and what it would lose.
        reason: LockoutReason,
    },
    /// Somebody else keeps undoing it.
    Undone {
        /// The key of the edit.
        key: String,
        /// The number of times it was made.
        times: usize,
        /// Minutes since the first time.
        since_minutes: u64,
        /// Minutes until it is tried once more.
        retry_minutes: u64,
    },
    /// AWS reports that the resource failed.
    Failed {
        /// AWS's reason.
        why: String,
    },
    /// It creates identity, or gives one more.
    Identity {
        /// Whether it creates.
        creates: bool,
    },
    /// It is about what palisade itself, or a break-glass role, stands on.
    Own {
        /// Its ARN.
        arn: String,
    },
    /// It is about identity, and the settings give no bounds for that in the scope.
    Unbounded,
    /// It is about identity that is not below the path of the settings.
    Outside {
        /// That path.
        path: String,
    },
    /// AWS has no call for it.
    Impossible,
    /// An earlier edit of the resource is held.
    Earlier {
        /// The key of that edit.
        key: String,
    },
    /// The manifest is gone, and the settings ask for approval before pruning.
    Prune,
    /// A change reaches the scopes of the set wave by wave, and may not have come to this one.
    Wave {
        /// The set.
        set: String,
        /// The scope's wave, counted from 1.
        wave: usize,
    },
    /// A defect in palisade: what was read or planned does not decode.
    Defect {
        /// The error.
        what: String,
    },
}

impl HoldReason {
    /// Whether no approval releases what is held for it.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Impossible | Self::Own { .. } | Self::Unbounded | Self::Outside { .. })
    }
}

impl HoldReason {
    /// Whether the step itself says it, so that whoever read it before it could be carried out has
    /// read this too. What follows from the rest of the account, such as a lock-out, is known only
    /// once nothing is waited for.
    pub fn is_foreseen(&self) -> bool {
        match self {
            Self::Risk { .. } | Self::Identity { .. } | Self::Earlier { .. } => true,
            Self::Moves(moves) => moves.loses_nothing(),
            _ => false,
        }
    }
}

impl fmt::Display for HoldReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Risk { risks } => {
                let words: Vec<_> = risks.iter().map(|risk| risk.as_str()).collect();
                write!(f, "it {}, and the settings hold that", words.join(" and "))
            }
            Self::Mass { verb, wished, done, all, limit } => {
                let changed = if verb == "delete" { "deleted" } else { "edited" };
                match done {
                    0 => write!(
                        f,
                        "{wished} of {all} would be {changed}; the limit is {limit} an \
                        hour"
                    ),
                    _ => write!(
                        f,
                        "{wished} more of {all} would be {changed}, after {done} within the last \
                         hour; the limit is {limit} an hour"
                    ),
                }
            }
            Self::Scopes { verb, wished, done, all, limit } => {
                let changed = if verb == "delete" { "deleted" } else { "edited" };
                let after = match done {
                    0 => String::new(),
                    done => format!(", after {done} others within the last hour"),
                };
                write!(
                    f,
                    "resources would be {changed} in {wished} of {all} scopes{after}; the limit is \
                     {limit} an hour (`waves` of a set let a change reach one after another)"
                )
            }
            Self::Accounts(reason) => reason.fmt(f),
            Self::Moves(moves) => moves.fmt(f),
            Self::Lockout { reason } => reason.fmt(f),
            Self::Undone { key, times, since_minutes, retry_minutes } => write!(
                f,
                "somebody else keeps undoing it: \"{key}\" was done {times} times in the last \
                 {since_minutes} min and undone each time; find out by whom in CloudTrail. The \
                 next attempt is in {retry_minutes} min"
            ),
            Self::Failed { why } => write!(f, "AWS reports it failed: {why}"),
            Self::Identity { creates: true } => {
                f.write_str("it creates identity, which always needs approval")
            }
            Self::Identity { creates: false } => {
                f.write_str("it gives an identity more, which always needs approval")
            }
            Self::Own { arn } => write!(
                f,
                "{arn} is what palisade itself, or a break-glass role, stands on: palisade never \
                 changes it"
            ),
            Self::Unbounded => f.write_str(
                "it is about identity, and the settings give no bounds for that here: see \
                 `identity` in palisade.yaml",
            ),
            Self::Outside { path } => write!(
                f,
                "it is about identity that is not below {path}, the path in the settings: palisade \
                 never changes it"
            ),
            Self::Impossible => f.write_str(
                "AWS cannot change this on a live resource, and palisade never replaces one: \
                 revert the manifest, or migrate to a new resource by hand",
            ),
            Self::Earlier { key } => write!(f, "the earlier change \"{key}\" is held"),
            Self::Wave { set, wave } => write!(
                f,
                "it is in wave {wave} of set {set}, which has not begun, and what was in force \
                 before is unknown"
            ),
            Self::Prune => f.write_str("its manifest is gone, and pruning needs approval"),
            Self::Defect { what } => write!(f, "defect in palisade: {what}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::gate::moves::Effect;

    #[test]
    fn what_follows_from_the_rest_of_the_account_is_not_foreseen() {
        let moves = |effect| {
            let id = |text: &str| text.to_owned();
            let (account, from, to) = (id("111122223333"), id("r-1"), id("ou-1"));
            HoldReason::Moves(Moves { account, from, to, effect })
        };
        let known = |loses: &[&str]| {
            let loses = loses.iter().map(|name| (*name).to_owned()).collect();
            Effect::Known { loses, gains: vec!["regions".to_owned()] }
        };
        let foreseen = [
            HoldReason::Risk { risks: vec![HeldRisk::Disrupts] },
            HoldReason::Identity { creates: true },
            HoldReason::Earlier { key: "policy".to_owned() },
            moves(known(&[])),
        ];
        assert!(foreseen.iter().all(HoldReason::is_foreseen));
        let mass =
            HoldReason::Mass { verb: "edit".into(), wished: 12, done: 0, all: 12, limit: 10 };
        let others = [
            mass,
            HoldReason::Accounts(TooMany::Unknown { why: None }),
            moves(known(&["trails"])),
            moves(Effect::Unknown { why: None }),
            HoldReason::Prune,
            HoldReason::Unbounded,
        ];
        assert!(!others.iter().any(HoldReason::is_foreseen));
    }
}
