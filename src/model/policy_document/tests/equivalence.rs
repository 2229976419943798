//! The table of forms: which two spellings are one policy, and which never are.

use serde_json::{Value, json};

use super::{ROLE, ROOT, context, document, key_policy, scp, statement};
use crate::model::policy_document::{
    Comparison::{self, CosmeticOnly, Different, Equal},
    Context, Dialect, PolicyDocument, compare, diff, equivalent,
};

/// Compares both ways round, in the two dialects that AWS re-serializes, and checks that the diff
/// agrees.
#[track_caller]
fn check(a: &Value, b: &Value, expected: Comparison) {
    for dialect in [Dialect::KeyPolicy, Dialect::EndpointPolicy] {
        let read = |value| PolicyDocument::from_value(value, dialect).expect("a policy");
        let (a, b) = (read(a), read(b));
        check_read(&a, &b, expected);
        check_read(&b, &a, expected);
    }
}

#[track_caller]
fn check_read(a: &PolicyDocument, b: &PolicyDocument, expected: Comparison) {
    let (a_text, b_text) = (a.to_minified_json(), b.to_minified_json());
    assert_eq!(compare(a, b, &context()), expected, "{a_text}\n{b_text}");
    assert_eq!(equivalent(a, b, &context()), expected != Different);
    assert_eq!(
        diff(a, b, &context()).to_string().is_empty(),
        expected == Equal,
        "{a_text}\n{b_text}"
    );
    for same in [a, b] {
        assert_eq!(compare(same, same, &context()), Equal, "not even equal to itself: {a_text}");
    }
}

/// Compares two statements alone in their documents.
#[track_caller]
fn check_statements(a: Value, b: Value, expected: Comparison) {
    check(&document(statement(a)), &document(statement(b)), expected);
}

#[track_caller]
fn check_conditions(a: Value, b: Value, expected: Comparison) {
    check_statements(json!({ "Condition": a }), json!({ "Condition": b }), expected);
}

fn parse(text: &str) -> PolicyDocument {
    PolicyDocument::parse(text, Dialect::KeyPolicy).expect("a key policy")
}

#[test]
fn row_1_white_space_and_key_order_do_not_count() {
    let a = parse(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}]}"#,
    );
    let b = parse(
        "{\n \"Statement\" : [ {\"Resource\":\"*\",\n\"Action\": \"kms:*\", \
         \"Principal\":\"*\",\"Effect\":\"Allow\"} ],\r\n\t\"Version\" : \"2012-10-17\" }",
    );
    check_read(&a, &b, Equal);
    assert_eq!(a, b);
    assert_eq!(a.to_json(), b.to_json());
}

#[test]
fn row_2_one_value_is_a_list_of_one() {
    let condition = |v: Value| json!({"StringEquals": {"aws:PrincipalOrgID": v}});
    check_statements(json!({"Action": "kms:Get*"}), json!({"Action": ["kms:Get*"]}), Equal);
    check_statements(json!({"Resource": "*"}), json!({"Resource": ["*"]}), Equal);
    check_statements(
        json!({"Principal": {"AWS": ROLE}}),
        json!({"Principal": {"AWS": [ROLE]}}),
        Equal,
    );
    check_statements(
        json!({"Action": null, "NotAction": "a:b"}),
        json!({"Action": null, "NotAction": ["a:b"]}),
        Equal,
    );
    check_statements(
        json!({"Resource": null, "NotResource": "x"}),
        json!({"Resource": null, "NotResource": ["x"]}),
        Equal,
    );
    check_conditions(condition(json!("o-1")), condition(json!(["o-1"])), Equal);
}

#[test]
fn row_3_the_order_of_a_list_does_not_count() {
    check_statements(
        json!({"Action": ["kms:A", "kms:B"]}),
        json!({"Action": ["kms:B", "kms:A"]}),
        Equal,
    );
    check_statements(json!({"Resource": ["a", "b"]}), json!({"Resource": ["b", "a"]}), Equal);
    check_statements(
        json!({"Principal": {"AWS": [ROLE, ROOT]}}),
        json!({"Principal": {"AWS": [ROOT, ROLE]}}),
        Equal,
    );
    let condition = |v: Value| json!({"StringEquals": {"aws:PrincipalOrgID": v}});
    check_conditions(condition(json!(["a", "b"])), condition(json!(["b", "a"])), Equal);
    check_conditions(condition(json!(["a", "b"])), condition(json!(["a"])), Different);
}

