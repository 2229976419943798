//! What the rules look at: the wanted state of every manifest, typed, with references resolved.
//!
//! The states are those of the kinds themselves, decoded from the plain data that the registry
//! resolves to. A manifest may stand for a resource that does not exist yet, so each has a symbolic
//! id. A lookup stands for itself, so that two manifests with the same lookup of a VPC share that
//! VPC.

use std::{
    any::{Any, TypeId},
    collections::BTreeMap,
};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Breach, Subject};
use crate::{
    kind::{Invalid, Known, KnownResource, Refs, ScopeFacts, blocks},
    manifest::{Document, Presence, Problem},
    model::{Address, PhysicalId},
    operations::{self, ArnParts},
};

/// What the rules of a kind see of one manifest: usually the kind's state.
pub(crate) type View = Box<dyn Any>;

/// One manifest with what the rules see of it.
#[derive(Debug)]
pub(crate) struct Wanted<'f, S> {
    pub(crate) document: &'f Document,
    pub(crate) state: &'f S,
}

impl<S> Clone for Wanted<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Wanted<'_, S> {}

impl<'f, S> Wanted<'f, S> {
    pub(crate) fn address(&self) -> &'f Address {
        &self.document.address
    }

    /// A breach of a rule by this manifest, at a field below `spec`.
    pub(crate) fn breach(&self, field: impl Into<String>, message: impl Into<String>) -> Breach {
        let field = blocks::instead_of(self.spec(), field.into());
        Breach { address: self.address().clone(), field, message: message.into() }
    }

    /// The manifest's spec, as it is written.
    pub(crate) fn spec(&self) -> Option<&'f Value> {
        self.document.spec.as_ref()
    }

    /// The value written in the manifest itself, below `spec`.
    pub(crate) fn written(&self, field: &str) -> Option<&'f Value> {
        self.document.spec.as_ref()?.get(field)
    }
}

struct Viewed<'a> {
    document: &'a Document,
    view: View,
}

/// Everything the rules look at.
pub(crate) struct Facts<'a> {
    /// The manifests by the type of their view, in the order of their addresses.
    views: BTreeMap<TypeId, Vec<Viewed<'a>>>,
    /// Of those without tombstones, the first with each id.
    ids: BTreeMap<TypeId, BTreeMap<String, usize>>,
    /// The manifests that are not tombstones, by the ARN by which others refer to them.
    arns: BTreeMap<String, Vec<Address>>,
    pub(crate) scopes: &'a BTreeMap<String, ScopeFacts>,
    /// The roles that palisade itself uses.
    pub(crate) roles: &'a [String],
    known: Known,
}

impl<'a> Facts<'a> {
    /// Resolves all manifests; each that cannot be resolved becomes a problem.
    pub(super) fn gather(subject: Subject<'a>) -> (Self, Vec<Problem>) {
        let (scopes, roles) = (subject.scopes, subject.roles);
        let known = symbolic(subject);
        let mut arns: BTreeMap<String, Vec<Address>> = BTreeMap::new();
        for (address, resource) in &known.resources {
            arns.entry(resource.arn.clone()).or_default().push(address.clone());
        }
        let (views, ids) = (BTreeMap::new(), BTreeMap::new());
        let mut facts = Self { views, ids, arns, scopes, roles, known };
        let mut problems = Vec::new();
        for document in subject.snapshot.documents.values() {
            if let Err(wrong) = facts.add(subject, document) {
                problems.extend(wrong.iter().map(|invalid| document.problem(invalid)));
            }
        }
        (facts, problems)
    }

    fn add(&mut self, subject: Subject<'a>, document: &'a Document) -> Result<(), Vec<Invalid>> {
        let (Some(spec), Some(kind)) =
            (&document.spec, subject.registry.get(&document.address.kind))
        else {
            return Ok(());
        };
        let reader = Reader { subject, document, spec, known: &self.known };
        let view = (kind.baseline().read)(&reader)?;
        let of_its_type = self.views.entry(view.as_ref().type_id()).or_default();
        if let Some(known) = self.known.resources.get(&document.address) {
            let ids = self.ids.entry(view.as_ref().type_id()).or_default();
            ids.entry(known.id.to_string()).or_insert(of_its_type.len());
        }
        of_its_type.push(Viewed { document, view });
        Ok(())
    }

