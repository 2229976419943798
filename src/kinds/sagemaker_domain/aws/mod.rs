//! Domains over the AWS SDK: listing, reading and writing.

mod observe;
mod request;
#[cfg(all(test, feature = "simulator"))]
mod simulated;

use aws_sdk_sagemaker::{
    Client,
    operation::update_domain::builders::UpdateDomainFluentBuilder,
    types::{RetentionPolicy, RetentionType},
};
use serde_json::Value;

pub(super) use self::request::members;
use self::request::{creation, repeats_network};
use super::{APP_ACCESS, SUBNETS, UNIFIED_STUDIO};
use crate::{
    aws::{Access, classify, sagemaker},
    kind::{
        Class, CloudError, ScopeFacts,
        table::{Found, LeafEdit, Page, Service, Tree, get},
    },
    kinds::studio::{
        aws::{Malformed, PAGE, Whose, apps, gone, member, once, send},
        has,
    },
    model::{Observed, PhysicalId, Tags},
};

const USER: &str = "defaultUserSettings";
const SPACE: &str = "defaultSpaceSettings";
const DOMAIN: &str = "domainSettings";

/// Domains of one scope.
#[derive(Debug)]
pub struct Domains {
    client: Client,
    facts: ScopeFacts,
}

impl Service for Domains {
    const LISTS: &'static [&'static str] = &["sagemaker:ListDomains"];

    fn connect(access: &Access) -> Self {
        Self { client: access.sagemaker.clone(), facts: access.facts.clone() }
    }

    async fn page(&self, _list: usize, token: Option<String>) -> Result<Page, CloudError> {
        const CALL: &str = "sagemaker:ListDomains";
        let call = self.client.list_domains().max_results(PAGE).set_next_token(token);
        let page = call.send().await.map_err(|error| classify(CALL, &error))?;
        let mut found = Vec::new();
        for domain in page.domains.unwrap_or_default() {
            let Some(id) = domain.domain_id else {
                return Err(CloudError::new(CALL, Class::Unknown, "a domain without id"));
            };
            let names = domain.domain_name.into_iter().collect();
            found.push(Found { names, ..Found::of(PhysicalId(id)) });
        }
        Ok(Page { found, next: page.next_token, ..Page::default() })
    }

    async fn tags(&self, found: &Found) -> Result<Option<Tags>, CloudError> {
        gone(sagemaker::tags_of(&self.client, &self.arn_of(&found.id)).await)
    }

    async fn find(&self, id: &PhysicalId) -> Result<Option<Found>, CloudError> {
        let whole = self.domain(id, None).await?;
        Ok(whole.map(|whole| Found { whole: Some(whole), ..Found::of(id.clone()) }))
    }

    async fn read(
        &self,
        found: &Found,
        tags: &Tags,
    ) -> Result<Option<Observed<Value>>, CloudError> {
        self.domain(&found.id, Some(tags)).await
    }

    fn arn(&self, id: &PhysicalId) -> Option<String> {
        Some(self.arn_of(id))
    }

    async fn create(&self, want: &Tree, tags: &Tags, _: &str) -> Result<PhysicalId, CloudError> {
        const CALL: &str = "sagemaker:CreateDomain";
        let all = creation(want);
        let call = self
            .client
            .create_domain()
            .set_domain_name(send(CALL, &all, "domainName")?)
            .set_auth_mode(send(CALL, &all, "authMode")?)
            .set_vpc_id(send(CALL, &all, "vpc")?)
            .set_subnet_ids(send(CALL, &all, SUBNETS)?)
            .set_app_network_access_type(send(CALL, &all, APP_ACCESS)?)
            .set_app_security_group_management(send(CALL, &all, "appSecurityGroupManagement")?)
            .set_kms_key_id(send(CALL, &all, "kmsKey")?)
            .set_tag_propagation(send(CALL, &all, "tagPropagation")?)
            .set_home_efs_file_system_creation(send(CALL, &all, "homeEfsFileSystemCreation")?)
            .set_default_user_settings(send(CALL, &all, USER)?)
            .set_default_space_settings(send(CALL, &all, SPACE)?)
            .set_domain_settings(send(CALL, &all, DOMAIN)?)
            .set_tags(Some(sagemaker::sdk_tags(tags)));
        let made = call.customize().config_override(once()).send().await;
        let made = made.map_err(|error| classify(CALL, &error))?;
        let from_arn = || made.domain_arn().and_then(|arn| arn.rsplit('/').next());
        match made.domain_id().or_else(from_arn) {
            Some(id) => Ok(id.into()),
            None => Err(CloudError::new(CALL, Class::Ambiguous, "the answer names no domain")),
        }
    }

    /// One `UpdateDomain`.
    ///
    /// `AppNetworkAccessType` is left out unless it changes: AWS allows its change only while no
    /// app runs, and refuses `VpcOnly` without VPC and subnets in the same request. But the
    /// guardrails that AWS publishes for VPC-only Studio deny every update without it, whatever
    /// else the update contains. So the call is made without it. Only if that is denied, which
    /// certainly did nothing, it is made again with the unchanged network: all three together.
    async fn send(&self, have: &Observed<Value>, edits: &[LeafEdit]) -> Result<(), CloudError> {
        let Value::Object(state) = &have.state else {
            return Err(CloudError::new(UPDATE, Class::Rejected, "a state is not an object"));
        };
        let mut members = members(state, edits);
        let first = self.update(&have.id, &members).await;
        let denied =
            matches!(&first, Err(error) if error.class == Class::Denied && error.code.is_some());
        let unsaid = !members.contains_key(APP_ACCESS);
        if !(denied && unsaid && repeats_network(state)) {
            return first;
        }
        for member in [APP_ACCESS, "vpc", SUBNETS] {
            if let Some(value) = state.get(member) {
                members.entry(member).or_insert_with(|| value.clone());
            }
        }
        self.update(&have.id, &members).await
    }

    async fn tag(&self, have: &Observed<Value>, set: &Tags) -> Result<(), CloudError> {
        sagemaker::tag(&self.client, &have.arn, set).await
    }

    async fn untag(&self, have: &Observed<Value>, keys: &[String]) -> Result<(), CloudError> {
        sagemaker::untag(&self.client, &have.arn, keys).await
    }

    async fn delete(&self, have: &Observed<Value>, want: Option<&Tree>) -> Result<(), CloudError> {
        let destroy = want.is_some_and(|want| get(want, "efsRetention") == "Delete");
        let files = if destroy { RetentionType::Delete } else { RetentionType::Retain };
        let policy = RetentionPolicy::builder().home_efs_file_system(files).build();
        let call = self.client.delete_domain().domain_id(have.id.as_str()).retention_policy(policy);
        match call.send().await.map_err(|error| classify("sagemaker:DeleteDomain", &error)) {
            Err(error) if error.class == Class::Missing => Ok(()),
            other => other.map(drop),
        }
    }

    async fn obstacles(
        &self,
        have: &Observed<Value>,
        edit: Option<&LeafEdit>,
    ) -> Result<Vec<String>, CloudError> {
        let mut found = Vec::new();
        // A domain of DataZone: its project would lose it.
        let is_linked = have.state.as_object().is_some_and(|state| has(state, UNIFIED_STUDIO));
        if edit.is_none() && is_linked {
            found.push("it belongs to SageMaker Unified Studio".to_owned());
        }
        found.extend(apps(&self.client, have.id.as_str(), Whose::All).await?);
        if edit.is_none() {
            found.extend(self.contents(&have.id).await?);
        }
        Ok(found)
    }
}

