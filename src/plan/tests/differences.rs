//! What differs becomes edits: which, in which order, and where AWS does not allow them.

use super::*;
use crate::model::Risk;

#[test]
fn what_is_as_wanted_is_in_order_and_makes_no_step() {
    let plan = World::of([widget("a", "parts: {label: x}, tags: {team: ml, old: null}")])
        .with(Observed {
            tags: [("team".to_owned(), "ml".to_owned()), ("unasked".to_owned(), "y".to_owned())]
                .into_iter()
                .chain(ours("w-1", "a", &[]).tags)
                .collect(),
            ..ours("w-1", "a", &[("label", "x"), ("frame", "unasked")])
        })
        .plan();
    assert_eq!(plan.in_sync, [at("a")].into());
    assert!(!plan.has_changes() && plan.conflicts.is_empty(), "{plan:?}");
}

#[test]
fn a_create_carries_the_claim_and_the_tags_in_its_one_call() {
    let mut world =
        World::of([widget("a", "parts: {label: x}, tags: {team: ml, old: null}")
            .lifecycle("deletion: delete")]);
    let step = world.step();
    let Action::Create { want, tags, token, lines, .. } = &step.action else { panic!("{step:?}") };
    assert_eq!(want["parts"], json!({"label": "x"}));
    let tags: Vec<_> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(
        tags,
        [
            "palisade:address=prod/Widget/a",
            "palisade:deletion=delete",
            "palisade:owner=ml",
            "team=ml"
        ]
    );
    assert!(lines.iter().any(|line| line.text == "parts.label: x"), "{lines:?}");
    assert!(step.origin.unwrap().ends_with("all.yaml:3:1"));
    // A client token names one resource: the same attempt again, or another one after the first is
    // gone.
    assert_eq!(world.step().action, step.action);
    world.predecessors.insert(at("a"), "w-1".into());
    let Action::Create { token: second, .. } = world.step().action else { panic!() };
    assert_ne!(second, *token);
}

#[test]
fn a_spec_cannot_take_the_claims_tags_for_its_own() {
    let step = World::of([widget("a", "tags: {'palisade:owner': somebody}")]).step();
    let Action::Create { tags, .. } = step.action else { panic!() };
    assert_eq!(tags["palisade:owner"], OWNER);
}

#[test]
fn tags_are_set_before_the_edits_and_removed_after_them() {
    let mut live = ours("w-1", "a", &[]);
    live.tags.extend([("old".to_owned(), "1".to_owned()), ("team".to_owned(), "x".to_owned())]);
    let world = World::of([widget(
        "a",
        "parts: {label: x}, tags: {team: ml, zone: b, old: null, older: null}",
    )])
    .with(live);
    let step = world.step();
    assert_eq!(step.keys(), ["tags", "label", "untag"]);
    let summaries: Vec<_> = step.action.edits().iter().map(|edit| &edit.summary[..]).collect();
    assert_eq!(summaries, ["tag team=ml, zone=b", "set label", "remove tags old"]);
    assert!(step.action.edits().iter().all(|edit| edit.risk == Risk::NEUTRAL));
}

#[test]
fn a_tag_that_is_right_is_neither_set_nor_removed() {
    let mut live = ours("w-1", "a", &[]);
    live.tags.insert("team".into(), "ml".into());
    let world = World::of([widget("a", "parts: {label: x}, tags: {team: ml}")]).with(live);
    assert_eq!(world.step().keys(), ["label"]);
}

#[test]
fn what_changed_although_the_manifest_did_not_is_drift() {
    let manifest = || World::of([widget("a", "parts: {label: x}")]);
    let live = |label| ours("w-1", "a", &[("label", label)]);
    let known = manifest().with(live("x")).seen_in_order().known_wants;
    let with = |world: World| World { known_wants: known.clone(), ..world };
    assert_eq!(with(manifest().with(live("y"))).step().cause, Cause::Drift);
    assert_eq!(with(manifest()).step().cause, Cause::Drift, "somebody deleted it");
    assert_eq!(manifest().with(live("y")).step().cause, Cause::Manifest, "never seen in order");
    let changed = World::of([widget("a", "parts: {label: z}")]);
    assert_eq!(with(changed).step().cause, Cause::Manifest);
    let changed = World::of([widget("a", "parts: {label: z}")]).with(live("x"));
    assert_eq!(with(changed).step().cause, Cause::Manifest);
}

