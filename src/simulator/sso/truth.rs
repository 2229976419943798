//! Who really has what, as monitors watch it. What a request gives or takes counts from the moment
//! in which AWS has accepted it, unless it fails.

use std::collections::{BTreeMap, BTreeSet};

use super::state::State;
use crate::{
    kinds::permission_set_assignment,
    simulator::{
        api::{Holes, Kind, Repeated},
        truth::{Thing, Truth},
    },
};

/// What monitors watch in Identity Center. The assignments of an account are never created or
/// deleted as a whole.
pub(super) const KINDS: &[Kind] = &[Kind {
    name: permission_set_assignment::NAME,
    list: "ListInstances",
    narrowed_by: &[],
    told_by: &[],
    create: "",
    created: &[],
    delete: "",
    repeated: Repeated::Name,
    // They are not ours unless they are adopted, so palisade needs no calls for them otherwise.
    vital: &[],
    lost: |_| None,
    holes: Holes { added: &["assigned "], whole: &[], missing: &[] },
}];

/// The kind of permission sets in palisade's words.
pub(super) const SET: &str = crate::kinds::cloud_control::sso_permission_set::NAME;

/// Adds the permission sets.
pub(super) fn add_sets(state: &State, truth: &mut Truth) {
    for (arn, set) in &state.sets {
        let mut facts = BTreeSet::from([
            format!("name {}", set.name),
            format!("session {}", set.session),
            format!("description {}", set.description.as_deref().unwrap_or_default()),
            format!("relay state {}", set.relay_state.as_deref().unwrap_or_default()),
        ]);
        facts.extend(set.policies.iter().map(|arn| format!("policy {arn}")));
        facts.extend(set.references.iter().map(|(path, name)| format!("reference {path}{name}")));
        facts.extend(set.inline.iter().map(|text| format!("inline {text}")));
        facts.extend(set.boundary.iter().map(|it| format!("boundary {it}")));
        let thing =
            Thing { kind: SET, account: state.owner.clone(), tags: set.tags.clone(), facts };
        truth.things.insert(format!("{}|{arn}", State::arn()), thing);
    }
}

/// Adds the assignments of every account.
pub(super) fn add(state: &State, truth: &mut Truth) {
    let mut all = state.assignments.clone();
    for request in state.at_work().filter(|it| it.failure.is_none()) {
        if request.gives {
            all.insert(request.about.clone());
        } else {
            all.remove(&request.about);
        }
    }
    for account in &state.accounts {
        let of = all.iter().filter(|it| it.account == *account);
        let facts = of.map(|it| {
            let name = state.sets.get(&it.set).map_or(it.set.as_str(), |set| set.name.as_str());
            format!("assigned {name} {} {}", it.sort, it.who)
        });
        let facts: BTreeSet<_> = facts.collect();
        let thing = Thing {
            kind: permission_set_assignment::NAME,
            account: account.clone(),
            tags: BTreeMap::new(),
            facts,
        };
        truth.things.insert(format!("assignments/{account}"), thing);
    }
}
