//! Notebook instances in sentences.

use serde_json::{Value, json};

use super::table;
use crate::{
    kind::{
        Known, Refs, ScopeFacts,
        erased::{Edit, ErasedKind as _, Stage},
    },
    model::{Disruption, Risk},
};

const ROLE: &str = "arn:aws:iam::111122223333:role/notebooks";

fn resolve(spec: &Value) -> Result<Value, Vec<String>> {
    let scope = ScopeFacts {
        name: "prod".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    };
    let known = Known::default();
    let resolved = table().resolve(spec, &mut Refs::new(&scope, "research", &known));
    resolved
        .map(|resolved| resolved.state)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn spec(changes: Value) -> Value {
    let mut spec = json!({
        "rootAccess": "Disabled", "minimumInstanceMetadataServiceVersion": "2",
        "directInternetAccess": "Disabled", "subnet": "subnet-10000000", "instanceType": "ml.t3.medium",
        "role": ROLE,
    });
    let Value::Object(changes) = changes else { panic!("an object") };
    spec.as_object_mut().expect("an object").extend(changes);
    spec
}

fn live(changes: Value) -> Value {
    let mut live = json!({
        "instanceName": "research", "running": true, "rootAccess": "Disabled",
        "minimumInstanceMetadataServiceVersion": "2", "directInternetAccess": "Disabled",
        "subnet": "subnet-10000000", "securityGroups": [], "kmsKey": null,
        "platformIdentifier": "notebook-al2023-v1", "instanceType": "ml.t3.medium",
        "volumeSizeInGb": 5, "role": ROLE, "lifecycleConfig": "", "defaultCodeRepository": "",
        "additionalCodeRepositories": [],
    });
    let Value::Object(changes) = changes else { panic!("an object") };
    live.as_object_mut().expect("an object").extend(changes);
    live
}

fn edits(want: Value, have: Value) -> Vec<Edit> {
    let want = resolve(&spec(want)).expect("valid");
    table().diff(&want, &live(have)).expect("states")
}

fn summaries(edits: &[Edit]) -> Vec<&str> {
    edits.iter().map(|edit| edit.summary.as_str()).collect()
}

const OPEN: fn() -> Value = || json!({"rootAccess": "Enabled"});

#[test]
fn what_aws_would_open_by_default_must_be_said() {
    assert_eq!(
        resolve(&json!({"instanceType": "ml.t3.medium", "role": ROLE})).expect_err("wrong"),
        [
            "rootAccess: is missing; AWS's default would let users be root",
            "minimumInstanceMetadataServiceVersion: is missing; AWS's default answers requests \
             without a token",
            "directInternetAccess: is missing; AWS's default is a way past your network",
        ]
    );
}

#[test]
fn what_needs_a_subnet_is_refused_without_one() {
    let without = spec(json!({"subnet": null, "securityGroups": ["sg-10000000"]}));
    assert_eq!(
        resolve(&without).expect_err("wrong"),
        [
            "directInternetAccess: `Disabled` needs a subnet: without one there is no other \
             network",
            "securityGroups: they need a subnet, in whose VPC they are",
        ]
    );
}

#[test]
fn an_instance_that_runs_is_stopped_changed_and_started_and_only_the_stop_interrupts() {
    let edits = edits(json!({"running": true, "instanceType": "ml.m5.large"}), OPEN());
    assert_eq!(
        summaries(&edits),
        [
            "stop it, and start it again once the changes are made",
            "change rootAccess",
            "change instanceType",
            "start it",
        ]
    );
    let stages: Vec<_> = edits.iter().map(|edit| edit.stage.expect("a stage")).collect();
    assert_eq!(stages, [Stage::Rest, Stage::AtRest, Stage::AtRest, Stage::Start]);
    assert_eq!(edits[0].risk, Risk::NEUTRAL.stopping_work());
    assert_eq!(edits[1].risk, Risk::TIGHTENS.stopping_work());
    assert_eq!(edits[1].needs, ["running rest"]);
    // It starts without a change that opens nothing, but not while a hole is left.
    assert_eq!(edits[3].needs, ["running rest", "rootAccess"]);
    let lines: Vec<_> = edits[0].lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(lines[0], "running: true -> false");
    assert!(lines[1].contains("whoever works in it is interrupted"), "{lines:?}");
}

#[test]
fn an_instance_that_is_stopped_is_changed_at_once_and_interrupts_nobody() {
    let stopped = json!({"rootAccess": "Enabled", "running": false});
    let only = edits(json!({}), stopped.clone());
    assert_eq!(summaries(&only), ["change rootAccess"]);
    assert_eq!((only[0].risk, only[0].inspect), (Risk::TIGHTENS, false));
    let both = edits(json!({"running": true}), stopped);
    assert_eq!(summaries(&both), ["change rootAccess", "start it"]);
    assert_eq!(both[1].needs, ["rootAccess"]);
}

#[test]
fn without_a_word_about_running_a_change_is_looked_into_and_nothing_stops_it() {
    let edits = edits(json!({}), OPEN());
    assert_eq!(summaries(&edits), ["change rootAccess"]);
    assert!(edits[0].inspect);
    assert_eq!(edits[0].risk.disrupts, Disruption::None);
}

#[test]
fn one_that_shall_not_run_is_stopped_and_then_changed() {
    let edits = edits(json!({"running": false}), OPEN());
    assert_eq!(summaries(&edits), ["stop it", "change rootAccess"]);
    assert_eq!(edits[1].needs, ["running"]);
    let stages: Vec<_> = edits.iter().map(|edit| edit.stage.expect("a stage")).collect();
    assert_eq!(stages, [Stage::Stop, Stage::AtRest]);
}

#[test]
fn a_volume_grows_and_never_becomes_smaller() {
    let stopped = |size: i64| json!({"running": false, "volumeSizeInGb": size});
    let grown = edits(json!({"volumeSizeInGb": 50}), stopped(5));
    assert_eq!(summaries(&grown), ["grow the volume"]);
    let shrunk = edits(json!({"volumeSizeInGb": 50}), stopped(100));
    assert!(shrunk[0].risk.impossible, "{shrunk:?}");
}

#[test]
fn what_sagemaker_fixes_is_shown_and_stops_nobody() {
    let want =
        json!({"running": true, "securityGroups": ["sg-10000000"], "kmsKey": "alias/notebooks"});
    let have = json!({"directInternetAccess": "Enabled", "subnet": null});
    let edits = edits(want, have);
    assert!(edits.iter().all(|edit| edit.risk.impossible), "{:?}", summaries(&edits));
    assert_eq!(edits.len(), 4, "{:?}", summaries(&edits));
}

#[test]
fn none_is_none_of_a_lifecycle_configuration_and_of_repositories() {
    let want = json!({
        "lifecycleConfig": null, "defaultCodeRepository": null, "additionalCodeRepositories": null
    });
    let have = json!({
        "running": false, "lifecycleConfig": "setup", "defaultCodeRepository": "r",
        "additionalCodeRepositories": ["s"],
    });
    let edits = edits(want, have);
    assert_eq!(edits.len(), 3, "{:?}", summaries(&edits));
    assert_eq!(edits[0].lines[0].text, "lifecycleConfig: setup -> none");
}

#[test]
fn the_platform_is_changed_at_rest() {
    let old = json!({"platformIdentifier": "notebook-al2-v3", "running": false});
    let edits = edits(json!({"platformIdentifier": "notebook-al2023-v1"}), old);
    assert_eq!(summaries(&edits), ["change platformIdentifier"]);
    assert_eq!((edits[0].stage, edits[0].risk), (Some(Stage::AtRest), Risk::REPLACES));
}
