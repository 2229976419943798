//! AWS Organizations in memory: one organisation with its tree, its policies and what they are attached to.
//!
//! The contents of policies are stored byte for byte, as the service does with what arrives through its API. Whether a service control
//! policy denies anything is not evaluated: the simulator stands for the API that manages policies, not for IAM.

mod access;
mod accounts;
mod attachments;
mod content;
mod errors;
mod policies;
mod policy_types;
mod tags;
#[cfg(test)]
mod tests;
mod tree;
mod truth;
mod units;

#[cfg(test)]
pub(super) use policies::checked_content;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::{Map, Value};

use self::tree::Organisation;
use super::{
    json::{Input, Lagged, Page, Trouble, page, unknown_operation},
    service::{Answer, ApiError, Caller, Context, Options},
};

/// The most items on a page, and as many as there are unless asked otherwise.
const PAGE: usize = 20;

/// One organisation. Accounts that are not in it get `AWSOrganizationsNotInUseException`.
#[derive(Debug, Clone)]
pub struct Organizations {
    state: Lagged<Organisation>,
    /// How this organisation behaves where AWS leaves itself a choice.
    pub behaviour: Behaviour,
}

/// What may differ between organisations, and what the API may do but seldom does.
#[derive(Debug, Clone, Default)]
pub struct Behaviour {
    /// Every listing begins with a page that is empty and has a `NextToken`: the API reference allows it anywhere.
    pub empty_pages: bool,
    /// Member accounts that may call the policy operations too (delegated administrators for AWS Organizations).
    pub delegated_administrators: BTreeSet<String>,
    /// How long a policy type stays `PENDING_ENABLE` after EnablePolicyType.
    pub policy_type_pending: Duration,
    /// How many policies of each type there may be; AWS's quotas when absent (10,000 service control policies, 1,000 of other types).
    pub policies_per_type: Option<usize>,
    /// Accounts that AWS has suspended: still listed, with nobody at work in them.
    pub suspended: BTreeSet<String>,
    /// Accounts are listed without their paths, as by servers that do not know this member yet.
    pub without_paths: bool,
}

/// One call: what it asks and the world around it.
struct Request<'a, 'w> {
    input: Input<'a>,
    context: &'a mut Context<'w>,
    behaviour: &'a Behaviour,
}

impl Default for Organizations {
    /// The organisation of the default options.
    fn default() -> Self {
        Self::from_options(&Options::default())
    }
}

impl Organizations {
    /// An organisation with these member accounts in its root and service control policies enabled.
    pub fn new(
        management: impl Into<String>,
        members: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self::with_policy_types(management, members, &["SERVICE_CONTROL_POLICY"])
    }

    /// An organisation with these member accounts in its root and these policy types enabled, none or any.
    pub fn with_policy_types(
        management: impl Into<String>,
        members: impl IntoIterator<Item = impl Into<String>>,
        types: &[&str],
    ) -> Self {
        let mut organisation =
            Organisation::new(management.into(), members.into_iter().map(Into::into));
        for policy_type in types {
            organisation.enable(policy_type, Duration::ZERO);
        }
        Self { state: Lagged::new(organisation), behaviour: Behaviour::default() }
    }

    /// The organisation that the options describe: its accounts, and whether service control policies are enabled.
    pub fn from_options(options: &Options) -> Self {
        let types: &[&str] =
            if options.service_control_policies { &["SERVICE_CONTROL_POLICY"] } else { &[] };
        Self::with_policy_types(&options.management_account, &options.accounts, types)
    }

    /// Answers one call of the Organizations API (`AWSOrganizationsV20161128.*`).
    ///
    /// # Errors
    /// The error codes of the Organizations API reference, `Reason` among the extra members where the API has one;
    /// `UnknownOperationException` for an operation that is not simulated.
    pub fn call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer {
        let unknown = || unknown_operation("Organizations", operation);
        let handler = reader(operation).map(Handler::Read);
        let handler =
            handler.or_else(|| writer(operation).map(Handler::Write)).ok_or_else(unknown)?;
        self.state.settle(context.elapsed, |_| ());
        access::authorise(self.state.now(), &self.behaviour, caller, operation)?;
        let input = Input::new(input, errors::refusal);
        let mut request = Request { input, context, behaviour: &self.behaviour };
        match handler {
            Handler::Read(read) => read(self.state.read(caller), &request),
            Handler::Write(write) => write(self.state.write(caller, request.context), &mut request),
        }
    }
}

