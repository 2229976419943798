//! The reads: which keys are there, whose they are, and what ours look like.
//!
//! There is no call that finds keys by tag and can be relied on (the tagging API is an index that lags). So
//! keys are found by their aliases, one list for all of them, and told by their own tags. Only when something
//! that is looked for is not among them, so that a key might be created next, are the keys without alias
//! looked at one by one too: a key that was created just before a crash has no alias yet.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_kms::types::{KeyManagerType, KeyMetadata, KeyState};
use futures::future::join_all;

use super::{
    Live, POLICY_NAME, call,
    reading::{can_rotate, phase, told},
};
use crate::{
    aws::classify,
    kind::{Ask, Class, CloudError, Kind as _, Population, Unread, tolerate},
    kinds::kms_key::{KmsKey, Rotation, State},
    model::{
        Observed, Ownership, Phase, PhysicalId, Tags,
        policy_document::{Dialect, PolicyDocument},
    },
};

/// KMS API reference, ListAliases: 1 to 100.
const ALIASES_A_PAGE: i32 = 100;
/// KMS API reference, ListKeys: 1 to 1000.
const KEYS_A_PAGE: i32 = 1000;
/// KMS API reference, ListResourceTags: 1 to 50.
const TAGS_A_PAGE: i32 = 50;
/// Keys read at the same time. KMS allows 1000 and more reads a second, shared with everybody in the account.
const AT_ONCE: usize = 8;
/// Aliases of the keys that AWS manages.
const AWS_ALIASES: &str = "alias/aws/";

/// The aliases of an account's Region.
#[derive(Debug, Default)]
struct Aliases {
    /// Aliases by the id of their key.
    of_key: BTreeMap<String, BTreeSet<String>>,
    /// Ids of keys that AWS manages: nobody else may read their tags.
    managed_by_aws: BTreeSet<String>,
}

/// Keys whose tags were asked for.
#[derive(Debug, Default)]
struct Looked {
    /// Tags by key id.
    tags: BTreeMap<String, Tags>,
    /// Keys of customers whose tags could not be read, and what KMS answered.
    unread: BTreeMap<String, CloudError>,
}

impl Live {
    pub(super) async fn observe_keys(&self, ask: &Ask) -> Result<Population<State>, CloudError> {
        let aliases = self.aliases().await?;
        let mut looked = Looked::default();
        let customers = aliases.of_key.keys().cloned().collect();
        self.look(customers, &mut looked).await?;
        if !self.all_found(ask, &looked) {
            let others = self.keys().await?.into_iter().filter(|id| {
                !aliases.of_key.contains_key(id) && !aliases.managed_by_aws.contains(id)
            });
            self.look(others.collect(), &mut looked).await?;
        }
        for id in &ask.remembered {
            if !looked.tags.contains_key(id.as_str()) && !looked.unread.contains_key(id.as_str()) {
                match self.tags_of(id.as_str()).await {
                    Ok(tags) => drop(looked.tags.insert(id.0.clone(), tags)),
                    Err(gone) if gone.class == Class::Missing => {}
                    Err(error) => drop(looked.unread.insert(id.0.clone(), error)),
                }
            }
        }
        // A key whose tags could not be read may be the one that is looked for (its policy may have locked us out): it
        // must not count as absent.
        let mut seen = Population::default();
        let all_found = self.all_found(ask, &looked);
        for (id, why) in &looked.unread {
            if !all_found || is_wanted(ask, &aliases, id, why) {
                seen.miss(self.unread(id, None, why.clone()))?;
            }
        }

        let none = BTreeSet::new();
        let ours: Vec<_> = looked.tags.iter().filter(|(id, tags)| is_ours(ask, id, tags)).collect();
        for some in ours.chunks(AT_ONCE) {
            let reads = some.iter().map(|(id, tags)| {
                let names = aliases.of_key.get(*id).unwrap_or(&none);
                self.read(id, tags, names)
            });
            for ((id, tags), read) in some.iter().zip(join_all(reads).await) {
                self.note(&mut seen, id, tags, read)?;
            }
        }
        // Keys of others whose aliases are wanted, and those that were ours: enough to see the conflict.
        for (id, tags) in &looked.tags {
            let names = aliases.of_key.get(id).unwrap_or(&none);
            let remembered = ask.remembered.contains(&PhysicalId(id.clone()));
            if !is_ours(ask, id, tags) && !names.is_disjoint(&ask.natural_keys) {
                seen.whole.push(self.stranger(id, tags, names));
            } else if !is_ours(ask, id, tags) && remembered {
                // Whether it is on its way out decides whether it is in the way.
                let read = self.read(id, tags, names).await;
                self.note(&mut seen, id, tags, read)?;
            }
        }
        Self::note_elsewhere(ask, &mut seen.whole);
        Ok(seen)
    }

