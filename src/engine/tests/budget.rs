//! The first apply of many groups on an AWS that enforces its request buckets.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{World, engine_over};
use crate::{
    aws::{Brake, Budget, Connection, Guard, Urgency},
    engine::{Changed, Engine, Report, apply::urgency},
    kind::erased::{Edit, EditBody},
    kinds,
    model::{Address, Tags},
    plan::Cause,
    settings::{Overrides, Settings},
    simulator::{CallRecord, Options, Simulator},
};

/// Calls take this long at most and half of it on average: 12 under way are 40 calls a second.
const LATENCY: Duration = Duration::from_millis(600);

/// Applies the groups to an empty account until nothing is left to do: the calls made, and how long
/// it took.
async fn first_apply(groups: u32, budget: Budget) -> (Vec<CallRecord>, Duration) {
    let options = Options { throttling: true, latency: LATENCY, ..Options::default() };
    let simulator = Simulator::new(options);
    let vpc = World::vpc(&simulator);
    let dir = tempfile::tempdir().unwrap();
    for number in 0..groups {
        let text = format!(
            "apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {{name: \
             group-{number}}}\nspec:\n  \
             description: test\n  vpc: {vpc}\n  ingress: [{{protocol: tcp, ports: 443, from: \
             [10.0.0.0/16]}}]\n  egress: []\n"
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

/// How long until everything is in order, in times of what the buckets allow: 50 calls of an
/// operation at once, and then 5 a second. Each group needs one call of several operations, side by
/// side.
async fn measured(groups: u32) -> f64 {
    let (calls, took) = first_apply(groups, Budget::default()).await;
    assert_eq!(refused(&calls), 0);
    let of = |operation| calls.iter().filter(|call| call.operation == operation).count();
    for operation in ["CreateSecurityGroup", "AuthorizeSecurityGroupIngress"] {
        assert_eq!(of(operation), groups as usize, "{operation}");
    }
    took.as_secs_f64() / (f64::from(groups - 50) / 5.0)
}

#[tokio::test(start_paused = true)]
async fn two_hundred_groups_are_made_without_a_refused_call() {
    // The budget's own share is 1.15; two looks at what was made, which cost the same for any
    // number of groups, are the rest.
    let times = measured(200).await;
    assert!(times <= 1.6, "{times}");
}

#[tokio::test(start_paused = true)]
async fn a_thousand_groups_are_in_order_nearly_as_fast_as_aws_allows() {
    let times = measured(1000).await;
    assert!(times <= 1.2, "{times}");
}

#[tokio::test(start_paused = true)]
async fn without_the_budget_aws_refuses_some_of_them() {
    let (calls, _) = first_apply(200, Budget::unlimited()).await;
    assert!(refused(&calls) > 20, "{} of {}", refused(&calls), calls.len());
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_waiting_for_a_turn_and_nothing_that_waited_is_sent() {
    let mut world = World::new().await;
    for number in 0..80 {
        world.group(&format!("group-{number}"), "");
    }
    let (stop, poke) = (CancellationToken::new(), Notify::new());
    let (simulator, brake) = (world.simulator.clone(), world.brake.clone());
    let signal = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        stop.cancel();
        Instant::now()
    };
    let looping = async {
        super::super::run(
            &mut world.engine,
            &brake,
            &stop,
            &poke,
            |_: &Engine, _: &Arc<Report>| {},
        )
        .await;
        Instant::now()
    };
    let (ended, signalled) = tokio::join!(looping, signal);
    assert!(ended - signalled <= Duration::from_secs(5), "{:?}", ended - signalled);
    let creates = simulator.calls().iter().filter(|call| call.mutating).count();
    assert!(
        (45..60).contains(&creates),
        "45 at once and 4.5 a second, for three seconds: {creates}"
    );
}

#[test]
fn what_puts_back_is_most_urgent_and_less_so_once_all_of_it_was_put_back_lately() {
    let address = Address::new("prod", "SecurityGroup", "web");
    let edit = |key: &str, puts_back| {
        let body = EditBody::Tag(Tags::new());
        Edit { puts_back, ..Edit::of_tags(key, String::new(), body) }
    };
    let of = |cause, edits: &[Edit], lately: &[&str]| {
        let lately = lately.iter().map(|key| (address.clone(), (*key).to_owned())).collect();
        urgency(&address, cause, edits, &lately)
    };
    let holes = [edit("ssh", true), edit("rdp", true), edit("tags", false)];
    assert_eq!(of(Cause::Drift, &holes, &[]), Urgency::PutBack);
    assert_eq!(of(Cause::Drift, &holes, &["ssh"]), Urgency::PutBack, "the other hole is new");
    assert_eq!(of(Cause::Drift, &holes, &["ssh", "rdp"]), Urgency::PutBackAgain);
    assert_eq!(of(Cause::Drift, &holes[2..], &["tags"]), Urgency::Drift);
    assert_eq!(of(Cause::Manifest, &holes[2..], &[]), Urgency::Change);
    assert_eq!(of(Cause::Manifest, &[], &[]), Urgency::Change, "a create");
    let mut order = [Urgency::Change, Urgency::Read, Urgency::PutBackAgain, Urgency::PutBack];
    order.sort();
    assert_eq!(order, [Urgency::PutBack, Urgency::PutBackAgain, Urgency::Read, Urgency::Change]);
}
