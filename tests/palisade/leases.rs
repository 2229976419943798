//! Several processes that share the scopes by leases in a table.

use std::{sync::Arc, time::Duration};

use palisade::{
    aws::{Brake, Connection, Guard},
    engine::{self, Engine, Options, Report, Scopes},
    kinds,
    lease::{Appetite, Clock, Holding, InTable, Keeper, Leases, Moment, Terms, Untenured},
    plan::{ReportReason, Verdict},
    settings::{MemoryTable, OwnUse},
    simulator::{Fault, example},
};
use serde_json::{Value, json};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{memory_table::permitted, world::World};

const OWNER: &str = "palisade-demo";
const PLACE: (&str, &str) = (example::ML_ACCOUNT, example::REGION);
const SECONDS: fn(u64) -> Duration = Duration::from_secs;
const GROUP: &str = "\
apiVersion: palisade.dev/v1alpha1
kind: SecurityGroup
metadata: {name: shared}
spec: {description: shared, vpc: {lookup: {tags: {Name: ml}}}, ingress: [], egress: []}
";

/// A clock of one process, which begins when it does.
#[derive(Debug)]
struct Own(Instant);

impl Clock for Own {
    fn now(&self) -> Moment {
        self.0.elapsed()
    }
}

/// A process.
struct Process {
    leases: Leases,
    keeper: Keeper,
    engine: Engine,
    brake: Brake,
}

async fn process(world: &World, name: &str, appetite: Appetite) -> Process {
    let terms = Terms::new(SECONDS(60), SECONDS(15), SECONDS(2));
    let leases = Leases::new(name.to_owned(), terms, Own(Instant::now()));
    leases.follow(world.settings.scopes.keys());
    let base = world.simulator.sdk_config(example::ML_ACCOUNT, example::REGION);
    let own = Connection::new(base.clone(), Guard::keeping()).of(OWNER);
    let home = InTable::new(own.table(example::MEMORY_TABLE, example::REGION), OWNER);
    let keeper = Keeper::new(leases.clone(), home, appetite);
    let brake = Brake::default();
    brake.share(leases.clone());
    let connection = Connection::new(base, Guard::writing(brake.clone())).in_sessions_of(name);
    let registry = Arc::new(kinds::registry());
    let scopes = Scopes::connect(&world.settings, &connection, &registry).await;
    let options = Options { write: true, ..Options::default() };
    let (settings, scopes) = (world.settings.clone(), scopes.expect("connected"));
    let engine = Engine::new(settings, registry, scopes, world.dir(), options, brake.clone());
    Process { leases, keeper, engine, brake }
}

impl Process {
    fn holding(&self, scope: &str) -> Holding {
        self.leases.view().scopes[scope].holding
    }

    /// Keeps its leases for a time.
    async fn keep(&mut self, time: Duration) {
        // It is over either way.
        drop(tokio::time::timeout(time, self.keeper.run()).await);
    }

    /// Keeps its leases until it holds them all.
    async fn take_all(&mut self) {
        while self.leases.view().scopes.values().any(|it| it.holding != Holding::Ours) {
            self.keep(SECONDS(1)).await;
        }
    }
}

fn items(world: &World) -> Vec<Value> {
    world.simulator.with(|world| world.dynamodb.items(PLACE, example::MEMORY_TABLE))
}

fn why(report: &Report) -> Vec<Untenured> {
    let reported = report.plan.steps.iter().filter_map(|step| match &step.verdict {
        Verdict::Reported(ReportReason::Lease { why }) => Some(why.clone()),
        _ => None,
    });
    reported.collect()
}

#[tokio::test(start_paused = true)]
async fn without_the_lease_a_process_observes_and_says_who_holds_it() {
    let world = World::with(GROUP);
    let (mut one, mut other) =
        (process(&world, "one", Appetite::All).await, process(&world, "two", Appetite::All).await);
    let unread = one.engine.pass().await;
    assert_eq!(why(&unread), [Untenured::Unread]);
    assert_eq!(world.writes(), Vec::<String>::new());
    one.take_all().await;
    other.keep(SECONDS(1)).await;
    let report = other.engine.pass().await;
    assert_eq!(why(&report), [Untenured::Held { by: "one".into() }]);
    assert!(!report.will_move(), "nothing here ends that");
    let writes = |world: &World| -> Vec<String> {
        let calls = world.calls().into_iter();
        let ec2 = calls.filter(|call| call.mutating && call.service == "ec2");
        ec2.map(|call| call.operation).collect()
    };
    assert_eq!(writes(&world), Vec::<String>::new());
    let made = one.engine.pass().await;
    assert_eq!(why(&made), []);
    assert!(writes(&world).contains(&"CreateSecurityGroup".to_owned()));
    // In the page and the status document.
    let view = other.leases.view();
    assert_eq!(view.scopes["ml-prod"].owner.as_deref(), Some("one"));
    assert_eq!(view.scopes["ml-prod"].fence, Some(1));
}

