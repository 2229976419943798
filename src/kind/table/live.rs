//! The I/O half of table kinds: what every kind must do in the same way, done once.
//!
//! Lists are read to their end, and a token that is repeated is an error: an incomplete list would
//! make existing resources look absent. A resource's own tags, read in this pass, say who owns it;
//! of other resources only as much is read as a conflict needs. A resource that was ours before is
//! read by its id if no list shows it. A resource that cannot be read is unknown, and the others
//! are not.

use std::collections::{BTreeMap, BTreeSet};

use futures::{FutureExt as _, future::join_all};
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::{Found, LeafEdit, REQUESTED, Service, Shape, Tree, texts};
use crate::{
    aws::{Access, lookup::Pages},
    kind::{
        Ask, Class, CloudError, Erased, Population, ScopeFacts, Unread,
        erased::{Edit, EditBody, ErasedPort},
        tolerate,
    },
    model::{Observed, Ownership, Phase, PhysicalId, Tags, claim::OWNER_TAG},
};

/// How many resources are read at the same time: enough that a hundred take less than a minute, and
/// far below what every service here allows.
const AT_ONCE: usize = 8;
/// The port of a table kind in one scope.
#[derive(Debug)]
pub struct Live<S> {
    service: S,
    facts: ScopeFacts,
    shape: Shape,
}

/// What has been looked at.
#[derive(Debug, Default)]
struct Looked {
    /// Everything listed whose tags are known, by id.
    known: BTreeMap<PhysicalId, (Found, Tags)>,
    /// Everything listed whose tags could not be read, and what AWS answered.
    unread: BTreeMap<PhysicalId, (Found, CloudError)>,
    /// What was seen not to be manageable.
    others: BTreeSet<PhysicalId>,
}

impl Looked {
    fn has(&self, id: &PhysicalId) -> bool {
        self.known.contains_key(id) || self.unread.contains_key(id) || self.others.contains(id)
    }

    fn note(&mut self, found: Found, tags: Result<Option<Tags>, CloudError>) {
        let id = found.id.clone();
        match tags {
            Ok(Some(tags)) => drop(self.known.insert(id, (found, tags))),
            Ok(None) => drop(self.others.insert(id)),
            Err(why) => drop(self.unread.insert(id, (found, why))),
        }
    }
}

#[cfg(test)]
impl<S> Live<S> {
    /// With a service that a test made.
    pub(super) fn over(service: S, facts: ScopeFacts, shape: Shape) -> Self {
        Self { service, facts, shape }
    }

    pub(super) fn service(&self) -> &S {
        &self.service
    }
}

impl<S: Service> Live<S> {
    /// The port of a table kind in one scope.
    pub fn open(access: &Access, shape: Shape) -> Box<dyn ErasedPort> {
        Self::of(S::connect(access), access, shape)
    }

    /// The port over a service that its kind connected itself.
    pub fn of(service: S, access: &Access, shape: Shape) -> Box<dyn ErasedPort> {
        Box::new(Self { service, facts: access.facts.clone(), shape })
    }

    async fn population(&self, ask: &Ask) -> Result<Population<Value>, CloudError> {
        if let Some(only) = &ask.only {
            return self.some(ask, only).await;
        }
        let mut looked = Looked::default();
        let under_way = self.service.under_way(ask).await?;
        for list in 0..S::LISTS.len() {
            if list == 0 || ask.everything || !self.all_found(ask, &looked) {
                self.list(list, &mut looked).await?;
            }
        }
        self.look_for(&self.service.looked_for(ask), &mut looked).await;
        let mut seen = Population::default();
        for unread in under_way {
            seen.miss(unread)?;
        }
        // What could not be read may be what is missing (its policy may have locked us out), so it
        // must not count as absent.
        let all_found = self.all_found(ask, &looked);
        for (found, why) in looked.unread.values() {
            if ask.everything || !all_found || is_wanted(ask, found, why) {
                seen.miss(self.unread(found, None, why.clone()))?;
            }
        }
        self.read_all(ask, &looked, &mut seen).await?;
        self.note_elsewhere(ask, &mut seen.whole);
        seen.others = looked.others;
        Ok(seen)
    }

