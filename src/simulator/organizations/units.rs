//! Organizational units and the shape of the tree.

use serde_json::{Value, json};

use super::{
    errors::{constraint, parent_not_found},
    request::{Request, paged},
    tags,
    tree::{Node, Organization, Unit},
};
use crate::simulator::service::{Answer, ApiError};

/// The maximum depth of the tree, in units.
const MAX_DEPTH: usize = 5;
/// The maximum number of units in an organization.
const MAX_UNITS: usize = 2_000;

impl Organization {
    fn unit_entry(&self, id: &str, unit: &Unit) -> Value {
        json!({ "Id": id, "Arn": self.arn(id), "Name": unit.name, "Path": self.path(id) })
    }

    fn unit<'s>(&'s self, request: &Request<'_, '_>) -> Result<(&'s str, &'s Unit), ApiError> {
        let id = request.bounded("OrganizationalUnitId", 1, 68)?;
        let missing = || {
            let message = "We can't find an OU with the OrganizationalUnitId that you specified.";
            ApiError::new("OrganizationalUnitNotFoundException", message)
        };
        self.units.get_key_value(id).map(|(id, unit)| (id.as_str(), unit)).ok_or_else(missing)
    }

    fn require_free_unit_name(
        &self,
        name: &str,
        parent: &str,
        own_id: Option<&str>,
    ) -> Result<(), ApiError> {
        let taken = |(id, unit): (&String, &Unit)| {
            unit.parent == parent && unit.name == name && Some(id.as_str()) != own_id
        };
        if self.units.iter().any(taken) {
            let message = "An OU with the same name already exists.";
            return Err(ApiError::new("DuplicateOrganizationalUnitException", message));
        }
        Ok(())
    }
}

fn parent_of_request<'a>(
    state: &Organization,
    request: &Request<'a, '_>,
) -> Result<&'a str, ApiError> {
    let parent = request.bounded("ParentId", 1, 100)?;
    if state.is_parent(parent) { Ok(parent) } else { Err(parent_not_found()) }
}

/// ListOrganizationalUnitsForParent: directly in it, not below.
pub(super) fn list_for_parent(state: &Organization, request: &Request<'_, '_>) -> Answer {
    let parent = parent_of_request(state, request)?;
    let inside = state.units.iter().filter(|(_, unit)| unit.parent == parent);
    let items = inside.map(|(id, unit)| (id.clone(), state.unit_entry(id, unit)));
    paged(request, "OrganizationalUnits", items.collect())
}

/// DescribeOrganizationalUnit.
pub(super) fn describe(state: &Organization, request: &Request<'_, '_>) -> Answer {
    let (id, unit) = state.unit(request)?;
    Ok(json!({ "OrganizationalUnit": state.unit_entry(id, unit) }))
}

/// CreateOrganizationalUnit: names are unique within the parent; the unit starts with the full
/// access policies.
pub(super) fn create(state: &mut Organization, request: &mut Request<'_, '_>) -> Answer {
    let parent = parent_of_request(state, request)?;
    let name = request.bounded("Name", 1, 128)?;
    let tags = tags::from_request(request)?;
    state.require_free_unit_name(name, parent, None)?;
    if state.depth(parent) >= MAX_DEPTH {
        return Err(constraint(
            "OU_DEPTH_LIMIT_EXCEEDED",
            format!("The OU tree can be at most {MAX_DEPTH} levels deep."),
        ));
    }
    if state.units.len() >= MAX_UNITS {
        return Err(constraint(
            "OU_NUMBER_LIMIT_EXCEEDED",
            format!("An organization can have at most {MAX_UNITS} OUs."),
        ));
    }
    let id = format!(
        "ou-{}-{}",
        state.root.trim_start_matches("r-"),
        request.context.ids.alphanumeric(8)
    );
    state.units.insert(id.clone(), Unit { name: name.to_owned(), parent: parent.to_owned() });
    state.give_all_full_access(&id);
    state.tags.insert(id.clone(), tags);
    Ok(json!({ "OrganizationalUnit": state.unit_entry(&id, &state.units[&id]) }))
}

/// UpdateOrganizationalUnit: renames; the id and the attachments stay.
pub(super) fn update(state: &mut Organization, request: &mut Request<'_, '_>) -> Answer {
    let (id, mut unit) = {
        let (id, unit) = state.unit(request)?;
        (id.to_owned(), unit.clone())
    };
    if let Some(name) = request.input.bounded_text("Name", 1..=128)? {
        state.require_free_unit_name(name, &unit.parent, Some(&id))?;
        unit.name = name.to_owned();
    }
    let entry = state.unit_entry(&id, &unit);
    state.units.insert(id, unit);
    Ok(json!({ "OrganizationalUnit": entry }))
}

/// DeleteOrganizationalUnit: only an empty unit; its attachments and tags are removed with it.
pub(super) fn delete(state: &mut Organization, request: &mut Request<'_, '_>) -> Answer {
    let id = state.unit(request)?.0.to_owned();
    if state.nodes().iter().any(|node| state.parent(node) == Some(&id)) {
        let message = "The specified OU is not empty. Move all accounts to another root or to \
                       other OUs, remove all child OUs, and try the operation \
                       again.";
        return Err(ApiError::new("OrganizationalUnitNotEmptyException", message));
    }
    state.units.remove(&id);
    state.tags.remove(&id);
    state.attachments.retain(|(_, target)| *target != id);
    Ok(json!({}))
}

/// ListParents of a unit or an account: exactly one.
pub(super) fn list_parents(state: &Organization, request: &Request<'_, '_>) -> Answer {
    let child = request.bounded("ChildId", 1, 100)?;
    let missing = || {
        let message = "We can't find an organizational unit (OU) or AWS account with the ChildId \
                       that you specified.";
        ApiError::new("ChildNotFoundException", message)
    };
    let parent = state.parent(child).ok_or_else(missing)?;
    let kind = state.node(parent).unwrap_or(Node::Root).name();
    paged(request, "Parents", vec![(parent.to_owned(), json!({ "Id": parent, "Type": kind }))])
}

/// ListChildren of one type: units or accounts.
pub(super) fn list_children(state: &Organization, request: &Request<'_, '_>) -> Answer {
    let parent = parent_of_request(state, request)?;
    let kind = request.input.required_choice("ChildType", &["ACCOUNT", "ORGANIZATIONAL_UNIT"])?;
    let mut items = Vec::new();
    for node in state.nodes() {
        let of_kind = state.node(&node).is_some_and(|found| found.name() == kind);
        if of_kind && state.parent(&node) == Some(parent) {
            items.push((node.clone(), json!({ "Id": node, "Type": kind })));
        }
    }
    paged(request, "Children", items)
}
