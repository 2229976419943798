//! What references may be filled in with.

use super::*;
use crate::kind::{Known, LookupItem, LookupKind};

fn known_of(world: &World) -> Known {
    Claims::read(&world.live, OWNER).known(&world.live, &world.documents)
}

fn ids(known: &Known) -> Vec<(String, &str)> {
    known.resources.iter().map(|(at, it)| (at.to_string(), it.id.as_str())).collect()
}

#[test]
fn what_carries_one_readable_claim_of_ours_is_known_by_id_and_arn() {
    let world = World::of([]).with(ours("w-1", "a", &[])).with(stray("w-2", &[]));
    let known = known_of(&world);
    assert_eq!(ids(&known), [("prod/Widget/a".to_owned(), "w-1")]);
    assert_eq!(known.resources[&at("a")].arn, "arn:w-1");
}

#[test]
fn of_two_resources_with_one_claim_neither_is_known() {
    let world = World::of([]).with(ours("w-1", "a", &[])).with(ours("w-2", "b", &[])).with(ours(
        "w-3",
        "a",
        &[],
    ));
    assert_eq!(ids(&known_of(&world)), [("prod/Widget/b".to_owned(), "w-2")]);
}

#[test]
fn three_with_one_claim_are_not_known_either() {
    let world = World::of([]).with(ours("w-1", "a", &[])).with(ours("w-2", "a", &[])).with(ours(
        "w-3",
        "a",
        &[],
    ));
    assert!(known_of(&world).resources.is_empty());
}

#[test]
fn a_claim_of_another_installation_scope_or_kind_makes_nothing_known() {
    let elsewhere = Address::new("test", "Widget", "a");
    let world = World::of([])
        .with(claimed_by("another", &at("a"), stray("w-1", &[])))
        .with(claimed_by(OWNER, &elsewhere, stray("w-2", &[])))
        .with_in("prod", "Keepsake", ours("w-3", "a", &[]));
    assert!(known_of(&world).resources.is_empty());
    let world = world.with_in("test", "Widget", claimed_by(OWNER, &elsewhere, stray("w-4", &[])));
    assert_eq!(ids(&known_of(&world)), [("test/Widget/a".to_owned(), "w-4")]);
}

#[test]
fn what_could_not_be_read_is_known_as_such_with_the_reason() {
    let mut world = World::of([]);
    let key = ScopedKind::new("prod", "Widget");
    world.live.seen.insert(key.clone(), Seen::Unknown("denied".into()));
    let known = known_of(&world);
    assert_eq!(known.unknown, [(key, "denied".to_owned())].into());
}

#[test]
fn lookups_and_organizations_are_passed_on_as_observed() {
    let mut world = World::of([]);
    let found = Seen::All(vec![LookupItem { id: "vpc-1".into(), ..LookupItem::default() }]);
    world.live.lookups.insert(("prod".into(), LookupKind::Vpc), found.clone());
    world.live.organizations.insert("prod".into(), Seen::All("o-1".into()));
    let known = known_of(&world);
    assert_eq!(known.lookups[&("prod".to_owned(), LookupKind::Vpc)], found);
    assert_eq!(known.organizations["prod"], Seen::All("o-1".into()));
}
