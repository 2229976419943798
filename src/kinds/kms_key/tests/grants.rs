//! Grants to other accounts, as manifests and plans say them.

use serde_json::{Value, json};

use super::{good, live, plan, problems, with_policy};
use crate::{kind::erased::Edit, kinds::kms_key::State, model::Disruption};

const OTHER: &str = "arn:aws:iam::444455556666:role/team/reader";

fn having(grants: Value) -> State {
    State { foreign_grants: Some(grants), ..live(&good(json!({}))) }
}

fn grant(to: &str) -> Value {
    json!({"to": to, "operations": ["Decrypt", "DescribeKey"]})
}

fn diff(want: &State, have: &State) -> Vec<Edit> {
    super::diff(want, have)
}

#[test]
fn a_grant_that_no_manifest_allows_is_revoked_and_says_whose_it_is() {
    let want = good(json!({"foreignGrants": []}));
    let have = having(json!({"0123456789abcdef0123": grant(OTHER)}));
    insta::assert_snapshot!(plan(&want, &have));
}

#[test]
fn revoking_takes_access_away_and_interrupts_who_has_it() {
    let want = good(json!({"foreignGrants": null}));
    let edits = diff(&want, &having(json!({"0a": grant(OTHER)})));
    assert_eq!(edits.len(), 1);
    let risk = edits[0].risk;
    assert!(risk.closes && !risk.opens);
    assert_eq!(risk.disrupts, Disruption::Connections);
}

#[test]
fn grants_that_are_allowed_or_not_known_are_left_alone() {
    let grants = json!({"0a": grant(OTHER)});
    for allowed in [json!(["444455556666"]), json!([OTHER])] {
        let want = good(json!({"foreignGrants": allowed}));
        assert_eq!(diff(&want, &having(grants.clone())), []);
    }
    let unmanaged = good(json!({}));
    assert_eq!(diff(&unmanaged, &having(grants.clone())), []);
    let want = good(json!({"foreignGrants": []}));
    assert_eq!(diff(&want, &having(Value::Null)), []);
    assert_eq!(diff(&want, &having(json!({}))), []);
}

#[test]
fn a_grant_that_nobody_has_is_never_made() {
    let want = good(json!({"foreignGrants": ["444455556666", OTHER]}));
    assert_eq!(diff(&want, &having(json!({}))), []);
}

#[test]
fn holders_are_other_accounts_and_their_roles_and_users() {
    let wrong = json!({"foreignGrants": [
        "arn:aws:iam::111122223333:role/own", "111122223333", "sagemaker.amazonaws.com",
        "arn:aws-cn:iam::444455556666:role/x", "arn:aws:sts::444455556666:assumed-role/x/y",
        "44445555666", "arn:aws:iam::444455556666:role/",
    ]});
    insta::assert_snapshot!(problems(with_policy(wrong)));
    good(with_policy(json!({"foreignGrants": [
        "444455556666", "arn:aws:iam::444455556666:root", OTHER, "arn:aws:iam::444455556666:user/x",
    ]})));
}
