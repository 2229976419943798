//! One manifest: its lifecycle and its spec, checked and resolved as far as that can be done
//! without AWS.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use serde_json::Value;

use super::{
    document::{
        Document, Envelope, Kept, Place, Presence, invalid_from, join, pointer, type_problems,
    },
    foreign, identity,
    load::{PlaceOf, Reading},
    vars,
};
use crate::{
    kind::{
        Invalid, Known, Refs, Resolution,
        erased::{ErasedKind, Registry, Resolved},
        placeholder::{self, Piece},
    },
    model::Address,
};

impl Reading<'_> {
    /// Adds what a manifest stands for: one resource, or one in each scope of a set.
    pub(super) fn manifest(&mut self, place: Place, place_of: PlaceOf<'_>, envelope: &Envelope) {
        let Some(kind) = self.loader.registry.get(&envelope.kind) else { return };
        self.waivers(&place, envelope);
        let kept = Arc::new(place.clone().without_content());
        match place_of {
            PlaceOf::Scope(scope) => self.resource(&place, &kept, (scope, None), envelope.clone()),
            PlaceOf::Set(name, set) => {
                let name: Arc<str> = name.into();
                let scopes = if kind.profile().global { &set.home } else { &set.scopes };
                let named = self.named.clone();
                for scope in scopes {
                    self.named.clone_from(&named);
                    let of = (scope.as_str(), Some(&name));
                    self.resource(&place, &kept, of, envelope.clone());
                }
            }
        }
    }

    fn resource(
        &mut self,
        place: &Place,
        kept: &Arc<Place>,
        (scope, set): (&str, Option<&Arc<str>>),
        mut envelope: Envelope,
    ) {
        let loader = self.loader;
        let address = Address::new(scope, &envelope.kind, &envelope.metadata.name);
        let (Some(facts), Some(kind)) =
            (loader.facts.get(&address.scope), loader.registry.get(&address.kind))
        else {
            return;
        };
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
            let alone = vars::alone("spec", spec);
            vars::substitute("spec", spec, facts, &var, &mut wrong);
            if let (Some(home), true) = (loader.settings.home(scope), set.is_some()) {
                at_home(spec, home, loader.registry);
            }
            self.check_spec(kind, spec, &alone, &mut wrong);
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
        if let (Some(parent), true) = (kind.profile().claimed.parent(), wrong.is_empty()) {
            wrong.extend(without_parent(parent, &recorded));
        }
        if let (Some(of), true) = (kind.operations().identity, wrong.is_empty()) {
            let want = resolved.as_ref().map(|resolved| &resolved.state);
            wrong = identity::problems(&of, &address, &envelope.lifecycle, want, self.fence);
        }
        self.report(place, &wrong, spec.as_ref().unwrap_or(&Value::Null));
        let warnings = std::mem::take(&mut recorded.warnings);
        let shown = warnings.iter().map(|it| place.problem(&join("spec", &it.field), it));
        self.contents.warnings.extend(shown);
        let named = std::mem::take(&mut self.named);
        if !named.is_empty() {
            self.contents.left_over.insert(address.clone(), named);
        }
        let mut natural_keys = Vec::new();
        if let Some(resolved) = resolved {
            natural_keys = resolved.natural_keys;
            if envelope.lifecycle.state == Presence::Present {
                self.want(kind, &address, resolved.state);
            }
        }
        self.contents.documents.push(Arc::new(Document {
            origin: place.origin("kind"),
            set: set.cloned(),
            disputed: None,
            recorded,
            lifecycle: envelope.lifecycle,
            places: Arc::clone(kept),
            spec,
            natural_keys,
            kept: Kept::default(),
            address,
        }));
    }

    /// Keeps what is compared with what other manifests want.
    fn want(&mut self, kind: &dyn ErasedKind, address: &Address, state: Value) {
        let wide = kind.account_wide(&state).unwrap_or_default().into_iter();
        let wide = wide.map(|(path, value)| (address.clone(), path, value));
        self.contents.account_wide.extend(wide);
        if kind.judges_together() {
            self.contents.wanted.push((address.clone(), state));
        }
    }

    /// Checks the spec of a manifest of which something else is wrong, as far as it can be without
    /// it: every mistake is reported at once.
    pub(super) fn spec_alone(&mut self, place: &Place) {
        let value = &place.located.value;
        let kind = value["kind"].as_str().and_then(|kind| self.loader.registry.get(kind));
        let (Some(kind), Some(mut spec)) = (kind, value.get("spec").cloned()) else { return };
        if !spec.is_object() {
            return;
        }
        let texts = vars::alone("spec", &spec);
        let settings = self.loader.settings;
        let of_set = value["metadata"]["scopeSet"].as_str();
        let of_set = of_set.and_then(|set| settings.sets.get(set)?.home.first());
        let named = value["metadata"]["scope"].as_str().or(of_set.map(String::as_str));
        let named = named.or(settings.default_scope.as_deref());
        let mut wrong = Vec::new();
        if let Some((scope, facts)) =
            named.and_then(|scope| Some((scope, self.loader.facts.get(scope)?)))
        {
            let var = |name: &str| settings.var(scope, name);
            vars::substitute("spec", &mut spec, facts, &var, &mut wrong);
            self.check_spec(kind, &mut spec, &texts, &mut wrong);
        } else {
            // What a variable stands for is not known here.
            let mut all = Vec::new();
            self.check_spec(kind, &mut spec, &texts, &mut all);
            wrong.extend(all.into_iter().filter(|wrong| !texts.contains(&wrong.field)));
        }
        self.report(place, &wrong, &spec);
    }

    /// Adds what is wrong with a spec whose variables are filled in. `variables` are the values
    /// that consist of one variable alone: where a number or a truth value is needed, its value is
    /// one.
    fn check_spec(
        &mut self,
        kind: &dyn ErasedKind,
        spec: &mut Value,
        variables: &BTreeSet<String>,
        wrong: &mut Vec<Invalid>,
    ) {
        // A variable's value can contain another tool's placeholder.
        let mut brought = Vec::new();
        foreign::leftovers("spec", spec, &mut brought);
        wrong.extend(brought.into_iter().filter(|wrong| !self.is_named(&wrong.field)));
        self.named.extend(wrong.iter().map(|wrong| wrong.field.clone()));
        let types = typed_with_variables(kind, spec, variables);
        wrong.extend(types.into_iter().filter(|wrong| !self.follows(wrong)));
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
}

