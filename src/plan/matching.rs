//! Which live resource belongs to which manifest. Ownership is read from the resource's own tags; a
//! name proves nothing.
//!
//! | claimed by this address | adopted id is live | shares a natural key | result |
//! |---|---|---|---|
//! | one | - | - | ours |
//! | one, but another id is adopted | - | - | conflict |
//! | several | - | - | conflict: all frozen |
//! | none | unclaimed | - | adopt |
//! | none | claimed by anybody | - | conflict |
//! | none | not there | - | waiting, never a create |
//! | none (a kind without claims) | not there, and the manifest names it | - | create |
//! | none | nothing adopted | is what was ours before | conflict |
//! | none | nothing adopted | with anything | conflict |
//! | none | nothing adopted | no | create |

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Claimed, Conflict, Inventory};
use crate::{
    kind::{self, erased::ErasedKind},
    manifest::Document,
    model::{Observed, Ownership, PhysicalId},
};

/// The result of matching a manifest.
#[derive(Debug)]
pub(super) enum Match<'a> {
    /// Its own live resource.
    Ours(&'a Observed<Value>),
    /// An unclaimed resource that it adopts.
    Adopt(&'a Observed<Value>),
    /// No resource; it may be created.
    Absent,
    /// The adopted id does not exist.
    AdoptionMissing(PhysicalId),
    /// A person must decide.
    Conflict(Conflict),
}

/// Matches one manifest. `natural_keys` are those of its resolved want.
pub(super) fn find<'a>(
    document: &Document,
    natural_keys: &[String],
    live: &Inventory<'a>,
    kind: &dyn ErasedKind,
    predecessor: Option<&PhysicalId>,
) -> Match<'a> {
    let ours: Vec<_> = live.of(&document.address).map(|claimed| claimed.resource).collect();
    let adopt = document.lifecycle.adopt.as_ref();
    match (&ours[..], adopt) {
        ([one], None) => Match::Ours(one),
        ([one], Some(id)) if one.id == *id => Match::Ours(one),
        ([one], Some(id)) => Match::Conflict(conflict(
            document,
            [one.id.clone(), id.clone()],
            format!("adopts {id}, but {} already carries this address", one.id),
            "remove `lifecycle.adopt`, or the claim tags of the one that should not be managed",
        )),
        // What its own manifest names, and nothing has.
        ([], Some(id)) if is_to_be_made(id, natural_keys, live, kind) => Match::Absent,
        ([], Some(id)) => adoption(document, id, live),
        ([], None) => unclaimed(document, live, kind, predecessor)
            .unwrap_or_else(|| by_name(document, natural_keys, live, kind)),
        (several, _) => Match::Conflict(conflict(
            document,
            several.iter().map(|resource| resource.id.clone()),
            format!("{} live resources carry this address; none of them is changed", several.len()),
            "remove the claim tags from all but the right one; palisade deletes none of them",
        )),
    }
}

/// Matches a part of a resource that is still to be adopted: by its id, which is that of the whole.
/// Nothing is written for it until the whole carries the claim.
pub(super) fn part<'a>(id: &PhysicalId, live: &Inventory<'a>) -> Match<'a> {
    live.by_id(id).map_or(Match::Absent, |claimed| Match::Ours(claimed.resource))
}

/// Whether a kind that cannot carry a claim has no resource of this id, and the manifest wants one
/// with exactly this id.
fn is_to_be_made(
    id: &PhysicalId,
    natural_keys: &[String],
    live: &Inventory<'_>,
    kind: &dyn ErasedKind,
) -> bool {
    kind.profile().claimed == kind::Claimed::ByName
        && natural_keys.contains(&id.0)
        && live.by_id(id).is_none()
}

