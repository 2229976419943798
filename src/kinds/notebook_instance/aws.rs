//! Notebook instances over the AWS SDK: one listing, then the tags of each and the rest of ours.

use std::collections::BTreeSet;

use aws_sdk_sagemaker::{
    Client,
    config::{Builder, retry::RetryConfig},
    operation::{
        describe_notebook_instance::DescribeNotebookInstanceOutput,
        update_notebook_instance::builders::UpdateNotebookInstanceFluentBuilder,
    },
    types::{
        DirectInternetAccess, InstanceMetadataServiceConfiguration as MetadataService,
        InstanceType, NotebookInstanceStatus as Status, RootAccess,
    },
};
use serde_json::{Value, json};

use super::{DIRECT_INTERNET, INSTANCE_NAME, METADATA, runs};
use crate::{
    aws::{Access, classify, sagemaker},
    kind::{
        Class, CloudError, ScopeFacts,
        table::{ACCOUNT, Found, LeafEdit, PARTITION, Page, Service, Tree, get, keys, texts, tree},
    },
    model::{Observed, Phase, PhysicalId, Tags},
};

const LIST: &str = "sagemaker:ListNotebookInstances";
const DESCRIBE: &str = "sagemaker:DescribeNotebookInstance";
const CREATE: &str = "sagemaker:CreateNotebookInstance";
const UPDATE: &str = "sagemaker:UpdateNotebookInstance";
const START: &str = "sagemaker:StartNotebookInstance";
const STOP: &str = "sagemaker:StopNotebookInstance";
const DELETE: &str = "sagemaker:DeleteNotebookInstance";

/// The notebook instances of one scope.
#[derive(Debug)]
pub struct Instances {
    client: Client,
    facts: ScopeFacts,
}

