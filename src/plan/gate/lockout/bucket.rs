//! Bucket policies: they can deny what the policies of roles allow.

use super::{
    Grounds, Losses,
    key::is_asked_of,
    principals::{Principal, own},
    reason::LockoutReason,
    request::needs,
};
use crate::{
    model::policy_document::{Decision, PolicyDocument},
    operations::{Grant, Operation, resource_of},
    plan::Step,
};

/// Which protected principals would lose which actions on the bucket under this policy.
pub(super) fn reasons(
    document: &PolicyDocument,
    arn: &str,
    step: &Step,
    grounds: &Grounds<'_>,
) -> Vec<LockoutReason> {
    let Some(facts) = grounds.facts(&step.address.scope) else { return Vec::new() };
    let kind = step.address.kind.as_str();
    let Some(resource) = resource_of(kind) else { return Vec::new() };
    let arn = arn.replace("{region}", &facts.region);
    let place = grounds.place_with(facts, kind).with_only(resource, Some(&arn));
    let wanted = |_: &Operation, grant: &Grant| is_asked_of(resource, grant);
    let roles = grounds.break_glass.iter().map(|role| &role.principal);
    let roles = roles.filter(|it| it.account == facts.account);
    let keys = document.condition_keys();
    let judged = |principal: &Principal| {
        let mut losses = Losses::default();
        for need in needs(principal, &place, &keys, wanted) {
            let decision = need.judged_by(document);
            if matches!(decision, Decision::Deny | Decision::Unknown) {
                losses.add(&need, decision);
            }
        }
        losses.of(&principal.who)
    };
    let mut reasons = Vec::new();
    match own(facts, grounds.inputs) {
        Ok(principal) => reasons.extend(judged(&principal)),
        Err(unknown) => reasons.push(*unknown),
    }
    reasons.extend(roles.filter_map(judged));
    reasons
}
