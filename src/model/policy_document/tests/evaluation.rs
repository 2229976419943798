//! What a document decides.

use serde_json::{Value, json};

use super::{ROLE, ROOT, document, key_policy, scp, statement};
use crate::model::policy_document::{
    Decision::{self, Allow, Deny, NoMatch, Unknown},
    Dialect, PolicyDocument, Request,
};

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/k1";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/ml/run-7";

fn request() -> Request {
    Request::new(ROLE, "kms:Decrypt", KEY)
}

#[track_caller]
fn decide(statements: Value, request: &Request, expected: Decision) {
    assert_eq!(
        key_policy(&document(statements.clone())).evaluate(request),
        expected,
        "{statements}\n{request:?}"
    );
}

/// What an `Allow` and a `Deny` with these fields decide, given whether they apply.
#[track_caller]
fn applies(fields: Value, request: &Request, expected: Option<bool>) {
    for (effect, yes) in [("Allow", Allow), ("Deny", Deny)] {
        let mut one = statement(fields.clone());
        one["Effect"] = json!(effect);
        decide(
            one,
            request,
            expected.map_or(Unknown, |applies| if applies { yes } else { NoMatch }),
        );
    }
}

const YES: Option<bool> = Some(true);
const NO: Option<bool> = Some(false);

#[test]
fn a_certain_deny_wins_and_a_possible_one_makes_it_unknown() {
    let maybe = json!({"StringEquals": {"aws:unknown": "x"}});
    let (allow, deny) = (statement(json!({})), statement(json!({"Effect": "Deny"})));
    let perhaps_allow = statement(json!({ "Condition": maybe }));
    let perhaps_deny = statement(json!({"Effect": "Deny", "Condition": maybe}));
    let other = statement(json!({"Effect": "Deny", "Action": "kms:Other"}));
    for (statements, expected) in [
        (json!([]), NoMatch),
        (json!([allow]), Allow),
        (json!([allow, deny]), Deny),
        (json!([deny, allow]), Deny),
        (json!([perhaps_deny, deny, allow]), Deny),
        (json!([deny, perhaps_deny]), Deny),
        (json!([allow, perhaps_deny]), Unknown),
        (json!([perhaps_deny]), Unknown),
        (json!([perhaps_allow]), Unknown),
        (json!([perhaps_allow, allow]), Allow),
        (json!([allow, other]), Allow),
        (json!([other]), NoMatch),
    ] {
        decide(statements, &request(), expected);
    }
}

#[test]
fn actions_match_without_case_and_with_wildcards() {
    for (pattern, expected) in [
        (json!("*"), YES),
        (json!("kms:*"), YES),
        (json!("KMS:dec*"), YES),
        (json!("kms:Decryp?"), YES),
        (json!("kms:Encrypt"), NO),
        (json!(["kms:Encrypt", "kms:Decrypt"]), YES),
        (json!([]), NO),
        (json!("kms:Decrypt*x"), NO),
    ] {
        applies(json!({ "Action": pattern }), &request(), expected);
        let negated = expected.map(|yes| !yes);
        applies(json!({"Action": null, "NotAction": pattern}), &request(), negated);
    }
}

#[test]
fn the_case_of_an_action_in_a_service_control_policy_is_uncertain() {
    let deny = |element: &str, action: &str| {
        scp(&document(json!({"Effect": "Deny", element: action, "Resource": "*"})))
            .evaluate(&request())
    };
    assert_eq!(deny("Action", "kms:Dec*"), Deny);
    assert_eq!(deny("Action", "KMS:Dec*"), Unknown);
    assert_eq!(deny("Action", "ec2:*"), NoMatch);
    assert_eq!(deny("NotAction", "KMS:*"), Unknown);
    assert_eq!(deny("NotAction", "ec2:*"), Deny);
}

#[test]
fn resources_match_with_case_wildcards_and_variables() {
    let mut request = request();
    request.context.insert("aws:requestedregion".to_owned(), vec!["eu-west-1".to_owned()]);
    for (pattern, expected) in [
        (json!("*"), YES),
        (json!(KEY), YES),
        (json!("arn:aws:kms:*:111122223333:key/*"), YES),
        (json!("arn:aws:kms:*:111122223333:KEY/*"), NO),
        (json!("arn:aws:kms:*:key/k1"), None),
        (json!("arn:aws:kms:${aws:RequestedRegion}:*:key/*"), None),
        (json!("arn:aws:kms:${aws:Unknown}:*:key/*"), None),
        (json!(["x", "*"]), YES),
    ] {
        applies(json!({ "Resource": pattern }), &request, expected);
        applies(
            json!({"Resource": null, "NotResource": pattern}),
            &request,
            expected.map(|yes| !yes),
        );
    }
    let old = json!({"Statement": statement(json!({"Resource": "arn:aws:kms:${aws:RequestedRegion}:*:key/*"}))});
    assert_eq!(key_policy(&old).evaluate(&request), NoMatch, "2008-10-17 has no variables");
}

