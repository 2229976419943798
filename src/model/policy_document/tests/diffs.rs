//! What a difference looks like and which way it goes.

use serde_json::{Value, json};

use super::{ROLE, ROOT, context, document, key_policy, scp, statement};
use crate::model::policy_document::{
    Comparison, Context, PolicyDiff, StatementChange,
    Widening::{self, Mixed, Narrows, Neutral, Unknown, Widens},
    diff,
};

fn changes(old: Value, new: Value) -> PolicyDiff {
    diff(&key_policy(&document(old)), &key_policy(&document(new)), &context())
}

/// The direction of a change, given as the fields in which one `Allow` statement differs. The same
/// change of a `Deny` must go the other way, and the change undone too.
#[track_caller]
fn direction(old: Value, new: Value, expected: Widening) {
    let with = |fields: &Value, effect: &str| {
        let mut statement = statement(fields.clone());
        statement["Effect"] = json!(effect);
        statement["Sid"] = json!("S");
        statement
    };
    let reversed = match expected {
        Widens => Narrows,
        Narrows => Widens,
        other => other,
    };
    let judge = |old: &Value, new: &Value, effect: &str| {
        changes(with(old, effect), with(new, effect)).widening
    };
    assert_eq!(judge(&old, &new, "Allow"), expected, "{old} -> {new}");
    assert_eq!(judge(&new, &old, "Allow"), reversed, "undone: {old} -> {new}");
    assert_eq!(judge(&old, &new, "Deny"), reversed, "as a deny: {old} -> {new}");
}

