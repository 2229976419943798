//! The table of `matching.rs`, row by row.

use super::*;

fn ids(conflict: &Conflict) -> Vec<&str> {
    conflict.ids.iter().map(PhysicalId::as_str).collect()
}

#[test]
fn a_resource_that_carries_the_address_is_the_manifests_whatever_else_is_there() {
    let world = World::of([widget("a", "parts: {label: new}, title: t")])
        .with(claimed_by("another", &at("a"), stray("w-1", &[])))
        .with(titled("t", ours("w-2", "a", &[("label", "old")])))
        .with(ours("w-3", "b", &[]));
    let step = world.step();
    assert_eq!(step.action.have().unwrap().id, "w-2".into());
    assert_eq!(step.cause, Cause::Manifest);
    assert!(step.verdict.goes());
}

#[test]
fn two_resources_with_one_claim_are_both_left_alone() {
    for state in ["present", "absent"] {
        let lifecycle = if state == "present" { "state: present" } else { "state: absent" };
        let conflict = World::of([widget("a", "parts: {label: new}").lifecycle(lifecycle)])
            .with(ours("w-1", "a", &[]))
            .with(ours("w-2", "a", &[]))
            .conflict();
        assert_eq!(ids(&conflict), ["w-1", "w-2"]);
        assert_eq!(conflict.why, "2 live resources carry this address; none of them is changed");
        assert!(conflict.origin.unwrap().ends_with("all.yaml:3:1"));
    }
}

#[test]
fn three_resources_with_one_claim_are_left_alone_even_if_one_of_them_is_adopted() {
    let conflict = World::of([widget("a", "").lifecycle("adopt: w-2")])
        .with(ours("w-1", "a", &[]))
        .with(ours("w-2", "a", &[]))
        .with(ours("w-3", "a", &[]))
        .conflict();
    assert_eq!(ids(&conflict), ["w-1", "w-2", "w-3"]);
}

#[test]
fn a_manifest_that_adopts_what_is_its_own_already_is_in_order() {
    let plan =
        World::of([widget("a", "").lifecycle("adopt: w-1")]).with(ours("w-1", "a", &[])).plan();
    assert_eq!(plan.in_sync, [at("a")].into());
    assert!(plan.steps.is_empty() && plan.conflicts.is_empty());
}

#[test]
fn a_manifest_that_has_one_resource_cannot_adopt_another() {
    let conflict = World::of([widget("a", "").lifecycle("adopt: w-2")])
        .with(ours("w-1", "a", &[]))
        .with(stray("w-2", &[]))
        .conflict();
    assert_eq!(ids(&conflict), ["w-1", "w-2"]);
    assert_eq!(conflict.why, "adopts w-2, but w-1 already carries this address");
}

#[test]
fn what_nobody_claims_is_adopted_by_its_exact_id_and_claimed_first() {
    let step = World::of([widget("a", "parts: {lock: shut}").lifecycle("adopt: w-1")])
        .with(stray("w-10", &[]))
        .with(stray("w-1", &[]))
        .step();
    assert_eq!((step.cause, step.action.have().unwrap().id.as_str()), (Cause::Adoption, "w-1"));
    assert_eq!(
        step.action.edits().iter().map(|edit| &edit.summary[..]).collect::<Vec<_>>(),
        [
            "tag palisade:address=prod/Widget/a, palisade:deletion=retain, palisade:owner=ml",
            "set lock"
        ]
    );
}

#[test]
fn what_anybody_claims_is_not_adopted() {
    let world = || World::of([widget("a", "").lifecycle("adopt: w-1"), widget("b", "")]);
    let conflict = |world: World| world.plan().conflicts.into_iter().next().expect("not adopted");
    let why = conflict(world().with(ours("w-1", "b", &[])));
    assert_eq!((why.why.as_str(), ids(&why)), ("w-1 is claimed by prod/Widget/b", vec!["w-1"]));
    let why = conflict(world().with(claimed_by("another", &at("a"), stray("w-1", &[]))));
    assert_eq!(why.why, "w-1 is claimed by another");
}

