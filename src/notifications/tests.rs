//! What is sent, to whom, and that nobody is waited for.

use std::time::Duration;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::{notice::Topic, *};
use crate::{
    model::{Engaged, Halt, Means, Stop},
    settings::{Secret, Urgency},
    status::fixture,
};

fn target(name: &str, channel: Channel) -> Target {
    Target {
        name: name.to_owned(),
        channel,
        severity: Urgency::Info,
        scopes: std::collections::BTreeSet::default(),
        kinds: std::collections::BTreeSet::default(),
    }
}

fn webhook(url: &str) -> Channel {
    Channel::Webhook { url: url.to_owned(), secret: None }
}

fn topics(notices: &[Notice]) -> Vec<Topic> {
    let mut topics: Vec<_> = notices.iter().map(|notice| notice.topic).collect();
    topics.sort_unstable();
    topics.dedup();
    topics
}

/// The fixture's pass, with everything in it that a pass can have.
fn first() -> (Seen, Vec<Notice>) {
    let mut seen = Seen::default();
    let notices = seen.notices(&fixture::report(), &Halt::default());
    (seen, notices)
}

#[test]
fn what_lasts_is_sent_once_and_again_only_after_it_was_gone() {
    let (mut seen, notices) = first();
    let told = topics(&notices);
    for topic in [Topic::Held, Topic::Conflict, Topic::Refused, Topic::Failed, Topic::Unreadable] {
        assert!(told.contains(&topic), "{topic:?} in {told:?}");
    }
    let mut report = fixture::report();
    report.pass += 1;
    report.results.clear();
    report.drifts.clear();
    assert_eq!(topics(&seen.notices(&report, &Halt::default())), []);
    let problems = std::mem::take(&mut report.problems);
    assert_eq!(topics(&seen.notices(&report, &Halt::default())), []);
    report.problems = problems;
    assert_eq!(topics(&seen.notices(&report, &Halt::default())), [Topic::Refused]);
}

#[test]
fn a_hole_that_stays_open_is_critical_and_a_correction_is_not() {
    let (_, notices) = first();
    let urgency = |topic: Topic| {
        let mut of = notices.iter().filter(|it| it.topic == topic).map(|it| it.urgency);
        of.next()
    };
    assert_eq!(urgency(Topic::DriftOpen), Some(Urgency::Critical));
    assert_eq!(urgency(Topic::Changed), Some(Urgency::Info));
    assert_eq!(notices.first().map(|it| it.urgency), Some(Urgency::Critical), "worst first");
}

#[test]
fn the_brake_is_sent_and_so_is_its_end() {
    let (mut seen, _) = first();
    let report = fixture::report();
    let engaged = Engaged {
        means: Means::Socket,
        by: "ada".to_owned(),
        since: 1,
        reason: "wrong key".to_owned(),
    };
    let halt = Halt { stop: Some(Stop::Engaged(engaged)), ..Halt::default() };
    let told = seen.notices(&report, &halt);
    let stopped: Vec<_> = told.iter().filter(|it| it.topic == Topic::Stopped).collect();
    assert_eq!(stopped.len(), 1);
    assert!(stopped[0].lines[0].contains("wrong key"), "{stopped:?}");
    let told = seen.notices(&report, &Halt::default());
    assert!(told.iter().any(|it| it.topic == Topic::Resumed), "{told:?}");
}

#[test]
fn a_target_gets_its_scopes_its_kinds_and_what_is_urgent_enough() {
    let (_, notices) = first();
    let about = notices.iter().find(|it| it.kind.is_some() && it.urgency == Urgency::Warning);
    let about = about.unwrap();
    let mut target = target("a", webhook("https://a"));
    assert!(about.is_for(&target));
    target.scopes = [about.scope.clone().unwrap()].into();
    target.kinds = [about.kind.clone().unwrap()].into();
    assert!(about.is_for(&target));
    target.severity = Urgency::Critical;
    assert!(!about.is_for(&target));
    target.severity = Urgency::Info;
    target.scopes = ["elsewhere".to_owned()].into();
    assert!(!about.is_for(&target));
}

