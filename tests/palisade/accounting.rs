//! Drift is counted truly: once for each time that somebody changed something, and never for what palisade did itself.

use std::time::Duration;

use palisade::{
    engine::{DriftState, Engine, Report},
    plan::Cause,
    settings::Mode,
    status::Status,
};
use serde_json::json;

use crate::{
    drift::{DOMAIN_EDITS, ENDPOINT_EDITS, Foreign, GROUPS, KEY_EDITS, POLICY_EDITS},
    world::{World, steps, until_quiet},
};

/// What a daemon would show of these passes.
struct Shown(Status);

impl Shown {
    fn new() -> Self {
        Self(Status::new(Duration::from_mins(1)).unwrap())
    }

    fn take(&self, engine: &Engine, report: &Report) {
        self.0.publish(engine, report);
    }

    async fn until_quiet(&self, engine: &mut Engine) {
        for report in &until_quiet(engine).await.reports {
            self.take(engine, report);
        }
    }

    /// Seen and corrected, over all scopes and kinds.
    fn counted(&self) -> (u64, u64) {
        let text = self.0.metrics().text().unwrap();
        let sum = |name: &str| {
            let of_it = text.lines().filter(|line| line.starts_with(&format!("{name}{{")));
            of_it.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
        };
        (sum("palisade_drift_seen_total"), sum("palisade_drift_corrected_total"))
    }

    /// The state of every row, newest first. No row is empty.
    fn rows(&self) -> Vec<DriftState> {
        let rows = self.0.view().unwrap().drift;
        assert!(
            rows.iter().all(|row| !row.what.is_empty() && !row.what[0].is_empty()),
            "{rows:#?}"
        );
        rows.into_iter().map(|row| row.state).collect()
    }
}

/// As often as they happen, each corrected before the next.
async fn counts_truly(cases: &[Foreign]) {
    let (world, mut engine) = World::applied().await;
    // AWS takes its time for what palisade does; what is done by hand sets this to nothing.
    let slow = || {
        world.simulator.with(|world| {
            world.options.endpoint_pending = Duration::from_secs(5);
            world.options.domain_updating = Duration::from_secs(5);
        });
    };
    let shown = Shown::new();
    let mut happened = 0;
    for case in cases.iter().filter(|case| !case.calls.is_empty()) {
        world.simulator.with(|world| world.options.endpoint_pending = Duration::ZERO);
        (case.inject)(&world);
        happened += 1;
        slow();
        shown.until_quiet(&mut engine).await;
        assert_eq!(shown.counted(), (happened, happened), "{}: {:#?}", case.story, shown.rows());
        assert_eq!(shown.rows().len() as u64, happened, "{}", case.story);
    }
    assert!(happened > 0);
    for state in shown.rows() {
        assert_eq!(state, DriftState::Corrected);
    }
}

#[tokio::test(start_paused = true)]
async fn drift_of_groups_is_counted_once_each() {
    counts_truly(GROUPS).await;
}

#[tokio::test(start_paused = true)]
async fn drift_of_endpoints_that_take_their_time_is_counted_once_each() {
    counts_truly(ENDPOINT_EDITS).await;
}

#[tokio::test(start_paused = true)]
async fn drift_of_domains_that_take_their_time_is_counted_once_each() {
    counts_truly(DOMAIN_EDITS).await;
}

#[tokio::test(start_paused = true)]
async fn drift_of_keys_is_counted_once_each() {
    counts_truly(KEY_EDITS).await;
}

