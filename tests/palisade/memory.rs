//! What outlives a process that has a memory, and what is done less without one.

use std::{fs, path::Path};

use futures::{FutureExt as _, future::BoxFuture};
use palisade::{
    engine::{Engine, Happened},
    memory::{Directory, Home, Memory, MemoryError, Part},
    model::HeldRisk,
    plan::Cause,
};
use serde_json::json;
use tempfile::TempDir;

use crate::world::{World, held, in_a_day, list, steps, until_quiet, waiting};

/// More than the ten edits that the gate lets go at once.
const GROUPS: usize = 12;
pub const FIRST: &str = "ml-prod/SecurityGroup/g0";

fn group(name: &str, ingress: &str) -> String {
    format!(
        "---\napiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {{name: {name}}}\nspec:\n  \
         description: Apps\n  vpc: {{lookup: {{tags: {{Name: ml}}}}}}\n  ingress: [{ingress}]\n  egress: []\n"
    )
}

fn all_groups() -> String {
    (0..GROUPS).map(|number| group(&format!("g{number}"), "")).collect()
}

/// A process with the memory in this directory.
async fn remembering(world: &World, dir: &TempDir) -> Engine {
    let home = Directory::open(&dir.path().join("memory")).expect("nobody else uses it");
    remembering_in(world, Memory::new(home, &world.settings.owner)).await
}

async fn remembering_in(world: &World, memory: Memory) -> Engine {
    let mut engine = world.engine().await;
    engine.recall(memory).await;
    engine
}

/// Opens every group for everybody.
fn open(world: &World) {
    for number in 0..GROUPS {
        let id = world.group(&format!("g{number}"));
        let all = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
        world.ec2("AuthorizeSecurityGroupIngress", &json!({"GroupId": id, "IpPermissions": all}));
    }
    world.writes();
}

fn opened(world: &World) -> usize {
    let groups = (0..GROUPS).map(|number| world.groups(&format!("g{number}")));
    groups.flatten().filter(|group| !list(group, "ipPermissions").is_empty()).count()
}

/// Twelve groups in order, one life of a process with a memory, and then twelve holes.
async fn opened_while_dead() -> (World, TempDir) {
    let (world, dir) = (World::with(&all_groups()), tempfile::tempdir().expect("a directory"));
    until_quiet(&mut remembering(&world, &dir).await).await.in_order();
    open(&world);
    assert_eq!(opened(&world), GROUPS);
    (world, dir)
}

#[tokio::test(start_paused = true)]
async fn holes_opened_while_the_process_was_dead_are_closed_after_the_start_with_memory() {
    let (world, dir) = opened_while_dead().await;
    let mut engine = remembering(&world, &dir).await;
    let quiet = until_quiet(&mut engine).await;
    let first = &quiet.reports[0];
    assert!(steps(first, FIRST).iter().all(|step| step.cause == Cause::Drift));
    assert_eq!(first.new_drifts().count(), GROUPS);
    quiet.in_order();
    assert_eq!(opened(&world), 0);
}

#[tokio::test(start_paused = true)]
async fn without_the_memory_they_wait_for_a_person_because_their_origin_is_unknown() {
    let (world, _dir) = opened_while_dead().await;
    let quiet = until_quiet(&mut world.engine().await).await;
    let (step, why) = held(quiet.last(), FIRST);
    assert_eq!(step.cause, Cause::Unknown);
    assert!(why.contains("12"), "{why}");
    assert_eq!(opened(&world), GROUPS);
}

#[tokio::test(start_paused = true)]
async fn a_memory_that_is_torn_newer_or_of_another_owner_is_as_good_as_none() {
    let newer = "{\"schemaVersion\":2}\n{}";
    let damages: [&dyn Fn(&Path); 4] = [
        &|file| {
            let text = fs::read(file).expect("kept");
            fs::write(file, &text[..text.len() / 2]).expect("written");
        },
        &|file| fs::write(file, newer).expect("written"),
        &|file| fs::write(file, b"\xff\x00garbage").expect("written"),
        &|file| {
            let text = fs::read_to_string(file).expect("kept");
            fs::write(file, text.replace("\"owner\":\"", "\"owner\":\"x")).expect("written");
        },
    ];
    for damage in damages {
        let (world, dir) = opened_while_dead().await;
        damage(&dir.path().join("memory/wants.json"));
        let quiet = until_quiet(&mut remembering(&world, &dir).await).await;
        assert_eq!(held(quiet.last(), FIRST).0.cause, Cause::Unknown);
        assert_eq!(opened(&world), GROUPS);
    }
}

