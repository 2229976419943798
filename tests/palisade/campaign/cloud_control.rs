//! The scenarios of types of Cloud Control: for each way of being owned a create, edits, a deletion, and what somebody does to
//! it.

use palisade::simulator::World;
use serde_json::json;

use super::{
    catalogue::manifest,
    hands,
    scenario::{Place, Scenario},
};

const TOMB: &str = "state: absent";
const ROLE: &str = "arn:aws:iam::111122223333:role/config";

/// Names of hosts need DNS: who manages one of the two has to manage both.
fn network(lifecycle: &str, tags: &str, more: &str) -> String {
    let spec = format!(
        "{{tags: {{{tags}}}, properties: {{CidrBlock: 10.60.0.0/16, EnableDnsSupport: true{more}}}}}"
    );
    manifest("ml", "AWS::EC2::VPC", "net", lifecycle, &spec)
}

fn bucket(lifecycle: &str, tags: &str, more: &str) -> String {
    let spec = format!("{{tags: {{{tags}}}, properties: {{BucketName: acme-data{more}}}}}");
    manifest("ml", "AWS::S3::Bucket", "acme-data", lifecycle, &spec)
}

const CLOSED: &str = ", PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true, \
     IgnorePublicAcls: true, RestrictPublicBuckets: true}";
const VERSIONED: &str = ", VersioningConfiguration: {Status: Enabled}";
const FAST: &str = ", AccelerateConfiguration: {AccelerationStatus: Enabled}";

/// The policy has the identifier of its bucket, which is the name of both manifests here.
fn policy(action: &str) -> String {
    let statement = format!(
        "{{Effect: Deny, Principal: \"*\", Action: \"{action}\", Resource: \"arn:aws:s3:::acme-data/*\", \
         Condition: {{Bool: {{\"aws:SecureTransport\": \"false\"}}}}}}"
    );
    let spec = format!(
        "{{properties: {{Bucket: \"${{AWS::S3::Bucket/acme-data}}\", PolicyDocument: {{Version: \"2012-10-17\", \
         Statement: [{statement}]}}}}}}"
    );
    manifest("ml", "AWS::S3::BucketPolicy", "acme-data", "", &spec)
}

fn rule(state: &str, identifier: &str) -> String {
    let source = format!("{{Owner: AWS, SourceIdentifier: {identifier}}}");
    let spec = format!("{{properties: {{ConfigRuleName: volumes, Source: {source}}}}}");
    manifest("ml", "AWS::Config::ConfigRule", "volumes", &format!("adopt: volumes{state}"), &spec)
}

fn recorder(recording: bool, frequency: &str) -> String {
    let mode = format!("RecordingMode: {{RecordingFrequency: {frequency}}}");
    let spec = format!(
        "{{recording: {recording}, properties: {{Name: default, RoleARN: \"{ROLE}\", {mode}}}}}"
    );
    manifest("ml", "AWS::Config::ConfigurationRecorder", "default", "adopt: default", &spec)
}

fn detector(lifecycle: &str, frequency: &str) -> String {
    let features = "Features: [{Name: S3_DATA_EVENTS, Status: ENABLED}]";
    let more = format!("FindingPublishingFrequency: {frequency}");
    let spec = format!("{{tags: {{team: ml}}, properties: {{Enable: true, {features}, {more}}}}}");
    manifest("ml", "AWS::GuardDuty::Detector", "threats", lifecycle, &spec)
}

/// A recorder that somebody made, and where it delivers to.
fn recorder_of_somebody(world: &mut World) {
    let recorder = json!({"name": "default", "roleARN": ROLE});
    hands::call(
        world,
        "config",
        "PutConfigurationRecorder",
        &json!({"ConfigurationRecorder": recorder}),
    );
    let channel = json!({"name": "default", "s3BucketName": "acme-log"});
    hands::call(world, "config", "PutDeliveryChannel", &json!({"DeliveryChannel": channel}));
}

/// A bucket of somebody else with the name that a manifest wants.
fn bucket_of_somebody(world: &mut World) {
    hands::call(world, "s3", "CreateBucket", &json!({"Bucket": "acme-data"}));
}

fn one(kind: &str, name: &str, properties: &str) -> String {
    manifest("ml", kind, name, "", &format!("{{properties: {{{properties}}}}}"))
}

fn subnet(public: &str) -> String {
    let properties = format!(
        "VpcId: \"${{AWS::EC2::VPC/net}}\", CidrBlock: 10.60.0.0/24, MapPublicIpOnLaunch: {public}"
    );
    format!("{}{}", network("", "team: ml", ""), one("AWS::EC2::Subnet", "inner", &properties))
}

