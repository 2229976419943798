//! What is pointed out in a document.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{ROLE, ROOT, context, document, key_policy, scp, statement};
use crate::model::policy_document::{Dialect, Gravity, LintRule, PolicyDocument};

#[track_caller]
fn lints(fields: Value, expected: &[(LintRule, &str)]) {
    let lints = key_policy(&document(json!([statement(fields)]))).lint(&context());
    let found: Vec<(LintRule, &str)> =
        lints.iter().map(|lint| (lint.rule, lint.path.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn an_ordinary_statement_has_no_lints() {
    lints(json!({}), &[]);
    lints(json!({"Effect": "Deny", "Principal": {"AWS": ROLE}}), &[]);
    lints(json!({"Effect": "Deny", "Principal": "*", "Action": "kms:Disable*"}), &[]);
    lints(json!({"Effect": "Deny", "Principal": "*", "Resource": "*", "Action": "kms:Put*"}), &[]);
    lints(
        json!({"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abc1234567"}}}),
        &[],
    );
    lints(
        json!({"Effect": "Deny", "Principal": null, "NotPrincipal": {"AWS": ROOT}, "Action": "kms:Disable*"}),
        &[],
    );
}

#[test]
fn a_statement_that_silently_does_nothing_is_pointed_out() {
    lints(json!({"Resource": null}), &[(LintRule::MissingResource, "Statement[0].Resource")]);
    lints(json!({"Resource": []}), &[(LintRule::MissingResource, "Statement[0].Resource")]);
    lints(json!({"Action": null}), &[(LintRule::MissingAction, "Statement[0].Action")]);
    lints(json!({"Action": []}), &[(LintRule::MissingAction, "Statement[0].Action")]);
    lints(json!({"Action": null, "NotAction": "kms:*"}), &[]);
    lints(json!({"Principal": null}), &[(LintRule::MissingPrincipal, "Statement[0].Principal")]);
    lints(
        json!({"Principal": {"AWS": []}}),
        &[(LintRule::MissingPrincipal, "Statement[0].Principal")],
    );
    let empty = key_policy(&document(json!([]))).lint(&context());
    assert_eq!(
        (empty.len(), empty[0].rule, empty[0].path.as_str()),
        (1, LintRule::NoStatements, "Statement")
    );
}

#[test]
fn an_allow_to_everyone_is_pointed_out() {
    for principal in [json!("*"), json!({"AWS": "*"}), json!({"AWS": [ROOT, "*"]})] {
        lints(
            json!({ "Principal": principal }),
            &[(LintRule::PublicAllow, "Statement[0].Principal")],
        );
        lints(
            json!({"Principal": principal, "Condition": {"Bool": {}}}),
            &[(LintRule::PublicAllow, "Statement[0].Principal")],
        );
    }
    lints(
        json!({"Principal": null, "NotPrincipal": {"AWS": ROLE}}),
        &[(LintRule::AllowNotPrincipal, "Statement[0].NotPrincipal")],
    );
}

#[test]
fn an_allow_to_everyone_is_not_public_where_a_deny_of_the_document_leaves_it_to_known_parties() {
    let allow = statement(json!({"Principal": "*", "Action": "kms:Decrypt"}));
    let found = |action: &str, key: &str, value: &str| {
        let deny = statement(json!({"Effect": "Deny", "Principal": "*", "Action": action,
            "Condition": {"StringNotEquals": {key: value}}}));
        let faults = key_policy(&document(json!([allow, deny]))).faults(&context());
        faults.into_iter().map(|lint| (lint.rule, lint.path)).collect::<Vec<_>>()
    };
    assert_eq!(found("kms:*", "aws:PrincipalOrgID", "o-abc1234567"), []);
    assert_eq!(found("kms:Decrypt", "kms:CallerAccount", "111122223333"), []);
    let public = [(LintRule::PublicAllow, "Statement[0].Principal".to_owned())];
    // What the denial does not cover, and a test of something else.
    assert_eq!(found("kms:Encrypt", "aws:PrincipalOrgID", "o-abc1234567"), public);
    assert_eq!(found("kms:*", "aws:RequestedRegion", "eu-west-1"), public);
}

#[test]
fn principals_of_a_kind_that_a_key_policy_does_not_take_are_pointed_out() {
    for (kind, name) in
        [("Federated", "cognito-identity.amazonaws.com"), ("CanonicalUser", "79a59df900b949e5")]
    {
        let found = key_policy(&document(json!([{
            "Effect": "Allow", "Principal": {"AWS": ROOT, kind: name}, "Action": "kms:*", "Resource": "*"
        }])))
        .lint(&context());
        assert!(found.iter().any(|it| it.rule == LintRule::PrincipalType), "{kind}: {found:?}");
    }
}

#[test]
fn the_path_of_a_role_may_have_any_printable_character_and_its_name_may_not() {
    let role =
        |rest: &str| json!({"Principal": {"AWS": format!("arn:aws:iam::111122223333:{rest}")}});
    lints(role("role/a!b#c$d/e:f(g)/Admin"), &[]);
    lints(role("user/~/x+y@z"), &[]);
    let refused = [(LintRule::PrincipalForm, "Statement[0].Principal.AWS")];
    for rest in ["role/a/b!c", "role/a b/c", "role/é/c", "role//c", "role/a/"] {
        lints(role(rest), &refused);
    }
}

#[test]
fn arns_that_no_resource_has_are_pointed_out() {
    for (arn, rule) in [
        ("arn:aws:s3:${aws:RequestedRegion}::x", Some(LintRule::ResourceVariable)),
        ("arn:aws:iam::${aws:PrincipalAccount}:role/x", Some(LintRule::ResourceVariable)),
        ("arn:aws:iam::123456789012:foo/x", Some(LintRule::ResourcePath)),
        ("arn:aws:iam::1234:role/x", Some(LintRule::ResourceAccount)),
        ("arn:aws:iam::ACCOUNT_ID:role/x", Some(LintRule::ResourceAccount)),
        ("arn:aws:iam::[account]:role/x", Some(LintRule::ResourceAccount)),
        ("arn:aws:iam::account-id:role/x", Some(LintRule::ResourceAccount)),
        ("arn:aws:iam::111122223333:role/[NAME]", Some(LintRule::ResourceName)),
        ("arn:aws:iam::111122223333:role/<team>", Some(LintRule::ResourceName)),
        ("arn:aws:s3:::x/${aws:userid}", None),
        ("arn:aws:iam::*:role/x", None),
        ("arn:aws:iam::123456789012:root", None),
    ] {
        let policy = scp(&document(json!([{"Effect": "Deny", "Action": "*", "Resource": arn}])));
        let found: Vec<_> = policy.lint(&context()).into_iter().map(|it| it.rule).collect();
        assert_eq!(found, rule.into_iter().collect::<Vec<_>>(), "{arn}");
    }
}

#[test]
fn principals_that_will_not_last_are_pointed_out() {
    let aws = |name: &str| json!({"Principal": {"AWS": [ROOT, name]}});
    let session = [(LintRule::SessionPrincipal, "Statement[0].Principal.AWS[1]")];
    let orphan = [(LintRule::OrphanedPrincipal, "Statement[0].Principal.AWS[1]")];
    lints(aws("arn:aws:sts::111122223333:assumed-role/ml/run"), &session);
    lints(aws("AROAIOSFODNN7EXAMPLE"), &orphan);
    lints(aws("AIDAIOSFODNN7EXAMPLE"), &orphan);
    lints(aws("arn:aws:sts::111122223333:federated-user/ann"), &session);
    for wrong in ["AROASHORT", "AKIAIOSFODNN7EXAMPLE", "AROAiosfodnn7example"] {
        lints(aws(wrong), &[(LintRule::PrincipalForm, "Statement[0].Principal.AWS[1]")]);
    }
    lints(aws("arn:aws:iam::111122223333:role/assumed-role/x"), &[]);
    lints(json!({ "Principal": ROLE }), &[(LintRule::StringPrincipal, "Statement[0].Principal")]);
}

#[test]
fn a_deny_of_everything_is_pointed_out() {
    let everything = [(LintRule::DenyEverything, "Statement[0]")];
    for principal in [json!("*"), json!({ "AWS": ROOT }), json!({"AWS": "111122223333"})] {
        for action in ["*", "kms:*", "*:*"] {
            lints(json!({"Effect": "Deny", "Principal": principal, "Action": action}), &everything);
        }
    }
    lints(json!({"Effect": "Deny", "Principal": null, "NotPrincipal": {"AWS": ROLE}}), &everything);
    lints(json!({"Effect": "Deny", "Principal": "*", "Action": null, "NotAction": "kms:*"}), &[]);
    lints(json!({"Effect": "Deny", "Principal": {"Service": "*"}}), &[]);
    let condition = json!({"Bool": {"aws:SecureTransport": false}});
    lints(json!({"Effect": "Deny", "Principal": "*", "Condition": condition}), &[]);
    let guard = |fields: Value| scp(&document(fields)).lint(&context());
    let deny = guard(json!({"Effect": "Deny", "Action": "*", "Resource": "*"}));
    assert_eq!(deny[0].gravity, Gravity::Doubtful, "it can be meant");
    assert_eq!(deny.iter().map(|l| l.rule).collect::<Vec<_>>(), [LintRule::DenyEverything]);
    assert!(guard(json!({"Effect": "Allow", "Action": "*", "Resource": "*"})).is_empty());
}

#[test]
fn operators_and_tag_keys_that_mislead_are_pointed_out() {
    lints(
        json!({"Condition": {"stringEquals": {"aws:x": "1"}}}),
        &[(LintRule::UnknownOperator, "Statement[0].Condition.stringEquals")],
    );
    lints(
        json!({"Condition": {"StringEquals": {"aws:RequestTag/Team": "a"}, "StringLike": {"AWS:RequestTag/team": "a"}}}),
        &[(LintRule::TagKeyCase, "Statement[0].Condition.StringLike.AWS:RequestTag/team")],
    );
    lints(
        json!({"Condition": {"StringEquals": {"aws:RequestTag/Team": "a"}, "StringLike": {"AWS:requesttag/Team": "a"}}}),
        &[],
    );
    lints(
        json!({"Condition": {"StringEquals": {"aws:X": "a"}, "StringLike": {"aws:x": "a"}}}),
        &[],
    );
}

#[test]
fn messages_name_no_policy_text_but_actions() {
    let policy = key_policy(&document(json!([
        statement(
            json!({"Principal": {"AWS": ["*", "AROASECRETSECRET1", "arn:aws:sts::1:assumed-role/secret/s"]}, "Resource": null, "Action": null})
        ),
        statement(
            json!({"Effect": "Deny", "Principal": null, "Resource": "secret", "Sid": "secret"})
        ),
    ])));
    let lints = policy.lint(&context());
    let rules: Vec<LintRule> = lints.iter().map(|lint| lint.rule).collect();
    use LintRule::{
        MissingAction, MissingPrincipal, MissingResource, OrphanedPrincipal, PrincipalAccount,
        PublicAllow, ResourceForm,
    };
    assert_eq!(
        rules,
        [
            OrphanedPrincipal,
            PrincipalAccount,
            PublicAllow,
            MissingAction,
            MissingResource,
            MissingPrincipal,
            ResourceForm
        ]
    );
    assert!(!lints.iter().any(|lint| format!("{lint:?}").to_lowercase().contains("\"secret")));
    assert!(!lints.iter().any(|lint| lint.message.contains("secret")));
    assert_eq!(serde_json::to_value(rules[3]).expect("serializes"), "missing-action");
}

#[test]
fn every_rule_is_one_of_some_dialect_and_has_a_name_of_its_own() {
    let dialects = [
        Dialect::KeyPolicy,
        Dialect::EndpointPolicy,
        Dialect::ServiceControlPolicy,
        Dialect::ResourceControlPolicy,
        Dialect::IdentityPolicy,
    ];
    let mut names = BTreeSet::new();
    for rule in LintRule::ALL {
        assert!(dialects.iter().any(|dialect| rule.gravity(*dialect).is_some()), "{rule:?}");
        assert!(names.insert(serde_json::to_string(rule).expect("serializes")), "{rule:?}");
    }
    assert!(names.len() > 50, "{}", names.len());
}

/// The rules that find something in a service control policy of one statement.
fn control(fields: &Value) -> Vec<(LintRule, Gravity)> {
    let lints = scp(&document(fields.clone())).lint(&context());
    lints.into_iter().map(|lint| (lint.rule, lint.gravity)).collect()
}

#[test]
fn what_is_doubtful_in_a_test_is_pointed_out_and_what_can_never_hold_is_unfit() {
    let found = |condition: Value| {
        control(
            &json!({"Effect": "Deny", "Action": "s3:Get*", "Resource": "*", "Condition": condition}),
        )
    };
    for (condition, expected) in [
        (
            json!({"Bool": {"aws:SecureTransport": "no"}}),
            Some((LintRule::BoolValue, Gravity::Unfit)),
        ),
        (json!({"Null": {"aws:SourceVpce": "x"}}), Some((LintRule::BoolValue, Gravity::Unfit))),
        (
            json!({"NumericLessThan": {"s3:max-keys": "ten"}}),
            Some((LintRule::NumericValue, Gravity::Unfit)),
        ),
        (
            json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/33"}}),
            Some((LintRule::AddressValue, Gravity::Unfit)),
        ),
        (
            json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            Some((LintRule::PrivateAddress, Gravity::Doubtful)),
        ),
        (json!({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}), None),
        (json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}), None),
        (
            json!({"StringEquals": {"aws:SourceVpc": "vpce-1"}}),
            Some((LintRule::NetworkId, Gravity::Doubtful)),
        ),
        (
            json!({"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}),
            Some((LintRule::WildcardWithoutLike, Gravity::Doubtful)),
        ),
        (json!({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}), None),
        (
            json!({"StringEquals": {"aws:RequestTag/": "x"}}),
            Some((LintRule::NoTagKey, Gravity::Doubtful)),
        ),
        (
            json!({"StringEquals": {"aws:RequestedRegion": []}}),
            Some((LintRule::NoValues, Gravity::Doubtful)),
        ),
        (
            json!({"Bool": {"aws:SecureTransport": ["true", "false"]}}),
            Some((LintRule::TwoBooleans, Gravity::Doubtful)),
        ),
        (json!({"NumericLessThan": {"s3:max-keys": "${aws:PrincipalTag/n}"}}), None),
        (json!({"ForAllValues:StringEquals": {"aws:TagKeys": "x"}}), None),
    ] {
        assert_eq!(
            found(condition.clone()),
            expected.into_iter().collect::<Vec<_>>(),
            "{condition}"
        );
    }
    let allow = |absent: Value| {
        control(&json!({"Effect": "Allow", "Action": "s3:Get*", "Resource": "*",
            "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": "x"}, "Null": absent}}))
    };
    assert_eq!(allow(json!({})), [(LintRule::ForAllValuesAllow, Gravity::Doubtful)]);
    assert_eq!(allow(json!({"aws:tagkeys": "false"})), []);
}

