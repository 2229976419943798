//! What is read, what is refused, and what comes out again.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{ROOT, document, key_policy, scp, statement};
use crate::model::policy_document::{Dialect, PolicyDocument, PolicyError};

#[track_caller]
fn error(value: &Value, dialect: Dialect) -> PolicyError {
    PolicyDocument::from_value(value, dialect).expect_err("must be refused")
}

#[track_caller]
fn text_error(text: &str) -> PolicyError {
    PolicyDocument::parse(text, Dialect::KeyPolicy).expect_err("must be refused")
}

#[test]
fn a_syntax_error_says_where() {
    assert_eq!(text_error("{\n  \"Statement\": [,]}"), PolicyError::Syntax { line: 2, column: 17 });
    assert!(matches!(text_error(""), PolicyError::Syntax { .. }));
    assert!(matches!(text_error(r#"{"Statement":[]} x"#), PolicyError::Syntax { .. }));
}

#[test]
fn a_key_that_occurs_twice_is_refused_wherever_it_stands() {
    for (text, path) in [
        (r#"{"Statement":[],"Statement":[]}"#, "Statement"),
        (r#"{"Statement":[{},{"Effect":"Deny","Effect":"Allow"}]}"#, "Statement[1].Effect"),
        (r#"{"Statement":{"Principal":{"AWS":"*","AWS":"x"}}}"#, "Statement.Principal.AWS"),
        (
            r#"{"Statement":{"Condition":{"Bool":{"a:b":1,"a:\u0062":1}}}}"#,
            "Statement.Condition.Bool.a:b",
        ),
    ] {
        assert_eq!(text_error(text), PolicyError::DuplicateKey { path: path.to_owned() });
    }
}

#[test]
fn a_condition_key_in_two_cases_is_a_key_that_occurs_twice() {
    let value =
        document(statement(json!({"Condition": {"Bool": {"aws:X": "true", "AWS:x": "false"}}})));
    let PolicyError::DuplicateKey { path } = error(&value, Dialect::KeyPolicy) else {
        panic!("another error")
    };
    assert!(path.eq_ignore_ascii_case("Statement.Condition.Bool.aws:X"), "{path}");
}

#[test]
fn unknown_fields_are_refused_and_field_names_are_exact() {
    for (value, path) in [
        (json!({"Statement": [], "Comment": "x"}), "Comment"),
        (json!({"statement": []}), "statement"),
        (document(json!([statement(json!({"Actions": "x"}))])), "Statement[0].Actions"),
        (document(statement(json!({"effect": "Deny"}))), "Statement.effect"),
        (document(statement(json!({"Principal": {"aws": "*"}}))), "Statement.Principal.aws"),
    ] {
        let PolicyError::UnknownField { path: found, .. } = error(&value, Dialect::KeyPolicy)
        else {
            panic!("another error for {path}")
        };
        assert_eq!(found, path);
    }
}

#[test]
fn wrong_types_are_refused_with_their_place() {
    for (value, path, found) in [
        (json!([{"Statement": []}]), "", "a list"),
        (json!("text"), "", "a string"),
        (json!({"Statement": "x"}), "Statement", "a string"),
        (json!({"Statement": [[]]}), "Statement[0]", "a list"),
        (json!({"Statement": null}), "Statement", "null"),
        (json!({"Statement": [], "Version": 2012}), "Version", "a number"),
        (json!({"Statement": [], "Id": null}), "Id", "null"),
        (document(statement(json!({"Sid": 1}))), "Statement.Sid", "a number"),
        (document(statement(json!({"Effect": true}))), "Statement.Effect", "a boolean"),
        (document(statement(json!({"Action": 1}))), "Statement.Action", "a number"),
        (document(statement(json!({"Action": ["a", ["b"]]}))), "Statement.Action[1]", "a list"),
        (document(statement(json!({"Resource": {}}))), "Statement.Resource", "an object"),
        (document(statement(json!({"Principal": ["*"]}))), "Statement.Principal", "a list"),
        (
            document(statement(json!({"Principal": {"AWS": 111_122_223_333_u64}}))),
            "Statement.Principal.AWS",
            "a number",
        ),
        (document(statement(json!({"Condition": []}))), "Statement.Condition", "a list"),
        (
            document(statement(json!({"Condition": {"Bool": "x"}}))),
            "Statement.Condition.Bool",
            "a string",
        ),
        (
            document(statement(json!({"Condition": {"Bool": {"k": {}}}}))),
            "Statement.Condition.Bool.k",
            "an object",
        ),
        (
            document(json!([statement(json!({"Condition": {"Bool": {"k": ["a", {}]}}}))])),
            "Statement[0].Condition.Bool.k[1]",
            "an object",
        ),
    ] {
        match error(&value, Dialect::KeyPolicy) {
            PolicyError::WrongType { path: at, found: what, .. } => {
                assert_eq!((at.as_str(), what), (path, found));
            }
            other => panic!("{other} for {path}"),
        }
    }
}

#[test]
fn what_the_language_does_not_have_is_refused() {
    let not_action = json!({"NotAction": "kms:*"});
    for (value, path) in [
        (json!({"Version": "2012-10-17"}), "Statement"),
        (json!({"Version": "2012-10-18", "Statement": []}), "Version"),
        (document(statement(json!({"Effect": null}))), "Statement.Effect"),
        (document(statement(not_action)), "Statement.NotAction"),
        (document(statement(json!({"NotResource": "*"}))), "Statement.NotResource"),
        (document(statement(json!({"NotPrincipal": "*"}))), "Statement.NotPrincipal"),
        (
            document(statement(
                json!({"Condition": {"NumericEquals": {"k": 9_007_199_254_740_992.0_f64}}}),
            )),
            "Statement.Condition.NumericEquals.k",
        ),
        (
            document(statement(json!({"Condition": {"NumericEquals": {"k": -1e300}}}))),
            "Statement.Condition.NumericEquals.k",
        ),
    ] {
        let PolicyError::Refused { path: found, .. } = error(&value, Dialect::KeyPolicy) else {
            panic!("another error for {path}")
        };
        assert_eq!(found, path);
    }
    assert!(
        PolicyDocument::from_value(
            &document(statement(
                json!({"Condition": {"NumericEquals": {"k": 9_007_199_254_740_991.0_f64}}})
            )),
            Dialect::KeyPolicy
        )
        .is_ok()
    );
    assert!(
        PolicyDocument::from_value(
            &document(statement(json!({"Condition": {"NumericEquals": {"k": u64::MAX}}}))),
            Dialect::KeyPolicy
        )
        .is_ok()
    );
}

#[test]
fn a_service_control_policy_has_the_new_version_and_no_principal() {
    let deny = json!({"Effect": "Deny", "Action": "*", "Resource": "*"});
    let refused = |value: &Value, path: &str| match error(value, Dialect::ServiceControlPolicy) {
        PolicyError::Refused { path: found, .. } => assert_eq!(found, path),
        other => panic!("{other}"),
    };
    refused(&json!({"Statement": deny}), "Version");
    refused(&json!({"Version": "2008-10-17", "Statement": deny}), "Version");
    refused(&document(statement(json!({}))), "Statement.Principal");
    refused(
        &document(json!([statement(json!({"Principal": null, "NotPrincipal": "*"}))])),
        "Statement[0].NotPrincipal",
    );
    assert_eq!(scp(&document(deny)).dialect(), Dialect::ServiceControlPolicy);
}

#[test]
fn a_key_policy_holds_only_characters_that_kms_accepts() {
    for (value, path) in [
        (json!({"Statement": [], "Id": "\u{100}"}), "Id"),
        (
            document(json!([statement(json!({"Resource": ["a", "\u{0}"]}))])),
            "Statement[0].Resource[1]",
        ),
        (
            document(statement(json!({"Condition": {"Bool": {"k\u{4e00}": true}}}))),
            "Statement.Condition.Bool.k\u{4e00}",
        ),
    ] {
        let PolicyError::Refused { path: found, .. } = error(&value, Dialect::KeyPolicy) else {
            panic!("another error")
        };
        assert_eq!(found, path);
        assert!(PolicyDocument::from_value(&value, Dialect::EndpointPolicy).is_ok(), "{path}");
    }
    assert!(
        PolicyDocument::from_value(
            &json!({"Statement": [], "Id": "\t\n\r ~\u{7f}\u{ff}"}),
            Dialect::KeyPolicy
        )
        .is_ok()
    );
    assert!(
        PolicyDocument::from_value(&json!({"Statement": [], "Id": "\u{1f}"}), Dialect::KeyPolicy)
            .is_err()
    );
}

#[test]
fn errors_name_fields_and_never_values() {
    let secret = "arn:aws:iam::999999999999:role/secret";
    for value in [
        document(statement(json!({ "Effect": secret }))),
        json!({"Version": secret, "Statement": []}),
        document(statement(json!({"Action": [secret, 1]}))),
        document(statement(json!({ "Condition": secret }))),
        json!(secret),
        document(statement(json!({"Unknown": secret}))),
    ] {
        let message = error(&value, Dialect::KeyPolicy).to_string();
        assert!(!message.contains("secret"), "{message}");
    }
    assert!(!text_error(&format!("{{\"Id\": {secret}}}")).to_string().contains("secret"));
}

#[test]
fn a_field_name_in_an_error_is_short_and_harmless() {
    let name = format!("\u{1b}[2J{}", "x".repeat(10_000));
    let message = error(&json!({"Statement": [], name: 1}), Dialect::EndpointPolicy).to_string();
    assert!(message.len() < 400 && !message.contains('\u{1b}'), "{message}");
    assert!(message.starts_with("\\u{1b}[2Jxxx"), "{message}");
}

#[test]
fn messages_say_where_and_what_to_do() {
    let message = |value: Value| error(&value, Dialect::KeyPolicy).to_string();
    insta::assert_snapshot!(message(json!({"Statement": [{"Effect": "Allow", "Acton": "x"}]})), @"Statement[0].Acton: unknown field: did you mean `Action`?");
    insta::assert_snapshot!(message(json!({"Statement": [{"Effect": "Allow", "Action": 1}]})), @"Statement[0].Action: found a number, expected a string or a list of strings: write a string or a list of strings");
    insta::assert_snapshot!(message(json!({})), @"Statement: missing: add the list of statements");
    insta::assert_snapshot!(text_error(r#"{"Id":"a","Id":"b"}"#).to_string(), @"Id: this key occurs twice: keep one of the two");
    insta::assert_snapshot!(text_error("{").to_string(), @"line 1, column 1: this is not JSON: \
        correct the syntax there");
}

#[test]
fn a_document_is_written_with_sorted_keys_and_otherwise_as_it_was() {
    let policy = key_policy(
        &json!({"Version": "2012-10-17", "Statement": {"Resource": ["b", "a", "a"], "Effect": "Allow", "Action": "KMS:x", "Principal": {"AWS": "111122223333"}, "Condition": {"Bool": {"B": true, "A": 1.50}}}, "Id": "é"}),
    );
    let minified = r#"{"Id":"é","Statement":{"Action":"KMS:x","Condition":{"Bool":{"A":1.5,"B":true}},"Effect":"Allow","Principal":{"AWS":"111122223333"},"Resource":["b","a","a"]},"Version":"2012-10-17"}"#;
    assert_eq!(policy.to_minified_json(), minified);
    assert_eq!(policy.size_bytes(), minified.len());
    assert_eq!(policy.size_bytes(), minified.chars().count() + 1, "bytes, not characters");
    assert_eq!(
        key_policy(&document(json!([]))).to_json(),
        "{\n  \"Statement\": [],\n  \"Version\": \"2012-10-17\"\n}"
    );
    assert_eq!(policy.as_value().to_string(), minified);
}

#[test]
fn an_account_that_yaml_read_as_a_number_is_refused() {
    let with = |operator: &str, value: Value| {
        let statement = json!({"Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {operator: {"aws:PrincipalAccount": value}}});
        PolicyDocument::from_value(&document(json!([statement])), Dialect::ServiceControlPolicy)
    };
    assert!(with("StringNotEquals", json!(12_345_678_901.0)).is_err());
    assert!(with("NumericEquals", json!(12_345_678_901.0)).is_ok());
    assert!(with("StringNotEquals", json!(111_122_223_333_u64)).is_ok());
}

#[test]
fn a_document_survives_serde_in_both_forms() {
    let policy =
        scp(&document(json!([{"Effect": "Deny", "Action": ["b:*", "a:*"], "Resource": "*"}])));
    let value = serde_json::to_value(&policy).expect("serializes");
    assert_eq!(value["dialect"], "ServiceControlPolicy");
    assert_eq!(serde_json::from_value::<PolicyDocument>(value).expect("from a value"), policy);
    let text = serde_json::to_string(&policy).expect("serializes");
    assert_eq!(serde_json::from_str::<PolicyDocument>(&text).expect("from text"), policy);
    let as_text = json!({"dialect": "ServiceControlPolicy", "document": policy.to_json()});
    assert_eq!(
        serde_json::from_value::<PolicyDocument>(as_text).expect("document as text"),
        policy
    );
}

#[test]
fn serde_refuses_what_parse_refuses() {
    for text in [
        r#"{"dialect":"KeyPolicy","document":{"Statement":[],"Statement":[]}}"#,
        r#"{"dialect":"KeyPolicy","document":"{\"Statement\":[],\"Statement\":[]}"}"#,
        r#"{"dialect":"KeyPolicy","document":{"Statement":[]},"extra":1}"#,
        r#"{"dialect":"ServiceControlPolicy","document":{"Statement":[]}}"#,
        r#"{"document":{"Statement":[]}}"#,
        r#"{"dialect":"KeyPolicy","document":7}"#,
    ] {
        assert!(serde_json::from_str::<PolicyDocument>(text).is_err(), "{text}");
    }
}

#[test]
fn debug_output_holds_no_policy_text() {
    let debug = format!("{:?}", key_policy(&document(statement(json!({"Sid": "Secret"})))));
    assert_eq!(debug, "PolicyDocument { dialect: KeyPolicy, statements: 1, bytes: 155, .. }");
}

#[test]
fn the_partitions_of_a_document_are_those_of_its_aws_principals() {
    let names =
        json!({"AWS": [ROOT, "arn:aws-cn:iam::1:root", "*", "111122223333"], "Service": "arn:x:y"});
    let policy = key_policy(&document(statement(
        json!({"Principal": names, "Resource": "arn:aws-us-gov:kms:::key"}),
    )));
    assert_eq!(policy.partitions(), BTreeSet::from(["aws", "aws-cn"]));
}
