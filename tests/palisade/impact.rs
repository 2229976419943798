//! What policies would have done to calls of the past, over the command line and without AWS.

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use palisade::simulator::{
    Events, Options, Simulator,
    example::{self, SETTINGS},
};
use serde_json::{Value, json};
use tempfile::TempDir;

const POLICY: &str = r#"
apiVersion: palisade.dev/v1alpha1
kind: ServiceControlPolicy
metadata: {name: jobs-in-vpc, scope: org}
spec:
  policyName: jobs-in-vpc
  description: Jobs run in the VPC
  targets: ["ou:/Workloads"]
  content:
    Version: "2012-10-17"
    Statement:
      - Sid: InVpc
        Effect: Deny
        Action: sagemaker:CreateTrainingJob
        Resource: "*"
        Condition: {"Null": {"sagemaker:VpcSubnets": "true"}}
"#;
const ACCOUNT: &str = "111122223333";

struct Place(TempDir);

impl Place {
    fn new(events: &[Value]) -> Self {
        let place = Self(tempfile::tempdir().expect("a directory"));
        place.write("palisade.yaml", SETTINGS);
        fs::create_dir(place.path().join("state")).expect("made");
        place.write("state/policy.yaml", POLICY);
        place.write("events.json", &json!({"Records": events}).to_string());
        place
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.path().join(file), text).expect("written");
    }

    /// The exit code and what was printed.
    fn impact(&self, more: &[&str]) -> (i32, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_palisade"))
            .current_dir(self.path())
            .args(["impact", "state/policy.yaml", "--dir", "state", "--events", "events.json"])
            .args(more)
            .env("NO_COLOR", "1")
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
            .output()
            .expect("it runs");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).expect("UTF-8");
        (output.status.code().expect("it ends by itself"), said)
    }
}

fn job(id: u32, in_vpc: bool) -> Value {
    let config = if in_vpc { json!({"subnets": ["subnet-1"]}) } else { Value::Null };
    json!({
        "eventVersion": "1.11", "eventTime": format!("2026-01-{:02}T00:00:00Z", 1 + id % 28),
        "eventSource": "sagemaker.amazonaws.com", "eventName": "CreateTrainingJob",
        "awsRegion": "eu-west-1", "sourceIPAddress": "198.51.100.7", "userAgent": "x",
        "requestID": format!("r-{id}"), "eventID": format!("e-{id}"), "eventType": "AwsApiCall",
        "recipientAccountId": ACCOUNT,
        "userIdentity": {"type": "AssumedRole", "accountId": ACCOUNT, "principalId": "A:ci",
            "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/ci/s-{id}"),
            "sessionContext": {"sessionIssuer":
                {"arn": format!("arn:aws:iam::{ACCOUNT}:role/ci")}}},
        "requestParameters": {"trainingJobName": "train", "vpcConfig": config},
    })
}

#[test]
fn a_policy_is_judged_by_files_of_events_without_aws() {
    let events: Vec<Value> = (0..10).map(|id| job(id, id % 2 == 0)).collect();
    let place = Place::new(&events);
    let below = ["--from-nothing", "--below", ACCOUNT];
    let (code, said) = place.impact(&below);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains(
            "newly denied 5x sagemaker:CreateTrainingJob by arn:aws:iam::111122223333:role/ci"
        ),
        "{said}"
    );
    assert!(said.contains("decided by InVpc; 2026-01-02 to 2026-01-10; event e-1"), "{said}");
    assert!(said.contains("5 newly denied, 0 cannot be told, 0 newly allowed"), "{said}");
    let (code, _) = place.impact(&[&below[..], &["--detailed-exitcode"]].concat());
    assert_eq!(code, 2);

    let (_, said) = place.impact(&[&below[..], &["-o", "json"]].concat());
    let report: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(report["policies"][0]["newlyDenied"], 5);
    assert_eq!(report["policies"][0]["groups"][0]["events"], json!(["e-1", "e-3", "e-5"]));
    assert_eq!(report["covered"]["accounts"][ACCOUNT], 10);
    let (_, said) = place.impact(&[&below[..], &["-o", "markdown"]].concat());
    assert!(said.contains("| newly denied | 5 | `sagemaker:CreateTrainingJob` |"), "{said}");
    let (_, said) = place.impact(&[&below[..], &["--since", "1d"]].concat());
    assert!(said.contains("nothing can be told"), "long ago: {said}");
}

#[test]
fn where_it_is_not_known_whom_a_policy_concerns_it_does_not_say_that_nothing_changes() {
    let place = Place::new(&[job(1, false)]);
    let (code, said) = place.impact(&["--from-nothing", "--detailed-exitcode"]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("whether the account is below the policy's targets"), "{said}");
    assert!(said.contains("0 newly denied, 1 cannot be told"), "{said}");
    let place = Place::new(&[]);
    let below = ["--from-nothing", "--below", ACCOUNT, "--detailed-exitcode"];
    let (code, said) = place.impact(&below);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("there are no calls to judge by"), "{said}");
}

#[test]
fn a_change_of_the_directory_is_judged_by_what_differs() {
    let place = Place::new(&[job(1, false)]);
    fs::create_dir(place.path().join("base")).expect("made");
    place.write("base/policy.yaml", POLICY);
    let against = ["--base", "base", "--below", ACCOUNT, "--detailed-exitcode"];
    let (code, said) = place.impact(&against);
    assert_eq!((code, said.contains("no policy changes")), (0, true), "{said}");
    place.write("state/policy.yaml", &POLICY.replace("CreateTrainingJob", "CreateModel"));
    let (code, said) = place.impact(&against);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("newly allowed 1x sagemaker:CreateTrainingJob"), "{said}");
}

