//! For whom: palisade's role with and without its path, and break-glass roles.

use super::*;

const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/palisade/i-0abc";

/// Everything is denied to everybody but to whom the condition exempts.
fn unless(operator: &str, pattern: &str) -> Value {
    json!([{"Effect": "Deny", "Action": "kms:*", "Resource": "*",
        "Condition": {operator: {"aws:PrincipalArn": pattern}}}])
}

#[test]
fn a_role_of_which_only_a_session_is_known_is_exempt_only_if_it_is_with_any_path() {
    let mut scene = Scene::new().keys(1);
    scene.lockout.callers.insert("prod".into(), SESSION.into());
    let role = |path: &str| format!("arn:aws:iam::{ACCOUNT}:role/{path}");
    for (path, exempt) in [
        ("*", true),
        ("*palisade", true),
        ("palisade", false),
        ("platform/palisade", false),
        ("*/palisade", false),
        ("platform/*", false),
        ("admin", false),
    ] {
        for operator in ["ArnNotLike", "ArnNotEquals", "StringNotLike"] {
            let went = goes(&scene, unless(operator, &role(path)), ACCOUNT);
            assert_eq!(went, exempt, "{operator} {path}");
        }
    }
    for (path, may_be) in
        [("admin", false), ("*admin", false), ("platform/palisade", true), ("platform/*", true)]
    {
        let went = goes(&scene, unless("ArnLike", &role(path)), ACCOUNT);
        assert_eq!(went, !may_be, "a denial for {path} only");
    }
    let why = scene.held(scp_step(unless("ArnNotLike", &role("palisade")), ACCOUNT));
    assert!(why.contains("may be denied") && why.contains("`scopes.prod.daemonRole`"), "{why}");
    scene.lockout.callers.insert("prod".into(), role("palisade"));
    assert!(goes(&scene, unless("ArnNotLike", &role("palisade")), ACCOUNT), "no path for certain");
}

#[test]
fn the_path_of_a_role_of_identity_center_is_known_but_for_the_region() {
    let mut scene = Scene::new().keys(1);
    let name = "AWSReservedSSO_Platform_0123456789abcdef";
    let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/ann");
    scene.lockout.callers.insert("prod".into(), session);
    for (path, exempt) in [
        ("aws-reserved/sso.amazonaws.com/*", true),
        ("aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Platform_*", true),
        ("aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Platform_*", false),
        ("aws-reserved/sso.amazonaws.com/AWSReservedSSO_Platform_*", false),
        ("AWSReservedSSO_Platform_*", false),
    ] {
        let pattern = format!("arn:aws:iam::{ACCOUNT}:role/{path}");
        assert_eq!(goes(&scene, unless("ArnNotLike", &pattern), ACCOUNT), exempt, "{path}");
    }
}

#[test]
fn a_key_policy_means_a_role_by_its_name_whatever_its_path_and_a_session_never_for_certain() {
    let mut scene = Scene::new();
    scene.lockout.callers.insert("prod".into(), SESSION.into());
    let deny = |principal: &str| json!({"Effect": "Deny", "Principal": {"AWS": principal}, "Action": "kms:PutKeyPolicy", "Resource": "*"});
    let role = |path: &str| format!("arn:aws:iam::{ACCOUNT}:role/{path}");
    for path in ["palisade", "platform/palisade"] {
        assert_eq!(going(&scene.hold(vec![create_key(json!([allow(&role(path))]))])), 1, "{path}");
        let why = scene.held(create_key(json!([allow(ACCOUNT), deny(&role(path))])));
        assert!(why.contains("would be denied kms:PutKeyPolicy"), "{why}");
    }
    for session in [SESSION, "arn:aws:sts::111122223333:assumed-role/palisade/other"] {
        let why = scene.held(create_key(json!([allow(session)])));
        assert!(why.contains("may be denied"), "{why}");
        let why = scene.held(create_key(json!([allow(ACCOUNT), deny(session)])));
        assert!(why.contains("may be denied"), "{why}");
    }
    let other = "arn:aws:sts::111122223333:assumed-role/other/i-0abc";
    assert_eq!(going(&scene.hold(vec![create_key(json!([allow(ACCOUNT), deny(other)]))])), 1);
}

#[test]
fn whom_not_principal_spares_is_certain_only_where_session_role_and_account_are_listed() {
    let scene = Scene::new();
    let all_but = |principals: Value| {
        json!([allow(ACCOUNT), {"Effect": "Deny", "NotPrincipal": {"AWS": principals},
            "Action": "kms:*", "Resource": "*"}])
    };
    let root = format!("arn:aws:iam::{ACCOUNT}:root");
    let why = scene.held(create_key(all_but(json!(["arn:aws:iam::444455556666:root"]))));
    assert!(why.contains("would be denied"), "{why}");
    let why = scene.held(create_key(all_but(json!([root, ROLE]))));
    assert!(why.contains("may be denied"), "{why}");
}

