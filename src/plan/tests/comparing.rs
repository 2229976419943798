//! What a change of the directory does, apart from what is there anyway.

use super::*;
use crate::plan::render;

/// The same live resources with other manifests.
fn compared(base: &World, head: &World) -> Comparison {
    let touched = Touched::between(&base.documents, &head.documents);
    Comparison::of(&base.plan(), &head.plan(), touched, Some("0123".to_owned()))
}

fn shown(compared: &Comparison) -> String {
    let text = anstream::adapter::strip_str(&render::comparison(compared)).to_string();
    let folder = |line: &str| line.split("  /").next().unwrap_or_default().to_owned();
    text.lines().map(folder).collect::<Vec<_>>().join("\n")
}

fn live(world: World) -> World {
    world
        .with(ours("w-1", "drifted", &[("label", "by hand")]))
        .with(ours("w-2", "both", &[("label", "by hand")]))
        .with(ours("w-3", "accepted", &[("label", "by hand")]))
        .with(ours("w-4", "removed", &[]))
        .with(ours("w-5", "quiet", &[]))
        .with(ours("w-6", "lost", &[]))
}

#[test]
fn the_change_stands_apart_from_the_drift_that_is_there_anyway() {
    let base = live(World::of([
        widget("drifted", "parts: {label: wanted}"),
        widget("both", "parts: {label: wanted}"),
        widget("accepted", "parts: {label: wanted}"),
        widget("removed", ""),
        widget("quiet", ""),
    ]));
    let head = live(World::of([
        widget("drifted", "parts: {label: wanted}"),
        widget("both", "parts: {label: wanted, gate: open}"),
        widget("accepted", "parts: {label: by hand}"),
        widget("quiet", "").lifecycle("mode: observe"),
        widget("new", "parts: {label: x}"),
    ]));
    let found = compared(&base, &head);
    assert_eq!(found.manifests.added, [at("new")].into());
    assert_eq!(found.manifests.removed, [at("removed")].into());
    assert!(found.needs_a_person || found.change.has_changes());
    insta::assert_snapshot!(shown(&found));
    let markdown = render::markdown::markdown(render::markdown::Page {
        plan: &found.change,
        comparison: Some(&found),
        revision: Some("4567"),
    });
    let without_places: Vec<&str> =
        markdown.lines().filter(|line| !line.starts_with("- manifest: ")).collect();
    insta::assert_snapshot!(without_places.join("\n"));
}

#[test]
fn without_a_change_everything_is_there_anyway() {
    let world =
        || live(World::of([widget("drifted", "parts: {label: wanted}"), widget("new", "")]));
    let found = compared(&world(), &world());
    assert_eq!(found.change.counts().create + found.change.counts().edit, 0);
    assert!(!found.needs_a_person && found.settled.is_empty() && found.change.orphans.is_empty());
    assert_eq!(found.anyway.steps.len(), 2);
}

#[test]
fn a_verdict_that_changes_is_part_of_the_change() {
    let numbered = |n: usize| -> &'static str { Box::leak(format!("w{n:02}").into_boxed_str()) };
    let world = |wanted: usize| {
        let spec = move |n: usize| if n < wanted { "parts: {label: new}" } else { "" };
        let world = World::of((0..20).map(|n| widget(numbered(n), spec(n))));
        (0..20).fold(world, |world, n| {
            world.with(ours(&format!("w-{n}"), numbered(n), &[("label", "old")]))
        })
    };
    let found = compared(&world(10), &world(11));
    // Ten may be edited at once; with the eleventh all of them are held.
    assert_eq!(found.change.counts().held, 11);
    assert!(found.needs_a_person);
    assert_eq!(found.anyway.steps.len(), 0);
}
