//! Steps as data: their digests, their descriptions, and how they are counted.

use super::*;
use crate::{
    kind::erased::{Edit, EditBody},
    model::Risk,
};

fn edit(summary: &str, risk: Risk, body: Value) -> Edit {
    let key = summary.split_whitespace().nth(1).unwrap_or_default();
    Edit { risk, ..Edit::of_tags(key, summary.into(), EditBody::Change(body)) }
}

fn step(action: Action, verdict: Verdict) -> Step {
    Step::new(&at("a"), None, Cause::Manifest, action, verdict)
}

fn create(want: Value, tag: &str, token: &str) -> Action {
    let tags = Tags::from([("team".to_owned(), tag.to_owned())]);
    Action::Create { want, tags, token: token.into(), lines: Vec::new(), risk: Risk::LOOSENS }
}

fn edits(id: &str, edits: &[Edit]) -> Action {
    Action::Edit { have: stray(id, &[]), edits: edits.to_vec() }
}

fn delete(id: &str, want: Option<Value>) -> Action {
    Action::Delete { have: stray(id, &[]), want }
}

fn all_different(actions: impl IntoIterator<Item = Action>) {
    let digests: Vec<_> =
        actions.into_iter().map(|action| step(action, Verdict::Go).digest).collect();
    let different: BTreeSet<_> = digests.iter().collect();
    assert_eq!(different.len(), digests.len(), "{digests:?}");
}

#[test]
fn a_fingerprint_is_the_first_twelve_digits_of_sha_256() {
    assert_eq!(fingerprint(""), "e3b0c44298fc");
    assert_eq!(fingerprint("abc"), "ba7816bf8f01");
}

#[test]
fn whatever_would_be_sent_changes_the_digest() {
    let set = |x: u8| edit("set x", Risk::NEUTRAL, json!({ "x": x }));
    all_different([
        create(json!({"x": 1}), "ml", ""),
        create(json!({"x": 2}), "ml", ""),
        create(json!({"x": 1}), "other", ""),
        edits("w-1", &[set(1)]),
        edits("w-2", &[set(1)]),
        edits("w-1", &[set(2)]),
        edits("w-1", &[set(1), set(2)]),
        edits("w-1", &[set(2), set(1)]),
        edits("w-1", &[]),
        delete("w-1", None),
        delete("w-2", None),
        delete("w-1", Some(json!({"days": 7}))),
        delete("w-1", Some(json!({"days": 30}))),
    ]);
}

#[test]
fn the_same_thing_done_to_another_address_has_another_digest() {
    let other = Step::new(&at("b"), None, Cause::Manifest, delete("w-1", None), Verdict::Go);
    assert_ne!(other.digest, step(delete("w-1", None), Verdict::Go).digest);
}

#[test]
fn a_consent_outlives_what_does_not_change_what_is_sent() {
    let digest = |action| step(action, Verdict::Go).digest;
    assert_eq!(
        digest(create(json!({}), "ml", "token-1")),
        digest(create(json!({}), "ml", "token-2")),
        "a token is new after a deletion",
    );
    let worded = edit("put x to 1", Risk::NEUTRAL.cutting_connections(), json!({"x": 1}));
    let plain = [edit("set x", Risk::NEUTRAL, json!({"x": 1}))];
    assert_eq!(digest(edits("w-1", &[worded])), digest(edits("w-1", &plain)));
    let mut drifted = stray("w-1", &[("unasked", "y")]);
    drifted.tags.insert("seen".into(), "today".into());
    assert_eq!(
        digest(Action::Edit { have: drifted, edits: plain.to_vec() }),
        digest(edits("w-1", &plain)),
    );
    assert_eq!(
        Step::new(&at("a"), None, Cause::Prune, delete("w-1", None), Verdict::Go).digest,
        Step::new(&at("a"), None, Cause::Tombstone, delete("w-1", None), Verdict::Go).digest,
    );
}

#[test]
fn a_part_of_a_step_is_a_step_of_its_own_with_everything_else_kept() {
    let (one, two) =
        (edit("set x", Risk::TIGHTENS, json!(1)), edit("set y", Risk::LOOSENS, json!(2)));
    let mut whole = step(edits("w-1", &[one.clone(), two]), Verdict::Go);
    whole.approved = true;
    let part = whole.part(vec![one.clone()], Verdict::Held(vec![HoldReason::Prune]));
    assert_eq!(part.keys(), ["x"]);
    assert_eq!(held(&part), HoldReason::Prune.to_string());
    assert_eq!(part.digest, step(edits("w-1", &[one]), Verdict::Go).digest);
    assert_eq!((part.approved, part.cause), (whole.approved, whole.cause));
}

#[test]
fn a_step_names_its_verb_its_resource_its_fields_and_its_worst_risk() {
    let of = |action: Action| {
        let step = step(action, Verdict::Go);
        let have = step.action.have().map(|have| have.id.0.clone());
        (step.action.verb(), have, step.keys(), step.risk())
    };
    assert_eq!(
        of(create(json!({}), "ml", "")),
        ("create", None, vec!["create".to_owned()], Risk::LOOSENS)
    );
    let two = [edit("set x", Risk::LOOSENS, json!(1)), edit("set y", Risk::TIGHTENS, json!(2))];
    assert_eq!(
        of(edits("w-1", &two)),
        ("edit", Some("w-1".into()), vec!["x".into(), "y".into()], Risk::REPLACES)
    );
    assert_eq!(of(edits("w-1", &[])).3, Risk::NEUTRAL);
    assert_eq!(
        of(delete("w-1", None)),
        ("delete", Some("w-1".into()), vec!["delete".into()], Risk::TIGHTENS.stopping_work())
    );
    assert_eq!(delete("w-1", None).edits(), []);
    assert_eq!(edits("w-1", &two).edits(), two);
}

