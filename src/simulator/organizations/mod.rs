//! AWS Organizations in memory: one organization with its tree, its policies and their attachments.
//!
//! The contents of policies are stored byte for byte, as the service stores what arrives through
//! its API. Service control policies are not evaluated here: this module simulates the API that
//! manages policies, not IAM.

mod access;
mod accounts;
mod attachments;
mod content;
mod errors;
mod iam;
mod lost_permissions;
mod management;
mod policies;
mod policy_types;
mod request;
mod tags;
#[cfg(test)]
mod tests;
mod tree;
mod truth;
mod units;

use std::time::Duration;

use serde_json::Value;

use self::{
    request::{Behavior, Request},
    tree::Organization,
};
use super::{
    api::{Api, Named, Pages, Place, Protocol, Refusal, Service},
    iam::{Call, Need},
    json::{Input, Lagged, unknown_operation},
    service::{Answer, Caller, Context, Options},
    truth::Truth,
};

#[cfg(test)]
pub(super) use policies::checked_content;

/// The properties of Organizations for the rest of the simulator.
pub(super) static API: Api = Api {
    name: "organizations",
    protocol: Protocol::Json { target: "AWSOrganizationsV20161128" },
    throttled: Refusal::new(
        "TooManyRequestsException",
        "You have sent too many requests in too short a period of time.",
    ),
    pages: Pages::NEXT_TOKEN,
    tags: "Tags",
    replicated: true,
    extra_bucket: None,
    kinds: truth::KINDS,
    taken: Some(lost_permissions::taken),
};

/// One organization. Accounts that are not in it get `AWSOrganizationsNotInUseException`.
#[derive(Debug, Clone)]
pub struct Organizations {
    state: Lagged<Organization>,
    /// The behavior of this organization where AWS allows variation.
    pub behavior: Behavior,
}

impl Default for Organizations {
    /// The organization of the default options.
    fn default() -> Self {
        Self::from_options(&Options::default())
    }
}

impl Organizations {
    /// An organization with these member accounts in its root and service control policies enabled.
    pub fn new(
        management: impl Into<String>,
        members: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self::with_policy_types(management, members, &["SERVICE_CONTROL_POLICY"])
    }

    /// An organization with these member accounts in its root and these policy types enabled.
    pub fn with_policy_types(
        management: impl Into<String>,
        members: impl IntoIterator<Item = impl Into<String>>,
        types: &[&str],
    ) -> Self {
        let mut organization =
            Organization::new(management.into(), members.into_iter().map(Into::into));
        for policy_type in types {
            organization.enable(policy_type, Duration::ZERO);
        }
        Self { state: Lagged::new(organization), behavior: Behavior::default() }
    }

    /// The organization of these options: its accounts, and whether service control policies are
    /// enabled.
    pub fn from_options(options: &Options) -> Self {
        let types: &[&str] =
            if options.service_control_policies { &["SERVICE_CONTROL_POLICY"] } else { &[] };
        Self::with_policy_types(&options.management_account, &options.accounts, types)
    }
}

impl Service for Organizations {
    fn begin(options: &Options) -> Self {
        Self::from_options(options)
    }

    /// The error codes are those of the Organizations API reference, `Reason` among the extra
    /// members where the API has one; `UnknownOperationException` for an operation that is not
    /// simulated.
    fn call(
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
        access::authorize(self.state.now(), &self.behavior, caller, operation)?;
        let input = Input::new(input, errors::refusal);
        let mut request = Request { input, context, behavior: &self.behavior };
        match handler {
            Handler::Read(read) => read(self.state.read(caller), &request),
            Handler::Write(write) => write(self.state.write(caller, request.context), &mut request),
        }
    }

    fn add_truth(&self, truth: &mut Truth) {
        truth::add_truth(self.state.now(), truth);
    }

    /// A policy, root, unit or account by its id.
    fn find(&self, _place: Place<'_>, id: &str) -> Option<Named> {
        self.state.now().resource(id)
    }

    /// Units, in the Region in which Organizations answers.
    fn tagged(&self, (account, region): Place<'_>) -> Vec<Named> {
        let state = self.state.now();
        if account != state.management || region != HOME {
            return Vec::new();
        }
        let all = state.units.keys().filter_map(|id| state.resource(id));
        all.filter(|(_, tags)| !tags.is_empty()).collect()
    }

    fn needs(&self, call: &Call<'_>) -> Vec<Need> {
        iam::needs(self.state.now(), call)
    }
}

/// Where the tag index has what is global.
const HOME: &str = "us-east-1";

type Read = fn(&Organization, &Request<'_, '_>) -> Answer;
type Write = fn(&mut Organization, &mut Request<'_, '_>) -> Answer;

/// The function for an operation.
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
