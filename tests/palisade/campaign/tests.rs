//! The bounded form of the campaigns; all of it is `cargo run --profile campaign --example campaign`.

use std::collections::BTreeSet;

use palisade::{
    engine::Report,
    model::HeldRisk,
    plan::{HoldReason, Verdict, Wait, WaitReason},
    settings::Mode,
    simulator::{Effect, Fault},
};

use super::{
    events,
    faults::{self, Mishap},
    hands, noticing,
    prepare::Prepared,
    run::{Setup, run},
    scenarios, swarm,
    threads::{self, Tally, block_on},
    trips,
};

const THREADS: usize = 2;

fn prepared(names: &[&str]) -> Vec<Prepared> {
    let mut all = scenarios::all();
    all.retain(|scenario| names.contains(&scenario.name));
    assert_eq!(all.len(), names.len(), "every name is a scenario's");
    threads::prepare(&all, THREADS).expect("nothing goes wrong without a fault")
}

fn every_nth(
    prepared: &[Prepared],
    nth: usize,
    mishaps: impl Fn(&Prepared) -> Vec<Mishap>,
) -> Vec<(&Prepared, Mishap)> {
    let of = |it| mishaps(it).into_iter().map(move |mishap| (it, mishap));
    prepared.iter().flat_map(of).step_by(nth).collect()
}

fn assert_clean(tally: &Tally, at_least: u64) {
    let words = |failure: &threads::Failure| {
        format!(
            "{} with {}: {:?} ({})\n{}",
            failure.scenario, failure.label, failure.violations, failure.faults, failure.log
        )
    };
    assert_eq!(tally.failures.iter().map(words).collect::<Vec<_>>(), Vec::<String>::new());
    assert!(tally.runs >= at_least, "{} runs", tally.runs);
}

#[test]
fn a_crash_before_or_after_any_call_leaves_nothing_that_the_next_life_does_not_finish() {
    let prepared = prepared(&[
        "group-swap-rules",
        "key-create",
        "policy-retarget",
        "rcp-retarget",
        "settings-drift",
        "routes-take",
        "acl-take",
        "acl-change",
        "user-adopt",
        "space-tombstone",
        "notebook-change",
        "role-change",
        "assign-change",
    ]);
    let jobs = every_nth(&prepared, 3, faults::crashes);
    assert_clean(&threads::campaign(&jobs, THREADS, 5, || ()), 30);
}

#[test]
fn any_single_fault_at_any_call_is_survived() {
    let prepared = prepared(&[
        "group-add-rules",
        "endpoint-policy",
        "policy-content",
        "declarative-content",
        "hole-settings",
        "routes-change",
        "acl-change",
        "hole-acl-moved",
        "user-settings",
        "hole-space",
        "notebook-drift-started",
        "scripts-change",
        "role-create",
        "hole-assign",
    ]);
    let jobs = every_nth(&prepared, 17, faults::singles);
    assert_clean(&threads::campaign(&jobs, THREADS, 5, || ()), 30);
}

#[test]
fn every_scenario_of_studio_ends_in_order_where_nothing_goes_wrong() {
    let mut all = scenarios::all();
    let of_studio = ["user-", "space-", "studio-", "hole-user", "hole-space"];
    all.retain(|scenario| of_studio.iter().any(|begin| scenario.name.starts_with(begin)));
    assert_eq!(all.len(), 21);
    let prepared = threads::prepare(&all, THREADS).expect("nothing goes wrong without a fault");
    let still = ["user-orphan", "user-conflict", "space-orphan"];
    for it in prepared.iter().filter(|it| !still.contains(&it.scenario.name)) {
        assert!(it.reference.mutations > 0, "{} does something", it.scenario.name);
    }
}

/// Requests whose answers are lost, that fail although everything was done, halfway or throttled, lists and reads that are older.
#[test]
fn every_fault_at_calls_for_types_of_cloud_control_is_survived() {
    let prepared = prepared(&[
        "vpc-create",
        "vpc-change",
        "bucket-change",
        "bucket-policy-change",
        "rule-change",
        "recorder-change",
        "hole-recorder",
        "trail-change",
    ]);
    let jobs = every_nth(&prepared, 13, faults::singles);
    assert_clean(&threads::campaign(&jobs, THREADS, 5, || ()), 30);
    let jobs = every_nth(&prepared, 5, faults::crashes);
    assert_clean(&threads::campaign(&jobs, THREADS, 5, || ()), 15);
}

