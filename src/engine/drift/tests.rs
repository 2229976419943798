use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    kind::erased::{Edit, EditBody},
    model::{Observed, Risk, Tags},
    plan::{HoldReason, ReportReason, Want},
};

fn endpoint() -> Address {
    Address::new("prod", "VpcEndpoint", "s3")
}

fn step(cause: Cause, phase: Phase, fields: &[&str], verdict: Verdict) -> Step {
    let edit = |field: &&str| Edit {
        risk: Risk::TIGHTENS,
        ..Edit::of_tags(*field, (*field).to_owned(), EditBody::Change(json!(field)))
    };
    let have = Observed {
        id: "vpce-1".into(),
        arn: "arn:vpce-1".into(),
        tags: Tags::new(),
        phase,
        state: json!({}),
    };
    let action = Action::Edit { have, edits: fields.iter().map(edit).collect() };
    Step::new(&endpoint(), None, cause, action, verdict)
}

fn drift(fields: &[&str], verdict: Verdict) -> Step {
    step(Cause::Drift, Phase::Ready, fields, verdict)
}

fn settling(fields: &[&str]) -> Step {
    let phase = Phase::Settling("pending".into());
    step(
        Cause::Drift,
        phase,
        fields,
        Verdict::Waiting(vec![Wait::passing(WaitReason::Settling { state: "pending".into() })]),
    )
}

fn recreate() -> Step {
    let (want, tags, token) = (json!({}), Tags::new(), String::new());
    let action = Action::Create { want, tags, token, lines: Vec::new(), risk: Risk::LOOSENS };
    Step::new(&endpoint(), None, Cause::Drift, action, Verdict::Go)
}

/// A process: the ledger, and what it has counted.
#[derive(Default)]
struct Process {
    drifts: Drifts,
    passes: u64,
    want: Option<&'static str>,
    completing: BTreeSet<Address>,
    undeclared: bool,
    seen: usize,
    corrected: usize,
}

impl Process {
    /// A pass with these steps, of which those that go are done.
    fn pass(&mut self, steps: Vec<Step>) -> Vec<Drift> {
        let done = |step: &&Step| step.verdict.goes();
        let result = |step: &Step| StepResult {
            address: step.address.clone(),
            verb: step.action.verb(),
            cause: "drift",
            done: step.keys(),
            wrote: step.keys(),
            failed: Vec::new(),
            shared: false,
            outcome: Outcome::Done { id: "vpce-1".into() },
            error: None,
        };
        let results = steps.iter().filter(done).map(result).collect();
        self.finish(Plan { steps, ..Plan::default() }, results)
    }

    fn in_order(&mut self) -> Vec<Drift> {
        self.finish(Plan { in_sync: [endpoint()].into(), ..Plan::default() }, Vec::new())
    }

    fn unread(&mut self) -> Vec<Drift> {
        let plan = Plan::default();
        let manifests = BTreeSet::from([endpoint()]);
        self.observe(&plan, &[], &manifests)
    }

    fn finish(&mut self, mut plan: Plan, results: Vec<StepResult>) -> Vec<Drift> {
        let fingerprint = self.want.unwrap_or("want").to_owned();
        plan.wants.insert(endpoint(), Arc::new(Want { fingerprint, ..Want::default() }));
        let manifests = if self.undeclared { BTreeSet::new() } else { [endpoint()].into() };
        self.observe(&plan, &results, &manifests)
    }

    fn observe(
        &mut self,
        plan: &Plan,
        results: &[StepResult],
        manifests: &BTreeSet<Address>,
    ) -> Vec<Drift> {
        self.passes += 1;
        let began = f64::from(u32::try_from(self.passes).unwrap());
        let drifts = self.drifts.observe(&Passed {
            plan,
            results,
            manifests: &manifests.iter().collect(),
            completing: &self.completing,
            seen: None,
            at: Instant::now(),
            pass: self.passes,
            began,
            ended: began + 0.5,
        });
        self.seen += drifts.iter().filter(|drift| drift.first_pass == self.passes).count();
        self.corrected += drifts.iter().filter(|drift| drift.state.is_in_order_again()).count();
        drifts
    }

    fn counted(&self) -> (usize, usize) {
        (self.seen, self.corrected)
    }
}

fn held() -> Verdict {
    Verdict::Held(vec![HoldReason::Prune])
}

fn state(drifts: &[Drift]) -> DriftState {
    assert_eq!(drifts.len(), 1, "{drifts:#?}");
    drifts[0].state.clone()
}

