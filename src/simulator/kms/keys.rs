//! Keys: creating, reading, policy, description, enabling and disabling.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    family::Family,
    key::{Key, KeyState},
    lockout, policy,
    spec::{self, KEY_SPECS, KEY_USAGES},
    store::{Request, Store, paged},
    tags,
};
use crate::simulator::{
    json::Trouble,
    service::{Answer, ApiError, partition},
};

/// The only policy name that a key can have.
const POLICY_NAME: &str = "default";

/// CreateKey.
pub(super) fn create(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let input = request.input;
    let spec = spec_of(request)?;
    let usage = usage_of(request, spec)?;
    let origin = origin_of(request, spec)?;
    let description = input.bounded_text("Description", 0..=8192)?.unwrap_or_default().to_owned();
    let tags = tags::validated(
        input.tags("Tags", "TagKey", "TagValue")?.unwrap_or_default(),
        &BTreeMap::new(),
    )?;
    let multi_region = input.flag("MultiRegion")?;
    let id = if multi_region {
        format!("mrk-{}", request.context.ids.uuid().replace('-', ""))
    } else {
        request.context.ids.uuid()
    };
    let arn = request.arn(&format!("key/{id}"));
    let policy = match input.text("Policy")? {
        Some(text) => accepted_policy(text, &arn, request)?,
        None => default_policy(request),
    };
    let key = Key {
        id: id.clone(),
        arn,
        account: request.caller.account.clone(),
        region: request.caller.region.clone(),
        created: request.context.now,
        description,
        spec: spec.to_owned(),
        usage: usage.to_owned(),
        origin: origin.to_owned(),
        family: multi_region
            .then(|| Family { primary: request.caller.region.clone(), ..Family::default() }),
        aws_managed: false,
        state: if origin == "EXTERNAL" { KeyState::PendingImport } else { KeyState::Enabled },
        material_until: None,
        policy,
        tags,
        rotation: None,
        on_demand: Vec::new(),
        grants: BTreeMap::new(),
    };
    let metadata = key.metadata();
    store.keys.insert(id, key);
    Ok(json!({ "KeyMetadata": metadata }))
}

fn spec_of<'a>(request: &Request<'a, '_>) -> Result<&'a str, ApiError> {
    let older = request.input.choice("CustomerMasterKeySpec", KEY_SPECS)?;
    let newer = request.input.choice("KeySpec", KEY_SPECS)?;
    if older.is_some() && newer.is_some() {
        let message = "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. \
                       CustomerMasterKeySpec is deprecated.";
        return Err(ApiError::new("ValidationException", message));
    }
    let spec = newer.or(older).unwrap_or("SYMMETRIC_DEFAULT");
    if spec == "SM2" && partition(&request.caller.region) != "aws-cn" {
        let message = "KeySpec SM2 is not supported in this Region";
        return Err(ApiError::new("UnsupportedOperationException", message));
    }
    Ok(spec)
}

fn usage_of<'a>(request: &Request<'a, '_>, spec: &str) -> Result<&'a str, ApiError> {
    let allowed = spec::usages(spec);
    let usage = match request.input.choice("KeyUsage", KEY_USAGES)? {
        Some(usage) => usage,
        None if spec == "SYMMETRIC_DEFAULT" => "ENCRYPT_DECRYPT",
        None => {
            return Err(ApiError::new(
                "ValidationException",
                "You must specify a KeyUsage value for all KMS keys except for symmetric \
                 encryption keys.",
            ));
        }
    };
    if allowed.contains(&usage) {
        return Ok(usage);
    }
    Err(ApiError::new(
        "ValidationException",
        format!("KeyUsage {usage} is not compatible with KeySpec {spec}"),
    ))
}

fn origin_of<'a>(request: &Request<'a, '_>, spec: &str) -> Result<&'a str, ApiError> {
    let all = ["AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"];
    let origin = request.input.choice("Origin", &all)?.unwrap_or("AWS_KMS");
    let custom = request.input.bounded_text("CustomKeyStoreId", 1..=64)?;
    match (origin, custom) {
        ("AWS_KMS" | "EXTERNAL", None) => Ok(origin),
        ("AWS_KMS" | "EXTERNAL", Some(_)) | (_, None) => {
            let message = format!("CustomKeyStoreId and Origin {origin} do not fit together");
            Err(ApiError::new("ValidationException", message))
        }
        _ if spec != "SYMMETRIC_DEFAULT" => {
            let message = format!("KeySpec {spec} is not supported for Origin {origin}");
            Err(ApiError::new("UnsupportedOperationException", message))
        }
        (_, Some(id)) => {
            let message = format!("Custom key store {id} does not exist");
            Err(ApiError::new("CustomKeyStoreNotFoundException", message))
        }
    }
}

