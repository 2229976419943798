//! Reads domains and what they contain.

use aws_sdk_sagemaker::{
    operation::describe_domain::DescribeDomainOutput,
    types::{AppDetails, AppStatus, DomainStatus},
};
use serde_json::{Value, json};

use super::{Domains, PAGE_SIZE, wire::Wire};
use crate::{
    aws::{classify, lookup::Pages},
    kind::{
        Class, CloudError, ScopeFacts,
        table::{ACCOUNT, FAILURE, PARTITION, Tree, keys, tree},
    },
    kinds::sagemaker_domain::{APP_ACCESS, IDENTITY_CONFIG, SUBNETS, has, settings::CLEAR},
    model::{Observed, Phase, PhysicalId, Tags},
};

/// The smallest page size of `ListTags` is 50, which is also the most tags that a resource can
/// have.
const TAGS_PER_PAGE: i32 = 50;

/// Reads every page of a list operation: the call, its items, its token.
macro_rules! every_page {
    ($operation:literal, $call:expr, $items:ident) => {{
        let (mut pages, mut token, mut all) = (Pages::of($operation), None, Vec::new());
        loop {
            let call = $call.set_next_token(token);
            let page = call.send().await.map_err(|error| classify($operation, &error))?;
            all.extend(page.$items.unwrap_or_default());
            token = pages.next(page.next_token)?;
            if token.is_none() {
                break all;
            }
        }
    }};
}

impl Domains {
    /// A complete domain; nothing if it is gone.
    pub(super) async fn domain(
        &self,
        id: &PhysicalId,
        tags: Option<&Tags>,
    ) -> Result<Option<Observed<Value>>, CloudError> {
        let Some(live) = unless_gone(self.describe(id).await)? else { return Ok(None) };
        let Some(arn) = live.domain_arn.clone() else {
            let why = "a domain without ARN";
            return Err(CloudError::new("sagemaker:DescribeDomain", Class::Unknown, why));
        };
        let tags = match tags {
            Some(tags) => tags.clone(),
            None => match unless_gone(self.tags_of(&arn).await)? {
                Some(tags) => tags,
                None => return Ok(None),
            },
        };
        let (phase, state) = (phase(&live), Value::Object(state_of(live, &self.facts)));
        Ok(Some(Observed { id: id.clone(), arn, tags, phase, state }))
    }

    async fn describe(&self, id: &PhysicalId) -> Result<DescribeDomainOutput, CloudError> {
        let call = self.client.describe_domain().domain_id(id.as_str());
        call.send().await.map_err(|error| classify("sagemaker:DescribeDomain", &error))
    }

    pub(super) async fn tags_of(&self, arn: &str) -> Result<Tags, CloudError> {
        let tags = every_page!(
            "sagemaker:ListTags",
            self.client.list_tags().resource_arn(arn).max_results(TAGS_PER_PAGE),
            tags
        );
        Ok(tags
            .into_iter()
            .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
            .collect())
    }

    /// The apps of a domain that are pending, in service or being deleted, each as
    /// `user/appType/appName`. Deleted ones stay in the list for a while, and failed ones do not
    /// block anything; a state that is missing or new counts, because unknown is not stopped.
    pub(super) async fn apps(&self, id: &PhysicalId) -> Result<Vec<String>, CloudError> {
        let apps = every_page!(
            "sagemaker:ListApps",
            self.client.list_apps().domain_id_equals(id.as_str()).max_results(PAGE_SIZE),
            apps
        );
        let over =
            |app: &AppDetails| matches!(app.status, Some(AppStatus::Deleted | AppStatus::Failed));
        Ok(apps.iter().filter(|app| !over(app)).map(app_name).collect())
    }

    /// The spaces and user profiles of a domain.
    pub(super) async fn contents(&self, id: &PhysicalId) -> Result<Vec<String>, CloudError> {
        let spaces = every_page!(
            "sagemaker:ListSpaces",
            self.client.list_spaces().domain_id_equals(id.as_str()).max_results(PAGE_SIZE),
            spaces
        );
        let profiles = every_page!(
            "sagemaker:ListUserProfiles",
            self.client.list_user_profiles().domain_id_equals(id.as_str()).max_results(PAGE_SIZE),
            user_profiles
        );
        let spaces = spaces.into_iter().filter_map(|space| space.space_name);
        let profiles = profiles.into_iter().filter_map(|profile| profile.user_profile_name);
        Ok(spaces
            .map(|name| format!("space {name}"))
            .chain(profiles.map(|name| format!("user profile {name}")))
            .collect())
    }
}

/// What disappears between two calls is gone.
pub(super) fn unless_gone<T>(read: Result<T, CloudError>) -> Result<Option<T>, CloudError> {
    match read {
        Err(error) if error.class == Class::Missing => Ok(None),
        other => other.map(Some),
    }
}

