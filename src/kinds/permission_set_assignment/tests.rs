//! The specification of assignments, in sentences.

use serde_json::{Value, json};

use super::{
    entries::{key, may_be, parts},
    table,
};
use crate::{
    aws::identity_center::ADMINISTERS,
    kind::{
        Known, LookupItem, LookupKind, Reach, Refs, ScopeFacts, Unresolved,
        erased::{Edit, ErasedKind as _},
    },
    model::{Risk, Seen},
};

const SCIENTIST: &str = "arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1111111111111111";
const ADMINISTRATOR: &str =
    "arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-2222222222222222";
const TEAM: &str = "12345678-1111-2222-3333-444444444444";
const JANE: &str = "906763bfa0-11111111-2222-3333-4444-555555555555";

fn scope() -> ScopeFacts {
    ScopeFacts {
        name: "org".into(),
        account: "999988887777".into(),
        region: "us-east-1".into(),
        partition: "aws".into(),
    }
}

/// Two permission sets, a group and a user.
fn known() -> Known {
    let item = |id: &str, name: &str| LookupItem {
        id: id.to_owned(),
        name: Some(name.to_owned()),
        ..LookupItem::default()
    };
    let mut administrator = item(ADMINISTRATOR, "Administrator");
    administrator.attributes.insert(ADMINISTERS.to_owned(), "true".to_owned());
    let mut known = Known::default();
    for (kind, found) in [
        (LookupKind::PermissionSet, vec![item(SCIENTIST, "Scientist"), administrator]),
        (LookupKind::IdentityGroup, vec![item(TEAM, "ML Team")]),
        (LookupKind::IdentityUser, vec![item(JANE, "jane@example.com")]),
    ] {
        known.lookups.insert(("org".to_owned(), kind), Seen::All(found));
    }
    known
}

/// The wanted state, and why something of it is not known.
fn resolve(assignments: &Value) -> Result<(Value, Vec<Unresolved>), String> {
    let spec = json!({"accountId": "111122223333", "assignments": assignments});
    let (known, scope) = (known(), scope());
    let mut refs = Refs::new(&scope, "ml", &known);
    let resolved = table().resolve(&spec, &mut refs);
    let unresolved = refs.finish().unresolved.into_values().map(|missing| missing.why).collect();
    resolved.map(|resolved| (resolved.state, unresolved)).map_err(|all| all[0].to_string())
}

fn want(assignments: &Value) -> Value {
    resolve(assignments).expect("valid").0
}

fn have(assignments: &[(&str, &str, &str)]) -> Value {
    let entry = |&(set, sort, who): &(&str, &str, &str)| {
        let value = json!({"set": if set == SCIENTIST { "Scientist" } else { "Administrator" },
            "who": format!("{} {who}", sort.to_lowercase())});
        (key(set, sort, who), value)
    };
    let entries: serde_json::Map<_, _> = assignments.iter().map(entry).collect();
    json!({"accountId": "111122223333", "assignments": entries})
}

fn edits(want: &Value, have: &Value) -> Vec<Edit> {
    table().diff(want, have).expect("states")
}

/// Summary and risk of each edit.
fn shown(edits: &[Edit]) -> Vec<(&str, Risk)> {
    edits.iter().map(|edit| (edit.summary.as_str(), edit.risk)).collect()
}

#[test]
fn names_and_ids_of_the_same_are_the_same() {
    let by_name = want(&json!([
        {"permissionSet": "Scientist", "group": "ML Team"},
        {"permissionSet": "Scientist", "user": "jane@example.com"},
    ]));
    let by_id = want(&json!([
        {"permissionSet": SCIENTIST, "user": JANE},
        {"permissionSet": SCIENTIST, "group": TEAM},
    ]));
    let live = have(&[(SCIENTIST, "GROUP", TEAM), (SCIENTIST, "USER", JANE)]);
    assert!(edits(&by_name, &live).is_empty());
    assert!(edits(&by_id, &live).is_empty());
    // How they are named is for people.
    assert_eq!(table().wish(&by_name), table().wish(&by_id));
}

#[test]
fn what_is_given_loosens_and_what_is_taken_away_tightens_and_goes_first() {
    let want = want(&json!([{"permissionSet": "Administrator", "group": "ML Team"}]));
    let edits = edits(&want, &have(&[(SCIENTIST, "USER", JANE)]));
    assert_eq!(
        shown(&edits),
        [
            (format!("take Scientist away from user {JANE}").as_str(), Risk::TIGHTENS),
            ("give Administrator to group ML Team", Risk::LOOSENS),
        ]
    );
    let lines = edits.iter().flat_map(|edit| &edit.lines);
    let lines: Vec<_> = lines.map(|line| line.text.clone()).collect();
    assert_eq!(
        lines,
        [
            format!("assignments: Scientist (ps-1111111111111111) for user {JANE}"),
            format!(
                "assignments: Administrator (ps-2222222222222222) for group ML Team ({TEAM}), \
                 who can then do everything there"
            ),
        ]
    );
    assert!(edits.iter().all(|edit| edit.inspect));
}

