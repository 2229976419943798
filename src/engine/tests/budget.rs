//! The first apply of many groups on an AWS that enforces its request buckets.

use std::time::Duration;

use tokio::time::Instant;

use super::{World, engine_over};
use crate::{
    aws::{Brake, Budget, Connection, Guard},
    engine::Changed,
    kinds,
    settings::{Overrides, Settings},
    simulator::{CallRecord, Options, Simulator},
};

const GROUPS: usize = 200;
/// Six calls under way, each of which takes this long at most and half of it on average, are 20 calls a second.
const LATENCY: Duration = Duration::from_millis(600);

/// Applies the groups to an empty account until nothing is left to do: the calls made, and how long it took.
async fn first_apply(budget: Budget) -> (Vec<CallRecord>, Duration) {
    let options = Options { throttling: true, latency: LATENCY, ..Options::default() };
    let simulator = Simulator::new(options);
    let vpc = World::vpc(&simulator);
    let dir = tempfile::tempdir().unwrap();
    for number in 0..GROUPS {
        let text = format!(
            "apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {{name: group-{number}}}\nspec:\n  \
             description: test\n  vpc: {vpc}\n  ingress: [{{protocol: tcp, ports: 443, from: [10.0.0.0/16]}}]\n  egress: []\n"
        );
        std::fs::write(dir.path().join(format!("{number}.yaml")), text).unwrap();
    }
    let brake = Brake::default();
    let guard = Guard::writing(brake.clone());
    let connection =
        Connection::new(simulator.sdk_config(super::ACCOUNT, "eu-west-1"), guard).within(budget);
    let settings = Settings::parse(super::SETTINGS, &Overrides::default()).unwrap();
    let mut engine =
        engine_over(&connection, settings, kinds::registry(), dir.path(), &brake).await;
    let begun = Instant::now();
    for _ in 0..100 {
        let report = engine.pass().await;
        if report.is_converged() {
            return (simulator.calls(), begun.elapsed());
        }
        if report.changed() == Changed::No {
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    }
    panic!("never in order");
}

fn refused(calls: &[CallRecord]) -> usize {
    calls.iter().filter(|call| call.error.as_deref() == Some("RequestLimitExceeded")).count()
}

#[tokio::test(start_paused = true)]
async fn two_hundred_groups_are_made_without_a_refused_call_nearly_as_fast_as_aws_allows() {
    let (calls, took) = first_apply(Budget::default()).await;
    assert_eq!(refused(&calls), 0);
    let creates: Vec<_> =
        calls.iter().filter(|call| call.operation == "CreateSecurityGroup").collect();
    assert_eq!(creates.len(), GROUPS);
    let creating = creates[GROUPS - 1].at - creates[0].at;
    // 50 at once, then 5 a second.
    let allowed = Duration::from_secs(30);
    assert!(creating <= allowed.mul_f64(1.2), "{creating:?}, and {took:?} with all rules");
}

#[tokio::test(start_paused = true)]
async fn without_the_budget_aws_refuses_some_of_them() {
    let (calls, _) = first_apply(Budget::unlimited()).await;
    assert!(refused(&calls) > 20, "{} of {}", refused(&calls), calls.len());
}
