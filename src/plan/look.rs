//! A combined view of the directory and of what was observed of AWS, built once a pass. Claims are
//! parsed once and each manifest is resolved once; repeated planning in the same pass uses the
//! result.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use super::{Claims, Live};
use crate::{
    kind::{
        Known, Refs, Resolution, ScopeFacts,
        erased::{ErasedKind, Registry, Resolved},
    },
    manifest::{Document, Documents},
    model::{Address, PhysicalId, ScopedKind},
};

/// What all passes of an installation have in common.
#[derive(Clone, Copy)]
pub struct Installation<'a> {
    /// The kinds.
    pub registry: &'a Registry,
    /// The installation's name: the value of the owner tag on its resources.
    pub owner: &'a str,
    /// Account and Region of every scope.
    pub facts: &'a BTreeMap<String, ScopeFacts>,
}

/// The result of resolving a manifest.
#[derive(Debug)]
pub(super) enum Resolving {
    /// What it wants (a tombstone may want nothing), and what it depends on.
    Done(Option<Resolved>, Box<Resolution>),
    /// With real ids a value turned out to be impossible (it passed the checks on loading).
    Impossible(Vec<String>),
    /// The kind's code panicked.
    Defect,
}

/// The input of one pass.
pub struct Look<'a> {
    pub(super) installation: Installation<'a>,
    /// The directory.
    pub documents: &'a Documents,
    pub(super) live: &'a Live,
    /// The owners of the live resources.
    pub claims: Claims<'a>,
    pub(super) resolved: BTreeMap<&'a Address, Arc<Resolving>>,
}

impl<'a> Look<'a> {
    /// Resolves every manifest. `claims` are the claims on `live`; `predecessors` are the last
    /// known resources of each address.
    pub fn new(
        installation: Installation<'a>,
        documents: &'a Documents,
        live: &'a Live,
        claims: Claims<'a>,
        predecessors: &BTreeMap<Address, PhysicalId>,
    ) -> Self {
        let mut known = claims.known(live, documents);
        known.elsewhere = elsewhere(installation.facts, &claims, &known);
        let mut look = Self { installation, documents, live, claims, resolved: BTreeMap::new() };
        look.resolve(known, predecessors);
        look
    }

    /// Resolves every manifest that can be resolved. Targets of soft references provide the names
    /// of their manifests, so they are resolved first: once, unless they have such references
    /// themselves.
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
                if !depends(document) && self.can_be_resolved(document, predecessors) {
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
                && self.can_be_resolved(document, predecessors)
            {
                let resolving = self.resolving(document, &known);
                self.resolved.insert(&document.address, resolving);
            }
        }
    }

    /// Whether a manifest can be resolved: its kind was read, and its own resource is not among
    /// those that could not be.
    fn can_be_resolved(
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

    /// What a manifest wants. Where that depends on nothing outside of it, it is resolved once.
    fn resolving(&self, document: &Document, known: &Known) -> Arc<Resolving> {
        if let Some(before) = document.kept.get::<Resolving>() {
            return before;
        }
        let resolving = Arc::new(self.resolve_now(document, known));
        if document.is_self_contained() && matches!(*resolving, Resolving::Done(..)) {
            document.kept.keep(&resolving);
        }
        resolving
    }

    /// A panic is a defect in the kind; it must not affect manifests of other kinds.
    fn resolve_now(&self, document: &Document, known: &Known) -> Resolving {
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

    /// The result of resolving a manifest; `None` if it could not be resolved.
    pub(super) fn resolved(&self, address: &Address) -> Option<&Resolving> {
        self.resolved.get(address).map(AsRef::as_ref)
    }

    /// What the manifests of a scope want, resolved.
    pub(super) fn wants_in(&self, scope: &str) -> impl Iterator<Item = &Resolved> {
        let all = self.resolved.range::<Address, _>(Address::new(scope, "", "")..);
        let here = all.take_while(move |(address, _)| address.scope == scope);
        here.filter_map(|(_, resolving)| match &**resolving {
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
        all.take_while(|(address, _)| at.covers(address)).map(|(_, document)| &**document)
    }

    /// The manifests of a scope.
    pub(super) fn documents_in(&self, scope: &str) -> impl Iterator<Item = &'a Document> {
        let all = self.documents.range(Address::new(scope, "", "")..);
        all.take_while(move |(address, _)| address.scope == scope).map(|(_, document)| &**document)
    }
}

/// For every kind that could not be read in a scope: the ids found in scopes of other accounts or
/// Regions. Such an id cannot belong to a resource of the unread scope.
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
