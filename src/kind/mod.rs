//! The seam between the loop and the kinds.
//!
//! A kind is two halves. The pure half ([`Kind`]) turns a spec into the canonical state, compares
//! two states and says what a change does. The other half ([`Port`]) does the I/O, and is the only
//! place of a kind that knows the AWS SDK. [`erased`] turns both into plain data (JSON), so that a
//! plan can be printed, digested and compared without knowing the kind.
//!
//! Creating, tagging and deleting belong to the loop; a kind invents only edits. An immutable field
//! that differs is an edit with [`Risk::IMPOSSIBLE`]: shown, held, never a replacement.

mod doctor;
pub mod erased;
mod error;
mod guarded;
mod known;
mod lines;
pub mod placeholder;
pub(crate) mod policies;
mod population;
mod refs;
mod registry;
pub mod table;
mod target;
mod typed;
mod unresolved;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

pub use self::{
    doctor::{Doctor, Opinion, Rehearse, Rehearsed, Stage},
    error::{Class, CloudError, Invalid, Meaning},
    guarded::{Guarded, Reach},
    known::{Known, KnownResource, LookupItem, LookupKind, ScopeFacts},
    lines::{Line, Sign, policy_lines, state_lines},
    population::{Population, Unread, tolerate},
    refs::{Candidates, Refs, Resolution, has_placeholder, is_placeholder},
    target::{Accepts, Form, Lookup, TagSpec, Target, Targets, id_form},
    typed::typed,
    unresolved::{Missing, Unresolved},
};
use crate::{
    aws::Access,
    baseline::Baseline,
    model::{Observed, PhysicalId, Risk, Tags},
    operations::OfKind,
};

/// What the loop must know of a kind besides its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// The name in manifests, e.g. `SecurityGroup`.
    pub name: &'static str,
    /// The short name people type, e.g. `sg`.
    pub short: &'static str,
    /// One sentence for `explain`.
    pub about: &'static str,
    /// What makes a live resource a manifest's.
    pub claimed: Claimed,
    /// How a repeated create can be told from a second resource.
    pub creation: Creation,
    /// How a live resource may come to be deleted.
    pub removal: Removal,
    /// How many changes may be under way at once in one account.
    pub writers: Writers,
    /// Whether orphans are also looked for in scopes where no manifest declares this kind. Not for
    /// a kind that only one account of the organisation may read.
    pub sweep: bool,
}

/// What makes a live resource a manifest's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// The claim in its own tags.
    ByTags,
    /// It cannot be tagged: only that a manifest adopts it by its id. It is neither created nor
    /// deleted, and no longer anybody's once the manifest is gone.
    ByAdoption,
}

/// How a repeated create can be told from a second resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Creation {
    /// The create call takes a client token.
    Token,
    /// AWS refuses a second resource of the same name.
    UniqueName,
    /// Neither: a create is sent only after two complete observations, one settle window apart,
    /// agree that the resource is absent, after every process start too.
    Unnamed,
}

/// How a live resource may come to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// By a tombstone, or by pruning where the claim and the settings allow it.
    Prunable,
    /// Only ever by a tombstone (`lifecycle.state: absent`).
    TombstoneOnly,
}

/// How many changes may be under way at once in one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writers {
    /// Different resources may be changed at the same time.
    Many,
    /// AWS serialises writes; a second one in flight fails.
    One,
}

/// Every change can say what it is without I/O: plan, gate, log and metrics read this. Its
/// `Display` is one line, in the imperative, without policy bodies.
pub trait Describe: fmt::Display {
    /// Names the leaf or entry that is written, the same in every pass in which the same thing has
    /// to be written again, and unique among the edits of one difference.
    fn key(&self) -> String;

    /// The entries that are written, where it is not one thing that [`Self::key`] names.
    fn entries(&self) -> Vec<String> {
        Vec::new()
    }

    /// What it does to protection and to users.
    fn risk(&self) -> Risk;

    /// Whether it replaces a policy document as a whole: putting such a document back to a known
    /// want goes whatever the comparison of the two says.
    fn replaces_policy(&self) -> bool {
        false
    }

