//! Types of Cloud Control: requests that take their time, and answers that lie.

use std::time::Duration;

use palisade::simulator::{Effect, Fault, Lie, example::Hands};
use serde_json::{Value, json};

mod alerts;
mod governance;
mod life;
mod networks;
mod pains;
mod permission_sets;
mod platform;
mod reads;
mod recorders;
mod records;
mod unreviewed;

use crate::world::{World, conflict, held, list, steps, string, until_quiet};

const NETWORK: &str = "ml-prod/AWS::EC2::VPC/ml";
const ARTIFACTS: &str = "ml-prod/AWS::S3::Bucket/artifacts";

fn manifest(kind: &str, name: &str, lifecycle: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: palisade.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}, scope: ml-prod}}\n\
         lifecycle: {{{lifecycle}}}\nspec: {spec}\n"
    )
}

fn network(properties: &str) -> String {
    manifest("AWS::EC2::VPC", "ml", "", &format!("{{properties: {{{properties}}}}}"))
}

const CIDR: &str = "CidrBlock: 10.60.0.0/16, EnableDnsSupport: true, EnableDnsHostnames: true";

fn bucket(properties: &str) -> String {
    let spec =
        format!("{{tags: {{team: ml}}, properties: {{BucketName: acme-artifacts, {properties}}}}}");
    manifest("AWS::S3::Bucket", "artifacts", "", &spec)
}

const BLOCKED: &str = "PublicAccessBlockConfiguration: {BlockPublicAcls: true, \
     BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}";

/// Within this many seconds everything has been read whole.
const IN_TURN: u64 = 600;

/// Our networks, as EC2 shows them.
fn networks(world: &World) -> Vec<Value> {
    let filter = json!([{"Name": "tag:palisade:address", "Value": [NETWORK]}]);
    list(&world.ec2("DescribeVpcs", &json!({"Filter": filter})), "vpcSet")
}

fn properties(world: &World, kind: &str, id: &str) -> Value {
    let input = json!({"TypeName": kind, "Identifier": id});
    let answer = world.aws("cloudcontrolapi", "GetResource", &input);
    let text = string(&answer["ResourceDescription"], "Properties");
    serde_json::from_str(&text).expect("JSON")
}

fn change(world: &World, kind: &str, id: &str, patch: &Value) {
    let input = json!({"TypeName": kind, "Identifier": id, "PatchDocument": patch.to_string()});
    world.aws("cloudcontrolapi", "UpdateResource", &input);
}

fn lie(world: &World, operation: &str, lie: Lie) {
    world.simulator.inject(Fault::new(operation, Effect::Lie(lie)).nth(1));
}

/// As [`until_quiet`], through the pauses after failures.
async fn in_the_end(engine: &mut palisade::engine::Engine) -> Vec<palisade::engine::Report> {
    let mut reports = Vec::new();
    for _ in 0..4 {
        reports.extend(until_quiet(engine).await.reports);
        a_while(901).await;
    }
    reports
}

