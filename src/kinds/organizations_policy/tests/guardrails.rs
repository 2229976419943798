//! The guardrails of `desired-state/organization` do what they say and no more.

use std::fs;

use super::*;
use crate::{
    baseline::guardrails::{Known as Place, Layer, Use, compose},
    kinds::instance_storage::LOCAL_DISKS,
    model::policy_document::{Decision, PolicyDocument, Request},
    operations,
};

const SCIENTIST: &str = "arn:aws:iam::111122223333:role/scientist";
const PALISADE: &str = "arn:aws:iam::111122223333:role/palisade";
const BREAK_GLASS: &str = "arn:aws:iam::111122223333:role/break-glass";

/// A file with this repository's variables filled in.
fn filled(text: &str) -> String {
    let text = text
        .replace("${scope.partition}", "aws")
        .replace("${organization.id}", "o-abcde12345")
        .replace("${ml-prod/VpcEndpoint/sagemaker-api}", "vpce-0api")
        .replace("${ml-prod/VpcEndpoint/studio}", "vpce-0studio")
        .replace("ou-ab12-abcdefgh", WEB);
    assert!(!text.contains("${"), "a variable that this test does not know");
    text
}

/// The spec of every document in a file.
fn load(text: &str) -> Vec<(String, State)> {
    let text = filled(text);
    serde_yaml::Deserializer::from_str(&text)
        .map(|document| {
            let document = Value::deserialize(document).expect("YAML");
            assert_eq!(document["kind"], service_control_policy::NAME);
            let name = document["metadata"]["name"].as_str().expect("a name").to_owned();
            let known = Known {
                organizations: [("org".into(), Seen::All("o-abcde12345".into()))].into(),
                ..organization()
            };
            let (state, resolution) = resolve_in(&known, document["spec"].clone());
            assert_eq!(resolution.waiting(), BTreeSet::new(), "{name}");
            (name, state.expect("a valid spec"))
        })
        .collect()
}

/// The files with service control policies.
fn files() -> impl Iterator<Item = String> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/desired-state/organization");
    let files =
        fs::read_dir(directory).expect("the directory").map(|file| file.expect("a file").path());
    let texts = files.map(|path| fs::read_to_string(path).expect("text"));
    texts.filter(|text| text.contains(&format!("kind: {}\n", service_control_policy::NAME)))
}

/// Whether a file is about accounts of the sandbox, in which nothing of the platform is.
fn is_of_sandbox(text: &str) -> bool {
    text.contains("\"ou:/Sandbox\"")
}

fn guardrails() -> BTreeMap<String, State> {
    files().filter(|text| !is_of_sandbox(text)).flat_map(|text| load(&text)).collect()
}

/// Every block that the directory uses, each as a document of its own, and whether it is for the
/// sandbox.
fn blocks() -> Vec<(String, bool, PolicyDocument)> {
    let place = Place {
        partition: "aws",
        account: "999988887777",
        region: "us-east-1",
        organization: "o-abcde12345",
    };
    let mut found = Vec::new();
    for text in files() {
        let (of_sandbox, text) = (is_of_sandbox(&text), filled(&text));
        for document in serde_yaml::Deserializer::from_str(&text) {
            let document = Value::deserialize(document).expect("YAML");
            for used in document["spec"]["guardrails"].as_array().into_iter().flatten() {
                let block = used["use"].as_str().expect("a block").to_owned();
                let with = used["with"].as_object().cloned().unwrap_or_default();
                let used = [Use { block: block.clone(), with }];
                let text =
                    compose(Layer::Scp, &used, &place, false).expect("composed").document(None);
                let read = PolicyDocument::from_value(&text, Dialect::ServiceControlPolicy);
                found.push((block, of_sandbox, read.expect("a policy")));
            }
        }
    }
    found
}

/// The decision of all guardrails together. Keys that are not given are absent from the request,
/// except those that every request has.
fn decide(principal: &str, action: &str, resource: &str, keys: &[(&str, &str)]) -> Decision {
    let keys: Vec<_> = keys.iter().map(|(key, value)| (*key, vec![*value])).collect();
    decide_by(&guardrails(), principal, action, resource, &keys)
}

