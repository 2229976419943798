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
    let (refused, _) = tokio::join!(send(&post, &channel, &message), receive(&listener, "503 No"));
    assert_eq!(refused, Err("the receiver answered 503".to_owned()));
    let (sent, (head, body)) =
        tokio::join!(send(&post, &channel, &message), receive(&listener, "204 Yes"));
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
    let notifier = Notifier::new("ml-platform", &targets, metrics.clone());
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
