//! The port: AWS Organizations.
//!
//! Only the management account, or a delegated administrator, can read and write policies; others
//! get an error, which makes the kind unknown in that scope. The policy type is enabled if it is
//! not, and nothing here can disable it: that would remove every attachment for good.

mod attach;
mod error;
#[cfg(test)]
mod instance_families;
mod read;
#[cfg(all(test, feature = "simulator"))]
mod simulated;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    marker::PhantomData,
    sync::{Mutex, MutexGuard, PoisonError},
};

use aws_sdk_organizations::{
    Client,
    config::{Builder, retry::RetryConfig},
    types::{PolicyType, Tag},
};

use self::error::explain;
use super::{Change, Content, Place, Policy, Sister, State, Update};
use crate::{
    aws::{Access, rejected},
    kind::{Ask, Class, CloudError, Intent, Population, Port},
    model::{Observed, PhysicalId, Tags},
};

/// The live port of one scope for the policies of one type.
#[derive(Debug)]
pub struct Live<S> {
    client: Client,
    foreign: Mutex<BTreeMap<String, Foreign>>,
    of: PhantomData<fn() -> S>,
}

/// The type in the API.
fn api_type<S: Sister>() -> PolicyType {
    S::TYPE.api.into()
}

/// A policy whose tags said that it is not ours. Finding out who owns a policy takes one more call,
/// so that answer, once it has been the same twice, is kept for a number of passes, or until
/// somebody edits the policy's name or description. It only saves calls: whatever a manifest names
/// or adopts, or what was ours before, is read in every pass.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Foreign {
    owner: String,
    name: String,
    description: String,
    /// How many times in a row its tags said so.
    looks: u32,
    /// The number of passes since then in which its tags were not read.
    trusted: u32,
}

impl<S: Sister> Live<S> {
    fn foreign(&self) -> MutexGuard<'_, BTreeMap<String, Foreign>> {
        // The map is consistent at every instant, so a panic elsewhere leaves nothing half done in
        // it.
        self.foreign.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn update(&self, id: &str, update: &Update) -> Result<(), CloudError> {
        const OPERATION: &str = "organizations:UpdatePolicy";
        let new_content = match &update.content {
            None => None,
            Some(content) => Some(text_of(content.new.as_ref(), OPERATION)?),
        };
        self.client
            .update_policy()
            .policy_id(id)
            .set_name(update.name.as_ref().map(|name| name.new.clone()))
            // An empty text clears the description; omitting it would keep the old one.
            .set_description(update.description.as_ref().map(|text| text.new.clone()))
            .set_content(new_content)
            .send()
            .await
            .map_err(|error| explain(OPERATION, &error))?;
        Ok(())
    }

    async fn remove(&self, id: &str) -> Result<(), CloudError> {
        const OPERATION: &str = "organizations:DeletePolicy";
        match self.client.delete_policy().policy_id(id).send().await {
            Ok(_) => Ok(()),
            Err(error) => match explain(OPERATION, &error) {
                gone if gone.is_code("PolicyNotFoundException") => Ok(()),
                other => Err(other),
            },
        }
    }
}

fn text_of(content: Option<&Content>, operation: &'static str) -> Result<String, CloudError> {
    content.map(Content::to_minified_json).ok_or_else(|| {
        CloudError::new(operation, Class::Rejected, "the wanted policy has no content")
    })
}

fn to_tags(tags: &Tags, operation: &'static str) -> Result<Vec<Tag>, CloudError> {
    tags.iter()
        .map(|(key, value)| {
            Tag::builder().key(key).value(value).build().map_err(|e| rejected(operation, &e))
        })
        .collect()
}

impl<S: Sister> Port<Policy<S>> for Live<S> {
    fn connect(access: &Access) -> Self {
        let client = access.organizations.clone();
        Self { client, foreign: Mutex::default(), of: PhantomData }
    }

    async fn observe(&self, ask: &Ask) -> Result<Population<State>, CloudError> {
        self.read_all(ask).await
    }

