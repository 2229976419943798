//! Ownership of every live resource. Each claim is parsed once a pass and indexed by address, id
//! and natural key; everything that asks about a live resource afterwards uses the index, so that
//! no manifest is compared with every resource.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use serde_json::Value;

use super::Live;
use crate::{
    kind::{
        Known, KnownResource, Unread,
        erased::{ErasedKind, Registry},
        table::PROPERTIES,
    },
    manifest::{Document, Documents, ManifestMode, Presence},
    model::{Address, Deletion, Observed, Ownership, PhysicalId, ScopedKind, Seen},
};

/// One live resource, and what its tags say about its owner.
#[derive(Debug)]
pub struct Claimed<'a> {
    /// The resource.
    pub resource: &'a Observed<Value>,
    /// Its owner.
    pub ownership: Ownership,
}

impl Claimed<'_> {
    /// The address in its claim, if it is ours.
    pub fn address(&self) -> Option<&Address> {
        match &self.ownership {
            Ownership::Ours { address, .. } => Some(address),
            Ownership::Foreign(_) | Ownership::Unclaimed => None,
        }
    }
}

/// The resources of one kind in one scope, all of which could be read.
#[derive(Debug)]
pub struct Inventory<'a> {
    /// In listing order.
    all: Vec<Claimed<'a>>,
    /// Resources of this installation, by the address in the claim and then in listing order.
    ours: Vec<usize>,
    /// The first resource with each id.
    ids: BTreeMap<&'a PhysicalId, usize>,
    /// By natural key. Built on demand: only creates and adoptions need it.
    names: OnceLock<BTreeMap<String, Vec<usize>>>,
    alive: OnceLock<usize>,
}

impl<'a> Inventory<'a> {
    fn read(resources: &'a [Observed<Value>], owner: &str) -> Self {
        let all: Vec<Claimed<'a>> = resources
            .iter()
            .map(|resource| Claimed { resource, ownership: Ownership::read(&resource.tags, owner) })
            .collect();
        let mut ours: Vec<usize> = (0..all.len()).filter(|n| all[*n].address().is_some()).collect();
        ours.sort_by_key(|n| (all[*n].address(), *n));
        let mut ids = BTreeMap::new();
        for (n, resource) in resources.iter().enumerate() {
            ids.entry(&resource.id).or_insert(n);
        }
        Self { all, ours, ids, names: OnceLock::new(), alive: OnceLock::new() }
    }

    /// What manifests adopt is their own, for a kind that cannot carry a claim.
    fn adopt<'b>(
        &mut self,
        adopted: impl IntoIterator<Item = (&'b PhysicalId, &'b Address, Deletion)>,
    ) {
        for (id, address, deletion) in adopted {
            let Some(n) = self.ids.get(id).copied() else { continue };
            self.all[n].ownership = Ownership::Ours { address: address.clone(), deletion };
            self.ours.push(n);
        }
        let all = &self.all;
        self.ours.sort_by_key(|n| (all[*n].address(), *n));
    }

    /// Everything, as listed.
    pub fn all(&self) -> &[Claimed<'a>] {
        &self.all
    }

    /// The resources that carry the claim of this address, in listing order.
    pub fn of(&self, address: &Address) -> impl Iterator<Item = &Claimed<'a>> {
        let claim = |n: &usize| self.all[*n].address();
        let begin = self.ours.partition_point(|n| claim(n) < Some(address));
        let found = self.ours[begin..].iter().take_while(move |n| claim(n) == Some(address));
        found.map(|n| &self.all[*n])
    }

    /// The resource with this id.
    pub fn by_id(&self, id: &PhysicalId) -> Option<&Claimed<'a>> {
        self.ids.get(id).map(|n| &self.all[*n])
    }

    /// The resources that share one of these natural keys, in listing order.
    pub(super) fn named(&self, keys: &[String], kind: &dyn ErasedKind) -> Vec<&Claimed<'a>> {
        if keys.is_empty() {
            return Vec::new();
        }
        let names = self.names.get_or_init(|| {
            let mut names: BTreeMap<String, Vec<usize>> = BTreeMap::new();
            for (n, it) in self.all.iter().enumerate() {
                // A state that its own kind cannot decode is a defect; it has no natural keys.
                for key in kind.natural_keys(&it.resource.state).unwrap_or_default() {
                    names.entry(key).or_default().push(n);
                }
            }
            names
        });
        let found: BTreeSet<usize> =
            keys.iter().filter_map(|key| names.get(key)).flatten().copied().collect();
        found.into_iter().map(|n| &self.all[n]).collect()
    }

    /// The number of resources of this installation, without those that are being deleted.
    pub(super) fn alive(&self, kind: &dyn ErasedKind) -> usize {
        *self.alive.get_or_init(|| {
            let stays = |n: &&usize| !kind.is_gone(&self.all[**n].resource.state).unwrap_or(false);
            self.ours.iter().filter(stays).count()
        })
    }
}