#[test]
fn row_4_a_repeated_value_does_not_count() {
    check_statements(
        json!({"Action": ["kms:A", "kms:A", "kms:B"]}),
        json!({"Action": ["kms:A", "kms:B"]}),
        Equal,
    );
    check_statements(
        json!({"Principal": {"AWS": [ROLE, ROLE]}}),
        json!({"Principal": {"AWS": ROLE}}),
        Equal,
    );
}

#[test]
fn row_5_order_and_repetition_of_statements_do_not_count_but_every_statement_does() {
    let (a, b) = (statement(json!({"Action": "kms:A"})), statement(json!({"Action": "kms:B"})));
    check(&document(json!([a, b])), &document(json!([b, a])), Equal);
    check(&document(json!([a, a, b])), &document(json!([a, b, b])), Equal);
    check(&document(json!([a, a])), &document(json!([a])), Equal);
    check(&document(json!([a, a])), &document(json!([a, b])), Different);
    check(&document(json!([a, b])), &document(json!([a])), Different);
}

#[test]
fn row_6_a_single_statement_is_a_list_of_one() {
    check(&document(statement(json!({}))), &document(json!([statement(json!({}))])), Equal);
}

#[test]
fn row_7_an_account_id_is_the_root_of_that_account_in_the_callers_partition() {
    let aws = |name: &str| json!({"Principal": {"AWS": name}});
    check_statements(aws("111122223333"), aws(ROOT), Equal);
    check_statements(aws("444455556666"), aws("arn:aws:iam::444455556666:root"), Equal);
    check_statements(aws("444455556666"), aws(ROOT), Different);
    check_statements(aws("111122223333"), aws("arn:aws-cn:iam::111122223333:root"), Different);
    check_statements(aws(ROOT), aws("arn:aws-cn:iam::111122223333:root"), Different);
    for no_account in ["11112222333", "1111222233334", "11112222333x", "１１１１", "abcdefghijkl"]
    {
        let root = format!("arn:aws:iam::{no_account}:root");
        let endpoint = |name: &str| {
            PolicyDocument::from_value(&document(statement(aws(name))), Dialect::EndpointPolicy)
        };
        let (id, root) = (endpoint(no_account), endpoint(&root));
        check_read(&id.expect("a policy"), &root.expect("a policy"), Different);
    }
    check_statements(aws("111122223333"), aws("arn:aws:sts::111122223333:root"), Different);
    let not = |name: &str| json!({"Principal": null, "NotPrincipal": {"AWS": name}});
    check_statements(not("111122223333"), not(ROOT), Equal);

    let china = Context { partition: "aws-cn".to_owned(), account: String::new() };
    let read = |name: &str| key_policy(&document(statement(aws(name))));
    assert!(equivalent(&read("111122223333"), &read("arn:aws-cn:iam::111122223333:root"), &china));
    assert!(!equivalent(&read("111122223333"), &read(ROOT), &china));
}

#[test]
fn row_7_holds_for_aws_principals_only() {
    let service = |name: &str| json!({"Principal": {"Service": name}});
    check_statements(service("111122223333"), service(ROOT), Different);
    let condition = |value: &str| json!({"ArnEquals": {"aws:PrincipalArn": value}});
    check_conditions(condition("111122223333"), condition(ROOT), Different);
}

