//! Lifecycle configurations of notebook instances in sentences.

use serde_json::{Value, json};

use super::table;
use crate::{
    kind::{
        Known, Refs, ScopeFacts,
        erased::{Edit, ErasedKind as _},
    },
    model::Risk,
};

fn resolve(spec: &Value) -> Result<Value, Vec<String>> {
    let scope = ScopeFacts {
        name: "prod".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    };
    let known = Known::default();
    let resolved = table().resolve(spec, &mut Refs::new(&scope, "Setup", &known));
    resolved
        .map(|resolved| resolved.state)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn edits(spec: &Value, on_create: &str, on_start: &str) -> Vec<Edit> {
    let want = resolve(spec).expect("valid");
    let have = json!({"configName": "Setup", "onCreate": on_create, "onStart": on_start});
    table().diff(&want, &have).expect("states")
}

#[test]
fn it_is_named_after_its_manifest_and_names_are_one_in_whatever_case() {
    let want = resolve(&json!({"onStart": "#!/bin/bash\n"})).expect("valid");
    assert_eq!(want["configName"], "Setup");
    assert_eq!(table().natural_keys(&want).expect("a state"), ["setup"]);
    assert_eq!(
        resolve(&json!({"configName": "-x"})).expect_err("wrong"),
        ["configName: `-x` is not a name in SageMaker"]
    );
}

#[test]
fn an_absent_script_is_not_managed_and_null_or_empty_is_none() {
    assert_eq!(edits(&json!({}), "echo a", "echo b").len(), 0);
    for none in [json!({"onStart": null}), json!({"onStart": ""})] {
        let [edit] = &edits(&none, "echo a", "echo b")[..] else { panic!("one edit") };
        assert_eq!(edit.summary, "write the script onStart");
    }
}

#[test]
fn what_a_script_lets_anybody_do_is_not_known_and_it_interrupts_nobody() {
    let [edit] = &edits(&json!({"onStart": "echo c"}), "", "echo b")[..] else {
        panic!("one edit");
    };
    assert_eq!(edit.risk, Risk::REPLACES);
}

#[test]
fn a_plan_shows_scripts_by_length_and_digest_and_nothing_of_the_live_one() {
    let secret = "export PASSWORD=hunter2hunter2";
    let [edit] = &edits(&json!({"onStart": "a\nb\n"}), "", secret)[..] else {
        panic!("one edit");
    };
    let text = &edit.lines[0].text;
    assert!(text.starts_with("onStart: 1 line, sha256 "), "{text}");
    assert!(text.contains(" -> 2 lines, sha256 "), "{text}");
    assert!(!serde_json::to_string(edit).expect("JSON").contains("hunter2"));
    let want = resolve(&json!({"onStart": secret})).expect("valid");
    let lines = table().state_lines(&want);
    assert!(lines.iter().any(|line| line.text.starts_with("onStart: 1 line, ")), "{lines:?}");
    assert!(lines.iter().all(|line| !line.text.contains("hunter2")), "{lines:?}");
}

#[test]
fn a_script_that_sagemaker_would_refuse_is_refused_without_being_repeated() {
    let long = "x".repeat(12_289);
    let problems = resolve(&json!({"onStart": long, "onCreate": "base64:eA=="}));
    assert_eq!(
        problems.expect_err("wrong"),
        ["onCreate: is no script", "onStart: is longer than the 12,288 bytes that SageMaker takes"]
    );
    assert!(resolve(&json!({"onStart": "x".repeat(12_288)})).is_ok());
}
