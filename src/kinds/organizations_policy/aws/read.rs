//! Reads policies: the list in pages of twenty, then three calls for each policy that matters.

use std::collections::BTreeSet;

use aws_sdk_organizations::types::PolicySummary;
use futures::future::join_all;

use super::{Foreign, Live, api_type, error::explain};
use crate::{
    kind::{Ask, Class, CloudError, Population, Unread},
    kinds::organizations_policy::{Attachments, Content, Sister, State},
    model::{Observed, Phase, PhysicalId, Tags, claim::OWNER_TAG},
};

/// The largest page size of Organizations (API reference).
const PAGE_SIZE: i32 = 20;
/// How many policies are read at the same time. Organizations allows only a few reads a second, so
/// this only has to be enough that no call waits for another one's answer.
const AT_ONCE: usize = 8;
/// Tags that were just set may not be visible at once: this many reads are needed before a policy
/// counts as not ours.
const READS_NEEDED: u32 = 2;
/// For this many passes in a row that is assumed; then its tags are read again. At the usual
/// interval that is an hour.
const TRUSTED_FOR: u32 = 60;

/// The page tokens of one listing. A page may be empty and still have a successor, so only the
/// token says whether there is more; a repeated one would loop.
#[derive(Debug)]
pub(super) struct Pages {
    operation: &'static str,
    seen: BTreeSet<String>,
}

impl Pages {
    pub(super) fn new(operation: &'static str) -> Self {
        Self { operation, seen: BTreeSet::new() }
    }

    /// The token to send next; `None` after the last page.
    pub(super) fn after(&mut self, token: Option<&str>) -> Result<Option<String>, CloudError> {
        let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(None) };
        if self.seen.insert(token.to_owned()) {
            return Ok(Some(token.to_owned()));
        }
        Err(CloudError::new(self.operation, Class::Unknown, "a page token came back twice"))
    }
}

/// What the list says about a policy.
#[derive(Debug)]
struct Listed {
    id: String,
    arn: String,
    name: String,
    description: String,
}

impl Listed {
    /// `None` for AWS's own policies: nobody can edit them, and their tags cannot be read.
    fn read(summary: &PolicySummary) -> Option<Result<Self, CloudError>> {
        if summary.aws_managed() {
            return None;
        }
        let (Some(id), Some(arn), Some(name)) = (summary.id(), summary.arn(), summary.name())
        else {
            return Some(Err(CloudError::new(
                "organizations:ListPolicies",
                Class::Unknown,
                "a policy without id, ARN or name",
            )));
        };
        let description = summary.description().unwrap_or_default().to_owned();
        Some(Ok(Self {
            id: id.to_owned(),
            arn: arn.to_owned(),
            name: name.to_owned(),
            description,
        }))
    }

    fn unread(&self, tags: Option<Tags>, why: CloudError) -> Unread {
        Unread { id: self.id.as_str().into(), arn: Some(self.arn.clone()), tags, why }
    }

    fn is_the_same_as(&self, met: &Foreign, ask: &Ask) -> bool {
        met.owner == ask.owner && met.name == self.name && met.description == self.description
    }
}

impl<S: Sister> Live<S> {
    /// Whether a policy is known not to be ours, so that its tags need not be read again yet.
    fn is_known_foreign(&self, policy: &Listed, ask: &Ask) -> bool {
        let mut foreign = self.foreign();
        let Some(met) = foreign.get_mut(&policy.id) else { return false };
        if !policy.is_the_same_as(met, ask)
            || met.looks < READS_NEEDED
            || met.trusted >= TRUSTED_FOR
        {
            return false;
        }
        met.trusted += 1;
        true
    }

    /// Records that a policy's tags said that it is not ours.
    fn record_foreign(&self, policy: &Listed, ask: &Ask) {
        let mut foreign = self.foreign();
        let looks = foreign
            .get(&policy.id)
            .filter(|met| policy.is_the_same_as(met, ask))
            .map_or(1, |met| met.looks.saturating_add(1));
        let met = Foreign {
            owner: ask.owner.clone(),
            name: policy.name.clone(),
            description: policy.description.clone(),
            looks,
            trusted: 0,
        };
        foreign.insert(policy.id.clone(), met);
    }

    /// Every policy that is ours, adopted, or of a wanted name.
    pub(super) async fn read_all(&self, ask: &Ask) -> Result<Population<State>, CloudError> {
        let mut listed = self.list().await?;
        let mut found = Population::default();
        for id in &ask.remembered {
            if !listed.iter().any(|policy| policy.id == id.as_str()) {
                match self.unlisted(id).await {
                    Ok(policy) => listed.extend(policy),
                    Err(why) => {
                        found.miss(Unread { id: id.clone(), arn: None, tags: None, why })?;
                    }
                }
            }
        }
        self.foreign().retain(|id, _| listed.iter().any(|policy| policy.id == *id));
        for some in listed.chunks(AT_ONCE) {
            let read = join_all(some.iter().map(|policy| self.look_at(policy, ask))).await;
            for (policy, read) in some.iter().zip(read) {
                match read {
                    Ok(observed) => found.whole.extend(observed),
                    Err((tags, why)) => found.miss(policy.unread(tags, why))?,
                }
            }
        }
        Ok(found)
    }

