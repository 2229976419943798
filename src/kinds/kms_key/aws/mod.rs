//! KMS keys over the AWS SDK.
//!
//! No reliable call finds keys by tag (the tagging API is an index that lags). So keys are found by
//! their aliases, one list for all of them, and identified by their own tags. If something that is
//! wanted is not among them, so that a key might be created next, the keys without alias are read
//! one by one too: a key that was created just before a crash has no alias yet.

mod alias;
pub(super) mod audit;
mod grants;
mod reading;
mod replicas;

use std::collections::BTreeSet;

use aws_sdk_kms::{
    Client,
    config::retry::RetryConfig,
    operation::get_key_rotation_status::GetKeyRotationStatusOutput,
    types::{KeyManagerType, KeyMetadata, KeySpec, KeyState, KeyUsageType, Tag},
};
use serde_json::{Value, json};

use self::reading::{can_rotate, phase, rotating, rotation_of};
use super::{State, grants::FOREIGN_GRANTS, leaves::DEFAULT_WINDOW_DAYS, rules::REPLICA_OF};
use crate::{
    aws::{Access, classify, lookup::Pages, rejected},
    kind::{
        Class, CloudError, ScopeFacts,
        table::{Found, LeafEdit, Page, Service, Tree, get},
    },
    model::{
        Observed, Phase, PhysicalId, Tags,
        policy_document::{Dialect, PolicyDocument},
    },
};

/// The name of the only key policy that can be set (KMS API reference, PutKeyPolicy).
const POLICY_NAME: &str = "default";
/// KMS API reference, ListAliases: 1 to 100.
const ALIASES_PER_PAGE: i32 = 100;
/// KMS API reference, ListKeys: 1 to 1000.
const KEYS_PER_PAGE: i32 = 1000;
/// KMS API reference, ListResourceTags: 1 to 50.
const TAGS_PER_PAGE: i32 = 50;
/// Aliases of the keys that AWS manages.
const AWS_ALIASES: &str = "alias/aws/";

/// The KMS keys of one scope.
#[derive(Debug, Clone)]
pub struct Keys {
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

impl Service for Keys {
    const LISTS: &'static [&'static str] = &["kms:ListAliases", "kms:ListKeys"];

    fn connect(access: &Access) -> Self {
        Self { kms: access.kms.clone(), facts: access.facts.clone() }
    }

    async fn page(&self, list: usize, token: Option<String>) -> Result<Page, CloudError> {
        if list > 0 {
            let page =
                call!(self, "kms:ListKeys", list_keys().limit(KEYS_PER_PAGE).set_marker(token))?;
            let ids = page.keys.unwrap_or_default().into_iter().filter_map(|key| key.key_id);
            return Ok(Page {
                found: ids.map(|id| Found::of(PhysicalId(id))).collect(),
                next: next("kms:ListKeys", page.truncated, page.next_marker)?,
                ..Page::default()
            });
        }
        let page = call!(
            self,
            "kms:ListAliases",
            list_aliases().limit(ALIASES_PER_PAGE).set_marker(token)
        )?;
        let mut read = Page::default();
        for entry in page.aliases.unwrap_or_default() {
            // Without a target, AWS reserves the name for a key that does not exist yet.
            let (Some(name), Some(key)) = (entry.alias_name, entry.target_key_id) else {
                continue;
            };
            if name.starts_with(AWS_ALIASES) {
                read.others.insert(PhysicalId(key));
            } else {
                read.found.push(Found { names: [name].into(), ..Found::of(PhysicalId(key)) });
            }
        }
        read.next = next("kms:ListAliases", page.truncated, page.next_marker)?;
        Ok(read)
    }

    /// Nobody else may read the tags of a key that AWS manages.
    async fn tags(&self, found: &Found) -> Result<Option<Tags>, CloudError> {
        match self.tags_of(found.id.as_str()).await {
            Ok(tags) => Ok(Some(tags)),
            Err(denial) if denial.is_code("AccessDeniedException") => {
                // A key that may not be described either is not known to be AWS's.
                match self.describe(found.id.as_str()).await {
                    Ok(key) if key.key_manager == Some(KeyManagerType::Aws) => Ok(None),
                    _ => Err(denial),
                }
            }
            Err(error) => Err(error),
        }
    }

