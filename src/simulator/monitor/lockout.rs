//! S12: lockouts through policies after a call. Each service declares what its policies lock out.

use crate::simulator::{
    services::{api, kinds},
    truth::{Thing, Truth},
};

/// What palisade has lost through a call of a service.
pub(super) fn lost(service: &str, before: &Truth, after: &Truth) -> Vec<String> {
    let changed = after.things.iter().filter(|(id, thing)| before.things.get(*id) != Some(*thing));
    let wrong = changed.filter_map(|(id, thing)| {
        locked_out(before.things.get(id), thing).map(|what| format!("{id}: {what}"))
    });
    let all: Vec<_> = kinds().collect();
    let taken = api(service).and_then(|api| api.taken);
    wrong.chain(taken.into_iter().flat_map(|taken| taken(before, after, &all))).collect()
}

/// The lockout of a resource after a call, unless it existed before.
pub(super) fn locked_out(before: Option<&Thing>, after: &Thing) -> Option<&'static str> {
    let kind = kinds().find(|kind| kind.name == after.kind)?;
    if before.is_some_and(|before| (kind.lost)(before).is_some()) {
        return None;
    }
    (kind.lost)(after)
}
