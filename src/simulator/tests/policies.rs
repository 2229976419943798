//! The simulator and the product's own lint refuse the same documents, with independent
//! implementations.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    model::policy_document::{Context, Dialect, Gravity, PolicyDocument},
    simulator::{ec2, kms, organizations},
};

const DIALECTS: [Dialect; 4] = [
    Dialect::KeyPolicy,
    Dialect::EndpointPolicy,
    Dialect::ServiceControlPolicy,
    Dialect::ResourceControlPolicy,
];

/// The error code with which the dialect's service refuses a text.
fn answer(text: &str, dialect: Dialect) -> Option<String> {
    let answer = match dialect {
        Dialect::KeyPolicy => kms::accept(text, "aws", 1, &BTreeSet::new()).map(|_| ()),
        Dialect::EndpointPolicy => ec2::checked_policy(text).map(|_| ()),
        Dialect::ServiceControlPolicy => {
            organizations::checked_content(text, "SERVICE_CONTROL_POLICY").map(|_| ())
        }
        _ => organizations::checked_content(text, "RESOURCE_CONTROL_POLICY").map(|_| ()),
    };
    answer.err().map(|error| error.code)
}

/// Whether palisade reports that AWS refuses a text.
fn refused(text: &str, dialect: Dialect) -> bool {
    let context = Context { partition: "aws".to_owned(), account: "111122223333".to_owned() };
    PolicyDocument::parse(text, dialect).map_or(true, |document| {
        document.faults(&context).iter().any(|lint| lint.gravity == Gravity::Refused)
    })
}

/// A statement that the dialect accepts, with some members changed; null removes one.
fn statement(dialect: Dialect, changes: &Value) -> Value {
    let action = if dialect == Dialect::KeyPolicy { "kms:Decrypt" } else { "s3:GetObject" };
    let mut statement = json!({"Effect": "Deny", "Action": action, "Resource": "*"});
    match dialect {
        Dialect::ServiceControlPolicy => {}
        Dialect::ResourceControlPolicy => statement["Principal"] = json!("*"),
        _ => statement["Principal"] = json!({"AWS": "arn:aws:iam::111122223333:root"}),
    }
    let fields = statement.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            fields.shift_remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
    statement
}

