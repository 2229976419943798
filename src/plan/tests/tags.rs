//! Tags that policies test decide who may do what.

use super::*;
use crate::model::Risk;

const LOCKED: (&str, &str) = ("policy", "aws:ResourceTag/Locked");

fn tagged(mut resource: Observed<Value>, tags: &[(&str, &str)]) -> Observed<Value> {
    resource.tags.extend(tags.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())));
    resource
}

fn edits(step: &Step) -> Vec<(&str, Risk)> {
    step.action.edits().iter().map(|edit| (edit.key.as_str(), edit.risk)).collect()
}

#[test]
fn a_tag_that_a_policy_tests_is_as_grave_as_the_policy_and_another_changes_nothing() {
    let policy = || widget("p", "parts: {policy: 'aws:ResourceTag/Locked'}");
    let live = || tagged(ours("w-1", "a", &[]), &[("old", "1"), ("LOCKED", "yes")]);
    let of = |tags: &'static str| {
        World::of([policy(), widget("a", tags)]).with(live()).with(ours("w-2", "p", &[LOCKED]))
    };
    for (tags, risk) in [
        ("tags: {locked: 'yes'}", ("tags", Risk::REPLACES)),
        ("tags: {LOCKED: null}", ("untag", Risk::REPLACES)),
        ("tags: {team: ml}", ("tags", Risk::NEUTRAL)),
        ("tags: {old: null}", ("untag", Risk::NEUTRAL)),
        ("tags: {unlocked: 'yes'}", ("tags", Risk::NEUTRAL)),
    ] {
        assert_eq!(edits(&of(tags).step()), [risk], "{tags}");
    }
    // A policy that is only wanted counts, and one that is only live; not one in another scope.
    let wanted = World::of([policy(), widget("a", "tags: {locked: 'yes'}")]).with(live()).plan();
    assert_eq!(edits(&wanted.steps_of(&at("a"))[0]), [("tags", Risk::REPLACES)]);
    let alone = || World::of([widget("a", "tags: {locked: 'yes'}")]).with(live());
    let there = alone().with(ours("w-2", "p", &[LOCKED]));
    assert_eq!(edits(&there.step()), [("tags", Risk::REPLACES)]);
    let elsewhere = Address::new("test", "Widget", "p");
    let elsewhere = claimed_by(OWNER, &elsewhere, stray("w-2", &[LOCKED]));
    let elsewhere = alone().with_in("test", "Widget", elsewhere);
    assert_eq!(edits(&elsewhere.step()), [("tags", Risk::NEUTRAL)]);
}

#[test]
fn a_tag_that_a_policy_tests_is_put_back() {
    let policy =
        widget("a", "parts: {policy: 'aws:ResourceTag/locked'}, tags: {locked: 'yes', x: y}");
    let live = |tags: &[(&str, &str)]| {
        tagged(ours("w-1", "a", &[("policy", "aws:ResourceTag/locked")]), tags)
    };
    let known = World::of([policy]).with(live(&[("locked", "yes"), ("x", "y")])).seen_in_order();
    let again = |tags: &[(&str, &str)]| {
        let live = live(tags);
        let seen = ScopedKind::new("prod", "Widget");
        let mut world = World { live: Live::default(), ..World::of([]) };
        world.documents.clone_from(&known.documents);
        world.known_wants.clone_from(&known.known_wants);
        world.live.seen.insert(seen, Seen::All(vec![live]));
        let step = world.step();
        step.action.edits()[0].puts_back
    };
    assert!(again(&[("locked", "no"), ("x", "y")]));
    assert!(again(&[("x", "y")]));
    assert!(!again(&[("locked", "yes")]), "nothing tests it");
}

#[test]
fn a_tag_that_a_policy_tests_comes_after_a_policy_that_closes_and_needs_it() {
    let live = tagged(ours("w-1", "a", &[("policy", "aws:ResourceTag/other")]), &[("other", "1")]);
    let more =
        "parts: {policy: 'aws:ResourceTag/locked', label: x}, tags: {locked: 'yes', other: null}";
    let step = World::of([widget("a", more)]).with(live).step();
    assert_eq!(step.keys(), ["label", "policy", "tags", "untag"]);
    for edit in
        step.action.edits().iter().filter(|edit| edit.key.ends_with("tags") || edit.key == "untag")
    {
        assert_eq!(
            (edit.risk, edit.needs.as_slice()),
            (Risk::REPLACES, &["policy".to_owned()][..])
        );
    }
}
