//! The domain's port: what is sent to SageMaker.

mod observe;
mod shapes;
#[cfg(all(test, feature = "simulator"))]
mod simulated;
mod wire;

use aws_sdk_sagemaker::{
    Client,
    config::{Builder, retry::RetryConfig},
    operation::update_domain::builders::UpdateDomainFluentBuilder,
    types::{RetentionPolicy, RetentionType, Tag},
};
use serde_json::{Map, Value};

use self::wire::{Malformed, Wire, member};
use super::{
    Change, SageMakerDomain, diff, rules,
    state::{self, State},
    tree::{self, LeafEdit},
};
use crate::{
    aws::{Access, classify},
    kind::{Ask, Class, CloudError, Intent, Population, Port, ScopeFacts},
    model::{Observed, PhysicalId, Tags},
};

/// Domains of one scope.
#[derive(Debug)]
pub struct Live {
    client: Client,
    facts: ScopeFacts,
}

impl Port<SageMakerDomain> for Live {
    fn connect(access: &Access) -> Self {
        Self { client: access.sagemaker.clone(), facts: access.facts.clone() }
    }

    async fn observe(&self, ask: &Ask) -> Result<Population<State>, CloudError> {
        self.domains(ask).await
    }

    async fn create(
        &self,
        want: &State,
        tags: &Tags,
        _token: &str,
    ) -> Result<PhysicalId, CloudError> {
        const CALL: &str = "sagemaker:CreateDomain";
        let all = creation(want);
        let call = self
            .client
            .create_domain()
            .set_domain_name(send(CALL, &all, state::DOMAIN_NAME)?)
            .set_auth_mode(send(CALL, &all, state::AUTH_MODE)?)
            .set_vpc_id(send(CALL, &all, state::VPC)?)
            .set_subnet_ids(send(CALL, &all, state::SUBNETS)?)
            .set_app_network_access_type(send(CALL, &all, state::NETWORK_ACCESS)?)
            .set_app_security_group_management(send(CALL, &all, state::GROUP_MANAGEMENT)?)
            .set_kms_key_id(send(CALL, &all, state::KMS_KEY)?)
            .set_tag_propagation(send(CALL, &all, state::TAG_PROPAGATION)?)
            .set_home_efs_file_system_creation(send(CALL, &all, state::HOME_EFS)?)
            .set_default_user_settings(send(CALL, &all, state::USER)?)
            .set_default_space_settings(send(CALL, &all, state::SPACE)?)
            .set_domain_settings(send(CALL, &all, state::DOMAIN)?)
            .set_tags(Some(tags.iter().map(tag).collect()));
        // CreateDomain has no client token: a second attempt could make a second domain.
        let once = Builder::new().retry_config(RetryConfig::disabled());
        let made = call.customize().config_override(once).send().await;
        let made = made.map_err(|error| classify(CALL, &error))?;
        let from_arn = || made.domain_arn().and_then(|arn| arn.rsplit('/').next());
        match made.domain_id().or_else(from_arn) {
            Some(id) => Ok(id.into()),
            None => Err(CloudError::new(CALL, Class::Ambiguous, "the answer names no domain")),
        }
    }

    async fn change(&self, have: &Observed<State>, changes: &[Change]) -> Result<(), CloudError> {
        let mut edits = Vec::new();
        for change in changes {
            match change {
                Change::Update(update) | Change::UpdateWithoutApps(update) => {
                    edits.push(update.edit.clone());
                }
                Change::Impossible { .. } => {
                    return Err(CloudError::new(UPDATE, Class::Rejected, change.to_string()));
                }
            }
        }
        self.update(have, &edits).await
    }

    async fn tag(&self, have: &Observed<State>, set: &Tags) -> Result<(), CloudError> {
        let tags = Some(set.iter().map(tag).collect());
        let call = self.client.add_tags().resource_arn(&have.arn).set_tags(tags);
        let sent = call.send().await;
        sent.map(drop).map_err(|error| classify("sagemaker:AddTags", &error))
    }

    async fn untag(&self, have: &Observed<State>, keys: &[String]) -> Result<(), CloudError> {
        let keys = Some(keys.to_vec());
        let call = self.client.delete_tags().resource_arn(&have.arn).set_tag_keys(keys);
        let sent = call.send().await;
        sent.map(drop).map_err(|error| classify("sagemaker:DeleteTags", &error))
    }

    async fn delete(&self, have: &Observed<State>, want: Option<&State>) -> Result<(), CloudError> {
        let destroy = want.and_then(|want| want.text(state::EFS_RETENTION)) == Some("Delete");
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
        have: &Observed<State>,
        intent: Intent<'_, Change>,
    ) -> Result<Vec<String>, CloudError> {
        match intent {
            Intent::Change(Change::UpdateWithoutApps(_)) => self.apps(&have.id).await,
            Intent::Change(_) => Ok(Vec::new()),
            Intent::Delete => {
                let mut found = Vec::new();
                // A domain of DataZone's: its project would lose it.
                if have.state.has(state::UNIFIED_STUDIO) {
                    found.push("it belongs to SageMaker Unified Studio".to_owned());
                }
                found.extend(self.apps(&have.id).await?);
                found.extend(self.inhabitants(&have.id).await?);
                Ok(found)
            }
        }
    }
}

const UPDATE: &str = "sagemaker:UpdateDomain";

