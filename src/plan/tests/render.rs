//! The plan as people read it.

use super::{steps::assorted, *};
use crate::plan::render::{summary, text};

/// Without colors, so that what is left says everything.
fn plain(plan: &Plan) -> String {
    anstream::adapter::strip_str(&text(plan)).to_string().replace(&folder(plan), "")
}

/// The directory that the manifests were read from is another one each time.
fn folder(plan: &Plan) -> String {
    let origins = plan.steps.iter().filter_map(|step| step.origin.as_deref());
    let conflicts = plan.conflicts.iter().filter_map(|conflict| conflict.origin.as_deref());
    let found = origins.chain(conflicts).find_map(|origin| origin.split("all.yaml").next());
    found.map_or_else(|| "\0".to_owned(), str::to_owned)
}

#[test]
fn nothing_to_do_is_one_line() {
    insta::assert_snapshot!(plain(&Plan::default()), @"Plan: 0 to create, 0 to change, 0 to \
        delete, 0 in sync.");
}

#[test]
fn steps_show_their_resource_their_edits_with_risk_and_lines_and_where_the_manifest_stands() {
    let world = World::of([
        widget("a", "parts: {label: new, gate: open}"),
        widget("b", "parts: {label: x}, beside: [{ref: d}], tags: {team: ml}"),
        widget("c", "").lifecycle("state: absent"),
        widget("d", "title: t"),
    ]);
    let world = world.with(ours("w-1", "a", &[("label", "old")])).with(ours("w-3", "c", &[]));
    insta::assert_snapshot!(plain(&world.plan()), @"
    ~ prod/Widget/a  edit w-1  all.yaml:3:1
          set label  [neutral]
            ~ label: old -> new
          set gate  [loosens]
            ~ gate: nothing -> open
    + prod/Widget/b  create  [loosens]  all.yaml:9:1
          + parts.beside: Widget/d (known after apply)
          + parts.label: x
          + gone: false
          + tags.team: ml
    - prod/Widget/c  delete w-3 (tombstone)  all.yaml:15:1
    + prod/Widget/d  create  [loosens]  all.yaml:21:1
          + title: t
          + gone: false

    Plan: 2 to create, 1 to change, 1 to delete, 0 in sync.
    ");
}

#[test]
fn what_is_the_same_in_three_scopes_or_more_is_shown_once() {
    let mut plan = World::of([widget("a", "title: t")]).plan();
    let step = plan.steps.remove(0);
    let at = |number: usize, held: bool| {
        let scope = format!("{number:012}.eu-west-1");
        let verdict = if held { Verdict::Held(vec![HoldReason::Prune]) } else { Verdict::Go };
        let address = Address { scope, ..step.address.clone() };
        Step { address, verdict, digest: format!("d{number}"), ..step.clone() }
    };
    plan.steps = (1..=5).map(|number| at(number, number < 4)).collect();
    insta::assert_snapshot!(plain(&plan), @"
    ! Widget/a in 3 scopes  create  [loosens]  all.yaml:3:1
          as in 000000000001.eu-west-1, the same in 000000000002.eu-west-1, 000000000003.eu-west-1
          + title: t
          + gone: false
          held: its manifest is gone, and pruning needs approval
          to approve: palisade apply --approve d1 --approve d2 --approve d3
    + 000000000004.eu-west-1/Widget/a  create  [loosens]  all.yaml:3:1
          + title: t
          + gone: false
    + 000000000005.eu-west-1/Widget/a  create  [loosens]  all.yaml:3:1
          + title: t
          + gone: false

    Plan: 2 to create, 0 to change, 0 to delete, 3 held, 0 in sync.
    ");
}

#[test]
fn what_does_not_go_says_why_and_how_it_could() {
    let mut world = World::of([
        widget("a", "parts: {engine: off, frame: oak}"),
        widget("b", "behind: [{ref: a}, {ref: c}]"),
        widget("c", "").lifecycle("paused: true"),
        widget("d", "parts: {engine: off}"),
    ])
    .with(ours("w-1", "a", &[]))
    .with(ours("w-4", "d", &[]))
    .seen_in_order();
    let approved = world.plan().steps.iter().find(|step| step.address == at("d")).unwrap().clone();
    world.approved.insert(approved.digest);
    insta::assert_snapshot!(plain(&world.plan()), @"
    ! prod/Widget/a  edit w-1 (drift)  all.yaml:3:1
          set frame  [impossible]
            ~ frame: nothing -> oak
          held: AWS cannot change this on a live resource, and palisade never replaces one: revert the manifest, or migrate to a new resource by hand
    ! prod/Widget/a  edit w-1 (drift)  all.yaml:3:1
          set engine  [disrupts]
            ~ engine: nothing -> off
          held: it disrupts, and the settings hold that
          to approve: palisade apply --approve 30cb2fa67247
    + prod/Widget/b  create (drift)  [loosens]  all.yaml:9:1
          + parts.behind: w-1 Widget/c (known after apply)
          + gone: false
          waiting: prod/Widget/c does not exist yet
          waiting: prod/Widget/a has changes to be made first
    + prod/Widget/c  create (drift)  [loosens]  all.yaml:15:1
          + gone: false
          only reported: paused
    ~ prod/Widget/d  edit w-4 (drift)  all.yaml:21:1
          set engine  [disrupts]
            ~ engine: nothing -> off
          approved: ec412b912c0b

    Plan: 0 to create, 1 to change, 0 to delete, 2 held, 1 waiting, 1 only reported, 0 in sync.
    ");
}

#[test]
fn conflicts_orphans_unreadable_kinds_and_useless_consents_have_their_own_marks() {
    let mut world = World::of([widget("a", "title: t"), widget("b", "").scope("test")])
        .with(titled("t", stray("w-1", &[])))
        .with(ours("w-2", "old", &[]));
    for (scope, kind, why) in [
        ("prod", "Keepsake", "no credentials"),
        ("test", "Keepsake", "no credentials"),
        ("test", "Widget", "no credentials"),
    ] {
        world.live.seen.insert(ScopedKind::new(scope, kind), Seen::Unknown(why.into()));
    }
    let mut plan = world.plan();
    plan.unknown.push(Unknown::kind("test", "Gadget", "throttled"));
    plan.unused_approvals = vec![
        UnusedApproval {
            digest: "0123456789ab".into(),
            origin: Some("approvals.yaml:4:3".into()),
            why: UnusedReason::NoSuchStep,
        },
        UnusedApproval { digest: "ba9876543210".into(), origin: None, why: UnusedReason::Expired },
    ];
    insta::assert_snapshot!(plain(&plan), @"
    ! prod/Widget/a  conflict  all.yaml:3:1
          title t already exists: w-1 carries no claim
          help: to manage it, add `lifecycle: {adopt: w-1}`, or choose another name
    ? prod/Widget/old  orphan
          w-2 is claimed, but no manifest declares it; it is not changed
    ! prod: Keepsake  could not be read; nothing of it is changed
          no credentials
    ! test: Keepsake, Widget  could not be read; nothing of it is changed
          no credentials
    ! test: Gadget  could not be read; nothing of it is changed
          throttled
    ? approval of 0123456789ab  releases nothing  approvals.yaml:4:3
          no step has this digest now: the step was carried out, or has changed since
    ? approval of ba9876543210  releases nothing
          it has expired

    Plan: 0 to create, 0 to change, 0 to delete, 1 conflict, 1 orphan, 4 unreadable, 0 in sync.
    ");
}

#[test]
fn zeros_are_left_out_of_the_summary_except_for_what_everybody_looks_for() {
    let line = |counts| summary(&counts);
    assert_eq!(line(Counts::default()), "Plan: 0 to create, 0 to change, 0 to delete, 0 in sync.");
    assert_eq!(
        line(assorted().counts()),
        "Plan: 1 to create, 2 to change, 3 to delete, 5 held, 4 waiting, 6 only reported, 7 \
         conflicts, \
         8 orphans, 9 unreadable, 10 in sync."
    );
    let one = Counts { conflicts: 1, orphans: 1, ..Counts::default() };
    assert_eq!(
        line(one),
        "Plan: 0 to create, 0 to change, 0 to delete, 1 conflict, 1 orphan, 0 in sync."
    );
}

#[test]
fn an_orphan_that_is_to_be_pruned_is_shown_as_such() {
    let deletable = |id, name| {
        let mut orphan = ours(id, name, &[]);
        orphan.tags.insert("palisade:deletion".into(), "delete".into());
        orphan
    };
    let world = World::of([widget("a", "")])
        .with(ours("w-0", "a", &[]))
        .with(deletable("w-1", "old"))
        .with(ours("w-2", "old", &[]))
        .with(ours("w-3", "older", &[]));
    let world = World { prune: Prune::Held, ..world };
    insta::assert_snapshot!(plain(&world.plan()), @"
    ! prod/Widget/old  delete w-1 (prune)
          held: its manifest is gone, and pruning needs approval
          to approve: palisade apply --approve 92297d5bfa8b
    ? prod/Widget/old  orphan
          w-1 is claimed, but no manifest declares it; it is pruned, as the settings say
    ? prod/Widget/old  orphan
          w-2 is claimed, but no manifest declares it; it is not changed
    ? prod/Widget/older  orphan
          w-3 is claimed, but no manifest declares it; it is not changed

    Plan: 0 to create, 0 to change, 0 to delete, 1 held, 3 orphans, 1 in sync.
    ");
}