    /// A key that was read as a whole, or is unknown because one of its reads failed.
    fn note(
        &self,
        seen: &mut Population<State>,
        id: &str,
        tags: &Tags,
        read: Result<Observed<State>, CloudError>,
    ) -> Result<(), CloudError> {
        match read {
            Ok(key) => seen.whole.push(key),
            Err(why) => seen.miss(self.unread(id, Some(tags.clone()), why))?,
        }
        Ok(())
    }

    fn unread(&self, id: &str, tags: Option<Tags>, why: CloudError) -> Unread {
        Unread { id: id.into(), arn: Some(self.arn(id)), tags, why }
    }

    /// Whether every manifest's key, and every key to be adopted, is among those looked at.
    fn all_found(&self, ask: &Ask, looked: &Looked) -> bool {
        let found: BTreeSet<_> = looked
            .tags
            .values()
            .filter_map(|tags| match Ownership::read(tags, &ask.owner) {
                Ownership::Ours { address, .. }
                    if address.scope == self.facts.name && address.kind == KmsKey::PROFILE.name =>
                {
                    Some(address.name)
                }
                _ => None,
            })
            .collect();
        ask.names.is_subset(&found)
            && ask.adopt.iter().all(|id| looked.tags.contains_key(id.as_str()))
    }

    /// Tells each of our keys which wanted aliases point to another one of ours.
    fn note_elsewhere(ask: &Ask, seen: &mut [Observed<State>]) {
        let ours: BTreeMap<String, String> = seen
            .iter()
            .filter(|key| matches!(Ownership::read(&key.tags, &ask.owner), Ownership::Ours { .. }))
            .flat_map(|key| {
                let names = key.state.aliases.iter().flatten();
                names.map(|name| (name.clone(), key.id.0.clone()))
            })
            .filter(|(name, _)| ask.natural_keys.contains(name))
            .collect();
        for key in seen {
            let others = ours.iter().filter(|(_, id)| **id != key.id.0);
            key.state.elsewhere = others.map(|(name, id)| (name.clone(), id.clone())).collect();
        }
    }

    async fn aliases(&self) -> Result<Aliases, CloudError> {
        const OPERATION: &str = "kms:ListAliases";
        let mut all = Aliases::default();
        let mut marker = None;
        loop {
            let page = call!(
                self,
                "kms:ListAliases",
                list_aliases().limit(ALIASES_A_PAGE).set_marker(marker.clone())
            )?;
            for entry in page.aliases.unwrap_or_default() {
                // Without a target it is a name that AWS keeps for a key it has not made yet.
                let (Some(name), Some(key)) = (entry.alias_name, entry.target_key_id) else {
                    continue;
                };
                if name.starts_with(AWS_ALIASES) {
                    all.managed_by_aws.insert(key);
                } else {
                    all.of_key.entry(key).or_default().insert(name);
                }
            }
            match next(OPERATION, page.truncated, page.next_marker, &marker)? {
                Some(more) => marker = Some(more),
                None => return Ok(all),
            }
        }
    }

    async fn keys(&self) -> Result<BTreeSet<String>, CloudError> {
        const OPERATION: &str = "kms:ListKeys";
        let mut all = BTreeSet::new();
        let mut marker = None;
        loop {
            let page = call!(
                self,
                "kms:ListKeys",
                list_keys().limit(KEYS_A_PAGE).set_marker(marker.clone())
            )?;
            all.extend(page.keys.unwrap_or_default().into_iter().filter_map(|key| key.key_id));
            match next(OPERATION, page.truncated, page.next_marker, &marker)? {
                Some(more) => marker = Some(more),
                None => return Ok(all),
            }
        }
    }

