//! Control policies: the most that a principal in the accounts below them may do, and the most that
//! anybody may do with resources there. What palisade needs in an account it needs on resources of
//! that account, so both decide the same permissions; resources also decide who may assume its
//! role.

use std::collections::BTreeSet;

use serde_json::json;

use super::{
    Grounds, Losses,
    assume::{ambient, assuming, being_assumed},
    place::{Place, is_account},
    principals::{Principal, own},
    reason::LockoutReason,
    request::{Need, needs},
};
use crate::{
    kind::{Guarded, Reach},
    manifest::Presence,
    model::{
        Ownership, PhysicalId, ScopedKind, Seen,
        policy_document::{Context, Decision, Dialect, PolicyDocument, equivalent},
    },
    plan::{Assuming, Claimed, Inputs, Organization, Step, look::Resolving},
};

/// The text of a policy.
#[derive(Clone, Copy)]
pub(super) enum Text<'a> {
    /// The policy does not exist.
    Nothing,
    /// The policy exists, but its text is unknown.
    Unreadable,
    /// The policy has this text.
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
            Self::Is(document) => document.condition_keys(),
            _ => BTreeSet::new(),
        }
    }
}

/// A policy before and after the change.
struct Change<'a> {
    /// The scope of the organization.
    scope: &'a str,
    after: Text<'a>,
    targets: &'a BTreeSet<String>,
    before: Text<'a>,
    was_on: BTreeSet<String>,
    /// Whether it limits what is done with resources, whoever does it. Such a policy only denies,
    /// so nothing is lost with it.
    of_resources: bool,
    others: Vec<&'a Other>,
}

/// A policy that does not change, as the background for steps on other policies.
pub(super) struct Other {
    id: PhysicalId,
    document: PolicyDocument,
    targets: BTreeSet<String>,
    /// The condition keys that the policy names.
    keys: BTreeSet<String>,
}

/// Which protected principals would lose which actions. A control policy grants nothing: what it
/// does not deny stays as it is, unless it was the policy that allowed it.
pub(super) fn reasons(
    after: Text<'_>,
    reach: &Reach,
    before: Option<&Guarded>,
    step: &Step,
    grounds: &Grounds<'_>,
) -> Vec<LockoutReason> {
    let Some(targets) = reach.places() else { return Vec::new() };
    let of_resources = matches!(reach, Reach::Resources(_));
    let (before, was_on) = match before {
        Some(Guarded { document, reach }) => {
            (document.as_ref().into(), reach.places().cloned().unwrap_or_default())
        }
        None => (Text::Nothing, BTreeSet::new()),
    };
    let own_id = step.action.have().map(|have| &have.id);
    let others = grounds.others(&step.address.scoped_kind());
    let others = others.iter().filter(|other| Some(&other.id) != own_id).collect();
    let scope = step.address.scope.as_str();
    let change = Change { scope, after, targets, before, was_on, of_resources, others };
    let mut reasons = Vec::new();
    for facts in grounds.scopes().filter(|it| change.concerns(&it.account, grounds)) {
        // In a scope whose manifests are elsewhere, or yet to be written, nothing is done now; that
        // its role can be assumed must stay so. One that assumes no role is not asked who it is.
        let used = grounds.place(&facts.name).cloned();
        let is_used = used.is_some();
        let place = used.unwrap_or_else(|| Place::empty(facts, grounds.inputs));
        match own(facts, grounds.inputs) {
            Ok(principal) => reasons.extend(change.judge(&principal, &[&place], grounds)),
            Err(unknown) if is_used => reasons.push(*unknown),
            Err(_) => {}
        }
    }
    reasons.extend(change.judge_assuming(grounds));
    for role in &grounds.break_glass {
        if change.concerns(&role.principal.account, grounds) {
            let places: Vec<&Place<'_>> = role.places(grounds).iter().collect();
            reasons.extend(change.judge(&role.principal, &places, grounds));
        }
    }
    reasons
}

