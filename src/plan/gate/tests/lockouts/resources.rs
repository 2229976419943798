//! Resource control policies: what they deny on resources of an account, palisade's own role among
//! them.

use super::*;

const IN_ORGANIZATION: &str = "o-abcde12345";

fn statement(action: &str, condition: Option<Value>) -> Value {
    let mut statement =
        json!({"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*"});
    if let Some(condition) = condition {
        statement["Condition"] = condition;
    }
    statement
}

fn state(statement: &Value, targets: &[&str]) -> Value {
    let document = policy(json!([statement]), Dialect::ResourceControlPolicy);
    serde_json::to_value(scp::State {
        name: "p".into(),
        description: None,
        content: Some(document.into()),
        targets: Some(targets.iter().map(|&target| target.to_owned()).collect()),
        attachments: scp::Attachments::Exclusive,
    })
    .unwrap()
}

fn address() -> Address {
    Address::new("org", "ResourceControlPolicy", "p")
}

/// A step that creates the policy.
fn create(statement: &Value, target: &str) -> Step {
    let want = state(statement, &[target]);
    let action = Action::Create {
        want,
        tags: BTreeMap::new(),
        token: String::new(),
        lines: Vec::new(),
        risk: Risk::TIGHTENS,
    };
    Step::new(&address(), None, Cause::Manifest, action, Verdict::Go)
}

fn scene() -> Scene {
    let mut scene = Scene::new().keys(1);
    for scope in ["prod", "org"] {
        let seen = Seen::All(IN_ORGANIZATION.to_owned());
        scene.live.organizations.insert(scope.into(), seen);
    }
    scene
}

fn goes(statement: &Value) -> bool {
    going(&scene().hold(vec![create(statement, ACCOUNT)])) == 1
}

#[test]
fn what_palisade_needs_on_its_resources_is_not_denied() {
    for action in ["kms:PutKeyPolicy", "kms:*", "kms:Describe*"] {
        let why = scene().held(create(&statement(action, None), ACCOUNT));
        assert!(why.contains("would be denied kms:"), "{action}: {why}");
    }
    assert!(goes(&statement("s3:*", None)), "palisade does nothing with S3 here");
    let elsewhere = create(&statement("kms:*", None), "444455556666");
    assert_eq!(going(&scene().hold(vec![elsewhere])), 1, "nobody of ours is in that account");
}

#[test]
fn a_perimeter_around_the_organization_goes_and_one_around_another_is_held() {
    let perimeter = |organization: &str| {
        json!({
            "StringNotEquals": {"aws:PrincipalOrgID": organization},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        })
    };
    for action in ["kms:*", "sts:AssumeRole"] {
        assert!(goes(&statement(action, Some(perimeter(IN_ORGANIZATION)))), "{action}");
        assert!(!goes(&statement(action, Some(perimeter("o-somewhere")))), "{action}");
    }
    let tls = json!({"BoolIfExists": {"aws:SecureTransport": "false"}});
    assert!(goes(&statement("sts:*", Some(tls))));
}

#[test]
fn the_role_that_palisade_works_as_can_still_be_assumed() {
    let why = scene().held(create(&statement("sts:AssumeRole", None), ACCOUNT));
    assert!(why.contains("would be denied sts:AssumeRole"), "{why}");
    let by_one = json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}});
    let why = scene().held(create(&statement("sts:AssumeRole", Some(by_one)), ACCOUNT));
    assert!(why.contains("may be denied"), "who assumes it is unknown: {why}");
    let services = json!({"StringNotEquals": {"aws:PrincipalOrgID": IN_ORGANIZATION}});
    let why = scene().held(create(&statement("sts:AssumeRole", Some(services)), ACCOUNT));
    assert!(why.contains("may be denied"), "a task's role is assumed by a service: {why}");
    let mut other = statement("sts:AssumeRole", None);
    other["Resource"] = json!("arn:aws:iam::*:role/somebody");
    assert!(goes(&other));
}

#[test]
fn a_role_can_still_be_assumed_where_nothing_is_declared() {
    let why = Scene::new().held(create(&statement("sts:AssumeRole", None), ACCOUNT));
    assert!(why.contains("would be denied sts:AssumeRole"), "{why}");
}

#[test]
fn an_exempt_role_keeps_what_it_needs() {
    let exempt = |role: &str| {
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/{role}");
        statement("kms:*", Some(json!({"ArnNotLike": {"aws:PrincipalArn": arn}})))
    };
    assert!(goes(&exempt("palisade")));
    assert!(!goes(&exempt("nobody")));
}

#[test]
fn taking_a_policy_away_or_off_a_place_gives_back_what_it_denied() {
    let denies = statement("kms:PutKeyPolicy", None);
    let have = Observed { state: state(&denies, &[ACCOUNT]), ..key(0).1 };
    let registry = kinds::registry();
    let kind = registry.get("ResourceControlPolicy").unwrap();
    let want = state(&denies, &[]);
    let edits = kind.diff(&want, &have.state).unwrap();
    let edit = Action::Edit { have: have.clone(), edits };
    let step = Step::new(&address(), None, Cause::Manifest, edit, Verdict::Go);
    assert_eq!(going(&scene().hold(vec![step])), 1);
    let delete = Action::Delete { have, want: None };
    let step = Step::new(&address(), None, Cause::Tombstone, delete, Verdict::Go);
    let reasons = scene().hold(vec![step]);
    let lockout = |why: &HoldReason| matches!(why, HoldReason::Lockout { .. });
    let held = reasons.iter().any(|step| match &step.verdict {
        Verdict::Held(why) => why.iter().any(lockout),
        _ => false,
    });
    assert!(!held, "an RCP only denies");
}