/// The resources of one kind in one scope that exist and could not be read.
#[derive(Debug)]
pub struct Hidden<'a> {
    /// In listing order.
    pub all: &'a [Unread],
    ids: BTreeSet<&'a PhysicalId>,
    /// Those that carry a claim of this installation, by the address in it and then in listing
    /// order.
    claims: Vec<(Address, &'a Unread)>,
}

impl<'a> Hidden<'a> {
    fn read(all: &'a [Unread], owner: &str) -> Self {
        let ours = all.iter().filter_map(|unread| Some((unread.claim(owner)?, unread)));
        let mut claims: Vec<_> = ours.collect();
        claims.sort_by(|(a, _), (b, _)| a.cmp(b));
        Self { all, ids: all.iter().map(|unread| &unread.id).collect(), claims }
    }

    /// The first one that carries the claim of this address.
    pub fn of(&self, address: &Address) -> Option<&'a Unread> {
        let begin = self.claims.partition_point(|(claim, _)| claim < address);
        let (claim, unread) = self.claims.get(begin)?;
        (claim == address).then_some(unread)
    }

    /// The number of those that carry a claim of this installation.
    pub(super) fn claimed(&self) -> usize {
        self.claims.len()
    }

    /// Whether one of them has this id.
    pub(super) fn has(&self, id: &PhysicalId) -> bool {
        self.ids.contains(id)
    }

    /// Whether the owner of some of them is unknown as well.
    pub(super) fn has_unknown_owner(&self) -> bool {
        self.all.iter().any(|unread| unread.tags.is_none())
    }
}

/// Ownership of everything that one pass observed.
#[derive(Debug)]
pub struct Claims<'a> {
    seen: BTreeMap<&'a ScopedKind, Seen<Inventory<'a>>>,
    hidden: BTreeMap<&'a ScopedKind, Hidden<'a>>,
}

impl<'a> Claims<'a> {
    /// Parses every claim.
    pub fn read(live: &'a Live, owner: &str) -> Self {
        let seen = live.seen.iter().map(|(at, seen)| {
            let seen = match seen {
                Seen::All(resources) => Seen::All(Inventory::read(resources, owner)),
                Seen::Unknown(why) => Seen::Unknown(why.clone()),
            };
            (at, seen)
        });
        let hidden = live.unread.iter().filter(|(_, unread)| !unread.is_empty());
        let hidden = hidden.map(|(at, unread)| (at, Hidden::read(unread, owner)));
        Self { seen: seen.collect(), hidden: hidden.collect() }
    }

