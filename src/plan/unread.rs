//! What is there and could not be read. *Unknown is not absent, and not contagious*: such a resource is left alone, and as
//! it may be the one that is looked for, nothing of its kind is created, adopted, deleted or pruned in its scope. Edits of
//! resources that were read as a whole go on.

use std::collections::BTreeSet;

use super::{Action, Cause, Inputs, Live, Plan, Unknown, Verdict, Wait, WaitReason};
use crate::{
    kind::Unread,
    manifest::Document,
    model::{Address, Ownership, Seen},
};

/// What of a kind could not be read in a scope.
pub(crate) fn of<'a>(live: &'a Live, scope: &str, kind: &str) -> &'a [Unread] {
    let key = (scope.to_owned(), kind.to_owned());
    live.unread.get(&key).map(Vec::as_slice).unwrap_or_default()
}

/// Whether this manifest's own resource is among them: by its claim, because the manifest adopts it, or because it was this
/// manifest's before. Then nothing can be said about the manifest.
pub(super) fn is_own(document: &Document, inputs: &Inputs<'_>) -> bool {
    let Address { scope, kind, .. } = &document.address;
    of(inputs.live, scope, kind).iter().any(|unread| belongs(document, unread, inputs))
}

fn belongs(document: &Document, unread: &Unread, inputs: &Inputs<'_>) -> bool {
    document.lifecycle.adopt.as_ref() == Some(&unread.id)
        || inputs.predecessors.get(&document.address) == Some(&unread.id)
        || unread.claim(inputs.owner).as_ref() == Some(&document.address)
}

/// Makes what is created, adopted, deleted or pruned wait where something of its kind could not be read. No consent reaches
/// through that.
pub(super) fn hold(plan: &mut Plan, inputs: &Inputs<'_>) {
    for step in &mut plan.steps {
        let Address { scope, kind, .. } = &step.address;
        let Some(unread) = of(inputs.live, scope, kind).first() else { continue };
        let only_edits = matches!(step.action, Action::Edit { .. });
        if only_edits && step.cause != Cause::Adoption {
            continue;
        }
        let (id, why) = (unread.id.clone(), unread.why.to_string());
        let wait = Wait::lasting(WaitReason::Unread { id, why });
        match &mut step.verdict {
            Verdict::Waiting(waits) => waits.push(wait),
            Verdict::Go => step.verdict = Verdict::Waiting(vec![wait]),
            // Of what AWS has no call for nothing is made anyway.
            Verdict::Held(_) if step.action.edits().iter().any(|edit| edit.risk.impossible) => {}
            Verdict::Held(_) => step.verdict = Verdict::Waiting(vec![wait]),
            Verdict::Reported(_) => {}
        }
    }
}

/// Whether a resource that was not found may be among them: of some it is not even known whose they are.
pub(super) fn may_hide(address: &Address, live: &Live) -> bool {
    of(live, &address.scope, &address.kind).iter().any(|unread| unread.tags.is_none())
}

/// One entry for each resource that could not be read.
pub(super) fn entries(inputs: &Inputs<'_>) -> Vec<Unknown> {
    let mut entries = Vec::new();
    for ((scope, kind), unread) in &inputs.live.unread {
        let documents = || {
            let all = inputs.documents.values();
            all.filter(|document| {
                document.address.scope == *scope && document.address.kind == *kind
            })
        };
        let found = claimed(inputs, scope, kind);
        for unread in unread {
            // Where the tags could not be read either, it may be that of every manifest without a resource.
            let concerns = documents().filter(|document| {
                belongs(document, unread, inputs)
                    || (unread.tags.is_none() && !found.contains(&document.address))
            });
            entries.push(Unknown {
                scope: scope.clone(),
                kind: kind.clone(),
                id: Some(unread.id.clone()),
                why: unread.why.to_string(),
                concerns: concerns.map(|document| document.address.clone()).collect(),
            });
        }
    }
    entries
}

/// The addresses in the claims of what was read as a whole.
fn claimed(inputs: &Inputs<'_>, scope: &str, kind: &str) -> BTreeSet<Address> {
    let seen = inputs.live.seen.get(&(scope.to_owned(), kind.to_owned())).and_then(Seen::all);
    seen.into_iter()
        .flatten()
        .filter_map(|resource| match Ownership::read(&resource.tags, inputs.owner) {
            Ownership::Ours { address, .. } => Some(address),
            Ownership::Foreign(_) | Ownership::Unclaimed => None,
        })
        .collect()
}
