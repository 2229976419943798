//! What only changes of organization policies depend on, asked for when there are any.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use tokio::time::Instant;

use super::{learn::Learnt, setup::Setup};
use crate::{
    aws::{identity, lookup},
    kind::{
        Reach,
        erased::{ErasedKind, Move, Registry},
        is_placeholder,
    },
    model::{Moving, Seen},
    plan::{
        HoldReason, Lockout, Organization, Plan, Step, Verdict, WaitReason,
        gate::{accounts, moves},
    },
    settings::Settings,
};

/// How long what moves with an account is used again while the move is held: Organizations allows
/// few calls.
const USED_AGAIN: Duration = Duration::from_mins(10);

/// What was read for a move.
pub(super) struct ReadMove {
    to: Move,
    read: Seen<Moving>,
    until: Instant,
}

impl Learnt {
    /// The id of each scope's organization: as AWS said it in this process, or as the settings say.
    pub(super) fn organization_ids(&self, settings: &Settings) -> BTreeMap<String, String> {
        let said = settings.organization.iter();
        let said = said.flat_map(|id| settings.scopes.keys().map(move |scope| (scope, id)));
        let found = self.organizations.iter().map(|(scope, it)| (scope, &it.id));
        said.chain(found).map(|(scope, id)| (scope.clone(), id.clone())).collect()
    }

    /// What planning a change of organization policies needs in addition; returns whether anything
    /// was learnt.
    pub(super) async fn learn_organization(
        &mut self,
        plan: &Plan,
        setup: &Setup,
        organization: &mut Organization,
        lockout: &mut Lockout,
    ) -> bool {
        let manager = self.learn_managers(plan, setup, organization).await;
        let tree = self.learn_trees(plan, setup, organization).await;
        let moves = self.learn_moves(plan, setup, organization).await;
        let identity = learn_identity(plan, setup, lockout).await;
        learn_full_access(plan, setup, organization).await || identity || tree || manager || moves
    }

    /// The tree, which decides how many accounts a change concerns. If it cannot be read it is
    /// unknown, and the gate holds what depends on it.
    async fn learn_trees(
        &self,
        plan: &Plan,
        setup: &Setup,
        organization: &mut Organization,
    ) -> bool {
        let (registry, limits) = (&setup.registry, &setup.settings.gate);
        let depends = |step: &&Step| {
            accounts::depends_on_tree(step, registry, &self.completing, limits)
                || concerns_organization(step, registry) && is_locked_out(step)
        };
        let scopes: BTreeSet<&str> =
            plan.steps.iter().filter(depends).map(|step| step.address.scope.as_str()).collect();
        let mut learnt = false;
        for scope in scopes {
            let Some(connected) = setup.scopes.get(scope) else { continue };
            let tree = match lookup::tree(&connected.access).await {
                Ok(tree) => Seen::All(tree),
                Err(error) => Seen::Unknown(error.to_string()),
            };
            organization.trees.insert(scope.to_owned(), tree);
            learnt = true;
        }
        learnt
    }

    /// What moves with an account that is to move. A held move waits for a person, pass after pass:
    /// what was read for it is used again for a while, and read again before it is made.
    async fn learn_moves(
        &mut self,
        plan: &Plan,
        setup: &Setup,
        organization: &mut Organization,
    ) -> bool {
        let (now, mut kept) = (Instant::now(), BTreeMap::new());
        for step in &plan.steps {
            let Ok(Some((_, to))) = moves::moved(step, &setup.registry) else { continue };
            // What is above a unit that does not exist yet cannot be asked.
            if is_placeholder(&to.to) {
                continue;
            }
            let Some(connected) = setup.scopes.get(&step.address.scope) else { continue };
            let known = self.moves.remove(&step.address);
            let known = known.filter(|it| it.to == to && now < it.until && !step.verdict.goes());
            let read = match known {
                Some(read) => read,
                None => {
                    let read = lookup::moving(&connected.access, &to.from, &to.to).await;
                    let read = match read {
                        Ok(moving) => Seen::All(moving),
                        Err(error) => Seen::Unknown(error.to_string()),
                    };
                    ReadMove { to, read, until: now + USED_AGAIN }
                }
            };
            organization.moves.insert(step.address.clone(), read.read.clone());
            kept.insert(step.address.clone(), read);
        }
        self.moves = kept;
        !self.moves.is_empty()
    }