fn decide_by(
    guardrails: &BTreeMap<String, State>,
    principal: &str,
    action: &str,
    resource: &str,
    keys: &[(&str, Vec<&str>)],
) -> Decision {
    let documents: Vec<_> = guardrails.values().map(text_of).collect();
    decision(&documents, principal, action, resource, keys)
}

/// The decision of some documents together.
fn decision(
    documents: &[&PolicyDocument],
    principal: &str,
    action: &str,
    resource: &str,
    keys: &[(&str, Vec<&str>)],
) -> Decision {
    let mut request = Request::new(principal, action, resource);
    for statement in documents.iter().flat_map(|document| statements(document)) {
        for tests in statement["Condition"].as_object().into_iter().flat_map(|all| all.values()) {
            for key in tests.as_object().expect("keys").keys() {
                request.context.entry(key.to_ascii_lowercase()).or_default();
            }
        }
    }
    let always = [("aws:requestedregion", vec!["eu-west-1"]), ("aws:viaawsservice", vec!["false"])];
    for (key, values) in always.iter().chain(keys) {
        let values = values.iter().map(|&value| value.to_owned()).collect();
        request.context.insert((*key).to_owned(), values);
    }
    let decisions: Vec<_> = documents.iter().map(|document| document.evaluate(&request)).collect();
    assert!(!decisions.contains(&Decision::Unknown), "{principal} {action}: {decisions:?}");
    *decisions.iter().find(|decision| **decision == Decision::Deny).unwrap_or(&Decision::NoMatch)
}

fn statements(document: &PolicyDocument) -> &[Value] {
    document.as_value()["Statement"].as_array().expect("a list of statements")
}

fn is_denied(action: &str, keys: &[(&str, &str)]) -> bool {
    decide(SCIENTIST, action, "*", keys) == Decision::Deny
}

/// A request with every protection is possible, and none of the protections can be omitted.
fn every_key_counts(action: &str, rest: &[(&str, &str)], protections: &[(&str, &str)]) {
    assert!(!is_denied(action, &[rest, protections].concat()), "{action} is possible at all");
    for left_out in protections {
        let mut keys = [rest, protections].concat();
        keys.retain(|key| key != left_out);
        assert!(is_denied(action, &keys), "{action} without {}", left_out.0);
    }
}

const SUBNETS: (&str, &str) = ("sagemaker:vpcsubnets", "subnet-1");
const GROUPS: (&str, &str) = ("sagemaker:vpcsecuritygroupids", "sg-1");
const VOLUME: (&str, &str) = ("sagemaker:volumekmskeyarn", "arn:aws:kms:::key/1");
const OUTPUT: (&str, &str) = ("sagemaker:outputkmskeyarn", "arn:aws:kms:::key/1");
const ISOLATED: (&str, &str) = ("sagemaker:networkisolation", "true");
const ENCRYPTED: (&str, &str) = ("sagemaker:intercontainertrafficencryption", "true");
const VPC_ONLY: (&str, &str) = ("sagemaker:appnetworkaccesstype", "VpcOnly");
const NETWORK_DISK: (&str, &str) = ("sagemaker:instancetypes", "ml.m5.xlarge");
const LOCAL_DISK: (&str, &str) = ("sagemaker:instancetypes", "ml.g5.xlarge");

#[test]
fn every_guardrail_is_a_valid_spec_that_leaves_room_in_size_and_number() {
    let guardrails = guardrails();
    let names: Vec<_> = guardrails.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "ai-services",
            "approved-regions",
            "identity-bounds",
            "organization-integrity",
            "protect-cloudtrail",
            "protect-detection",
            "protect-s3",
            "sagemaker-customer-keys",
            "sagemaker-isolation",
            "sagemaker-network",
            "sagemaker-urls",
        ]
    );
    // FullAWSAccess is attached as well.
    let mut by_target = BTreeMap::<_, usize>::new();
    for (name, state) in &guardrails {
        let size = text_of(state).size_bytes();
        assert!(size < 10_240 / 2, "{name} has {size} bytes");
        for target in state.targets.iter().flatten() {
            *by_target.entry(target).or_default() += 1;
        }
    }
    assert!(
        by_target
            .values()
            .all(|count| *count < service_control_policy::ServiceControl::TYPE.max_per_target),
        "{by_target:?}"
    );
}

