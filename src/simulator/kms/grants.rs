//! Grants: immutable permissions on a key, idempotent with a name.

use serde_json::{Map, Value, json};

use super::{
    key::Grant,
    reference::not_found,
    store::{Request, Store, paged},
};
use crate::simulator::{
    json::Trouble,
    service::{Answer, ApiError, partition},
};

/// The operations a grant can allow (CreateGrant in the KMS API reference).
const OPERATIONS: &[&str] = &[
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
    "Sign",
    "Verify",
    "GetPublicKey",
    "CreateGrant",
    "RetireGrant",
    "DescribeKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateMac",
    "VerifyMac",
    "DeriveSharedSecret",
];

/// The members of the request that define a grant; two grants with equal terms are identical.
fn terms(request: &Request<'_, '_>) -> Result<Map<String, Value>, ApiError> {
    let input = request.input;
    let principals = (
        input.bounded_text("GranteePrincipal", 1..=256)?,
        input.bounded_text("GranteeServicePrincipal", 1..=256)?,
    );
    match principals {
        (None, None) => return Err(input.refusal("GranteePrincipal", None, Trouble::Missing)),
        (Some(_), Some(_)) => {
            let message = "GranteePrincipal and GranteeServicePrincipal exclude each other";
            return Err(ApiError::new("ValidationException", message));
        }
        (Some(arn), None) if !arn.starts_with("arn:") => {
            return Err(ApiError::new(
                "InvalidArnException",
                format!("{arn} is not a valid ARN of a principal"),
            ));
        }
        _ => {}
    }
    let operations = input.required_texts("Operations", 1..=OPERATIONS.len())?;
    if let Some(unknown) =
        operations.iter().find(|operation| !OPERATIONS.contains(&operation.as_str()))
    {
        return Err(input.refusal("Operations", Some(unknown), Trouble::NotOneOf(OPERATIONS)));
    }
    constraints(request)?;
    input.bounded_text("Name", 1..=256)?;
    let shown = [
        "GranteePrincipal",
        "GranteeServicePrincipal",
        "RetiringPrincipal",
        "RetiringServicePrincipal",
        "Operations",
        "Constraints",
        "Name",
    ];
    let members =
        shown.iter().filter_map(|name| Some(((*name).to_owned(), input.raw(name)?.clone())));
    Ok(members.collect())
}

fn constraints(request: &Request<'_, '_>) -> Result<(), ApiError> {
    let Some(constraints) = request.input.inner("Constraints")? else {
        return Ok(());
    };
    for member in ["EncryptionContextEquals", "EncryptionContextSubset"] {
        if constraints.object(member)?.is_some_and(|pairs| pairs.len() > 8) {
            return Err(ApiError::new(
                "ValidationException",
                format!("{member} can have at most 8 pairs"),
            ));
        }
    }
    Ok(())
}

/// CreateGrant: a repetition with the same name and terms returns the same grant; without a name
/// every call creates another one.
pub(super) fn create(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let terms = terms(request)?;
    let dry_run = request.input.flag("DryRun")?;
    let (id, token) = (sixty_four_digits(request), sixty_four_digits(request));
    let key = store.own_key(request)?;
    key.require_enabled()?;
    if dry_run {
        return Err(would_succeed());
    }
    let named = terms.contains_key("Name");
    if let Some((id, grant)) = key.grants.iter().find(|(_, grant)| named && grant.terms == terms) {
        return Ok(json!({ "GrantId": id, "GrantToken": grant.token }));
    }
    let issuer = format!("arn:{}:iam::{}:root", partition(&key.region), key.account);
    let grant = Grant { created: request.context.now, issuer, token: token.clone(), terms };
    key.grants.insert(id.clone(), grant);
    Ok(json!({ "GrantId": id, "GrantToken": token }))
}

fn sixty_four_digits(request: &mut Request<'_, '_>) -> String {
    (0..4).map(|_| format!("{:016x}", request.context.ids.number())).collect()
}

fn would_succeed() -> ApiError {
    ApiError::new(
        "DryRunOperationException",
        "The request would have succeeded, but the DryRun option is set.",
    )
}

/// ListGrants: 1-100 on a page, 50 by default.
pub(super) fn list(store: &Store, request: &Request<'_, '_>) -> Answer {
    let key = store.key(request)?;
    let (id, grantee) = (request.input.text("GrantId")?, request.input.text("GranteePrincipal")?);
    let wanted = |(name, grant): &(&String, &Grant)| {
        id.is_none_or(|id| id == name.as_str())
            && grantee.is_none_or(|arn| {
                grant.terms.get("GranteePrincipal").and_then(Value::as_str) == Some(arn)
            })
    };
    let entry = |(id, grant): (&String, &Grant)| {
        let mut entry = grant.terms.clone();
        entry.insert("KeyId".to_owned(), json!(key.arn));
        entry.insert("GrantId".to_owned(), json!(id));
        entry.insert("CreationDate".to_owned(), json!(grant.created));
        entry.insert("IssuingAccount".to_owned(), json!(grant.issuer));
        (id.clone(), Value::Object(entry))
    };
    let items = key.grants.iter().filter(wanted).map(entry).collect();
    paged(request, "Grants", items, 50, 100)
}

/// RevokeGrant: allowed in every key state.
pub(super) fn revoke(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let dry_run = request.input.flag("DryRun")?;
    let id = request.name("GrantId", 128)?.to_owned();
    let key = store.own_key(request)?;
    if !key.grants.contains_key(&id) {
        return Err(not_found(format!("Grant ID {id} not found")));
    }
    if dry_run {
        return Err(would_succeed());
    }
    key.grants.remove(&id);
    Ok(json!({}))
}
