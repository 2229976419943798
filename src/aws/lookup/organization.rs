//! Organizational units by path.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_organizations::types::PolicyType;

use super::{Pages, identified};
use crate::{
    aws::{Access, classify},
    kind::{Class, CloudError, LookupItem},
};

/// The largest page of ListOrganizationalUnitsForParent and ListRoots (Organizations API
/// reference).
const PAGE: i32 = 20;

/// The children read so far: parent id -> (name -> id).
type Levels = BTreeMap<String, BTreeMap<String, String>>;

/// The root, and every existing organizational unit in `names`. Each distinct parent on the way is
/// listed once; without paths only the roots are.
pub(super) async fn places(
    access: &Access,
    names: &BTreeSet<String>,
) -> Result<Vec<LookupItem>, CloudError> {
    let root = root(access).await?;
    let mut items = vec![place(&root, "root")];
    let mut levels = Levels::new();
    for name in names.iter().filter(|name| name.starts_with('/')) {
        if let Some(id) = walk(access, &root, name, &mut levels).await? {
            items.push(place(&id, name));
        }
    }
    Ok(items)
}

/// The root and all organizational units by id: `root`, or the path of a unit.
///
/// # Errors
/// A page that could not be read.
pub async fn every_place(access: &Access) -> Result<BTreeMap<String, String>, CloudError> {
    let root = root(access).await?;
    let mut open = vec![(root.clone(), String::new())];
    let mut places = BTreeMap::from([(root, "root".to_owned())]);
    while let Some((parent, path)) = open.pop() {
        for (name, id) in children(access, &parent).await? {
            let path = format!("{path}/{name}");
            // A unit that is listed twice is in a circle.
            if places.insert(id.clone(), path.clone()).is_none() {
                open.push((id, path));
            }
        }
    }
    Ok(places)
}

fn place(id: &str, name: &str) -> LookupItem {
    LookupItem { id: id.to_owned(), name: Some(name.to_owned()), ..LookupItem::default() }
}

/// An organization has exactly one root (Organizations user guide); any other number is treated as
/// an error.
pub(super) async fn root(access: &Access) -> Result<String, CloudError> {
    const OPERATION: &str = "organizations:ListRoots";
    let (mut pages, mut token, mut roots) = (Pages::of(OPERATION), None, Vec::new());
    loop {
        let page = access
            .organizations
            .list_roots()
            .max_results(PAGE)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| classify(OPERATION, &error))?;
        roots.extend(page.roots.unwrap_or_default());
        token = pages.next(page.next_token)?;
        if token.is_none() {
            break;
        }
    }
    let count = roots.len();
    match (roots.pop(), count) {
        (Some(root), 1) => identified(OPERATION, root.id),
        _ => Err(CloudError::new(
            OPERATION,
            Class::Unknown,
            format!("the organization has {count} roots, not one"),
        )),
    }
}

async fn walk(
    access: &Access,
    root: &str,
    path: &str,
    levels: &mut Levels,
) -> Result<Option<String>, CloudError> {
    let mut id = root.to_owned();
    for name in path.split('/').filter(|name| !name.is_empty()) {
        if !levels.contains_key(&id) {
            let level = children(access, &id).await?;
            levels.insert(id.clone(), level.into_iter().collect());
        }
        match levels.get(&id).and_then(|level| level.get(name)) {
            Some(child) => id = child.clone(),
            None => return Ok(None),
        }
    }
    Ok(Some(id))
}

/// Names and ids of the units directly below a root or unit.
pub(super) async fn children(
    access: &Access,
    parent: &str,
) -> Result<Vec<(String, String)>, CloudError> {
    const OPERATION: &str = "organizations:ListOrganizationalUnitsForParent";
    let (mut pages, mut token, mut level) = (Pages::of(OPERATION), None, Vec::new());
    loop {
        let page = access
            .organizations
            .list_organizational_units_for_parent()
            .parent_id(parent)
            .max_results(PAGE)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| classify(OPERATION, &error))?;
        for unit in page.organizational_units.unwrap_or_default() {
            let id = identified(OPERATION, unit.id)?;
            level.push((unit.name.unwrap_or_default(), id));
        }
        token = pages.next(page.next_token)?;
        if token.is_none() {
            return Ok(level);
        }
    }
}

/// Whether AWS's own FullAWSAccess is attached directly to a root, unit or account.
///
/// # Errors
/// A page that could not be read.
pub async fn has_full_access(access: &Access, target: &str) -> Result<bool, CloudError> {
    const OPERATION: &str = "organizations:ListPoliciesForTarget";
    /// Its id in every organization (Organizations user guide).
    const FULL_ACCESS: &str = "p-FullAWSAccess";
    let (mut pages, mut token) = (Pages::of(OPERATION), None);
    loop {
        let page = access
            .organizations
            .list_policies_for_target()
            .target_id(target)
            .filter(PolicyType::ServiceControlPolicy)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| classify(OPERATION, &error))?;
        let policies = page.policies.unwrap_or_default();
        if policies.iter().any(|policy| policy.id.as_deref() == Some(FULL_ACCESS)) {
            return Ok(true);
        }
        token = pages.next(page.next_token)?;
        if token.is_none() {
            return Ok(false);
        }
    }
}