#[test]
fn the_example_is_a_valid_spec_and_names_every_field() {
    let text = fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/examples/service-control-policy.yaml"
    ))
    .expect("the example");
    assert_eq!(load(&text).len(), 1);
    for field in [
        "policyName",
        "description",
        "content",
        "guardrails",
        "compact",
        "targets",
        "attachments",
        "tags",
    ] {
        assert!(text.contains(&format!("\n  {field}:")), "{field}");
    }
}

#[test]
fn cloudtrail_cannot_be_stopped_changed_or_deleted() {
    let trail = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/t";
    for action in ["StopLogging", "UpdateTrail", "DeleteTrail", "PutEventSelectors"] {
        let action = format!("cloudtrail:{action}");
        for principal in [SCIENTIST, PALISADE, "arn:aws:iam::111122223333:root"] {
            assert_eq!(decide(principal, &action, trail, &[]), Decision::Deny, "{action}");
        }
        assert_eq!(decide(BREAK_GLASS, &action, trail, &[]), Decision::NoMatch, "{action}");
    }
    assert!(!is_denied("cloudtrail:LookupEvents", &[]));
}

#[test]
fn only_approved_regions_and_global_services_answer() {
    let frankfurt = [("aws:requestedregion", "eu-central-1")];
    for action in ["ec2:RunInstances", "s3:CreateBucket", "sagemaker:CreateApp"] {
        assert!(is_denied(action, &frankfurt), "{action}");
        assert!(!is_denied(action, &[]), "{action}");
    }
    for action in ["iam:GetRole", "sts:AssumeRole", "kms:Decrypt", "organizations:ListRoots"] {
        assert!(!is_denied(action, &frankfurt), "{action}");
    }
    assert_eq!(decide(PALISADE, "ec2:DescribeVpcs", "*", &frankfurt), Decision::NoMatch);
    assert!(is_denied("account:EnableRegion", &[("aws:requestedregion", "us-east-1")]));
}

#[test]
fn nobody_leaves_the_organization_or_creates_an_exempt_role() {
    for principal in [SCIENTIST, BREAK_GLASS, PALISADE] {
        let leaving = decide(principal, "organizations:LeaveOrganization", "*", &[]);
        assert_eq!(leaving, Decision::Deny, "{principal}");
    }
    for role in [PALISADE, BREAK_GLASS] {
        assert_eq!(decide(SCIENTIST, "iam:CreateRole", role, &[]), Decision::Deny);
        assert_eq!(decide(SCIENTIST, "iam:UpdateAssumeRolePolicy", role, &[]), Decision::Deny);
    }
    // Below the boundary of the platform, and not without it.
    let boundary = [("iam:permissionsboundary", "arn:aws:iam::111122223333:policy/ml-boundary")];
    assert_eq!(decide(SCIENTIST, "iam:CreateRole", SCIENTIST, &boundary), Decision::NoMatch);
    assert_eq!(decide(SCIENTIST, "iam:CreateRole", SCIENTIST, &[]), Decision::Deny);
}

#[test]
fn what_is_private_in_s3_stays_private_and_the_archive_stays() {
    let (bucket, archive) = ("arn:aws:s3:::data/x", "arn:aws:s3:::ml-log-archive-222233334444/x");
    let acl = |value| [("s3:x-amz-acl", value)];
    let on = |resource, action, keys: &[_]| decide(SCIENTIST, action, resource, keys);
    assert!(is_denied("s3:PutBucketPublicAccessBlock", &[]));
    assert_eq!(on(bucket, "s3:PutObject", &acl("public-read")), Decision::Deny);
    assert_eq!(on(bucket, "s3:PutObject", &acl("private")), Decision::NoMatch);
    assert_eq!(on(bucket, "s3:PutObject", &[]), Decision::NoMatch);
    assert_eq!(on(bucket, "s3:DeleteObject", &[]), Decision::NoMatch);
    assert_eq!(on(archive, "s3:DeleteObject", &[]), Decision::Deny);
    assert_eq!(on(archive, "s3:GetObject", &[]), Decision::NoMatch);
}