#[test]
fn what_stays_is_one_drift_in_however_many_passes_it_is_found() {
    let mut process = Process::default();
    for _ in 0..5 {
        let drifts = process.pass(vec![drift(&["policy"], held())]);
        assert_eq!(
            state(&drifts),
            DriftState::Open("held: its manifest is gone, and pruning needs approval".into())
        );
        assert_eq!((drifts[0].number, drifts[0].seen_at, drifts[0].ended_at), (1, 1.0, None));
        assert_eq!(drifts[0].what, ["policy"]);
    }
    assert_eq!(process.counted(), (1, 0));
}

#[test]
fn the_echo_of_a_correction_is_not_drift() {
    let mut process = Process::default();
    assert_eq!(state(&process.pass(vec![drift(&["policy"], Verdict::Go)])), DriftState::Correcting);
    // AWS works on it: with nothing left to change, and still showing what it was before.
    assert_eq!(state(&process.pass(vec![settling(&[])])), DriftState::Correcting);
    assert_eq!(state(&process.pass(vec![settling(&["policy"])])), DriftState::Correcting);
    assert_eq!(process.counted(), (1, 0));
    let drifts = process.in_order();
    assert_eq!((state(&drifts), drifts[0].ended_at), (DriftState::Corrected, Some(4.5)));
    assert_eq!(process.counted(), (1, 1));
    assert_eq!(process.in_order(), []);
    assert_eq!(process.counted(), (1, 1), "it ends once");
}

#[test]
fn what_aws_works_on_with_nothing_to_change_was_never_drift() {
    let mut process = Process::default();
    assert_eq!(process.pass(vec![settling(&[])]), []);
    assert_eq!(process.in_order(), []);
    assert_eq!(process.counted(), (0, 0));
}

#[test]
fn waiting_for_an_unknown_value_is_not_drift_unless_there_is_another_reason_to_wait() {
    let unresolved = || {
        let organization = crate::kind::Unresolved::Organization { why: None };
        Wait::lasting(WaitReason::Unresolved(organization))
    };
    let settling = || Wait::passing(WaitReason::Settling { state: "pending".into() });
    let failed =
        || Wait::passing(WaitReason::Failed { message: "denied".into(), retry_seconds: Some(1) });
    for (why, drifts) in [
        (vec![unresolved()], 0),
        (vec![unresolved(), settling()], 0),
        (vec![settling()], 1),
        (vec![failed(), unresolved()], 1),
    ] {
        let found =
            Process::default().pass(vec![drift(&["policy"], Verdict::Waiting(why.clone()))]);
        assert_eq!(found.len(), drifts, "{why:?}");
    }
}

#[test]
fn entries_of_one_edit_are_drifts_of_their_own() {
    let holes = |entries: &[&str]| {
        let mut step = drift(&[&entries.join("; ")], held());
        let Action::Edit { edits, .. } = &mut step.action else { panic!() };
        edits[0].entries = entries.iter().map(|&it| it.to_owned()).collect();
        step
    };
    let mut process = Process::default();
    process.pass(vec![holes(&["revoke 22"])]);
    let found = process.pass(vec![holes(&["revoke 22", "revoke 3389"])]);
    assert_eq!(process.counted(), (2, 0), "the first one is still there");
    assert_eq!(found[1].what, ["revoke 3389"]);
    process.pass(vec![holes(&["revoke 3389"])]);
    assert_eq!(process.counted().0, 2);
}

#[test]
fn what_another_process_puts_right_counts_as_corrected_and_says_so() {
    let mut process = Process::default();
    process.pass(vec![drift(&["policy"], Verdict::Reported(ReportReason::SettingsObserve))]);
    assert_eq!(state(&process.in_order()), DriftState::Restored);
    assert_eq!(process.counted(), (1, 1));
}

#[test]
fn a_manifest_that_takes_the_change_over_or_is_gone_corrects_nothing() {
    let mut process = Process::default();
    process.pass(vec![drift(&["policy"], held())]);
    process.want = Some("another");
    assert_eq!(state(&process.in_order()), DriftState::Gone("its manifest has changed".into()));
    process.pass(vec![drift(&["policy"], held())]);
    process.undeclared = true;
    assert_eq!(state(&process.pass(Vec::new())), DriftState::Gone("its manifest is gone".into()));
    assert_eq!(process.counted(), (2, 0));

    let mut process = Process::default();
    process.pass(vec![drift(&["policy"], held())]);
    process.want = Some("another");
    let step = step(Cause::Manifest, Phase::Ready, &["policy"], held());
    assert_eq!(
        state(&process.pass(vec![step])),
        DriftState::Gone("its manifest has changed".into())
    );
}

#[test]
fn what_cannot_be_read_is_as_it_was() {
    let mut process = Process::default();
    process.pass(vec![drift(&["policy"], held())]);
    assert_eq!(
        state(&process.unread()),
        DriftState::Open("held: its manifest is gone, and pruning needs approval".into())
    );
    process.pass(vec![drift(&["policy"], held())]);
    assert_eq!(process.counted(), (1, 0));
}