    /// Whether it may only be made once the edits before it have been: they keep up what it takes
    /// away.
    fn follows(&self) -> bool {
        false
    }

    /// The fields under the line in a plan; empty if the line says it all.
    fn lines(&self) -> Vec<Line> {
        Vec::new()
    }

    /// Whether [`Port::obstacles`] must be asked before this change is made (e.g. running apps).
    fn inspect(&self) -> bool {
        false
    }
}

/// The pure half of a kind. No `await`, no clock, no SDK.
pub trait Kind: Send + Sync + 'static {
    /// What the loop must know.
    const PROFILE: Profile;
    /// Members of [`Self::State`] that are there for comparing, not for people: left out of plans.
    const HIDDEN: &'static [&'static str] = &[];
    /// Members of [`Self::State`] that say in a want what AWS answered, and nothing that the
    /// manifest wishes.
    const FACTS: &'static [&'static str] = &[];
    /// Whether a change of a resource can have effect in other accounts of the organisation: then
    /// [`Self::concerns`] says where.
    const CONCERNS_ORGANIZATION: bool = false;
    /// What may be called for it, and what its resources are called in policies.
    const OPERATIONS: OfKind = OfKind::NONE;
    /// What error codes of its service mean where they differ from what they mean elsewhere.
    const ERRORS: &'static [Meaning] = &[];
    /// What `palisade doctor` asks of it.
    const DOCTOR: Doctor = Doctor::NONE;
    /// The secure baseline of its manifests.
    const BASELINE: Baseline = Baseline::NONE;
    /// The manifest's `spec`, as written (camelCase, `deny_unknown_fields`, documented fields).
    type Spec: DeserializeOwned + JsonSchema;
    /// The canonical state. In *want*, an absent leaf (`None`) is not managed; *have* is complete.
    type State: Serialize + DeserializeOwned + Clone + PartialEq + fmt::Debug + Send + Sync;
    /// One edit of a live resource: the smallest part that can be made without the others.
    type Change: Serialize + DeserializeOwned + Describe + fmt::Debug + Send + Sync;

    /// The tags that the spec asks for (the claim is added by the loop).
    fn tags(spec: &Self::Spec) -> TagSpec;

    /// The wanted state, with references and lookups filled in; every problem, not only the first.
    ///
    /// # Errors
    /// All values that cannot be right, whatever AWS says.
    fn resolve(spec: Self::Spec, refs: &mut Refs<'_>) -> Result<Self::State, Vec<Invalid>>;

    /// The edits that bring `have` to `want`, in the order in which they are safe: what no state in
    /// between allows is outside of both, and what both allow stays allowed.
    fn diff(want: &Self::State, have: &Self::State) -> Vec<Self::Change>;

    /// Edits that do the same by other calls, for one that AWS refused or accepted without effect;
    /// empty if there are none.
    fn otherwise(_change: &Self::Change) -> Vec<Self::Change> {
        Vec::new()
    }

    /// Whether an edit goes into the same call as the one before it in [`Self::diff`]'s order.
    fn joins(_earlier: &Self::Change, _later: &Self::Change) -> bool {
        false
    }

    /// What creating a resource in this state does to access and to users, from nothing to all of
    /// it.
    fn risk_of_creating(want: &Self::State) -> Risk;

    /// The state after a change. Folding `diff(want, have)` over `have` leaves nothing to do.
    fn effect(have: Self::State, change: &Self::Change) -> Self::State;

    /// Names that AWS (or people) take for unique: two manifests that share one are an error, a
    /// live resource that has one but not our claim is a conflict. Empty if there is none.
    fn natural_keys(state: &Self::State) -> Vec<String>;

    /// What is wrong with the manifests of one scope taken together, by the name of the manifest:
    /// limits that no manifest breaks alone.
    fn together(_wanted: &BTreeMap<String, Self::State>) -> Vec<(String, Invalid)> {
        Vec::new()
    }

    /// Whether a live resource counts as deleted already (a key that is pending deletion).
    fn is_gone(_have: &Self::State) -> bool {
        false
    }

    /// The documents in a state that decide who may do what: before a step is let through, the gate
    /// asks them whether palisade and the break-glass roles keep what they need.
    fn guards(_state: &Self::State) -> Vec<Guarded> {
        Vec::new()
    }

    /// The places of the organisation (ids of its root, of units, of accounts) below which a change
    /// has effect; none for a change that alters nobody's access, and for kinds whose resources
    /// concern their own account only. `completing` says that this process created the resource and
    /// has not seen it complete: what is still missing of it then belongs to the create.
    fn concerns(
        _have: &Self::State,
        _intent: &Intent<'_, Self::Change>,
        _completing: bool,
    ) -> BTreeSet<String> {
        BTreeSet::new()
    }
}