    async fn look(&self, ids: Vec<String>, looked: &mut Looked) -> Result<(), CloudError> {
        for some in ids.chunks(AT_ONCE) {
            let answers = join_all(some.iter().map(|id| self.tags_or_denial(id))).await;
            for (id, answer) in some.iter().zip(answers) {
                match answer {
                    Ok(Some(tags)) => drop(looked.tags.insert(id.clone(), tags)),
                    Ok(None) => {}
                    Err(why) => drop(looked.unread.insert(id.clone(), why)),
                }
            }
            tolerate(looked.unread.values())?;
        }
        Ok(())
    }

    /// A key's tags; `None` for a key that AWS manages, whose tags nobody else may read.
    async fn tags_or_denial(&self, id: &str) -> Result<Option<Tags>, CloudError> {
        match self.tags_of(id).await {
            Ok(tags) => Ok(Some(tags)),
            Err(denial) if denial.is_code("AccessDeniedException") => {
                // What may not be described either is not known to be AWS's.
                match self.describe(id).await {
                    Ok(key) if key.key_manager == Some(KeyManagerType::Aws) => Ok(None),
                    _ => Err(denial),
                }
            }
            Err(error) => Err(error),
        }
    }

    async fn tags_of(&self, id: &str) -> Result<Tags, CloudError> {
        const OPERATION: &str = "kms:ListResourceTags";
        let mut all = Tags::new();
        let mut marker = None;
        loop {
            let page = call!(
                self,
                "kms:ListResourceTags",
                list_resource_tags().key_id(id).limit(TAGS_A_PAGE).set_marker(marker.clone())
            )?;
            let tags = page.tags.unwrap_or_default();
            all.extend(tags.into_iter().map(|tag| (tag.tag_key, tag.tag_value)));
            match next(OPERATION, page.truncated, page.next_marker, &marker)? {
                Some(more) => marker = Some(more),
                None => return Ok(all),
            }
        }
    }

    /// What KMS says about a key, named by its id or an alias.
    pub(super) async fn describe(&self, key: &str) -> Result<KeyMetadata, CloudError> {
        call!(self, "kms:DescribeKey", describe_key().key_id(key))?.key_metadata.ok_or_else(|| {
            CloudError::new("kms:DescribeKey", Class::Unknown, "the answer describes no key")
        })
    }

    /// A key of ours, or one to be adopted, as a whole.
    async fn read(
        &self,
        id: &str,
        tags: &Tags,
        aliases: &BTreeSet<String>,
    ) -> Result<Observed<State>, CloudError> {
        let key = self.describe(id).await?;
        let policy = self.policy(id).await?;
        let rotation = if can_rotate(&key) { self.rotation(id).await? } else { None };
        let phase = phase(&key);
        let state = State {
            aliases: Some(aliases.clone()),
            description: Some(key.description.clone().unwrap_or_default()),
            policy,
            rotation,
            enabled: Some(match &key.key_state {
                Some(KeyState::Enabled) => true,
                Some(KeyState::Disabled) => false,
                _ => key.enabled,
            }),
            key_spec: key.key_spec.as_ref().map(|spec| spec.as_str().to_owned()),
            key_usage: key.key_usage.as_ref().map(|usage| usage.as_str().to_owned()),
            origin: key.origin.as_ref().map(|origin| origin.as_str().to_owned()),
            multi_region: Some(key.multi_region.unwrap_or_default()),
            pending_deletion: matches!(phase, Phase::Restorable(_)),
            partition: self.facts.partition.clone(),
            account: self.facts.account.clone(),
            ..State::default()
        };
        let arn = key.arn.clone().unwrap_or_else(|| self.arn(id));
        Ok(Observed { id: PhysicalId(key.key_id), arn, tags: tags.clone(), phase, state })
    }

    /// The live policy; `None` if it does not read as one, so that it counts as different from every other.
    async fn policy(&self, id: &str) -> Result<Option<PolicyDocument>, CloudError> {
        let answer =
            call!(self, "kms:GetKeyPolicy", get_key_policy().key_id(id).policy_name(POLICY_NAME))?;
        let Some(text) = answer.policy else {
            let message = "the answer has no policy";
            return Err(CloudError::new("kms:GetKeyPolicy", Class::Unknown, message));
        };
        Ok(PolicyDocument::parse(&text, Dialect::KeyPolicy).ok())
    }

