//! The settings of an account cannot carry a claim: they are managed only once a manifest adopts them, corrected like everything
//! else then, and left as they are when the manifest goes.

use std::time::Duration;

use palisade::plan::{Cause, Verdict};
use serde_json::{Value, json};

use crate::world::{World, held, steps, until_quiet};

const ADDRESS: &str = "ml-prod/AccountSettings/defaults";

fn manifest(lifecycle: &str, spec: &str) -> String {
    format!(
        "apiVersion: palisade.dev/v1alpha1\nkind: AccountSettings\nmetadata: {{name: defaults, scope: ml-prod}}\n\
         lifecycle: {{{lifecycle}}}\nspec: {{{spec}}}\n"
    )
}

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn safe() -> String {
    format!(
        "ebsEncryptionByDefault: true, ebsDefaultKmsKey: \"{KEY}\", snapshotPublicAccess: block-new-sharing, \
         imagePublicAccess: block-new-sharing, serialConsoleAccess: false, instanceMetadataTokens: required, \
         instanceMetadataHopLimit: 1, instanceMetadataEndpoint: enabled, instanceMetadataTags: disabled"
    )
}

/// The calls that make a new account as [`safe`] says: nobody has turned its serial consoles on.
const FIRST: [&str; 5] = [
    "EnableEbsEncryptionByDefault",
    "EnableSnapshotBlockPublicAccess",
    "EnableImageBlockPublicAccess",
    "ModifyInstanceMetadataDefaults",
    "ModifyEbsDefaultKmsKeyId",
];

/// Each setting as somebody changes it, and the call that puts it back.
fn drift() -> [(&'static str, Value, &'static str); 9] {
    let metadata = |member: &str, value: &str| {
        let change = json!({ member: value });
        ("ModifyInstanceMetadataDefaults", change, "ModifyInstanceMetadataDefaults")
    };
    [
        ("DisableEbsEncryptionByDefault", json!({}), "EnableEbsEncryptionByDefault"),
        ("ResetEbsDefaultKmsKeyId", json!({}), "ModifyEbsDefaultKmsKeyId"),
        ("DisableSnapshotBlockPublicAccess", json!({}), "EnableSnapshotBlockPublicAccess"),
        ("DisableImageBlockPublicAccess", json!({}), "EnableImageBlockPublicAccess"),
        ("EnableSerialConsoleAccess", json!({}), "DisableSerialConsoleAccess"),
        metadata("HttpTokens", "optional"),
        metadata("HttpPutResponseHopLimit", "2"),
        metadata("HttpEndpoint", "no-preference"),
        metadata("InstanceMetadataTags", "enabled"),
    ]
}

#[tokio::test(start_paused = true)]
async fn what_a_manifest_adopts_is_set_and_put_back_by_one_call_for_each_setting() {
    let world = World::with(&manifest("adopt: account", &safe()));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), FIRST);
    for (changed, how, put_back) in drift() {
        tokio::time::sleep(Duration::from_mins(10)).await;
        world.ec2(changed, &how);
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
    let world = World::with(&manifest("adopt: account", &safe()));
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
        let world = World::with(&manifest(lifecycle, &safe()));
        let mut engine = world.engine().await;
        let report = engine.pass().await;
        assert_eq!(world.writes(), [""; 0]);
        assert!(!report.problems.is_empty(), "{lifecycle}");
    }
    let world = World::with(&manifest("adopt: accounts", &safe()));
    let report = world.engine().await.pass().await;
    assert_eq!(world.writes(), [""; 0]);
    assert!(matches!(steps(&report, ADDRESS)[0].verdict, Verdict::Waiting(_)));
}

/// EC2 says for minutes that images can be shared although it is blocking that.
#[tokio::test(start_paused = true)]
async fn blocking_images_is_asked_for_once_although_ec2_takes_its_time() {
    let world = World::with(&manifest("adopt: account", "imagePublicAccess: block-new-sharing"));
    let mut engine = world.engine().await;
    engine.pass().await;
    assert_eq!(world.writes(), ["EnableImageBlockPublicAccess"]);
    for _ in 0..12 {
        tokio::time::sleep(Duration::from_mins(1)).await;
        let report = engine.pass().await;
        assert!(report.plan.steps.is_empty(), "{:?}", report.plan.steps);
    }
    assert_eq!(world.writes(), [""; 0]);
    // Whether it ever was blocked is looked at again after that.
    world.ec2("DisableImageBlockPublicAccess", &json!({}));
    engine.pass().await;
    assert_eq!(world.writes(), ["EnableImageBlockPublicAccess"]);
}
