//! Users and groups of Identity Center. One that is deleted leaves its assignments behind.

use serde_json::{Value, json};

use super::{
    errors::{conflict, invalid, missing},
    request::Request,
    state::{STORE, State},
};
use crate::simulator::service::{Answer, ApiError};

/// Answers an operation that reads; `None` for other operations.
pub(super) fn read(state: &State, operation: &str, request: &Request<'_, '_>) -> Option<Answer> {
    let user = operation.contains("User");
    Some(match operation {
        "GetUserId" | "GetGroupId" => id(state, request, user),
        "DescribeUser" | "DescribeGroup" => described(state, request, user),
        _ => return None,
    })
}

/// Answers an operation that changes something; `None` for other operations.
pub(super) fn write(
    state: &mut State,
    operation: &str,
    request: &mut Request<'_, '_>,
) -> Option<Answer> {
    let user = operation.contains("User");
    Some(match operation {
        "CreateUser" | "CreateGroup" => create(state, request, user),
        "DeleteUser" | "DeleteGroup" => delete(state, request, user),
        _ => return None,
    })
}

fn in_store(request: &Request<'_, '_>) -> Result<(), ApiError> {
    match request.input.required_text("IdentityStoreId")? {
        STORE => Ok(()),
        _ => Err(missing("IDENTITY_STORE")),
    }
}

/// The members for names and ids.
fn members(user: bool) -> (&'static str, &'static str) {
    if user { ("UserName", "UserId") } else { ("DisplayName", "GroupId") }
}

fn by_id(user: bool, id: &str) -> Value {
    let mut answer = json!({"IdentityStoreId": STORE});
    let arn = format!("arn:aws:identitystore:::{}/{id}", if user { "user" } else { "group" });
    answer[members(user).1] = json!(id);
    answer[if user { "UserArn" } else { "GroupArn" }] = json!(arn);
    answer
}

fn id(state: &State, request: &Request<'_, '_>, user: bool) -> Answer {
    in_store(request)?;
    let by = request.input.raw("AlternateIdentifier").map(|it| &it["UniqueAttribute"]);
    let by = by.ok_or_else(|| invalid("An alternate identifier is needed"))?;
    let path = by["AttributePath"].as_str().unwrap_or_default();
    if !path.eq_ignore_ascii_case(members(user).0) {
        return Err(invalid("The attribute path is not supported"));
    }
    let all = if user { &state.users } else { &state.groups };
    let found = all.iter().find(|(_, name)| by["AttributeValue"].as_str() == Some(name.as_str()));
    let (id, _) = found.ok_or_else(|| missing(if user { "USER" } else { "GROUP" }))?;
    Ok(by_id(user, id))
}

fn described(state: &State, request: &Request<'_, '_>, user: bool) -> Answer {
    in_store(request)?;
    let (name, member) = members(user);
    let all = if user { &state.users } else { &state.groups };
    let id = request.input.required_text(member)?;
    let found = all.get(id).ok_or_else(|| missing(if user { "USER" } else { "GROUP" }))?;
    let mut answer = by_id(user, id);
    answer[name] = json!(found);
    Ok(answer)
}

fn create(state: &mut State, request: &mut Request<'_, '_>, user: bool) -> Answer {
    in_store(request)?;
    let name = request.input.required_text(members(user).0)?.to_owned();
    let all = if user { &mut state.users } else { &mut state.groups };
    if all.values().any(|other| *other == name) {
        return Err(conflict("Duplicate name"));
    }
    let id = request.context.ids.uuid();
    all.insert(id.clone(), name);
    Ok(by_id(user, &id))
}

fn delete(state: &mut State, request: &Request<'_, '_>, user: bool) -> Answer {
    in_store(request)?;
    let id = request.input.required_text(members(user).1)?;
    let all = if user { &mut state.users } else { &mut state.groups };
    all.remove(id).map(|_| json!({})).ok_or_else(|| missing(if user { "USER" } else { "GROUP" }))
}
