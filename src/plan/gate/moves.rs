//! Accounts that move in the organization: a person says so every time, whatever the settings are.
//!
//! What is attached to the places that the account leaves no longer holds for it: a guardrail that
//! only they had is gone. What is attached to the others holds at once: it may stop what runs
//! there. Whether palisade would be locked out is judged with the policies that come
//! ([`lockout`](super::lockout)).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    kind::erased::{Move, Registry, Undecodable},
    model::{Address, ControlPolicy, Moving, Seen},
    plan::{Action, Inputs, Step},
};

/// How many policies are named.
const SHOWN: usize = 5;

/// An account moves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Moves {
    /// The account's number.
    pub account: String,
    /// The root or unit that it leaves.
    pub from: String,
    /// The root or unit that it comes to.
    pub to: String,
    /// What that does to it, if it is known.
    pub effect: Effect,
}

/// The control policies that a move takes from an account, and those that it brings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Effect {
    /// These.
    Known {
        /// The names of those that no longer hold for it.
        loses: Vec<String>,
        /// The names of those that hold for it from then on.
        gains: Vec<String>,
    },
    /// It is not known which.
    Unknown {
        /// Why they could not be read, if they were asked for.
        why: Option<String>,
    },
}

impl Effect {
    fn of(moving: Option<&Seen<Moving>>) -> Self {
        let names = |all: Vec<&ControlPolicy>| -> Vec<String> {
            let mut all: Vec<_> = all.into_iter().map(|policy| policy.name.clone()).collect();
            all.sort();
            all
        };
        match moving {
            Some(Seen::All(moving)) => {
                Self::Known { loses: names(moving.lost()), gains: names(moving.gained()) }
            }
            Some(Seen::Unknown(why)) => Self::Unknown { why: Some(why.clone()) },
            None => Self::Unknown { why: None },
        }
    }
}

impl Moves {
    /// Whether it is known that the account loses no control policy.
    pub fn loses_nothing(&self) -> bool {
        matches!(&self.effect, Effect::Known { loses, .. } if loses.is_empty())
    }
}

impl fmt::Display for Moves {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, from, to, effect } = self;
        write!(f, "it moves account {account} from {from} to {to}, ")?;
        match effect {
            Effect::Known { loses, gains } if loses.is_empty() && gains.is_empty() => {
                f.write_str("which loses no control policy and gains none")
            }
            Effect::Known { loses, gains } => {
                write!(f, "which loses {} and gains {}", listed(loses), listed(gains))
            }
            Effect::Unknown { why: Some(why) } => {
                write!(f, "and which control policies it loses and gains is unknown: {why}")
            }
            Effect::Unknown { why: None } => {
                f.write_str("and which control policies it loses and gains has not been read")
            }
        }
    }
}

fn listed(names: &[String]) -> String {
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => "no control policy".to_owned(),
        count if count > SHOWN => format!("{shown} and {} more", count - SHOWN),
        _ => shown,
    }
}

/// The move that a step makes, with the account; `None` if it makes none.
///
/// # Errors
/// An edit that does not decode.
pub fn moved<'s>(
    step: &'s Step,
    registry: &Registry,
) -> Result<Option<(&'s str, Move)>, Undecodable> {
    let (Action::Edit { have, edits }, Some(kind)) =
        (&step.action, registry.get(&step.address.kind))
    else {
        return Ok(None);
    };
    Ok(kind.moved(edits)?.map(|to| (have.id.as_str(), to)))
}

/// Why the step waits for a person, if it moves an account.
pub(super) fn reason(step: &Step, inputs: &Inputs<'_>) -> Result<Option<Moves>, Undecodable> {
    let found = moved(step, inputs.look.installation.registry)?;
    let effect = || Effect::of(moving(&step.address, inputs));
    Ok(found.map(|(account, Move { from, to })| Moves {
        account: account.to_owned(),
        from,
        to,
        effect: effect(),
    }))
}

/// What moves with the account of a manifest.
pub(super) fn moving<'a>(address: &Address, inputs: &Inputs<'a>) -> Option<&'a Seen<Moving>> {
    inputs.organization.moves.get(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(effect: Effect) -> String {
        let id = |text: &str| text.to_owned();
        let (account, from, to) = (id("111122223333"), id("ou-a"), id("r-1"));
        Moves { account, from, to, effect }.to_string()
    }

    fn names(all: &[&str]) -> Vec<String> {
        all.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_move_names_the_policies_that_go_and_those_that_come() {
        let known = |loses: &[&str], gains: &[&str]| {
            said(Effect::Known { loses: names(loses), gains: names(gains) })
        };
        assert_eq!(
            known(&["trails", "regions"], &[]),
            "it moves account 111122223333 from ou-a to r-1, which loses trails, regions and gains \
             no control policy"
        );
        assert!(known(&[], &[]).ends_with("which loses no control policy and gains none"));
        let many = known(&["a", "b", "c", "d", "e", "f", "g"], &["x"]);
        assert!(many.ends_with("which loses a, b, c, d, e and 2 more and gains x"), "{many}");
        let why = Some("denied".to_owned());
        assert!(said(Effect::Unknown { why }).ends_with("is unknown: denied"));
    }
}
