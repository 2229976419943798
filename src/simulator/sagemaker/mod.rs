//! SageMaker in memory: Studio domains and what lives in them, user profiles, spaces and apps.
//!
//! Domains change asynchronously, echo defaults nobody set, merge updates member by member, and refuse some updates while apps run:
//! that is what the simulator takes care to model. User profiles, spaces and apps settle at once.

mod apps;
mod defaults;
mod domain;
mod domains;
mod merge;
mod profiles;
mod rules;
mod spaces;
mod tags;
#[cfg(test)]
mod tests;
mod truth;
mod update;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use self::{apps::App, domain::Domain, profiles::Profile, spaces::Space};
use super::{
    json::{Input, Lagged, Page, Trouble, page, unknown_operation, validation_exception},
    service::{Answer, ApiError, Caller, Context, is_mutating},
};

/// The domains of every account and region.
#[derive(Debug, Clone, Default)]
pub struct SageMaker {
    stores: BTreeMap<(String, String), Lagged<Store>>,
    /// How the service behaves where that depends on the account or on luck.
    pub behaviour: Behaviour,
}

/// Quotas and failures. While a failure is set, every such request is accepted and then fails for that reason.
#[derive(Debug, Clone, Default)]
pub struct Behaviour {
    /// How many domains an account may have in a region; any number when absent.
    pub domains_per_region: Option<usize>,
    /// Why domains being created end `Failed`.
    pub creation_failure: Option<String>,
    /// Why domains being updated end `Update_Failed`, with their old settings.
    pub update_failure: Option<String>,
    /// Whether apps being created end `Failed`.
    pub apps_fail: bool,
}

/// What one account has in one region.
#[derive(Debug, Clone, Default)]
struct Store {
    domains: BTreeMap<String, Domain>,
    /// By domain and lower-case name: profile names are not case sensitive.
    profiles: BTreeMap<(String, String), Profile>,
    /// By domain and name.
    spaces: BTreeMap<(String, String), Space>,
    apps: BTreeMap<apps::AppKey, App>,
    /// By ARN; an ARN has an entry for as long as the resource exists.
    tags: BTreeMap<String, BTreeMap<String, String>>,
    retained_file_systems: BTreeSet<String>,
}

/// One call: who makes it, what it asks, and the world around it.
struct Request<'a, 'w> {
    caller: &'a Caller,
    input: Input<'a>,
    context: &'a mut Context<'w>,
    behaviour: &'a Behaviour,
}

impl SageMaker {
    /// Answers one call of the SageMaker API (`SageMaker.*`).
    ///
    /// # Errors
    /// The error codes of the SageMaker API reference and `ValidationException`; `UnknownOperationException` for an operation that is not
    /// simulated.
    pub fn call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer {
        let place = (caller.account.clone(), caller.region.clone());
        let store = self.stores.entry(place).or_default();
        let elapsed = context.elapsed;
        store.settle(elapsed, |state| state.drop_deleted_domains(elapsed));
        let input = Input::new(input, validation_exception);
        let mut request = Request { caller, input, context, behaviour: &self.behaviour };
        if is_mutating(operation) {
            let state = store.write(caller, request.context);
            return write(state, operation, &mut request);
        }
        read(store.read(caller), operation, &request)
    }

    /// The tags that a resource has at this instant.
    pub(super) fn tags_of(
        &self,
        account: &str,
        region: &str,
        arn: &str,
    ) -> BTreeMap<String, String> {
        let store = self.stores.get(&(account.to_owned(), region.to_owned()));
        store.and_then(|store| store.now().tags.get(arn)).cloned().unwrap_or_default()
    }

    /// Whether the account has, or had, a domain in any region.
    pub(super) fn ever_had_domains(&self, account: &str) -> bool {
        let stores = self.stores.iter().filter(|((of, _), _)| of == account);
        let mut states = stores.map(|(_, store)| store.now());
        states.any(|state| !state.domains.is_empty() || !state.retained_file_systems.is_empty())
    }

    /// The home file systems that deleted domains left behind in an account's region (`RetentionPolicy` `Retain`, the default).
    pub fn retained_file_systems(&self, account: &str, region: &str) -> BTreeSet<String> {
        let store = self.stores.get(&(account.to_owned(), region.to_owned()));
        store.map(|store| store.now().retained_file_systems.clone()).unwrap_or_default()
    }
}

