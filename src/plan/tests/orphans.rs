//! Claimed resources without a manifest: always reported, deleted only where settings, claim and
//! kind all allow it.

use super::*;

/// An orphan that its claim allows to be deleted, in a scope with another manifest.
fn orphan() -> Observed<Value> {
    deletable(ours("w-1", "old", &[]))
}

fn deletable(mut resource: Observed<Value>) -> Observed<Value> {
    resource.tags.insert("palisade:deletion".into(), "delete".into());
    resource
}

fn world(prune: Prune) -> World {
    let world = World::of([widget("a", "")]).with(ours("w-0", "a", &[])).with(orphan());
    World { prune, given_up: ["old", "older"].map(at).into(), ..world }
}

fn orphans(plan: &Plan) -> Vec<String> {
    let describe = |it: &Orphan| format!("{} {} {}", it.address, it.scope, it.id);
    plan.orphans.iter().map(describe).collect()
}

const OLD: [&str; 1] = ["prod/Widget/old prod w-1"];

#[test]
fn an_orphan_is_reported_and_not_changed_unless_pruning_is_on() {
    let plan = world(Prune::Never).plan();
    assert_eq!(orphans(&plan), OLD);
    assert!(!plan.has_changes());
}

#[test]
fn where_pruning_is_held_the_deletion_waits_for_consent_to_exactly_it() {
    let mut world = world(Prune::Held);
    let step = world.step();
    assert_eq!(held(&step), "its manifest is gone, and pruning needs approval");
    assert_eq!((step.cause, step.origin), (Cause::Prune, None));
    assert!(
        matches!(step.action, Action::Delete { ref have, want: None } if have.id == "w-1".into())
    );
    assert_eq!(orphans(&world.plan()), OLD);
    world.approved.insert(step.digest);
    assert!(world.step().verdict.goes() && world.step().approved);
}

#[test]
fn where_pruning_is_automatic_the_deletion_goes_if_the_gate_lets_it() {
    assert!(world(Prune::Automatic).step().verdict.goes());
    let two = world(Prune::Automatic).with(deletable(ours("w-2", "older", &[]))).plan();
    assert_eq!((two.steps.len(), two.go().count()), (2, 0), "the gate counts prunings as well");
}

#[test]
fn what_one_reading_of_the_directory_misses_is_not_pruned_before_a_second_one_agrees() {
    let world = World { given_up: [at("a")].into(), ..world(Prune::Automatic) };
    let step = world.step();
    let [wait] = &waits(&step)[..] else { panic!("{step:?}") };
    assert!(wait.passes && wait.reason == WaitReason::SecondReading, "{wait:?}");
    assert_eq!(orphans(&world.plan()), OLD);
}

#[test]
fn nothing_is_pruned_that_its_claim_retains() {
    for word in ["retain", "", "Delete", "yes"] {
        let mut kept = ours("w-1", "old", &[]);
        kept.tags.insert("palisade:deletion".into(), word.into());
        for prune in [Prune::Held, Prune::Automatic] {
            let world = World::of([widget("a", "")]).with(ours("w-0", "a", &[])).with(kept.clone());
            let plan = World { prune, ..world }.plan();
            assert_eq!(orphans(&plan), OLD);
            assert!(!plan.has_changes(), "{word}");
        }
    }
}

#[test]
fn a_kind_that_only_tombstones_delete_is_never_pruned() {
    let address = Address::new("prod", "Keepsake", "old");
    let kept = deletable(claimed_by(OWNER, &address, stray("k-1", &[])));
    for prune in [Prune::Held, Prune::Automatic] {
        let world = World::of([widget("a", "")]).with(ours("w-0", "a", &[]));
        let plan = World { prune, ..world.with_in("prod", "Keepsake", kept.clone()) }.plan();
        assert_eq!(orphans(&plan), ["prod/Keepsake/old prod k-1"]);
        assert!(!plan.has_changes());
    }
}

#[test]
fn an_empty_directory_deletes_nothing() {
    for prune in [Prune::Held, Prune::Automatic] {
        let plan = World { prune, ..World::of([]).with(orphan()) }.plan();
        assert_eq!(orphans(&plan), OLD);
        assert!(!plan.has_changes());
    }
}

