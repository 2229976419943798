//! How much may change at once: exactly at the limits, and one beyond.

use super::*;
use crate::{
    manifest::{Document, Loader},
    settings::{Overrides, Settings},
};

fn deleted_within_the_hour(mut scene: Scene, count: usize) -> Scene {
    scene.past.recent.deleted = recent(count);
    scene
}

fn waiting(mut step: Step) -> Step {
    step.verdict = Verdict::Waiting(vec![Wait::passing(WaitReason::SecondLook)]);
    step
}

fn failed(scene: &mut Scene, address: Address) {
    let holdoff = Holdoff {
        want: String::new(),
        wait: Wait::lasting(WaitReason::UnclearCreate),
        failed: BTreeSet::new(),
        together: BTreeSet::new(),
    };
    scene.holdoffs.insert(address, holdoff);
}

#[test]
fn the_floors_hold_however_small_the_account_or_the_percentage() {
    let mut scene = Scene::new().keys(2);
    scene.limits.deletes_percent = 0;
    scene.limits.changes_percent = 0;
    assert_eq!(going(&scene.hold(vec![delete(0)])), 1);
    assert_eq!(going(&scene.hold((0..2).map(delete).collect())), 0);
    assert_eq!(going(&scene.hold((0..10).map(edit).collect())), 10);
    assert_eq!(going(&scene.hold((0..11).map(edit).collect())), 0);
}

#[test]
fn a_percentage_is_rounded_down() {
    assert_eq!(going(&Scene::new().keys(29).hold((0..2).map(delete).collect())), 2);
    assert_eq!(going(&Scene::new().keys(29).hold((0..3).map(delete).collect())), 0);
    let mut scene = Scene::new().keys(3);
    scene.limits.deletes_percent = 100;
    assert_eq!(going(&scene.hold((0..3).map(delete).collect())), 3);
}

#[test]
fn a_limit_of_a_hundred_percent_is_none() {
    let mut scene = deleted_within_the_hour(Scene::new().keys(2), 40);
    (scene.limits.deletes_percent, scene.limits.changes_percent) = (100, 100);
    assert_eq!(going(&scene.hold((0..2).map(delete).collect())), 2);
    // More than there are: what has lost its claim is edited as well.
    assert_eq!(going(&scene.hold((0..40).map(edit).collect())), 40);
    (scene.limits.deletes_percent, scene.limits.changes_percent) = (99, 99);
    assert_eq!(going(&scene.hold((0..40).map(edit).collect())), 0);
}

#[test]
fn what_was_deleted_within_the_hour_counts_to_both_sides_of_the_share() {
    let scene = deleted_within_the_hour(Scene::new().keys(28), 2);
    assert_eq!(going(&scene.hold(vec![delete(0)])), 1, "3 of 30");
    let scene = deleted_within_the_hour(Scene::new().keys(27), 2);
    let Verdict::Held(why) = &scene.hold(vec![delete(0)])[0].verdict else { panic!() };
    assert_eq!(
        why[0].to_string(),
        "1 more of 29 would be deleted, after 2 within the last hour; the limit is 2 an hour"
    );
    assert_eq!(going(&scene.hold((0..10).map(edit).collect())), 10, "edits are another matter");
}

#[test]
fn too_many_edits_say_so() {
    let held = Scene::new().keys(12).hold((0..11).map(edit).collect());
    let Verdict::Held(why) = &held[0].verdict else { panic!() };
    assert_eq!(texts(why), ["11 of 12 would be edited; the limit is 10 an hour"]);
}

/// Twenty scopes.
fn wide() -> Scene {
    let mut scene = Scene::new();
    for number in 0..20 {
        let name = format!("{number:012}.eu-west-1");
        let facts = ScopeFacts { name: name.clone(), ..scene.facts["prod"].clone() };
        scene.facts.insert(name, facts);
    }
    scene
}

/// The step in some of these scopes.
fn spread(step: &Step, count: usize) -> Vec<Step> {
    let at = |number| {
        let scope = format!("{number:012}.eu-west-1");
        Step { address: Address { scope, ..step.address.clone() }, ..step.clone() }
    };
    (0..count).map(at).collect()
}

#[test]
fn one_deletion_in_each_of_many_scopes_is_too_much() {
    assert_eq!(going(&wide().hold(spread(&delete(0), 2))), 2);
    let held = wide().hold(spread(&delete(0), 3));
    let Verdict::Held(why) = &held[0].verdict else { panic!() };
    assert_eq!(
        texts(why),
        [
            "resources would be deleted in 3 of 22 scopes; the limit is 2 an hour (`waves` of a set let a \
          change reach one after another)"
        ]
    );
    let mut scene = wide();
    scene.past.recent.deleted = recent(1);
    assert_eq!(going(&scene.hold(spread(&delete(0), 2))), 0, "with one in another scope before");
}