async fn a_while(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_network_is_created_once_corrected_and_deleted_by_a_tombstone() {
    let world = World::with(&network(CIDR));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateResource"]);
    let [live] = &networks(&world)[..] else { panic!("one network") };
    let id = string(live, "vpcId");
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), [""; 0]);
    let off = json!({"VpcId": id, "EnableDnsHostnames": {"Value": "false"}});
    world.ec2("ModifyVpcAttribute", &off);
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), [""; 0], "its turn has not come");
    a_while(IN_TURN).await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["UpdateResource"]);
    assert_eq!(properties(&world, "AWS::EC2::VPC", &id)["EnableDnsHostnames"], true);
    world.write(
        "main.yaml",
        manifest("AWS::EC2::VPC", "ml", "state: absent", "{properties: {CidrBlock: 10.60.0.0/16}}"),
    );
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await;
    assert!(world.writes().contains(&"DeleteResource".to_owned()));
    assert_eq!(networks(&world), [json!(null); 0]);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_starts_while_aws_creates_makes_no_second_resource() {
    let world = World::with(&network(CIDR));
    let mut engine = world.engine().await;
    engine.pass().await;
    assert_eq!(world.writes(), ["CreateResource"]);
    drop(engine);
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(networks(&world).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_create_whose_answer_is_lost_is_repeated_with_the_same_token() {
    let world = World::with(&network(CIDR));
    world.simulator.inject(Fault::new("CreateResource", Effect::LoseAnswer).nth(1));
    let mut engine = world.engine().await;
    in_the_end(&mut engine).await;
    assert_eq!(networks(&world).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_is_created_with_its_claim_and_only_what_the_manifest_names_is_managed() {
    let world = World::with(&bucket(BLOCKED));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateResource"]);
    let live = properties(&world, "AWS::S3::Bucket", "acme-artifacts");
    let tags = live["Tags"].to_string();
    assert!(tags.contains(ARTIFACTS) && tags.contains("team"), "{tags}");
    let versioned =
        json!([{"op": "add", "path": "/VersioningConfiguration", "value": {"Status": "Enabled"}}]);
    change(&world, "AWS::S3::Bucket", "acme-artifacts", &versioned);
    a_while(120).await;
    world.writes();
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), [""; 0], "nobody asked for it and nobody minds");
}

#[tokio::test(start_paused = true)]
async fn what_somebody_opens_is_closed_without_asking_and_foreign_tags_stay() {
    let world = World::with(&bucket(BLOCKED));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let open = json!([{"op": "add", "path": "/PublicAccessBlockConfiguration/BlockPublicPolicy", "value": false}]);
    change(&world, "AWS::S3::Bucket", "acme-artifacts", &open);
    a_while(120).await;
    world.writes();
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["UpdateResource"]);
    let live = properties(&world, "AWS::S3::Bucket", "acme-artifacts");
    assert_eq!(live["PublicAccessBlockConfiguration"]["BlockPublicPolicy"], true);
}

#[tokio::test(start_paused = true)]
async fn tags_are_changed_by_the_tagging_api_and_those_of_others_stay() {
    let world = World::with(&bucket(BLOCKED));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let arn = json!(["arn:aws:s3:::acme-artifacts"]);
    let theirs = json!({"ResourceARNList": arn, "Tags": {"cost": "7"}});
    world.aws("tagging", "TagResources", &theirs);
    world.edit("main.yaml", "{team: ml}", "{team: data}");
    world.writes();
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["TagResources"]);
    let tags = properties(&world, "AWS::S3::Bucket", "acme-artifacts")["Tags"].to_string();
    assert!(tags.contains("\"7\"") && tags.contains("\"data\""), "{tags}");
}

