//! Permission sets, as far as assignments need them.

use serde_json::{Value, json};

use super::{
    errors::{conflict, invalid, missing},
    request::{PAGING, Request, one, tags},
    state::{Set, State},
};
use crate::simulator::service::Answer;

/// Answers an operation that reads permission sets; `None` for other operations.
pub(super) fn read(state: &State, operation: &str, request: &Request<'_, '_>) -> Option<Answer> {
    Some(match operation {
        "ListPermissionSets" => {
            let all = state.sets.keys().map(|arn| (arn.clone(), json!(arn)));
            PAGING.answer(request.input, "PermissionSets", all.collect())
        }
        "DescribePermissionSet" => described(state, request),
        "ListManagedPoliciesInPermissionSet" => policies(state, request),
        _ => return None,
    })
}

/// Answers an operation that changes permission sets; `None` for other operations.
pub(super) fn write(
    state: &mut State,
    operation: &str,
    request: &mut Request<'_, '_>,
) -> Option<Answer> {
    Some(match operation {
        "CreatePermissionSet" => create(state, request),
        "DeletePermissionSet" => delete(state, request),
        "AttachManagedPolicyToPermissionSet" => attach(state, request, true),
        "DetachManagedPolicyFromPermissionSet" => attach(state, request, false),
        _ => return None,
    })
}

/// The permission set that a request names.
pub(super) fn named<'s>(
    state: &'s State,
    request: &Request<'_, '_>,
) -> Result<(String, &'s Set), crate::simulator::ApiError> {
    let arn = request.input.required_text("PermissionSetArn")?;
    let set = state.sets.get(arn).ok_or_else(|| missing("PermissionSet"))?;
    Ok((arn.to_owned(), set))
}

fn shown(arn: &str, set: &Set) -> Value {
    let mut shown = json!({
        "Name": set.name, "PermissionSetArn": arn, "SessionDuration": set.session,
    });
    if let Some(description) = &set.description {
        shown["Description"] = json!(description);
    }
    if let Some(relay_state) = &set.relay_state {
        shown["RelayState"] = json!(relay_state);
    }
    shown
}

fn described(state: &State, request: &Request<'_, '_>) -> Answer {
    let (arn, set) = named(state, request)?;
    one("PermissionSet", shown(&arn, set))
}

fn policies(state: &State, request: &Request<'_, '_>) -> Answer {
    let (_, set) = named(state, request)?;
    let shown = |arn: &String| {
        let name = arn.rsplit('/').next().unwrap_or_default();
        (arn.clone(), json!({"Name": name, "Arn": arn}))
    };
    PAGING.answer(
        request.input,
        "AttachedManagedPolicies",
        set.policies.iter().map(shown).collect(),
    )
}

/// Names are unique in the instance, of 1 to 32 word characters and `+=,.@-` (API reference).
fn create(state: &mut State, request: &mut Request<'_, '_>) -> Answer {
    let name = request.input.required_text("Name")?;
    let legal = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if !(1..=32).contains(&name.len()) || !name.chars().all(legal) {
        return Err(invalid("The name of the permission set is not valid"));
    }
    if state.sets.values().any(|set| set.name == name) {
        return Err(conflict(format!("PermissionSet with name {name} already exists.")));
    }
    let description = request.input.text("Description")?.map(str::to_owned);
    let session = request.input.text("SessionDuration")?.unwrap_or("PT1H").to_owned();
    let arn = State::arn_of(&format!("ps-{}", request.context.ids.alphanumeric(16)));
    let relay_state = request.input.text("RelayState")?.map(str::to_owned);
    let tags = tags(&request.input)?;
    let set =
        Set { name: name.to_owned(), description, session, relay_state, tags, ..Set::default() };
    let answer = one("PermissionSet", shown(&arn, &set));
    state.sets.insert(arn, set);
    answer
}

/// One that somebody has is not deleted.
fn delete(state: &mut State, request: &Request<'_, '_>) -> Answer {
    let (arn, _) = named(state, request)?;
    let of = |set: &String| *set == arn;
    if state.assignments.iter().any(|it| of(&it.set)) || state.at_work().any(|it| of(&it.about.set))
    {
        return Err(conflict("The permission set is assigned to an account"));
    }
    state.sets.remove(&arn);
    Ok(json!({}))
}

fn attach(state: &mut State, request: &Request<'_, '_>, on: bool) -> Answer {
    let (arn, _) = named(state, request)?;
    let policy = request.input.required_text("ManagedPolicyArn")?.to_owned();
    let Some(set) = state.sets.get_mut(&arn) else { return Err(missing("PermissionSet")) };
    let changed = if on { set.policies.insert(policy) } else { set.policies.remove(&policy) };
    match (changed, on) {
        (true, _) => Ok(json!({})),
        (false, true) => Err(conflict("The policy is attached already")),
        (false, false) => Err(missing("The policy")),
    }
}
