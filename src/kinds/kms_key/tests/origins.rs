//! Replicas of multi-Region keys, and keys whose material comes from elsewhere.

use serde_json::{Value, json};

use super::{good, live, plan, problems, table, with_policy};
use crate::{kind::erased::ErasedKind as _, kinds::kms_key::State, model::Risk};

const PRIMARY: &str = "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";

fn risk_of_creating(state: &State) -> Risk {
    table().risk_of_creating(&json!(state)).expect("a state")
}

#[test]
fn a_replica_has_its_primary_keys_material_purpose_and_rotation() {
    let state = good(json!({"replicaOf": PRIMARY}));
    assert_eq!(state.replica_of.as_deref(), Some(PRIMARY));
    assert_eq!((&state.key_spec, &state.key_usage, &state.origin), (&None, &None, &None));
    assert_eq!(risk_of_creating(&state), Risk::LOOSENS);
}

#[test]
fn what_a_replica_cannot_say_is_refused_with_the_reason() {
    let all: Vec<String> = [
        json!({"replicaOf": PRIMARY, "rotation": {"enabled": true}}),
        json!({"replicaOf": PRIMARY, "multiRegion": false}),
        json!({"replicaOf": "arn:aws:kms:eu-west-1:111122223333:key/mrk-1"}),
        json!({"replicaOf": "arn:aws:kms:us-east-1:444455556666:key/mrk-1"}),
        json!({"replicaOf": "arn:aws:kms:us-east-1:111122223333:key/1234"}),
        json!({"replicaOf": "mrk-1234abcd12ab34cd56ef1234567890ab"}),
    ]
    .map(|spec| problems(with_policy(spec)))
    .into();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn another_primary_key_is_shown_and_never_made_one() {
    let want = good(json!({"replicaOf": PRIMARY}));
    let moved = PRIMARY.replace("us-east-1", "eu-central-1");
    for replica_of in [Some(moved), None] {
        let edits = super::diff(&want, &State { replica_of, ..live(&want) });
        assert_eq!(edits.len(), 1);
        assert_eq!(edits[0].risk, Risk::IMPOSSIBLE);
    }
    let have = State { replica_of: None, ..live(&want) };
    insta::assert_snapshot!(plan(&want, &have));
}

#[test]
fn a_key_with_material_from_elsewhere_is_never_created_and_never_rotated() {
    for origin in ["EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"] {
        let state = good(json!({"origin": origin}));
        assert_eq!(risk_of_creating(&state), Risk::IMPOSSIBLE, "{origin}");
    }
    let all: Vec<String> = [
        json!({"origin": "EXTERNAL", "rotation": {"enabled": true}}),
        json!({"origin": "EXTERNAL_KEY_STORE", "keySpec": "RSA_2048", "keyUsage": "SIGN_VERIFY"}),
        json!({"origin": "AWS_CLOUDHSM", "multiRegion": true}),
    ]
    .map(|spec| problems(with_policy(spec)))
    .into();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn an_origin_that_differs_is_shown_and_never_changed() {
    let want = good(json!({}));
    let have = State { origin: Some("EXTERNAL".to_owned()), ..live(&want) };
    let edits = super::diff(&want, &have);
    assert_eq!(edits.len(), 1);
    assert_eq!(edits[0].risk, Risk::IMPOSSIBLE);
    let adopted = good(json!({"origin": "EXTERNAL", "rotation": Value::Null}));
    let have = State { rotation: None, ..live(&adopted) };
    assert_eq!(super::diff(&adopted, &have), []);
}