#[tokio::test(start_paused = true)]
async fn a_changed_manifest_is_no_known_want_whatever_is_remembered() {
    let (world, dir) = opened_while_dead().await;
    world.edit(
        "main.yaml",
        "ingress: []",
        "ingress: [{protocol: tcp, ports: 443, from: [10.20.0.0/16]}]",
    );
    let quiet = until_quiet(&mut remembering(&world, &dir).await).await;
    assert_ne!(held(quiet.last(), FIRST).0.cause, Cause::Drift);
}

#[tokio::test(start_paused = true)]
async fn one_bad_file_at_start_keeps_in_force_what_was_accepted_before() {
    let (world, dir) = opened_while_dead().await;
    world.write("bad.yaml", "kind: [");
    let mut engine = remembering(&world, &dir).await;
    let quiet = until_quiet(&mut engine).await;
    assert!(!quiet.last().problems.is_empty());
    assert_eq!(quiet.last().manifests.len(), GROUPS);
    assert_eq!(opened(&world), 0);
    drop(engine);

    // Without a memory nothing is known to be wanted.
    open(&world);
    let quiet = until_quiet(&mut world.engine().await).await;
    assert_eq!((quiet.last().manifests.len(), opened(&world)), (0, GROUPS));

    // A snapshot that settings would read differently is nothing that anybody accepted.
    let mut other = world;
    other.settings.vars.insert("team".into(), "other".into());
    let quiet = until_quiet(&mut remembering(&other, &dir).await).await;
    assert_eq!((quiet.last().manifests.len(), opened(&other)), (0, GROUPS));
}

#[tokio::test(start_paused = true)]
async fn an_empty_directory_at_start_is_no_decision_either() {
    let (world, dir) = opened_while_dead().await;
    world.remove("main.yaml");
    let mut engine = remembering(&world, &dir).await;
    let quiet = until_quiet(&mut engine).await;
    assert!(quiet.last().problems[0].help.contains("snapshot.json"), "{:?}", quiet.last().problems);
    assert_eq!(opened(&world), 0);
    assert!(quiet.last().plan.orphans.is_empty());
}

#[tokio::test(start_paused = true)]
async fn no_policy_text_is_in_what_is_known_of_wants() {
    let (world, dir) = (World::baseline(), tempfile::tempdir().expect("a directory"));
    until_quiet(&mut remembering(&world, &dir).await).await.in_order();
    // The history has the lines of changes, as the page has them; what is in force has no text.
    let policy = ["Statement", "Principal", "kms:Decrypt", "sts:AssumeRole"];
    let texts = ["kms:", "sts:", "10.20.", "arn:aws:iam"];
    for (part, told) in [("wants", &texts), ("approvals", &texts), ("history", &policy)] {
        let file = dir.path().join(format!("memory/{part}.json"));
        let text = fs::read_to_string(file).unwrap_or_default();
        for told in told {
            assert!(!text.contains(told), "{part} holds {told}");
        }
        assert!(part == "approvals" || text.contains("ml-prod/"), "{text}");
    }
}

/// A group that is to be opened, which is held, and the consent to it.
pub async fn approved() -> (World, String) {
    let mut world = World::with(&group("g0", ""));
    until_quiet(&mut world.engine().await).await.in_order();
    world.settings.gate.hold_risks = [HeldRisk::Loosens].into();
    world.write("main.yaml", group("g0", "{protocol: tcp, ports: 443, from: [10.20.0.0/16]}"));
    let quiet = until_quiet(&mut world.engine().await).await;
    let digest = held(quiet.last(), FIRST).0.digest.clone();
    let consent = format!(
        "apiVersion: palisade.dev/v1alpha1\nkind: Approval\nmetadata: {{name: a}}\nspec: {{digest: \"{digest}\", \
         expires: \"{}\"}}\n",
        in_a_day()
    );
    world.write("approval.yaml", consent);
    world.writes();
    (world, digest)
}

/// Somebody takes back what was approved.
pub fn take_back(world: &World) {
    let id = world.group("g0");
    let rule = world.rule(&id, false, 443);
    let revoked = json!({"GroupId": id, "SecurityGroupRuleId": [rule]});
    world.ec2("RevokeSecurityGroupIngress", &revoked);
    world.writes();
}

