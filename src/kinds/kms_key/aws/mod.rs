//! KMS keys over the AWS SDK: the writes. The reads are in `observe`.

mod observe;
mod reading;

use aws_sdk_kms::{
    Client,
    config::retry::RetryConfig,
    types::{KeySpec, KeyState, KeyUsageType, Tag},
};

use super::{Change, KmsKey, State, change::Fixed, spec::DEFAULT_WINDOW_DAYS};
use crate::{
    aws::{Access, classify, rejected},
    kind::{Ask, Class, CloudError, Intent, Population, Port, ScopeFacts},
    model::{Observed, PhysicalId, Tags},
};

/// The name of the only key policy that can be set (KMS API reference, PutKeyPolicy).
const POLICY_NAME: &str = "default";

/// The KMS keys of one scope.
#[derive(Debug, Clone)]
pub struct Live {
    kms: Client,
    facts: ScopeFacts,
}

/// One call with its name: `call!(self, "kms:DisableKey", disable_key().key_id(id))`.
macro_rules! call {
    ($port:expr, $operation:literal, $($builder:tt)+) => {
        $port.kms.$($builder)+.send().await.map_err(|error| classify($operation, &error))
    };
}
use call;

impl Port<KmsKey> for Live {
    fn connect(access: &Access) -> Self {
        Self { kms: access.kms.clone(), facts: access.facts.clone() }
    }

    async fn observe(&self, ask: &Ask) -> Result<Population<State>, CloudError> {
        self.observe_keys(ask).await
    }

    async fn create(&self, want: &State, tags: &Tags, _: &str) -> Result<PhysicalId, CloudError> {
        const OPERATION: &str = "kms:CreateKey";
        // Without a policy KMS would set one that opens the key to the whole account.
        let Some(policy) = &want.policy else {
            return Err(CloudError::new(OPERATION, Class::Rejected, "no policy is wanted"));
        };
        let created = self
            .kms
            .create_key()
            .policy(policy.to_minified_json())
            .bypass_policy_lockout_safety_check(false)
            .set_description(want.description.clone().filter(|text| !text.is_empty()))
            .set_key_spec(want.key_spec.as_deref().map(KeySpec::from))
            .set_key_usage(want.key_usage.as_deref().map(KeyUsageType::from))
            .set_multi_region(want.multi_region)
            .set_tags(Some(sdk_tags(OPERATION, tags)?))
            // CreateKey takes no client token: a repeated call makes a second key.
            .customize()
            .config_override(aws_sdk_kms::Config::builder().retry_config(RetryConfig::disabled()))
            .send()
            .await
            .map_err(|error| explain_principals(classify(OPERATION, &error)))?;
        match created.key_metadata {
            Some(key) => Ok(PhysicalId(key.key_id)),
            None => Err(CloudError::new(OPERATION, Class::Ambiguous, "the answer names no key")),
        }
    }

    async fn change(&self, have: &Observed<State>, changes: &[Change]) -> Result<(), CloudError> {
        for change in changes {
            self.change_one(have.id.as_str(), change).await?;
        }
        Ok(())
    }

    async fn tag(&self, have: &Observed<State>, set: &Tags) -> Result<(), CloudError> {
        let tags = sdk_tags("kms:TagResource", set)?;
        let id = have.id.as_str();
        call!(self, "kms:TagResource", tag_resource().key_id(id).set_tags(Some(tags))).map(drop)
    }

    async fn untag(&self, have: &Observed<State>, keys: &[String]) -> Result<(), CloudError> {
        let (id, keys) = (have.id.as_str(), Some(keys.to_vec()));
        call!(self, "kms:UntagResource", untag_resource().key_id(id).set_tag_keys(keys)).map(drop)
    }