#[test]
fn what_nobody_filled_in_and_ids_of_nobody_are_unfit() {
    for (operator, key, value, expected) in [
        ("StringEquals", "aws:PrincipalOrgID", "<my-org-id>", Some(LintRule::OrganizationId)),
        ("StringNotEquals", "aws:SourceOrgID", "o-xxx", Some(LintRule::OrganizationId)),
        ("StringEquals", "aws:ResourceOrgID", "O-ABC1234567", Some(LintRule::OrganizationId)),
        ("StringLike", "aws:PrincipalOrgID", "my-org_*", Some(LintRule::OrganizationId)),
        ("StringLike", "aws:PrincipalOrgID", "o-abc123*", None),
        ("StringEquals", "aws:PrincipalOrgID", "o-abc1234567", None),
        ("StringEquals", "aws:PrincipalOrgID", "${organization.id}", None),
        ("StringEquals", "aws:PrincipalAccount", "<account>", Some(LintRule::AccountId)),
        ("StringEquals", "aws:ResourceAccount", "1111-2222-3333", Some(LintRule::AccountId)),
        ("StringNotEquals", "aws:SourceAccount", "111111", Some(LintRule::AccountId)),
        ("StringEquals", "kms:CallerAccount", "111122223333", None),
        ("StringLike", "aws:PrincipalAccount", "1111*", None),
        ("ArnLike", "aws:PrincipalArn", "<role-arn>", Some(LintRule::Placeholder)),
        ("StringEquals", "aws:PrincipalTag/team", "<team>", Some(LintRule::Placeholder)),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/x", None),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::${aws:PrincipalAccount}:role/[x]", None),
        (
            "ArnLike",
            "aws:PrincipalArn",
            "arn:aws:iam::ACCOUNT:role/x",
            Some(LintRule::ResourceAccount),
        ),
    ] {
        let condition = json!({ operator: { key: value } });
        let policy = scp(&document(json!([statement(
            json!({"Effect": "Deny", "Principal": null, "Condition": condition})
        )])));
        let found: Vec<_> = policy.faults(&context()).into_iter().map(|lint| lint.rule).collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{condition}");
    }
}

