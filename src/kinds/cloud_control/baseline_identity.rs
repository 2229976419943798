//! Rules for roles, and for what gives people permissions.

use serde_json::Value;

use super::{
    baseline::{Declared, all, at, document, each},
    iam_managed_policy, iam_role, sso_permission_set,
};
use crate::{
    baseline::{Breach, Facts, Reach, Rule, Severity, statement, statement::Statement},
    model::policy_document::{AttachedTo, Who},
};

/// Policies of AWS that allow more than a component needs.
const TOO_MUCH: [&str; 5] = [
    "AdministratorAccess",
    "AmazonBedrockFullAccess",
    "AmazonSageMakerFullAccess",
    "IAMFullAccess",
    "PowerUserAccess",
];
/// Services that say for whom they assume a role.
const SAYING: [&str; 4] = [
    "bedrock.amazonaws.com",
    "cloudtrail.amazonaws.com",
    "sagemaker.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
];
const SOURCE: [&str; 5] = [
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "sts:externalid",
];
/// Actions of unlike services: a statement about all of them is about everything.
const ANYTHING: [&str; 3] = ["ec2:RunInstances", "iam:CreateUser", "s3:GetObject"];

pub(super) const ROLES: &[Rule] = &[
    Rule {
        id: "IAM-01",
        severity: Severity::High,
        kind: iam_role::NAME,
        title: "A role is assumed by who is meant",
        why: "A service acts for every account of AWS: without a condition on the source it can be \
              made to use the role for somebody else (the confused deputy).",
        source: "IAM user guide, \"The confused deputy problem\"; checkov CKV_AWS_60, CKV_AWS_61",
        help: "add `StringEquals: {\"aws:SourceAccount\": \"${scope.account}\"}`: `palisade \
               guardrails trust/sagemaker` prints it",
        reach: Reach::Manifest,
        check: trusted,
    },
    Rule {
        id: "IAM-02",
        severity: Severity::High,
        kind: iam_role::NAME,
        title: "A role may do what its component needs",
        why: "Whoever takes over one component has everything otherwise.",
        source: "Security Hub IAM.1; IAM user guide, \"Security best practices\" (least \
                 privilege); checkov CKV_AWS_274, CKV_AWS_107 to CKV_AWS_111",
        help: "name actions and resources; roles that are passed by their ARN",
        reach: Reach::Manifest,
        check: |facts| {
            let mut found = Vec::new();
            for role in all(facts, iam_role::NAME) {
                for arn in each(&role.state.properties["ManagedPolicyArns"]) {
                    let arn = arn.as_str().unwrap_or_default();
                    if let Some(name) = TOO_MUCH.iter().find(|it| arn.ends_with(&format!("/{it}")))
                    {
                        found.push(at(role, "ManagedPolicyArns", &format!("has {name}")));
                    }
                }
                for policy in each(&role.state.properties["Policies"]) {
                    let wrong = too_wide(&policy["PolicyDocument"]);
                    found.extend(wrong.iter().map(|why| at(role, "Policies", why)));
                }
            }
            found
        },
    },
    Rule {
        id: "IAM-03",
        severity: Severity::Medium,
        kind: iam_role::NAME,
        title: "A role has a permissions boundary",
        why: "What a policy gives by mistake stays within it.",
        source: "IAM user guide, \"Permissions boundaries\"; AWS Prescriptive Guidance, \
                 permissions boundaries",
        help: "write `PermissionsBoundary`, that of the settings (`identity`)",
        reach: Reach::Manifest,
        check: |facts| {
            let open = all(facts, iam_role::NAME)
                .filter(|it| !it.state.properties["PermissionsBoundary"].is_string());
            open.map(|it| at(it, "PermissionsBoundary", "it has none")).collect()
        },
    },
];

pub(super) const MANAGED_POLICIES: &[Rule] = &[Rule {
    id: "IAM-08",
    severity: Severity::High,
    kind: iam_managed_policy::NAME,
    title: "A managed policy allows what somebody needs",
    why: "Whoever has it may do everything otherwise, and may hand on every role.",
    source: "Security Hub IAM.1, KMS.1; checkov CKV_AWS_62, CKV_AWS_63",
    help: "name actions and resources; roles that are passed by their ARN",
    reach: Reach::Manifest,
    check: |facts| wide(facts, iam_managed_policy::NAME, "PolicyDocument"),
}];

pub(super) const PERMISSION_SETS: &[Rule] = &[Rule {
    id: "IAM-09",
    severity: Severity::High,
    kind: sso_permission_set::NAME,
    title: "A permission set allows what a persona needs",
    why: "Whoever has it may do everything otherwise, and may hand on every role.",
    source: "Security Hub IAM.1, KMS.2; Identity Center user guide, \"Permission sets\"",
    help: "name actions and resources; roles that are passed by their ARN",
    reach: Reach::Manifest,
    check: |facts| wide(facts, sso_permission_set::NAME, "InlinePolicy"),
}];

fn wide(facts: &Facts<'_>, kind: &'static str, property: &str) -> Vec<Breach> {
    let mut found = Vec::new();
    for wanted in all(facts, kind) {
        let wrong = too_wide(&wanted.state.properties[property]);
        found.extend(wrong.iter().map(|why| at(wanted, property, why)));
    }
    found
}

fn trusted(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for role in all(facts, iam_role::NAME) {
        let Some(document) = trust(role.state) else { continue };
        for (statement, admission) in statement::admitted(&document, AttachedTo::Key) {
            let saying = statement.services.iter().any(|it| SAYING.contains(&it.as_str()));
            let why = match () {
                () if !statement.allows => continue,
                () if admission.identities == Who::Everybody => "lets everybody assume it",
                () if saying && !statement.is_bound_by(&SOURCE) => {
                    "lets a service assume it for whomever"
                }
                () => continue,
            };
            found.push(at(role, &format!("AssumeRolePolicyDocument.{}", statement.field), why));
        }
    }
    found
}

fn trust(role: &Declared) -> Option<crate::model::policy_document::PolicyDocument> {
    document(&role.properties["AssumeRolePolicyDocument"])
}

/// What a policy allows that nobody needs.
fn too_wide(policy: &Value) -> Vec<String> {
    let Some(document) = document(policy) else { return Vec::new() };
    let statements = statement::statements(&document);
    let wrong = |it: &Statement| {
        let everywhere = it.resources.iter().any(|resource| resource == "*");
        let about = |action: &str| it.is_about(action);
        let why = match () {
            () if !it.allows || !everywhere => return None,
            () if ANYTHING.iter().all(|action| about(action)) => "allows everything",
            () if about("iam:PassRole") => "hands on every role",
            () if about("kms:Decrypt")
                && !it.is_bound_by(&[
                    "kms:viaservice",
                    "kms:encryptioncontext:*",
                    "aws:resourcetag/*",
                    "kms:resourcealiases",
                ]) =>
            {
                "decrypts with every key"
            }
            () => return None,
        };
        Some(format!("{} {why}", it.field))
    };
    statements.iter().filter_map(wrong).collect()
}
