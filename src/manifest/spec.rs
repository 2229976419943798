//! One manifest: its lifecycle and its spec, checked and resolved as far as that can be done
//! without AWS.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;

use super::{
    document::{Document, Envelope, Place, Presence, invalid_from, join, type_problems},
    foreign, identity,
    load::Reading,
    vars,
};
use crate::{
    kind::{
        Claimed, Invalid, Known, Refs, Resolution,
        erased::{ErasedKind, Resolved},
    },
    model::Address,
};

impl Reading<'_> {
    pub(super) fn manifest(&mut self, place: Place, scope: String, envelope: Envelope) {
        let loader = self.loader;
        let mut envelope = envelope;
        let address = Address::new(scope, &envelope.kind, &envelope.metadata.name);
        let (Some(facts), Some(kind)) =
            (loader.facts.get(&address.scope), loader.registry.get(&address.kind))
        else {
            return;
        };
        self.waivers(&place, &envelope);
        let mut wrong = Vec::new();
        let var = |name: &str| loader.settings.var(&address.scope, name);
        if let Some(adopt) = &mut envelope.lifecycle.adopt {
            match vars::expand(&adopt.0, facts, &var) {
                Ok(id) => adopt.0 = id,
                Err(invalid) => {
                    wrong.push(Invalid { field: "lifecycle.adopt".to_owned(), ..invalid });
                }
            }
        }
        wrong.extend(envelope.lifecycle.problem(kind.profile()));
        let mut spec = envelope.spec.filter(|spec| !spec.is_null());
        if let Some(spec) = &mut spec {
            vars::substitute("spec", spec, facts, &var, &mut wrong);
            self.check_spec(kind, spec, &mut wrong);
        } else if envelope.lifecycle.state == Presence::Present {
            wrong.push(Invalid::new("spec", "missing").help(format!(
                "`palisade explain {}` shows its fields; `lifecycle.state: absent` needs none",
                address.kind
            )));
        }
        let known = Known::default();
        let mut refs = Refs::new(facts, &address.name, &known);
        let resolved = match spec.as_ref().filter(|_| wrong.is_empty()) {
            Some(spec) => self.resolve(&address, spec, &mut refs, &mut wrong),
            None => None,
        };
        let mut recorded = refs.finish();
        if let (Claimed::ByParent(parent), true) = (kind.profile().claimed, wrong.is_empty()) {
            wrong.extend(without_parent(parent, &recorded));
        }
        if let (Some(of), true) = (kind.operations().identity, wrong.is_empty()) {
            let want = resolved.as_ref().map(|resolved| &resolved.state);
            wrong = identity::problems(&of, &address, &envelope.lifecycle, want, &self.fence);
        }
        self.report(&place, &wrong, spec.as_ref().unwrap_or(&Value::Null));
        let warnings = std::mem::take(&mut recorded.warnings);
        let shown = warnings.iter().map(|it| place.problem(&join("spec", &it.field), it));
        self.snapshot.warnings.extend(shown);
        self.left_over.insert(address.clone(), std::mem::take(&mut self.named));
        let mut natural_keys = Vec::new();
        if let Some(resolved) = resolved {
            natural_keys = resolved.natural_keys;
            if envelope.lifecycle.state == Presence::Present {
                let group = self.wanted.entry(address.scoped_kind()).or_default();
                group.insert(address.name.clone(), resolved.state);
            }
        }
        self.insert(Document {
            origin: place.origin("kind"),
            recorded,
            lifecycle: envelope.lifecycle,
            places: place,
            spec,
            natural_keys,
            address,
        });
    }

    /// Adds what is wrong with a spec whose variables are filled in.
    fn check_spec(&mut self, kind: &dyn ErasedKind, spec: &Value, wrong: &mut Vec<Invalid>) {
        // A variable's value can contain another tool's placeholder.
        let mut brought = Vec::new();
        foreign::leftovers("spec", spec, &mut brought);
        wrong.extend(brought.into_iter().filter(|wrong| !self.is_named(&wrong.field)));
        self.named.extend(wrong.iter().map(|wrong| wrong.field.clone()));
        let types =
            type_problems(spec, |spec| kind.check_spec(spec).err().map(|e| invalid_from(&e)));
        let types = types.into_iter().map(|w| Invalid { field: join("spec", &w.field), ..w });
        wrong.extend(types.filter(|wrong| !self.follows(wrong)));
    }

    /// Resolves a spec that has the right types, as far as it can be without AWS.
    fn resolve(
        &self,
        address: &Address,
        spec: &Value,
        refs: &mut Refs<'_>,
        wrong: &mut Vec<Invalid>,
    ) -> Option<Resolved> {
        let resolving = || self.loader.registry.resolve(&address.kind, spec, refs);
        let resolved = catch_unwind(AssertUnwindSafe(resolving));
        match resolved.unwrap_or_else(|_| Err(vec![defect()])) {
            Ok(resolved) => Some(resolved),
            Err(all) => {
                let all = all.into_iter().map(|w| Invalid { field: join("spec", &w.field), ..w });
                wrong.extend(all.filter(|wrong| !self.follows(wrong)));
                None
            }
        }
    }

    fn insert(&mut self, document: Document) {
        let address = &document.address;
        if let Some(first) = self.snapshot.documents.get(address) {
            let why = Invalid::new("", format!("{address} is declared twice"))
                .help(format!("the other one is at {}", first.origin));
            self.problems.push(document.places.problem("metadata.name", &why));
        } else {
            self.snapshot.documents.insert(address.clone(), document);
        }
    }
}

/// A kind that panics must not take the process down; its manifest cannot be used.
fn defect() -> Invalid {
    Invalid::new("", "palisade failed while checking this manifest")
        .help("this is a defect in palisade: report it with the panic message in the log")
}

/// A part of another resource must say of which: the manifest refers to exactly one.
fn without_parent(parent: &str, recorded: &Resolution) -> Option<Invalid> {
    let parents = recorded.hard.iter().filter(|address| address.kind == parent).count();
    let why = format!("refers to {parents} manifests of the kind {parent}, and belongs to one");
    let help = format!("write ${{{parent}/name}}");
    (parents != 1).then(|| Invalid::new("spec", why).help(help))
}
