//! How many accounts a change of the organisation's policies concerns, in an organisation of nine.

use std::collections::BTreeMap;

use palisade::{
    engine::Engine,
    simulator::{Fault, Options, example::ML_ACCOUNT},
};
use serde_json::json;

use crate::{
    campaign::catalogue::manifest,
    world::{World, held, until_quiet},
};

const GUARD: &str = "org/ServiceControlPolicy/guard";
/// How many member accounts there are; the one that manages the organisation comes on top.
const MEMBERS: usize = 8;

fn guard(action: &str, targets: &str) -> String {
    let content = format!(
        "{{Version: \"2012-10-17\", Statement: [{{Effect: Deny, Action: \"{action}\", Resource: \"*\"}}]}}"
    );
    let spec = format!("{{content: {content}, targets: [{targets}]}}");
    manifest("org", "ServiceControlPolicy", "guard", "", &spec)
}

const STOP: &str = "cloudtrail:StopLogging";
const DELETE: &str = "cloudtrail:DeleteTrail";
const ML: &str = "\"ou:/Workloads/ML\"";

/// The guardrail at these places, applied, and the engine that did it.
async fn applied(targets: &str) -> (World, Engine) {
    let mut accounts: Vec<String> = (1..MEMBERS).map(|n| format!("00000000000{n}")).collect();
    accounts.push(ML_ACCOUNT.to_owned());
    let world = World::over(Options { accounts, ..Options::default() });
    world.write("main.yaml", guard(STOP, targets));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.calls();
    (world, engine)
}

fn listings(reads: &BTreeMap<String, usize>) -> (usize, usize) {
    let count = |operation: &str| {
        reads.get(&format!("organizations:{operation}")).copied().unwrap_or_default()
    };
    (count("ListAccounts"), count("ListAccountsForParent"))
}

#[tokio::test(start_paused = true)]
async fn a_guardrail_that_the_directory_moves_to_the_root_waits_for_consent() {
    let (world, mut engine) = applied(ML).await;
    world.write("main.yaml", guard(STOP, "root"));
    let report = engine.pass().await;
    let (step, why) = held(&report, GUARD);
    assert!(why.contains("concerns 8 of 8 accounts of the organization"), "{why}");
    assert_eq!(world.writes(), [""; 0]);

    let digest = step.digest.clone();
    until_quiet(&mut world.engine_approving(&[&digest]).await).await.in_order();
    assert_eq!(world.writes(), ["AttachPolicy", "DetachPolicy"]);
}

#[tokio::test(start_paused = true)]
async fn a_guardrail_for_everybody_is_made_without_consent_and_changed_only_with() {
    let (world, mut engine) = applied("root").await;
    world.write("main.yaml", guard(DELETE, "root"));
    let report = engine.pass().await;
    assert!(held(&report, GUARD).1.contains("concerns 8 of 8"));
    assert_eq!(world.writes(), [""; 0]);

    let (world, mut engine) = applied(ML).await;
    world.write("main.yaml", guard(DELETE, ML));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["UpdatePolicy"], "one account of eight");
}

#[tokio::test(start_paused = true)]
async fn a_guardrail_that_was_attached_nowhere_counts_when_it_is_attached() {
    let (world, mut engine) = applied("").await;
    assert_eq!(engine.pass().await.plan.steps, []);
    // For another process it is the same whether it was wanted nowhere or a crash came in between.
    world.write("main.yaml", guard(STOP, "root"));
    for mut engine in [engine, world.engine().await] {
        let report = engine.pass().await;
        assert!(held(&report, GUARD).1.contains("concerns 8 of 8"));
        assert_eq!(world.writes(), [""; 0]);
    }
    let digest = held(&world.engine().await.pass().await, GUARD).0.digest.clone();
    until_quiet(&mut world.engine_approving(&[&digest]).await).await.in_order();
    assert_eq!(world.writes(), ["AttachPolicy"]);
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_does_to_everybody_is_undone_without_consent_and_without_counting() {
    let (world, mut engine) = applied("root").await;
    let policy = world.policy("guard");
    let weak = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "x:Y", "Resource": "*"}]});
    world.organizations("UpdatePolicy", &json!({"PolicyId": policy, "Content": weak.to_string()}));
    engine.pass().await;
    assert_eq!(world.writes(), ["UpdatePolicy"]);
    until_quiet(&mut engine).await.in_order();

    world.organizations("DetachPolicy", &json!({"PolicyId": policy, "TargetId": world.root()}));
    world.calls();
    engine.pass().await;
    let calls = world.calls();
    let writes: Vec<_> = calls.iter().filter(|call| call.mutating).map(|c| &c.operation).collect();
    assert_eq!(writes, ["AttachPolicy"]);
    assert!(!calls.iter().any(|call| call.operation == "ListAccounts"), "nothing depends on it");
}

#[tokio::test(start_paused = true)]
async fn the_organization_is_read_once_a_pass_and_only_where_something_depends_on_it() {
    let (world, mut engine) = applied(ML).await;
    engine.pass().await;
    assert_eq!(listings(&world.reads()), (0, 0), "nothing changes");
    world.write("main.yaml", guard(STOP, "root"));
    engine.pass().await;
    assert_eq!(listings(&world.reads()), (1, 0), "one page");
    engine.pass().await;
    assert_eq!(listings(&world.reads()), (1, 0), "accounts come and go");

    let (mut world, _) = applied(ML).await;
    world.settings.gate.accounts_percent = 100;
    world.write("main.yaml", guard(STOP, "root"));
    until_quiet(&mut world.engine().await).await.in_order();
    assert_eq!(listings(&world.reads()), (0, 0), "there is no limit");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_say_where_accounts_are_is_walked() {
    let (world, mut engine) = applied(ML).await;
    world.simulator.with(|world| world.organizations.behavior.without_paths = true);
    world.write("main.yaml", guard(DELETE, "root"));
    assert!(held(&engine.pass().await, GUARD).1.contains("concerns 8 of 8"));
    // The root, Workloads, and ML.
    assert_eq!(listings(&world.reads()), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn suspended_accounts_are_not_counted() {
    let (world, mut engine) = applied(ML).await;
    world.simulator.with(|world| {
        let suspended = (2..MEMBERS).map(|n| format!("00000000000{n}"));
        world.organizations.behavior.suspended = suspended.collect();
    });
    world.write("main.yaml", guard(DELETE, "root"));
    let why = held(&engine.pass().await, GUARD).1;
    assert!(why.contains("concerns 2 of 2 accounts"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn an_organization_that_cannot_be_read_holds_what_depends_on_it_and_says_why() {
    let (world, mut engine) = applied(ML).await;
    let denied = Fault::reject("ListAccounts", "AccessDeniedException", "no");
    world.simulator.inject(denied);
    world.write("main.yaml", guard(DELETE, "root"));
    let why = held(&engine.pass().await, GUARD).1;
    assert!(why.contains("may be all of them") && why.contains("ListAccounts"), "{why}");
    assert_eq!(world.writes(), [""; 0]);
    world.simulator.clear_faults();
    let why = held(&engine.pass().await, GUARD).1;
    assert!(why.contains("concerns 8 of 8"), "{why}");
}
