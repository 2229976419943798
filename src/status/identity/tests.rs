//! Who is let in with an AWS identity, over a simulated STS that verifies signatures.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_smithy_types::base64;
use serde_json::{Value, json};

use super::{attempts::OF_ADDRESS, request::WINDOW, *};
use crate::{
    aws::{
        Connection, Guard,
        proof::{AUDIENCE, Keys, Proof, SCHEME},
    },
    simulator::{Fault, Simulator},
};

const ACCOUNT: &str = "111122223333";
const HOST: &str = "palisade.example";
const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// A session of a role.
struct Session(Value);

impl Session {
    fn of(simulator: &Simulator, role: &str) -> Self {
        let input = json!({
            "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/team/{role}"), "RoleSessionName": "ada"
        });
        let answer = simulator.act(ACCOUNT, "eu-west-1", "sts", "AssumeRole", &input);
        Self(answer.unwrap()["Credentials"].clone())
    }

    fn text(&self, member: &str) -> &str {
        self.0[member].as_str().unwrap()
    }

    fn keys(&self) -> Keys<'_> {
        Keys {
            id: self.text("AccessKeyId"),
            secret: self.text("SecretAccessKey"),
            token: Some(self.text("SessionToken")),
        }
    }

    fn sign(&self, region: &str, audience: &str, at: u64) -> Proof {
        self.keys().sign(region, audience, time(at)).unwrap()
    }
}

fn time(at: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(at)
}

fn value(proof: &Proof) -> String {
    let header = proof.header();
    header.strip_prefix(SCHEME).unwrap().trim().to_owned()
}

/// A proof whose headers somebody has changed after signing.
fn forged(proof: &Proof, change: impl Fn(&mut BTreeMap<String, String>)) -> String {
    let headers = proof.headers().into_iter();
    let mut headers = headers.map(|(name, value)| (name.to_owned(), value)).collect();
    change(&mut headers);
    base64::encode(serde_json::to_vec(&headers).unwrap())
}

/// Palisade, where the role `on-call` may read.
fn identities(simulator: &Simulator) -> Identities {
    let base = simulator.sdk_config(ACCOUNT, "eu-west-1");
    let readers = Readers {
        audience: HOST.to_owned(),
        arns: [format!("arn:aws:iam::{ACCOUNT}:role/on-call")].into(),
        regions: ["eu-west-1", "eu-central-1"].map(str::to_owned).into(),
    };
    let identities = Identities::new(readers, Connection::new(base, Guard::keeping()).callers());
    // It began some time ago.
    Identities { since: now() - 2 * WINDOW, ..identities }
}

fn asked(simulator: &Simulator) -> usize {
    simulator.calls().len()
}

#[tokio::test]
async fn a_session_of_a_reader_is_let_in_once_for_each_signature() {
    let simulator = Simulator::default();
    let (identities, session) = (identities(&simulator), Session::of(&simulator, "on-call"));
    let at = now();
    for (region, at) in [("eu-west-1", at), ("eu-central-1", at - 60)] {
        let proof = value(&session.sign(region, HOST, at));
        assert_eq!(identities.admit(HERE, &proof).await, Ok(()));
        assert_eq!(identities.admit(HERE, &proof).await, Err(Refusal::UsedProof));
        let calls = simulator.calls();
        assert_eq!(calls.last().map(|call| call.region.as_str()), Some(region));
    }
    assert_eq!(asked(&simulator), 2, "a replay asks nobody");
}