impl Service for Instances {
    const LISTS: &'static [&'static str] = &[LIST];

    fn connect(access: &Access) -> Self {
        Self { client: access.sagemaker.clone(), facts: access.facts.clone() }
    }

    async fn page(&self, _: usize, token: Option<String>) -> Result<Page, CloudError> {
        let call = self.client.list_notebook_instances().max_results(sagemaker::PAGE);
        let page = call.set_next_token(token).send().await;
        let page = page.map_err(|error| classify(LIST, &error))?;
        let mut found = Vec::new();
        for instance in page.notebook_instances.unwrap_or_default() {
            let Some(name) = instance.notebook_instance_name else {
                return Err(CloudError::new(LIST, Class::Unknown, "an instance without name"));
            };
            let names = [name.to_ascii_lowercase()].into();
            let arn = instance.notebook_instance_arn;
            found.push(Found { names, arn, ..Found::of(PhysicalId(name)) });
        }
        Ok(Page { found, next: page.next_token, ..Page::default() })
    }

    async fn tags(&self, found: &Found) -> Result<Option<Tags>, CloudError> {
        let arn = found.arn.clone().unwrap_or_else(|| self.arn_of(&found.id));
        sagemaker::gone(sagemaker::tags_of(&self.client, &arn).await)
    }

    async fn find(&self, id: &PhysicalId) -> Result<Option<Found>, CloudError> {
        let described = self.described(id).await?;
        Ok(described.map(|live| Found { arn: live.notebook_instance_arn, ..Found::of(id.clone()) }))
    }

    async fn read(
        &self,
        found: &Found,
        tags: &Tags,
    ) -> Result<Option<Observed<Value>>, CloudError> {
        let described = self.described(&found.id).await?;
        Ok(described.map(|live| {
            let arn = live.notebook_instance_arn.clone();
            Observed {
                id: found.id.clone(),
                arn: arn.unwrap_or_else(|| self.arn_of(&found.id)),
                tags: tags.clone(),
                phase: phase(&live),
                state: Value::Object(state_of(live, &self.facts)),
            }
        }))
    }

    fn arn(&self, id: &PhysicalId) -> Option<String> {
        Some(self.arn_of(id))
    }

    async fn create(&self, want: &Tree, tags: &Tags, _: &str) -> Result<PhysicalId, CloudError> {
        let text = |path: &str| {
            let text = get(want, path).as_str().filter(|text| !text.is_empty());
            text.map(str::to_owned)
        };
        let list = |path: &str| {
            let items: Vec<_> = texts(get(want, path)).map(str::to_owned).collect();
            (!items.is_empty()).then_some(items)
        };
        let name = text(INSTANCE_NAME).unwrap_or_default();
        let call = self
            .client
            .create_notebook_instance()
            .notebook_instance_name(&name)
            .set_instance_type(text("instanceType").as_deref().map(InstanceType::from))
            .set_role_arn(text("role"))
            .set_root_access(text("rootAccess").as_deref().map(RootAccess::from))
            .set_instance_metadata_service_configuration(text(METADATA).map(metadata))
            .set_direct_internet_access(
                text(DIRECT_INTERNET).as_deref().map(DirectInternetAccess::from),
            )
            .set_subnet_id(text("subnet"))
            .set_security_group_ids(list("securityGroups"))
            .set_kms_key_id(text("kmsKey"))
            .set_platform_identifier(text("platformIdentifier"))
            .set_volume_size_in_gb(number(get(want, "volumeSizeInGb")))
            .set_lifecycle_config_name(text("lifecycleConfig"))
            .set_default_code_repository(text("defaultCodeRepository"))
            .set_additional_code_repositories(list("additionalCodeRepositories"))
            .set_tags(Some(sagemaker::sdk_tags(tags)));
        // There is no client token.
        let once = Builder::new().retry_config(RetryConfig::disabled());
        let made = call.customize().config_override(once).send().await;
        made.map(|_| PhysicalId(name)).map_err(|error| classify(CREATE, &error))
    }

    async fn send(&self, have: &Observed<Value>, edits: &[LeafEdit]) -> Result<(), CloudError> {
        let name = have.id.as_str();
        match edits.first().and_then(|edit| edit.operation.as_deref()).unwrap_or_default() {
            STOP => {
                let call = self.client.stop_notebook_instance().notebook_instance_name(name);
                call.send().await.map(drop).map_err(|error| classify(STOP, &error))
            }
            START => {
                let call = self.client.start_notebook_instance().notebook_instance_name(name);
                call.send().await.map(drop).map_err(|error| classify(START, &error))
            }
            UPDATE => {
                let call = self.client.update_notebook_instance().notebook_instance_name(name);
                let call = edits.iter().try_fold(call, filled)?;
                call.send().await.map(drop).map_err(|error| classify(UPDATE, &error))
            }
            other => Err(never(other)),
        }
    }

    async fn tag(&self, have: &Observed<Value>, set: &Tags) -> Result<(), CloudError> {
        sagemaker::tag(&self.client, &have.arn, set).await
    }

    async fn untag(&self, have: &Observed<Value>, keys: &[String]) -> Result<(), CloudError> {
        sagemaker::untag(&self.client, &have.arn, keys).await
    }

    async fn delete(&self, have: &Observed<Value>, _: Option<&Tree>) -> Result<(), CloudError> {
        let call = self.client.delete_notebook_instance();
        let sent = call.notebook_instance_name(have.id.as_str()).send().await;
        sagemaker::gone(sent.map(drop).map_err(|error| classify(DELETE, &error))).map(drop)
    }

    /// That it runs: of a deletion, and of a change for which nothing lets palisade stop it.
    async fn obstacles(
        &self,
        have: &Observed<Value>,
        edit: Option<&LeafEdit>,
    ) -> Result<Vec<String>, CloudError> {
        if !runs(&have.state) {
            return Ok(Vec::new());
        }
        let out = match edit {
            None => "it is deleted once it is stopped",
            Some(_) => "stop it, or write `running: true` and consent to a stop",
        };
        Ok(vec![format!("notebook instance {} is InService ({out})", have.id)])
    }
}

impl Instances {
    fn arn_of(&self, id: &PhysicalId) -> String {
        let ScopeFacts { partition, region, account, .. } = &self.facts;
        let name = id.as_str().to_ascii_lowercase();
        format!("arn:{partition}:sagemaker:{region}:{account}:notebook-instance/{name}")
    }

    /// Nothing of what is gone.
    async fn described(
        &self,
        id: &PhysicalId,
    ) -> Result<Option<DescribeNotebookInstanceOutput>, CloudError> {
        let call = self.client.describe_notebook_instance().notebook_instance_name(id.as_str());
        sagemaker::gone(call.send().await.map_err(|error| classify(DESCRIBE, &error)))
    }
}

fn metadata(version: String) -> MetadataService {
    MetadataService::builder().minimum_instance_metadata_service_version(version).build()
}