#[tokio::test(start_paused = true)]
async fn an_approval_that_was_used_is_not_used_again_after_a_restart() {
    let ((world, digest), dir) = (approved().await, tempfile::tempdir().expect("a directory"));
    until_quiet(&mut remembering(&world, &dir).await).await;
    assert_eq!(world.writes(), ["AuthorizeSecurityGroupIngress"]);
    take_back(&world);
    let quiet = until_quiet(&mut remembering(&world, &dir).await).await;
    assert_eq!(held(quiet.last(), FIRST).0.digest, digest);
    assert_eq!(world.writes(), [""; 0]);
    // That is the difference: another process does not know.
    until_quiet(&mut world.engine().await).await;
    assert_eq!(world.writes(), ["AuthorizeSecurityGroupIngress"]);
}

#[tokio::test(start_paused = true)]
async fn if_it_is_lost_which_approvals_were_used_those_at_the_start_count_as_used() {
    let ((world, _), dir) = (approved().await, tempfile::tempdir().expect("a directory"));
    until_quiet(&mut remembering(&world, &dir).await).await;
    take_back(&world);
    fs::write(dir.path().join("memory/approvals.json"), "{").expect("written");
    until_quiet(&mut remembering(&world, &dir).await).await;
    assert_eq!(world.writes(), [""; 0]);
    // From then on it is known again: a newer consent counts.
    let text = fs::read_to_string(world.dir().join("approval.yaml")).expect("read");
    let hour = text.find('T').expect("a time") + 1;
    let other = if &text[hour..hour + 2] == "05" { "06" } else { "05" };
    world.write("approval.yaml", format!("{}{other}{}", &text[..hour], &text[hour + 2..]));
    until_quiet(&mut remembering(&world, &dir).await).await;
    assert_eq!(world.writes(), ["AuthorizeSecurityGroupIngress"]);
}

/// A home that cannot record approvals.
#[derive(Debug)]
struct Full;

impl Home for Full {
    fn place(&self) -> String {
        "a full disk".to_owned()
    }

    fn read(&self, _part: Part) -> BoxFuture<'_, Result<Option<Vec<u8>>, MemoryError>> {
        async { Ok(None) }.boxed()
    }

    fn write<'a>(&'a self, _part: Part, _text: &'a [u8]) -> BoxFuture<'a, Result<(), MemoryError>> {
        async { Err(MemoryError::Home(std::io::ErrorKind::StorageFull.into())) }.boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn an_approval_whose_use_cannot_be_recorded_releases_nothing() {
    let (world, _) = approved().await;
    let memory = Memory::new(Full, &world.settings.owner);
    let mut engine = remembering_in(&world, memory.clone()).await;
    let report = engine.pass().await;
    assert!(waiting(&report, FIRST).contains("the memory cannot record"));
    assert_eq!(world.writes(), [""; 0]);
    assert!(memory.troubles().contains_key(&Part::Approvals));
}

#[tokio::test(start_paused = true)]
async fn the_history_and_the_numbers_of_drifts_go_on_after_a_restart() {
    let (world, dir) = opened_while_dead().await;
    let mut engine = remembering(&world, &dir).await;
    until_quiet(&mut engine).await.in_order();
    drop(engine);
    open(&world);
    let mut engine = remembering(&world, &dir).await;
    let quiet = until_quiet(&mut engine).await;
    let numbers: Vec<_> = quiet.reports[0].drifts.iter().map(|drift| drift.number).collect();
    assert!(numbers.iter().all(|number| *number > GROUPS as u64), "{numbers:?}");
    let count = |what| engine.history().events().filter(|event| event.what == what).count();
    assert_eq!(count(Happened::Started), 3);
    assert_eq!((count(Happened::Drift), count(Happened::DriftEnded)), (2 * GROUPS, 2 * GROUPS));
    let address = |event: &&palisade::engine::Event| {
        event.address.as_ref().is_some_and(|it| it.to_string() == FIRST)
    };
    let of_first: Vec<_> = engine.history().events().filter(address).map(|it| it.what).collect();
    assert!(of_first.contains(&Happened::Changed), "{of_first:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_done_is_the_same_with_an_empty_memory_and_without_one() {
    let with = World::with(&all_groups());
    let dir = tempfile::tempdir().expect("a directory");
    until_quiet(&mut remembering(&with, &dir).await).await.in_order();
    let without = World::with(&all_groups());
    until_quiet(&mut without.engine().await).await.in_order();
    assert_eq!(with.writes(), without.writes());
}