    /// Adds what manifests adopt of kinds that cannot carry a claim
    /// ([`Claimed::is_in_tags`](crate::kind::Claimed::is_in_tags)).
    #[must_use]
    pub fn adopting(mut self, documents: &Documents, registry: &Registry) -> Self {
        let mut parts: BTreeMap<ScopedKind, Vec<(Address, PhysicalId)>> = BTreeMap::new();
        for part in self.parts(documents, registry) {
            parts.entry(part.0.scoped_kind()).or_default().push(part);
        }
        for (at, parts) in parts {
            if let Some(Seen::All(inventory)) = self.seen.get_mut(&at) {
                let deletion = |address| documents[address].lifecycle.deletion;
                inventory.adopt(parts.iter().map(|(it, id)| (id, it, deletion(it))));
            }
        }
        for (at, seen) in &mut self.seen {
            let claimed = registry.get(&at.kind).map(|kind| kind.profile().claimed);
            let (Seen::All(inventory), Some(claimed)) = (seen, claimed) else { continue };
            if claimed.is_in_tags() {
                continue;
            }
            let all = documents.range(Address::new(&at.scope, &at.kind, "")..);
            let of_kind = all.take_while(|(address, _)| at.covers(address));
            inventory.adopt(of_kind.filter_map(|(address, document)| {
                let id = document.lifecycle.adopt.as_ref()?;
                Some((id, address, document.lifecycle.deletion))
            }));
        }
        self
    }

    /// The manifests of parts of resources of ours, each with the id of what it is a part of: one
    /// resource, with our claim.
    fn parts(&self, documents: &Documents, registry: &Registry) -> Vec<(Address, PhysicalId)> {
        let of = |document: &Arc<Document>| {
            let claimed = registry.get(&document.address.kind)?.profile().claimed;
            let parent = claimed.parent()?;
            let mut parents = document.recorded.hard.iter().filter(|it| it.kind == parent);
            let parent = parents.next()?;
            let mut live = self.of(&parent.scoped_kind())?.of(parent);
            let (one, more) = (live.next()?, live.next());
            let id = claimed.part_of(&one.resource.id);
            more.is_none().then(|| (document.address.clone(), id))
        };
        documents.values().filter_map(of).collect()
    }

    /// Of a part of a resource that a manifest adopts and that does not carry the claim yet: the
    /// address and the id of the whole, which is the part's id too.
    pub(super) fn unclaimed_parent(
        &self,
        document: &Document,
        documents: &Documents,
        registry: &Registry,
    ) -> Option<(Address, PhysicalId)> {
        let (parent, id) = document.adopted_parent(documents, registry)?;
        let one = self.of(&parent.scoped_kind())?.by_id(id)?;
        let part = registry.get(&document.address.kind)?.profile().claimed.part_of(id);
        (one.ownership == Ownership::Unclaimed).then(|| (parent.clone(), part))
    }

