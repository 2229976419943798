//! Multi-Region keys: one id in several Regions, with one key material and a policy, aliases, tags
//! and state each (KMS developer guide, "Multi-Region keys").

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{
    deletion::DAY,
    family::Family,
    key::{Key, KeyState},
    keys::accepted_policy,
    reference::not_found,
    store::{Kms, Request},
    tags,
};
use crate::simulator::{
    json::tag_list,
    service::{Answer, ApiError, Caller, arn_of},
};

impl Kms {
    /// ReplicateKey: called in the Region of the primary key.
    pub(super) fn replicate(&mut self, request: &mut Request<'_, '_>) -> Answer {
        let (account, here) = (request.caller.account.clone(), request.caller.region.clone());
        let there = request.name("ReplicaRegion", 32)?.to_owned();
        let source = self.stores.entry((account.clone(), here.clone())).or_default().now();
        let primary = source.key(request)?.clone();
        primary.require_enabled()?;
        let Some(family) = primary.family.as_ref().filter(|_| !primary.is_replica()) else {
            let message = format!("{} is not a multi-Region primary key.", primary.arn);
            return Err(ApiError::new("UnsupportedOperationException", message));
        };
        if there == here {
            let message = "The replica Region must differ from the Region of the primary key";
            return Err(ApiError::new("ValidationException", message));
        }
        if family.replicas.contains(&there) {
            let message = format!("A replica of {} already exists in {there}.", primary.id);
            return Err(ApiError::new("AlreadyExistsException", message));
        }
        let mut family = family.clone();
        family.replicas.insert(there.clone());
        let replica = new_replica(&primary, &there, request)?;
        let place = Caller { region: there.clone(), ..request.caller.clone() };
        let store = self.stores.entry((account.clone(), there)).or_default();
        store.write(&place, request.context).keys.insert(replica.id.clone(), replica.clone());
        self.set_family(&account, &primary.id, &family);
        let shown = Key { family: Some(family), ..replica };
        let tags = tag_list(&shown.tags, "TagKey", "TagValue").into_iter();
        let tags: Vec<_> = tags.map(|(_, tag)| tag).collect();
        Ok(json!({
            "ReplicaKeyMetadata": shown.metadata(), "ReplicaPolicy": shown.policy,
            "ReplicaTags": tags,
        }))
    }

    fn set_family(&mut self, account: &str, id: &str, family: &Family) {
        let stores = self.stores.iter_mut().filter(|((owner, _), _)| owner == account);
        for (_, store) in stores {
            store.settle(std::time::Duration::ZERO, |state| {
                if let Some(key) = state.keys.get_mut(id) {
                    key.family = Some(family.clone());
                }
            });
        }
    }

    /// Replicas that were deleted leave their family. The waiting period of a primary key that is
    /// pending the deletion of its replicas begins with that of the last one.
    pub(super) fn settle_families(&mut self, now: f64) {
        let mut there: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        let mut known = BTreeMap::new();
        for ((account, region), store) in &self.stores {
            for key in store.now().keys.values() {
                let Some(family) = &key.family else { continue };
                let name = (account.clone(), key.id.clone());
                there.entry(name.clone()).or_default().insert(region.clone());
                known.insert(name, family.clone());
            }
        }
        for ((account, id), mut family) in known {
            let all = &there[&(account.clone(), id.clone())];
            if family.replicas.is_subset(all) {
                continue;
            }
            family.replicas.retain(|region| all.contains(region));
            self.set_family(&account, &id, &family);
            let place = (account.clone(), family.primary.clone());
            let Some(store) = self.stores.get_mut(&place).filter(|_| family.replicas.is_empty())
            else {
                continue;
            };
            store.settle(std::time::Duration::ZERO, |state| {
                if let Some(key) = state.keys.get_mut(&id)
                    && let KeyState::PendingReplicaDeletion { days } = key.state
                {
                    key.state = KeyState::PendingDeletion { at: now + f64::from(days) * DAY };
                }
            });
        }
    }
}

fn new_replica(
    primary: &Key,
    region: &str,
    request: &mut Request<'_, '_>,
) -> Result<Key, ApiError> {
    let input = request.input;
    let description = input.bounded_text("Description", 0..=8192)?.unwrap_or_default().to_owned();
    let given = input.tags("Tags", "TagKey", "TagValue")?.unwrap_or_default();
    let tags = tags::validated(given, &BTreeMap::new())?;
    let arn = arn_of("kms", (&primary.account, region), &format!("key/{}", primary.id));
    let policy = match input.text("Policy")? {
        Some(text) => accepted_policy(text, &arn, request)?,
        None => return Err(not_found("The simulator makes no replica with the default policy")),
    };
    Ok(Key {
        arn,
        region: region.to_owned(),
        created: request.context.now,
        description,
        policy,
        tags,
        state: KeyState::Enabled,
        rotation: None,
        on_demand: Vec::new(),
        grants: BTreeMap::new(),
        ..primary.clone()
    })
}
