//! Reading domains and what lives in them.

use std::collections::BTreeSet;

use aws_sdk_sagemaker::{
    operation::describe_domain::DescribeDomainOutput,
    types::{AppDetails, AppStatus, DomainStatus},
};
use futures::future::join_all;
use serde_json::{Value, json};

use super::{Live, wire::Wire};
use crate::{
    aws::classify,
    kind::{Ask, Class, CloudError, Population, ScopeFacts, Unread},
    kinds::sagemaker_domain::{
        diff,
        state::{self, State},
        tree,
    },
    model::{Observed, Phase, PhysicalId, Tags, claim::OWNER_TAG},
};

/// The page size of SageMaker's lists: their default is 10, their maximum 100.
const PAGE: i32 = 100;
/// Domains read side by side.
const AT_ONCE: usize = 8;
/// `ListTags` has a least page size of 50, which is as many as a resource can have.
const TAG_PAGE: i32 = 50;

/// The tokens of one listing; one that comes twice would never end.
struct Pages {
    operation: &'static str,
    token: Option<String>,
    seen: BTreeSet<String>,
}

impl Pages {
    fn new(operation: &'static str) -> Self {
        Self { operation, token: None, seen: BTreeSet::new() }
    }

    /// Takes the token of the next page; whether there is one.
    fn turn(&mut self, next: Option<String>) -> Result<bool, CloudError> {
        self.token = next.filter(|token| !token.is_empty());
        match &self.token {
            Some(token) if !self.seen.insert(token.clone()) => {
                let why = "a page token came twice";
                Err(CloudError::new(self.operation, Class::Unknown, why))
            }
            token => Ok(token.is_some()),
        }
    }
}

/// Every page of a list operation: the call, its items, its token.
macro_rules! every_page {
    ($operation:literal, $call:expr, $items:ident) => {{
        let mut pages = Pages::new($operation);
        let mut all = Vec::new();
        loop {
            let call = $call.set_next_token(pages.token.clone());
            let page = call.send().await.map_err(|error| classify($operation, &error))?;
            all.extend(page.$items.unwrap_or_default());
            if !pages.turn(page.next_token)? {
                break all;
            }
        }
    }};
}

impl Live {
    /// All domains that are ours, adopted or of a wanted name. Their tags are read first, so that of
    /// other people's domains nothing else is.
    pub(super) async fn domains(&self, ask: &Ask) -> Result<Population<State>, CloudError> {
        let listed = every_page!(
            "sagemaker:ListDomains",
            self.client.list_domains().max_results(PAGE),
            domains
        );
        let mut named = Vec::with_capacity(listed.len());
        for domain in listed {
            let (Some(id), Some(arn)) = (domain.domain_id, domain.domain_arn) else {
                let why = "a domain without id or ARN";
                return Err(CloudError::new("sagemaker:ListDomains", Class::Unknown, why));
            };
            named.push((PhysicalId(id), arn, domain.domain_name.unwrap_or_default()));
        }
        let mut found = Population::default();
        for some in named.chunks(AT_ONCE) {
            let reads = some.iter().map(|(id, arn, name)| self.domain(ask, id, arn, name));
            for read in join_all(reads).await {
                match read {
                    Ok(domain) => found.whole.extend(domain),
                    Err(unread) => found.miss(*unread)?,
                }
            }
        }
        for id in &ask.remembered {
            if found.whole.iter().any(|domain| domain.id == *id)
                || found.unread.iter().any(|domain| domain.id == *id)
            {
                continue;
            }
            match self.unlisted(id).await {
                Ok(domain) => found.whole.extend(domain),
                Err(why) => found.miss(Unread { id: id.clone(), arn: None, tags: None, why })?,
            }
        }
        Ok(found)
    }

    /// A domain that the list does not show, if it is there all the same.
    async fn unlisted(&self, id: &PhysicalId) -> Result<Option<Observed<State>>, CloudError> {
        let Some(live) = gone(self.describe(id).await)? else { return Ok(None) };
        let Some(arn) = live.domain_arn.clone() else {
            let why = "a domain without ARN";
            return Err(CloudError::new("sagemaker:DescribeDomain", Class::Unknown, why));
        };
        let Some(tags) = gone(self.tags_of(&arn).await)? else { return Ok(None) };
        let (phase, state) = (phase(&live), state_of(live, &self.facts));
        Ok(Some(Observed { id: id.clone(), arn, tags, phase, state }))
    }

    /// A listed domain; `None` if it does not concern us, or is gone.
    async fn domain(
        &self,
        ask: &Ask,
        id: &PhysicalId,
        arn: &str,
        name: &str,
    ) -> Result<Option<Observed<State>>, Box<Unread>> {
        let unread = |tags: Option<&Tags>, why| {
            let (arn, tags) = (Some(arn.to_owned()), tags.cloned());
            Box::new(Unread { id: id.clone(), arn, tags, why })
        };
        // Between two calls a domain may go; one that is gone is not there.
        let tags = gone(self.tags_of(arn).await).map_err(|why| unread(None, why))?;
        let Some(tags) = tags else { return Ok(None) };
        let named = ask.natural_keys.contains(name);
        // A claim of ours that cannot be read is told too: the loop refuses it aloud.
        let ours = tags.get(OWNER_TAG) == Some(&ask.owner);
        if !(ours || named || ask.adopt.contains(id) || ask.remembered.contains(id)) {
            return Ok(None);
        }
        let live = gone(self.describe(id).await).map_err(|why| unread(Some(&tags), why))?;
        let Some(live) = live else { return Ok(None) };
        let phase = phase(&live);
        let state = state_of(live, &self.facts);
        Ok(Some(Observed { id: id.clone(), arn: arn.to_owned(), tags, phase, state }))
    }

