//! Reading AWS: identities first, then lookups and kinds of all scopes at once. A failure makes one kind
//! in one scope unknown, or one resource of it, and stops nothing else.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, stream};

use super::{defect::contained, scopes::Scopes};
use crate::{
    aws::{identity, lookup},
    kind::{Ask, Class, CloudError, Known, LookupKind, Population, Refs, Unread, erased::Registry},
    manifest::{Document, Presence},
    model::{Address, Observed, PhysicalId, ScopedKind, Seen},
    plan::Live,
};

/// Reads under way at once. AWS's read quotas are far above that (EC2: 20 calls a second sustained).
const CONCURRENCY: usize = 12;

/// What to observe.
pub(super) struct Wanted<'a> {
    pub(super) owner: &'a str,
    pub(super) registry: &'a Registry,
    pub(super) documents: &'a BTreeMap<Address, Document>,
    /// Kinds that had a manifest earlier in this process, by scope.
    pub(super) remembered: &'a BTreeSet<ScopedKind>,
    /// Whether to look for orphans of kinds that no manifest declares, too.
    pub(super) sweep: bool,
    /// What each address was last seen or created as in this process.
    pub(super) predecessors: &'a BTreeMap<Address, PhysicalId>,
    /// Organisations found earlier; what is kept of them never changes.
    pub(super) organizations: &'a BTreeMap<String, identity::Organization>,
}

/// The callers found, per scope.
pub(super) type Callers = BTreeMap<String, Result<identity::Caller, CloudError>>;

/// What was found.
pub(super) struct Observation {
    pub(super) live: Live,
    pub(super) callers: Callers,
    /// The accounts that manage organisations, by scope, as far as they were asked for.
    pub(super) managers: BTreeMap<String, String>,
    /// Whether the search for orphans of kinds that no manifest declares, if it was asked for, saw everything.
    pub(super) all_swept: bool,
}

/// Observes everything wanted.
pub(super) async fn observe(scopes: &Scopes, wanted: &Wanted<'_>) -> Observation {
    let used: BTreeSet<&str> = wanted
        .documents
        .keys()
        .map(|address| address.scope.as_str())
        .chain(wanted.remembered.iter().map(|at| at.scope.as_str()))
        .chain(scopes.facts().keys().map(String::as_str).filter(|_| wanted.sweep))
        .collect();
    let callers = callers(scopes, &used).await;
    let mut live = Live::default();
    let refused: BTreeMap<&str, String> = callers
        .iter()
        .filter_map(|(scope, caller)| Some((scope.as_str(), caller.as_ref().err()?.to_string())))
        .collect();
    lookups(scopes, wanted, &refused, &mut live).await;
    let managers = organizations(scopes, wanted, &refused, &mut live).await;
    let all_swept = kinds(scopes, wanted, &used, &refused, &mut live).await;
    Observation { live, callers, managers, all_swept }
}

/// The live identity of each scope; a wrong account is an error like any other.
async fn callers(scopes: &Scopes, used: &BTreeSet<&str>) -> Callers {
    let asked = stream::iter(used.iter().filter_map(|name| Some((*name, scopes.get(name)?))));
    asked
        .map(|(name, connected)| async move {
            let access = &connected.access;
            let caller = identity::caller(access).await.and_then(|caller| {
                if caller.account == access.facts.account {
                    return Ok(caller);
                }
                let message = format!(
                    "the credentials belong to account {}, the settings say {}",
                    caller.account, access.facts.account
                );
                Err(CloudError::new("sts:GetCallerIdentity", Class::Denied, message))
            });
            (name.to_owned(), caller)
        })
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await
}

async fn lookups(
    scopes: &Scopes,
    wanted: &Wanted<'_>,
    refused: &BTreeMap<&str, String>,
    live: &mut Live,
) {
    let mut asked: BTreeMap<(String, LookupKind), BTreeSet<String>> = BTreeMap::new();
    for document in wanted.documents.values() {
        for (kind, name) in &document.recorded.lookups {
            let key = (document.address.scope.clone(), *kind);
            asked.entry(key).or_default().extend(name.clone());
        }
    }
    let found: Vec<_> = stream::iter(asked)
        .map(|((scope, kind), names)| async move {
            let seen = match (refused.get(scope.as_str()), scopes.get(&scope)) {
                (Some(why), _) => Seen::Unknown(why.clone()),
                (None, None) => Seen::Unknown("there is no such scope".to_owned()),
                (None, Some(connected)) => {
                    seen(lookup::fetch(&connected.access, kind, &names).await)
                }
            };
            ((scope, kind), seen)
        })
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    live.lookups.extend(found);
}

