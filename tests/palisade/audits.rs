//! Audits find what no manifest owns and no call corrects. They only read, no pass waits for them, and nothing follows from
//! what they find.

use std::time::Duration;

use palisade::{
    aws::Guard,
    engine::{Engine, Options, Report},
    simulator::{Effect, Fault},
};
use serde_json::json;

use crate::world::{World, until_quiet};

const SETTINGS: &str = "apiVersion: palisade.dev/v1alpha1\nkind: AccountSettings\n\
    metadata: {name: defaults, scope: ml-prod}\nlifecycle: {adopt: account}\n\
    spec: {serialConsoleAccess: false}\n";
/// The operation that audits the root user.
const SUMMARY: &str = "GetAccountSummary";

/// An engine as the daemon has it.
async fn daemon(world: &World) -> Engine {
    let guard = Guard::writing(world.brake.clone());
    world.engine_with(guard, Options { write: true, audits: true, ..Options::default() }).await
}

/// The second pass after some time: audits that the first one starts end between the two.
async fn after(engine: &mut Engine, time: Duration) -> Report {
    tokio::time::sleep(time).await;
    engine.pass().await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    engine.pass().await
}

fn rules(report: &Report) -> Vec<&'static str> {
    report.audited.findings.iter().map(|finding| finding.rule).collect()
}

fn audits(world: &World) -> usize {
    world.calls().iter().filter(|call| call.operation == SUMMARY).count()
}

#[tokio::test(start_paused = true)]
async fn a_root_user_with_keys_and_without_a_factor_is_found_and_nothing_is_done_about_it() {
    let world = World::with(SETTINGS);
    let mut engine = daemon(&world).await;
    until_quiet(&mut engine).await.in_order();
    world.aws("iam", "SimulatorGuardRoot", &json!({"keys": "1"}));
    let report = after(&mut engine, Duration::from_hours(1)).await;
    assert_eq!(rules(&report), ["ROOT-01", "ROOT-02"]);
    assert_eq!(report.audited.findings[0].scope, "ml-prod");
    assert!(report.plan.steps.is_empty());
    assert_eq!(world.writes(), [""; 0]);
    world.aws("iam", "SimulatorGuardRoot", &json!({"factor": "true"}));
    let report = after(&mut engine, Duration::from_mins(10)).await;
    assert_eq!(rules(&report), ["ROOT-01", "ROOT-02"], "an audit is made once an hour");
    let report = after(&mut engine, Duration::from_hours(1)).await;
    assert_eq!(rules(&report), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn an_audit_that_is_denied_is_unknown_and_delays_nothing() {
    let world = World::with(SETTINGS);
    world.simulator.inject(Fault::new(SUMMARY, Effect::Deny));
    world.ec2("EnableSerialConsoleAccess", &json!({}));
    let mut engine = daemon(&world).await;
    engine.pass().await;
    assert_eq!(world.writes(), ["DisableSerialConsoleAccess"]);
    let report = after(&mut engine, Duration::from_secs(10)).await;
    assert_eq!(rules(&report), [""; 0]);
    let unknown: Vec<_> = report.audited.unknown.iter().map(|it| (&*it.scope, it.about)).collect();
    assert_eq!(unknown, [("ml-prod", "the root user")]);
    world.simulator.clear_faults();
    let report = after(&mut engine, Duration::from_mins(10)).await;
    assert_eq!(rules(&report), ["ROOT-02"]);
    assert!(report.audited.unknown.is_empty());
}

#[tokio::test(start_paused = true)]
async fn only_the_daemon_audits_and_only_where_a_manifest_of_the_kind_is() {
    let world = World::with(SETTINGS);
    until_quiet(&mut world.engine().await).await.in_order();
    assert_eq!(audits(&world), 0);
    let world = World::empty();
    let mut engine = daemon(&world).await;
    after(&mut engine, Duration::from_hours(2)).await;
    assert_eq!(audits(&world), 0);
}