#[test]
fn every_type_of_cloud_control_is_made_and_changed_whatever_goes_wrong_once() {
    let prepared = threads::prepare(&trips::scenarios(), THREADS).expect("nothing goes wrong");
    assert_eq!(prepared.len(), 2 * trips::count());
    for it in &prepared {
        assert!(it.reference.mutations > 0, "{} does something", it.scenario.name);
    }
    let mut jobs = every_nth(&prepared, 97, faults::singles);
    // A network is read in its turn, ten minutes later: what people do to it meanwhile is in its own scenarios.
    jobs.retain(|(_, mishap)| !mishap.label.starts_with("edit-"));
    // What AWS is creating and cannot carry a claim is unknown for as long: those passes wait, and are not too many.
    let unclaimed = ["delivery-channel-", "instance-profile-", "managed-policy-", "metric-filter-"];
    jobs.retain(|(it, mishap)| {
        let is_unclaimed = unclaimed.iter().any(|begin| it.scenario.name.starts_with(begin));
        !(is_unclaimed && mishap.label.starts_with("stuck@"))
    });
    assert_clean(&threads::campaign(&jobs, THREADS, 5, || ()), 50);
}

#[test]
fn every_type_of_cloud_control_has_a_scenario_of_its_life() {
    let told: String =
        scenarios::all().iter().flat_map(|it| &it.stages).map(|it| it.manifests.as_str()).collect();
    let curated = include_str!("../../../src/kinds/cloud_control/facts/curated.txt").lines();
    let missing: Vec<&str> =
        curated.filter(|kind| !told.contains(&format!("kind: {kind}\n"))).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn grants_and_places_of_accounts_are_put_right_whatever_goes_wrong_once() {
    let mut all = scenarios::all();
    let begins = ["key-grants", "hole-grant", "placement-"];
    all.retain(|scenario| begins.iter().any(|begin| scenario.name.starts_with(begin)));
    assert_eq!(all.len(), 11);
    let prepared = threads::prepare(&all, THREADS).expect("nothing goes wrong without a fault");
    // What is not wanted otherwise, or not compared, is left alone.
    let still = ["key-grants-unnamed", "placement-adopt", "placement-let-go"];
    for it in &prepared {
        let is_still = still.contains(&it.scenario.name);
        assert_eq!(it.reference.mutations == 0, is_still, "{}", it.scenario.name);
    }
    let jobs = every_nth(&prepared, 7, faults::crashes);
    assert_clean(&threads::campaign(&jobs, THREADS, 5, || ()), 20);
    let jobs = every_nth(&prepared, 41, faults::singles);
    assert_clean(&threads::campaign(&jobs, THREADS, 5, || ()), 20);
}

#[test]
fn whatever_arrives_as_events_the_end_is_the_same_and_nobody_is_blamed_wrongly() {
    let prepared = prepared(&[
        "group-drift-opened",
        "group-swap-rules",
        "key-create",
        "policy-retarget",
        "hole-gateway",
        "hole-again-and-again",
        "hole-settings",
        "bucket-change",
    ]);
    let jobs = every_nth(&prepared, 1, |it| {
        let calls = it.reference.calls.len();
        events::mishaps(it, 40 * calls.max(1))
    });
    assert_clean(&threads::campaign(&jobs, THREADS, 5, || ()), 100);
    let jobs = every_nth(&prepared[..2], 5, |it| events::mishaps(it, 11));
    assert_clean(&threads::campaign(&jobs, THREADS, 5, || ()), 20);
}

#[test]
fn with_events_a_change_lasts_as_long_as_its_event_is_on_its_way() {
    let median = |with_events| {
        let lasted = block_on(noticing::run(27, with_events));
        assert!(lasted.len() > 5, "of many kinds: {:?}", lasted.keys());
        noticing::at(50, &lasted.into_values().flatten().collect::<Vec<_>>())
    };
    let (with, without) = (median(true), median(false));
    assert!(with <= 31.0 && with < without, "{with} and {without} seconds");
}

#[test]
fn two_faults_in_one_run_are_survived_too() {
    let prepared = prepared(&["group-add-rules", "policy-content"]);
    let jobs = every_nth(&prepared, 97, faults::pairs);
    assert_clean(&threads::campaign(&jobs, THREADS, 5, || ()), 20);
}

#[test]
fn empty_or_broken_input_deletes_nothing_even_where_pruning_is_automatic() {
    let prepared = prepared(&["input-empty", "input-broken", "input-half", "input-unknown-field"]);
    for it in &prepared {
        assert_eq!(
            it.reference.mutations,
            it.reference.calls.iter().filter(|c| c.2).count() as u64
        );
        let quiet = block_on(run(it, &Setup { quiet: 20, ..Setup::default() }));
        assert_eq!(quiet.violations, [], "{}", it.scenario.name);
        let deletes = quiet.reference.calls.iter().filter(|call| call.0.starts_with("Delete"));
        assert_eq!(deletes.count(), 0, "{}", it.scenario.name);
    }
}

#[test]
fn one_seed_gives_one_run_byte_for_byte() {
    let random: Vec<_> = (0..swarm::PLATFORMS).step_by(15).map(swarm::platform).collect();
    let platforms = threads::prepare(&random, THREADS).expect("nothing goes wrong without a fault");
    for seed in 1..=6 {
        let (prepared, mishap) = swarm::run_of(seed, &platforms);
        // Two processes at once can make a second nameless resource, which freezes both: running one
        // only is the deployment's part.
        if mishap.setup.engines > 1 {
            continue;
        }
        let once = || block_on(run(prepared, &mishap.setup));
        let (first, second) = (once(), once());
        assert_eq!(first.violations, [], "seed {seed}");
        assert!(!first.log.is_empty());
        assert_eq!(first.log, second.log, "seed {seed}");
    }
}

/// The rules that a run broke, each once.
fn broken(prepared: &Prepared, setup: &Setup) -> BTreeSet<&'static str> {
    block_on(run(prepared, setup)).violations.iter().map(|violation| violation.rule).collect()
}

