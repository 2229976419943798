//! Who can pass a statement.

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, Value, json};

use super::document;
use crate::model::policy_document::{
    Admission, AttachedTo, Decision, Dialect, Party, PolicyDocument, Request, Untied, Who,
};

fn read(statements: Value, attached: AttachedTo) -> PolicyDocument {
    let dialect = match attached {
        AttachedTo::Key => Dialect::KeyPolicy,
        AttachedTo::Endpoint | AttachedTo::GatewayEndpoint => Dialect::EndpointPolicy,
    };
    PolicyDocument::from_value(&document(statements), dialect).expect("a policy")
}

fn admission(changes: &Value, attached: AttachedTo) -> Admission {
    let mut statement =
        json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"});
    for (field, value) in changes.as_object().expect("fields") {
        statement[field] = value.clone();
    }
    read(json!([statement]), attached).admissions(attached).remove(0)
}

/// Identities and services that a condition on everybody leaves.
fn under(condition: Value, attached: AttachedTo) -> (String, String) {
    let Admission { identities, services, .. } =
        admission(&json!({ "Condition": condition }), attached);
    (identities.to_string(), services.to_string())
}

#[test]
fn conditions_with_fixed_values_of_keys_that_outsiders_lack_restrict_a_statement() {
    let our_account = "account 111122223333";
    let our_organization = "organization o-abc1234567";
    let nobody = "nobody";
    for (condition, identities, services) in [
        (json!({"StringEquals": {"aws:PrincipalAccount": "111122223333"}}), our_account, nobody),
        (json!({"StringEquals": {"AWS:PRINCIPALACCOUNT": ["111122223333"]}}), our_account, nobody),
        (
            json!({"StringEquals": {"aws:PrincipalAccount": ["111122223333", "444455556666"]}}),
            "account 111122223333, account 444455556666",
            nobody,
        ),
        (json!({"StringEquals": {"kms:CallerAccount": "111122223333"}}), our_account, our_account),
        (json!({"StringEquals": {"aws:PrincipalOrgID": "o-abc1234567"}}), our_organization, nobody),
        (json!({"StringLike": {"aws:PrincipalOrgID": "o-abc1234567"}}), our_organization, nobody),
        (
            json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abc1234567/r-ab12/*"}}),
            our_organization,
            nobody,
        ),
        (
            json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-abc1234567/*"]}}),
            our_organization,
            nobody,
        ),
        (
            json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}),
            our_account,
            nobody,
        ),
        (
            json!({"ArnEquals": {"aws:PrincipalArn": "arn:*:iam::111122223333:*"}}),
            our_account,
            nobody,
        ),
        (
            json!({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:*"}}),
            our_account,
            nobody,
        ),
        (json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}), nobody, our_account),
        (
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:*:111122223333:*"}}),
            nobody,
            our_account,
        ),
        (
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::our-bucket"}}),
            nobody,
            "arn:aws:s3:::our-bucket",
        ),
        (json!({"StringEquals": {"aws:SourceOrgID": "o-abc1234567"}}), nobody, our_organization),
        (
            json!({"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-abc1234567/*"}}),
            nobody,
            our_organization,
        ),
        (
            json!({"StringLike": {"aws:userid": "AROAEXAMPLEEXAMPLE12:*"}}),
            "AROAEXAMPLEEXAMPLE12",
            nobody,
        ),
        (json!({"Bool": {"aws:PrincipalIsAWSService": "true"}}), nobody, "everybody"),
        (json!({"Bool": {"aws:PrincipalIsAWSService": true}}), nobody, "everybody"),
        (
            json!({"StringEquals": {"aws:PrincipalServiceName": "logs.amazonaws.com"}}),
            nobody,
            "everybody",
        ),
        (json!({"StringEquals": {"aws:SourceVpc": "vpc-1"}}), "network vpc-1", nobody),
        (json!({"StringEquals": {"aws:SourceVpce": ["vpce-1"]}}), "network vpce-1", nobody),
        (
            json!({"StringEquals": {"aws:VpceAccount": "111122223333"}}),
            "network of account 111122223333",
            nobody,
        ),
        (
            json!({"StringEquals": {"aws:VpceOrgID": "o-abc1234567"}}),
            "network of organization o-abc1234567",
            nobody,
        ),
        (
            json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
            "network 203.0.113.0/24",
            nobody,
        ),
        // Several keys hold together: the finer one counts.
        (
            json!({"StringEquals": {"aws:PrincipalOrgID": "o-abc1234567", "aws:PrincipalAccount": "111122223333"}}),
            our_account,
            nobody,
        ),
        (
            json!({
                "StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com", "kms:CallerAccount": "111122223333"},
                "StringLike": {"aws:PrincipalOrgID": "o-*"},
            }),
            our_account,
            our_account,
        ),
        // A service is not an identity, and an identity acts on behalf of nobody else.
        (
            json!({"Bool": {"aws:PrincipalIsAWSService": "true"}, "StringEquals": {"aws:SourceAccount": "111122223333"}}),
            nobody,
            our_account,
        ),
        (
            json!({"Bool": {"aws:PrincipalIsAWSService": "true"}, "StringEquals": {"aws:PrincipalOrgID": "o-abc1234567"}}),
            nobody,
            nobody,
        ),
        // `ForAllValues` and `IfExists` ask for the key where something else does.
        (
            json!({
                "ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-abc1234567/*"},
                "Null": {"aws:PrincipalOrgPaths": "false"},
            }),
            our_organization,
            nobody,
        ),
        (
            json!({
                "StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abc1234567"},
                "Null": {"aws:PrincipalOrgID": false},
            }),
            our_organization,
            nobody,
        ),
        // The key's own owner.
        (
            json!({"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}),
            "the owner's account or organization",
            nobody,
        ),
        (
            json!({"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}),
            "the owner's account or organization",
            nobody,
        ),
    ] {
        assert_eq!(
            under(condition.clone(), AttachedTo::Key),
            (identities.to_owned(), services.to_owned()),
            "{condition}"
        );
    }
}

#[test]
fn conditions_that_outsiders_can_meet_restrict_nobody_and_say_why() {
    let mut shown = String::new();
    for condition in [
        json!({}),
        json!({"StringLike": {"aws:PrincipalOrgID": "o-*"}}),
        json!({"StringLike": {"aws:PrincipalOrgID": "*"}}),
        json!({"StringEquals": {"aws:PrincipalOrgID": "*"}}),
        json!({"StringLike": {"aws:PrincipalOrgID": "o-abc123456?"}}),
        json!({"StringEquals": {"aws:PrincipalOrgID": ["o-abc1234567", "o-*"]}}),
        json!({"StringLike": {"aws:PrincipalAccount": "????????????"}}),
        json!({"StringLike": {"aws:PrincipalAccount": "11112222333?"}}),
        json!({"StringEquals": {"aws:PrincipalAccount": "1111-2222-3333"}}),
        json!({"NumericEquals": {"aws:PrincipalAccount": "111122223333"}}),
        json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*/r-*/*"}}),
        json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abc1234567*"}}),
        json!({"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-abc1234567/*"}}),
        json!({"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-abc1234567"}}),
        json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abc1234567"}}),
        json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-abc1234567"}}),
        json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/x"}}),
        json!({"Null": {"aws:PrincipalOrgID": "false"}}),
        json!({"Null": {"aws:PrincipalOrgID": "true"}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:*"}}),
        json!({"StringLike": {"aws:PrincipalArn": "arn:*"}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::????????????:role/x"}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:role/x"}}),
        // A role of another account may have this in its path.
        json!({"StringLike": {"aws:PrincipalArn": "arn:aws:iam:*:111122223333:role/x"}}),
        json!({"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}}),
        json!({"ForAnyValue:StringEquals": {"aws:PrincipalOrgID": "${aws:PrincipalOrgID}"}}),
        json!({"StringEquals": {"aws:PrincipalOrgID": "${aws:PrincipalTag/org}"}}),
        json!({"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID, 'o-other'}"}}),
        json!({"StringEquals": {"aws:PrincipalTag/team": "ours"}}),
        json!({"StringLike": {"aws:userid": "*:session"}}),
        json!({"StringEquals": {"aws:username": "admin"}}),
        json!({"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}),
        json!({"Bool": {"kms:GrantIsForAWSResource": "true"}}),
        json!({"Bool": {"aws:ViaAWSService": "true"}}),
        json!({"Bool": {"aws:PrincipalIsAWSService": "false"}}),
        json!({"Bool": {"aws:PrincipalIsAWSService": ["true", "false"]}}),
        json!({"BoolIfExists": {"aws:PrincipalIsAWSService": "true"}}),
        json!({"StringLike": {"aws:PrincipalServiceName": "*.amazonaws.com"}}),
        json!({"StringLike": {"aws:SourceAccount": "*"}}),
        json!({"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}}),
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}),
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:sns:eu-west-1:*:topic"}}),
        json!({"StringLike": {"aws:SourceVpce": "vpce-*"}}),
        json!({"StringLike": {"aws:VpceOrgID": "o-*"}}),
        json!({"Null": {"aws:SourceVpce": "false"}}),
        json!({"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}),
        json!({"IpAddress": {"aws:SourceIp": ["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2", "192.0.0.0/2"]}}),
        json!({"IpAddress": {"aws:SourceIp": "52.0.0.0/6"}}),
        json!({"IpAddress": {"aws:SourceIp": "2000::/4"}}),
        json!({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        json!({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}),
        json!({"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}),
        json!({"Bool": {"aws:SecureTransport": "true"}}),
    ] {
        let found = admission(&json!({ "Condition": condition.clone() }), AttachedTo::Key);
        assert_eq!(found.identities, Who::Everybody, "{condition}");
        let why: Vec<_> = found.untied.iter().map(Untied::to_string).collect();
        let why =
            if why.is_empty() { "(no condition on who asks)".to_owned() } else { why.join("; ") };
        shown += &format!("{condition}\n    {why}\n");
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn principals_are_whom_they_name() {
    let root = "arn:aws:iam::111122223333:root";
    let role = "arn:aws:iam::111122223333:role/a/b";
    for (principal, attached, identities, services) in [
        (json!("*"), AttachedTo::Key, "everybody", "everybody"),
        (json!({"AWS": "*"}), AttachedTo::Key, "everybody", "everybody"),
        (json!({"AWS": [root, "*"]}), AttachedTo::Key, "everybody", "everybody"),
        (json!({"AWS": root}), AttachedTo::Key, "account 111122223333", "nobody"),
        (json!({"AWS": "111122223333"}), AttachedTo::Endpoint, "account 111122223333", "nobody"),
        (
            json!({"AWS": root}),
            AttachedTo::GatewayEndpoint,
            "the root user of account 111122223333",
            "nobody",
        ),
        (
            json!({"AWS": "111122223333"}),
            AttachedTo::GatewayEndpoint,
            "the root user of account 111122223333",
            "nobody",
        ),
        (json!({"AWS": role}), AttachedTo::Key, role, "nobody"),
        (json!({"AWS": "AROAIOSFODNN7EXAMPLE"}), AttachedTo::Key, "AROAIOSFODNN7EXAMPLE", "nobody"),
        (json!({"AWS": "arn:aws:iam::*:role/x"}), AttachedTo::Key, "everybody", "nobody"),
        (json!({"AWS": "arn:aws:iam::11112222333?:root"}), AttachedTo::Key, "everybody", "nobody"),
        (json!({"Service": "logs.amazonaws.com"}), AttachedTo::Key, "nobody", "everybody"),
        (json!({"AWS": role, "Service": "logs.amazonaws.com"}), AttachedTo::Key, role, "everybody"),
        (json!({"AWS": []}), AttachedTo::Key, "nobody", "nobody"),
    ] {
        let found = admission(&json!({ "Principal": principal }), attached);
        let shown = (found.identities.to_string(), found.services.to_string());
        assert_eq!(shown, (identities.to_owned(), services.to_owned()), "{principal}");
    }
    let all_but =
        json!([{"Effect": "Allow", "NotPrincipal": {"AWS": role}, "Action": "*", "Resource": "*"}]);
    let found = read(all_but, AttachedTo::Key).admissions(AttachedTo::Key);
    assert_eq!(found[0].identities, Who::Everybody);
}

#[test]
fn at_an_endpoint_a_condition_on_the_network_ties_nobody_but_the_endpoints_own_owner_is_known() {
    for condition in [
        json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}}),
        json!({"StringEquals": {"aws:SourceVpc": "vpc-1"}}),
        json!({"StringEquals": {"aws:VpceAccount": "111122223333"}}),
        json!({"StringEquals": {"aws:VpceOrgID": "o-abc1234567"}}),
        json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        // The resource belongs to the outsider.
        json!({"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}),
        json!({"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}),
    ] {
        assert_eq!(under(condition.clone(), AttachedTo::Endpoint).0, "everybody", "{condition}");
    }
    let own = json!({"StringEquals": {"aws:PrincipalAccount": "${aws:VpceAccount}"}});
    assert_eq!(under(own, AttachedTo::Endpoint).0, "the owner's account or organization");
}

#[test]
fn resources_are_known_by_a_fixed_owner_or_by_a_name_that_only_one_has() {
    for (fields, known) in [
        (json!({"Resource": "*"}), false),
        (json!({"Resource": "arn:aws:s3:::*"}), false),
        (json!({"Resource": "arn:aws:s3:::?*"}), false),
        (json!({"Resource": "arn:aws:s3:::*/*"}), false),
        (json!({"Resource": "arn:aws:s3:::??????*"}), false),
        (json!({"Resource": "arn:*:s3:::our-bucket"}), false),
        (json!({"Resource": "arn:aws:s3:*"}), false),
        (json!({"Resource": "arn:aws:*:::our-bucket"}), false),
        (json!({"Resource": "arn:aws:s3:::*-our-bucket/*"}), false),
        (json!({"Resource": "arn:aws:s3:::prod-*-our-bucket/*"}), false),
        (json!({"Resource": "arn:aws:s3:::${aws:PrincipalTag/bucket}/*"}), false),
        (json!({"Resource": ["arn:aws:s3:::our-bucket/*", "arn:aws:s3:::?*"]}), false),
        (json!({"Resource": "arn:aws:s3:*:*:accesspoint/*"}), false),
        (json!({"Resource": "arn:aws:s3:::our-bucket/*"}), true),
        (json!({"Resource": ["arn:aws:s3:::our-bucket", "arn:aws:s3:::our-bucket/*"]}), true),
        (json!({"Resource": "arn:aws:s3:::our-data/*"}), true),
        (json!({"Resource": "arn:aws:s3:::our-data-*"}), false),
        (json!({"Resource": "arn:aws:s3:*:111122223333:accesspoint/*"}), true),
        (json!({"Resource": "arn:aws:ec2:*::image/*"}), true),
        (json!({"Resource": "arn:aws:ec2:*:aws:prefix-list/*"}), true),
        (json!({"Condition": {"StringEquals": {"aws:ResourceOrgID": "o-abc1234567"}}}), true),
        (json!({"Condition": {"StringEquals": {"aws:ResourceAccount": ["111122223333"]}}}), true),
        (json!({"Condition": {"StringEquals": {"s3:ResourceAccount": "111122223333"}}}), true),
        (
            json!({"Condition": {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}}),
            true,
        ),
        (
            json!({"Condition": {"ForAnyValue:StringLike": {"aws:ResourceOrgPaths": "o-abc1234567/*"}}}),
            true,
        ),
        (
            json!({"Condition": {"StringEquals": {"aws:ResourceAccount": "${aws:ResourceAccount}"}}}),
            false,
        ),
        (json!({"Condition": {"StringLike": {"aws:ResourceOrgID": "o-*"}}}), false),
        (json!({"Condition": {"StringLike": {"aws:ResourceAccount": "????????????"}}}), false),
        (
            json!({"Condition": {"StringEqualsIfExists": {"aws:ResourceOrgID": "o-abc1234567"}}}),
            false,
        ),
        (json!({"Condition": {"StringNotEquals": {"aws:ResourceOrgID": "o-abc1234567"}}}), false),
        (
            json!({"Condition": {"ForAllValues:StringLike": {"aws:ResourceOrgPaths": "o-abc1234567/*"}}}),
            false,
        ),
    ] {
        let found = admission(&fields, AttachedTo::Endpoint);
        assert_eq!(found.resources_known(), known, "{fields}");
    }
}

#[test]
fn what_a_deny_takes_from_all_of_an_allow_is_not_admitted() {
    let allow =
        json!({"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"});
    let deny = |action: &str, condition: Value| json!({"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*", "Condition": condition});
    let first = |denial: Value| {
        let found = read(json!([allow, denial]), AttachedTo::Key).admissions(AttachedTo::Key);
        (found[0].identities.to_string(), found[0].services.to_string())
    };
    let ours = json!({
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-abc1234567"},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    });
    let admitted = ("organization o-abc1234567".to_owned(), "everybody".to_owned());
    assert_eq!(first(deny("kms:*", ours.clone())), admitted);
    // Not all of the Allow, or not everybody else.
    for denial in [
        deny("kms:Encrypt", ours),
        deny("kms:*", json!({"StringEquals": {"aws:PrincipalOrgID": "o-abc1234567"}})),
        deny("kms:*", json!({"StringNotLike": {"aws:PrincipalOrgID": "o-*"}})),
        deny(
            "kms:*",
            json!({"ForAnyValue:StringNotEquals": {"aws:PrincipalOrgID": "o-abc1234567"}}),
        ),
        deny(
            "kms:*",
            json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-abc1234567", "aws:PrincipalTag/x": "y"}}),
        ),
        deny(
            "kms:*",
            json!({
                "StringNotEquals": {"aws:PrincipalOrgID": "o-abc1234567"},
                "Bool": {"aws:ViaAWSService": "false"},
            }),
        ),
    ] {
        assert_eq!(first(denial.clone()).0, "everybody", "{denial}");
    }
}

const OUTSIDER: &str = "999988887777";
const OURS: &str = "111122223333";

/// Keys with values that name us, patterns and variables, and what they could be mistaken for.
fn condition_of_a_key() -> impl Strategy<Value = (&'static str, Value)> {
    let values = |key: &'static str, pool: &'static [&'static str]| {
        vec(select(pool), 1..3).prop_map(move |values| (key, json!(values)))
    };
    const ACCOUNTS: &[&str] = &[
        OURS,
        OURS,
        "444455556666",
        "*",
        "????????????",
        "1111*",
        "111122223333*",
        "11112222333?",
        "${aws:PrincipalAccount}",
        "${aws:ResourceAccount}",
        "${aws:SourceAccount}",
        "${aws:VpceAccount}",
        "${aws:PrincipalTag/x}",
    ];
    const ORGANIZATIONS: &[&str] = &[
        "o-ours",
        "o-ours",
        "o-*",
        "*",
        "o-our?",
        "${aws:PrincipalOrgID}",
        "${aws:ResourceOrgID}",
        "${aws:VpceOrgID}",
        "${aws:PrincipalTag/x}",
    ];
    const PATHS: &[&str] = &[
        "o-ours/*",
        "o-ours/r-1/*",
        "o-ours*",
        "o-*",
        "*/ou-ours/*",
        "o-ours/",
        "${aws:PrincipalOrgID}/*",
        "${aws:ResourceOrgID}/*",
    ];
    const ARNS: &[&str] = &[
        "arn:aws:iam::111122223333:role/x",
        "arn:aws:iam::111122223333:*",
        "arn:aws:iam::*:role/x",
        "arn:aws*:iam::111122223333:role/x",
        "arn:*:role/x",
        "arn:*",
        "*",
        "arn:*:iam::111122223333:*",
        "arn:aws:iam::????????????:role/x",
        "arn:aws:iam::${aws:PrincipalAccount}:role/x",
        "arn:aws:s3:::our-bucket",
        "arn:aws:s3:::*",
        "arn:aws:sns:*:111122223333:*",
        "arn:aws:sns:*:*:*",
    ];
    prop_oneof![
        3 => values("aws:PrincipalAccount", ACCOUNTS),
        1 => values("kms:CallerAccount", ACCOUNTS),
        2 => values("aws:SourceAccount", ACCOUNTS),
        1 => values("aws:VpceAccount", ACCOUNTS),
        3 => values("aws:PrincipalOrgID", ORGANIZATIONS),
        1 => values("aws:SourceOrgID", ORGANIZATIONS),
        1 => values("aws:VpceOrgID", ORGANIZATIONS),
        3 => values("aws:PrincipalOrgPaths", PATHS),
        1 => values("aws:SourceOrgPaths", PATHS),
        3 => values("aws:PrincipalArn", ARNS),
        2 => values("aws:SourceArn", ARNS),
        1 => values("aws:SourceVpce", &["vpce-ours", "vpce-*", "*"]),
        1 => values("aws:SourceVpc", &["vpc-ours", "vpc-?*"]),
        2 => values("aws:PrincipalIsAWSService", &["true", "false", "TRUE"]),
        1 => values("aws:PrincipalServiceName", &["logs.amazonaws.com", "*.amazonaws.com"]),
        1 => values("aws:PrincipalTag/x", &["y", "*"]),
        1 => values("kms:ViaService", &["s3.eu-west-1.amazonaws.com", "*"]),
        1 => values("aws:ResourceAccount", ACCOUNTS),
    ]
}

fn operator() -> impl Strategy<Value = String> {
    let base = select(
        &[
            "StringEquals",
            "StringLike",
            "ArnLike",
            "ArnEquals",
            "StringEqualsIgnoreCase",
            "Bool",
            "StringNotEquals",
            "StringNotLike",
            "ArnNotLike",
            "Null",
        ][..],
    );
    let weight = select(&["", "", "", "ForAnyValue:", "ForAllValues:"][..]);
    (weight, base, prop::bool::weighted(0.15)).prop_map(|(qualifier, base, if_exists)| {
        if base == "Null" {
            return base.to_owned();
        }
        format!("{qualifier}{base}{}", if if_exists { "IfExists" } else { "" })
    })
}

fn conditions() -> impl Strategy<Value = Value> {
    vec((operator(), condition_of_a_key()), 0..4).prop_map(|all| {
        let mut conditions: Map<String, Value> = Map::new();
        for (operator, (key, values)) in all {
            let values = if operator == "Null" { json!("false") } else { values };
            let block = conditions.entry(operator).or_insert_with(|| json!({}));
            block[key] = values;
        }
        Value::Object(conditions)
    })
}

fn principal() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => Just(json!("*")),
        1 => Just(json!({"AWS": [OURS, "arn:aws:iam::444455556666:root"]})),
        1 => Just(json!({"AWS": "arn:aws:iam::111122223333:role/x"})),
        1 => Just(json!({"AWS": "arn:aws:iam::*:role/x"})),
        2 => Just(json!({"AWS": "*", "Service": "logs.amazonaws.com"})),
        1 => Just(json!({"Service": ["logs.amazonaws.com", "s3.amazonaws.com"]})),
    ]
}

fn statement(effect: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let resources = &["*", "arn:aws:s3:::our-bucket/*", "arn:aws:s3:::*", "arn:aws:s3:::?*"][..];
    (select(effect), principal(), conditions(), select(resources)).prop_map(
        |(effect, principal, conditions, resource)| {
            json!({
                "Effect": effect, "Principal": principal, "Action": "*", "Resource": resource,
                "Condition": conditions,
            })
        },
    )
}

/// A request of an outsider: every value is the outsider's choice, and none is ours.
/// All keys are known.
fn outsider() -> impl Strategy<Value = Request> {
    let arns = [
        "arn:aws:iam::999988887777:role/x",
        "arn:aws:iam::999988887777:root",
        "arn:aws:iam::999988887777:user/ou-ours",
        // Colons may be in a path.
        "arn:aws:iam::999988887777:role/a:iam::111122223333:role/x",
    ];
    let optional = |value: &'static str| {
        prop::bool::ANY.prop_map(move |there| if there { vec![value.to_owned()] } else { vec![] })
    };
    (
        select(arns.to_vec()),
        optional("o-outsider"),
        optional("vpce-outsider"),
        optional("y"),
        optional("s3.eu-west-1.amazonaws.com"),
    )
        .prop_map(|(arn, organization, endpoint, tag, via)| {
            let mut request = Request::new(arn, "kms:Decrypt", "arn:aws:s3:::their-bucket/key");
            let paths = organization.iter().map(|_| "o-outsider/r-1/ou-ours/".to_owned()).collect();
            let network = |value: &str| endpoint.iter().map(|_| value.to_owned()).collect();
            for (key, values) in [
                ("kms:calleraccount", vec![OUTSIDER.to_owned()]),
                ("aws:principalorgid", organization.clone()),
                ("aws:principalorgpaths", paths),
                ("aws:principaltag/x", tag),
                ("aws:principalisawsservice", vec!["false".to_owned()]),
                ("aws:principalservicename", vec![]),
                ("aws:sourceaccount", vec![]),
                ("aws:sourceorgid", vec![]),
                ("aws:sourceorgpaths", vec![]),
                ("aws:sourcearn", vec![]),
                ("aws:sourcevpce", endpoint.clone()),
                ("aws:sourcevpc", network("vpc-outsider")),
                ("aws:vpceaccount", network(OUTSIDER)),
                ("aws:vpceorgid", network("o-outsider")),
                ("kms:viaservice", via),
            ] {
                request.context.insert(key.to_owned(), values);
            }
            request
        })
}

