//! The seam between the loop and the kinds.
//!
//! A kind is two halves. The pure half ([`Kind`]) turns a spec into the canonical state, compares
//! two states and says what a change does. The other half ([`Port`]) does the I/O, and is the only
//! place of a kind that knows the AWS SDK. [`erased`] turns both into plain data (JSON), so that a
//! plan can be printed, digested and compared without knowing the kind.
//!
//! Creating, tagging and deleting belong to the loop; a kind produces only edits. An immutable
//! field that differs is an edit with [`Risk::IMPOSSIBLE`]: shown, held, never a replacement.

pub mod audit;
pub(crate) mod blocks;
mod doctor;
pub mod erased;
mod error;
mod guarded;
pub mod identity;
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
mod written;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

pub use self::{
    audit::{
        Audit, Audited, LiveBreach, LiveFinding, LiveRule, Look, Looked, Seen, Unaudited, Unjudged,
        UnjudgedReason,
    },
    doctor::{Doctor, Opinion, Rehearse, Rehearsed, Stage},
    error::{Class, CloudError, Invalid, Meaning},
    guarded::{Guarded, Reach},
    identity::Identity,
    known::{Known, KnownResource, LookupItem, LookupKind, ScopeFacts, zones_of},
    lines::{Line, Sign, policy_lines, state_lines},
    population::{Population, Unread, tolerate},
    refs::{
        Called, Candidates, Refs, Resolution, has_placeholder, is_placeholder,
        stands_for_something_later,
    },
    target::{Accepts, Form, ID_HELP, Lookup, TagSpec, Target, Targets, id_form, is_literal_id},
    typed::typed,
    unresolved::{LeftOut, Missing, Unresolved},
    written::{InBlocks, Naming, Omitted, Written, document as written_document},
};
use crate::{
    aws::Access,
    baseline::Baseline,
    model::{Observed, PhysicalId, Risk, Tags},
    operations::OfKind,
};

/// What the loop must know about a kind in addition to its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// The name in manifests, e.g. `SecurityGroup`.
    pub name: &'static str,
    /// The short name people type, e.g. `sg`.
    pub short: &'static str,
    /// One sentence for `explain`.
    pub about: &'static str,
    /// What makes a live resource belong to a manifest.
    pub claimed: Claimed,
    /// How a repeated create is distinguished from a second resource.
    pub creation: Creation,
    /// How a live resource may come to be deleted.
    pub removal: Removal,
    /// How many changes may be in progress at once in one account.
    pub writers: Writers,
    /// Whether orphans are also searched for in scopes where no manifest declares this kind. Not
    /// for a kind that only one account of the organization may read.
    pub sweep: bool,
    /// Whether it exists once an account or an organization, and not once a Region: of the scopes
    /// of a set, it is declared in those of the home Region only.
    pub global: bool,
}

/// What makes a live resource belong to a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// The claim in its own tags.
    ByTags,
    /// It cannot be tagged, so a manifest adopts it by its id. It is neither created nor deleted,
    /// and belongs to nobody once the manifest is gone.
    ByAdoption,
    /// It cannot be tagged, and the manifest says its id: a manifest adopts that id. While there is
    /// no such resource it is created; it is deleted by a tombstone, and belongs to nobody once the
    /// manifest is gone.
    ByName,
    /// It is a part of a resource of this kind, has its id, and belongs to the manifest that refers
    /// to it. Whoever owns the whole owns the part.
    ByParent(&'static str),
    /// The same, with this text before the id.
    ByParentWith {
        /// The kind of the whole.
        parent: &'static str,
        /// What stands before the id of the whole in that of the part.
        before: &'static str,
    },
    /// Nothing does: people have not reviewed what its changes risk. A manifest names one by its id
    /// and shows what differs; nothing is ever written.
    OnlyObserved,
}

impl Claimed {
    /// Whether its resources carry the claim themselves.
    pub fn is_in_tags(self) -> bool {
        self == Self::ByTags
    }

    /// The kind of the resource that it is a part of.
    pub fn parent(self) -> Option<&'static str> {
        match self {
            Self::ByParent(parent) | Self::ByParentWith { parent, .. } => Some(parent),
            _ => None,
        }
    }

    /// The id of the part of a resource with this id.
    pub fn part_of(self, whole: &PhysicalId) -> PhysicalId {
        match self {
            Self::ByParentWith { before, .. } => PhysicalId(format!("{before}{whole}")),
            _ => whole.clone(),
        }
    }
}

/// How a repeated create is distinguished from a second resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Creation {
    /// The create call takes a client token.
    Token,
    /// AWS refuses a second resource of the same name.
    UniqueName,
    /// Neither: a create is sent only after two complete observations, one settle window apart,
    /// agree that the resource is absent. This also applies after every process start.
    Unnamed,
}

