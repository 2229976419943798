//! What hurt others who built on Cloud Control, by its number in `src/kinds/cloud_control/pains.rs`: that table names a test for
//! each, here or elsewhere, or says why it cannot arise.

use std::{collections::BTreeSet, fs, path::Path};

use palisade::simulator::Paging;

use super::*;

const TABLE: &str = include_str!("../../../src/kinds/cloud_control/pains.rs");
const PAINS: usize = 48;

/// The lines of the table: the numbers, and the rest.
fn table() -> Vec<(Vec<usize>, String)> {
    let lines = TABLE.lines().filter_map(|line| line.strip_prefix("//! "));
    let mut rows: Vec<(Vec<usize>, String)> = Vec::new();
    for line in lines {
        match line.strip_prefix("* ").and_then(|row| row.split_once(": ")) {
            Some((numbers, rest)) => {
                let numbers = numbers.split(", ").map(|it| it.parse().expect("a number"));
                rows.push((numbers.collect(), rest.to_owned()));
            }
            None => {
                if let (Some((_, text)), Some(more)) = (rows.last_mut(), line.strip_prefix("  ")) {
                    text.push(' ');
                    text.push_str(more);
                }
            }
        }
    }
    rows
}

/// The names of all functions of the crate and of these tests.
fn functions(dir: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            functions(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).expect("a file");
            let names = text.split("fn ").skip(1);
            let is_word = |it: char| it.is_ascii_alphanumeric() || it == '_';
            found.extend(
                names.map(|it| it.chars().take_while(|it| is_word(*it)).collect::<String>()),
            );
        }
    }
}

#[test]
fn every_pain_has_a_test_that_exists_or_a_reason_why_it_cannot_arise() {
    let mut all = BTreeSet::new();
    for folder in ["src", "tests/palisade"] {
        functions(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut all);
    }
    let rows = table();
    let mut numbers: Vec<usize> = rows.iter().flat_map(|(numbers, _)| numbers.clone()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=PAINS).collect::<Vec<_>>(), "each once");
    for (numbers, text) in rows {
        let tests: Vec<&str> =
            text.split('`').skip(1).step_by(2).filter(|it| it.contains('_')).collect();
        let is_reason = text.contains("Cannot arise") || text.contains("The same limit");
        assert!(!tests.is_empty() || is_reason, "{numbers:?}: {text}");
        for test in tests {
            assert!(all.contains(test), "{numbers:?}: there is no {test}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn pain_16_what_aws_tagged_is_neither_sent_back_nor_removed() {
    let world = World::with(&bucket(BLOCKED));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.edit(
        "main.yaml",
        BLOCKED,
        &format!("{BLOCKED}, VersioningConfiguration: {{Status: Enabled}}"),
    );
    world.calls();
    until_quiet(&mut engine).await.in_order();
    let calls = world.calls();
    let update = calls.iter().find(|call| call.operation == "UpdateResource").expect("an update");
    let patch = update.input["PatchDocument"].as_str().expect("a patch");
    assert!(patch.contains("VersioningConfiguration"), "{patch}");
    assert!(!patch.contains("Tags") && !patch.contains("aws:"), "{patch}");
}

#[tokio::test(start_paused = true)]
async fn pain_33_a_resource_with_a_request_of_somebody_else_under_way_waits() {
    let world = World::with(&bucket(BLOCKED));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let open = json!([{"op": "add", "path": "/PublicAccessBlockConfiguration/BlockPublicPolicy", "value": false}]);
    change(&world, "AWS::S3::Bucket", "acme-artifacts", &open);
    world.writes();
    let report = engine.pass().await;
    assert_eq!(world.writes(), [""; 0], "one request at a time");
    assert_eq!(report.failures().count(), 0);
    in_the_end(&mut engine).await;
    let live = properties(&world, "AWS::S3::Bucket", "acme-artifacts");
    assert_eq!(live["PublicAccessBlockConfiguration"]["BlockPublicPolicy"], true);
}

fn tombstone() -> String {
    let spec = "{properties: {CidrBlock: 10.60.0.0/16}}";
    manifest("AWS::EC2::VPC", "ml", "state: absent", spec)
}

#[tokio::test(start_paused = true)]
async fn pain_34_what_is_deleted_and_reported_as_a_failure_is_deleted() {
    for code in ["InvalidRequest", "GeneralServiceException"] {
        let world = World::with(&network(CIDR));
        let mut engine = world.engine().await;
        until_quiet(&mut engine).await.in_order();
        lie(&world, "DeleteResource", Lie::FailsThough(code));
        world.write("main.yaml", tombstone());
        world.writes();
        let mut engine = world.engine().await;
        in_the_end(&mut engine).await;
        assert_eq!(world.writes(), ["DeleteResource"], "{code}");
        assert_eq!(networks(&world), [json!(null); 0]);
        until_quiet(&mut engine).await.in_order();
    }
}

#[tokio::test(start_paused = true)]
async fn pain_35_a_deletion_that_says_not_found_is_done_only_if_a_read_says_so() {
    let world = World::with(&network(CIDR));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    lie(&world, "DeleteResource", Lie::Fails("NotFound"));
    world.write("main.yaml", tombstone());
    let mut engine = world.engine().await;
    in_the_end(&mut engine).await;
    assert_eq!(
        networks(&world),
        [json!(null); 0],
        "it was still there, and was deleted in the end"
    );
}

#[tokio::test(start_paused = true)]
async fn pain_37_one_resource_that_cannot_be_read_is_unknown_and_the_others_are_not() {
    let two = format!(
        "{}{}",
        bucket(BLOCKED),
        manifest(
            "AWS::S3::Bucket",
            "logs",
            "",
            "{properties: {BucketName: acme-logs, VersioningConfiguration: {Status: Enabled}}}",
        )
    );
    let world = World::with(&two);
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let suspended =
        json!([{"op": "add", "path": "/VersioningConfiguration/Status", "value": "Suspended"}]);
    change(&world, "AWS::S3::Bucket", "acme-logs", &suspended);
    a_while(120).await;
    world.writes();
    let broken = Fault::new("GetResource", Effect::Lie(Lie::Omits("BucketName"))).nth(1);
    world.simulator.inject(broken);
    let report = engine.pass().await;
    assert!(!report.plan.unknown.is_empty());
    assert_eq!(world.writes(), ["UpdateResource"]);
}

#[tokio::test(start_paused = true)]
async fn pain_39_a_list_whose_tokens_repeat_proves_nothing_and_nothing_is_made() {
    let world = World::with(&network(CIDR));
    world.simulator.inject(Fault::new("ListResources", Effect::Paging(Paging::Looping)));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await;
    assert_eq!(world.writes(), [""; 0]);
    world.simulator.clear_faults();
    in_the_end(&mut engine).await;
    assert_eq!(networks(&world).len(), 1);
}
