//! What the sister kinds have in common, and how they differ.

use super::*;
use crate::kind::erased::{ErasedKind, Registry};

/// The name, the language's own form of a policy that closes something, and a looser one.
fn sisters() -> [(&'static str, Value, Value); 6] {
    let denies = |more: Value, actions: &[&str]| {
        let mut statement =
            json!({"Sid": "No", "Effect": "Deny", "Action": actions, "Resource": "*"});
        statement.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"Version": "2012-10-17", "Statement": [statement]})
    };
    let (scp, rcp) = (json!({}), json!({"Principal": "*"}));
    let (both, one) = (["s3:PutObject", "s3:GetObject"], ["s3:PutObject"]);
    let console = |status: &str| json!({"ec2_attributes": {"serial_console_access": {"status": {"@@assign": status}}}});
    let opt =
        |value: &str| json!({"services": {"default": {"opt_out_policy": {"@@assign": value}}}});
    let tag =
        |enforced: &[&str]| json!({"tags": {"team": {"enforced_for": {"@@append": enforced}}}});
    let backup = |days: &str| {
        let lifecycle = json!({"delete_after_days": {"@@assign": days}});
        json!({"plans": {"all": {"rules": {"daily": {"lifecycle": lifecycle}}}}})
    };
    [
        ("ServiceControlPolicy", denies(scp.clone(), &both), denies(scp, &one)),
        ("ResourceControlPolicy", denies(rcp.clone(), &both), denies(rcp, &one)),
        ("DeclarativePolicyEC2", console("disabled"), console("enabled")),
        ("AIServicesOptOutPolicy", opt("optOut"), opt("optIn")),
        ("TagPolicy", tag(&["ec2:instance", "s3:bucket"]), tag(&["ec2:instance"])),
        ("BackupPolicy", backup("35"), backup("7")),
    ]
}

fn resolved(kind: &dyn ErasedKind, spec: &Value) -> Result<Value, String> {
    let (facts, known) = (facts(), organization());
    let mut refs = Refs::new(&facts, "sister", &known);
    let resolved = kind.resolve(spec, &mut refs);
    let lines = |problems: Vec<Invalid>| {
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    resolved.map(|it| it.state).map_err(lines)
}

fn all() -> Registry {
    register(Registry::default())
}

#[test]
fn the_sisters_are_the_kinds_of_the_folder_and_differ_in_name_and_type() {
    let names: BTreeSet<_> = sisters().into_iter().map(|(name, ..)| name).collect();
    let registry = all();
    assert_eq!(names, registry.names().into_iter().collect());
    let shorts: BTreeSet<_> = registry.iter().map(|kind| kind.profile().short).collect();
    assert_eq!(shorts.len(), names.len());
    let groups: BTreeSet<_> = registry
        .iter()
        .map(|kind| kind.operations().resource.expect("policies have ARNs").every)
        .collect();
    assert_eq!(groups.len(), names.len());
}

#[test]
fn each_takes_its_own_language_and_refuses_those_of_the_others() {
    let registry = all();
    for (name, own, _) in sisters() {
        let kind = registry.get(name).unwrap();
        for (other, content, _) in sisters() {
            let state = resolved(kind, &json!({"content": content}));
            assert_eq!(state.is_ok(), name == other, "{name} with the content of {other}");
            if let Err(problems) = state {
                assert!(problems.starts_with("content"), "{problems}");
            }
        }
        let state = resolved(kind, &json!({"content": own, "targets": ["root"]})).unwrap();
        let read: State = serde_json::from_value(state.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), state);
    }
}