fn number(value: &Value) -> Option<i32> {
    value.as_i64().and_then(|number| number.try_into().ok())
}

/// An update with one more leaf. What becomes none is disassociated.
fn filled(
    call: UpdateNotebookInstanceFluentBuilder,
    edit: &LeafEdit,
) -> Result<UpdateNotebookInstanceFluentBuilder, CloudError> {
    let (text, none) = (edit.text(), edit.text().is_empty());
    Ok(match edit.path.as_str() {
        "instanceType" => call.instance_type(InstanceType::from(text)),
        "role" => call.role_arn(text),
        "platformIdentifier" => call.platform_identifier(text),
        "rootAccess" => call.root_access(RootAccess::from(text)),
        METADATA => call.instance_metadata_service_configuration(metadata(text.to_owned())),
        "volumeSizeInGb" => call.set_volume_size_in_gb(number(&edit.new)),
        "lifecycleConfig" if none => call.disassociate_lifecycle_config(true),
        "lifecycleConfig" => call.lifecycle_config_name(text),
        "defaultCodeRepository" if none => call.disassociate_default_code_repository(true),
        "defaultCodeRepository" => call.default_code_repository(text),
        "additionalCodeRepositories" if tree::is_none(&edit.new) => {
            call.disassociate_additional_code_repositories(true)
        }
        "additionalCodeRepositories" => call
            .set_additional_code_repositories(Some(texts(&edit.new).map(str::to_owned).collect())),
        other => return Err(never(other)),
    })
}

/// A status that this build does not know is one that SageMaker works through: nothing is sent.
fn phase(live: &DescribeNotebookInstanceOutput) -> Phase {
    let word = live.notebook_instance_status.as_ref().map_or("unknown", Status::as_str).to_owned();
    match live.notebook_instance_status {
        Some(Status::InService | Status::Stopped) => Phase::Ready,
        Some(Status::Failed) => Phase::Failed(
            live.failure_reason.clone().map_or(word.clone(), |why| format!("{word}: {why}")),
        ),
        _ => Phase::Settling(word),
    }
}

fn state_of(live: DescribeNotebookInstanceOutput, facts: &ScopeFacts) -> Tree {
    let runs = match live.notebook_instance_status {
        Some(Status::InService) => Some(true),
        Some(Status::Stopped) => Some(false),
        _ => None,
    };
    let key = live.kms_key_id.filter(|key| !key.is_empty());
    let version = live.instance_metadata_service_configuration;
    let version = version.and_then(|it| it.minimum_instance_metadata_service_version);
    let set = |items: Option<Vec<String>>| {
        json!(items.unwrap_or_default().into_iter().collect::<BTreeSet<_>>())
    };
    let state = [
        (INSTANCE_NAME, json!(live.notebook_instance_name)),
        ("running", json!(runs)),
        // What AWS does not say is its documented default.
        ("rootAccess", json!(live.root_access.as_ref().map_or("Enabled", RootAccess::as_str))),
        (METADATA, json!(version.as_deref().unwrap_or("1"))),
        (
            DIRECT_INTERNET,
            json!(
                live.direct_internet_access
                    .as_ref()
                    .map_or("Enabled", DirectInternetAccess::as_str)
            ),
        ),
        ("subnet", json!(live.subnet_id)),
        ("securityGroups", set(live.security_groups)),
        ("kmsKey", json!(key.map(|key| keys::arn(&key, facts)))),
        ("platformIdentifier", json!(live.platform_identifier)),
        ("instanceType", json!(live.instance_type.as_ref().map(InstanceType::as_str))),
        ("volumeSizeInGb", json!(live.volume_size_in_gb)),
        ("role", json!(live.role_arn)),
        (
            "lifecycleConfig",
            json!(live.notebook_instance_lifecycle_config_name.unwrap_or_default()),
        ),
        ("defaultCodeRepository", json!(live.default_code_repository.unwrap_or_default())),
        ("additionalCodeRepositories", set(live.additional_code_repositories)),
        (PARTITION, json!(facts.partition)),
        (ACCOUNT, json!(facts.account)),
    ];
    state.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A defect in palisade: nothing was sent.
fn never(what: &str) -> CloudError {
    let why = format!("{what} is not a change of a notebook instance");
    CloudError::new("palisade:Change", Class::Rejected, why)
}
