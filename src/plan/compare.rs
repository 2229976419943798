//! What a change of the directory does, apart from the differences that are there anyway: two
//! plans on one observation, one without the change and one with it.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem::{Discriminant, discriminant},
};

use serde::Serialize;

use super::{Action, Focus, Plan, Step, Verdict, shown::digest};
use crate::{kind::erased::Edit, manifest::Documents, model::Address};

/// Two plans, compared.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// The Git revision of the directory without the change.
    pub revision: Option<String>,
    /// What the change does: the part of the plan with it that is not in the plan without it.
    #[serde(skip)]
    pub change: Plan,
    /// Whether something of the change stays as it is until a person acts.
    #[serde(skip)]
    pub needs_a_person: bool,
    /// What both plans do: differences that are there anyway.
    pub anyway: Plan,
    /// Edits that are there anyway in steps of the change, by their keys: they are sent together.
    pub together: BTreeMap<Address, BTreeSet<String>>,
    /// What would have to be done without the change, and is not any more with it.
    pub settled: Vec<Settled>,
    /// The manifests that the change touches.
    pub manifests: Touched,
}

/// A difference that a change of the directory resolves without a change of AWS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Settled {
    /// The manifest's address.
    pub address: Address,
    /// `create`, `edit` or `delete`.
    pub verb: &'static str,
    /// What would have been edited.
    pub edits: Vec<String>,
}

/// The manifests that a change of the directory adds, removes and changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Touched {
    /// New ones.
    pub added: BTreeSet<Address>,
    /// Those that are gone.
    pub removed: BTreeSet<Address>,
    /// Those that say something else.
    pub changed: BTreeSet<Address>,
}

impl Touched {
    /// From the manifests without the change, and with it. Where they stand does not matter.
    pub fn between(base: &Documents, head: &Documents) -> Self {
        let mut touched = Self::default();
        for (address, document) in head {
            match base.get(address) {
                None => touched.added.insert(address.clone()),
                Some(before) => {
                    (before.spec != document.spec || before.lifecycle != document.lifecycle)
                        && touched.changed.insert(address.clone())
                }
            };
        }
        touched.removed = base.keys().filter(|it| !head.contains_key(*it)).cloned().collect();
        touched
    }

    /// Those in focus.
    #[must_use]
    pub fn within(mut self, focus: Option<&Focus>) -> Self {
        let has = |address: &Address| focus.is_none_or(|focus| focus.has(address));
        for all in [&mut self.added, &mut self.removed, &mut self.changed] {
            all.retain(has);
        }
        self
    }

    /// All of them, each with the word for what happened to it.
    pub fn all(&self) -> impl Iterator<Item = (&Address, &'static str)> {
        self.added
            .iter()
            .map(|it| (it, "added"))
            .chain(self.changed.iter().map(|it| (it, "changed")))
            .chain(self.removed.iter().map(|it| (it, "removed")))
    }
}

impl Comparison {
    /// Compares the plan without a change with the plan with it.
    pub fn of(base: &Plan, head: &Plan, manifests: Touched, revision: Option<String>) -> Self {
        let before = Contents::of(base);
        let (anyway, new): (Vec<Step>, Vec<Step>) =
            head.steps.iter().cloned().partition(|step| before.has(step));
        let stuck: BTreeSet<&str> = head.stuck().map(|step| step.digest.as_str()).collect();
        let mut change = Plan { steps: new, ..head.clone() };
        change.conflicts.retain(|it| !base.conflicts.iter().any(|old| same(it, old)));
        change.orphans.retain(|it| !base.orphans.contains(it));
        change.notes.retain(|address, notes| base.notes.get(address) != Some(notes));
        change.contested.clear();
        change.unused_approvals.retain(|it| {
            !base.unused_approvals.iter().any(|old| old.digest == it.digest && old.why == it.why)
        });
        let anyway = Plan {
            steps: anyway,
            conflicts: rest(&head.conflicts, &change.conflicts),
            orphans: rest(&head.orphans, &change.orphans),
            contested: head.contested.clone(),
            ..Plan::default()
        };
        let needs_a_person = !change.conflicts.is_empty()
            || change.steps.iter().any(|step| stuck.contains(step.digest.as_str()));
        let together = before.among(&change.steps);
        let settled = settled(base, head);
        Self { revision, change, needs_a_person, anyway, together, settled, manifests }
    }

