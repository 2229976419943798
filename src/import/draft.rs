//! One manifest that is being written.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    namer::{Index, Level, Namer},
    owners::Skip,
};
use crate::{
    kind::{
        erased::{ErasedKind, Registry},
        table::{LeafEdit, Tree},
    },
    kinds::notebooks,
    manifest::API_VERSION,
    model::{Address, Observed, Tags, claim},
};

/// A manifest that is being written, for one live resource.
#[derive(Debug)]
pub struct Draft {
    /// Its address.
    pub address: Address,
    /// The file, below the directory.
    pub file: String,
    /// The live resource.
    pub live: Observed<Value>,
    /// How much it says with names.
    level: Level,
    /// Fields below `spec` that it cannot say, with the reason.
    dropped: BTreeMap<String, String>,
    /// Why it is not imported after all.
    pub skip: Option<Skip>,
}

/// The content of a manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    /// The document.
    pub document: Value,
    /// What it leaves out, by field below `spec`, with the reason.
    pub left_out: BTreeMap<String, String>,
}

impl Draft {
    /// The manifest of a live resource, with all names.
    pub fn new(address: Address, file: String, live: Observed<Value>) -> Self {
        let (level, dropped, skip) = (Level::Blocks, BTreeMap::new(), None);
        Self { address, file, live, level, dropped, skip }
    }

    /// Its content; none if its kind cannot say anything.
    pub fn content(
        &self,
        registry: &Registry,
        index: &Index,
        default_scope: Option<&str>,
    ) -> Option<Content> {
        let kind = registry.get(&self.address.kind)?;
        let (spec, left_out) = self.spec(kind, index, self.level)?;
        let Address { scope, name, .. } = &self.address;
        let mut metadata = Tree::from_iter([("name".to_owned(), json!(name))]);
        if default_scope != Some(scope.as_str()) {
            metadata.insert("scope".to_owned(), json!(scope));
        }
        let mut document = Tree::from_iter([
            ("apiVersion".to_owned(), json!(API_VERSION)),
            ("kind".to_owned(), json!(self.address.kind)),
            ("metadata".to_owned(), Value::Object(metadata)),
        ]);
        if kind.profile().claimed.parent().is_none() {
            document.insert("lifecycle".to_owned(), json!({"adopt": self.live.id}));
        }
        document.insert("spec".to_owned(), Value::Object(spec));
        Some(Content { document: Value::Object(document), left_out })
    }

    fn spec(
        &self,
        kind: &dyn ErasedKind,
        index: &Index,
        level: Level,
    ) -> Option<(Tree, BTreeMap<String, String>)> {
        let profile = kind.profile();
        let namer = Namer::new(index, &self.address, level, profile.claimed.parent())?;
        let written = kind.written(&self.live.state, &namer).ok()?;
        let mut spec = written.spec;
        let mut left_out: BTreeMap<String, String> =
            written.left_out.into_iter().map(|it| (it.field, it.why)).collect();
        if profile.claimed.is_in_tags() {
            let tags = tags(&self.live.tags, &namer);
            if !tags.is_empty() {
                spec.insert(TAGS.to_owned(), Value::Object(tags));
            }
        }
        let mut secrets = BTreeSet::new();
        find_secrets("", &Value::Object(spec.clone()), &mut secrets);
        for field in secrets {
            if remove(&mut spec, &field) {
                left_out.insert(field, LIKE_A_SECRET.to_owned());
            }
        }
        for (field, why) in &self.dropped {
            // That there is none of something goes without saying.
            if removed(&mut spec, field).is_some_and(|value| !is_nothing(&value)) {
                left_out.insert(field.clone(), why.clone());
            }
        }
        Some((spec, left_out))
    }

    /// Says less where a field turned out to be wrong; what cannot be said otherwise is left out,
    /// and without what it must say the resource is not imported.
    pub fn correct(&mut self, registry: &Registry, index: &Index, field: &str, why: &str) {
        let unsayable = Skip::Unsayable { field: field.to_owned(), why: why.to_owned() };
        let Some(kind) = registry.get(&self.address.kind) else {
            self.skip = Some(unsayable);
            return;
        };
        let top = field.split(['.', '[']).next().unwrap_or_default();
        let now = self.spec(kind, index, self.level).map(|it| it.0);
        let mut level = self.level;
        while let Some(less) = level.less() {
            level = less;
            let then = self.spec(kind, index, less).map(|it| it.0);
            let is_other = match (&now, &then) {
                (Some(now), Some(then)) if top.is_empty() => now != then,
                // Blocks are a field of their own.
                (Some(now), Some(then)) => now.get(top) != then.get(top),
                _ => false,
            };
            if is_other {
                self.level = less;
                return;
            }
        }
        let mut spec = now.unwrap_or_default();
        let before = spec.len();
        let place = place_of(&spec, field);
        match place.filter(|place| remove(&mut spec, place)) {
            Some(place) if before > 0 => drop(self.dropped.insert(place, why.to_owned())),
            _ => self.skip = Some(unsayable),
        }
    }

    /// The same for edits that the manifest would make.
    pub fn differs(
        &mut self,
        registry: &Registry,
        index: &Index,
        edits: &[crate::kind::erased::Edit],
    ) {
        let is_table = registry.get(&self.address.kind).is_some_and(|kind| kind.table().is_some());
        let paths = edits.iter().filter_map(|edit| match &edit.body {
            crate::kind::erased::EditBody::Change(body) if is_table => {
                serde_json::from_value::<LeafEdit>(body.clone()).ok().map(|edit| edit.path)
            }
            _ => None,
        });
        let paths: Vec<String> = paths.collect();
        let summaries: Vec<String> = edits.iter().map(|edit| edit.summary.clone()).collect();
        if paths.is_empty() {
            match self.level.less() {
                Some(less) => self.level = less,
                None => self.skip = Some(Skip::Differs { edits: summaries }),
            }
            return;
        }
        let level = self.level;
        for path in paths {
            self.correct(registry, index, &path, "its manifest would differ from what AWS has");
            // With other names everything is compared again.
            if self.level != level || self.skip.is_some() {
                return;
            }
        }
    }
}