#[test]
fn a_key_policy_statement_without_action_or_resource_has_no_effect() {
    applies(json!({"Resource": null}), &request(), NO);
    applies(json!({"Action": null}), &request(), NO);
    let endpoint = |fields: Value| {
        let read =
            PolicyDocument::from_value(&document(statement(fields)), Dialect::EndpointPolicy);
        read.expect("an endpoint policy").evaluate(&request())
    };
    assert_eq!(endpoint(json!({"Resource": null})), Unknown);
    assert_eq!(endpoint(json!({"Action": null})), Unknown);
    assert_eq!(endpoint(json!({})), Allow);
}

#[test]
fn a_role_is_itself_its_account_and_everyone() {
    for (name, expected) in [
        ("*", YES),
        (ROLE, YES),
        (ROOT, YES),
        ("111122223333", YES),
        ("444455556666", NO),
        ("arn:aws:iam::444455556666:root", NO),
        ("arn:aws-cn:iam::111122223333:root", NO),
        ("arn:aws:iam::111122223333:role/ml", NO),
        ("arn:aws:iam::111122223333:role/other/ml", NO),
        ("arn:aws:iam::111122223333:user/ml", NO),
        ("arn:aws:iam::111122223333:role/team/*", None),
        ("AROAIOSFODNN7EXAMPLE", None),
        (SESSION, None),
        ("arn:aws:sts::111122223333:assumed-role/other/run-7", NO),
        ("arn:aws:sts::444455556666:assumed-role/ml/run-7", NO),
    ] {
        applies(json!({"Principal": {"AWS": name}}), &request(), expected);
    }
    applies(json!({"Principal": "*"}), &request(), YES);
    applies(json!({ "Principal": ROLE }), &request(), None);
    applies(json!({"Principal": null}), &request(), None);
    applies(json!({"Principal": {}}), &request(), NO);
    applies(json!({"Principal": {"AWS": [ROLE, "AROAIOSFODNN7EXAMPLE"]}}), &request(), YES);
    applies(json!({"Principal": {"Service": "logs.amazonaws.com"}}), &request(), NO);
    applies(json!({"Principal": {"Federated": "accounts.google.com"}}), &request(), NO);
    applies(json!({"Principal": {"CanonicalUser": "79a5"}}), &request(), None);
}

#[test]
fn a_session_is_also_its_role_whatever_the_path() {
    let request = Request::new(SESSION, "kms:Decrypt", KEY);
    for (name, expected) in [
        (SESSION, YES),
        (ROLE, YES),
        (ROOT, YES),
        ("arn:aws:iam::111122223333:role/ml", YES),
        ("arn:aws:iam::111122223333:role/ml2", NO),
        ("arn:aws:iam::444455556666:role/ml", NO),
        ("arn:aws:iam::111122223333:user/ml", NO),
        ("arn:aws:sts::111122223333:assumed-role/ml/run-8", NO),
    ] {
        applies(json!({"Principal": {"AWS": name}}), &request, expected);
    }
}

#[test]
fn a_service_is_named_as_a_service() {
    let request = Request::new("logs.amazonaws.com", "kms:Decrypt", KEY);
    applies(json!({"Principal": {"Service": "logs.amazonaws.com"}}), &request, YES);
    applies(json!({"Principal": {"Service": "logs.eu-west-1.amazonaws.com"}}), &request, NO);
    applies(json!({"Principal": "*"}), &request, YES);
    applies(json!({"Principal": {"AWS": "111122223333"}}), &request, None);
    let anonymous = Request::new("", "kms:Decrypt", KEY);
    applies(json!({"Principal": "*"}), &anonymous, YES);
    applies(json!({"Principal": {"AWS": "111122223333"}}), &anonymous, None);
}

