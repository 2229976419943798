//! What a person was shown, and whether a plan stays within it.
//!
//! *Shown* means: the same edits of the same resource, with the same known values, and with
//! placeholders filled in from the resource that they name. A create shows every leaf of what is
//! wanted, so it covers whatever completes the new resource afterwards. Everything is compared in
//! symbolic form and kept as digests: nothing stored contains values.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Action, HoldReason, Plan, Step, Verdict, Wait, WaitReason, delay, fingerprint,
    symbolic::{Symbols, symbolic, symbolic_text},
};
use crate::{
    kind::erased::{Edit, Stage},
    model::Address,
};

/// Everything that was shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Shown {
    /// Creates, by address: the digest of what is wanted.
    #[serde(default)]
    creates: BTreeMap<Address, BTreeSet<String>>,
    /// Edits, by address: their digests.
    #[serde(default)]
    edits: BTreeMap<Address, BTreeSet<String>>,
    /// Deletions, by address: their digests.
    #[serde(default)]
    deletes: BTreeMap<Address, BTreeSet<String>>,
}

impl Shown {
    /// Everything that a plan shows, whatever its verdicts.
    pub fn of(plan: &Plan) -> Self {
        let mut shown = Self::default();
        shown.add(plan);
        shown
    }

    /// Adds what another plan shows.
    pub fn add(&mut self, plan: &Plan) {
        for step in &plan.steps {
            let address = step.address.clone();
            match &step.action {
                Action::Create { .. } => {
                    let want = plan.wants.get(&address).map(|want| want.digest.clone());
                    self.creates.entry(address).or_default().extend(want);
                }
                Action::Edit { edits, .. } => {
                    let digests = edits.iter().map(|edit| digest(edit, &step.symbols));
                    self.edits.entry(address).or_default().extend(digests);
                }
                Action::Delete { .. } => {
                    self.deletes.entry(address).or_default().insert(step.digest.clone());
                }
            }
        }
    }

    /// Makes every step wait that would be carried out and was not shown; the part of a step that
    /// was shown is carried out.
    fn restrict(&self, plan: &mut Plan, made_here: &BTreeSet<Address>) {
        let steps = std::mem::take(&mut plan.steps);
        plan.steps = steps
            .into_iter()
            .flat_map(|step| {
                let want = plan.wants.get(&step.address).map(|want| want.digest.as_str());
                self.restricted(step, want.unwrap_or_default(), made_here)
            })
            .collect();
    }

    fn restricted(&self, step: Step, want: &str, made_here: &BTreeSet<Address>) -> Vec<Step> {
        if !step.verdict.goes() {
            return vec![step];
        }
        let has = |all: &BTreeMap<Address, BTreeSet<String>>, digest: &str| {
            all.get(&step.address).is_some_and(|digests| digests.contains(digest))
        };
        let wait = Wait::lasting(WaitReason::NotShown);
        let shown = match &step.action {
            Action::Create { .. } => has(&self.creates, want),
            Action::Delete { .. } => has(&self.deletes, &step.digest),
            // Edits that complete a resource whose creation was shown.
            Action::Edit { .. }
                if made_here.contains(&step.address) && has(&self.creates, want) =>
            {
                true
            }
            Action::Edit { .. } => {
                let symbols = step.symbols.clone();
                let address = step.address.clone();
                return delay(step, |edit| {
                    let digests = self.edits.get(&address);
                    let known = digests.is_some_and(|all| all.contains(&digest(edit, &symbols)));
                    if known { Vec::new() } else { vec![wait.clone()] }
                });
            }
        };
        if shown {
            vec![step]
        } else {
            vec![Step { verdict: Verdict::Waiting(vec![wait]), ..step }]
        }
    }
}

/// What somebody consents to who read a whole plan: the steps in it, by their digests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Offered {
    /// Those that are held, with the reasons that were shown.
    pub held: BTreeSet<String>,
    /// Those that wait, and that may be held once they no longer do.
    pub waiting: BTreeSet<String>,
}