#[test]
fn a_text_for_slack_lists_the_worst_first_and_ends() {
    let (_, mut notices) = first();
    let slack = Channel::Slack { url: Secret::Env("SLACK".to_owned()) };
    let message = Message::of("ml-platform", &slack, &notices, 0, 0);
    let body: Value = serde_json::from_slice(&message.body).unwrap();
    insta::assert_snapshot!(body["text"].as_str().unwrap());
    for _ in 0..7 {
        notices.extend(notices.clone());
    }
    let message = Message::of("ml-platform", &slack, &notices, 3, 1);
    let body: Value = serde_json::from_slice(&message.body).unwrap();
    let text = body["text"].as_str().unwrap();
    assert!(text.contains(&format!("… and {} more", notices.len() - 20)), "{text}");
    assert!(text.ends_with("3 earlier notices were dropped, because nobody took them"), "{text}");
}

/// Takes one request and answers it; gives its head and body.
async fn receive(listener: &TcpListener, status: &str) -> (String, Vec<u8>) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut read = Vec::new();
    loop {
        let mut part = [0; 4096];
        let count = stream.read(&mut part).await.unwrap();
        read.extend_from_slice(&part[..count]);
        let Some(end) = read.windows(4).position(|it| it == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(read[..end].to_vec()).unwrap().to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.unwrap().trim().parse().unwrap();
        if read.len() >= end + 4 + length {
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            return (head, read[end + 4..].to_vec());
        }
        assert!(count > 0, "the request ended early");
    }
}

