//! Which manifests a command is about: the rest is neither shown nor counted nor changed, but what
//! stands in the way of those that are shown still does.

use std::collections::BTreeSet;

use wildmatch::WildMatch;

use super::{Plan, Step, Unknown, Verdict, Wait, WaitReason};
use crate::{
    manifest::Documents,
    model::{Address, ScopedKind},
};

/// Patterns with `*` and `?`. An empty list stands for everything; an address must match one
/// pattern of each list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Focus {
    /// Scopes.
    pub scopes: Vec<String>,
    /// Kinds, by their full names.
    pub kinds: Vec<String>,
    /// Names of manifests.
    pub names: Vec<String>,
}

fn is_in(patterns: &[String], text: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| WildMatch::new(pattern).matches(text))
}

impl Focus {
    /// Whether nothing is left out.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Whether an address is in it.
    pub fn has(&self, address: &Address) -> bool {
        self.has_kind(&address.scope, &address.kind) && is_in(&self.names, &address.name)
    }

    /// Whether some address of the kind in the scope may be in it.
    fn has_kind(&self, scope: &str, kind: &str) -> bool {
        is_in(&self.scopes, scope) && is_in(&self.kinds, kind)
    }

    /// The manifests whose kinds must be observed to plan those in focus: theirs, those of
    /// everything that they refer to, and so on.
    pub fn observed(&self, documents: &Documents) -> Documents {
        let mut places = BTreeSet::new();
        let in_focus = documents.keys().filter(|address| self.has(address));
        let mut open: Vec<ScopedKind> = in_focus.map(Address::scoped_kind).collect();
        while let Some(place) = open.pop() {
            if !places.insert(place.clone()) {
                continue;
            }
            let there = documents.values().filter(|it| place.covers(&it.address));
            let targets = there.flat_map(|it| it.recorded.hard.iter().chain(&it.recorded.soft));
            open.extend(targets.map(Address::scoped_kind));
        }
        let needed = documents.iter().filter(|(it, _)| places.contains(&it.scoped_kind()));
        needed.map(|(address, document)| (address.clone(), document.clone())).collect()
    }

    /// Takes the other steps out of the plan.
    pub(super) fn set_aside(&self, plan: &mut Plan) -> Vec<Step> {
        let all = std::mem::take(&mut plan.steps);
        let (chosen, rest) = all.into_iter().partition(|step| self.has(&step.address));
        plan.steps = chosen;
        rest
    }

    /// Puts them back as steps that nobody chose: what must not come before them waits.
    pub(super) fn put_back(plan: &mut Plan, rest: Vec<Step>) {
        plan.steps.extend(rest.into_iter().map(|step| match step.verdict {
            Verdict::Reported(_) => step,
            _ => Step {
                verdict: Verdict::Waiting(vec![Wait::lasting(WaitReason::NotChosen)]),
                ..step
            },
        }));
        plan.steps.sort_by(|a, b| a.address.cmp(&b.address));
    }

    /// Leaves in the plan what is in focus.
    pub(super) fn narrow(&self, plan: &mut Plan) {
        plan.steps.retain(|step| self.has(&step.address));
        plan.conflicts.retain(|conflict| self.has(&conflict.address));
        plan.orphans.retain(|orphan| self.has(&orphan.address));
        plan.unknown.retain(|unknown| self.concerns(unknown));
        plan.in_sync.retain(|address| self.has(address));
        plan.frozen.retain(|address| self.has(address));
        plan.contested.retain(|address, _| self.has(address));
        plan.notes.retain(|address, _| self.has(address));
    }

    /// Whether something that could not be read may be, or hide, what is in focus.
    fn concerns(&self, unknown: &Unknown) -> bool {
        self.has_kind(&unknown.scope, &unknown.kind)
            && (self.names.is_empty()
                || unknown.id.is_none()
                || unknown.concerns.is_empty()
                || unknown.concerns.iter().any(|address| self.has(address)))
    }
}
