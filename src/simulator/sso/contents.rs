//! What is in permission sets besides AWS's policies: a policy of their own, policies of the
//! accounts, a boundary, tags.

use serde_json::{Value, json};

use super::{
    errors::{conflict, invalid, missing},
    request::{Request, one, tags},
    sets::named,
    state::{Set, State},
};
use crate::simulator::service::{Answer, ApiError};

/// The characters of an inline policy, at most (API reference).
const MAX_INLINE: usize = 32_768;

/// Answers an operation that reads; `None` for other operations.
pub(super) fn read(state: &State, operation: &str, request: &Request<'_, '_>) -> Option<Answer> {
    let shown: fn(&Set) -> Answer = match operation {
        "GetInlinePolicyForPermissionSet" => {
            |set: &Set| Ok(json!({"InlinePolicy": set.inline.clone().unwrap_or_default()}))
        }
        "ListCustomerManagedPolicyReferencesInPermissionSet" => |set: &Set| {
            let all = set.references.iter();
            let all = all.map(|(path, name)| json!({"Name": name, "Path": path}));
            Ok(json!({"CustomerManagedPolicyReferences": all.collect::<Vec<_>>()}))
        },
        "GetPermissionsBoundaryForPermissionSet" => |set: &Set| match &set.boundary {
            Some(boundary) => one("PermissionsBoundary", boundary.clone()),
            None => Err(missing("PermissionsBoundary")),
        },
        "ListTagsForResource" => return Some(tags_of(state, request)),
        _ => return None,
    };
    Some(named(state, request).and_then(|(_, set)| shown(set)))
}

fn resource(request: &Request<'_, '_>) -> Result<String, ApiError> {
    Ok(request.input.required_text("ResourceArn")?.to_owned())
}

fn tags_of(state: &State, request: &Request<'_, '_>) -> Answer {
    let set = state.sets.get(&resource(request)?).ok_or_else(|| missing("PermissionSet"))?;
    let all = set.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value}));
    Ok(json!({"Tags": all.collect::<Vec<_>>()}))
}

/// Answers an operation that changes; `None` for other operations.
pub(super) fn write(
    state: &mut State,
    operation: &str,
    request: &mut Request<'_, '_>,
) -> Option<Answer> {
    type Change = fn(&mut Set, &Request<'_, '_>) -> Result<(), ApiError>;
    let change: Change = match operation {
        "UpdatePermissionSet" => update,
        "PutInlinePolicyToPermissionSet" => put_inline,
        "DeleteInlinePolicyFromPermissionSet" => |set, _| {
            set.inline = None;
            Ok(())
        },
        "PutPermissionsBoundaryToPermissionSet" => put_boundary,
        "DeletePermissionsBoundaryFromPermissionSet" => |set, _| {
            set.boundary = None;
            Ok(())
        },
        "AttachCustomerManagedPolicyReferenceToPermissionSet" => |set, request| {
            let is_new = set.references.insert(reference(request)?);
            if is_new { Ok(()) } else { Err(conflict("The policy is attached already")) }
        },
        "DetachCustomerManagedPolicyReferenceFromPermissionSet" => |set, request| {
            let was_there = set.references.remove(&reference(request)?);
            if was_there { Ok(()) } else { Err(missing("The policy")) }
        },
        "TagResource" => |set, request| {
            set.tags.extend(tags(&request.input)?);
            Ok(())
        },
        "UntagResource" => |set, request| {
            let gone = request.input.required_texts("TagKeys", 1..=75)?;
            set.tags.retain(|key, _| !gone.contains(key));
            Ok(())
        },
        // What is in a set reaches the accounts at once here.
        "ProvisionPermissionSet" => |_, _| Ok(()),
        _ => return None,
    };
    Some(changed(state, operation, request, change))
}

fn changed(
    state: &mut State,
    operation: &str,
    request: &Request<'_, '_>,
    change: fn(&mut Set, &Request<'_, '_>) -> Result<(), ApiError>,
) -> Answer {
    let arn = match operation {
        "TagResource" | "UntagResource" => resource(request)?,
        _ => request.input.required_text("PermissionSetArn")?.to_owned(),
    };
    let set = state.sets.get_mut(&arn).ok_or_else(|| missing("PermissionSet"))?;
    change(set, request).map(|()| json!({}))
}

fn update(set: &mut Set, request: &Request<'_, '_>) -> Result<(), ApiError> {
    if let Some(description) = request.input.bounded_text("Description", 1..=700)? {
        set.description = Some(description.to_owned());
    }
    if let Some(relay_state) = request.input.bounded_text("RelayState", 1..=240)? {
        set.relay_state = Some(relay_state.to_owned());
    }
    if let Some(session) = request.input.text("SessionDuration")? {
        if !session.starts_with("PT") {
            return Err(invalid("The session duration is no ISO 8601 duration"));
        }
        session.clone_into(&mut set.session);
    }
    Ok(())
}

fn put_inline(set: &mut Set, request: &Request<'_, '_>) -> Result<(), ApiError> {
    let policy = request.input.required_text("InlinePolicy")?;
    let document: Option<Value> = serde_json::from_str(policy).ok();
    if policy.len() > MAX_INLINE || document.is_none_or(|it| it.get("Statement").is_none()) {
        return Err(invalid("The inline policy is not a policy of IAM"));
    }
    set.inline = Some(policy.to_owned());
    Ok(())
}

fn put_boundary(set: &mut Set, request: &Request<'_, '_>) -> Result<(), ApiError> {
    let boundary = request.input.object("PermissionsBoundary")?.cloned().unwrap_or_default();
    let known = ["CustomerManagedPolicyReference", "ManagedPolicyArn"];
    if boundary.len() != 1 || !boundary.keys().all(|key| known.contains(&key.as_str())) {
        return Err(invalid("A boundary is one policy, of AWS or of the account"));
    }
    set.boundary = Some(Value::Object(boundary));
    Ok(())
}

/// The path and the name of a policy of the accounts.
fn reference(request: &Request<'_, '_>) -> Result<(String, String), ApiError> {
    let said = request.input.object("CustomerManagedPolicyReference")?.cloned().unwrap_or_default();
    let name = said.get("Name").and_then(Value::as_str).unwrap_or_default();
    if name.is_empty() {
        return Err(invalid("The reference has no name"));
    }
    let path = said.get("Path").and_then(Value::as_str).unwrap_or("/");
    Ok((path.to_owned(), name.to_owned()))
}
