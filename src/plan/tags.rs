//! Tags that policies test. Setting or removing one decides who may do what, like an edit of a
//! policy.

use std::{cell::OnceCell, collections::BTreeSet};

use super::{Claimed, Inputs, look::Resolving};
use crate::{
    kind::{
        Guarded,
        erased::{Edit, EditBody},
    },
    manifest::Document,
    model::{Ownership, Risk},
};

/// The condition keys that our policies depend on, found when the first tag is to change.
#[derive(Default)]
pub(super) struct Tested(OnceCell<BTreeSet<Key>>);

/// A condition key in lower case, and the scope of the policy; `None` for a policy of an
/// organization, which concerns every scope.
type Key = (Option<String>, String);

impl Tested {
    /// Whether a policy of the scope or of an organization tests this tag, of whatever it is: the
    /// case of tag keys in conditions does not count (IAM user guide).
    fn has(&self, scope: &str, tag: &str, inputs: &Inputs<'_>) -> bool {
        let end = format!("/{}", tag.to_ascii_lowercase());
        let keys = self.0.get_or_init(|| keys(inputs));
        keys.iter()
            .any(|(at, key)| at.as_deref().is_none_or(|at| at == scope) && key.ends_with(&end))
    }

    /// Says what edits of tags do to access, where policies test them, and what they wait for. The
    /// known want of such a tag is put back like a policy. Tags are set after a policy of the same
    /// resource that closes something.
    pub(super) fn judge(
        &self,
        edits: &mut Vec<Edit>,
        document: &Document,
        known: bool,
        inputs: &Inputs<'_>,
    ) {
        let policies: Vec<Edit> =
            edits.iter().filter(|edit| edit.replaces_policy).cloned().collect();
        let mut late = None;
        for (index, edit) in edits.iter_mut().enumerate() {
            let is_tested = |tag: &String| self.has(&document.address.scope, tag, inputs);
            let tested = match &edit.body {
                EditBody::Tag(tags) => tags.keys().any(is_tested),
                EditBody::Untag(tags) => tags.iter().any(is_tested),
                EditBody::Change(_) => false,
            };
            if !tested {
                continue;
            }
            edit.risk = Risk::REPLACES;
            edit.puts_back = known;
            edit.needs.extend(policies.iter().map(|policy| policy.key.clone()));
            let closes = policies.iter().any(|policy| policy.risk.closes);
            if closes && matches!(edit.body, EditBody::Tag(_)) {
                late = Some(index);
            }
        }
        if let Some(index) = late {
            let edit = edits.remove(index);
            let after = edits.iter().rposition(|edit| edit.replaces_policy);
            edits.insert(after.map_or(index, |policy| policy + 1), edit);
        }
    }
}

fn keys(inputs: &Inputs<'_>) -> BTreeSet<Key> {
    let look = inputs.look;
    let wanted = look.resolved.iter().filter_map(|(address, resolving)| match &**resolving {
        Resolving::Done(Some(want), _) => Some((&address.scope, &address.kind, &want.state)),
        _ => None,
    });
    let live = look.claims.inventories().flat_map(|(at, inventory)| {
        let ours = |it: &&Claimed<'_>| matches!(it.ownership, Ownership::Ours { .. });
        let all = inventory.all().iter().filter(ours);
        all.map(move |it| (&at.scope, &at.kind, &it.resource.state))
    });
    let mut found = BTreeSet::new();
    for (scope, kind, state) in wanted.chain(live) {
        let guards = look.kind(kind).map(|kind| kind.guards(state).unwrap_or_default());
        for Guarded { document, reach } in guards.into_iter().flatten() {
            let at = reach.places().is_none().then(|| scope.clone());
            let keys = document.map(|it| it.condition_keys()).unwrap_or_default();
            let of_tags = keys.into_iter().filter(|key| key.contains('/'));
            found.extend(of_tags.map(|key| (at.clone(), key)));
        }
    }
    found
}