    /// The management account, which decides whom an organization policy concerns. Asked for once
    /// per process, and only when such a policy is about to change; returns whether anything was
    /// learnt. If it cannot be read it stays unknown, and the gate assumes the worst.
    async fn learn_managers(
        &mut self,
        plan: &Plan,
        setup: &Setup,
        organization: &mut Organization,
    ) -> bool {
        let scopes: BTreeSet<&str> = plan
            .steps
            .iter()
            .filter(|step| concerns_organization(step, &setup.registry))
            .map(|step| step.address.scope.as_str())
            .filter(|scope| !organization.managers.contains_key(*scope))
            .collect();
        let mut learnt = false;
        for scope in scopes {
            let found = match (self.organizations.get(scope), setup.scopes.get(scope)) {
                (Some(known), _) => known.clone(),
                (None, None) => continue,
                (None, Some(connected)) => match identity::organization(&connected.access).await {
                    Ok(found) => found,
                    Err(error) => {
                        tracing::warn!(
                            "{scope}: the organization's management account is unknown: \
                            {error}"
                        );
                        continue;
                    }
                },
            };
            if let Some(manager) = &found.management_account {
                organization.managers.insert(scope.to_owned(), manager.clone());
                learnt = true;
            }
            let known = organization.ids.insert(scope.to_owned(), found.id.clone());
            learnt |= known.as_ref() != Some(&found.id);
            self.organizations.insert(scope.to_owned(), found);
        }
        learnt
    }
}

/// Who assumes the roles of the scopes: a service control policy can deny it that in its own
/// account, and its role can be one of Identity Center. If it cannot be read it stays unknown, and
/// the gate holds what may concern it.
async fn learn_identity(plan: &Plan, setup: &Setup, lockout: &mut Lockout) -> bool {
    let registry = &setup.registry;
    let concerns = |step: &Step| concerns_organization(step, registry) || assigns(step, registry);
    let changes = plan.steps.iter().any(concerns);
    let Some(ambient) = setup.scopes.ambient().filter(|_| changes) else { return false };
    match identity::caller(ambient).await {
        Ok(caller) => lockout.assuming.by = Some(caller.arn),
        Err(error) => {
            tracing::warn!("the identity that assumes the roles of the scopes is unknown: {error}");
            return false;
        }
    }
    true
}

/// Whether AWS's FullAWSAccess goes on allowing what a removed policy allowed.
async fn learn_full_access(plan: &Plan, setup: &Setup, organization: &mut Organization) -> bool {
    let mut learnt = false;
    for step in plan.steps.iter().filter(|step| is_locked_out(step)) {
        let kind = setup.registry.get(&step.address.kind);
        let (Some(kind), Some(have)) = (kind, step.action.have()) else { continue };
        let Some(connected) = setup.scopes.get(&step.address.scope) else { continue };
        for guarded in kind.guards(&have.state).unwrap_or_default() {
            let Reach::Accounts(targets) = guarded.reach else { continue };
            for target in targets {
                // If it cannot be read it counts as absent, and the step stays held.
                if lookup::has_full_access(&connected.access, &target).await.unwrap_or(false) {
                    let scope = step.address.scope.clone();
                    learnt |= organization.full_access.entry(scope).or_default().insert(target);
                }
            }
        }
    }
    learnt
}

fn concerns_organization(step: &Step, registry: &Registry) -> bool {
    registry.get(&step.address.kind).is_some_and(ErasedKind::concerns_organization)
}

/// Whether the step is about who has roles of Identity Center.
fn assigns(step: &Step, registry: &Registry) -> bool {
    let kind = registry.get(&step.address.kind);
    let guards = kind.zip(step.action.have()).map(|(kind, have)| kind.guards(&have.state));
    let guards = guards.and_then(Result::ok).into_iter().flatten();
    guards.into_iter().any(|guarded| matches!(guarded.reach, Reach::Assignments { .. }))
}

/// Whether the step is held because of a lock-out, or will be.
fn is_locked_out(step: &Step) -> bool {
    let lockout = |why: &HoldReason| matches!(why, HoldReason::Lockout { .. });
    match &step.verdict {
        Verdict::Held(why) => why.iter().any(lockout),
        Verdict::Waiting(waits) => waits.iter().any(|wait| match &wait.reason {
            WaitReason::WillBeHeld { why } => why.iter().any(lockout),
            _ => false,
        }),
        Verdict::Go | Verdict::Reported(_) => false,
    }
}
