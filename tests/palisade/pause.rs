//! What people hold still for a while, without Git.

use std::{fs, path::Path, sync::Arc};

use palisade::{
    aws::{Brake, CallOutcome, Guard, Meter},
    engine::{Engine, Options, Outcome, Report},
    model::{Extent, Pause},
    plan::{self, Verdict},
    settings::brake_file,
    simulator::example::SETTINGS,
};
use serde_json::{Value, json};

use crate::{
    cli::palisade,
    world::{World, steps, until_quiet},
};

const APPS: &str = "ml-prod/SecurityGroup/apps";
const WEB: &str = "ml-prod/SecurityGroup/web";

fn group(name: &str) -> String {
    format!(
        "---\napiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {{name: {name}}}\nspec:\n  \
         description: Apps\n  vpc: {{lookup: {{tags: {{Name: ml}}}}}}\n  \
         ingress: [{{protocol: tcp, ports: 443, from: [10.20.0.0/16]}}]\n  egress: []\n"
    )
}

/// Two groups, each of whose drift takes two calls, and a brake file beside them.
async fn drifted() -> World {
    let mut world = World::with(&(group("apps") + &group("web")));
    world.settings.levers.brake_file = world.dir().join(".palisade.brake");
    let levers = world.settings.levers.clone();
    world.brake = Brake::with_lever(move || levers.halt());
    until_quiet(&mut world.engine().await).await.in_order();
    for name in ["apps", "web"] {
        let id = world.group(name);
        let rule = world.rule(&id, false, 443);
        let all = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
        let revoked = json!({"GroupId": id, "SecurityGroupRuleId": [rule]});
        world.ec2("RevokeSecurityGroupIngress", &revoked);
        world.ec2("AuthorizeSecurityGroupEgress", &json!({"GroupId": id, "IpPermissions": all}));
    }
    world.writes();
    world
}

fn pause(extent: Extent, until: u64) -> Pause {
    Pause { extent, until, reason: "network incident".into(), by: "ann".into(), since: 1 }
}

fn address(text: &str) -> Extent {
    Extent::Address(text.parse().unwrap())
}

fn file(world: &World) -> &Path {
    &world.settings.levers.brake_file
}

fn begin(world: &World, extent: Extent) {
    brake_file::begin(file(world), &[pause(extent, u64::MAX)], 1).unwrap();
}