#[tokio::test(start_paused = true)]
async fn a_bucket_of_somebody_else_is_a_conflict_whatever_a_failed_create_says() {
    let world = World::with(&bucket(BLOCKED));
    let theirs = json!({"TypeName": "AWS::S3::Bucket", "DesiredState": "{\"BucketName\": \"acme-artifacts\"}"});
    world.aws("cloudcontrolapi", "CreateResource", &theirs);
    a_while(120).await;
    world.writes();
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    let why = conflict(quiet.last(), ARTIFACTS);
    assert!(why.contains("carries no claim"), "{why}");
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn the_identifier_of_a_failed_create_is_nobodys() {
    let world = World::with(&network(CIDR));
    lie(&world, "CreateResource", Lie::NamesAnother);
    let mut engine = world.engine().await;
    in_the_end(&mut engine).await;
    assert_eq!(networks(&world).len(), 1, "the second create made it");
    let all = list(&world.ec2("DescribeVpcs", &json!({})), "vpcSet");
    let claimed = all.iter().filter(|vpc| vpc.to_string().contains("palisade:address"));
    assert_eq!(claimed.count(), 1, "nothing else was claimed");
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_shown_with_its_message_and_tried_again_later() {
    let world = World::with(&network(CIDR));
    lie(&world, "CreateResource", Lie::Fails("Throttling"));
    let mut engine = world.engine().await;
    let reports = in_the_end(&mut engine).await;
    let failures: Vec<String> = reports
        .iter()
        .flat_map(palisade::engine::Report::failures)
        .map(|it| format!("{it:?}"))
        .collect();
    assert!(failures.iter().any(|it| it.contains("Throttling")), "{failures:?}");
    assert_eq!(networks(&world).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_hooks_say_is_shown() {
    let world = World::with(&network(CIDR));
    lie(&world, "CreateResource", Lie::Hooked);
    let mut engine = world.engine().await;
    let reports = in_the_end(&mut engine).await;
    let failures: Vec<String> = reports
        .iter()
        .flat_map(palisade::engine::Report::failures)
        .map(|it| format!("{it:?}"))
        .collect();
    assert!(failures.iter().any(|it| it.contains("Acme::Guard::Hook")), "{failures:?}");
}

#[tokio::test(start_paused = true)]
async fn a_create_that_succeeded_and_says_that_it_failed_makes_no_second_resource() {
    for code in ["AlreadyExists", "AccessDenied", "ServiceInternalError"] {
        let world = World::with(&network(CIDR));
        lie(&world, "CreateResource", Lie::FailsThough(code));
        let mut engine = world.engine().await;
        in_the_end(&mut engine).await;
        assert_eq!(networks(&world).len(), 1, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_found_right_after_its_create_is_not_absent() {
    let world = World::with(&network(CIDR));
    lie(&world, "CreateResource", Lie::Hides(Duration::from_mins(1)));
    let mut engine = world.engine().await;
    in_the_end(&mut engine).await;
    assert_eq!(networks(&world).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_update_that_fails_halfway_is_seen_and_continued() {
    let world = World::with(&bucket(BLOCKED));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.edit("main.yaml", "BucketName: acme-artifacts,", "BucketName: acme-artifacts, VersioningConfiguration: {Status: Enabled}, AccelerateConfiguration: {AccelerationStatus: Enabled},");
    lie(&world, "UpdateResource", Lie::FailsHalfway("InternalFailure"));
    let mut engine = world.engine().await;
    in_the_end(&mut engine).await;
    let live = properties(&world, "AWS::S3::Bucket", "acme-artifacts");
    assert_eq!(live["VersioningConfiguration"]["Status"], "Enabled");
    assert_eq!(live["AccelerateConfiguration"]["AccelerationStatus"], "Enabled");
}

#[tokio::test(start_paused = true)]
async fn a_property_that_aws_adds_overnight_is_left_alone() {
    let world = World::with(&bucket(BLOCKED));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    world.simulator.inject(Fault::new("GetResource", Effect::Lie(Lie::Adds)));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_what_every_resource_has_is_unknown_and_nothing_is_written() {
    let world = World::with(&network(CIDR));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    world.simulator.inject(Fault::new("GetResource", Effect::Lie(Lie::Omits("EnableDnsSupport"))));
    let report = engine.pass().await;
    assert!(!report.plan.unknown.is_empty());
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn rules_that_delete_objects_are_held() {
    let world = World::with(&bucket(BLOCKED));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.edit("main.yaml", "BucketName: acme-artifacts,", "BucketName: acme-artifacts, LifecycleConfiguration: {Rules: [{Id: old, Status: Enabled, ExpirationInDays: 30}]},");
    world.writes();
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    held(quiet.last(), ARTIFACTS);
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_rule_of_config_belongs_to_the_manifest_that_adopts_it_by_name() {
    let spec = "{properties: {ConfigRuleName: encrypted, Source: {Owner: AWS, SourceIdentifier: ENCRYPTED_VOLUMES}}}";
    let world =
        World::with(&manifest("AWS::Config::ConfigRule", "encrypted", "adopt: encrypted", spec));
    let recorder = json!({"name": "default", "roleARN": "arn:aws:iam::111122223333:role/config"});
    world.aws("config", "PutConfigurationRecorder", &json!({"ConfigurationRecorder": recorder}));
    world.writes();
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateResource"]);
    let live = properties(&world, "AWS::Config::ConfigRule", "encrypted");
    assert_eq!(live["Source"]["SourceIdentifier"], "ENCRYPTED_VOLUMES");
    world.write(
        "main.yaml",
        manifest("AWS::Config::ConfigRule", "encrypted", "adopt: encrypted, state: absent", spec),
    );
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await;
    assert_eq!(world.writes(), ["DeleteResource"]);
}

#[tokio::test(start_paused = true)]
async fn a_group_refers_to_a_network_of_cloud_control_and_waits_for_it() {
    let group = "---\napiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {name: apps, scope: ml-prod}\n\
         spec: {description: apps, vpc: {ref: ml}, tags: {block: \"${AWS::EC2::VPC/ml.CidrBlock}\"}}\n";
    let world = World::with(&format!("{}{group}", network(CIDR)));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let made = &world.groups("apps")[0];
    assert_eq!(string(made, "vpcId"), string(&networks(&world)[0], "vpcId"));
    assert!(made.to_string().contains("10.60.0.0/16"), "{made}");
}

#[tokio::test(start_paused = true)]
async fn a_quiet_pass_reads_the_requests_and_the_index_once_and_whole_only_what_is_due() {
    let world = World::with(&format!("{}{}", network(CIDR), bucket(BLOCKED)));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    engine.pass().await;
    world.reads();
    let report = engine.pass().await;
    assert!(steps(&report, NETWORK).is_empty());
    let reads = world.reads();
    let count = |operation: &str| {
        reads.iter().filter(|(name, _)| name.ends_with(operation)).map(|(_, n)| n).sum::<usize>()
    };
    assert_eq!(count(":ListResourceRequests"), 1, "{reads:?}");
    assert_eq!(count(":GetResources"), 1, "{reads:?}");
    assert_eq!(count(":GetResource"), 1, "the bucket, whose turn is every pass: {reads:?}");
    assert_eq!(count(":ListResources"), 0, "{reads:?}");
}

fn policy(statement: &str) -> String {
    let spec = format!(
        "{{properties: {{Bucket: \"${{AWS::S3::Bucket/artifacts}}\", PolicyDocument: {{Version: \"2012-10-17\", Statement: [{statement}]}}}}}}"
    );
    manifest("AWS::S3::BucketPolicy", "artifacts", "", &spec)
}

const POLICY: &str = "ml-prod/AWS::S3::BucketPolicy/artifacts";
const ONLY_TLS: &str = "{Sid: Tls, Effect: Deny, Principal: \"*\", Action: \"s3:*\", \
     Resource: [\"arn:aws:s3:::acme-artifacts\", \"arn:aws:s3:::acme-artifacts/*\"], \
     Condition: {Bool: {\"aws:SecureTransport\": \"false\"}}}";

#[tokio::test(start_paused = true)]
async fn a_policy_belongs_to_the_bucket_that_it_is_a_part_of() {
    let world = World::with(&format!("{}{}", bucket(BLOCKED), policy(ONLY_TLS)));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateResource", "CreateResource"]);
    let wider = ONLY_TLS.replace("s3:*", "s3:PutObject");
    let document = format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":[{}]}}",
        serde_json::json!({
            "Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::acme-artifacts/*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}
        })
    );
    assert_ne!(wider, ONLY_TLS);
    let patch = json!([{"op": "add", "path": "/PolicyDocument", "value": serde_json::from_str::<Value>(&document).expect("JSON")}]);
    let mut another = world.engine().await;
    until_quiet(&mut another).await.in_order();
    assert_eq!(world.writes(), [""; 0], "another process finds it as well");
    change(&world, "AWS::S3::BucketPolicy", "acme-artifacts", &patch);
    a_while(120).await;
    world.writes();
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["UpdateResource"]);
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_would_lock_palisade_out_of_the_bucket_is_held() {
    let all = "{Effect: Deny, Principal: \"*\", Action: \"s3:*\", Resource: \"arn:aws:s3:::acme-artifacts\"}";
    let world = World::with(&format!("{}{}", bucket(BLOCKED), policy(all)));
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    held(quiet.last(), POLICY);
    assert_eq!(world.writes(), ["CreateResource"], "the bucket only");
}

#[tokio::test(start_paused = true)]
async fn the_policy_of_a_bucket_of_somebody_else_is_not_touched() {
    let spec = "{properties: {Bucket: acme-artifacts, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Deny, Principal: \"*\", Action: \"s3:PutObject\", Resource: \"arn:aws:s3:::acme-artifacts/*\"}]}}}";
    let world = World::with(&manifest("AWS::S3::BucketPolicy", "artifacts", "", spec));
    let mut engine = world.engine().await;
    let report = engine.pass().await;
    let problems = format!("{:?}", report.problems);
    assert!(problems.contains("refers to 0 manifests"), "{problems}");
}

#[tokio::test(start_paused = true)]
async fn a_gateway_to_the_internet_is_made_tagged_and_deleted_by_a_tombstone() {
    let gateway = |lifecycle: &str, team: &str| {
        let spec = format!("{{tags: {{team: {team}}}, properties: {{}}}}");
        manifest("AWS::EC2::InternetGateway", "out", lifecycle, &spec)
    };
    let world = World::with(&gateway("", "ml"));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateResource"]);
    let ours = json!({"Filter": [{"Name": "tag:team", "Value": ["ml"]}]});
    let all = list(&world.ec2("DescribeInternetGateways", &ours), "internetGatewaySet");
    assert_eq!(all.len(), 1);
    world.write("main.yaml", gateway("", "data"));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["TagResources"]);
    world.write("main.yaml", gateway("state: absent", "data"));
    until_quiet(&mut engine).await;
    assert_eq!(world.writes(), ["DeleteResource"]);
}
