//! A table with features that no kind has today: whole sets and numbers that one shared call
//! writes.

use serde_json::{Value, json};

use crate::{
    baseline::Baseline,
    kind::{
        Accepts, Claimed, Creation, Doctor, Known, Profile, Refs, Removal, ScopeFacts, Writers,
        erased::{Edit, ErasedKind as _},
        table::{
            Absent, Call, Check, Compare, FAILURE, Fixed, Form, Gives, How, Leaf, Named, Null,
            Range, RiskOf, Table, TagLeaf, Text, Tree,
        },
    },
    model::{Risk, text},
    operations::OfKind,
};

fn leaf(path: &'static str, form: Form, risk: RiskOf, gives: Gives) -> Leaf {
    let update = Call { shared: true, ..Call::new("x:UpdateWidget", "update {item}") };
    Leaf {
        path: path.into(),
        about: "A part of a widget.".into(),
        form,
        absent: Absent::Unmanaged,
        null: Null::Absent,
        default: None,
        compare: Compare::Exact,
        change: How::By(update),
        risk,
        gives,
        fixed_while: None,
        idle_while: None,
        only_while: None,
        account_wide: false,
    }
}

fn set() -> Form {
    Form::Set {
        of: Check::Form(|_| None),
        max: 3,
        too_many: ("{count} of {max}".into(), "drop some".into()),
    }
}

pub(super) fn table() -> Table {
    let mode = Form::Word {
        name: "Mode".into(),
        about: "How open it is.".into(),
        words: vec![("open".into(), "Open.".into()), ("closed".into(), "Closed.".into())],
        off: None,
    };
    let hours = Range { min: 1, max: 9, unit: "hours".into(), help: "5 is usual".into() };
    let towards =
        RiskOf::Towards { value: json!("closed"), there: Risk::TIGHTENS, back: Risk::LOOSENS };
    let set_leaf = |path, risk, gives| Leaf {
        compare: Compare::Set,
        null: Null::None(json!([])),
        ..leaf(path, set(), risk, gives)
    };
    let name = Form::Text(Check::Length(text::POLICY_NAME));
    Table {
        profile: Profile {
            name: "Widget",
            short: "wdg",
            about: "A widget.",
            claimed: Claimed::ByTags,
            creation: Creation::Token,
            removal: Removal::Prunable,
            writers: Writers::Many,
            sweep: false,
            global: false,
        },
        operations: OfKind::NONE,
        errors: &[],
        baseline: Baseline::NONE,
        doctor: Doctor::NONE,
        about: "A widget.".into(),
        leaves: vec![
            Leaf {
                about: "Its name. Immutable.".into(),
                change: How::Fixed("which is fixed".into()),
                ..leaf("name", name, RiskOf::Always(Risk::NEUTRAL), Gives::Nothing)
            },
            leaf("mode", mode, towards, Gives::Least(json!("closed"))),
            set_leaf("groups", RiskOf::MoreIsLooser, Gives::Ways),
            set_leaf("hidden", RiskOf::MoreIsTighter, Gives::Less),
            leaf("hours", Form::Int(hours), RiskOf::MoreIsLooser, Gives::More),
        ],
        tags: Some(TagLeaf { about: "Tags.".into(), rules: text::EC2 }),
        order: vec!["x:UpdateWidget".into()],
        natural_keys: |state| {
            crate::kind::table::get(state, "name").as_str().map(str::to_owned).into_iter().collect()
        },
        fixed_first: false,
        creating: |_| Risk::LOOSENS,
        restore: None,
        settle: |_, _, _| {},
        connect: |_, _| unreachable!("nothing is sent here"),
    }
}

fn scope() -> ScopeFacts {
    ScopeFacts {
        name: "prod".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    }
}

