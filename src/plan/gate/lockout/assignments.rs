//! Assignments of Identity Center: with the last one of a permission set in an account, AWS deletes
//! the role that people get there.

use std::collections::BTreeSet;

use super::{
    Grounds,
    principals::{IDENTITY_CENTER, Principal, own},
    reason::LockoutReason,
};
use crate::{
    kind::{Guarded, Reach},
    plan::Assuming,
};

/// Which protected principals are roles of Identity Center that would be gone.
pub(super) fn reasons(
    before: &[Guarded],
    after: &[Vec<Guarded>],
    grounds: &Grounds<'_>,
) -> Vec<LockoutReason> {
    let mut reasons = Vec::new();
    for (account, sets) in before.iter().filter_map(assigned) {
        let is_left = |state: &Vec<Guarded>, set: &String| {
            let mut all = state.iter().filter_map(assigned);
            all.any(|(it, sets)| it == account && sets.contains(set))
        };
        let gone = |set: &&String| after.iter().any(|state| !is_left(state, set));
        let gone: Vec<&String> = sets.iter().filter(gone).collect();
        if !gone.is_empty() {
            reasons.extend(lost(account, &gone, grounds));
        }
    }
    reasons
}

fn assigned(guarded: &Guarded) -> Option<(&String, &BTreeSet<String>)> {
    match &guarded.reach {
        Reach::Assignments { account, sets } => Some((account, sets)),
        _ => None,
    }
}

fn lost(account: &str, gone: &[&String], grounds: &Grounds<'_>) -> Vec<LockoutReason> {
    let of_scopes = grounds.scopes().filter(|facts| facts.account == account);
    let (mut protected, mut reasons) = (Vec::new(), Vec::new());
    for facts in of_scopes {
        match own(facts, grounds.inputs) {
            Ok(principal) => protected.push(principal),
            Err(unknown) => reasons.push(*unknown),
        }
    }
    match &grounds.inputs.limits.lockout.assuming {
        Assuming { by: Some(by), .. } => protected.push(Principal::new(by, None)),
        Assuming { by: None, roles } if !roles.is_empty() => {
            reasons.push(LockoutReason::Unassigned { who: None });
        }
        Assuming { .. } => {}
    }
    protected.extend(grounds.break_glass.iter().map(|role| role.principal.clone()));
    let lost = protected.into_iter().filter(|it| it.account == account && is_of(it, gone));
    reasons.extend(lost.map(|principal| LockoutReason::Unassigned { who: Some(principal.who) }));
    reasons
}

/// Whether a principal is the role of one of these permission sets. The role's name has that of the
/// permission set, and sixteen digits behind it (Identity Center user guide, "Referencing
/// permission sets in resource policies").
fn is_of(principal: &Principal, gone: &[&String]) -> bool {
    let name = principal.who.arn.rsplit('/').next().unwrap_or_default();
    let set = name.strip_prefix(IDENTITY_CENTER.0).and_then(|rest| rest.rsplit_once('_'));
    // One whose name is not known may be any.
    set.is_some_and(|(set, _)| gone.iter().any(|it| *it == set || it.starts_with("ps-")))
}
