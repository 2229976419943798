//! The commands that reach a running palisade, and its brake, as the built program does it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use palisade::simulator::example::SETTINGS;
use serde_json::Value;
use tempfile::TempDir;

use crate::cli::{Served, palisade};

/// More than any machine needs to start a process and make a pass.
const PATIENCE: Duration = Duration::from_mins(2);
const GROUP: &str = "ml-prod/SecurityGroup/apps";

const MANIFEST: &str = "apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {name: apps}\nspec:\n  \
    description: Apps\n  vpc: {lookup: {tags: {Name: ml}}}\n  ingress: []\n  egress: []\n";

/// An AWS, settings with a memory, and one manifest.
struct Place {
    aws: Served,
    dir: TempDir,
}

/// A running `palisade run`; killed when dropped.
struct Running {
    child: Child,
    log: Receiver<String>,
    /// Its HTTP server.
    url: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// Waits for a line of the log.
    fn until(&self, text: &str) -> String {
        let mut seen = Vec::new();
        while let Ok(line) = self.log.recv_timeout(PATIENCE) {
            if line.contains(text) {
                return line;
            }
            seen.push(line);
        }
        panic!("no `{text}` in\n{}", seen.join("\n"));
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().expect("it runs").success());
    }
}

/// The memory in the table of the example.
const TABLE: &str = "memory: {dynamodb: {table: palisade, region: eu-west-1}}\n";

impl Place {
    fn new() -> Self {
        Self::remembering("memory: {dir: memory}\n")
    }

    /// Its memory is a table, so its socket has a place of its own.
    fn in_table() -> Self {
        Self::remembering(&(TABLE.to_owned() + "server: {socket: palisade.sock}\n"))
    }

    fn remembering(memory: &str) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let settings = SETTINGS.to_owned() + memory;
        fs::write(dir.path().join("palisade.yaml"), settings).expect("written");
        fs::create_dir(dir.path().join("state")).expect("made");
        fs::write(dir.path().join("state/apps.yaml"), MANIFEST).expect("written");
        Self { aws: Served::start(), dir }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn command(&self) -> Command {
        let mut command = self.aws.palisade(self.path());
        command.args(["run", "--listen", "127.0.0.1:0", "--interval", "1h", "state"]);
        command
    }

    /// Starts it, and waits until commands reach it.
    fn start(&self) -> Running {
        let mut command = self.command();
        let mut child =
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("starts");
        let lines = BufReader::new(child.stderr.take().expect("its log")).lines();
        let (send, log) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // Nobody reads on after the test.
                let _ = send.send(line);
            }
        });
        let mut running = Running { child, log, url: String::new() };
        let line = running.until("/status.json, /metrics");
        let url = &line[line.find("http://").expect("its address")..];
        running.url = url[..url.find("/status.json").expect("its address")].to_owned();
        running.until("commands reach this process at");
        running
    }

    /// Runs a command with the same settings: its exit code and both outputs.
    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = palisade().current_dir(self.path()).args(arguments).output().expect("runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code().expect("a code"), text(output.stdout), text(output.stderr))
    }

    fn done(&self, code: i32, arguments: &[&str]) -> String {
        let (ended, out, error) = self.run(arguments);
        assert_eq!(ended, code, "{arguments:?}\n{out}\n{error}");
        out
    }

    fn json(&self, code: i32, arguments: &[&str]) -> Value {
        let out = self.done(code, &[arguments, &["-o", "json"]].concat());
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    /// Passes until nothing is left to do.
    fn settle(&self) {
        for _ in 0..20 {
            self.run(&["reconcile"]);
            let found = self.json_of(&["get", "-o", "json"]);
            if found.as_array().is_some_and(|all| all.iter().all(|it| it["condition"] == "in_sync"))
            {
                return;
            }
        }
        panic!("not in order: {}", self.json_of(&["get", "-o", "json"]));
    }

    fn json_of(&self, arguments: &[&str]) -> Value {
        let (_, out, error) = self.run(arguments);
        serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}\n{error}"))
    }
}

