//! The requests that the rules are about.

use super::{
    super::State,
    blinding::{RECORDER, WATCHERS, Watcher},
    probe::{Key, Probe, Together, absent, attached, is, missing},
};
use crate::{
    baseline::{Breach, Facts},
    kinds::instance_storage::LOCAL_DISKS,
};

pub(super) fn trails(facts: &Facts<'_>) -> Vec<Breach> {
    blinding(facts, |watcher| watcher.service == RECORDER, |w| [w.deletes, w.suspends].concat())
}

/// The given calls of some of the detecting services.
fn blinding(
    facts: &Facts<'_>,
    which: impl Fn(&Watcher) -> bool,
    verbs: impl Fn(&Watcher) -> Vec<&'static str>,
) -> Vec<Breach> {
    let of = |watcher: &Watcher| -> Vec<Probe> {
        let probe = |verb: &&str| Probe::of(watcher.service, verb, &[]);
        verbs(watcher).iter().map(probe).collect()
    };
    let probes: Vec<_> = WATCHERS.iter().filter(|watcher| which(watcher)).flat_map(of).collect();
    missing(facts, &probes)
}

pub(super) fn s3(facts: &Facts<'_>) -> Vec<Breach> {
    let all = ["PutBucketPublicAccessBlock", "PutAccountPublicAccessBlock"];
    let some =
        ["PutBucketPolicy", "DeleteBucketPolicy", "PutBucketAcl", "DeleteObject", "PutObject"];
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

/// A setting that must be on, and that is off by default.
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

/// Whether the policies of some scope deny large instance types to Studio apps.
pub(crate) fn denies_large_apps(facts: &Facts<'_>) -> bool {
    facts.of::<State>().next().is_some() && instance_types(facts).is_empty()
}

pub(super) fn presigned(facts: &Facts<'_>) -> Vec<Breach> {
    // Every call that returns a session as a URL (service authorization reference). None has a
    // condition key of its own.
    const URLS: [&str; 6] = [
        "CreateHubContentPresignedUrls",
        "CreatePartnerAppPresignedUrl",
        "CreatePresignedDomainUrl",
        "CreatePresignedMlflowAppUrl",
        "CreatePresignedMlflowTrackingServerUrl",
        "CreatePresignedNotebookInstanceUrl",
    ];
    let outside = [
        absent("aws:sourcevpce"),
        absent("aws:sourcevpc"),
        absent("aws:vpcsourceip"),
        is("aws:sourceip", "198.51.100.1"),
    ];
    // Being in a VPC, or having an address like ours, does not make a request ours.
    let elsewhere = [
        is("aws:sourcevpce", "vpce-0fedcba9876543210"),
        is("aws:sourcevpc", "vpc-0fedcba9876543210"),
        is("aws:vpcsourceip", "10.0.0.1"),
        absent("aws:sourceip"),
    ];
    let probes = URLS.iter().flat_map(|verb| {
        [
            Probe::of("sagemaker", verb, &outside).called("from the internet"),
            Probe::of("sagemaker", verb, &elsewhere).called("through somebody else's endpoint"),
        ]
    });
    missing(facts, &probes.collect::<Vec<_>>())
}

pub(super) fn detection(facts: &Facts<'_>) -> Vec<Breach> {
    blinding(facts, |watcher| watcher.service != RECORDER, |w| [w.deletes, w.suspends].concat())
}

pub(super) fn hiding(facts: &Facts<'_>) -> Vec<Breach> {
    blinding(facts, |_| true, |watcher| watcher.hides.to_vec())
}

/// Jobs that would be possible only with a volume key, which AWS refuses for such an instance.
pub(super) fn local_disks(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for policy in attached(facts).into_values().flatten() {
        let alone = Together::of(&[policy]);
        let unusable = LOCAL_DISKS.iter().filter(|family| {
            let types = format!("ml.{family}.xlarge");
            let keyless = [
                is("sagemaker:instancetypes", &types),
                absent("sagemaker:volumekmskey"),
                absent("sagemaker:volumekmskeyarn"),
            ];
            let volume =
                is("sagemaker:volumekmskeyarn", "arn:aws:kms:eu-west-1:123412341234:key/1");
            let keyed = [keyless[0], volume];
            let job = |keys: &[Key<'_>]| Probe::of("sagemaker", "CreateTrainingJob", keys);
            alone.deny(facts, &job(&keyless)) && !alone.deny(facts, &job(&keyed))
        });
        let unusable: Vec<_> = unusable.map(|family| format!("ml.{family}")).collect();
        if !unusable.is_empty() {
            let why = format!(
                "asks for a volume key on instances that refuse one: {}",
                unusable.join(", ")
            );
            found.push(policy.breach("content", why));
        }
    }
    found
}

pub(super) fn keys(facts: &Facts<'_>) -> Vec<Breach> {
    // A key cannot be used without its imported material or its key store either (KMS API
    // reference).
    let verbs = ["ScheduleKeyDeletion", "DisableKey", "DeleteImportedKeyMaterial"];
    missing(facts, &verbs.map(|verb| Probe::of("kms", verb, &[])))
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

pub(super) fn organization(facts: &Facts<'_>) -> Vec<Breach> {
    missing(
        facts,
        &[
            Probe::of("account", "CloseAccount", &[]),
            Probe::of("organizations", "AcceptHandshake", &[]),
            Probe::of("organizations", "LeaveOrganization", &[]),
            Probe::of("ec2", "RunInstances", &[]).by_root(),
            Probe::of("s3", "PutObject", &[]).by_root(),
        ],
    )
}

pub(super) fn gateways(facts: &Facts<'_>) -> Vec<Breach> {
    // CreateDefaultVpc creates a gateway and a route to it in one call (EC2 API reference); a
    // peering leads to a VPC that may have one; VPC block public access is what makes a gateway
    // ineffective.
    let verbs = [
        "AcceptVpcPeeringConnection",
        "AttachInternetGateway",
        "CreateDefaultVpc",
        "CreateEgressOnlyInternetGateway",
        "CreateInternetGateway",
        "CreateVpcBlockPublicAccessExclusion",
        "CreateVpcPeeringConnection",
        "ModifyVpcBlockPublicAccessOptions",
    ];
    missing(facts, &verbs.map(|verb| Probe::of("ec2", verb, &[])))
}

/// What palisade does in an account: one action for each kind of call that it needs.
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
        for policy in facts.of::<State>() {
            let alone = Together::of(&[policy]);
            let refused: Vec<_> = NEEDED
                .into_iter()
                .map(|(service, verb)| Probe::of(service, verb, &[]).by(role))
                .filter(|probe| alone.deny(facts, probe))
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
