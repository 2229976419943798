//! Lifecycle configurations of notebook instances over the AWS SDK: one listing, then the tags of
//! each and the scripts of ours.

use aws_sdk_sagemaker::{
    Client,
    config::{Builder, retry::RetryConfig},
    types::NotebookInstanceLifecycleHook as Hook,
};
use serde_json::{Value, json};

use super::leaves::{CONFIG_NAME, ON_CREATE, ON_START};
use crate::{
    aws::{Access, classify, lookup::Pages, sagemaker},
    kind::{
        Class, CloudError, ScopeFacts,
        table::{ACCOUNT, Found, LeafEdit, PARTITION, Page, Service, Tree, get},
    },
    model::{Observed, Phase, PhysicalId, Tags},
};

const LIST: &str = "sagemaker:ListNotebookInstanceLifecycleConfigs";
const DESCRIBE: &str = "sagemaker:DescribeNotebookInstanceLifecycleConfig";
const UPDATE: &str = "sagemaker:UpdateNotebookInstanceLifecycleConfig";
const DELETE: &str = "sagemaker:DeleteNotebookInstanceLifecycleConfig";
const INSTANCES: &str = "sagemaker:ListNotebookInstances";

/// The lifecycle configurations of one scope's notebook instances.
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
        let call = self.client.list_notebook_instance_lifecycle_configs();
        let call = call.max_results(sagemaker::PAGE).set_next_token(token);
        let page = call.send().await.map_err(|error| classify(LIST, &error))?;
        let all = page.notebook_instance_lifecycle_configs.unwrap_or_default().into_iter();
        let found = all.map(|config| {
            let unnamed = || CloudError::new(LIST, Class::Unknown, "a configuration without name");
            let name = config.notebook_instance_lifecycle_config_name.ok_or_else(unnamed)?;
            let arn = config.notebook_instance_lifecycle_config_arn;
            let names = [name.to_ascii_lowercase()].into();
            Ok(Found { names, arn, ..Found::of(PhysicalId(name)) })
        });
        Ok(Page {
            found: found.collect::<Result<_, CloudError>>()?,
            next: page.next_token,
            ..Page::default()
        })
    }

    async fn tags(&self, found: &Found) -> Result<Option<Tags>, CloudError> {
        let arn = found.arn.clone().unwrap_or_else(|| self.arn_of(&found.id));
        sagemaker::gone(sagemaker::tags_of(&self.client, &arn).await)
    }

    async fn find(&self, id: &PhysicalId) -> Result<Option<Found>, CloudError> {
        let Some((arn, state)) = self.described(id).await? else { return Ok(None) };
        let tags = sagemaker::gone(sagemaker::tags_of(&self.client, &arn).await)?;
        Ok(tags.map(|tags| {
            let whole = Some(observed(id, arn, &tags, state));
            Found { whole, ..Found::of(id.clone()) }
        }))
    }

    async fn read(
        &self,
        found: &Found,
        tags: &Tags,
    ) -> Result<Option<Observed<Value>>, CloudError> {
        let described = self.described(&found.id).await?;
        Ok(described.map(|(arn, state)| observed(&found.id, arn, tags, state)))
    }

    fn arn(&self, id: &PhysicalId) -> Option<String> {
        Some(self.arn_of(id))
    }

    async fn create(&self, want: &Tree, tags: &Tags, _: &str) -> Result<PhysicalId, CloudError> {
        const CREATE: &str = "sagemaker:CreateNotebookInstanceLifecycleConfig";
        let name = get(want, CONFIG_NAME).as_str().unwrap_or_default();
        let hook = |path| Some(hooks(get(want, path))).filter(|hooks| !hooks.is_empty());
        let call = self
            .client
            .create_notebook_instance_lifecycle_config()
            .notebook_instance_lifecycle_config_name(name)
            .set_on_create(hook(ON_CREATE))
            .set_on_start(hook(ON_START))
            .set_tags(Some(sagemaker::sdk_tags(tags)));
        // There is no client token.
        let once = Builder::new().retry_config(RetryConfig::disabled());
        let made = call.customize().config_override(once).send().await;
        made.map(|_| name.into()).map_err(|error| classify(CREATE, &error))
    }

    /// Both scripts: whether one that is left out stays is not documented. What is not changed is
    /// written as it was seen.
    async fn send(&self, have: &Observed<Value>, edits: &[LeafEdit]) -> Result<(), CloudError> {
        let script = |path: &str| {
            let edit = edits.iter().find(|edit| edit.path == path);
            hooks(edit.map_or(&have.state[path], |edit| &edit.new))
        };
        let call = self
            .client
            .update_notebook_instance_lifecycle_config()
            .notebook_instance_lifecycle_config_name(have.id.as_str())
            .set_on_create(Some(script(ON_CREATE)))
            .set_on_start(Some(script(ON_START)));
        call.send().await.map(drop).map_err(|error| classify(UPDATE, &error))
    }

    async fn tag(&self, have: &Observed<Value>, set: &Tags) -> Result<(), CloudError> {
        sagemaker::tag(&self.client, &have.arn, set).await
    }

    async fn untag(&self, have: &Observed<Value>, keys: &[String]) -> Result<(), CloudError> {
        sagemaker::untag(&self.client, &have.arn, keys).await
    }

    async fn delete(&self, have: &Observed<Value>, _: Option<&Tree>) -> Result<(), CloudError> {
        let call = self.client.delete_notebook_instance_lifecycle_config();
        let call = call.notebook_instance_lifecycle_config_name(have.id.as_str());
        let sent = call.send().await.map(drop).map_err(|error| classify(DELETE, &error));
        sagemaker::gone(sent).map(drop)
    }

    /// Of a deletion the instances that use it: they could not start any more.
    async fn obstacles(
        &self,
        have: &Observed<Value>,
        _: Option<&LeafEdit>,
    ) -> Result<Vec<String>, CloudError> {
        let (mut pages, mut token, mut users) = (Pages::of(INSTANCES), None, Vec::new());
        loop {
            let call = self.client.list_notebook_instances().max_results(sagemaker::PAGE);
            let call = call.notebook_instance_lifecycle_config_name_contains(have.id.as_str());
            let page = call.set_next_token(token).send().await;
            let page = page.map_err(|error| classify(INSTANCES, &error))?;
            let uses = page.notebook_instances.unwrap_or_default().into_iter().filter(|instance| {
                let config = instance.notebook_instance_lifecycle_config_name();
                config.is_none_or(|config| config.eq_ignore_ascii_case(have.id.as_str()))
            });
            let names = uses.filter_map(|instance| instance.notebook_instance_name);
            users.extend(names.map(|name| format!("notebook instance {name} uses it")));
            token = pages.next(page.next_token)?;
            if token.is_none() {
                return Ok(users);
            }
        }
    }
}

