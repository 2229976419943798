//! Aliases, the only unique name of a key in an account and region.

use serde_json::{Map, Value, json};

use super::{
    key::{Alias, Key},
    managed,
    reference::not_found,
    spec,
    store::{Request, Store, paged},
};
use crate::simulator::{
    json::Trouble,
    service::{Answer, ApiError},
};

/// The maximum number of aliases of one key.
const MAX_ALIASES: usize = 50;

/// The request's `AliasName`, if customers may use it.
fn own_name<'a>(request: &Request<'a, '_>) -> Result<&'a str, ApiError> {
    const PATTERN: &str = "^[a-zA-Z0-9:/_-]+$";
    let name = request.input.bounded_text("AliasName", 1..=256)?;
    let name = name.ok_or_else(|| request.input.refusal("AliasName", None, Trouble::Missing))?;
    let legal = |letter: char| letter.is_ascii_alphanumeric() || ":/_-".contains(letter);
    if !name.chars().all(legal) {
        return Err(request.input.refusal("AliasName", Some(name), Trouble::Pattern(PATTERN)));
    }
    let Some(rest) = name.strip_prefix("alias/") else {
        return Err(ApiError::new("ValidationException", "Invalid identifier"));
    };
    if rest.is_empty() || rest.contains(':') {
        return Err(ApiError::new(
            "InvalidAliasNameException",
            format!("{name} contains invalid characters for an alias"),
        ));
    }
    if rest.starts_with("aws/") {
        return Err(ApiError::new(
            "NotAuthorizedException",
            "The prefix alias/aws/ is reserved for AWS managed keys",
        ));
    }
    Ok(name)
}

/// The customer managed key of `TargetKeyId`, if an alias may point to it.
fn target<'s>(store: &'s Store, request: &Request<'_, '_>) -> Result<&'s Key, ApiError> {
    let text = request.name("TargetKeyId", 2048)?;
    if text.starts_with("alias/") || text.contains(":alias/") {
        return Err(ApiError::new(
            "ValidationException",
            "Aliases must refer to keys. Not aliases",
        ));
    }
    let key = store.key_named(request, text)?;
    if key.aws_managed {
        return Err(ApiError::new(
            "ValidationException",
            "Aliases cannot be created for AWS managed keys",
        ));
    }
    key.require_not_pending_deletion()?;
    let aliases = store.aliases.values().filter(|alias| alias.target == key.id).count();
    if aliases >= MAX_ALIASES {
        return Err(ApiError::new(
            "LimitExceededException",
            format!("{} already has {MAX_ALIASES} aliases", key.arn),
        ));
    }
    Ok(key)
}

/// CreateAlias: an atomic claim of a name.
pub(super) fn create(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let name = own_name(request)?;
    if store.aliases.contains_key(name) {
        let message = format!("An alias with the name {} already exists", request.arn(name));
        return Err(ApiError::new("AlreadyExistsException", message));
    }
    let target = target(store, request)?.id.clone();
    let now = request.context.now;
    store.aliases.insert(name.to_owned(), Alias { target, created: now, updated: now });
    Ok(json!({}))
}

fn missing(request: &Request<'_, '_>, name: &str) -> ApiError {
    not_found(format!("Alias {} is not found.", request.arn(name)))
}

/// UpdateAlias: the old key may be pending deletion, the new one may not; both must have one type
/// and usage.
pub(super) fn update(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let name = own_name(request)?;
    let alias = store.aliases.get(name).ok_or_else(|| missing(request, name))?;
    let from = &store.keys[&alias.target];
    let text = request.name("TargetKeyId", 2048)?;
    let stays = store.key_named(request, text).is_ok_and(|key| key.id == from.id);
    let to = if stays { from } else { target(store, request)? };
    to.require_not_pending_deletion()?;
    if spec::family(&from.spec) != spec::family(&to.spec) || from.usage != to.usage {
        let message = format!("{} and {} differ in key type or key usage", from.arn, to.arn);
        return Err(ApiError::new("ValidationException", message));
    }
    let target = to.id.clone();
    if let Some(alias) = store.aliases.get_mut(name) {
        alias.target = target;
        alias.updated = request.context.now;
    }
    Ok(json!({}))
}

/// DeleteAlias: allowed in every key state.
pub(super) fn delete(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let name = own_name(request)?;
    store.aliases.remove(name).ok_or_else(|| missing(request, name))?;
    Ok(json!({}))
}

/// ListAliases: 1-100 on a page, 50 by default; predefined aliases without a key have no
/// `TargetKeyId`.
pub(super) fn list(store: &Store, request: &Request<'_, '_>) -> Answer {
    let wanted = match request.input.text("KeyId")? {
        Some(_) => Some(store.key(request)?.id.as_str()),
        None => None,
    };
    let mut items: Vec<(String, Value)> = Vec::new();
    for (name, alias) in &store.aliases {
        if wanted.is_none_or(|id| id == alias.target) {
            items.push((name.clone(), entry(request, name, Some(alias))));
        }
    }
    if wanted.is_none() {
        let unused = managed::PREDEFINED.iter().filter(|name| !store.aliases.contains_key(**name));
        items.extend(unused.map(|name| ((*name).to_owned(), entry(request, name, None))));
    }
    items.sort_by(|left, right| left.0.cmp(&right.0));
    paged(request, "Aliases", items, 50, 100)
}

fn entry(request: &Request<'_, '_>, name: &str, alias: Option<&Alias>) -> Value {
    let mut entry = Map::new();
    entry.insert("AliasName".to_owned(), json!(name));
    entry.insert("AliasArn".to_owned(), json!(request.arn(name)));
    if let Some(alias) = alias {
        entry.insert("TargetKeyId".to_owned(), json!(alias.target));
        entry.insert("CreationDate".to_owned(), json!(alias.created));
        entry.insert("LastUpdatedDate".to_owned(), json!(alias.updated));
    }
    Value::Object(entry)
}