#[tokio::test(start_paused = true)]
async fn drift_of_the_organizations_policies_is_counted_once_each() {
    counts_truly(POLICY_EDITS).await;
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_to_be_deleted_and_a_policy_that_was_are_one_drift_each() {
    let (world, mut engine) = World::applied().await;
    let shown = Shown::new();
    let key = world.key("alias/ml/studio");
    world.kms("ScheduleKeyDeletion", &json!({"KeyId": key, "PendingWindowInDays": 7}));
    shown.until_quiet(&mut engine).await;
    assert_eq!(shown.counted(), (1, 1), "called back, then enabled");

    let policy = world.policy("protect-cloudtrail");
    world.organizations("DetachPolicy", &json!({"PolicyId": policy, "TargetId": world.root()}));
    world.organizations("DeletePolicy", &json!({"PolicyId": policy}));
    shown.until_quiet(&mut engine).await;
    assert_eq!(shown.counted(), (2, 2), "made again, then attached");
}

#[tokio::test(start_paused = true)]
async fn what_a_daemon_only_observes_and_an_apply_corrects_is_not_called_somebody_elses_doing() {
    let (mut world, mut other) = World::applied().await;
    world.settings.mode = Mode::Observe;
    let mut daemon = world.engine().await;
    let shown = Shown::new();
    shown.until_quiet(&mut daemon).await;
    for k in 1..=3 {
        (GROUPS[0].inject)(&world);
        for _ in 0..3 {
            let report = daemon.pass().await;
            shown.take(&daemon, &report);
        }
        assert_eq!(shown.counted(), (k, k - 1), "seen, and not yet corrected");
        until_quiet(&mut other).await.in_order();
        let report = daemon.pass().await;
        shown.take(&daemon, &report);
        assert_eq!(shown.counted(), (k, k));
        assert_eq!(shown.rows()[0], DriftState::Restored);
    }
    let page = shown.0.page();
    let page = std::str::from_utf8(&page).expect("a text");
    assert!(page.contains("by another apply") && !page.contains("not by palisade"), "{page}");
}

#[tokio::test(start_paused = true)]
async fn what_differs_when_a_process_begins_is_of_unknown_origin_and_no_drift() {
    let (world, _) = World::applied().await;
    (GROUPS[0].inject)(&world);
    let mut engine = world.engine().await;
    let shown = Shown::new();
    let report = engine.pass().await;
    shown.take(&engine, &report);
    let step = &steps(&report, "ml-prod/SecurityGroup/studio-apps")[0];
    assert_eq!((step.cause, step.cause.as_str()), (Cause::Unknown, "unknown origin"));
    assert_eq!(report.results[0].cause, "unknown origin");
    shown.until_quiet(&mut engine).await;
    assert_eq!(shown.counted(), (0, 0));

    // Now it was seen in force: the same thing is drift.
    (GROUPS[0].inject)(&world);
    let report = engine.pass().await;
    assert_eq!(steps(&report, "ml-prod/SecurityGroup/studio-apps")[0].cause, Cause::Drift);
}

#[tokio::test(start_paused = true)]
async fn what_the_directory_changes_while_a_process_runs_is_its_doing() {
    let group = |description: &str| {
        format!(
            "apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {{name: web, scope: ml-prod}}\n\
             spec: {{description: web, vpc: {{lookup: {{tags: {{Name: ml}}}}}}, ingress: [], egress: [], \
             tags: {{what: {description}}}}}\n"
        )
    };
    let world = World::with(&group("one"));
    until_quiet(&mut world.engine().await).await.in_order();
    let mut engine = world.engine().await;
    world.write("main.yaml", group("two"));
    // Changed before the process looked for the first time: it may as well have been the live resource.
    let report = engine.pass().await;
    assert_eq!(report.plan.steps[0].cause, Cause::Unknown);
    until_quiet(&mut engine).await.in_order();
    world.write("main.yaml", group("three"));
    let report = engine.pass().await;
    assert_eq!(report.plan.steps[0].cause, Cause::Manifest);
    assert_eq!(report.drifts, []);
}

#[tokio::test(start_paused = true)]
async fn what_was_seen_in_force_stays_known_while_its_kind_cannot_be_read() {
    let (world, mut engine) = World::applied().await;
    let shown = Shown::new();
    let denied = palisade::simulator::Fault::reject(
        "DescribeSecurityGroups",
        "UnauthorizedOperation",
        "not now",
    );
    world.simulator.inject(denied);
    let report = engine.pass().await;
    assert!(!report.plan.unknown.is_empty());
    shown.take(&engine, &report);
    world.simulator.clear_faults();
    (GROUPS[0].inject)(&world);
    shown.until_quiet(&mut engine).await;
    assert_eq!(shown.counted(), (1, 1));
}
