//! Every sort of bad input is refused, all of it at once, with its place, and stops nothing that was good before.

use std::{fs, os::unix::fs::symlink, path::Path};

use palisade::{
    engine::{Report, Scopes},
    kinds,
    manifest::Loader,
};
use serde_json::json;

use crate::world::{World, until_quiet};

const HEAD: &str =
    "apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {name: apps}\n";
const SPEC: &str = "spec:\n  vpc: vpc-0123456789abcdef0\n  ingress: []\n";

fn good() -> String {
    format!("{HEAD}{SPEC}")
}

/// Everything that is wrong with the directory, one problem after the other, without the place of the directory.
fn problems(world: &World) -> String {
    let registry = kinds::registry();
    let facts = Scopes::offline_facts(&world.settings);
    let loader = Loader { registry: &registry, settings: &world.settings, facts: &facts };
    let problems = loader.load(world.dir()).err().unwrap_or_default();
    let all: Vec<_> = problems.iter().map(ToString::to_string).collect();
    all.join("\n").replace(&world.dir().display().to_string(), "DIR")
}

/// The problems of one file.
fn problems_of(text: &str) -> String {
    problems(&World::with(text))
}

#[test]
fn the_manifest_that_the_others_vary_is_good() {
    assert_eq!(problems_of(&good()), "");
}

#[test]
fn a_directory_with_many_mistakes_gives_all_of_them_at_once() {
    let world = World::empty();
    world.write(
        "a-envelope.yaml",
        "apiVersion: palisade.dev/v2\nkind: SecurtyGroup\nmetadata: {name: Bad_Name, scope: ml-prd}\nspec: {}\n\
         ---\napiVersion: palisade.dev/v1alpha1\nkind: KmsKey\nmetadata: {name: studio, labels: {}}\nspec: {}\n\
         ---\napiVersion: palisade.dev/v1alpha1\nkind: KmsKey\nmetadata: {name: no-spec}\n\
         ---\njust text\n",
    );
    world.write(
        "b-types.yaml",
        format!(
            "{HEAD}lifecycle: {{paused: \"yes\", state: gone, delition: retain}}\n{SPEC}\
             ---\napiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {{name: types}}\n\
             spec:\n  vpc: vpc-0123456789abcdef0\n  ingres: []\n  description: 7\n  egress:\n  \
             - {{protocol: tcp, ports: 70000, to: [10.0.0.0/33]}}\n"
        ),
    );
    world.write(
        "c-references.yaml",
        "apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {name: endpoints}\n\
         spec:\n  vpc: vpc-0123456789abcdef0\n  ingress:\n  - {protocol: tcp, ports: 443, from: [{ref: endpoint}]}\n  \
         description: \"${var.TEAM} ${scope.acount}\"\n",
    );
    world.write(
        "d-twice.yaml",
        format!("{}---\n{}", good().replace("apps", "twice"), good().replace("apps", "twice")),
    );
    world.write(
        "e-key.yaml",
        format!("{HEAD}spec:\n  vpc: vpc-0123456789abcdef0\n  vpc: vpc-0123456789abcdef0\n"),
    );
    world.write("f-anchor.yaml", format!("{HEAD}spec: &anchor {{vpc: vpc-0123456789abcdef0}}\n"));
    world.write("g-alias.yaml", "a: &x [1]\nb: *x\n");
    world.write("h-syntax.yaml", "apiVersion: [palisade\nkind: x\n");
    insta::assert_snapshot!(problems(&world));
}

#[test]
fn files_that_cannot_be_manifests_are_refused_all_at_once() {
    let world = World::with(&good());
    world.write("binary.yaml", [0xff, 0xfe, 0x00]);
    world.write("large.yaml", "#".repeat(1024 * 1024 + 1));
    symlink("/etc/hostname", world.dir().join("outside.yaml")).expect("linked");
    symlink("nowhere", world.dir().join("dangling.yaml")).expect("linked");
    insta::assert_snapshot!(problems(&world));
}

#[test]
fn references_in_a_circle_are_named_in_order() {
    let key = |name: &str, other: &str| {
        format!(
            "---\napiVersion: palisade.dev/v1alpha1\nkind: KmsKey\nmetadata: {{name: {name}}}\nspec:\n  \
             aliases: [alias/{name}]\n  policy:\n    Version: \"2012-10-17\"\n    Statement:\n      \
             - {{Effect: Allow, Principal: {{AWS: \"arn:aws:iam::111122223333:root\"}}, Action: \"kms:*\", \
             Resource: \"${{KmsKey/{other}.arn}}\"}}\n"
        )
    };
    let found = problems_of(&format!("{}{}", key("one", "two"), key("two", "one")));
    assert!(
        found.contains("ml-prod/KmsKey/one -> ml-prod/KmsKey/two -> ml-prod/KmsKey/one"),
        "{found}"
    );
}