    /// Whether an edit of a step of the change is there anyway.
    pub fn is_anyway(&self, step: &Step, edit: &Edit) -> bool {
        self.together.get(&step.address).is_some_and(|keys| keys.contains(&edit.key))
    }

    /// The touched manifests that nothing is done for, held or reported about.
    pub fn without_effect(&self) -> impl Iterator<Item = (&Address, &'static str)> {
        let change = &self.change;
        let busy: BTreeSet<&Address> = change
            .steps
            .iter()
            .map(|step| &step.address)
            .chain(change.conflicts.iter().map(|conflict| &conflict.address))
            .chain(change.orphans.iter().map(|orphan| &orphan.address))
            .chain(self.settled.iter().map(|settled| &settled.address))
            .collect();
        let unread = |address: &Address| change.unknown.iter().any(|it| it.covers(address));
        self.manifests.all().filter(move |(it, _)| !busy.contains(it) && !unread(it))
    }
}

/// The same conflict, wherever its manifest stands.
fn same(one: &super::Conflict, other: &super::Conflict) -> bool {
    (&one.address, &one.ids, &one.why) == (&other.address, &other.ids, &other.why)
}

fn rest<T: Clone + PartialEq>(all: &[T], without: &[T]) -> Vec<T> {
    all.iter().filter(|it| !without.contains(it)).cloned().collect()
}

/// What a plan does to each address, and with which verdict. How it is divided into steps may
/// differ between two plans that do the same.
struct Contents<'a>(BTreeMap<&'a Address, BTreeMap<String, Discriminant<Verdict>>>);

impl<'a> Contents<'a> {
    fn of(plan: &'a Plan) -> Self {
        let mut all: BTreeMap<&Address, BTreeMap<String, _>> = BTreeMap::new();
        for step in &plan.steps {
            let verdict = discriminant(&step.verdict);
            let parts = parts(step).into_iter().map(|part| (part, verdict));
            all.entry(&step.address).or_default().extend(parts);
        }
        Self(all)
    }

    /// Whether the plan does all of a step, with its verdict.
    fn has(&self, step: &Step) -> bool {
        let Some(known) = self.0.get(&step.address) else { return false };
        let verdict = discriminant(&step.verdict);
        parts(step).iter().all(|part| known.get(part) == Some(&verdict))
    }
}

impl Contents<'_> {
    /// The keys of those edits among some steps that the plan makes too, with whatever verdict.
    fn among(&self, steps: &[Step]) -> BTreeMap<Address, BTreeSet<String>> {
        let mut found: BTreeMap<Address, BTreeSet<String>> = BTreeMap::new();
        for step in steps {
            let Some(known) = self.0.get(&step.address) else { continue };
            for edit in step.action.edits() {
                if known.contains_key(&digest(edit, &step.symbols)) {
                    found.entry(step.address.clone()).or_default().insert(edit.key.clone());
                }
            }
        }
        found
    }
}

/// Digests of what a step does, one for each edit.
fn parts(step: &Step) -> Vec<String> {
    match &step.action {
        Action::Edit { edits, .. } => edits.iter().map(|it| digest(it, &step.symbols)).collect(),
        Action::Create { .. } | Action::Delete { .. } => {
            vec![format!("{} {}", step.action.verb(), step.digest)]
        }
    }
}

/// What only the plan without the change does. A step that does something else to the same part is
/// no such thing: it is in the change.
fn settled(base: &Plan, head: &Plan) -> Vec<Settled> {
    let kept = |step: &Step, key: &str| {
        head.steps_of(&step.address).iter().any(|it| it.keys().iter().any(|other| other == key))
    };
    let left = |step: &Step| {
        let gone = |key: &String| !kept(step, key);
        let edits = step.action.edits().iter();
        let edits: Vec<String> = edits
            .filter(|edit| edit.keys().iter().any(gone))
            .map(|edit| edit.summary.clone())
            .collect();
        let all = step.action.edits().is_empty() && step.keys().iter().all(gone);
        (all || !edits.is_empty()).then(|| Settled {
            address: step.address.clone(),
            verb: step.action.verb(),
            edits,
        })
    };
    base.steps.iter().filter_map(left).collect()
}
