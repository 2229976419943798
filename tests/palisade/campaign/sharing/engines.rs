//! Whole engines that share two scopes, over the simulator.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use palisade::{
    aws::{Brake, Connection, Guard},
    engine::{self, Engine, Report, Scopes},
    kinds,
    lease::{Appetite, InTable, Keeper, Leases, Terms},
    plan,
    settings::{Prune, Settings},
    simulator::{Simulator, Watch, Witnessed},
};
use tempfile::TempDir;
use tokio::{
    sync::Notify,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{Freezing, Skewed, Stretch, Write, stretches, within};
use crate::campaign::{
    catalogue::{group, guard, https, key},
    hands,
    prepare::{OWNER, settings, world, write},
    scenario::Place,
    swarm::Dice,
};

const TABLE: &str = "leases";
const DURATION: Duration = Duration::from_mins(1);
const INTERVAL: Duration = Duration::from_secs(30);
/// Until then things go wrong.
const TROUBLE: u64 = 240;
/// Two leases, and the time for what is left to do.
const CALM: Duration = Duration::from_mins(3);
/// A call that is sent arrives within this time; the client waits no longer.
const LONGEST_CALL: u64 = 14_900;

/// How a run goes.
#[derive(Debug, Clone, Copy)]
pub struct Wrong {
    /// What goes wrong besides calls that take their time.
    pub trouble: bool,
    /// Whether a process that does not hold a lease writes all the same: proves that the judge
    /// judges.
    pub reckless: bool,
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Outcome {
    pub violations: Vec<String>,
    /// Writes to the accounts.
    pub writes: usize,
    /// Leases taken.
    pub takeovers: u64,
}

/// What is seen of all processes.
#[derive(Debug, Default)]
struct Seen {
    /// The process whose request arrives now, and when it was sent.
    arriving: Option<(String, Duration)>,
    writes: Vec<Write>,
    /// Owner and fence of each lease, as the table has them.
    leases: BTreeMap<String, (String, u64)>,
    /// When the version of each lease changed last.
    renewed: BTreeMap<String, Duration>,
    violations: Vec<String>,
}

#[derive(Debug, Clone)]
struct Judge {
    seen: Arc<Mutex<Seen>>,
    begun: Instant,
}

impl Judge {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch for Judge {
    fn witness(&mut self, call: &Witnessed<'_>) {
        let now = self.begun.elapsed();
        let mut seen = self.seen();
        if call.service == "dynamodb" {
            let item = match call.operation {
                "PutItem" => Some(&call.input["Item"]),
                "UpdateItem" => call.answer.as_ref().ok().map(|it| &it["Attributes"]),
                _ => None,
            };
            let Some(item) = item.filter(|_| call.answer.is_ok()) else { return };
            let text = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
            let fence = item["fence"]["N"].as_str().and_then(|it| it.parse().ok());
            let scope = text("item");
            seen.leases.insert(scope.clone(), (text("owner"), fence.unwrap_or_default()));
            seen.renewed.insert(scope, now);
            return;
        }
        // What is done by hand has no process.
        let (Some(_), Some((process, sent))) = (call.truth, seen.arriving.clone()) else { return };
        let scope = if call.caller.account == hands::ORG { "org" } else { "ml" };
        let (owner, fence) = seen.leases.get(scope).cloned().unwrap_or_default();
        let what = format!("{} of {process}, sent at {sent:?}, arrived at {now:?}", call.operation);
        if owner != process {
            seen.violations.push(format!("S9: {what}: {owner} holds {scope}"));
        }
        // The longest call fits into what was left, by the true time.
        let left = seen.renewed.get(scope).map(|at| (*at + DURATION).saturating_sub(sent));
        if left.is_none_or(|left| left < Duration::from_secs(15)) {
            seen.violations.push(format!("S9: {what}: {left:?} was left of {scope}"));
        }
        if !call.caller.arn.ends_with(&format!("/palisade-{process}")) {
            seen.violations.push(format!("{what}: as {}", call.caller.arn));
        }
        let (scope, process) = (scope.to_owned(), process);
        seen.writes.push(Write { scope, process, fence, sent, arrived: now });
    }
}

/// The network of one process.
#[derive(Debug, Clone)]
struct Network {
    simulator: Simulator,
    judge: Judge,
    process: String,
    dice: Arc<Mutex<Vec<u64>>>,
    /// When nothing arrives, and when nothing arrives at the table.
    cut: [Vec<Stretch>; 2],
    wrong_until: Instant,
}

impl HttpClient for Network {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl Network {
    fn below(&self, bound: u64) -> u64 {
        let mut state = self.dice.lock().unwrap_or_else(PoisonError::into_inner);
        let seed = state.last().copied().unwrap_or(1);
        let next = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        state.clear();
        state.push(next);
        (next >> 33) % bound
    }

    fn is_cut(&self, table: bool) -> bool {
        let now = Instant::now();
        let [all, of_table] = &self.cut;
        within(all, now).is_some() || (table && within(of_table, now).is_some())
    }
}

impl HttpConnector for Network {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let network = self.clone();
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let table = target.starts_with("DynamoDB");
        let sent = self.judge.begun.elapsed();
        let wrong = Instant::now() < self.wrong_until;
        // One in twelve takes as long as a call may take, and one in twelve has no answer.
        let (slow, lost) = (wrong && self.below(12) == 0, wrong && self.below(12) == 0);
        let longest = if slow { LONGEST_CALL } else { 100 };
        let way = Duration::from_millis(self.below(longest));
        let cut = self.is_cut(table);
        // A call that is sent is on its way, whatever becomes of the process.
        #[expect(clippy::disallowed_methods, reason = "the runtime of the run ends it")]
        let on_its_way = tokio::spawn(async move {
            if cut {
                std::future::pending::<()>().await;
            }
            sleep(way).await;
            let connector = network.simulator.clone();
            network.judge.seen().arriving = Some((network.process.clone(), sent));
            let mut answer = Box::pin(HttpConnector::call(&connector, request));
            // The simulator answers at once, or later.
            let first = futures::future::poll_immediate(&mut answer).await;
            network.judge.seen().arriving = None;
            let answer = match first {
                Some(answer) => answer,
                None => answer.await,
            };
            if lost || network.is_cut(table) {
                std::future::pending::<()>().await;
            }
            answer
        });
        HttpConnectorFuture::new(async move {
            on_its_way.await.unwrap_or_else(|_| Err(ConnectorError::io("it broke".into())))
        })
    }
}

/// One process.
struct Process {
    engine: Engine,
    keeper: Keeper,
    leases: Leases,
    brake: Brake,
}

struct Run {
    judge: Judge,
    simulator: Simulator,
    settings: Settings,
    dir: TempDir,
    wrong: Wrong,
    end: Instant,
}

impl Run {
    fn config(&self, dice: &mut Dice, process: &str) -> SdkConfig {
        let mut trouble = |many, longest| {
            let many = if self.wrong.trouble { many } else { 0 };
            stretches(dice, many, longest, TROUBLE - longest)
        };
        let network = Network {
            simulator: self.simulator.clone(),
            judge: self.judge.clone(),
            process: process.to_owned(),
            cut: [trouble(1, 120), trouble(1, 120)],
            dice: Arc::new(Mutex::new(vec![dice.below(u64::MAX)])),
            wrong_until: if self.wrong.trouble { self.end } else { self.judge.begun },
        };
        let base = self.simulator.sdk_config(hands::ML, hands::REGION);
        base.into_builder().http_client(SharedHttpClient::new(network)).build()
    }

    async fn process(&self, dice: &mut Dice, name: &str) -> Option<Process> {
        let config = self.config(dice, name);
        let rate = u32::try_from(990 + dice.below(21)).unwrap_or(1000);
        let clock = Skewed::new(Duration::from_secs(dice.below(1000)), rate);
        let terms = Terms::new(DURATION, Duration::from_secs(15), INTERVAL);
        let leases = Leases::new(name.to_owned(), terms, clock);
        let brake = Brake::default();
        if !self.wrong.reckless {
            brake.share(leases.clone());
        }
        let own = Connection::new(config.clone(), Guard::keeping()).of(OWNER);
        let home = InTable::new(own.table(TABLE, hands::REGION), OWNER);
        leases.follow(self.settings.scopes.keys());
        let keeper = Keeper::new(leases.clone(), home, Appetite::Share);
        let connection = Connection::new(config, Guard::writing(brake.clone()));
        let connection = connection.in_sessions_of(name);
        let registry = Arc::new(kinds::registry());
        let scopes = Scopes::connect(&self.settings, &connection, &registry).await.ok()?;
        let options =
            engine::Options { write: true, leaves_behind: true, ..engine::Options::default() };
        let (settings, dir) = (self.settings.clone(), self.dir.path());
        let engine = Engine::new(settings, registry, scopes, dir, options, brake.clone());
        Some(Process { engine, keeper, leases, brake })
    }

    /// A process that observes after the end.
    async fn last_look(&self) -> Option<Report> {
        let config = self.simulator.sdk_config(hands::ML, hands::REGION);
        let connection = Connection::new(config, Guard::read_only());
        let registry = Arc::new(kinds::registry());
        let scopes = Scopes::connect(&self.settings, &connection, &registry).await.ok()?;
        let (settings, dir) = (self.settings.clone(), self.dir.path());
        let options = engine::Options::default();
        let engine = Engine::new(settings, registry, scopes, dir, options, Brake::default());
        let mut engine = engine;
        Some(engine.pass().await)
    }
}

/// Lives until it is killed, or stopped.
async fn live(process: Process, dies: Instant, stops: bool) {
    let Process { mut engine, keeper, brake, .. } = process;
    let (stop, poke, end) = (CancellationToken::new(), Notify::new(), CancellationToken::new());
    let mut keeping = std::pin::pin!(keeper.run_until(end.clone()));
    let works = engine::run(&mut engine, &brake, &stop, &poke, |_: &Engine, _: &Arc<Report>| {});
    let mut works = std::pin::pin!(works);
    tokio::select! {
        () = &mut works => return,
        () = &mut keeping => return,
        () = sleep_until(dies) => {}
    }
    if stops {
        stop.cancel();
        tokio::select! {
            () = &mut works => {}
            () = &mut keeping => return,
        }
        end.cancel();
        keeping.await;
    }
}

fn manifests() -> String {
    [
        group("apps", &https(), ""),
        key("", "kms:Decrypt", ", rotation: {enabled: true, periodDays: 365}"),
        guard("", "s3:DeleteBucket", "root", ""),
    ]
    .concat()
}

/// What people do meanwhile; all of it is put back.
const HANDS: [usize; 4] = [0, 1, 3, 4];

/// One run; everything but the order of threads follows from the seed, and there is one thread.
pub async fn run(seed: u64, wrong: Wrong) -> Outcome {
    let mut dice = Dice::new(seed);
    let simulator = world();
    simulator.with(|world| {
        world.dynamodb.create((hands::ML, hands::REGION), TABLE, &["key", "item"]);
    });
    let begun = Instant::now();
    let end = begun + Duration::from_secs(TROUBLE);
    let judge = Judge { seen: Arc::default(), begun };
    simulator.watch(judge.clone());
    let dir = TempDir::new().expect("a directory");
    write(&dir, &manifests());
    let mut settings = settings(Place::Both, Prune::Never, false);
    settings.interval = INTERVAL;
    let run = Run { judge, simulator, settings, dir, wrong, end };
    let (mut lives, mut all) = (Vec::new(), Vec::new());
    let count = 2 + dice.below(2);
    for number in 0..count {
        let Some(process) = run.process(&mut dice, &format!("p{number}")).await else {
            return Outcome { violations: vec!["not connected".to_owned()], ..Outcome::default() };
        };
        all.push(process.leases.clone());
        // The last one lives on; the others may be killed or stopped.
        let dies = number + 1 < count && wrong.trouble && dice.below(2) == 0;
        let dies = if dies {
            begun + Duration::from_millis(dice.below(TROUBLE * 1000))
        } else {
            end + CALM + Duration::from_secs(1)
        };
        let many = if wrong.trouble { 2 } else { 0 };
        let freezes = stretches(&mut dice, many, 100, TROUBLE - 100);
        lives.push(Freezing::new(live(process, dies, dice.below(2) == 0), freezes));
    }
    let people = async {
        while Instant::now() < end {
            sleep(Duration::from_millis(dice.below(40_000))).await;
            let hand = HANDS[usize::try_from(dice.below(HANDS.len() as u64)).unwrap_or(0)];
            run.simulator.with(hands::MEANWHILE[hand]);
        }
        sleep_until(end + CALM).await;
    };
    tokio::select! {
        _ = futures::future::join_all(lives) => {}
        () = people => {}
    }
    let mut violations = Vec::new();
    match run.last_look().await {
        Some(report) if report.is_converged() => {}
        Some(report) => violations.push(format!("L1: {}", plan::render::text(&report.plan))),
        None => violations.push("L1: not connected".to_owned()),
    }
    let mut seen = run.judge.seen();
    violations.append(&mut seen.violations);
    let writes = std::mem::take(&mut seen.writes);
    let many = writes.len();
    violations.extend(super::judge(writes));
    violations.truncate(5);
    let taken = all.iter().flat_map(|it| it.counts().into_values()).map(|it| it.taken).sum();
    Outcome { violations, writes: many, takeovers: taken }
}
