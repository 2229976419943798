//! Waves: a change of a set's manifests reaches its accounts one after another.

use std::time::Duration;

use palisade::{
    engine::{Engine, Happened},
    memory::{Directory, Memory},
    settings::{Overrides, Settings},
    simulator::example,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world::{Quiet, World, held, string, until_quiet};

const CANARY: &str = "444455556666";
const LATER: &str = "777788889999";
const REGION: &str = "eu-west-1";
const LATER_KEY: &str = "777788889999.eu-west-1/KmsKey/data";
const CANARY_KEY: &str = "444455556666.eu-west-1/KmsKey/data";
const SOAK: Duration = Duration::from_mins(30);

const MANIFEST: &str = "---
apiVersion: palisade.dev/v1alpha1
kind: KmsKey
metadata: {name: data, scopeSet: ml}
spec:
  description: first
  aliases: [alias/data]
  rotation: {periodDays: 365}
  policy: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: 'arn:aws:iam::${scope.account}:root'}, Action: 'kms:*', Resource: '*'}]}
";

/// Two accounts, the second of which is reached half an hour after the first.
fn world() -> World {
    let mut world = World::with(MANIFEST);
    let text = format!(
        "{}scopeSets:
  ml:
    accounts: ['{CANARY}', '{LATER}']
    regions: [{REGION}]
    assumeRole: {{roleName: palisade, externalId: demo}}
    waves: [{{accounts: ['{CANARY}'], soak: 30m}}, {{percent: 100}}]
",
        example::SETTINGS
    );
    world.settings =
        Settings::parse(&text, &Overrides::default()).expect("the settings are understood");
    world
}

fn declare(world: &World, from: &str, to: &str) {
    world.edit("main.yaml", from, to);
}

fn ask(world: &World, account: &str, operation: &str, input: &Value) -> Value {
    let answer = world.simulator.with(|world| world.act(account, REGION, "kms", operation, input));
    answer.expect("KMS answers")
}

fn key(world: &World, account: &str) -> Value {
    ask(world, account, "DescribeKey", &json!({"KeyId": "alias/data"}))["KeyMetadata"].clone()
}

fn description(world: &World, account: &str) -> String {
    string(&key(world, account), "Description")
}

/// Somebody changes the description by hand.
fn describe(world: &World, account: &str, text: &str) {
    let id = string(&key(world, account), "KeyId");
    let input = json!({"KeyId": id, "Description": text});
    ask(world, account, "UpdateKeyDescription", &input);
}

async fn later(engine: &mut Engine, time: Duration) -> Quiet {
    tokio::time::advance(time).await;
    until_quiet(engine).await
}

/// Both accounts have what the first manifest says.
async fn in_order(engine: &mut Engine) {
    until_quiet(engine).await;
    later(engine, SOAK).await;
    later(engine, Duration::from_mins(1)).await.in_order();
}

#[tokio::test(start_paused = true)]
async fn a_change_reaches_the_next_wave_after_the_first_has_been_in_sync_for_a_while() {
    let world = world();
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    assert_eq!(description(&world, CANARY), "first");
    let (_, why) = held(quiet.last(), LATER_KEY);
    assert_eq!(
        why,
        "it is in wave 2 of set ml, which has not begun, and what was in force before is unknown"
    );
    in_order(&mut engine).await;
    assert_eq!(description(&world, LATER), "first");

    declare(&world, "description: first", "description: second");
    let quiet = until_quiet(&mut engine).await;
    let descriptions = || [CANARY, LATER].map(|account| description(&world, account));
    assert_eq!(descriptions(), ["second", "first"]);
    let rollout = &quiet.last().plan.rollouts[0];
    assert_eq!((rollout.wave, rollout.waves, rollout.reached), (1, 2, 1));
    assert!(rollout.unknown.is_empty() && rollout.failing.is_empty(), "{rollout}");
    assert!(quiet.last().plan.steps.is_empty(), "the earlier manifest is in force there");

    describe(&world, LATER, "by hand");
    later(&mut engine, Duration::from_mins(1)).await;
    assert_eq!(descriptions(), ["second", "first"], "drift is corrected to what is in force");

    later(&mut engine, SOAK).await;
    let quiet = later(&mut engine, Duration::from_mins(1)).await;
    assert_eq!(descriptions(), ["second", "second"]);
    assert!(quiet.in_order().plan.rollouts.is_empty());
    let waves = engine.history().events().filter(|event| event.what == Happened::Wave).count();
    assert_eq!(waves, 2);
}

