//! What people choose to be done, and what it means for the rest.

use super::*;
use crate::kind::erased::Edit;

/// A live widget of which two parts differ; a difference in `engine` stops work and is held.
fn half_held() -> World {
    World::of([widget("a", "parts: {label: new, engine: off}")]).with(ours("w-1", "a", &[]))
}

fn turn() -> Wait {
    Wait::passing(WaitReason::Turn)
}

#[test]
fn parts_of_a_resource_go_one_after_another() {
    let mut world = half_held();
    let held = world.plan().steps[1].clone();
    world.approved.insert(held.digest);
    let mut plan = world.plan();
    assert_eq!(plan.go().count(), 2);
    plan.take_turns();
    assert!(plan.steps[0].verdict.goes());
    assert_eq!(waits(&plan.steps[1]), [turn()]);
}

#[test]
fn the_approved_part_of_a_resource_goes_where_the_other_one_was_not_chosen() {
    let mut world = half_held();
    world.approved.insert(world.plan().steps[1].digest.clone());
    world.only = Some(Only::Approved);
    let mut plan = world.plan();
    plan.take_turns();
    assert_eq!(waits(&plan.steps[0]), [Wait::lasting(WaitReason::NotChosen)]);
    assert!(plan.steps[1].verdict.goes() && plan.steps[1].approved);
    assert!(plan.steps[1].risk().disrupts());
}

#[test]
fn what_opens_is_not_done_by_consent_to_it_alone_while_what_closes_before_it_is_not_chosen() {
    let mut plan = World::of([widget("a", "parts: {lock: shut, gate: open}")])
        .with(ours("w-1", "a", &[]))
        .plan();
    let whole = plan.steps.remove(0);
    let part = |at: usize| whole.part(vec![whole.action.edits()[at].clone()], Verdict::Go);
    plan.steps = vec![part(0), Step { approved: true, ..part(1) }];
    Only::Approved.restrict(&mut plan, &BTreeSet::new(), &BTreeSet::new());
    assert_eq!(waits(&plan.steps[0]), [Wait::lasting(WaitReason::NotChosen)]);
    let earlier = WaitReason::Earlier { key: "lock".into() };
    assert_eq!(waits(&plan.steps[1]), [Wait::lasting(earlier)]);
}

#[test]
fn what_stands_behind_something_that_was_not_chosen_does_not_wait_for_it_to_pass() {
    let mut world =
        World::of([widget("a", "behind: [{ref: b}]"), widget("b", "parts: {label: new}")])
            .with(ours("w-2", "b", &[("label", "old")]));
    let wait = |world: &World| {
        let changes = WaitReason::ChangesFirst { address: at("b") };
        let why = waits(&world.plan().steps[0]);
        why.iter().find(|wait| wait.reason == changes).map(|wait| wait.passes)
    };
    assert_eq!(wait(&world), Some(true));
    world.only = Some(Only::Approved);
    assert_eq!(wait(&world), Some(false));
}

#[test]
fn what_must_not_be_written_is_only_reported_even_where_aws_has_no_call_for_it() {
    let mut world = World::of([widget("a", "parts: {frame: oak}")]).with(ours("w-1", "a", &[]));
    assert_eq!(world.step().verdict, Verdict::Held(vec![HoldReason::Impossible]));
    world.document("a").lifecycle.paused = true;
    assert_eq!(world.step().verdict, Verdict::Reported(ReportReason::Paused));
}

#[test]
fn what_puts_back_goes_ahead_of_what_failed_even_if_it_opens_too() {
    let world = World::of([widget("a", "parts: {label: new, gate: open}")])
        .with(ours("w-1", "a", &[]))
        .failed("a", &["label"]);
    let plan = world.plan();
    assert_eq!(plan.go().count(), 0);
    let wanted: Vec<Edit> = plan.steps[0].action.edits().to_vec();
    let put_back: Vec<Edit> =
        wanted.into_iter().map(|edit| Edit { puts_back: edit.key == "gate", ..edit }).collect();
    let ahead = edits::ahead_of(&world.holdoffs[&at("a")], &put_back);
    assert_eq!(ahead, BTreeSet::from(["gate".to_owned()]));
}

#[test]
fn what_shared_a_refused_call_is_made_by_itself_and_what_closes_goes_ahead() {
    let mut world = World::of([widget("a", "parts: {lock: shut, label: new}")])
        .with(ours("w-1", "a", &[]))
        .failed("a", &[]);
    let holdoff = world.holdoffs.get_mut(&at("a")).unwrap();
    holdoff.together = ["label", "lock"].map(str::to_owned).into();
    let plan = world.plan();
    let keys: Vec<_> = plan.steps.iter().map(|step| (step.keys(), step.verdict.goes())).collect();
    assert_eq!(keys, [(vec!["lock".to_owned()], true), (vec!["label".to_owned()], false)]);
    assert!(plan.steps.iter().flat_map(|step| step.action.edits()).all(|edit| edit.alone));
}