    /// All manifests with a view of type `S`, including tombstones.
    pub(crate) fn with_tombstones<S: 'static>(&self) -> impl Iterator<Item = Wanted<'_, S>> {
        let all = self.views.get(&TypeId::of::<S>()).into_iter().flatten();
        all.filter_map(|Viewed { document, view }| {
            Some(Wanted { document, state: view.downcast_ref::<S>()? })
        })
    }

    /// All manifests with a view of type `S`, without tombstones.
    pub(crate) fn of<S: 'static>(&self) -> impl Iterator<Item = Wanted<'_, S>> {
        self.with_tombstones().filter(|wanted| is_present(wanted.document))
    }

    /// The id by which other manifests refer to this one; none for a tombstone.
    pub(crate) fn id_of(&self, address: &Address) -> Option<&str> {
        self.known.resources.get(address).map(|known| known.id.as_str())
    }

    /// The manifest with a view of type `S` to which others refer by this id; no tombstone.
    pub(crate) fn with_id<S: 'static>(&self, id: &str) -> Option<Wanted<'_, S>> {
        let of_its_type = TypeId::of::<S>();
        let place = *self.ids.get(&of_its_type)?.get(id)?;
        let Viewed { document, view } = self.views.get(&of_its_type)?.get(place)?;
        Some(Wanted { document, state: view.downcast_ref::<S>()? })
    }

    /// What people read for an ARN in a state: the manifest that it stands for, if it was a
    /// reference to one, because the ARN of what does not exist yet is made up here.
    pub(crate) fn told(&self, arn: &str) -> String {
        let declared = self.arns.get(arn).and_then(|all| all.first());
        declared.map_or_else(|| arn.to_owned(), ToString::to_string)
    }

    /// Whether a manifest of this kind that is not a tombstone has this ARN, by which other
    /// manifests refer to it.
    pub(crate) fn is_arn_of(&self, kind: &str, arn: &str) -> bool {
        self.arns.get(arn).is_some_and(|all| all.iter().any(|address| address.kind == kind))
    }
}

fn is_present(document: &Document) -> bool {
    document.lifecycle.state == Presence::Present
}

/// A symbolic resource for every manifest that is not a tombstone, with a well-formed id, since
/// kinds check the form of ids.
fn symbolic(subject: Subject<'_>) -> Known {
    let present = subject.snapshot.documents.values().filter(|document| is_present(document));
    let resources = present.enumerate().filter_map(|(number, document)| {
        let Address { scope, kind, name } = &document.address;
        let facts = subject.scopes.get(scope)?;
        let (id, arn) = match operations::resource_of(kind) {
            Some(resource) => {
                let id = resource.symbol(number);
                let arn = resource.arn(&id, ArnParts::of(facts, &facts.account, "o-ffffffffff"));
                (id, arn)
            }
            None => (format!("{kind}/{name}"), format!("{kind}/{name}")),
        };
        Some((document.address.clone(), KnownResource { id: PhysicalId(id), arn }))
    });
    Known { resources: resources.collect(), ..Known::default() }
}

/// Converts one manifest into what the rules look at.
pub(crate) struct Reader<'r> {
    subject: Subject<'r>,
    document: &'r Document,
    /// The value of `spec`.
    pub(crate) spec: &'r Value,
    known: &'r Known,
}

impl Reader<'_> {
    /// The wanted state for this spec.
    pub(crate) fn state<S: DeserializeOwned>(&self, spec: &Value) -> Result<S, Vec<Invalid>> {
        let Address { scope, kind, name } = &self.document.address;
        let Some(facts) = self.subject.scopes.get(scope) else {
            return Err(vec![Invalid::new("", format!("there is no scope `{scope}`"))]);
        };
        let mut refs = Refs::new(facts, name, self.known);
        let state = self.subject.registry.resolve(kind, spec, &mut refs)?.state;
        serde_json::from_value(state).map_err(|defect| {
            vec![Invalid::new("", format!("cannot be judged by the baseline: {defect}"))]
        })
    }

    /// The id by which other manifests refer to this one; empty for a tombstone.
    pub(crate) fn id(&self) -> String {
        let known = self.known.resources.get(&self.document.address);
        known.map(|known| known.id.to_string()).unwrap_or_default()
    }

    /// A view that is the kind's state itself.
    pub(super) fn view<S: DeserializeOwned + 'static>(&self) -> Result<View, Vec<Invalid>> {
        Ok(Box::new(self.state::<S>(self.spec)?))
    }
}
