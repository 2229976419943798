//! Lifecycle configurations of Studio in sentences.

use serde_json::{Value, json};

use super::table;
use crate::kind::{Known, Refs, ScopeFacts, erased::ErasedKind as _};

fn resolve(spec: &Value) -> Result<Value, Vec<String>> {
    let scope = ScopeFacts {
        name: "prod".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    };
    let known = Known::default();
    let resolved = table().resolve(spec, &mut Refs::new(&scope, "idle-2", &known));
    resolved
        .map(|resolved| resolved.state)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

#[test]
fn a_script_for_one_sort_of_app_is_needed() {
    assert_eq!(
        resolve(&json!({})).expect_err("wrong"),
        [
            "appType: is missing; a configuration is for one sort of app",
            "content: is missing; a configuration is a script"
        ]
    );
}

#[test]
fn another_content_is_shown_and_never_made_in_place() {
    let want = resolve(&json!({"appType": "JupyterLab", "content": "echo b"})).expect("valid");
    let have = json!({"configName": "idle-2", "appType": "JupyterLab", "content": "echo a"});
    let [edit] = &table().diff(&want, &have).expect("states")[..] else { panic!("one edit") };
    assert!(edit.risk.impossible);
    assert!(edit.summary.contains("write a manifest of another name"), "{}", edit.summary);
    assert!(!edit.lines[0].text.contains("echo"), "{:?}", edit.lines);
}