#[test]
fn a_want_that_was_in_force_is_recognised_by_its_digests_alone() {
    let manifest = || World::of([widget("a", "parts: {label: x}, tags: {team: ml}")]);
    let live = |label: &str| {
        let mut live = ours("w-1", "a", &[("label", label)]);
        live.tags.insert("team".into(), "ml".into());
        live
    };
    let mut known = manifest().with(live("x")).seen_in_order().known_wants;
    let registry = registry();
    for want in known.values_mut() {
        let KnownForm::Whole(whole) = &want.form else { panic!("{want:?}") };
        let Want { state, tags, .. } = &**whole;
        let wish = registry.get(&at("a").kind).expect("the widget").wish(state);
        assert_ne!(digest::of_state(&wish), wish, "texts are not kept");
        want.form =
            KnownForm::Digests { wish: digest::of_state(&wish), tags: digest::of_tags(tags) };
    }
    let with = |world: World| World { known_wants: known.clone(), ..world }.step().cause;
    assert_eq!(with(manifest().with(live("y"))), Cause::Drift);
    let changed = World::of([widget("a", "parts: {label: z}, tags: {team: ml}")]);
    assert_eq!(with(changed.with(live("y"))), Cause::Manifest);
    let tagged = World::of([widget("a", "parts: {label: x}, tags: {team: it}")]);
    assert_eq!(with(tagged.with(live("y"))), Cause::Manifest);
    let mut other = live("y");
    other.id = "w-2".into();
    assert_eq!(with(manifest().with(other)), Cause::Manifest, "another resource");
}

#[test]
fn until_it_was_in_force_or_its_manifest_was_seen_to_change_a_difference_is_of_unknown_origin() {
    let world = |inherited: Option<Option<String>>| {
        let world =
            World::of([widget("a", "parts: {label: x}")]).with(ours("w-1", "a", &[("label", "y")]));
        World { inherited: inherited.map(|want| (at("a"), want)).into_iter().collect(), ..world }
    };
    let known = world(None).plan().wants[&at("a")].clone();
    let want = known.fingerprint.clone();
    assert_eq!(world(Some(None)).step().cause, Cause::Unknown, "the first look");
    assert_eq!(
        world(Some(Some(want.clone()))).step().cause,
        Cause::Unknown,
        "nothing has changed since"
    );
    assert_eq!(world(Some(Some("another".into()))).step().cause, Cause::Manifest);
    assert_eq!(world(None).step().cause, Cause::Manifest, "it came while the process ran");
    let seen = World {
        known_wants: [(at("a"), KnownWant::seen("w-1".into(), known))].into(),
        ..world(Some(Some(want)))
    };
    assert_eq!(seen.step().cause, Cause::Drift, "it was in force");
}

#[test]
fn what_a_manifest_wants_has_one_fingerprint_whatever_is_live() {
    let wants = |spec, live: Option<Observed<Value>>| {
        let mut world = World::of([widget("a", spec)]);
        if let Some(live) = live {
            world = world.with(live);
        }
        world.plan().wants[&at("a")].fingerprint.clone()
    };
    let want = wants("parts: {label: x}", None);
    assert_eq!(want, wants("parts: {label: x}", Some(ours("w-1", "a", &[("label", "y")]))));
    assert_ne!(want, wants("parts: {label: y}", None));
    assert_ne!(want, wants("parts: {label: x}, tags: {team: ml}", None));
}

#[test]
fn what_aws_cannot_change_is_held_by_itself_and_the_rest_goes() {
    let mut world =
        World::of([widget("a", "parts: {frame: oak, lock: shut}")]).with(ours("w-1", "a", &[]));
    let steps = world.plan().steps;
    assert_eq!(keys(&steps[..1]), ["frame"]);
    assert!(held(&steps[0]).contains("palisade never replaces one"), "{steps:?}");
    assert_eq!(keys(&steps[1..]), ["lock"]);
    assert!(steps[1].verdict.goes());
    world.approved = steps.iter().map(|step| step.digest.clone()).collect();
    assert_eq!(held(&world.plan().steps[0]), held(&steps[0]), "no consent makes it possible");
}

#[test]
fn what_only_aws_cannot_change_is_not_an_edit_and_not_in_sync() {
    let world = World::of([widget("a", "parts: {frame: oak}")]).with(ours("w-1", "a", &[]));
    assert_eq!(world.step().risk(), Risk::IMPOSSIBLE);
    assert!(world.plan().in_sync.is_empty());
}

#[test]
fn while_aws_is_working_on_it_edits_wait_and_it_is_not_in_order_yet() {
    let live = || in_phase(Phase::Settling("Updating".into()), ours("w-1", "a", &[]));
    let wait = [settling("Updating")];
    let differs = World::of([widget("a", "parts: {label: x}")]).with(live());
    assert_eq!(waits(&differs.step()), wait);
    assert_eq!(differs.step().keys(), ["label"]);
    let same = World::of([widget("a", "")]).with(live());
    assert_eq!(waits(&same.step()), wait);
    assert_eq!(same.step().keys(), Vec::<String>::new());
    assert!(same.plan().in_sync.is_empty());
}

#[test]
fn what_aws_gave_up_on_is_shown_and_not_edited() {
    let failed = || in_phase(Phase::Failed("no capacity".into()), ours("w-1", "a", &[]));
    let step = World::of([widget("a", "parts: {label: x}")]).with(failed()).step();
    assert_eq!(held(&step), "AWS reports it failed: no capacity");
    assert_eq!(step.keys(), ["label"]);
    let same = World::of([widget("a", "")]).with(failed());
    assert_eq!(held(&same.step()), "AWS reports it failed: no capacity");
    assert!(same.plan().in_sync.is_empty());
}

