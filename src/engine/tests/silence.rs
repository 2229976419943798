//! Many scopes, one of which does not answer: the delay for the others.

use std::{fmt::Write as _, fs, sync::Arc, time::Duration};

use serde_json::json;
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    aws::{Brake, Connection, Guard},
    engine::{Changed, Engine, Options, Report, Scopes},
    kinds,
    plan::Verdict,
    settings::{Overrides, Settings},
    simulator::{self, Fault, Simulator},
};

const SCOPES: usize = 200;
/// Each call takes up to this long.
const LATENCY: Duration = Duration::from_millis(200);
/// The delay that a scope may cause for the others, once, when it stops answering.
const GRACE: Duration = Duration::from_secs(20);

fn account(number: usize) -> String {
    format!("{:012}", 100_000_000_000_usize + number)
}

struct Fleet {
    simulator: Simulator,
    engine: Engine,
    brake: Brake,
    dir: tempfile::TempDir,
}

impl Fleet {
    /// A group in each scope.
    async fn new(scopes: usize, leaves_behind: bool) -> Self {
        let simulator = Simulator::new(simulator::Options {
            latency: LATENCY,
            ..simulator::Options::default()
        });
        let dir = tempfile::tempdir().unwrap();
        let mut settings = "owner: test\ninterval: 60s\nscopes:\n".to_owned();
        for number in 0..scopes {
            let account = account(number);
            let cidr = json!({"CidrBlock": "10.0.0.0/16"});
            let vpc = simulator.act(&account, "eu-west-1", "ec2", "CreateVpc", &cidr).unwrap();
            let vpc = vpc["vpc"]["vpcId"].as_str().unwrap().to_owned();
            writeln!(
                settings,
                "  s{number}: {{account: '{account}', region: eu-west-1, assumeRole: {{roleArn: \
                 'arn:aws:iam::{account}:role/palisade'}}, vars: {{vpc: {vpc}}}}}"
            )
            .unwrap();
            let text = manifest(number, "ingress: []");
            fs::write(dir.path().join(format!("{number}.yaml")), text).unwrap();
        }
        let settings = Settings::parse(&settings, &Overrides::default()).unwrap();
        let brake = Brake::default();
        let guard = Guard::writing(brake.clone());
        let base = simulator.sdk_config("111122223333", "eu-west-1");
        let registry = Arc::new(kinds::registry());
        let scopes = Scopes::connect(&settings, &Connection::new(base, guard), &registry).await;
        let options = Options { write: true, leaves_behind, ..Options::default() };
        let scopes = scopes.unwrap();
        let engine = Engine::new(settings, registry, scopes, dir.path(), options, brake.clone());
        Self { simulator, engine, brake, dir }
    }

    fn die(&self, number: usize) {
        self.simulator.inject(Fault::hang("*").of_account(&account(number)));
    }

    async fn pass(&mut self) -> (Report, Duration) {
        let begun = Instant::now();
        let report = self.engine.pass().await;
        (report, begun.elapsed())
    }
}

fn manifest(number: usize, ingress: &str) -> String {
    format!(
        "apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {{name: web, scope: \
         s{number}}}\n\
         spec: {{description: test, vpc: '${{var.vpc}}', {ingress}, egress: []}}\n"
    )
}

