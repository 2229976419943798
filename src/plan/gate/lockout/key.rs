//! Key policies: they decide all access to a key.

use super::{
    Grounds, Losses,
    principals::{Principal, own},
    reason::LockoutReason,
    request::needs,
};
use crate::{
    model::policy_document::{Decision, PolicyDocument},
    operations::{Grant, On, Operation, ResourceType, resource_of},
    plan::Step,
};

/// Which protected principals would lose which actions on the key under this policy. Kinds that use
/// the key count as well: SageMaker requests a grant with palisade's credentials when a domain is
/// created.
pub(super) fn reasons(
    document: &PolicyDocument,
    step: &Step,
    grounds: &Grounds<'_>,
) -> Vec<LockoutReason> {
    let Some(facts) = grounds.facts(&step.address.scope) else { return Vec::new() };
    let kind = step.address.kind.as_str();
    let Some(resource) = resource_of(kind) else { return Vec::new() };
    let arn = step.action.have().map(|have| have.arn.as_str());
    let place = grounds.place_with(facts, kind).with_only(resource, arn);
    let users = grounds.users_of(&step.address, arn);
    let wanted = |row: &Operation, grant: &Grant| {
        let used = row.kind.is_some_and(|it| it == kind || users.contains(it));
        is_asked_of(resource, grant) && used
    };
    // No other account can administer a key, whatever the policy says (KMS developer guide).
    let roles = grounds.break_glass.iter().map(|role| &role.principal);
    let roles = roles.filter(|it| it.account == facts.account);
    let keys = document.condition_keys();
    let judged = |principal: &Principal| {
        let mut losses = Losses::default();
        for need in needs(principal, &place, &keys, wanted) {
            let decision = need.judged_by(document);
            if decision != Decision::Allow {
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

/// Whether a permission is asked of the policy of a resource of this type.
pub(super) fn is_asked_of(resource: ResourceType, grant: &Grant) -> bool {
    let own =
        grant.action.split_once(':').is_some_and(|(service, _)| service == resource.service());
    own && matches!(grant.on, On::Of(on) if on.types == [resource])
}