#[test]
fn what_loosens_is_said_and_attaching_and_detaching_are_the_reverse_of_each_other() {
    let registry = all();
    for (name, strict, loose) in sisters() {
        let kind = registry.get(name).unwrap();
        let state = |content: &Value, targets: &[&str]| {
            resolved(kind, &json!({"content": content, "targets": targets})).unwrap()
        };
        let risk = |want: &Value, have: &Value| {
            let edits = kind.diff(want, have).unwrap();
            edits.into_iter().map(|edit| edit.risk).reduce(Risk::and).expect("something differs")
        };
        let (closed, open) = (state(&strict, &["root"]), state(&loose, &["root"]));
        let nowhere = state(&strict, &[]);
        let unclear = name == "BackupPolicy";
        let tightens = if unclear { Risk::REPLACES } else { Risk::TIGHTENS };
        let loosens = if unclear { Risk::REPLACES } else { Risk::LOOSENS };
        assert_eq!(risk(&open, &closed), loosens, "{name}");
        assert_eq!(risk(&closed, &open), tightens, "{name}");
        assert_eq!(risk(&closed, &nowhere), tightens, "{name}");
        assert_eq!(risk(&nowhere, &closed), loosens, "{name}");
        assert_eq!(kind.risk_of_creating(&closed).unwrap(), tightens, "{name}");
        assert_eq!(kind.risk_of_creating(&nowhere).unwrap(), Risk::NEUTRAL, "{name}");
    }
}

#[test]
fn each_has_its_limits_and_awss_own_policy_keeps_its_name() {
    let registry = all();
    for (name, bytes, most, own) in [
        // One place is for FullAWSAccess, since the content only denies.
        ("ServiceControlPolicy", 10_240, 9, Some("FullAWSAccess")),
        ("ResourceControlPolicy", 5_120, 4, Some("RCPFullAWSAccess")),
        ("DeclarativePolicyEC2", 10_000, 10, None),
        ("AIServicesOptOutPolicy", 2_500, 5, None),
        ("TagPolicy", 10_000, 10, None),
        ("BackupPolicy", 10_000, 10, None),
    ] {
        let kind = registry.get(name).unwrap();
        let (_, content, _) = sisters().into_iter().find(|it| it.0 == name).unwrap();
        let spec =
            |name: &str| json!({"content": content, "policyName": name, "targets": ["root"]});
        let together = |count: usize| {
            let states = (0..count).map(|n| {
                let name = format!("p{n}");
                (name.clone(), resolved(kind, &spec(&name)).unwrap())
            });
            let states: Vec<_> = states.collect();
            let states = states.iter().map(|(name, state)| (name.as_str(), state));
            kind.together(&states.collect()).unwrap().len()
        };
        assert_eq!((together(most), together(most + 1)), (0, most + 1), "{name}");
        for awss in ["FullAWSAccess", "RCPFullAWSAccess"] {
            assert_eq!(resolved(kind, &spec(awss)).is_err(), own == Some(awss), "{name} {awss}");
        }
        let mut long = content.clone();
        let member = long.as_object_mut().unwrap().values_mut().next_back().unwrap();
        match member {
            Value::Array(statements) => {
                statements[0]["Resource"] = json!(
                    (0..bytes / 20)
                        .map(|n| format!("arn:aws:s3:::bucket-{n:05}"))
                        .collect::<Vec<_>>()
                );
            }
            Value::Object(named) => {
                let (first, value) =
                    named.iter().next().map(|(k, v)| (k.clone(), v.clone())).unwrap();
                if name == "DeclarativePolicyEC2" {
                    let message = json!({"@@assign": "x".repeat(bytes)});
                    named.insert("exception_message".to_owned(), message);
                } else {
                    named
                        .extend((0..bytes / 20).map(|n| (format!("{first}{n:05}"), value.clone())));
                }
            }
            other => panic!("{other}"),
        }
        let problems = resolved(kind, &json!({"content": long})).unwrap_err();
        assert!(problems.contains(&format!("the {bytes} AWS takes")), "{name}: {problems}");
    }
}

#[test]
fn a_policy_guards_what_its_type_decides() {
    let registry = all();
    for (name, content, _) in sisters() {
        let kind = registry.get(name).unwrap();
        let state = resolved(kind, &json!({"content": content, "targets": ["root"]})).unwrap();
        let guards = kind.guards(&state).unwrap();
        let places = BTreeSet::from([ROOT.to_owned()]);
        let (reach, document) = match name {
            "ServiceControlPolicy" => (Reach::Accounts(places), true),
            "ResourceControlPolicy" => (Reach::Resources(places), true),
            _ => (Reach::Settings(places), false),
        };
        assert_eq!(guards[0].reach, reach, "{name}");
        assert_eq!((guards.len(), guards[0].document.is_some()), (1, document), "{name}");
    }
}