fn read(store: &Store, operation: &str, request: &Request<'_, '_>) -> Answer {
    match operation {
        "DescribeDomain" => domains::describe(store, request),
        "ListDomains" => domains::list(store, request),
        "DescribeUserProfile" => profiles::describe(store, request),
        "ListUserProfiles" => profiles::list(store, request),
        "DescribeSpace" => spaces::describe(store, request),
        "ListSpaces" => spaces::list(store, request),
        "DescribeApp" => apps::describe(store, request),
        "ListApps" => apps::list(store, request),
        "ListTags" => tags::list(store, request),
        _ => Err(unknown_operation("SageMaker", operation)),
    }
}

fn write(store: &mut Store, operation: &str, request: &mut Request<'_, '_>) -> Answer {
    match operation {
        "CreateDomain" => domains::create(store, request),
        "UpdateDomain" => update::update(store, request),
        "DeleteDomain" => domains::delete(store, request),
        "CreateUserProfile" => profiles::create(store, request),
        "UpdateUserProfile" => profiles::update(store, request),
        "DeleteUserProfile" => profiles::delete(store, request),
        "CreateSpace" => spaces::create(store, request),
        "UpdateSpace" => spaces::update(store, request),
        "DeleteSpace" => spaces::delete(store, request),
        "CreateApp" => apps::create(store, request),
        "DeleteApp" => apps::delete(store, request),
        "AddTags" => tags::add(store, request),
        "DeleteTags" => tags::remove(store, request),
        _ => Err(unknown_operation("SageMaker", operation)),
    }
}

/// An item of a listing with what it can be sorted by.
struct Listed {
    key: String,
    created: f64,
    modified: f64,
    entry: Value,
}

/// A page of a listing: `MaxResults` within 1 and 100, 10 unless asked otherwise; `SortBy` and `SortOrder` where the request has them.
fn paged(request: &Request<'_, '_>, list: &str, mut items: Vec<Listed>) -> Answer {
    let by_modified = request.input.choice("SortBy", &["CreationTime", "LastModifiedTime"])?
        == Some("LastModifiedTime");
    let descending =
        request.input.choice("SortOrder", &["Ascending", "Descending"])? == Some("Descending");
    let time = |item: &Listed| {
        if by_modified { item.modified } else { item.created }
    };
    items.sort_by(|left, right| {
        time(left).total_cmp(&time(right)).then_with(|| left.key.cmp(&right.key))
    });
    if descending {
        items.reverse();
    }
    let size = request.input.integer("MaxResults", 1..=100)?.unwrap_or(10);
    let items = items.into_iter().map(|item| (item.key, item.entry)).collect();
    page_of(request, list, items, size)
}

fn page_of(
    request: &Request<'_, '_>,
    list: &str,
    items: Vec<(String, Value)>,
    size: usize,
) -> Answer {
    let token = request.input.bounded_text("NextToken", 0..=8192)?;
    let Page { items, next } =
        page(items, size, token).ok_or_else(|| invalid("Invalid pagination token"))?;
    let mut answer = Map::new();
    answer.insert(list.to_owned(), Value::Array(items));
    if let Some(next) = next {
        answer.insert("NextToken".to_owned(), Value::String(next));
    }
    Ok(Value::Object(answer))
}

/// `ValidationException` with this message. SageMaker does not model it; clients see the bare code.
fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationException", message)
}

/// `ResourceInUse` with this message.
fn in_use(message: impl Into<String>) -> ApiError {
    ApiError::new("ResourceInUse", message)
}

/// `ResourceNotFound` with this message.
fn not_found(message: impl Into<String>) -> ApiError {
    ApiError::new("ResourceNotFound", message)
}

impl<'a> Request<'a, '_> {
    /// The ARN of a SageMaker resource in the place the caller calls.
    fn arn(&self, resource: &str) -> String {
        let Caller { account, region, .. } = self.caller;
        let partition = match region.as_str() {
            _ if region.starts_with("cn-") => "aws-cn",
            _ if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        format!("arn:{partition}:sagemaker:{region}:{account}:{resource}")
    }

    /// A required name of up to 63 letters, digits and inner dashes.
    fn name(&self, member: &str) -> Result<&'a str, ApiError> {
        let name = self.input.bounded_text(member, 0..=63)?;
        let name = name.ok_or_else(|| self.input.refusal(member, None, Trouble::Missing))?;
        let legal = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
        if !legal || name.is_empty() || name.starts_with('-') || name.ends_with('-') {
            let pattern = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}";
            return Err(self.input.refusal(member, Some(name), Trouble::Pattern(pattern)));
        }
        Ok(name)
    }

    /// A structure member as it came.
    fn structure(&self, member: &str) -> Result<Option<&'a Map<String, Value>>, ApiError> {
        self.input.object(member)
    }
}
