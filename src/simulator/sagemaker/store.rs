//! The state of SageMaker in an account and Region, and the data of a call.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::{Map, Value};

use super::{
    app::{App, AppKey},
    domain::Domain,
    errors::{self, invalid, not_found},
    registry::Registry,
};
use crate::simulator::{
    json::{Input, Lagged, Trouble},
    service::{ApiError, Caller, Context},
    shelves::Shelves,
    table::{Holds, Paging, Records, Tagging},
};

/// The domains of every account and region.
#[derive(Debug, Clone, Default)]
pub struct SageMaker {
    pub(super) stores: BTreeMap<(String, String), Lagged<Store>>,
    pub(super) registry: Shelves<Registry>,
    /// The behavior of the service that depends on the account or on chance.
    pub behavior: Behavior,
}

/// Quotas and failures. While a failure is set, each request of its kind is accepted and fails
/// later for that reason.
#[derive(Debug, Clone, Default)]
pub struct Behavior {
    /// The maximum number of domains of an account in a region; no maximum if absent.
    pub domains_per_region: Option<usize>,
    /// The maximum number of user profiles, and of spaces, in a domain; no maximum if absent.
    pub residents_per_domain: Option<usize>,
    /// Why new domains end as `Failed`.
    pub creation_failure: Option<String>,
    /// Why updated domains end as `Update_Failed`, with their old settings.
    pub update_failure: Option<String>,
    /// Whether new apps end as `Failed`.
    pub apps_fail: bool,
}

/// The resources of one account in one region.
#[derive(Debug, Clone, Default)]
pub(super) struct Store {
    pub domains: BTreeMap<String, Domain>,
    /// User profiles and spaces, and the tags of everything.
    pub records: Records,
    /// See [`Behavior::residents_per_domain`].
    pub residents_per_domain: Option<usize>,
    pub apps: BTreeMap<AppKey, App>,
    pub retained_file_systems: BTreeSet<String>,
}

/// One call: its caller, its input, and its context.
pub(super) struct Request<'a, 'w> {
    pub caller: &'a Caller,
    pub input: Input<'a>,
    pub context: &'a mut Context<'w>,
    pub behavior: &'a Behavior,
}

/// The pages of listings (SageMaker API reference).
pub(super) static PAGING: Paging = Paging {
    size: "MaxResults",
    min: 1,
    default: 10,
    max: 100,
    token: "NextToken",
    foreign: foreign_token,
};

/// Tags of domains, user profiles, spaces and apps, by ARN (SageMaker API reference).
pub(super) static TAGGING: Tagging = Tagging {
    add: "AddTags",
    remove: "DeleteTags",
    list: "ListTags",
    resource: "ResourceArn",
    keys: "TagKeys",
    max: 50,
    paging: Paging {
        size: "MaxResults",
        min: 50,
        default: 50,
        max: usize::MAX,
        token: "NextToken",
        foreign: foreign_token,
    },
    refuse: errors::tags,
};

fn foreign_token() -> ApiError {
    invalid("Invalid pagination token")
}

impl Holds for Store {
    fn records(&self) -> &Records {
        &self.records
    }

    fn records_mut(&mut self) -> &mut Records {
        &mut self.records
    }
}

impl Store {
    /// Removes what is deleted by now.
    pub(super) fn settle(&mut self, elapsed: Duration) {
        self.records.settle(elapsed);
        let tags = &mut self.records.tags;
        self.domains.retain(|_, domain| {
            let gone = domain.lifecycle.is_gone(elapsed);
            if gone {
                tags.remove(&domain.arn);
            }
            !gone
        });
        let domains = &self.domains;
        self.apps.retain(|key, app| {
            let stays = domains.contains_key(&key.domain);
            if !stays {
                tags.remove(&app.arn);
            }
            stays
        });
    }

    /// The domain of the request's `DomainId`.
    pub(super) fn domain(&self, input: Input<'_>) -> Result<&Domain, ApiError> {
        let id = name(input, "DomainId")?;
        self.domains.get(id).ok_or_else(|| not_found(format!("Domain [{id}] does not exist.")))
    }
}

/// A required name of up to 63 letters, digits and inner dashes.
pub(super) fn name<'a>(input: Input<'a>, member: &str) -> Result<&'a str, ApiError> {
    let name = input.bounded_text(member, 0..=63)?;
    let name = name.ok_or_else(|| input.refusal(member, None, Trouble::Missing))?;
    let legal = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    if !legal || name.is_empty() || name.starts_with('-') || name.ends_with('-') {
        let pattern = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}";
        return Err(input.refusal(member, Some(name), Trouble::Pattern(pattern)));
    }
    Ok(name)
}

impl<'a> Request<'a, '_> {
    /// The ARN of a SageMaker resource in the caller's account and region.
    pub(super) fn arn(&self, resource: &str) -> String {
        self.caller.arn_of("sagemaker", resource)
    }

    /// A required name of up to 63 letters, digits and inner dashes.
    pub(super) fn name(&self, member: &str) -> Result<&'a str, ApiError> {
        name(self.input, member)
    }

    /// A structure member, unchanged.
    pub(super) fn structure(
        &self,
        member: &str,
    ) -> Result<Option<&'a Map<String, Value>>, ApiError> {
        self.input.object(member)
    }
}
