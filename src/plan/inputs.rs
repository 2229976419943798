//! What a plan depends on.

use std::collections::{BTreeMap, BTreeSet};

use super::{Holdoff, KnownWant, Lockout, Look, Only, Past, Wait};
use crate::{
    model::{Address, Halt, OrganizationTree, PhysicalId, Seen},
    settings::{GateLimits, Mode, Prune},
};

/// Everything a plan depends on.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// What the directory says, and what was seen in this pass.
    pub look: &'a Look<'a>,
    /// What this process remembers of earlier passes.
    pub memory: Memory<'a>,
    /// What may be done at most.
    pub limits: Limits<'a>,
    /// What was found out about the organisation.
    pub organization: &'a Organization,
}

/// What this process remembers of earlier passes. All of it may be lost: then less is done.
#[derive(Clone, Copy)]
pub struct Memory<'a> {
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
    /// What this process did before.
    pub past: &'a Past,
}

/// What may be done at most: the settings, what people consented to, and what they hold still.
#[derive(Clone, Copy)]
pub struct Limits<'a> {
    /// What the process may do.
    pub mode: Mode,
    /// What becomes of orphans.
    pub prune: Prune,
    /// The gate's limits.
    pub gate: &'a GateLimits,
    /// Who must not be locked out.
    pub lockout: &'a Lockout,
    /// Digests that people consented to, still valid now.
    pub approved: &'a BTreeSet<String>,
    /// What may be done at most, where a person decides: what was shown, or single held steps.
    pub only: Option<&'a Only>,
    /// What must not be written now: the brake, and what people hold still for a while.
    pub halt: &'a Halt,
}

/// What was found out about the organisation of each scope's account, beside its id. Asked for only where it decides
/// something.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Organization {
    /// The account that manages it, where that is known: no service control policy concerns it.
    pub managers: BTreeMap<String, String>,
    /// Its accounts and where in it they are. Read only in passes that are about to change one of its policies; absent in all
    /// others.
    pub trees: BTreeMap<String, Seen<OrganizationTree>>,
    /// The places of it on which AWS's FullAWSAccess was seen, by scope. Looked for only where a verdict depends on it.
    pub full_access: BTreeMap<String, BTreeSet<String>>,
}