#[test]
fn consent_to_an_edit_of_what_failed_does_not_reach_through_a_pause() {
    let live = in_phase(Phase::Failed("no capacity".into()), ours("w-1", "a", &[]));
    let mut world = World::of([widget("a", "parts: {label: x}")]).with(live);
    world.approved.insert(world.step().digest);
    assert!(world.step().verdict.goes(), "people may try it");
    for document in world.documents.values_mut() {
        Arc::make_mut(document).lifecycle.paused = true;
    }
    assert_eq!(world.step().verdict, Verdict::Reported(ReportReason::Paused));
}

#[test]
fn what_can_be_called_back_gets_the_kinds_own_edits_only() {
    let restorable = |parts| {
        let live = in_phase(
            Phase::Restorable { state: "PendingDeletion".into(), until: None },
            ours("w-1", "a", parts),
        );
        World::of([widget("a", "parts: {label: x}, tags: {team: ml}")]).with(live)
    };
    assert_eq!(restorable(&[]).step().keys(), ["label"]);
    assert_eq!(restorable(&[("label", "x")]).plan().in_sync, [at("a")].into());
}

#[test]
fn a_live_state_that_does_not_decode_is_held_and_nothing_is_guessed() {
    let step =
        World::of([widget("a", "parts: {label: x}")]).with(garbled(ours("w-1", "a", &[]))).step();
    assert!(held(&step).contains("a Widget's state does not decode"), "{}", held(&step));
    assert_eq!(step.keys(), Vec::<String>::new());
}

#[test]
fn a_panic_in_a_kind_costs_its_own_manifest_only() {
    let plan = World::of([
        widget("a", "parts: {label: x}"),
        widget("b", "parts: {bomb: x}"),
        widget("c", ""),
        widget("d", ""),
    ])
    .with(ours("w-1", "a", &[]))
    .with(ours("w-2", "b", &[]))
    .with(ours("w-3", "c", &[]))
    .plan();
    let steps: Vec<_> = plan.steps.iter().map(|step| step.address.name.as_str()).collect();
    assert_eq!(steps, ["a", "d"]);
    assert_eq!(plan.in_sync, [at("c")].into());
    assert_eq!(plan.conflicts.len(), 1);
    assert_eq!(plan.conflicts[0].address, at("b"));
    assert!(plan.conflicts[0].why.starts_with("palisade failed while planning"));
}

#[test]
fn a_value_that_real_ids_show_to_be_impossible_is_a_conflict_with_its_field() {
    let plan = World::of([widget("a", "behind: [{ref: b}]"), widget("b", "")])
        .with(ours("w-1", "a", &[]))
        .with(ours("w-unfit", "b", &[]))
        .plan();
    assert_eq!(plan.conflicts.len(), 1);
    assert_eq!(plan.conflicts[0].address, at("a"));
    assert_eq!(plan.conflicts[0].why, "spec.behind: w-unfit carries nothing");
    assert_eq!(plan.conflicts[0].help, "correct the manifest");
    assert_eq!(plan.in_sync, [at("b")].into());
}

#[test]
fn nothing_is_planned_for_what_could_not_be_read_and_the_reason_is_reported() {
    let manifests = || [widget("a", ""), keepsake("k", ""), widget("t", "").scope("test")];
    let mut world = World::of(manifests()).with(ours("w-1", "b", &[]));
    let key = ScopedKind::new("prod", "Widget");
    world.live.seen.insert(key.clone(), Seen::Unknown("denied".into()));
    let plan = world.plan();
    let names: Vec<_> = plan.steps.iter().map(|step| step.address.to_string()).collect();
    assert_eq!(names, ["prod/Keepsake/k", "test/Widget/t"], "everything else goes on");
    let unknown = Unknown::kind("prod", "Widget", "denied");
    assert_eq!(plan.unknown, [unknown]);
    assert!(plan.orphans.is_empty() && plan.in_sync.is_empty());

    world.live.seen.remove(&key);
    let plan = world.plan();
    assert_eq!((plan.steps.len(), plan.unknown.len()), (2, 0), "not looked at is not absent");
}

#[test]
fn without_facts_of_a_scope_or_code_of_a_kind_nothing_is_planned() {
    let mut world = World::of([widget("a", "")]);
    world.facts.clear();
    assert!(!world.plan().has_changes());
    let world = World::of([widget("a", "")]).with(ours("w-1", "b", &[]));
    let plan = World { registry: Registry::default(), ..world }.plan();
    assert!(!plan.has_changes() && plan.orphans.is_empty() && plan.in_sync.is_empty());
}

#[test]
fn steps_come_by_address_whatever_they_do() {
    let plan = World::of([widget("c", ""), widget("b", "").lifecycle("state: absent")])
        .with(ours("w-2", "b", &[]))
        .with(claim_to_prune(ours("w-1", "a", &[])));
    let plan = World { prune: Prune::Automatic, ..plan }.plan();
    let names: Vec<_> = plan.steps.iter().map(|step| step.address.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

/// A claim that lets the resource be pruned.
fn claim_to_prune(mut resource: Observed<Value>) -> Observed<Value> {
    resource.tags.insert("palisade:deletion".into(), "delete".into());
    resource
}
