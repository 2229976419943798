//! The recorder of AWS Config: what Cloud Control says of it, and whether it records.

use super::*;
use palisade::plan::render;

const RECORDER: &str = "ml-prod/AWS::Config::ConfigurationRecorder/config";
const ROLE: &str = "arn:aws:iam::111122223333:role/config";

fn recorder(lifecycle: &str, more: &str) -> String {
    let spec = format!("{{{more}properties: {{Name: default, RoleARN: {ROLE}}}}}");
    manifest("AWS::Config::ConfigurationRecorder", "config", lifecycle, &spec)
}

const OURS: &str = "adopt: default";

fn config(world: &World, operation: &str, input: &Value) -> Value {
    world.aws("config", operation, input)
}

fn channel(world: &World) {
    let channel = json!({"name": "default", "s3BucketName": "acme-log"});
    config(world, "PutDeliveryChannel", &json!({"DeliveryChannel": channel}));
}

/// A recorder that somebody made, with its channel.
fn theirs(world: &World) {
    let recorder = json!({"name": "default", "roleARN": ROLE});
    config(world, "PutConfigurationRecorder", &json!({"ConfigurationRecorder": recorder}));
    channel(world);
    world.writes();
}

fn records(world: &World) -> bool {
    let answer = config(world, "DescribeConfigurationRecorderStatus", &json!({}));
    answer["ConfigurationRecordersStatus"][0]["recording"] == true
}

fn named() -> Value {
    json!({"ConfigurationRecorderName": "default"})
}

#[tokio::test(start_paused = true)]
async fn a_recorder_is_made_waits_for_its_channel_and_is_started() {
    let world = World::with(&recorder(OURS, "recording: true, "));
    let mut engine = world.engine().await;
    let reports = in_the_end(&mut engine).await;
    assert!(!records(&world));
    let failures: Vec<String> = reports
        .iter()
        .flat_map(palisade::engine::Report::failures)
        .map(|it| format!("{it:?}"))
        .collect();
    assert!(failures.iter().any(|it| it.contains("Delivery channel")), "{failures:?}");
    channel(&world);
    in_the_end(&mut engine).await;
    assert!(records(&world));
    until_quiet(&mut engine).await.in_order();
}

#[tokio::test(start_paused = true)]
async fn one_that_exists_is_taken_over_only_by_its_name() {
    let world = World::with(&recorder("", "recording: true, "));
    theirs(&world);
    let mut engine = world.engine().await;
    let problems = format!("{:?}", engine.pass().await.problems);
    assert!(problems.contains("cannot carry a claim"), "{problems}");
    assert_eq!(world.writes(), [""; 0]);
    world.write("main.yaml", recorder(OURS, "recording: true, "));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["StartConfigurationRecorder"]);
    assert!(records(&world));
}

#[tokio::test(start_paused = true)]
async fn one_that_somebody_stops_is_started_again_at_once() {
    let world = World::with(&recorder(OURS, "recording: true, "));
    theirs(&world);
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    config(&world, "StopConfigurationRecorder", &named());
    world.writes();
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["StartConfigurationRecorder"]);
    assert!(records(&world));
}

#[tokio::test(start_paused = true)]
async fn stopping_one_is_shown_as_loosening_and_held_where_the_settings_say_so() {
    let mut world = World::with(&recorder(OURS, "recording: false, "));
    theirs(&world);
    config(&world, "StartConfigurationRecorder", &named());
    world.writes();
    let before = world.settings.gate.hold_risks.clone();
    world.settings.gate.hold_risks.insert(palisade::model::HeldRisk::Loosens);
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    held(quiet.last(), RECORDER);
    assert!(records(&world));
    world.settings.gate.hold_risks = before;
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert!(!records(&world));
}

#[tokio::test(start_paused = true)]
async fn whether_it_records_is_left_alone_where_the_manifest_does_not_say_it() {
    let world = World::with(&recorder(OURS, ""));
    theirs(&world);
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    config(&world, "StartConfigurationRecorder", &named());
    world.writes();
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_status_keeps_the_rest_of_it_known() {
    let world = World::with(&recorder(OURS, "recording: true, "));
    theirs(&world);
    let denied = Effect::Deny;
    world.simulator.inject(Fault::new("DescribeConfigurationRecorderStatus", denied));
    world.edit("main.yaml", "RoleARN", "RecordingMode: {RecordingFrequency: CONTINUOUS}, RoleARN");
    let mode = json!({"recordingFrequency": "DAILY"});
    let changed = json!({"name": "default", "roleARN": ROLE, "recordingMode": mode});
    config(&world, "PutConfigurationRecorder", &json!({"ConfigurationRecorder": changed}));
    world.writes();
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    assert_eq!(world.writes(), ["UpdateResource"]);
    let shown = render::text(&quiet.last().plan);
    assert!(shown.contains("recording"), "{shown}");
    assert!(!records(&world));
}

#[tokio::test(start_paused = true)]
async fn it_is_never_deleted_neither_by_a_tombstone_nor_by_pruning() {
    let world = World::with(&recorder("adopt: default, state: absent", ""));
    theirs(&world);
    let mut engine = world.engine().await;
    let problems = format!("{:?}", engine.pass().await.problems);
    assert!(problems.contains("cannot be deleted"), "{problems}");
    world.write("main.yaml", recorder(OURS, ""));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.write("main.yaml", network(CIDR));
    until_quiet(&mut engine).await;
    a_while(3600).await;
    until_quiet(&mut engine).await;
    let writes = world.writes();
    assert!(!writes.iter().any(|it| it.starts_with("Delete")), "{writes:?}");
}

#[tokio::test(start_paused = true)]
async fn what_aws_never_returns_is_refused_with_the_way_to_say_it() {
    let spec = format!("{{properties: {{Name: default, RoleARN: {ROLE}, StartedOnCreate: true}}}}");
    let world = World::with(&manifest("AWS::Config::ConfigurationRecorder", "config", OURS, &spec));
    let mut engine = world.engine().await;
    let problems = format!("{:?}", engine.pass().await.problems);
    assert!(problems.contains("recording: true"), "{problems}");
}