#[test]
fn a_user_and_an_accounts_root_are_taken_for_what_they_are() {
    let mut scene = Scene::new().keys(1);
    let unless = |key: &str, value: &str| {
        json!([{"Effect": "Deny", "Action": "kms:*", "Resource": "*",
            "Condition": {"StringNotEquals": {key: value}}}])
    };
    let user = "arn:aws:iam::111122223333:user/ops/ann";
    scene.lockout.callers.insert("prod".into(), user.into());
    assert!(goes(&scene, unless("aws:PrincipalArn", user), ACCOUNT));
    assert!(goes(&scene, unless("aws:PrincipalType", "User"), ACCOUNT));
    assert!(!goes(&scene, unless("aws:username", "ann"), ACCOUNT), "may be, and is not looked at");
    scene.lockout.callers.insert("prod".into(), "arn:aws:iam::111122223333:root".into());
    assert!(!goes(&scene, unless("aws:PrincipalType", "AssumedRole"), ACCOUNT));
}

fn break_glass_role(account: &str) -> String {
    format!("arn:aws:iam::{account}:role/ops/glass")
}

#[test]
fn a_break_glass_role_in_an_account_without_a_scope_keeps_all_that_palisade_could_need_there() {
    let mut scene = Scene::new().keys(1);
    scene.lockout.break_glass = BTreeSet::from([break_glass_role("444455556666")]);
    let deny = |action: &str| {
        json!([{"Effect": "Deny", "Action": action, "Resource": "*", "Condition":
            {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/palisade"}}}])
    };
    for target in ["444455556666", "r-ab12", "ou-ab12-11111111"] {
        for action in ["*", "kms:*", "ec2:RevokeSecurityGroupIngress", "iam:PassRole"] {
            let why = scene.held(scp_step(deny(action), target));
            assert!(why.contains("the break-glass role") && !why.contains("own role"), "{why}");
        }
    }
    for action in ["glue:Delete*", "organizations:*", "cloudtrail:StopLogging"] {
        assert!(goes(&scene, deny(action), "r-ab12"), "{action} undoes nothing of palisade's");
    }
    assert!(goes(&scene, deny("*"), ACCOUNT), "it is not below that account");
    scene.organization.managers.insert("org".into(), "444455556666".into());
    assert!(goes(&scene, deny("*"), "r-ab12"), "nothing concerns the management account");
}

#[test]
fn a_break_glass_role_works_in_the_regions_in_which_palisade_does() {
    let mut scene = Scene::new().keys(1);
    scene.lockout.break_glass = BTreeSet::from([break_glass_role("444455556666")]);
    let only_in = |region: &str| {
        json!([{"Effect": "Deny", "NotAction": ["iam:*", "route53:*"], "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": region}}}])
    };
    assert!(goes(&scene, only_in("eu-west-1"), "444455556666"));
    assert!(!goes(&scene, only_in("us-east-1"), "444455556666"));
    scene.live.seen.clear();
    let why = scene.held(scp_step(only_in("eu-west-1"), "444455556666"));
    assert!(why.contains("may be denied"), "nobody knows where it works: {why}");
}

#[test]
fn reasons_are_values_that_name_who_and_what() {
    let mut scene = Scene::new().keys(1);
    scene.lockout.break_glass = BTreeSet::from([break_glass_role("444455556666")]);
    let reasons = scene.reasons(&scp_step(deny("kms:PutKeyPolicy", None), "r-ab12"));
    let who: Vec<_> = reasons
        .iter()
        .map(|reason| match reason {
            LockoutReason::Loses { who, denied, undecided, no_longer_allowed } => {
                assert_eq!(*denied, BTreeSet::from(["kms:PutKeyPolicy".to_owned()]));
                assert!(undecided.is_empty() && no_longer_allowed.is_empty());
                (who.arn.as_str(), who.scope.as_deref(), who.path_unknown)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let break_glass_role = break_glass_role("444455556666");
    assert_eq!(who, [(ROLE, Some("prod"), false), (break_glass_role.as_str(), None, false)]);
    let json = serde_json::to_value(&reasons).unwrap();
    assert_eq!(serde_json::from_value::<Vec<LockoutReason>>(json).unwrap(), reasons);
    scene.lockout.callers.clear();
    let reasons = scene.reasons(&scp_step(deny("s3:*", None), ACCOUNT));
    assert_eq!(reasons, [LockoutReason::RoleUnknown { scope: "prod".into() }]);
}