#[test]
fn sagemaker_works_only_with_every_protection() {
    let protections = [SUBNETS, VOLUME, OUTPUT, ISOLATED, ENCRYPTED];
    for action in [
        "CreateHyperParameterTuningJob",
        "CreateModelQualityJobDefinition",
        "CreateMonitoringSchedule",
        "CreateProcessingJob",
        "CreateTrainingJob",
    ] {
        every_key_counts(&format!("sagemaker:{action}"), &[NETWORK_DISK], &protections);
    }
    every_key_counts("sagemaker:CreateModel", &[], &[SUBNETS, ISOLATED]);
    every_key_counts("sagemaker:CreateAutoMLJobV2", &[], &[SUBNETS, VOLUME, OUTPUT, ENCRYPTED]);
    every_key_counts("sagemaker:CreateDomain", &[], &[VPC_ONLY, SUBNETS, GROUPS, VOLUME]);
    every_key_counts(
        "sagemaker:CreateNotebookInstance",
        &[],
        &[
            SUBNETS,
            GROUPS,
            VOLUME,
            ("sagemaker:directinternetaccess", "Disabled"),
            ("sagemaker:rootaccess", "Disabled"),
        ],
    );
}

#[test]
fn a_protection_that_is_switched_off_is_as_bad_as_one_left_out() {
    let job = [SUBNETS, VOLUME, OUTPUT, NETWORK_DISK];
    let with = |isolated, encrypted| {
        let flags = [
            ("sagemaker:networkisolation", isolated),
            ("sagemaker:intercontainertrafficencryption", encrypted),
        ];
        is_denied("sagemaker:CreateTrainingJob", &[&job[..], &flags].concat())
    };
    assert!(!with("true", "true"));
    assert!(with("false", "true") && with("true", "false"));
}

#[test]
fn the_older_names_of_the_key_keys_do_as_well() {
    let older = [
        SUBNETS,
        ISOLATED,
        ENCRYPTED,
        NETWORK_DISK,
        ("sagemaker:volumekmskey", "alias/x"),
        ("sagemaker:outputkmskey", "alias/x"),
    ];
    assert!(!is_denied("sagemaker:CreateTrainingJob", &older));
}

#[test]
fn instances_with_local_disks_need_no_volume_key_because_aws_refuses_one() {
    let job = [SUBNETS, OUTPUT, ISOLATED, ENCRYPTED, LOCAL_DISK];
    assert!(!is_denied("sagemaker:CreateTrainingJob", &job));
    let model = ("sagemaker:modelarn", "arn:aws:sagemaker:::model/m");
    assert!(!is_denied("sagemaker:CreateEndpointConfig", &[model, LOCAL_DISK]));
    assert!(is_denied("sagemaker:CreateEndpointConfig", &[model, NETWORK_DISK]));
    // Serverless: no instances, no volume.
    assert!(!is_denied("sagemaker:CreateEndpointConfig", &[model]));
    // Without a model the endpoint must have its own network and isolation.
    assert!(is_denied("sagemaker:CreateEndpointConfig", &[LOCAL_DISK]));
    assert!(!is_denied("sagemaker:CreateEndpointConfig", &[LOCAL_DISK, SUBNETS, ISOLATED]));
}

#[test]
fn updates_that_leave_a_protection_as_it_is_are_possible() {
    assert!(!is_denied("sagemaker:UpdateDomain", &[]));
    assert!(is_denied(
        "sagemaker:UpdateDomain",
        &[("sagemaker:appnetworkaccesstype", "PublicInternetOnly")]
    ));
    assert!(!is_denied("sagemaker:UpdateNotebookInstance", &[]));
    assert!(is_denied("sagemaker:UpdateNotebookInstance", &[("sagemaker:rootaccess", "Enabled")]));
}

#[test]
fn palisade_can_do_its_work_below_every_guardrail() {
    for action in [
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:CreateSecurityGroup",
        "ec2:CreateVpcEndpoint",
        "ec2:DescribeVpcEndpoints",
        "ec2:ModifyVpcEndpoint",
        "kms:CreateKey",
        "kms:PutKeyPolicy",
        "kms:ScheduleKeyDeletion",
        "sagemaker:AddTags",
        "sagemaker:CreateDomain",
        "sagemaker:DeleteDomain",
        "sagemaker:UpdateDomain",
        "sts:GetCallerIdentity",
    ] {
        assert_eq!(decide(PALISADE, action, "*", &[]), Decision::NoMatch, "{action}");
    }
}