fn reported(report: &Report, address: &str) -> String {
    match &steps(report, address)[..] {
        [step] => match &step.verdict {
            Verdict::Reported(why) => why.to_string(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_paused_address_keeps_its_drift_and_the_others_are_corrected() {
    let world = drifted().await;
    begin(&world, address(APPS));
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    assert!(reported(quiet.last(), APPS).contains("paused by ann"));
    assert_eq!(steps(quiet.last(), WEB).len(), 0);
    assert_eq!(world.writes(), ["RevokeSecurityGroupEgress", "AuthorizeSecurityGroupIngress"]);
    let text = anstream::adapter::strip_str(&plan::render::text(&quiet.last().plan)).to_string();
    assert!(text.starts_with(&format!("! {APPS}  paused by ann until ")), "{text}");
    assert!(text.contains("network incident"), "{text}");

    // Once it is ended the rest goes, with the same process.
    brake_file::end(file(&world), &[address(APPS)], "bob", 2).unwrap();
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["RevokeSecurityGroupEgress", "AuthorizeSecurityGroupIngress"]);
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_is_over_holds_nothing_still() {
    let world = drifted().await;
    brake_file::begin(file(&world), &[pause(Extent::Everything, 2)], 1).unwrap();
    until_quiet(&mut world.engine().await).await.in_order();
    assert_eq!(world.writes().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_paused_scope_or_everything_is_left_alone_as_a_whole() {
    for extent in [Extent::Scope("ml-prod".into()), Extent::Everything] {
        let world = drifted().await;
        begin(&world, extent.clone());
        let quiet = until_quiet(&mut world.engine().await).await;
        for address in [APPS, WEB] {
            assert!(reported(quiet.last(), address).contains("network incident"), "{extent}");
        }
        assert_eq!(world.writes(), [""; 0], "{extent}");
    }
    let world = drifted().await;
    begin(&world, Extent::Scope("org".into()));
    until_quiet(&mut world.engine().await).await.in_order();
    assert_eq!(world.writes().len(), 4, "another scope");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_list_of_pauses_stops_everything_and_says_so() {
    for text in ["", "{", "{\"pauses\": [{}]}"] {
        let world = drifted().await;
        fs::write(file(&world), text).unwrap();
        let quiet = until_quiet(&mut world.engine().await).await;
        assert!(reported(quiet.last(), APPS).starts_with("the brake is on: "), "{text}");
        assert_eq!(world.writes(), [""; 0], "{text}");
        let shown = plan::render::text(&quiet.last().plan);
        assert!(shown.contains("nothing is written"), "{shown}");
    }
}

/// Begins a pause as soon as one mutating call was made.
#[derive(Debug)]
struct PauseAfterOne(std::path::PathBuf);

impl Meter for PauseAfterOne {
    fn attempt(&self, service: &str, operation: &str, _outcome: CallOutcome) {
        if palisade::operations::is_mutating(service, operation) {
            brake_file::begin(&self.0, &[pause(address(APPS), u64::MAX)], 1).unwrap();
        }
    }
}

async fn metered(world: &World) -> Engine {
    let meter = Arc::new(PauseAfterOne(file(world).to_owned()));
    let guard = Guard::writing(world.brake.clone()).metered(meter);
    world.engine_with(guard, Options { write: true, ..Options::default() }).await
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_begins_between_two_calls_stops_the_second() {
    let world = drifted().await;
    let report = metered(&world).await.pass().await;
    let of = |address: &str| {
        report.results.iter().find(|result| result.address.to_string() == address).unwrap()
    };
    let Outcome::Skipped { reason } = &of(APPS).outcome else { panic!("{:?}", of(APPS)) };
    assert!(reason.to_string().contains("network incident"), "{reason}");
    assert!(of(APPS).done.len() < 2, "{:?}", of(APPS));
    assert!(matches!(of(WEB).outcome, Outcome::Done { .. }));
}

fn run(dir: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = palisade().current_dir(dir).arg("brake").args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn workplace() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("palisade.yaml"), SETTINGS).unwrap();
    dir
}

fn status(dir: &Path) -> Value {
    let (code, out, _) = run(dir, &["status", "-o", "json"]);
    assert_eq!(code, 0);
    serde_json::from_str(&out).unwrap()
}

#[test]
fn a_pause_is_begun_shown_and_ended_from_the_command_line() {
    let dir = workplace();
    let dir = dir.path();
    assert!(run(dir, &["status"]).1.starts_with("nothing is paused"));
    let (code, out, log) = run(
        dir,
        &["on", "--scope", "ml-prod", "--address", APPS, "--for", "2h", "--reason", "incident 7"],
    );
    assert_eq!(code, 0, "{log}");
    assert!(out.starts_with("scope ml-prod: paused by "), "{out}");
    // The audit log says who and why.
    assert!(log.contains("palisade::audit") && log.contains("incident 7"), "{log}");
    let shown = status(dir);
    let pauses = shown["pauses"].as_array().unwrap();
    assert_eq!(pauses.len(), 2, "{shown}");
    assert_eq!(pauses[0]["extent"], json!({"scope": "ml-prod"}));
    assert_eq!(pauses[1]["extent"], json!({"address": APPS}));
    let length = pauses[0]["until"].as_u64().unwrap() - pauses[0]["since"].as_u64().unwrap();
    assert_eq!((length, pauses[0]["reason"].as_str()), (7200, Some("incident 7")));
    assert!(run(dir, &["status"]).1.contains("incident 7"));

    let (code, out, _) = run(dir, &["off", "--scope", "ml-prod"]);
    assert_eq!((code, out.as_str()), (0, "scope ml-prod: the pause has ended\n"));
    assert_eq!(status(dir)["pauses"].as_array().unwrap().len(), 1);
    let (code, _, said) = run(dir, &["off"]);
    assert_eq!(code, 1, "everything is not what is paused");
    assert!(said.contains(APPS) && said.contains("--all"), "{said}");
    assert_eq!(run(dir, &["off", "--all"]).0, 0);
    assert_eq!(status(dir)["pauses"], json!([]));
}

#[test]
fn without_a_target_everything_is_paused() {
    let dir = workplace();
    let (code, out, _) = run(dir.path(), &["on", "--for", "30m", "--reason", "incident"]);
    assert_eq!(code, 0);
    assert!(out.starts_with("everything: paused by "), "{out}");
    assert_eq!(status(dir.path())["pauses"][0]["extent"], "everything");
    assert_eq!(run(dir.path(), &["off"]).0, 0);
}

#[test]
fn an_empty_brake_file_is_never_turned_into_a_smaller_pause_and_is_removed_by_off() {
    let dir = workplace();
    let path = dir.path().join("palisade.brake");
    fs::write(&path, "").unwrap();
    assert_eq!(status(dir.path())["stopped"]["is"], "brakeFile");
    for arguments in
        [&["on", "--scope", "org", "--for", "1h", "--reason", "x"][..], &["off", "--scope", "org"]]
    {
        let (code, _, said) = run(dir.path(), arguments);
        assert_eq!(code, 1, "{arguments:?}");
        assert!(said.contains("all writing is stopped"), "{said}");
    }
    assert_eq!(run(dir.path(), &["off"]).0, 0);
    assert!(!path.exists());
}

#[test]
fn what_cannot_be_meant_is_refused_with_a_way_out() {
    let dir = workplace();
    for (arguments, code, says) in [
        (&["on", "--for", "2h"][..], 64, "--reason"),
        (&["on", "--for", "2", "--reason", "x"], 64, "a duration such as"),
        (&["on", "--for", "0s", "--reason", "x"], 1, "must be longer than 0"),
        (&["on", "--for", "169h", "--reason", "x"], 1, "lifecycle"),
        (&["on", "--for", "99999999999999999h", "--reason", "x"], 64, "too long"),
        (&["on", "--for", "2h", "--reason", " "], 1, "say why"),
        (&["on", "--for", "2h", "--reason", "a\nb"], 1, "one line"),
        (
            &["on", "--scope", "prod", "--for", "2h", "--reason", "x"],
            1,
            "no scope `prod`; they have",
        ),
        (
            &["on", "--address", "ml-prod/Group/x", "--for", "2h", "--reason", "x"],
            1,
            "unknown kind `Group`",
        ),
        (&["on", "--address", "ml-prod/x", "--for", "2h", "--reason", "x"], 64, "scope/Kind/name"),
        (&["off"], 1, "nothing is paused"),
    ] {
        let (ended, _, said) = run(dir.path(), arguments);
        assert_eq!(ended, code, "{arguments:?}: {said}");
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
    assert!(!dir.path().join("palisade.brake").exists());
}
