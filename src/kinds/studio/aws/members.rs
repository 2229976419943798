//! What lives in a domain under a name: user profiles and spaces. Their id is `domain/name`.

use std::{
    collections::BTreeMap,
    marker::PhantomData,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_sdk_sagemaker::Client;
use serde_json::Value;
use tokio::time::Instant;

use super::gone;
use crate::{
    aws::{Access, sagemaker},
    kind::{
        Class, CloudError, ScopeFacts,
        table::{Found, LeafEdit, Page, Service, Tree},
    },
    kinds::studio::id_of,
    model::{Observed, Phase, PhysicalId, Tags, claim::OWNER_TAG},
};

/// How long the tags of what nobody claims are taken for what they were. There can be thousands of
/// profiles that Identity Center makes by itself, and one call reads the tags of one. Whatever is
/// looked at for more than that nobody claims it is read again in the same pass.
const UNCLAIMED: Duration = Duration::from_mins(10);

/// One of them.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    /// SageMaker.
    pub client: &'a Client,
    /// The scope.
    pub facts: &'a ScopeFacts,
    /// The domain's id.
    pub domain: &'a str,
    /// Its name.
    pub name: &'a str,
}

/// What AWS tells of one.
#[derive(Debug)]
pub struct Told {
    /// Its ARN.
    pub arn: Option<String>,
    /// Its phase.
    pub phase: Phase,
    /// Its state.
    pub state: Tree,
}

/// Names on one page of a list, each with its domain, and the token of the next page.
pub type Names = (Vec<(Option<String>, Option<String>)>, Option<String>);