#[tokio::test]
async fn what_is_not_the_one_request_is_refused_and_nobody_is_asked() {
    let simulator = Simulator::default();
    let (identities, session) = (identities(&simulator), Session::of(&simulator, "on-call"));
    let at = now();
    let right = session.sign("eu-west-1", HOST, at);
    let set = |name: &'static str, value: &'static str| {
        forged(&right, move |headers| drop(headers.insert(name.to_owned(), value.to_owned())))
    };
    let without = |name: &'static str| forged(&right, move |headers| drop(headers.remove(name)));
    let signs = |part: &'static str, other: &'static str| {
        forged(&right, move |headers| {
            let all = headers.get_mut("authorization").unwrap();
            assert!(all.contains(part), "{all}");
            *all = all.replace(part, other);
        })
    };
    for (proof, wrong) in [
        (value(&session.sign("eu-west-1", "other.example", at)), Wrong::Audience),
        (set(AUDIENCE, "other.example"), Wrong::Audience),
        (without(AUDIENCE), Wrong::Audience),
        (signs(";x-palisade-audience", ""), Wrong::Signed),
        (signs("content-type;host", "content-type;host;x-more"), Wrong::Signed),
        (without("x-amz-security-token"), Wrong::Signed),
        (set("host", "sts.evil.example"), Wrong::Place),
        (set("host", "sts.eu-central-1.amazonaws.com"), Wrong::Place),
        (value(&session.sign("us-east-1", HOST, at)), Wrong::Place),
        (signs("/sts/", "/iam/"), Wrong::Place),
        (set("content-type", "application/json"), Wrong::Body),
        (set("x-forwarded-for", "127.0.0.1"), Wrong::Header),
        (set("Host", "sts.eu-west-1.amazonaws.com"), Wrong::Header),
        (value(&session.sign("eu-west-1", HOST, at - WINDOW - 5)), Wrong::Date),
        (value(&session.sign("eu-west-1", HOST, at + WINDOW + 60)), Wrong::Date),
        (set("x-amz-date", "20260101T000000Z"), Wrong::Form),
        (set("x-amz-date", "now"), Wrong::Form),
        (without("authorization"), Wrong::Form),
        (without("x-palisade-nonce"), Wrong::Form),
        (signs("Signature=", "Signature=A"), Wrong::Form),
        (signs("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), Wrong::Form),
        (set("x-amz-security-token", "a\nb"), Wrong::Form),
        (base64::encode("[]"), Wrong::Form),
        ("!".to_owned(), Wrong::Form),
    ] {
        let answer = identities.admit(HERE, &proof).await;
        assert_eq!(answer, Err(Refusal::WrongProof(wrong)), "{proof}");
    }
    // What was signed before the process began may have been used before.
    let began = Identities { since: at + 1, ..identities };
    let answer = began.admit(HERE, &value(&right)).await;
    assert_eq!(answer, Err(Refusal::WrongProof(Wrong::Date)));
    assert_eq!(asked(&simulator), 0);
}

#[tokio::test]
async fn sts_refuses_another_body_and_a_forged_signature_and_no_token_is_repeated() {
    let simulator = Simulator::default();
    let (identities, session) = (identities(&simulator), Session::of(&simulator, "on-call"));
    let at = now();
    let right = session.sign("eu-west-1", HOST, at);
    let other = "Action=AssumeRole&Version=2011-06-15";
    let other = session.keys().sign_body(other, "eu-west-1", HOST, time(at)).unwrap();
    let keys = Keys { secret: "guessed", ..session.keys() };
    let guessed = keys.sign("eu-west-1", HOST, time(at)).unwrap();
    let token = forged(&right, |headers| {
        let token = headers.get_mut("x-amz-security-token").unwrap();
        token.push('x');
    });
    for proof in [value(&other), value(&guessed), token] {
        let refusal = identities.admit(HERE, &proof).await.unwrap_err();
        assert_eq!(refusal.code(), 401, "{refusal:?}");
        assert!(matches!(refusal, Refusal::Unproven(_)), "{refusal:?}");
        let told = format!("{refusal:?} {}", refusal.text());
        assert!(!told.contains(session.text("SessionToken")), "{told}");
    }
}

#[tokio::test]
async fn a_role_that_is_not_named_is_refused_and_too_many_failures_ask_nobody() {
    let simulator = Simulator::default();
    let identities = identities(&simulator);
    let (other, reader) = (Session::of(&simulator, "other"), Session::of(&simulator, "on-call"));
    let at = now();
    for second in 0..OF_ADDRESS as u64 {
        let proof = value(&other.sign("eu-west-1", HOST, at - second));
        let refusal = identities.admit(HERE, &proof).await.unwrap_err();
        let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/other/ada");
        assert_eq!(refusal, Refusal::OtherIdentity(arn));
        assert_eq!(refusal.code(), 403);
    }
    assert_eq!(asked(&simulator), OF_ADDRESS);
    let refusal = identities.admit(HERE, &value(&reader.sign("eu-west-1", HOST, at))).await;
    assert_eq!(refusal, Err(Refusal::TooManyFailures));
    assert_eq!(Refusal::TooManyFailures.code(), 429);
    assert_eq!(asked(&simulator), OF_ADDRESS, "nobody was asked");
    let elsewhere = IpAddr::from([192, 0, 2, 1]);
    let proof = value(&reader.sign("eu-west-1", HOST, at - 1));
    assert_eq!(identities.admit(elsewhere, &proof).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn while_sts_does_not_answer_nobody_is_let_in() {
    let simulator = Simulator::default();
    let (identities, session) = (identities(&simulator), Session::of(&simulator, "on-call"));
    let at = now();
    let started = tokio::time::Instant::now();
    let faults = [Fault::server_error("GetCallerIdentity", 503), Fault::hang("GetCallerIdentity")];
    for (second, fault) in (0..).zip(faults) {
        simulator.inject(fault);
        let proof = value(&session.sign("eu-west-1", HOST, at - second));
        let refusal = identities.admit(HERE, &proof).await.unwrap_err();
        assert!(matches!(refusal, Refusal::NoAnswer(_)), "{refusal:?}");
        assert_eq!(refusal.code(), 503);
        // Perhaps STS has seen it.
        assert_eq!(identities.admit(HERE, &proof).await, Err(Refusal::UsedProof));
    }
    simulator.clear_faults();
    assert!(started.elapsed() < Duration::from_secs(5), "a request takes no longer");
    let proof = value(&session.sign("eu-west-1", HOST, at - 2));
    assert_eq!(identities.admit(HERE, &proof).await, Ok(()));
}
