//! The clients of a scope over AWS in memory: what the budget, the brake and the time limits make
//! of their calls.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    Access, AssumedRole, Brake, Connection, Guard, Urgency, classify, identity,
    trace::{self, CallContext},
};
use crate::{
    kind::{Class, CloudError, ScopeFacts},
    model::Address,
    simulator::{Fault, Options, Simulator},
};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";

fn facts(name: &str) -> ScopeFacts {
    ScopeFacts {
        name: name.into(),
        account: ACCOUNT.into(),
        region: REGION.into(),
        partition: "aws".into(),
    }
}

fn connection(simulator: &Simulator, brake: &Brake) -> Connection {
    Connection::new(simulator.sdk_config(ACCOUNT, REGION), Guard::writing(brake.clone()))
}

/// A write of an operation of which three may come at once, and 0.27 a second.
async fn write(access: &Access) -> Result<(), CloudError> {
    let call = access.ec2.delete_vpc_endpoints().vpc_endpoint_ids("vpce-0123456789abcdef0");
    let answer = call.send().await;
    answer.map(drop).map_err(|error| classify("ec2:DeleteVpcEndpoints", &error))
}

fn sent(simulator: &Simulator) -> usize {
    simulator.calls().len()
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_turn_is_not_a_timeout_and_nothing_is_refused() {
    let simulator = Simulator::new(Options { throttling: true, ..Options::default() });
    let access = connection(&simulator, &Brake::default()).access(facts("prod"), None).await;
    let begun = Instant::now();
    let all = futures::future::join_all((0..12).map(|_| write(&access))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert!(begun.elapsed() > 2 * super::transport::ATTEMPT_TIMEOUT, "{:?}", begun.elapsed());
    assert_eq!(simulator.calls().iter().filter(|call| call.error.is_some()).count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_waited_is_judged_by_what_holds_when_its_turn_comes() {
    let simulator = Simulator::default();
    let brake = Brake::default();
    let access = connection(&simulator, &brake).access(facts("prod"), None).await;
    for _ in 0..3 {
        write(&access).await.unwrap();
    }
    let pull = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        brake.engage();
    };
    let (braked, ()) = tokio::join!(write(&access), pull);
    let braked = braked.unwrap_err();
    assert_eq!(braked.class, Class::Refused, "{braked}");
    brake.release();
    let call_context = CallContext::new(Address::new("prod", "VpcEndpoint", "s3"), Urgency::Change)
        .unless(|| Some("the plan is too old".to_owned()));
    let stale = trace::in_call_context(call_context, write(&access)).await.unwrap_err();
    assert_eq!(stale.class, Class::Refused);
    assert!(stale.message.contains("the plan is too old"), "{stale}");
    assert_eq!(sent(&simulator), 3);
}

/// A write for this scope.
async fn write_in(access: &Access, scope: &str) -> Result<(), CloudError> {
    let address = Address::new(scope, "VpcEndpoint", "s3");
    let call_context = CallContext::new(address, Urgency::Change);
    trace::in_call_context(call_context, write(access)).await
}

#[tokio::test(start_paused = true)]
async fn a_write_is_sent_only_with_enough_time_of_a_lease_left_however_long_it_waited() {
    let simulator = Simulator::default();
    let (leases, hand) = crate::lease::tests::holding(&["prod"]);
    let brake = Brake::default();
    brake.share(leases);
    let access = connection(&simulator, &brake).access(facts("prod"), None).await;
    for _ in 0..3 {
        write_in(&access, "prod").await.unwrap();
    }
    for (refused, why) in [
        (write_in(&access, "others").await, "other holds the lease"),
        (write_in(&access, "unheard-of").await, "has not been read"),
        (write(&access).await, "belongs to no scope"),
    ] {
        let refused = refused.unwrap_err();
        assert_eq!(refused.class, Class::Refused, "{refused}");
        assert!(refused.message.contains(why), "{refused}");
    }
    assert!(identity::caller(&access).await.is_ok(), "reading needs no lease");
    // The process, or its machine, stands still between the first check and the network.
    let freeze = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        hand.advance(40);
    };
    let (late, ()) = tokio::join!(write_in(&access, "prod"), freeze);
    let late = late.unwrap_err();
    assert_eq!(late.class, Class::Refused, "{late}");
    assert!(late.message.contains("too little time is left"), "{late}");
    assert_eq!(simulator.calls().iter().filter(|call| call.mutating).count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_does_not_come_within_a_minute_is_given_up_and_nothing_was_sent() {
    let simulator = Simulator::default();
    let access = connection(&simulator, &Brake::default()).access(facts("prod"), None).await;
    let begun = Instant::now();
    let all = futures::future::join_all((0..30).map(|_| write(&access))).await;
    let refused: Vec<_> = all.iter().filter_map(|answer| answer.as_ref().err()).collect();
    assert!(refused.iter().all(|error| error.class == Class::Refused), "{refused:?}");
    assert_eq!(sent(&simulator) + refused.len(), 30);
    assert!(!refused.is_empty() && begun.elapsed() <= Duration::from_secs(61));
}

#[tokio::test(start_paused = true)]
async fn a_call_without_answer_ends_after_three_attempts_of_fifteen_seconds() {
    let simulator = Simulator::default();
    simulator.inject(Fault::hang("GetCallerIdentity"));
    let access = connection(&simulator, &Brake::default()).access(facts("prod"), None).await;
    let begun = Instant::now();
    let error = identity::caller(&access).await.unwrap_err();
    assert_eq!(error.class, Class::Ambiguous, "{error}");
    assert!(error.message.contains("no answer within the time limit"), "{error}");
    assert!((45..47).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    assert_eq!(sent(&simulator), 3);
}

#[tokio::test(start_paused = true)]
async fn what_aws_throttles_is_asked_for_more_slowly() {
    let simulator = Simulator::default();
    let access = connection(&simulator, &Brake::default()).access(facts("prod"), None).await;
    simulator.inject(Fault::throttle("DeleteVpcEndpoints").nth(1));
    let begun = Instant::now();
    write(&access).await.unwrap();
    // The second attempt waits until AWS's bucket, now known to be empty, has one again: at half
    // the rate.
    assert!((7..8).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    assert_eq!(sent(&simulator), 2);
}

#[tokio::test(start_paused = true)]
async fn each_scope_assumes_its_role_once_however_many_scopes_there_are() {
    let simulator = Simulator::default();
    let connection = connection(&simulator, &Brake::default());
    let role = AssumedRole {
        role_arn: format!("arn:aws:iam::{ACCOUNT}:role/palisade"),
        external_id: None,
    };
    let mut scopes = Vec::new();
    for number in 0..200 {
        scopes.push(connection.access(facts(&format!("scope-{number}")), Some(&role)).await);
    }
    for _ in 0..3 {
        for access in &scopes {
            assert!(identity::caller(access).await.is_ok());
            assert!(access.kms.list_keys().send().await.is_ok());
        }
    }
    let assumed = simulator.calls().iter().filter(|call| call.operation == "AssumeRole").count();
    assert_eq!(assumed, 200);
}
