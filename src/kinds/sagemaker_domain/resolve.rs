//! From the spec to the wanted state: references filled in, everything in canonical form.

use serde::{Deserialize as _, Serialize};
use serde_json::{Map, Value, json};

use super::{
    diff,
    leaf::Leaf,
    rules,
    spec::Spec,
    state::{self, State},
    tree,
};
use crate::{
    kind::{Accepts, Invalid, LookupKind, Refs, Target, Targets},
    kinds::kms_key,
    model::text,
};

const VPC: Accepts = Accepts::lookup(LookupKind::Vpc);
const SUBNET: Accepts = Accepts::lookup(LookupKind::Subnet);
const SECURITY_GROUP: Accepts = Accepts::id_of("SecurityGroup");
const KEY: Accepts = Accepts::arn_of(kms_key::NAME);

/// The wanted state, or every problem.
pub fn resolve(spec: Spec, refs: &mut Refs<'_>) -> Result<State, Vec<Invalid>> {
    let mut problems = Vec::new();
    problems.extend(text::SAGEMAKER.refused(&spec.tags).into_iter().map(Invalid::from));
    let mut written = Map::new();
    let name = spec.domain_name.clone().unwrap_or_else(|| refs.name().to_owned());
    written.insert(state::DOMAIN_NAME.to_owned(), json!(name));
    resolve_network(&spec, refs, &mut written, &mut problems);
    let key = resolve_key(&spec, refs, &mut problems);
    for (member, value) in [
        (state::AUTH_MODE, spec.auth_mode.as_ref().map(plain)),
        (state::EFS_RETENTION, spec.efs_retention.as_ref().map(plain)),
        (state::KMS_KEY, key),
        (state::NETWORK_ACCESS, leaf(&spec.app_network_access_type)),
        (state::GROUP_MANAGEMENT, leaf(&spec.app_security_group_management)),
        (state::TAG_PROPAGATION, leaf(&spec.tag_propagation)),
        (state::HOME_EFS, leaf(&spec.home_efs_file_system_creation)),
        (state::USER, leaf(&spec.default_user_settings)),
        (state::SPACE, leaf(&spec.default_space_settings)),
        (state::DOMAIN, leaf(&spec.domain_settings)),
    ] {
        let Some(mut value) = value else { continue };
        if value.is_null() && member != state::KMS_KEY {
            problems.push(
                Invalid::new(member, "cannot be none")
                    .help("leave it out if it is not to be managed"),
            );
            continue;
        }
        expand_shorthand(member, &mut value, &mut problems);
        fill(member, &mut value, refs, &mut problems);
        written.insert(member.to_owned(), value);
    }
    let mut want = State::default();
    for (member, value) in &written {
        want.set(member, value.clone());
    }
    rules::check(&spec, &want, Value::Object(written), &mut problems);
    if problems.is_empty() { Ok(want) } else { Err(problems) }
}

/// Words, settings: types without anything that could fail to become a plain value.
fn plain(value: &impl Serialize) -> Value {
    #[expect(clippy::expect_used, reason = "an invariant of the spec's own types")]
    serde_json::to_value(value)
        .expect("settings are maps with text keys, which JSON can always hold")
}

/// `None` if the manifest does not name it.
fn leaf<T: Serialize>(leaf: &Leaf<T>) -> Option<Value> {
    (!leaf.is_unmanaged()).then(|| plain(leaf))
}

/// The key of the domain itself; `null` for AWS's own.
fn resolve_key(spec: &Spec, refs: &mut Refs<'_>, problems: &mut Vec<Invalid>) -> Option<Value> {
    match &spec.kms_key {
        Leaf::Unmanaged => None,
        Leaf::None => Some(Value::Null),
        Leaf::Value(target) => match refs.one(state::KMS_KEY, target, KEY) {
            Ok(key) => Some(json!(own_key(&key, refs))),
            Err(invalid) => {
                problems.push(invalid);
                None
            }
        },
    }
}

fn own_key(key: &str, refs: &Refs<'_>) -> String {
    let scope = refs.scope();
    state::kms_arn(key, &scope.partition, &scope.region, &scope.account)
}

fn resolve_network(
    spec: &Spec,
    refs: &mut Refs<'_>,
    written: &mut Map<String, Value>,
    problems: &mut Vec<Invalid>,
) {
    let mut vpc = None;
    if let Some(target) = &spec.vpc {
        match refs.one(state::VPC, target, VPC) {
            Ok(id) => {
                written.insert(state::VPC.to_owned(), json!(id));
                vpc = Some(id);
            }
            Err(invalid) => problems.push(invalid),
        }
    }
    if let Some(targets) = &spec.subnets {
        let vpc = vpc.as_deref().map(|id| ("vpc", id));
        match refs.many(state::SUBNETS, targets, SUBNET, vpc) {
            Ok(found) => {
                let ids: Vec<_> = found.into_iter().map(|item| item.id).collect();
                written.insert(state::SUBNETS.to_owned(), json!(ids));
            }
            Err(invalid) => problems.extend(invalid),
        }
    }
}

/// `trustedIdentityPropagation: ENABLED` is `trustedIdentityPropagationSettings: {status: ENABLED}`.
fn expand_shorthand(member: &str, value: &mut Value, problems: &mut Vec<Invalid>) {
    const SHORT: &str = "trustedIdentityPropagation";
    const LONG: &str = "trustedIdentityPropagationSettings";
    let Some(map) = value.as_object_mut().filter(|_| member == state::DOMAIN) else { return };
    let Some(status) = map.remove(SHORT) else { return };
    let long = json!({ "status": status });
    if map.insert(LONG.to_owned(), long).is_some() {
        problems.push(
            Invalid::new(
                format!("{member}.{SHORT}"),
                format!("says the same as `{LONG}`, which is there too"),
            )
            .help("keep one of them"),
        );
    }
}

/// Replaces references by ids, keys by ARNs, and the literal that clears an ARN by none.
fn fill(path: &str, value: &mut Value, refs: &mut Refs<'_>, problems: &mut Vec<Invalid>) {
    let key = tree::last(path);
    match value {
        Value::Null => {}
        _ if matches!(key, "securityGroups" | "securityGroupIds") => {
            let found = Targets::deserialize(&*value)
                .map_err(|error| vec![Invalid::new(path, error.to_string())])
                .and_then(|targets| refs.many(path, &targets, SECURITY_GROUP, None));
            match found {
                Ok(found) => *value = found.into_iter().map(|item| json!(item.id)).collect(),
                Err(invalid) => problems.extend(invalid),
            }
        }
        _ if tree::names_kms_key(path) => {
            let found = Target::deserialize(&*value)
                .map_err(|error| Invalid::new(path, error.to_string()))
                .and_then(|target| refs.one(path, &target, KEY));
            match found {
                Ok(found) => *value = json!(own_key(&found, refs)),
                Err(invalid) => problems.push(invalid),
            }
        }
        Value::String(text) if text == diff::CLEAR && diff::CLEARABLE.contains(&key) => {
            *value = Value::Null;
        }
        Value::Object(map) => {
            for (key, inner) in map.iter_mut() {
                fill(&tree::join(path, key), inner, refs, problems);
            }
        }
        _ => {}
    }
}