/// A request of an AWS service on behalf of an outsider.
fn service_for_an_outsider() -> impl Strategy<Value = Request> {
    prop::bool::ANY.prop_map(|present| {
        let mut request = Request::new("logs.amazonaws.com", "kms:Decrypt", "*");
        let source = |value: &str| if present { vec![value.to_owned()] } else { vec![] };
        for (key, values) in [
            ("aws:principalaccount", vec![]),
            ("aws:principalarn", vec![]),
            ("kms:calleraccount", vec![OUTSIDER.to_owned()]),
            ("aws:principalorgid", vec![]),
            ("aws:principalorgpaths", vec![]),
            ("aws:principaltag/x", vec![]),
            ("aws:principalisawsservice", vec!["true".to_owned()]),
            ("aws:principalservicename", vec!["logs.amazonaws.com".to_owned()]),
            ("aws:sourceaccount", source(OUTSIDER)),
            ("aws:sourceorgid", source("o-outsider")),
            ("aws:sourceorgpaths", source("o-outsider/r-1/")),
            ("aws:sourcearn", source("arn:aws:s3:::their-bucket")),
            ("aws:sourcevpce", vec![]),
            ("aws:sourcevpc", vec![]),
            ("aws:vpceaccount", vec![]),
            ("aws:vpceorgid", vec![]),
            ("kms:viaservice", vec![]),
        ] {
            request.context.insert(key.to_owned(), values);
        }
        request
    })
}