#[test]
fn whatever_goes_wrong_nothing_secret_is_said() {
    let all = threads::prepare(&scenarios::all(), THREADS).expect("nothing goes wrong");
    let telling = ["garbage@", "denied@", "expired@", "future-code-500@", "lost-answer@"];
    let mut jobs = every_nth(&all, 1, faults::singles);
    jobs.retain(|(_, mishap)| telling.iter().any(|it| mishap.label.starts_with(it)));
    let listen = |(prepared, mishap): (_, Mishap)| {
        let setup = Setup { listening: true, ..mishap.setup };
        (prepared, Mishap { setup, ..mishap })
    };
    let jobs: Vec<_> = jobs.into_iter().step_by(181).map(listen).collect();
    assert_clean(&threads::campaign(&jobs, THREADS, 5, || ()), 33);
}

#[test]
fn a_log_line_with_a_secret_a_policy_or_a_file_in_it_breaks_s11() {
    let prepared = prepared(&["policy-content"]);
    for telltale in [
        "the key is simulated-secret-access-key",
        r#"put {\"Effect\":\"Deny\"}"#,
        "Effect: Allow",
        "+ NotAction: s3:*",
        "# only-the-file-says-9XpQ4f9d2c7e",
        "<<not what the protocol says>",
    ] {
        let setup = Setup { listening: true, telltale: Some(telltale), ..Setup::default() };
        assert_eq!(broken(&prepared[0], &setup), ["S11"].into(), "{telltale}");
    }
}

#[test]
fn a_run_that_never_ends_as_wanted_breaks_l1() {
    let prepared = prepared(&["group-add-rules"]);
    let never = Fault::new("AuthorizeSecurityGroupIngress", Effect::Ignore);
    let setup = Setup { faults: vec![never.times(u64::MAX)], ..Setup::default() };
    assert!(broken(&prepared[0], &setup).contains("L1"));
}

