//! Resources that exist and could not be read. *Unknown is not absent, and does not spread*: such a
//! resource is not changed, and because it may be the one that is missing, no resource of its kind
//! is created, adopted, deleted or pruned in its scope. Edits of resources that were read
//! completely are made.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Action, Cause, Hidden, Inputs, Look, Memory, Plan, Unknown, Verdict, Wait, WaitReason,
};
use crate::{
    kind::{Class, Unread},
    manifest::Document,
    model::{Address, PhysicalId, ScopedKind},
};

/// Makes creations, adoptions, deletions and pruning wait if a resource of their kind could not be
/// read. An approval does not override that.
pub(super) fn hold(plan: &mut Plan, inputs: &Inputs<'_>) {
    for step in &mut plan.steps {
        let hidden = inputs.look.claims.hidden(&step.address.scoped_kind());
        let Some(unread) = hidden.and_then(|hidden| hidden.all.first()) else { continue };
        let only_edits = matches!(step.action, Action::Edit { .. });
        if only_edits && step.cause != Cause::Adoption {
            continue;
        }
        let (id, why) = (unread.id.clone(), unread.why.to_string());
        let reason = WaitReason::Unread { id, why };
        let passes = unread.why.class == Class::Busy;
        let wait = if passes { Wait::passing(reason) } else { Wait::lasting(reason) };
        match &mut step.verdict {
            Verdict::Waiting(waits) => waits.push(wait),
            Verdict::Go => step.verdict = Verdict::Waiting(vec![wait]),
            // Nothing is sent anyway where AWS has no call.
            Verdict::Held(_) if step.action.edits().iter().any(|edit| edit.risk.impossible) => {}
            Verdict::Held(_) => step.verdict = Verdict::Waiting(vec![wait]),
            Verdict::Reported(_) => {}
        }
    }
}

/// Whether a resource that was not found may be among them: the owner of some is unknown.
pub(super) fn may_hide(address: &Address, look: &Look<'_>) -> bool {
    look.claims.hidden(&address.scoped_kind()).is_some_and(Hidden::has_unknown_owner)
}

/// One entry per resource that could not be read.
pub(super) fn entries(inputs: &Inputs<'_>) -> Vec<Unknown> {
    let mut entries = Vec::new();
    for (at, hidden) in inputs.look.claims.all_hidden() {
        let concerned = Concerned::of(at, hidden, inputs);
        entries.extend(hidden.all.iter().map(|unread| Unknown {
            scope: at.scope.clone(),
            kind: at.kind.clone(),
            id: Some(unread.id.clone()),
            why: unread.why.to_string(),
            passes: unread.why.class == Class::Busy,
            concerns: concerned.by(unread, inputs),
        }));
    }
    entries
}

/// The manifests of a kind that cannot be judged because a resource could not be read.
struct Concerned<'a> {
    at: &'a ScopedKind,
    /// Those whose adopted or previous resource has its id.
    by_id: BTreeMap<&'a PhysicalId, BTreeSet<&'a Address>>,
    /// Those without a resource that was read.
    without: BTreeSet<Address>,
}

impl<'a> Concerned<'a> {
    fn of(at: &'a ScopedKind, hidden: &Hidden<'_>, inputs: &Inputs<'a>) -> Self {
        let Inputs { look, memory: Memory { predecessors, .. }, .. } = *inputs;
        let mut concerned = Self { at, by_id: BTreeMap::new(), without: BTreeSet::new() };
        let found = look.claims.of(at);
        for document in look.documents_of(at) {
            let Document { address, lifecycle, .. } = document;
            let ids = [lifecycle.adopt.as_ref(), predecessors.get(address)];
            for id in ids.into_iter().flatten().filter(|id| hidden.has(id)) {
                concerned.by_id.entry(id).or_default().insert(address);
            }
            if found.is_none_or(|found| found.of(address).next().is_none()) {
                concerned.without.insert(address.clone());
            }
        }
        concerned
    }

    fn by(&self, unread: &Unread, inputs: &Inputs<'_>) -> BTreeSet<Address> {
        let Look { documents, installation, .. } = inputs.look;
        let of_id = self.by_id.get(&unread.id).into_iter().flatten();
        let mut all: BTreeSet<Address> = of_id.map(|address| (*address).clone()).collect();
        let declared = |it: &Address| self.at.covers(it) && documents.contains_key(it);
        all.extend(unread.claim(installation.owner).filter(declared));
        if unread.tags.is_none() {
            // If its tags could not be read either, it may belong to every manifest without a
            // resource.
            all.extend(self.without.iter().cloned());
        }
        all
    }
}
