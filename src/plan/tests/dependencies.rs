//! What must come before what between resources: references, and what they wait for.

use super::*;
use crate::kind::Unresolved;

/// `a` stands behind `b`, which is there.
fn behind(spec: &'static str) -> World {
    World::of([widget("a", "behind: [{ref: b}]"), widget("b", spec)]).with(ours(
        "w-2",
        "b",
        &[("label", "old")],
    ))
}

fn step_of(plan: &Plan, name: &str) -> Step {
    let mut steps = plan.steps.iter().filter(|step| step.address == at(name));
    let step = steps.next().expect("a step").clone();
    assert!(steps.next().is_none());
    step
}

fn changes(passes: bool) -> Wait {
    Wait { reason: WaitReason::ChangesFirst { address: at("b") }, passes }
}

fn created_first(name: &str) -> Wait {
    Wait::lasting(WaitReason::CreatedFirst { address: at(name) })
}

fn absent(name: &str) -> Wait {
    Wait::lasting(Unresolved::Absent { address: at(name) }.into())
}

#[test]
fn what_refers_to_something_that_is_there_and_in_order_goes_with_its_id() {
    let step = step_of(&behind("parts: {label: old}").plan(), "a");
    assert!(step.verdict.goes());
    let Action::Create { want, .. } = step.action else { panic!() };
    assert_eq!(want["parts"]["behind"], "w-2");
}

#[test]
fn what_refers_to_something_created_in_this_plan_says_so_instead_of_calling_it_missing() {
    let plan = World::of([widget("a", "behind: [{ref: b}]"), widget("b", "")]).plan();
    assert_eq!(waits(&step_of(&plan, "a")), [created_first("b")]);
    assert!(step_of(&plan, "b").verdict.goes());
}

#[test]
fn what_refers_to_something_that_will_not_be_created_calls_it_missing() {
    let world = World::of([widget("a", "behind: [{ref: b}]"), widget("b", "title: t")])
        .with(titled("t", stray("w-9", &[])));
    let wait = absent("b");
    assert_eq!(waits(&step_of(&world.plan(), "a")), [wait]);
}

#[test]
fn an_unresolved_reference_delays_the_edit_that_names_it_and_no_other() {
    let mut world =
        World::of([widget("a", "behind: [{ref: b}], parts: {label: x}"), widget("b", "")])
            .with(ours("w-1", "a", &[("label", "y"), ("behind", "w-2")]));
    let plan = world.plan();
    let of_a: Vec<&Step> = plan.steps.iter().filter(|step| step.address == at("a")).collect();
    let [now, later] = of_a[..] else { panic!("{of_a:#?}") };
    assert_eq!((now.keys(), now.verdict.goes()), (vec!["label".to_owned()], true));
    assert_eq!(later.keys(), ["behind"]);
    assert_eq!(waits(later), [created_first("b")]);
    let shown = &later.action.edits()[0].lines[0].text;
    assert_eq!(shown, "behind: w-2 -> Widget/b (known after apply)");
    world.mode = Mode::Observe;
    let step = step_of(&world.plan(), "a");
    assert!(matches!(step.verdict, Verdict::Reported(_)));
    assert_eq!(step.keys(), ["behind", "label"]);
}

#[test]
fn nothing_is_created_behind_what_still_has_edits_to_be_made() {
    let plan = behind("parts: {label: new}").plan();
    assert_eq!(waits(&step_of(&plan, "a")), [changes(true)]);
    assert!(step_of(&plan, "b").verdict.goes());
}

#[test]
fn whether_that_wait_ends_by_itself_depends_on_whether_the_edits_will_be_made() {
    let wait = |world: World| waits(&step_of(&world.plan(), "a"));
    let settling = Phase::Settling("Updating".into());
    let b = || in_phase(settling.clone(), ours("w-2", "b", &[("label", "old")]));
    let world =
        || World::of([widget("a", "behind: [{ref: b}]"), widget("b", "parts: {label: new}")]);
    assert_eq!(wait(world().with(b())), [changes(true)]);
    assert_eq!(wait(world().with(b()).failed("b", &[])), [changes(false)]);
    assert_eq!(wait(behind("parts: {label: new}").failed("b", &[])), [changes(false)]);
}

#[test]
fn edits_that_go_in_part_will_not_all_be_made_by_themselves() {
    let world = behind("parts: {lock: shut, gate: open}").failed("b", &["gate"]);
    let plan = world.plan();
    assert_eq!(plan.steps.len(), 3, "what tightens goes ahead of what failed");
    assert_eq!(waits(&step_of(&plan, "a")), [changes(false)]);
}

