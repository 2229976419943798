//! Self-lockout: no policy is sent that would deny palisade's own roles, or a break-glass role,
//! what they need.
//!
//! The document is evaluated as AWS would evaluate it, for every state that a step passes through,
//! and for a deletion also for the state without the policy. What a role needs is every permission
//! that `palisade iam-policy` prints (`place`, `request`). An undecidable permission counts as
//! denied. Endpoint policies only concern requests through the endpoint, and palisade's own need
//! not take that way: such a policy is held only if it allows nobody anything.

mod accounts;
mod assignments;
mod assume;
mod bucket;
mod endpoint;
mod grounds;
mod key;
mod moved;
mod place;
mod principals;
mod reason;
mod request;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use self::grounds::Grounds;
pub use self::reason::{LockedOut, LockoutReason};
use self::{accounts::Text, endpoint::allows_nothing, request::Need};
use crate::{
    kind::{
        Guarded, Reach,
        erased::{ErasedKind, Undecodable},
    },
    model::policy_document::Decision,
    plan::{Action, Step},
};

/// Why the step would lock somebody out; empty if it would not.
pub(super) fn reasons(step: &Step, grounds: &Grounds<'_>) -> Vec<LockoutReason> {
    let Some(kind) = grounds.inputs.look.kind(&step.address.kind) else { return Vec::new() };
    match judged(kind, step, grounds) {
        Ok(reasons) => reasons.into_iter().collect(),
        Err(defect) => vec![LockoutReason::Undecodable { defect: defect.to_string() }],
    }
}

fn judged(
    kind: &dyn ErasedKind,
    step: &Step,
    grounds: &Grounds<'_>,
) -> Result<BTreeSet<LockoutReason>, Undecodable> {
    let before = step.action.have().map(|have| kind.guards(&have.state)).transpose()?;
    let before = before.unwrap_or_default();
    let after: Vec<Vec<Guarded>> = match &step.action {
        Action::Create { want, .. } => vec![kind.guards(want)?],
        Action::Edit { have, edits } => kind
            .states(&have.state, edits)?
            .iter()
            .map(|state| kind.guards(state))
            .collect::<Result<_, _>>()?,
        Action::Delete { .. } => vec![Vec::new()],
    };
    let mut reasons = BTreeSet::new();
    reasons.extend(assignments::reasons(&before, &after, grounds));
    for guarded in after.iter().flatten().filter(|guarded| !before.contains(guarded)) {
        reasons.extend(judge(guarded, before.first(), step, grounds));
    }
    // Allowed before and absent in a later state: the later state takes it away.
    if after.iter().any(Vec::is_empty)
        && let Some(gone) = before.first()
        && matches!(gone.reach, Reach::Accounts(_))
    {
        let nowhere = Reach::Accounts(BTreeSet::new());
        reasons.extend(accounts::reasons(Text::Nothing, &nowhere, Some(gone), step, grounds));
    }
    reasons.extend(moved::reasons(step, grounds));
    Ok(reasons)
}

fn judge(
    guarded: &Guarded,
    before: Option<&Guarded>,
    step: &Step,
    grounds: &Grounds<'_>,
) -> Vec<LockoutReason> {
    match (&guarded.reach, &guarded.document) {
        (reach @ (Reach::Accounts(_) | Reach::Resources(_)), document) => {
            accounts::reasons(document.as_ref().into(), reach, before, step, grounds)
        }
        (Reach::Key, Some(document)) => key::reasons(document, step, grounds),
        (Reach::Bucket { arn }, Some(document)) => bucket::reasons(document, arn, step, grounds),
        (Reach::Bucket { .. }, None) => vec![LockoutReason::Undecodable {
            defect: "the bucket policy cannot be read".to_owned(),
        }],
        (Reach::Endpoint { prefixes }, Some(document)) if allows_nothing(document, prefixes) => {
            vec![LockoutReason::NobodyThroughEndpoint]
        }
        // Judged by what is there no longer.
        (Reach::Assignments { .. }, _) => Vec::new(),
        (Reach::Endpoint { .. } | Reach::Key | Reach::Settings(_), _) => Vec::new(),
    }
}

/// What a principal would lose, given the decisions on each of its needs.
#[derive(Default)]
struct Losses(BTreeMap<Decision, BTreeSet<String>>);

impl Losses {
    fn add(&mut self, need: &Need, decision: Decision) {
        self.0.entry(decision).or_default().insert(need.action.to_owned());
    }

    fn of(mut self, who: &LockedOut) -> Option<LockoutReason> {
        if self.0.is_empty() {
            return None;
        }
        let mut take = |decision| self.0.remove(&decision).unwrap_or_default();
        Some(LockoutReason::Loses {
            who: who.clone(),
            denied: take(Decision::Deny),
            undecided: take(Decision::Unknown),
            no_longer_allowed: take(Decision::NoMatch),
        })
    }
}