/// The policy is a key's in our account and organization, or an endpoint's through which an
/// outsider reaches a bucket of its own.
fn at(attached: AttachedTo, mut request: Request) -> Request {
    let (account, organization) = match attached {
        AttachedTo::Key => (OURS, "o-ours"),
        AttachedTo::Endpoint | AttachedTo::GatewayEndpoint => (OUTSIDER, "o-outsider"),
    };
    if attached != AttachedTo::Key {
        // Whoever comes through our endpoint comes from our network.
        for (key, value) in [
            ("aws:sourcevpce", "vpce-ours"),
            ("aws:sourcevpc", "vpc-ours"),
            ("aws:vpceaccount", OURS),
            ("aws:vpceorgid", "o-ours"),
        ] {
            request.context.insert(key.to_owned(), vec![value.to_owned()]);
        }
    }
    for (key, value) in [("aws:resourceaccount", account), ("aws:resourceorgid", organization)] {
        request.context.insert(key.to_owned(), vec![value.to_owned()]);
    }
    request
}

fn attached() -> impl Strategy<Value = AttachedTo> {
    select(vec![AttachedTo::Key, AttachedTo::Endpoint, AttachedTo::GatewayEndpoint])
}

fn is_open(admissions: &[Admission], allowed: &[Value], who: impl Fn(&Admission) -> &Who) -> bool {
    let allows = |(_, statement): &(&Admission, &Value)| statement["Effect"] == "Allow";
    admissions.iter().zip(allowed).filter(allows).any(|(a, _)| *who(a) == Who::Everybody)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn who_is_not_admitted_is_certainly_refused(
        statement in statement(&["Allow"]), attached in attached(), request in outsider(),
    ) {
        let policy = read(json!([statement]), attached);
        let found = policy.admissions(attached).remove(0);
        let decision = policy.evaluate(&at(attached, request.clone()));
        if found.identities != Who::Everybody {
            prop_assert_eq!(decision, Decision::NoMatch, "{} but {:?}", found.identities, request);
        }
        if found.resources_known() && !matches!(attached, AttachedTo::Key) && found.identities != Who::Everybody {
            prop_assert_ne!(decision, Decision::Allow);
        }
    }

    #[test]
    fn a_service_does_not_pass_for_an_outsider_unless_it_passes_for_everybody(
        statement in statement(&["Allow"]), request in service_for_an_outsider(),
    ) {
        let policy = read(json!([statement]), AttachedTo::Key);
        let found = policy.admissions(AttachedTo::Key).remove(0);
        if found.services != Who::Everybody {
            prop_assert_ne!(policy.evaluate(&at(AttachedTo::Key, request)), Decision::Allow);
        }
    }

    #[test]
    fn a_policy_without_a_statement_that_admits_everybody_allows_no_outsider(
        statements in vec(statement(&["Allow", "Deny", "Deny"]), 1..5), attached in attached(),
        outsiders in vec(outsider(), 4), services in vec(service_for_an_outsider(), 2),
    ) {
        let policy = read(json!(statements), attached);
        let admissions = policy.admissions(attached);
        if !is_open(&admissions, &statements, |a| &a.identities) {
            for request in outsiders {
                prop_assert_ne!(policy.evaluate(&at(attached, request)), Decision::Allow);
            }
        }
        if attached == AttachedTo::Key && !is_open(&admissions, &statements, |a| &a.services) {
            for request in services {
                prop_assert_ne!(policy.evaluate(&at(attached, request)), Decision::Allow);
            }
        }
    }

    #[test]
    fn a_resource_with_a_known_owner_does_not_belong_to_an_outsider(statement in statement(&["Allow"]), request in outsider()) {
        // The outsider's bucket, in a request of ours.
        let policy = read(json!([statement]), AttachedTo::Endpoint);
        let mut request = at(AttachedTo::Endpoint, request);
        for (key, value) in [
            ("aws:principalaccount", OURS),
            ("aws:principalarn", "arn:aws:iam::111122223333:role/x"),
            ("aws:principalorgid", "o-ours"),
            ("aws:principalorgpaths", "o-ours/r-1/"),
        ] {
            request.context.insert(key.to_owned(), vec![value.to_owned()]);
        }
        request.principal_arn = "arn:aws:iam::111122223333:role/x".to_owned();
        if policy.admissions(AttachedTo::Endpoint).remove(0).resources_known() {
            prop_assert_ne!(policy.evaluate(&request), Decision::Allow);
        }
    }
}

#[test]
fn parties_say_who_they_are() {
    let all = [
        Party::RootUser(OURS.to_owned()),
        Party::Organization("o-ours".to_owned()),
        Party::Owner,
        Party::Network("vpce-1".to_owned()),
    ];
    insta::assert_snapshot!(
        Who::Only(all.into()),
        @"the root user of account 111122223333, organization o-ours, the owner's account or organization, network \
            vpce-1"
    );
}