    /// Reads these and nothing else. Names that resources take from each other are in a list, not
    /// with the resource.
    async fn some(
        &self,
        ask: &Ask,
        only: &BTreeSet<PhysicalId>,
    ) -> Result<Population<Value>, CloudError> {
        // What it finds is created under another address.
        self.service.under_way(ask).await?;
        let named =
            if self.shape.takes.is_empty() { BTreeMap::new() } else { self.listed(0).await?.0 };
        let mut looked = Looked::default();
        self.look_for(only, &mut looked).await;
        for (id, (found, _)) in &mut looked.known {
            if let Some(listed) = named.get(id) {
                found.names.extend(listed.names.iter().cloned());
            }
        }
        let mut seen = Population::default();
        for (found, why) in looked.unread.values() {
            seen.miss(self.unread(found, None, why.clone()))?;
        }
        self.read_all(ask, &looked, &mut seen).await?;
        Ok(seen)
    }

    /// Reads one list to its end, and the tags of everything on it that has not been looked at
    /// before.
    async fn list(&self, list: usize, looked: &mut Looked) -> Result<(), CloudError> {
        let (all, others) = self.listed(list).await?;
        let new: Vec<_> = all.into_values().filter(|found| !looked.has(&found.id)).collect();
        looked.others.extend(others);
        self.look(new, looked).await
    }

    /// Reads one list to its end: what is on it, and what is on it and not manageable.
    async fn listed(
        &self,
        list: usize,
    ) -> Result<(BTreeMap<PhysicalId, Found>, BTreeSet<PhysicalId>), CloudError> {
        let (mut pages, mut token) = (Pages::of(S::LISTS[list]), None);
        let mut all: BTreeMap<PhysicalId, Found> = BTreeMap::new();
        let mut others = BTreeSet::new();
        loop {
            let page = self.service.page(list, token).await?;
            others.extend(page.others);
            for found in page.found {
                match all.get_mut(&found.id) {
                    Some(listed) => listed.names.extend(found.names),
                    None => drop(all.insert(found.id.clone(), found)),
                }
            }
            token = pages.next(page.next)?;
            if token.is_none() {
                return Ok((all, others));
            }
        }
    }

    async fn look(&self, all: Vec<Found>, looked: &mut Looked) -> Result<(), CloudError> {
        for some in all.chunks(AT_ONCE) {
            let tags = join_all(some.iter().map(|found| self.tags(found))).await;
            for (found, tags) in some.iter().zip(tags) {
                looked.note(found.clone(), tags);
            }
            tolerate(looked.unread.values().map(|(_, why)| why))?;
        }
        Ok(())
    }

    async fn tags(&self, found: &Found) -> Result<Option<Tags>, CloudError> {
        match (&found.tags, &found.whole) {
            (Some(tags), _) => Ok(Some(tags.clone())),
            (None, Some(whole)) => Ok(Some(whole.tags.clone())),
            (None, None) => self.service.tags(found).await,
        }
    }

    /// A listing may be older than a resource, so a remembered one that it omits is not absent.
    async fn look_for(&self, remembered: &BTreeSet<PhysicalId>, looked: &mut Looked) {
        for id in remembered {
            if looked.known.contains_key(id) || looked.unread.contains_key(id) {
                continue;
            }
            match self.service.find(id).await {
                Ok(Some(found)) => {
                    let tags = self.tags(&found).await;
                    looked.note(found, tags);
                }
                Ok(None) => {}
                Err(why) => looked.note(Found::of(id.clone()), Err(why)),
            }
        }
    }

    /// Whether the resource of every manifest, and every one to be adopted, is among those looked
    /// at.
    fn all_found(&self, ask: &Ask, looked: &Looked) -> bool {
        let claims =
            looked.known.values().filter_map(|(_, tags)| match Ownership::read(tags, &ask.owner) {
                Ownership::Ours { address, .. }
                    if address.scope == self.facts.name && address.kind == self.shape.kind =>
                {
                    Some(address.name)
                }
                _ => None,
            });
        let found: BTreeSet<_> = claims.collect();
        ask.names.is_subset(&found) && ask.adopt.iter().all(|id| looked.known.contains_key(id))
    }

