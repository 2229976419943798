//! Reads everything of the kinds that are asked for: the only part of an import that waits.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use serde_json::Value;

use crate::{
    aws::{identity, lookup},
    engine::Scopes,
    kind::{
        Ask, Class, CloudError, LookupItem, LookupKind, Population, ScopeFacts, erased::Registry,
    },
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

/// Reads these kinds in these scopes, whoever owns the resources.
pub async fn everything(
    scopes: &Scopes,
    registry: &Registry,
    owner: &str,
    (names, kinds): (&BTreeSet<String>, &BTreeSet<&'static str>),
    progress: &dyn Progress,
) -> Vec<Scope> {
    progress.begin(names.len() * kinds.len());
    let all = names.iter().filter_map(|name| Some((scopes.get(name)?, scopes.facts().get(name)?)));
    let all = all.map(|(connected, facts)| async move {
        let caller = match identity::caller(&connected.access).await {
            Ok(caller) if caller.account == facts.account => Ok(()),
            Ok(caller) => {
                let (is, says) = (caller.account, &facts.account);
                let why =
                    format!("the credentials belong to account {is}, the settings say {says}");
                Err(CloudError::new("sts:GetCallerIdentity", Class::Denied, why))
            }
            Err(error) => Err(error),
        };
        let known = registry.iter().map(|kind| kind.profile().name);
        let reads = known.filter(|kind| kinds.contains(kind)).map(|kind| {
            let caller = caller.clone();
            async move {
                let ask = Ask { owner: owner.to_owned(), everything: true, ..Ask::default() };
                let read = match (caller, connected.port(registry, kind)) {
                    (Err(why), _) => Err(why),
                    (Ok(()), Some(port)) => port.observe(&ask).await,
                    (Ok(()), None) => {
                        Err(CloudError::new("palisade:Connect", Class::Rejected, "no such kind"))
                    }
                };
                progress.step(&facts.name, kind);
                (kind, read)
            }
        });
        let kinds = join_all(reads).await.into_iter().collect();
        Scope { facts: facts.clone(), kinds }
    });
    join_all(all).await
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

/// The id of a scope's organization; none where it has none, or it cannot be read.
pub async fn organization(scopes: &Scopes, scope: &str) -> Option<String> {
    let connected = scopes.get(scope)?;
    identity::organization(&connected.access).await.ok().map(|organization| organization.id)
}

/// The places of a scope's organization by id: `root`, or the path of a unit.
pub async fn places(scopes: &Scopes, scope: &str) -> BTreeMap<String, String> {
    match scopes.get(scope) {
        Some(connected) => lookup::every_place(&connected.access).await.unwrap_or_default(),
        None => BTreeMap::new(),
    }
}