#[tokio::test]
async fn a_receiver_gets_signed_cloud_events_and_a_failed_message_comes_again_with_its_id() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/palisade", listener.local_addr().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("key");
    std::fs::write(&key, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
    let channel = Channel::Webhook { url, secret: Some(Secret::File(key)) };
    let (_, notices) = first();
    let message = Message::of("ml-platform", &channel, &notices, 0, 0);
    let post = Post::within(Duration::from_secs(5));
    let ways = Ways { post, publisher: None, secrets: Secrets::default() };
    let (refused, _) = tokio::join!(ways.send(&channel, &message), receive(&listener, "503 No"));
    assert_eq!(refused, Err("the receiver answered 503".to_owned()));
    let (sent, (head, body)) =
        tokio::join!(ways.send(&channel, &message), receive(&listener, "204 Yes"));
    assert_eq!(sent, Ok(()));
    assert!(head.starts_with("post /palisade http/1.1\r\n"), "{head}");
    assert!(head.contains("\r\ncontent-type: application/cloudevents-batch+json\r\n"), "{head}");
    assert!(head.contains(&format!("\r\nwebhook-id: {}\r\n", message.id)), "{head}");
    assert!(head.contains("\r\nwebhook-signature: v1,"), "{head}");
    let events: Vec<Value> = serde_json::from_slice(&body).unwrap();
    assert_eq!(events.len(), notices.len());
    let ids: std::collections::BTreeSet<_> = events.iter().map(|it| it["id"].as_str()).collect();
    assert_eq!(ids.len(), events.len(), "every event has an id of its own");
    for event in &events {
        assert_eq!(event["specversion"], "1.0");
        assert_eq!(event["source"], "/palisade/ml-platform");
        assert!(event["type"].as_str().unwrap().starts_with("dev.palisade."), "{event}");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_who_does_not_answer_holds_a_pass_up_and_what_is_too_much_is_counted() {
    let metrics = Metrics::new().unwrap();
    // Nobody listens at port 1.
    let targets = [target("nobody", webhook("http://127.0.0.1:1/"))];
    let notifier = Notifier::new("ml-platform", &targets, metrics.clone(), None);
    let mut report = fixture::report();
    let passes = async {
        for pass in 0..200 {
            report.pass = pass;
            notifier.publish(&report, &Halt::default());
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::select! {
        () = passes => {}
        () = notifier.run() => unreachable!("it never ends"),
    }
    let text = metrics.text().unwrap();
    let count = |outcome: &str| {
        let series =
            format!("palisade_notifications_total{{outcome=\"{outcome}\",target=\"nobody\"}} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&series));
        line.unwrap().parse::<u64>().unwrap()
    };
    assert!(count("failed") >= 3, "{text}");
    assert!(count("dropped") > 0, "{text}");
    assert_eq!(count("sent"), 0);
}

#[test]
fn only_encrypted_addresses_and_this_machine_get_notices() {
    assert_eq!(check_url("https://hooks.example.com/x"), Ok(()));
    assert_eq!(check_url("http://127.0.0.1:8080/"), Ok(()));
    for wrong in
        ["http://siem.example.com/", "http://127.0.0.1.evil.example/", "ftp://a/", "hooks", ""]
    {
        assert!(check_url(wrong).is_err(), "{wrong}");
    }
}

#[cfg(feature = "simulator")]
mod aws {
    use super::*;
    use crate::{
        aws::{Connection, Guard},
        simulator::{Fault, Simulator},
    };

    const TOPIC: &str = "arn:aws:sns:eu-central-1:444455556666:on-call";
    const BUS: &str = "arn:aws:events:eu-west-1:444455556666:event-bus/ops";

    fn ways(simulator: &Simulator, guard: Guard) -> Ways {
        let base = simulator.sdk_config("111122223333", "eu-west-1");
        let own = Connection::new(base, guard);
        let (publisher, secrets) = (Some(own.publisher()), Secrets::new(Some(own.vault())));
        Ways { post: Post::within(TIME_LIMIT), publisher, secrets }
    }

    fn topic() -> Channel {
        Channel::Sns { topic_arn: TOPIC.to_owned() }
    }

    fn bus() -> Channel {
        Channel::EventBridge { bus_arn: BUS.to_owned() }
    }

    fn receivers() -> Simulator {
        let simulator = Simulator::default();
        simulator.with(|world| {
            world.sns.create(TOPIC);
            world.event_buses.create(BUS);
        });
        simulator
    }

    #[tokio::test(start_paused = true)]
    async fn a_topic_gets_a_text_with_a_subject_and_its_severity() {
        let simulator = receivers();
        let ways = ways(&simulator, Guard::keeping());
        let (_, notices) = first();
        let message = Message::of(&"o".repeat(64), &topic(), &notices, 0, 0);
        assert_eq!(ways.send(&topic(), &message).await, Ok(()));
        let published = simulator.with(|world| world.sns.published(TOPIC));
        let text = published[0]["Message"].as_str().unwrap();
        assert!(text.contains("\nCRITICAL ") && !text.contains(":red_circle:"), "{text}");
        let subject = published[0]["Subject"].as_str().unwrap();
        assert!(subject.starts_with("palisade oooo") && subject.len() <= 100, "{subject}");
        let attributes = published[0]["MessageAttributes"].to_string();
        assert!(
            attributes.contains("critical") && attributes.contains(&message.id),
            "{attributes}"
        );
        let calls = simulator.calls();
        assert_eq!(calls[0].region, "eu-central-1", "the Region of the topic");
        // It comes again with its id if it could not be sent.
        simulator.inject(Fault::server_error("Publish", 503).nth(1).times(3));
        let why = ways.send(&topic(), &message).await.unwrap_err();
        assert!(why.contains("sns:Publish"), "{why}");
        assert_eq!(ways.send(&topic(), &message).await, Ok(()));
        let elsewhere = Channel::Sns { topic_arn: TOPIC.replace("on-call", "gone") };
        assert!(ways.send(&elsewhere, &message).await.unwrap_err().contains("NotFound"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_bus_gets_an_event_for_each_notice_ten_at_a_time() {
        let simulator = receivers();
        let ways = ways(&simulator, Guard::keeping());
        let (_, mut notices) = first();
        while notices.len() < 25 {
            notices.extend(notices.clone());
        }
        let message = Message::of("ml-platform", &bus(), &notices, 0, 0);
        // One entry is not taken: all are sent again, with the same ids.
        simulator.with(|world| world.event_buses.refuse_one = true);
        let why = ways.send(&bus(), &message).await.unwrap_err();
        assert_eq!(why, "the bus did not take 1 events");
        assert_eq!(ways.send(&bus(), &message).await, Ok(()));
        let events = simulator.with(|world| world.event_buses.events(BUS));
        let detail = |event: &Value| {
            serde_json::from_str::<Value>(event["Detail"].as_str().unwrap()).unwrap()
        };
        let ids: std::collections::BTreeSet<_> =
            events.iter().map(|event| detail(event)["id"].to_string()).collect();
        assert_eq!(ids.len(), notices.len());
        for event in &events {
            assert_eq!(event["Source"], "palisade");
            assert_eq!(event["DetailType"], detail(event)["type"]);
            assert_eq!(detail(event)["source"], "/palisade/ml-platform");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_receiver_that_does_not_answer_is_given_up_and_a_reader_sends_nothing() {
        let simulator = receivers();
        let (_, notices) = first();
        let message = Message::of("ml-platform", &topic(), &notices, 0, 0);
        simulator.inject(Fault::hang("Publish"));
        let started = tokio::time::Instant::now();
        let sent = ways(&simulator, Guard::keeping()).send(&topic(), &message).await;
        assert!(sent.unwrap_err().contains("no answer"));
        assert!(started.elapsed() <= TIME_LIMIT + Duration::from_secs(1));
        simulator.clear_calls();
        let sent = ways(&simulator, Guard::read_only()).send(&topic(), &message).await;
        assert!(sent.unwrap_err().contains("read-only"));
        assert!(simulator.calls().is_empty());
    }

    const SLACK: &str = "arn:aws:secretsmanager:eu-central-1:444455556666:secret:slack-AbCdEf";

    fn reads(simulator: &Simulator) -> usize {
        simulator.calls().iter().filter(|it| it.operation == "GetSecretValue").count()
    }

    #[tokio::test(start_paused = true)]
    async fn a_secret_is_read_once_an_hour_and_again_when_the_receiver_refuses_it() {
        let simulator = Simulator::default();
        let put = |text: &str| simulator.with(|world| world.secrets.put(SLACK, text));
        put("https://hooks.example.com/old\n");
        let secrets = ways(&simulator, Guard::keeping()).secrets;
        let secret = Secret::SecretsManager(SLACK.to_owned());
        let read = async || secrets.read(&secret).await;
        let old = Ok("https://hooks.example.com/old".to_owned());
        assert_eq!((read().await, read().await, reads(&simulator)), (old.clone(), old.clone(), 1));
        assert_eq!(simulator.calls()[0].region, "eu-central-1", "the Region of the secret");
        put("https://hooks.example.com/new");
        assert_eq!(read().await, old);
        secrets.refused(&secret);
        let new = Ok("https://hooks.example.com/new".to_owned());
        assert_eq!((read().await, reads(&simulator)), (new.clone(), 2));
        // What cannot be read again stays for others than a receiver that refuses it.
        tokio::time::advance(Duration::from_hours(1)).await;
        simulator.inject(Fault::server_error("GetSecretValue", 503));
        assert_eq!(read().await, new);
        secrets.refused(&secret);
        let why = read().await.unwrap_err();
        assert!(why.contains("secretsmanager:GetSecretValue"), "{why}");
        let shown = format!("{secrets:?}");
        assert!(!shown.contains("hooks.example.com"), "{shown}");
    }

    #[tokio::test]
    async fn a_receiver_that_answers_403_gets_the_next_message_with_the_new_key() {
        let simulator = Simulator::default();
        simulator.with(|world| world.secrets.put(SLACK, "old"));
        let ways = ways(&simulator, Guard::keeping());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let secret = Some(Secret::SecretsManager(SLACK.to_owned()));
        let channel = Channel::Webhook { url, secret };
        let (_, notices) = first();
        let message = Message::of("ml-platform", &channel, &notices, 0, 0);
        for (answer, reads_after) in [("503 No", 1), ("403 No", 1), ("204 Yes", 2)] {
            let (sent, (head, _)) =
                tokio::join!(ways.send(&channel, &message), receive(&listener, answer));
            assert_eq!(sent.is_ok(), answer.starts_with('2'), "{sent:?}");
            assert!(head.contains("\r\nwebhook-signature: v1,"), "{head}");
            assert_eq!(reads(&simulator), reads_after, "{answer}");
        }
    }
}
