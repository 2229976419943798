//! Changes are noticed by their events, and by whom they were made. Time is virtual, and the interval so long that no
//! pass comes by itself.

use std::{cell::RefCell, rc::Rc, sync::Arc, time::Duration};

use palisade::{
    aws::Guard,
    engine::{self, Drift, DriftState, Engine, Listener, Options, Publish, Report},
    events::{By, Confidence, Health, Principal},
    settings::EventQueue,
    simulator::example::{ML_ACCOUNT, REGION},
};
use serde_json::{Value, json};
use tokio::{sync::Notify, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::world::World;

const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);
const GROUP: &str = "
apiVersion: palisade.dev/v1alpha1
kind: SecurityGroup
metadata: {name: web, scope: ml-prod}
spec: {description: nobody, vpc: {lookup: {tags: {Name: ml}}}, ingress: [], egress: []}
";
const KEY: &str = r#"
---
apiVersion: palisade.dev/v1alpha1
kind: KmsKey
metadata: {name: data, scope: ml-prod}
spec:
  aliases: [alias/data]
  description: data
  policy:
    Version: "2012-10-17"
    Statement:
      - {Sid: Account, Effect: Allow, Principal: {AWS: "111122223333"}, Action: "kms:*", Resource: "*"}
"#;

/// A world whose calls are recorded, with one scope and its queue.
struct Eventful {
    world: World,
    queue: String,
    seen: Rc<RefCell<Seen>>,
}

#[derive(Default)]
struct Seen {
    reports: Vec<Report>,
    causes: Vec<Drift>,
}

struct Keeper(Rc<RefCell<Seen>>);

impl Publish for Keeper {
    fn pass(&mut self, _engine: &Engine, report: &Arc<Report>) {
        self.0.borrow_mut().reports.push(Report::clone(report));
    }

    fn causes(&mut self, _engine: &Engine, drifts: &[Drift]) {
        self.0.borrow_mut().causes.extend(drifts.iter().cloned());
    }
}

impl Eventful {
    fn with(manifests: &str) -> Self {
        let mut world = World::with(manifests);
        let queue = world.simulator.with(|world| {
            world.options.events.on = true;
            world.sqs.create((ML_ACCOUNT, REGION), "palisade-events")
        });
        world.settings.scopes.retain(|name, _| name == "ml-prod");
        let scope = world.settings.scopes.get_mut("ml-prod").expect("the scope");
        let region = REGION.to_owned();
        scope.events = Some(EventQueue { queue_url: queue.clone(), region, heartbeat: None });
        world.settings.interval = HOUR;
        world.settings.event_interval = HOUR;
        Self { world, queue, seen: Rc::default() }
    }

    async fn engine(&self) -> (Engine, Listener) {
        let guard = Guard::writing(self.world.brake.clone());
        let own = guard.own();
        let options = Options { write: true, ..Options::default() };
        let mut engine = self.world.engine_with(guard, options).await;
        let listener = engine.listen(own).expect("a queue");
        (engine, listener)
    }

    /// Runs palisade while people do this.
    async fn during(&self, people: impl Future<Output = ()>) -> Engine {
        let (mut engine, listener) = self.engine().await;
        let (stop, poke) = (CancellationToken::new(), Notify::new());
        let (brake, keeper) = (self.world.brake.clone(), Keeper(Rc::clone(&self.seen)));
        tokio::select! {
            () = engine::run(&mut engine, &brake, &stop, &poke, keeper) => panic!("it ended"),
            () = listener.run() => panic!("the listener ended"),
            () = people => {}
        }
        engine
    }