#[test]
fn a_second_change_next_to_a_held_one_is_a_separate_drift() {
    let mut process = Process::default();
    process.pass(vec![drift(&["routes"], held())]);
    let both = process.pass(vec![drift(&["policy"], Verdict::Go), drift(&["routes"], held())]);
    let states: Vec<_> = both.iter().map(|drift| drift.state.clone()).collect();
    assert_eq!(
        states,
        [
            DriftState::Open("held: its manifest is gone, and pruning needs approval".into()),
            DriftState::Correcting
        ]
    );
    let later = process.pass(vec![drift(&["routes"], held())]);
    assert_eq!(later[1].state, DriftState::Corrected);
    assert_eq!(process.counted(), (2, 1));
    assert_eq!(state(&process.in_order()), DriftState::Restored);
    assert_eq!(process.counted(), (2, 2));
}

#[test]
fn the_same_change_once_more_after_it_was_in_order_is_another_one() {
    let mut process = Process::default();
    for k in 1..=4 {
        process.pass(vec![drift(&["policy"], Verdict::Go)]);
        process.in_order();
        assert_eq!(process.counted(), (k, k));
    }
}

#[test]
fn a_correction_that_fails_or_has_no_effect_is_open() {
    let mut process = Process::default();
    process.pass(vec![drift(&["policy"], Verdict::Go)]);
    let futile =
        Verdict::Waiting(vec![Wait::lasting(WaitReason::Futile { times: 3, retry_seconds: 4 })]);
    let drifts = process.pass(vec![drift(&["policy"], futile)]);
    assert_eq!(
        state(&drifts),
        DriftState::Open(
            "waiting: failed, next attempt in 4 s: AWS accepted this change 3 times, and the \
             resource is unchanged"
                .into()
        )
    );
    assert_eq!(process.counted(), (1, 0));
}

#[test]
fn what_calling_a_resource_back_brings_to_light_belongs_to_it() {
    let mut process = Process::default();
    let dying = Phase::Restorable { state: "PendingDeletion".into(), until: None };
    process.pass(vec![step(Cause::Drift, dying, &["cancel the deletion"], Verdict::Go)]);
    let drifts = process.pass(vec![drift(&["enable"], Verdict::Go)]);
    assert_eq!(state(&drifts), DriftState::Correcting);
    process.in_order();
    assert_eq!(process.counted(), (1, 1));
}

#[test]
fn making_a_deleted_resource_again_is_one_correction_in_however_many_steps() {
    let mut process = Process::default();
    let drifts = process.pass(vec![recreate()]);
    assert_eq!(drifts[0].what, ["deleted; to be created again"]);
    process.completing.insert(endpoint());
    process.pass(vec![settling(&[])]);
    process.pass(vec![drift(&["attach to a"], Verdict::Go)]);
    process.pass(vec![drift(&["attach to b"], Verdict::Go)]);
    process.in_order();
    assert_eq!(process.counted(), (1, 1));

    // Not drift at all: what the directory has made is completed.
    let mut process = Process { completing: [endpoint()].into(), ..Process::default() };
    assert_eq!(process.pass(vec![drift(&["attach to a"], Verdict::Go)]), []);
}

#[derive(Debug, Clone)]
struct Change {
    fields: BTreeSet<&'static str>,
    held_for: usize,
    elsewhere: bool,
    echoes: Vec<bool>,
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let fields = proptest::sample::subsequence(vec!["policy", "groups", "subnets", "dns"], 1..=4);
    let change =
        (fields, 0..3_usize, any::<bool>(), proptest::collection::vec(any::<bool>(), 0..4));
    let change = change.prop_map(|(fields, held_for, elsewhere, echoes)| Change {
        fields: fields.into_iter().collect(),
        held_for,
        elsewhere,
        echoes,
    });
    proptest::collection::vec(change, 0..8)
}

proptest! {
    /// However long each is held or settles, whoever corrects it, and whatever AWS shows meanwhile.
    #[test]
    fn every_foreign_change_is_counted_once_as_seen_and_once_as_corrected(changes in changes()) {
        let mut process = Process::default();
        for change in &changes {
            let fields: Vec<&str> = change.fields.iter().copied().collect();
            for _ in 0..change.held_for {
                process.pass(vec![drift(&fields, held())]);
            }
            if change.elsewhere {
                process.pass(vec![drift(&fields, Verdict::Reported(ReportReason::SettingsObserve))]);
            } else {
                process.pass(vec![drift(&fields, Verdict::Go)]);
            }
            for stale in &change.echoes {
                process.pass(vec![settling(if *stale { &fields } else { &[] })]);
            }
            process.in_order();
        }
        prop_assert_eq!(process.counted(), (changes.len(), changes.len()));
    }
}