#[test]
fn nothing_that_palisade_ever_calls_is_denied_to_it() {
    let guardrails = guardrails();
    // Those of Cloud Control are judged by the lock-outs of the shipped directory, with its
    // resources.
    let of_registry =
        |row: &&operations::Operation| row.kind.is_some_and(|kind| kind.contains("::"));
    let actions: BTreeSet<&str> = operations::all()
        .filter(|row| !of_registry(row))
        .flat_map(operations::Operation::grants)
        .map(|grant| grant.action)
        .collect();
    assert!(actions.len() > 60, "{}", actions.len());
    // With and without the context of its requests: claim tags, tags of claimed resources, another
    // Region of its own.
    let claim = ("aws:tagkeys", vec!["palisade:owner", "palisade:address", "palisade:deletion"]);
    let owned = ("aws:resourcetag/palisade:owner", vec!["palisade-demo"]);
    let elsewhere = ("aws:requestedregion", vec!["us-east-1"]);
    let open = ("sagemaker:appnetworkaccesstype", vec!["PublicInternetOnly"]);
    // A notebook instance is made as the guardrails ask for, by palisade as by everybody.
    let notebook = [
        ("sagemaker:rootaccess", vec!["Disabled"]),
        ("sagemaker:directinternetaccess", vec!["Disabled"]),
        ("sagemaker:vpcsubnets", vec!["subnet-1"]),
        ("sagemaker:vpcsecuritygroupids", vec!["sg-1"]),
        ("sagemaker:volumekmskeyarn", vec!["arn:aws:kms:eu-west-1:111122223333:key/k"]),
    ];
    // Among its resources are the roles that it passes to SageMaker.
    for keys in [vec![], vec![claim], vec![owned], vec![elsewhere], vec![open]] {
        for action in &actions {
            let is_notebook = *action == "sagemaker:CreateNotebookInstance";
            let safe = notebook.iter().filter(|_| is_notebook).cloned();
            let keys: Vec<_> = keys.iter().cloned().chain(safe).collect();
            for resource in ["*", "arn:aws:iam::111122223333:role/ml-studio"] {
                let decision = decide_by(&guardrails, PALISADE, action, resource, &keys);
                assert_eq!(decision, Decision::NoMatch, "{action} on {resource} with {keys:?}");
            }
        }
    }
}

/// The statements of the policies as they were written out, before they were made of blocks.
fn written_out() -> BTreeMap<String, PolicyDocument> {
    let all: BTreeMap<String, Value> =
        serde_json::from_str(include_str!("written_out.json")).expect("JSON");
    all.into_iter().map(|(name, text)| (name, document(&text))).collect()
}

/// The guardrails from which palisade was not exempt before manifests of these kinds existed: it
/// keeps what detects, the internet gateway, buckets, notebooks and tracking servers.
const KEPT_BY_PALISADE: [&str; 10] = [
    "scp/config-keep",
    "scp/guardduty-keep",
    "scp/net-no-internet",
    "scp/s3-guard",
    "scp/s3-no-public",
    "scp/securityhub-keep",
    "scp/sm-jobs-vpc",
    "scp/sm-notebooks",
    "scp/sm-unkeyed",
    "scp/sm-volume-keys",
];

