//! The requests that the rules are about.

use crate::baseline::{
    Breach,
    facts::Facts,
    probe::{Probe, absent, denied, is, missing},
};

pub(super) fn trails(facts: &Facts<'_>) -> Vec<Breach> {
    let actions = ["StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"];
    missing(facts, &actions.map(|verb| Probe::of("cloudtrail", verb, &[])))
}

/// Some Region that no scope of the settings is in.
pub(super) fn regions(facts: &Facts<'_>) -> Vec<Breach> {
    const FAR: [&str; 4] = ["af-south-1", "ap-southeast-3", "me-south-1", "sa-east-1"];
    let used: Vec<_> = facts.scopes.values().map(|scope| scope.region.as_str()).collect();
    let far = FAR.into_iter().find(|region| !used.contains(region)).unwrap_or(FAR[0]);
    missing(
        facts,
        &[
            Probe::of("ec2", "RunInstances", &[is("aws:requestedregion", far)]),
            Probe::of("sagemaker", "CreateTrainingJob", &[is("aws:requestedregion", far)]),
        ],
    )
}

pub(super) fn s3(facts: &Facts<'_>) -> Vec<Breach> {
    let all = ["PutBucketPublicAccessBlock", "PutAccountPublicAccessBlock"];
    let some = ["PutBucketPolicy", "DeleteBucketPolicy", "PutBucketAcl"];
    let mut probes = all.map(|verb| Probe::of("s3", verb, &[])).to_vec();
    probes.extend(some.map(|verb| Probe::of("s3", verb, &[]).on_a_named_resource()));
    missing(facts, &probes)
}

pub(super) fn domains(facts: &Facts<'_>) -> Vec<Breach> {
    let public = is("sagemaker:appnetworkaccesstype", "PublicInternetOnly");
    missing(
        facts,
        &[
            Probe::of("sagemaker", "CreateDomain", &[public]),
            Probe::of("sagemaker", "CreateDomain", &[absent("sagemaker:appnetworkaccesstype")]),
            Probe::of("sagemaker", "CreateDomain", &[absent("sagemaker:vpcsubnets")]),
            Probe::of("sagemaker", "CreateDomain", &[absent("sagemaker:vpcsecuritygroupids")]),
            Probe::of("sagemaker", "UpdateDomain", &[public]),
        ],
    )
}

pub(super) fn notebooks(facts: &Facts<'_>) -> Vec<Breach> {
    let create = |key| Probe::of("sagemaker", "CreateNotebookInstance", &[key]);
    missing(
        facts,
        &[
            create(is("sagemaker:directinternetaccess", "Enabled")),
            create(absent("sagemaker:directinternetaccess")),
            create(absent("sagemaker:vpcsubnets")),
        ],
    )
}

pub(super) fn root_access(facts: &Facts<'_>) -> Vec<Breach> {
    let enabled = is("sagemaker:rootaccess", "Enabled");
    missing(
        facts,
        &[
            Probe::of("sagemaker", "CreateNotebookInstance", &[enabled]),
            Probe::of("sagemaker", "CreateNotebookInstance", &[absent("sagemaker:rootaccess")]),
            Probe::of("sagemaker", "UpdateNotebookInstance", &[enabled]),
        ],
    )
}

const JOBS: [&str; 3] =
    ["CreateTrainingJob", "CreateProcessingJob", "CreateHyperParameterTuningJob"];

pub(super) fn volumes(facts: &Facts<'_>) -> Vec<Breach> {
    let made = ["CreateDomain", "CreateNotebookInstance", "CreateTransformJob"];
    let keys = [absent("sagemaker:volumekmskey"), absent("sagemaker:volumekmskeyarn")];
    let verbs: Vec<_> = made.into_iter().chain(JOBS).collect();
    let probes: Vec<_> = verbs.iter().map(|verb| Probe::of("sagemaker", verb, &keys)).collect();
    missing(facts, &probes)
}

/// What must be on, and is off where it is left out.
fn must_be_on(facts: &Facts<'_>, key: &'static str) -> Vec<Breach> {
    let probes = JOBS.iter().flat_map(|verb| {
        [is(key, "false"), absent(key)].map(|wrong| Probe::of("sagemaker", verb, &[wrong]))
    });
    missing(facts, &probes.collect::<Vec<_>>())
}

pub(super) fn container_traffic(facts: &Facts<'_>) -> Vec<Breach> {
    must_be_on(facts, "sagemaker:intercontainertrafficencryption")
}

pub(super) fn isolation(facts: &Facts<'_>) -> Vec<Breach> {
    must_be_on(facts, "sagemaker:networkisolation")
}

pub(super) fn jobs_in_vpc(facts: &Facts<'_>) -> Vec<Breach> {
    let verbs: Vec<_> = JOBS.into_iter().chain(["CreateModel"]).collect();
    let outside = [absent("sagemaker:vpcsubnets")];
    let probes: Vec<_> = verbs.iter().map(|verb| Probe::of("sagemaker", verb, &outside)).collect();
    missing(facts, &probes)
}