async fn organizations(
    scopes: &Scopes,
    wanted: &Wanted<'_>,
    refused: &BTreeMap<&str, String>,
    live: &mut Live,
) -> BTreeMap<String, String> {
    let mut managers = BTreeMap::new();
    let asked: BTreeSet<&str> = wanted
        .documents
        .values()
        .filter(|document| document.recorded.organization)
        .map(|document| document.address.scope.as_str())
        .collect();
    for scope in asked {
        let found = match (wanted.organizations.get(scope), refused.get(scope), scopes.get(scope)) {
            (Some(known), ..) => Seen::All(known.clone()),
            (None, Some(why), _) => Seen::Unknown(why.clone()),
            (None, None, None) => continue,
            (None, None, Some(connected)) => seen(identity::organization(&connected.access).await),
        };
        let id = match found {
            Seen::All(organization) => {
                let managed = organization.management_account.map(|by| (scope.to_owned(), by));
                managers.extend(managed);
                Seen::All(organization.id)
            }
            Seen::Unknown(why) => Seen::Unknown(why),
        };
        live.organizations.insert(scope.to_owned(), id);
    }
    managers
}

/// Whether everything was seen.
async fn kinds(
    scopes: &Scopes,
    wanted: &Wanted<'_>,
    used: &BTreeSet<&str>,
    refused: &BTreeMap<&str, String>,
    live: &mut Live,
) -> bool {
    let (lookups, organizations) = (live.lookups.clone(), live.organizations.clone());
    let known = Known { lookups, organizations, ..Known::default() };
    let mut asks: BTreeMap<ScopedKind, Ask> = BTreeMap::new();
    asks.extend(wanted.remembered.iter().map(|at| (at.clone(), Ask::default())));
    for document in wanted.documents.values() {
        let ask = asks.entry(document.address.scoped_kind()).or_default();
        ask.names.insert(document.address.name.clone());
        if document.lifecycle.state == Presence::Present {
            ask.natural_keys.extend(natural_keys(document, scopes, wanted, &known));
            ask.remembered.extend(wanted.predecessors.get(&document.address).cloned());
        }
        ask.adopt.extend(document.lifecycle.adopt.clone());
    }
    let declared: BTreeSet<ScopedKind> = asks.keys().cloned().collect();
    if wanted.sweep {
        for scope in used {
            for kind in wanted.registry.iter().filter(|kind| kind.profile().sweep) {
                asks.entry(ScopedKind::new(*scope, kind.profile().name)).or_default();
            }
        }
    }
    let seen: Vec<_> = stream::iter(asks)
        .map(|(at, mut ask)| async move {
            wanted.owner.clone_into(&mut ask.owner);
            let seen = match (refused.get(at.scope.as_str()), scopes.port(&at.scope, &at.kind)) {
                (Some(why), _) => Seen::Unknown(why.clone()),
                (None, None) => Seen::Unknown("there is no such scope".to_owned()),
                (None, Some(port)) => seen(contained(port.observe(&ask)).await),
            };
            (at, parted(seen))
        })
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    let mut all_seen = true;
    for (key, (seen, unread)) in seen {
        all_seen &= seen.all().is_some() && unread.is_empty();
        // A kind that nobody declares and that may not be read either concerns nobody.
        let declared = declared.contains(&key);
        if !unread.is_empty() && (declared || seen.all().is_some_and(|whole| !whole.is_empty())) {
            live.unread.insert(key.clone(), unread);
        }
        if declared || seen.all().is_some() {
            live.seen.insert(key, seen);
        }
    }
    all_seen
}

/// What was read as a whole, and what of it could not be read.
fn parted<S>(seen: Seen<Population<S>>) -> (Seen<Vec<Observed<S>>>, Vec<Unread>) {
    match seen {
        Seen::All(Population { whole, unread }) => (Seen::All(whole), unread),
        Seen::Unknown(why) => (Seen::Unknown(why), Vec::new()),
    }
}

/// The names that would be a conflict, with this pass's lookups filled in: a group's name counts within its VPC,
/// and which one that is may only be known now.
fn natural_keys(
    document: &Document,
    scopes: &Scopes,
    wanted: &Wanted<'_>,
    known: &Known,
) -> Vec<String> {
    let Address { scope, kind, name } = &document.address;
    let looked_up = !document.recorded.lookups.is_empty();
    let resolved = match (&document.spec, scopes.facts().get(scope)) {
        (Some(spec), Some(facts)) if looked_up => {
            wanted.registry.resolve(kind, spec, &mut Refs::new(facts, name, known)).ok()
        }
        _ => None,
    };
    resolved.map_or_else(|| document.natural_keys.clone(), |resolved| resolved.natural_keys)
}

fn seen<T>(result: Result<T, CloudError>) -> Seen<T> {
    match result {
        Ok(value) => Seen::All(value),
        Err(error) => Seen::Unknown(error.to_string()),
    }
}
