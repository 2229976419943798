//! One look at everything: what the directory says and what was seen of AWS, put together once a pass. Claims are read once,
//! and each manifest is resolved once; however often is planned on it, and whatever else asks, looks it up here.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::{Claims, Live};
use crate::{
    kind::{
        Known, Refs, Resolution, ScopeFacts,
        erased::{ErasedKind, Registry, Resolved},
    },
    manifest::Document,
    model::{Address, PhysicalId, ScopedKind},
};

/// What every pass of an installation has in common.
#[derive(Clone, Copy)]
pub struct Installation<'a> {
    /// The kinds.
    pub registry: &'a Registry,
    /// Its name: the value of the owner tag on what is ours.
    pub owner: &'a str,
    /// Account and Region of every scope.
    pub facts: &'a BTreeMap<String, ScopeFacts>,
}

/// What resolving a manifest came to.
#[derive(Debug)]
pub(super) enum Resolving {
    /// What it wants (a tombstone may want nothing), and what it depends on.
    Done(Option<Resolved>, Box<Resolution>),
    /// With real ids a value turned out impossible (it passed the checks on loading).
    Impossible(Vec<String>),
    /// Its kind panicked.
    Defect,
}

/// What one pass looks at.
pub struct Look<'a> {
    pub(super) installation: Installation<'a>,
    /// What the directory says.
    pub documents: &'a BTreeMap<Address, Document>,
    pub(super) live: &'a Live,
    /// Whose everything is.
    pub claims: Claims<'a>,
    pub(super) resolved: BTreeMap<&'a Address, Resolving>,
}

impl<'a> Look<'a> {
    /// Resolves every manifest. `claims` are those of `live`, and `predecessors` is what each address was last seen as.
    pub fn new(
        installation: Installation<'a>,
        documents: &'a BTreeMap<Address, Document>,
        live: &'a Live,
        claims: Claims<'a>,
        predecessors: &BTreeMap<Address, PhysicalId>,
    ) -> Self {
        let mut known = claims.known(live);
        known.elsewhere = elsewhere(installation.facts, &claims, &known);
        let mut look = Self { installation, documents, live, claims, resolved: BTreeMap::new() };
        look.resolve(known, predecessors);
        look
    }

    /// Resolves every manifest of which something can be said. What may follow a reference later is asked for the names
    /// of its manifest, so that is resolved first: once, unless it has such references of its own.
    fn resolve(&mut self, mut known: Known, predecessors: &BTreeMap<Address, PhysicalId>) {
        let soft = self.documents.values().flat_map(|document| &document.recorded.soft);
        let open: BTreeSet<&Address> =
            soft.filter(|address| !known.resources.contains_key(*address)).collect();
        let depends = |document: &Document| {
            document.recorded.soft.iter().any(|address| open.contains(address))
        };
        let mut candidates: Vec<(Address, BTreeSet<String>)> = Vec::new();
        for address in &open {
            let mut ids: BTreeSet<String> =
                predecessors.get(*address).map(ToString::to_string).into_iter().collect();
            if let Some(document) = self.documents.get(*address) {
                ids.extend(document.lifecycle.adopt.as_ref().map(ToString::to_string));
                let resolving = self.resolving(document, &known);
                ids.extend(self.named(document, &resolving));
                if !depends(document) && self.can_be_told(document, predecessors) {
                    self.resolved.insert(&document.address, resolving);
                }
            }
            candidates.push(((*address).clone(), ids));
        }
        for (address, ids) in candidates {
            if !ids.is_empty() {
                known.candidates.entry(address).or_default().extend(ids);
            }
        }
        for document in self.documents.values() {
            if !self.resolved.contains_key(&document.address)
                && self.can_be_told(document, predecessors)
            {
                let resolving = self.resolving(document, &known);
                self.resolved.insert(&document.address, resolving);
            }
        }
    }

    /// Whether something can be said about a manifest: its kind was read, and its own resource is not among what could not be.
    fn can_be_told(
        &self,
        document: &Document,
        predecessors: &BTreeMap<Address, PhysicalId>,
    ) -> bool {
        let at = document.address.scoped_kind();
        let hidden = self.claims.hidden(&at);
        let own = || {
            let ids = [document.lifecycle.adopt.as_ref(), predecessors.get(&document.address)];
            hidden.is_some_and(|hidden| {
                hidden.of(&document.address).is_some()
                    || ids.into_iter().flatten().any(|id| hidden.has(id))
            })
        };
        self.kind(&at.kind).is_some()
            && self.installation.facts.contains_key(&at.scope)
            && self.claims.of(&at).is_some()
            && !own()
    }

