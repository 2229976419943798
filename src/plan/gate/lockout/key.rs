//! Key policies: everybody's access to the key goes by them.

use serde_json::Value;

use super::{
    Losses,
    place::Place,
    principals::{Principal, break_glass, own},
    reason::LockoutReason,
    request::{condition_keys, needs},
};
use crate::{
    kinds::kms_key::NAME as KIND,
    model::{
        Address, Seen,
        policy_document::{Decision, PolicyDocument},
    },
    operations::{Grant, On, Operation},
    plan::{Inputs, Step},
};

const DOMAIN: &str = "SageMakerDomain";

/// Who of those that must not be locked out would lose what with the key of the step under this policy.
pub(super) fn reasons(
    document: &PolicyDocument,
    step: &Step,
    inputs: &Inputs<'_>,
) -> Vec<LockoutReason> {
    let Some(facts) = inputs.facts.get(&step.address.scope) else { return Vec::new() };
    let place = Place::of_scope(facts, inputs).unwrap_or_else(|| Place::empty(facts, inputs));
    let place = place.with(KIND);
    let arn = step.action.have().map(|have| have.arn.as_str());
    let for_domain = domain_uses(&step.address, arn, inputs);
    let wanted = |row: &Operation, grant: &Grant| {
        let of_kind = row.kinds.contains(&KIND) || for_domain && row.kinds.contains(&DOMAIN);
        grant.action.starts_with("kms:") && grant.on == On::Keys && of_kind
    };
    // No other account can administer a key, whatever the policy says (KMS developer guide).
    let glass = break_glass(inputs).into_iter().filter(|it| it.account == facts.account);
    let keys = condition_keys(document);
    let judged = |principal: &Principal| {
        let mut losses = Losses::default();
        for need in needs(principal, &place.on_key(arn), &keys, wanted) {
            let decision = need.judged_by(document);
            if decision != Decision::Allow {
                losses.add(&need, decision);
            }
        }
        losses.of(&principal.who)
    };
    let mut reasons = Vec::new();
    match own(facts, inputs) {
        Ok(principal) => reasons.extend(judged(&principal)),
        Err(unknown) => reasons.push(*unknown),
    }
    reasons.extend(glass.filter_map(|principal| judged(&principal)));
    reasons
}

/// Whether a domain is encrypted with this key, by what its manifest or its live state says: then SageMaker asks for a grant with
/// palisade's credentials when the domain is made.
fn domain_uses(address: &Address, arn: Option<&str>, inputs: &Inputs<'_>) -> bool {
    let id = arn.and_then(|arn| arn.rsplit('/').next()).filter(|id| !id.is_empty());
    let named = |value: &Value| id.is_some_and(|id| mentions(value, id));
    let declared = inputs.documents.values().filter(|it| it.address.kind == DOMAIN).any(|it| {
        it.recorded.asked.iter().any(|(_, asked)| asked == address)
            || it.spec.as_ref().is_some_and(named)
    });
    let domains = inputs.live.seen.iter().filter(|((_, kind), _)| kind == DOMAIN);
    declared
        || domains
            .filter_map(|(_, seen)| match seen {
                Seen::All(all) => Some(all),
                Seen::Unknown(_) => None,
            })
            .flatten()
            .any(|domain| named(&domain.state))
}

fn mentions(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) => text.contains(id),
        Value::Array(items) => items.iter().any(|item| mentions(item, id)),
        Value::Object(members) => members.values().any(|member| mentions(member, id)),
        _ => false,
    }
}
