//! What reads the queues of events: one task for each scope that has one now.

use std::{collections::BTreeMap, sync::Arc};

use futures::{
    StreamExt as _,
    future::{AbortHandle, abortable},
    stream::FuturesUnordered,
};
use tokio::sync::watch;

use super::{scopes::Connected, share::while_held};
use crate::{
    aws::queue::{Queue, records},
    events::{Hub, Lookup, Wanted, beats, poll},
    lease::Leases,
    settings::EventQueue,
};

/// The queues that are read, by scope.
pub(super) type Inboxes = BTreeMap<String, Inbox>;

/// The queue of a scope, and what reads it.
#[derive(Clone)]
pub(super) struct Inbox {
    connected: Arc<Connected>,
    events: EventQueue,
    queue: Queue,
}

impl Inbox {
    pub(super) fn new(connected: &Arc<Connected>, events: &EventQueue) -> Self {
        let queue = Queue::of(&connected.access, &events.queue_url, &events.region);
        Self { connected: Arc::clone(connected), events: events.clone(), queue }
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.connected, &other.connected) && self.events == other.events
    }

    /// Reads it, and never returns.
    async fn read(self, hub: Hub, scope: String) {
        let access = &self.connected.access;
        let beating = async {
            match self.events.heartbeat {
                Some(every) => beats(&hub, &scope, access, &self.events.region, every).await,
                None => std::future::pending().await,
            }
        };
        tokio::join!(poll(&hub, &scope, access, &self.queue), beating);
    }
}

/// What reads the queues of an engine.
pub struct Listener {
    hub: Hub,
    inboxes: watch::Receiver<Inboxes>,
    /// Where processes share the scopes, only who holds a scope takes messages off its queue.
    leases: Option<Leases>,
}

impl Listener {
    pub(super) fn new(hub: Hub, inboxes: watch::Receiver<Inboxes>) -> Self {
        Self { hub, inboxes, leases: None }
    }

    pub(super) fn sharing(self, leases: Option<Leases>) -> Self {
        Self { leases, ..self }
    }

    /// Reads the queues of all scopes that there are, and never returns: it begins with one that
    /// joins a set, and ends with one that leaves it.
    pub async fn run(self) {
        let readers = read_all(&self.hub, self.leases.as_ref(), self.inboxes.clone());
        tokio::join!(readers, self.look_up());
    }

    /// Asks CloudTrail itself, one question after the other: it takes its time.
    async fn look_up(&self) {
        loop {
            let Lookup { scope, what } = self.hub.next_lookup().await;
            let Some(Inbox { connected, queue, .. }) = self.inboxes.borrow().get(&scope).cloned()
            else {
                continue;
            };
            let access = &connected.access;
            let found = match what {
                Wanted::Record { id, is_due } => {
                    let found = queue.record(access, &id).await;
                    if is_due && matches!(found, Ok(None)) {
                        // Whoever wrote this message made it up.
                        self.hub.deny(&scope, &id);
                    }
                    found.map(|it| it.into_iter().collect())
                }
                Wanted::Service { service, since, until } => {
                    let Some(region) = self.hub.recorded_in(&scope, &service) else { continue };
                    records(access, &region, &service, (since, until)).await
                }
            };
            match found {
                Ok(records) => {
                    for record in records {
                        self.hub.confirm(&scope, &record, access.epoch_seconds());
                    }
                }
                Err(error) => {
                    tracing::debug!(scope, "the records of calls were not looked up: {error}");
                }
            }
        }
    }
}

/// Reads what is in the list, as it changes.
async fn read_all(hub: &Hub, leases: Option<&Leases>, mut list: watch::Receiver<Inboxes>) {
    let mut readers = FuturesUnordered::new();
    let mut known: BTreeMap<String, (Inbox, AbortHandle)> = BTreeMap::new();
    loop {
        let wanted = list.borrow_and_update().clone();
        known.retain(|scope, (inbox, handle)| {
            let stays = wanted.get(scope).is_some_and(|it| it.is(inbox));
            if !stays {
                handle.abort();
            }
            stays
        });
        for (scope, inbox) in wanted {
            if known.contains_key(&scope) {
                continue;
            }
            let (read, of) = (inbox.clone(), scope.clone());
            let (reader, handle) = abortable(async move {
                let reads = || read.clone().read(hub.clone(), of.clone());
                while_held(leases, &of, reads).await;
            });
            readers.push(reader);
            known.insert(scope, (inbox, handle));
        }
        loop {
            tokio::select! {
                changed = list.changed() => match changed {
                    Ok(()) => break,
                    // The engine is gone, and with it what would take the hints.
                    Err(_) => return std::future::pending().await,
                },
                // One that was ended.
                Some(_) = readers.next() => {}
            }
        }
    }
}
