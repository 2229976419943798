//! Keys as they really are.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    governance::not_governed,
    key::{Grant, KeyState},
    store::Kms,
};
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
    holes: Holes { added: &["policy ", "grant "], whole: &["state Enabled"], missing: &[] },
}];

/// A grant that a person gave a principal of another account.
fn foreign(account: &str, grant: &Grant) -> Option<String> {
    let member = |name: &str| grant.terms.get(name).and_then(Value::as_str);
    let to = member("GranteePrincipal").filter(|to| to.starts_with("arn:"))?;
    let is_own = to.split(':').nth(4) == Some(account);
    let of_service = to.contains(":assumed-role/aws:") || to.contains(":role/aws-service-role/");
    let retired = member("RetiringPrincipal").is_some_and(|it| it.ends_with(".amazonaws.com"));
    let operations = grant.terms.get("Operations").unwrap_or(&Value::Null);
    (!is_own && !of_service && !retired).then(|| format!("grant {to} {operations}"))
}

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
                facts.extend(key.grants.values().filter_map(|grant| foreign(account, grant)));
                let aliases = store.aliases.iter().filter(|(_, alias)| alias.target == key.id);
                facts.extend(aliases.map(|(name, _)| format!("alias {name}")));
                let thing = Thing {
                    kind: kms_key::NAME,
                    account: account.clone(),
                    tags: key.tags.clone(),
                    facts,
                };
                // A replica has the id of its primary key.
                let id = if key.is_replica() { &key.arn } else { &key.id };
                things.insert(id.clone(), thing);
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
