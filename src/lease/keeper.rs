//! Reads, renews, takes and gives back the leases of a process.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures::{StreamExt as _, stream};
use tokio_util::sync::CancellationToken;

use super::{
    leases::{Access, Board, Leases},
    share::{Appetite, Share},
    state::{Lease, Moment, Record, Watched},
    store::{Home, Written},
    terms::TABLE_CALL,
};
use crate::{kind::CloudError, model::pause::moment, settings::now};

/// The time between looks at what is due. That costs no call.
const TICK: Duration = Duration::from_secs(1);
/// The pause after a renewal that failed.
const AGAIN: Duration = Duration::from_secs(2);
/// Writes to the table under way at once.
const WIDTH: usize = 16;
/// The longest time that giving back the leases takes, when the process ends.
const FAREWELL: Duration = Duration::from_secs(2);

/// What keeps the leases of a process.
#[derive(Debug)]
pub struct Keeper {
    leases: Leases,
    home: Box<dyn Home>,
    appetite: Appetite,
    /// How many versions were made.
    versions: u64,
    /// When each lease was tried to be renewed.
    tried: BTreeMap<String, Moment>,
    /// When all were read.
    listed: Option<Moment>,
    /// Those of which the log says that they are not renewed, because nothing moves.
    hung: BTreeSet<String>,
}

/// A write to the table.
struct Write {
    scope: String,
    version: String,
    sort: Sort,
}

enum Sort {
    Create(Record),
    Take(Record, String),
    Renew(Record),
    Release(Record),
}

impl Keeper {
    /// Keeps these leases there.
    pub fn new(leases: Leases, home: impl Home + 'static, appetite: Appetite) -> Self {
        Self {
            leases,
            home: Box::new(home),
            appetite,
            versions: 0,
            tried: BTreeMap::new(),
            listed: None,
            hung: BTreeSet::new(),
        }
    }

    /// Keeps the leases until it is dropped.
    pub async fn run(&mut self) {
        loop {
            self.round().await;
            tokio::time::sleep(TICK).await;
        }
    }

    /// Keeps the leases until `end`, then gives them back.
    pub async fn run_until(mut self, end: CancellationToken) {
        // A round is not broken off: what became of its writes would not be known.
        while !end.is_cancelled() {
            self.round().await;
            tokio::select! {
                () = end.cancelled() => {}
                () = tokio::time::sleep(TICK) => {}
            }
        }
        self.hand_over().await;
    }

    /// Does what is due: renewals first; then all leases are read, and those taken that may be.
    pub async fn round(&mut self) {
        let renewals = self.renewals();
        self.write(renewals).await;
        // What was read some time ago says nothing of what others have taken since.
        if self.must_list() && self.list().await {
            let takes = self.takes();
            self.write(takes).await;
        }
    }

    /// Gives back what is held, but for scopes in which a call may still arrive: their leases
    /// expire.
    pub async fn hand_over(&mut self) {
        let releases = self.releases();
        let count = releases.len();
        if tokio::time::timeout(FAREWELL, self.write(releases)).await.is_err() {
            tracing::warn!("giving back {count} leases took too long; the rest expires");
        }
    }

    fn version(&mut self) -> String {
        self.versions += 1;
        format!("{}/{}", self.leases.owner(), self.versions)
    }

    fn record(&self, version: &str) -> Record {
        Record {
            owner: self.leases.owner().to_owned(),
            fence: 1,
            version: version.to_owned(),
            duration: self.leases.terms().duration,
            released: false,
            since: moment(now()),
        }
    }

    /// The renewals that are due. A scope in which nothing moves any more is left to others.
    fn renewals(&mut self) -> Vec<Write> {
        let (now, terms) = (self.leases.now(), *self.leases.terms());
        let mut due = Vec::new();
        let leases = self.leases.clone();
        let board = leases.board();
        for (scope, watched) in &board.leases {
            let Some(tenure) = watched.ours().filter(|_| !watched.is_doubted()) else { continue };
            if !moves(&board, scope, now, terms.patience) {
                if self.hung.insert(scope.clone()) {
                    tracing::error!(
                        scope,
                        "nothing has moved in scope {scope} for {} s: its lease is not renewed",
                        terms.patience.as_secs()
                    );
                }
                continue;
            }
            self.hung.remove(scope);
            // A failed renewal is repeated soon.
            let failed = self.tried.get(scope).filter(|tried| **tried > tenure.from);
            let next = failed.map_or(tenure.from + terms.renew, |tried| *tried + AGAIN);
            if now >= next {
                due.push((scope.clone(), tenure.record.clone()));
            }
        }
        drop(board);
        due.into_iter()
            .map(|(scope, held)| {
                let version = self.version();
                self.tried.insert(scope.clone(), now);
                Write { scope, version, sort: Sort::Renew(held) }
            })
            .collect()
    }

