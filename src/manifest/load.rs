//! From files to checked documents.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use serde_json::Value;

use super::{
    Problem,
    document::{
        API_VERSION, Approval, ApprovalSpec, Document, Envelope, Place, Presence, invalid_from,
        join, type_problems, typed,
    },
    node,
    problem::did_you_mean,
    tree, vars,
};
use crate::{
    baseline,
    kind::{Invalid, Known, Refs, ScopeFacts, erased::Registry},
    model::Address,
    settings::Settings,
};

/// What loading needs to know.
#[derive(Clone, Copy)]
pub struct Loader<'a> {
    /// The kinds.
    pub registry: &'a Registry,
    /// The scopes, defaults and variables.
    pub settings: &'a Settings,
    /// Account and Region of every scope.
    pub facts: &'a BTreeMap<String, ScopeFacts>,
}

/// Everything the directory says, at one time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// The manifests, by address.
    pub documents: BTreeMap<Address, Document>,
    /// Consents to held steps.
    pub approvals: Vec<Approval>,
}

impl Loader<'_> {
    /// Reads the directory.
    ///
    /// # Errors
    /// All problems of all files; then nothing of the directory may be used.
    pub fn load(&self, dir: &Path) -> Result<Snapshot, Vec<Problem>> {
        let files = tree::read(dir)?;
        let mut reading = Reading {
            loader: self,
            snapshot: Snapshot::default(),
            problems: Vec::new(),
            wanted: BTreeMap::new(),
        };
        for file in files {
            match node::parse(&file.text) {
                Ok(documents) => {
                    for located in documents {
                        reading.document(Place { file: file.shown.clone(), located });
                    }
                }
                Err(syntax) => reading.problems.push(Problem {
                    origin: super::Origin {
                        file: file.shown,
                        line: syntax.place.0,
                        column: syntax.place.1,
                    },
                    path: String::new(),
                    message: syntax.message,
                    help: syntax.help.map(str::to_owned),
                }),
            }
        }
        reading.finish()
    }
}

struct Reading<'a> {
    loader: &'a Loader<'a>,
    snapshot: Snapshot,
    problems: Vec<Problem>,
    /// Wanted states of manifests that are fine by themselves, by scope and kind.
    wanted: BTreeMap<(String, String), BTreeMap<String, Value>>,
}

