//! The rule for the scripts of Studio's apps.

use serde::Deserialize;

use super::{NAME, leaves::CONTENT};
use crate::{
    baseline::{Baseline, Breach, Facts, Reach, Rule, Severity},
    kinds::notebooks::secret_at,
};

/// All that the baseline asks of it.
pub(super) const BASELINE: Baseline = Baseline::of::<Script>(RULES);

#[derive(Debug, Deserialize)]
struct Script {
    content: String,
}

const RULES: &[Rule] = &[Rule {
    id: "SLC-01",
    severity: Severity::High,
    kind: NAME,
    title: "Scripts of Studio's apps have no secrets in them",
    why: "Every user whose app runs the script, and whoever may describe it, has them too.",
    source: "Prowler sagemaker_notebook_instance_no_secrets, for the same scripts in Studio",
    help: "let the script read it from Secrets Manager, with the user's role",
    reach: Reach::Manifest,
    check: secrets,
}];

fn secrets(facts: &Facts<'_>) -> Vec<Breach> {
    let found = facts.of::<Script>().filter_map(|wanted| {
        let line = secret_at(&wanted.state.content)?;
        Some(wanted.breach(CONTENT, format!("line {line} looks like a secret")))
    });
    found.collect()
}
