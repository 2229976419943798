//! Lifecycle configurations: scripts of notebook instances, and of apps in Studio.

use palisade::plan::{Cause, HoldReason, Verdict};
use serde_json::{Value, json};

use crate::world::{World, conflict, list, steps, until_quiet, waiting};

const SETUP: &str = "ml-prod/NotebookLifecycleConfig/setup";

fn manifest(kind: &str, name: &str, lifecycle: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: palisade.dev/v1alpha1\nkind: {kind}\n\
         metadata: {{name: {name}, scope: ml-prod}}\nlifecycle: {{{lifecycle}}}\nspec: {{{spec}}}\n"
    )
}

fn setup(lifecycle: &str, spec: &str) -> String {
    manifest("NotebookLifecycleConfig", "setup", lifecycle, spec)
}

/// A script as the API has it.
fn base64(script: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for bytes in script.as_bytes().chunks(3) {
        let all = bytes.iter().fold(0_u32, |all, byte| (all << 8) | u32::from(*byte));
        let all = all << (8 * (3 - bytes.len()));
        for place in 0..4 {
            let digit = DIGITS[(all >> (18 - 6 * place)) as usize & 63];
            text.push(if place > bytes.len() { '=' } else { char::from(digit) });
        }
    }
    text
}

fn live(world: &World) -> Value {
    let named = json!({"NotebookInstanceLifecycleConfigName": "setup"});
    world.sagemaker("DescribeNotebookInstanceLifecycleConfig", &named)
}

fn script(world: &World, hook: &str) -> Option<String> {
    list(&live(world), hook).first().map(|hook| hook["Content"].as_str().expect("text").to_owned())
}

const BOTH: &str = "onCreate: \"echo new\", onStart: \"echo start\"";

