use serde_json::{Value, json};

use super::*;

fn ec2(value: &Value) -> ManagementPolicy {
    ManagementPolicy::from_value(&json!({"ec2_attributes": value}), Language::DeclarativeEc2)
}

fn console(status: &str) -> Value {
    json!({"serial_console_access": {"status": {"@@assign": status}}})
}

fn moves(old: Option<&ManagementPolicy>, new: Option<&ManagementPolicy>) -> Widening {
    ManagementPolicy::widening(old, new)
}

#[test]
fn the_order_of_members_and_of_values_means_nothing_and_everything_else_does() {
    let tags = |value: Value| ManagementPolicy::from_value(&value, Language::Tag);
    let values = |list: Value| {
        tags(json!({"tags": {"team": {"tag_key": {"@@assign": "team"},
            "tag_value": {"@@assign": list}}}}))
    };
    let text = r#"{"tags":{"team":{"tag_value":{"@@assign":["b","a"]},
        "tag_key":{"@@assign":"team"}}}}"#;
    let turned = ManagementPolicy::parse(text, Language::Tag).unwrap();
    assert!(values(json!(["a", "b"])).means_the_same(&turned));
    assert_eq!(ManagementPolicy::changes(Some(&values(json!(["a", "b"]))), Some(&turned)), []);
    for other in [json!(["a"]), json!(["a", "b", "c"]), json!("a"), json!(["a", "B"])] {
        assert!(!values(other.clone()).means_the_same(&turned), "{other}");
    }
    let of_another = ManagementPolicy::from_value(&json!({}), Language::Backup);
    assert!(!of_another.means_the_same(&tags(json!({}))));
    assert_eq!(ManagementPolicy::parse("[]", Language::Tag), None);
}

#[test]
fn every_setting_of_ec2_is_compared_by_what_it_opens() {
    let one = |path: &str, value: Value| {
        let inner = path.rsplit('.').fold(value, |inner, name| json!({name: inner}));
        ec2(&inner)
    };
    for (path, words) in [
        ("serial_console_access.status", &["enabled", "disabled"][..]),
        ("image_block_public_access.state", &["unblocked", "block_new_sharing"]),
        (
            "snapshot_block_public_access.state",
            &["unblocked", "block_new_sharing", "block_all_sharing"],
        ),
        (
            "vpc_block_public_access.internet_gateway_block.mode",
            &["off", "block_ingress", "block_bidirectional"],
        ),
        (
            "vpc_block_public_access.internet_gateway_block.exclusions_allowed",
            &["enabled", "disabled"],
        ),
        ("allowed_images_settings.state", &["disabled", "audit_mode", "enabled"]),
        ("instance_metadata_defaults.http_tokens", &["optional", "no_preference", "required"]),
        ("instance_metadata_defaults.http_endpoint", &["enabled", "no_preference", "disabled"]),
    ] {
        let set = |word: &str| one(path, json!({"@@assign": word}));
        let policies: Vec<_> = words.iter().map(|word| set(word)).collect();
        for (looser, stricter) in policies.iter().zip(&policies[1..]) {
            assert_eq!(moves(Some(looser), Some(stricter)), Widening::Narrows, "{path}");
            assert_eq!(moves(Some(stricter), Some(looser)), Widening::Widens, "{path}");
        }
        let (open, closed) = (&policies[0], &policies[policies.len() - 1]);
        assert_eq!(moves(None, Some(closed)), Widening::Narrows, "{path}");
        assert_eq!(moves(Some(closed), None), Widening::Widens, "{path}");
        assert_eq!(moves(None, Some(open)), Widening::Widens, "{path}");
        assert_eq!(policies[0].faults(), [], "{path}");
        let odd = set("Closed");
        assert_eq!(odd.faults().len(), 1, "{path}");
        assert_eq!(moves(Some(closed), Some(&odd)), Widening::Unknown, "{path}");
    }
}

#[test]
fn what_is_unknown_may_open_and_what_is_for_people_does_nothing() {
    let with = |more: Value| {
        let mut all = console("disabled");
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ec2(&all)
    };
    let plain = with(json!({}));
    let message = with(json!({"exception_message": {"@@assign": "ask us"}}));
    assert_eq!(moves(Some(&plain), Some(&message)), Widening::Neutral);
    let new = with(json!({"brand_new_thing": {"mode": {"@@assign": "strict"}}}));
    assert_eq!(new.faults(), [], "AWS adds attributes");
    assert_eq!(moves(Some(&plain), Some(&new)), Widening::Unknown);
    assert_eq!(moves(Some(&new), Some(&plain)), Widening::Unknown);
    let hops = |hops: Value| {
        with(json!({"instance_metadata_defaults":
            {"http_put_response_hop_limit": {"@@assign": hops}}}))
    };
    assert_eq!(moves(Some(&hops(json!("1"))), Some(&hops(json!("2")))), Widening::Unknown);
}