#[test]
fn dates_have_the_forms_of_w3c_or_are_seconds() {
    for (date, right) in [
        ("2026", true),
        ("2026-01", true),
        ("2026-01-31", true),
        ("2026-01-31T18:00Z", true),
        ("2026-01-31T18:00:00+02:00", true),
        ("2026-01-31T18:00:00.25Z", true),
        ("1767225600", true),
        ("2026-13", false),
        ("2026-01T18:00Z", false),
        ("2026-01-31T18:00:00", false),
        ("26-01-31", false),
        ("01/31/2026", false),
        ("tomorrow", false),
    ] {
        let policy = scp(&document(json!([{"Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": {"DateGreaterThan": {"aws:CurrentTime": date}}}])));
        let found: Vec<_> = policy.faults(&context()).into_iter().map(|it| it.rule).collect();
        assert_eq!(found.is_empty(), right, "{date}: {found:?}");
    }
}

#[test]
fn an_action_that_is_not_known_is_pointed_out_with_the_one_that_was_probably_meant() {
    let policy = scp(&document(json!({"Effect": "Deny", "Resource": "*", "Action": [
        "s3:GetObjekt", "sagemakr:CreateApp", "cloudtrail:StopLoging*", "s3:getobject", "new:Thing", "cloudtrail.StopLogging"
    ]})));
    let text: Vec<String> = policy
        .lint(&context())
        .iter()
        .map(|l| format!("{} {:?} {:?}: {}: {}", l.path, l.rule, l.gravity, l.message, l.help))
        .collect();
    insta::assert_snapshot!(text.join("\n"), @r#"
    Statement.Action[0] UnknownAction Doubtful: `s3:GetObjekt` is not a known action: did you mean `s3:GetObject`?
    Statement.Action[1] UnknownService Doubtful: `sagemakr` is not the prefix of a known service: did you mean `sagemaker:CreateApp`?
    Statement.Action[2] NoSuchActions Doubtful: `cloudtrail:StopLoging*` does not match any known action: did you mean `cloudtrail:StopLogging`?
    Statement.Action[3] ActionCase Doubtful: AWS spells this action in another case: did you mean `s3:GetObject`?
    Statement.Action[4] UnknownService Doubtful: `new` is not the prefix of a known service: check its spelling in the service authorization reference
    Statement.Action[5] ActionService Refused: an action is SERVICE:NAME or "*": did you mean `cloudtrail:StopLogging`?
    "#);
    assert_eq!(policy.faults(&context()).len(), 1);
}

#[test]
fn an_endpoint_policy_follows_what_the_privatelink_guide_asks_for() {
    let lint = |fields: Value| {
        let value = document(statement(fields));
        let policy = PolicyDocument::from_value(&value, Dialect::EndpointPolicy).expect("reads");
        let lints = policy.lint(&context());
        lints.into_iter().map(|lint| (lint.rule, lint.gravity)).collect::<Vec<_>>()
    };
    let like = |key: &str, value: &str| json!({"Principal": "*", "Action": "s3:*", "Condition": {"StringLike": {key: value}}});
    assert_eq!(
        lint(like("aws:PrincipalAccount", "1111*")),
        [(LintRule::SystemIdentifier, Gravity::Refused)]
    );
    assert_eq!(
        lint(like("aws:PrincipalOrgID", "o-*")),
        [(LintRule::OrganizationIdentifier, Gravity::Doubtful)]
    );
    assert_eq!(
        lint(like("aws:PrincipalTag/x", "a*")),
        [(LintRule::WideWildcard, Gravity::Doubtful)]
    );
    assert_eq!(lint(like("aws:PrincipalArn", "arn:aws:iam::*:role/x")), []);
    assert_eq!(
        lint(
            json!({"Principal": "*", "Action": "s3:*", "Resource": "arn:aws:sqs:eu-west-1:1234*:x"})
        ),
        [(LintRule::MixedAccount, Gravity::Refused)]
    );
}

#[test]
fn a_document_of_another_partition_is_judged_only_where_the_partition_is_known() {
    let china = "arn:aws-cn:iam::111122223333:root";
    let policy = key_policy(&document(statement(json!({"Principal": {"AWS": china}}))));
    let found = policy.lint(&context());
    assert_eq!(found.iter().map(|l| l.rule).collect::<Vec<_>>(), [LintRule::PrincipalPartition]);
    let nowhere = super::Context { partition: String::new(), account: String::new() };
    assert_eq!(policy.lint(&nowhere), []);
}