    /// Reads our resources completely, and of others those that conflict and those that were ours
    /// before.
    async fn read_all(
        &self,
        ask: &Ask,
        looked: &Looked,
        seen: &mut Population<Value>,
    ) -> Result<(), CloudError> {
        let (ours, others): (Vec<_>, Vec<_>) =
            looked.known.values().partition(|(found, tags)| is_ours(ask, found, tags));
        for some in ours.chunks(AT_ONCE) {
            let reads = some.iter().map(|(found, tags)| async {
                let mut read = self.read(found, tags).await;
                if let Ok(Some(seen)) = &mut read {
                    self.read_named(ask, seen).await;
                }
                read
            });
            let reads = join_all(reads).await;
            for ((found, tags), read) in some.iter().zip(reads) {
                self.note(seen, found, tags, read)?;
            }
        }
        let asked = self.service.looked_for(ask);
        for (found, tags) in others {
            let named = !found.names.is_disjoint(&ask.natural_keys);
            match self.service.outline(found).filter(|_| named) {
                Some(state) => seen.whole.push(Observed {
                    id: found.id.clone(),
                    arn: self.service.arn(&found.id).unwrap_or_default(),
                    tags: tags.clone(),
                    phase: Phase::Ready,
                    state,
                }),
                // Whether it is being deleted decides whether it conflicts.
                None if named || asked.contains(&found.id) => {
                    let read = self.read(found, tags).await;
                    self.note(seen, found, tags, read)?;
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Adds what is read only because a manifest names it. Which manifest adopts what has no claim
    /// yet is not known here, so all that manifests name is read of it.
    async fn read_named(&self, ask: &Ask, seen: &mut Observed<Value>) {
        let named = match Ownership::read(&seen.tags, &ask.owner) {
            Ownership::Ours { address, .. } if address.scope == self.facts.name => {
                ask.named.get(&address.name).cloned().unwrap_or_default()
            }
            _ if ask.adopt.contains(&seen.id) => ask.named.values().flatten().cloned().collect(),
            _ => BTreeSet::new(),
        };
        if !named.is_empty() {
            self.service.more(seen, &named).await;
        }
    }

    async fn read(
        &self,
        found: &Found,
        tags: &Tags,
    ) -> Result<Option<Observed<Value>>, CloudError> {
        match &found.whole {
            Some(whole) => Ok(Some(whole.clone())),
            None => self.service.read(found, tags).await,
        }
    }

    /// Adds a resource that was read completely, or is unknown because one of its reads failed.
    fn note(
        &self,
        seen: &mut Population<Value>,
        found: &Found,
        tags: &Tags,
        read: Result<Option<Observed<Value>>, CloudError>,
    ) -> Result<(), CloudError> {
        match read {
            Ok(read) => seen.whole.extend(read),
            Err(why) => seen.miss(self.unread(found, Some(tags.clone()), why))?,
        }
        Ok(())
    }

    fn unread(&self, found: &Found, tags: Option<Tags>, why: CloudError) -> Unread {
        let arn = found.arn.clone().or_else(|| self.service.arn(&found.id));
        Unread { id: found.id.clone(), arn, tags, why }
    }

    /// Adds to each resource which of the entries that its own manifest wants another one of ours
    /// has, and which of its own entries some manifest wants ([`REQUESTED`]). What others want of
    /// each other is not its business; with it, states would grow with the square of their number.
    fn note_elsewhere(&self, ask: &Ask, seen: &mut [Observed<Value>]) {
        for (path, fact) in &self.shape.takes {
            let ours = seen.iter().filter(|live| {
                matches!(Ownership::read(&live.tags, &ask.owner), Ownership::Ours { .. })
            });
            let entries: BTreeMap<String, PhysicalId> = ours
                .flat_map(|live| {
                    let items = texts(live.state.get(path.as_ref()).unwrap_or(&Value::Null));
                    items.map(|item| (item.to_owned(), live.id.clone())).collect::<Vec<_>>()
                })
                .filter(|(item, _)| ask.natural_keys.contains(item))
                .collect();
            for live in &mut *seen {
                note_requested(ask, path, live);
                let other = |item: &'_ String| entries.get_key_value(item);
                let entries: Vec<_> = match self.keys_of(ask, live) {
                    Some(keys) => keys.iter().filter_map(other).collect(),
                    None => entries.iter().collect(),
                };
                let others = entries.into_iter().filter(|(_, id)| **id != live.id);
                let others: BTreeMap<_, _> =
                    others.map(|(item, id)| (item.as_str(), id.as_str())).collect();
                if let (false, Value::Object(state)) = (others.is_empty(), &mut live.state) {
                    state.insert(fact.clone().into_owned(), json!(others));
                }
            }
        }
    }

    /// What the manifest of a resource wants; `None` if it is not known which manifest that is.
    fn keys_of<'a>(&self, ask: &'a Ask, live: &Observed<Value>) -> Option<&'a BTreeSet<String>> {
        let Ownership::Ours { address, .. } = Ownership::read(&live.tags, &ask.owner) else {
            return None;
        };
        static NONE: BTreeSet<String> = BTreeSet::new();
        let here = address.scope == self.facts.name && address.kind == self.shape.kind;
        // Without a manifest, it wants nothing.
        let keys = || ask.keys_of.get(&address.name).unwrap_or(&NONE);
        (here && !ask.keys_of.is_empty()).then(keys)
    }

    async fn make(&self, have: &Observed<Value>, call: &[Edit]) -> Result<(), CloudError> {
        let mut edits = Vec::with_capacity(call.len());
        for edit in call {
            match &edit.body {
                EditBody::Change(body) => edits.push(decoded(body)?),
                EditBody::Tag(set) => self.service.tag(have, set).await?,
                EditBody::Untag(keys) => self.service.untag(have, keys).await?,
            }
        }
        if let Some(edit) = edits.iter().find(|edit| edit.operation.is_none()) {
            let message = format!("AWS has no call that changes {}", edit.path);
            return Err(CloudError::new("palisade:Change", Class::Rejected, message));
        }
        if edits.is_empty() { Ok(()) } else { self.service.send(have, &edits).await }
    }
}

/// See [`REQUESTED`].
fn note_requested(ask: &Ask, path: &str, live: &mut Observed<Value>) {
    let items = texts(live.state.get(path).unwrap_or(&Value::Null));
    let wanted = items.filter(|item| ask.natural_keys.contains(*item));
    let wanted: Vec<_> = wanted.map(Value::from).collect();
    if let (false, Value::Object(state)) = (wanted.is_empty(), &mut live.state) {
        // Of all leaves whose entries can be taken over.
        let all = state.entry(REQUESTED).or_insert_with(|| json!([]));
        all.as_array_mut().into_iter().for_each(|all| all.extend(wanted.iter().cloned()));
    }
}

/// Whether it has our owner tag, or a manifest adopts it; everything is as if it were ours where
/// everything is asked for.
fn is_ours(ask: &Ask, found: &Found, tags: &Tags) -> bool {
    ask.everything || ask.adopt.contains(&found.id) || tags.get(OWNER_TAG) == Some(&ask.owner)
}

/// Whether an unreadable resource matters although everything that is wanted was found: a denied
/// one then belongs to somebody else, unless something else names it.
fn is_wanted(ask: &Ask, found: &Found, why: &CloudError) -> bool {
    why.class != Class::Denied
        || !found.names.is_disjoint(&ask.natural_keys)
        || ask.adopt.contains(&found.id)
        || ask.remembered.contains(&found.id)
}

fn decoded(body: &Value) -> Result<LeafEdit, CloudError> {
    LeafEdit::deserialize(body).map_err(|error| undecodable(&error.to_string()))
}

fn tree(state: &Value) -> Result<&Tree, CloudError> {
    state.as_object().ok_or_else(|| undecodable("a state is not an object"))
}

/// A defect in palisade, not in what AWS answered.
fn undecodable(why: &str) -> CloudError {
    CloudError::new("palisade:Decode", Class::Rejected, why)
}

impl<S: Service> ErasedPort for Live<S> {
    fn observe<'a>(&'a self, ask: &'a Ask) -> Erased<'a, Result<Population<Value>, CloudError>> {
        self.population(ask).boxed()
    }

    fn create<'a>(
        &'a self,
        want: &'a Value,
        tags: &'a Tags,
        token: &'a str,
    ) -> Erased<'a, Result<PhysicalId, CloudError>> {
        async move { self.service.create(tree(want)?, tags, token).await }.boxed()
    }

    fn edit<'a>(
        &'a self,
        have: &'a Observed<Value>,
        call: &'a [Edit],
    ) -> Erased<'a, Result<(), CloudError>> {
        self.make(have, call).boxed()
    }

    fn delete<'a>(
        &'a self,
        have: &'a Observed<Value>,
        want: Option<&'a Value>,
    ) -> Erased<'a, Result<(), CloudError>> {
        async move { self.service.delete(have, want.map(tree).transpose()?).await }.boxed()
    }

    fn obstacles<'a>(
        &'a self,
        have: &'a Observed<Value>,
        edit: Option<&'a Edit>,
    ) -> Erased<'a, Result<Vec<String>, CloudError>> {
        async move {
            match edit.map(|edit| (&edit.body, edit.inspect)) {
                None => self.service.obstacles(have, None).await,
                Some((EditBody::Change(body), true)) => {
                    self.service.obstacles(have, Some(&decoded(body)?)).await
                }
                Some(_) => Ok(Vec::new()),
            }
        }
        .boxed()
    }
}
