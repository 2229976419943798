//! How much a pass reads in which nothing has changed, for fifty resources of each class, and what is read at once.

use std::collections::BTreeMap;

use super::*;

const MANY: usize = 50;
const REQUESTS: &str = "ListResourceRequests";
const INDEX: &str = "GetResources";
const WHOLE: &str = "GetResource";
const LIST: &str = "ListResources";

/// What was written since the last time, and the reads of Cloud Control and of the index.
fn both(world: &World) -> (Vec<String>, BTreeMap<String, usize>) {
    let mut counts = BTreeMap::new();
    let (writes, reads): (Vec<_>, Vec<_>) =
        world.calls().into_iter().partition(|call| call.mutating);
    for call in reads {
        if [REQUESTS, INDEX, WHOLE, LIST].contains(&call.operation.as_str()) {
            *counts.entry(call.operation).or_default() += 1;
        }
    }
    (writes.into_iter().map(|call| call.operation).collect(), counts)
}

fn counted(world: &World) -> BTreeMap<String, usize> {
    both(world).1
}

fn counts(all: &[(&str, usize)]) -> BTreeMap<String, usize> {
    all.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

fn networks_of(count: usize) -> String {
    let one = |n: usize| {
        let properties = format!("{{properties: {{CidrBlock: 10.{}.0.0/16}}}}", 100 + n);
        manifest("AWS::EC2::VPC", &format!("net-{n}"), "", &properties)
    };
    (0..count).map(one).collect()
}

fn buckets_of(count: usize) -> String {
    let one = |n: usize| {
        let properties = format!("{{properties: {{BucketName: acme-{n}}}}}");
        manifest("AWS::S3::Bucket", &format!("b-{n}"), "", &properties)
    };
    (0..count).map(one).collect()
}

fn policies_of(count: usize) -> String {
    let one = |n: usize| {
        let statement = format!(
            "{{Effect: Deny, Principal: \"*\", Action: \"s3:PutObject\", Resource: \"arn:aws:s3:::acme-{n}/*\", \
             Condition: {{Bool: {{\"aws:SecureTransport\": \"false\"}}}}}}"
        );
        let spec = format!(
            "{{properties: {{Bucket: \"${{AWS::S3::Bucket/b-{n}}}\", PolicyDocument: {{Version: \"2012-10-17\", \
             Statement: [{statement}]}}}}}}"
        );
        manifest("AWS::S3::BucketPolicy", &format!("b-{n}"), "", &spec)
    };
    (0..count).map(one).collect()
}

fn rules_of(count: usize) -> String {
    let one = |n: usize| {
        let source = "{Owner: AWS, SourceIdentifier: ENCRYPTED_VOLUMES}";
        let spec = format!("{{properties: {{ConfigRuleName: r-{n}, Source: {source}}}}}");
        manifest("AWS::Config::ConfigRule", &format!("r-{n}"), &format!("adopt: r-{n}"), &spec)
    };
    (0..count).map(one).collect()
}

/// A world in which these manifests are in force, and the engine that did it.
async fn settled(manifests: &str) -> (World, palisade::engine::Engine) {
    let mut world = World::with(manifests);
    world.settings.gate.changes_percent = 100;
    let recorder = json!({"name": "default", "roleARN": "arn:aws:iam::111122223333:role/config"});
    world.aws("config", "PutConfigurationRecorder", &json!({"ConfigurationRecorder": recorder}));
    let mut engine = world.engine().await;
    in_the_end(&mut engine).await;
    until_quiet(&mut engine).await.in_order();
    world.calls();
    (world, engine)
}

/// The reads of a pass a minute for as long as a turn takes.
async fn of_a_turn(
    world: &World,
    engine: &mut palisade::engine::Engine,
) -> BTreeMap<String, usize> {
    counted(world);
    for _ in 0..10 {
        a_while(IN_TURN / 10).await;
        let report = engine.pass().await;
        assert!(report.is_converged());
    }
    let (writes, reads) = both(world);
    assert_eq!(writes, [""; 0]);
    reads
}

#[tokio::test(start_paused = true)]
async fn of_what_the_index_shows_and_gives_no_access_each_is_read_once_in_a_turn() {
    let (world, mut engine) = settled(&networks_of(MANY)).await;
    let mut reads = of_a_turn(&world, &mut engine).await;
    let whole = reads.remove(WHOLE).unwrap_or_default();
    assert_eq!(reads, counts(&[(REQUESTS, 10), (INDEX, 10)]));
    // Passes take some time themselves, so that a few may have a second turn.
    assert!((MANY..=MANY + 5).contains(&whole), "7 a pass, and 52 without turns: {whole}");
}

#[tokio::test(start_paused = true)]
async fn what_may_give_access_is_read_in_every_pass_and_never_listed() {
    let (world, mut engine) = settled(&buckets_of(MANY)).await;
    let expected = counts(&[(REQUESTS, 10), (INDEX, 10), (WHOLE, 10 * MANY)]);
    assert_eq!(of_a_turn(&world, &mut engine).await, expected, "52 a pass");
}

#[tokio::test(start_paused = true)]
async fn a_part_is_read_in_every_pass_beside_what_it_is_a_part_of() {
    let (world, mut engine) = settled(&format!("{}{}", buckets_of(MANY), policies_of(MANY))).await;
    let expected = counts(&[(REQUESTS, 10), (INDEX, 10), (WHOLE, 10 * 2 * MANY)]);
    assert_eq!(of_a_turn(&world, &mut engine).await, expected, "102 a pass for both");
}

#[tokio::test(start_paused = true)]
async fn what_has_no_tags_is_read_by_its_name_in_every_pass() {
    let (world, mut engine) = settled(&rules_of(MANY)).await;
    let expected = counts(&[(REQUESTS, 10), (WHOLE, 10 * MANY)]);
    assert_eq!(of_a_turn(&world, &mut engine).await, expected, "51 a pass");
}

#[tokio::test(start_paused = true)]
async fn other_tags_in_the_index_make_a_resource_be_read_at_once() {
    let (world, mut engine) = settled(&network(CIDR)).await;
    engine.pass().await;
    assert_eq!(counted(&world).get(WHOLE), None);
    let id = string(&networks(&world)[0], "vpcId");
    world.ec2("CreateTags", &json!({"ResourceId": [id], "Tag": [{"Key": "cost", "Value": "7"}]}));
    a_while(60).await;
    engine.pass().await;
    assert_eq!(counted(&world).get(WHOLE), Some(&1));
    engine.pass().await;
    assert_eq!(counted(&world).get(WHOLE), None, "once");
}

#[tokio::test(start_paused = true)]
async fn what_this_process_wrote_is_read_until_it_is_as_wanted_and_then_in_turn() {
    let (world, mut engine) = settled(&network(CIDR)).await;
    world.edit("main.yaml", "spec: {properties", "spec: {tags: {team: ml}, properties");
    until_quiet(&mut engine).await.in_order();
    let (writes, reads) = both(&world);
    assert_eq!(writes, ["TagResources"]);
    assert!(reads[WHOLE] >= 2, "before the call and after it: {reads:?}");
    engine.pass().await;
    assert_eq!(counted(&world).get(WHOLE), None);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_that_was_planned_from_an_older_state() {
    let (world, mut engine) = settled(&network(CIDR)).await;
    let id = string(&networks(&world)[0], "vpcId");
    // Somebody switches DNS off, which the process has not read yet, and the manifest gets a tag.
    let off = json!({"VpcId": id, "EnableDnsHostnames": {"Value": "false"}});
    world.ec2("ModifyVpcAttribute", &off);
    world.edit("main.yaml", "spec: {properties", "spec: {tags: {team: ml}, properties");
    world.writes();
    let report = engine.pass().await;
    assert_eq!(world.writes(), [""; 0], "it is not what the plan was made from");
    let failures: Vec<String> = report.failures().map(|it| format!("{it:?}")).collect();
    assert!(failures.iter().any(|it| it.contains("has changed since it was read")), "{failures:?}");
    in_the_end(&mut engine).await;
    let writes = world.writes();
    assert!(writes.contains(&"TagResources".to_owned()), "{writes:?}");
    assert!(writes.contains(&"UpdateResource".to_owned()), "{writes:?}");
    until_quiet(&mut engine).await.in_order();
}

#[tokio::test(start_paused = true)]
async fn a_new_process_reads_everything_whole() {
    let (world, engine) = settled(&networks_of(3)).await;
    drop(engine);
    let mut engine = world.engine().await;
    engine.pass().await;
    assert_eq!(counted(&world).get(WHOLE), Some(&3));
}