fn unknown(report: &Report) -> Vec<&str> {
    report.plan.unknown.iter().map(|unknown| unknown.scope.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn one_dead_account_among_two_hundred_costs_the_others_nothing() {
    let mut fleet = Fleet::new(SCOPES, true).await;
    fleet.die(7);
    let (report, first) = fleet.pass().await;
    assert_eq!(unknown(&report), ["s7"]);
    assert_eq!(report.changed(), Changed::Yes);
    assert_eq!(report.results.len(), SCOPES - 1, "all others are made in the first pass");
    // Without it: some calls of 200 ms at most one after another. It is waited for once.
    assert!(first < GRACE + 8 * LATENCY, "{first:?}");
    for _ in 0..20 {
        let (report, took) = fleet.pass().await;
        assert_eq!(unknown(&report), ["s7"]);
        assert!(took < 8 * LATENCY, "{took:?}");
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
    // It comes back, is asked again after its own pause, and is taken in by the pass after its
    // answer.
    fleet.simulator.clear_faults();
    let begun = Instant::now();
    let answered = fleet.engine.answered();
    loop {
        let (report, took) = fleet.pass().await;
        assert!(took < 8 * LATENCY, "{took:?}");
        if unknown(&report).is_empty() {
            break;
        }
        assert!(begun.elapsed() < Duration::from_mins(7), "never asked again");
        let next = fleet.engine.next_retry().unwrap_or_else(|| Instant::now() + 5 * GRACE);
        tokio::select! {
            () = answered.notified() => {}
            () = tokio::time::sleep_until(next) => {}
        }
    }
    while !fleet.pass().await.0.is_converged() {
        assert!(begun.elapsed() < Duration::from_mins(8), "its group is made");
    }
}

#[tokio::test(start_paused = true)]
async fn a_command_waits_for_everybody_because_it_speaks_for_all() {
    let mut fleet = Fleet::new(3, false).await;
    fleet.die(1);
    let (report, took) = fleet.pass().await;
    assert_eq!(unknown(&report), ["s1"]);
    assert!((45..48).contains(&took.as_secs()), "three attempts of fifteen seconds: {took:?}");
    assert_eq!(report.results.len(), 2);
    fleet.simulator.clear_faults();
    let (report, _) = fleet.pass().await;
    assert!(unknown(&report).is_empty(), "and asks again at once");
}

#[tokio::test(start_paused = true)]
async fn an_unresponsive_scope_is_unknown_only_to_those_that_refer_to_it() {
    let mut fleet = Fleet::new(3, true).await;
    let refers = "ingress: [{protocol: tcp, ports: 443, from: [{ref: s1/web}]}]";
    fs::write(fleet.dir.path().join("0.yaml"), manifest(0, refers)).unwrap();
    fleet.die(1);
    let (report, took) = fleet.pass().await;
    assert!(took < GRACE + 8 * LATENCY, "{took:?}");
    let done: Vec<_> = report.results.iter().map(|it| it.address.scope.as_str()).collect();
    assert_eq!(done, ["s2"], "{:?}", report.results);
    let waits: Vec<_> = report
        .plan
        .steps
        .iter()
        .filter_map(|step| match &step.verdict {
            Verdict::Waiting(why) if step.address.scope == "s0" => Some(why[0].to_string()),
            _ => None,
        })
        .collect();
    assert!(waits.len() == 1 && waits[0].contains("s1"), "{waits:?}");
    assert!(waits[0].contains("the other scopes do not wait for it"), "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn a_scope_that_is_slow_and_not_silent_is_taken_in_when_it_has_answered() {
    let mut fleet = Fleet::new(5, true).await;
    // Each below the limit of an attempt, together above what is waited for.
    for read in ["GetCallerIdentity", "DescribeSecurityGroups"] {
        let slow = Fault::new(read, simulator::Effect::Delay(Duration::from_secs(14)));
        fleet.simulator.inject(slow.times(1000).of_account(&account(3)));
    }
    let (stop, poke) = (CancellationToken::new(), Notify::new());
    let brake = fleet.brake.clone();
    let mut passes = Vec::new();
    let looping = super::super::run(
        &mut fleet.engine,
        &brake,
        &stop,
        &poke,
        |_: &Engine, report: &Arc<Report>| {
            let known = report.scopes["s3"].is_ok();
            passes.push((report.duration_seconds, report.is_converged(), known));
        },
    );
    let ending = async {
        tokio::time::sleep(Duration::from_mins(10)).await;
        stop.cancel();
    };
    tokio::join!(looping, ending);
    let groups = |number| {
        let none = json!({});
        let found = fleet.simulator.act(
            &account(number),
            "eu-west-1",
            "ec2",
            "DescribeSecurityGroups",
            &none,
        );
        found.unwrap()["securityGroupInfo"].as_array().unwrap().len()
    };
    // A VPC has one of its own.
    assert_eq!((groups(3), groups(4)), (2, 2), "{passes:?}");
    assert!(passes.iter().any(|(_, converged, _)| *converged), "{passes:?}");
    // A slow scope is not reported as a role that cannot be assumed.
    assert!(!passes[0].2 && passes.windows(2).all(|two| two[1].2 || !two[0].2), "{passes:?}");
    assert!(passes.last().is_some_and(|last| last.2), "{passes:?}");
    let longest = Duration::from_secs_f64(passes.iter().map(|pass| pass.0).fold(0.0, f64::max));
    assert!(longest < GRACE + 8 * LATENCY, "{passes:?}");
    assert!(passes.len() < 30, "no pass without a reason: {passes:?}");
}
