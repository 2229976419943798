//! Accounts: creating, listing and moving them.

use serde_json::{Value, json};

use super::{
    errors::parent_not_found,
    request::{Behavior, Request, paged},
    tags,
    tree::{Account, Organization},
};
use crate::simulator::service::{Answer, ApiError};

fn account_not_found() -> ApiError {
    let message = "We can't find an AWS account with the AccountId that you specified, or the \
                   account whose credentials you used to make this request isn't a member of an \
                   organization.";
    ApiError::new("AccountNotFoundException", message)
}

impl Organization {
    fn account_entry(&self, id: &str, account: &Account, behavior: &Behavior) -> Value {
        let state = if behavior.suspended.contains(id) { "SUSPENDED" } else { "ACTIVE" };
        let mut entry = json!({
            "Id": id,
            "Arn": self.arn(id),
            "Email": account.email,
            "Name": account.name,
            "Status": state,
            "State": state,
            "JoinedMethod": if account.created { "CREATED" } else { "INVITED" },
            "JoinedTimestamp": account.joined,
        });
        if !behavior.without_paths {
            entry["Paths"] = json!([self.path(id)]);
        }
        entry
    }
}

/// ListAccounts.
pub(super) fn list(state: &Organization, request: &Request<'_, '_>) -> Answer {
    let entry = |(id, account): (&String, &Account)| {
        (id.clone(), state.account_entry(id, account, request.behavior))
    };
    let items = state.accounts.iter().map(entry);
    paged(request, "Accounts", items.collect())
}

/// ListAccountsForParent: directly in it, not below.
pub(super) fn list_for_parent(state: &Organization, request: &Request<'_, '_>) -> Answer {
    let parent = request.bounded("ParentId", 1, 100)?;
    if !state.is_parent(parent) {
        return Err(parent_not_found());
    }
    let inside = state.accounts.iter().filter(|(_, account)| account.parent == parent);
    let entry = |(id, account): (&String, &Account)| {
        (id.clone(), state.account_entry(id, account, request.behavior))
    };
    let items = inside.map(entry);
    paged(request, "Accounts", items.collect())
}

/// DescribeAccount.
pub(super) fn describe(state: &Organization, request: &Request<'_, '_>) -> Answer {
    let id = request.bounded("AccountId", 1, 12)?;
    let account = state.accounts.get(id).ok_or_else(account_not_found)?;
    Ok(json!({ "Account": state.account_entry(id, account, request.behavior) }))
}

/// CreateAccount: completes at once; the account starts in the root with the full access policies.
/// A second account with the same e-mail address fails, which the status shows and not the call.
pub(super) fn create(state: &mut Organization, request: &mut Request<'_, '_>) -> Answer {
    let email = request.bounded("Email", 6, 64)?;
    let name = request.bounded("AccountName", 1, 50)?;
    let tags = tags::from_request(request)?;
    let now = request.context.now;
    let request_id =
        format!("car-{:016x}{:016x}", request.context.ids.number(), request.context.ids.number());
    let mut status = json!({
        "Id": request_id,
        "AccountName": name,
        "RequestedTimestamp": now,
        "CompletedTimestamp": now,
    });
    if state.accounts.values().any(|account| account.email == email) {
        status["State"] = json!("FAILED");
        status["FailureReason"] = json!("EMAIL_ALREADY_EXISTS");
    } else {
        let id = free_account_id(state, request);
        status["State"] = json!("SUCCEEDED");
        status["AccountId"] = json!(id);
        let parent = state.root.clone();
        let account = Account {
            name: name.to_owned(),
            email: email.to_owned(),
            parent,
            joined: now,
            created: true,
        };
        state.accounts.insert(id.clone(), account);
        state.give_all_full_access(&id);
        state.tags.insert(id, tags);
    }
    state.creations.insert(request_id, status.clone());
    Ok(json!({ "CreateAccountStatus": status }))
}

fn free_account_id(state: &Organization, request: &mut Request<'_, '_>) -> String {
    loop {
        let id =
            format!("{:012}", request.context.ids.number() % 900_000_000_000 + 100_000_000_000);
        if !state.accounts.contains_key(&id) {
            return id;
        }
    }
}

/// DescribeCreateAccountStatus.
pub(super) fn creation(state: &Organization, request: &Request<'_, '_>) -> Answer {
    let id = request.bounded("CreateAccountRequestId", 1, 36)?;
    let missing = || {
        let message = "We can't find a create account request with the CreateAccountRequestId that \
                       you specified.";
        ApiError::new("CreateAccountStatusNotFoundException", message)
    };
    Ok(json!({ "CreateAccountStatus": state.creations.get(id).ok_or_else(missing)? }))
}

/// MoveAccount: only from the current parent of the account.
pub(super) fn relocate(state: &mut Organization, request: &mut Request<'_, '_>) -> Answer {
    let id = request.bounded("AccountId", 1, 12)?;
    let source = request.bounded("SourceParentId", 1, 100)?;
    let destination = request.bounded("DestinationParentId", 1, 100)?;
    let account = state.accounts.get(id).ok_or_else(account_not_found)?;
    if !state.is_parent(destination) {
        let message = "We can't find the destination container (a root or OU) with the ParentId \
                       that you specified.";
        return Err(ApiError::new("DestinationParentNotFoundException", message));
    }
    if account.parent == destination {
        return Err(ApiError::new(
            "DuplicateAccountException",
            "That account is already present in the specified destination.",
        ));
    }
    if account.parent != source {
        let message = "We can't find a source root or OU with the ParentId that you specified.";
        return Err(ApiError::new("SourceParentNotFoundException", message));
    }
    if let Some(account) = state.accounts.get_mut(id) {
        account.parent = destination.to_owned();
    }
    Ok(json!({}))
}