/// Requests that violate one thing each: every action that the statements written out name, by
/// everybody, without any of the keys that a condition tests and with each that would be wrong.
#[test]
fn whatever_was_denied_by_statements_written_out_is_denied_by_blocks() {
    let (before, now) = (written_out(), guardrails());
    let now: Vec<PolicyDocument> = now.values().map(text_of).cloned().collect();
    let mut keys = BTreeSet::new();
    let mut actions = BTreeSet::from(["ec2:RunInstances".to_owned(), "kms:CreateKey".to_owned()]);
    let mut wrong: BTreeSet<(String, String)> = BTreeSet::new();
    let both = before.values().chain(&now);
    for statement in both.flat_map(statements) {
        for action in texts(&statement["Action"]) {
            if !action.contains('*') {
                actions.insert(action);
            }
        }
        for (operator, tests) in statement["Condition"].as_object().into_iter().flatten() {
            for (key, values) in tests.as_object().expect("keys") {
                let key = key.to_ascii_lowercase();
                keys.insert(key.clone());
                if operator != "Null" && key != "aws:principalarn" {
                    let plain = |text: String| text.replace('*', "x");
                    wrong.extend(texts(values).into_iter().map(|it| (key.clone(), plain(it))));
                }
            }
        }
    }
    wrong.insert(("aws:requestedregion".to_owned(), "us-west-2".to_owned()));
    wrong.insert(("aws:assumedroot".to_owned(), "true".to_owned()));
    wrong.insert(("aws:tagkeys".to_owned(), "Palisade:Owner".to_owned()));
    let everybody = ["root", "adm", "bg", "oa", "sec", "pipe", "ds", "op"].map(principal);
    let resources = [
        "*",
        "arn:aws:s3:::ml-data",
        "arn:aws:s3:::ml-data/k",
        "arn:aws:s3:::log-archive-o-abcde12345",
        "arn:aws:s3:::log-archive-o-abcde12345/k",
        "arn:aws:iam::111122223333:role/palisade",
        "arn:aws:iam::111122223333:role/security-operations",
        "arn:aws:iam::111122223333:policy/break-glass-1",
        "arn:aws:sagemaker:eu-west-1:111122223333:training-job/t",
    ];
    let mut denied = 0;
    let blocks = blocks();
    let (mut looser, mut kept, mut keeps) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for action in &actions {
        let before: Vec<PolicyDocument> =
            before.values().filter_map(|it| about(it, action)).collect();
        let now: Vec<PolicyDocument> = now.iter().filter_map(|it| about(it, action)).collect();
        let service = action.split(':').next().unwrap_or_default();
        let own = |resource: &&&str| {
            let about = resource.split(':').nth(2);
            about.is_none_or(|about| about == service)
        };
        for resource in resources.iter().filter(own) {
            for who in &everybody {
                let nothing = (String::new(), String::new());
                for (key, value) in std::iter::once(&nothing).chain(&wrong) {
                    // A key of another service is in no request of this one.
                    if !key.is_empty() && !key.starts_with("aws:") && !key.starts_with(service) {
                        continue;
                    }
                    let mut request = Request::new(who, action, resource);
                    for key in &keys {
                        request.context.entry(key.clone()).or_default();
                    }
                    for (key, value) in
                        [("aws:requestedregion", "eu-west-1"), ("aws:viaawsservice", "false")]
                    {
                        request.context.insert(key.to_owned(), vec![value.to_owned()]);
                    }
                    if !key.is_empty() {
                        request.context.insert(key.clone(), vec![value.clone()]);
                    }
                    let denies =
                        |document: &PolicyDocument| document.evaluate(&request) == Decision::Deny;
                    if before.iter().any(denies) {
                        denied += 1;
                        if now.iter().any(denies) {
                            continue;
                        }
                        if who == PALISADE {
                            // Whoever else asks for it is denied it.
                            let mut others = request.clone();
                            others.principal_arn = principal("adm");
                            let caller = vec![principal("adm")];
                            others.context.insert("aws:principalarn".to_owned(), caller);
                            let stops =
                                |it: &PolicyDocument| it.evaluate(&others) == Decision::Deny;
                            let is_new = kept.insert((action.as_str(), *resource));
                            let by = blocks.iter().filter(|(.., it)| is_new && stops(it));
                            keeps.extend(by.map(|(name, ..)| name.as_str()));
                            if now.iter().any(stops) {
                                continue;
                            }
                        }
                        looser.push(format!("{who} {action} {resource} {key}={value}"));
                    }
                }
            }
        }
    }
    assert!(denied > 10_000, "{denied}");
    assert_eq!(looser, Vec::<String>::new());
    assert_eq!(keeps, BTreeSet::from(KEPT_BY_PALISADE));
}

/// The statements of a document that can be about an action: the others decide nothing about it.
fn about(document: &PolicyDocument, action: &str) -> Option<PolicyDocument> {
    let begins = |pattern: String| {
        let literal = pattern.split(['*', '?']).next().unwrap_or_default().to_ascii_lowercase();
        action.to_ascii_lowercase().starts_with(&literal)
    };
    let concerns = |statement: &&Value| {
        !statement["NotAction"].is_null() || texts(&statement["Action"]).into_iter().any(begins)
    };
    let mut value = document.as_value().clone();
    let kept: Vec<Value> = statements(document).iter().filter(concerns).cloned().collect();
    if kept.is_empty() {
        return None;
    }
    value["Statement"] = Value::Array(kept);
    let narrowed = PolicyDocument::from_value(&value, Dialect::ServiceControlPolicy);
    Some(narrowed.expect("a policy"))
}

