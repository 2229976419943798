//! What must come before what between resources: references, and what they wait for.

use super::*;

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

const CHANGES: &str = "prod/Widget/b has changes to be made first";

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
    assert_eq!(waits(&step_of(&plan, "a")), [Wait::lasting("prod/Widget/b is created first")]);
    assert!(step_of(&plan, "b").verdict.goes());
}

#[test]
fn what_refers_to_something_that_will_not_be_created_calls_it_missing() {
    let world = World::of([widget("a", "behind: [{ref: b}]"), widget("b", "title: t")])
        .with(titled("t", stray("w-9", &[])));
    let wait = Wait::lasting("prod/Widget/b does not exist yet");
    assert_eq!(waits(&step_of(&world.plan(), "a")), [wait]);
}

#[test]
fn without_its_references_the_difference_is_not_known_and_no_edit_is_planned() {
    let mut world =
        World::of([widget("a", "behind: [{ref: b}], parts: {label: x}"), widget("b", "")])
            .with(ours("w-1", "a", &[("label", "y"), ("behind", "w-2")]));
    let step = step_of(&world.plan(), "a");
    assert_eq!(waits(&step), [Wait::lasting("prod/Widget/b is created first")]);
    assert_eq!((step.action.verb(), step.action.edits().len()), ("edit", 0));
    world.mode = Mode::Observe;
    let step = step_of(&world.plan(), "a");
    assert!(matches!(step.verdict, Verdict::Reported(_)));
    assert_eq!(step.action.edits().len(), 0);
}

#[test]
fn nothing_is_created_behind_what_still_has_edits_to_be_made() {
    let plan = behind("parts: {label: new}").plan();
    assert_eq!(waits(&step_of(&plan, "a")), [Wait::passing(CHANGES)]);
    assert!(step_of(&plan, "b").verdict.goes());
}

#[test]
fn whether_that_wait_ends_by_itself_depends_on_whether_the_edits_will_be_made() {
    let wait = |world: World| waits(&step_of(&world.plan(), "a"));
    let settling = Phase::Settling("Updating".into());
    let b = || in_phase(settling.clone(), ours("w-2", "b", &[("label", "old")]));
    let world =
        || World::of([widget("a", "behind: [{ref: b}]"), widget("b", "parts: {label: new}")]);
    assert_eq!(wait(world().with(b())), [Wait::passing(CHANGES)]);
    assert_eq!(wait(world().with(b()).failed("b", &[])), [Wait::lasting(CHANGES)]);
    assert_eq!(wait(behind("parts: {label: new}").failed("b", &[])), [Wait::lasting(CHANGES)]);
}

#[test]
fn edits_that_go_in_part_will_not_all_be_made_by_themselves() {
    let world = behind("parts: {lock: shut, gate: open}").failed("b", &["set gate"]);
    let plan = world.plan();
    assert_eq!(plan.steps.len(), 3, "what tightens goes ahead of what failed");
    assert_eq!(waits(&step_of(&plan, "a")), [Wait::lasting(CHANGES)]);
}

#[test]
fn what_waits_for_edits_that_the_gate_holds_waits_for_people() {
    let mut world = behind("parts: {engine: off}");
    assert_eq!(waits(&step_of(&world.plan(), "a")), [Wait::lasting(CHANGES)]);
    world.approved.insert(step_of(&world.plan(), "b").digest);
    assert_eq!(waits(&step_of(&world.plan(), "a")), [Wait::passing(CHANGES)]);
    let other = World::of([
        widget("a", "behind: [{ref: b}]"),
        widget("b", "parts: {label: new}"),
        widget("c", "parts: {engine: off}"),
    ])
    .with(ours("w-2", "b", &[]))
    .with(ours("w-3", "c", &[]));
    assert_eq!(waits(&step_of(&other.plan(), "a")), [Wait::passing(CHANGES)], "another's is held");
}

#[test]
fn what_is_impossible_or_only_reported_keeps_nobody_waiting() {
    assert!(step_of(&behind("parts: {frame: oak}").plan(), "a").verdict.goes());
    let mut world = behind("parts: {label: new}");
    world.documents.get_mut(&at("b")).unwrap().lifecycle.paused = true;
    assert!(step_of(&world.plan(), "a").verdict.goes());
}

#[test]
fn a_create_that_waits_already_waits_for_those_edits_too_and_one_that_is_only_reported_stays_so() {
    let mut world = behind("parts: {label: new}");
    let wait = Wait::passing("one may have been made");
    world.create_holdoffs.insert(at("a"), wait.clone());
    assert_eq!(waits(&step_of(&world.plan(), "a")), [wait, Wait::passing(CHANGES)]);
    world.documents.get_mut(&at("a")).unwrap().lifecycle.paused = true;
    assert_eq!(step_of(&world.plan(), "a").verdict, Verdict::Reported("paused".into()));
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
fn what_may_follow_later_is_left_out_and_named_and_the_manifest_is_not_in_order_yet() {
    let world =
        || World::of([widget("a", "beside: [{ref: b}], parts: {label: x}"), widget("b", "")]);
    let later = ["prod/Widget/b does not exist yet"];
    let create = step_of(&world().plan(), "a");
    assert!(create.verdict.goes());
    assert_eq!(create.later, later);
    let Action::Create { want, .. } = &create.action else { panic!() };
    assert_eq!(want["parts"], json!({"label": "x"}));
    let edit = step_of(&world().with(ours("w-1", "a", &[])).plan(), "a");
    assert_eq!((edit.fields(), &edit.later[..]), (vec!["set label".to_owned()], &create.later[..]));
    let same = world().with(ours("w-1", "a", &[("label", "x")])).plan();
    assert!(same.in_sync.is_empty() && same.steps.iter().all(|step| step.address == at("b")));
}

#[test]
fn a_reference_into_what_could_not_be_read_waits_for_it() {
    let manifests =
        [keepsake("k", "beside: [{ref: b}]"), keepsake("l", "behind: [{ref: b}]"), widget("b", "")];
    let mut world = World::of(manifests);
    let key = ("prod".to_owned(), "Widget".to_owned());
    world.live.seen.insert(key, Seen::Unknown("throttled".into()));
    let plan = world.plan();
    assert_eq!(plan.steps.len(), 2);
    for step in &plan.steps {
        let waits = waits(step);
        assert!(waits.iter().all(|wait| wait.why.contains("throttled") && !wait.passes));
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
