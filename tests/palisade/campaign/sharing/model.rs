//! Leases without engines: what writes asks the leases and takes its time.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::{FutureExt as _, future::BoxFuture};
use palisade::{
    kind::{Class, CloudError},
    lease::{Appetite, Holding, Home, Keeper, Leases, Record, Terms, Written},
};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::{Freezing, Skewed, Stretch, Write, judge, stretches, within};
use crate::campaign::swarm::Dice;

const SCOPES: [&str; 3] = ["ml", "org", "third"];
const DURATION: Duration = Duration::from_mins(1);
/// Until then things go wrong.
const TROUBLE: u64 = 300;
/// Afterwards everything is in order within two leases.
const CALM: Duration = Duration::from_mins(2);
/// The longest call to AWS.
const LONGEST_CALL: u64 = 15_000;
/// The longest call to the table, with repetitions.
const TABLE_CALL: Duration = Duration::from_secs(5);

/// How a run goes.
#[derive(Debug, Clone, Copy)]
pub struct Wrong {
    /// By how much of a thousand clocks go wrong.
    pub rate: u64,
    /// What is needed of a lease for a call; less than it should be proves that the judge judges.
    pub needed: Option<Duration>,
}

impl Default for Wrong {
    fn default() -> Self {
        Self { rate: 20, needed: None }
    }
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Outcome {
    pub violations: Vec<String>,
    pub writes: usize,
    pub takeovers: u64,
}

#[derive(Debug, Default)]
struct Shelf {
    items: BTreeMap<String, Record>,
    /// What is on its way although nobody waits for it any more.
    late: Vec<(Instant, Change)>,
    /// The highest fence of each scope.
    fences: BTreeMap<String, u64>,
    violations: Vec<String>,
}

#[derive(Debug, Clone)]
struct Change {
    scope: String,
    /// The version that the item must have.
    expected: Option<String>,
    new: Record,
    counts: bool,
}

impl Shelf {
    fn catch_up(&mut self) {
        let now = Instant::now();
        let (due, late) = std::mem::take(&mut self.late).into_iter().partition(|it| it.0 <= now);
        self.late = late;
        let mut due: Vec<(Instant, Change)> = due;
        due.sort_by_key(|it| it.0);
        for (_, change) in due {
            self.apply(&change);
        }
    }

    fn apply(&mut self, change: &Change) -> Option<Record> {
        let before = self.items.get(&change.scope);
        if before.map(|it| it.version.clone()) != change.expected {
            return None;
        }
        let fence = before.map_or(0, |it| it.fence) + u64::from(change.counts);
        let new = Record { fence, ..change.new.clone() };
        let highest = self.fences.entry(change.scope.clone()).or_default();
        if fence < *highest {
            self.violations.push(format!("the fence of {} went back to {fence}", change.scope));
        }
        *highest = fence;
        self.items.insert(change.scope.clone(), new.clone());
        Some(new)
    }
}

/// The way of one process to the table.
#[derive(Debug)]
struct Link {
    shelf: Arc<Mutex<Shelf>>,
    dice: Mutex<Dice>,
    cut: Vec<Stretch>,
    /// Until then answers are lost.
    wrong_until: Instant,
}

impl Link {
    fn below(&self, bound: u64) -> u64 {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner).below(bound)
    }

    fn shelf<T>(&self, look: impl FnOnce(&mut Shelf) -> T) -> T {
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.catch_up();
        look(&mut shelf)
    }

    /// How long a request, or an answer, takes.
    async fn takes(&self) {
        let longest = if self.below(10) == 0 { 4_000 } else { 200 };
        sleep(Duration::from_millis(self.below(longest))).await;
    }

    async fn is_cut(&self) {
        if within(&self.cut, Instant::now()).is_some() {
            std::future::pending::<()>().await;
        }
    }

    async fn in_time<T>(&self, call: impl Future<Output = T>) -> Result<T, CloudError> {
        let none = || CloudError::new("dynamodb:UpdateItem", Class::Ambiguous, "no answer");
        timeout(TABLE_CALL, call).await.map_err(|_| none())
    }

    async fn write(&self, change: Change) -> Result<Written, CloudError> {
        let fate = if Instant::now() < self.wrong_until { self.below(20) } else { 20 };
        self.in_time(async {
            self.is_cut().await;
            self.takes().await;
            if fate == 0 {
                let at = Instant::now() + Duration::from_millis(self.below(40_000));
                self.shelf(|shelf| shelf.late.push((at, change.clone())));
                std::future::pending::<()>().await;
            }
            let done = self.shelf(|shelf| shelf.apply(&change));
            if fate == 1 {
                std::future::pending::<()>().await;
            }
            self.takes().await;
            self.is_cut().await;
            done.map_or(Written::Refused, Written::Done)
        })
        .await
    }
}

impl Home for Link {
    fn place(&self) -> String {
        "the model".to_owned()
    }

