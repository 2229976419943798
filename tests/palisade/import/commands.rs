//! `palisade import` and `palisade release`, as people run them.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use palisade::simulator::example::SETTINGS;
use serde_json::Value;

use crate::cli::Served;

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn said(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it));
    format!("{out}\n{err}")
}

#[test]
fn an_account_is_imported_claimed_and_released_over_a_socket() {
    let aws = Served::start();
    let place = tempfile::tempdir().expect("a directory");
    fs::write(place.path().join("palisade.yaml"), SETTINGS).expect("written");
    let run = |exit: i32, arguments: &[&str]| {
        let output = aws.palisade(place.path()).args(arguments).output().expect("it runs");
        assert_eq!(code(&output), Some(exit), "{arguments:?}\n{}", said(&output));
        said(&output)
    };
    let asked = ["import", "live", "--scope", "ml-prod", "-o", "json"];
    let output = aws.palisade(place.path()).args(asked).output().expect("it runs");
    assert_eq!(code(&output), Some(0), "{}", said(&output));
    let summary: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(summary["schemaVersion"], 1);
    assert!(summary["counts"]["RouteTable"].as_u64().is_some_and(|count| count > 0), "{summary}");
    let first = summary["files"][0].as_str().expect("a file");
    let text = fs::read_to_string(place.path().join("live").join(first)).expect("written");
    let modeline = text.lines().next().expect("a line");
    let schema = modeline.split_once("$schema=").expect("a schema").1;
    let folder = Path::new("live").join(first).parent().expect("a folder").join(schema);
    assert!(place.path().join(folder).exists(), "{modeline}");

    assert!(run(0, &["validate", "live"]).contains("no problems"));
    run(2, &["plan", "live", "--detailed-exitcode"]);
    run(0, &["apply", "live", "--yes"]);
    run(0, &["plan", "live", "--detailed-exitcode"]);
    let again = run(0, &["import", "live", "--scope", "ml-prod"]);
    assert!(again.contains("0 manifests in 0 files"), "{again}");

    let network = summary["imported"].as_array().expect("a list").iter();
    let mut network = network
        .filter(|it| it["address"].as_str().is_some_and(|it| it.contains("/AWS::EC2::VPC/")));
    let network = network.next().expect("a network");
    let address = network["address"].as_str().expect("an address");
    let refused = run(1, &["release", address, "--dir", "live", "--yes"]);
    assert!(refused.contains("is still declared at"), "{refused}");
    let unasked = run(1, &["release", address, "--dir", "live", "--force"]);
    assert!(unasked.contains("use --yes"), "{unasked}");
    let released = run(0, &["release", address, "--dir", "elsewhere", "--yes"]);
    assert!(released.contains("is released"), "{released}");
    let gone = run(0, &["release", address, "--dir", "elsewhere", "--yes"]);
    assert!(gone.contains("nothing carries this claim"), "{gone}");
    // Its manifest is still there, so that it would be claimed again.
    run(2, &["plan", "live", "--detailed-exitcode"]);
}

#[test]
fn an_import_shows_how_far_it_is_on_a_terminal_and_nowhere_else() {
    const BAR: &str = "[\u{2591}";
    let aws = Served::start();
    let place = tempfile::tempdir().expect("a directory");
    fs::write(place.path().join("palisade.yaml"), SETTINGS).expect("written");
    let piped = aws.palisade(place.path()).args(["import", "piped"]).output().expect("it runs");
    assert_eq!(code(&piped), Some(0), "{}", said(&piped));
    assert!(!said(&piped).contains(BAR) && !said(&piped).contains("\u{1b}["), "{}", said(&piped));

    // util-linux: runs a command on a terminal of its own.
    let import = aws.palisade(place.path());
    let mut shown = Command::new("script");
    let line = format!("{} import shown", import.get_program().to_string_lossy());
    shown.current_dir(place.path()).args(["-qec", &line, "/dev/null"]).stdin(Stdio::null());
    for (name, value) in import.get_envs() {
        match value {
            Some(value) => shown.env(name, value),
            None => shown.env_remove(name),
        };
    }
    let shown = shown.env("TERM", "xterm").env_remove("NO_COLOR").output().expect("it runs");
    let drawn = said(&shown);
    assert_eq!(code(&shown), Some(0), "{drawn}");
    assert!(drawn.contains(BAR) && drawn.contains(" 0/"), "{drawn}");
    assert!(drawn.contains("manifests in"), "and what came of it: {drawn}");
}

#[test]
fn wrong_requests_are_refused_before_anything_is_read() {
    let aws = Served::start();
    let place = tempfile::tempdir().expect("a directory");
    fs::write(place.path().join("palisade.yaml"), SETTINGS).expect("written");
    fs::write(place.path().join("state"), "{\"version\": 3}").expect("written");
    for (exit, arguments, says) in [
        (1, &["import", "--kind", "SecurityGruop"][..], "did you mean `SecurityGroup`"),
        (1, &["import", "--scope", "nowhere"], "no scope nowhere"),
        (64, &["import", "--tag", "team"], "KEY=VALUE"),
        (64, &["import", "--from", "terraform"], "--state"),
        (1, &["import", "--from", "terraform", "--state", "state"], "version 3"),
        (64, &["release"], "SCOPE/KIND/NAME"),
        (64, &["release", "x"], "x"),
    ] {
        let output = aws.palisade(place.path()).args(arguments).output().expect("it runs");
        assert_eq!(code(&output), Some(exit), "{arguments:?}\n{}", said(&output));
        assert!(said(&output).contains(says), "{arguments:?}\n{}", said(&output));
    }
    assert!(!place.path().join("desired-state").exists());
}
