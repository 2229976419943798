//! The types of Cloud Control over the AWS SDK.
//!
//! What is read in a pass, for all types of a scope together: the requests under way and the tag
//! index, once each. Then each resource that the index or the memory of an earlier pass names is
//! read whole, and so is each identifier that a manifest says. The index is no proof of absence: if
//! a manifest has no resource, the type is listed too where AWS invents its identifiers. The calls
//! share one rate budget (`aws::budget`).

mod read;
mod requests;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::{Value, json};

use self::{
    read::{is_complete, with_tags},
    requests::{Entry, Sent, VISIBLE_WITHIN, pending_id},
};
use super::{
    patch::patch,
    table::without_nulls,
    types::{self, Type},
};
use crate::{
    aws::{
        Access,
        resource_control::{CloudControl, INDEX, LIST, Operation, Progress, Request, Used},
    },
    kind::{
        Ask, Claimed, Class, CloudError, ScopeFacts, Unread,
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
    cloud_control: CloudControl,
    facts: ScopeFacts,
    requests: Used,
    tagged: Used,
    owner: OnceLock<String>,
    /// Whether the observation that is under way reads everything.
    everything: AtomicBool,
    sent: Sent,
    /// The resources of ours that ours of this type may be parts of.
    parents: Mutex<BTreeSet<PhysicalId>>,
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

    /// Follows what this process has sent: a finished request is forgotten, the failure of one is
    /// kept for the next call, and what is being created is unknown.
    async fn follow(&self, under_way: &[Request]) -> Result<Vec<Unread>, CloudError> {
        let mut unread = Vec::new();
        for (key, entry) in self.sent.all() {
            let progress = if under_way.iter().any(|request| request.token == entry.request) {
                Progress::UnderWay
            } else if let Some(why) = &entry.failure {
                Progress::Failed(why.clone())
            } else {
                let found = self.cloud_control.status(&entry.request).await?;
                if self.is_to_appear(&key, &entry, found.as_ref()).await? {
                    unread.push(coming(
                        &entry,
                        busy("AWS has created it, and it cannot be read yet"),
                    ));
                    continue;
                }
                // After seven days AWS has forgotten it.
                found.map_or(Progress::Done, |request| request.progress)
            };
            match progress {
                Progress::Done => self.sent.forget(&key),
                Progress::UnderWay if entry.operation == Operation::Create => {
                    unread.push(coming(&entry, busy("AWS is creating it")));
                }
                Progress::UnderWay => {
                    // AWS says of a pending request neither what it is about nor anything else.
                    let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
                    busy.extend(entry.id.map(|id| (id, entry.operation)));
                }
                Progress::Failed(why) => {
                    // The next pass reports it, unless the resource exists all the same.
                    if entry.operation == Operation::Create && entry.failure.is_none() {
                        let shown = busy(&format!("its creation failed: {why}"));
                        unread.push(coming(&entry, shown));
                    }
                    self.sent.failed(&key, why);
                }
            }
        }
        Ok(unread)
    }

    /// Whether a resource that AWS says it has created is not found yet: reads may be older.
    async fn is_to_appear(
        &self,
        key: &str,
        entry: &Entry,
        found: Option<&Request>,
    ) -> Result<bool, CloudError> {
        let Some(Request { progress: Progress::Done, id, .. }) = found else { return Ok(false) };
        let id = id.as_ref().or(entry.id.as_ref());
        let (Operation::Create, Some(id)) = (entry.operation, id) else { return Ok(false) };
        Ok(self.is_gone(id).await? && self.sent.finished(key) < VISIBLE_WITHIN)
    }

    /// A create that this life of the process has not sent, and that may be of any manifest.
    fn is_unknown_create(&self, of: &Type, ask: &Ask, request: &Request) -> bool {
        let is_create = request.operation == Some(Operation::Create);
        let is_own = self.sent.all().iter().any(|(_, entry)| entry.request == request.token);
        let may_be_wanted = match request.id.as_deref().filter(|_| !of.overlay.invented) {
            Some(id) => {
                ask.natural_keys.contains(id) || ask.adopt.contains(&PhysicalId(id.to_owned()))
            }
            None => true,
        };
        is_create && !is_own && may_be_wanted
    }

    /// The identifier and the ARN that a resource's tags are written by.
    fn arn_of(&self, id: &str) -> Option<String> {
        self.arn_as(self.of?, id)
    }

    fn arn_as(&self, of: &Type, id: &str) -> Option<String> {
        let template = of.overlay.arn;
        let ScopeFacts { partition, region, account, .. } = &self.facts;
        let filled = template
            .replace("{partition}", partition)
            .replace("{region}", region)
            .replace("{account}", account)
            .replace("{id}", id);
        (!template.is_empty()).then_some(filled)
    }

    /// A part of another resource has its identifier: those of ours that a manifest may mean are in
    /// the tag index, and a new one is not yet.
    async fn find_parents(&self, of: &Type, ask: &Ask) -> Result<(), CloudError> {
        let Claimed::ByParent(parent) = of.overlay.claimed else { return Ok(()) };
        let mut found = BTreeSet::new();
        if let Some(parent) = types::get(parent).filter(|_| !ask.names.is_empty()) {
            let all = self.cloud_control.tagged(&self.tagged, &ask.owner).await?;
            let ids = all.iter().filter_map(|tagged| self.id_in(parent, &tagged.arn));
            found.extend(ids.map(PhysicalId));
        }
        *self.parents.lock().unwrap_or_else(PoisonError::into_inner) = found;
        Ok(())
    }

    /// Whether nothing is left of a resource.
    async fn is_gone(&self, id: &str) -> Result<bool, CloudError> {
        Ok(self.cloud_control.get(self.name(), id).await?.is_none())
    }
}

/// A resource that comes into being.
fn coming(entry: &Entry, why: CloudError) -> Unread {
    let id = entry.id.clone().map_or_else(|| pending_id(&entry.request), PhysicalId);
    let tags = (!entry.tags.is_empty()).then(|| entry.tags.clone());
    Unread { id, arn: None, tags, why }
}

fn busy(why: &str) -> CloudError {
    CloudError::new("cloudcontrol:CreateResource", Class::Busy, why)
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
            cloud_control: access.cloud_control.clone(),
            facts: access.facts.clone(),
            requests: Used::default(),
            tagged: Used::default(),
            owner: OnceLock::new(),
            everything: AtomicBool::new(false),
            sent: Sent::default(),
            parents: Mutex::default(),
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
        if self.of.is_some_and(|of| !of.overlay.invented) {
            // What refers to a resource that does not exist yet has no identifier yet.
            let known = ask.natural_keys.iter().filter(|key| !has_placeholder(key));
            ids.extend(known.cloned().map(PhysicalId));
        }
        let parents = self.parents.lock().unwrap_or_else(PoisonError::into_inner);
        ids.extend(parents.iter().cloned());
        ids
    }

    async fn page(&self, list: usize, token: Option<String>) -> Result<Page, CloudError> {
        let of = self.of()?;
        match list {
            0 if of.overlay.tags.is_some() => self.indexed().await,
            1 if of.overlay.invented || self.lists_all() => {
                let (ids, next) = self.cloud_control.list(of.overlay.name, token).await?;
                let found = ids.into_iter().map(|id| Found::of(PhysicalId(id))).collect();
                Ok(Page { found, next, ..Page::default() })
            }
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
        let live = self.described(found.id.as_str()).await?;
        if let Some(live) = &live {
            is_complete(live, tags)?;
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
        let id = of.identifier(wanted);
        let key = tags.get(ADDRESS_TAG).or(id.as_ref()).cloned().unwrap_or_default();
        let entry = |request: &Request| Entry {
            operation: Operation::Create,
            request: request.token.clone(),
            id: id.clone(),
            tags: tags.clone(),
            failure: None,
            finished: None,
        };
        let wanted = with_tags(of, without_nulls(wanted), tags);
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
        self.cloud_control.tag(&have.arn, set).await
    }

    async fn untag(&self, have: &Observed<Value>, keys: &[String]) -> Result<(), CloudError> {
        self.cloud_control.untag(&have.arn, keys).await
    }

    /// Whether it is deleted is for the reads to say: handlers report a finished deletion as a
    /// failure.
    async fn delete(&self, have: &Observed<Value>, _: Option<&Tree>) -> Result<(), CloudError> {
        let of = self.of()?;
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
