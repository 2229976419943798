//! Notebook instances: changed while they are stopped, and stopped with consent only.

use std::time::Duration;

use palisade::{
    aws::Guard,
    engine::{Engine, Options},
    plan::{Cause, HoldReason, Only, Verdict},
    simulator::Fault,
};
use serde_json::{Value, json};

use crate::world::{World, held, list, steps, string, until_quiet, waiting};

const RESEARCH: &str = "ml-prod/NotebookInstance/research";
const NAMED: fn() -> Value = || json!({"NotebookInstanceName": "research"});

fn manifest(world: &World, lifecycle: &str, more: &str) -> String {
    let subnets = list(&world.ec2("DescribeSubnets", &json!({})), "subnetSet");
    let subnet = string(&subnets[0], "subnetId");
    format!(
        "---\napiVersion: palisade.dev/v1alpha1\nkind: NotebookInstance\n\
         metadata: {{name: research, scope: ml-prod}}\nlifecycle: {{{lifecycle}}}\n\
         spec: {{rootAccess: Disabled, minimumInstanceMetadataServiceVersion: \"2\", \
         directInternetAccess: Disabled, subnet: {subnet}, instanceType: ml.t3.medium, \
         role: \"arn:aws:iam::111122223333:role/notebooks\"{more}}}\n"
    )
}

const SETUP: &str = "---\napiVersion: palisade.dev/v1alpha1\nkind: NotebookLifecycleConfig\n\
                     metadata: {name: setup, scope: ml-prod}\nspec: {onStart: \"echo start\"}\n";

const ALL: &str = ", lifecycleConfig: {ref: setup}, defaultCodeRepository: git, \
                   additionalCodeRepositories: [more]";

/// An instance in order, and the engine that made it.
async fn made(running: &str) -> (World, Engine) {
    let mut world = World::empty();
    world.settings.gate.hold_risks.clear();
    world.write("main.yaml", manifest(&world, "", running));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    world.settings.gate.hold_risks = default_risks();
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), [""; 0]);
    (world, engine)
}

fn default_risks() -> std::collections::BTreeSet<palisade::model::HeldRisk> {
    World::empty().settings.gate.hold_risks
}

fn live(world: &World) -> Value {
    world.sagemaker("DescribeNotebookInstance", &NAMED())
}

fn status(world: &World) -> String {
    string(&live(world), "NotebookInstanceStatus")
}

/// Somebody's call, and what SageMaker does afterwards.
async fn by_hand(world: &World, operation: &str, change: Value) {
    let mut input = NAMED();
    let Value::Object(change) = change else { panic!("an object") };
    input.as_object_mut().expect("an object").extend(change);
    world.sagemaker(operation, &input);
    tokio::time::advance(Duration::from_secs(2)).await;
}

/// Somebody lets users be root on an instance that runs.
async fn open_root(world: &World) {
    by_hand(world, "StopNotebookInstance", json!({})).await;
    by_hand(world, "UpdateNotebookInstance", json!({"RootAccess": "Enabled"})).await;
    by_hand(world, "StartNotebookInstance", json!({})).await;
    world.writes();
}

#[tokio::test(start_paused = true)]
async fn a_new_instance_is_made_by_one_call_with_everything_in_it() {
    let world = World::empty();
    let main = format!("{SETUP}{}", manifest(&world, "", &format!(", running: true{ALL}")));
    world.write("main.yaml", main);
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let expected = ["CreateNotebookInstanceLifecycleConfig", "CreateNotebookInstance"];
    assert_eq!(world.writes(), expected);
    let live = live(&world);
    assert_eq!(live["RootAccess"], "Disabled");
    assert_eq!(live["DirectInternetAccess"], "Disabled");
    assert_eq!(live["NotebookInstanceLifecycleConfigName"], "setup");
    let version = &live["InstanceMetadataServiceConfiguration"];
    assert_eq!(version["MinimumInstanceMetadataServiceVersion"], "2");
}

/// SageMaker starts every new instance.
#[tokio::test(start_paused = true)]
async fn a_new_instance_that_is_not_to_run_is_stopped_without_another_consent_but_only_then() {
    let world = World::empty();
    world.write("main.yaml", manifest(&world, "", ", running: false"));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateNotebookInstance", "StopNotebookInstance"]);
    by_hand(&world, "StartNotebookInstance", json!({})).await;
    world.writes();
    let report = until_quiet(&mut engine).await.reports.pop().expect("a pass");
    assert!(held(&report, RESEARCH).1.contains("disrupts"), "somebody may work in it now");
    assert_eq!(world.writes(), [""; 0]);
}

