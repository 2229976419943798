//! A move of an account: the control policies of the units that it comes to are the most that
//! palisade and the break-glass roles may do there from then on.

use std::collections::BTreeSet;

use super::{
    Grounds, Losses,
    assume::{ambient, assuming},
    place::Place,
    principals::{Principal, own},
    reason::LockoutReason,
    request::{Need, needs},
};
use crate::{
    model::{ControlPolicy, Moving, Seen, policy_document::Decision},
    plan::{
        Assuming, Step,
        gate::moves::{moved, moving},
    },
};

/// Who would lose what. What cannot be read is said by the move's own reason, and is held with it.
pub(super) fn reasons(step: &Step, grounds: &Grounds<'_>) -> Vec<LockoutReason> {
    let inputs = grounds.inputs;
    let registry = inputs.look.installation.registry;
    let Ok(Some((account, _))) = moved(step, registry) else { return Vec::new() };
    // No control policy concerns the management account, wherever it is.
    if grounds.managers.contains(account) {
        return Vec::new();
    }
    let Some(Seen::All(moving)) = moving(&step.address, inputs) else { return Vec::new() };
    let keys = keys(moving);
    let mut found = Vec::new();
    for facts in grounds.scopes().filter(|facts| facts.account == account) {
        let used = grounds.place(&facts.name).cloned();
        let is_used = used.is_some();
        let place = used.unwrap_or_else(|| Place::empty(facts, inputs));
        match own(facts, inputs) {
            Ok(principal) => found.extend(judge(&principal, &[&place], moving, &keys)),
            Err(unknown) if is_used => found.push(*unknown),
            Err(_) => {}
        }
    }
    for role in grounds.break_glass.iter().filter(|role| role.principal.account == account) {
        let places: Vec<_> = role.places(grounds).iter().collect();
        found.extend(judge(&role.principal, &places, moving, &keys));
    }
    found.extend(cannot_assume(account, moving, &keys, grounds));
    found
}

fn judge(
    principal: &Principal,
    places: &[&Place<'_>],
    moving: &Moving,
    keys: &BTreeSet<String>,
) -> Option<LockoutReason> {
    let mut losses = Losses::default();
    for place in places {
        for need in needs(principal, place, keys, |_, _| true) {
            if let Some(decision) = lost(&need, moving) {
                losses.add(&need, decision);
            }
        }
    }
    losses.of(&principal.who)
}

/// Whether the identity that assumes the roles of the scopes is in the account, or may be, and
/// could not do so any more.
fn cannot_assume(
    account: &str,
    moving: &Moving,
    keys: &BTreeSet<String>,
    grounds: &Grounds<'_>,
) -> Option<LockoutReason> {
    let Assuming { roles, by } = &grounds.inputs.limits.lockout.assuming;
    let is_lost = |role: &&crate::plan::RoleToAssume| {
        let identity = ambient(by.as_deref(), role);
        (by.is_none() || identity.account == account)
            && lost(&assuming(&identity, role, grounds, keys), moving).is_some()
    };
    let lost: BTreeSet<String> = roles.iter().filter(is_lost).map(|it| it.arn.clone()).collect();
    (!lost.is_empty()).then(|| LockoutReason::CannotAssume { by: by.clone(), roles: lost })
}

/// What becomes of an action that is allowed today: a policy that comes may deny it, and every new
/// level must allow it (Organizations user guide, "SCP evaluation").
fn lost(need: &Need, moving: &Moving) -> Option<Decision> {
    let decides = |policy: &ControlPolicy| match &policy.document {
        Some(document) => need.judged_by(document),
        None => Decision::Unknown,
    };
    let gained = moving.gained().into_iter().map(decides);
    let denied = gained.filter(|it| matches!(it, Decision::Deny | Decision::Unknown));
    // A denial is worse than what is not known.
    if let Some(worst) = denied.min_by_key(|it| *it != Decision::Deny) {
        return Some(worst);
    }
    let allows = |policies: &[ControlPolicy]| {
        let service = policies.iter().filter(|policy| !policy.of_resources);
        service.into_iter().any(|policy| decides(policy) == Decision::Allow)
    };
    let is_closed = |policies: &[ControlPolicy]| {
        policies.iter().any(|policy| !policy.of_resources) && !allows(policies)
    };
    let closed = moving.new_levels().any(|level| is_closed(&level.policies));
    closed.then_some(Decision::NoMatch)
}

/// The condition keys on which a decision may depend.
fn keys(moving: &Moving) -> BTreeSet<String> {
    let policies = moving.to.iter().flat_map(|level| &level.policies);
    let documents = policies.filter_map(|policy| policy.document.as_ref());
    documents.flat_map(crate::model::policy_document::PolicyDocument::condition_keys).collect()
}
