//! Service control policies: the most that anybody in the accounts below them may do.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Losses,
    place::{Place, is_account},
    principals::{Principal, ambient, break_glass, own},
    reason::LockoutReason,
    request::{Need, assuming, condition_keys, needs},
};
use crate::{
    kind::{Guarded, Reach},
    manifest::Presence,
    model::{
        Ownership, Seen,
        policy_document::{Context, Decision, Dialect, PolicyDocument, equivalent},
    },
    plan::{Inputs, Step, WayIn},
};

/// The text of a policy.
#[derive(Clone, Copy)]
pub(super) enum Text<'a> {
    /// There is no such policy.
    Nothing,
    /// There is one, and nobody knows what it says.
    Unreadable,
    /// This one.
    Is(&'a PolicyDocument),
}

impl<'a> From<Option<&'a PolicyDocument>> for Text<'a> {
    fn from(document: Option<&'a PolicyDocument>) -> Self {
        document.map_or(Self::Unreadable, Self::Is)
    }
}

impl Text<'_> {
    fn decides(self, need: &Need) -> Decision {
        match self {
            Self::Nothing => Decision::NoMatch,
            Self::Unreadable => Decision::Unknown,
            Self::Is(document) => need.judged_by(document),
        }
    }

    fn keys(self) -> BTreeSet<String> {
        match self {
            Self::Is(document) => condition_keys(document),
            _ => BTreeSet::new(),
        }
    }
}

/// A policy as it was and as it will be.
struct Change<'a> {
    /// The scope of the organisation.
    scope: &'a str,
    after: Text<'a>,
    targets: &'a BTreeSet<String>,
    before: Text<'a>,
    was_on: BTreeSet<String>,
    others: Vec<Other>,
}

/// Another policy, which stays as it is.
struct Other {
    document: PolicyDocument,
    targets: BTreeSet<String>,
}

/// Who of those that must not be locked out would lose what. A service control policy gives nothing: what it does not deny stays
/// as it is, unless it was the one that allowed it.
pub(super) fn reasons(
    after: Text<'_>,
    targets: &BTreeSet<String>,
    before: Option<&Guarded>,
    step: &Step,
    inputs: &Inputs<'_>,
) -> Vec<LockoutReason> {
    let (before, was_on) = match before {
        Some(Guarded { document, reach: Reach::Accounts(was_on) }) => {
            (document.as_ref().into(), was_on.clone())
        }
        _ => (Text::Nothing, BTreeSet::new()),
    };
    let others = others(step, inputs);
    let scope = step.address.scope.as_str();
    let change = Change { scope, after, targets, before, was_on, others };
    let mut reasons = Vec::new();
    for facts in inputs.facts.values().filter(|it| change.concerns(&it.account, inputs)) {
        let Some(place) = Place::of_scope(facts, inputs) else { continue };
        match own(facts, inputs) {
            Ok(principal) => reasons.extend(change.judge(&principal, &[place], inputs)),
            Err(unknown) => reasons.push(*unknown),
        }
    }
    reasons.extend(change.ways_in(inputs));
    for principal in break_glass(inputs) {
        if change.concerns(&principal.account, inputs) {
            let places = Place::of_break_glass(&principal.account, &principal.partition, inputs);
            reasons.extend(change.judge(&principal, &places, inputs));
        }
    }
    reasons
}

