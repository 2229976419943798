//! Grants on keys: what another account may do with them, past the key policy.

use std::time::Duration;

use palisade::{
    aws::Guard,
    engine::{Engine, Options, Report},
    plan::Cause,
};
use serde_json::json;

use crate::world::{World, held, list, steps, until_quiet};

const STUDIO: &str = "ml-prod/KmsKey/studio";
const FOREIGN: &str = "arn:aws:iam::666677778888:role/reader";

/// The key `studio` with these members of its spec.
fn manifest(more: &str) -> String {
    format!(
        "apiVersion: palisade.dev/v1alpha1\nkind: KmsKey\nmetadata: {{name: studio, scope: ml-prod}}\n\
         spec:\n  aliases: [alias/studio]\n  policy: {{Version: \"2012-10-17\", Statement: [{{Sid: Admin, Effect: Allow, \
         Principal: {{AWS: \"arn:aws:iam::111122223333:root\"}}, Action: \"kms:*\", Resource: \"*\"}}]}}\n{more}"
    )
}

fn grant(world: &World, to: &str) {
    let key = world.key("alias/studio");
    let grant = json!({"KeyId": key, "GranteePrincipal": to, "Operations": ["Decrypt"]});
    world.kms("CreateGrant", &grant);
    world.writes();
}

fn grants(world: &World) -> usize {
    list(&world.kms("ListGrants", &json!({"KeyId": world.key("alias/studio")})), "Grants").len()
}

async fn applied(more: &str) -> (World, Engine) {
    let world = World::with(&manifest(more));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    (world, engine)
}

#[tokio::test(start_paused = true)]
async fn a_foreign_grant_on_a_key_that_was_in_order_is_revoked_at_once() {
    let (world, mut engine) = applied("  foreignGrants: []\n").await;
    grant(&world, FOREIGN);
    let report = engine.pass().await;
    assert_eq!(world.writes(), ["RevokeGrant"]);
    assert_eq!(report.drift().count(), 1);
    until_quiet(&mut engine).await.in_order();
    assert_eq!(grants(&world), 0);
}

#[tokio::test(start_paused = true)]
async fn a_foreign_grant_that_was_there_before_is_revoked_only_with_consent() {
    let (world, mut engine) = applied("").await;
    grant(&world, FOREIGN);
    assert!(engine.pass().await.is_converged(), "a manifest that says nothing of grants");
    world.write("main.yaml", manifest("  foreignGrants: []\n"));
    let quiet = until_quiet(&mut engine).await;
    let (step, why) = held(quiet.last(), STUDIO);
    assert!(why.contains("disrupts"), "{why}");
    assert_ne!(step.cause, Cause::Drift);
    assert_eq!(world.writes(), [""; 0]);
    let digest = step.digest.clone();
    let mut engine = world.engine_approving(&[&digest]).await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["RevokeGrant"]);
}

#[tokio::test(start_paused = true)]
async fn grants_of_services_and_of_those_who_are_allowed_stay() {
    let (world, mut engine) = applied("  foreignGrants: [\"444455556666\"]\n").await;
    grant(&world, "arn:aws:iam::444455556666:role/partner");
    grant(&world, "arn:aws:iam::111122223333:role/own");
    grant(&world, "arn:aws:sts::666677778888:assumed-role/aws:ec2-infrastructure/i-0abc");
    assert!(engine.pass().await.is_converged());
    assert_eq!(world.writes(), [""; 0]);
    assert_eq!(grants(&world), 3);
}

#[tokio::test(start_paused = true)]
async fn only_keys_whose_manifest_names_grants_cost_a_call_for_them() {
    let (world, mut engine) = applied("").await;
    engine.pass().await;
    assert_eq!(world.reads().get("kms:ListGrants"), None);
    let (world, mut engine) = applied("  foreignGrants: []\n").await;
    engine.pass().await;
    assert_eq!(world.reads().get("kms:ListGrants"), Some(&1));
}

/// The second pass after an hour, with the audits of a daemon: those that the first one starts end between the two.
async fn audited(world: &World) -> Report {
    let guard = Guard::writing(world.brake.clone());
    let options = Options { write: true, audits: true, ..Options::default() };
    let mut engine = world.engine_with(guard, options).await;
    engine.pass().await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    engine.pass().await
}

#[tokio::test(start_paused = true)]
async fn a_foreign_grant_that_no_manifest_compares_is_a_live_finding_and_no_step() {
    let (world, _) = applied("").await;
    grant(&world, FOREIGN);
    let report = audited(&world).await;
    let found: Vec<_> =
        report.audited.findings.iter().map(|it| (it.rule, it.subject.as_str())).collect();
    assert_eq!(found, [("KEY-01", STUDIO)]);
    assert!(steps(&report, STUDIO).is_empty());
    assert_eq!(world.writes(), [""; 0]);
    // Where the manifest compares grants, the difference is shown instead.
    world.write("main.yaml", manifest("  foreignGrants: []\n"));
    let report = audited(&world).await;
    assert!(report.audited.findings.is_empty(), "{:?}", report.audited.findings);
    held(&report, STUDIO);
}

#[tokio::test(start_paused = true)]
async fn a_rotation_on_demand_is_shown_and_changes_nothing() {
    let (world, mut engine) = applied("  rotation: {periodDays: 365}\n").await;
    world.kms("RotateKeyOnDemand", &json!({"KeyId": world.key("alias/studio")}));
    world.writes();
    let report = engine.pass().await;
    assert!(report.is_converged());
    assert_eq!(world.writes(), [""; 0]);
    let notes = &report.plan.notes[&STUDIO.parse().expect("an address")];
    assert!(notes[0].starts_with("it is being rotated on demand since 20"), "{notes:?}");
}