#[test]
fn a_run_that_takes_more_passes_than_its_chain_is_long_breaks_l2() {
    let mut prepared = prepared(&["platform-create"]);
    assert_eq!(broken(&prepared[0], &Setup::default()), [].into());
    prepared[0].scenario.depth = 0;
    assert_eq!(broken(&prepared[0], &Setup::default()), ["L2"].into());
}

#[test]
fn writes_after_convergence_break_l3() {
    let prepared = prepared(&["group-drift-opened"]);
    let setup = Setup { vandal: Some(hands::open_ssh), quiet: 6, ..Setup::default() };
    assert!(broken(&prepared[0], &setup).contains("L3"));
}

/// Every scenario in which somebody opens something.
fn holes() -> Vec<Prepared> {
    let mut all = scenarios::all();
    all.retain(|scenario| !scenario.attacks.is_empty());
    assert_eq!(all.len(), 42);
    threads::prepare(&all, THREADS).expect("nothing goes wrong without a fault")
}

#[test]
fn what_somebody_opens_is_closed_whatever_else_is_wrong() {
    let prepared = holes();
    let jobs: Vec<_> = every_nth(&prepared, 61, faults::crashes)
        .into_iter()
        .chain(every_nth(&prepared, 499, faults::singles))
        .collect();
    assert_clean(&threads::campaign(&jobs, THREADS, 5, || ()), 30);
}

#[test]
fn no_process_that_saw_it_in_order_needs_consent_to_close_a_hole() {
    let mut needing = Vec::new();
    for it in holes() {
        let finished = block_on(run(&it, &Setup::default()));
        assert_eq!(finished.violations, [], "{}", it.scenario.name);
        // Taking over is the directory's doing, what waits for work to end is AWS's, and a move of
        // an account always needs a person.
        if !it.scenario.name.contains("placement") && finished.consents_after_hands > 0 {
            needing.push(it.scenario.name);
        }
    }
    assert_eq!(needing, [""; 0]);
}

/// Makes what would close something look held, or waiting, for a reason that is not permitted.
fn spoil(report: &mut Report, verdict: Verdict) {
    for step in report.plan.steps.iter_mut().filter(|step| step.puts_something_back()) {
        step.verdict = verdict.clone();
    }
}

#[test]
fn a_gate_that_holds_what_closes_a_hole_breaks_s15() {
    let prepared =
        prepared(&["hole-gateway", "hole-key", "hole-guardrail-detached", "hole-settings"]);
    let spoilers: [fn(&mut Report); 4] = [
        |report| {
            let verb = "edit".to_owned();
            let mass = HoldReason::Mass { verb, wished: 12, done: 0, all: 12, limit: 10 };
            spoil(report, Verdict::Held(vec![mass]));
        },
        |report| {
            let risks = vec![HeldRisk::Disrupts];
            spoil(report, Verdict::Held(vec![HoldReason::Risk { risks }]));
        },
        |report| {
            let earlier = HoldReason::Earlier { key: "policy".to_owned() };
            spoil(report, Verdict::Held(vec![earlier]));
        },
        |report| {
            let paced = WaitReason::Paced { times: 40, retry_seconds: 3600 };
            spoil(report, Verdict::Waiting(vec![Wait::passing(paced)]));
        },
    ];
    for (it, tamper) in prepared.iter().flat_map(|it| spoilers.map(|spoiler| (it, spoiler))) {
        let setup = Setup { tamper: Some(tamper), ..Setup::default() };
        assert!(broken(it, &setup).contains("S15"), "{}", it.scenario.name);
    }
}

#[test]
fn an_engine_that_leaves_a_hole_open_and_says_nothing_of_it_breaks_s15() {
    for mut it in prepared(&["hole-gateway", "hole-again-and-again", "hole-guardrail-detached"]) {
        it.settings.mode = Mode::Observe;
        let silent = |report: &mut Report| {
            let all = std::mem::take(&mut report.plan.steps);
            report.plan.in_sync.extend(all.into_iter().map(|step| step.address));
        };
        let setup = Setup { tamper: Some(silent), ..Setup::default() };
        assert!(broken(&it, &setup).contains("S15"), "{}", it.scenario.name);
    }
}

