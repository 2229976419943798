//! The verdict on a step, and which reason is reported first.

use super::*;
use crate::manifest::ManifestMode;

/// A manifest for each verb.
fn all_verbs() -> World {
    World::of([
        widget("a-new", "parts: {lock: shut}"),
        widget("b-other", "parts: {lock: shut}"),
        widget("c-old", "").lifecycle("state: absent"),
    ])
    .with(ours("w-2", "b-other", &[("lock", "open")]))
    .with(ours("w-3", "c-old", &[]))
}

/// The one reason why nothing is written, for every verb.
fn reported(world: &World) -> String {
    let plan = world.plan();
    let verbs: Vec<_> = plan.steps.iter().map(|step| step.action.verb()).collect();
    assert_eq!(verbs, ["create", "edit", "delete"]);
    let why: BTreeSet<_> = plan
        .steps
        .iter()
        .map(|step| match &step.verdict {
            Verdict::Reported(why) => why.to_string(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(why.len(), 1);
    why.into_iter().next().unwrap()
}

#[test]
fn what_differs_is_done_if_nothing_speaks_against_it() {
    let plan = all_verbs().plan();
    assert_eq!(plan.go().count(), 3);
    let causes: Vec<_> = plan.steps.iter().map(|step| step.cause).collect();
    assert_eq!(causes, [Cause::Manifest, Cause::Manifest, Cause::Tombstone]);
}

#[test]
fn settings_before_brake_before_lifecycle_before_pause_before_any_wait() {
    let mut world = all_verbs().failed("b-other", &[]);
    for document in world.documents.values_mut() {
        Arc::make_mut(document).lifecycle.paused = true;
    }
    assert_eq!(reported(&world), "paused");
    for document in world.documents.values_mut() {
        Arc::make_mut(document).lifecycle.mode = ManifestMode::Observe;
    }
    assert_eq!(reported(&world), "its lifecycle says observe");
    world.stopped = Some(Stop::Brake);
    assert_eq!(reported(&world), "the brake is on");
    world.mode = Mode::Observe;
    assert_eq!(reported(&world), "the settings say observe");
}

#[test]
fn what_failed_waits_until_its_manifest_changes() {
    let failed = refused;
    let manifest = |spec| World::of([widget("a", spec)]);
    let same = manifest("parts: {label: x}").failed("a", &[]);
    assert_eq!(waits(&same.step()), [failed()]);
    let changed = World { holdoffs: same.holdoffs, ..manifest("parts: {label: y}") };
    assert!(changed.step().verdict.goes());
    let live = || ours("w-1", "a", &[("label", "old")]);
    let edit = manifest("parts: {label: x}").with(live()).failed("a", &[]);
    assert_eq!(waits(&edit.step()), [failed()]);
    let changed = World { holdoffs: edit.holdoffs, ..manifest("parts: {label: y}").with(live()) };
    assert!(changed.step().verdict.goes());
}

#[test]
fn tags_are_part_of_what_is_wanted_so_a_changed_tag_is_tried_at_once() {
    let failed = World::of([widget("a", "tags: {team: x}")]).failed("a", &[]);
    let mut changed = World::of([widget("a", "tags: {team: y}")]);
    changed.holdoffs = failed.holdoffs;
    assert!(changed.step().verdict.goes());
}

#[test]
fn a_failure_of_another_manifest_is_not_a_reason_to_wait() {
    let mut world = World::of([widget("a", ""), widget("b", "")]).failed("b", &[]);
    let plan = world.plan();
    assert!(plan.steps[0].verdict.goes() && !plan.steps[1].verdict.goes());
    world.holdoffs.clear();
    assert_eq!(world.plan().go().count(), 2);
}

/// `lock` tightens, then `label`, then `gate`, which opens.
fn failed_at(fields: &[&str]) -> Vec<Step> {
    let steps = World::of([widget("a", "parts: {lock: shut, label: new, gate: open}")])
        .with(ours("w-1", "a", &[]))
        .failed("a", fields)
        .plan()
        .steps;
    assert_eq!(keys(&steps), ["lock", "label", "gate"]);
    steps
}

#[test]
fn what_tightens_and_comes_before_what_failed_does_not_wait_for_it() {
    let steps = failed_at(&["gate"]);
    assert_eq!(steps[0].keys(), ["lock", "label"]);
    assert!(steps[0].verdict.goes());
    assert_eq!(waits(&steps[1]), [refused()]);
    assert_ne!(steps[0].digest, steps[1].digest, "each is a step of its own");

    let steps = failed_at(&["label"]);
    assert_eq!(steps[0].keys(), ["lock"]);
    assert_eq!(steps[1].keys(), ["label", "gate"]);
}

#[test]
fn what_opens_waits_with_what_failed_even_if_it_had_no_part_in_it() {
    let steps = failed_at(&["something else"]);
    assert_eq!(steps[0].keys(), ["lock", "label"]);
    assert_eq!(steps[1].keys(), ["gate"]);
    assert!(!steps[1].verdict.goes());
}

#[test]
fn what_failed_first_lets_nothing_behind_it_through() {
    let steps = failed_at(&["lock"]);
    assert_eq!(steps.len(), 1);
    assert!(!steps[0].verdict.goes());
}

#[test]
fn only_what_tightens_is_worth_going_ahead() {
    let step = World::of([widget("a", "parts: {label: new, gate: open}")])
        .with(ours("w-1", "a", &[]))
        .failed("a", &["gate"])
        .step();
    assert_eq!(waits(&step), [refused()]);
    assert_eq!(step.keys(), ["label", "gate"]);
}

#[test]
fn if_all_of_it_tightens_and_had_no_part_in_the_failure_all_of_it_goes() {
    let step = World::of([widget("a", "parts: {lock: shut}")])
        .with(ours("w-1", "a", &[]))
        .failed("a", &["gate"])
        .step();
    assert!(step.verdict.goes());
    assert_eq!(step.keys(), ["lock"]);
}

#[test]
fn what_tightens_does_not_go_ahead_of_any_other_reason_to_wait() {
    let updating = Phase::Settling("Updating".into());
    let step = World::of([widget("a", "parts: {lock: shut, gate: open}")])
        .with(in_phase(updating, ours("w-1", "a", &[])))
        .failed("a", &["gate"])
        .step();
    let why = [settling("Updating"), refused()];
    assert_eq!(waits(&step), why);
}

#[test]
fn what_tightens_is_not_done_where_nothing_may_be_written() {
    let mut world = World::of([widget("a", "parts: {lock: shut, gate: open}")])
        .with(ours("w-1", "a", &[]))
        .failed("a", &["gate"]);
    world.stopped = Some(Stop::Brake);
    assert_eq!(world.plan().go().count(), 0);
}

#[test]
fn a_create_is_held_off_while_aws_may_not_show_an_earlier_one() {
    let mut world = World::of([widget("a", "parts: {label: x}")]);
    let wait = || Wait::passing(WaitReason::UnclearCreate);
    world.create_holdoffs.insert(at("a"), wait());
    assert_eq!(waits(&world.step()), [wait()]);
    let world = world.failed("a", &[]);
    assert_eq!(waits(&world.step()), [refused(), wait()]);
    let world = world.with(ours("w-1", "a", &[("label", "old")]));
    let world = World { holdoffs: BTreeMap::new(), ..world };
    assert!(world.step().verdict.goes(), "an edit makes no second one");
}

#[test]
fn what_somebody_keeps_changing_back_is_frozen_as_a_whole_and_named() {
    let mut world =
        World::of([widget("a", "parts: {lock: shut, label: new}")]).with(ours("w-1", "a", &[]));
    let want = world.plan().wants[&at("a")].fingerprint.clone();
    let undone =
        HoldReason::Undone { key: "label".into(), times: 3, since_minutes: 4, retry_minutes: 10 };
    let frozen = BTreeMap::from([("label".to_owned(), undone.clone())]);
    world.past.rewrites.insert(at("a"), Rewrites { want, frozen });
    assert_eq!(held(&world.step()), undone.to_string());
    assert_eq!(world.plan().frozen, [at("a")].into());
    world.documents = World::of([widget("a", "parts: {lock: shut, label: other}")]).documents;
    assert!(world.step().verdict.goes(), "a changed manifest is another wish");
    assert!(world.plan().frozen.is_empty());
}