impl Live {
    /// One `UpdateDomain`.
    ///
    /// `AppNetworkAccessType` is not in it unless it changes: AWS lets it be changed only while no app
    /// runs, and refuses `VpcOnly` without VPC and subnets in the same request. But the guardrails that
    /// AWS publishes for VPC-only Studio deny every update in which it is absent, whatever else is
    /// there. So the call is made without it, and only where that is denied, which certainly did
    /// nothing, once more with the network as it is: all three together, unchanged.
    async fn update(&self, have: &Observed<State>, edits: &[LeafEdit]) -> Result<(), CloudError> {
        let mut members: Map<String, Value> =
            diff::members(&have.state, edits).into_iter().collect();
        let first = self.send_update(&have.id, &members).await;
        let denied =
            matches!(&first, Err(error) if error.class == Class::Denied && error.code.is_some());
        let unsaid = !members.contains_key(state::NETWORK_ACCESS);
        if !(denied && unsaid && repeats_network(&have.state)) {
            return first;
        }
        for member in [state::NETWORK_ACCESS, state::VPC, state::SUBNETS] {
            if let Some(value) = have.state.get(member) {
                members.entry(member).or_insert_with(|| value.clone());
            }
        }
        self.send_update(&have.id, &members).await
    }

    async fn send_update(
        &self,
        id: &PhysicalId,
        members: &Map<String, Value>,
    ) -> Result<(), CloudError> {
        let call = fill(self.client.update_domain().domain_id(id.as_str()), members)
            .map_err(|why| CloudError::new(UPDATE, Class::Rejected, why.to_string()))?;
        call.send().await.map(drop).map_err(|error| classify(UPDATE, &error))
    }
}

/// Whether the network may be repeated as it is: AWS refuses the type where RStudio is set up.
fn repeats_network(have: &State) -> bool {
    have.text(state::NETWORK_ACCESS) == Some("VpcOnly")
        && have.has(state::VPC)
        && have.has(state::SUBNETS)
        && !have.has(state::RSTUDIO_ROLE)
}

fn fill(
    call: UpdateDomainFluentBuilder,
    members: &Map<String, Value>,
) -> Result<UpdateDomainFluentBuilder, Malformed> {
    Ok(call
        .set_vpc_id(member(members, state::VPC)?)
        .set_subnet_ids(member(members, state::SUBNETS)?)
        .set_app_network_access_type(member(members, state::NETWORK_ACCESS)?)
        .set_app_security_group_management(member(members, state::GROUP_MANAGEMENT)?)
        .set_tag_propagation(member(members, state::TAG_PROPAGATION)?)
        .set_home_efs_file_system_creation(member(members, state::HOME_EFS)?)
        .set_default_user_settings(member(members, state::USER)?)
        .set_default_space_settings(member(members, state::SPACE)?)
        .set_domain_settings_for_update(member(members, state::DOMAIN)?))
}

/// Everything that a create sets: what the manifest says, and `VpcOnly` where it says nothing.
fn creation(want: &State) -> Map<String, Value> {
    let mut all: Map<String, Value> =
        want.compared().map(|(name, value)| (name.to_owned(), tree::without_none(value))).collect();
    all.insert(state::NETWORK_ACCESS.to_owned(), rules::network_access(want));
    // AWS needs the member even if nothing in it is managed.
    all.entry(state::USER).or_insert_with(|| Value::Object(Map::new()));
    all
}

fn send<T: Wire>(
    call: &'static str,
    all: &Map<String, Value>,
    name: &str,
) -> Result<Option<T>, CloudError> {
    member(all, name).map_err(|why| CloudError::new(call, Class::Rejected, why.to_string()))
}

fn tag((key, value): (&String, &String)) -> Tag {
    Tag::builder().key(key).value(value).build()
}

/// Whether these members can be put into an `UpdateDomain`.
#[cfg(test)]
pub(super) fn sendable(members: &Map<String, Value>) -> Result<(), String> {
    let config = aws_sdk_sagemaker::Config::builder()
        .behavior_version(aws_sdk_sagemaker::config::BehaviorVersion::latest());
    let client = Client::from_conf(config.build());
    fill(client.update_domain(), members).map(drop).map_err(|why| why.to_string())
}

/// A group of settings, as the SDK's shape and back.
#[cfg(test)]
pub(super) fn there_and_back(member: &str, value: &Value) -> Result<Value, String> {
    use aws_sdk_sagemaker::types::{DefaultSpaceSettings, DomainSettings, UserSettings};
    let back = match member {
        state::USER => UserSettings::read(value).map(|shape| shape.write()),
        state::SPACE => DefaultSpaceSettings::read(value).map(|shape| shape.write()),
        _ => DomainSettings::read(value).map(|shape| shape.write()),
    };
    back.map(tree::canonical).map_err(|why| why.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_create_says_vpc_only_where_the_manifest_says_nothing() {
        let mut want = State::default();
        assert_eq!(creation(&want)[state::NETWORK_ACCESS], "VpcOnly");
        want.set(state::NETWORK_ACCESS, json!("PublicInternetOnly"));
        assert_eq!(creation(&want)[state::NETWORK_ACCESS], "PublicInternetOnly");
    }

    #[test]
    fn a_create_leaves_out_what_shall_be_none() {
        let mut want = State::default();
        want.set(state::KMS_KEY, Value::Null);
        want.set(
            state::USER,
            json!({"sharingSettings": {"s3OutputPath": null}, "securityGroups": []}),
        );
        let all = creation(&want);
        assert_eq!((&all[state::KMS_KEY], &all[state::USER]), (&Value::Null, &json!({})));
    }

    #[test]
    fn the_network_is_repeated_only_where_it_is_vpc_only_and_without_rstudio() {
        let mut have = State::default();
        have.set(state::NETWORK_ACCESS, json!("VpcOnly"));
        have.set(state::VPC, json!("vpc-1"));
        assert!(!repeats_network(&have));
        have.set(state::SUBNETS, json!(["subnet-1"]));
        assert!(repeats_network(&have));
        have.put(state::RSTUDIO_ROLE, json!("arn:aws:iam::111122223333:role/r"));
        assert!(!repeats_network(&have));
    }
}