#[test]
fn one_edit_in_each_of_many_scopes_is_too_much_unless_it_comes_in_waves() {
    assert_eq!(going(&wide().hold(spread(&edit(0), 10))), 10);
    assert_eq!(going(&wide().hold(spread(&edit(0), 11))), 0);
    let mut scene = wide();
    scene.limits.changes_percent = 100;
    assert_eq!(going(&scene.hold(spread(&edit(0), 20))), 20);

    let mut scene = wide();
    let (edits, deletes) = (spread(&edit(0), 11), spread(&delete(1), 3));
    for step in edits.iter().chain(&deletes) {
        let mut document = a_key();
        (document.address, document.set) = (step.address.clone(), Some("ml".into()));
        scene.documents.insert(step.address.clone(), Arc::new(document));
    }
    assert_eq!(going(&scene.hold(edits.clone())), 0, "a set without waves");
    scene.waves.sets.insert("ml".to_owned());
    assert_eq!(going(&scene.hold(edits)), 11);
    assert_eq!(going(&scene.hold(deletes)), 0, "deletions count in waves too");
}

/// Where a change has not come to, only drift from what was in force is corrected.
#[test]
fn behind_a_wave_what_is_not_known_to_be_drift_is_held() {
    let mut scene = wide();
    let step = spread(&edit(0), 1).remove(0);
    let mut document = a_key();
    (document.address, document.set) = (step.address.clone(), Some("ml".into()));
    scene.documents.insert(step.address.clone(), Arc::new(document));
    let of_scope = BTreeMap::from([("ml".to_owned(), 2)]);
    scene.waves.unreached.insert(step.address.scope.clone(), of_scope);
    let caused = |cause| scene.hold(vec![Step { cause, ..step.clone() }]).remove(0).verdict;
    for cause in [Cause::Manifest, Cause::Unknown, Cause::Adoption] {
        let Verdict::Held(why) = caused(cause) else { panic!("{cause:?} goes") };
        assert_eq!(why, [HoldReason::Wave { set: "ml".to_owned(), wave: 2 }]);
    }
    assert!(caused(Cause::Drift).goes());
    scene.documents.clear();
    assert!(!scene.hold(vec![step.clone()])[0].verdict.goes(), "a manifest that is gone");
    scene.waves.unreached.clear();
    assert!(scene.hold(vec![step])[0].verdict.goes());
}

/// A manifest of a key, for any address.
fn a_key() -> Document {
    let text = "apiVersion: palisade.dev/v1alpha1
kind: KmsKey
metadata: {name: k, scope: prod}
spec:
  aliases: [alias/k]
  policy:
    Version: '2012-10-17'
    Statement:
      - {Effect: Allow, Principal: {AWS: 'arn:aws:iam::111122223333:root'}, Action: 'kms:*', Resource: '*'}
";
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("key.yaml"), text).expect("written");
    let settings = "{owner: ml, scopes: {prod: {account: '111122223333', region: eu-west-1}}}";
    let settings = Settings::parse(settings, &Overrides::default()).expect("settings");
    let (registry, facts) = (kinds::registry(), Scene::new().facts);
    let loader = Loader { registry: &registry, settings: &settings, facts: &facts };
    let documents = loader.load(dir.path()).expect("it is understood").documents;
    documents.into_values().next().map(|document| Document::clone(&document)).expect("one")
}

#[test]
fn two_steps_of_one_resource_are_one_edited_resource() {
    let mut steps: Vec<Step> = (0..10).map(edit).collect();
    steps.extend((0..10).map(edit));
    let after = Scene::new().keys(12).hold(steps);
    assert_eq!(after.iter().filter(|step| matches!(step.verdict, Verdict::Held(_))).count(), 0);
}

#[test]
fn scopes_kinds_and_verbs_are_counted_apart() {
    let elsewhere = |mut step: Step, scope: &str, kind: &str| {
        step.address.scope = scope.into();
        step.address.kind = kind.into();
        step
    };
    let mut steps: Vec<Step> = (0..10).map(edit).collect();
    steps.push(delete(10));
    steps.push(elsewhere(delete(11), "org", "KmsKey"));
    steps.push(elsewhere(delete(12), "prod", "Gadget"));
    assert_eq!(going(&Scene::new().keys(13).hold(steps)), 13);
}

#[test]
fn creations_are_not_counted() {
    let create = |n: usize| {
        let mut step = create_key(json!([allow(ACCOUNT)]));
        step.address.name = format!("new-{n}");
        step
    };
    assert_eq!(going(&Scene::new().hold((0..50).map(create).collect())), 50);
}

#[test]
fn what_waits_counts_but_goes_on_waiting() {
    let mut steps: Vec<Step> = (0..10).map(edit).collect();
    steps.push(waiting(edit(10)));
    let after = Scene::new().keys(12).hold(steps);
    assert_eq!(going(&after), 0);
    assert!(matches!(after[10].verdict, Verdict::Waiting(_)), "{:?}", after[10].verdict);
}