    fn takes(&mut self) -> Vec<Write> {
        let (leases, now) = (self.leases.clone(), self.leases.now());
        let board = leases.board();
        let share = Share {
            leases: &board.leases,
            owner: leases.owner(),
            terms: leases.terms(),
            appetite: self.appetite,
        };
        let wanted = share.wanted(now);
        // A scope in which nothing moves here is for others.
        let patience = leases.terms().patience;
        let wanted = wanted.into_iter().filter(|scope| moves(&board, scope, now, patience));
        let seen: Vec<_> = wanted.map(|scope| (seen(&board, &scope), scope)).collect();
        drop(board);
        let write = |(seen, scope): (Option<String>, String)| {
            let version = self.version();
            let record = self.record(&version);
            let sort = match seen {
                Some(seen) => Sort::Take(record, seen),
                None => Sort::Create(record),
            };
            Write { scope, version, sort }
        };
        seen.into_iter().map(write).collect()
    }

    fn releases(&mut self) -> Vec<Write> {
        let (leases, now) = (self.leases.clone(), self.leases.now());
        let board = leases.board();
        let ours = board.leases.iter().filter_map(|(scope, it)| Some((scope, it.ours()?)));
        let free = ours.filter(|(scope, _)| !leases.may_land(&board, scope, now));
        let free: Vec<_> =
            free.map(|(scope, tenure)| (scope.clone(), tenure.record.clone())).collect();
        drop(board);
        free.into_iter()
            .map(|(scope, held)| Write {
                scope,
                version: self.version(),
                sort: Sort::Release(held),
            })
            .collect()
    }

    /// Whether to read all leases now: once every third of the time between renewals, and at once
    /// when it is not known what became of one.
    fn must_list(&self) -> bool {
        let every = (self.leases.terms().renew / 3).max(TICK);
        let now = self.leases.now();
        let due = self.listed.is_none_or(|listed| now >= listed + every);
        due || self.leases.board().leases.values().any(Watched::must_be_read)
    }

    /// Reads all leases; whether that could be done.
    async fn list(&mut self) -> bool {
        let answer = in_time(self.home.list()).await;
        // Those who wait count from after the answer.
        let read = self.leases.now();
        self.listed = Some(read);
        match answer {
            Err(error) => {
                self.leases.note_table(Access::Read, Some(error));
                false
            }
            Ok(mut found) => {
                self.leases.note_table(Access::Read, None);
                let mut board = self.leases.board();
                let scopes: Vec<String> = board.leases.keys().cloned().collect();
                for scope in scopes {
                    let Some(watched) = board.leases.get_mut(&scope) else { continue };
                    let turn = watched.saw(found.remove(&scope), read);
                    self.leases.note(&mut board, &scope, &turn);
                }
                true
            }
        }
    }

    async fn write(&self, writes: Vec<Write>) {
        let writes = writes.into_iter().map(|write| self.one(write));
        stream::iter(writes).buffer_unordered(WIDTH).collect::<Vec<()>>().await;
    }

    async fn one(&self, Write { scope, version, sort }: Write) {
        // The time of a lease counts from before its write is sent.
        let begun = self.leases.now();
        if let Some(watched) = self.leases.board().leases.get_mut(&scope) {
            watched.sends(&version, begun);
            if matches!(sort, Sort::Release(_)) {
                watched.gives_up();
            }
        }
        let home = &self.home;
        let answer = match &sort {
            Sort::Create(new) => in_time(home.create(&scope, new)).await,
            Sort::Take(new, seen) => in_time(home.take(&scope, seen, new)).await,
            Sort::Renew(held) => in_time(home.renew(&scope, held, &version, false)).await,
            Sort::Release(held) => in_time(home.renew(&scope, held, &version, true)).await,
        };
        match answer {
            Ok(written) => {
                self.leases.note_table(Access::Write, None);
                self.learn(&scope, &version, written, begun);
            }
            Err(error) => {
                self.leases.note_table(Access::Write, Some(error));
                if let Some(watched) = self.leases.board().leases.get_mut(&scope) {
                    watched.unanswered();
                }
            }
        }
    }

    fn learn(&self, scope: &str, version: &str, written: Written, begun: Moment) {
        let now = self.leases.now();
        let mut board = self.leases.board();
        let Some(watched) = board.leases.get_mut(scope) else { return };
        match written {
            Written::Refused => watched.refused(version),
            Written::Done(record) => {
                let short = watched.ours().is_some_and(|it| !self.leases.has_time(it, now));
                let turn = watched.wrote(record, begun, now);
                self.leases.note(&mut board, scope, &turn);
                drop(board);
                if short {
                    self.leases.news().notify_one();
                }
            }
        }
    }
}

/// Whether something has moved in a scope within this time.
fn moves(board: &Board, scope: &str, now: Moment, patience: Duration) -> bool {
    let moved = board.progress.get(scope).copied().unwrap_or_default();
    now.saturating_sub(moved) <= patience
}

fn seen(board: &Board, scope: &str) -> Option<String> {
    match &board.leases.get(scope)?.lease {
        Lease::Others { record, .. } | Lease::Free { record: Some(record), .. } => {
            Some(record.version.clone())
        }
        _ => None,
    }
}

/// The calls have a limit of their own; this is for what hangs all the same.
async fn in_time<T>(call: impl Future<Output = Result<T, CloudError>>) -> Result<T, String> {
    match tokio::time::timeout(TABLE_CALL + TICK, call).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err("no answer within the time limit".to_owned()),
    }
}