/// How a live resource may come to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// By a tombstone, or by pruning where the claim and the settings allow it.
    Prunable,
    /// Only by a tombstone (`lifecycle.state: absent`).
    TombstoneOnly,
    /// Never: deleting it would destroy more than it, or what nobody can bring back. No manifest
    /// can ask for it, and the call is not made.
    Never,
}

/// How many changes may be in progress at once in one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writers {
    /// Different resources may be changed at the same time.
    Many,
    /// AWS serializes writes; a second one in flight fails.
    One,
}

/// Every change describes itself without I/O: plan, gate, log and metrics read this. Its `Display`
/// is one line, in the imperative, without policy bodies.
pub trait Describe: fmt::Display {
    /// Names the leaf or entry that is written: the same in every pass in which the same has to be
    /// written again, and unique among the edits of one difference.
    fn key(&self) -> String;

    /// The entries that are written, if they are several; otherwise [`Self::key`] names what is
    /// written.
    fn entries(&self) -> Vec<String> {
        Vec::new()
    }

    /// What it does to protection and to users.
    fn risk(&self) -> Risk;

    /// Whether it replaces a policy document as a whole: restoring such a document to a known want
    /// is not held, whatever the comparison of the two says.
    fn replaces_policy(&self) -> bool {
        false
    }

    /// Whether it may be made only after the edits before it have been made: they preserve what it
    /// removes.
    fn follows(&self) -> bool {
        false
    }

    /// The keys of edits before it that must have been made: it replaces something by what they
    /// make. Putting back does not wait for them.
    fn needs(&self) -> Vec<String> {
        Vec::new()
    }

    /// The fields under the line in a plan; empty if the line says everything.
    fn lines(&self) -> Vec<Line> {
        Vec::new()
    }

    /// Whether [`Port::obstacles`] must be called before this change is made (e.g. running apps).
    fn inspect(&self) -> bool {
        false
    }
}

/// What is wrong with states taken together, by the name of the manifest.
pub type Together<S> = fn(&BTreeMap<String, S>) -> Vec<(String, Invalid)>;

/// The pure half of a kind. No `await`, no clock, no SDK.
pub trait Kind: Send + Sync + 'static {
    /// What the loop must know about it.
    const PROFILE: Profile;
    /// Members of [`Self::State`] that exist for comparisons, not for people: left out of plans.
    const HIDDEN: &'static [&'static str] = &[];
    /// Members of [`Self::State`] that hold what AWS answered instead of what the manifest asks
    /// for.
    const FACTS: &'static [&'static str] = &[];
    /// Whether a change of a resource can have an effect in other accounts of the organization.
    /// [`Self::concerns`] then says where.
    const CONCERNS_ORGANIZATION: bool = false;
    /// The operations that may be called for it, and what its resources are called in policies.
    const OPERATIONS: OfKind = OfKind::NONE;
    /// What error codes of its service mean, if they differ from what they mean elsewhere.
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

    /// The wanted state, with references and lookups filled in; reports every problem, not only the
    /// first.
    ///
    /// # Errors
    /// All values that are invalid, whatever AWS says.
    fn resolve(spec: Self::Spec, refs: &mut Refs<'_>) -> Result<Self::State, Vec<Invalid>>;

    /// The edits that turn `have` into `want`, in a safe order: no state in between allows what
    /// neither of the two allows, and what both allow stays allowed.
    fn diff(want: &Self::State, have: &Self::State) -> Vec<Self::Change>;

    /// Edits that achieve the same by other calls, for an edit that AWS refused or accepted without
    /// effect; empty if there are none.
    fn otherwise(_change: &Self::Change) -> Vec<Self::Change> {
        Vec::new()
    }

    /// Whether an edit goes into the same call as the one before it in [`Self::diff`]'s order.
    fn joins(_earlier: &Self::Change, _later: &Self::Change) -> bool {
        false
    }

    /// The risk of creating a resource in this state: what it does to access and to users.
    fn risk_of_creating(want: &Self::State) -> Risk;

    /// The state after a change. Folding `diff(want, have)` over `have` leaves nothing to do.
    fn effect(have: Self::State, change: &Self::Change) -> Self::State;

    /// What a manifest says about a live state. Nothing by default, for kinds that are not
    /// imported.
    fn written(_have: &Self::State, _by: &dyn Naming) -> Written {
        Written::default()
    }

    /// What a live resource is called in AWS, if it has a name.
    fn called(_have: &Self::State) -> Option<String> {
        None
    }

    /// Names that AWS (or people) treat as unique: two manifests that share one are an error, and a
    /// live resource that has one but not our claim is a conflict. Empty if there are none.
    fn natural_keys(state: &Self::State) -> Vec<String>;

    /// Judges the manifests of one scope taken together: limits that no single manifest exceeds.
    const TOGETHER: Option<Together<Self::State>> = None;

    /// Whether a live resource counts as deleted already (a key that is pending deletion).
    fn is_gone(_have: &Self::State) -> bool {
        false
    }

    /// What the manifest manages and could not be read, of a live state that could otherwise be
    /// read, each with the error message. None of it is in [`Self::diff`].
    fn unread(_want: &Self::State, _have: &Self::State) -> Vec<(String, String)> {
        Vec::new()
    }

    /// What people should know of a live state and no change changes, a sentence each.
    fn notes(_have: &Self::State) -> Vec<String> {
        Vec::new()
    }

    /// The documents in a state that decide who may do what. Before a step is allowed, the gate
    /// uses them to check that palisade and the break-glass roles keep what they need.
    fn guards(_state: &Self::State) -> Vec<Guarded> {
        Vec::new()
    }

    /// The targets in the organization (ids of its root, of units, of accounts) below which a
    /// change has an effect; empty for a change that alters nobody's access, and for kinds whose
    /// resources affect their own account only. `completing` says that this process created the
    /// resource and has not seen it complete: what is still missing then belongs to the create.
    fn concerns(
        _have: &Self::State,
        _intent: &Intent<'_, Self::Change>,
        _completing: bool,
    ) -> BTreeSet<String> {
        BTreeSet::new()
    }
}