#[test]
fn a_management_policy_that_only_looks_different_is_no_drift() {
    let registry = all();
    let kind = registry.get("TagPolicy").unwrap();
    let with = |values: Value| {
        let tag = json!({"tag_key": {"@@assign": "team"}, "tag_value": {"@@assign": values}});
        resolved(kind, &json!({"content": {"tags": {"team": tag}}})).unwrap()
    };
    assert!(kind.diff(&with(json!(["a", "b"])), &with(json!(["b", "a"]))).unwrap().is_empty());
    let edits = kind.diff(&with(json!(["a", "b"])), &with(json!(["b", "c"]))).unwrap();
    let lines: Vec<_> = edits[0].lines.iter().map(|line| (&*line.text, line.quotes)).collect();
    assert_eq!(
        lines,
        [("tags.team.tag_value.@@assign: [\"b\",\"c\"] -> [\"a\",\"b\"]", true)],
        "what the policy says is a quotation"
    );
    let created = kind.state_lines(&with(json!(["a", "b"])));
    let quoted: Vec<_> = created.iter().filter(|line| line.quotes).collect();
    assert_eq!(quoted.len(), 2, "{created:?}");
}

#[test]
fn a_management_policy_that_cannot_be_read_is_replaced_and_counts_as_loosening() {
    let registry = all();
    let kind = registry.get("DeclarativePolicyEC2").unwrap();
    let unreadable = State { content: None, ..state(deny(&["s3:A"]), &[ROOT]) };
    let have = serde_json::to_value(unreadable).unwrap();
    let (_, content, _) = sisters().into_iter().find(|it| it.0 == "DeclarativePolicyEC2").unwrap();
    let want = resolved(kind, &json!({"content": content, "policyName": "p"})).unwrap();
    let edits = kind.diff(&want, &have).unwrap();
    assert_eq!(edits.len(), 1);
    assert_eq!(edits[0].risk, Risk::REPLACES, "what cannot be read may say anything");
}

#[test]
fn explain_says_what_each_takes() {
    let registry = all();
    for kind in registry.iter() {
        let schema = kind.spec_schema().to_value();
        let fields = &schema["properties"];
        let of = |field: &str| fields[field]["description"].as_str().unwrap_or_default().to_owned();
        assert!(of("content").len() > 100, "{}", kind.profile().name);
        assert!(of("targets").contains("AWS attaches at most"), "{}", kind.profile().name);
        let own = of("targets").contains("included");
        assert_eq!(own, kind.profile().name.ends_with("ControlPolicy"));
        // What has blocks can do without.
        let required = if own { Value::Null } else { json!(["content"]) };
        assert_eq!(schema.get("required").cloned().unwrap_or_default(), required);
        assert_eq!(own, fields["guardrails"]["items"]["properties"]["use"].is_object());
        assert_eq!(own, fields["compact"].is_object());
    }
}

#[test]
fn a_declarative_policy_that_cuts_connections_says_so_wherever_it_comes_from() {
    let registry = all();
    let kind = registry.get("DeclarativePolicyEC2").expect("a kind");
    let state = |mode: &str, targets: Value| {
        let content = json!({"ec2_attributes": {"vpc_block_public_access":
            {"internet_gateway_block": {"mode": {"@@assign": mode}}}}});
        resolved(kind, &json!({"content": content, "targets": targets})).expect("valid")
    };
    let here = || json!(["111122223333"]);
    let risk = |want: &Value, have: &Value| kind.diff(want, have).unwrap()[0].risk;
    let (off, blocks) = (state("off", here()), state("block_bidirectional", here()));
    let unattached = state("block_bidirectional", json!([]));
    assert_eq!(risk(&blocks, &off), Risk::TIGHTENS.cutting_connections());
    assert_eq!(risk(&off, &blocks), Risk::LOOSENS);
    assert_eq!(risk(&blocks, &unattached), Risk::TIGHTENS.cutting_connections());
    assert_eq!(risk(&unattached, &blocks), Risk::LOOSENS);
    assert_eq!(kind.risk_of_creating(&blocks).unwrap(), Risk::TIGHTENS.cutting_connections());
    assert_eq!(kind.risk_of_creating(&unattached).unwrap(), Risk::NEUTRAL);
}