impl Change<'_> {
    fn concerns(&self, account: &str, inputs: &Inputs<'_>) -> bool {
        let mut places = self.targets.iter().chain(&self.was_on);
        places.any(|target| below(target, account, self.scope, inputs))
    }

    fn judge(
        &self,
        principal: &Principal,
        places: &[Place<'_>],
        inputs: &Inputs<'_>,
    ) -> Option<LockoutReason> {
        let mut keys = self.after.keys();
        keys.extend(self.before.keys());
        keys.extend(self.others.iter().flat_map(|other| condition_keys(&other.document)));
        let on = |target: &&String| below(target, &principal.account, self.scope, inputs);
        let covered = self.targets.iter().any(|target| on(&target));
        let was_on: Vec<&String> = self.was_on.iter().filter(on).collect();
        let mut losses = Losses::default();
        for place in places {
            for need in needs(principal, place, &keys, |_, _| true) {
                let decision = self.after.decides(&need);
                if covered && matches!(decision, Decision::Deny | Decision::Unknown) {
                    losses.add(&need, decision);
                } else if let Some(decision) = self.lost(&need, decision, &was_on) {
                    losses.add(&need, decision);
                }
            }
        }
        losses.of(&principal.who)
    }

    /// Whether palisade could certainly assume its roles no longer: a control policy concerns the account of whoever asks for a
    /// session, and without one nothing can be taken back. Who that is says the environment and no setting, so that what is
    /// not certain of it is let through.
    fn ways_in(&self, inputs: &Inputs<'_>) -> Option<LockoutReason> {
        let ways = inputs.lockout.ways_in.iter();
        let mut losses = Losses::default();
        let mut who = None;
        for (scope, WayIn { caller, role }) in ways {
            let Some(facts) = inputs.facts.get(scope) else { continue };
            let principal = ambient(caller, scope);
            if !self.concerns(&principal.account, inputs) {
                continue;
            }
            let mut keys = self.after.keys();
            keys.extend(self.before.keys());
            let on = |target: &&String| below(target, &principal.account, self.scope, inputs);
            let covered = self.targets.iter().any(|target| on(&target));
            let was_on: Vec<&String> = self.was_on.iter().filter(on).collect();
            for need in assuming(&principal, &Place::empty(facts, inputs), role, &keys) {
                let decision = self.after.decides(&need);
                if covered && decision == Decision::Deny {
                    losses.add(&need, decision);
                } else if let Some(lost @ Decision::NoMatch) = self.lost(&need, decision, &was_on) {
                    losses.add(&need, lost);
                }
            }
            who.get_or_insert(principal.who);
        }
        losses.of(&who?)
    }

    /// What becomes of something that only the policy as it was may have allowed, at some of its places.
    fn lost(&self, need: &Need, now: Decision, was_on: &[&String]) -> Option<Decision> {
        let gave = self.before.decides(need);
        if !matches!(gave, Decision::Allow | Decision::Unknown) {
            return None;
        }
        let is_lost = |target: &&&String| {
            let stays = now == Decision::Allow && self.targets.contains(**target);
            let other = self.others.iter().any(|other| {
                other.targets.contains(**target)
                    && need.judged_by(&other.document) == Decision::Allow
            });
            !stays && !other
        };
        was_on.iter().find(is_lost)?;
        Some(if gave == Decision::Allow { Decision::NoMatch } else { Decision::Unknown })
    }
}

/// Whether an account is, or may be, below a target or is the target itself. Where the organisation was not read, everybody may
/// be below a root or unit, but for the management account; so may an account that it does not show.
fn below(target: &str, account: &str, scope: &str, inputs: &Inputs<'_>) -> bool {
    if inputs.live.management_accounts.values().any(|manager| manager == account) {
        return false;
    }
    if target == account || is_account(target) {
        return target == account;
    }
    match inputs.live.organization_trees.get(scope) {
        Some(Seen::All(tree)) => {
            tree.0.get(account).is_none_or(|member| member.above.contains(target))
        }
        Some(Seen::Unknown(_)) | None => true,
    }
}

/// The other policies of the organisation that were seen and that stay as they are: somebody else's, and those of ours whose
/// manifest says what is there; and FullAWSAccess where it was seen. Where they are attached they go on allowing what they allow.
fn others(step: &Step, inputs: &Inputs<'_>) -> Vec<Other> {
    let mut others: Vec<Other> = full_access(&step.address.scope, inputs).into_iter().collect();
    let key = (step.address.scope.clone(), step.address.kind.clone());
    let Some(Seen::All(resources)) = inputs.live.seen.get(&key) else { return others };
    let Some(kind) = inputs.registry.get(&step.address.kind) else { return others };
    let own = step.action.have().map(|have| &have.id);
    for resource in resources.iter().filter(|it| Some(&it.id) != own) {
        let spec = match Ownership::read(&resource.tags, inputs.owner) {
            Ownership::Ours { address, .. } => {
                let document = inputs.documents.get(&address);
                let kept = document.filter(|it| it.lifecycle.state == Presence::Present);
                match kept.and_then(|it| it.spec.as_ref()) {
                    Some(spec) => Some(spec),
                    None => continue,
                }
            }
            _ => None,
        };
        // What does not decode helps nobody.
        for guarded in kind.guards(&resource.state).unwrap_or_default() {
            let (Some(document), Reach::Accounts(mut targets)) = (guarded.document, guarded.reach)
            else {
                continue;
            };
            if let Some(spec) = spec {
                if !says(&spec["content"], &document) {
                    continue;
                }
                targets.retain(|target| lists(&spec["targets"], target));
            }
            others.push(Other { document, targets });
        }
    }
    others
}

fn full_access(scope: &str, inputs: &Inputs<'_>) -> Option<Other> {
    let targets = inputs.live.full_access.get(scope)?.clone();
    let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
    let document = PolicyDocument::parse(text, Dialect::ServiceControlPolicy).ok()?;
    Some(Other { document, targets })
}

/// Whether a manifest's content is what is there.
fn says(content: &Value, live: &PolicyDocument) -> bool {
    let context = Context { partition: String::new(), account: String::new() };
    let wanted = match content {
        Value::String(text) => PolicyDocument::parse(text, Dialect::ServiceControlPolicy),
        value => PolicyDocument::from_value(value, Dialect::ServiceControlPolicy),
    };
    wanted.is_ok_and(|wanted| equivalent(&wanted, live, &context))
}

/// Whether a manifest names a target by its id.
fn lists(targets: &Value, target: &str) -> bool {
    targets.as_array().is_some_and(|all| all.iter().any(|one| one == target))
}
