//! `--scope`, `--kind` and `--name`.

use super::*;

fn names(patterns: &[&str]) -> Focus {
    Focus { names: patterns.iter().map(|&it| it.to_owned()).collect(), ..Focus::default() }
}

fn addresses<'a>(all: impl IntoIterator<Item = &'a Address>) -> Vec<String> {
    all.into_iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_not_in_focus_is_neither_shown_nor_counted_nor_changed() {
    let mut world = World::of([
        widget("a-1", "parts: {label: new}"),
        widget("a-2", ""),
        widget("b", "parts: {label: new}"),
        widget("c", ""),
        keepsake("a-3", ""),
        widget("a-4", "").scope("test"),
    ])
    .with(ours("w-1", "a-1", &[]))
    .with(ours("w-2", "a-2", &[]))
    .with(ours("w-3", "b", &[]))
    .with(ours("w-4", "nobody", &[]))
    .with(ours("w-5", "a-gone", &[]))
    .with(stray("w-6", &[]));
    world.focus = Some(Focus {
        scopes: vec!["pro?".to_owned()],
        kinds: vec!["Widget".to_owned()],
        ..names(&["a-*"])
    });
    let plan = world.plan();
    assert_eq!(addresses(plan.steps.iter().map(|step| &step.address)), ["prod/Widget/a-1"]);
    assert!(plan.steps[0].verdict.goes());
    let orphans = plan.orphans.iter().map(|orphan| &orphan.address);
    assert_eq!(addresses(orphans), ["prod/Widget/a-gone"], "the others are not orphans of this");
    assert_eq!(addresses(&plan.in_sync), ["prod/Widget/a-2"]);
    assert_eq!((plan.counts().edit, plan.counts().in_sync, plan.counts().orphans), (1, 1, 1));
}

#[test]
fn what_needs_something_outside_of_the_focus_waits_for_it_and_says_that_it_needs_a_person() {
    let mut world = World::of([widget("a", "behind: [{ref: b}]"), widget("b", "")]);
    world.focus = Some(names(&["a"]));
    let plan = world.plan();
    let first = WaitReason::CreatedFirst { address: at("b") };
    assert_eq!(waits(&plan.steps[0]), [Wait::lasting(first)]);
    assert!(plan.needs_a_person());

    let mut world =
        World::of([widget("a", "behind: [{ref: b}]"), widget("b", "parts: {label: new}")])
            .with(ours("w-2", "b", &[("label", "old")]));
    let changes = WaitReason::ChangesFirst { address: at("b") };
    assert_eq!(waits(&world.plan().steps[0]), [Wait::passing(changes.clone())]);
    world.focus = Some(names(&["a"]));
    let plan = world.plan();
    assert_eq!(plan.steps.len(), 1);
    assert_eq!(waits(&plan.steps[0]), [Wait::lasting(changes)], "nobody makes them now");
    assert!(plan.needs_a_person());
}

#[test]
fn limits_count_what_is_in_focus_against_everything_that_there_is() {
    let numbered = |n: usize| -> &'static str { Box::leak(format!("w{n:02}").into_boxed_str()) };
    let mut world = World::of((0..40).map(|n| widget(numbered(n), "parts: {label: new}")));
    for n in 0..40 {
        world = world.with(ours(&format!("w-{n}"), numbered(n), &[("label", "old")]));
    }
    assert_eq!(world.plan().counts().held, 40, "of 40, 12 may be edited");
    world.focus = Some(names(&["w0*"]));
    assert_eq!(world.plan().counts().edit, 10);
    world.focus = Some(names(&["w0*", "w1*"]));
    assert_eq!(world.plan().counts().held, 20);
}

#[test]
fn what_could_not_be_read_is_said_where_it_concerns_the_focus() {
    let mut world = World::of([widget("a", ""), widget("b", "").scope("test")]);
    let denied = || Seen::Unknown("denied".to_owned());
    world.live.seen.insert(ScopedKind::new("prod", "Widget"), denied());
    world.focus = Some(names(&["b"]));
    assert_eq!(world.plan().unknown.len(), 1, "a `b` of that scope may exist");
    world.focus = Some(Focus { scopes: vec!["test".to_owned()], ..names(&["b"]) });
    let plan = world.plan();
    assert_eq!((plan.unknown.len(), plan.counts().create), (0, 1));
}

#[test]
fn kinds_are_observed_that_manifests_in_focus_refer_to_and_no_others() {
    let world = World::of([
        widget("a", "behind: [{ref: b}]"),
        widget("b", ""),
        keepsake("c", ""),
        widget("d", "").scope("test"),
    ]);
    let observed = names(&["a"]).observed(&world.documents);
    let observed: Vec<String> = addresses(observed.keys());
    assert_eq!(observed, ["prod/Widget/a", "prod/Widget/b"]);
    assert_eq!(names(&["nobody"]).observed(&world.documents).len(), 0);
}
