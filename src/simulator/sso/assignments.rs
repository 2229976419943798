//! Who has which permission set where, and the requests that change it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    errors::{conflict, denied, missing},
    request::{PAGING, Request, one},
    sets::named,
    state::{Asked, Assignment, State},
};
use crate::simulator::{
    api::Refusal,
    service::{Answer, ApiError},
};

/// Requests to give somebody something that may be outstanding at once (Identity Center user guide,
/// "Quotas": of what was documented over time the least).
const OUTSTANDING: usize = 10;
/// Permission sets in one account, at most (the same page).
const SETS_OF_AN_ACCOUNT: usize = 500;
const TOO_MANY: Refusal = Refusal::new("ThrottlingException", "Too many outstanding requests");

/// Answers an operation that reads assignments and requests; `None` for other operations.
pub(super) fn read(state: &State, operation: &str, request: &Request<'_, '_>) -> Option<Answer> {
    Some(match operation {
        "ListPermissionSetsProvisionedToAccount" => provisioned(state, request),
        "ListAccountAssignments" => list(state, request),
        "ListAccountAssignmentCreationStatus" => statuses(state, request, true),
        "ListAccountAssignmentDeletionStatus" => statuses(state, request, false),
        "DescribeAccountAssignmentCreationStatus" => status(state, request, true),
        "DescribeAccountAssignmentDeletionStatus" => status(state, request, false),
        _ => return None,
    })
}

/// Answers an operation that changes assignments; `None` for other operations.
pub(super) fn write(
    state: &mut State,
    operation: &str,
    request: &mut Request<'_, '_>,
) -> Option<Answer> {
    match operation {
        "CreateAccountAssignment" => Some(change(state, request, true)),
        "DeleteAccountAssignment" => Some(change(state, request, false)),
        _ => None,
    }
}

fn account(state: &State, request: &Request<'_, '_>, member: &str) -> Result<String, ApiError> {
    let account = request.input.required_text(member)?;
    if state.accounts.contains(account) { Ok(account.to_owned()) } else { Err(missing("Account")) }
}

/// Permission sets that anybody has in an account.
fn sets_of(state: &State, account: &str) -> BTreeSet<String> {
    let of = state.assignments.iter().filter(|it| it.account == account);
    of.map(|it| it.set.clone()).collect()
}

fn provisioned(state: &State, request: &Request<'_, '_>) -> Answer {
    let account = account(state, request, "AccountId")?;
    let sets = sets_of(state, &account).into_iter().map(|set| (set.clone(), json!(set)));
    PAGING.answer(request.input, "PermissionSets", sets.collect())
}

fn list(state: &State, request: &Request<'_, '_>) -> Answer {
    let account = account(state, request, "AccountId")?;
    let (set, _) = named(state, request)?;
    let all = state.assignments.iter().filter(|it| it.account == account && it.set == set);
    let shown = all.map(|it| {
        let shown = json!({
            "AccountId": it.account, "PermissionSetArn": it.set,
            "PrincipalType": it.sort, "PrincipalId": it.who,
        });
        (format!("{} {}", it.sort, it.who), shown)
    });
    PAGING.answer(request.input, "AccountAssignments", shown.collect())
}

fn word(asked: &Asked) -> &'static str {
    match (asked.is_done, &asked.failure) {
        (false, _) => "IN_PROGRESS",
        (true, Some(_)) => "FAILED",
        (true, None) => "SUCCEEDED",
    }
}

fn shown(asked: &Asked) -> Value {
    let Assignment { account, set, sort, who } = &asked.about;
    let mut shown = json!({
        "Status": word(asked), "RequestId": asked.id, "TargetId": account,
        "TargetType": "AWS_ACCOUNT", "PermissionSetArn": set, "PrincipalType": sort,
        "PrincipalId": who, "CreatedDate": asked.created,
    });
    if let (true, Some(failure)) = (asked.is_done, &asked.failure) {
        shown["FailureReason"] = json!(failure);
    }
    shown
}

fn member(gives: bool) -> &'static str {
    if gives { "AccountAssignmentCreationStatus" } else { "AccountAssignmentDeletionStatus" }
}

fn statuses(state: &State, request: &Request<'_, '_>, gives: bool) -> Answer {
    let filter = request.input.inner("Filter")?;
    let words = ["IN_PROGRESS", "FAILED", "SUCCEEDED"];
    let wanted = filter.map(|filter| filter.choice("Status", &words)).transpose()?.flatten();
    let all = state.requests.iter().filter(|it| it.gives == gives);
    let all = all.filter(|it| wanted.is_none_or(|wanted| word(it) == wanted));
    let shown = all.map(|it| {
        let shown = json!({"Status": word(it), "RequestId": it.id, "CreatedDate": it.created});
        (it.id.clone(), shown)
    });
    let member =
        if gives { "AccountAssignmentsCreationStatus" } else { "AccountAssignmentsDeletionStatus" };
    PAGING.answer(request.input, member, shown.collect())
}

fn status(state: &State, request: &Request<'_, '_>, gives: bool) -> Answer {
    let id = if gives {
        "AccountAssignmentCreationRequestId"
    } else {
        "AccountAssignmentDeletionRequestId"
    };
    let id = request.input.required_text(id)?;
    let asked = state.requests.iter().find(|it| it.id == id && it.gives == gives);
    asked.map_or_else(|| Err(missing("Request")), |asked| one(member(gives), shown(asked)))
}

/// A delegated administrator changes nothing in the management account, and gives nobody what
/// somebody has there (Identity Center user guide, "Delegated administration").
fn refuse_delegated(
    state: &State,
    request: &Request<'_, '_>,
    about: &Assignment,
) -> Result<(), ApiError> {
    let of_manager = |it: &Assignment| it.account == state.owner && it.set == about.set;
    let protected = about.account == state.owner || state.assignments.iter().any(of_manager);
    if request.caller.account != state.owner && protected { Err(denied()) } else { Ok(()) }
}

fn change(state: &mut State, request: &mut Request<'_, '_>, gives: bool) -> Answer {
    request.input.required_choice("TargetType", &["AWS_ACCOUNT"])?;
    let account = account(state, request, "TargetId")?;
    let (set, _) = named(state, request)?;
    let sort = request.input.required_choice("PrincipalType", &["USER", "GROUP"])?.to_owned();
    let who = request.input.required_text("PrincipalId")?.to_owned();
    let about = Assignment { account, set, sort, who };
    refuse_delegated(state, request, &about)?;
    if state.at_work().any(|it| it.about == about) {
        return Err(conflict("There is a request for the same assignment already"));
    }
    if gives && state.at_work().filter(|it| it.gives).count() >= OUTSTANDING {
        return Err(TOO_MANY.error());
    }
    if !gives && !state.assignments.contains(&about) {
        return Err(missing("Assignment"));
    }
    let sets = sets_of(state, &about.account);
    if gives && !sets.contains(&about.set) && sets.len() >= SETS_OF_AN_ACCOUNT {
        let message = "The account has too many permission sets";
        return Err(ApiError::new("ServiceQuotaExceededException", message));
    }
    // Who it is shows only while AWS works on it.
    let unknown = gives && !state.knows(&about.sort, &about.who);
    let unknown = unknown.then(|| format!("{} {} not found", about.sort, about.who));
    let asked = Asked {
        id: request.context.ids.uuid(),
        gives,
        about,
        until: request.context.complete_at(request.context.options.assignment_working),
        failure: request.context.failure().or(unknown),
        created: request.context.now,
        is_done: false,
    };
    let answer = one(member(gives), shown(&asked));
    state.requests.push(asked);
    answer
}