/// One resource of every type of Cloud Control, all claimed as far as they have tags.
fn types_of_cloud_control(world: &mut palisade::simulator::World) {
    use serde_json::{Value, json};
    let claim = json!([{"Key": "palisade:owner", "Value": "platform"}]);
    let own = |principal: &Value, action: &str, about: &[(&str, &str)]| {
        let mut statement = json!({"Effect": "Allow", "Principal": principal, "Action": action});
        for (member, value) in about {
            statement[*member] = (*value).into();
        }
        json!({"Version": "2012-10-17", "Statement": [statement]})
    };
    let reader = json!({"AWS": "arn:aws:iam::111122223333:role/reader"});
    let read = own(&reader, "s3:GetObject", &[("Resource", "arn:aws:s3:::acme-a/*")]);
    let trust = own(&json!({"Service": "config.amazonaws.com"}), "sts:AssumeRole", &[]);
    let source = json!({"Owner": "AWS", "SourceIdentifier": "ENCRYPTED_VOLUMES"});
    for (kind, desired) in [
        ("AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16", "Tags": claim})),
        ("AWS::S3::Bucket", json!({"BucketName": "acme-a", "Tags": claim})),
        ("AWS::S3::BucketPolicy", json!({"Bucket": "acme-a", "PolicyDocument": read})),
        (
            "AWS::IAM::Role",
            json!({"RoleName": "config", "AssumeRolePolicyDocument": trust, "Tags": claim}),
        ),
        (
            "AWS::Config::ConfigurationRecorder",
            json!({"Name": "default", "RoleARN": "arn:aws:iam::111122223333:role/config"}),
        ),
        ("AWS::Config::ConfigRule", json!({"ConfigRuleName": "volumes", "Source": source})),
        ("AWS::GuardDuty::Detector", json!({"Enable": true, "Tags": claim})),
    ] {
        let create = json!({"TypeName": kind, "DesiredState": desired.to_string()});
        hands::call(world, "cloudcontrolapi", "CreateResource", &create);
    }
    subnet_of(world, &claim);
    let trail = json!({
        "Kind": "AWS::CloudTrail::Trail", "Id": "all", "Tags": {"palisade:owner": "platform"},
        "Arn": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/all",
        "Model": {"TrailName": "all", "IsLogging": true},
    });
    hands::call(world, "models", "PutModel", &trail);
    let channel = json!({"DeliveryChannel": {"name": "default", "s3BucketName": "acme-a"}});
    hands::call(world, "config", "PutDeliveryChannel", &channel);
    let recorder = json!({"ConfigurationRecorderName": "default"});
    hands::call(world, "config", "StartConfigurationRecorder", &recorder);
}

/// A subnet of that VPC.
fn subnet_of(world: &mut palisade::simulator::World, claim: &serde_json::Value) {
    use serde_json::json;
    let things = world.truth().things;
    let vpc = things.iter().find(|(_, thing)| thing.kind == "AWS::EC2::VPC").expect("a VPC").0;
    let desired = json!({"VpcId": vpc, "CidrBlock": "10.0.0.0/24", "Tags": claim});
    let create = json!({"TypeName": "AWS::EC2::Subnet", "DesiredState": desired.to_string()});
    hands::call(world, "cloudcontrolapi", "CreateResource", &create);
}

#[tokio::test(start_paused = true)]
async fn every_hand_changes_the_resources_of_its_kind_and_no_others() {
    let simulator = palisade::simulator::Simulator::default();
    simulator.with(types_of_cloud_control);
    for (kind, hand) in hands::TO_KINDS {
        let before = simulator.with(|world| world.truth());
        simulator.with(hand);
        let after = simulator.with(|world| world.truth());
        let changed =
            before.things.iter().filter(|(id, thing)| after.things.get(*id) != Some(*thing));
        let kinds: BTreeSet<&str> = changed.map(|(_, thing)| thing.kind).collect();
        assert_eq!(kinds, BTreeSet::from([kind]));
    }
}