    /// A complete policy if it concerns us. An error comes with its tags, if those were read.
    async fn look_at(
        &self,
        policy: &Listed,
        ask: &Ask,
    ) -> Result<Option<Observed<State>>, (Option<Tags>, CloudError)> {
        let id = PhysicalId(policy.id.clone());
        let named = ask.everything
            || ask.natural_keys.contains(&policy.name)
            || ask.adopt.contains(&id)
            || ask.remembered.contains(&id);
        if !named && self.is_known_foreign(policy, ask) {
            return Ok(None);
        }
        let tags = self.tags_of(&policy.id).await.map_err(|why| (None, why))?;
        if !named && tags.get(OWNER_TAG) != Some(&ask.owner) {
            self.record_foreign(policy, ask);
            return Ok(None);
        }
        // It may be claimed before somebody asks for it by name again.
        self.foreign().remove(&policy.id);
        match self.read_one(policy, &tags).await {
            Ok(observed) => Ok(Some(observed)),
            Err(why) => Err((Some(tags), why)),
        }
    }

    async fn read_one(&self, listed: &Listed, tags: &Tags) -> Result<Observed<State>, CloudError> {
        const OPERATION: &str = "organizations:DescribePolicy";
        let answer = self
            .client
            .describe_policy()
            .policy_id(&listed.id)
            .send()
            .await
            .map_err(|error| explain(OPERATION, &error))?;
        let policy = answer.policy();
        let (Some(text), Some(summary)) = (
            policy.and_then(|policy| policy.content()),
            policy.and_then(|policy| policy.policy_summary()),
        ) else {
            return Err(CloudError::new(OPERATION, Class::Unknown, "a policy without content"));
        };
        let state = State {
            // The later one of the two answers: the list may be older.
            name: summary.name().unwrap_or(&listed.name).to_owned(),
            description: Some(summary.description().unwrap_or_default().to_owned()),
            content: Content::parse(text, &S::TYPE),
            targets: Some(self.targets_of(&listed.id).await?),
            attachments: Attachments::Exclusive,
        };
        Ok(Observed {
            id: PhysicalId::from(listed.id.as_str()),
            arn: listed.arn.clone(),
            tags: tags.clone(),
            phase: Phase::Ready,
            state,
        })
    }

    /// A policy that the list does not contain, if it exists nevertheless.
    async fn unlisted(&self, id: &PhysicalId) -> Result<Option<Listed>, CloudError> {
        const OPERATION: &str = "organizations:DescribePolicy";
        let answer = self.client.describe_policy().policy_id(id.as_str()).send().await;
        match answer.map_err(|error| explain(OPERATION, &error)) {
            Ok(answer) => {
                let summary = answer.policy().and_then(|policy| policy.policy_summary());
                summary.and_then(Listed::read).transpose()
            }
            Err(gone) if gone.is_code("PolicyNotFoundException") => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn list(&self) -> Result<Vec<Listed>, CloudError> {
        const OPERATION: &str = "organizations:ListPolicies";
        let mut pages = Pages::new(OPERATION);
        let mut listed = Vec::new();
        let mut token = None;
        loop {
            let page = self
                .client
                .list_policies()
                .filter(api_type::<S>())
                .max_results(PAGE_SIZE)
                .set_next_token(token)
                .send()
                .await
                .map_err(|error| explain(OPERATION, &error))?;
            for policy in page.policies().iter().filter_map(Listed::read) {
                listed.push(policy?);
            }
            token = pages.after(page.next_token())?;
            if token.is_none() {
                return Ok(listed);
            }
        }
    }

    async fn tags_of(&self, id: &str) -> Result<Tags, CloudError> {
        const OPERATION: &str = "organizations:ListTagsForResource";
        let mut pages = Pages::new(OPERATION);
        let mut tags = Tags::new();
        let mut token = None;
        loop {
            let page = self
                .client
                .list_tags_for_resource()
                .resource_id(id)
                .set_next_token(token)
                .send()
                .await
                .map_err(|error| explain(OPERATION, &error))?;
            tags.extend(
                page.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())),
            );
            token = pages.after(page.next_token())?;
            if token.is_none() {
                return Ok(tags);
            }
        }
    }

    /// The ids of everything a policy is attached to.
    pub(super) async fn targets_of(&self, id: &str) -> Result<BTreeSet<String>, CloudError> {
        const OPERATION: &str = "organizations:ListTargetsForPolicy";
        let mut pages = Pages::new(OPERATION);
        let mut targets = BTreeSet::new();
        let mut token = None;
        loop {
            let page = self
                .client
                .list_targets_for_policy()
                .policy_id(id)
                .max_results(PAGE_SIZE)
                .set_next_token(token)
                .send()
                .await
                .map_err(|error| explain(OPERATION, &error))?;
            for target in page.targets() {
                let id = target.target_id().ok_or_else(|| {
                    CloudError::new(OPERATION, Class::Unknown, "a target without an id")
                })?;
                targets.insert(id.to_owned());
            }
            token = pages.after(page.next_token())?;
            if token.is_none() {
                return Ok(targets);
            }
        }
    }
}
