//! Checks across all manifests: dangling references, cycles, and two manifests for one resource.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value;

use super::{
    Problem,
    document::{Document, Presence, join},
    load::{Contents, Loaded, Loader, Snapshot, meets},
    problem::did_you_mean,
};
use crate::{
    kind::{Invalid, id_form},
    model::{Address, ScopedKind},
};

/// All files, as far as they have been put together.
pub(super) struct Whole<'a> {
    pub(super) loader: &'a Loader<'a>,
    /// What each file says, in the order of their paths.
    pub(super) contents: Vec<Arc<Contents>>,
    /// Texts of other files, which are not used: what they declare is unknown.
    pub(super) unknown: &'a [&'a str],
    pub(super) snapshot: Snapshot,
    pub(super) problems: Vec<Problem>,
    /// Whether there are files that could not even be read.
    pub(super) files_are_missing: bool,
    /// The names of invalid manifests.
    pub(super) misdeclared: BTreeSet<String>,
}

impl Whole<'_> {
    /// Adds up what the files say by themselves.
    pub(super) fn collect(&mut self) {
        for contents in self.contents.clone() {
            self.problems.extend(contents.problems.iter().cloned());
            self.misdeclared.extend(contents.misdeclared.iter().cloned());
            self.snapshot.warnings.extend(contents.warnings.iter().cloned());
            self.snapshot.approvals.extend(contents.approvals.iter().cloned());
            for document in &contents.documents {
                self.insert(document);
            }
        }
    }

    /// A manifest for one scope holds there instead of one for a set; two for sets are a conflict
    /// of that scope alone, since who belongs to a set can change by itself.
    fn insert(&mut self, document: &Arc<Document>) {
        let address = &document.address;
        let Some(first) = self.snapshot.documents.get_mut(address) else {
            self.snapshot.documents.insert(address.clone(), Arc::clone(document));
            return;
        };
        match (&first.set, &document.set) {
            (None, Some(_)) => {}
            (Some(_), None) => *first = Arc::clone(document),
            (Some(one), Some(other)) if one != other => {
                let why = format!("sets {one} and {other} both declare {address}");
                let why = Invalid::new("", why).help(format!(
                    "the other one is at {}; declare it for the scope itself, or take the scope \
                     out of one set",
                    first.origin
                ));
                self.snapshot.warnings.push(document.places.problem("metadata.scopeSet", &why));
                let disputed = Some(document.origin.clone());
                *first = Arc::new(Document { disputed, ..Document::clone(first) });
            }
            _ => {
                let why = Invalid::new("", format!("{address} is declared twice"))
                    .help(format!("the other one is at {}", first.origin));
                self.problems.push(document.places.problem("metadata.name", &why));
            }
        }
    }

    /// The snapshot, unless there are errors.
    pub(super) fn finish(mut self) -> Loaded {
        self.dangling_references();
        self.shared_keys();
        self.together();
        self.account_wide();
        for cycle in crate::plan::graph::cycles(&self.snapshot.documents) {
            let names: Vec<_> = cycle.iter().map(ToString::to_string).collect();
            let why = Invalid::new("", format!("refers to itself: {}", names.join(" -> ")))
                .help("none of them could be created first; break the cycle");
            if let Some(document) = self.snapshot.documents.get(&cycle[0]) {
                self.problems.push(document.places.problem("spec", &why));
            }
        }
        let warnings = self.snapshot.warnings.clone();
        if self.problems.is_empty() {
            return Loaded { snapshot: Ok(self.snapshot), warnings, files: Vec::new() };
        }
        self.problems.sort();
        self.problems.dedup();
        Loaded { snapshot: Err(self.problems), warnings, files: Vec::new() }
    }

    /// Whether an invalid manifest may have this name: an error that it does not exist would be
    /// misleading.
    fn may_be_declared(&self, name: &str) -> bool {
        let unread = self.contents.iter().filter_map(|contents| contents.unread.as_deref());
        self.files_are_missing
            || self.misdeclared.contains(name)
            || unread.chain(self.unknown.iter().copied()).any(|text| text.contains(name))
    }

    fn dangling_references(&mut self) {
        let documents = &self.snapshot.documents;
        let mut dangling = Vec::new();
        let all = self.contents.iter().flat_map(|contents| &contents.left_over);
        let all: BTreeMap<_, _> = all.collect();
        for document in documents.values() {
            let left_over = all.get(&document.address).map_or(&[][..], |it| it.as_slice());
            for (field, target) in &document.recorded.asked {
                if meets(left_over, &join("spec", field)) {
                    continue;
                }
                let why = match documents.get(target) {
                    Some(found) if found.lifecycle.state == Presence::Present => continue,
                    Some(_) => Invalid::new("", format!("{target} is declared absent"))
                        .help("remove the reference, or set its `lifecycle.state: present`"),
                    None => match impossible(target, self.loader) {
                        Some(why) => why,
                        None if self.may_be_declared(&target.name) => continue,
                        None => missing(target, documents.keys()),
                    },
                };
                if document.lifecycle.state == Presence::Present {
                    dangling.push(document.places.problem(&join("spec", field), &why));
                }
            }
        }
        self.problems.extend(dangling);
    }

    fn together(&mut self) {
        let mut wanted: BTreeMap<ScopedKind, BTreeMap<&str, &Value>> = BTreeMap::new();
        for (address, state) in self.contents.iter().flat_map(|contents| &contents.wanted) {
            wanted.entry(address.scoped_kind()).or_default().insert(&address.name, state);
        }
        for (ScopedKind { scope, kind }, wanted) in &wanted {
            let Some(known) = self.loader.registry.get(kind) else { continue };
            // A state that its own kind cannot decode is a defect, which resolving reports.
            for (name, why) in known.together(wanted).unwrap_or_default() {
                if let Some(document) =
                    self.snapshot.documents.get(&Address::new(scope, kind, name))
                {
                    self.problems.push(document.problem(&why));
                }
            }
        }
    }

    /// Scopes of one account cannot want different values of what holds in all its Regions: each
    /// would undo the other.
    fn account_wide(&mut self) {
        let mut wanted = BTreeMap::<(&str, &str, &str), (&Address, &Value)>::new();
        let mut all: Vec<_> =
            self.contents.iter().flat_map(|contents| &contents.account_wide).collect();
        all.sort_by_key(|(address, ..)| address);
        for (address, path, value) in all {
            let Some(facts) = self.loader.facts.get(&address.scope) else { continue };
            let (other, first) = wanted
                .entry((&facts.account, &address.kind, path))
                .or_insert_with(|| (address, value));
            if *first == value {
                continue;
            }
            let why = format!("{other} wants another value of this for the same account");
            let help = "it holds for the account in all Regions: name it in one scope";
            let why = Invalid::new(path, why).help(help);
            if let Some(document) = self.snapshot.documents.get(address) {
                self.problems.push(document.problem(&why));
            }
        }
    }

    /// Two manifests that AWS cannot tell apart would fight over one resource.
    fn shared_keys(&mut self) {
        let mut taken: BTreeMap<(&str, &str, &str), &Document> = BTreeMap::new();
        let mut adopted: BTreeMap<(&str, &str, &str), &Document> = BTreeMap::new();
        for document in self.snapshot.documents.values() {
            let Address { scope, kind, .. } = &document.address;
            let present = document.lifecycle.state == Presence::Present;
            for key in document.natural_keys.iter().collect::<BTreeSet<_>>() {
                if !present {
                    continue;
                }
                if let Some(other) = taken.insert((scope, kind, key), document) {
                    let why =
                        Invalid::new("", format!("{key} is also wanted by {}", other.address))
                            .help(format!("the other one is at {}", other.origin));
                    self.problems.push(document.places.problem("spec", &why));
                }
            }
            if let Some(id) = &document.lifecycle.adopt
                && let Some(other) = adopted.insert((scope, kind, id.as_str()), document)
            {
                let why = Invalid::new("", format!("{id} is also adopted by {}", other.address))
                    .help(format!("the other one is at {}", other.origin));
                self.problems.push(document.places.problem("lifecycle.adopt", &why));
            }
        }
    }
}