/// What an observation is asked to look for, beyond reading everything that is claimed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ask {
    /// The installation's name: the value of the owner tag on what is ours.
    pub owner: String,
    /// The `metadata.name`s of the manifests of this kind and scope, tombstones included.
    pub names: BTreeSet<String>,
    /// [`Kind::natural_keys`] of everything wanted.
    pub natural_keys: BTreeSet<String>,
    /// Ids that manifests adopt.
    pub adopt: BTreeSet<PhysicalId>,
    /// Ids that this process saw, or made, as the resources of these manifests. They are told even
    /// without a claim, for a resource whose claim was taken off is not absent; and one that a
    /// listing misses is asked for by its id, for a listing may be older than what it lists.
    pub remembered: BTreeSet<PhysicalId>,
}

/// What is about to be done, for [`Port::obstacles`] and [`Kind::concerns`].
#[derive(Debug)]
pub enum Intent<'a, C> {
    /// This change, whose [`Describe::inspect`] is true.
    Change(&'a C),
    /// Deletion.
    Delete,
}

/// The I/O half of a kind in one scope. Lives in `kinds/*/aws.rs`.
///
/// Nothing here waits for AWS to finish anything: what is under way is seen by the next pass.
pub trait Port<K: Kind>: Send + Sync + Sized + 'static {
    /// The port for one scope.
    fn connect(access: &Access) -> Self;

    /// Everything of this kind in the scope that is ours, adopted, or shares a natural key with
    /// what is wanted; in as few calls as possible. A list that cannot be read to its end is an
    /// error; a single resource that cannot be read is told as [`Unread`].
    fn observe(
        &self,
        ask: &Ask,
    ) -> impl Future<Output = Result<Population<K::State>, CloudError>> + Send;

    /// Sends the one create call, claim and tags in it, SDK retries off unless a client token goes
    /// with it. What one call cannot set is left to the next pass's diff.
    fn create(
        &self,
        want: &K::State,
        tags: &Tags,
        token: &str,
    ) -> impl Future<Output = Result<PhysicalId, CloudError>> + Send;

    /// Makes one call for these changes: one, or several of which each [joins](Kind::joins) the one
    /// before it.
    fn change(
        &self,
        have: &Observed<K::State>,
        changes: &[K::Change],
    ) -> impl Future<Output = Result<(), CloudError>> + Send;

    /// Sets tags, overwriting values of the same keys.
    fn tag(
        &self,
        have: &Observed<K::State>,
        set: &Tags,
    ) -> impl Future<Output = Result<(), CloudError>> + Send;

    /// Removes tags by key.
    fn untag(
        &self,
        have: &Observed<K::State>,
        keys: &[String],
    ) -> impl Future<Output = Result<(), CloudError>> + Send;

    /// Deletes. `want` is the tombstone's spec, if it has one (waiting periods, retention);
    /// defaults are the most careful values. A thing already gone is success.
    fn delete(
        &self,
        have: &Observed<K::State>,
        want: Option<&K::State>,
    ) -> impl Future<Output = Result<(), CloudError>> + Send;

    /// Reads what stands in the way of a change or deletion, in words that name it; empty if
    /// nothing.
    fn obstacles(
        &self,
        have: &Observed<K::State>,
        intent: Intent<'_, K::Change>,
    ) -> impl Future<Output = Result<Vec<String>, CloudError>> + Send;
}

/// A boxed future of the erased seam.
pub type Erased<'a, T> = BoxFuture<'a, T>;
