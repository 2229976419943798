//! Domains as they really are.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{SageMaker, domain::Phase};
use crate::{
    kinds::sagemaker_domain,
    simulator::truth::{Thing, leaves},
};

impl SageMaker {
    /// Adds every domain that is there and stays.
    pub(in crate::simulator) fn tell(&self, things: &mut BTreeMap<String, Thing>) {
        for ((account, _), store) in &self.stores {
            let store = store.now();
            let staying = |phase: &Phase| !matches!(phase, Phase::Deleting { .. });
            for domain in store.domains.values().filter(|domain| staying(&domain.phase)) {
                let mut facts = BTreeSet::from([format!("name {}", domain.name)]);
                leaves("settings", &Value::Object(domain.settings.clone()), &mut facts);
                let tags = store.tags.get(&domain.arn).cloned().unwrap_or_default();
                let thing =
                    Thing { kind: sagemaker_domain::NAME, account: account.clone(), tags, facts };
                things.insert(domain.id.clone(), thing);
            }
        }
    }
}
