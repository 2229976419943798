//! The identity that palisade starts as, which assumes the roles of the scopes.

use super::*;
use crate::plan::{Assuming, RoleToAssume};

/// The account of the ambient identity, in which palisade has no scope.
const TOOLS: &str = "222233334444";

fn scene(by: Option<&str>) -> Scene {
    let mut scene = Scene::new();
    let role = RoleToAssume {
        arn: ROLE.into(),
        external_id: Some("ml".into()),
        region: "eu-west-1".into(),
    };
    scene.lockout.assuming = Assuming { roles: [role].into(), by: by.map(str::to_owned) };
    scene
}

fn session() -> String {
    format!("arn:aws:sts::{TOOLS}:assumed-role/task/1")
}

fn deny(action: &str, condition: Value) -> Value {
    json!([{"Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition}])
}

#[test]
fn a_policy_on_the_account_that_palisade_starts_in_must_let_it_assume_its_roles() {
    let session = session();
    let scene = scene(Some(&session));
    for action in ["sts:AssumeRole", "sts:*", "*"] {
        let why = scene.held(scp_step(deny_on(action, "*"), TOOLS));
        assert!(why.contains(&session) && why.contains("sts:AssumeRole on arn:"), "{why}");
        assert!(!goes(&scene, deny_on(action, "*"), "r-ab12"), "it may be below the root");
    }
    assert!(goes(&scene, deny_on("sts:AssumeRole", "*"), ACCOUNT), "nobody assumes from there");
    assert!(goes(&scene, deny_on("sts:AssumeRole", "arn:aws:iam::*:role/other"), TOOLS));
    assert!(goes(&scene, deny_on("sts:GetFederationToken", "*"), TOOLS));
    assert!(goes(&Scene::new(), deny_on("sts:*", "*"), TOOLS), "no role is assumed");
}

#[test]
fn what_the_call_carries_decides() {
    let session = session();
    let scene = scene(Some(&session));
    let key = |operator: &str, key: &str, value: &str| {
        goes(&scene, deny("sts:*", json!({operator: {key: value}})), TOOLS)
    };
    assert!(key("ArnNotLike", "aws:PrincipalArn", &format!("arn:aws:iam::{TOOLS}:role/*")));
    assert!(!key("ArnNotLike", "aws:PrincipalArn", &format!("arn:aws:iam::{TOOLS}:role/admin")));
    assert!(key("StringNotEquals", "aws:RequestedRegion", "eu-west-1"));
    assert!(!key("StringNotEquals", "aws:RequestedRegion", "us-east-1"));
    assert!(key("StringNotEquals", "sts:ExternalId", "ml"));
    assert!(!key("StringNotEquals", "sts:ExternalId", "other"));
    assert!(key("StringNotEquals", "aws:ResourceAccount", ACCOUNT));
    assert!(key("Null", "aws:TokenIssueTime", "true"));
    assert!(key("ForAnyValue:StringLike", "aws:TagKeys", "palisade:*"), "no session tags are sent");
    assert!(!key("StringNotEquals", "aws:SourceVpce", "vpce-1"), "nobody knows");
}

#[test]
fn an_allow_list_that_loses_it_is_held_too() {
    let session = session();
    let scene = scene(Some(&session));
    let all = || json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    let but = json!([{"Effect": "Allow", "NotAction": "sts:*", "Resource": "*"}]);
    let why = scene.held(scp_edit(all(), but, &[TOOLS], &[TOOLS]));
    assert!(why.contains("sts:AssumeRole"), "{why}");
}

#[test]
fn the_management_account_is_never_concerned() {
    let session = session();
    let mut scene = scene(Some(&session));
    scene.organization.managers.insert("org".into(), TOOLS.into());
    assert!(goes(&scene, deny_on("sts:*", "*"), "r-ab12"));
}

#[test]
fn an_unknown_identity_may_be_below_every_target_and_holds_only_what_may_deny_it() {
    let scene = scene(None);
    let why = scene.held(scp_step(deny_on("sts:AssumeRole", "*"), TOOLS));
    assert!(why.contains("the identity that it starts as could not be read"), "{why}");
    let unless = json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/task"}});
    assert!(!goes(&scene, deny("sts:*", unless), TOOLS));
    assert!(goes(&scene, deny_on("cloudtrail:*", "*"), TOOLS));
}