/// References in texts of a set's manifest to what exists once an account, with the scope that it
/// is declared in.
fn at_home(value: &mut Value, home: &str, registry: &Registry) {
    match value {
        Value::String(text) if text.contains("${") => {
            let pieces = placeholder::pieces(text).into_iter().map(|piece| match piece {
                Piece::Text(text) | Piece::Open(text) => text.to_owned(),
                Piece::Literal(inner) => format!("$${{{inner}}}"),
                Piece::Token(inner) => {
                    let kind = inner.split('/').next().and_then(|kind| registry.get(kind));
                    let global = kind.is_some_and(|kind| kind.profile().global);
                    let scope = if global && placeholder::is_path(inner) { home } else { "" };
                    let slash = if scope.is_empty() { "" } else { "/" };
                    format!("${{{scope}{slash}{inner}}}")
                }
            });
            *text = pieces.collect();
        }
        Value::Array(items) => items.iter_mut().for_each(|item| at_home(item, home, registry)),
        Value::Object(map) => map.values_mut().for_each(|item| at_home(item, home, registry)),
        _ => {}
    }
}

/// The type errors of a spec. A text that was a variable alone and is wrong as a text is tried as
/// the number or truth value that it spells.
fn typed_with_variables(
    kind: &dyn ErasedKind,
    spec: &mut Value,
    variables: &BTreeSet<String>,
) -> Vec<Invalid> {
    let mut tried = BTreeSet::new();
    loop {
        let types =
            type_problems(spec, |spec| kind.check_spec(spec).err().map(|e| invalid_from(&e)));
        let types: Vec<Invalid> =
            types.into_iter().map(|w| Invalid { field: join("spec", &w.field), ..w }).collect();
        let mut fields = types.iter().map(|wrong| &wrong.field);
        let next = fields.find(|field| variables.contains(*field) && !tried.contains(*field));
        let Some(field) = next.cloned() else { return types };
        let below = field.strip_prefix("spec").unwrap_or_default().trim_start_matches('.');
        if let Some(value) = spec.pointer_mut(&pointer(below))
            && let Some(spelled) = value.as_str().and_then(vars::spelled)
        {
            *value = spelled;
        }
        tried.insert(field);
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
