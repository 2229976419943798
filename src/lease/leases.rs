//! What this process holds now, for everything that writes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use super::{
    clock::Clock,
    state::{Lease, Moment, Tenure, Turn, Watched},
    terms::Terms,
    untenured::Untenured,
};

/// The leases of a process; clones share them.
#[derive(Clone)]
pub struct Leases(Arc<Shared>);

struct Shared {
    owner: String,
    terms: Terms,
    clock: Box<dyn Clock>,
    board: Mutex<Board>,
    news: Arc<Notify>,
}

impl fmt::Debug for Leases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leases").field("owner", &self.0.owner).finish_non_exhaustive()
    }
}

/// What is done with the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Access {
    /// Leases are renewed, taken and given back.
    Write,
    /// All are read.
    Read,
}

/// Why the table is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The error message.
    pub why: String,
    /// Since when.
    pub since: Moment,
}

/// How often something happened to leases of this process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Taken.
    pub taken: u64,
    /// Lost to somebody else, or let go because nothing moved.
    pub lost: u64,
}

/// All that is known.
#[derive(Debug, Default)]
pub(super) struct Board {
    pub(super) leases: BTreeMap<String, Watched>,
    /// Where something moved, and when that was last noted.
    pub(super) progress: BTreeMap<String, Moment>,
    /// When each lease was taken, by tokio's clock, as observations have it.
    acquired: BTreeMap<String, Instant>,
    /// Calls under way, by scope.
    flying: BTreeMap<String, usize>,
    /// When the last call began of which the outcome is unknown: it may still arrive.
    loose: BTreeMap<String, Moment>,
    /// What is wrong with reading and with writing: what can be read cannot always be written.
    troubles: BTreeMap<Access, Trouble>,
    pub(super) counts: BTreeMap<String, Counts>,
    /// Whether the scopes are those of a command.
    fixed: bool,
}

impl Board {
    /// What is wrong with the table, the worse first.
    pub(super) fn trouble(&self) -> Option<&Trouble> {
        self.troubles.values().next()
    }
}

impl Leases {
    /// For a process with this name, which no other process has.
    pub fn new(owner: String, terms: Terms, clock: impl Clock + 'static) -> Self {
        let (board, news) = (Mutex::default(), Arc::default());
        Self(Arc::new(Shared { owner, terms, clock: Box::new(clock), board, news }))
    }

    /// The name of this process.
    pub fn owner(&self) -> &str {
        &self.0.owner
    }

    /// The times that leases keep to.
    pub fn terms(&self) -> &Terms {
        &self.0.terms
    }

    /// The moment by the clock of leases.
    pub fn now(&self) -> Moment {
        self.0.clock.now()
    }

    /// Notified when a lease was taken or lost, or may be used again.
    pub fn news(&self) -> Arc<Notify> {
        Arc::clone(&self.0.news)
    }