#[test]
fn nobody_has_anything_if_the_list_is_empty_and_without_it_nothing_is_managed() {
    let live = have(&[(SCIENTIST, "GROUP", TEAM)]);
    for none in [json!([]), Value::Null] {
        assert_eq!(edits(&want(&none), &live).len(), 1, "{none}");
    }
    let (known, scope) = (known(), scope());
    let mut refs = Refs::new(&scope, "ml", &known);
    let unmanaged = table().resolve(&json!({"accountId": "111122223333"}), &mut refs);
    assert!(edits(&unmanaged.expect("valid").state, &live).is_empty());
}

/// A deleted group must not keep open what somebody opened.
#[test]
fn who_is_not_found_waits_and_what_is_foreign_goes_all_the_same() {
    let (want, unresolved) = resolve(&json!([
        {"permissionSet": "Scientist", "group": "Gone"},
        {"permissionSet": "Scientist", "user": "jane@example.com"},
    ]))
    .expect("valid");
    assert_eq!(
        unresolved.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["assignments: no Identity Center group matches name Gone"]
    );
    let live = have(&[
        (SCIENTIST, "GROUP", TEAM),
        (SCIENTIST, "USER", JANE),
        (ADMINISTRATOR, "USER", JANE),
        (ADMINISTRATOR, "GROUP", TEAM),
    ]);
    let edits = edits(&want, &live);
    let removed: Vec<_> =
        edits.iter().filter(|edit| edit.risk.closes).map(|edit| edit.summary.clone()).collect();
    // The team may be the group that is not found: only that waits.
    assert_eq!(
        removed,
        [
            format!("take Administrator away from user {JANE}"),
            format!("take Administrator away from group {TEAM}"),
        ]
    );
    assert_eq!(edits.len(), 3);
}

#[test]
fn an_unknown_part_may_be_any_and_a_known_one_only_itself() {
    let unknown = "permission set with name X (not resolved)";
    let group = "Identity Center group with name X (not resolved)";
    assert!(may_be(&key(unknown, "GROUP", TEAM), &key(SCIENTIST, "GROUP", TEAM)));
    assert!(!may_be(&key(unknown, "GROUP", TEAM), &key(SCIENTIST, "GROUP", JANE)));
    assert!(!may_be(&key(unknown, "GROUP", TEAM), &key(SCIENTIST, "USER", TEAM)));
    assert!(may_be(&key(SCIENTIST, "GROUP", group), &key(SCIENTIST, "GROUP", TEAM)));
    assert!(!may_be(&key(SCIENTIST, "GROUP", group), &key(ADMINISTRATOR, "GROUP", TEAM)));
}

#[test]
fn names_may_contain_the_words_of_a_key() {
    assert_eq!(parts("S GROUP a USER b"), Some(("S", "GROUP", "a USER b")));
    assert_eq!(parts("S USER a GROUP b"), Some(("S", "USER", "a GROUP b")));
    assert_eq!(parts("nothing"), None);
}

#[test]
fn an_assignment_is_to_one_group_or_user_and_occurs_once() {
    let why = |assignments: Value| resolve(&assignments).expect_err("invalid");
    assert_eq!(why(json!([{"permissionSet": "Scientist"}])), "assignments[0]: nobody gets it");
    assert_eq!(
        why(json!([{"permissionSet": "Scientist", "group": "a", "user": "b"}])),
        "assignments[0]: both a user and a group"
    );
    assert!(
        why(json!([{"permissionSet": "arn:aws:iam::aws:policy/X", "user": "b"}]))
            .starts_with("assignments[0].permissionSet: ")
    );
    let twice = why(json!([
        {"permissionSet": "Scientist", "group": "ML Team"},
        {"permissionSet": SCIENTIST, "group": TEAM},
    ]));
    assert!(twice.ends_with("occurs twice"), "{twice}");
}

#[test]
fn another_account_than_the_adopted_one_changes_nothing() {
    let want = want(&json!([]));
    let mut live = have(&[(SCIENTIST, "GROUP", TEAM)]);
    live["accountId"] = json!("444455556666");
    let edits = edits(&want, &live);
    assert_eq!(shown(&edits).len(), 1);
    assert!(edits[0].risk.impossible);
    let wrong = json!({"accountId": "1234"});
    let (known, scope) = (known(), scope());
    assert!(table().resolve(&wrong, &mut Refs::new(&scope, "ml", &known)).is_err());
}

#[test]
fn the_permission_sets_with_a_role_in_the_account_are_those_that_somebody_has() {
    let live = have(&[(SCIENTIST, "GROUP", TEAM), (SCIENTIST, "USER", JANE)]);
    let reach = |state: &Value| {
        let guards = table().guards(state).expect("a state");
        guards.into_iter().map(|guarded| guarded.reach).collect::<Vec<_>>()
    };
    let assigned = |sets: &[&str]| Reach::Assignments {
        account: "111122223333".into(),
        sets: sets.iter().map(|&set| set.to_owned()).collect(),
    };
    assert_eq!(reach(&live), [assigned(&["Scientist"])]);
    let edits = edits(&want(&json!([])), &live);
    let states = table().states(&live, &edits).expect("states");
    let all: Vec<_> = states.iter().flat_map(reach).collect();
    assert_eq!(all, [assigned(&["Scientist"]), assigned(&[])]);
}

#[test]
fn every_field_of_the_example_is_right_and_no_field_is_missing_there() {
    let text = include_str!("../../../examples/permission-set-assignment.yaml");
    crate::kind::table::tests::examples::names_every_field(&table(), text);
}