#[test]
fn what_cannot_be_read_is_named() {
    let place = Place::new(&[]);
    place.write("events.json", "{\"Records\": [{\"eventName\": ");
    let below = ["--from-nothing", "--below", ACCOUNT];
    let (code, said) = place.impact(&below);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("events.json: it ends in the middle"), "{said}");
    place.write("events.json", "[]");
    place.write("state/policy.yaml", &POLICY.replace("targets", "target"));
    let (code, said) = place.impact(&below);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("did you mean `targets`"), "{said}");
}

const NO_KEYS: &str = r#"
apiVersion: palisade.dev/v1alpha1
kind: ServiceControlPolicy
metadata: {name: no-keys, scope: org}
spec:
  policyName: no-keys
  description: Keys come from elsewhere
  targets: ["111122223333"]
  content:
    Version: "2012-10-17"
    Statement: [{Sid: NoKeys, Effect: Deny, Action: "kms:CreateKey", Resource: "*"}]
"#;

/// The account is in no scope of the settings: a set finds it in the organization.
#[tokio::test(flavor = "multi_thread")]
async fn the_accounts_of_a_units_set_are_asked_for_their_calls() {
    let simulator = Simulator::new(Options::default());
    example::build(&simulator).expect("built");
    simulator.with(|world| {
        world.options.events = Events { on: true, lookup_lag: Duration::ZERO, ..Events::default() };
    });
    for _ in 0..3 {
        simulator.act(ACCOUNT, "eu-west-1", "kms", "CreateKey", &json!({})).expect("made");
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let serving = simulator.clone().serve(listener, std::future::pending());
    let place = Place::new(&[]);
    place.write("state/policy.yaml", NO_KEYS);
    let (head, rest) = SETTINGS.split_once("  ml-prod:").expect("a scope");
    let org = rest.split_once("  org:").expect("a scope").1;
    let head = head.replace("defaultScope: ml-prod\n", "");
    let set = "scopeSets:\n  ml:\n    organization: {scope: org, units: ['ou:/Workloads/ML']}\n    \
               regions: [eu-west-1]\n    assumeRole: {roleName: palisade, externalId: demo}\n";
    place.write("palisade.yaml", &format!("{head}  org:{org}{set}"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_palisade"));
    command
        .current_dir(place.path())
        .args(["impact", "state/policy.yaml", "--dir", "state", "--from-nothing"])
        .env("NO_COLOR", "1")
        .env("AWS_ENDPOINT_URL", format!("http://{address}"))
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", ACCOUNT)
        .env("AWS_SECRET_ACCESS_KEY", "any");
    let scenario = async {
        let output = tokio::task::spawn_blocking(move || command.output()).await;
        let output = output.expect("it ends").expect("it runs");
        let said = String::from_utf8([output.stdout, output.stderr].concat()).expect("UTF-8");
        assert!(said.contains("newly denied 3x kms:CreateKey"), "{said}");
    };
    tokio::select! {
        served = serving => panic!("{served:?}"),
        () = scenario => {}
    }
}

/// Two hours ago somebody made 120 keys, which is three pages of CloudTrail's event history, of
/// which AWS gives two a second.
#[tokio::test(flavor = "multi_thread")]
async fn the_event_history_is_read_page_by_page_as_far_back_as_is_asked() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    let events = Events { on: true, lookup_lag: Duration::ZERO, ..Events::default() };
    let epoch = now.checked_sub(Duration::from_hours(2));
    let simulator = Simulator::new(Options { epoch, throttling: true, ..Options::default() });
    example::build(&simulator).expect("built");
    simulator.with(|world| world.options.events = events);
    for number in 0..120 {
        let sent = json!({"Description": format!("key {number}")});
        simulator.act(ACCOUNT, "eu-west-1", "kms", "CreateKey", &sent).expect("made");
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let serving = simulator.clone().serve(listener, std::future::pending());
    let place = Place::new(&[]);
    place.write("state/policy.yaml", NO_KEYS);
    let impact = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_palisade"));
        command
            .current_dir(place.path())
            .args(["impact", "state/policy.yaml", "--dir", "state"])
            .args(["--from-nothing", "--below", ACCOUNT])
            .args(more)
            .env("NO_COLOR", "1")
            .env("AWS_ENDPOINT_URL", format!("http://{address}"))
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", ACCOUNT)
            .env("AWS_SECRET_ACCESS_KEY", "any");
        async {
            let output = tokio::task::spawn_blocking(move || command.output()).await;
            let output = output.expect("it ends").expect("it runs");
            let said = [output.stdout, output.stderr].concat();
            String::from_utf8(said).expect("UTF-8")
        }
    };
    let scenario = async {
        let said = impact(&["--since", "3h"]).await;
        let who = "by arn:aws:iam::111122223333:role/administrator";
        assert!(said.contains(&format!("newly denied 120x kms:CreateKey {who}")), "{said}");
        let pages = simulator.calls().into_iter().filter(|call| call.operation == "LookupEvents");
        let (denied, pages): (Vec<_>, Vec<_>) = pages.partition(|call| call.error.is_some());
        assert!(denied.len() <= 3, "palisade waits for its turn: {denied:?}");
        let here = pages.iter().filter(|it| it.account == ACCOUNT && it.region == "eu-west-1");
        assert_eq!(here.count(), 3);

        let said = impact(&["--since", "1h"]).await;
        assert!(said.contains("there are no calls to judge by"), "older ones do not count: {said}");
        let said = impact(&["--since", "3h", "--most", "70"]).await;
        assert!(said.contains("newly denied 70x kms:CreateKey"), "{said}");
        assert!(said.contains("only the newest 70 events were read (--most)"), "{said}");
    };
    tokio::select! {
        served = serving => panic!("{served:?}"),
        () = scenario => {}
    }
}