#[tokio::test(start_paused = true)]
async fn a_failing_canary_stops_the_rollout_and_a_revert_ends_it() {
    let world = world();
    let mut engine = world.engine().await;
    in_order(&mut engine).await;
    // Whatever uses the key would stop: that is held.
    declare(&world, "description: first", "enabled: false\n  description: second");
    world.writes();
    for _ in 0..5 {
        let quiet = later(&mut engine, SOAK).await;
        held(quiet.last(), CANARY_KEY);
        let rollout = &quiet.last().plan.rollouts[0];
        assert!(rollout.is_stopped(), "{rollout}");
        assert_eq!(rollout.failing, [format!("{CANARY}.{REGION}")].into());
        assert_eq!(description(&world, LATER), "first");
    }
    declare(&world, "enabled: false\n  description: second", "description: first");
    let quiet = later(&mut engine, Duration::from_mins(1)).await;
    assert!(quiet.in_order().plan.rollouts.is_empty());
    assert_eq!(description(&world, CANARY), "first");
}

#[tokio::test(start_paused = true)]
async fn another_change_on_the_way_begins_with_the_first_wave_again() {
    let world = world();
    let mut engine = world.engine().await;
    in_order(&mut engine).await;
    declare(&world, "description: first", "description: second");
    until_quiet(&mut engine).await;
    later(&mut engine, Duration::from_mins(28)).await;
    declare(&world, "description: second", "description: third");
    later(&mut engine, Duration::from_mins(1)).await;
    later(&mut engine, Duration::from_mins(5)).await;
    let descriptions = || [CANARY, LATER].map(|account| description(&world, account));
    assert_eq!(descriptions(), ["third", "first"], "the soak begins anew");
    later(&mut engine, SOAK).await;
    later(&mut engine, Duration::from_mins(1)).await.in_order();
    assert_eq!(descriptions(), ["third", "third"]);
}

#[tokio::test(start_paused = true)]
async fn a_manifest_that_is_gone_stays_in_force_behind_the_wave() {
    let world = world();
    let mut engine = world.engine().await;
    in_order(&mut engine).await;
    world.write(
        "other.yaml",
        MANIFEST.replace("name: data", "name: other").replace("alias/data", "alias/other"),
    );
    in_order(&mut engine).await;
    world.remove("other.yaml");
    let quiet = later(&mut engine, Duration::from_mins(1)).await;
    let orphans: Vec<String> =
        quiet.last().plan.orphans.iter().map(|orphan| orphan.address.to_string()).collect();
    assert_eq!(orphans, ["444455556666.eu-west-1/KmsKey/other"]);
}

async fn remembering(world: &World, dir: &TempDir) -> Engine {
    let home = Directory::open(&dir.path().join("memory")).expect("nobody else uses it");
    let mut engine = world.engine().await;
    engine.recall(Memory::new(home, &world.settings.owner)).await;
    engine
}

/// A change has reached the first wave, and the process is gone.
async fn interrupted() -> (World, TempDir) {
    let (world, dir) = (world(), tempfile::tempdir().expect("a directory"));
    let mut engine = remembering(&world, &dir).await;
    in_order(&mut engine).await;
    declare(&world, "description: first", "description: second");
    until_quiet(&mut engine).await;
    drop(engine);
    describe(&world, LATER, "by hand");
    (world, dir)
}

#[tokio::test(start_paused = true)]
async fn with_memory_a_rollout_goes_on_where_the_last_process_was() {
    let (world, dir) = interrupted().await;
    let mut engine = remembering(&world, &dir).await;
    until_quiet(&mut engine).await;
    assert_eq!(description(&world, LATER), "first", "what was in force before is known");
    later(&mut engine, Duration::from_mins(29)).await;
    assert_eq!(description(&world, LATER), "first", "the soak begins anew");
    later(&mut engine, Duration::from_mins(1)).await;
    later(&mut engine, Duration::from_mins(1)).await.in_order();
    assert_eq!(description(&world, LATER), "second");
}

#[tokio::test(start_paused = true)]
async fn a_change_made_while_the_process_was_gone_begins_with_the_first_wave() {
    let (world, dir) = interrupted().await;
    declare(&world, "description: second", "description: third");
    let mut engine = remembering(&world, &dir).await;
    until_quiet(&mut engine).await;
    let descriptions = || [CANARY, LATER].map(|account| description(&world, account));
    assert_eq!(descriptions(), ["third", "first"]);
}

#[tokio::test(start_paused = true)]
async fn without_memory_differences_behind_the_first_wave_are_held() {
    let (world, _) = interrupted().await;
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    let (step, _) = held(quiet.last(), LATER_KEY);
    assert!(step.can_be_approved());
    assert_eq!(description(&world, LATER), "by hand");
    let rollout = &quiet.last().plan.rollouts[0];
    assert_eq!(rollout.unknown, [format!("{LATER}.{REGION}")].into());
    later(&mut engine, SOAK).await;
    later(&mut engine, Duration::from_mins(1)).await.in_order();
    assert_eq!(description(&world, LATER), "second");
}

#[tokio::test(start_paused = true)]
async fn without_memory_and_without_differences_nothing_is_rolled_out() {
    let world = world();
    in_order(&mut world.engine().await).await;
    let quiet = until_quiet(&mut world.engine().await).await;
    assert!(quiet.in_order().plan.rollouts.is_empty());
}