#[test]
fn row_8_everyone_has_two_spellings_and_is_written_as_it_was() {
    check_statements(json!({"Principal": "*"}), json!({"Principal": {"AWS": "*"}}), Equal);
    check_statements(
        json!({"Principal": null, "NotPrincipal": "*"}),
        json!({"Principal": null, "NotPrincipal": {"AWS": ["*"]}}),
        Equal,
    );
    let written = key_policy(&document(statement(json!({"Principal": "*"}))));
    assert!(written.to_minified_json().contains(r#""Principal":"*""#));
    for other in [
        json!({"Service": "*"}),
        json!({"AWS": ["*", ROLE]}),
        json!({"AWS": "*", "Service": "a"}),
        json!({"AWS": ROOT}),
    ] {
        check_statements(json!({"Principal": "*"}), json!({ "Principal": other }), Different);
    }
}

#[test]
fn row_9_and_10_and_11_other_principals_are_compared_as_written() {
    let aws = |name: &str| json!({"Principal": {"AWS": name}});
    for other in [
        "AROAIOSFODNN7EXAMPLE",
        "AIDAIOSFODNN7EXAMPLE",
        "arn:aws:sts::111122223333:assumed-role/ml/session",
        "arn:aws:iam::111122223333:role/ml",
        "arn:aws:iam::111122223333:role/service-role/ml",
        "arn:aws:iam::111122223333:role/team/ML",
        "arn:aws:iam::111122223333:user/team/ml",
    ] {
        check_statements(aws(ROLE), aws(other), Different);
    }
}

#[test]
fn row_12_a_regional_service_principal_is_another_one() {
    let service = |name: &str| json!({"Principal": {"Service": name}});
    check_statements(
        service("logs.amazonaws.com"),
        service("logs.us-east-1.amazonaws.com"),
        Different,
    );
    check_statements(
        service("logs.amazonaws.com"),
        json!({"Principal": {"Federated": "logs.amazonaws.com"}}),
        Different,
    );
}

#[test]
fn row_13_numbers_and_booleans_mean_their_text() {
    let bool = |v: Value| json!({"Bool": {"aws:SecureTransport": v}});
    check_conditions(bool(json!(true)), bool(json!("true")), Equal);
    check_conditions(bool(json!(false)), bool(json!(["false"])), Equal);
    check_conditions(bool(json!(true)), bool(json!("false")), Different);
    let text = |v: Value| json!({"StringEquals": {"aws:x": v}});
    check_conditions(text(json!(10)), text(json!("10")), Equal);
    check_conditions(text(json!(-10)), text(json!("-10")), Equal);
    check_conditions(text(json!(0.5)), text(json!("0.5")), Equal);
    check_conditions(text(json!("10.0")), text(json!("10")), Different);
    for operator in ["NumericLessThan", "NumericEqualsIfExists", "ForAnyValue:NumericEquals"] {
        let number = |v: Value| json!({ operator: {"s3:max-keys": v} });
        check_conditions(number(json!("10.0")), number(json!(10)), Equal);
        check_conditions(number(json!("10.01")), number(json!(10)), Different);
        check_conditions(
            number(json!("9007199254740993")),
            number(json!("9007199254740992")),
            Different,
        );
        check_conditions(number(json!("ten")), number(json!("Ten")), Different);
    }
}

#[test]
fn row_14_the_case_of_a_condition_key_does_not_count() {
    let equals = |key: &str| json!({"StringEquals": {key: "x"}});
    check_conditions(equals("aws:SourceIP"), equals("AWS:sourceIp"), Equal);
    check_conditions(equals("aws:RequestTag/Team"), equals("aws:requesttag/team"), Equal);
    check_conditions(equals("aws:RequestTag/Team"), equals("aws:RequestTag/Teams"), Different);
    let value = |value: &str| json!({"StringEqualsIgnoreCase": {"aws:x": value}});
    check_conditions(value("a"), value("A"), Different);
}

#[test]
fn row_15_and_24_condition_operators_are_exact() {
    let with = |operator: &str| json!({ operator: {"aws:x": "1"} });
    for other in [
        "stringEquals",
        "StringEqualsIfExists",
        "ForAnyValue:StringEquals",
        "ForAllValues:StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringEqualsIgnoreCase",
    ] {
        check_conditions(with("StringEquals"), with(other), Different);
    }
}

#[test]
fn row_16_the_case_of_an_action_does_not_count_where_aws_rewrites() {
    check_statements(json!({"Action": "KMS:decrypt"}), json!({"Action": "kms:Decrypt"}), Equal);
    check_statements(
        json!({"Action": null, "NotAction": ["KMS:decrypt"]}),
        json!({"Action": null, "NotAction": "kms:Decrypt"}),
        Equal,
    );
    check_statements(json!({"Resource": "A"}), json!({"Resource": "a"}), Different);
}

#[test]
fn row_17_the_effect_is_exact() {
    for effect in ["allow", "ALLOW", "deny", "Permit", ""] {
        let read = PolicyDocument::from_value(
            &document(statement(json!({ "Effect": effect }))),
            Dialect::KeyPolicy,
        );
        assert!(read.is_err(), "{effect:?}");
    }
    check_statements(json!({"Effect": "Allow"}), json!({"Effect": "Deny"}), Different);
}

#[test]
fn row_18_a_sid_is_cosmetic() {
    check_statements(json!({}), json!({"Sid": ""}), Equal);
    check_statements(json!({"Sid": "A"}), json!({"Sid": "B"}), CosmeticOnly);
    check_statements(json!({"Sid": "A"}), json!({}), CosmeticOnly);
    check_statements(json!({"Sid": "A"}), json!({"Sid": "A"}), Equal);
    check_statements(json!({"Sid": "A"}), json!({"Sid": "A", "Action": "kms:Get*"}), Different);
    let one = document(statement(json!({"Sid": "A"})));
    let twice = document(json!([statement(json!({"Sid": "A"})), statement(json!({"Sid": "B"}))]));
    check(&one, &twice, CosmeticOnly);
    let (a, b) = (json!({"Sid": "A", "Action": "kms:A"}), json!({"Sid": "B", "Action": "kms:B"}));
    let (c, d) = (json!({"Sid": "B", "Action": "kms:A"}), json!({"Sid": "A", "Action": "kms:B"}));
    check(
        &document(json!([statement(a), statement(b)])),
        &document(json!([statement(c), statement(d)])),
        CosmeticOnly,
    );
}

#[test]
fn row_19_a_missing_version_is_the_old_one() {
    let with = |version: &str| json!({"Version": version, "Statement": statement(json!({}))});
    let without = json!({"Statement": statement(json!({}))});
    check(&without, &with("2008-10-17"), Equal);
    check(&without, &with("2012-10-17"), Different);
}

#[test]
fn row_20_an_id_is_exact() {
    let with =
        |id: &str| json!({"Version": "2012-10-17", "Id": id, "Statement": statement(json!({}))});
    check(&with("a"), &with("a"), Equal);
    check(&with("a"), &with("A"), Different);
    check(&with(""), &document(statement(json!({}))), Different);
}

#[test]
fn row_21_an_empty_condition_is_none_and_an_empty_principal_is_not() {
    check_statements(json!({}), json!({"Condition": {}}), Equal);
    check_conditions(json!({"StringEquals": {"aws:x": "1"}}), json!({}), Different);
    check_conditions(json!({"StringEquals": {"aws:x": []}}), json!({}), Different);
    check_conditions(json!({"StringEquals": {}}), json!({}), Different);
    let forms =
        [json!(null), json!({}), json!({"AWS": []}), json!({"Service": []}), json!("*"), json!("")];
    for (i, a) in forms.iter().enumerate() {
        for (j, b) in forms.iter().enumerate() {
            let expected = if i == j { Equal } else { Different };
            check_statements(json!({ "Principal": a }), json!({ "Principal": b }), expected);
        }
    }
    check_statements(json!({"Action": []}), json!({"Action": null}), Different);
}

#[test]
fn row_22_and_25_nothing_is_subsumed_split_or_merged() {
    check_statements(
        json!({"Action": ["kms:*", "kms:Get*"]}),
        json!({"Action": "kms:*"}),
        Different,
    );
    check_statements(
        json!({"Principal": {"AWS": ["*", ROLE]}}),
        json!({"Principal": "*"}),
        Different,
    );
    let split =
        json!([statement(json!({"Action": "kms:A"})), statement(json!({"Action": "kms:B"}))]);
    check(&document(split), &document(statement(json!({"Action": ["kms:A", "kms:B"]}))), Different);
}

#[test]
fn row_23_a_negated_element_is_another_element() {
    check_statements(
        json!({"Action": "kms:A"}),
        json!({"Action": null, "NotAction": "kms:A"}),
        Different,
    );
    check_statements(
        json!({"Resource": "*"}),
        json!({"Resource": null, "NotResource": "*"}),
        Different,
    );
    let aws = json!({ "AWS": ROLE });
    check_statements(
        json!({ "Principal": aws }),
        json!({"Principal": null, "NotPrincipal": aws}),
        Different,
    );
    check_statements(json!({"Action": []}), json!({"Action": null, "NotAction": []}), Different);
}

#[test]
fn row_26_a_missing_resource_or_action_is_read_and_is_not_everything() {
    check_statements(json!({"Resource": null}), json!({}), Different);
    check_statements(json!({"Action": null}), json!({"Action": "*"}), Different);
}

#[test]
fn row_28_escapes_are_decoded_before_comparing() {
    let a = parse(r#"{"Statement":[],"Id":"a/b\u0041\u00e9"}"#);
    let b = parse(r#"{"Statement":[],"Id":"a\/bAé"}"#);
    check_read(&a, &b, Equal);
}

#[test]
fn row_29_and_30_texts_inside_values_are_not_interpreted() {
    let ip = |v: &str| json!({"IpAddress": {"aws:SourceIp": v}});
    check_conditions(ip("10.0.0.0/8"), ip("10.0.0.0/08"), Different);
    let date = |v: Value| json!({"DateLessThan": {"aws:CurrentTime": v}});
    check_conditions(date(json!("1970-01-01T00:00:00Z")), date(json!(0)), Different);
    check_conditions(date(json!("10.0")), date(json!("10")), Different);
    check_statements(
        json!({"Resource": "arn:aws:s3:::b"}),
        json!({"Resource": "arn:aws:s3:*:*:b"}),
        Different,
    );
}

#[test]
fn two_string_principals_are_never_equal() {
    let forms = [ROLE, ROOT, "111122223333", "arn:aws:iam::444455556666:role/x", "*"];
    for (i, a) in forms.iter().enumerate() {
        for (j, b) in forms.iter().enumerate() {
            let expected = if i == j { Equal } else { Different };
            check_statements(json!({ "Principal": a }), json!({ "Principal": b }), expected);
        }
    }
    check_statements(json!({ "Principal": ROLE }), json!({"Principal": {"AWS": ROLE}}), Different);
}

#[test]
fn everyone_is_never_equal_to_nobody() {
    for nobody in [json!(null), json!({}), json!({"AWS": []}), json!({"AWS": ""})] {
        check_statements(
            json!({"Principal": "*"}),
            json!({"Principal": nobody.clone()}),
            Different,
        );
        check_statements(
            json!({"Principal": {"AWS": "*"}}),
            json!({ "Principal": nobody }),
            Different,
        );
    }
}

#[test]
fn a_service_control_policy_is_compared_strictly() {
    let base = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": ["a:X", "b:Y"], "Resource": "*"}]});
    let same: PolicyDocument = PolicyDocument::parse(
        r#"{"Statement":[{"Resource":"*","Action":["a:X","b:\u0059"],"Effect":"Deny"}], "Version":"2012-10-17"}"#,
        Dialect::ServiceControlPolicy,
    )
    .expect("a service control policy");
    check_read(&scp(&base), &same, Equal);
    assert_eq!(scp(&base).to_minified_json(), same.to_minified_json());
    let changed = |statement: Value| json!({"Version": "2012-10-17", "Statement": statement});
    for other in [
        changed(json!([{"Effect": "Deny", "Action": ["b:Y", "a:X"], "Resource": "*"}])),
        changed(json!([{"Effect": "Deny", "Action": ["a:X", "b:Y", "a:X"], "Resource": "*"}])),
        changed(json!([{"Effect": "Deny", "Action": ["a:X", "b:Y"], "Resource": ["*"]}])),
        changed(json!({"Effect": "Deny", "Action": ["a:X", "b:Y"], "Resource": "*"})),
        changed(json!([{"Effect": "Deny", "Action": ["A:X", "b:Y"], "Resource": "*"}])),
        changed(json!([{"Sid": "S", "Effect": "Deny", "Action": ["a:X", "b:Y"], "Resource": "*"}])),
        changed(
            json!([{"Effect": "Deny", "Action": ["a:X", "b:Y"], "Resource": "*", "Condition": {}}]),
        ),
    ] {
        check_read(&scp(&base), &scp(&other), Different);
        check_read(&scp(&other), &scp(&base), Different);
    }
}

#[test]
fn documents_of_two_dialects_are_different() {
    let value = document(json!([]));
    let read = |dialect| PolicyDocument::from_value(&value, dialect).expect("a policy");
    let all = [Dialect::KeyPolicy, Dialect::EndpointPolicy, Dialect::ServiceControlPolicy];
    for a in all {
        for b in all {
            let expected = if a == b { Equal } else { Different };
            assert_eq!(compare(&read(a), &read(b), &context()), expected, "{a:?} {b:?}");
        }
    }
}
