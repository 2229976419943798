//! Which live resources may be the one at an address that references cannot use now. What refers to it must
//! not treat those as somebody else's: they are about to be adopted, lost their claim, or carry it twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::Inputs;
use crate::{
    kind::{Known, Refs},
    manifest::Document,
    model::{Address, Seen},
};

/// The candidates for every address that references may follow later to, by address: what it was last
/// seen as, what it adopts, and what has its name.
pub(super) fn find(inputs: &Inputs<'_>, known: &Known) -> BTreeMap<Address, BTreeSet<String>> {
    let mut found = known.candidates.clone();
    let soft = inputs.documents.values().flat_map(|document| &document.recorded.soft);
    let open: BTreeSet<_> = soft.filter(|address| !known.resources.contains_key(address)).collect();
    for address in open {
        let ids = found.entry(address.clone()).or_default();
        ids.extend(inputs.predecessors.get(address).map(ToString::to_string));
        let Some(document) = inputs.documents.get(address) else { continue };
        ids.extend(document.lifecycle.adopt.as_ref().map(ToString::to_string));
        // A panic is a defect in the kind; it is reported where the manifest itself is planned.
        let named = catch_unwind(AssertUnwindSafe(|| by_name(document, inputs, known)));
        ids.extend(named.unwrap_or_default());
    }
    found.retain(|_, ids| !ids.is_empty());
    found
}

/// What was read in each scope of the kinds that could not be read in a scope of another account or Region: an id there is
/// none of here.
pub(super) fn elsewhere(
    inputs: &Inputs<'_>,
    known: &Known,
) -> BTreeMap<(String, String, String), BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for (unread, kind) in known.unknown.keys() {
        let Some(there) = inputs.facts.get(unread) else { continue };
        let apart = inputs
            .facts
            .values()
            .filter(|here| (&here.account, &here.region) != (&there.account, &there.region));
        for here in apart {
            let Some(Seen::All(live)) = inputs.live.seen.get(&(here.name.clone(), kind.clone()))
            else {
                continue;
            };
            let ids = live.iter().map(|resource| resource.id.to_string()).collect();
            found.insert((here.name.clone(), unread.clone(), kind.clone()), ids);
        }
    }
    found
}

/// The live resources that share a natural key with a manifest.
fn by_name(document: &Document, inputs: &Inputs<'_>, known: &Known) -> Vec<String> {
    let Address { scope, kind, name } = &document.address;
    let (Some(erased), Some(facts), Some(spec)) =
        (inputs.registry.get(kind), inputs.facts.get(scope), &document.spec)
    else {
        return Vec::new();
    };
    let mut refs = Refs::new(facts, name, known);
    let Ok(resolved) = inputs.registry.resolve(kind, spec, &mut refs) else { return Vec::new() };
    let Some(Seen::All(live)) = inputs.live.seen.get(&(scope.clone(), kind.clone())) else {
        return Vec::new();
    };
    live.iter()
        .filter(|resource| {
            let theirs = erased.natural_keys(&resource.state).unwrap_or_default();
            theirs.iter().any(|key| resolved.natural_keys.contains(key))
        })
        .map(|resource| resource.id.to_string())
        .collect()
}
