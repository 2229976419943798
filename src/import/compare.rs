//! Whether the manifests say what AWS has: they are resolved against what was observed and
//! compared, as a plan compares them. What is wrong is said with less.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{ImportError, draft::Draft, namer::Index, owners::Skip, pages::Pages, read};
use crate::{
    engine::Scopes,
    kind::{
        Known, KnownResource, LookupItem, LookupKind, Refs, erased::Registry, table::PROPERTIES,
    },
    manifest::{Document, Problem, Snapshot},
    model::{Address, Observed, Seen},
};

/// What lookups of the manifests find, as far as it was fetched: by scope and kind, the names that
/// were asked for and what there is.
#[derive(Debug, Default)]
pub struct Sought(BTreeMap<(String, LookupKind), Fetched>);

#[derive(Debug)]
struct Fetched {
    names: BTreeSet<String>,
    seen: Seen<Vec<LookupItem>>,
}

impl Sought {
    /// Fetches what the manifests look up and nobody has fetched yet.
    pub async fn fetch(&mut self, scopes: &Scopes, snapshot: &Snapshot, index: &Index) {
        let mut wanted: BTreeMap<(String, LookupKind), BTreeSet<String>> = BTreeMap::new();
        for (address, document) in &snapshot.documents {
            for (kind, name) in &document.recorded.lookups {
                let key = (address.scope.clone(), *kind);
                wanted.entry(key).or_default().extend(name.clone());
            }
        }
        for (key, names) in wanted {
            let is_there = self.0.get(&key).is_some_and(|there| names.is_subset(&there.names));
            if is_there || index.lookups.contains_key(&key) || index.has_places(&key) {
                continue;
            }
            let seen = match read::lookups(scopes, &key.0, key.1, &names).await {
                Ok(items) => Seen::All(items),
                Err(why) => Seen::Unknown(why.to_string()),
            };
            self.0.insert(key, Fetched { names, seen });
        }
    }

    /// What references and lookups can use, without resources.
    pub fn known(&self, index: &Index) -> Known {
        let mut known = Known::default();
        for (key, items) in &index.lookups {
            known.lookups.insert(key.clone(), Seen::All(items.clone()));
        }
        for (scope, places) in &index.places {
            let item = |(id, name): (&String, &String)| LookupItem {
                id: id.clone(),
                name: Some(name.clone()),
                ..LookupItem::default()
            };
            let items = places.iter().map(item).collect();
            let key = (scope.clone(), LookupKind::OrganizationalUnit);
            known.lookups.insert(key, Seen::All(items));
        }
        for (key, fetched) in &self.0 {
            known.lookups.insert(key.clone(), fetched.seen.clone());
        }
        for (scope, facts) in &index.facts {
            if let Some(id) = &facts.organization {
                known.organizations.insert(scope.clone(), Seen::All(id.clone()));
            }
        }
        known
    }
}

/// The manifests of one round.
pub struct Comparison<'a> {
    /// The kinds.
    pub registry: &'a Registry,
    /// What they name.
    pub index: &'a Index,
    /// Their files.
    pub pages: &'a Pages,
}

impl Comparison<'_> {
    /// Corrects what loading refuses: of each manifest the first problem, since the others may
    /// follow from it. Says whether anything was corrected.
    ///
    /// # Errors
    /// A problem of the directory, which is none of the import's.
    pub fn refused(&self, problems: &[Problem], drafts: &mut [Draft]) -> Result<bool, ImportError> {
        let mut corrected = BTreeSet::new();
        for problem in problems {
            let Some(address) = self.pages.at(&problem.origin.file, problem.origin.line) else {
                return Err(ImportError::Directory(vec![problem.clone()]));
            };
            let draft = drafts.iter_mut().find(|draft| draft.address == *address);
            let Some(draft) = draft.filter(|_| corrected.insert(address.clone())) else { continue };
            match problem.path.strip_prefix("spec") {
                Some(field) => {
                    let field = field.trim_start_matches('.');
                    draft.correct(self.registry, self.index, field, &problem.message);
                }
                None => {
                    let (field, why) = (problem.path.clone(), problem.message.clone());
                    draft.skip = Some(Skip::Unsayable { field, why });
                }
            }
        }
        Ok(!corrected.is_empty())
    }

    /// Corrects what does not resolve or would change something. Says whether anything was
    /// corrected.
    pub fn differing(
        &self,
        snapshot: &Snapshot,
        drafts: &mut [Draft],
        others: &[(Address, Observed<Value>)],
        mut known: Known,
    ) -> bool {
        let live = drafts.iter().map(|draft| (&draft.address, &draft.live));
        let live = live.chain(others.iter().map(|(address, live)| (address, live)));
        for (address, live) in live {
            let resource = KnownResource { id: live.id.clone(), arn: live.arn.clone() };
            known.resources.insert(address.clone(), resource);
            if let Some(Value::Object(all)) = live.state.get(PROPERTIES) {
                let texts = all
                    .iter()
                    .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
                known.attributes.insert(address.clone(), texts.collect());
            }
        }
        let mut corrected = false;
        for draft in drafts {
            corrected |= match snapshot.documents.get(&draft.address) {
                Some(document) => self.differs(document, draft, &known),
                None => {
                    let why = "it is not read back".to_owned();
                    draft.skip = Some(Skip::Unsayable { field: String::new(), why });
                    true
                }
            };
        }
        corrected
    }

    fn differs(&self, document: &Document, draft: &mut Draft, known: &Known) -> bool {
        let (registry, index) = (self.registry, self.index);
        let Address { scope, kind, name } = &document.address;
        let (Some(facts), Some(kind), Some(spec)) =
            (index.facts.get(scope), registry.get(kind), &document.spec)
        else {
            return false;
        };
        let mut refs = Refs::new(&facts.scope, name, known);
        let resolved = match registry.resolve(kind.profile().name, spec, &mut refs) {
            Ok(resolved) => resolved,
            Err(wrong) => {
                if let Some(wrong) = wrong.first() {
                    draft.correct(registry, index, &wrong.field, &wrong.why);
                }
                return true;
            }
        };
        let unresolved = refs.finish().unresolved;
        if let Some(missing) = unresolved.values().find(|missing| !missing.fact) {
            let why = missing.why.to_string();
            draft.correct(registry, index, missing.why.field().unwrap_or_default(), &why);
            return true;
        }
        match kind.diff(&resolved.state, &draft.live.state) {
            Ok(edits) if edits.is_empty() => false,
            Ok(edits) => {
                draft.differs(registry, index, &edits);
                true
            }
            Err(defect) => {
                let why = defect.to_string();
                draft.skip = Some(Skip::Unsayable { field: String::new(), why });
                true
            }
        }
    }
}
