//! Takes claims off live resources and leaves everything else as it is: the opposite of adopting.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use tokio::time::Instant;

use super::{
    apply::{self, Audit, Terms},
    defect::contained,
    fresh::{Fresh, Generation},
    outcome::{Outcome, StepResult},
    scopes::Scopes,
};
use crate::{
    aws::{Brake, identity},
    kind::{
        Ask, Class, CloudError, Population,
        erased::{Edit, EditBody, Registry},
    },
    model::{
        Address, Observed, Ownership, PhysicalId,
        claim::{ADDRESS_TAG, DELETION_TAG, OWNER_TAG},
    },
    plan::{Action, Cause, Step, Verdict},
};

/// A resource whose claim can be taken off.
#[derive(Debug, Clone, PartialEq)]
pub struct Releasable {
    /// The address in its claim.
    pub address: Address,
    /// The resource.
    pub id: PhysicalId,
    step: Step,
}

/// What was found of the addresses.
#[derive(Debug, Default)]
pub struct Found {
    /// What can be released.
    pub releasable: Vec<Releasable>,
    /// Addresses that no resource carries.
    pub absent: BTreeSet<Address>,
    /// Addresses whose kind cannot carry a claim.
    pub unclaimable: BTreeSet<Address>,
    /// Addresses whose kind or scope could not be read.
    pub unread: BTreeMap<Address, CloudError>,
}

/// Finds the resources that carry the claims of these addresses.
pub async fn find(
    scopes: &Scopes,
    registry: &Registry,
    owner: &str,
    addresses: &BTreeSet<Address>,
) -> Found {
    let mut found = Found::default();
    for address in addresses {
        let Some(kind) = registry.get(&address.kind) else {
            found.absent.insert(address.clone());
            continue;
        };
        if !kind.profile().claimed.is_in_tags() {
            found.unclaimable.insert(address.clone());
            continue;
        }
        match claimed(scopes, registry, owner, address).await {
            Err(why) => drop(found.unread.insert(address.clone(), why)),
            Ok(all) if all.is_empty() => drop(found.absent.insert(address.clone())),
            Ok(all) => found.releasable.extend(all.into_iter().map(|live| {
                let (address, id) = (address.clone(), live.id.clone());
                Releasable { step: step(&address, live), address, id }
            })),
        }
    }
    found
}

/// The resources that carry the claim of an address.
async fn claimed(
    scopes: &Scopes,
    registry: &Registry,
    owner: &str,
    address: &Address,
) -> Result<Vec<Observed<serde_json::Value>>, CloudError> {
    let none = |why: &str| CloudError::new("palisade:Release", Class::Rejected, why);
    let connected = scopes.get(&address.scope).ok_or_else(|| none("there is no such scope"))?;
    let facts = &connected.access.facts;
    let caller = identity::caller(&connected.access).await?;
    if caller.account != facts.account {
        let why = format!(
            "the credentials belong to account {}, the settings say {}",
            caller.account, facts.account
        );
        return Err(CloudError::new("sts:GetCallerIdentity", Class::Denied, why));
    }
    let port = connected.port(registry, &address.kind).ok_or_else(|| none("no such kind"))?;
    let ask = Ask {
        owner: owner.to_owned(),
        names: BTreeSet::from([address.name.clone()]),
        ..Ask::default()
    };
    let Population { whole, unread, .. } = contained(port.observe(&ask)).await?;
    let is_meant = |live: &Observed<serde_json::Value>| {
        matches!(
            Ownership::read(&live.tags, owner),
            Ownership::Ours { address: own, .. } if own == *address
        )
    };
    let meant: Vec<_> = whole.into_iter().filter(is_meant).collect();
    match unread
        .into_iter()
        .find(|it| it.tags.is_none() || it.claim(owner).as_ref() == Some(address))
    {
        Some(unread) if meant.is_empty() => Err(unread.why),
        _ => Ok(meant),
    }
}

fn step(address: &Address, have: Observed<serde_json::Value>) -> Step {
    let keys = [OWNER_TAG, ADDRESS_TAG, DELETION_TAG];
    let there = keys.into_iter().filter(|key| have.tags.contains_key(*key)).map(str::to_owned);
    let keys: Vec<String> = there.collect();
    let summary = format!("remove tags {}", keys.join(", "));
    let edits = vec![Edit::of_tags("untag", summary, EditBody::Untag(keys))];
    let action = Action::Edit { have, edits };
    Step::new(address, None, Cause::Release, action, Verdict::Go)
}

/// Takes the claims off.
pub async fn release(
    scopes: &Scopes,
    registry: &Registry,
    brake: &Brake,
    found: &[Releasable],
) -> Vec<StepResult> {
    let generation = Generation::default();
    let fresh = Fresh {
        brake: brake.clone(),
        planned: generation.current(),
        generation,
        observed: Instant::now(),
        read: Instant::now(),
        readings: Arc::default(),
    };
    let steps: Vec<&Step> = found.iter().map(|it| &it.step).collect();
    let audit = Audit { pass: 0, revision: None };
    let again = BTreeSet::new();
    apply::apply(
        &steps,
        scopes,
        registry,
        Terms { fresh: &fresh, audit, again: &again, watcher: None },
    )
    .await
}

/// Whether every claim was taken off.
pub fn is_done(results: &[StepResult]) -> bool {
    results.iter().all(|result| matches!(result.outcome, Outcome::Done { .. }))
}
