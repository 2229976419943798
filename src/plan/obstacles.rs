//! The last stage of a plan: what only AWS can tell of the steps that would go, and one step a resource a pass.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Action, DELETE_KEY, Plan, Step, WaitReason, order::wait_in_vain};
use crate::{
    kind::erased::Edit,
    model::{Address, Observed},
};

/// What stands in the way of steps, by address and by the key of the edit or deletion.
pub type Obstacles = BTreeMap<Address, BTreeMap<String, WaitReason>>;

/// What has to be asked before a step goes.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Whose step it is.
    pub address: &'a Address,
    /// The live resource.
    pub have: &'a Observed<Value>,
    /// The edit; none for a deletion.
    pub edit: Option<&'a Edit>,
}

impl Question<'_> {
    /// Names what is asked about: the edit, or the deletion.
    pub fn key(&self) -> &str {
        self.edit.map_or(DELETE_KEY, |edit| &edit.key)
    }
}

impl Plan {
    /// What has to be asked before the steps go that would.
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

    /// Makes wait what something stands in the way of, so that a plan says so before anything is tried; other edits of the
    /// same resource go on. After this, at most one step of each resource goes.
    pub fn settle(&mut self, obstacles: &Obstacles) {
        let mut steps = Vec::with_capacity(self.steps.len());
        let mut stuck = BTreeSet::new();
        for step in std::mem::take(&mut self.steps) {
            let found = obstacles.get(&step.address).filter(|_| step.verdict.goes());
            // By the keys that questions have, which an edit of several entries has beside theirs.
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
        self.take_turns();
    }
}