const UPDATE: &str = "sagemaker:UpdateDomain";

impl Domains {
    fn arn_of(&self, id: &PhysicalId) -> String {
        let ScopeFacts { partition, region, account, .. } = &self.facts;
        format!("arn:{partition}:sagemaker:{region}:{account}:domain/{id}")
    }

    async fn update(&self, id: &PhysicalId, members: &Tree) -> Result<(), CloudError> {
        let call = fill(self.client.update_domain().domain_id(id.as_str()), members)
            .map_err(|why| CloudError::new(UPDATE, Class::Rejected, why.to_string()))?;
        call.send().await.map(drop).map_err(|error| classify(UPDATE, &error))
    }
}

fn fill(
    call: UpdateDomainFluentBuilder,
    members: &Tree,
) -> Result<UpdateDomainFluentBuilder, Malformed> {
    Ok(call
        .set_vpc_id(member(members, "vpc")?)
        .set_subnet_ids(member(members, SUBNETS)?)
        .set_app_network_access_type(member(members, APP_ACCESS)?)
        .set_app_security_group_management(member(members, "appSecurityGroupManagement")?)
        .set_tag_propagation(member(members, "tagPropagation")?)
        .set_home_efs_file_system_creation(member(members, "homeEfsFileSystemCreation")?)
        .set_default_user_settings(member(members, USER)?)
        .set_default_space_settings(member(members, SPACE)?)
        .set_domain_settings_for_update(member(members, DOMAIN)?))
}

/// Whether these members can be put into an `UpdateDomain`.
#[cfg(test)]
pub(super) fn sendable(members: &Tree) -> Result<(), String> {
    let config = aws_sdk_sagemaker::Config::builder()
        .behavior_version(aws_sdk_sagemaker::config::BehaviorVersion::latest());
    let client = Client::from_conf(config.build());
    fill(client.update_domain(), members).map(drop).map_err(|why| why.to_string())
}

/// Converts a group of settings to the SDK's shape and back.
#[cfg(test)]
pub(super) fn round_trip(member: &str, value: &Value) -> Result<Value, String> {
    use aws_sdk_sagemaker::types::{DefaultSpaceSettings, DomainSettings, UserSettings};

    use crate::kinds::studio::aws::there_and_back;
    match member {
        USER => there_and_back::<UserSettings>(value),
        SPACE => there_and_back::<DefaultSpaceSettings>(value),
        _ => there_and_back::<DomainSettings>(value),
    }
}

/// Whether a shape has a member at a path.
#[cfg(test)]
pub(super) type Knows = fn(&str) -> bool;

/// For each group of settings, whether the SDK's shapes have a member at a path of it.
#[cfg(test)]
pub(super) fn shapes() -> [(&'static str, Knows); 3] {
    use aws_sdk_sagemaker::types::{DefaultSpaceSettings, DomainSettings, UserSettings};

    use crate::kinds::studio::aws::knows;
    [
        (USER, knows::<UserSettings>),
        (SPACE, knows::<DefaultSpaceSettings>),
        (DOMAIN, knows::<DomainSettings>),
    ]
}
