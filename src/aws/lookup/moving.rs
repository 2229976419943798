//! What moves with an account: the control policies above the place that it leaves, and above the
//! one that it comes to.

use std::collections::BTreeMap;

use aws_sdk_organizations::types::PolicyType;
use serde_json::json;

use super::{Pages, identified};
use crate::{
    aws::{Access, classify},
    kind::{Class, CloudError},
    model::{
        ControlPolicy, Level, Moving,
        policy_document::{Dialect, PolicyDocument},
    },
};

/// The largest page of ListPoliciesForTarget (Organizations API reference).
const PAGE: i32 = 20;
/// More than the deepest path (Organizations quotas: five units and the root): reaching this means
/// that the answers go round in a circle.
const MAX_DEPTH: usize = 10;
/// AWS's own policies, which allow everything.
const OF_AWS: [&str; 2] = ["p-FullAWSAccess", "p-RCPFullAWSAccess"];
/// The types that decide what is allowed.
const TYPES: [(PolicyType, Dialect); 2] = [
    (PolicyType::ServiceControlPolicy, Dialect::ServiceControlPolicy),
    (PolicyType::ResourceControlPolicy, Dialect::ResourceControlPolicy),
];

/// The root or unit that a unit or account is in; `None` if it does not exist, and for a root.
///
/// # Errors
/// The call failed.
pub async fn parent(access: &Access, child: &str) -> Result<Option<String>, CloudError> {
    const OPERATION: &str = "organizations:ListParents";
    let (mut pages, mut token) = (Pages::of(OPERATION), None);
    loop {
        let page = access
            .organizations
            .list_parents()
            .child_id(child)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| classify(OPERATION, &error));
        let page = match page {
            Ok(page) => page,
            Err(error) if error.class == Class::Missing => return Ok(None),
            Err(error) => return Err(error),
        };
        if let Some(parent) = page.parents.unwrap_or_default().into_iter().next() {
            return identified(OPERATION, parent.id).map(Some);
        }
        token = pages.next(page.next_token)?;
        if token.is_none() {
            return Ok(None);
        }
    }
}

/// The control policies above both places.
///
/// # Errors
/// A call failed: what an account gains and loses is never half known.
pub async fn moving(access: &Access, from: &str, to: &str) -> Result<Moving, CloudError> {
    let mut documents = BTreeMap::new();
    let mut levels: BTreeMap<String, Level> = BTreeMap::new();
    let mut above = Vec::new();
    for place in [from, to] {
        let mut path = Vec::new();
        for place in places_above(access, place).await? {
            let level = match levels.get(&place) {
                Some(level) => level.clone(),
                None => level_of(access, &place, &mut documents).await?,
            };
            levels.insert(place, level.clone());
            path.push(level);
        }
        above.push(path);
    }
    let to = above.pop().unwrap_or_default();
    Ok(Moving { from: above.pop().unwrap_or_default(), to })
}

/// A place and all places above it, up to the root.
async fn places_above(access: &Access, place: &str) -> Result<Vec<String>, CloudError> {
    let mut all = vec![place.to_owned()];
    while let Some(last) = all.last().filter(|place| !place.starts_with("r-")) {
        let missing = || {
            let why = format!("{last} is not in the organization");
            CloudError::new("organizations:ListParents", Class::Unknown, why)
        };
        let next = parent(access, last).await?.ok_or_else(missing)?;
        all.push(next);
        if all.len() > MAX_DEPTH {
            let why = "the organization's tree has a circle";
            return Err(CloudError::new("organizations:ListParents", Class::Unknown, why));
        }
    }
    Ok(all)
}

async fn level_of(
    access: &Access,
    place: &str,
    documents: &mut BTreeMap<String, Option<PolicyDocument>>,
) -> Result<Level, CloudError> {
    let mut level = Level { place: place.to_owned(), policies: Vec::new() };
    for (of, dialect) in TYPES {
        for (id, name) in attached(access, place, of.clone()).await? {
            let document = match documents.get(&id) {
                Some(document) => document.clone(),
                None => document(access, &id, dialect).await?,
            };
            documents.insert(id.clone(), document.clone());
            let of_resources = dialect == Dialect::ResourceControlPolicy;
            level.policies.push(ControlPolicy { id, name, of_resources, document });
        }
    }
    Ok(level)
}

/// The policies of a type that are attached directly to a root or unit: ids and names. None while
/// the organization does not use the type.
async fn attached(
    access: &Access,
    place: &str,
    of: PolicyType,
) -> Result<Vec<(String, String)>, CloudError> {
    const OPERATION: &str = "organizations:ListPoliciesForTarget";
    let (mut pages, mut token, mut all) = (Pages::of(OPERATION), None, Vec::new());
    loop {
        let page = access
            .organizations
            .list_policies_for_target()
            .target_id(place)
            .filter(of.clone())
            .max_results(PAGE)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| classify(OPERATION, &error));
        let page = match page {
            Ok(page) => page,
            Err(error) if error.is_code("PolicyTypeNotEnabledException") => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        for policy in page.policies.unwrap_or_default() {
            let id = identified(OPERATION, policy.id)?;
            all.push((id, policy.name.unwrap_or_default()));
        }
        token = pages.next(page.next_token)?;
        if token.is_none() {
            return Ok(all);
        }
    }
}

/// The text of a policy; `None` if it does not read as one. AWS's own policies allow everything
/// (Organizations user guide), and reading them takes a permission of its own.
async fn document(
    access: &Access,
    id: &str,
    dialect: Dialect,
) -> Result<Option<PolicyDocument>, CloudError> {
    const OPERATION: &str = "organizations:DescribePolicy";
    if OF_AWS.contains(&id) {
        let mut all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        if dialect == Dialect::ResourceControlPolicy {
            all["Principal"] = json!("*");
        }
        let text = json!({"Version": "2012-10-17", "Statement": all}).to_string();
        return Ok(PolicyDocument::parse(&text, dialect).ok());
    }
    let answer = access
        .organizations
        .describe_policy()
        .policy_id(id)
        .send()
        .await
        .map_err(|error| classify(OPERATION, &error))?;
    let text = answer.policy.and_then(|policy| policy.content).unwrap_or_default();
    Ok(PolicyDocument::parse(&text, dialect).ok())
}