    /// Asks for the key's deletion after the waiting period; until then it can be called back. Its aliases
    /// stay until KMS deletes them with it.
    async fn delete(&self, have: &Observed<State>, want: Option<&State>) -> Result<(), CloudError> {
        let id = have.id.as_str();
        let days = want.and_then(|want| want.deletion_window_days).unwrap_or(DEFAULT_WINDOW_DAYS);
        let asked = call!(
            self,
            "kms:ScheduleKeyDeletion",
            schedule_key_deletion().key_id(id).pending_window_in_days(i32::from(days))
        );
        match asked {
            Ok(_) => Ok(()),
            Err(error) if error.class == Class::Missing => Ok(()),
            // Of all states that KMS can mean, only pending deletion is the one asked for.
            Err(error) if error.is_code("KMSInvalidStateException") => {
                let key = self.describe(id).await?;
                match key.key_state {
                    Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion) => Ok(()),
                    _ => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Nothing that KMS would name stands in the way of an edit or of a deletion that can be called back.
    async fn obstacles(
        &self,
        _: &Observed<State>,
        _: Intent<'_, Change>,
    ) -> Result<Vec<String>, CloudError> {
        Ok(Vec::new())
    }
}

impl Live {
    async fn change_one(&self, id: &str, change: &Change) -> Result<(), CloudError> {
        match change {
            Change::CancelDeletion => {
                call!(self, "kms:CancelKeyDeletion", cancel_key_deletion().key_id(id)).map(drop)
            }
            Change::PutPolicy { policy, .. } => call!(
                self,
                "kms:PutKeyPolicy",
                put_key_policy()
                    .key_id(id)
                    .policy_name(POLICY_NAME)
                    .policy(policy.to_minified_json())
                    .bypass_policy_lockout_safety_check(false)
            )
            .map(drop)
            .map_err(explain_principals),
            Change::Enable => call!(self, "kms:EnableKey", enable_key().key_id(id)).map(drop),
            Change::Disable => call!(self, "kms:DisableKey", disable_key().key_id(id)).map(drop),
            Change::UpdateDescription { new, .. } => call!(
                self,
                "kms:UpdateKeyDescription",
                update_key_description().key_id(id).description(new)
            )
            .map(drop),
            Change::CreateAlias { alias } => self.create_alias(id, alias).await,
            Change::MoveAlias { alias, from } => self.move_alias(id, alias, from).await,
            Change::DeleteAlias { alias } => self.delete_alias(id, alias).await,
            Change::EnableRotation { period_days, .. } => call!(
                self,
                "kms:EnableKeyRotation",
                enable_key_rotation()
                    .key_id(id)
                    .set_rotation_period_in_days(period_days.map(i32::from))
            )
            .map(drop),
            Change::DisableRotation { .. } => {
                call!(self, "kms:DisableKeyRotation", disable_key_rotation().key_id(id)).map(drop)
            }
            Change::Immutable(fixed) => Err(impossible(fixed)),
        }
    }

    async fn create_alias(&self, id: &str, alias: &str) -> Result<(), CloudError> {
        let created =
            call!(self, "kms:CreateAlias", create_alias().alias_name(alias).target_key_id(id));
        match created {
            Ok(_) => Ok(()),
            // A repeated call whose first answer was lost, or somebody who was faster.
            Err(error) if error.is_code("AlreadyExistsException") => {
                match self.alias_target(alias).await? {
                    Some(target) if target == id => Ok(()),
                    Some(target) => Err(CloudError {
                        message: format!("{alias} points to key {target}, which is not this one"),
                        ..error
                    }),
                    None => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// UpdateAlias takes no condition: the alias is looked at once more, so that one that has meanwhile been
    /// pointed to a key that is not ours stays there.
    async fn move_alias(&self, id: &str, alias: &str, from: &str) -> Result<(), CloudError> {
        const OPERATION: &str = "kms:UpdateAlias";
        match self.alias_target(alias).await? {
            Some(target) if target == id => Ok(()),
            Some(target) if target == from => {
                call!(self, "kms:UpdateAlias", update_alias().alias_name(alias).target_key_id(id))
                    .map(drop)
            }
            Some(target) => Err(CloudError::new(
                OPERATION,
                Class::Busy,
                format!("{alias} now points to key {target}: somebody else moved it"),
            )),
            None => Err(CloudError::new(
                OPERATION,
                Class::Busy,
                format!("{alias} no longer exists: the next pass creates it"),
            )),
        }
    }

    /// DeleteAlias takes no condition either, and an alias is deleted only from its own key.
    async fn delete_alias(&self, id: &str, alias: &str) -> Result<(), CloudError> {
        if self.alias_target(alias).await?.as_deref() != Some(id) {
            return Ok(());
        }
        match call!(self, "kms:DeleteAlias", delete_alias().alias_name(alias)) {
            Ok(_) => Ok(()),
            Err(error) if error.class == Class::Missing => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The id of the key that an alias points to now; `None` if there is no such alias.
    async fn alias_target(&self, alias: &str) -> Result<Option<String>, CloudError> {
        match self.describe(alias).await {
            Ok(key) => Ok(Some(key.key_id)),
            Err(error) if error.class == Class::Missing => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn impossible(fixed: &Fixed) -> CloudError {
    let message = format!("KMS has no call that changes {} of a key", fixed.name());
    CloudError::new("palisade:Change", Class::Rejected, message)
}

fn sdk_tags(operation: &'static str, tags: &Tags) -> Result<Vec<Tag>, CloudError> {
    tags.iter()
        .map(|(key, value)| {
            let tag = Tag::builder().tag_key(key).tag_value(value).build();
            tag.map_err(|error| rejected(operation, &error))
        })
        .collect()
}

/// KMS says "invalid principals" both of a role that does not exist and of one that it cannot see yet.
fn explain_principals(error: CloudError) -> CloudError {
    if !error.is_code("MalformedPolicyDocumentException") {
        return error;
    }
    let message = format!(
        "{} (every role and user that the policy names must exist, new ones for some seconds; and the policy must let \
         palisade itself put the next one)",
        error.message
    );
    CloudError { message, ..error }
}