#[test]
fn a_pruning_is_only_reported_where_nothing_may_be_written() {
    for prune in [Prune::Held, Prune::Automatic] {
        let mut world = world(prune);
        // A failure is no better reason than these.
        world.holdoffs.insert(at("old"), failed(""));
        world.stopped = Some(Stop::Brake);
        assert_eq!(
            world.step().verdict,
            Verdict::Reported(ReportReason::Brake { why: "the brake is on".into() })
        );
        world.mode = Mode::Observe;
        assert_eq!(world.step().verdict, Verdict::Reported(ReportReason::SettingsObserve));
        world.stopped = None;
        assert_eq!(world.step().verdict, Verdict::Reported(ReportReason::SettingsObserve));
    }
}

fn failed(want: &str) -> Holdoff {
    Holdoff {
        want: want.into(),
        wait: refused(),
        failed: BTreeSet::new(),
        together: BTreeSet::new(),
    }
}

#[test]
fn a_pruning_that_failed_lately_waits() {
    for prune in [Prune::Held, Prune::Automatic] {
        let mut world = world(prune);
        world.holdoffs.insert(at("old"), failed(""));
        assert_eq!(waits(&world.step()), [refused()]);
    }
    let mut world = world(Prune::Automatic);
    world.holdoffs.insert(at("old"), failed("what its manifest wanted when there was one"));
    assert!(world.step().verdict.goes());
}

#[test]
fn what_has_a_manifest_even_a_tombstone_is_not_an_orphan() {
    let world = World::of([widget("old", "").lifecycle("state: absent")]).with(orphan());
    let plan = World { prune: Prune::Automatic, ..world }.plan();
    assert!(plan.orphans.is_empty());
    assert_eq!(plan.steps.iter().map(|step| step.cause).collect::<Vec<_>>(), [Cause::Tombstone]);
}

#[test]
fn what_is_being_deleted_is_not_an_orphan_any_more() {
    let world = World::of([widget("a", "")]).with(ours("w-0", "a", &[])).with(gone(orphan()));
    let plan = World { prune: Prune::Automatic, ..world }.plan();
    assert!(plan.orphans.is_empty() && !plan.has_changes());
    let world = World::of([widget("a", "")]).with(ours("w-0", "a", &[])).with(garbled(orphan()));
    assert_eq!(orphans(&world.plan()), OLD, "what does not decode is not gone");
}

#[test]
fn resources_of_others_are_not_orphans() {
    let foreign = deletable(claimed_by("another", &at("old"), stray("w-1", &[])));
    let world = World::of([widget("a", "")]).with(ours("w-0", "a", &[]));
    let plan = world.with(foreign).with(stray("w-2", &[])).plan();
    assert!(plan.orphans.is_empty());
}

#[test]
fn what_another_scope_covers_is_not_an_orphan_here() {
    let elsewhere = Address::new("test", "Widget", "a");
    let copy = deletable(claimed_by(OWNER, &elsewhere, stray("w-1", &[])));
    let world = World::of([widget("a", "")]).with(ours("w-0", "a", &[])).with(copy);
    let plan = World { prune: Prune::Automatic, ..world }.plan();
    assert!(plan.orphans.is_empty() && !plan.has_changes(), "{plan:?}");
}

#[test]
fn what_names_an_unknown_scope_is_reported_and_not_pruned() {
    let elsewhere = Address::new("closed", "Widget", "a");
    let left = deletable(claimed_by(OWNER, &elsewhere, stray("w-1", &[])));
    let world = World::of([widget("a", "")]).with(ours("w-0", "a", &[])).with(left);
    let plan = World { prune: Prune::Automatic, ..world }.plan();
    assert_eq!(orphans(&plan), ["closed/Widget/a prod w-1"]);
    assert!(!plan.has_changes());
}

#[test]
fn what_carries_the_address_of_another_kind_is_reported_and_not_pruned() {
    let keepsake = Address::new("prod", "Keepsake", "old");
    let odd = deletable(claimed_by(OWNER, &keepsake, stray("w-1", &[])));
    let world = World::of([widget("a", "")]).with(ours("w-0", "a", &[])).with(odd);
    let plan = World { prune: Prune::Automatic, ..world }.plan();
    assert_eq!(orphans(&plan), ["prod/Keepsake/old prod w-1"]);
    assert!(!plan.has_changes());
}