#[tokio::test(start_paused = true)]
async fn who_was_killed_is_replaced_within_two_leases_and_the_fence_grows() {
    let world = World::with(GROUP);
    let mut one = process(&world, "one", Appetite::Share).await;
    let mut other = process(&world, "two", Appetite::Share).await;
    one.take_all().await;
    // The other one has looked on all the time.
    tokio::join!(one.keep(SECONDS(100)), other.keep(SECONDS(100)));
    assert_eq!(other.holding("ml-prod"), Holding::Others);
    drop(one);
    let killed = Instant::now();
    while other.holding("ml-prod") != Holding::Ours {
        other.keep(SECONDS(1)).await;
    }
    assert!(killed.elapsed() <= SECONDS(75), "{:?}", killed.elapsed());
    assert_eq!(other.leases.allow("ml-prod"), Ok(2));
    other.take_all().await;
    for item in items(&world) {
        assert_eq!((&item["fence"]["N"], &item["owner"]["S"]), (&json!("2"), &json!("two")));
    }
    // So is one that begins only afterwards, and knows nothing.
    drop(other);
    let mut third = process(&world, "three", Appetite::Share).await;
    let begun = Instant::now();
    third.take_all().await;
    assert!(begun.elapsed() <= SECONDS(75), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_is_given_back_is_free_at_once() {
    let world = World::with(GROUP);
    let mut one = process(&world, "one", Appetite::All).await;
    one.take_all().await;
    // A call in one of the scopes has no answer.
    drop(one.leases.flies("org"));
    one.keeper.hand_over().await;
    assert_eq!(one.leases.allow("ml-prod"), Err(Untenured::Free));
    let mut other = process(&world, "two", Appetite::All).await;
    other.keep(SECONDS(2)).await;
    assert_eq!(other.leases.allow("ml-prod"), Ok(2));
    assert_eq!(other.leases.allow("org"), Err(Untenured::Held { by: "one".into() }));
    other.keep(SECONDS(62)).await;
    assert_eq!(other.leases.allow("org"), Ok(2));
    assert_eq!(items(&world).len(), 2, "no item is ever deleted");
}

#[tokio::test(start_paused = true)]
async fn a_table_that_cannot_be_reached_means_observing_once_the_time_is_over() {
    let world = World::with(GROUP);
    let mut one = process(&world, "one", Appetite::All).await;
    one.take_all().await;
    for fault in [Fault::hang("UpdateItem"), Fault::throttle("UpdateItem")] {
        world.simulator.inject(fault);
        assert!(one.leases.allow("ml-prod").is_ok());
        one.keep(SECONDS(50)).await;
        assert_eq!(one.leases.allow("ml-prod"), Err(Untenured::TimeShort));
        let report = one.engine.pass().await;
        assert_eq!(why(&report), [Untenured::TimeShort]);
        one.keep(SECONDS(20)).await;
        let trouble = one.leases.trouble().expect("it is said");
        assert!(trouble.why.contains("UpdateItem"), "{}", trouble.why);
        // Nobody has taken it meanwhile, so it goes on.
        world.simulator.clear_faults();
        one.keep(SECONDS(10)).await;
        assert_eq!((one.leases.allow("ml-prod"), one.leases.trouble()), (Ok(1), None));
    }
}

#[tokio::test(start_paused = true)]
async fn a_renewal_whose_answer_is_lost_is_no_loss() {
    let world = World::with(GROUP);
    let mut one = process(&world, "one", Appetite::All).await;
    one.take_all().await;
    world.simulator.inject(Fault::lose_answer("UpdateItem"));
    for _ in 0..20 {
        one.keep(SECONDS(10)).await;
        assert!(one.leases.allow("ml-prod").is_ok(), "{:?}", one.leases.view());
    }
    assert_eq!(one.leases.counts()["ml-prod"].lost, 0);
}

#[tokio::test(start_paused = true)]
async fn somebody_who_takes_a_lease_by_hand_ends_the_work_of_its_scope() {
    let world = World::with(GROUP);
    let mut one = process(&world, "one", Appetite::Share).await;
    one.take_all().await;
    let item = json!({
        "key": {"S": format!("leases/{OWNER}")}, "item": {"S": "ml-prod"}, "fence": {"N": "9"},
        "owner": {"S": "ann"}, "version": {"S": "by hand"}, "durationMs": {"N": "60000"},
    });
    let input = json!({"TableName": example::MEMORY_TABLE, "Item": item});
    world.simulator.act(PLACE.0, PLACE.1, "dynamodb", "PutItem", &input).expect("written");
    one.keep(SECONDS(6)).await;
    assert_eq!(one.leases.allow("ml-prod"), Err(Untenured::Held { by: "ann".into() }));
    assert_eq!(why(&one.engine.pass().await), [Untenured::Held { by: "ann".into() }]);
    assert_eq!(one.leases.counts()["ml-prod"].lost, 1);
    assert!(one.leases.allow("org").is_ok());
    one.keep(SECONDS(62)).await;
    assert_eq!(one.leases.allow("ml-prod"), Ok(10), "the fence goes on from there");
}

#[tokio::test(start_paused = true)]
async fn a_scope_in_which_nothing_moves_is_left_to_others() {
    let world = World::with(GROUP);
    let mut one = process(&world, "one", Appetite::Share).await;
    one.take_all().await;
    let patience = one.leases.terms().patience;
    // The loop hangs, and what keeps the leases does not.
    one.keep(patience + SECONDS(61)).await;
    assert_eq!(one.holding("ml-prod"), Holding::Nobody);
    let mut other = process(&world, "two", Appetite::Share).await;
    other.keep(SECONDS(65)).await;
    assert_eq!(other.holding("ml-prod"), Holding::Ours);
    one.keep(SECONDS(6)).await;
    assert_eq!(one.leases.allow("ml-prod"), Err(Untenured::Held { by: "two".into() }));
    // Nobody takes it who does not move, and whoever moves again does.
    drop(other);
    one.keep(SECONDS(90)).await;
    assert_eq!(one.holding("ml-prod"), Holding::Nobody);
    one.leases.progresses("ml-prod");
    one.keep(SECONDS(6)).await;
    assert_eq!(one.leases.allow("ml-prod"), Ok(3));
}

#[tokio::test(start_paused = true)]
async fn two_that_begin_at_once_share_the_scopes_and_one_alone_takes_all() {
    let world = World::with(GROUP);
    let mut one = process(&world, "one", Appetite::Share).await;
    let mut other = process(&world, "two", Appetite::Share).await;
    tokio::join!(one.keep(SECONDS(30)), other.keep(SECONDS(30)));
    let held = |process: &Process| {
        let view = process.leases.view();
        view.scopes.values().filter(|it| it.holding == Holding::Ours).count()
    };
    assert_eq!((held(&one), held(&other)), (1, 1));
    one.keeper.hand_over().await;
    other.keep(SECONDS(10)).await;
    assert_eq!(held(&other), 2);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_taken_begins_a_pass_and_a_daemon_that_stops_gives_it_back() {
    let world = World::with(GROUP);
    let Process { mut engine, keeper, brake, leases } =
        process(&world, "one", Appetite::Share).await;
    let (stop, end, poke) = (CancellationToken::new(), CancellationToken::new(), Notify::new());
    let publish = |_: &Engine, _: &Arc<Report>| {};
    let running = engine::run(&mut engine, &brake, &stop, &poke, publish);
    let stopping = async {
        tokio::time::sleep(SECONDS(30)).await;
        stop.cancel();
    };
    let daemon = async {
        tokio::join!(running, stopping);
        end.cancel();
    };
    tokio::join!(daemon, keeper.run_until(end.clone()));
    assert_eq!(world.groups("shared").len(), 1, "made without anybody's doing");
    assert_eq!(leases.allow("ml-prod"), Err(Untenured::Free));
    assert!(items(&world).iter().all(|item| item["released"]["N"] == "1"));
    // CloudTrail shows which process it was.
    let calls = world.calls();
    let mut sessions = calls.iter().filter(|call| call.operation == "AssumeRole");
    assert!(sessions.all(|call| call.input["RoleSessionName"] == "palisade-one"));
}

#[tokio::test(start_paused = true)]
async fn the_printed_permissions_suffice_for_the_whole_life_of_a_lease() {
    let world = World::with(GROUP);
    let region = example::REGION.to_owned();
    let table = Some(MemoryTable { name: example::MEMORY_TABLE.to_owned(), region });
    let documents = permitted(OwnUse { leases: table, ..OwnUse::default() });
    let mut one = process(&world, "one", Appetite::All).await;
    let mut other = process(&world, "two", Appetite::All).await;
    world.simulator.with(|world| {
        world.options.permissions.insert(example::ML_ACCOUNT.into(), documents);
    });
    one.take_all().await;
    one.keep(SECONDS(20)).await;
    other.keep(SECONDS(2)).await;
    one.keeper.hand_over().await;
    other.take_all().await;
    assert_eq!((one.leases.trouble(), other.leases.trouble()), (None, None));
}