/// Another process does not know who created it, and asks.
#[tokio::test(start_paused = true)]
async fn an_instance_that_was_found_running_is_stopped_with_consent_only() {
    let world = World::empty();
    world.write("main.yaml", manifest(&world, "", ", running: false"));
    world.engine().await.pass().await;
    assert_eq!(world.writes(), ["CreateNotebookInstance"]);
    let report = until_quiet(&mut world.engine().await).await.reports.pop().expect("a pass");
    assert!(held(&report, RESEARCH).1.contains("disrupts"));
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn drift_of_every_leaf_of_a_stopped_instance_is_corrected_at_once_by_one_call() {
    let mut world = World::empty();
    world.settings.gate.hold_risks.clear();
    let main = format!("{SETUP}{}", manifest(&world, "", &format!(", running: false{ALL}")));
    world.write("main.yaml", main);
    until_quiet(&mut world.engine().await).await.in_order();
    world.settings.gate.hold_risks = default_risks();
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    let metadata = json!({"MinimumInstanceMetadataServiceVersion": "1"});
    for change in [
        json!({"RootAccess": "Enabled"}),
        json!({"InstanceMetadataServiceConfiguration": metadata}),
        json!({"InstanceType": "ml.p4d.24xlarge"}),
        json!({"RoleArn": "arn:aws:iam::111122223333:role/admin"}),
        json!({"DisassociateLifecycleConfig": true}),
        json!({"DefaultCodeRepository": "evil"}),
        json!({"AdditionalCodeRepositories": ["more", "evil"]}),
    ] {
        tokio::time::advance(Duration::from_mins(10)).await;
        by_hand(&world, "UpdateNotebookInstance", change.clone()).await;
        world.writes();
        let report = engine.pass().await;
        assert_eq!(world.writes(), ["UpdateNotebookInstance"], "{change}");
        assert!(steps(&report, RESEARCH).iter().all(|step| step.cause == Cause::Drift));
        until_quiet(&mut engine).await.in_order();
        assert_eq!(world.writes(), [""; 0], "{change}");
        assert_eq!(status(&world), "Stopped");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hole_in_a_running_instance_waits_for_consent_to_the_stop_and_is_then_closed() {
    let (world, mut engine) = made(", running: true").await;
    open_root(&world).await;
    let report = until_quiet(&mut engine).await.reports.pop().expect("a pass");
    let (step, why) = held(&report, RESEARCH);
    assert!(why.contains("disrupts"), "{why}");
    let shown: Vec<_> = step.action.edits().iter().map(|edit| edit.summary.as_str()).collect();
    let all = ["stop it, and start it again once the changes are made", "change rootAccess"];
    assert_eq!(shown, [all[0], all[1], "start it"]);
    assert_eq!(world.writes(), [""; 0]);
    let mut engine = world.engine_approving(&[&step.digest]).await;
    until_quiet(&mut engine).await.in_order();
    let calls = ["StopNotebookInstance", "UpdateNotebookInstance", "StartNotebookInstance"];
    assert_eq!(world.writes(), calls);
    assert_eq!(
        (status(&world).as_str(), &live(&world)["RootAccess"]),
        ("InService", &json!("Disabled"))
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_approves_one_step_gets_all_of_it_and_nothing_else() {
    let (world, mut engine) = made(", running: true").await;
    open_root(&world).await;
    let report = engine.pass().await;
    let digest = held(&report, RESEARCH).0.digest.clone();
    let options = Options {
        approve: [digest].into(),
        only: Some(Only::Approved),
        write: true,
        ..Options::default()
    };
    let mut engine = world.engine_with(Guard::writing(world.brake.clone()), options).await;
    until_quiet(&mut engine).await.in_order();
    let calls = ["StopNotebookInstance", "UpdateNotebookInstance", "StartNotebookInstance"];
    assert_eq!(world.writes(), calls);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_ends_between_two_calls_leaves_nothing_that_the_next_one_does_not_finish() {
    for ends_after in 1..=2 {
        let (world, mut engine) = made(", running: true").await;
        open_root(&world).await;
        let report = engine.pass().await;
        let digest = held(&report, RESEARCH).0.digest.clone();
        let mut engine = world.engine_approving(&[&digest]).await;
        let mut calls = Vec::new();
        while calls.len() < ends_after {
            engine.pass().await;
            calls.extend(world.writes());
            tokio::time::advance(Duration::from_secs(2)).await;
        }
        drop(engine);
        // The next one has no approval, and needs none: nobody works in it now.
        until_quiet(&mut world.engine().await).await.in_order();
        calls.extend(world.writes());
        let all = ["StopNotebookInstance", "UpdateNotebookInstance", "StartNotebookInstance"];
        assert_eq!(calls, all, "{ends_after}");
        assert_eq!(status(&world), "InService");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_word_about_running_changes_wait_until_somebody_stops_it() {
    let (world, mut engine) = made("").await;
    open_root(&world).await;
    let report = until_quiet(&mut engine).await.reports.pop().expect("a pass");
    let why = waiting(&report, RESEARCH);
    assert!(why.contains("research is InService"), "{why}");
    assert_eq!(world.writes(), [""; 0]);
    by_hand(&world, "StopNotebookInstance", json!({})).await;
    world.writes();
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["UpdateNotebookInstance"]);
    // Whoever stopped it may have wanted that.
    assert_eq!(status(&world), "Stopped");
}

#[tokio::test(start_paused = true)]
async fn whether_it_runs_is_put_right_as_the_manifest_says_and_stopping_needs_consent() {
    let (world, mut engine) = made(", running: true").await;
    by_hand(&world, "StopNotebookInstance", json!({})).await;
    world.writes();
    let report = engine.pass().await;
    assert!(steps(&report, RESEARCH).iter().all(|step| step.cause == Cause::Drift));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["StartNotebookInstance"]);
    world.write("main.yaml", manifest(&world, "", ", running: false"));
    let report = until_quiet(&mut engine).await.reports.pop().expect("a pass");
    let (step, _) = held(&report, RESEARCH);
    assert_eq!(world.writes(), [""; 0]);
    until_quiet(&mut world.engine_approving(&[&step.digest]).await).await.in_order();
    assert_eq!(world.writes(), ["StopNotebookInstance"]);
}

#[tokio::test(start_paused = true)]
async fn it_is_stopped_once_for_each_try_of_a_change_that_aws_refuses_and_runs_again() {
    let (mut world, _) = made(", running: true").await;
    world.settings.gate.hold_risks.clear();
    let refusal = "the instance type is not available";
    let fault = Fault::reject("UpdateNotebookInstance", "ValidationException", refusal);
    world.simulator.inject(fault);
    let wanted = manifest(&world, "", ", running: true");
    world.write("main.yaml", wanted.replace("ml.t3.medium", "ml.m5.large"));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await;
    for _ in 0..20 {
        tokio::time::advance(Duration::from_secs(30)).await;
        engine.pass().await;
    }
    let writes = world.writes();
    let stops = writes.iter().filter(|call| *call == "StopNotebookInstance").count();
    let tries = writes.iter().filter(|call| *call == "UpdateNotebookInstance").count();
    assert!(stops <= tries && stops < 6, "{writes:?}");
    assert_eq!(status(&world), "InService", "{writes:?}");
}

#[tokio::test(start_paused = true)]
async fn it_does_not_start_while_a_hole_in_it_cannot_be_closed() {
    let (world, mut engine) = made(", running: true").await;
    by_hand(&world, "StopNotebookInstance", json!({})).await;
    by_hand(&world, "UpdateNotebookInstance", json!({"RootAccess": "Enabled"})).await;
    world.writes();
    let fault = Fault::reject("UpdateNotebookInstance", "ValidationException", "no");
    world.simulator.inject(fault);
    for _ in 0..5 {
        engine.pass().await;
        tokio::time::advance(Duration::from_secs(2)).await;
    }
    assert!(!world.writes().contains(&"StartNotebookInstance".to_owned()));
    assert_eq!(status(&world), "Stopped");
    world.simulator.clear_faults();
    tokio::time::advance(Duration::from_hours(1)).await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["UpdateNotebookInstance", "StartNotebookInstance"]);
}

#[tokio::test(start_paused = true)]
async fn what_sagemaker_fixes_is_held_and_never_made_by_deleting() {
    let (world, mut engine) = made(", running: true").await;
    let other = manifest(&world, "", ", running: true, kmsKey: alias/other");
    world.write("main.yaml", other);
    let report = until_quiet(&mut engine).await.reports.pop().expect("a pass");
    assert_eq!(steps(&report, RESEARCH)[0].verdict, Verdict::Held(vec![HoldReason::Impossible]));
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_tombstone_waits_until_the_instance_is_stopped() {
    let (world, mut engine) = made(", running: true").await;
    world.write("main.yaml", manifest(&world, "state: absent", ""));
    let report = until_quiet(&mut engine).await.reports.pop().expect("a pass");
    assert!(waiting(&report, RESEARCH).contains("research is InService"));
    assert_eq!(world.writes(), [""; 0]);
    by_hand(&world, "StopNotebookInstance", json!({})).await;
    world.writes();
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["DeleteNotebookInstance"]);
}

#[tokio::test(start_paused = true)]
async fn a_configuration_that_an_instance_has_is_not_deleted() {
    let world = World::empty();
    world.write("main.yaml", format!("{SETUP}{}", manifest(&world, "", ALL)));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    let gone = SETUP.replace("spec:", "lifecycle: {state: absent}\nspec:");
    let without = manifest(&world, "", ", defaultCodeRepository: git");
    world.write("main.yaml", format!("{gone}{without}"));
    let report = until_quiet(&mut engine).await.reports.pop().expect("a pass");
    let why = waiting(&report, "ml-prod/NotebookLifecycleConfig/setup");
    assert!(why.contains("notebook instance research uses it"), "{why}");
    assert_eq!(world.writes(), [""; 0]);
}
