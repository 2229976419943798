//! `sts:AssumeRole`: a role must let itself be assumed, which is decided where it is, and the
//! ambient identity of palisade must be able to assume the roles of the scopes, which is decided
//! where that identity is.

use std::collections::BTreeSet;

use super::{
    Grounds,
    place::Place,
    principals::{Principal, Sort},
    request::{NEVER, Need, account_of},
};
use crate::{
    kind::ScopeFacts,
    model::policy_document::{ANY_TEXT, Request},
    plan::RoleToAssume,
};

const ACTION: &str = "sts:AssumeRole";
/// Keys that the request has only if it says so: palisade sends no session tags (STS API reference,
/// "AssumeRole").
const NOT_SENT: [&str; 4] =
    ["aws:tagkeys", "sts:externalid", "sts:sourceidentity", "sts:transitivetagkeys"];
/// The name of palisade's sessions.
const SESSION: &str = "palisade";

/// That a principal's role can be assumed, which is decided on the role. Who assumes it is unknown:
/// a principal of the organization, or a service of AWS where the role belongs to a task or an
/// instance. `None` for what is not a role.
pub(super) fn being_assumed(
    principal: &Principal,
    place: &Place<'_>,
    keys: &BTreeSet<String>,
) -> Option<Need> {
    let role = principal.role()?;
    let organization = place.organization();
    let anybody = format!("arn:{}:iam::{ANY_TEXT}:role/{ANY_TEXT}", principal.partition);
    let reading = |by_service: bool| {
        let mut request = Request::new(&anybody, ACTION, role);
        for key in keys {
            let values = match key.as_str() {
                "aws:securetransport" => Some(vec!["true".to_owned()]),
                "aws:principalisawsservice" => Some(vec![by_service.to_string()]),
                "aws:principalorgid" | "aws:principalarn" | "aws:principalaccount"
                    if by_service =>
                {
                    Some(Vec::new())
                }
                "aws:principalorgid" | "aws:resourceorgid" => {
                    organization.map(|id| vec![id.to_owned()])
                }
                "aws:resourceaccount" => Some(vec![principal.account.clone()]),
                _ => None,
            };
            request.context.extend(values.map(|values| (key.clone(), values)));
        }
        request
    };
    Some(Need { action: ACTION, readings: vec![reading(false), reading(true)] })
}

/// The identity that assumes the roles: `None` if only the partition is known.
pub(super) fn ambient(by: Option<&str>, role: &RoleToAssume) -> Principal {
    let partition = role.arn.split(':').nth(1).unwrap_or("aws");
    let anybody = || format!("arn:{partition}:iam::{ANY_TEXT}:role/{ANY_TEXT}");
    let mut principal = Principal::new(&by.map_or_else(anybody, str::to_owned), None);
    if by.is_none() {
        principal.sort = Sort::Other;
    }
    principal
}

/// That an identity can assume a role. A key whose value is not known for sure is left out: a
/// condition on it is undecided.
pub(super) fn assuming(
    by: &Principal,
    role: &RoleToAssume,
    grounds: &Grounds<'_>,
    keys: &BTreeSet<String>,
) -> Need {
    let mut request = by.request(ACTION, &role.arn);
    let is_role = by.sort == Sort::Role;
    let organization_of = |account: &str| organization_of(account, role, by, grounds);
    for key in keys {
        let value = match key.as_str() {
            "aws:securetransport" => Some("true".to_owned()),
            "aws:principalisawsservice" | "aws:viaawsservice" => Some("false".to_owned()),
            "aws:requestedregion" => Some(role.region.clone()),
            "aws:principaltype" if is_role => Some("AssumedRole".to_owned()),
            "aws:tokenissuetime" if is_role => Some(ANY_TEXT.to_string()),
            "aws:principalorgid" => organization_of(&by.account),
            "aws:resourceaccount" => account_of(&role.arn).map(str::to_owned),
            "aws:resourceorgid" => account_of(&role.arn).and_then(organization_of),
            "sts:externalid" => role.external_id.clone(),
            "sts:rolesessionname" => Some(SESSION.to_owned()),
            _ => None,
        };
        let absent = NEVER.contains(&key.as_str())
            || is_role && key == "aws:username"
            || key.starts_with("aws:calledvia")
            || key.starts_with("aws:requesttag/")
            || NOT_SENT.contains(&key.as_str());
        if let Some(value) = value {
            request.context.insert(key.clone(), vec![value]);
        } else if absent {
            request.context.insert(key.clone(), Vec::new());
        }
    }
    Need { action: ACTION, readings: vec![request] }
}

fn organization_of(
    account: &str,
    role: &RoleToAssume,
    by: &Principal,
    grounds: &Grounds<'_>,
) -> Option<String> {
    let here = grounds.scopes().find(|facts| facts.account == account);
    let facts = here.cloned().unwrap_or_else(|| ScopeFacts {
        name: String::new(),
        account: account.to_owned(),
        region: role.region.clone(),
        partition: by.partition.clone(),
    });
    Place::empty(&facts, grounds.inputs).organization().map(str::to_owned)
}