    async fn rotation(&self, id: &str) -> Result<Option<Rotation>, CloudError> {
        let answer = call!(self, "kms:GetKeyRotationStatus", get_key_rotation_status().key_id(id));
        match answer {
            Ok(status) => {
                Ok(Some(told(status.key_rotation_enabled, status.rotation_period_in_days)))
            }
            Err(error)
                if error.is_code("UnsupportedOperationException")
                    || error.is_code("KMSInvalidStateException") =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// A key that is not ours, by its aliases.
    fn stranger(&self, id: &str, tags: &Tags, aliases: &BTreeSet<String>) -> Observed<State> {
        Observed {
            id: PhysicalId(id.to_owned()),
            arn: self.arn(id),
            tags: tags.clone(),
            phase: Phase::Ready,
            state: State {
                aliases: Some(aliases.clone()),
                partition: self.facts.partition.clone(),
                account: self.facts.account.clone(),
                ..State::default()
            },
        }
    }

    fn arn(&self, id: &str) -> String {
        let crate::kind::ScopeFacts { partition, region, account, .. } = &self.facts;
        format!("arn:{partition}:kms:{region}:{account}:key/{id}")
    }
}

/// Whether a key whose tags could not be read matters although every key that is looked for was found: then one that
/// denies itself is somebody else's, unless something else names it.
fn is_wanted(ask: &Ask, aliases: &Aliases, id: &str, why: &CloudError) -> bool {
    let key = PhysicalId::from(id);
    let names = aliases.of_key.get(id);
    why.class != Class::Denied
        || names.is_some_and(|names| !names.is_disjoint(&ask.natural_keys))
        || ask.adopt.contains(&key)
        || ask.remembered.contains(&key)
}

/// Claimed with our owner, or named by a manifest that adopts it.
fn is_ours(ask: &Ask, id: &str, tags: &Tags) -> bool {
    ask.adopt.iter().any(|adopt| adopt.as_str() == id)
        || tags.get(crate::model::claim::OWNER_TAG) == Some(&ask.owner)
}

/// The marker of the next page; `None` after the last one. A marker that repeats, or is missing although
/// there is more, would end in a loop or in half a list.
fn next(
    operation: &'static str,
    truncated: bool,
    marker: Option<String>,
    last: &Option<String>,
) -> Result<Option<String>, CloudError> {
    match marker {
        _ if !truncated => Ok(None),
        Some(marker) if last.as_ref() != Some(&marker) => Ok(Some(marker)),
        Some(_) => Err(CloudError::new(operation, Class::Unknown, "a page marker repeats")),
        None => Err(CloudError::new(operation, Class::Unknown, "a page marker is missing")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_ends_only_where_kms_says_so() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(next("kms:ListKeys", false, some("ignored"), &None), Ok(None));
        assert_eq!(next("kms:ListKeys", true, some("b"), &some("a")), Ok(some("b")));
        for (marker, last) in [(some("a"), some("a")), (None, None)] {
            let error = next("kms:ListKeys", true, marker, &last).expect_err("never half a list");
            assert_eq!(error.class, Class::Unknown);
        }
    }

    #[test]
    fn a_rotation_without_a_period_has_the_documented_default() {
        assert_eq!(told(true, Some(90)).period_days, Some(90));
        assert_eq!(told(true, None).period_days, Some(365));
        assert_eq!(told(false, Some(90)).period_days, None);
    }

    #[test]
    fn every_key_state_has_its_phase() {
        let phase_of = |state: &str| {
            let key = KeyMetadata::builder().key_id("k").key_state(KeyState::from(state)).build();
            phase(&key.expect("an id is all it needs"))
        };
        assert_eq!(phase_of("Enabled"), Phase::Ready);
        assert_eq!(phase_of("Disabled"), Phase::Ready);
        for (state, expected) in [
            ("PendingDeletion", Phase::Restorable as fn(String) -> Phase),
            ("PendingReplicaDeletion", Phase::Restorable),
            ("Creating", Phase::Settling),
            ("Updating", Phase::Settling),
            ("PendingImport", Phase::Failed),
            ("Unavailable", Phase::Failed),
            ("SomethingNew", Phase::Settling),
        ] {
            assert_eq!(phase_of(state), expected(state.to_owned()));
        }
    }
}