/// Why a reference cannot be valid, whatever manifests exist.
fn impossible(target: &Address, loader: &Loader<'_>) -> Option<Invalid> {
    let Address { scope, name, .. } = target;
    // The slash in an ARN or alias reads like the one between a scope and a name.
    let whole = format!("{scope}/{name}");
    if let Some(form) = id_form(name).or_else(|| id_form(&whole)) {
        let why = "`ref` takes the name of a manifest, but this is an AWS id";
        return Some(Invalid::new("", why).help(format!("remove `ref` and write {form} itself")));
    }
    let is_kind =
        |text: &str| loader.registry.names().iter().any(|kind| kind.eq_ignore_ascii_case(text));
    let shown = |text: &str| {
        let plain = text.len() <= 64 && text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
        if plain { text.to_owned() } else { "…".to_owned() }
    };
    let parts: Vec<&str> = name.split('/').collect();
    let without = match (&parts[..], is_kind(scope)) {
        // If the scope is the name of a kind, the intention is clear.
        (_, true) => Some(name.clone()),
        ([kind, name], false) if is_kind(kind) => Some(format!("{scope}/{name}")),
        _ => None,
    };
    if let Some(without) = without {
        let why = "`ref` takes the name of a manifest without its kind, which the field already \
            implies";
        return Some(Invalid::new("", why).help(format!("write {{ref: {}}}", shown(&without))));
    }
    let scopes = &loader.settings.scopes;
    if !scopes.contains_key(scope) {
        let names: Vec<&str> = scopes.keys().map(String::as_str).collect();
        let help = did_you_mean(scope, names.iter().copied()).map_or_else(
            || {
                format!(
                    "the part before the slash must be a scope in the settings: {}",
                    names.join(", ")
                )
            },
            |near| format!("did you mean `{near}`?"),
        );
        return Some(Invalid::new("", format!("unknown scope `{}`", shown(scope))).help(help));
    }
    None
}

fn missing<'a>(target: &Address, known: impl Iterator<Item = &'a Address>) -> Invalid {
    let siblings: Vec<&Address> = known.filter(|other| other.kind == target.kind).collect();
    let here: Vec<&str> = siblings
        .iter()
        .filter(|other| other.scope == target.scope)
        .map(|other| other.name.as_str())
        .collect();
    let invalid = Invalid::new("", format!("no manifest declares {target}"));
    let Address { kind, name, .. } = target;
    if let Some(near) = did_you_mean(name, here.iter().copied()) {
        return invalid.help(format!("did you mean `{near}`?"));
    }
    if let Some(other) = siblings.iter().find(|other| other.name == *name) {
        return invalid.help(format!("did you mean `{}/{name}`, in another scope?", other.scope));
    }
    invalid.help(format!(
        "add a manifest of kind {kind} with that name, or write the id of an existing resource"
    ))
}
