//! The types of Cloud Control over the AWS SDK.
//!
//! What is read when is in `schedule.rs`. The index is no proof of absence: if a manifest has no
//! resource, the type is listed too where AWS invents its identifiers. The calls share one rate
//! budget (`aws::budget`).

mod follow;
mod read;
pub(super) mod recorder;
mod requests;
mod roles;
mod schedule;
mod tags;
mod unreviewed;
mod within;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::{Value, json};

pub(super) use self::unreviewed::open as open_unreviewed;
use self::{
    follow::busy,
    read::{is_complete, with_tags},
    requests::{Entry, Sent, pending_id},
    roles::Roles,
    schedule::Kept,
};
use super::{
    iam_role,
    overlay::Reads,
    patch::patch,
    table::{UPDATE, without_nulls},
    types::{self, Type},
};
use crate::{
    aws::{
        Access,
        resource_control::{CloudControl, INDEX, LIST, Operation, Progress, Request, Used},
    },
    kind::{
        Ask, Class, CloudError, Removal, ScopeFacts, Unread,
        erased::ErasedPort,
        has_placeholder,
        table::{Found, LeafEdit, Live, PROPERTIES, Page, Service, Shape, Tree, get},
    },
    model::{Observed, PhysicalId, Tags, claim::ADDRESS_TAG},
};

/// The port of a type in one scope.
pub(super) fn open(access: &Access, shape: Shape) -> Box<dyn ErasedPort> {
    let service = Resources { of: types::get(shape.kind), ..Resources::connect(access) };
    Live::of(service, access, shape)
}

/// The resources of one type in one scope.
#[derive(Debug)]
struct Resources {
    /// None for a name that is no type: a defect.
    of: Option<&'static Type>,
    access: Access,
    cloud_control: CloudControl,
    roles: Roles,
    facts: ScopeFacts,
    requests: Used,
    tagged: Used,
    owner: OnceLock<String>,
    /// Whether the observation that is under way reads everything.
    everything: AtomicBool,
    sent: Sent,
    kept: Kept,
    /// The resources of ours that ours of this type may be parts of.
    parents: Mutex<BTreeSet<PhysicalId>>,
    /// The parents that manifests name, of a type whose lists are of one parent each.
    within: Mutex<BTreeSet<String>>,
    /// What AWS is doing with resources of the type, by identifier.
    busy: Mutex<BTreeMap<String, Operation>>,
}

/// How a request that was sent is continued in a plan.
fn word(operation: Operation) -> &'static str {
    match operation {
        Operation::Create => "being created",
        Operation::Update => "being changed",
        Operation::Delete => "being deleted",
    }
}

impl Resources {
    fn of(&self) -> Result<&'static Type, CloudError> {
        let none = || CloudError::new("palisade:Connect", Class::Rejected, "there is no such type");
        self.of.ok_or_else(none)
    }

    fn name(&self) -> &'static str {
        self.of.map_or("", |of| of.overlay.name)
    }

    fn lists_all(&self) -> bool {
        self.everything.load(Ordering::SeqCst)
    }

    fn busy_with(&self, id: &str) -> Option<Operation> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).get(id).copied()
    }

    /// The ARN that a resource's tags are written by, if it follows from the identifier.
    fn arn_of(&self, id: &str) -> Option<String> {
        self.of?.arn_of(id, &self.facts)
    }

    /// A part of another resource has its identifier, or one that follows from it: those of ours
    /// that a manifest may mean are in the tag index, and a new one is not yet.
    async fn find_parents(&self, of: &Type, ask: &Ask) -> Result<(), CloudError> {
        let Some(parent) = of.overlay.claimed.parent() else { return Ok(()) };
        let mut found = BTreeSet::new();
        if let Some(parent) = types::get(parent).filter(|_| !ask.names.is_empty()) {
            let all = self.cloud_control.tagged(&self.tagged, &ask.owner).await?;
            let ids = all.iter().filter_map(|tagged| parent.id_in(&tagged.arn, &self.facts));
            found.extend(ids.map(|id| of.overlay.claimed.part_of(&PhysicalId(id))));
        }
        *self.parents.lock().unwrap_or_else(PoisonError::into_inner) = found;
        Ok(())
    }

    /// Whether a resource that the plan knows from an earlier pass is still as it was.
    async fn is_as_planned(&self, have: &Observed<Value>) -> Result<(), CloudError> {
        if !self.kept.take_used(&have.id) {
            return Ok(());
        }
        let now = self.described(have.id.as_str()).await?;
        if now.is_some_and(|now| now.state == have.state && now.tags == have.tags) {
            return Ok(());
        }
        let why = "it has changed since it was read; the next pass plans from what it is now";
        Err(CloudError::new("cloudcontrol:GetResource", Class::Busy, why))
    }

    /// Whether nothing is left of a resource.
    async fn is_gone(&self, id: &str) -> Result<bool, CloudError> {
        Ok(self.cloud_control.get(self.name(), id).await?.is_none())
    }
}