    async fn describe(&self, id: &PhysicalId) -> Result<DescribeDomainOutput, CloudError> {
        let call = self.client.describe_domain().domain_id(id.as_str());
        call.send().await.map_err(|error| classify("sagemaker:DescribeDomain", &error))
    }

    async fn tags_of(&self, arn: &str) -> Result<Tags, CloudError> {
        let tags = every_page!(
            "sagemaker:ListTags",
            self.client.list_tags().resource_arn(arn).max_results(TAG_PAGE),
            tags
        );
        Ok(tags
            .into_iter()
            .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
            .collect())
    }

    /// The apps of a domain that are pending, in service or being deleted, each as
    /// `user/appType/appName`. Deleted ones stay in the list for a while, and failed ones hold nothing up;
    /// a state that is not told, or new, counts: unknown is not stopped.
    pub(super) async fn apps(&self, id: &PhysicalId) -> Result<Vec<String>, CloudError> {
        let apps = every_page!(
            "sagemaker:ListApps",
            self.client.list_apps().domain_id_equals(id.as_str()).max_results(PAGE),
            apps
        );
        let over =
            |app: &AppDetails| matches!(app.status, Some(AppStatus::Deleted | AppStatus::Failed));
        Ok(apps.iter().filter(|app| !over(app)).map(app_name).collect())
    }

    /// The spaces and user profiles of a domain.
    pub(super) async fn inhabitants(&self, id: &PhysicalId) -> Result<Vec<String>, CloudError> {
        let spaces = every_page!(
            "sagemaker:ListSpaces",
            self.client.list_spaces().domain_id_equals(id.as_str()).max_results(PAGE),
            spaces
        );
        let profiles = every_page!(
            "sagemaker:ListUserProfiles",
            self.client.list_user_profiles().domain_id_equals(id.as_str()).max_results(PAGE),
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

fn gone<T>(read: Result<T, CloudError>) -> Result<Option<T>, CloudError> {
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

/// `Update_Failed` is ready: the domain serves with its old settings, and the difference is tried again.
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

fn state_of(live: DescribeDomainOutput, facts: &ScopeFacts) -> State {
    let mut have = State::default();
    #[expect(deprecated, reason = "the only name that domains of before KmsKeyId are sure to have")]
    let key = live.kms_key_id.or(live.home_efs_file_system_kms_key_id);
    let own_key = |key: &str| state::kms_arn(key, &facts.partition, &facts.region, &facts.account);
    let key = key.filter(|key| !key.is_empty()).map(|key| json!(own_key(&key)));
    let failed = live.status == Some(DomainStatus::UpdateFailed);
    let failure = live.failure_reason.filter(|_| failed);
    // What AWS does not tell is its documented default.
    let told = |value: Option<Value>, default: &str| Some(value.unwrap_or_else(|| json!(default)));
    for (member, value) in [
        (state::DOMAIN_NAME, plain(&live.domain_name)),
        (state::AUTH_MODE, plain(&live.auth_mode)),
        (state::VPC, plain(&live.vpc_id)),
        (state::SUBNETS, plain(&live.subnet_ids)),
        (state::NETWORK_ACCESS, told(plain(&live.app_network_access_type), "PublicInternetOnly")),
        (state::GROUP_MANAGEMENT, plain(&live.app_security_group_management)),
        (state::KMS_KEY, key),
        (state::TAG_PROPAGATION, told(plain(&live.tag_propagation), "DISABLED")),
        (state::HOME_EFS, told(plain(&live.home_efs_file_system_creation), "Enabled")),
        (state::USER, plain(&live.default_user_settings)),
        (state::SPACE, plain(&live.default_space_settings)),
        (state::DOMAIN, plain(&live.domain_settings)),
        (state::FAILURE, plain(&failure)),
    ] {
        if let Some(mut value) = value {
            tree::groups(member, &mut value, &mut |_, group| {
                group.retain(|key, value| !(*value == diff::CLEAR && is_clearable(key)));
                if let Some(key) = group.get_mut("s3KmsKeyId") {
                    *key = json!(own_key(key.as_str().unwrap_or_default()));
                }
            });
            have.set(member, value);
        }
    }
    // No configuration and a disabled one are the same to AWS; only changing it needs stopped apps.
    if !have.has(state::EXECUTION_ROLE_IDENTITY) {
        have.put(state::EXECUTION_ROLE_IDENTITY, json!("DISABLED"));
    }
    have
}

fn is_clearable(key: &str) -> bool {
    diff::CLEARABLE.contains(&key)
}

fn plain<T: Wire>(value: &Option<T>) -> Option<Value> {
    value.as_ref().map(T::write)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_token_that_comes_twice_is_an_error_not_a_loop() {
        let mut pages = Pages::new("sagemaker:ListDomains");
        assert_eq!(pages.turn(Some("a".into())), Ok(true));
        assert_eq!(pages.turn(Some("a".into())).unwrap_err().class, Class::Unknown);
        assert_eq!(pages.turn(None), Ok(false));
    }

    #[test]
    fn a_failed_update_leaves_the_domain_ready_and_a_failed_creation_does_not() {
        let told = |status| {
            phase(&DescribeDomainOutput::builder().status(status).failure_reason("why").build())
        };
        assert_eq!(told(DomainStatus::UpdateFailed), Phase::Ready);
        assert_eq!(told(DomainStatus::Failed), Phase::Failed("Failed: why".into()));
        assert_eq!(told(DomainStatus::Updating), Phase::Settling("Updating".into()));
        assert_eq!(told("Migrating".into()), Phase::Settling("Migrating".into()));
    }
}
