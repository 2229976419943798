//! Where accounts are in the organization: seen, shown, and moved only when somebody says so.

use palisade::{engine::Engine, plan::Cause, simulator::example::ML_ACCOUNT};
use serde_json::{Value, json};

use crate::world::{World, held, steps, string, until_quiet};

const PLACEMENT: &str = "org/AccountPlacement/ml";

fn manifest(unit: &str) -> String {
    format!(
        "---\napiVersion: palisade.dev/v1alpha1\nkind: AccountPlacement\n\
         metadata: {{name: ml, scope: org}}\nlifecycle: {{adopt: \"{ML_ACCOUNT}\"}}\n\
         spec: {{unit: \"{unit}\"}}\n"
    )
}

fn parent(world: &World) -> String {
    let parents = world.organizations("ListParents", &json!({"ChildId": ML_ACCOUNT}));
    string(&parents["Parents"][0], "Id")
}

/// A new unit below the root.
fn unit(world: &World, name: &str) -> String {
    let unit = json!({"ParentId": world.root(), "Name": name});
    let made = world.organizations("CreateOrganizationalUnit", &unit);
    string(&made["OrganizationalUnit"], "Id")
}

fn move_to(world: &World, unit: &str) {
    let moving = json!({
        "AccountId": ML_ACCOUNT, "SourceParentId": parent(world), "DestinationParentId": unit,
    });
    world.organizations("MoveAccount", &moving);
}

/// Attaches a policy with this statement.
fn guard(world: &World, name: &str, target: &str, statement: &Value) {
    let content = json!({"Version": "2012-10-17", "Statement": [statement]});
    let policy = json!({
        "Name": name, "Description": "", "Type": "SERVICE_CONTROL_POLICY",
        "Content": content.to_string(),
    });
    let made = world.organizations("CreatePolicy", &policy);
    let id = string(&made["Policy"]["PolicySummary"], "Id");
    world.organizations("AttachPolicy", &json!({"PolicyId": id, "TargetId": target}));
}

fn deny(action: &str) -> Value {
    json!({"Sid": "No", "Effect": "Deny", "Action": action, "Resource": "*"})
}

/// A world whose account is where its manifest says: in a unit of its own.
async fn placed() -> (World, Engine, String) {
    let world = World::empty();
    let unit = unit(&world, "Guarded");
    move_to(&world, &unit);
    world.write("main.yaml", manifest(&unit));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), [""; 0]);
    (world, engine, unit)
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_in_place_costs_one_listing_and_nothing_is_written() {
    let (world, mut engine, _) = placed().await;
    assert!(engine.pass().await.is_converged());
    let reads = world.reads();
    assert_eq!(reads.get("organizations:ListAccounts"), Some(&1), "{reads:?}");
    assert_eq!(reads.keys().filter(|it| it.starts_with("organizations:")).count(), 1, "{reads:?}");
}

#[tokio::test(start_paused = true)]
async fn a_move_waits_for_a_person_who_sees_which_guardrails_go_and_which_come() {
    let (world, mut engine, from) = placed().await;
    let to = unit(&world, "Open");
    guard(&world, "no-buckets", &from, &deny("s3:DeleteBucket"));
    guard(&world, "no-trails", &to, &deny("cloudtrail:StopLogging"));
    world.write("main.yaml", manifest("ou:/Open"));
    world.writes();
    let quiet = until_quiet(&mut engine).await;
    assert_eq!(world.writes(), [""; 0]);
    let (step, why) = held(quiet.last(), PLACEMENT);
    assert!(why.contains("loses no-buckets and gains no-trails"), "{why}");
    assert!(why.contains(&format!("from {from} to {to}")), "{why}");
    let digest = step.digest.clone();

    let mut engine = world.engine_approving(&[&digest]).await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["MoveAccount"]);
    assert_eq!(parent(&world), to);
}

#[tokio::test(start_paused = true)]
async fn an_account_that_somebody_moved_is_drift_and_goes_back_only_with_consent() {
    let (mut world, _, unit) = placed().await;
    // Nothing is held for its risk: the move is, whatever the settings are.
    world.settings.gate.hold_risks.clear();
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    move_to(&world, &world.root());
    world.writes();
    let report = engine.pass().await;
    let (step, why) = held(&report, PLACEMENT);
    assert_eq!(step.cause, Cause::Drift);
    assert!(why.contains("it moves account 111122223333"), "{why}");
    assert_eq!(world.writes(), [""; 0]);
    let digest = step.digest.clone();
    let mut engine = world.engine_approving(&[&digest]).await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(parent(&world), unit);
}

#[tokio::test(start_paused = true)]
async fn a_held_move_reads_the_policies_once_and_not_in_every_pass() {
    let (world, mut engine, _) = placed().await;
    unit(&world, "Open");
    world.write("main.yaml", manifest("ou:/Open"));
    until_quiet(&mut engine).await;
    world.reads();
    engine.pass().await;
    let reads = world.reads();
    assert_eq!(reads.get("organizations:ListPoliciesForTarget"), None, "{reads:?}");
}

#[tokio::test(start_paused = true)]
async fn a_move_below_a_policy_that_denies_palisade_what_it_needs_is_a_lockout() {
    let world = World::baseline();
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let shut = unit(&world, "Shut");
    guard(&world, "nothing-of-ec2", &shut, &deny("ec2:*"));
    world.write("placement.yaml", manifest("ou:/Shut"));
    world.writes();
    let quiet = until_quiet(&mut engine).await;
    let (_, why) = held(quiet.last(), PLACEMENT);
    assert!(why.contains("would be denied ec2:"), "{why}");
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_said_and_the_move_stays_held() {
    use palisade::simulator::{Effect, Fault};
    let (world, mut engine, _) = placed().await;
    unit(&world, "Open");
    world.write("main.yaml", manifest("ou:/Open"));
    world.simulator.inject(Fault::new("ListPoliciesForTarget", Effect::Deny));
    let report = engine.pass().await;
    let (_, why) = held(&report, PLACEMENT);
    assert!(why.contains("which control policies it loses and gains is unknown"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn without_its_manifest_an_account_stays_where_it_is() {
    let (world, mut engine, unit) = placed().await;
    world.remove("main.yaml");
    world.writes();
    until_quiet(&mut engine).await;
    assert_eq!(world.writes(), [""; 0]);
    assert_eq!(parent(&world), unit);
}

#[tokio::test(start_paused = true)]
async fn two_manifests_for_one_account_are_a_mistake() {
    let world = World::empty();
    let two = format!("{}{}", manifest("root"), manifest("root").replace("name: ml", "name: two"));
    world.write("main.yaml", two);
    let mut engine = world.engine().await;
    let report = engine.pass().await;
    let conflicting = report.plan.conflicts.len();
    assert!(!report.problems.is_empty() || conflicting > 0, "{:?}", report.plan);
    assert!(steps(&report, PLACEMENT).is_empty());
}