/// The properties of a state.
fn properties(state: &Value) -> Tree {
    state.get(PROPERTIES).and_then(Value::as_object).cloned().unwrap_or_default()
}

impl Service for Resources {
    const LISTS: &'static [&'static str] = &[INDEX, LIST];

    fn connect(access: &Access) -> Self {
        Self {
            of: None,
            access: access.clone(),
            cloud_control: access.cloud_control.clone(),
            roles: Roles::connect(access),
            facts: access.facts.clone(),
            requests: Used::default(),
            tagged: Used::default(),
            owner: OnceLock::new(),
            everything: AtomicBool::new(false),
            sent: Sent::default(),
            kept: Kept::default(),
            parents: Mutex::default(),
            within: Mutex::default(),
            busy: Mutex::default(),
        }
    }

    async fn under_way(&self, ask: &Ask) -> Result<Vec<Unread>, CloudError> {
        let of = self.of()?;
        self.owner.get_or_init(|| ask.owner.clone());
        self.everything.store(ask.everything, Ordering::SeqCst);
        let all = self.cloud_control.under_way(&self.requests).await?;
        let own: Vec<Request> =
            all.iter().filter(|request| request.kind == of.overlay.name).cloned().collect();
        let busy_with = own.iter().filter_map(|it| Some((it.id.clone()?, it.operation?)));
        *self.busy.lock().unwrap_or_else(PoisonError::into_inner) = busy_with.collect();
        self.find_parents(of, ask).await?;
        self.note_parents(of, ask);
        let mut unread = self.follow(&own).await?;
        let others = own.iter().filter(|request| self.is_unknown_create(of, ask, request));
        unread.extend(others.map(|request| Unread {
            id: request.id.clone().map_or_else(|| pending_id(&request.token), PhysicalId),
            arn: None,
            tags: None,
            why: busy("AWS is creating one, and has not said whose it is"),
        }));
        Ok(unread)
    }

    fn looked_for(&self, ask: &Ask) -> BTreeSet<PhysicalId> {
        let mut ids = ask.remembered.clone();
        ids.extend(ask.adopt.iter().cloned());
        if let Some(of) = self.of.filter(|of| !of.overlay.invented) {
            // What refers to a resource that does not exist yet has no identifier yet.
            let known = ask.natural_keys.iter().filter(|key| !has_placeholder(key));
            ids.extend(known.filter_map(|key| of.id_of(key, &self.facts)).map(PhysicalId));
        }
        let parents = self.parents.lock().unwrap_or_else(PoisonError::into_inner);
        ids.extend(parents.iter().cloned());
        ids
    }

    async fn page(&self, list: usize, token: Option<String>) -> Result<Page, CloudError> {
        let of = self.of()?;
        match list {
            0 if of.overlay.name == iam_role::NAME => self.below_path().await,
            // The index says ARNs, and none of the type's can be recognized.
            0 if of.is_tagged_without_arn() => self.listed(of, token).await,
            0 if of.overlay.tags.is_some() => self.indexed().await,
            1 if of.overlay.within.is_some() => self.below_parents(of, token).await,
            1 if of.overlay.invented || self.lists_all() => self.listed(of, token).await,
            // The identifiers of the others are known.
            _ => Ok(Page::default()),
        }
    }

    async fn tags(&self, found: &Found) -> Result<Option<Tags>, CloudError> {
        Ok(self.described(found.id.as_str()).await?.map(|live| live.tags))
    }

    async fn find(&self, id: &PhysicalId) -> Result<Option<Found>, CloudError> {
        let Some(id) = self.known_id(id).await? else { return Ok(None) };
        Ok(self.described(&id).await?.map(|live| self.found(live)))
    }

    async fn read(
        &self,
        found: &Found,
        tags: &Tags,
    ) -> Result<Option<Observed<Value>>, CloudError> {
        let id = &found.id;
        let is_quiet = self.busy_with(id.as_str()).is_none() && self.sent.of(id.as_str()).is_none();
        // The tags are those of the index.
        let in_turn = self.of()?.overlay.reads == Reads::InTurn && found.tags.is_some() && is_quiet;
        if let Some(kept) = self.kept.get(id, tags).filter(|_| in_turn) {
            return Ok(Some(kept));
        }
        self.kept.forget(id);
        let live = self.described(id.as_str()).await?;
        if let Some(live) = &live {
            is_complete(live, tags)?;
            if in_turn {
                self.kept.keep(live, tags);
            }
        }
        Ok(live)
    }

    fn arn(&self, id: &PhysicalId) -> Option<String> {
        self.arn_of(id.as_str())
    }

    async fn create(
        &self,
        want: &Tree,
        tags: &Tags,
        token: &str,
    ) -> Result<PhysicalId, CloudError> {
        let of = self.of()?;
        let wanted = get(want, PROPERTIES);
        let said = of.natural_key(wanted).filter(|_| !of.overlay.invented);
        let id = said.and_then(|key| of.id_of(&key, &self.facts));
        let key = tags.get(ADDRESS_TAG).or(id.as_ref()).cloned().unwrap_or_default();
        let entry = |request: &Request| Entry {
            operation: Operation::Create,
            request: request.token.clone(),
            id: id.clone(),
            tags: tags.clone(),
            failure: None,
            finished: None,
        };
        let wanted = with_tags(of, of.properties.sent(&without_nulls(wanted)), tags);
        let call =
            async |token: String| self.cloud_control.create(of.overlay.name, &wanted, &token).await;
        // An old success may be that of a resource which has been deleted since.
        let stands = async |request: Request| match &request.id {
            Some(id) => Ok(!self.is_gone(id).await?),
            None => Ok(false),
        };
        let base = format!("create {} {token}", of.overlay.name);
        let request = self.sent.send(&key, &base, entry, call, stands).await?;
        // Of a request that is not finished the identifier is a promise.
        let made = request.id.filter(|_| request.progress == Progress::Done);
        Ok(id.or(made).map_or_else(|| pending_id(&request.token), PhysicalId))
    }

    async fn send(&self, have: &Observed<Value>, edits: &[LeafEdit]) -> Result<(), CloudError> {
        let of = self.of()?;
        self.is_as_planned(have).await?;
        if let (Some(supplement), [edit]) = (of.overlay.supplement, edits)
            && edit.operation.as_deref() != Some(UPDATE)
        {
            return (supplement.send)(&self.access, have.id.as_str(), edit).await;
        }
        let live = properties(&have.state);
        let patch = patch(&of.properties, &live, edits);
        if patch.is_empty() {
            return Ok(());
        }
        let id = have.id.as_str();
        let base = format!("update {} {id} {}", of.overlay.name, json!([live, patch]));
        let call = async |token: String| {
            self.cloud_control.update((of.overlay.name, id), &json!(patch), &token).await
        };
        let entry = |request: &Request| changing(Operation::Update, request, id);
        // What is finished has not had the effect that is wanted.
        self.sent.send(id, &base, entry, call, async |_| Ok(false)).await.map(drop)
    }

    async fn tag(&self, have: &Observed<Value>, set: &Tags) -> Result<(), CloudError> {
        self.is_as_planned(have).await?;
        if self.name() == iam_role::NAME {
            return self.roles.tag(have.id.as_str(), set).await;
        }
        self.may_be_tagged()?;
        if have.arn.is_empty() {
            return self.write_tags(have, |tags| tags.extend(set.clone())).await;
        }
        self.cloud_control.tag(&have.arn, set).await
    }

    async fn untag(&self, have: &Observed<Value>, keys: &[String]) -> Result<(), CloudError> {
        self.is_as_planned(have).await?;
        if self.name() == iam_role::NAME {
            return self.roles.untag(have.id.as_str(), keys).await;
        }
        self.may_be_tagged()?;
        if have.arn.is_empty() {
            return self.write_tags(have, |tags| tags.retain(|key, _| !keys.contains(key))).await;
        }
        self.cloud_control.untag(&have.arn, keys).await
    }

    /// Whether it is deleted is for the reads to say: handlers report a finished deletion as a
    /// failure.
    async fn delete(&self, have: &Observed<Value>, _: Option<&Tree>) -> Result<(), CloudError> {
        let of = self.of()?;
        if of.overlay.removal == Removal::Never {
            let why = format!("palisade never deletes a resource of {}", of.overlay.name);
            return Err(CloudError::new("palisade:Delete", Class::Rejected, why));
        }
        self.is_as_planned(have).await?;
        let id = have.id.as_str();
        let base = format!("delete {} {id} {}", of.overlay.name, have.state);
        let call =
            async |token: String| self.cloud_control.delete((of.overlay.name, id), &token).await;
        let entry = |request: &Request| changing(Operation::Delete, request, id);
        let sent = self.sent.send(id, &base, entry, call, async |_| self.is_gone(id).await).await;
        match sent {
            Err(error) if error.class == Class::Missing => Ok(()),
            sent => sent.map(drop),
        }
    }
}

fn changing(operation: Operation, request: &Request, id: &str) -> Entry {
    Entry {
        operation,
        request: request.token.clone(),
        id: Some(id.to_owned()),
        tags: Tags::new(),
        failure: None,
        finished: None,
    }
}
