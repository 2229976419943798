//! The settings of an account cannot carry a claim: they are managed only once a manifest adopts them, corrected like everything
//! else then, and left as they are when the manifest goes.

use palisade::plan::{Cause, Verdict};
use serde_json::json;

use crate::world::{World, held, steps, until_quiet};

const ADDRESS: &str = "ml-prod/AccountSettings/defaults";

fn manifest(lifecycle: &str, spec: &str) -> String {
    format!(
        "apiVersion: palisade.dev/v1alpha1\nkind: AccountSettings\nmetadata: {{name: defaults, scope: ml-prod}}\n\
         lifecycle: {{{lifecycle}}}\nspec: {{{spec}}}\n"
    )
}

const SAFE: &str = "ebsEncryptionByDefault: true, snapshotPublicAccess: block-new-sharing";

/// Each setting as somebody opens it, and the call that puts it back.
const DRIFT: [(&str, &str); 2] = [
    ("DisableEbsEncryptionByDefault", "EnableEbsEncryptionByDefault"),
    ("DisableSnapshotBlockPublicAccess", "EnableSnapshotBlockPublicAccess"),
];

#[tokio::test(start_paused = true)]
async fn what_a_manifest_adopts_is_set_and_put_back_by_one_call_for_each_setting() {
    let world = World::with(&manifest("adopt: account", SAFE));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["EnableEbsEncryptionByDefault", "EnableSnapshotBlockPublicAccess"]);
    for (opened, put_back) in DRIFT {
        world.ec2(opened, &json!({}));
        let report = engine.pass().await;
        assert_eq!(world.writes(), [put_back]);
        assert!(steps(&report, ADDRESS).iter().all(|step| step.cause == Cause::Drift));
        until_quiet(&mut engine).await.in_order();
        assert_eq!(world.writes(), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn blocking_what_is_shared_already_is_held_at_first_and_put_back_without_asking() {
    let world = World::with(&manifest("adopt: account", "snapshotPublicAccess: block-all-sharing"));
    let mut engine = world.engine().await;
    let report = engine.pass().await;
    let (step, _) = held(&report, ADDRESS);
    assert_eq!(world.writes(), [""; 0]);
    let mut engine = world.engine_approving(&[&step.digest]).await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["EnableSnapshotBlockPublicAccess"]);
    world.ec2("DisableSnapshotBlockPublicAccess", &json!({}));
    engine.pass().await;
    assert_eq!(world.writes(), ["EnableSnapshotBlockPublicAccess"]);
}

#[tokio::test(start_paused = true)]
async fn without_its_manifest_everything_stays_as_it_is_and_nothing_is_an_orphan() {
    let world = World::with(&manifest("adopt: account", SAFE));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    world.remove("main.yaml");
    let report = until_quiet(&mut engine).await.reports.pop().expect("a pass");
    assert_eq!(world.writes(), [""; 0]);
    assert!(report.plan.steps.is_empty(), "{:?}", report.plan.steps);
    let shown = world.ec2("GetEbsEncryptionByDefault", &json!({}));
    assert_eq!(shown["ebsEncryptionByDefault"], json!(true));
}

#[tokio::test(start_paused = true)]
async fn a_manifest_that_does_not_adopt_them_or_wants_them_gone_is_refused() {
    for lifecycle in ["", "adopt: account, state: absent"] {
        let world = World::with(&manifest(lifecycle, SAFE));
        let mut engine = world.engine().await;
        let report = engine.pass().await;
        assert_eq!(world.writes(), [""; 0]);
        assert!(!report.problems.is_empty(), "{lifecycle}");
    }
    let world = World::with(&manifest("adopt: accounts", SAFE));
    let report = world.engine().await.pass().await;
    assert_eq!(world.writes(), [""; 0]);
    assert!(matches!(steps(&report, ADDRESS)[0].verdict, Verdict::Waiting(_)));
}