    async fn create(
        &self,
        want: &State,
        tags: &Tags,
        _token: &str,
    ) -> Result<PhysicalId, CloudError> {
        const OPERATION: &str = "organizations:CreatePolicy";
        let answer = self
            .client
            .create_policy()
            .r#type(api_type::<S>())
            .name(&want.name)
            // Required by the API, and may be empty.
            .description(want.description.as_deref().unwrap_or_default())
            .content(text_of(want.content.as_ref(), OPERATION)?)
            .set_tags(Some(to_tags(tags, OPERATION)?))
            .customize()
            // CreatePolicy has no client token: the next pass finds out what became of an unclear
            // answer.
            .config_override(Builder::new().retry_config(RetryConfig::disabled()))
            .send()
            .await
            .map_err(|error| {
                let mut error = explain(OPERATION, &error);
                if error.class == Class::Duplicate {
                    error.message = format!("a {} named {} exists already", S::TYPE.one, want.name);
                }
                error
            })?;
        answer
            .policy()
            .and_then(|policy| policy.policy_summary())
            .and_then(|summary| summary.id())
            .map(PhysicalId::from)
            .ok_or_else(|| CloudError::new(OPERATION, Class::Ambiguous, "no id in the answer"))
    }

    async fn change(&self, have: &Observed<State>, changes: &[Change]) -> Result<(), CloudError> {
        let id = have.id.as_str();
        let mut leaves = Vec::new();
        for change in changes {
            match change {
                Change::Update(update) => leaves.push(update.as_ref()),
                Change::Attach { target, .. } => self.attach(id, target).await?,
                Change::Detach { target, after, .. } => self.detach(id, target, after).await?,
            }
        }
        if leaves.is_empty() { Ok(()) } else { self.update(id, &Update::together(leaves)).await }
    }

    async fn tag(&self, have: &Observed<State>, set: &Tags) -> Result<(), CloudError> {
        const OPERATION: &str = "organizations:TagResource";
        self.foreign().remove(have.id.as_str());
        self.client
            .tag_resource()
            .resource_id(have.id.as_str())
            .set_tags(Some(to_tags(set, OPERATION)?))
            .send()
            .await
            .map_err(|error| explain(OPERATION, &error))?;
        Ok(())
    }

    async fn untag(&self, have: &Observed<State>, keys: &[String]) -> Result<(), CloudError> {
        self.client
            .untag_resource()
            .resource_id(have.id.as_str())
            .set_tag_keys(Some(keys.to_vec()))
            .send()
            .await
            .map_err(|error| explain("organizations:UntagResource", &error))?;
        Ok(())
    }

    async fn delete(
        &self,
        have: &Observed<State>,
        _want: Option<&State>,
    ) -> Result<(), CloudError> {
        let id = have.id.as_str();
        let mut targets: Vec<_> = match self.targets_of(id).await {
            Err(gone) if gone.is_code("PolicyNotFoundException") => return Ok(()),
            other => other?.into_iter().collect(),
        };
        targets.sort_by(|a, b| Place::rank(a).cmp(&Place::rank(b)));
        // All targets are checked before the first detachment: a policy that has to stay somewhere
        // stays everywhere.
        let blocked = self.last_at(id, &targets).await?;
        if !blocked.is_empty() {
            return Err(CloudError::blocked("organizations:DeletePolicy", &blocked));
        }
        for target in &targets {
            self.detach(id, target, &BTreeSet::new()).await?;
        }
        self.remove(id).await
    }

    async fn obstacles(
        &self,
        have: &Observed<State>,
        intent: Intent<'_, Change>,
    ) -> Result<Vec<String>, CloudError> {
        let id = have.id.as_str();
        match intent {
            Intent::Change(Change::Update(_)) => Ok(Vec::new()),
            Intent::Change(Change::Attach { target, .. }) => self.full(id, target).await,
            Intent::Change(Change::Detach { target, .. }) => {
                self.last_at(id, std::slice::from_ref(target)).await
            }
            Intent::Delete => match self.targets_of(id).await {
                Err(gone) if gone.is_code("PolicyNotFoundException") => Ok(Vec::new()),
                targets => {
                    let targets: Vec<_> = targets?.into_iter().collect();
                    self.last_at(id, &targets).await
                }
            },
        }
    }
}