/// One type of them: the calls that differ. Every error is a failed call.
pub trait Member: Send + Sync + 'static {
    /// The operation that lists those of all domains.
    const LISTS: &'static [&'static str];
    /// The operation that describes one.
    const READ: &'static str;
    /// The leaf with their name.
    const NAME: &'static str;
    /// Their word in ARNs.
    const SORT: &'static str;

    /// A name as ids have it.
    fn folded(name: &str) -> String;

    /// A page of the list.
    fn page(
        client: &Client,
        token: Option<String>,
    ) -> impl Future<Output = Result<Names, CloudError>> + Send;

    /// Describes one.
    fn describe(at: At<'_>) -> impl Future<Output = Result<Told, CloudError>> + Send;

    /// Creates one.
    fn create(
        at: At<'_>,
        want: &Tree,
        tags: &Tags,
    ) -> impl Future<Output = Result<(), CloudError>> + Send;

    /// Sends these members.
    fn update(
        at: At<'_>,
        have: &Tree,
        edits: &[LeafEdit],
    ) -> impl Future<Output = Result<(), CloudError>> + Send;

    /// Deletes one.
    fn delete(at: At<'_>) -> impl Future<Output = Result<(), CloudError>> + Send;

    /// What keeps one from being deleted.
    fn obstacles(at: At<'_>) -> impl Future<Output = Result<Vec<String>, CloudError>> + Send;
}

/// Those of one type in one scope.
#[derive(Debug)]
pub struct Members<M> {
    client: Client,
    facts: ScopeFacts,
    unclaimed: Mutex<BTreeMap<PhysicalId, (Tags, Instant)>>,
    of: PhantomData<M>,
}

/// The domain and the name in an id.
fn parts(id: &PhysicalId) -> Option<(&str, &str)> {
    id.as_str().split_once('/')
}

impl<M: Member> Members<M> {
    fn at<'a>(&'a self, (domain, name): (&'a str, &'a str)) -> At<'a> {
        At { client: &self.client, facts: &self.facts, domain, name }
    }

    /// The one with this id, whose form was checked when it was listed or made.
    fn one<'a>(&'a self, id: &'a PhysicalId) -> Result<At<'a>, CloudError> {
        let wrong = || format!("`{id}` is not domain/name");
        let parts = parts(id).ok_or_else(|| CloudError::new(M::READ, Class::Rejected, wrong()))?;
        Ok(self.at(parts))
    }

    async fn described(&self, id: &PhysicalId) -> Result<Option<Told>, CloudError> {
        let Some(parts) = parts(id) else { return Ok(None) };
        gone(M::describe(self.at(parts)).await)
    }

    fn arn_of(&self, id: &PhysicalId) -> String {
        let ScopeFacts { partition, region, account, .. } = &self.facts;
        format!("arn:{partition}:sagemaker:{region}:{account}:{}/{id}", M::SORT)
    }

    /// An ARN is made of the name as AWS writes it, which need not be how a list does: where
    /// nothing has the ARN that follows from the id, AWS is asked for it.
    async fn tags_of(&self, id: &PhysicalId) -> Result<Option<Tags>, CloudError> {
        let likely = self.arn_of(id);
        if let Some(tags) = gone(sagemaker::tags_of(&self.client, &likely).await)? {
            return Ok(Some(tags));
        }
        let told = self.described(id).await?.and_then(|told| told.arn);
        match told.filter(|arn| *arn != likely) {
            Some(arn) => gone(sagemaker::tags_of(&self.client, &arn).await),
            None => Ok(None),
        }
    }

    async fn whole(
        &self,
        id: &PhysicalId,
        tags: Option<&Tags>,
    ) -> Result<Option<Observed<Value>>, CloudError> {
        let Some(told) = self.described(id).await? else { return Ok(None) };
        let Some(arn) = told.arn else {
            return Err(CloudError::new(M::READ, Class::Unknown, "an answer without ARN"));
        };
        let claimed = tags.filter(|tags| tags.contains_key(OWNER_TAG));
        let tags = match claimed {
            Some(tags) => tags.clone(),
            None => match gone(sagemaker::tags_of(&self.client, &arn).await)? {
                Some(tags) => tags,
                None => return Ok(None),
            },
        };
        let (phase, state) = (told.phase, Value::Object(told.state));
        Ok(Some(Observed { id: id.clone(), arn, tags, phase, state }))
    }

    fn unclaimed(&self) -> MutexGuard<'_, BTreeMap<PhysicalId, (Tags, Instant)>> {
        self.unclaimed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: Member> Service for Members<M> {
    const LISTS: &'static [&'static str] = M::LISTS;

    fn connect(access: &Access) -> Self {
        Self {
            client: access.sagemaker.clone(),
            facts: access.facts.clone(),
            unclaimed: Mutex::default(),
            of: PhantomData,
        }
    }

    async fn page(&self, _list: usize, token: Option<String>) -> Result<Page, CloudError> {
        if token.is_none() {
            self.unclaimed().retain(|_, (_, read)| read.elapsed() < UNCLAIMED);
        }
        let (names, next) = M::page(&self.client, token).await?;
        let mut found = Vec::with_capacity(names.len());
        for named in names {
            let (Some(domain), Some(name)) = named else {
                let why = "an entry without domain or name";
                return Err(CloudError::new(M::LISTS[0], Class::Unknown, why));
            };
            let id = format!("{domain}/{}", M::folded(&name));
            let names = [id.clone()].into();
            found.push(Found { names, ..Found::of(PhysicalId(id)) });
        }
        Ok(Page { found, next, ..Page::default() })
    }

    async fn tags(&self, found: &Found) -> Result<Option<Tags>, CloudError> {
        if let Some((tags, _)) = self.unclaimed().get(&found.id) {
            return Ok(Some(tags.clone()));
        }
        let read = Instant::now();
        let tags = self.tags_of(&found.id).await?;
        if let Some(tags) = tags.as_ref().filter(|tags| !tags.contains_key(OWNER_TAG)) {
            self.unclaimed().insert(found.id.clone(), (tags.clone(), read));
        }
        Ok(tags)
    }

    async fn find(&self, id: &PhysicalId) -> Result<Option<Found>, CloudError> {
        let whole = self.whole(id, None).await?;
        Ok(whole.map(|whole| Found { whole: Some(whole), ..Found::of(id.clone()) }))
    }

    async fn read(
        &self,
        found: &Found,
        tags: &Tags,
    ) -> Result<Option<Observed<Value>>, CloudError> {
        self.whole(&found.id, Some(tags)).await
    }

    fn arn(&self, id: &PhysicalId) -> Option<String> {
        Some(self.arn_of(id))
    }

    async fn create(&self, want: &Tree, tags: &Tags, _: &str) -> Result<PhysicalId, CloudError> {
        let id = PhysicalId(id_of(want, M::NAME).unwrap_or_default());
        self.unclaimed().remove(&id);
        M::create(self.one(&id)?, want, tags).await?;
        Ok(id)
    }

    async fn send(&self, have: &Observed<Value>, edits: &[LeafEdit]) -> Result<(), CloudError> {
        let Value::Object(state) = &have.state else {
            return Err(CloudError::new(M::READ, Class::Rejected, "a state is no object"));
        };
        M::update(self.one(&have.id)?, state, edits).await
    }

    async fn tag(&self, have: &Observed<Value>, set: &Tags) -> Result<(), CloudError> {
        self.unclaimed().remove(&have.id);
        sagemaker::tag(&self.client, &have.arn, set).await
    }

    async fn untag(&self, have: &Observed<Value>, keys: &[String]) -> Result<(), CloudError> {
        sagemaker::untag(&self.client, &have.arn, keys).await
    }

    async fn delete(&self, have: &Observed<Value>, _: Option<&Tree>) -> Result<(), CloudError> {
        gone(M::delete(self.one(&have.id)?).await).map(drop)
    }

    async fn obstacles(
        &self,
        have: &Observed<Value>,
        _: Option<&LeafEdit>,
    ) -> Result<Vec<String>, CloudError> {
        M::obstacles(self.one(&have.id)?).await
    }
}