/// The default policy of a new key: the account's IAM policies decide (KMS developer guide,
/// "Default key policy").
fn default_policy(request: &Request<'_, '_>) -> String {
    let root =
        format!("arn:{}:iam::{}:root", partition(&request.caller.region), request.caller.account);
    let statement = json!({
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": { "AWS": root },
        "Action": "kms:*",
        "Resource": "*",
    });
    policy::print(
        &json!({ "Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement] }),
    )
}

/// The policy as the service stores it, or the error.
pub(super) fn accepted_policy(
    text: &str,
    arn: &str,
    request: &mut Request<'_, '_>,
) -> Result<String, ApiError> {
    let salt = request.context.ids.number();
    let document =
        policy::accept(text, partition(&request.caller.region), salt, request.deleted_principals)?;
    if !request.input.flag("BypassPolicyLockoutSafetyCheck")?
        && !lockout::may_put_policy_again(&document, request.caller, arn)
    {
        let message =
            "The new key policy will not allow you to update the key policy in the future.";
        return Err(ApiError::new("MalformedPolicyDocumentException", message));
    }
    Ok(policy::print(&document))
}

/// DescribeKey.
pub(super) fn describe(store: &Store, request: &Request<'_, '_>) -> Answer {
    Ok(json!({ "KeyMetadata": store.key_or_alias(request)?.metadata() }))
}

/// ListKeys: 1-1000 on a page, 100 by default.
pub(super) fn list(store: &Store, request: &Request<'_, '_>) -> Answer {
    let item = |key: &Key| (key.id.clone(), json!({ "KeyId": key.id, "KeyArn": key.arn }));
    paged(request, "Keys", store.keys.values().map(item).collect(), 100, 1000)
}

fn policy_name(request: &Request<'_, '_>) -> Result<(), ApiError> {
    match request.input.bounded_text("PolicyName", 1..=128)? {
        None | Some(POLICY_NAME) => Ok(()),
        Some(other) => Err(super::reference::not_found(format!("No such policy exists: {other}"))),
    }
}

/// GetKeyPolicy.
pub(super) fn policy(store: &Store, request: &Request<'_, '_>) -> Answer {
    let key = store.key(request)?;
    policy_name(request)?;
    Ok(json!({ "Policy": key.policy, "PolicyName": POLICY_NAME }))
}

/// ListKeyPolicies.
pub(super) fn list_policies(store: &Store, request: &Request<'_, '_>) -> Answer {
    store.key(request)?;
    paged(request, "PolicyNames", vec![(POLICY_NAME.to_owned(), json!(POLICY_NAME))], 100, 1000)
}

/// PutKeyPolicy: allowed in every key state, so that the policy of a key pending deletion can be
/// repaired.
pub(super) fn put_policy(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let arn = store.own_key(request)?.arn.clone();
    match request.input.bounded_text("PolicyName", 1..=128)? {
        None | Some(POLICY_NAME) => {}
        Some(_) => {
            return Err(ApiError::new("ValidationException", "PolicyName must be default"));
        }
    }
    let input = request.input;
    let text = input.required_text("Policy")?;
    let policy = accepted_policy(text, &arn, request)?;
    store.own_key(request)?.policy = policy;
    Ok(json!({}))
}

/// UpdateKeyDescription.
pub(super) fn update_description(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let description = request.input.bounded_text("Description", 0..=8192)?;
    let missing = || request.input.refusal("Description", None, Trouble::Missing);
    let description = description.ok_or_else(missing)?.to_owned();
    let key = store.own_key(request)?;
    key.require_not_pending_deletion()?;
    key.description = description;
    Ok(json!({}))
}

/// EnableKey.
pub(super) fn enable(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    set_state(store, request, KeyState::Enabled)
}

/// DisableKey.
pub(super) fn disable(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    set_state(store, request, KeyState::Disabled)
}

fn set_state(
    store: &mut Store,
    request: &Request<'_, '_>,
    state: KeyState,
) -> Result<Value, ApiError> {
    let key = store.own_key(request)?;
    key.require_not_pending_deletion()?;
    key.require_material()?;
    key.state = state;
    Ok(json!({}))
}