#[test]
fn not_principal_exempts_for_certain_only_who_is_listed_completely() {
    let user = "arn:aws:iam::111122223333:user/ann";
    for (caller, names, expected) in [
        (user, json!([user, ROOT]), NO),
        (user, json!([user, "111122223333"]), NO),
        (user, json!([user]), None),
        (user, json!([ROOT]), None),
        (user, json!(["arn:aws:iam::444455556666:root"]), YES),
        (user, json!(["arn:aws:iam::111122223333:user/bob"]), YES),
        (user, json!(["*"]), NO),
        (user, json!([]), YES),
        (ROOT, json!([ROOT]), NO),
        (ROLE, json!([ROLE, ROOT]), None),
        (SESSION, json!([SESSION, ROLE, ROOT]), NO),
        (SESSION, json!([SESSION, ROOT]), None),
        (SESSION, json!([SESSION, ROLE]), None),
        (SESSION, json!([ROLE, ROOT]), None),
        (SESSION, json!([SESSION, "arn:aws:iam::111122223333:role/other", ROOT]), None),
        (user, json!([user, "arn:aws:iam::444455556666:root"]), None),
    ] {
        let request = Request::new(caller, "kms:Decrypt", KEY);
        applies(json!({"Principal": null, "NotPrincipal": {"AWS": names}}), &request, expected);
    }
    applies(json!({"Principal": null, "NotPrincipal": "x"}), &request(), None);
}

#[test]
fn a_request_knows_what_follows_from_its_caller() {
    let role = Request::new(ROLE, "a:b", "*");
    assert_eq!(role.context["aws:principalaccount"], ["111122223333"]);
    assert_eq!(role.context["aws:principalarn"], [ROLE]);
    let session = Request::new(SESSION, "a:b", "*");
    assert_eq!(session.context["aws:principalaccount"], ["111122223333"]);
    assert!(!session.context.contains_key("aws:principalarn"));
    assert!(Request::new("logs.amazonaws.com", "a:b", "*").context.is_empty());
}

/// A request whose key `aws:k` has these values.
fn with(values: &[&str]) -> Request {
    let mut request = request();
    request.context.insert("aws:k".to_owned(), values.iter().map(|v| (*v).to_owned()).collect());
    request.context.insert("aws:username".to_owned(), vec!["Ann".to_owned()]);
    request
}

#[test]
fn each_condition_operator_compares_as_the_reference_says() {
    let role = "arn:aws:iam::111122223333:role/x";
    for (operator, wanted, actual, expected) in [
        ("StringEquals", json!("a"), "a", YES),
        ("StringEquals", json!("a"), "A", NO),
        ("StringEquals", json!("a*"), "ab", NO),
        ("StringEquals", json!("a?"), "ab", NO),
        ("StringEquals", json!(["b", "a"]), "a", YES),
        ("StringEquals", json!("${aws:username}"), "Ann", YES),
        ("StringEquals", json!("${aws:userid}"), "Ann", None),
        ("StringNotEquals", json!("a"), "b", YES),
        ("StringNotEquals", json!(["a", "b"]), "b", NO),
        ("StringEqualsIgnoreCase", json!("aB"), "Ab", YES),
        ("StringEqualsIgnoreCase", json!("${aws:username}"), "aNN", YES),
        ("StringNotEqualsIgnoreCase", json!("aB"), "Ab", NO),
        ("StringLike", json!("a*"), "ab", YES),
        ("StringLike", json!("a?"), "abc", NO),
        ("StringNotLike", json!(["x*", "a*"]), "ab", NO),
        ("ArnLike", json!("arn:aws:iam::*:role/*"), role, YES),
        ("ArnEquals", json!("arn:aws:iam::*:role/*"), role, YES),
        ("ArnLike", json!("arn:aws:*:role/x"), role, None),
        ("ArnLike", json!("arn:aws:iam::*:user/*"), role, NO),
        ("ArnNotLike", json!("arn:aws:iam::*:role/*"), role, NO),
        ("ArnNotEquals", json!("arn:aws:iam::*:user/*"), role, YES),
        ("Bool", json!(true), "TRUE", YES),
        ("Bool", json!("False"), "true", NO),
        ("Bool", json!("yes"), "true", None),
        ("NumericEquals", json!("10.0"), "10", YES),
        ("NumericNotEquals", json!(10), "10.5", YES),
        ("NumericLessThan", json!(10), "9", YES),
        ("NumericLessThan", json!(10), "10", NO),
        ("NumericLessThanEquals", json!(10), "10.0", YES),
        ("NumericLessThanEquals", json!(10), "10.1", NO),
        ("NumericGreaterThan", json!(10), "10", NO),
        ("NumericGreaterThan", json!(10), "11", YES),
        ("NumericGreaterThanEquals", json!(10), "10", YES),
        ("NumericGreaterThanEquals", json!(10), "9", NO),
        ("NumericEquals", json!(10), "ten", None),
        ("Null", json!(false), "a", YES),
        ("Null", json!("true"), "a", NO),
        ("Null", json!("maybe"), "a", None),
        ("IpAddress", json!("10.0.0.0/8"), "10.0.0.1", YES),
        ("IpAddress", json!("10.0.0.0/8"), "11.0.0.1", NO),
        ("IpAddress", json!("10.0.0.1"), "10.0.0.1", YES),
        ("IpAddress", json!(["192.0.2.0/24", "2001:db8::/32"]), "2001:DB8::1", YES),
        ("IpAddress", json!("10.0.0.0/8"), "2001:db8::1", NO),
        ("IpAddress", json!("10.0.0.0/8"), "somewhere", None),
        ("IpAddress", json!("10.0.0.0/33"), "10.0.0.1", None),
        ("NotIpAddress", json!("10.0.0.0/8"), "10.0.0.1", NO),
        ("NotIpAddress", json!("10.0.0.0/8"), "203.0.113.7", YES),
        ("DateLessThan", json!("2030-01-01"), "2026-01-01", None),
        ("stringequals", json!("a"), "a", None),
        ("StringEquals", json!([]), "a", None),
    ] {
        applies(json!({"Condition": {operator: {"AWS:K": wanted}}}), &with(&[actual]), expected);
    }
}

