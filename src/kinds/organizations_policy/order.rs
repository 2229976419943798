//! The edits, and the order in which they are safe.
//!
//! For an account below an attached target a policy has an effect or not. A target that the policy
//! leaves had the effect of the old text, and a target that it is attached to will have the effect
//! of the new one. So:
//!
//! - Attach before detach: an account that is below both a removed and an added target is covered
//!   throughout.
//! - A text that grows (has more effect) replaces the old one after the detachments, so that a
//!   target that is about to be removed never has the new effect; one that shrinks is replaced
//!   before the attachments, so that an added target never has the old effect. If it does both, or
//!   that is unknown, the safe side for the only kind of move decides. If targets are added and
//!   removed as well, the new text comes first: a removed target may then have its effect until it
//!   is detached, but protection is never less than under both.

use std::collections::BTreeSet;

use super::{Attachments, Change, Place, Replaced, State, Update, content::Effects};
use crate::model::{Risk, policy_document::Widening};

/// What happens to a text's effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Growth {
    Same,
    Grows,
    Shrinks,
    Unclear,
}

fn update(want: &State, have: &State) -> Option<Update> {
    let name = (want.name != have.name)
        .then(|| Replaced { old: have.name.clone(), new: want.name.clone() });
    let description = want
        .description
        .as_ref()
        .filter(|wanted| have.description.as_deref().unwrap_or_default() != **wanted)
        .map(|wanted| Replaced {
            old: have.description.clone().unwrap_or_default(),
            new: wanted.clone(),
        });
    let content = want
        .content
        .as_ref()
        .filter(|wanted| !have.content.as_ref().is_some_and(|live| wanted.is_same(live)))
        .map(|wanted| Replaced { old: have.content.clone(), new: Some(wanted.clone()) });
    (name.is_some() || description.is_some() || content.is_some()).then_some(Update {
        name,
        description,
        content,
    })
}

fn growth(update: &Update, effects: Effects) -> Growth {
    match (update.widening(), effects) {
        (Widening::Neutral, _) => Growth::Same,
        (Widening::Narrows, Effects { allow: false, .. })
        | (Widening::Widens, Effects { deny: false, .. }) => Growth::Grows,
        (Widening::Widens, Effects { allow: false, .. })
        | (Widening::Narrows, Effects { deny: false, .. }) => Growth::Shrinks,
        _ => Growth::Unclear,
    }
}

/// The risk of a new policy once it is attached as wanted.
pub(super) fn risk_of_creating(want: &State) -> Risk {
    let attached = want.targets.as_ref().is_some_and(|targets| !targets.is_empty());
    if attached { Effects::of([want.content.as_ref()]).risk_of_attaching() } else { Risk::NEUTRAL }
}

fn by_reach<'a>(targets: impl Iterator<Item = &'a String>) -> Vec<&'a String> {
    let mut targets: Vec<_> = targets.collect();
    targets.sort_by_key(|id| Place::rank(id));
    targets
}

/// The edits that turn `have` into `want`.
pub(super) fn diff(want: &State, have: &State) -> Vec<Change> {
    let effects = Effects::of([want.content.as_ref(), have.content.as_ref()]);
    let none = BTreeSet::new();
    let live = have.targets.as_ref().unwrap_or(&none);
    let wanted = want.targets.as_ref().unwrap_or(live);
    let attach: Vec<_> = by_reach(wanted.difference(live))
        .into_iter()
        .map(|target| Change::Attach { target: target.clone(), risk: effects.risk_of_attaching() })
        .collect();
    let detach: Vec<_> = match want.attachments {
        Attachments::Additive => Vec::new(),
        Attachments::Exclusive => by_reach(live.difference(wanted))
            .into_iter()
            .map(|target| Change::Detach {
                target: target.clone(),
                risk: effects.risk_of_detaching(),
                after: wanted.difference(live).cloned().collect(),
            })
            .collect(),
    };
    let update = update(want, have);
    let last = match update.as_ref().map(|update| growth(update, effects)) {
        None | Some(Growth::Same | Growth::Shrinks) => false,
        // If no target is removed, what tightens need not wait for the attachments.
        Some(Growth::Grows) => !detach.is_empty(),
        Some(Growth::Unclear) => attach.is_empty() && !detach.is_empty(),
    };
    let update =
        update.into_iter().flat_map(Update::leaves).map(|leaf| Change::Update(Box::new(leaf)));
    let moves = attach.into_iter().chain(detach);
    if last { moves.chain(update).collect() } else { update.chain(moves).collect() }
}