fn document(statements: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// Changes to one statement, and the dialects that refuse them: key, endpoint, SCP, RCP.
fn changes() -> Vec<(Value, &'static str)> {
    let condition =
        |operator: &str, key: &str, value: Value| json!({"Condition": {operator: {key: value}}});
    let mut all = vec![
        (json!({}), ""),
        // Sid
        (json!({"Sid": "DenyTrail1"}), ""),
        (json!({"Sid": ""}), ""),
        (json!({"Sid": "deny_trail"}), "sr"),
        (json!({"Sid": "deny-trail"}), "sr"),
        (json!({"Sid": "Deny trail"}), "sr"),
        (json!({"Sid": "Größe"}), "sr"),
        (json!({"Sid": 7}), "kesr"),
        // Effect and elements
        (json!({"Effect": "deny"}), "kesr"),
        (json!({"Effect": null}), "kesr"),
        (json!({"Effect": "Allow"}), "r"),
        (json!({"effect": "Deny"}), "kesr"),
        (json!({"Comment": "x"}), "kesr"),
        (json!({"NotAction": "s3:*"}), "kesr"),
        (json!({"NotResource": "*"}), "kesr"),
        (json!({"Action": null, "NotAction": "s3:*"}), "r"),
        (json!({"Resource": null, "NotResource": "arn:aws:s3:::logs"}), ""),
        (json!({"Action": null}), "esr"),
        (json!({"Action": []}), "esr"),
        (json!({"Resource": null}), "esr"),
        (json!({"Resource": []}), "esr"),
        (json!({"Action": 1}), "kesr"),
        // Principal
        (json!({"Principal": "*"}), "s"),
        (json!({"Principal": {"AWS": "*"}}), "sr"),
        (json!({"Principal": null}), "ker"),
        (json!({"Principal": null, "NotPrincipal": {"AWS": "111122223333"}}), "sr"),
        (json!({"NotPrincipal": {"AWS": "111122223333"}}), "kesr"),
        (json!({"Principal": {"Everybody": "*"}}), "kesr"),
    ];
    for name in [
        "arn:aws:iam::111122223333:role/studio-*",
        "arn:aws::111122223333:root",
        "arn:aws:iam::11112222333:root",
        "arn:aws:iam::*:root",
        "arn:aws:iam:eu-west-1:111122223333:root",
        "arn:aws:iam::111122223333:group/x",
        "arn:aws:iam::111122223333:role/",
        "arn:aws:iam::111122223333:*",
        "arn:aws:sts::111122223333:assumed-role/x",
        "arn:moon:iam::111122223333:root",
        "11112222333",
        "studio",
        "",
    ] {
        all.push((json!({"Principal": {"AWS": name}}), "kesr"));
        all.push((json!({"Principal": {"AWS": ["111122223333", name]}}), "kesr"));
        all.push((json!({"Principal": name}), "kesr"));
    }
    for (principal, who) in [
        (json!({"AWS": "arn:aws-cn:iam::111122223333:root"}), "ksr"),
        (json!({"AWS": "AROAIOSFODNN7EXAMPLE"}), "ksr"),
        (json!({"AWS": "arn:aws:iam::111122223333:role/team/ml"}), "sr"),
        (json!({"AWS": "arn:aws:sts::111122223333:assumed-role/ml/run"}), "sr"),
        (json!({"AWS": "arn:aws:sts::111122223333:federated-user/ann"}), "sr"),
        (json!({"AWS": ["111122223333", "*"]}), "sr"),
        (json!({"Service": "sagemaker.amazonaws.com"}), "sr"),
        (json!({"Service": ["logs.eu-west-1.amazonaws.com", "ec2.amazonaws.com.cn"]}), "sr"),
        (json!({"Service": "sagemaker"}), "kesr"),
        (json!({"Service": "SageMaker.amazonaws.com"}), "kesr"),
        (json!({"Service": "sagemaker.amazonaws.org"}), "kesr"),
        (json!({"Service": ".amazonaws.com"}), "kesr"),
        (json!({"AWS": []}), "kesr"),
        (json!({"AWS": "111122223333", "Service": []}), "kesr"),
        (json!({}), "kesr"),
        (json!(["*"]), "kesr"),
        (json!("arn:aws:iam::111122223333:role/x"), "kesr"),
    ] {
        all.push((json!({ "Principal": principal }), who));
    }
    for (action, who) in [
        ("*", "r"),
        ("*:*", "r"),
        ("s3:*", ""),
        ("iam:*AccessKey*", "r"),
        ("s3:Get?bject", "r"),
        ("iam:Get*", ""),
        ("unknown:Action", ""),
        ("StopLogging", "kesr"),
        ("cloudtrail.StopLogging", "kesr"),
        ("*:Untag*", "kesr"),
        ("s*:Get*", "kesr"),
        ("s3:Get:Object", "kesr"),
        (":GetObject", "kesr"),
        ("s3:", "kesr"),
        ("s3: GetObject", "kesr"),
        ("s3 :GetObject", "kesr"),
        ("s3:Get.Object", "kesr"),
        ("", "kesr"),
    ] {
        all.push((json!({ "Action": action }), who));
        all.push((json!({ "Action": ["s3:PutObject", action] }), who));
    }
    for (resource, who) in [
        ("arn:aws:s3:::logs/*", ""),
        ("arn:*:s3:::logs", ""),
        ("arn:aws-iso-f:s3:::logs", ""),
        ("arn:aws:s3:*", ""),
        ("arn:aws:sqs:eu-west-1:*:x", ""),
        ("my-bucket/*", "kesr"),
        ("x", "kesr"),
        ("", "kesr"),
        ("arn:aws", "kesr"),
        ("arn:aws:s3", "kesr"),
        ("arn:aws:s3::logs", "kesr"),
        ("arn:moon:s3:::logs", "kesr"),
        ("arn:aws:s*:::logs", "kesr"),
        ("arn:aws::::logs", "kesr"),
        ("arn:aws:sqs:eu-west-1:1234*:x", "e"),
    ] {
        all.push((json!({ "Resource": resource }), who));
    }
    for (operator, key, value, who) in [
        ("StringEquals", "aws:RequestedRegion", json!("eu-west-1"), ""),
        ("ForAnyValue:StringNotLikeIfExists", "aws:TagKeys", json!(["a", "b"]), ""),
        ("ForAllValues:Bool", "aws:SecureTransport", json!(false), ""),
        ("Null", "aws:SourceVpce", json!("true"), ""),
        ("StringEqual", "aws:RequestedRegion", json!("x"), "kesr"),
        ("stringEquals", "aws:RequestedRegion", json!("x"), "kesr"),
        ("StringMatches", "aws:RequestedRegion", json!("x"), "kesr"),
        ("NullIfExists", "aws:SourceVpce", json!("true"), "kesr"),
        ("ForSomeValues:StringLike", "aws:TagKeys", json!("x"), "kesr"),
        ("StringEquals", "RequestedRegion", json!("x"), "kesr"),
        ("StringEquals", "aws:", json!("x"), "kesr"),
        ("StringEquals", ":x", json!("x"), "kesr"),
        ("StringEquals", "aws:x", json!({}), "kesr"),
        ("StringEquals", "aws:x", json!(null), "kesr"),
        ("StringEquals", "aws:x", json!([]), ""),
        ("NumericLessThan", "s3:max-keys", json!(10), ""),
        ("DateGreaterThan", "aws:CurrentTime", json!("2026-12-31T18:00:00Z"), ""),
        ("DateGreaterThan", "aws:CurrentTime", json!("2026-12-31T18:00Z"), ""),
        ("DateGreaterThan", "aws:CurrentTime", json!("2026-12-31T18:00:00+02:00"), ""),
        ("DateGreaterThan", "aws:CurrentTime", json!("2026-12-31"), ""),
        ("DateGreaterThan", "aws:EpochTime", json!(1_798_740_000), ""),
        ("DateGreaterThan", "aws:CurrentTime", json!("tomorrow"), "kesr"),
        ("DateGreaterThan", "aws:CurrentTime", json!("2026-13-01T00:00:00Z"), "kesr"),
        ("DateGreaterThan", "aws:CurrentTime", json!("31.12.2026"), "kesr"),
        ("DateLessThan", "aws:CurrentTime", json!(""), "kesr"),
        ("StringLike", "aws:PrincipalAccount", json!("1111*"), "e"),
        ("StringLike", "AWS:sourcevpce", json!(["vpce-1", "vpce-*"]), "e"),
        ("NumericEquals", "aws:PrincipalAccount", json!("111122223333"), "e"),
        ("StringLike", "aws:PrincipalOrgID", json!("o-*"), ""),
        ("ArnLike", "aws:PrincipalArn", json!("arn:aws:iam::1111*:role/x"), "e"),
        ("ArnLike", "aws:PrincipalArn", json!("arn:aws:iam::*:role/x"), ""),
    ] {
        all.push((condition(operator, key, value), who));
    }
    all.push((json!({"Condition": []}), "kesr"));
    all.push((json!({"Condition": {"Bool": "x"}}), "kesr"));
    all.push((json!({"Condition": {"Bool": {"aws:X": "true", "AWS:x": "true"}}}), "kesr"));
    all
}

fn letter(dialect: Dialect) -> char {
    match dialect {
        Dialect::KeyPolicy => 'k',
        Dialect::EndpointPolicy => 'e',
        Dialect::ServiceControlPolicy => 's',
        _ => 'r',
    }
}

/// The disagreement of the two implementations about a text, if there is one.
fn disagreement(text: &str, dialect: Dialect, expected: bool) -> Option<String> {
    let (code, lint) = (answer(text, dialect), refused(text, dialect));
    let says = code.is_some();
    (says != expected || lint != expected).then(|| {
        format!(
            "{dialect:?} {text}: expected {expected}, the simulator says {code:?}, the lint {lint}"
        )
    })
}

#[test]
fn the_lint_and_the_service_refuse_the_same_statements() {
    let mut wrong = Vec::new();
    for (change, who) in changes() {
        for dialect in DIALECTS {
            let one = statement(dialect, &change);
            for statements in [one.clone(), json!([statement(dialect, &json!({})), one])] {
                let text = document(&statements).to_string();
                wrong.extend(disagreement(&text, dialect, who.contains(letter(dialect))));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_lint_and_the_service_refuse_the_same_documents() {
    let mut wrong = Vec::new();
    for dialect in DIALECTS {
        let fine = statement(dialect, &json!({}));
        let sid = |sid: &str| statement(dialect, &json!({ "Sid": sid }));
        let control =
            matches!(dialect, Dialect::ServiceControlPolicy | Dialect::ResourceControlPolicy);
        let long = |count: usize| {
            let actions: Vec<_> = (0..count).map(|n| format!("s3:Action{n:011}")).collect();
            document(&statement(dialect, &json!({ "Action": actions }))).to_string()
        };
        for (text, expected) in [
            (document(&fine).to_string(), false),
            (document(&json!([])).to_string(), true),
            (document(&json!("x")).to_string(), true),
            (
                document(&json!([sid("A"), sid("A")])).to_string(),
                dialect != Dialect::EndpointPolicy,
            ),
            (document(&json!([sid("A"), sid("B"), sid(""), sid("")])).to_string(), false),
            (json!({ "Statement": fine }).to_string(), control),
            (json!({ "Version": "2008-10-17", "Statement": fine }).to_string(), control),
            (json!({ "Version": "2012-10-18", "Statement": fine }).to_string(), true),
            (json!({ "Version": "2012-10-17" }).to_string(), true),
            (json!({ "Version": "2012-10-17", "Statement": fine, "Id": 1 }).to_string(), true),
            (json!({ "Version": "2012-10-17", "Statement": fine, "Note": "" }).to_string(), true),
            (json!([document(&fine)]).to_string(), true),
            (format!("{} x", document(&fine)), true),
            (format!(r#"{{"Version":"2012-10-17","Statement":{fine},"Statement":{fine}}}"#), true),
            ("xy".to_owned(), true),
            // 23 characters for each action.
            (long(200), false),
            (long(300), dialect == Dialect::ResourceControlPolicy),
            (long(500), control),
            (long(1000), dialect != Dialect::KeyPolicy),
            (long(1500), true),
        ] {
            wrong.extend(
                disagreement(&text, dialect, expected)
                    .map(|text| text[..text.len().min(600)].to_owned()),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_service_refuses_in_its_own_words() {
    let misspelled = |dialect| {
        document(&statement(dialect, &json!({"Condition": {"StringEqual": {"aws:x": "1"}}})))
            .to_string()
    };
    for (dialect, code) in [
        (Dialect::KeyPolicy, "MalformedPolicyDocumentException"),
        (Dialect::EndpointPolicy, "InvalidPolicyDocument"),
        (Dialect::ServiceControlPolicy, "MalformedPolicyDocumentException"),
        (Dialect::ResourceControlPolicy, "MalformedPolicyDocumentException"),
    ] {
        assert_eq!(answer(&misspelled(dialect), dialect).as_deref(), Some(code), "{dialect:?}");
    }
}