#[test]
fn what_runs_is_seen_and_told_what_to_do_over_its_socket() {
    let place = Place::new();
    let (code, _, said) = place.run(&["status"]);
    assert!(code == 1 && said.contains("no palisade listens at "), "{said}");
    let running = place.start();
    let mode = |path: &str| {
        let about = fs::metadata(place.path().join(path)).expect("it is there");
        about.permissions().mode() & 0o777
    };
    assert_eq!((mode("memory/palisade.sock"), mode("memory")), (0o600, 0o700));
    place.settle();

    let status = place.json(0, &["status"]);
    assert_eq!(status["counts"]["inSync"], 1, "{status}");
    assert!(status["memory"]["place"].as_str().is_some_and(|it| it.ends_with("memory")));
    assert!(place.done(0, &["status"]).contains("1 in sync"));

    assert!(place.done(0, &["get"]).contains(&format!("{GROUP}  in_sync")));
    assert!(place.done(0, &["get", "SecurityGroup/apps", "-o", "wide"]).contains("sg-"));
    let (code, _, said) = place.run(&["get", "SecurityGroup/nobody"]);
    assert!(code == 1 && said.contains("no such manifest"), "{said}");
    let all = place.json_of(&["get", "SecurityGroup", "-o", "json"]);
    let one = &all[0];
    assert_eq!((&one["address"], &one["condition"]), (&GROUP.into(), &"in_sync".into()));
    for state in ["wanted", "live", "lastChange"] {
        assert!(one[state].is_object(), "{state}: {one}");
    }
    assert_eq!(one["claim"]["palisade:address"], GROUP);
    assert!(place.done(0, &["get", "-o", "yaml"]).contains("condition: in_sync"));

    // A change that only waits for a pass: the brake keeps it from being made.
    place.done(0, &["brake", "on", "--address", GROUP, "--reason", "INC-7"]);
    fs::write(
        place.path().join("state/apps.yaml"),
        MANIFEST
            .replace("ingress: []", "ingress: [{protocol: tcp, ports: 443, from: [10.20.0.0/16]}]"),
    )
    .expect("written");
    place.done(0, &["reconcile", GROUP]);
    let diff = place.done(0, &["diff", GROUP]);
    assert!(diff.contains("443") && diff.contains("INC-7"), "{diff}");
    let status = place.json(3, &["status"]);
    assert_eq!(status["pauses"][0]["reason"], "INC-7");
    place.done(0, &["brake", "off", "--address", GROUP]);
    place.settle();

    let history = place.json(0, &["history", GROUP]);
    let events: Vec<_> = history.as_array().expect("events").iter().map(|it| &it["what"]).collect();
    for what in ["changed", "stopped", "resumed"] {
        assert!(events.iter().any(|event| **event == what), "{what}: {events:?}");
    }
    assert!(place.done(0, &["history"]).contains("started"));
    drop(running);
}

#[test]
fn the_brake_is_pulled_from_another_shell_and_survives_a_kill_and_a_restart() {
    let place = Place::new();
    let mut running = place.start();
    place.settle();
    let said = place.done(0, &["brake", "on", "--reason", "INC-8"]);
    assert!(said.contains("everything: the brake is on since") && said.contains("INC-8"), "{said}");
    // The brake file is for processes without a memory.
    assert!(!place.path().join("palisade.brake").exists());
    running.child.kill().expect("killed");
    running.child.wait().expect("ended");

    let running = place.start();
    let brake = place.json(0, &["brake", "status"]);
    assert_eq!(brake["stopped"]["is"], "engaged", "{brake}");
    assert_eq!(
        (&brake["stopped"]["means"], &brake["stopped"]["reason"]),
        (&"socket".into(), &"INC-8".into())
    );
    fs::write(place.path().join("state/more.yaml"), MANIFEST.replace("apps", "more"))
        .expect("written");
    place.run(&["reconcile"]);
    let more = place.json_of(&["get", "SecurityGroup/more", "-o", "json"]);
    assert_eq!(more[0]["condition"], "reported", "{more}");
    assert_eq!(place.json(3, &["status"])["setup"]["writing"], false);

    let said = place.done(0, &["brake", "off"]);
    assert!(said.contains("released") && said.contains("INC-8"), "{said}");
    place.settle();
    assert_eq!(place.json(0, &["brake", "status"])["stopped"], Value::Null);
    drop(running);
}

#[test]
fn sigusr1_engages_however_often_it_comes_and_sigusr2_releases() {
    let place = Place::new();
    let mut running = place.start();
    place.settle();
    for _ in 0..2 {
        running.signal("-USR1");
        running.until("SIGUSR1: the brake is on");
    }
    assert_eq!(place.json(3, &["status"])["stopped"]["by"], "SIGUSR1");
    running.child.kill().expect("killed");
    running.child.wait().expect("ended");

    let running = place.start();
    assert_eq!(place.json(0, &["brake", "status"])["stopped"]["by"], "SIGUSR1");
    running.signal("-USR2");
    running.until("SIGUSR2: the brake is off; writing is possible again");
    assert_eq!(place.json(0, &["brake", "status"])["stopped"], Value::Null);
}