fn adoption<'a>(document: &Document, id: &PhysicalId, live: &Inventory<'a>) -> Match<'a> {
    let Some(claimed) = live.by_id(id) else {
        return Match::AdoptionMissing(id.clone());
    };
    let why = match &claimed.ownership {
        Ownership::Unclaimed => return Match::Adopt(claimed.resource),
        Ownership::Ours { address, .. } => format!("{id} is claimed by {address}"),
        Ownership::Foreign(whose) => format!("{id} is {whose}"),
    };
    Match::Conflict(conflict(
        document,
        [id.clone()],
        why,
        "its claim tags must be removed by whoever set them before it can be adopted",
    ))
}

/// The resource that was this manifest's one pass ago and still exists without its claim. palisade
/// does not own it any more, and must not create a second one either.
fn unclaimed<'a>(
    document: &Document,
    live: &Inventory<'a>,
    kind: &dyn ErasedKind,
    predecessor: Option<&PhysicalId>,
) -> Option<Match<'a>> {
    let id = predecessor?;
    let there = live.by_id(id)?.resource;
    if kind.is_gone(&there.state).unwrap_or(false) {
        return None;
    }
    let why = format!("{id} was the resource of this manifest and has lost its claim tags");
    let help = format!(
        "somebody removed or changed its claim tags: to manage it again, add `lifecycle: {{adopt: \
         {id}}}`; to stop managing it, delete the manifest"
    );
    Some(Match::Conflict(conflict(document, [id.clone()], why, help)))
}

fn by_name<'a>(
    document: &Document,
    natural_keys: &[String],
    live: &Inventory<'a>,
    kind: &dyn ErasedKind,
) -> Match<'a> {
    let named = live.named(natural_keys, kind);
    let Some(Claimed { resource, ownership }) = named.first() else { return Match::Absent };
    let id = &resource.id;
    let theirs = kind.natural_keys(&resource.state).unwrap_or_default();
    let key = theirs.iter().find(|key| natural_keys.contains(key)).map_or("", String::as_str);
    if let Some(place) = kind.held(&resource.state, key, id) {
        return Match::Conflict(held_elsewhere(document, id, (key, &place), ownership));
    }
    let (whose, help) = match ownership {
        Ownership::Unclaimed => (
            "carries no claim".to_owned(),
            format!("to manage it, add `lifecycle: {{adopt: {id}}}`, or choose another name"),
        ),
        Ownership::Ours { address, .. } => (
            format!("is claimed by {address}"),
            "rename the manifest back, or remove the claim tags and adopt it".to_owned(),
        ),
        Ownership::Foreign(whose) => (
            format!("is {whose}"),
            "choose another name, or agree with its owner on who manages \
                it"
            .to_owned(),
        ),
    };
    Match::Conflict(conflict(
        document,
        [id.clone()],
        format!("{key} already exists: {id} {whose}"),
        help,
    ))
}

/// A new resource wants what only one resource can have, and another one has it.
fn held_elsewhere(
    document: &Document,
    id: &PhysicalId,
    (key, place): (&str, &str),
    ownership: &Ownership,
) -> Conflict {
    let (whose, help) = match ownership {
        Ownership::Unclaimed => (
            "carries no claim".to_owned(),
            format!(
                "leave {key} out of this manifest, or move it away from {id} first; to manage {id} \
                 itself, add `lifecycle: {{adopt: {id}}}`"
            ),
        ),
        Ownership::Ours { address, .. } => (
            format!("is claimed by {address}"),
            format!(
                "leave {key} out of this manifest at first: once its own resource exists, and \
                 {address} names {key} no longer, it is taken over in one call"
            ),
        ),
        Ownership::Foreign(whose) => (
            format!("is {whose}"),
            format!(
                "leave {key} out of this manifest, or agree with the owner of {id} on who has it"
            ),
        ),
    };
    conflict(document, [id.clone()], format!("{key} {place}, which {whose}"), help)
}

fn conflict(
    document: &Document,
    ids: impl IntoIterator<Item = PhysicalId>,
    why: impl Into<String>,
    help: impl Into<String>,
) -> Conflict {
    Conflict {
        address: document.address.clone(),
        origin: Some(document.origin.to_string()),
        ids: ids.into_iter().collect::<BTreeSet<_>>(),
        why: why.into(),
        help: help.into(),
    }
}
