//! The lease of one scope as one process knows it: what it has read, what it has sent, and when, by
//! its own clock. Nothing here waits or looks at a clock.

use std::time::Duration;

/// A moment of a process's own clock: the time since an origin that no other process knows.
pub type Moment = Duration;

/// The most writes without an answer that are remembered. Each of them has a version of its own,
/// and only the last few can still arrive.
const MOST_CLAIMS: usize = 32;

/// The item of a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The process that holds it, or held it before it was released.
    pub owner: String,
    /// How many times it was taken; it never goes back.
    pub fence: u64,
    /// A text that no other write of any process has.
    pub version: String,
    /// How long it lasts without a renewal.
    pub duration: Duration,
    /// Whether its owner has given it back.
    pub released: bool,
    /// When it was taken, by the clock of its owner: for people, and never compared.
    pub since: String,
}

/// What a process knows of the lease of a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lease {
    /// Nothing yet.
    Unread,
    /// Nobody holds it.
    Free {
        /// The item, if there is one.
        record: Option<Record>,
        /// When this was first known.
        since: Moment,
    },
    /// Somebody else holds it, or held it.
    Others {
        /// The item.
        record: Record,
        /// When this version was first known: after it had been read.
        since: Moment,
    },
    /// This process holds it.
    Ours(Tenure),
}

/// A lease that this process holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenure {
    /// The item as it was written last.
    pub record: Record,
    /// When the last renewal that certainly arrived was begun: its time counts from here.
    pub from: Moment,
    /// When it was known to be held: what was observed before may be outdated.
    pub since: Moment,
}

/// A write to a lease whose outcome is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The version that it writes.
    pub version: String,
    /// When it was begun.
    pub begun: Moment,
}

/// What became known of a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Nothing that matters.
    None,
    /// This process holds it now.
    Taken,
    /// This process does not hold it any more.
    Lost {
        /// Who does; `None` if nobody.
        by: Option<String>,
    },
}

impl Tenure {
    /// The time left, by the own clock.
    pub fn left(&self, now: Moment) -> Duration {
        (self.from + self.record.duration).saturating_sub(now)
    }
}

/// The lease of one scope, and the writes to it that may still arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// What is known of it.
    pub lease: Lease,
    claims: Vec<Claim>,
    doubt: Doubt,
}

/// How sure it is that nobody has changed a lease since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// As far as this process knows, nobody has.
    None,
    /// A write had no answer. Until the time of the lease is over nobody else takes it.
    Unsure,
    /// A write was refused, and it is not known yet why.
    Refused,
}

impl Default for Watched {
    fn default() -> Self {
        Self { lease: Lease::Unread, claims: Vec::new(), doubt: Doubt::None }
    }
}

impl Watched {
    /// The lease, if this process holds it.
    pub fn ours(&self) -> Option<&Tenure> {
        match &self.lease {
            Lease::Ours(tenure) => Some(tenure),
            _ => None,
        }
    }

    /// Notes that a write is sent: until it is known to have failed, it may arrive.
    pub fn sends(&mut self, version: &str, begun: Moment) {
        if self.claims.len() == MOST_CLAIMS {
            self.claims.remove(0);
        }
        self.claims.push(Claim { version: version.to_owned(), begun });
    }

    /// Gives it up, before the write that releases it is sent: from then on others may have it.
    pub fn gives_up(&mut self) {
        if self.ours().is_some() {
            self.lease = Lease::Unread;
        }
    }

    /// Whether it must be read before anything else.
    pub fn must_be_read(&self) -> bool {
        self.doubt != Doubt::None
    }

    /// Whether somebody has changed it, so that it may not be relied on.
    pub fn is_doubted(&self) -> bool {
        self.doubt == Doubt::Refused
    }

    /// The item as it was read; `read` is the moment after the answer.
    pub fn saw(&mut self, found: Option<Record>, read: Moment) -> Turn {
        self.doubt = Doubt::None;
        let claim = |record: &Record| {
            self.claims.iter().find(|claim| claim.version == record.version && !record.released)
        };
        match (&self.lease, found) {
            (Lease::Ours(tenure), Some(record)) if tenure.record.version == record.version => {
                // A renewal without an answer has not arrived, but still may.
                Turn::None
            }
            (_, Some(record)) if claim(&record).is_some() => {
                let begun = claim(&record).map_or(read, |claim| claim.begun);
                self.holds(record, begun, read)
            }
            (before, Some(record)) => {
                let by = (!record.released).then(|| record.owner.clone());
                let turn = lost(before, by);
                self.lease = match (before, record.released) {
                    (Lease::Free { record: Some(known), since }, true)
                        if known.version == record.version =>
                    {
                        Lease::Free { record: Some(record), since: *since }
                    }
                    (Lease::Others { record: known, since }, false)
                        if known.version == record.version =>
                    {
                        Lease::Others { record, since: *since }
                    }
                    (_, true) => Lease::Free { record: Some(record), since: read },
                    (_, false) => Lease::Others { record, since: read },
                };
                turn
            }
            (before, None) => {
                let turn = lost(before, None);
                let since = match before {
                    Lease::Free { record: None, since } => *since,
                    _ => read,
                };
                self.lease = Lease::Free { record: None, since };
                turn
            }
        }
    }

    /// A write that was begun then is certain to have arrived, as the last one.
    pub fn wrote(&mut self, record: Record, begun: Moment, now: Moment) -> Turn {
        if record.released {
            self.claims.clear();
            self.lease = Lease::Free { record: Some(record), since: now };
            return Turn::None;
        }
        self.holds(record, begun, now)
    }

    /// A write had no answer, and may arrive at any moment: what became of it must be read.
    pub fn unanswered(&mut self) {
        if self.doubt == Doubt::None {
            self.doubt = Doubt::Unsure;
        }
    }

    /// A write was refused, so it never arrives.
    pub fn refused(&mut self, version: &str) {
        self.claims.retain(|claim| claim.version != version);
        self.doubt = Doubt::Refused;
    }

    fn holds(&mut self, record: Record, begun: Moment, now: Moment) -> Turn {
        // What was sent before demanded a version that never comes back.
        self.claims.clear();
        self.doubt = Doubt::None;
        let (turn, since) = match &self.lease {
            Lease::Ours(tenure) if tenure.record.fence == record.fence => {
                (Turn::None, tenure.since)
            }
            _ => (Turn::Taken, now),
        };
        self.lease = Lease::Ours(Tenure { record, from: begun, since });
        turn
    }

    /// Whether somebody else's lease is over: its version has been the same for its whole duration,
    /// or for the own one if that is longer.
    pub fn is_expired(&self, own: Duration, now: Moment) -> bool {
        match &self.lease {
            Lease::Others { record, since } => now >= *since + record.duration.max(own),
            _ => false,
        }
    }
}

fn lost(before: &Lease, by: Option<String>) -> Turn {
    match before {
        Lease::Ours(_) => Turn::Lost { by },
        _ => Turn::None,
    }
}
