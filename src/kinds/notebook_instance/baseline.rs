//! Rules for notebook instances.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{DIRECT_INTERNET, METADATA, NAME as KIND};
use crate::{
    baseline::{Baseline, Breach, Facts, Reach, Rule, Severity, Wanted},
    kind::table::{Tree, get},
    model::Address,
};

/// All that the baseline asks of notebook instances.
pub(super) const BASELINE: Baseline = Baseline::of::<State>(RULES);

#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct State(Tree);

impl State {
    fn text(&self, path: &str) -> Option<&str> {
        get(&self.0, path).as_str()
    }
}

const RULES: &[Rule] = &[
    Rule {
        id: "NBI-01",
        severity: Severity::High,
        kind: KIND,
        title: "Notebooks reach the internet through your network only",
        why: "Otherwise they have a way out past every group, endpoint and log of yours.",
        source: "Security Hub SageMaker.1; Config \
                 SAGEMAKER_NOTEBOOK_NO_DIRECT_INTERNET_ACCESS; Checkov CKV_AWS_122",
        help: "write `directInternetAccess: Disabled` (only a new instance can have it)",
        reach: Reach::Manifest,
        check: |facts| is_not(facts, DIRECT_INTERNET, "Disabled", "is a way past your network"),
    },
    Rule {
        id: "NBI-02",
        severity: Severity::High,
        kind: KIND,
        title: "Notebooks are in a subnet of yours",
        why: "In a network of AWS nothing of yours decides or sees where traffic goes.",
        source: "Security Hub SageMaker.2; Checkov CKV_AWS_306",
        help: "write `subnet` (only a new instance can have it)",
        reach: Reach::Manifest,
        check: |facts| lacks(facts, "subnet", "is not set: the network is one of AWS"),
    },
    Rule {
        id: "NBI-03",
        severity: Severity::High,
        kind: KIND,
        title: "Users of notebooks are not root",
        why: "Root turns off what the lifecycle scripts set up, and reads every user's files.",
        source: "Security Hub SageMaker.3; Checkov CKV_AWS_307",
        help: "write `rootAccess: Disabled`",
        reach: Reach::Manifest,
        check: |facts| is_not(facts, "rootAccess", "Disabled", "users can become root"),
    },
    Rule {
        id: "NBI-04",
        severity: Severity::Medium,
        kind: KIND,
        title: "Volumes of notebooks have a key of yours",
        why: "With AWS's own key nobody can take away access to the data, or see its use.",
        source: "Security Hub SageMaker.21; Config \
                 SAGEMAKER_NOTEBOOK_INSTANCE_KMS_KEY_CONFIGURED; Checkov CKV_AWS_22",
        help: "write `kmsKey: {ref: …}` (only a new instance can have it)",
        reach: Reach::Manifest,
        check: |facts| lacks(facts, "kmsKey", "is not set: the volume has a key of AWS"),
    },
    Rule {
        id: "NBI-05",
        severity: Severity::Medium,
        kind: KIND,
        title: "Notebooks have an operating system that AWS still patches",
        why: "Amazon Linux 1 and 2 get no more security updates on notebooks.",
        source: "Security Hub SageMaker.8",
        help: "write `platformIdentifier: notebook-al2023-v1`",
        reach: Reach::Manifest,
        check: platform,
    },
    Rule {
        id: "NBI-06",
        severity: Severity::High,
        kind: KIND,
        title: "The metadata service of notebooks asks for a token (IMDSv2)",
        why: "Without it a request that somebody is made to send hands out the role's credentials.",
        source: "Checkov CKV_AWS_371; Security Hub EC2.8",
        help: "write `minimumInstanceMetadataServiceVersion: \"2\"`",
        reach: Reach::Manifest,
        check: |facts| is_not(facts, METADATA, "2", "requests without a token are answered"),
    },
    Rule {
        id: "NBI-07",
        severity: Severity::Low,
        kind: KIND,
        title: "Notebooks have a lifecycle configuration",
        why: "Without one nothing enforces idle shutdown, proxies or packages on a new instance.",
        source: "SageMaker developer guide, \"Customization of a SageMaker notebook instance using \
                 an LCC script\"",
        help: "write `lifecycleConfig: {ref: …}`",
        reach: Reach::Manifest,
        check: |facts| lacks(facts, "lifecycleConfig", "is not set"),
    },
    Rule {
        id: "NBI-08",
        severity: Severity::Medium,
        kind: KIND,
        title: "Notebooks do not share a role",
        why: "A role that is used everywhere may do everything.",
        source: "IAM user guide, \"Security best practices\" (least privilege)",
        help: "give each instance a `role` of its own",
        reach: Reach::Manifest,
        check: roles,
    },
];

fn each(
    facts: &Facts<'_>,
    field: &str,
    wrong: impl Fn(&Wanted<'_, State>) -> Option<String>,
) -> Vec<Breach> {
    let found = facts.of::<State>();
    found.filter_map(|it| wrong(&it).map(|why| it.breach(field, why))).collect()
}

fn is_not(facts: &Facts<'_>, field: &str, safe: &str, why: &str) -> Vec<Breach> {
    each(facts, field, |it| (it.state.text(field) != Some(safe)).then(|| why.to_owned()))
}

fn lacks(facts: &Facts<'_>, field: &str, why: &str) -> Vec<Breach> {
    each(facts, field, |it| {
        // A lookup stands for what it will find.
        let written = it.written(field).is_some_and(|said| *said != Value::Null);
        (!written).then(|| why.to_owned())
    })
}

fn platform(facts: &Facts<'_>) -> Vec<Breach> {
    each(facts, "platformIdentifier", |it| {
        let platform = it.state.text("platformIdentifier")?;
        let old = !platform.starts_with("notebook-al2023-");
        old.then(|| format!("{platform} is not patched any more"))
    })
}

fn roles(facts: &Facts<'_>) -> Vec<Breach> {
    let mut users: BTreeMap<&str, Vec<&Address>> = BTreeMap::new();
    for notebook in facts.of::<State>() {
        if let Some(role) = notebook.state.text("role") {
            users.entry(role).or_default().push(notebook.address());
        }
    }
    each(facts, "role", |it| {
        let role = it.state.text("role")?;
        let other = users.get(role)?.iter().find(|other| **other != it.address())?;
        Some(format!("{other} has the same role"))
    })
}