fn app_name(app: &AppDetails) -> String {
    let user = app.user_profile_name().or(app.space_name()).unwrap_or("?");
    let kind = app.app_type().map_or("?", |kind| kind.as_str());
    let status = app.status().map_or("?", |status| status.as_str());
    format!("app {user}/{kind}/{} ({status})", app.app_name().unwrap_or("?"))
}

/// `Update_Failed` is ready: the domain works with its old settings, and the update is tried again.
fn phase(live: &DescribeDomainOutput) -> Phase {
    let word = live.status.as_ref().map_or("unknown", DomainStatus::as_str).to_owned();
    match live.status {
        Some(DomainStatus::InService | DomainStatus::UpdateFailed) => Phase::Ready,
        Some(DomainStatus::Failed | DomainStatus::DeleteFailed) => Phase::Failed(
            live.failure_reason.clone().map_or(word.clone(), |why| format!("{word}: {why}")),
        ),
        _ => Phase::Settling(word),
    }
}

fn state_of(live: DescribeDomainOutput, facts: &ScopeFacts) -> Tree {
    #[expect(deprecated, reason = "the only name that domains of before KmsKeyId are sure to have")]
    let key = live.kms_key_id.or(live.home_efs_file_system_kms_key_id);
    let key = key.filter(|key| !key.is_empty()).map(|key| json!(keys::arn(&key, facts)));
    let failed = live.status == Some(DomainStatus::UpdateFailed);
    let failure = live.failure_reason.filter(|_| failed);
    // A member that AWS does not return has its documented default.
    let or_default =
        |value: Option<Value>, default: &str| Some(value.unwrap_or_else(|| json!(default)));
    let mut have = Tree::new();
    for (member, value) in [
        ("domainName", plain(&live.domain_name)),
        ("authMode", plain(&live.auth_mode)),
        ("vpc", plain(&live.vpc_id)),
        (SUBNETS, plain(&live.subnet_ids)),
        (APP_ACCESS, or_default(plain(&live.app_network_access_type), "PublicInternetOnly")),
        ("appSecurityGroupManagement", plain(&live.app_security_group_management)),
        ("kmsKey", key),
        ("tagPropagation", or_default(plain(&live.tag_propagation), "DISABLED")),
        (
            "homeEfsFileSystemCreation",
            or_default(plain(&live.home_efs_file_system_creation), "Enabled"),
        ),
        ("defaultUserSettings", plain(&live.default_user_settings)),
        ("defaultSpaceSettings", plain(&live.default_space_settings)),
        ("domainSettings", plain(&live.domain_settings)),
        (FAILURE, plain(&failure)),
        (PARTITION, Some(json!(facts.partition))),
        (ACCOUNT, Some(json!(facts.account))),
    ] {
        let value = value.map(|value| tree::canonical(without_clear(value, facts)));
        let is_there = |value: &Value| value.as_object().is_none_or(|map| !map.is_empty());
        if let Some(value) = value.filter(is_there) {
            have.insert(member.to_owned(), value);
        }
    }
    // No configuration and a disabled one are the same to AWS; only changing it requires that no
    // app runs.
    if !has(&have, IDENTITY_CONFIG) {
        tree::put(&mut have, IDENTITY_CONFIG, json!("DISABLED"));
    }
    have
}

/// Settings without the word for a cleared ARN, and with keys as ARNs.
fn without_clear(value: Value, facts: &ScopeFacts) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| *value != CLEAR);
            let members = kept.map(|(name, value)| match (name.as_str(), &value) {
                ("s3KmsKeyId", Value::String(key)) => {
                    let key = keys::arn(key, facts);
                    (name, json!(key))
                }
                _ => (name, without_clear(value, facts)),
            });
            Value::Object(members.collect())
        }
        Value::Array(items) => items.into_iter().map(|value| without_clear(value, facts)).collect(),
        plain => plain,
    }
}

fn plain<T: Wire>(value: &Option<T>) -> Option<Value> {
    value.as_ref().map(T::write)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_update_leaves_the_domain_ready_and_a_failed_creation_does_not() {
        let phase_of = |status| {
            phase(&DescribeDomainOutput::builder().status(status).failure_reason("why").build())
        };
        assert_eq!(phase_of(DomainStatus::UpdateFailed), Phase::Ready);
        assert_eq!(phase_of(DomainStatus::Failed), Phase::Failed("Failed: why".into()));
        assert_eq!(phase_of(DomainStatus::Updating), Phase::Settling("Updating".into()));
        assert_eq!(phase_of("Migrating".into()), Phase::Settling("Migrating".into()));
    }
}