    pub(super) fn board(&self) -> MutexGuard<'_, Board> {
        self.0.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on these are the scopes, unless they are fixed. What is held of others is let go:
    /// it is not renewed.
    pub fn follow<'s>(&self, scopes: impl IntoIterator<Item = &'s String>) {
        let now = self.now();
        let mut board = self.board();
        if board.fixed {
            return;
        }
        let mut before = std::mem::take(&mut board.leases);
        for scope in scopes {
            let known = before.remove(scope).unwrap_or_default();
            board.leases.insert(scope.clone(), known);
            board.progress.entry(scope.clone()).or_insert(now);
        }
    }

    /// These are the scopes until the process ends: those that a command writes in.
    pub fn only(&self, scopes: &BTreeSet<String>) {
        self.follow(scopes);
        self.board().fixed = true;
    }

    /// Notes that work in a scope goes on.
    pub fn progresses(&self, scope: &str) {
        let now = self.now();
        self.board().progress.insert(scope.to_owned(), now);
    }

    /// Whether a call that changes something in a scope may be sent now; the fence if it may.
    ///
    /// # Errors
    /// Why it may not.
    pub fn allow(&self, scope: &str) -> Result<u64, Untenured> {
        let now = self.now();
        let board = self.board();
        let watched = board.leases.get(scope).ok_or(Untenured::Unread)?;
        match &watched.lease {
            Lease::Ours(_) if watched.is_doubted() => Err(Untenured::Unread),
            Lease::Ours(tenure) if self.has_time(tenure, now) => Ok(tenure.record.fence),
            Lease::Ours(_) => Err(Untenured::TimeShort),
            Lease::Unread => Err(Untenured::Unread),
            Lease::Free { .. } => Err(Untenured::Free),
            Lease::Others { record, .. } => {
                let by = record.owner.clone();
                let expired = watched.is_expired(self.0.terms.duration, now);
                Err(if expired { Untenured::Expired { by } } else { Untenured::Held { by } })
            }
        }
    }

    pub(super) fn has_time(&self, tenure: &Tenure, now: Moment) -> bool {
        tenure.left(now) > self.0.terms.needed
    }

    /// When the lease of a scope was taken, if this process holds it: what was observed before may
    /// have been changed by the process that held it then.
    pub fn acquired(&self, scope: &str) -> Option<Instant> {
        self.board().acquired.get(scope).copied()
    }

    /// All of [`Self::acquired`].
    pub fn all_acquired(&self) -> BTreeMap<String, Instant> {
        self.board().acquired.clone()
    }

    /// Notes that a call that changes something is sent. Until its answer is known it may arrive
    /// at any moment, and the lease is not given back.
    pub fn flies(&self, scope: &str) -> Flight {
        let begun = self.now();
        *self.board().flying.entry(scope.to_owned()).or_default() += 1;
        Flight { leases: self.clone(), scope: scope.to_owned(), begun, landed: false }
    }

    /// Whether a call in a scope may still arrive.
    pub(super) fn may_land(&self, board: &Board, scope: &str, now: Moment) -> bool {
        let flying = board.flying.get(scope).is_some_and(|count| *count > 0);
        let loose = board.loose.get(scope).is_some_and(|at| now < *at + self.0.terms.duration);
        flying || loose
    }

    /// How often leases were taken and lost, by scope.
    pub fn counts(&self) -> BTreeMap<String, Counts> {
        self.board().counts.clone()
    }

    /// What is wrong with the table.
    pub fn trouble(&self) -> Option<Trouble> {
        self.board().trouble().cloned()
    }

    /// Takes note of what became known of a lease, in the log too.
    pub(super) fn note(&self, board: &mut Board, scope: &str, turn: &Turn) {
        let counts = board.counts.entry(scope.to_owned()).or_default();
        match turn {
            Turn::None => return,
            Turn::Taken => {
                counts.taken += 1;
                board.acquired.insert(scope.to_owned(), Instant::now());
                let now = self.now();
                board.progress.insert(scope.to_owned(), now);
                let fence = board.leases.get(scope).and_then(Watched::ours);
                let fence = fence.map(|tenure| tenure.record.fence);
                tracing::info!(
                    target: "palisade::audit",
                    event = "lease_taken",
                    scope,
                    fence,
                    owner = self.owner(),
                    "the lease of scope {scope} is taken"
                );
            }
            Turn::Lost { by } => {
                counts.lost += 1;
                board.acquired.remove(scope);
                let to = by.as_deref().unwrap_or("nobody");
                tracing::warn!(
                    target: "palisade::audit",
                    event = "lease_lost",
                    scope,
                    by = by.as_deref(),
                    owner = self.owner(),
                    "the lease of scope {scope} is lost; it belongs to {to} now"
                );
            }
        }
        self.0.news.notify_one();
    }

    /// Notes whether the table could be read, or written.
    pub(super) fn note_table(&self, access: Access, error: Option<String>) {
        let since = self.now();
        let mut board = self.board();
        let before = board.troubles.get(&access).map(|trouble| trouble.since);
        match (error, before) {
            (Some(why), Some(since)) => drop(board.troubles.insert(access, Trouble { why, since })),
            (Some(why), None) => {
                tracing::error!(
                    "the leases cannot be read or renewed: {why}; once their time is over, \
                     nothing is written"
                );
                board.troubles.insert(access, Trouble { why, since });
            }
            (None, Some(_)) => {
                board.troubles.remove(&access);
                tracing::info!("the leases can be read or renewed again");
            }
            (None, None) => {}
        }
    }
}

/// A call that changes something, from the moment it is sent. Dropped without an answer, it may
/// still arrive.
#[derive(Debug)]
pub struct Flight {
    leases: Leases,
    scope: String,
    begun: Moment,
    landed: bool,
}

impl Flight {
    /// It was answered.
    pub fn lands(mut self) {
        self.landed = true;
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut board = self.leases.board();
        if let Some(count) = board.flying.get_mut(&self.scope) {
            *count = count.saturating_sub(1);
        }
        if !self.landed {
            let at = board.loose.entry(self.scope.clone()).or_insert(Duration::ZERO);
            *at = (*at).max(self.begun);
        }
    }
}
