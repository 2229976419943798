//! The safe order of edits, from what each call must come after.

use super::{Because, How, Table, Verb, diff::Pending};

impl Table {
    /// The edits in an order that satisfies every [`After`](super::After). Among those that could
    /// come next, the one that [`Table::order`] names first is chosen; within one operation, edits
    /// that need consent come after those that do not, and edits that follow others come last.
    /// Changes that AWS has no call for come after everything.
    pub(super) fn ordered<'t>(&'t self, found: Vec<Pending<'t>>) -> Vec<Pending<'t>> {
        let mut left: Vec<_> =
            found.into_iter().map(|pending| (self.rank(&pending), pending)).collect();
        // Stable: within one operation, rows and entries keep their order if there are no groups.
        if self.has_groups() {
            left.sort_by(|(_, one), (_, other)| one.edit.path.cmp(&other.edit.path));
        }
        left.sort_by_key(|(rank, _)| *rank);
        let mut done = Vec::with_capacity(left.len());
        while !left.is_empty() {
            let free = left.iter().position(|(_, pending)| !is_behind(pending, &left));
            // There are no calls that wait for each other: a test ensures that.
            done.push(left.remove(free.unwrap_or_default()).1);
        }
        done
    }

    fn rank(&self, pending: &Pending<'_>) -> (usize, bool, bool) {
        let call = match (&pending.leaf.change, pending.edit.verb) {
            // Taking over is a way of adding.
            (How::Entries { add, .. }, Verb::Take) => Some(add),
            // They have an order of their own, whatever the calls are.
            (How::Keyed { add, .. }, _) => Some(add),
            _ => pending.call,
        };
        let place = |name: &str| self.order.iter().position(|operation| operation == name);
        let first = call.and_then(|call| place(&call.operation)).unwrap_or(self.order.len());
        (first, call.is_some_and(|call| call.inspect), call.is_some_and(|call| call.follows))
    }
}

/// Whether an edit that remains to be made must come before it.
fn is_behind(pending: &Pending<'_>, left: &[((usize, bool, bool), Pending<'_>)]) -> bool {
    let binding =
        pending.call.iter().flat_map(|call| &call.after).filter(|after| match after.why {
            Because::Refused | Because::InUse => true,
            Because::Safer => !pending.only_tightens(),
        });
    let mut first = binding.map(|after| after.operation.as_ref());
    first.any(|operation| {
        left.iter().any(|(_, other)| other.edit.operation.as_deref() == Some(operation))
    })
}