    fn list(&self) -> BoxFuture<'_, Result<BTreeMap<String, Record>, CloudError>> {
        self.in_time(async {
            self.is_cut().await;
            self.takes().await;
            let found = self.shelf(|shelf| shelf.items.clone());
            self.takes().await;
            self.is_cut().await;
            found
        })
        .boxed()
    }

    fn create<'a>(
        &'a self,
        scope: &'a str,
        new: &'a Record,
    ) -> BoxFuture<'a, Result<Written, CloudError>> {
        let (scope, new) = (scope.to_owned(), new.clone());
        self.write(Change { scope, expected: None, new, counts: true }).boxed()
    }

    fn take<'a>(
        &'a self,
        scope: &'a str,
        seen: &'a str,
        new: &'a Record,
    ) -> BoxFuture<'a, Result<Written, CloudError>> {
        let (scope, new) = (scope.to_owned(), new.clone());
        self.write(Change { scope, expected: Some(seen.to_owned()), new, counts: true }).boxed()
    }

    fn renew<'a>(
        &'a self,
        scope: &'a str,
        held: &'a Record,
        version: &'a str,
        released: bool,
    ) -> BoxFuture<'a, Result<Written, CloudError>> {
        let new = Record { version: version.to_owned(), released, ..held.clone() };
        let (scope, expected) = (scope.to_owned(), Some(held.version.clone()));
        self.write(Change { scope, expected, new, counts: false }).boxed()
    }
}

/// What is the same for all processes of a run.
#[derive(Clone)]
struct Run {
    begun: Instant,
    shelf: Arc<Mutex<Shelf>>,
    writes: Arc<Mutex<Vec<Write>>>,
}

/// Writes in scopes, one call after another, as long as the leases allow it.
async fn writer(leases: Leases, run: Run, seed: u64) {
    let mut dice = Dice::new(seed);
    loop {
        let scope = SCOPES[usize::try_from(dice.below(3)).unwrap_or(0)];
        if let Ok(fence) = leases.allow(scope) {
            let longest = if dice.below(4) == 0 { LONGEST_CALL } else { 1_500 };
            let takes = Duration::from_millis(dice.below(longest));
            let (flight, sent) = (leases.flies(scope), run.begun.elapsed());
            run.writes.lock().unwrap_or_else(PoisonError::into_inner).push(Write {
                scope: scope.to_owned(),
                process: leases.owner().to_owned(),
                fence,
                sent,
                arrived: sent + takes,
            });
            sleep(takes).await;
            leases.progresses(scope);
            if dice.below(10) > 0 {
                flight.lands();
            }
        }
        sleep(Duration::from_millis(dice.below(1_500))).await;
    }
}

/// One run; everything follows from the seed.
pub async fn run(seed: u64, wrong: Wrong) -> Outcome {
    let mut dice = Dice::new(seed);
    let run = Run { begun: Instant::now(), shelf: Arc::default(), writes: Arc::default() };
    let count = 2 + dice.below(2);
    let end = run.begun + Duration::from_secs(TROUBLE);
    let mut alive: Vec<(Leases, Keeper, Instant, bool, Vec<Stretch>, u64)> = Vec::new();
    // The last process lives on, and others may be killed or stopped on the way.
    for number in 0..count {
        let lives = number + 1 == count || dice.below(2) == 0;
        let dies = if lives { end + CALM } else { run.begun + random(&mut dice, TROUBLE) };
        let rate = 1000 - wrong.rate + dice.below(2 * wrong.rate + 1);
        let mut terms = Terms::new(DURATION, Duration::from_secs(15), DURATION);
        terms.needed = wrong.needed.unwrap_or(terms.needed);
        let clock = Skewed::new(random(&mut dice, 1_000), u32::try_from(rate).unwrap_or(1000));
        let leases = Leases::new(format!("p{number}"), terms, clock);
        leases.follow(&SCOPES.map(str::to_owned));
        let link = Link {
            shelf: Arc::clone(&run.shelf),
            dice: Mutex::new(Dice::new(seed ^ ((number + 1) << 32))),
            cut: stretches(&mut dice, 2, 150, TROUBLE - 150),
            wrong_until: end,
        };
        let keeper = Keeper::new(leases.clone(), link, Appetite::Share);
        let freezes = stretches(&mut dice, 2, 120, TROUBLE - 120);
        alive.push((leases, keeper, dies, dice.below(2) == 0, freezes, dice.below(u64::MAX)));
    }
    let held: Vec<Leases> = alive.iter().filter(|it| it.2 > end).map(|it| it.0.clone()).collect();
    let all: Vec<Leases> = alive.iter().map(|it| it.0.clone()).collect();
    let lives = alive.into_iter().map(|(leases, mut keeper, dies, stops, freezes, seed)| {
        let run = run.clone();
        let life = async move {
            let done = tokio::select! {
                () = keeper.run() => false,
                () = writer(leases, run, seed) => false,
                () = sleep_until(dies) => true,
            };
            // Some are stopped, the others killed.
            if done && stops && dies < end {
                keeper.hand_over().await;
            }
        };
        Freezing::new(life, freezes)
    });
    let lives = futures::future::join_all(lives);
    let last_look = sleep_until(end + CALM - Duration::from_millis(1));
    let mut lives = std::pin::pin!(lives);
    let mut violations = Vec::new();
    tokio::select! {
        _ = &mut lives => {}
        () = last_look => {
            for scope in SCOPES {
                let ours = |it: &&Leases| it.view().scopes[scope].holding == Holding::Ours;
                let holders = held.iter().filter(ours).count();
                if holders != 1 {
                    violations.push(format!("L9: {holders} hold {scope} after two leases of calm"));
                }
            }
        }
    }
    let writes = std::mem::take(&mut *run.writes.lock().unwrap_or_else(PoisonError::into_inner));
    let shelf = run.shelf.lock().unwrap_or_else(PoisonError::into_inner);
    violations.extend(shelf.violations.iter().cloned());
    let many = writes.len();
    violations.extend(judge(writes));
    let taken = all.iter().flat_map(|it| it.counts().into_values()).map(|it| it.taken).sum();
    Outcome { violations, writes: many, takeovers: taken }
}

fn random(dice: &mut Dice, below: u64) -> Duration {
    Duration::from_millis(dice.below(below * 1000))
}