    /// What was read whole of a kind in a scope; none if it is unknown or was not looked at.
    pub fn of(&self, at: &ScopedKind) -> Option<&Inventory<'a>> {
        self.seen.get(at)?.all()
    }

    /// What could not be read of a kind in a scope; `None` if there is nothing.
    pub fn hidden(&self, at: &ScopedKind) -> Option<&Hidden<'a>> {
        self.hidden.get(at)
    }

    /// Every kind in a scope that was observed.
    pub fn seen(&self) -> impl Iterator<Item = (&'a ScopedKind, &Seen<Inventory<'a>>)> {
        self.seen.iter().map(|(at, seen)| (*at, seen))
    }

    /// Every kind in a scope that could be read.
    pub fn inventories(&self) -> impl Iterator<Item = (&'a ScopedKind, &Inventory<'a>)> {
        self.seen().filter_map(|(at, seen)| Some((at, seen.all()?)))
    }

    /// Every kind in a scope of which some resources could not be read.
    pub(super) fn all_hidden(&self) -> impl Iterator<Item = (&'a ScopedKind, &Hidden<'a>)> {
        self.hidden.iter().map(|(at, hidden)| (*at, hidden))
    }

    /// The kinds, by scope, of which at least one resource of this installation was found.
    pub fn with_ours(&self) -> impl Iterator<Item = &'a ScopedKind> {
        let whole = self.inventories().filter(|(_, inventory)| !inventory.ours.is_empty());
        let hidden = self.all_hidden().filter(|(_, hidden)| hidden.claimed() > 0);
        whole.map(|(at, _)| at).chain(hidden.map(|(at, _)| at))
    }

    /// What references may resolve to: every managed resource with a single, readable claim.
    pub(super) fn known(&self, live: &Live, documents: &Documents) -> Known {
        let mut known = Known {
            lookups: live.lookups.clone(),
            organizations: live.organizations.clone(),
            ..Known::default()
        };
        let mut twice = BTreeSet::new();
        for (at, seen) in self.seen() {
            let inventory = match seen {
                Seen::All(inventory) => inventory,
                Seen::Unknown(why) => {
                    known.unknown.insert(at.clone(), why.clone());
                    continue;
                }
            };
            for it in inventory.all() {
                let Some(address) = it.address().filter(|address| at.covers(address)) else {
                    continue;
                };
                if know(&mut known, address, it.resource) {
                    twice.insert(address.clone());
                }
            }
        }
        self.know_hidden(&mut known, &mut twice);
        // Two resources with one claim: nobody can say which one is meant.
        for address in twice {
            known.resources.remove(&address);
            known.attributes.remove(&address);
            let inventory = self.of(&address.scoped_kind()).into_iter();
            let carrying = inventory.flat_map(|it| it.of(&address));
            let ids: BTreeSet<_> = carrying.map(|it| it.resource.id.to_string()).collect();
            if !ids.is_empty() {
                known.candidates.insert(address, ids);
            }
        }
        self.know_adopted(&mut known, documents);
        known
    }

    /// What a manifest adopts by its exact id is what references to the manifest mean, although it
    /// does not carry the claim yet. A create that refers to it waits until it does.
    fn know_adopted(&self, known: &mut Known, documents: &Documents) {
        for (address, document) in documents {
            let lifecycle = &document.lifecycle;
            let will_be_claimed = lifecycle.state == Presence::Present
                && lifecycle.mode == ManifestMode::Enforce
                && !lifecycle.paused;
            let Some(id) = lifecycle.adopt.as_ref().filter(|_| will_be_claimed) else { continue };
            let is_known =
                known.resources.contains_key(address) || known.candidates.contains_key(address);
            let inventory = self.of(&address.scoped_kind());
            let Some(one) = inventory.and_then(|it| it.by_id(id)).filter(|_| !is_known) else {
                continue;
            };
            if one.ownership == Ownership::Unclaimed {
                know(known, address, one.resource);
            }
        }
    }

    /// A resource that was not found may be one that could not be read. If its claim could be read,
    /// a reference can use its id.
    fn know_hidden(&self, known: &mut Known, twice: &mut BTreeSet<Address>) {
        for (at, hidden) in self.all_hidden() {
            for it in hidden.all {
                let why = format!("{} {}: {}", at.kind, it.id, it.why);
                known.unknown.entry(at.clone()).or_insert(why);
            }
            for (address, it) in hidden.claims.iter().filter(|(address, _)| at.covers(address)) {
                let Some(arn) = it.arn.clone() else { continue };
                let resource = KnownResource { id: it.id.clone(), arn };
                if known.resources.insert(address.clone(), resource).is_some() {
                    twice.insert(address.clone());
                }
            }
        }
    }
}

/// Adds what references to an address may name; says whether something was known of it already.
fn know(known: &mut Known, address: &Address, resource: &Observed<Value>) -> bool {
    let Observed { id, arn, state, .. } = resource;
    if let Some(Value::Object(all)) = state.get(PROPERTIES) {
        let texts =
            all.iter().filter_map(|(name, it)| Some((name.clone(), it.as_str()?.to_owned())));
        known.attributes.insert(address.clone(), texts.collect());
    }
    let resource = KnownResource { id: id.clone(), arn: arn.clone() };
    known.resources.insert(address.clone(), resource).is_some()
}
