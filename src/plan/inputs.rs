//! What a plan depends on.

use std::collections::{BTreeMap, BTreeSet};

use super::{Focus, Holdoff, KnownWant, Lockout, Look, Only, Past, Wait, Waves};
use crate::{
    model::{Address, Fence, Halt, Moving, OrganizationTree, PhysicalId, Seen},
    settings::{GateLimits, Mode, Prune},
};

/// Everything a plan depends on.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// The directory, and what was observed in this pass.
    pub look: &'a Look<'a>,
    /// What this process remembers of earlier passes.
    pub memory: Memory<'a>,
    /// Limits on what may be done.
    pub limits: Limits<'a>,
    /// What is known about the organizations.
    pub organization: &'a Organization,
}

/// What this process remembers of earlier passes. All of it may be lost; then less is done.
#[derive(Clone, Copy)]
pub struct Memory<'a> {
    /// Addresses that failed recently.
    pub holdoffs: &'a BTreeMap<Address, Holdoff>,
    /// Why an address must not be created yet, although its resource was not seen.
    pub create_holdoffs: &'a BTreeMap<Address, Wait>,
    /// Addresses whose manifest has been gone for long enough to be pruned.
    pub given_up: &'a BTreeSet<Address>,
    /// Addresses that this process created and has not seen in sync yet: completing them is not a
    /// mass change.
    pub completing: &'a BTreeSet<Address>,
    /// The last known resource of each address: part of the client token of a create.
    pub predecessors: &'a BTreeMap<Address, PhysicalId>,
    /// What each address wanted when it was last in sync, and on which resource.
    pub known_wants: &'a BTreeMap<Address, KnownWant>,
    /// Manifests that existed when the process began and have not been seen to change since, with
    /// the fingerprint of what they wanted when they were first resolved (`None` before that).
    pub inherited: &'a BTreeMap<Address, Option<String>>,
    /// What this process did before.
    pub past: &'a Past,
}

/// Limits on what may be done: the settings, approvals, and pauses.
#[derive(Clone, Copy)]
pub struct Limits<'a> {
    /// Whether the process may write.
    pub mode: Mode,
    /// What happens to orphans.
    pub prune: Prune,
    /// The gate's limits.
    pub gate: &'a GateLimits,
    /// Where identity may be written, and what palisade itself stands on.
    pub fence: &'a Fence,
    /// The roles that must keep access.
    pub lockout: &'a Lockout,
    /// Approved digests that are valid now.
    pub approved: &'a BTreeSet<String>,
    /// The steps that may be carried out at most, where a person decides: those that were shown, or
    /// single held steps.
    pub only: Option<&'a Only>,
    /// The manifests that the command is about, if it is not about all of them.
    pub focus: Option<&'a Focus>,
    /// What must not be written now: the brake, and pauses.
    pub halt: &'a Halt,
    /// The sets with waves, and where a change has not come to.
    pub waves: &'a Waves,
}

/// The roles that palisade assumes to reach its scopes, and who assumes them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assuming {
    /// The roles.
    pub roles: BTreeSet<RoleToAssume>,
    /// The ARN of the ambient identity; `None` while it is unknown. Read only if a verdict depends
    /// on it.
    pub by: Option<String>,
}

/// A role that is assumed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleToAssume {
    /// Its ARN.
    pub arn: String,
    /// The external id that is sent.
    pub external_id: Option<String>,
    /// The Region in which STS is asked.
    pub region: String,
}

/// What is known about the organization of each scope's account, whether a manifest names it or
/// not. Read only if a verdict depends on it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Organization {
    /// The id of the organization, as far as this process has learnt it or the settings say it.
    pub ids: BTreeMap<String, String>,
    /// The management account, if it is known: no service control policy concerns it.
    pub managers: BTreeMap<String, String>,
    /// Its accounts and their places in the tree. Read only in passes that are about to change one
    /// of its policies; absent in all others.
    pub trees: BTreeMap<String, Seen<OrganizationTree>>,
    /// The targets to which AWS's FullAWSAccess was seen attached, by scope. Read only if a verdict
    /// depends on it.
    pub full_access: BTreeMap<String, BTreeSet<String>>,
    /// What moves with the accounts that are to move, by the address of the manifest.
    pub moves: BTreeMap<Address, Seen<Moving>>,
}