#[test]
fn while_the_adopted_id_is_not_there_the_manifest_waits_and_nothing_is_ever_created() {
    let world = World::of([widget("a", "").lifecycle("adopt: w-1")]).with(stray("w-2", &[]));
    let step = world.step();
    assert_eq!(waits(&step), [Wait::lasting(WaitReason::AdoptionMissing { id: "w-1".into() })]);
    assert_eq!((step.cause, step.action.verb()), (Cause::Adoption, "create"));
}

#[test]
fn what_was_the_manifests_and_lost_its_claim_is_a_conflict_not_a_reason_for_a_second_one() {
    let mut world = World::of([widget("a", "")]).with(stray("w-0", &[])).with(stray("w-1", &[]));
    assert_eq!(world.step().action.verb(), "create");
    world.predecessors.insert(at("a"), "w-1".into());
    let conflict = world.conflict();
    assert_eq!(ids(&conflict), ["w-1"]);
    assert_eq!(conflict.why, "w-1 was the resource of this manifest and has lost its claim tags");
    assert!(conflict.help.contains("adopt: w-1"), "{}", conflict.help);
}

#[test]
fn what_was_the_manifests_and_is_gone_may_be_made_anew() {
    let mut world = World::of([widget("a", "")]).with(gone(stray("w-1", &[])));
    world.predecessors.insert(at("a"), "w-1".into());
    assert!(world.step().verdict.goes());
    world.predecessors.insert(at("a"), "w-2".into());
    assert!(world.step().verdict.goes());
}

#[test]
fn a_state_that_does_not_decode_does_not_show_whether_what_lost_its_claim_is_gone() {
    let mut world = World::of([widget("a", "")]).with(garbled(stray("w-1", &[])));
    world.predecessors.insert(at("a"), "w-1".into());
    assert_eq!(ids(&world.conflict()), ["w-1"]);
}

#[test]
fn what_was_made_a_moment_ago_may_not_show_its_tags_yet_and_only_waits() {
    let mut world = World::of([widget("a", "")]).with(stray("w-1", &[]));
    world.predecessors.insert(at("a"), "w-1".into());
    world.completing.insert(at("a"));
    assert_eq!(ids(&world.conflict()), ["w-1"], "it was seen in order before");
    let wait = Wait::passing(WaitReason::NotVisible { id: "w-1".into() });
    world.create_holdoffs.insert(at("a"), wait.clone());
    assert_eq!(waits(&world.step()), [wait]);
    world.completing.clear();
    assert_eq!(ids(&world.conflict()), ["w-1"], "it was not made in this life");
}

#[test]
fn a_name_that_is_taken_is_a_conflict_whoever_has_it() {
    let world = || World::of([widget("a", "title: t"), widget("b", "")]);
    for (resource, why) in [
        (stray("w-1", &[]), "title t already exists: w-1 carries no claim"),
        (ours("w-1", "b", &[]), "title t already exists: w-1 is claimed by prod/Widget/b"),
        (
            claimed_by("another", &at("a"), stray("w-1", &[])),
            "title t already exists: w-1 is claimed by another",
        ),
    ] {
        let plan = world()
            .with(garbled(stray("w-0", &[])))
            .with(titled("other", stray("w-2", &[])))
            .with(titled("t", resource))
            .plan();
        assert_eq!(plan.conflicts.len(), 1);
        assert_eq!((plan.conflicts[0].why.as_str(), ids(&plan.conflicts[0])), (why, vec!["w-1"]));
        assert!(plan.steps.iter().all(|step| step.address != at("a")));
    }
}

#[test]
fn a_tombstone_without_spec_knows_no_name_and_one_with_it_touches_nobody_elses() {
    let live = || titled("t", stray("w-1", &[]));
    let tombstone = |spec| World::of([widget("a", spec).lifecycle("state: absent")]).with(live());
    assert_eq!(tombstone("").plan().in_sync, [at("a")].into());
    assert_eq!(ids(&tombstone("title: t").conflict()), ["w-1"]);
}

#[test]
fn what_shares_no_name_and_no_claim_leaves_room_for_a_new_one() {
    let step = World::of([widget("a", "title: t, parts: {label: x}")])
        .with(titled("other", stray("w-1", &[])))
        .with(ours("w-2", "b", &[]))
        .step();
    assert_eq!(step.action.verb(), "create");
    assert!(step.verdict.goes());
}
