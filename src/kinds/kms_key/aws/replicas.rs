//! Multi-Region keys: a primary key and its replicas, each in another Region of the account. They
//! have one id, and a policy, aliases and tags each (KMS developer guide, "Multi-Region keys").

use aws_sdk_kms::{
    config::{Region, retry::RetryConfig},
    types::{KeyMetadata, MultiRegionConfiguration, MultiRegionKeyType},
};

use super::{Keys, explain_principals, sdk_tags};
use crate::{
    aws::classify,
    kind::{
        Class, CloudError,
        table::{Tree, get},
    },
    model::{PhysicalId, Tags},
};

impl Keys {
    /// Makes a replica here of a primary key in another Region: the one call that is made there.
    /// KMS refuses a second replica in a Region, but an SDK that repeats a call whose answer was
    /// lost would report that refusal.
    pub(super) async fn replicate(
        &self,
        primary: &str,
        want: &Tree,
        tags: &Tags,
    ) -> Result<PhysicalId, CloudError> {
        const OPERATION: &str = "kms:ReplicateKey";
        let Some(region) = primary.split(':').nth(3).filter(|region| !region.is_empty()) else {
            let why = format!("{primary} is not the ARN of a key");
            return Err(CloudError::new(OPERATION, Class::Rejected, why));
        };
        let there = aws_sdk_kms::Config::builder()
            .region(Region::new(region.to_owned()))
            .retry_config(RetryConfig::disabled());
        let description = get(want, "description").as_str().filter(|text| !text.is_empty());
        let made = self
            .kms
            .replicate_key()
            .key_id(primary)
            .replica_region(&self.facts.region)
            .policy(get(want, "policy").to_string())
            .bypass_policy_lockout_safety_check(false)
            .set_description(description.map(str::to_owned))
            .set_tags(Some(sdk_tags(OPERATION, tags)?))
            .customize()
            .config_override(there)
            .send()
            .await
            .map_err(|error| explain_principals(classify(OPERATION, &error)))?;
        match made.replica_key_metadata {
            Some(key) => Ok(PhysicalId(key.key_id)),
            None => Err(CloudError::new(OPERATION, Class::Ambiguous, "the answer names no key")),
        }
    }

    /// The replicas that keep a primary key from being deleted: until the last of them is gone KMS
    /// does not even begin its waiting period, and nobody could tell when it does.
    pub(super) async fn replicas(&self, id: &str) -> Result<Vec<String>, CloudError> {
        let key = self.describe(id).await?;
        // A replica lists its family, too.
        let primary = primary_of(&key).is_none();
        let of_primary = configuration(&key).filter(|_| primary);
        let replicas = of_primary.map(replica_arns).unwrap_or_default();
        Ok(replicas.into_iter().map(|arn| format!("replica {arn}")).collect())
    }
}

fn configuration(key: &KeyMetadata) -> Option<&MultiRegionConfiguration> {
    key.multi_region_configuration.as_ref()
}

fn replica_arns(configuration: &MultiRegionConfiguration) -> Vec<&str> {
    let mut all: Vec<_> =
        configuration.replica_keys().iter().filter_map(|key| key.arn.as_deref()).collect();
    all.sort_unstable();
    all
}

/// The ARN of the primary key, if the key is a replica.
pub(super) fn primary_of(key: &KeyMetadata) -> Option<String> {
    let configuration = configuration(key)?;
    let is_replica = configuration.multi_region_key_type == Some(MultiRegionKeyType::Replica);
    let primary = configuration.primary_key.as_ref().filter(|_| is_replica)?;
    primary.arn.clone()
}

/// What the key is to other keys, and where its material comes from, for people.
pub(super) fn notes(key: &KeyMetadata) -> Vec<String> {
    let related = configuration(key).and_then(|configuration| {
        if let Some(primary) = primary_of(key) {
            return Some(format!("a replica of {primary}"));
        }
        let replicas = replica_arns(configuration);
        (!replicas.is_empty()).then(|| format!("the primary key of {}", replicas.join(", ")))
    });
    let origin = key.origin.as_ref().filter(|origin| origin.as_str() != "AWS_KMS");
    let origin = origin.map(|origin| format!("its key material has origin {origin}"));
    related.into_iter().chain(origin).collect()
}
