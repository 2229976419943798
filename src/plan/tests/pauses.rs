//! What people hold still for a while is planned, shown and not done.

use super::*;
use crate::model::Extent;

fn paused(extent: Extent) -> Pause {
    Pause {
        extent,
        until: 1_795_174_200,
        reason: "network incident".into(),
        by: "ann (uid 1000)".into(),
        since: 1_795_167_000,
    }
}

/// A create, an edit, an edit that AWS has no call for, a deletion and an edit in another scope.
fn world() -> World {
    World::of([
        widget("a-new", "parts: {lock: shut}"),
        widget("b-drifted", "parts: {lock: shut}"),
        widget("c-fixed", "parts: {frame: steel}"),
        widget("d-old", "").lifecycle("state: absent"),
        widget("e-there", "parts: {lock: shut}").scope("test"),
    ])
    .with(ours("w-2", "b-drifted", &[("lock", "open")]))
    .with(ours("w-3", "c-fixed", &[("frame", "wood")]))
    .with(ours("w-4", "d-old", &[]))
    .with_in(
        "test",
        "Widget",
        claimed_by(
            OWNER,
            &Address::new("test", "Widget", "e-there"),
            stray("w-5", &[("lock", "open")]),
        ),
    )
}

fn goes(plan: &Plan) -> Vec<&str> {
    plan.go().map(|step| step.address.name.as_str()).collect()
}

fn reported(plan: &Plan) -> Vec<&str> {
    let all = plan.steps.iter().filter(|step| matches!(step.verdict, Verdict::Reported(_)));
    all.map(|step| step.address.name.as_str()).collect()
}

#[test]
fn a_paused_scope_is_left_alone_and_the_others_go_on() {
    let mut world = world();
    assert_eq!(goes(&world.plan()), ["a-new", "b-drifted", "d-old", "e-there"]);
    world.pauses = vec![paused(Extent::Scope("prod".into()))];
    let plan = world.plan();
    assert_eq!(goes(&plan), ["e-there"]);
    // Not even what AWS has no call for asks for a person while it is paused.
    assert_eq!(reported(&plan), ["a-new", "b-drifted", "c-fixed", "d-old"]);
    let pause = world.pauses[0].clone();
    let text = "paused by ann (uid 1000) until 2026-11-20T11:30:00Z: network incident";
    assert_eq!(pause.to_string(), text);
    assert_eq!(plan.steps[0].verdict, Verdict::Reported(ReportReason::Pause { pause }));
}

#[test]
fn a_paused_address_is_left_alone_and_its_neighbours_go_on() {
    let mut world = world();
    world.pauses = vec![paused(Extent::Address(at("b-drifted")))];
    let plan = world.plan();
    assert_eq!(goes(&plan), ["a-new", "d-old", "e-there"]);
    assert_eq!(reported(&plan), ["b-drifted"]);
}

#[test]
fn consent_does_not_reach_through_a_pause() {
    let mut world = world();
    world.approved = world.plan().steps.iter().map(|step| step.digest.clone()).collect();
    world.pauses = vec![paused(Extent::Everything)];
    assert_eq!(goes(&world.plan()), [""; 0]);
    assert!(!world.plan().needs_a_person());
}

#[test]
fn an_orphan_in_a_paused_scope_is_not_pruned() {
    let claim = Claim { owner: OWNER.into(), address: at("old"), deletion: Deletion::Delete };
    for prune in [Prune::Held, Prune::Automatic] {
        let orphan = Observed { tags: claim.tags(), ..stray("w-1", &[]) };
        let mut world = World::of([widget("a", "")]).with(ours("w-0", "a", &[])).with(orphan);
        world.prune = prune;
        world.given_up.insert(at("old"));
        world.pauses = vec![paused(Extent::Scope("prod".into()))];
        assert!(matches!(world.step().verdict, Verdict::Reported(_)), "{prune:?}");
    }
}

#[test]
fn a_pause_keeps_the_reason_that_stands_above_it() {
    let mut world = world();
    world.pauses = vec![paused(Extent::Everything)];
    world.stopped = Some(Stop::Brake);
    let all = world.plan().steps;
    let kept = Verdict::Reported(ReportReason::Brake { why: "the brake is on".into() });
    assert!(
        all.iter().filter(|step| step.address != at("c-fixed")).all(|step| step.verdict == kept)
    );
}