#[tokio::test(start_paused = true)]
async fn scripts_are_written_in_one_call_and_put_back_when_somebody_changes_them() {
    let world = World::with(&setup("", BOTH));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateNotebookInstanceLifecycleConfig"]);
    assert_eq!(script(&world, "OnStart"), Some(base64("echo start")));
    for (create, start) in [
        (json!([{"Content": base64("curl evil")}]), json!([{"Content": base64("echo start")}])),
        (json!([{"Content": base64("echo new")}]), json!([])),
        (json!([]), json!([{"Content": base64("rm -rf /")}])),
    ] {
        let change = json!({
            "NotebookInstanceLifecycleConfigName": "setup", "OnCreate": create, "OnStart": start
        });
        world.sagemaker("UpdateNotebookInstanceLifecycleConfig", &change);
        let report = engine.pass().await;
        assert_eq!(world.writes(), ["UpdateNotebookInstanceLifecycleConfig"]);
        assert!(steps(&report, SETUP).iter().all(|step| step.cause == Cause::Drift));
        until_quiet(&mut engine).await.in_order();
        assert_eq!(world.writes(), [""; 0]);
        assert_eq!(script(&world, "OnCreate"), Some(base64("echo new")));
        assert_eq!(script(&world, "OnStart"), Some(base64("echo start")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_script_that_is_not_managed_stays_whatever_else_is_written() {
    let world = World::with(&setup("", BOTH));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let binary = "//79/A==";
    let change = json!({
        "NotebookInstanceLifecycleConfigName": "setup", "OnCreate": [{"Content": binary}],
    });
    world.sagemaker("UpdateNotebookInstanceLifecycleConfig", &change);
    world.write("main.yaml", setup("", "onStart: null"));
    world.writes();
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["UpdateNotebookInstanceLifecycleConfig"]);
    assert_eq!(script(&world, "OnCreate").as_deref(), Some(binary));
    assert_eq!(script(&world, "OnStart"), None);
}

#[tokio::test(start_paused = true)]
async fn one_that_somebody_else_has_is_a_conflict_until_a_manifest_adopts_it() {
    let world = World::with(&setup("", BOTH));
    let theirs = json!({"NotebookInstanceLifecycleConfigName": "Setup"});
    world.sagemaker("CreateNotebookInstanceLifecycleConfig", &theirs);
    world.writes();
    let mut engine = world.engine().await;
    let report = engine.pass().await;
    assert!(!conflict(&report, SETUP).is_empty());
    assert_eq!(world.writes(), [""; 0]);
    world.write("main.yaml", setup("adopt: Setup", &format!("configName: Setup, {BOTH}")));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["AddTags", "UpdateNotebookInstanceLifecycleConfig"]);
}

#[tokio::test(start_paused = true)]
async fn it_is_deleted_by_a_tombstone_only() {
    let mut world = World::with(&setup("deletion: delete", BOTH));
    world.settings.prune = palisade::settings::Prune::Automatic;
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    world.write("main.yaml", manifest("NotebookLifecycleConfig", "other", "", BOTH));
    until_quiet(&mut engine).await;
    assert_eq!(world.writes(), ["CreateNotebookInstanceLifecycleConfig"]);
    world.write("main.yaml", setup("state: absent", BOTH));
    until_quiet(&mut engine).await;
    assert_eq!(world.writes(), ["DeleteNotebookInstanceLifecycleConfig"]);
}

const IDLE: &str = "ml-prod/StudioLifecycleConfig/idle";

fn idle(name: &str, lifecycle: &str, content: &str) -> String {
    let spec = format!("appType: JupyterLab, content: \"{content}\"");
    manifest("StudioLifecycleConfig", name, lifecycle, &spec)
}

fn domain(scripts: &str) -> String {
    let group = manifest(
        "SecurityGroup",
        "apps",
        "",
        "vpc: {lookup: {tags: {Name: ml}}}, ingress: [], egress: []",
    );
    let spec = format!(
        "authMode: IAM, vpc: {{lookup: {{tags: {{Name: ml}}}}}}, \
         subnets: {{lookup: {{tags: {{tier: private}}}}}}, defaultUserSettings: {{\
         securityGroups: [{{ref: apps}}], jupyterLabAppSettings: {{\
         lifecycleConfigArns: [{scripts}]}}}}"
    );
    format!("{group}{}", manifest("SageMakerDomain", "studio", "", &spec))
}

#[tokio::test(start_paused = true)]
async fn a_domain_refers_to_a_script_which_is_made_first_and_gives_way_to_the_next_one() {
    let mut world =
        World::with(&format!("{}{}", idle("idle", "", "echo 1"), domain("{ref: idle}")));
    world.settings.gate.hold_risks.clear();
    world.settings.prune = palisade::settings::Prune::Automatic;
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let writes = world.writes();
    let at = |call: &str| writes.iter().position(|write| write == call).expect("it is made");
    assert!(at("CreateStudioLifecycleConfig") < at("CreateDomain"), "{writes:?}");
    // Another content is another configuration; the old one goes once no domain refers to it.
    world.write(
        "main.yaml",
        format!(
            "{}{}{}",
            idle("idle", "state: absent", "echo 1"),
            idle("idle-2", "", "echo 2"),
            domain("{ref: idle-2}")
        ),
    );
    until_quiet(&mut engine).await.in_order();
    let writes = world.writes();
    let at = |call: &str| writes.iter().position(|write| write == call).expect("it is made");
    assert!(at("CreateStudioLifecycleConfig") < at("UpdateDomain"), "{writes:?}");
    assert!(at("UpdateDomain") < at("DeleteStudioLifecycleConfig"), "{writes:?}");
    let deletions = writes.iter().filter(|it| *it == "DeleteStudioLifecycleConfig").count();
    assert_eq!(deletions, 1, "it is not tried while the domain names it");
    let left =
        list(&world.sagemaker("ListStudioLifecycleConfigs", &json!({})), "StudioLifecycleConfigs");
    let names: Vec<_> = left.iter().map(|it| it["StudioLifecycleConfigName"].clone()).collect();
    assert_eq!(names, ["idle-2"], "{writes:?}");
}

#[tokio::test(start_paused = true)]
async fn another_content_is_held_and_nothing_is_deleted_to_be_made_again() {
    let world = World::with(&idle("idle", "", "echo 1"));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateStudioLifecycleConfig"]);
    world.write("main.yaml", idle("idle", "", "echo 2"));
    let report = until_quiet(&mut engine).await.reports.pop().expect("a pass");
    let held = &steps(&report, IDLE)[0].verdict;
    assert_eq!(*held, Verdict::Held(vec![HoldReason::Impossible]));
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_domain_waits_for_a_script_that_is_not_declared() {
    let world = World::with(&domain("{ref: nowhere}"));
    let mut engine = world.engine().await;
    let report = engine.pass().await;
    assert!(
        !report.problems.is_empty()
            || !waiting(&report, "ml-prod/SageMakerDomain/studio").is_empty()
    );
    assert!(!world.writes().contains(&"CreateDomain".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_quiet_pass_lists_once_and_describes_only_what_is_ours() {
    let world = World::with(&format!("{}{}", setup("", BOTH), idle("idle", "", "echo 1")));
    for name in ["theirs", "others"] {
        let theirs = json!({"NotebookInstanceLifecycleConfigName": name});
        world.sagemaker("CreateNotebookInstanceLifecycleConfig", &theirs);
    }
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.calls();
    engine.pass().await;
    let reads = world.reads();
    let of = |call: &str| reads.get(&format!("sagemaker:{call}")).copied().unwrap_or_default();
    assert_eq!(of("ListNotebookInstanceLifecycleConfigs"), 1);
    assert_eq!(of("DescribeNotebookInstanceLifecycleConfig"), 1);
    assert_eq!(of("ListStudioLifecycleConfigs"), 1);
    assert_eq!(of("DescribeStudioLifecycleConfig"), 1);
    assert_eq!(of("ListTags"), 4);
}

#[tokio::test(start_paused = true)]
async fn what_has_one_name_in_two_kinds_is_adopted_in_both_and_once_in_each() {
    let notebook = |name: &str| {
        let lifecycle = "adopt: setup";
        manifest("NotebookLifecycleConfig", name, lifecycle, &format!("configName: {name}, {BOTH}"))
    };
    let studio = idle("setup", "adopt: setup", "echo start");
    let world = World::with(&(notebook("setup") + &studio));
    let report = world.reader().await.pass().await;
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    world.write("main.yaml", notebook("setup") + &notebook("other") + &studio);
    let report = world.reader().await.pass().await;
    let why: Vec<_> = report.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert!(!why.is_empty());
    assert!(why.iter().all(|why| why.contains("setup is also adopted by")), "{why:?}");
}
