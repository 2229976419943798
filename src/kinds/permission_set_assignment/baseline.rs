//! The rules about assignments alone.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    NAME,
    entries::{SET, WHO, parts},
    leaves::ASSIGNMENTS,
};
use crate::{
    aws::identity_center::ALMIGHTY,
    baseline::{Baseline, Breach, Facts, Reach, Rule, Severity, Wanted},
};

/// All that the baseline asks of it.
pub(super) const BASELINE: Baseline = Baseline::of::<Account>(RULES);

/// Rows that the manifest does not name are `null`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    account_id: Option<String>,
    assignments: Option<BTreeMap<String, serde_json::Value>>,
}

const RULES: &[Rule] = &[
    Rule {
        id: "PSA-01",
        severity: Severity::High,
        kind: NAME,
        title: "Permission sets that can do everything are given to groups, not to users",
        why: "Nobody sees all who can do everything, and who leaves a team keeps it.",
        source: "Identity Center user guide, \"Assign user access to AWS accounts\": groups; \
                 AWS Foundational Security Best Practices, IAM.1",
        help: "put the user into a group, and give the permission set to the group",
        reach: Reach::Manifest,
        check: |facts| users(facts, true),
    },
    Rule {
        id: "PSA-02",
        severity: Severity::Low,
        kind: NAME,
        title: "Permission sets are given to groups, not to users",
        why: "Who may do what then depends on every single assignment, and not on the groups that \
              the directory keeps.",
        source: "Identity Center user guide, \"Assign user access to AWS accounts\"",
        help: "put the user into a group, and give the permission set to the group",
        reach: Reach::Manifest,
        check: |facts| users(facts, false),
    },
    Rule {
        id: "PSA-03",
        severity: Severity::Medium,
        kind: NAME,
        title: "Nobody has a permission set in the account that administers Identity Center",
        why: "Whoever can act there can give everybody everything in all accounts; in the \
              management account no service control policy limits them either.",
        source: "Organizations user guide, \"Best practices for the management account\"; Identity \
                 Center user guide, \"Delegated administration\"",
        help: "leave it to a few who need it, and waive the rule for them with the reason",
        reach: Reach::Manifest,
        check: administering,
    },
];

fn users(facts: &Facts<'_>, almighty: bool) -> Vec<Breach> {
    let of = |wanted: Wanted<'_, Account>| {
        let all = wanted.state.assignments.iter().flatten();
        let breaches = all.filter_map(|(key, value)| {
            let set = value[SET].as_str().unwrap_or_default();
            let is_user = parts(key).is_some_and(|(_, sort, _)| sort == "USER");
            let who = value[WHO].as_str().unwrap_or_default();
            (is_user && ALMIGHTY.contains(&set) == almighty)
                .then(|| wanted.breach(ASSIGNMENTS, format!("{set} is given to {who}")))
        });
        breaches.collect::<Vec<_>>()
    };
    facts.of::<Account>().flat_map(of).collect()
}

fn administering(facts: &Facts<'_>) -> Vec<Breach> {
    let breach = |wanted: Wanted<'_, Account>| {
        let Account { account_id, assignments } = wanted.state;
        let scope = facts.scopes.get(&wanted.address().scope)?;
        let anybody = assignments.as_ref().is_some_and(|all| !all.is_empty());
        let own = anybody && account_id.as_ref() == Some(&scope.account);
        own.then(|| wanted.breach(ASSIGNMENTS, "are in the account of the scope itself"))
    };
    facts.of::<Account>().filter_map(breach).collect()
}
