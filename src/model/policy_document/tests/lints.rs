//! What is pointed out in a document.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{ROLE, ROOT, document, key_policy, scp, statement};
use crate::model::policy_document::{Dialect, LintRule};

#[track_caller]
fn lints(fields: Value, expected: &[(LintRule, &str)]) {
    let lints = key_policy(&document(json!([statement(fields)]))).lint(Dialect::KeyPolicy);
    let found: Vec<(LintRule, &str)> =
        lints.iter().map(|lint| (lint.rule, lint.path.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn an_ordinary_statement_has_no_lints() {
    lints(json!({}), &[]);
    lints(json!({"Effect": "Deny", "Principal": {"AWS": ROLE}}), &[]);
    lints(json!({"Effect": "Deny", "Principal": "*", "Action": "kms:Disable*"}), &[]);
    lints(json!({"Effect": "Deny", "Principal": "*", "Resource": "x"}), &[]);
    lints(
        json!({"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}),
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
    let empty = key_policy(&document(json!([]))).lint(Dialect::KeyPolicy);
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
fn principals_that_will_not_last_are_pointed_out() {
    let aws = |name: &str| json!({"Principal": {"AWS": [ROOT, name]}});
    let session = [(LintRule::SessionPrincipal, "Statement[0].Principal.AWS")];
    let orphan = [(LintRule::OrphanedPrincipal, "Statement[0].Principal.AWS")];
    lints(aws("arn:aws:sts::111122223333:assumed-role/ml/run"), &session);
    lints(aws("AROAIOSFODNN7EXAMPLE"), &orphan);
    lints(aws("AIDAIOSFODNN7EXAMPLE"), &orphan);
    for fine in [
        "AROASHORT",
        "AKIAIOSFODNN7EXAMPLE",
        "AROAiosfodnn7example",
        "arn:aws:iam::1:role/assumed-role/x",
        "arn:aws:sts::1:federated-user/x",
    ] {
        lints(aws(fine), &[]);
    }
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
    let guard = |fields: Value| scp(&document(fields)).lint(Dialect::ServiceControlPolicy);
    let deny = guard(json!({"Effect": "Deny", "Action": "*", "Resource": "*"}));
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
fn messages_name_no_policy_text_and_every_rule_has_its_own() {
    let policy = key_policy(&document(json!([
        statement(
            json!({"Principal": {"AWS": ["*", "AROASECRETSECRET1", "arn:aws:sts::1:assumed-role/secret/s"]}, "Resource": null, "Action": null})
        ),
        statement(json!({"Effect": "Deny", "Principal": null})),
    ])));
    let lints = policy.lint(Dialect::KeyPolicy);
    let rules: Vec<LintRule> = lints.iter().map(|lint| lint.rule).collect();
    use LintRule::{
        DenyEverything, MissingAction, MissingPrincipal, MissingResource, OrphanedPrincipal,
        PublicAllow, SessionPrincipal,
    };
    assert_eq!(
        rules,
        [
            MissingAction,
            MissingResource,
            PublicAllow,
            SessionPrincipal,
            OrphanedPrincipal,
            MissingPrincipal,
            DenyEverything
        ]
    );
    let messages: BTreeSet<&str> = lints.iter().map(|lint| lint.message.as_str()).collect();
    assert_eq!(messages.len(), rules.len());
    assert!(!messages.iter().any(|message| message.to_lowercase().contains("secret")));
    assert_eq!(serde_json::to_value(rules[0]).expect("serialises"), "missing-action");
}