#[test]
fn an_edit_that_failed_lately_does_not_hold_up_the_others_unless_part_of_it_goes() {
    let mut scene = Scene::new().keys(12);
    failed(&mut scene, key(10).0);
    let with = |last: Step| (0..10).map(edit).chain([last]).collect::<Vec<_>>();
    assert_eq!(going(&scene.hold(with(waiting(edit(10))))), 10);
    assert_eq!(going(&scene.hold(with(edit(10)))), 0);
}

#[test]
fn a_deletion_that_failed_lately_counts_for_it_goes_once_its_reason_is_gone() {
    let mut scene = Scene::new().keys(3);
    failed(&mut scene, key(1).0);
    assert_eq!(going(&scene.hold(vec![delete(0), waiting(delete(1))])), 0);
}

#[test]
fn what_is_held_or_only_reported_or_edits_nothing_is_not_counted() {
    let mut scene = Scene::new().keys(12);
    scene.limits.hold_risks.clear();
    let mut steps: Vec<Step> = (0..13).map(edit).collect();
    steps[10].verdict = Verdict::Held(vec![HoldReason::Impossible]);
    steps[11].verdict = Verdict::Reported(ReportReason::Paused);
    let Action::Edit { edits, .. } = &mut steps[12].action else { panic!() };
    edits.clear();
    steps[12] = waiting(steps[12].clone());
    assert_eq!(going(&scene.hold(steps)), 10);
}

fn texts(reasons: &[HoldReason]) -> Vec<String> {
    reasons.iter().map(ToString::to_string).collect()
}

/// An edit of the first key for each of the risks.
fn risky(risks: &[Risk]) -> Step {
    let mut step = edit(0);
    let Action::Edit { edits, .. } = &mut step.action else { panic!() };
    let one = edits.remove(0);
    for risk in risks {
        let summary = format!("an edit that {risk}");
        edits.push(Edit { risk: *risk, key: summary.clone(), summary, ..one.clone() });
    }
    step
}

#[test]
fn edits_of_a_held_risk_are_split_off_and_the_others_go_first() {
    let step = risky(&[
        Risk::NEUTRAL.cutting_connections(),
        Risk::TIGHTENS,
        Risk::NEUTRAL.cutting_connections(),
        Risk::LOOSENS,
    ]);
    let after = Scene::new().keys(1).hold(vec![step]);
    assert_eq!(after.len(), 2);
    assert_eq!(after[0].keys(), ["an edit that tightens", "an edit that loosens"]);
    assert!(after[0].verdict.goes());
    assert_eq!(after[1].keys(), ["an edit that disrupts", "an edit that disrupts"]);
    let Verdict::Held(why) = &after[1].verdict else { panic!() };
    assert_eq!(texts(why), ["it disrupts, and the settings hold that"]);
}

#[test]
fn the_settings_say_which_risks_are_held() {
    let mut scene = Scene::new().keys(1);
    let step = risky(&[Risk::LOOSENS, Risk::NEUTRAL.cutting_connections()]);
    scene.limits.hold_risks = [HeldRisk::Loosens, HeldRisk::Disrupts].into();
    let after = scene.hold(vec![step.clone()]);
    assert_eq!(after.len(), 1, "nothing is left to go");
    assert_eq!(
        scene.held(step.clone()),
        "it loosens, and the settings hold that\nit disrupts, and the settings hold that"
    );
    scene.limits.hold_risks.clear();
    assert_eq!(going(&scene.hold(vec![step])), 1);
}

#[test]
fn a_held_risk_does_not_turn_waiting_or_reporting_into_something_people_could_consent_to() {
    for verdict in [
        Verdict::Waiting(vec![Wait::passing(WaitReason::SecondLook)]),
        Verdict::Reported(ReportReason::Paused),
    ] {
        let mut step = risky(&[Risk::TIGHTENS, Risk::NEUTRAL.cutting_connections()]);
        step.verdict = verdict.clone();
        let mut scene = Scene::new().keys(1);
        scene.approved = [step.digest.clone()].into();
        let after = scene.hold(vec![step]);
        assert_eq!((after.len(), &after[0].verdict), (1, &verdict));
        assert!(!after[0].approved);
    }
}

#[test]
fn a_step_that_goes_anyway_is_not_called_approved() {
    let mut scene = Scene::new().keys(1);
    scene.approved = [edit(0).digest].into();
    let after = scene.hold(vec![edit(0)]);
    assert!(after[0].verdict.goes() && !after[0].approved);
}

#[test]
fn every_reason_to_hold_a_step_is_reported() {
    let mut scene = Scene::new().keys(12);
    let frozen = BTreeMap::from([("tags".to_owned(), undone())]);
    let rewrites = Rewrites { want: String::new(), frozen };
    scene.past.rewrites.insert(key(3).0, rewrites);
    let after = scene.hold((0..11).map(edit).collect());
    let Verdict::Held(why) = &after[3].verdict else { panic!() };
    let undone = undone().to_string();
    assert_eq!(texts(why), ["11 of 12 would be edited; the limit is 10 an hour", undone.as_str()]);
}
