//! Rules for resource control policies.

use serde::Deserialize;

use super::{super::State, NAME as KIND};
use crate::{
    baseline::{
        Baseline, Rule,
        documents::{self, Documented},
    },
    model::policy_document::PolicyDocument,
};

pub(super) const BASELINE: Baseline = Baseline::of::<Limits>(RULES);

/// The state of a resource control policy, as a type of its own.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Limits(State);

impl Documented for Limits {
    const FIELD: &'static str = "content";

    fn document(&self) -> Option<&PolicyDocument> {
        self.0.content.as_ref()?.document()
    }
}

const RULES: &[Rule] = &[
    documents::actions::<Limits>(
        "RCP-ACT",
        KIND,
        "Actions of resource control policies exist, and their services support the policies",
    ),
    documents::conditions::<Limits>(
        "RCP-CON",
        KIND,
        "Conditions of resource control policies can hold and fail",
    ),
    documents::statements::<Limits>(
        "RCP-STM",
        KIND,
        "Statements of resource control policies mean what they look like",
    ),
];
