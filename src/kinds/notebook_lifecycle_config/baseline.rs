//! The rule for the scripts of notebook instances.

use serde::Deserialize;

use super::{
    NAME,
    leaves::{ON_CREATE, ON_START},
};
use crate::{
    baseline::{Baseline, Breach, Facts, Reach, Rule, Severity},
    kinds::notebooks::secret_at,
};

/// All that the baseline asks of it.
pub(super) const BASELINE: Baseline = Baseline::of::<Scripts>(RULES);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scripts {
    on_create: Option<String>,
    on_start: Option<String>,
}

const RULES: &[Rule] = &[Rule {
    id: "NBI-09",
    severity: Severity::High,
    kind: NAME,
    title: "Scripts of notebook instances have no secrets in them",
    why: "Whoever may describe the configuration, or read this directory, has them too.",
    source: "Prowler sagemaker_notebook_instance_no_secrets",
    help: "let the script read it from Secrets Manager, with the role of the instance",
    reach: Reach::Manifest,
    check: |facts| {
        [ON_CREATE, ON_START].into_iter().flat_map(|path| secrets(facts, path)).collect()
    },
}];

fn secrets(facts: &Facts<'_>, path: &'static str) -> Vec<Breach> {
    let breach = |wanted: crate::baseline::Wanted<'_, Scripts>| {
        let Scripts { on_create, on_start } = wanted.state;
        let script = if path == ON_CREATE { on_create } else { on_start };
        let line = secret_at(script.as_deref()?)?;
        Some(wanted.breach(path, format!("line {line} looks like a secret")))
    };
    facts.of::<Scripts>().filter_map(breach).collect()
}
