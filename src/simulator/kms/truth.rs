//! Keys as they really are.

use std::collections::{BTreeMap, BTreeSet};

use super::{governance::not_governed, key::KeyState, store::Kms};
use crate::{
    kinds::kms_key,
    simulator::{
        api::{Holes, Kind, Repeated},
        truth::Thing,
    },
};

/// What monitors watch in KMS.
pub(super) const KINDS: &[Kind] = &[Kind {
    name: kms_key::NAME,
    list: "ListKeys",
    narrowed_by: &[],
    told_by: &[],
    create: "CreateKey",
    created: &["/KeyMetadata/KeyId"],
    delete: "ScheduleKeyDeletion",
    repeated: Repeated::Another,
    vital: &["kms:ListKeys", "kms:ListResourceTags", "kms:PutKeyPolicy"],
    lost: not_governed,
    holes: Holes { added: &["policy "], whole: &["state Enabled"], missing: &[] },
}];

impl Kms {
    /// Adds all existing customer managed keys; keys pending deletion are included with that state.
    pub(super) fn add_things(&self, things: &mut BTreeMap<String, Thing>) {
        for ((account, _), store) in &self.stores {
            let store = store.now();
            for key in store.keys.values().filter(|key| !key.aws_managed) {
                let mut facts = BTreeSet::from([
                    format!("state {}", key.state.name()),
                    format!("description {}", key.description),
                    format!("spec {} {}", key.spec, key.usage),
                    format!("policy {}", key.policy),
                    format!("rotation {:?}", key.rotation.map(|rotation| rotation.period_days)),
                ]);
                let aliases = store.aliases.iter().filter(|(_, alias)| alias.target == key.id);
                facts.extend(aliases.map(|(name, _)| format!("alias {name}")));
                let thing = Thing {
                    kind: kms_key::NAME,
                    account: account.clone(),
                    tags: key.tags.clone(),
                    facts,
                };
                things.insert(key.id.clone(), thing);
            }
        }
    }

    /// When a key pending deletion will be deleted, in seconds since the epoch.
    pub fn deletion_due(&self, id: &str) -> Option<f64> {
        self.stores.values().find_map(|store| match store.now().keys.get(id)?.state {
            KeyState::PendingDeletion { at } => Some(at),
            _ => None,
        })
    }
}