/// The reason for leaving out what looks like a secret.
const LIKE_A_SECRET: &str = "it looks like a secret, and secrets do not belong in manifests";
/// The field of tags.
const TAGS: &str = "tags";

/// Tags that a manifest can ask for.
fn tags(all: &Tags, namer: &Namer<'_>) -> Tree {
    use crate::kind::Naming as _;
    let others = all.iter().filter(|(key, _)| !key.starts_with(claim::PREFIX));
    others.map(|(key, value)| (key.clone(), json!(namer.text(value)))).collect()
}

/// Texts outside of policies that look like a secret. In a policy there is none: a name such as
/// `GetSecretValue` only looks like one.
fn find_secrets(path: &str, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if notebooks::secret_at(text).is_some() => {
            found.insert(path.to_owned());
        }
        Value::Array(items) => items.iter().for_each(|item| find_secrets(path, item, found)),
        Value::Object(members) if !members.contains_key("Statement") => {
            for (key, inner) in members {
                let field = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                // A tag is named by its key.
                let named = path == TAGS && inner.is_string();
                let pair = named.then(|| json!(format!("{key}={}", inner.as_str().unwrap_or(""))));
                find_secrets(&field, pair.as_ref().unwrap_or(inner), found);
            }
        }
        _ => {}
    }
}

/// Whether anything in a value looks like a secret, in tags or elsewhere. It is a guess, and one
/// that finds too much rather than too little: keys and values of all objects are taken for tags.
pub fn has_secrets(value: &Value) -> bool {
    match value {
        Value::String(text) => notebooks::secret_at(text).is_some(),
        Value::Array(items) => items.iter().any(has_secrets),
        Value::Object(members) if !members.contains_key("Statement") => {
            // Pairs are often written with the name and the value as members.
            let member = |name: &str| members.get(name).and_then(Value::as_str);
            let name = ["Name", "Key", "name", "key"].into_iter().find_map(member);
            members.iter().any(|(key, inner)| match inner {
                Value::String(text) => [Some(key.as_str()), name]
                    .into_iter()
                    .flatten()
                    .any(|name| notebooks::secret_at(&format!("{name}={text}")).is_some()),
                _ => has_secrets(inner),
            })
        }
        _ => false,
    }
}

/// The path of what can be left out: the field itself, or the list or tag that it is in.
fn place_of(spec: &Tree, field: &str) -> Option<String> {
    let tag = field.strip_prefix("tags.").filter(|key| {
        spec.get(TAGS).and_then(Value::as_object).is_some_and(|tags| tags.contains_key(*key))
    });
    if tag.is_some() {
        return Some(field.to_owned());
    }
    let whole = field.split('[').next().unwrap_or_default();
    let mut path = whole.to_owned();
    while !path.is_empty() {
        if remove(&mut spec.clone(), &path) {
            return Some(path);
        }
        path = path.rsplit_once('.').map(|(above, _)| above.to_owned()).unwrap_or_default();
    }
    None
}

/// Whether a value says only that there is nothing.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_nothing),
        _ => false,
    }
}

/// Removes a member at a path; says whether it was there.
fn remove(spec: &mut Tree, path: &str) -> bool {
    removed(spec, path).is_some()
}

/// The member at a path, which is there no more. Keys of tags can have dots in them.
fn removed(spec: &mut Tree, path: &str) -> Option<Value> {
    if let Some(key) = path.strip_prefix("tags.")
        && let Some(Value::Object(tags)) = spec.get_mut(TAGS)
    {
        return tags.shift_remove(key);
    }
    let mut members = spec;
    let mut rest = path;
    while let Some((name, below)) = rest.split_once('.') {
        let Some(Value::Object(inner)) = members.get_mut(name) else { return None };
        members = inner;
        rest = below;
    }
    members.shift_remove(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(value: Value) -> Tree {
        value.as_object().expect("an object").clone()
    }

    #[test]
    fn the_smallest_part_that_can_be_left_out_is_left_out() {
        let spec = tree(json!({
            "tags": {"a.b": "x"}, "list": [{"x": 1}], "group": {"inner": {"leaf": 1}}
        }));
        let place = |field: &str| place_of(&spec, field);
        assert_eq!(place("tags.a.b").as_deref(), Some("tags.a.b"));
        assert_eq!(place("list[0].x").as_deref(), Some("list"));
        assert_eq!(place("group.inner.leaf").as_deref(), Some("group.inner.leaf"));
        assert_eq!(place("group.inner.other").as_deref(), Some("group.inner"));
        assert_eq!(place("nothing"), None);
    }

    #[test]
    fn what_looks_like_a_secret_is_found_outside_of_policies() {
        let mut found = BTreeSet::new();
        let spec = json!({
            "tags": {"db_password": "hunter2hunter2", "team": "ml"},
            "onStart": "export TOKEN=abcdefgh12345",
            "policy": {"Statement": [{"Action": "secretsmanager:GetSecretValue"}]},
        });
        find_secrets("", &spec, &mut found);
        let found: Vec<_> = found.iter().map(String::as_str).collect();
        assert_eq!(found, ["onStart", "tags.db_password"]);
    }
}