/// What an observation looks for, in addition to everything that is claimed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ask {
    /// The installation's name: the value of the owner tag on our resources.
    pub owner: String,
    /// The `metadata.name`s of the manifests of this kind and scope, tombstones included.
    pub names: BTreeSet<String>,
    /// Whether everything is read completely, whoever owns it: for an import.
    pub everything: bool,
    /// [`Kind::natural_keys`] of everything wanted.
    pub natural_keys: BTreeSet<String>,
    /// The same of each manifest, by its name.
    pub keys_of: BTreeMap<String, BTreeSet<String>>,
    /// The fields that each manifest's spec names, at the top level, by the manifest's name: some
    /// things are read only where a manifest names them.
    pub named: BTreeMap<String, BTreeSet<String>>,
    /// Ids that manifests adopt.
    pub adopt: BTreeSet<PhysicalId>,
    /// Ids that this process saw, or created, as the resources of these manifests. They are
    /// reported even without a claim, because a resource whose claim was removed is not absent; and
    /// one that a listing omits is read by its id, because a listing may be older than the
    /// resource.
    pub remembered: BTreeSet<PhysicalId>,
    /// Read these and nothing else, if the kind has reads for single resources: they are known, and
    /// an event named them. `None` asks for the whole kind.
    pub only: Option<BTreeSet<PhysicalId>>,
}

impl Ask {
    /// Adds the natural keys that a manifest wants.
    pub fn want(&mut self, name: String, keys: impl IntoIterator<Item = String>) {
        let own = self.keys_of.entry(name).or_default();
        for key in keys {
            own.insert(key.clone());
            self.natural_keys.insert(key);
        }
    }

    /// Whether any of the manifests names this field.
    pub fn names_field(&self, field: &str) -> bool {
        self.named.values().any(|fields| fields.contains(field))
    }
}

/// What is about to be done, for [`Port::obstacles`] and [`Kind::concerns`].
#[derive(Debug)]
pub enum Intent<'a, C> {
    /// This change, whose [`Describe::inspect`] is true.
    Change(&'a C),
    /// Its deletion.
    Delete,
}

/// The I/O half of a kind in one scope. Lives in `kinds/*/aws.rs`.
///
/// Nothing here waits for AWS to finish anything: the next pass sees what is in progress.
pub trait Port<K: Kind>: Send + Sync + Sized + 'static {
    /// The port for one scope.
    fn connect(access: &Access) -> Self;

    /// Everything of this kind in the scope that is ours, adopted, or shares a natural key with
    /// what is wanted; in as few calls as possible. A list that cannot be read to its end is an
    /// error; a single resource that cannot be read is reported as [`Unread`].
    fn observe(
        &self,
        ask: &Ask,
    ) -> impl Future<Output = Result<Population<K::State>, CloudError>> + Send;

    /// Sends the one create call, with the claim and tags in it, and with SDK retries off unless it
    /// has a client token. What one call cannot set is left to the next pass's diff.
    fn create(
        &self,
        want: &K::State,
        tags: &Tags,
        token: &str,
    ) -> impl Future<Output = Result<PhysicalId, CloudError>> + Send;

    /// Makes one call for these changes: a single one, or several of which each
    /// [joins](Kind::joins) the one before it.
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
    /// defaults are the most careful values. A resource that is already gone is a success.
    fn delete(
        &self,
        have: &Observed<K::State>,
        want: Option<&K::State>,
    ) -> impl Future<Output = Result<(), CloudError>> + Send;

    /// Reads what prevents a change or deletion, described by name; empty if nothing does.
    fn obstacles(
        &self,
        have: &Observed<K::State>,
        intent: Intent<'_, K::Change>,
    ) -> impl Future<Output = Result<Vec<String>, CloudError>> + Send;
}

/// A boxed future of the erased seam.
pub type Erased<'a, T> = BoxFuture<'a, T>;