#[test]
fn fewer_operators_for_policies_further_down_close() {
    let with = |operators: Option<Value>| {
        let mut all = json!({"services": {"default": {"opt_out_policy": {"@@assign": "optOut"}}}});
        if let Some(operators) = operators {
            all["services"]["@@operators_allowed_for_child_policies"] = operators;
        }
        ManagementPolicy::from_value(&all, Language::AiServicesOptOut)
    };
    let (open, none) = (with(None), with(Some(json!(["@@none"]))));
    assert_eq!(moves(Some(&open), Some(&none)), Widening::Narrows);
    assert_eq!(moves(Some(&none), Some(&open)), Widening::Widens);
    assert_eq!(moves(Some(&none), Some(&with(Some(json!(["@@append"]))))), Widening::Widens);
    assert_eq!(moves(Some(&open), Some(&with(Some(json!(["@@all"]))))), Widening::Neutral);
    assert_eq!(with(Some(json!("@@none"))).faults().len(), 1, "a list");
}

#[test]
fn opting_in_again_opens() {
    let with = |value: &str| {
        let all = json!({"services": {"rekognition": {"opt_out_policy": {"@@assign": value}}}});
        ManagementPolicy::from_value(&all, Language::AiServicesOptOut)
    };
    assert_eq!(moves(Some(&with("optOut")), Some(&with("optIn"))), Widening::Widens);
    assert_eq!(moves(Some(&with("optIn")), Some(&with("optOut"))), Widening::Narrows);
    assert_eq!(moves(Some(&with("optOut")), None), Widening::Widens);
}

#[test]
fn lists_are_compared_by_what_an_entry_does() {
    let with = |field: &str, operator: &str, list: Value| {
        let all = json!({"tags": {"team": {field: {operator: list}}}});
        ManagementPolicy::from_value(&all, Language::Tag)
    };
    let (one, two) = (json!(["ec2:instance"]), json!(["ec2:instance", "s3:bucket"]));
    let enforced = |operator: &str, list: &Value| with("enforced_for", operator, list.clone());
    for (operator, more) in [
        ("@@assign", Widening::Narrows),
        ("@@append", Widening::Narrows),
        ("@@remove", Widening::Widens),
    ] {
        let (few, many) = (enforced(operator, &one), enforced(operator, &two));
        assert_eq!(moves(Some(&few), Some(&many)), more, "{operator}");
        assert_ne!(moves(Some(&many), Some(&few)), more, "{operator}");
    }
    let values = |list: &Value| with("tag_value", "@@assign", list.clone());
    assert_eq!(moves(Some(&values(&one)), Some(&values(&two))), Widening::Widens);
    assert_eq!(moves(None, Some(&values(&one))), Widening::Unknown, "it replaces the inherited");
    let reported = |list: &Value| with("report_required_tag_for", "@@assign", list.clone());
    assert_eq!(moves(Some(&reported(&two)), Some(&reported(&one))), Widening::Neutral);
}

#[test]
fn a_backup_that_changes_may_lose_something() {
    let with = |days: &str| {
        let rule = json!({
            "schedule_expression": {"@@assign": "cron(0 5 ? * * *)"},
            "target_backup_vault_name": {"@@assign": "vault"},
            "lifecycle": {"delete_after_days": {"@@assign": days}},
        });
        let plan = json!({
            "regions": {"@@append": ["eu-west-1"]},
            "rules": {"daily": rule},
            "selections": {"tags": {"data": {
                "iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/backup"},
                "tag_key": {"@@assign": "data"}, "tag_value": {"@@assign": ["keep"]},
            }}},
        });
        ManagementPolicy::from_value(&json!({"plans": {"all": plan}}), Language::Backup)
    };
    let (short, long) = (with("7"), with("35"));
    assert_eq!(short.faults(), []);
    assert_eq!(moves(Some(&short), Some(&long)), Widening::Unknown);
    let changes = ManagementPolicy::changes(Some(&short), Some(&long));
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].path, "plans.all.rules.daily.lifecycle.delete_after_days.@@assign");
}

