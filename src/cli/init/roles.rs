//! The roles that palisade assumes, as CloudFormation templates with exactly the permissions that
//! the manifests need.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{answers::Answers, files::NewFile};
use crate::{
    cli::output,
    engine::Scopes,
    kinds::{
        self,
        cloud_control::{iam_managed_policy, iam_role},
    },
    manifest::{Document, Loader, SourceFile},
    operations::{Usage, policy::Policies},
    settings::Settings,
};

/// A template for every account.
pub(super) fn templates(
    answers: &Answers,
    settings: &Settings,
    files: &[NewFile],
) -> anyhow::Result<Vec<NewFile>> {
    let registry = kinds::registry();
    let facts = Scopes::offline_facts(settings);
    let loader = Loader { registry: &registry, settings, facts: &facts };
    let manifests = files.iter().filter(|file| file.path.starts_with("desired-state/"));
    let manifests = manifests.map(|file| SourceFile {
        shown: file.path.clone().into(),
        text: file.text.as_str().into(),
    });
    let loaded = loader.read_files("desired-state".as_ref(), manifests.collect(), Vec::new());
    let snapshot = loaded.snapshot.map_err(|problems| {
        let first = problems.first().map(ToString::to_string).unwrap_or_default();
        anyhow::anyhow!("the manifests are not valid with these answers: {first}")
    })?;
    let mut accounts: BTreeMap<&str, Vec<Policies>> = BTreeMap::new();
    for (scope, facts) in &facts {
        let all = snapshot.documents.values().map(AsRef::as_ref);
        let here = all.filter(|it: &&Document| it.address.scope == *scope);
        let policies = Policies::new(facts, &settings.owner, &Usage::of(&registry, here));
        accounts.entry(facts.account.as_str()).or_default().push(policies);
    }
    let template = |(account, policies): (&str, Vec<Policies>)| {
        let text = output::yaml(&template(answers, &policies))?;
        let path = format!("roles/{account}.cfn.yaml");
        Ok(NewFile { path, text: format!("# palisade's role in account {account}.\n{text}") })
    };
    accounts.into_iter().map(template).collect()
}

/// Without the permissions to delete: nothing of it needs them yet.
fn template(answers: &Answers, policies: &[Policies]) -> Value {
    let mut resources = Map::new();
    resources.insert(
        "Role".to_owned(),
        json!({
            "Type": iam_role::NAME,
            "Properties": {
                "RoleName": answers.role,
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{
                        "Effect": "Allow",
                        "Principal": {"AWS": {"Ref": "DaemonRoleArn"}},
                        "Action": "sts:AssumeRole",
                        "Condition": {"StringEquals": {"sts:ExternalId": answers.owner}}
                    }]
                }
            }
        }),
    );
    let documents = policies.iter().flat_map(|it| it.observe.iter().chain(&it.apply));
    for (index, document) in documents.enumerate() {
        resources.insert(
            format!("Policy{}", index + 1),
            json!({
                "Type": iam_managed_policy::NAME,
                "Properties": {"PolicyDocument": document, "Roles": [{"Ref": "Role"}]}
            }),
        );
    }
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The role with which palisade reads and changes this account",
        "Parameters": {
            "DaemonRoleArn": {
                "Type": "String",
                "Description": "The ARN of the role that palisade runs with",
                "AllowedPattern": "^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$"
            }
        },
        "Resources": resources,
        "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}}
    })
}
