//! The leases of a process: kept by `run`, and taken by commands that write.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::bail;
use tokio::time::Instant;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::output;
use crate::{
    aws::{Brake, Connection, Guard},
    engine::Report,
    lease::{Appetite, Holding, Home as _, InTable, Keeper, LeaseView, Leases, LeasesView},
    settings::{LeaseSettings, Settings},
};

/// A process that ends waits at most this long for its leases to be given back; otherwise they
/// expire.
const FAREWELL: Duration = Duration::from_secs(3);
/// The time between looks at leases that a command waits for.
const LOOK: Duration = Duration::from_secs(1);

/// Leases that are kept.
#[derive(Debug)]
pub(super) struct Kept {
    leases: Leases,
    end: CancellationToken,
    task: AbortOnDropHandle<()>,
}

impl Kept {
    /// Gives them back. What was held before the calls in flight were answered expires instead.
    async fn end(self) {
        self.end.cancel();
        if tokio::time::timeout(FAREWELL, self.task).await.is_err() {
            output::note("the leases could not be given back; they expire");
        }
    }
}

/// Keeps leases on its own, because a pass that plans for seconds must not delay it.
#[expect(clippy::disallowed_methods, reason = "its handle ends it when it is dropped")]
fn kept(leases: &Leases, keeper: Keeper) -> Kept {
    let end = CancellationToken::new();
    let task = AbortOnDropHandle::new(tokio::spawn(keeper.run_until(end.clone())));
    Kept { leases: leases.clone(), end, task }
}

fn home(settings: &LeaseSettings, owner: &str, connection: &Connection) -> InTable {
    InTable::new(connection.table(&settings.table.name, &settings.table.region), owner)
}

/// Keeps the share of `run`, if the settings say that processes share the scopes.
pub(super) fn keep(settings: &Settings, brake: &Brake, own: Option<&Connection>) -> Option<Kept> {
    let (leases, own) = (brake.leases()?, own?);
    leases.follow(settings.scopes.keys());
    let home = home(settings.leases.as_ref()?, &settings.owner, own);
    tracing::info!(owner = leases.owner(), "processes share the scopes");
    Some(kept(leases, Keeper::new(leases.clone(), home, Appetite::Share)))
}

/// Takes the leases of these scopes for a command. Of a process that has died it waits until they
/// expire.
///
/// # Errors
/// Another process holds one and goes on renewing it, or the table cannot be read.
pub(super) async fn take(
    settings: &Settings,
    brake: &Brake,
    scopes: BTreeSet<String>,
) -> anyhow::Result<Option<Kept>> {
    let (Some(leases), Some(given)) = (brake.leases(), &settings.leases) else { return Ok(None) };
    leases.only(&scopes);
    let connection = Connection::ambient(Guard::keeping()).await.of(&settings.owner);
    let home = home(given, &settings.owner, &connection);
    let kept = kept(leases, Keeper::new(leases.clone(), home, Appetite::All));
    let waited = wait(leases, given.terms.duration + given.terms.renew).await;
    match waited {
        Ok(()) => Ok(Some(kept)),
        Err(why) => {
            kept.end().await;
            Err(why)
        }
    }
}

/// Waits until all leases are held, or one is renewed by somebody else.
async fn wait(leases: &Leases, longest: Duration) -> anyhow::Result<()> {
    let deadline = Instant::now() + longest + LOOK * 5;
    let mut first: BTreeMap<String, String> = BTreeMap::new();
    loop {
        let (view, mut versions) = (leases.view(), leases.versions());
        if missing(&view).next().is_none() {
            return Ok(());
        }
        for (scope, lease) in missing(&view).filter(|(_, it)| it.holding == Holding::Others) {
            let owner = lease.owner.as_deref().unwrap_or("somebody");
            let Some(version) = versions.remove(scope).flatten() else { continue };
            match first.get(scope) {
                Some(before) if *before != version => bail!(
                    "the lease of scope {scope} is held by {owner}, which is at work: let it do \
                     this, or stop it"
                ),
                Some(_) => {}
                None => {
                    output::note(format_args!(
                        "{owner} held the lease of scope {scope}; waiting whether it still does"
                    ));
                    first.insert(scope.clone(), version);
                }
            }
        }
        if Instant::now() >= deadline {
            let why = view.trouble.unwrap_or_else(|| "somebody else was faster".to_owned());
            bail!("the leases could not be taken: {why}");
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn missing(view: &LeasesView) -> impl Iterator<Item = (&String, &LeaseView)> {
    view.scopes.iter().filter(|(_, it)| it.holding != Holding::Ours)
}

/// Gives back the leases of a command.
///
/// # Errors
/// One was lost meanwhile, so that not everything was done.
pub(super) async fn give_back(kept: Option<Kept>) -> anyhow::Result<()> {
    let Some(kept) = kept else { return Ok(()) };
    let counts = kept.leases.counts();
    kept.end().await;
    match counts.iter().find(|(_, counts)| counts.lost > 0) {
        None => Ok(()),
        Some((scope, _)) => bail!(
            "the lease of scope {scope} was lost to another process meanwhile; run the command \
             again"
        ),
    }
}

/// Ends keeping the leases of `run`.
pub(super) async fn hand_over(kept: Option<Kept>) {
    if let Some(kept) = kept {
        kept.end().await;
    }
}

/// Notes which processes write in the scopes that a plan is about: a plan needs no lease.
pub(super) async fn note_holders(settings: &Settings, report: &Report) {
    let Some(given) = &settings.leases else { return };
    let scopes: BTreeSet<&String> = report.plan.steps.iter().map(|it| &it.address.scope).collect();
    if scopes.is_empty() {
        return;
    }
    let connection = Connection::ambient(Guard::read_only()).await.of(&settings.owner);
    match home(given, &settings.owner, &connection).list().await {
        Err(error) => output::note(format_args!("who writes in the scopes is not known: {error}")),
        Ok(found) => {
            for scope in scopes {
                // Whether it is alive is not known after one look.
                if let Some(record) = found.get(scope).filter(|record| !record.released) {
                    let owner = &record.owner;
                    output::note(format_args!("scope {scope}: {owner} holds the lease, or did"));
                }
            }
        }
    }
}