impl Change<'_> {
    fn concerns(&self, account: &str, grounds: &Grounds<'_>) -> bool {
        let mut places = self.targets.iter().chain(&self.was_on);
        places.any(|target| below(target, account, self.scope, grounds))
    }

    fn judge(
        &self,
        principal: &Principal,
        places: &[&Place<'_>],
        grounds: &Grounds<'_>,
    ) -> Option<LockoutReason> {
        let keys = self.keys();
        let on = |target: &&String| below(target, &principal.account, self.scope, grounds);
        let covered = self.targets.iter().any(|target| on(&target));
        let was_on: Vec<&String> = self.was_on.iter().filter(on).collect();
        let mut losses = Losses::default();
        for place in places {
            let assumed = being_assumed(principal, place, &keys).filter(|_| self.of_resources);
            for need in needs(principal, place, &keys, |_, _| true).into_iter().chain(assumed) {
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

    /// Whether the identity that assumes the roles of the scopes could not do so any more. An
    /// unknown identity may be below every target.
    fn judge_assuming(&self, grounds: &Grounds<'_>) -> Option<LockoutReason> {
        if self.of_resources {
            return None;
        }
        let Assuming { roles, by } = &grounds.inputs.limits.lockout.assuming;
        let keys = self.keys();
        let mut lost = BTreeSet::new();
        for role in roles {
            let identity = ambient(by.as_deref(), role);
            let on = |target: &&String| {
                by.is_none() || below(target, &identity.account, self.scope, grounds)
            };
            let covered = self.targets.iter().any(|target| on(&target));
            let was_on: Vec<&String> =
                self.was_on.iter().filter(on).filter(|_| by.is_some()).collect();
            let need = assuming(&identity, role, grounds, &keys);
            let decision = self.after.decides(&need);
            let denied = covered && matches!(decision, Decision::Deny | Decision::Unknown);
            if denied || self.lost(&need, decision, &was_on).is_some() {
                lost.insert(role.arn.clone());
            }
        }
        (!lost.is_empty()).then(|| LockoutReason::CannotAssume { by: by.clone(), roles: lost })
    }

    /// The condition keys on which a decision may depend.
    fn keys(&self) -> BTreeSet<String> {
        let mut keys = self.after.keys();
        keys.extend(self.before.keys());
        keys.extend(self.others.iter().flat_map(|other| other.keys.iter().cloned()));
        keys
    }

    /// What happens to an action that only the policy before the change may have allowed, at some
    /// of its targets.
    fn lost(&self, need: &Need, now: Decision, was_on: &[&String]) -> Option<Decision> {
        let gave = self.before.decides(need);
        if self.of_resources || !matches!(gave, Decision::Allow | Decision::Unknown) {
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

/// Whether an account is, or may be, a target or below one. If the organization was not read, every
/// account except the management account may be below a root or unit; so may an account that the
/// tree does not contain.
fn below(target: &str, account: &str, scope: &str, grounds: &Grounds<'_>) -> bool {
    if grounds.managers.contains(account) {
        return false;
    }
    if target == account || is_account(target) {
        return target == account;
    }
    match grounds.inputs.organization.trees.get(scope) {
        Some(Seen::All(tree)) => {
            tree.0.get(account).is_none_or(|member| member.above.contains(target))
        }
        Some(Seen::Unknown(_)) | None => true,
    }
}

/// The observed organization policies that stay as they are: those of others, those of this
/// installation whose manifest wants what is there, and FullAWSAccess where it was seen. At their
/// targets they go on allowing what they allow.
pub(super) fn others(at: &ScopedKind, inputs: &Inputs<'_>) -> Vec<Other> {
    let look = inputs.look;
    let mut others: Vec<Other> = full_access(&at.scope, inputs.organization).into_iter().collect();
    let (Some(inventory), Some(kind)) = (look.claims.of(at), look.kind(&at.kind)) else {
        return others;
    };
    for Claimed { resource, ownership } in inventory.all() {
        let wanted = match ownership {
            Ownership::Ours { address, .. } => {
                let document = look.documents.get(address);
                let kept = document.is_some_and(|it| it.lifecycle.state == Presence::Present);
                match look.resolved(address) {
                    // A policy that does not decode allows nothing here.
                    Some(Resolving::Done(Some(want), _)) if kept => {
                        Some(kind.guards(&want.state).unwrap_or_default())
                    }
                    _ => continue,
                }
            }
            Ownership::Foreign(_) | Ownership::Unclaimed => None,
        };
        for guarded in kind.guards(&resource.state).unwrap_or_default() {
            let (Some(document), Reach::Accounts(mut targets)) = (guarded.document, guarded.reach)
            else {
                continue;
            };
            if let Some(wanted) = &wanted {
                let wanted_on = wanted_on(wanted, &document);
                targets.retain(|target| wanted_on.contains(target));
            }
            let (id, keys) = (resource.id.clone(), document.condition_keys());
            others.push(Other { id, document, targets, keys });
        }
    }
    others
}

/// AWS's own policy that allows everything.
fn full_access(scope: &str, organization: &Organization) -> Option<Other> {
    let targets = organization.full_access.get(scope)?.clone();
    let statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let policy = json!({"Version": "2012-10-17", "Statement": statement});
    let document = PolicyDocument::from_value(&policy, Dialect::ServiceControlPolicy).ok()?;
    let id = PhysicalId("p-FullAWSAccess".to_owned());
    Some(Other { id, document, targets, keys: BTreeSet::new() })
}

/// The targets of a policy, if its manifest wants its present text.
fn wanted_on<'a>(wanted: &'a [Guarded], live: &PolicyDocument) -> BTreeSet<&'a String> {
    let context = Context { partition: String::new(), account: String::new() };
    let says = |document: &PolicyDocument| equivalent(document, live, &context);
    let same = wanted.iter().filter_map(|guarded| match guarded {
        Guarded { document: Some(document), reach: Reach::Accounts(on) } if says(document) => {
            Some(on)
        }
        _ => None,
    });
    same.flatten().collect()
}
