//! The last stage of planning: obstacles that only AWS knows about, and at most one step per
//! resource and pass.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Action, DELETE_KEY, Plan, Step, WaitReason, order::wait_in_vain};
use crate::{
    kind::erased::Edit,
    model::{Address, Observed},
};

/// Obstacles, by address and by the key of the edit or deletion.
pub type Obstacles = BTreeMap<Address, BTreeMap<String, WaitReason>>;

/// A question to AWS before a step is carried out.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The address of the step.
    pub address: &'a Address,
    /// The live resource.
    pub have: &'a Observed<Value>,
    /// The edit; `None` for a deletion.
    pub edit: Option<&'a Edit>,
}

impl Question<'_> {
    /// The key of the edit, or that of the deletion.
    pub fn key(&self) -> &str {
        self.edit.map_or(DELETE_KEY, |edit| &edit.key)
    }
}

impl Plan {
    /// The questions about the steps that would be carried out.
    pub fn questions(&self) -> Vec<Question<'_>> {
        let mut questions = Vec::new();
        for Step { address, action, .. } in self.go() {
            match action {
                Action::Create { .. } => {}
                Action::Delete { have, .. } => {
                    questions.push(Question { address, have, edit: None });
                }
                Action::Edit { have, edits } => {
                    let inspected = edits.iter().filter(|edit| edit.inspect);
                    questions.extend(inspected.map(|edit| Question {
                        address,
                        have,
                        edit: Some(edit),
                    }));
                }
            }
        }
        questions
    }

    /// Makes edits and deletions with obstacles wait, so that a plan shows them before anything is
    /// tried; other edits of the same resource are still made. Afterwards at most one step per
    /// resource is carried out.
    pub fn settle(&mut self, obstacles: &Obstacles) {
        let mut steps = Vec::with_capacity(self.steps.len());
        let mut stuck = BTreeSet::new();
        for step in std::mem::take(&mut self.steps) {
            let found = obstacles.get(&step.address).filter(|_| step.verdict.goes());
            // By question keys; an edit of several entries has them in addition to its own.
            let found = found.filter(|found| match &step.action {
                Action::Create { .. } => false,
                Action::Delete { .. } => found.contains_key(DELETE_KEY),
                Action::Edit { edits, .. } => edits.iter().any(|it| found.contains_key(&it.key)),
            });
            match found {
                Some(found) => {
                    stuck.insert(step.address.clone());
                    steps.extend(step.held_up(found));
                }
                None => steps.push(step),
            }
        }
        self.steps = steps;
        wait_in_vain(self, &stuck);
        self.one_stage_each();
        self.take_turns();
    }
}