#[test]
fn what_waits_for_edits_that_the_gate_holds_waits_for_people() {
    let mut world = behind("parts: {engine: off}");
    assert_eq!(waits(&step_of(&world.plan(), "a")), [changes(false)]);
    world.approved.insert(step_of(&world.plan(), "b").digest);
    assert_eq!(waits(&step_of(&world.plan(), "a")), [changes(true)]);
    let other = World::of([
        widget("a", "behind: [{ref: b}]"),
        widget("b", "parts: {label: new}"),
        widget("c", "parts: {engine: off}"),
    ])
    .with(ours("w-2", "b", &[]))
    .with(ours("w-3", "c", &[]));
    assert_eq!(waits(&step_of(&other.plan(), "a")), [changes(true)], "another's is held");
}

#[test]
fn what_is_impossible_or_only_reported_keeps_nobody_waiting() {
    assert!(step_of(&behind("parts: {frame: oak}").plan(), "a").verdict.goes());
    let mut world = behind("parts: {label: new}");
    world.document("b").lifecycle.paused = true;
    assert!(step_of(&world.plan(), "a").verdict.goes());
}

#[test]
fn a_create_that_waits_already_waits_for_those_edits_too_and_one_that_is_only_reported_stays_so() {
    let mut world = behind("parts: {label: new}");
    let wait = Wait::passing(WaitReason::UnclearCreate);
    world.create_holdoffs.insert(at("a"), wait.clone());
    assert_eq!(waits(&step_of(&world.plan(), "a")), [wait, changes(true)]);
    world.document("a").lifecycle.paused = true;
    assert_eq!(step_of(&world.plan(), "a").verdict, Verdict::Reported(ReportReason::Paused));
}

#[test]
fn an_edit_does_not_wait_for_edits_of_what_it_refers_to() {
    let world = behind("parts: {label: new}").with(ours("w-1", "a", &[("behind", "w-0")]));
    assert_eq!(world.plan().go().count(), 2);
}

#[test]
fn what_is_not_referred_to_or_may_follow_later_keeps_nobody_waiting() {
    let world = World::of([
        widget("a", "beside: [{ref: b}]"),
        widget("b", "parts: {label: new}"),
        widget("c", "behind: [{ref: d}]"),
        widget("d", ""),
    ])
    .with(ours("w-2", "b", &[]))
    .with(ours("w-4", "d", &[]));
    assert_eq!(world.plan().go().count(), 3);
}

#[test]
fn what_only_misses_a_reference_that_may_follow_keeps_nobody_waiting() {
    let world = |parts| {
        World::of([widget("a", "behind: [{ref: b}]"), widget("b", parts), widget("c", "title: t")])
            .with(ours("w-2", "b", &[]))
            .with(titled("t", stray("w-9", &[])))
    };
    let plan = world("beside: [{ref: c}]").plan();
    assert!(step_of(&plan, "a").verdict.goes(), "{plan:#?}");
    assert_eq!(waits(&step_of(&plan, "b")), [absent("c")]);
    // While something of it is still open, nothing new stands behind it.
    let settling = world("beside: [{ref: c}], parts: {lock: shut}").plan();
    assert_eq!(waits(&step_of(&settling, "a")), [changes(true)]);
}

#[test]
fn what_may_follow_later_is_shown_and_the_manifest_is_not_in_order_yet() {
    let world =
        || World::of([widget("a", "beside: [{ref: b}], parts: {label: x}"), widget("b", "")]);
    let later = "Widget/b (known after apply)";
    let create = step_of(&world().plan(), "a");
    assert!(create.verdict.goes());
    let Action::Create { want, .. } = &create.action else { panic!() };
    assert_eq!(want["parts"], json!({"label": "x", "beside": later}));
    let plan = world().with(ours("w-1", "a", &[])).plan();
    let of_a: Vec<Vec<String>> =
        plan.steps.iter().filter(|step| step.address == at("a")).map(Step::keys).collect();
    assert_eq!(of_a, [["label"], ["beside"]]);
    let same = world().with(ours("w-1", "a", &[("label", "x")])).plan();
    assert!(same.in_sync.is_empty());
    assert_eq!(step_of(&same, "a").keys(), ["beside"]);
    assert_eq!(waits(&step_of(&same, "a")), [created_first("b")]);
}

#[test]
fn a_reference_into_what_could_not_be_read_waits_for_it() {
    let manifests =
        [keepsake("k", "beside: [{ref: b}]"), keepsake("l", "behind: [{ref: b}]"), widget("b", "")];
    let mut world = World::of(manifests);
    let key = ScopedKind::new("prod", "Widget");
    world.live.seen.insert(key, Seen::Unknown("throttled".into()));
    let plan = world.plan();
    assert_eq!(plan.steps.len(), 2);
    for step in &plan.steps {
        let waits = waits(step);
        assert!(waits.iter().all(|wait| wait.to_string().contains("throttled") && !wait.passes));
    }
}

#[test]
fn a_reference_to_something_claimed_twice_is_not_filled_in_with_either() {
    let plan = World::of([widget("a", "behind: [{ref: b}]"), widget("b", "")])
        .with(ours("w-2", "b", &[]))
        .with(ours("w-3", "b", &[]))
        .plan();
    assert!(!step_of(&plan, "a").verdict.goes());
    assert_eq!(plan.conflicts.len(), 1);
}
