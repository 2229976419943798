//! The policies of `desired-state/ml-prod/endpoints.yaml` let our principals reach our resources,
//! and let no data out.

use std::{collections::BTreeMap, fs};

use serde::Deserialize as _;

use super::*;
use crate::model::policy_document::{Decision, Request};

const ORGANIZATION: &str = "o-abcde12345";

/// The policy of every endpoint, by the name of its manifest.
fn policies() -> BTreeMap<String, PolicyDocument> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/desired-state/ml-prod/endpoints.yaml");
    let text = fs::read_to_string(file).expect("the endpoints");
    let text = text
        .replace("${scope.partition}", "aws")
        .replace("${scope.region}", "eu-west-1")
        .replace("${scope.account}", "111122223333")
        .replace("${organization.id}", ORGANIZATION);
    assert!(!text.contains("${"), "a variable that this test does not know");
    serde_yaml::Deserializer::from_str(&text)
        .map(|document| {
            let document = Value::deserialize(document).expect("YAML");
            let name = document["metadata"]["name"].as_str().expect("a name").to_owned();
            let policy = &document["spec"]["policy"];
            let policy = PolicyDocument::from_value(policy, Dialect::EndpointPolicy);
            (name, policy.expect("a policy"))
        })
        .collect()
}

/// The organization of a principal or a resource; none for an account that is in none.
#[derive(Clone, Copy)]
enum Of {
    Ours,
    Others,
    None,
}

impl Of {
    fn id(self) -> Vec<String> {
        match self {
            Self::Ours => vec![ORGANIZATION.to_owned()],
            Self::Others => vec!["o-zyxwv98765".to_owned()],
            Self::None => Vec::new(),
        }
    }
}

fn allows(policy: &PolicyDocument, caller: Of, action: &str, resource: &str, owner: Of) -> bool {
    let account = if matches!(caller, Of::Ours) { "111122223333" } else { "999999999999" };
    let mut request = Request::new(&format!("arn:aws:iam::{account}:role/r"), action, resource);
    request.context.insert("aws:principalorgid".to_owned(), caller.id());
    request.context.insert("aws:resourceorgid".to_owned(), owner.id());
    let decision = policy.evaluate(&request);
    assert_ne!(decision, Decision::Unknown, "{action} on {resource}");
    decision == Decision::Allow
}

const OURS_ON_OURS: [(&str, &str, &str); 10] = [
    (
        "sagemaker-api",
        "sagemaker:CreateTrainingJob",
        "arn:aws:sagemaker:eu-west-1:111122223333:training-job/t",
    ),
    (
        "sagemaker-runtime",
        "sagemaker:InvokeEndpoint",
        "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/e",
    ),
    ("sts", "sts:AssumeRole", "arn:aws:iam::111122223333:role/ml-jobs"),
    ("logs", "logs:PutLogEvents", "arn:aws:logs:eu-west-1:111122223333:log-group:g:log-stream:s"),
    ("ecr-api", "ecr:PutImage", "arn:aws:ecr:eu-west-1:111122223333:repository/r"),
    ("ecr-dkr", "ecr:PutImage", "arn:aws:ecr:eu-west-1:111122223333:repository/r"),
    ("kms", "kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/k"),
    ("s3", "s3:PutObject", "arn:aws:s3:::ml-data/k"),
    ("s3", "s3:GetObject", "arn:aws:s3:::ml-data/k"),
    ("s3", "s3:ListBucket", "arn:aws:s3:::ml-data"),
];

#[test]
fn our_principals_reach_only_our_resources_and_others_reach_none() {
    let policies = policies();
    let mut covered = BTreeSet::from(["studio"]);
    for (endpoint, action, resource) in OURS_ON_OURS {
        covered.insert(endpoint);
        let policy = &policies[endpoint];
        assert!(allows(policy, Of::Ours, action, resource, Of::Ours), "{endpoint} {action}");
        for owner in [Of::Others, Of::None] {
            let through = allows(policy, Of::Ours, action, resource, owner);
            assert!(!through, "{endpoint} {action}: out to somebody else's");
        }
        for caller in [Of::Others, Of::None] {
            let through = allows(policy, caller, action, resource, Of::Ours);
            assert!(!through, "{endpoint} {action}: others' credentials from inside");
        }
    }
    assert_eq!(covered.len(), policies.len(), "every endpoint");
}

#[test]
fn studio_is_for_our_principals_and_the_apps_of_this_account() {
    let studio = &policies()["studio"];
    let app = "arn:aws:sagemaker:eu-west-1:111122223333:app/d-1/u/JupyterLab/default";
    let user = "arn:aws:sagemaker:eu-west-1:111122223333:user-profile/d-1/u";
    assert!(allows(studio, Of::Ours, "sagemaker:CreateApp", app, Of::Ours));
    assert!(allows(studio, Of::Ours, "sagemaker:CreatePresignedDomainUrl", user, Of::Ours));
    let other = app.replace("111122223333", "999999999999");
    assert!(!allows(studio, Of::Ours, "sagemaker:CreateApp", &other, Of::None));
    assert!(!allows(studio, Of::Others, "sagemaker:CreateApp", app, Of::Ours));
    let domain = "arn:aws:sagemaker:eu-west-1:111122223333:domain/d-1";
    assert!(!allows(studio, Of::Ours, "sagemaker:DeleteDomain", domain, Of::Ours));
}

#[test]
fn calls_without_a_resource_work_with_and_without_an_organization() {
    let policies = policies();
    for (endpoint, action) in [
        ("sagemaker-api", "sagemaker:ListTrainingJobs"),
        ("sts", "sts:GetCallerIdentity"),
        ("ecr-api", "ecr:GetAuthorizationToken"),
        ("ecr-dkr", "ecr:GetAuthorizationToken"),
        ("kms", "kms:ListAliases"),
    ] {
        for owner in [Of::Ours, Of::None] {
            assert!(allows(&policies[endpoint], Of::Ours, action, "*", owner), "{action}");
            assert!(!allows(&policies[endpoint], Of::Others, action, "*", owner), "{action}");
        }
    }
    assert!(!allows(&policies["sts"], Of::Ours, "sts:GetFederationToken", "*", Of::None));
}

#[test]
fn resources_of_aws_are_read_and_never_written() {
    let policies = policies();
    let s3 = &policies["s3"];
    let layer = "arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/l";
    // ECR signs the URL of a layer itself: the principal is not ours.
    assert!(allows(s3, Of::None, "s3:GetObject", layer, Of::None));
    assert!(!allows(s3, Of::Ours, "s3:PutObject", layer, Of::None));
    let jumpstart = "arn:aws:s3:::jumpstart-cache-prod-eu-west-1/m";
    assert!(allows(s3, Of::Ours, "s3:GetObject", jumpstart, Of::Others));
    assert!(!allows(s3, Of::Others, "s3:GetObject", jumpstart, Of::Others));
    assert!(!allows(s3, Of::Ours, "s3:PutObject", jumpstart, Of::Others));
    let image = "arn:aws:ecr:eu-west-1:763104351884:repository/pytorch-training";
    for endpoint in ["ecr-api", "ecr-dkr"] {
        assert!(allows(&policies[endpoint], Of::Ours, "ecr:BatchGetImage", image, Of::Others));
        assert!(!allows(&policies[endpoint], Of::Ours, "ecr:PutImage", image, Of::Others));
        assert!(!allows(&policies[endpoint], Of::None, "ecr:BatchGetImage", image, Of::Others));
    }
}