/// Each alone, with its place and what it says.
const CASES: &[(&str, &str, &str)] = &[
    ("an unknown field", "specs: {}", "main.yaml:4:1: specs: unknown field"),
    (
        "an unknown field of the spec",
        "spec:\n  vpc: vpc-0123456789abcdef0\n  tag: {}",
        "main.yaml:6:3: spec.tag: unknown field",
    ),
    ("a missing field", "spec:\n  ingress: []", "spec: missing field `vpc`"),
    ("a missing spec", "", "spec: missing"),
    ("a duplicate key", "spec: {}\nspec: {}", "duplicate key"),
    (
        "an anchor",
        "spec: &a {vpc: vpc-0123456789abcdef0}",
        "main.yaml:4:10: anchors, aliases and merge keys are not allowed",
    ),
    ("a merge key", "spec:\n  <<: {vpc: vpc-0123456789abcdef0}", "not allowed"),
    (
        "a variable without a value",
        "spec:\n  vpc: vpc-0123456789abcdef0\n  description: ${var.X}",
        "main.yaml:6:3: spec.description: `${var.X}` has no value",
    ),
    (
        "a fact that there is not",
        "spec:\n  vpc: vpc-0123456789abcdef0\n  description: ${scope.acount}",
        "`acount` does not exist",
    ),
    (
        "a type error",
        "spec:\n  vpc: vpc-0123456789abcdef0\n  groupName: 7",
        "main.yaml:6:3: spec.groupName: found a number, expected a text\n  help: put it in quotes",
    ),
    (
        "a dangling reference",
        "spec:\n  vpc: vpc-0123456789abcdef0\n  egress: [{protocol: tcp, ports: 443, to: [{ref: app}]}]",
        "no manifest declares ml-prod/SecurityGroup/app\n  help: did you mean `apps`?",
    ),
    (
        "a reference to a kind that there is not",
        "spec:\n  vpc: vpc-0123456789abcdef0\n  description: ${KmsKy/x}",
        "KmsKy",
    ),
    (
        "a port that there is not",
        "spec:\n  vpc: vpc-0123456789abcdef0\n  ingress: [{protocol: tcp, ports: 65536, from: [self]}]",
        "main.yaml:6:",
    ),
    (
        "an adoption of nothing",
        "lifecycle: {adopt: 7}\nspec: {vpc: vpc-0123456789abcdef0}",
        "main.yaml:4:13: lifecycle.adopt",
    ),
];

#[test]
fn each_mistake_is_named_with_file_line_and_column() {
    let mut wrong = Vec::new();
    for (what, rest, says) in CASES {
        let found = problems_of(&format!("{HEAD}{rest}\n"));
        if !found.contains(says) || !found.starts_with("DIR/main.yaml:") {
            wrong.push(format!("{what}: expected {says:?} in\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_problem_never_repeats_what_stands_in_the_file() {
    let secret = "hunter2";
    for text in [
        format!("{HEAD}lifecycle: {{paused: {secret}}}\n{SPEC}"),
        format!("{HEAD}spec: {secret}\n"),
        format!("{HEAD}spec:\n  vpc: {{lookup: {secret}}}\n"),
        format!("{HEAD}{SPEC}  tags: [{secret}]\n"),
        format!("password: {secret}\n"),
    ] {
        let found = problems_of(&text);
        assert!(!found.is_empty() && !found.contains(secret), "{found}");
    }
}

fn refused(report: &Report, says: &str) {
    let all: Vec<_> = report.problems.iter().map(ToString::to_string).collect();
    assert!(all.join("\n").contains(says), "{all:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_good_snapshot_nothing_is_read_as_wanted_and_nothing_is_written() {
    let world = World::baseline();
    world.write("bad.yaml", "kind: [");
    let quiet = until_quiet(&mut world.engine().await).await;
    refused(quiet.last(), "bad.yaml:");
    assert!(quiet.last().manifests.is_empty());
    assert!(!quiet.last().is_converged());
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn the_last_good_snapshot_stays_in_force_and_drift_is_still_corrected() {
    let (world, mut engine) = World::applied().await;
    // A bad document in the folder of a wanted change: the change is not made, not even in part.
    world.edit("ml-prod/security-groups.yaml", "ports: 8192-65535", "ports: 8192-9000");
    world.write("ml-prod/bad.yaml", good().replace("apps", "Apps"));
    let all = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
    let open = json!({"GroupId": world.group("studio-apps"), "IpPermissions": all});
    world.ec2("AuthorizeSecurityGroupIngress", &open);
    let report = engine.pass().await;
    refused(&report, "not a lower-case DNS label");
    assert_eq!(report.manifests.len(), 26);
    assert_eq!(world.writes(), ["RevokeSecurityGroupIngress"]);
    let _ = engine.pass().await;
    assert_eq!(world.writes(), [""; 0]);
    // Once it is good again, the change is made.
    world.remove("ml-prod/bad.yaml");
    until_quiet(&mut engine).await.in_order();
    assert!(world.writes().iter().all(|call| call == "ModifySecurityGroupRules"));
}

#[tokio::test(start_paused = true)]
async fn an_empty_directory_wants_nothing_and_a_missing_one_is_a_problem() {
    let world = World::empty();
    let report = world.engine().await.pass().await;
    assert!(report.problems.is_empty() && report.plan.steps.is_empty());

    let (world, mut engine) = World::applied().await;
    let moved = world.dir().with_extension("moved");
    fs::rename(world.dir(), &moved).expect("moved");
    let report = engine.pass().await;
    refused(&report, "cannot be read");
    assert_eq!(report.manifests.len(), 26);
    back(&moved, world.dir());
    assert!(engine.pass().await.is_converged());
    // Everything is gone from the tree: that is a problem, the last good state stays in force, and nothing
    // is deleted.
    for entry in fs::read_dir(world.dir()).expect("a directory") {
        fs::remove_dir_all(entry.expect("an entry").path()).expect("removed");
    }
    let report = engine.pass().await;
    assert_eq!((report.problems.len(), report.manifests.len()), (1, 26));
    assert!(report.plan.orphans.is_empty() && report.plan.steps.is_empty());
    assert_eq!(world.writes(), [""; 0]);
}

fn back(from: &Path, to: &Path) {
    fs::rename(from, to).expect("moved back");
}
