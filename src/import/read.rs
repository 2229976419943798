//! Reads everything of the kinds that are asked for: the only part of an import that waits.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use serde_json::Value;

use super::journal::Journal;
use crate::{
    aws::{identity, lookup},
    engine::{Connected, Scopes},
    kind::{
        Ask, Class, CloudError, LookupItem, LookupKind, Population, ScopeFacts, erased::Registry,
    },
    model::{Observed, PhysicalId},
};

/// Is told how far the reading is.
pub trait Progress: Send + Sync {
    /// So many kinds of so many scopes are going to be read.
    fn begin(&self, all: usize);
    /// One of them has been read.
    fn step(&self, scope: &str, kind: &str);
}

/// What was read of one scope.
#[derive(Debug)]
pub struct Scope {
    /// Its account and Region.
    pub facts: ScopeFacts,
    /// By kind.
    pub kinds: BTreeMap<&'static str, Result<Population<Value>, CloudError>>,
}

/// What is going to be read.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Who asks, as claims name him.
    pub owner: &'a str,
    /// The scopes.
    pub scopes: &'a BTreeSet<String>,
    /// The kinds.
    pub kinds: &'a BTreeSet<&'static str>,
}

/// What is kept of a kind that was read without a gap.
type Whole = (Vec<Observed<Value>>, BTreeSet<PhysicalId>);

/// Reads these kinds in these scopes, whoever owns the resources.
pub async fn everything(
    scopes: &Scopes,
    registry: &Registry,
    asked: Asked<'_>,
    journal: &Journal,
    progress: &dyn Progress,
) -> Vec<Scope> {
    progress.begin(asked.scopes.len() * asked.kinds.len());
    let all = asked.scopes.iter();
    let all = all.filter_map(|name| Some((scopes.get(name)?, scopes.facts().get(name)?)));
    let all = all.map(|(connected, facts)| async move {
        let known = registry.iter().map(|kind| kind.profile().name);
        let mut kinds = BTreeMap::new();
        let mut missing = Vec::new();
        for kind in known.filter(|kind| asked.kinds.contains(kind)) {
            match journal.kept::<Whole>(facts, kind) {
                Some((whole, others)) => {
                    kinds.insert(kind, Ok(Population { whole, others, unread: Vec::new() }));
                    progress.step(&facts.name, kind);
                }
                None => missing.push(kind),
            }
        }
        let caller = if missing.is_empty() { Ok(()) } else { caller(connected, facts).await };
        let reads = missing.into_iter().map(|kind| {
            let caller = caller.clone();
            async move {
                let owner = asked.owner.to_owned();
                let ask = Ask { owner, everything: true, ..Ask::default() };
                let read = match (caller, connected.port(registry, kind)) {
                    (Err(why), _) => Err(why),
                    (Ok(()), Some(port)) => port.observe(&ask).await,
                    (Ok(()), None) => {
                        Err(CloudError::new("palisade:Connect", Class::Rejected, "no such kind"))
                    }
                };
                if let Ok(Population { whole, others, unread }) = &read
                    && unread.is_empty()
                {
                    journal.keep(facts, kind, &(whole, others));
                }
                progress.step(&facts.name, kind);
                (kind, read)
            }
        });
        kinds.extend(join_all(reads).await);
        Scope { facts: facts.clone(), kinds }
    });
    join_all(all).await
}

/// Whether the credentials are those of the scope's account.
async fn caller(connected: &Connected, facts: &ScopeFacts) -> Result<(), CloudError> {
    let caller = identity::caller(&connected.access).await?;
    if caller.account == facts.account {
        return Ok(());
    }
    let (is, says) = (caller.account, &facts.account);
    let why = format!("the credentials belong to account {is}, the settings say {says}");
    Err(CloudError::new("sts:GetCallerIdentity", Class::Denied, why))
}

/// What lookups of a kind can find in a scope; nothing where it cannot be read, so that ids are
/// written.
pub async fn lookups(
    scopes: &Scopes,
    scope: &str,
    kind: LookupKind,
    names: &BTreeSet<String>,
) -> Result<Vec<LookupItem>, CloudError> {
    match scopes.get(scope) {
        Some(connected) => lookup::fetch(&connected.access, kind, names).await,
        None => Ok(Vec::new()),
    }
}

/// The same of a kind of which everything has a name; nothing where it cannot be read.
pub async fn named(
    scopes: &Scopes,
    facts: &ScopeFacts,
    kind: LookupKind,
    journal: &Journal,
) -> Vec<LookupItem> {
    let what = format!("lookup {kind:?}");
    if let Some(items) = journal.kept(facts, &what) {
        return items;
    }
    let Ok(items) = lookups(scopes, &facts.name, kind, &BTreeSet::new()).await else {
        return Vec::new();
    };
    journal.keep(facts, &what, &items);
    items
}

/// The id of a scope's organization; none where it has none, or it cannot be read.
pub async fn organization(
    scopes: &Scopes,
    facts: &ScopeFacts,
    journal: &Journal,
) -> Option<String> {
    const WHAT: &str = "organization";
    if let Some(id) = journal.kept(facts, WHAT) {
        return Some(id);
    }
    let connected = scopes.get(&facts.name)?;
    let organization = identity::organization(&connected.access).await.ok()?;
    journal.keep(facts, WHAT, &organization.id);
    Some(organization.id)
}

/// The places of a scope's organization by id: `root`, or the path of a unit.
pub async fn places(
    scopes: &Scopes,
    facts: &ScopeFacts,
    journal: &Journal,
) -> BTreeMap<String, String> {
    const WHAT: &str = "places";
    if let Some(places) = journal.kept(facts, WHAT) {
        return places;
    }
    let Some(connected) = scopes.get(&facts.name) else { return BTreeMap::new() };
    let Ok(places) = lookup::every_place(&connected.access).await else { return BTreeMap::new() };
    journal.keep(facts, WHAT, &places);
    places
}