impl Reading<'_> {
    fn document(&mut self, place: Place) {
        let value = &place.located.value;
        if !value.is_object() {
            let why = Invalid::new("", "a manifest is a mapping").help("start with `apiVersion:`");
            return self.problems.push(place.problem("", &why));
        }
        let wrong = type_problems(value, |value| typed::<Envelope>(value).err());
        if !wrong.is_empty() {
            return self.say(&place, &wrong, value);
        }
        let Ok(envelope) = typed::<Envelope>(value) else { return };
        let before = self.problems.len();
        if envelope.api_version != API_VERSION {
            let why = Invalid::new("", "unknown version").help(format!("write `{API_VERSION}`"));
            self.problems.push(place.problem("apiVersion", &why));
        }
        if !is_dns_label(&envelope.metadata.name) {
            let why = Invalid::new("", "not a lower-case DNS label")
                .help("1 to 63 of a-z, 0-9 and `-`, starting and ending with a letter or digit");
            self.problems.push(place.problem("metadata.name", &why));
        }
        if envelope.kind == "Approval" {
            return self.approval(&place, envelope.spec.as_ref());
        }
        let scope = self.scope(&place, envelope.metadata.scope.as_deref());
        if self.loader.registry.get(&envelope.kind).is_none() {
            let names = self.loader.registry.names();
            let help = did_you_mean(&envelope.kind, names.iter().copied()).map_or_else(
                || format!("kinds: {}", names.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            let why = Invalid::new("", format!("there is no kind `{}`", envelope.kind)).help(help);
            self.problems.push(place.problem("kind", &why));
        }
        if let Some(scope) = scope.filter(|_| self.problems.len() == before) {
            self.manifest(place, scope, envelope);
        }
    }

    /// Adds problems that a type or a kind found. Their words may quote a short value (a port, a misspelt word); a long one
    /// could be anything that somebody pasted, and the place says which it is.
    fn say(&mut self, place: &Place, wrong: &[Invalid], substituted: &Value) {
        let mut long = Vec::new();
        if !wrong.is_empty() {
            long_texts(&place.located.value, &mut long);
            long_texts(substituted, &mut long);
        }
        // The longest first: one may be part of another.
        long.sort_by_key(|text| std::cmp::Reverse(text.len()));
        let hide = |text: &str| long.iter().fold(text.to_owned(), |t, long| t.replace(long, "…"));
        self.problems.extend(wrong.iter().map(|w| {
            let shown = Invalid {
                field: w.field.clone(),
                why: hide(&w.why),
                help: w.help.as_deref().map(hide),
            };
            place.problem(&w.field, &shown)
        }));
    }

    fn scope(&mut self, place: &Place, named: Option<&str>) -> Option<String> {
        let settings = self.loader.settings;
        let Some(scope) = named.or(settings.default_scope.as_deref()) else {
            let why = Invalid::new("", "names no scope, and the settings have no defaultScope")
                .help("add `scope:`");
            self.problems.push(place.problem("metadata", &why));
            return None;
        };
        if settings.scopes.contains_key(scope) {
            return Some(scope.to_owned());
        }
        let names: Vec<&str> = settings.scopes.keys().map(String::as_str).collect();
        let help = did_you_mean(scope, names.iter().copied()).map_or_else(
            || format!("scopes of the settings: {}", names.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        let why = Invalid::new("", format!("there is no scope `{scope}`")).help(help);
        self.problems.push(place.problem("metadata.scope", &why));
        None
    }

    fn approval(&mut self, place: &Place, spec: Option<&Value>) {
        let spec = typed::<ApprovalSpec>(spec.unwrap_or(&Value::Null)).and_then(|spec| {
            use aws_smithy_types::date_time::{DateTime, Format};
            let expires =
                DateTime::from_str(&spec.expires, Format::DateTimeWithOffset).map_err(|_| {
                    Invalid::new("expires", "not a time")
                        .help("RFC 3339, e.g. 2026-12-31T18:00:00Z")
                })?;
            Ok(Approval {
                digest: spec.digest,
                expires: expires.as_secs_f64(),
                origin: place.origin("spec.digest"),
            })
        });
        match spec {
            Ok(approval) => self.snapshot.approvals.push(approval),
            Err(why) => self.problems.push(place.problem(&join("spec", &why.field), &why)),
        }
    }

    fn manifest(&mut self, place: Place, scope: String, envelope: Envelope) {
        let loader = self.loader;
        let address = Address::new(scope, &envelope.kind, &envelope.metadata.name);
        let (Some(facts), Some(kind)) =
            (loader.facts.get(&address.scope), loader.registry.get(&address.kind))
        else {
            return;
        };
        self.waivers(&place, &envelope);
        let mut spec = envelope.spec.filter(|spec| !spec.is_null());
        let mut wrong = Vec::new();
        if let Some(spec) = &mut spec {
            let var = |name: &str| loader.settings.var(&address.scope, name);
            vars::substitute("spec", spec, facts, &var, &mut wrong);
            let types =
                type_problems(spec, |spec| kind.check_spec(spec).err().map(|e| invalid_from(&e)));
            wrong.extend(types.into_iter().map(|w| Invalid { field: join("spec", &w.field), ..w }));
        } else if envelope.lifecycle.state == Presence::Present {
            wrong.push(Invalid::new("spec", "missing").help(format!(
                "`palisade explain {}` shows its fields; `lifecycle.state: absent` needs none",
                address.kind
            )));
        }
        let known = Known::default();
        let mut refs = Refs::new(facts, &address.name, &known);
        let mut natural_keys = Vec::new();
        if let Some(spec) = spec.as_ref().filter(|_| wrong.is_empty()) {
            let resolving = || loader.registry.resolve(&address.kind, spec, &mut refs);
            match catch_unwind(AssertUnwindSafe(resolving)).unwrap_or_else(|_| Err(vec![defect()]))
            {
                Ok(resolved) => {
                    natural_keys = resolved.natural_keys;
                    if envelope.lifecycle.state == Presence::Present {
                        let group = (address.scope.clone(), address.kind.clone());
                        let group = self.wanted.entry(group).or_default();
                        group.insert(address.name.clone(), resolved.state);
                    }
                }
                Err(all) => wrong.extend(
                    all.into_iter().map(|w| Invalid { field: join("spec", &w.field), ..w }),
                ),
            }
        }
        self.say(&place, &wrong, spec.as_ref().unwrap_or(&Value::Null));
        let document = Document {
            origin: place.origin("kind"),
            recorded: refs.finish(),
            lifecycle: envelope.lifecycle,
            places: place,
            spec,
            natural_keys,
            address: address.clone(),
        };
        if let Some(first) = self.snapshot.documents.get(&address) {
            let why = Invalid::new("", format!("{address} is declared twice"))
                .help(format!("the other one is at {}", first.origin));
            self.problems.push(document.places.problem("metadata.name", &why));
        } else {
            self.snapshot.documents.insert(address, document);
        }
    }

    /// A waiver that waives nothing would be believed to.
    fn waivers(&mut self, place: &Place, envelope: &Envelope) {
        for (id, reason) in &envelope.lifecycle.waive {
            let why = match baseline::rules().find(|rule| rule.id == id) {
                None => {
                    let ids = baseline::rules().map(|rule| rule.id);
                    let help = did_you_mean(id, ids).map_or_else(
                        || "`palisade explain rules` lists them".to_owned(),
                        |near| format!("did you mean `{near}`?"),
                    );
                    Invalid::new("", format!("there is no rule `{id}`")).help(help)
                }
                Some(rule) if rule.kind != envelope.kind => {
                    Invalid::new("", format!("{id} is reported at a {}", rule.kind))
                        .help(format!("waive it there, with `palisade explain {id}` at hand"))
                }
                Some(_) if reason.trim().is_empty() => {
                    Invalid::new("", "gives no reason").help("say why the rule may be broken here")
                }
                Some(_) => continue,
            };
            self.problems.push(place.problem(&join("lifecycle.waive", id), &why));
        }
    }

    fn finish(mut self) -> Result<Snapshot, Vec<Problem>> {
        self.dangling_references();
        self.shared_keys();
        self.together();
        for cycle in crate::plan::graph::cycles(&self.snapshot.documents) {
            let names: Vec<_> = cycle.iter().map(ToString::to_string).collect();
            let why = Invalid::new("", format!("refers to itself: {}", names.join(" -> ")))
                .help("none of them could be created first; break the circle");
            if let Some(document) = self.snapshot.documents.get(&cycle[0]) {
                self.problems.push(document.places.problem("spec", &why));
            }
        }
        if self.problems.is_empty() {
            return Ok(self.snapshot);
        }
        self.problems.sort();
        self.problems.dedup();
        Err(self.problems)
    }

    fn dangling_references(&mut self) {
        let documents = &self.snapshot.documents;
        for document in documents.values() {
            for (field, target) in &document.recorded.asked {
                let why = match documents.get(target) {
                    Some(found) if found.lifecycle.state == Presence::Present => continue,
                    Some(_) => Invalid::new("", format!("{target} is declared absent")),
                    None => missing(target, documents.keys()),
                };
                if document.lifecycle.state == Presence::Present {
                    self.problems.push(document.places.problem(&join("spec", field), &why));
                }
            }
        }
    }

    fn together(&mut self) {
        for ((scope, kind), wanted) in &self.wanted {
            let Some(known) = self.loader.registry.get(kind) else { continue };
            // A state that its own kind cannot read back is a defect, which resolving reports.
            for (name, why) in known.together(wanted).unwrap_or_default() {
                if let Some(document) =
                    self.snapshot.documents.get(&Address::new(scope, kind, name))
                {
                    self.problems.push(document.problem(&why));
                }
            }
        }
    }

    /// Two manifests that AWS cannot tell apart would fight over one resource.
    fn shared_keys(&mut self) {
        let mut taken: BTreeMap<(&str, &str, &str), &Document> = BTreeMap::new();
        let mut adopted: BTreeMap<(&str, &str), &Document> = BTreeMap::new();
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
                && let Some(other) = adopted.insert((scope, id.as_str()), document)
            {
                let why = Invalid::new("", format!("{id} is also adopted by {}", other.address))
                    .help(format!("the other one is at {}", other.origin));
                self.problems.push(document.places.problem("lifecycle.adopt", &why));
            }
        }
    }
}

/// Texts of this many characters and more are not repeated.
const LONG: usize = 20;

fn long_texts<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) if text.chars().count() >= LONG => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| long_texts(item, found)),
        Value::Object(map) => map.values().for_each(|item| long_texts(item, found)),
        _ => {}
    }
}

/// A kind that panics must not take the process with it; its manifest cannot be used.
fn defect() -> Invalid {
    Invalid::new("", "palisade itself failed while checking this manifest")
        .help("this is a defect: the log names the place")
}

fn missing<'a>(target: &Address, known: impl Iterator<Item = &'a Address>) -> Invalid {
    let siblings: Vec<&str> = known
        .filter(|other| other.kind == target.kind && other.scope == target.scope)
        .map(|other| other.name.as_str())
        .collect();
    let invalid = Invalid::new("", format!("no manifest declares {target}"));
    match did_you_mean(&target.name, siblings) {
        Some(near) => invalid.help(format!("did you mean `{near}`?")),
        None => invalid,
    }
}

fn is_dns_label(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&name.len())
        && name.bytes().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
}
