//! The memory in a DynamoDB table: what outlives the process, and what reaches it from elsewhere.

use std::time::Duration;

use palisade::{
    aws::{Brake, Connection, Guard, items},
    engine::Engine,
    memory::{Home as _, InTable, Kept, Lever, Memory, MemoryError, Part},
    model::{
        Extent, Means, Pause,
        policy_document::{Dialect, PolicyDocument},
    },
    operations::{Usage, policy::Policies},
    settings::{MemoryTable, OwnUse},
    simulator::{Fault, Simulator, example},
};
use serde_json::{Value, json};

use crate::{
    memory::{FIRST, approved, take_back},
    world::{World, held, until_quiet, waiting},
};

const PLACE: (&str, &str) = (example::ML_ACCOUNT, example::REGION);
const OWNER: &str = "palisade-demo";
/// Remote changes are in force within this time.
const SOON: Duration = Duration::from_secs(5);

/// Another process, or another machine, with the credentials of the account.
fn memory(aws: &Simulator) -> Memory {
    Memory::new(home(aws), OWNER)
}

fn home(aws: &Simulator) -> InTable {
    InTable::new(table(aws, Guard::keeping()), OWNER)
}

fn table(aws: &Simulator, guard: Guard) -> items::Table {
    let base = aws.sdk_config(example::ML_ACCOUNT, example::REGION);
    Connection::new(base, guard).of(OWNER).table(example::MEMORY_TABLE, example::REGION)
}

fn aws() -> Simulator {
    let aws = Simulator::default();
    example::build(&aws).expect("the accounts are built");
    aws.clear_calls();
    aws
}

async fn started(aws: &Simulator) -> Lever {
    Lever::recall(Brake::default(), Some(memory(aws))).await
}

/// What others ask comes into force for it until the test ends.
#[expect(clippy::disallowed_methods, reason = "the runtime of the test ends it")]
fn follow(lever: &Lever) {
    let following = lever.clone();
    tokio::spawn(async move { following.follow().await });
}

/// A running process: it follows what others ask until the test ends.
async fn running(aws: &Simulator) -> Lever {
    let lever = started(aws).await;
    follow(&lever);
    lever
}

fn pause(scope: &str) -> Pause {
    let extent = Extent::Scope(scope.into());
    Pause { extent, until: u64::MAX, reason: "INC-7".into(), by: "ann".into(), since: 1 }
}

fn why(lever: &Lever) -> String {
    lever.brake().why().unwrap_or_default()
}

fn items(aws: &Simulator) -> Vec<Value> {
    aws.with(|world| world.dynamodb.items(PLACE, example::MEMORY_TABLE))
}

fn damage(aws: &Simulator, part: &str, text: &str) {
    let key = format!("memory/{OWNER}/{part}");
    let item = json!({"key": {"S": key}, "item": {"S": "head"}, "text": {"S": text}});
    let input = json!({"TableName": example::MEMORY_TABLE, "Item": item});
    aws.act(PLACE.0, PLACE.1, "dynamodb", "PutItem", &input).expect("written");
}

#[tokio::test(start_paused = true)]
async fn the_brake_survives_a_kill_and_a_restart() {
    let aws = aws();
    let lever = started(&aws).await;
    assert_eq!(lever.engage(Means::Signal, "SIGUSR1", "no reason").await, Kept::Yes);
    assert_eq!(lever.begin(&[pause("a")]).await, Kept::Yes);
    drop(lever);
    let lever = started(&aws).await;
    assert!(why(&lever).contains("engaged by SIGUSR1"), "{}", why(&lever));
    assert_eq!(lever.release().await.1, Kept::Yes);
    drop(lever);
    let lever = started(&aws).await;
    assert_eq!(lever.brake().why(), None);
    assert_eq!(lever.brake().halt().pauses, [pause("a")]);
    // Every read is of what is there now.
    let calls = aws.calls();
    let mut reads = calls.iter().filter(|call| call.operation == "GetItem");
    assert!(reads.all(|call| call.input["ConsistentRead"] == true));
}

