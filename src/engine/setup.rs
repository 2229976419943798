//! What an engine is built from, and what follows from it.

use std::sync::Arc;

use super::{observe::Callers, options::Options, scopes::Scopes};
use crate::{
    kind::{Creation, erased::Registry},
    model::{Address, Fence},
    plan::{Assuming, Installation, Lockout, RoleToAssume},
    settings::Settings,
};

/// The parts that an engine is built from.
pub(super) struct Setup {
    pub(super) settings: Settings,
    pub(super) registry: Arc<Registry>,
    pub(super) scopes: Scopes,
    pub(super) options: Options,
}

impl Setup {
    pub(super) fn installation(&self) -> Installation<'_> {
        Installation {
            registry: &self.registry,
            owner: &self.settings.owner,
            facts: self.scopes.facts(),
        }
    }

    pub(super) fn creation(&self, address: &Address) -> Creation {
        self.registry.get(&address.kind).map_or(Creation::Unnamed, |kind| kind.profile().creation)
    }

    /// Where identity may be written, and what palisade stands on: its callers too.
    pub(super) fn fence(&self, callers: &Callers) -> Fence {
        let mut fence = self.settings.fence(self.scopes.facts());
        let known = callers.values().filter_map(|caller| caller.as_ref().ok());
        fence.own.extend(known.map(|caller| caller.arn.clone()));
        fence
    }

    /// The principals that must keep access: palisade's own role in every scope of the settings
    /// where it is known, whether or not a manifest is there, and the break-glass roles.
    pub(super) fn lockout(&self, callers: &Callers) -> Lockout {
        let scopes = &self.settings.scopes;
        let caller = |scope: &str| Some(callers.get(scope)?.as_ref().ok()?.arn.as_str());
        // Scopes that assume no role have the same credentials: one that was not asked, because
        // nothing is declared there, has the caller of the others.
        let mut ambient = scopes.iter().filter(|(_, scope)| scope.role.is_none());
        let ambient = ambient.find_map(|(name, _)| caller(name));
        let role = |(name, scope): (&String, &crate::settings::Scope)| {
            let caller = match callers.get(name) {
                Some(_) => caller(name),
                None => ambient,
            };
            Some((name.clone(), scope.own_role(caller)?.to_owned()))
        };
        let to_assume = |(name, scope): (&String, &crate::settings::Scope)| {
            let (role, facts) = (scope.role.as_ref()?, self.scopes.facts().get(name)?);
            let (arn, external_id) = (role.role_arn.clone(), role.external_id.clone());
            Some(RoleToAssume { arn, external_id, region: facts.region.clone() })
        };
        let roles = self.settings.scopes.iter().filter_map(to_assume).collect();
        Lockout {
            callers: scopes.iter().filter_map(role).collect(),
            break_glass: self.settings.break_glass_roles.clone(),
            assuming: Assuming { roles, by: None },
        }
    }
}
