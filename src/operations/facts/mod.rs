//! The resources on which AWS checks an action, and the condition keys that its requests carry.
//!
//! The facts are data (`authorization.json`, with sources); the file contains only the actions of
//! the table.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{LazyLock, PoisonError, RwLock},
};

use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Facts {
    /// Actions, or `service:*`, whose requests never carry the account of a resource.
    no_resource_account: BTreeSet<String>,
    /// Every condition key of the services in the table, except the global keys.
    condition_keys: BTreeSet<String>,
    actions: BTreeMap<String, Action>,
}

#[derive(Debug, Default, Deserialize)]
struct Action {
    keys: BTreeSet<String>,
    resources: BTreeMap<String, Resource>,
}

#[derive(Debug, Default, Deserialize)]
struct Resource {
    keys: BTreeSet<String>,
    #[cfg(test)]
    required: bool,
}

/// A file that cannot be read leaves every key undecided, which is the safe answer; a test reads
/// the file. Names of condition keys are in lower case, since IAM ignores their case.
static FACTS: LazyLock<Facts> = LazyLock::new(|| {
    let facts: Facts =
        serde_json::from_str(include_str!("../authorization.json")).unwrap_or_default();
    facts.with_lower_case_keys()
});

impl Facts {
    fn with_lower_case_keys(mut self) -> Self {
        let lower = |keys: &mut BTreeSet<String>| {
            *keys = keys.iter().map(|key| key.to_ascii_lowercase()).collect();
        };
        lower(&mut self.condition_keys);
        for action in self.actions.values_mut() {
            lower(&mut action.keys);
            action.resources.values_mut().for_each(|resource| lower(&mut resource.keys));
        }
        self
    }
}

/// Whether the requests of an action carry a condition key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// They can; the value is another question.
    Yes,
    /// They never do; the key is absent.
    No,
    /// The facts do not say.
    Unknown,
}

/// Whether requests of `action` carry `key` when a resource of type `sort` is checked
/// (`security-group`, as the service authorization reference names resource types; `None` for all
/// types of the action). Of the global keys only those of tags depend on the action; for the others
/// the answer here is [`Carried::Unknown`].
pub fn carries(action: &str, sort: Option<&str>, key: &str) -> Carried {
    let asked = (action.to_owned(), sort.map(str::to_owned), key.to_ascii_lowercase());
    let known = ANSWERS.read().unwrap_or_else(PoisonError::into_inner).get(&asked).copied();
    known.unwrap_or_else(|| {
        let answer = look_up(action, sort, &asked.2);
        ANSWERS.write().unwrap_or_else(PoisonError::into_inner).insert(asked, answer);
        answer
    })
}

/// Memoized answers. There are at most as many as actions times the condition keys in policies, and
/// every pass asks for the same few.
static ANSWERS: LazyLock<RwLock<HashMap<CacheKey, Carried>>> = LazyLock::new(RwLock::default);

/// Action, resource type, condition key in lower case.
type CacheKey = (String, Option<String>, String);

fn look_up(action: &str, sort: Option<&str>, key: &str) -> Carried {
    let Some(facts) = FACTS.actions.get(action) else { return Carried::Unknown };
    let resources = facts.resources.iter().filter(|(name, _)| sort.is_none_or(|it| it == *name));
    let keys: Vec<&String> =
        facts.keys.iter().chain(resources.flat_map(|(_, resource)| &resource.keys)).collect();
    let carried = |key: &str| keys.iter().any(|pattern| names(pattern, key));
    if carried(key) {
        return Carried::Yes;
    }
    // According to the IAM user guide, a request that creates a tagged resource also carries its
    // tags as those of the resource; EC2's page of the reference does not list them there.
    if key.starts_with("aws:resourcetag/") && carried("aws:requesttag/x") {
        return Carried::Unknown;
    }
    let of_tags = ["aws:resourcetag/", "aws:requesttag/", "aws:tagkeys"];
    let listed = of_tags.iter().any(|start| key.starts_with(start))
        || FACTS.condition_keys.iter().any(|pattern| names(pattern, key));
    if listed { Carried::No } else { Carried::Unknown }
}

/// Whether requests of `action` never carry `aws:ResourceAccount`, `aws:ResourceOrgID` and
/// `aws:ResourceOrgPaths`, for any resource.
pub fn has_no_resource_account(action: &str) -> bool {
    let service = action.split_once(':').map_or(action, |(service, _)| service);
    FACTS.no_resource_account.contains(action)
        || FACTS.no_resource_account.contains(&format!("{service}:*"))
}

/// Whether a key's name in the reference, with `*` for the key of a tag, matches this key; both in
/// lower case.
fn names(pattern: &str, key: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == key, |start| key.starts_with(start))
}

#[cfg(test)]
mod tests;
