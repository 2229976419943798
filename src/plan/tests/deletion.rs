//! Tombstones.

use super::*;

fn tombstone(spec: &'static str) -> World {
    World::of([widget("a", spec).lifecycle("state: absent")])
}

#[test]
fn a_tombstone_deletes_what_carries_its_address_and_says_how() {
    let step = tombstone("parts: {label: x}").with(ours("w-1", "a", &[])).step();
    let Action::Delete { have, want } = &step.action else { panic!("{step:?}") };
    assert_eq!(have.id, "w-1".into());
    assert_eq!(want.as_ref().unwrap()["parts"]["label"], "x");
    assert_eq!(step.cause, Cause::Tombstone);
    assert!(step.verdict.goes() && step.origin.is_some());
}

#[test]
fn a_tombstone_needs_no_spec() {
    let mut world = tombstone("").with(ours("w-1", "a", &[]));
    for document in world.documents.values_mut() {
        Arc::make_mut(document).spec = None;
    }
    assert!(matches!(world.step().action, Action::Delete { want: None, .. }));
}

#[test]
fn a_tombstone_of_what_is_absent_or_on_its_way_out_is_in_order() {
    for world in [tombstone(""), tombstone("").with(gone(ours("w-1", "a", &[])))] {
        let plan = world.plan();
        assert_eq!(plan.in_sync, [at("a")].into());
        assert!(!plan.has_changes() && plan.conflicts.is_empty());
    }
}

#[test]
fn a_tombstone_never_deletes_what_was_not_claimed() {
    let adopts = || World::of([widget("a", "").lifecycle("state: absent, adopt: w-1")]);
    for world in [
        tombstone("").with(stray("w-1", &[])),
        adopts(),
        adopts().with(stray("w-1", &[])),
        tombstone("").with(claimed_by("another", &at("a"), stray("w-1", &[]))),
        tombstone("").with(ours("w-1", "b", &[])),
    ] {
        let plan = world.plan();
        assert_eq!(plan.in_sync, [at("a")].into());
        assert!(!plan.has_changes());
    }
}

#[test]
fn a_state_that_does_not_decode_does_not_count_as_gone() {
    let step = tombstone("").with(garbled(ours("w-1", "a", &[]))).step();
    assert_eq!(step.action.verb(), "delete");
}

#[test]
fn a_deletion_waits_while_aws_is_working_on_it_and_after_a_failure() {
    let live = in_phase(Phase::Settling("Creating".into()), ours("w-1", "a", &[]));
    let mut world = tombstone("").with(live);
    let settling = || settling("Creating");
    assert_eq!(waits(&world.step()), [settling()]);
    world = world.failed("a", &[]);
    assert_eq!(waits(&world.step()), [refused(), settling()]);
}

#[test]
fn a_failure_of_an_edit_that_was_wanted_earlier_does_not_hold_up_the_deletion() {
    let live = || ours("w-1", "a", &[]);
    let edit = World::of([widget("a", "parts: {label: x}")]).with(live()).failed("a", &[]);
    let world = World { holdoffs: edit.holdoffs, ..tombstone("parts: {label: x}").with(live()) };
    assert!(world.step().verdict.goes());
}

#[test]
fn a_tombstone_wants_nothing_to_be_seen_in_order() {
    assert!(tombstone("").with(ours("w-1", "a", &[])).plan().wants.is_empty());
}