fn texts(value: &Value) -> Vec<String> {
    let one = std::slice::from_ref(value);
    let all = value.as_array().map_or(one, Vec::as_slice);
    all.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The principals in `requests.txt`.
fn principal(word: &str) -> String {
    let name = match word {
        "root" | "rootS" => return "arn:aws:iam::111122223333:root".to_owned(),
        "adm" => "Admin",
        "bg" => "break-glass",
        "op" => "palisade",
        "oa" => "OrganizationAccountAccessRole",
        "sec" => "security-operations",
        "pipe" => "ml-platform-pipeline",
        "ds" => "ml-scientist",
        "do" => "ml-devops",
        "ml" => "ml-exec",
        other => panic!("nobody is called {other}"),
    };
    format!("arn:aws:iam::111122223333:role/{name}")
}

/// A row of `requests.txt`.
struct Row {
    text: &'static str,
    is_denied: bool,
    of_sandbox: bool,
    who: &'static str,
    action: &'static str,
    resource: &'static str,
    keys: Vec<(&'static str, Vec<&'static str>)>,
}

impl Row {
    fn read(text: &'static str) -> Self {
        let (request, context) = text.split_once(" | ").unwrap_or((text, ""));
        let [expected, who, action, resource] = request.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{text}")
        };
        let key = |pair: &'static str| {
            let (key, values) = pair.split_once('=').expect("key=values");
            (key, values.split(',').collect())
        };
        let keys = context.split_whitespace().map(key).collect();
        assert!(["D", "P", "d", "p"].contains(&expected), "{text}");
        let (is_denied, of_sandbox) =
            (matches!(expected, "D" | "d"), matches!(expected, "d" | "p"));
        Self { text, is_denied, of_sandbox, who, action, resource, keys }
    }

    fn decided_by(&self, documents: &[&PolicyDocument], who: &str) -> Decision {
        decision(documents, &principal(who), self.action, self.resource, &self.keys)
    }
}

fn rows() -> Vec<Row> {
    let lines = include_str!("requests.txt").lines();
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(Row::read).collect()
}

