//! How long a foreign change lasts, from the call that makes it to the correction, with and without
//! events, in virtual time.
//!
//! Somebody changes a resource of one kind after the other. An event arrives as AWS's are reported
//! to: after 5 to 30 seconds, one in a hundred after 90, and one in a hundred never.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use palisade::{
    aws::{Brake, Connection, Guard},
    engine::{self, Engine, Report, Scopes},
    kinds,
    settings::Prune,
    simulator::{Owner, Simulator},
};
use tempfile::TempDir;
use tokio::{sync::Notify, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{
    catalogue::{ada, domain, group, guard, https, key, lab, s3},
    events, hands,
    prepare::{OWNER, adopted_in, settings, world, write},
    scenario::Place,
};

/// How often it is looked whether everything is in order again: the figures are as exact as that.
const STEP: Duration = Duration::from_millis(250);
/// A change is not looked at for longer.
const PATIENCE: Duration = Duration::from_hours(2);
/// Between a correction and the next change: the same correction is not repeated so soon that it
/// would be paced.
const PAUSE: Duration = Duration::from_mins(2);

/// What is changed, in the order of [`hands::MEANWHILE`]; all but who has what in an account, which
/// is not put back without consent.
const TARGETS: usize = 8;

/// Numbers that look random and are the same every time (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

fn manifests() -> String {
    let studio = "{ref: studio}";
    let closed = "securityGroups: [{ref: apps}], sharingSettings: {notebookOutputOption: Disabled}";
    [
        group("apps", &https(), ""),
        s3("", "s3:GetObject", ""),
        key("", "kms:Decrypt", ", rotation: {enabled: true, periodDays: 365}"),
        guard("", "s3:DeleteBucket", "root", ""),
        domain("", "{ref: apps}", "DISABLED", ""),
        ada("", studio, closed, ""),
        lab(
            "",
            studio,
            "{ref: ada}",
            ", spaceSettings: {appType: JupyterLab, remoteAccess: DISABLED}",
        ),
    ]
    .concat()
}

/// How long each change lasted, by kind.
pub type Lasted = BTreeMap<String, Vec<Duration>>;

struct Run {
    simulator: Simulator,
    owner: Owner,
}

impl Run {
    fn wanted(&self) -> BTreeMap<String, BTreeSet<String>> {
        self.simulator.with(|world| world.truth()).by_address(&self.owner)
    }

    /// Waits until what is wanted is so again; `None` if that takes too long.
    async fn until(&self, wanted: &BTreeMap<String, BTreeSet<String>>) -> Option<Duration> {
        let mut lasted = Duration::ZERO;
        while self.wanted() != *wanted {
            sleep(STEP).await;
            lasted += STEP;
            if lasted > PATIENCE {
                return None;
            }
        }
        Some(lasted)
    }

    /// People change things, one after the other.
    async fn people(&self, changes: usize) -> Lasted {
        sleep(Duration::from_mins(30)).await;
        let (wanted, mut random) = (self.wanted(), Random(0x9e37_79b9_7f4a_7c15));
        let (mut lasted, mut made) = (Lasted::new(), 0);
        for turn in 0.. {
            if made == changes || turn > 2 * changes {
                break;
            }
            let lag = match random.below(100) {
                0 => None,
                1 => Some(Duration::from_secs(90)),
                _ => Some(Duration::from_millis(5_000 + random.below(25_000))),
            };
            self.simulator.with(|world| {
                world.options.events.lost = lag.is_none();
                world.options.events.delay = lag.unwrap_or_default();
                hands::MEANWHILE[turn % TARGETS](world);
            });
            if self.wanted() == wanted {
                continue;
            }
            made += 1;
            // palisade's own writes come back however the change's event does.
            self.simulator.with(|world| world.options.events.lost = false);
            let kind = hands::EDITED[turn % TARGETS].split('/').nth(1).unwrap_or_default();
            let Some(time) = self.until(&wanted).await else {
                panic!("never corrected: {}", hands::EDITED[turn % TARGETS]);
            };
            lasted.entry(kind.to_owned()).or_default().push(time);
            // Changes come at any time of palisade's interval.
            sleep(PAUSE + Duration::from_millis(random.below(60_000))).await;
        }
        lasted
    }
}

/// Makes so many changes, one after the other.
pub async fn run(changes: usize, with_events: bool) -> Lasted {
    let simulator = world();
    let mut settings = settings(Place::Both, Prune::Never, false);
    if with_events {
        let punctual = events::arrivals().into_iter().find(|it| it.name == "punctual");
        let punctual = punctual.expect("one of them");
        simulator.with(|world| punctual.begin(world));
        settings = events::listening(&settings);
    }
    let dir = TempDir::new().expect("a directory");
    write(&dir, &manifests());
    let (brake, registry) = (Brake::default(), Arc::new(kinds::registry()));
    let guard = Guard::writing(brake.clone());
    let own = guard.own();
    let connection = Connection::new(simulator.sdk_config(hands::ML, hands::REGION), guard);
    let scopes = Scopes::connect(&settings, &connection, &registry).await.expect("connected");
    let options = engine::Options { write: true, ..engine::Options::default() };
    let mut engine = Engine::new(settings, registry, scopes, dir.path(), options, brake.clone());
    let listener = engine.listen(own);
    let adopted = adopted_in(&manifests(), &simulator);
    let run = Run { simulator, owner: Owner { name: OWNER.to_owned(), adopted } };
    let (stop, poke) = (CancellationToken::new(), Notify::new());
    let publish = |_: &Engine, report: &Arc<Report>| {
        assert_eq!(report.problems.len(), 0, "{:?}", report.problems);
    };
    let listening = async {
        match listener {
            Some(listener) => listener.run().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = engine::run(&mut engine, &brake, &stop, &poke, publish) => Lasted::new(),
        () = listening => Lasted::new(),
        lasted = run.people(changes) => lasted,
    }
}

/// So long did this share of the changes last at most, in seconds.
pub fn at(percent: usize, all: &[Duration]) -> f64 {
    let mut all = all.to_vec();
    all.sort_unstable();
    let index = (all.len() * percent).div_ceil(100).saturating_sub(1);
    all.get(index).map_or(0.0, Duration::as_secs_f64)
}