    fn open_ssh(&self) {
        let everybody = json!([{"IpProtocol": "tcp", "FromPort": "22", "ToPort": "22",
            "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
        let group = self.world.group("web");
        self.world.ec2(
            "AuthorizeSecurityGroupIngress",
            &json!({"GroupId": group, "IpPermissions": everybody}),
        );
    }

    fn is_closed(&self) -> bool {
        self.world.groups("web")[0]["ipPermissions"] == json!([])
    }

    /// The latest cause that was named, in a report or later.
    fn cause(&self) -> Option<By> {
        let seen = self.seen.borrow();
        let late = seen.causes.iter().rev().find_map(|drift| drift.by.clone());
        let drifts = seen.reports.iter().rev().flat_map(|report| &report.drifts);
        late.or_else(|| drifts.into_iter().find_map(|drift| drift.by.clone()))
    }

    /// The world's time, in seconds since the epoch.
    fn now(&self) -> f64 {
        let records = self.world.simulator.with(|world| {
            let last = world.cloudtrail.records().last().cloned();
            last.expect("something was recorded")["eventTime"].clone()
        });
        use aws_smithy_types::date_time::{DateTime, Format};
        let text = records.as_str().expect("a time").to_owned();
        DateTime::from_str(&text, Format::DateTime).expect("a time").as_secs_f64()
    }

    fn passes(&self) -> usize {
        self.seen.borrow().reports.len()
    }
}

fn person() -> Value {
    let role = "AWSReservedSSO_Admin_0123456789abcdef";
    json!({"type": "AssumedRole", "principalId": "AROAEXAMPLE:ann@acme.example",
        "arn": format!("arn:aws:sts::111122223333:assumed-role/{role}/ann@acme.example"),
        "sessionContext": {"sessionIssuer": {"type": "Role", "userName": role,
            "arn": format!("arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/{role}")}}})
}

#[tokio::test(start_paused = true)]
async fn a_foreign_change_is_corrected_within_a_second_of_its_event_and_its_author_named() {
    let here = Eventful::with(GROUP);
    here.during(async {
        sleep(MINUTE).await;
        assert!(here.is_closed());
        here.world.simulator.with(|world| world.options.events.hands = Some(person()));
        here.world.calls();
        let changed = here.world.simulator.with(|world| world.age());
        here.open_ssh();
        sleep(Duration::from_secs(5)).await;
        assert!(here.is_closed(), "without a poll");
        let calls = here.world.calls();
        let revoked = calls.iter().find(|call| call.mutating).expect("a correction");
        assert_eq!(revoked.operation, "RevokeSecurityGroupIngress");
        assert!(revoked.at <= changed + Duration::from_secs(1), "{:?}, {changed:?}", revoked.at);
        let kinds = |name: &str| calls.iter().filter(|call| call.operation == name).count();
        assert_eq!(kinds("DescribeVpcs"), 0, "only what the event names is read: {calls:?}");
        assert_eq!(calls.iter().filter(|call| call.mutating).count(), 1, "{calls:?}");
        // The event of the correction itself makes nobody look.
        sleep(2 * MINUTE).await;
        let later: Vec<_> = here.world.calls().into_iter().map(|call| call.operation).collect();
        let looked = later.iter().filter(|it| *it == "DescribeSecurityGroups").count();
        assert_eq!(looked, 0, "{later:?}");
    })
    .await;
    let by = here.cause().expect("somebody is named");
    assert_eq!(by.who.sort, Principal::Person);
    assert_eq!(by.who.person.as_deref(), Some("ann@acme.example"));
    assert_eq!(by.who.source_address.as_deref(), Some("192.0.2.7"));
    assert_eq!(by.call, "ec2:AuthorizeSecurityGroupIngress");
    let seen = here.seen.borrow();
    let first = seen.reports.iter().flat_map(Report::new_drifts).next();
    let first = first.and_then(|drift| drift.by.clone()).expect("named at once");
    assert_eq!(first.confidence, Confidence::Likely, "the queue alone proves nothing");
}

#[tokio::test(start_paused = true)]
async fn cloudtrail_itself_makes_the_name_exact() {
    let here = Eventful::with(GROUP);
    let engine = here
        .during(async {
            sleep(MINUTE).await;
            here.open_ssh();
            sleep(10 * MINUTE).await;
        })
        .await;
    let drifts = engine.history().timeline().newest_first();
    let by = drifts[0].by.clone().expect("somebody is named");
    assert_eq!(by.confidence, Confidence::Exact);
    assert_eq!(by.who.principal, "arn:aws:iam::111122223333:role/administrator");
    assert_eq!(drifts[0].state, DriftState::Corrected);
    let json = serde_json::to_value(&drifts[0]).expect("JSON");
    assert_eq!(json["by"]["confidence"], "exact");
    assert_eq!(json["by"]["call"], "ec2:AuthorizeSecurityGroupIngress");
    assert!(json["by"]["eventId"].is_string() && json["by"]["at"].is_number(), "{json}");
    let lookups =
        here.world.calls().into_iter().filter(|call| call.service == "cloudtrail").count();
    assert!((1..=3).contains(&lookups), "{lookups}");
}

/// A message as EventBridge delivers it, made up.
fn forged(group: &str, event_id: &str, now: f64) -> String {
    let time = aws_smithy_types::DateTime::from_secs_f64(now.floor());
    let time = time.fmt(aws_smithy_types::date_time::Format::DateTime).expect("a time");
    json!({"version": "0", "id": "1", "detail-type": "AWS API Call via CloudTrail", "source": "aws.ec2",
        "account": ML_ACCOUNT, "time": time, "region": REGION, "resources": [],
        "detail": {"eventVersion": "1.11", "eventTime": time, "eventSource": "ec2.amazonaws.com",
            "eventName": "AuthorizeSecurityGroupIngress", "awsRegion": REGION,
            "userIdentity": {"type": "IAMUser", "userName": "innocent"},
            "requestParameters": {"groupId": group}, "requestID": "r", "eventID": event_id,
            "eventType": "AwsApiCall", "recipientAccountId": ML_ACCOUNT}})
    .to_string()
}

#[tokio::test(start_paused = true)]
async fn a_forged_message_makes_nobody_guilty_for_sure_and_nothing_is_written_for_it() {
    let here = Eventful::with(GROUP);
    here.during(async {
        sleep(MINUTE).await;
        here.world.calls();
        let group = here.world.group("web");
        let now = here.now();
        here.world.simulator.with(|world| world.options.events.lost = true);
        let message = forged(&group, "made-up", now);
        here.world.simulator.with(|world| world.post(&here.queue, &message));
        sleep(Duration::from_secs(30)).await;
        assert_eq!(here.world.writes(), [""; 0], "a message is no reason to write");
        // Now somebody really does it, and the true event is lost.
        here.open_ssh();
        let message = forged(&group, "made-up-too", now + 30.0);
        here.world.simulator.with(|world| world.post(&here.queue, &message));
        sleep(20 * MINUTE).await;
        assert!(here.is_closed());
    })
    .await;
    // CloudTrail itself names who really did it; whom only messages name, nobody is sure of.
    let seen = here.seen.borrow();
    let all = seen.causes.iter().chain(seen.reports.iter().flat_map(|report| &report.drifts));
    let exact = all.filter_map(|drift| drift.by.as_ref());
    let exact = exact.filter(|by| by.confidence == Confidence::Exact);
    assert!(
        exact.map(|by| by.who.principal.as_str()).all(|who| who.ends_with(":role/administrator"))
    );
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_messages_cost_a_few_looks() {
    let here = Eventful::with(GROUP);
    here.during(async {
        sleep(MINUTE).await;
        here.world.calls();
        let group = here.world.group("web");
        let now = here.now();
        here.world.simulator.with(|world| {
            for number in 0..10_000 {
                world.post(&here.queue, &forged(&group, &format!("f-{number}"), now));
            }
        });
        sleep(5 * MINUTE).await;
        let left = here.world.simulator.with(|world| world.sqs.depth(&here.queue));
        assert_eq!(left, (0, 0), "all are taken");
        let calls = here.world.calls();
        let looks = calls.iter().filter(|call| call.operation == "DescribeSecurityGroups").count();
        assert!(looks <= 12, "{looks} looks");
        assert!(!calls.iter().any(|call| call.mutating));
    })
    .await;
    assert!(here.passes() < 25, "{}", here.passes());
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_by_hand_comes_back_by_a_full_pass_and_not_by_a_hint() {
    let here = Eventful::with(GROUP);
    here.during(async {
        sleep(MINUTE).await;
        here.world.calls();
        let group = here.world.group("web");
        here.world.ec2("DeleteSecurityGroup", &json!({"GroupId": group}));
        sleep(MINUTE).await;
        assert_eq!(here.world.groups("web").len(), 1, "made again");
        let calls = here.world.calls();
        let create = calls.iter().position(|call| call.operation == "CreateSecurityGroup");
        let looked = calls.iter().position(|call| call.operation == "DescribeVpcs");
        assert!(looked.expect("a full pass") < create.expect("created"), "{calls:?}");
    })
    .await;
    let by = here.cause().expect("somebody is named");
    assert_eq!(by.call, "ec2:DeleteSecurityGroup");
}

#[tokio::test(start_paused = true)]
async fn one_key_is_read_and_not_all_and_its_aliases_stay() {
    let manifests = format!("{GROUP}{KEY}");
    let here = Eventful::with(&manifests);
    here.during(async {
        sleep(2 * MINUTE).await;
        here.world.calls();
        let key = here.world.key("alias/data");
        here.world.kms("DisableKey", &json!({"KeyId": key}));
        sleep(30 * MINUTE / 60).await;
        let state = here.world.kms("DescribeKey", &json!({"KeyId": key}));
        assert_eq!(state["KeyMetadata"]["Enabled"], true, "{state}");
        let writes: Vec<_> = here.world.calls().into_iter().filter(|it| it.mutating).collect();
        let writes: Vec<_> = writes.iter().map(|call| call.operation.as_str()).collect();
        assert_eq!(writes, ["EnableKey"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn events_that_come_late_twice_and_out_of_order_name_the_author_all_the_same() {
    let mut here = Eventful::with(GROUP);
    here.world.settings.interval = Duration::from_secs(10);
    here.world.settings.event_interval = Duration::from_secs(10);
    here.world.simulator.with(|world| {
        let events = &mut world.options.events;
        events.delay = Duration::from_secs(90);
        events.twice = true;
        events.reversed = true;
        world.sqs.fail_delete = true;
    });
    let engine = here
        .during(async {
            sleep(2 * MINUTE).await;
            here.open_ssh();
            sleep(MINUTE).await;
            assert!(here.is_closed(), "by a pass");
            sleep(4 * MINUTE).await;
        })
        .await;
    let drifts = engine.history().timeline().newest_first();
    assert_eq!(drifts.len(), 1);
    assert!(drifts[0].by.is_some(), "named late");
    assert_eq!(drifts[0].state, DriftState::Corrected);
}

#[tokio::test(start_paused = true)]
async fn where_no_event_comes_the_author_is_found_in_cloudtrail_itself() {
    let mut here = Eventful::with(GROUP);
    here.world.settings.interval = Duration::from_secs(10);
    here.world.settings.event_interval = Duration::from_secs(10);
    let engine = here
        .during(async {
            sleep(MINUTE).await;
            here.world.simulator.with(|world| world.options.events.lost = true);
            here.open_ssh();
            sleep(MINUTE).await;
            assert!(here.is_closed(), "by a pass");
            sleep(8 * MINUTE).await;
        })
        .await;
    let drifts = engine.history().timeline().newest_first();
    let by = drifts[0].by.clone().expect("somebody is named");
    assert_eq!(by.confidence, Confidence::Exact);
    assert_eq!(by.who.principal, "arn:aws:iam::111122223333:role/administrator");
    let lookups =
        here.world.calls().into_iter().filter(|call| call.service == "cloudtrail").count();
    assert!((1..=3).contains(&lookups), "{lookups}");
}

#[tokio::test(start_paused = true)]
async fn a_record_without_its_request_still_says_which_kind() {
    let here = Eventful::with(GROUP);
    here.world.simulator.with(|world| world.options.events.truncated = true);
    here.during(async {
        sleep(MINUTE).await;
        here.open_ssh();
        sleep(Duration::from_secs(10)).await;
        assert!(here.is_closed());
    })
    .await;
    let by = here.cause().expect("a candidate");
    assert_eq!(by.confidence, Confidence::Possible);
}

#[tokio::test(start_paused = true)]
async fn polls_are_rare_while_own_writes_come_back_and_as_before_when_they_do_not() {
    let mut here = Eventful::with(GROUP);
    here.world.settings.interval = MINUTE;
    here.world.settings.event_interval = 15 * MINUTE;
    here.during(async {
        // The creation of the group has come back.
        sleep(2 * MINUTE).await;
        let before = here.passes();
        sleep(40 * MINUTE).await;
        let passes = here.passes() - before;
        assert!((2..=3).contains(&passes), "{passes} passes in 40 minutes");
        here.world.simulator.with(|world| world.options.events.lost = true);
        here.open_ssh();
        // The correction's own event is missing; within ten minutes that is noticed.
        sleep(27 * MINUTE).await;
        assert!(here.is_closed());
        let before = here.passes();
        sleep(10 * MINUTE).await;
        assert!(here.passes() - before >= 9, "every minute again: {}", here.passes() - before);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn heartbeats_prove_the_chain_for_days_and_their_absence_is_noticed_in_ten_minutes() {
    let mut here = Eventful::with(GROUP);
    here.world.settings.interval = MINUTE;
    here.world.settings.event_interval = 15 * MINUTE;
    let scope = here.world.settings.scopes.get_mut("ml-prod").expect("the scope");
    scope.events.as_mut().expect("events").heartbeat = Some(5 * MINUTE);
    here.during(async {
        // What proved the chain at the start does so for a day.
        sleep(26 * HOUR).await;
        here.world.calls();
        let before = here.passes();
        sleep(HOUR).await;
        assert!((3..=5).contains(&(here.passes() - before)), "{}", here.passes() - before);
        let beats: Vec<_> = here.world.calls().into_iter().filter(|call| call.mutating).collect();
        assert!((11..=13).contains(&beats.len()), "{beats:?}");
        for beat in beats {
            assert_eq!(beat.operation, "RevokeSecurityGroupIngress");
            assert_eq!(beat.error.as_deref(), Some("DryRunOperation"));
        }
        here.world.simulator.with(|world| world.options.events.lost = true);
        sleep(11 * MINUTE).await;
        let before = here.passes();
        sleep(10 * MINUTE).await;
        assert!(here.passes() - before >= 9, "every minute again: {}", here.passes() - before);
        here.world.simulator.with(|world| world.options.events.lost = false);
        sleep(5 * MINUTE).await;
        let before = here.passes();
        sleep(30 * MINUTE).await;
        assert!(here.passes() - before <= 4, "rare again: {}", here.passes() - before);
    })
    .await;
    assert!(here.is_closed() && here.cause().is_none());
}

#[tokio::test(start_paused = true)]
async fn what_only_observes_sends_heartbeats_and_writes_nothing() {
    let mut here = Eventful::with(GROUP);
    let scope = here.world.settings.scopes.get_mut("ml-prod").expect("the scope");
    scope.events.as_mut().expect("events").heartbeat = Some(5 * MINUTE);
    let guard = Guard::rehearsing();
    let own = guard.own();
    let mut engine = here.world.engine_with(guard, Options::default()).await;
    let listener = engine.listen(own).expect("a queue");
    tokio::select! {
        () = listener.run() => panic!("the listener ended"),
        // The session of the scope lasts an hour, and is renewed in its last seconds.
        () = sleep(59 * MINUTE) => {}
    }
    let health = engine.hub().expect("a hub").health(tokio::time::Instant::now());
    assert_eq!(health["ml-prod"], Health::Healthy);
    let writes = here.world.calls().into_iter().filter(|call| call.mutating);
    assert!(writes.into_iter().all(|call| call.error.as_deref() == Some("DryRunOperation")));
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_cannot_be_read_stops_nothing() {
    let mut here = Eventful::with(GROUP);
    here.world.settings.interval = Duration::from_secs(30);
    here.world.simulator.with(|world| world.sqs.remove(&here.queue));
    here.during(async {
        sleep(MINUTE).await;
        here.open_ssh();
        sleep(MINUTE).await;
        assert!(here.is_closed());
        let polls = here.world.calls().into_iter().filter(|call| call.service == "sqs").count();
        assert!((3..12).contains(&polls), "{polls}");
    })
    .await;
}