#[test]
fn a_diff_reads_statement_by_statement() {
    let old = json!([
        statement(json!({"Sid": "Administer"})),
        statement(
            json!({"Sid": "Use", "Principal": {"AWS": ROLE}, "Action": ["kms:Encrypt", "kms:Decrypt"],
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1", "kms:ViaService": ["a", "b"]}}})
        ),
        statement(
            json!({"Sid": "Old", "Effect": "Deny", "Principal": "*", "Action": "kms:Disable*"})
        ),
    ]);
    let new = json!([
        statement(
            json!({"Sid": "Guests", "Principal": {"AWS": "444455556666", "Service": "logs.amazonaws.com"}, "Action": "kms:Decrypt"})
        ),
        statement(json!({"Sid": "Administer"})),
        statement(
            json!({"Sid": "Use", "Principal": {"AWS": ROLE}, "Action": ["KMS:encrypt", "kms:GenerateDataKey*"],
            "Condition": {"StringEquals": {"AWS:PrincipalOrgId": "o-1", "kms:ViaService": ["b", "c"]}}})
        ),
    ]);
    let diff = changes(old, new);
    insta::assert_snapshot!(diff, @r#"
    + statement "Guests" (Allow): widens access
      + Action: kms:Decrypt
      + Principal AWS: 444455556666
      + Principal Service: logs.amazonaws.com
      + Resource: *
      ~ names account 444455556666
    ~ statement "Use" (Allow): widens and narrows access
      - Action: kms:Decrypt
      + Action: kms:GenerateDataKey*
      - Condition StringEquals kms:ViaService: a
      + Condition StringEquals kms:ViaService: c
    - statement "Old" (Deny): widens access
      - Action: kms:Disable*
      - Principal AWS: *
      - Resource: *
    "#);
    assert_eq!((diff.comparison, diff.widening), (Comparison::Different, Mixed));
}

#[test]
fn document_fields_and_cosmetic_changes_are_shown() {
    let old = json!({"Id": "a", "Statement": statement(json!({"Sid": "A"}))});
    let new = json!({"Version": "2012-10-17", "Statement": statement(json!({}))});
    let diff = diff(&key_policy(&old), &key_policy(&new), &context());
    insta::assert_snapshot!(diff, @r#"
    ~ Version: 2008-10-17 -> 2012-10-17
    ~ Id: "a" -> (none)
    ~ Statement[0] (Allow): no effect on access
      - Sid: A
    "#);
    assert_eq!((diff.comparison, diff.widening), (Comparison::Different, Neutral));
}

#[test]
fn a_new_version_matters_once_there_are_variables() {
    let with = |version: &str, resource: &str| {
        key_policy(
            &json!({"Version": version, "Statement": statement(json!({ "Resource": resource }))}),
        )
    };
    for (resource, expected) in [("${aws:x}", Unknown), ("$aws:x", Neutral)] {
        let diff = diff(&with("2008-10-17", resource), &with("2012-10-17", resource), &context());
        assert_eq!(diff.widening, expected, "{resource}");
    }
}

#[test]
fn an_element_without_values_is_shown_when_it_comes_or_goes() {
    insta::assert_snapshot!(changes(statement(json!({"Principal": null})), statement(json!({"Principal": {}}))), @r"
    ~ Statement[0] (Allow): effect on access unknown
      + Principal: (none)
    ");
    let condition = |operator: &str| statement(json!({"Condition": {operator: {}}}));
    insta::assert_snapshot!(changes(condition("StringLike"), condition("stringLike")), @r"
    ~ Statement[0] (Allow): no effect on access
      - Condition StringLike: (none)
      + Condition stringLike: (none)
    ");
    insta::assert_snapshot!(changes(statement(json!({"Principal": {"AWS": []}})), statement(json!({"Principal": null}))), @r"
    ~ Statement[0] (Allow): effect on access unknown
      - Principal AWS: (none)
    ");
}

#[test]
fn another_written_form_of_a_service_control_policy_is_shown_as_such() {
    let with = |actions: Value| {
        scp(&document(json!([{"Effect": "Deny", "Action": actions, "Resource": "*"}])))
    };
    let form = diff(&with(json!(["a:X", "b:Y"])), &with(json!(["b:Y", "a:X"])), &context());
    insta::assert_snapshot!(form, @"~ the same statements, written differently (order, repetition \
        or brackets)");
    assert_eq!((form.comparison, form.widening), (Comparison::Different, Neutral));
    let case = diff(&with(json!(["a:X"])), &with(json!(["A:X"])), &context());
    assert_eq!(case.widening, Mixed);
}

#[test]
fn text_from_a_policy_cannot_forge_lines_or_steer_the_terminal() {
    let diff =
        changes(json!([]), json!([statement(json!({"Sid": "a\n+ x\u{9b}2J", "Action": "k\tms"}))]));
    insta::assert_snapshot!(diff, @r#"
    + statement "a\u{a}+ x\u{9b}2J" (Allow): widens access
      + Action: k\u{9}ms
      + Principal AWS: arn:aws:iam::111122223333:root
      + Resource: *
    "#);
}

#[test]
fn statements_are_matched_by_identity_then_sid_then_overlap() {
    let action = |sid: &str, actions: Value| statement(json!({"Sid": sid, "Action": actions}));
    let kinds = |diff: &PolicyDiff| {
        diff.statements.iter().map(|s| (s.change, s.name.clone())).collect::<Vec<_>>()
    };

    let by_sid = changes(
        json!([action("A", json!("x:1"))]),
        json!([action("B", json!("x:1")), action("A", json!("y:2"))]),
    );
    assert_eq!(
        kinds(&by_sid),
        [
            (StatementChange::Added, "statement \"B\"".into()),
            (StatementChange::Changed, "statement \"A\"".into())
        ]
    );
    assert_eq!(by_sid.widening, Widens, "what A allowed, B allows now");

    let old =
        json!([action("", json!(["a:1", "a:2", "a:3"])), action("", json!(["b:1", "b:2", "b:3"]))]);
    let new = json!([action("", json!(["b:1", "b:2", "b:4"])), action("", json!(["a:1", "a:2"]))]);
    let by_overlap = changes(old, new);
    assert_eq!(
        kinds(&by_overlap),
        [
            (StatementChange::Changed, "Statement[0]".into()),
            (StatementChange::Changed, "Statement[1]".into())
        ]
    );
    assert_eq!(by_overlap.statements[0].elements[0].added, ["b:4"]);
    assert_eq!(by_overlap.statements[0].elements[0].removed, ["b:3"]);
    assert_eq!(by_overlap.statements[1].elements[0].removed, ["a:3"]);

    let nothing_shared = changes(
        json!([statement(json!({"Action": ["x:1", "x:2", "x:3"], "Resource": "r"}))]),
        json!([statement(json!({"Action": ["y:1", "y:2", "y:3"], "Resource": "s"}))]),
    );
    assert_eq!(
        kinds(&nothing_shared),
        [
            (StatementChange::Added, "Statement[0]".into()),
            (StatementChange::Removed, "Statement[0]".into())
        ]
    );
    let shared_third = changes(
        json!([statement(
            json!({"Action": "x:1", "Resource": "r", "Principal": {"AWS": ["p", "q"]}})
        )]),
        json!([statement(
            json!({"Action": "x:2", "Resource": "r", "Principal": {"AWS": ["p", "s"]}})
        )]),
    );
    assert_eq!(kinds(&shared_third).len(), 1, "two of six values are shared");
    let other_effect = changes(
        json!([action("", json!("x:1"))]),
        json!([statement(json!({"Effect": "Deny", "Action": "x:1"}))]),
    );
    assert_eq!(kinds(&other_effect).len(), 2);
}

#[test]
fn the_best_partner_wins_and_the_first_of_equals() {
    let action = |actions: Value| statement(json!({ "Action": actions }));
    let diff = changes(
        json!([action(json!(["a:1", "a:2"])), action(json!(["a:1", "a:2", "a:3"]))]),
        json!([action(json!(["a:1", "a:2", "a:3", "a:4"]))]),
    );
    assert_eq!(diff.statements[0].elements[0].added, ["a:4"]);
    assert_eq!(
        (diff.statements[1].change, diff.statements[1].name.as_str()),
        (StatementChange::Removed, "Statement[0]")
    );
}

#[test]
fn a_sid_that_is_not_unique_does_not_decide() {
    let action = |actions: Value| statement(json!({"Sid": "S", "Action": actions}));
    let diff = changes(
        json!([action(json!(["a:1", "a:2", "a:3"])), action(json!(["b:1", "b:2", "b:3"]))]),
        json!([action(json!(["b:1", "b:2", "b:3", "b:4"]))]),
    );
    assert_eq!(diff.statements[0].elements[0].added, ["b:4"]);
    assert!(diff.statements[0].elements[0].removed.is_empty());
}

#[test]
fn coming_and_going_statements_have_their_direction() {
    let allow = statement(json!({}));
    let deny = statement(
        json!({"Effect": "Deny", "Principal": "*", "Action": "kms:Disable*", "Resource": "x"}),
    );
    for (old, new, expected) in [
        (json!([]), json!([allow]), Widens),
        (json!([allow]), json!([]), Narrows),
        (json!([]), json!([deny]), Narrows),
        (json!([deny]), json!([]), Widens),
        (json!([]), json!([allow, deny]), Mixed),
        (json!([deny]), json!([allow]), Widens),
        (json!([allow]), json!([deny]), Narrows),
    ] {
        assert_eq!(changes(old.clone(), new.clone()).widening, expected, "{old} -> {new}");
    }
    let flipped = changes(
        json!([statement(json!({"Sid": "S"}))]),
        json!([statement(json!({"Sid": "S", "Effect": "Deny"}))]),
    );
    insta::assert_snapshot!(flipped, @r#"
    ~ statement "S" (Deny): narrows access
      - Effect: Allow
      + Effect: Deny
    "#);
    let back = changes(
        json!([statement(json!({"Sid": "S", "Effect": "Deny"}))]),
        json!([statement(json!({"Sid": "S"}))]),
    );
    assert_eq!(back.widening, Widens);
}

#[test]
fn a_statement_that_is_still_there_under_another_name_has_no_effect() {
    let named = |sid: &str| statement(json!({ "Sid": sid }));
    for (old, new) in [
        (json!([named("A"), named("B")]), json!([named("A")])),
        (json!([named("A")]), json!([named("A"), named("B")])),
        (json!([named("A")]), json!([named("C")])),
    ] {
        let diff = changes(old, new);
        assert_eq!((diff.comparison, diff.widening), (Comparison::CosmeticOnly, Neutral));
    }
}

#[test]
fn the_direction_of_actions_and_resources() {
    let actions = |list: Value| json!({ "Action": list });
    direction(actions(json!("a:1")), actions(json!(["a:1", "a:2"])), Widens);
    direction(actions(json!("a:1")), actions(json!("a:2")), Mixed);
    direction(actions(json!("kms:Get*")), actions(json!("KMS:*")), Widens);
    direction(actions(json!("kms:*")), actions(json!(["kms:*", "kms:Get*"])), Neutral);
    direction(actions(json!([])), actions(json!("a:1")), Widens);
    let not = |list: Value| json!({"Action": null, "NotAction": list});
    direction(not(json!("a:1")), not(json!(["a:1", "a:2"])), Narrows);
    direction(not(json!("a:1")), actions(json!("a:1")), Unknown);
    direction(actions(json!("a:1")), json!({"Action": null}), Unknown);
    let resource = |list: Value| json!({ "Resource": list });
    direction(resource(json!("arn:aws:s3:::b/x")), resource(json!("arn:aws:s3:::b/*")), Widens);
    direction(resource(json!("arn:aws:s3:::b")), resource(json!("*")), Widens);
    direction(resource(json!("arn:aws:s3:::B")), resource(json!("arn:aws:s3:::b")), Mixed);
    direction(resource(json!("x")), json!({"Resource": null}), Unknown);
}

#[test]
fn the_direction_of_principals() {
    let aws = |names: Value| json!({"Principal": {"AWS": names}});
    direction(aws(json!(ROOT)), aws(json!([ROOT, ROLE])), Widens);
    direction(aws(json!(ROOT)), aws(json!(ROLE)), Mixed);
    direction(aws(json!([ROOT, ROLE])), json!({"Principal": "*"}), Widens);
    direction(json!({"Principal": "*"}), aws(json!(["*", ROLE])), Neutral);
    direction(json!({"Principal": {"Service": "a"}}), json!({"Principal": "*"}), Mixed);
    direction(
        json!({"Principal": {"Service": "a"}}),
        json!({"Principal": {"Service": "*"}}),
        Mixed,
    );
    direction(
        json!({"Principal": {"Service": "a"}}),
        json!({"Principal": {"Service": "a", "AWS": ROLE}}),
        Widens,
    );
    direction(json!({"Principal": "x"}), json!({"Principal": "y"}), Mixed);
    let not = |names: Value| json!({"Principal": null, "NotPrincipal": {"AWS": names}});
    direction(not(json!(ROLE)), not(json!([ROLE, ROOT])), Narrows);
    direction(not(json!(ROLE)), aws(json!(ROLE)), Unknown);
    direction(json!({"Principal": null}), json!({"Principal": "*"}), Unknown);
}

#[test]
fn the_direction_of_conditions() {
    let when = |operator: &str, values: Value| json!({"Condition": {operator: {"aws:x": values}}});
    direction(when("StringEquals", json!("a")), json!({}), Widens);
    direction(when("StringEquals", json!("a")), when("StringEquals", json!(["a", "b"])), Widens);
    direction(
        when("StringNotEquals", json!("a")),
        when("StringNotEquals", json!(["a", "b"])),
        Narrows,
    );
    direction(when("StringEquals", json!("a")), when("StringEquals", json!("b")), Mixed);
    direction(when("ArnLike", json!("a")), when("ArnLike", json!("b")), Mixed);
    direction(
        when("StringNotLikeIfExists", json!("a")),
        when("StringNotLikeIfExists", json!("b")),
        Mixed,
    );
    direction(when("StringEquals", json!("a")), when("StringLike", json!("a")), Mixed);
    direction(when("NumericLessThan", json!(5)), when("NumericLessThan", json!(10)), Unknown);
    direction(when("NumericLessThan", json!(5)), when("NumericLessThan", json!([5, 10])), Widens);
    direction(when("Bool", json!(true)), when("Bool", json!(false)), Unknown);
    direction(when("Null", json!(true)), when("Null", json!(false)), Unknown);
    direction(
        when("IpAddress", json!("10.0.0.0/8")),
        when("IpAddress", json!("10.0.0.0/9")),
        Unknown,
    );
    direction(when("stringequals", json!("a")), when("stringequals", json!(["a", "b"])), Unknown);
    direction(when("StringEquals", json!([])), when("StringEquals", json!("a")), Unknown);
    let both = |k: &str| json!({"Condition": {"StringEquals": {"aws:x": "a", k: "b"}}});
    direction(both("aws:y"), when("StringEquals", json!("a")), Widens);
    direction(both("aws:y"), both("aws:z"), Mixed);
}

#[test]
fn directions_of_several_elements_add_up() {
    direction(
        json!({"Action": "a:1", "Resource": "x"}),
        json!({"Action": ["a:1", "a:2"], "Resource": "*"}),
        Widens,
    );
    direction(
        json!({"Action": "a:1", "Resource": "*"}),
        json!({"Action": ["a:1", "a:2"], "Resource": "x"}),
        Mixed,
    );
    for all in [Widens, Narrows, Mixed, Neutral, Unknown] {
        assert_eq!(all.and(Neutral), all);
        assert_eq!(Neutral.and(all), all);
        assert_eq!(all.and(all), all);
        assert_eq!(all.and(Unknown), Unknown);
        assert_eq!(Unknown.and(all), Unknown);
    }
    assert_eq!(
        (Widens.and(Narrows), Narrows.and(Widens), Widens.and(Mixed)),
        (Mixed, Mixed, Mixed)
    );
}

#[test]
fn accounts_are_pointed_out_when_they_are_new_and_not_ones_own() {
    let with = |names: Value| statement(json!({"Sid": "S", "Principal": {"AWS": names}}));
    let accounts = |old: Value, new: Value| {
        changes(old, new).statements[0].other_accounts.iter().cloned().collect::<Vec<_>>()
    };
    assert_eq!(
        accounts(
            with(json!(ROOT)),
            with(json!([
                ROOT,
                ROLE,
                "arn:aws:iam::444455556666:user/u",
                "777788889999",
                "*",
                "AIDAX"
            ]))
        ),
        ["444455556666", "777788889999"]
    );
    assert!(
        accounts(
            with(json!("444455556666")),
            with(json!(["444455556666", "arn:aws:iam::444455556666:user/u"]))
        )
        .is_empty()
    );
    assert!(accounts(with(json!(["444455556666", ROLE])), with(json!(ROLE))).is_empty(), "it goes");
    let not =
        statement(json!({"Sid": "S", "Principal": null, "NotPrincipal": {"AWS": "444455556666"}}));
    assert!(accounts(with(json!(ROOT)), not).is_empty(), "exempting is not naming");
    let nobody = Context { partition: "aws".to_owned(), account: String::new() };
    let (old, new) = (key_policy(&document(json!([]))), key_policy(&document(with(json!(ROOT)))));
    assert!(diff(&old, &new, &nobody).statements[0].other_accounts.is_empty());
}

#[test]
fn a_diff_serializes_to_json() {
    let diff = changes(
        json!([statement(json!({"Action": ["a:1", "a:2"]}))]),
        json!([statement(json!({"Action": "a:1"}))]),
    );
    insta::assert_snapshot!(serde_json::to_string(&diff).expect("serializes"), @r#"{"comparison":"different","widening":"narrows","document":[],"statements":[{"change":"changed","name":"Statement[0]","effect":"Allow","elements":[{"element":"Action","added":[],"removed":["a:2"]}],"otherAccounts":[],"widening":"narrows"}]}"#);
}