#[test]
fn every_request_of_the_table_is_decided_as_it_says() {
    let (guardrails, blocks, rows) = (guardrails(), blocks(), rows());
    assert!(rows.len() > 340, "{}", rows.len());
    let own: Vec<_> = guardrails.values().map(text_of).collect();
    let of_sandbox = blocks.iter().filter(|(_, of_sandbox, _)| *of_sandbox);
    let of_sandbox: Vec<_> = of_sandbox.map(|(.., document)| document).collect();
    let wrong = rows.iter().filter(|row| {
        let expected = if row.is_denied { Decision::Deny } else { Decision::NoMatch };
        let documents = if row.of_sandbox { &of_sandbox } else { &own };
        row.decided_by(documents, row.who) != expected
    });
    let wrong: Vec<&str> = wrong.map(|row| row.text).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_guardrail_of_the_directory_stops_a_request_of_the_table_and_lets_one_through() {
    let rows = rows();
    let mut missing = Vec::new();
    for (name, of_sandbox, document) in blocks() {
        let rows = || rows.iter().filter(|row| row.of_sandbox == of_sandbox);
        let stops = |row: &Row| row.decided_by(&[&document], row.who) == Decision::Deny;
        let actions: BTreeSet<&str> =
            rows().filter(|row| stops(row)).map(|row| row.action).collect();
        if actions.is_empty() {
            missing.push(format!("{name} stops none"));
        }
        // Of a service that it is about, and not only of others.
        let service = |action: &str| action.split(':').next().unwrap_or_default().to_owned();
        let about: BTreeSet<String> = actions.into_iter().map(service).collect();
        let passes = |row: &Row| !row.is_denied && about.contains(&service(row.action));
        if !rows().any(passes) {
            missing.push(format!("none passes {name}"));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Wherever a guardrail exempts palisade, the table has what palisade does there and nobody else
/// may.
#[test]
fn every_exemption_of_palisade_is_in_the_table() {
    let rows = rows();
    let mut missing = Vec::new();
    let mut exemptions = 0;
    for (name, of_sandbox, document) in blocks() {
        for statement in statements(&document) {
            if !statement["Condition"].to_string().contains("role/palisade\"") {
                continue;
            }
            exemptions += 1;
            let alone = json!({"Version": "2012-10-17", "Statement": [statement]});
            let alone = PolicyDocument::from_value(&alone, Dialect::ServiceControlPolicy);
            let alone = alone.expect("a policy");
            let shown = rows.iter().filter(|row| row.who == "op" && row.of_sandbox == of_sandbox);
            let mut shown = shown.filter(|row| {
                row.decided_by(&[&alone], "op") == Decision::NoMatch
                    && row.decided_by(&[&alone], "ds") == Decision::Deny
            });
            if shown.next().is_none() {
                missing.push(format!("{name}: {statement}"));
            }
        }
    }
    assert!(exemptions > 20, "{exemptions}");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_role_that_some_guardrail_exempts_is_protected_with_its_policies() {
    let guardrails = guardrails();
    let mut exempt = BTreeSet::new();
    for document in guardrails.values().map(text_of) {
        for statement in statements(document) {
            for (operator, tests) in statement["Condition"].as_object().into_iter().flatten() {
                let roles = &tests["aws:PrincipalArn"];
                if operator.contains("Not") && !roles.is_null() {
                    let one = std::slice::from_ref(roles);
                    exempt.extend(roles.as_array().map_or(one, Vec::as_slice).iter().map(|role| {
                        let role = role.as_str().expect("a text");
                        role.strip_prefix("arn:aws:iam::*:role/").expect("a role's name").to_owned()
                    }));
                }
            }
        }
    }
    assert!(exempt.len() >= 5 && !exempt.iter().any(|role| role.contains('*')), "{exempt:?}");
    let denied = |action: &str, resource: String| {
        assert_eq!(
            decide_by(&guardrails, SCIENTIST, action, &resource, &[]),
            Decision::Deny,
            "{action} {resource}"
        );
    };
    for name in exempt {
        for verb in [
            "AttachRolePolicy",
            "CreateRole",
            "DeleteRolePermissionsBoundary",
            "DetachRolePolicy",
            "PassRole",
            "PutRolePolicy",
            "UpdateAssumeRolePolicy",
        ] {
            denied(&format!("iam:{verb}"), format!("arn:aws:iam::111122223333:role/{name}"));
        }
        for verb in ["CreatePolicyVersion", "DeletePolicyVersion", "SetDefaultPolicyVersion"] {
            denied(&format!("iam:{verb}"), format!("arn:aws:iam::111122223333:policy/{name}-1"));
        }
    }
}

#[test]
fn whoever_works_as_root_is_let_through_only_in_a_session_of_assume_root() {
    let guardrails = guardrails();
    for document in guardrails.values().map(text_of) {
        for statement in statements(document) {
            let condition = &statement["Condition"];
            let about_root =
                ["ArnLike", "ArnEquals", "StringLike", "StringEquals"].iter().any(|operator| {
                    condition[operator]["aws:PrincipalArn"].to_string().contains(":root")
                });
            assert!(!about_root || condition["Null"]["aws:AssumedRoot"] == "true", "{statement}");
        }
    }
}

#[test]
fn jobs_on_every_family_with_local_disks_are_possible_without_a_volume_key() {
    let guardrails = guardrails();
    let job: Vec<(&str, Vec<&str>)> = [SUBNETS, OUTPUT, ISOLATED, ENCRYPTED]
        .into_iter()
        .map(|(key, value)| (key, vec![value]))
        .collect();
    let decide = |types: Vec<&str>| {
        let keys = [job.clone(), vec![("sagemaker:instancetypes", types)]].concat();
        decide_by(&guardrails, SCIENTIST, "sagemaker:CreateTrainingJob", "*", &keys)
    };
    for family in LOCAL_DISKS {
        let name = format!("ml.{family}.48xlarge");
        assert_eq!(decide(vec![&name]), Decision::NoMatch, "{name}");
        assert_eq!(
            decide(vec![&name, "ml.m5.large"]),
            Decision::Deny,
            "{name} and one with a volume"
        );
    }
    // Serverless: no instances.
    assert_eq!(
        decide_by(&guardrails, SCIENTIST, "sagemaker:CreateTrainingJob", "*", &job),
        Decision::NoMatch
    );
}
