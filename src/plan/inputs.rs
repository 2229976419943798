//! What a plan depends on, and what of it references may use.

use std::collections::{BTreeMap, BTreeSet};

use super::{Holdoff, KnownWant, Live, Lockout, Only, Past, Wait, Want};
use crate::{
    kind::{Known, KnownResource, ScopeFacts, erased::Registry},
    manifest::Document,
    model::{Address, Ownership, Pause, PhysicalId, Seen},
    settings::{GateLimits, Mode, Prune},
};

/// Everything a plan depends on.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// The kinds.
    pub registry: &'a Registry,
    /// This installation's name.
    pub owner: &'a str,
    /// What the directory says.
    pub documents: &'a BTreeMap<Address, Document>,
    /// Digests that people consented to, still valid now.
    pub approved: &'a BTreeSet<String>,
    /// Account and Region of every scope.
    pub facts: &'a BTreeMap<String, ScopeFacts>,
    /// What was seen in this pass.
    pub live: &'a Live,
    /// What the manifests came to; the gate's alone, nothing before it.
    pub wants: &'a BTreeMap<Address, Want>,
    /// Addresses that failed lately.
    pub holdoffs: &'a BTreeMap<Address, Holdoff>,
    /// Why nothing may be created for an address yet although it was not seen.
    pub create_holdoffs: &'a BTreeMap<Address, Wait>,
    /// Addresses whose manifest has been gone for long enough to be pruned.
    pub given_up: &'a BTreeSet<Address>,
    /// Addresses that this process created and has not seen in order yet: finishing them is no mass change.
    pub completing: &'a BTreeSet<Address>,
    /// What each address was last seen as: part of the client token of a create.
    pub predecessors: &'a BTreeMap<Address, PhysicalId>,
    /// What each address wanted when it was last in sync, and on which resource.
    pub known_wants: &'a BTreeMap<Address, KnownWant>,
    /// The manifests that were there when the process began and that it has not seen change since, with the fingerprint of
    /// what they wanted when they were resolved first (none before that).
    pub inherited: &'a BTreeMap<Address, Option<String>>,
    /// What the process may do.
    pub mode: Mode,
    /// What becomes of orphans.
    pub prune: Prune,
    /// The gate's limits.
    pub gate: &'a GateLimits,
    /// What this process did before.
    pub past: &'a Past,
    /// Who must not be locked out.
    pub lockout: &'a Lockout,
    /// What may be done at most, where a person decides: what was shown, or single held steps.
    pub only: Option<&'a Only>,
    /// Why nothing may be written now: the brake.
    pub stopped: Option<&'a str>,
    /// What people hold still for a while.
    pub pauses: &'a [Pause],
}

/// What resolving may use: every managed resource that carries a single, readable claim.
pub fn known(live: &Live, owner: &str) -> Known {
    let mut known = Known {
        lookups: live.lookups.clone(),
        organizations: live.organizations.clone(),
        ..Known::default()
    };
    let mut twice = BTreeSet::new();
    for ((scope, kind), seen) in &live.seen {
        match seen {
            Seen::Unknown(why) => {
                known.unknown.insert((scope.clone(), kind.clone()), why.clone());
            }
            Seen::All(resources) => {
                for resource in resources {
                    if let Ownership::Ours { address, .. } = Ownership::read(&resource.tags, owner)
                        && address.scope == *scope
                        && address.kind == *kind
                    {
                        let carrying = known.candidates.entry(address.clone()).or_default();
                        carrying.insert(resource.id.to_string());
                        let it =
                            KnownResource { id: resource.id.clone(), arn: resource.arn.clone() };
                        if known.resources.insert(address.clone(), it).is_some() {
                            twice.insert(address);
                        }
                    }
                }
            }
        }
    }
    for ((scope, kind), unread) in &live.unread {
        for it in unread {
            // What is not found may be this one; where its claim was read, that suffices to refer to it.
            let why = format!("{kind} {}: {}", it.id, it.why);
            known.unknown.entry((scope.clone(), kind.clone())).or_insert(why);
            if let (Some(address), Some(arn)) = (it.claim(owner), it.arn.clone())
                && address.scope == *scope
                && address.kind == *kind
            {
                let it = KnownResource { id: it.id.clone(), arn };
                if known.resources.insert(address.clone(), it).is_some() {
                    twice.insert(address);
                }
            }
        }
    }
    // Which of two is meant cannot be known.
    known.resources.retain(|address, _| !twice.contains(address));
    known
}