    async fn find(&self, id: &PhysicalId) -> Result<Option<Found>, CloudError> {
        match self.tags_of(id.as_str()).await {
            Ok(tags) => Ok(Some(Found { tags: Some(tags), ..Found::of(id.clone()) })),
            Err(gone) if gone.class == Class::Missing => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn read(
        &self,
        found: &Found,
        tags: &Tags,
    ) -> Result<Option<Observed<Value>>, CloudError> {
        let id = found.id.as_str();
        let key = self.describe(id).await?;
        let policy = self.policy(id).await?;
        let status = if can_rotate(&key) { self.rotation(id).await? } else { None };
        let mut notes = replicas::notes(&key);
        notes.extend(status.as_ref().and_then(rotating));
        let phase = phase(&key);
        let state = State {
            description: Some(key.description.clone().unwrap_or_default()),
            policy,
            rotation: status.as_ref().map(rotation_of),
            enabled: Some(match &key.key_state {
                Some(KeyState::Enabled) => true,
                Some(KeyState::Disabled) => false,
                _ => key.enabled,
            }),
            key_spec: key.key_spec.as_ref().map(|spec| spec.as_str().to_owned()),
            key_usage: key.key_usage.as_ref().map(|usage| usage.as_str().to_owned()),
            origin: key.origin.as_ref().map(|origin| origin.as_str().to_owned()),
            multi_region: Some(key.multi_region.unwrap_or_default()),
            replica_of: replicas::primary_of(&key),
            notes,
            pending_deletion: matches!(phase, Phase::Restorable { .. }),
            ..self.bare(&found.names)
        };
        let arn = key.arn.clone().or_else(|| self.arn(&found.id)).unwrap_or_default();
        let (id, tags, state) = (PhysicalId(key.key_id), tags.clone(), json!(state));
        Ok(Some(Observed { id, arn, tags, phase, state }))
    }

    /// Only grants are read by name: one call more for a hundred grants of such a key.
    async fn more(&self, seen: &mut Observed<Value>, named: &BTreeSet<String>) {
        if named.contains(FOREIGN_GRANTS) {
            self.add_grants(seen).await;
        }
    }

    /// Its policy may prevent everybody from reading it, and its aliases are enough.
    fn outline(&self, found: &Found) -> Option<Value> {
        Some(json!(self.bare(&found.names)))
    }

    fn arn(&self, id: &PhysicalId) -> Option<String> {
        let ScopeFacts { partition, region, account, .. } = &self.facts;
        Some(format!("arn:{partition}:kms:{region}:{account}:key/{id}"))
    }

    async fn create(&self, want: &Tree, tags: &Tags, _: &str) -> Result<PhysicalId, CloudError> {
        const OPERATION: &str = "kms:CreateKey";
        // Without a policy KMS would set one that opens the key to the whole account.
        let policy = get(want, "policy");
        if policy.is_null() {
            return Err(CloudError::new(OPERATION, Class::Rejected, "no policy is wanted"));
        }
        if let Some(primary) = get(want, REPLICA_OF).as_str() {
            return self.replicate(primary, want, tags).await;
        }
        let text = |path| get(want, path).as_str().filter(|text| !text.is_empty());
        let created = self
            .kms
            .create_key()
            .policy(policy.to_string())
            .bypass_policy_lockout_safety_check(false)
            .set_description(text("description").map(str::to_owned))
            .set_key_spec(text("keySpec").map(KeySpec::from))
            .set_key_usage(text("keyUsage").map(KeyUsageType::from))
            .set_multi_region(get(want, "multiRegion").as_bool())
            .set_tags(Some(sdk_tags(OPERATION, tags)?))
            // CreateKey accepts no client token: a repeated call creates a second key.
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

    async fn send(&self, have: &Observed<Value>, edits: &[LeafEdit]) -> Result<(), CloudError> {
        for edit in edits {
            self.send_one(have.id.as_str(), edit).await?;
        }
        Ok(())
    }

    async fn tag(&self, have: &Observed<Value>, set: &Tags) -> Result<(), CloudError> {
        let tags = sdk_tags("kms:TagResource", set)?;
        let id = have.id.as_str();
        call!(self, "kms:TagResource", tag_resource().key_id(id).set_tags(Some(tags))).map(drop)
    }

    async fn untag(&self, have: &Observed<Value>, keys: &[String]) -> Result<(), CloudError> {
        let (id, keys) = (have.id.as_str(), Some(keys.to_vec()));
        call!(self, "kms:UntagResource", untag_resource().key_id(id).set_tag_keys(keys)).map(drop)
    }

    /// Schedules the key's deletion after the waiting period; until then it can be cancelled. Its
    /// aliases stay until KMS deletes them with it.
    async fn delete(&self, have: &Observed<Value>, want: Option<&Tree>) -> Result<(), CloudError> {
        let id = have.id.as_str();
        let days = want.and_then(|want| get(want, "deletionWindowDays").as_i64());
        let days = days.and_then(|days| i32::try_from(days).ok());
        let asked = call!(
            self,
            "kms:ScheduleKeyDeletion",
            schedule_key_deletion()
                .key_id(id)
                .pending_window_in_days(days.unwrap_or(i32::from(DEFAULT_WINDOW_DAYS)))
        );
        match asked {
            Ok(_) => Ok(()),
            Err(error) if error.class == Class::Missing => Ok(()),
            // Of all states that the error can mean, only pending deletion is the wanted one.
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

    async fn obstacles(
        &self,
        have: &Observed<Value>,
        edit: Option<&LeafEdit>,
    ) -> Result<Vec<String>, CloudError> {
        match edit {
            None => self.replicas(have.id.as_str()).await,
            Some(_) => Ok(Vec::new()),
        }
    }
}

impl Keys {
    async fn send_one(&self, id: &str, edit: &LeafEdit) -> Result<(), CloudError> {
        match edit.operation.as_deref().unwrap_or_default() {
            "kms:CancelKeyDeletion" => {
                call!(self, "kms:CancelKeyDeletion", cancel_key_deletion().key_id(id)).map(drop)
            }
            "kms:RevokeGrant" => self.revoke(id, edit).await,
            "kms:PutKeyPolicy" => call!(
                self,
                "kms:PutKeyPolicy",
                put_key_policy()
                    .key_id(id)
                    .policy_name(POLICY_NAME)
                    .policy(edit.new.to_string())
                    .bypass_policy_lockout_safety_check(false)
            )
            .map(drop)
            .map_err(explain_principals),
            "kms:EnableKey" => call!(self, "kms:EnableKey", enable_key().key_id(id)).map(drop),
            "kms:DisableKey" => call!(self, "kms:DisableKey", disable_key().key_id(id)).map(drop),
            "kms:UpdateKeyDescription" => call!(
                self,
                "kms:UpdateKeyDescription",
                update_key_description().key_id(id).description(edit.text())
            )
            .map(drop),
            "kms:CreateAlias" => self.create_alias(id, edit.text()).await,
            "kms:UpdateAlias" => self.move_alias(id, edit).await,
            "kms:DeleteAlias" => self.delete_alias(id, edit.text()).await,
            "kms:EnableKeyRotation" => {
                let days = edit.new["periodDays"].as_i64().and_then(|days| days.try_into().ok());
                call!(
                    self,
                    "kms:EnableKeyRotation",
                    enable_key_rotation().key_id(id).set_rotation_period_in_days(days)
                )
                .map(drop)
            }
            "kms:DisableKeyRotation" => {
                call!(self, "kms:DisableKeyRotation", disable_key_rotation().key_id(id)).map(drop)
            }
            other => {
                let why = format!("{other} is not a call of a key");
                Err(CloudError::new("palisade:Change", Class::Rejected, why))
            }
        }
    }

    /// KMS's description of a key, which is named by its id or an alias.
    async fn describe(&self, key: &str) -> Result<KeyMetadata, CloudError> {
        call!(self, "kms:DescribeKey", describe_key().key_id(key))?.key_metadata.ok_or_else(|| {
            CloudError::new("kms:DescribeKey", Class::Unknown, "the answer describes no key")
        })
    }

    async fn tags_of(&self, id: &str) -> Result<Tags, CloudError> {
        const OPERATION: &str = "kms:ListResourceTags";
        let (mut pages, mut marker, mut all) = (Pages::of(OPERATION), None, Tags::new());
        loop {
            let page = call!(
                self,
                "kms:ListResourceTags",
                list_resource_tags().key_id(id).limit(TAGS_PER_PAGE).set_marker(marker)
            )?;
            let tags = page.tags.unwrap_or_default();
            all.extend(tags.into_iter().map(|tag| (tag.tag_key, tag.tag_value)));
            marker = pages.next(next(OPERATION, page.truncated, page.next_marker)?)?;
            if marker.is_none() {
                return Ok(all);
            }
        }
    }

    /// The live policy; `None` if it is not readable as one, so that it differs from every other.
    async fn policy(&self, id: &str) -> Result<Option<PolicyDocument>, CloudError> {
        let answer =
            call!(self, "kms:GetKeyPolicy", get_key_policy().key_id(id).policy_name(POLICY_NAME))?;
        let Some(text) = answer.policy else {
            let message = "the answer has no policy";
            return Err(CloudError::new("kms:GetKeyPolicy", Class::Unknown, message));
        };
        Ok(PolicyDocument::parse(&text, Dialect::KeyPolicy).ok())
    }

    async fn rotation(&self, id: &str) -> Result<Option<GetKeyRotationStatusOutput>, CloudError> {
        let answer = call!(self, "kms:GetKeyRotationStatus", get_key_rotation_status().key_id(id));
        match answer {
            Ok(status) => Ok(Some(status)),
            Err(error)
                if error.is_code("UnsupportedOperationException")
                    || error.is_code("KMSInvalidStateException") =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// A key of which only the aliases are known.
    fn bare(&self, aliases: &BTreeSet<String>) -> State {
        State {
            aliases: Some(aliases.clone()),
            partition: self.facts.partition.clone(),
            account: self.facts.account.clone(),
            ..State::default()
        }
    }
}

fn sdk_tags(operation: &'static str, tags: &Tags) -> Result<Vec<Tag>, CloudError> {
    tags.iter()
        .map(|(key, value)| {
            let tag = Tag::builder().tag_key(key).tag_value(value).build();
            tag.map_err(|error| rejected(operation, &error))
        })
        .collect()
}

/// KMS reports "invalid principals" both for a role that does not exist and for one that it cannot
/// see yet.
fn explain_principals(error: CloudError) -> CloudError {
    if !error.is_code("MalformedPolicyDocumentException") {
        return error;
    }
    let message = format!(
        "{} (every role and user that the policy names must exist, new ones for some seconds; and \
         the policy must let palisade itself put the next one)",
        error.message
    );
    CloudError { message, ..error }
}

/// The marker of the next page; `None` after the last one. If there is more but no marker, the list
/// would end too early.
fn next(
    operation: &'static str,
    truncated: bool,
    marker: Option<String>,
) -> Result<Option<String>, CloudError> {
    match marker.filter(|marker| !marker.is_empty()) {
        _ if !truncated => Ok(None),
        Some(marker) => Ok(Some(marker)),
        None => Err(CloudError::new(operation, Class::Unknown, "a page marker is missing")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_ends_only_if_kms_says_so() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(next("kms:ListKeys", false, some("ignored")), Ok(None));
        assert_eq!(next("kms:ListKeys", true, some("b")), Ok(some("b")));
        for marker in [None, some("")] {
            let error = next("kms:ListKeys", true, marker).expect_err("never half a list");
            assert_eq!(error.class, Class::Unknown);
        }
    }
}