#[test]
fn a_condition_on_a_key_that_is_absent() {
    for (operator, expected) in [
        ("StringEquals", NO),
        ("StringNotEquals", YES),
        ("StringEqualsIfExists", YES),
        ("StringNotEqualsIfExists", YES),
        ("ForAllValues:StringEquals", YES),
        ("ForAllValues:StringNotEquals", YES),
        ("ForAnyValue:StringEquals", NO),
        ("ForAnyValue:StringNotEquals", None),
        ("ForAnyValue:StringEqualsIfExists", YES),
        ("NumericLessThan", NO),
        ("NotIpAddress", YES),
        ("IpAddress", NO),
        ("ArnNotLike", YES),
        ("Bool", NO),
    ] {
        applies(json!({"Condition": {operator: {"aws:k": "true"}}}), &with(&[]), expected);
    }
    applies(json!({"Condition": {"Null": {"aws:k": "true"}}}), &with(&[]), YES);
    applies(json!({"Condition": {"Null": {"aws:k": "false"}}}), &with(&[]), NO);
    applies(json!({"Condition": {"ForAllValues:Null": {"aws:k": "true"}}}), &with(&[]), None);
}

#[test]
fn a_condition_on_a_key_that_is_not_known_is_undecided() {
    for operator in
        ["StringEquals", "StringNotEqualsIfExists", "ForAllValues:StringLike", "Null", "Bool"]
    {
        applies(json!({"Condition": {operator: {"aws:other": "true"}}}), &with(&["a"]), None);
    }
}

#[test]
fn set_operators_look_at_every_value() {
    for (operator, wanted, actual, expected) in [
        ("ForAnyValue:StringEquals", json!(["a", "b"]), &["x", "b"][..], YES),
        ("ForAnyValue:StringEquals", json!(["a", "b"]), &["x", "y"], NO),
        ("ForAllValues:StringEquals", json!(["a", "b"]), &["a", "b"], YES),
        ("ForAllValues:StringEquals", json!(["a", "b"]), &["a", "x"], NO),
        ("ForAnyValue:StringNotEquals", json!(["a", "b"]), &["a", "x"], YES),
        ("ForAnyValue:StringNotEquals", json!(["a", "b"]), &["a", "b"], NO),
        ("ForAllValues:StringNotEquals", json!(["a"]), &["b", "x"], YES),
        ("ForAllValues:StringNotEquals", json!(["a"]), &["a", "x"], NO),
        ("StringEquals", json!("a"), &["a", "a"], None),
    ] {
        applies(json!({"Condition": {operator: {"aws:k": wanted}}}), &with(actual), expected);
    }
}

#[test]
fn all_conditions_must_hold() {
    let both = |a: &str, b: &str| json!({"Condition": {"StringEquals": {"aws:k": a}, "StringLike": {"aws:username": b}}});
    applies(both("v", "A*"), &with(&["v"]), YES);
    applies(both("w", "A*"), &with(&["v"]), NO);
    applies(both("v", "B*"), &with(&["v"]), NO);
    let unknown = json!({"Condition": {"StringEquals": {"aws:k": "w", "aws:other": "x"}}});
    applies(unknown, &with(&["v"]), NO);
}

#[test]
fn the_exemption_pattern_of_a_guardrail_is_decided() {
    let guard = scp(&document(json!({"Effect": "Deny", "Action": "kms:*", "Resource": "*",
        "Condition": {"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/team/*"]}}})));
    assert_eq!(guard.evaluate(&request()), NoMatch);
    assert_eq!(
        guard.evaluate(&Request::new("arn:aws:iam::111122223333:role/x", "kms:Decrypt", KEY)),
        Deny
    );
    assert_eq!(guard.evaluate(&Request::new(SESSION, "kms:Decrypt", KEY)), Unknown);
}