#[test]
fn what_aws_refuses_is_named_with_its_place_and_a_way_out() {
    let faults = |value: Value, language: Language| {
        let all = ManagementPolicy::from_value(&value, language).faults();
        let lines: Vec<_> =
            all.iter().map(|it| format!("{}: {} ({})", it.path, it.why, it.help)).collect();
        lines.join("\n")
    };
    let ec2 = |value: Value| faults(value, Language::DeclarativeEc2);
    insta::assert_snapshot!(
        [
            ec2(json!({})),
            ec2(json!([])),
            ec2(json!({"tags": {}})),
            ec2(json!({"ec2_attributes": {"serial_console_acces": {}}})),
            ec2(json!({"ec2_attributes": {"serial_console_access": {"status": "disabled"}}})),
            ec2(json!({"ec2_attributes": {"serial_console_access":
                {"status": {"@@append": ["disabled"]}}}})),
            ec2(json!({"ec2_attributes": {"@@assign": {}}})),
            faults(
                json!({"services": {"lex": {"opt_out_policy": {"@@assign": "optout"}}}}),
                Language::AiServicesOptOut
            ),
            faults(
                json!({"tags": {"team": {"tag_value": {"@@assign": [1]}, "value": {}}}}),
                Language::Tag
            ),
        ]
        .join("\n"),
        @r"
    : sets nothing (the names are ec2_attributes)
    : an object is needed here (the names are ec2_attributes)
    tags: unknown (the names are ec2_attributes)
    ec2_attributes.serial_console_acces: unknown (did you mean `serial_console_access`?)
    ec2_attributes.serial_console_access.status: an object is needed here (write the value below `@@assign`)
    ec2_attributes.serial_console_access.status.@@append: not an operator of this setting (write @@assign or @@operators_allowed_for_child_policies)
    ec2_attributes.@@assign: an operator stands where a name is needed (operators stand in the settings themselves)
    services.lex.opt_out_policy.@@assign: not a value of this setting (write one of optIn, optOut; case counts)
    tags.team.tag_value.@@assign: not a value of this setting (write a list of texts)
    tags.team.value: unknown (the names are tag_key, tag_value, enforced_for, report_required_tag_for)
    "
    );
}

#[test]
fn a_policy_survives_the_way_through_json_and_its_text_stays_out_of_logs() {
    let policy = ec2(&console("disabled"));
    let there = serde_json::to_value(&policy).unwrap();
    assert_eq!(there["language"], "declarative-ec2");
    assert_eq!(serde_json::from_value::<ManagementPolicy>(there).unwrap(), policy);
    assert!(!format!("{policy:?}").contains("serial"), "{policy:?}");
    let text = r#"{"ec2_attributes":{"serial_console_access":{"status":{"@@assign":"disabled"}}}}"#;
    assert_eq!((policy.to_minified_json().as_str(), policy.size_bytes()), (text, text.len()));
}

#[test]
fn what_stops_what_is_in_use_is_told_from_what_only_closes() {
    let blocked = |mode: &str| {
        ec2(&json!({"vpc_block_public_access":
            {"internet_gateway_block": {"mode": {"@@assign": mode}}}}))
    };
    let snapshots =
        |state: &str| ec2(&json!({"snapshot_block_public_access": {"state": {"@@assign": state}}}));
    let cuts = |old: Option<&ManagementPolicy>, new: Option<&ManagementPolicy>| {
        ManagementPolicy::cuts(old, new)
    };
    let (off, ingress, both) =
        (blocked("off"), blocked("block_ingress"), blocked("block_bidirectional"));
    for new in [&ingress, &both] {
        assert!(cuts(Some(&off), Some(new)) && cuts(None, Some(new)));
        assert!(!cuts(Some(new), Some(&off)));
        assert_eq!(moves(Some(&off), Some(new)), Widening::Narrows);
    }
    assert!(!cuts(Some(&both), Some(&ingress)) && !cuts(None, Some(&off)));
    assert!(!cuts(Some(&both), None), "whatever is set below, it blocks no more");
    assert!(cuts(Some(&off), None), "what is set below may block");
    let (open, new, all) =
        (snapshots("unblocked"), snapshots("block_new_sharing"), snapshots("block_all_sharing"));
    assert!(!cuts(Some(&open), Some(&new)) && !cuts(None, Some(&new)));
    assert!(cuts(Some(&new), Some(&all)) && cuts(None, Some(&all)));
    let console = [ec2(&console("enabled")), ec2(&console("disabled"))];
    assert!(!cuts(Some(&console[0]), Some(&console[1])));
}
