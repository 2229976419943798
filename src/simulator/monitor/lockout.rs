//! S12: who is shut out by a policy as it stands after a call. What a policy shuts out, its service says.

use crate::simulator::{
    services::{api, kinds},
    truth::{Thing, Truth},
};

/// What palisade has lost by a call of a service.
pub(super) fn lost(service: &str, before: &Truth, after: &Truth) -> Vec<String> {
    let changed = after.things.iter().filter(|(id, thing)| before.things.get(*id) != Some(*thing));
    let wrong = changed.filter_map(|(id, thing)| {
        shut_out(before.things.get(id), thing).map(|what| format!("{id}: {what}"))
    });
    let all: Vec<_> = kinds().collect();
    let taken = api(service).and_then(|api| api.taken);
    wrong.chain(taken.into_iter().flat_map(|taken| taken(before, after, &all))).collect()
}

/// What is wrong with a thing after a call that was not wrong before it.
pub(super) fn shut_out(before: Option<&Thing>, after: &Thing) -> Option<&'static str> {
    let kind = kinds().find(|kind| kind.name == after.kind)?;
    if before.is_some_and(|before| (kind.lost)(before).is_some()) {
        return None;
    }
    (kind.lost)(after)
}
