//! What operations rely on, from the built program: its log lines, its audit log, its revision, its doctor.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use palisade::simulator::example::SETTINGS;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    cli::{Served, palisade},
    world::baseline,
};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// The settings, and the manifests of one kind that `init` writes in a checkout at [`COMMIT`].
struct Place {
    dir: TempDir,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let settings = SETTINGS.to_owned() + "server: {listen: \"127.0.0.1:0\"}\n";
        fs::write(dir.path().join("palisade.yaml"), settings).expect("written");
        let place = Self { dir };
        fs::create_dir_all(place.state()).expect("made");
        let git = place.dir.path().join("checkout/.git");
        fs::create_dir(&git).expect("made");
        fs::write(git.join("HEAD"), format!("{COMMIT}\n")).expect("written");
        let shipped = baseline().join("ml-prod/security-groups.yaml");
        fs::copy(shipped, place.state().join("security-groups.yaml")).expect("copied");
        place
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn state(&self) -> PathBuf {
        self.dir.path().join("checkout/desired-state")
    }

    fn run(&self, aws: &Served, arguments: &[&str]) -> Output {
        let mut command = aws.palisade(self.path());
        command.args(arguments).arg(self.state()).output().expect("it runs")
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// The log: every line must be a JSON object.
fn log(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    let lines = text.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

fn audit(log: &[Value]) -> Vec<&Value> {
    log.iter().filter(|line| line["target"] == "palisade::audit").collect()
}

#[test]
fn every_mutating_call_is_one_audit_line_with_its_whole_reason() {
    let (aws, place) = (Served::start(), Place::new());
    let output = place.run(&aws, &["apply", "--yes"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let log = log(&output);
    let audit = audit(&log);
    let operation = |line: &&Value| line["operation"].as_str().map(str::to_owned);
    let operations: Vec<_> = audit.iter().filter_map(operation).collect();
    for expected in
        ["CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "RevokeSecurityGroupEgress"]
    {
        assert!(operations.iter().any(|it| it == expected), "{operations:?}");
    }
    for line in audit {
        for field in [
            "timestamp",
            "level",
            "message",
            "address",
            "step",
            "cause",
            "origin",
            "service",
            "operation",
            "request_id",
            "outcome",
        ] {
            assert!(line[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {line}");
        }
        assert!(line["pass"].is_u64(), "{line}");
        assert_eq!(line["revision"], COMMIT, "{line}");
        assert_eq!(line["outcome"], "ok", "{line}");
        assert_eq!(line["cause"], "manifest", "{line}");
        assert!(
            line["address"].as_str().is_some_and(|it| it.starts_with("ml-prod/SecurityGroup/"))
        );
        let origin = line["origin"].as_str().unwrap_or_default();
        assert!(origin.contains("security-groups.yaml:"), "{line}");
    }
}

#[test]
fn a_refused_call_is_in_the_audit_log_too_and_the_warning_has_its_request_id() {
    let (aws, place) = (Served::start(), Place::new());
    // AWS allows at most 255 characters of a few alphabets in a group's name; what only AWS refuses is a VPC of
    // somebody else.
    let manifest = "apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {name: lost}\n\
                    spec: {description: x, vpc: vpc-00000000000000000}\n";
    fs::write(place.state().join("security-groups.yaml"), manifest).expect("written");
    let output = place.run(&aws, &["apply", "--yes", "--timeout", "5s"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let log = log(&output);
    let audit = audit(&log);
    assert!(!audit.is_empty(), "{log:?}");
    assert_eq!(audit[0]["outcome"], "error", "{}", audit[0]);
    let warned = log.iter().find(|line| line["level"] == "WARN" && line["step"] == "create");
    let warned = warned.unwrap_or_else(|| panic!("no warning: {log:?}"));
    assert_eq!(warned["request_id"], audit[0]["request_id"]);
    assert_eq!(warned["address"], "ml-prod/SecurityGroup/lost");
}

#[test]
fn quiet_keeps_even_the_audit_log_back_and_verbose_says_more() {
    let (aws, place) = (Served::start(), Place::new());
    let quiet = place.run(&aws, &["apply", "--yes", "--quiet"]);
    assert_eq!(quiet.status.code(), Some(0), "{quiet:?}");
    assert_eq!(log(&quiet), Vec::<Value>::new());

    let lines = |flags: &[&str]| {
        let output = place.run(&aws, &[&["plan"], flags].concat());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        log(&output)
    };
    let (normal, verbose, everything) = (lines(&[]), lines(&["-v"]), lines(&["-vv"]));
    let level = |lines: &[Value], level: &str| lines.iter().any(|line| line["level"] == level);
    assert!(!level(&normal, "DEBUG"), "{normal:?}");
    assert!(level(&verbose, "DEBUG"), "{verbose:?}");
    assert!(everything.len() > verbose.len(), "{} {}", everything.len(), verbose.len());
    for line in everything {
        for field in ["timestamp", "level", "target", "message"] {
            assert!(line[field].is_string(), "{field}: {line}");
        }
    }
}

#[test]
fn a_plan_says_which_revision_it_is_of() {
    let (aws, place) = (Served::start(), Place::new());
    let text = stdout(&place.run(&aws, &["plan"]));
    assert!(text.starts_with(&format!("Git revision {COMMIT}\n\n")), "{text}");
    assert!(text.lines().last().is_some_and(|line| line.starts_with("Plan: ")), "{text}");
    let document = stdout(&place.run(&aws, &["plan", "-o", "json"]));
    let document: Value = serde_json::from_str(&document).expect("JSON");
    assert_eq!(document["revision"], COMMIT);

    fs::remove_dir_all(place.path().join("checkout/.git")).expect("removed");
    let text = stdout(&place.run(&aws, &["plan"]));
    assert!(!text.contains("revision"), "{text}");
}

#[test]
fn doctor_is_content_with_the_simulator_and_says_so_in_text_and_json() {
    let (aws, place) = (Served::start(), Place::new());
    let output = place.run(&aws, &["doctor"]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains(&format!("5 manifests, Git revision {COMMIT}")), "{text}");
    // Over a socket AWS's answers have a date.
    assert!(text.contains("ok    clock: "), "{text}");
    assert!(text.lines().last().is_some_and(|line| line.ends_with(" 0 failed")), "{text}");

    let document: Value =
        serde_json::from_str(&stdout(&place.run(&aws, &["doctor", "-o", "json"]))).expect("JSON");
    assert_eq!(document["schemaVersion"], 1);
    assert_eq!(document["ok"], true);
    let checks = document["checks"].as_array().expect("checks");
    assert!(checks.iter().all(|check| check["found"].is_string()), "{checks:#?}");
    // These few manifests have no guardrail for the claim tags, and doctor says so.
    let others = checks.iter().filter(|check| check["status"] != "ok");
    let others: Vec<_> = others.filter_map(|check| check["name"].as_str()).collect();
    assert_eq!(others, ["ml-prod: claim tags", "org: claim tags"]);
}

#[test]
fn doctor_fails_where_aws_cannot_be_reached_and_says_what_to_do() {
    let (aws, place) = (Served::start(), Place::new());
    // A port that was free a moment ago: nobody answers there.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", nobody.local_addr().expect("an address"));
    drop(nobody);
    let settings = "owner: x\nscopes: {a: {account: \"111122223333\", region: eu-west-1}}\n";
    fs::write(place.path().join("palisade.yaml"), settings).expect("written");
    fs::write(place.state().join("security-groups.yaml"), "").expect("written");
    let mut command = aws.palisade(place.path());
    command.env("AWS_ENDPOINT_URL", url).args(["doctor", "--listen", "127.0.0.1:0"]);
    let output = command.arg(place.state()).output().expect("it runs");
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("FAIL  a: identity: sts:GetCallerIdentity"), "{text}");
    assert!(text.contains("do: sts in eu-west-1 is not reachable from here"), "{text}");

    // Without credentials it is not the network.
    let mut command = palisade();
    command.current_dir(place.path()).args(["doctor", "--listen", "127.0.0.1:0"]);
    let output = command.arg(place.state()).output().expect("it runs");
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("no usable credentials"), "{text}");
    assert!(text.contains("do: set AWS_PROFILE"), "{text}");
}