impl Configs {
    fn arn_of(&self, id: &PhysicalId) -> String {
        let ScopeFacts { partition, region, account, .. } = &self.facts;
        let name = id.as_str().to_ascii_lowercase();
        format!(
            "arn:{partition}:sagemaker:{region}:{account}:notebook-instance-lifecycle-config/{name}"
        )
    }

    /// ARN and state; nothing of what is gone.
    async fn described(&self, id: &PhysicalId) -> Result<Option<(String, Tree)>, CloudError> {
        let call = self.client.describe_notebook_instance_lifecycle_config();
        let call = call.notebook_instance_lifecycle_config_name(id.as_str());
        let answer = call.send().await.map_err(|error| classify(DESCRIBE, &error));
        let Some(config) = sagemaker::gone(answer)? else { return Ok(None) };
        let arn = config.notebook_instance_lifecycle_config_arn;
        let state = [
            (CONFIG_NAME, json!(config.notebook_instance_lifecycle_config_name)),
            (ON_CREATE, json!(script(config.on_create.as_deref()))),
            (ON_START, json!(script(config.on_start.as_deref()))),
            (PARTITION, json!(self.facts.partition)),
            (ACCOUNT, json!(self.facts.account)),
        ];
        let state = state.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Ok(Some((arn.unwrap_or_else(|| self.arn_of(id)), state)))
    }
}

fn observed(id: &PhysicalId, arn: String, tags: &Tags, state: Tree) -> Observed<Value> {
    let state = Value::Object(state);
    Observed { id: id.clone(), arn, tags: tags.clone(), phase: Phase::Ready, state }
}

/// There is at most one script of each sort (SageMaker API reference).
fn script(hooks: Option<&[Hook]>) -> String {
    let content = hooks.and_then(<[Hook]>::first).and_then(Hook::content);
    content.map(sagemaker::script).unwrap_or_default()
}

fn hooks(script: &Value) -> Vec<Hook> {
    let script = script.as_str().filter(|script| !script.is_empty());
    let hook = script.map(|script| Hook::builder().content(sagemaker::content(script)).build());
    hook.into_iter().collect()
}
