//! Lifecycle configurations of Studio over the AWS SDK: one listing, then the tags of each and the
//! scripts of ours.

use aws_sdk_sagemaker::{
    Client,
    config::{Builder, retry::RetryConfig},
    types::StudioLifecycleConfigAppType as AppType,
};
use serde_json::{Value, json};

use super::leaves::{APP_TYPE, CONFIG_NAME, CONTENT};
use crate::{
    aws::{Access, classify, sagemaker},
    kind::{
        Class, CloudError, ScopeFacts,
        table::{ACCOUNT, Found, LeafEdit, PARTITION, Page, Service, Tree, get},
    },
    model::{Observed, Phase, PhysicalId, Tags},
};

const LIST: &str = "sagemaker:ListStudioLifecycleConfigs";
const DESCRIBE: &str = "sagemaker:DescribeStudioLifecycleConfig";
const CREATE: &str = "sagemaker:CreateStudioLifecycleConfig";
const DELETE: &str = "sagemaker:DeleteStudioLifecycleConfig";

/// The lifecycle configurations of one scope's Studio.
#[derive(Debug)]
pub struct Configs {
    client: Client,
    facts: ScopeFacts,
}

impl Service for Configs {
    const LISTS: &'static [&'static str] = &[LIST];

    fn connect(access: &Access) -> Self {
        Self { client: access.sagemaker.clone(), facts: access.facts.clone() }
    }

    async fn page(&self, _: usize, token: Option<String>) -> Result<Page, CloudError> {
        let call = self.client.list_studio_lifecycle_configs();
        let call = call.max_results(sagemaker::PAGE).set_next_token(token);
        let page = call.send().await.map_err(|error| classify(LIST, &error))?;
        let mut found = Vec::new();
        for config in page.studio_lifecycle_configs.unwrap_or_default() {
            let Some(name) = config.studio_lifecycle_config_name else {
                let why = "a configuration without name";
                return Err(CloudError::new(LIST, Class::Unknown, why));
            };
            let names = [name.to_ascii_lowercase()].into();
            let arn = config.studio_lifecycle_config_arn;
            found.push(Found { names, arn, ..Found::of(PhysicalId(name)) });
        }
        Ok(Page { found, next: page.next_token, ..Page::default() })
    }

    async fn tags(&self, found: &Found) -> Result<Option<Tags>, CloudError> {
        let arn = found.arn.clone().unwrap_or_else(|| self.arn_of(&found.id));
        sagemaker::gone(sagemaker::tags_of(&self.client, &arn).await)
    }

    async fn find(&self, id: &PhysicalId) -> Result<Option<Found>, CloudError> {
        let Some(arn) = self.described(id).await?.map(|(arn, _)| arn) else { return Ok(None) };
        Ok(Some(Found { arn: Some(arn), ..Found::of(id.clone()) }))
    }

    async fn read(
        &self,
        found: &Found,
        tags: &Tags,
    ) -> Result<Option<Observed<Value>>, CloudError> {
        let described = self.described(&found.id).await?;
        Ok(described.map(|(arn, state)| {
            let (id, state) = (found.id.clone(), Value::Object(state));
            Observed { id, arn, tags: tags.clone(), phase: Phase::Ready, state }
        }))
    }

    fn arn(&self, id: &PhysicalId) -> Option<String> {
        Some(self.arn_of(id))
    }

    async fn create(&self, want: &Tree, tags: &Tags, _: &str) -> Result<PhysicalId, CloudError> {
        let text = |path| get(want, path).as_str().unwrap_or_default();
        let name = text(CONFIG_NAME);
        let call = self
            .client
            .create_studio_lifecycle_config()
            .studio_lifecycle_config_name(name)
            .studio_lifecycle_config_app_type(AppType::from(text(APP_TYPE)))
            .studio_lifecycle_config_content(sagemaker::content(text(CONTENT)))
            .set_tags(Some(sagemaker::sdk_tags(tags)));
        // There is no client token.
        let once = Builder::new().retry_config(RetryConfig::disabled());
        let made = call.customize().config_override(once).send().await;
        made.map(|_| name.into()).map_err(|error| classify(CREATE, &error))
    }

    async fn send(&self, _: &Observed<Value>, _: &[LeafEdit]) -> Result<(), CloudError> {
        let why = "SageMaker has no call that changes it";
        Err(CloudError::new("palisade:Change", Class::Rejected, why))
    }

    async fn tag(&self, have: &Observed<Value>, set: &Tags) -> Result<(), CloudError> {
        sagemaker::tag(&self.client, &have.arn, set).await
    }

    async fn untag(&self, have: &Observed<Value>, keys: &[String]) -> Result<(), CloudError> {
        sagemaker::untag(&self.client, &have.arn, keys).await
    }

    /// SageMaker refuses it while a domain, profile or space refers to it, or an app runs with it.
    async fn delete(&self, have: &Observed<Value>, _: Option<&Tree>) -> Result<(), CloudError> {
        let call = self.client.delete_studio_lifecycle_config();
        let call = call.studio_lifecycle_config_name(have.id.as_str());
        let sent = call.send().await.map(drop).map_err(|error| classify(DELETE, &error));
        sagemaker::gone(sent).map(drop)
    }
}

impl Configs {
    fn arn_of(&self, id: &PhysicalId) -> String {
        let ScopeFacts { partition, region, account, .. } = &self.facts;
        let name = id.as_str().to_ascii_lowercase();
        format!("arn:{partition}:sagemaker:{region}:{account}:studio-lifecycle-config/{name}")
    }

    /// ARN and state; nothing of what is gone.
    async fn described(&self, id: &PhysicalId) -> Result<Option<(String, Tree)>, CloudError> {
        let call = self.client.describe_studio_lifecycle_config();
        let answer = call.studio_lifecycle_config_name(id.as_str()).send().await;
        let answer = answer.map_err(|error| classify(DESCRIBE, &error));
        let Some(config) = sagemaker::gone(answer)? else { return Ok(None) };
        let script = config.studio_lifecycle_config_content.as_deref().map(sagemaker::script);
        let app_type = config.studio_lifecycle_config_app_type;
        let state = [
            (CONFIG_NAME, json!(config.studio_lifecycle_config_name)),
            (APP_TYPE, json!(app_type.as_ref().map(AppType::as_str))),
            (CONTENT, json!(script.unwrap_or_default())),
            (PARTITION, json!(self.facts.partition)),
            (ACCOUNT, json!(self.facts.account)),
        ];
        let state = state.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let arn = config.studio_lifecycle_config_arn.unwrap_or_else(|| self.arn_of(id));
        Ok(Some((arn, state)))
    }
}
