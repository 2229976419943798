//! Which roles the features of Studio hand on.

use serde_json::Value;

use crate::{
    baseline::{Breach, Facts, Reach, Rule, Severity},
    kind::table::texts,
    kinds::{
        cloud_control::{self, iam_role},
        sagemaker_domain::{self, State},
    },
};

pub(super) const RULES: &[Rule] = &[Rule {
    id: "SMD-17",
    severity: Severity::Low,
    kind: sagemaker_domain::NAME,
    title: "Features of Studio hand on roles that manifests declare, and no others",
    why: "What Canvas, Amazon EMR or Amazon Bedrock may do with a role that nobody reviews here is \
          not in this directory.",
    source: "SageMaker API reference, CanvasAppSettings and EmrSettings; SageMaker developer \
             guide, \"Amazon SageMaker Canvas\" (permissions)",
    help: "declare the role, or leave the setting out",
    reach: Reach::Manifest,
    check: handed_on,
}];

/// The settings of users and of shared spaces.
const WHOSE: [&str; 2] = ["defaultUserSettings", "defaultSpaceSettings"];
/// Where they name roles, besides the one that apps run with (SMD-08).
const ROLES: [&str; 6] = [
    "canvasAppSettings.emrServerlessSettings.executionRoleArn",
    "canvasAppSettings.generativeAiSettings.amazonBedrockRoleArn",
    "canvasAppSettings.modelRegisterSettings.crossAccountModelRegisterRoleArn",
    "canvasAppSettings.timeSeriesForecastingSettings.amazonForecastRoleArn",
    "jupyterLabAppSettings.emrSettings.assumableRoleArns",
    "jupyterLabAppSettings.emrSettings.executionRoleArns",
];

fn handed_on(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for domain in facts.of::<State>() {
        for path in WHOSE.iter().flat_map(|whose| ROLES.map(|role| format!("{whose}.{role}"))) {
            let said = domain.state.at(&path).unwrap_or(&Value::Null);
            let roles = said.as_str().into_iter().chain(texts(said));
            for role in roles.filter(|role| !is_declared(facts, role)) {
                let why = format!("no manifest declares {role}");
                found.push(domain.breach(path.clone(), why));
            }
        }
    }
    found
}

/// Whether a manifest declares the role, in whatever scope: it is named by its ARN.
fn is_declared(facts: &Facts<'_>, arn: &str) -> bool {
    facts.is_arn_of(iam_role::NAME, arn)
        || cloud_control::baseline::all(facts, iam_role::NAME).any(|role| {
            let said = |property| role.state.property(property).as_str();
            let Some(place) = facts.scopes.get(&role.address().scope) else { return false };
            let (path, name) = (said("Path").unwrap_or("/"), said("RoleName").unwrap_or_default());
            let end = format!(":iam::{}:role{path}{name}", place.account);
            arn.strip_prefix("arn:").and_then(|it| it.strip_prefix(&place.partition))
                == Some(end.as_str())
        })
}