impl Offered {
    /// What a plan shows.
    pub fn of(plan: &Plan) -> Self {
        let of = |wanted: fn(&Step) -> bool| {
            let steps = plan.steps.iter().filter(|step| wanted(step));
            steps.map(|step| step.digest.clone()).collect()
        };
        let waits = |step: &Step| matches!(step.verdict, Verdict::Waiting(_));
        Self { held: of(Step::can_be_approved), waiting: of(waits) }
    }

    /// Those of the steps that waited which this plan holds for nothing but what they said already.
    pub fn foreseen<'p>(&'p self, plan: &'p Plan) -> impl Iterator<Item = &'p str> {
        let foreseen = plan.steps.iter().filter(|step| match &step.verdict {
            Verdict::Held(why) => step.can_be_approved() && why.iter().all(HoldReason::is_foreseen),
            _ => false,
        });
        foreseen.map(|step| step.digest.as_str()).filter(|it| self.waiting.contains(*it))
    }
}

/// The steps that may be carried out, where a person decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Only {
    /// Those that were shown.
    Shown(Shown),
    /// Those in a saved plan: nothing else is asked for.
    Saved(Shown),
    /// The held steps that were approved.
    Approved,
}

impl Only {
    pub(super) fn restrict(
        &self,
        plan: &mut Plan,
        made_here: &BTreeSet<Address>,
        begun: &BTreeSet<Address>,
    ) {
        match self {
            Self::Shown(shown) => shown.restrict(plan, made_here),
            Self::Saved(shown) => {
                shown.restrict(plan, made_here);
                let steps = plan.steps.iter_mut();
                let waits = steps.filter_map(|step| match &mut step.verdict {
                    Verdict::Waiting(why) => Some(why),
                    _ => None,
                });
                let unshown = |wait: &&mut Wait| wait.reason == WaitReason::NotShown;
                waits.flatten().filter(unshown).for_each(|wait| wait.reason = WaitReason::NotSaved);
            }
            Self::Approved => only_approved(plan, begun),
        }
    }
}

/// Makes everything wait that was not approved, and what must not come before that. What was
/// stopped with an approval is changed and started again.
fn only_approved(plan: &mut Plan, begun: &BTreeSet<Address>) {
    let goes_on = |step: &Step| {
        let is_later = |edit: &Edit| edit.stage.is_some_and(|stage| stage >= Stage::AtRest);
        begun.contains(&step.address) && step.action.edits().iter().all(is_later)
    };
    let mut left_out: BTreeMap<Address, Vec<Edit>> = BTreeMap::new();
    let chosen = |step: &Step| step.approved || goes_on(step);
    for step in plan.steps.iter_mut().filter(|step| step.verdict.goes() && !chosen(step)) {
        step.verdict = Verdict::Waiting(vec![Wait::lasting(WaitReason::NotChosen)]);
        let edits = step.action.edits().iter().cloned();
        left_out.entry(step.address.clone()).or_default().extend(edits);
    }
    for step in plan.steps.iter_mut().filter(|step| step.verdict.goes()) {
        let before = left_out.get(&step.address).map_or(&[][..], Vec::as_slice);
        let edits = step.action.edits();
        let blocking = before.iter().find(|before| edits.iter().any(|edit| edit.waits_for(before)));
        if let Some(Edit { key, .. }) = blocking {
            let wait = WaitReason::Earlier { key: key.clone() };
            step.verdict = Verdict::Waiting(vec![Wait::lasting(wait)]);
        }
    }
}

/// A digest of an edit's key and of what it sends, both in symbolic form.
pub(super) fn digest(edit: &Edit, symbols: &Symbols) -> String {
    let key = symbolic_text(&edit.key, symbols);
    fingerprint(&format!("{key} {}", symbolic(&json!(edit.body), symbols)))
}

impl Plan {
    /// The steps, or parts of steps, that wait only because they were not shown.
    pub fn not_shown(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| match &step.verdict {
            Verdict::Waiting(why) => why.iter().any(|wait| wait.reason == WaitReason::NotShown),
            _ => false,
        })
    }
}