#[tokio::test(start_paused = true)]
async fn a_brake_that_another_machine_pulls_is_on_within_five_seconds_and_off_again() {
    let aws = aws();
    let lever = running(&aws).await;
    // At different moments between two looks.
    for wait in [100, 900, 1_999, 2_000, 2_600] {
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let elsewhere = started(&aws).await;
        assert_eq!(elsewhere.engage(Means::Remote, "ann", "INC-7").await, Kept::Yes);
        tokio::time::sleep(SOON).await;
        assert!(why(&lever).contains("engaged by ann: INC-7"), "{}", why(&lever));
        let (engaged, kept) = started(&aws).await.release().await;
        assert_eq!((engaged.map(|it| it.by), kept), (Some("ann".to_owned()), Kept::Yes));
        tokio::time::sleep(SOON).await;
        assert_eq!(lever.brake().why(), None);
    }
    started(&aws).await.begin(&[pause("a")]).await;
    tokio::time::sleep(SOON).await;
    assert_eq!(lever.brake().halt().pauses, [pause("a")]);
    // What is asked here is seen there, and ends what was asked there.
    let (ended, _) = lever.end(&[Extent::Scope("a".into())], "bob").await;
    assert_eq!(ended, [pause("a")]);
    assert_eq!(started(&aws).await.brake().halt().pauses, []);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_takes_its_time_delays_the_brake_no_further() {
    let aws = aws();
    let lever = running(&aws).await;
    started(&aws).await.engage(Means::Remote, "ann", "INC-7").await;
    aws.inject(Fault::new("GetItem", palisade::simulator::Effect::Delay(Duration::from_secs(2))));
    tokio::time::sleep(SOON).await;
    assert!(why(&lever).contains("INC-7"), "{}", why(&lever));
}

#[tokio::test(start_paused = true)]
async fn a_table_that_cannot_be_reached_at_the_start_means_observing_until_it_can() {
    let aws = aws();
    aws.with(|world| world.dynamodb.remove(PLACE, example::MEMORY_TABLE));
    let memory = memory(&aws);
    let lever = Lever::recall(Brake::default(), Some(memory.clone())).await;
    assert!(why(&lever).contains("it may have been on"), "{}", why(&lever));
    assert!(memory.troubles()[&Part::Brake].contains("ResourceNotFoundException"));
    follow(&lever);
    tokio::time::sleep(SOON).await;
    assert!(lever.brake().is_engaged(), "nothing has changed");
    aws.with(|world| {
        world.dynamodb.create(PLACE, example::MEMORY_TABLE, &["key", "item"]);
    });
    tokio::time::sleep(SOON).await;
    assert_eq!(lever.brake().why(), None, "it is known again that nobody pulled it");
    assert!(memory.troubles().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_table_that_is_lost_later_leaves_the_last_value_and_a_trouble() {
    let aws = aws();
    let memory = memory(&aws);
    let lever = Lever::recall(Brake::default(), Some(memory.clone())).await;
    lever.engage(Means::Socket, "ann", "INC-7").await;
    follow(&lever);
    for fault in [Fault::hang("GetItem"), Fault::throttle("GetItem"), Fault::garbage("GetItem")] {
        aws.inject(fault);
        tokio::time::sleep(4 * SOON).await;
        assert!(why(&lever).contains("INC-7"), "{}", why(&lever));
        assert!(memory.troubles()[&Part::Brake].contains("the last value counts"));
        aws.clear_faults();
        tokio::time::sleep(SOON).await;
        assert!(memory.troubles().is_empty(), "{:?}", memory.troubles());
    }
    // The same with a brake that is off.
    lever.release().await;
    aws.inject(Fault::throttle("GetItem"));
    tokio::time::sleep(2 * SOON).await;
    assert_eq!(lever.brake().why(), None);
    assert!(memory.troubles().contains_key(&Part::Brake));
}

#[tokio::test(start_paused = true)]
async fn what_somebody_removes_from_the_table_ends_no_brake() {
    let aws = aws();
    let lever = running(&aws).await;
    lever.engage(Means::Socket, "ann", "INC-7").await;
    aws.with(|world| {
        world.dynamodb.remove(PLACE, example::MEMORY_TABLE);
        world.dynamodb.create(PLACE, example::MEMORY_TABLE, &["key", "item"]);
    });
    tokio::time::sleep(SOON).await;
    assert!(why(&lever).contains("INC-7"), "{}", why(&lever));
    assert!(why(&started(&aws).await).contains("INC-7"), "it is kept again");
}

#[tokio::test(start_paused = true)]
async fn a_damaged_item_means_that_the_brake_is_on_until_somebody_releases_it() {
    let newer = "{\"schemaVersion\":99}\n{}";
    for text in ["", "garbage", "{\"schemaVersion\":1}\n{}", newer] {
        let aws = aws();
        started(&aws).await.begin(&[pause("a")]).await;
        damage(&aws, "brake", text);
        let lever = running(&aws).await;
        tokio::time::sleep(2 * SOON).await;
        assert!(why(&lever).contains("it may have been on"), "{text}: {}", why(&lever));
        let (engaged, kept) = lever.release().await;
        assert_eq!((engaged.map(|it| it.means), kept), (Some(Means::Memory), Kept::Yes), "{text}");
        tokio::time::sleep(SOON).await;
        assert_eq!(lever.brake().why(), None, "{text}");
        assert_eq!(started(&aws).await.brake().why(), None, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_who_change_the_brake_at_once_lose_nothing() {
    let aws = aws();
    // Both have read the same state, and neither looks again.
    let (one, other) = (started(&aws).await, started(&aws).await);
    assert_eq!(one.engage(Means::Remote, "ann", "INC-7").await, Kept::Yes);
    assert_eq!(other.begin(&[pause("b")]).await, Kept::Yes);
    assert!(why(&other).contains("INC-7"), "the other one knows of it at once");
    assert_eq!(one.begin(&[pause("c")]).await, Kept::Yes);
    let third = started(&aws).await;
    assert!(why(&third).contains("INC-7"));
    assert_eq!(third.brake().halt().pauses, [pause("b"), pause("c")]);
    // Released there, engaged again here: it is on.
    one.release().await;
    other.release().await;
    third.release().await;
    assert_eq!(started(&aws).await.brake().why(), None);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_cannot_be_kept_is_in_force_and_kept_later() {
    let aws = aws();
    let lever = running(&aws).await;
    aws.inject(Fault::throttle("PutItem"));
    assert_eq!(lever.engage(Means::Signal, "SIGUSR1", "no reason").await, Kept::Failed);
    assert!(lever.brake().is_engaged());
    tokio::time::sleep(SOON).await;
    assert!(lever.brake().is_engaged(), "what is in the table does not release it");
    assert_eq!(started(&aws).await.brake().why(), None);
    aws.clear_faults();
    tokio::time::sleep(2 * SOON).await;
    assert!(why(&started(&aws).await).contains("SIGUSR1"));
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_is_lost_is_recognized_as_its_own() {
    let aws = aws();
    let lever = started(&aws).await;
    lever.begin(&[pause("a")]).await;
    aws.inject(Fault::lose_answer("PutItem").nth(1));
    assert_eq!(lever.engage(Means::Socket, "ann", "INC-7").await, Kept::Yes);
    let puts = aws.calls().iter().filter(|call| call.operation == "PutItem").count();
    assert_eq!(puts, 3, "one is sent twice, and refused the second time");
    assert_eq!(lever.release().await.1, Kept::Yes, "its version is known");
    assert_eq!(started(&aws).await.brake().why(), None);
}

/// Text that does not become shorter when it is packed, much.
fn large(seed: u64, words: u64) -> Vec<u64> {
    (0..words)
        .map(|word| (word + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_larger_than_an_item_is_split_and_never_mixed() {
    let aws = aws();
    let one = memory(&aws);
    let recalled = async || memory(&aws).recall::<Vec<u64>>(Part::Wants).await.kept();
    assert!(one.recall::<Vec<u64>>(Part::Wants).await.kept().is_none());
    for seed in [1, 2, 3] {
        let content = large(seed, 100_000);
        one.keep(Part::Wants, &content).await.expect("kept");
        assert_eq!(recalled().await, Some(content));
    }
    let sizes = items(&aws).iter().map(|item| item.to_string().len()).max();
    assert!(sizes.is_some_and(|size| size < 480_000), "{sizes:?}");
    // The next text dies half way: the last one stays.
    aws.inject(Fault::hang("PutItem").nth(2).times(10));
    one.keep(Part::Wants, &large(4, 100_000)).await.unwrap_err();
    aws.clear_faults();
    assert_eq!(recalled().await, Some(large(3, 100_000)));
    one.keep(Part::Wants, &large(5, 50_000)).await.expect("kept");
    assert_eq!(recalled().await, Some(large(5, 50_000)));
    one.keep(Part::Wants, &vec![1_u64]).await.expect("kept");
    assert_eq!(recalled().await, Some(vec![1]));
    let error = one.keep(Part::Wants, &large(6, 1_200_000)).await.unwrap_err();
    assert!(matches!(error, MemoryError::TooLarge { .. }), "{error}");
    assert_eq!(recalled().await, Some(vec![1]));
}

#[tokio::test(start_paused = true)]
async fn the_manifests_are_not_kept_there() {
    let aws = aws();
    let memory = memory(&aws);
    assert!(!memory.keeps(Part::Snapshot) && memory.keeps(Part::History));
    memory.keep(Part::Snapshot, &["secret"]).await.expect("nothing to do");
    assert!(home(&aws).write(Part::Snapshot, b"x").await.is_err());
    assert_eq!(items(&aws), Vec::<Value>::new());
}

/// What `iam-policy` prints for what the process itself uses.
pub fn permitted(own: OwnUse) -> Vec<PolicyDocument> {
    let usage = Usage::default().with_own(own);
    let facts = palisade::kind::ScopeFacts {
        name: "ml-prod".into(),
        account: example::ML_ACCOUNT.into(),
        region: "us-east-1".into(),
        partition: "aws".into(),
    };
    let parse =
        |it: &Value| PolicyDocument::from_value(it, Dialect::IdentityPolicy).expect("a policy");
    Policies::new(&facts, OWNER, &usage).observe.iter().map(parse).collect()
}

#[tokio::test(start_paused = true)]
async fn the_printed_permissions_suffice_and_reach_no_other_table() {
    let aws = aws();
    let region = example::REGION.to_owned();
    let mine = Some(MemoryTable { name: example::MEMORY_TABLE.to_owned(), region });
    let documents = permitted(OwnUse { memory: mine, ..OwnUse::default() });
    aws.with(|world| {
        world.options.permissions.insert(example::ML_ACCOUNT.into(), documents);
        world.dynamodb.create(PLACE, "other", &["key", "item"]);
    });
    let one = memory(&aws);
    // What nobody has read is not overwritten.
    let unread = one.keep(Part::Wants, &large(1, 100_000)).await;
    assert!(matches!(unread, Err(MemoryError::Changed)));
    assert!(one.recall::<Vec<u64>>(Part::Wants).await.kept().is_none());
    one.keep(Part::Wants, &large(1, 100_000)).await.expect("kept");
    assert!(memory(&aws).recall::<Vec<u64>>(Part::Wants).await.kept().is_some());
    let base = aws.sdk_config(example::ML_ACCOUNT, example::REGION);
    let other = Connection::new(base, Guard::keeping()).table("other", example::REGION);
    let error = InTable::new(other, OWNER).read(Part::Brake).await.unwrap_err();
    assert!(error.to_string().contains("AccessDenied"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_process_that_only_reads_writes_nothing_there() {
    let aws = aws();
    let home = InTable::new(table(&aws, Guard::rehearsing()), OWNER);
    assert!(home.read(Part::Brake).await.expect("read").is_none());
    assert!(home.write(Part::Brake, b"x").await.is_err());
    assert!(aws.calls().iter().all(|call| !call.mutating));
}

const GROUP: &str = "apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {name: apps}\nspec:\n  \
    description: Apps\n  vpc: {lookup: {tags: {Name: ml}}}\n  ingress: []\n  egress: []\n";

async fn engine(world: &World) -> (Engine, Memory) {
    let (mut engine, memory) = (world.engine().await, memory(&world.simulator));
    engine.recall(memory.clone()).await;
    (engine, memory)
}

#[tokio::test(start_paused = true)]
async fn an_engine_keeps_what_it_learns_without_the_manifests_and_goes_on_with_it() {
    let world = World::with(GROUP);
    let (mut first, _) = engine(&world).await;
    until_quiet(&mut first).await.in_order();
    let seen = first.history().events().count();
    assert!(seen > 0);
    drop(first);
    let kept: Vec<_> = items(&world.simulator).iter().map(|it| it["key"]["S"].clone()).collect();
    let part = |part: &str| json!(format!("memory/{OWNER}/{part}"));
    assert_eq!(kept, [part("history"), part("wants")]);
    let (mut second, memory) = engine(&world).await;
    assert!(second.history().events().count() > seen, "and it has started");
    until_quiet(&mut second).await.in_order();
    assert!(memory.troubles().is_empty(), "{:?}", memory.troubles());
}

#[tokio::test(start_paused = true)]
async fn an_engine_without_its_table_works_on_and_says_what_it_cannot_keep() {
    let world = World::with(GROUP);
    world.simulator.with(|world| world.dynamodb.remove(PLACE, example::MEMORY_TABLE));
    let (mut engine, memory) = engine(&world).await;
    until_quiet(&mut engine).await.in_order();
    for part in [Part::Approvals, Part::Wants, Part::History] {
        assert!(memory.troubles().contains_key(&part), "{part:?}");
    }
}

/// The writes to the account, without those to the table.
fn writes(world: &World) -> Vec<String> {
    let mut writes = world.writes();
    writes.retain(|operation| operation != "PutItem");
    writes
}

#[tokio::test(start_paused = true)]
async fn an_approval_that_another_process_has_used_meanwhile_releases_nothing() {
    let (world, digest) = approved().await;
    // Two processes know the same; one of them takes over while the other one still runs.
    let ((mut old, _), (mut new, memory)) = (engine(&world).await, engine(&world).await);
    until_quiet(&mut old).await;
    assert_eq!(writes(&world), ["AuthorizeSecurityGroupIngress"]);
    take_back(&world);
    let report = new.pass().await;
    assert!(waiting(&report, FIRST).contains("the memory cannot record"));
    let quiet = until_quiet(&mut new).await;
    assert_eq!(held(quiet.last(), FIRST).0.digest, digest, "it is known to be used");
    assert_eq!(writes(&world), [""; 0]);
    assert!(memory.troubles().is_empty(), "{:?}", memory.troubles());
}