fn resolve(spec: &Value) -> Result<Value, String> {
    let (scope, known) = (scope(), Known::default());
    let resolved = table().resolve(spec, &mut Refs::new(&scope, "w", &known));
    resolved
        .map(|resolved| resolved.state)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

fn diff(want: &Value, have: &Value) -> Vec<Edit> {
    table().diff(want, have).expect("states")
}

#[test]
fn the_laws_hold_for_it() {
    super::laws::hold(&table(), 256).expect("the laws");
}

#[test]
fn one_call_makes_the_edits_that_share_it_and_no_other() {
    let want = resolve(&json!({"mode": "open", "groups": ["b", "a"], "hours": 2, "name": "x"}));
    let have = json!({"mode": "closed", "groups": ["c", "a"], "hours": 3, "name": "y"});
    let edits = diff(&want.expect("valid"), &have);
    let keys: Vec<_> = edits.iter().map(|edit| edit.key.as_str()).collect();
    assert_eq!(keys, ["mode", "groups", "hours", "name"]);
    let calls = table().calls(&edits).expect("edits");
    assert_eq!(calls.iter().map(|call| call.len()).collect::<Vec<_>>(), [3, 1]);
    let lines: Vec<_> =
        edits[1].lines.iter().map(|line| (line.sign.as_char(), line.text.as_str())).collect();
    assert_eq!(lines, [('-', "groups: c"), ('+', "groups: b")]);
    let risks: Vec<_> = edits.iter().map(|edit| edit.risk).collect();
    assert_eq!(risks, [Risk::LOOSENS, Risk::REPLACES, Risk::TIGHTENS, Risk::IMPOSSIBLE]);
}

#[test]
fn invalid_types_and_values_are_reported_with_their_place() {
    for (spec, problem) in [
        (json!({"mode": "ajar"}), "mode: unknown variant `ajar`, expected `open` or `closed`"),
        (json!({"groups": ["a", 1]}), "groups[1]: invalid type: integer `1`, expected a string"),
        (
            json!({"hour": 1}),
            "hour: unknown field `hour`, expected one of `name`, `mode`, `groups`, `hidden`, \
             `hours`, `tags`",
        ),
        (json!({"hours": 10}), "hours: 10 is not within 1 and 9 hours"),
        (json!({"groups": ["a", "b", "c", "a"]}), "groups: 4 of 3\ngroups[3]: `a` occurs twice"),
        (json!({"name": "n".repeat(129)}), "name: 129 characters long"),
        (
            json!({"tags": {"aws:x": "1"}}),
            "tags.aws:x: keys that start with `aws:` are reserved for AWS",
        ),
        (json!([]), ".: a list stands where a mapping is needed"),
    ] {
        assert_eq!(resolve(&spec), Err(problem.to_owned()), "{spec}");
    }
}

#[test]
fn null_is_none_if_a_row_says_so_and_unmanaged_otherwise() {
    let state = resolve(&json!({"groups": null, "hours": null})).expect("valid");
    assert_eq!((&state["groups"], &state["hours"]), (&json!([]), &Value::Null));
}

#[test]
fn an_unreadable_state_or_edit_is_a_defect_and_not_a_guess() {
    let table = table();
    assert!(table.diff(&json!([]), &json!({})).is_err());
    assert!(table.is_gone(&Value::Null).is_err());
    let broken = Edit::of_tags(
        "x",
        String::new(),
        crate::kind::erased::EditBody::Change(json!({"path": "mode"})),
    );
    assert!(table.states(&json!({}), std::slice::from_ref(&broken)).is_err());
    assert!(table.calls(&[broken]).is_err());
}

// --- rows in groups ---

fn update(says: &'static str) -> Call {
    Call { shared: true, ..Call::new("x:UpdateWidget", says) }
}

fn quiet(says: &'static str) -> Call {
    Call { inspect: true, ..update(says) }
}

fn group(name: &'static str, rows: Vec<Leaf>) -> Leaf {
    Leaf::setting(Form::Group { name: name.into(), about: "A group.".into(), rows })
}

fn some(row: Leaf, name: &'static str) -> Leaf {
    row.named(name, &["A part."])
}

fn any_text() -> Leaf {
    Leaf::setting(Form::Text(Check::Form(|_| None)))
}

fn words(all: &[&'static str]) -> Vec<(Text, Text)> {
    all.iter().map(|word| ((*word).into(), Text::default())).collect()
}

fn too_many() -> (Text, Text) {
    ("{count} of {max}".into(), "drop some".into())
}

fn settings() -> Leaf {
    let image = group("Image", vec![some(any_text(), "name"), some(hours(), "version")]);
    let mount = Leaf::setting(Form::Choice {
        name: "Mount".into(),
        about: "One of two.".into(),
        rows: vec![
            some(group("Disk", vec![some(any_text(), "id")]), "disk"),
            some(group("Share", vec![some(any_text(), "path")]), "share"),
        ],
    });
    let items =
        |of: Leaf| Leaf::setting(Form::Items { of: Box::new(of.form), max: (2, too_many()) });
    // Removing one may make room for another one.
    let fewer = RiskOf::Less { less: Risk::REPLACES, other: Risk::LOOSENS };
    let open = Leaf::setting(Form::Word {
        name: "Open".into(),
        about: "Whether it is open.".into(),
        words: words(&["on", "off"]),
        off: None,
    });
    let (value, there, back) = (json!("off"), Risk::TIGHTENS, Risk::LOOSENS);
    let open = open.risking(RiskOf::Towards { value, there, back }, Gives::Least(json!("off")));
    let hidden = Leaf::setting(Form::Words {
        name: "Tool".into(),
        about: "A tool.".into(),
        words: words(&["a", "b", "c"]),
    });
    let hidden = hidden.risking(RiskOf::MoreIsTighter, Gives::Less);
    let groups = Leaf::setting(set()).risking(RiskOf::MoreIsLooser, Gives::More);
    let role =
        Leaf { null: Null::Never("cannot be none".into(), "leave it out".into()), ..any_text() };
    let clearable = Leaf { null: Null::Unset(Some("None".into())), ..any_text() };
    let key = Leaf::setting(Form::Key {
        accepts: Accepts { reference: None, also: &[], lookup: None, form: crate::kind::Form::Arn },
        check: Check::Any,
    });
    // The first number both gives something and removes the absence of a limit.
    let less = RiskOf::Less { less: Risk::REPLACES, other: Risk::LOOSENS };
    let rows = vec![
        some(role, "role"),
        some(groups, "groups"),
        some(hours().risking(less, Gives::More), "hours"),
        some(clearable, "script"),
        some(key, "key"),
        some(items(image), "images"),
        some(items(mount).risking(fewer, Gives::More), "mounts"),
        some(group("Look", vec![some(open, "open"), some(hidden, "hidden")]), "look"),
    ];
    let group = Leaf {
        null: Null::Never("cannot be none".into(), "leave it out".into()),
        ..group("Settings", rows)
    };
    let by = ("mode".into(), json!("closed"));
    some(group, "settings").changed(&|path| match path {
        "settings.groups" => How::Needed {
            call: update("update {path}"),
            after: Call { follows: true, ..quiet("update {path} when nobody is there") },
            by: by.clone(),
        },
        _ => How::By(update("update {path}")),
    })
}

fn hours() -> Leaf {
    let range = Range { min: 1, max: 9, unit: "hours".into(), help: "5 is usual".into() };
    Leaf::setting(Form::Int(range))
}

/// A table with rows in groups, and calls that wait for people.
pub(super) fn deep() -> Table {
    let plain = table();
    let mode = plain.leaf("mode").expect("a row").clone();
    let mode = Leaf { change: How::By(quiet("update {path} when nobody is there")), ..mode };
    let places = Form::Targets {
        each: Named { accepts: Accepts::id_of("Place"), prefix: "entry/".into() },
        within: None,
        one_of_each: None,
        single_while: None,
        min: (0, Text::default()),
        max: (2, "{count} of {max}".into()),
    };
    let members = How::Members {
        add: update("update {path}"),
        remove: quiet("update {path} when nobody is there"),
    };
    let places = Leaf {
        compare: Compare::Set,
        change: members,
        ..leaf("places", places, RiskOf::MoreIsLooser, Gives::More)
    };
    let home = Form::Target(Named { accepts: Accepts::id_of("Place"), prefix: Text::default() });
    let home = Leaf {
        change: How::Until {
            call: update("update {path}"),
            fixed: Fixed::Set,
            why: "which is set once".into(),
        },
        null: Null::Unset(None),
        about: "Where it is. Immutable once set.".into(),
        ..leaf("home", home, RiskOf::Always(Risk::LOOSENS), Gives::Something)
    };
    Table { leaves: vec![mode, places, home, settings()], ..plain }
}

fn resolve_deep(spec: &Value) -> Result<Value, String> {
    let (scope, known) = (scope(), Known::default());
    let resolved = deep().resolve(spec, &mut Refs::new(&scope, "w", &known));
    resolved
        .map(|resolved| resolved.state)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

#[test]
fn the_laws_hold_for_rows_in_groups() {
    super::laws::hold(&deep(), 256).expect("the laws");
}

#[test]
fn only_named_rows_of_a_group_are_wanted_in_the_order_of_paths() {
    let spec =
        json!({"settings": {"look": {"open": "on"}, "groups": ["b", "a"], "script": "None"}});
    let state = resolve_deep(&spec).expect("valid");
    assert_eq!(
        state.to_string(),
        r#"{"mode":null,"places":null,"settings":{"groups":["a","b"],"look":{"open":"on"},"script":null},"partition":"aws","account":"111122223333"}"#
    );
    let empty = resolve_deep(&json!({"settings": {"look": {}}})).expect("valid");
    assert_eq!(empty.get("settings"), None);
}

#[test]
fn none_of_a_group_is_none_of_each_of_its_rows() {
    let want = resolve_deep(&json!({"settings": {"look": null, "script": null}})).expect("valid");
    let look = json!({"open": "on", "hidden": ["a"]});
    let have = json!({"settings": {"look": look, "script": "x", "hours": 3}});
    let edits = deep().diff(&want, &have).expect("states");
    let summaries: Vec<_> = edits.iter().map(|edit| edit.summary.as_str()).collect();
    assert_eq!(
        summaries,
        [
            "update settings.look.hidden",
            "update settings.script",
            "change settings.look.open, which no call of AWS unsets"
        ]
    );
    let states = deep().states(&have, &edits).expect("states");
    assert_eq!(states[2], json!({"settings": {"look": {"hidden": []}, "hours": 3}}));
}

#[test]
fn edits_that_wait_for_people_have_a_call_of_their_own_and_needed_values_are_removed_last() {
    let spec =
        json!({"mode": "open", "places": ["entry/b"], "settings": {"groups": [], "hours": 2}});
    let want = resolve_deep(&spec).expect("valid");
    let have = json!({
        "mode": "closed", "places": ["entry/a"], "lastFailure": "no",
        "settings": {"groups": ["a"], "hours": 3},
    });
    assert_eq!(FAILURE, "lastFailure");
    let edits = deep().diff(&want, &have).expect("states");
    let keys: Vec<_> = edits.iter().map(|edit| (edit.key.as_str(), edit.inspect)).collect();
    let expected = [
        ("places", false),
        ("settings.hours", false),
        ("mode", true),
        ("places fewer", true),
        ("settings.groups", true),
    ];
    assert_eq!(keys, expected);
    assert!(edits[4].follows);
    let sizes: Vec<_> = deep().calls(&edits).expect("edits").iter().map(|it| it.len()).collect();
    assert_eq!(sizes, [2, 3]);
    assert_eq!(
        edits[0].lines.last().map(|line| line.text.as_str()),
        Some("the last update failed: no")
    );
}

#[test]
fn a_row_that_aws_fixes_once_set_cannot_change_from_then_on() {
    let want = resolve_deep(&json!({"home": {"ref": "x"}}));
    assert!(want.is_ok(), "{want:?}");
    let want = resolve_deep(&json!({"home": "y"})).expect("valid");
    let first = deep().diff(&want, &json!({})).expect("states");
    assert_eq!(first[0].risk, Risk::LOOSENS);
    assert_eq!(first[0].lines[0].text, "home: none -> y");
    let second = deep().diff(&want, &json!({"home": "x"})).expect("states");
    assert_eq!(second[0].risk, Risk::IMPOSSIBLE);
    assert_eq!(second[0].summary, "change home, which is set once");
}

#[test]
fn problems_in_a_group_are_reported_with_their_place() {
    for (spec, problem) in [
        (
            json!({"settings": {"look": {"opens": 1}}}),
            "settings.look.opens: unknown field `opens`, expected `open` or `hidden`",
        ),
        (json!({"settings": null}), "settings: cannot be none"),
        (json!({"settings": {"role": null}}), "settings.role: cannot be none"),
        (
            json!({"settings": {"images": [{"version": 1}, {"version": 10}]}}),
            "settings.images[1].version: 10 is not within 1 and 9 hours",
        ),
        (
            json!({"settings": {"images": [{"name": "a"}, {"name": "a"}]}}),
            "settings.images[1]: `{\"name\":\"a\"}` occurs twice",
        ),
        (
            json!({"settings": {"mounts": [{"disk": {"id": "a"}, "share": {"path": "b"}}]}}),
            "settings.mounts[0]: exactly one of disk, share is needed, not 2",
        ),
        (
            json!({"settings": {"mounts": [{"disk": {}}]}}),
            "settings.mounts[0]: exactly one of disk, share is needed, not 0",
        ),
        (
            json!({"settings": {"look": {"hidden": ["d"]}}}),
            "settings.look.hidden: unknown variant `d`, expected one of `a`, `b`, `c`",
        ),
        (
            json!({"settings": {"key": "no key"}}),
            "settings.key: `no key` is not a KMS key's ARN, id or alias",
        ),
    ] {
        assert_eq!(resolve_deep(&spec), Err(problem.to_owned()), "{spec}");
    }
}

#[test]
fn the_schema_shows_groups_lists_and_alternatives() {
    let schema = json!(deep().spec_schema());
    let definitions = &schema["definitions"];
    assert_eq!(schema["properties"]["settings"]["allOf"][0]["$ref"], "#/definitions/Settings");
    assert_eq!(
        definitions["Settings"]["properties"]["look"]["anyOf"][0]["$ref"],
        "#/definitions/Look"
    );
    assert_eq!(
        definitions["Look"]["properties"]["hidden"]["items"]["allOf"][0]["$ref"],
        "#/definitions/Tool"
    );
    assert_eq!(definitions["Tool"]["enum"], json!(["a", "b", "c"]));
    assert_eq!(definitions["Mount"]["oneOf"][1]["required"], json!(["share"]));
    assert_eq!(definitions["Image"]["properties"]["version"]["maximum"], 9);
    assert_eq!(definitions["Settings"]["properties"]["role"]["type"], "string");
}

#[test]
fn a_list_of_groups_shows_only_the_items_that_differ() {
    let image = |name: &str| json!({"name": name, "version": 1});
    let spec = json!({"settings": {"images": [image("kept"), image("new")]}});
    let want = resolve_deep(&spec).expect("valid");
    let have = json!({"settings": {"images": [image("kept"), image("old")]}});
    let edits = deep().diff(&want, &have).expect("states");
    let lines = edits.iter().flat_map(|edit| &edit.lines);
    let lines: Vec<_> = lines.map(|line| (line.sign.as_char(), line.text.as_str())).collect();
    assert_eq!(
        lines,
        [
            ('-', "settings.images: {\"name\":\"old\",\"version\":1}"),
            ('+', "settings.images: {\"name\":\"new\",\"version\":1}"),
        ]
    );
}

#[test]
fn a_set_that_cannot_be_compared_may_open_and_close() {
    let table = table();
    let state = Tree::new();
    let risk = |path: &str, old: &Value, new: &Value| {
        table.leaf(path).expect("a row").risk_between(old, new, (&state, &state))
    };
    let (unknown, one, two) = (Value::Null, json!(["a"]), json!(["a", "b"]));
    for path in ["groups", "hidden"] {
        assert_eq!(risk(path, &unknown, &one), Risk::REPLACES, "{path}");
        assert_eq!(risk(path, &one, &unknown), Risk::REPLACES, "{path}");
        assert_eq!(risk(path, &one, &one), Risk::NEUTRAL, "{path}");
    }
    assert_eq!(risk("groups", &one, &two), Risk::LOOSENS);
    assert_eq!(risk("hidden", &one, &two), Risk::TIGHTENS);
}
