//! The prefixes of the actions that pass through an endpoint: those of the service's IAM actions,
//! which are not always in the endpoint's name (service authorization reference; AWS PrivateLink
//! guide, "AWS services that integrate with AWS PrivateLink").

use std::collections::BTreeSet;

use super::service::is_endpoint_service;
use crate::model::policy_document::is_service;

/// Services whose short name, or its first part, is not the prefix of their actions, or not the
/// only one.
const OTHERS: [(&str, &[&str]); 19] = [
    ("bedrock-agent", &["bedrock"]),
    ("bedrock-agent-runtime", &["bedrock"]),
    ("bedrock-data-automation", &["bedrock"]),
    ("bedrock-data-automation-runtime", &["bedrock"]),
    ("bedrock-runtime", &["bedrock"]),
    ("dynamodb-streams", &["dynamodb"]),
    ("email", &["ses"]),
    ("experiments", &["sagemaker", "sagemaker-mlflow"]),
    ("git-codecommit", &["codecommit"]),
    ("kinesis-firehose", &["firehose"]),
    ("kinesis-streams", &["kinesis"]),
    ("monitoring", &["cloudwatch"]),
    ("notebook", &["sagemaker"]),
    ("partner-app", &["sagemaker", "sagemaker-mlflow"]),
    ("s3", &["s3", "s3-object-lambda"]),
    ("s3-global", &["s3"]),
    ("s3express", &["s3", "s3express"]),
    ("studio", &["sagemaker"]),
    ("tagging", &["tag"]),
];

/// The prefixes of the actions that pass through an endpoint of the service with this full name;
/// empty if they are not known.
pub(super) fn of(full_name: &str) -> BTreeSet<String> {
    if is_endpoint_service(full_name) {
        return BTreeSet::new();
    }
    let plain = after_region(full_name).replace("-fips", "");
    // `sagemaker.api` and `ecr.dkr` are ways to one service.
    let first = plain.split('.').next().unwrap_or_default();
    match OTHERS.iter().find(|(name, _)| *name == first) {
        Some((_, prefixes)) => prefixes.iter().map(|&prefix| prefix.to_owned()).collect(),
        None => Some(first).filter(|it| is_service(it)).map(str::to_owned).into_iter().collect(),
    }
}

/// What follows the Region, or the domain where the name has no Region.
fn after_region(full_name: &str) -> &str {
    let is_region = |part: &str| {
        let pieces: Vec<&str> = part.split('-').collect();
        let number = |piece: &&str| piece.bytes().all(|b| b.is_ascii_digit());
        pieces.len() > 2 && pieces[0].len() <= 4 && pieces.last().is_some_and(number)
    };
    let mut rest = full_name;
    while let Some((part, after)) = rest.split_once('.') {
        rest = after;
        if is_region(part) {
            return rest;
        }
    }
    full_name.split_once("amazonaws.").map_or(rest, |(_, after)| after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_lets_through_the_actions_of_its_service_whatever_its_name_is() {
        for (name, expected) in [
            ("com.amazonaws.eu-west-1.kms", "kms"),
            ("com.amazonaws.eu-west-1.kms-fips", "kms"),
            ("com.amazonaws.eu-west-1.sagemaker.api", "sagemaker"),
            ("com.amazonaws.us-east-1.sagemaker.api-fips", "sagemaker"),
            ("com.amazonaws.eu-west-1.sagemaker.featurestore-runtime", "sagemaker"),
            ("aws.sagemaker.eu-west-1.studio", "sagemaker"),
            ("com.amazonaws.eu-west-1.ecr.api", "ecr"),
            ("com.amazonaws.eu-west-1.ecr.dkr", "ecr"),
            ("cn.com.amazonaws.cn-north-1.ecr.dkr", "ecr"),
            ("com.amazonaws.eu-west-1.bedrock-runtime", "bedrock"),
            ("com.amazonaws.eu-west-1.bedrock-agentcore.gateway", "bedrock-agentcore"),
            ("com.amazonaws.eu-west-1.monitoring", "cloudwatch"),
            ("com.amazonaws.eu-west-1.git-codecommit", "codecommit"),
            ("com.amazonaws.eu-west-1.codeartifact.repositories", "codeartifact"),
            ("com.amazonaws.us-gov-west-1.sts", "sts"),
            ("aws.api.eu-west-1.resource-explorer-2", "resource-explorer-2"),
            ("com.amazonaws.iam", "iam"),
            ("com.amazonaws.s3-global.accesspoint", "s3"),
        ] {
            assert_eq!(of(name), BTreeSet::from([expected.to_owned()]), "{name}");
        }
    }

    #[test]
    fn what_passes_to_services_of_others_or_to_unlisted_ones_is_not_known() {
        for name in
            ["com.amazonaws.vpce.eu-west-1.vpce-svc-0123", "com.amazonaws.eu-west-1.dicom.x", ""]
        {
            assert_eq!(of(name), BTreeSet::new(), "{name}");
        }
    }

    #[test]
    fn every_prefix_is_one_that_actions_have() {
        for (name, prefixes) in OTHERS {
            assert!(prefixes.iter().all(|prefix| is_service(prefix)), "{name}");
        }
    }
}