#[test]
fn a_brake_that_cannot_be_read_at_start_is_on_and_shown() {
    let place = Place::new();
    drop(place.start());
    fs::write(place.path().join("memory/brake.json"), "{\"schemaVersion\":99}\n").expect("written");
    let running = place.start();
    place.run(&["reconcile"]);
    let status = place.json(1, &["status"]);
    assert_eq!(status["stopped"]["means"], "memory", "{status}");
    assert!(status["memory"]["troubles"]["brake"].is_string(), "{status}");
    let group = place.json_of(&["get", "-o", "json"]);
    assert_eq!(group[0]["condition"], "reported", "{group}");
    place.done(0, &["brake", "off"]);
    place.settle();
    drop(running);
}

#[test]
fn a_second_process_with_the_same_memory_is_refused() {
    let place = Place::new();
    let running = place.start();
    let output = place.command().output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(said.contains("another palisade uses it"), "{said}");
    drop(running);
    // It left a socket behind, which the next one replaces.
    assert!(place.path().join("memory/palisade.sock").exists());
    drop(place.start());
}

#[test]
fn an_approval_is_a_manifest_and_nothing_is_reached_to_write_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let run = |arguments: &[&str]| {
        let output = palisade().current_dir(dir.path()).arg("approve").args(arguments).output();
        let output = output.expect("it runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, out, _) = run(&["0123456789ab", "--expires", "2h"]);
    assert_eq!(code, Some(0));
    fs::create_dir(dir.path().join("state")).expect("made");
    fs::write(dir.path().join("state/a.yaml"), &out).expect("written");
    fs::write(dir.path().join("palisade.yaml"), SETTINGS).expect("written");
    let checked = palisade().current_dir(dir.path()).args(["validate", "state"]).output();
    let said = String::from_utf8(checked.expect("it runs").stdout).expect("UTF-8");
    assert!(said.contains("0 manifests, no problems"), "{said}\n{out}");

    assert_eq!(run(&["0123456789ab", "--out", "state/b.yaml"]).0, Some(0));
    let written = fs::read_to_string(dir.path().join("state/b.yaml")).expect("written");
    assert!(written.contains("kind: Approval") && written.contains("0123456789ab"), "{written}");
    for (arguments, says) in [
        (&["0123456789ab", "--out", "state/b.yaml"][..], "exists"),
        (&["0123456789"], "is not a digest"),
        (&["0123456789ab", "--expires", "169h"], "at most 168h"),
        (&["0123456789ab", "--expires", "0s"], "longer than 0"),
    ] {
        let (code, _, said) = run(arguments);
        assert!(code == Some(1) && said.contains(says), "{arguments:?}: {said}");
    }
}

#[test]
fn a_brake_in_a_table_is_pulled_from_another_machine_and_survives_a_kill_and_a_restart() {
    let place = Place::in_table();
    let mut running = place.start();
    // Another machine has the settings and reaches the table, and has no socket.
    let elsewhere = tempfile::tempdir().expect("a directory");
    let settings = SETTINGS.to_owned() + TABLE;
    fs::write(elsewhere.path().join("palisade.yaml"), settings).expect("written");
    let brake = |code: i32, arguments: &[&str]| {
        let mut command = place.aws.palisade(elsewhere.path());
        let output = command.arg("brake").args(arguments).output().expect("it runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        let (out, error) = (text(output.stdout), text(output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{error}");
        out
    };
    let said = brake(0, &["on", "--reason", "INC-9"]);
    assert!(said.contains("everything: the brake is on since") && said.contains("INC-9"), "{said}");
    running.until("DynamoDB table palisade in eu-west-1: the brake is on since");
    assert!(!elsewhere.path().join("palisade.brake").exists());
    let status = place.json(0, &["brake", "status"]);
    assert_eq!(status["stopped"]["means"], "remote", "{status}");
    running.child.kill().expect("killed");
    running.child.wait().expect("ended");

    let running = place.start();
    assert_eq!(place.json(0, &["brake", "status"])["stopped"]["reason"], "INC-9");
    let status: Value = serde_json::from_str(&brake(0, &["status", "-o", "json"])).expect("JSON");
    assert_eq!(status["stopped"]["reason"], "INC-9", "{status}");
    assert_eq!(status["table"], "DynamoDB table palisade in eu-west-1");
    // It stops every other process that writes, too.
    fs::create_dir(elsewhere.path().join("state")).expect("made");
    let more = MANIFEST.replace("name: apps", "name: more");
    fs::write(elsewhere.path().join("state/more.yaml"), more).expect("written");
    // A plan shows it, on both machines.
    for dir in [place.path(), elsewhere.path()] {
        let plan = place.aws.palisade(dir).args(["plan", "state"]).output().expect("it runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        let (said, error) = (text(plan.stdout), text(plan.stderr));
        assert!(plan.status.success() && said.contains("INC-9"), "{said}\n{error}");
    }
    let apply = || {
        let mut command = place.aws.palisade(elsewhere.path());
        command.args(["apply", "--yes", "state"]).output().expect("it runs")
    };
    let stopped = apply();
    let said = String::from_utf8(stopped.stdout).expect("UTF-8");
    assert!(stopped.status.code() == Some(3) && said.contains("INC-9"), "{said}");
    assert!(brake(0, &["off"]).contains("released"));
    assert_eq!(apply().status.code(), Some(0));
    running.until("the brake is off");
    assert!(brake(0, &["status"]).contains("nothing is paused (DynamoDB table palisade"));
    assert_eq!(place.json(0, &["brake", "status"])["stopped"], Value::Null);
    drop(running);
    // A table that is not there: nobody would know of the brake.
    let missing = SETTINGS.to_owned() + &TABLE.replace("table: palisade", "table: missing");
    fs::write(elsewhere.path().join("palisade.yaml"), missing).expect("written");
    brake(1, &["on", "--reason", "INC-9"]);
    assert!(brake(0, &["status"]).contains("it may have been on"));
}

#[test]
fn a_plan_shows_the_brake_of_the_running_process_and_of_none_that_has_ended() {
    let place = Place::new();
    let running = place.start();
    let plan = || {
        let mut command = place.aws.palisade(place.path());
        let output = command.args(["plan", "state"]).output().expect("it runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    place.done(0, &["brake", "on", "--address", GROUP, "--reason", "INC-8"]);
    assert!(plan().contains("INC-8"), "{}", plan());
    drop(running);
    assert!(!plan().contains("INC-8"), "{}", plan());
}

#[test]
fn an_aws_identity_reads_from_another_machine_and_nobody_else_does() {
    let readers = "server: {readers: {audience: palisade.example, \
                   arns: ['arn:aws:iam::111122223333:user/simulator']}}\n";
    let place = Place::remembering(&format!("memory: {{dir: memory}}\n{readers}"));
    let running = place.start();
    place.settle();
    let elsewhere = tempfile::tempdir().expect("a directory");
    let Place { aws, dir: _here } = place;
    let read = |verb: &[&str], environment: &[(&str, &str)]| {
        let mut command = aws.palisade(elsewhere.path());
        command.env("PALISADE_URL", &running.url).env("PALISADE_AUDIENCE", "palisade.example");
        let output = command.envs(environment.iter().copied()).args(verb).output().expect("runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code().expect("a code"), text(output.stdout), text(output.stderr))
    };
    for (verb, shown) in [
        (&["status"][..], "1 in sync"),
        (&["get", "-o", "wide"], "sg-"),
        (&["diff", GROUP], ""),
        (&["history", GROUP], "changed"),
    ] {
        let (code, out, error) = read(verb, &[]);
        assert!(code == 0 && out.contains(shown), "{verb:?}: {out}\n{error}");
    }
    for (verb, environment, why) in [
        (&["status"][..], ("AWS_ACCESS_KEY_ID", "444455556666"), "user/simulator may not read"),
        (&["status"], ("PALISADE_AUDIENCE", "other.example"), "signed for another audience"),
        (&["status"], ("AWS_REGION", "us-west-2"), "signed for another host"),
        (&["reconcile"], ("A", "B"), "nothing is done over the network"),
    ] {
        let (code, out, error) = read(verb, &[environment]);
        assert!(code == 1 && error.contains(why), "{verb:?}: {out}\n{error}");
    }
    // Whoever proves nothing is not let in, also on this machine: a proxy may speak for others.
    let get = |path: &str| {
        let address = running.url.strip_prefix("http://").expect("an address");
        let mut stream = std::net::TcpStream::connect(address).expect("it listens");
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    };
    let answer = get("/status.json");
    assert!(answer.starts_with("HTTP/1.0 401"), "{answer}");
    assert!(answer.contains("www-authenticate: AwsIdentity\r\n"), "{answer}");
    assert!(get("/livez").starts_with("HTTP/1.0 200"));
    let (url, audience) = (running.url.clone(), "palisade.example");
    let mut command = aws.palisade(elsewhere.path());
    drop(aws);
    command.args(["status", "--url", &url, "--audience", audience]);
    let output = command.output().expect("it runs");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(output.status.code() == Some(1) && said.contains("STS did not say"), "{said}");
}