#[test]
fn causes_display_as_they_are_serialized() {
    let all = [
        (Cause::Manifest, "manifest"),
        (Cause::Drift, "drift"),
        (Cause::Adoption, "adoption"),
        (Cause::Tombstone, "tombstone"),
        (Cause::Prune, "prune"),
    ];
    for (cause, word) in all {
        assert_eq!((cause.as_str(), json!(cause)), (word, json!(word)));
    }
}

#[test]
fn only_what_goes_goes() {
    assert!(Verdict::Go.goes());
    for verdict in [
        Verdict::Waiting(Vec::new()),
        Verdict::Held(Vec::new()),
        Verdict::Reported(ReportReason::Paused),
    ] {
        assert!(!verdict.goes(), "{verdict:?}");
    }
}

/// The given number of steps of each sort, and of everything else.
pub(super) fn assorted() -> Plan {
    let sorts = [
        (1, create as fn(Value, &str, &str) -> Action, Verdict::Go),
        (5, create, Verdict::Held(vec![HoldReason::Prune])),
        (4, create, Verdict::Waiting(vec![Wait::passing(WaitReason::SecondLook)])),
        (6, create, Verdict::Reported(ReportReason::Paused)),
    ];
    let mut plan = Plan::default();
    for (count, action, verdict) in sorts {
        let step = step(action(json!({}), "ml", ""), verdict);
        plan.steps.extend(std::iter::repeat_n(step, count));
    }
    plan.steps.extend(std::iter::repeat_n(step(edits("w-1", &[]), Verdict::Go), 2));
    plan.steps.extend(std::iter::repeat_n(step(delete("w-1", None), Verdict::Go), 3));
    let conflict = Conflict {
        address: at("a"),
        origin: None,
        ids: BTreeSet::new(),
        why: "taken".into(),
        help: "rename it".into(),
    };
    plan.conflicts = vec![conflict; 7];
    plan.orphans = vec![Orphan { address: at("b"), scope: "prod".into(), id: "w-2".into() }; 8];
    let unknown = Unknown::kind("prod", "Widget", "denied");
    plan.unknown = vec![unknown; 9];
    plan.in_sync = (0..10).map(|n| at(&format!("fine-{n}"))).collect();
    plan
}

#[test]
fn every_sort_of_step_and_everything_else_is_counted_once() {
    let counts = Counts {
        create: 1,
        edit: 2,
        delete: 3,
        waiting: 4,
        held: 5,
        reported: 6,
        conflicts: 7,
        orphans: 8,
        unknown: 9,
        in_sync: 10,
    };
    assert_eq!(assorted().counts(), counts);
    assert_eq!(assorted().go().count(), 6);
    assert_eq!(Plan::default().counts(), Counts::default());
}

#[test]
fn a_plan_has_changes_if_any_step_is_in_it_whatever_becomes_of_it() {
    assert!(!Plan::default().has_changes());
    let world = World { mode: Mode::Observe, ..World::of([widget("a", "")]) };
    assert!(world.plan().has_changes());
}

#[test]
fn a_plan_reads_back_from_json_as_it_was_except_for_fingerprints() {
    let mut plan = World::of([widget("a", "parts: {lock: shut, frame: oak}"), widget("b", "")])
        .with(ours("w-1", "a", &[]))
        .with(deletable_orphan())
        .plan();
    let text = serde_json::to_string(&plan).unwrap();
    let back: Plan = serde_json::from_str(&text).unwrap();
    plan.wants.clear();
    plan.steps.iter_mut().for_each(|step| step.symbols.clear());
    assert_eq!(back, plan);
}

fn deletable_orphan() -> Observed<Value> {
    ours("w-9", "old", &[])
}

#[test]
fn an_obstacle_keeps_an_edit_of_several_entries_waiting() {
    let mut several = edit("set x", Risk::NEUTRAL, json!({"x": 1}));
    several.entries = vec!["x[1]".to_owned(), "x[2]".to_owned()];
    several.inspect = true;
    let both = [several, edit("set y", Risk::NEUTRAL, json!({"y": 1}))];
    let mut plan = Plan { steps: vec![step(edits("w-1", &both), Verdict::Go)], ..Plan::default() };
    let asked: Vec<_> = plan.questions().iter().map(|it| it.key().to_owned()).collect();
    assert_eq!(asked, ["x"]);
    let reason = WaitReason::Obstacles { found: vec!["eni-1".to_owned()] };
    let found = BTreeMap::from([("x".to_owned(), reason)]);
    plan.settle(&Obstacles::from([(at("a"), found)]));
    let goes: Vec<_> = plan.steps.iter().map(|it| (it.keys(), it.verdict.goes())).collect();
    let waits = vec!["x[1]".to_owned(), "x[2]".to_owned()];
    assert_eq!(goes, [(vec!["y".to_owned()], true), (waits, false)]);
}
