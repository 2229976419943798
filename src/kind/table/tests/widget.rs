//! A table that has what the kinds of today do not: whole sets and numbers that one shared call writes.

use serde_json::{Value, json};

use crate::{
    baseline::Baseline,
    kind::{
        Claimed, Creation, Doctor, Known, Profile, Refs, Removal, ScopeFacts, Writers,
        erased::{Edit, ErasedKind as _},
        table::{
            Absent, Call, Check, Compare, Form, Gives, How, Leaf, Null, Range, RiskOf, Table,
            TagLeaf,
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
        creating: Risk::LOOSENS,
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
fn one_call_takes_the_edits_that_share_it_and_no_other() {
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
fn types_and_values_are_told_with_their_place() {
    for (spec, problem) in [
        (json!({"mode": "ajar"}), "mode: unknown variant `ajar`, expected `open` or `closed`"),
        (json!({"groups": ["a", 1]}), "groups[1]: invalid type: integer `1`, expected a string"),
        (
            json!({"hour": 1}),
            "hour: unknown field `hour`, expected one of `name`, `mode`, `groups`, `hidden`, `hours`, `tags`",
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
fn null_is_none_where_a_row_says_so_and_unmanaged_elsewhere() {
    let state = resolve(&json!({"groups": null, "hours": null})).expect("valid");
    assert_eq!((&state["groups"], &state["hours"]), (&json!([]), &Value::Null));
}

#[test]
fn a_state_or_an_edit_that_does_not_read_is_a_defect_and_no_guess() {
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