    /// A panic is a defect in the kind, which must not keep the others from being looked after.
    fn resolving(&self, document: &Document, known: &Known) -> Resolving {
        let Address { scope, kind, name } = &document.address;
        let Installation { registry, facts, .. } = self.installation;
        let Some(facts) = facts.get(scope) else { return Resolving::Impossible(Vec::new()) };
        let mut refs = Refs::new(facts, name, known);
        let resolve = || {
            let spec = document.spec.as_ref();
            spec.map(|spec| registry.resolve(kind, spec, &mut refs)).transpose()
        };
        match catch_unwind(AssertUnwindSafe(resolve)) {
            Ok(Ok(resolved)) => Resolving::Done(resolved, Box::new(refs.finish())),
            Ok(Err(all)) => {
                Resolving::Impossible(all.iter().map(|it| format!("spec.{it}")).collect())
            }
            Err(_) => Resolving::Defect,
        }
    }

    /// The live resources that share a natural key with a manifest.
    fn named(&self, document: &Document, resolving: &Resolving) -> Vec<String> {
        let at = document.address.scoped_kind();
        let (Resolving::Done(Some(resolved), _), Some(kind), Some(inventory)) =
            (resolving, self.kind(&at.kind), self.claims.of(&at))
        else {
            return Vec::new();
        };
        let find = || {
            let named = inventory.named(&resolved.natural_keys, kind);
            named.iter().map(|it| it.resource.id.to_string()).collect()
        };
        // A panic is reported where the manifest itself is planned.
        catch_unwind(AssertUnwindSafe(find)).unwrap_or_default()
    }

    /// What resolving a manifest came to; none where nothing can be said about it.
    pub(super) fn resolved(&self, address: &Address) -> Option<&Resolving> {
        self.resolved.get(address)
    }

    /// What the manifests of a scope want, resolved.
    pub(super) fn wants_in(&self, scope: &str) -> impl Iterator<Item = &Resolved> {
        let all = self.resolved.range::<Address, _>(Address::new(scope, "", "")..);
        let here = all.take_while(move |(address, _)| address.scope == scope);
        here.filter_map(|(_, resolving)| match resolving {
            Resolving::Done(want, _) => want.as_ref(),
            Resolving::Impossible(_) | Resolving::Defect => None,
        })
    }

    /// The kind of this name.
    pub(super) fn kind(&self, name: &str) -> Option<&'a dyn ErasedKind> {
        self.installation.registry.get(name)
    }

    /// The manifests of a kind in a scope.
    pub fn documents_of(&self, at: &ScopedKind) -> impl Iterator<Item = &'a Document> {
        let begin = Address::new(&at.scope, &at.kind, "");
        let all = self.documents.range(begin..);
        all.take_while(|(address, _)| at.covers(address)).map(|(_, document)| document)
    }

    /// The manifests of a scope.
    pub(super) fn documents_in(&self, scope: &str) -> impl Iterator<Item = &'a Document> {
        let all = self.documents.range(Address::new(scope, "", "")..);
        all.take_while(move |(address, _)| address.scope == scope).map(|(_, document)| document)
    }
}

/// What was read in each scope of the kinds that could not be read in a scope of another account or Region: an id there is
/// none of here.
fn elsewhere(
    facts: &BTreeMap<String, ScopeFacts>,
    claims: &Claims<'_>,
    known: &Known,
) -> BTreeMap<(String, ScopedKind), BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for unread in known.unknown.keys() {
        let Some(there) = facts.get(&unread.scope) else { continue };
        let apart = facts
            .values()
            .filter(|here| (&here.account, &here.region) != (&there.account, &there.region));
        for here in apart {
            let at = ScopedKind::new(&here.name, &unread.kind);
            let Some(inventory) = claims.of(&at) else { continue };
            let ids = inventory.all().iter().map(|it| it.resource.id.to_string()).collect();
            found.insert((here.name.clone(), unread.clone()), ids);
        }
    }
    found
}