impl Organizations {
    /// ARN and tags of a policy, root, unit or account at this instant.
    pub(super) fn resource(&self, id: &str) -> Option<(String, BTreeMap<String, String>)> {
        let state = self.state.now();
        let arn = match state.policies.get(id) {
            Some(policy) => state.policy_summary(id, policy)["Arn"].as_str()?.to_owned(),
            None => state.node(id).map(|_| state.arn(id))?,
        };
        Some((arn, state.tags.get(id).cloned().unwrap_or_default()))
    }

    /// The type of a policy.
    pub(super) fn policy_type(&self, id: &str) -> Option<&str> {
        self.state.now().policies.get(id).map(|policy| policy.policy_type.as_str())
    }

    /// What stands for a policy that has no id yet.
    pub(super) fn new_policy_arn(&self, policy_type: &str) -> String {
        let state = self.state.now();
        let kind = policy_type.to_ascii_lowercase();
        format!("arn:aws:organizations::{}:policy/{}/{kind}/*", state.management, state.id)
    }
}

type Read = fn(&Organisation, &Request<'_, '_>) -> Answer;
type Write = fn(&mut Organisation, &mut Request<'_, '_>) -> Answer;

/// What carries an operation out.
enum Handler {
    Read(Read),
    Write(Write),
}

/// The handler of an operation that reads.
fn reader(operation: &str) -> Option<Read> {
    Some(match operation {
        "DescribeOrganization" => |state, _| Ok(state.describe()),
        "ListRoots" => policy_types::list_roots,
        "ListOrganizationalUnitsForParent" => units::list_for_parent,
        "DescribeOrganizationalUnit" => units::describe,
        "ListParents" => units::list_parents,
        "ListChildren" => units::list_children,
        "ListAccounts" => accounts::list,
        "ListAccountsForParent" => accounts::list_for_parent,
        "DescribeAccount" => accounts::describe,
        "DescribeCreateAccountStatus" => accounts::creation,
        "DescribePolicy" => policies::describe,
        "ListPolicies" => policies::list,
        "ListPoliciesForTarget" => attachments::list_policies,
        "ListTargetsForPolicy" => attachments::list_targets,
        "ListTagsForResource" => tags::list,
        _ => return None,
    })
}

/// The handler of an operation that changes something.
fn writer(operation: &str) -> Option<Write> {
    Some(match operation {
        "EnablePolicyType" => policy_types::enable,
        "DisablePolicyType" => policy_types::disable,
        "CreateOrganizationalUnit" => units::create,
        "UpdateOrganizationalUnit" => units::update,
        "DeleteOrganizationalUnit" => units::delete,
        "CreateAccount" => accounts::create,
        "MoveAccount" => accounts::relocate,
        "CreatePolicy" => policies::create,
        "UpdatePolicy" => policies::update,
        "DeletePolicy" => policies::delete,
        "AttachPolicy" => attachments::attach,
        "DetachPolicy" => attachments::detach,
        "TagResource" => tags::add,
        "UntagResource" => tags::remove,
        _ => return None,
    })
}

/// A page of a listing: `MaxResults` within 1 and 20, `NextToken` in and out.
fn paged(request: &Request<'_, '_>, list: &str, items: Vec<(String, Value)>) -> Answer {
    let size = request.input.integer("MaxResults", 1..=PAGE)?.unwrap_or(PAGE);
    let token = request.input.text("NextToken")?;
    let size = if request.behaviour.empty_pages && token.is_none() { 0 } else { size };
    let wrong = || {
        errors::invalid_input("INVALID_NEXT_TOKEN", "You specified an invalid value for NextToken.")
    };
    let Page { items, next } = page(items, size, token).ok_or_else(wrong)?;
    let mut answer = Map::new();
    answer.insert(list.to_owned(), Value::Array(items));
    if let Some(next) = next {
        answer.insert("NextToken".to_owned(), Value::String(next));
    }
    Ok(Value::Object(answer))
}

impl<'a> Request<'a, '_> {
    /// A required string member of these lengths.
    fn bounded(&self, member: &str, least: usize, most: usize) -> Result<&'a str, ApiError> {
        let value = self.input.bounded_text(member, least..=most)?;
        value.ok_or_else(|| self.input.refusal(member, None, Trouble::Missing))
    }
}