fn large_app() -> Probe {
    Probe::of("sagemaker", "CreateApp", &[is("sagemaker:instancetypes", "ml.p5.48xlarge")])
}

pub(super) fn instance_types(facts: &Facts<'_>) -> Vec<Breach> {
    missing(facts, &[large_app()])
}

/// Whether the policies of some scope keep large instance types from Studio apps.
pub(in crate::baseline) fn denies_large_apps(facts: &Facts<'_>) -> bool {
    !facts.policies.is_empty() && instance_types(facts).is_empty()
}

pub(super) fn presigned(facts: &Facts<'_>) -> Vec<Breach> {
    let outside = [
        absent("aws:sourcevpce"),
        absent("aws:sourcevpc"),
        absent("aws:vpcsourceip"),
        is("aws:sourceip", "198.51.100.1"),
    ];
    let verbs = ["CreatePresignedDomainUrl", "CreatePresignedNotebookInstanceUrl"];
    missing(facts, &verbs.map(|verb| Probe::of("sagemaker", verb, &outside)))
}

pub(super) fn detection(facts: &Facts<'_>) -> Vec<Breach> {
    missing(
        facts,
        &[
            Probe::of("guardduty", "DeleteDetector", &[]),
            Probe::of("config", "StopConfigurationRecorder", &[]),
            Probe::of("config", "DeleteConfigurationRecorder", &[]),
            Probe::of("access-analyzer", "DeleteAnalyzer", &[]),
            Probe::of("securityhub", "DisableSecurityHub", &[]),
        ],
    )
}

pub(super) fn keys(facts: &Facts<'_>) -> Vec<Breach> {
    missing(facts, &["ScheduleKeyDeletion", "DisableKey"].map(|verb| Probe::of("kms", verb, &[])))
}

pub(super) fn models(facts: &Facts<'_>) -> Vec<Breach> {
    let unlisted = "arn:aws:bedrock:eu-west-1::foundation-model/nobody.unlisted-v1:0";
    let invoke = ["InvokeModel", "InvokeModelWithResponseStream"];
    let mut probes = invoke.map(|verb| Probe::of("bedrock", verb, &[]).on(unlisted)).to_vec();
    probes.push(Probe::of("bedrock", "CreateModelCustomizationJob", &[]));
    missing(facts, &probes)
}

pub(super) fn personal_data(facts: &Facts<'_>) -> Vec<Breach> {
    missing(
        facts,
        &[
            Probe::of("rekognition", "DetectFaces", &[]),
            Probe::of("rekognition", "SearchFacesByImage", &[]),
            Probe::of("comprehend", "DetectPiiEntities", &[]),
            Probe::of("comprehend", "StartEntitiesDetectionJob", &[]),
        ],
    )
}

pub(super) fn boundary(facts: &Facts<'_>) -> Vec<Breach> {
    missing(facts, &[Probe::of("iam", "CreateRole", &[absent("iam:permissionsboundary")])])
}

pub(super) fn organisation(facts: &Facts<'_>) -> Vec<Breach> {
    missing(
        facts,
        &[
            Probe::of("organizations", "LeaveOrganization", &[]),
            Probe::of("ec2", "RunInstances", &[]).by_root(),
            Probe::of("s3", "PutObject", &[]).by_root(),
        ],
    )
}

pub(super) fn gateways(facts: &Facts<'_>) -> Vec<Breach> {
    let verbs = ["CreateInternetGateway", "AttachInternetGateway"];
    missing(facts, &verbs.map(|verb| Probe::of("ec2", verb, &[])))
}

/// What palisade does in an account: one action of each kind of call that it cannot do without.
pub(super) fn lockout(facts: &Facts<'_>) -> Vec<Breach> {
    const NEEDED: [(&str, &str); 10] = [
        ("ec2", "AuthorizeSecurityGroupIngress"),
        ("ec2", "RevokeSecurityGroupIngress"),
        ("ec2", "DescribeSecurityGroups"),
        ("ec2", "CreateVpcEndpoint"),
        ("ec2", "ModifyVpcEndpoint"),
        ("kms", "PutKeyPolicy"),
        ("kms", "CreateKey"),
        ("kms", "DescribeKey"),
        ("sagemaker", "CreateDomain"),
        ("sagemaker", "UpdateDomain"),
    ];
    let mut found = Vec::new();
    for role in facts.roles {
        for policy in &facts.policies {
            let refused: Vec<_> = NEEDED
                .into_iter()
                .map(|(service, verb)| Probe::of(service, verb, &[]).by(role))
                .filter(|probe| denied(facts, &[policy], probe))
                .map(|probe| probe.action)
                .collect();
            if !refused.is_empty() {
                let why = format!("denies {role} {}", refused.join(", "));
                found.push(policy.breach("content", why));
            }
        }
    }
    found
}