/// A trail whose bucket is somebody else's.
fn trail(more: &str) -> String {
    let properties = format!("TrailName: all, S3BucketName: acme-data, IsLogging: true{more}");
    one("AWS::CloudTrail::Trail", "all", &properties)
}

/// A bucket that CloudTrail may write to.
fn archive_of_somebody(world: &mut World) {
    bucket_of_somebody(world);
    let statement = json!({"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "s3:PutObject", "Resource": "arn:aws:s3:::acme-data/*"});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let put = json!({"Bucket": "acme-data", "Policy": policy});
    hands::call(world, "s3", "PutBucketPolicy", &put);
}

/// All of them.
pub fn scenarios() -> Vec<Scenario> {
    let new = |name| Scenario::new(name, Place::Ml, 1);
    let again = |scenario: Scenario, text: String| scenario.then(text.clone()).then(text);
    let both = |action: &str| format!("{}{}", bucket("", "", CLOSED), policy(action));
    vec![
        new("vpc-create").then(network("", "team: ml", ", EnableDnsHostnames: true")),
        new("vpc-change")
            .then(network("", "team: ml, old: x", ", EnableDnsHostnames: false"))
            .then(network("", "team: data, old: null", ", EnableDnsHostnames: true")),
        new("vpc-tombstone")
            .then(network("", "", ""))
            .then(network(TOMB, "", ""))
            .deletes(&["AWS::EC2::VPC/net"]),
        new("bucket-create").then(bucket("", "team: ml", CLOSED)),
        new("bucket-change").then(bucket("", "team: ml", "")).then(bucket(
            "",
            "team: data",
            &format!("{CLOSED}{VERSIONED}{FAST}"),
        )),
        new("bucket-tombstone")
            .then(bucket("", "", ""))
            .then(bucket(TOMB, "", ""))
            .deletes(&["AWS::S3::Bucket/acme-data"]),
        new("bucket-conflict").then(bucket("", "team: ml", CLOSED)).by_hand(bucket_of_somebody),
        again(new("hole-bucket"), bucket("", "", CLOSED)).attacked(hands::open_buckets),
        Scenario::new("bucket-policy-create", Place::Ml, 2).then(both("s3:PutObject")),
        Scenario::new("bucket-policy-change", Place::Ml, 2)
            .then(both("s3:PutObject"))
            .then(both("s3:*")),
        again(Scenario::new("hole-bucket-policy", Place::Ml, 2), both("s3:PutObject"))
            .attacked(hands::replace_bucket_policies),
        again(Scenario::new("hole-subnet", Place::Ml, 2), subnet("false"))
            .attacked(hands::publish_subnets),
        new("trail-create").then(trail("")).by_hand(archive_of_somebody),
        new("trail-change")
            .then(trail(""))
            .by_hand(archive_of_somebody)
            .then(trail(", EnableLogFileValidation: true")),
        new("hole-trail")
            .then(trail(""))
            .by_hand(archive_of_somebody)
            .then(trail(""))
            .attacked(hands::stop_trails),
        new("detector-change")
            .then(detector("", "SIX_HOURS"))
            .then(detector("", "FIFTEEN_MINUTES")),
        new("detector-tombstone")
            .then(detector("", "SIX_HOURS"))
            .then(detector(TOMB, "SIX_HOURS"))
            .deletes(&["AWS::GuardDuty::Detector/threats"]),
        again(new("hole-detector"), detector("", "SIX_HOURS")).attacked(hands::suspend_detectors),
        new("rule-create").then(rule("", "ENCRYPTED_VOLUMES")).by_hand(recorder_of_somebody),
        new("rule-change")
            .then(rule("", "ENCRYPTED_VOLUMES"))
            .by_hand(recorder_of_somebody)
            .then(rule("", "ROOT_ACCOUNT_MFA_ENABLED")),
        new("rule-tombstone")
            .then(rule("", "ENCRYPTED_VOLUMES"))
            .by_hand(recorder_of_somebody)
            .then(rule(", state: absent", "ENCRYPTED_VOLUMES"))
            .deletes(&["AWS::Config::ConfigRule/volumes"]),
        new("recorder-start").then(recorder(true, "CONTINUOUS")).by_hand(recorder_of_somebody),
        new("recorder-change")
            .then(recorder(true, "DAILY"))
            .by_hand(recorder_of_somebody)
            .then(recorder(true, "CONTINUOUS")),
        new("hole-recorder")
            .then(recorder(true, "CONTINUOUS"))
            .by_hand(recorder_of_somebody)
            .then(recorder(true, "CONTINUOUS"))
            .attacked(hands::stop_recorders),
    ]
}
