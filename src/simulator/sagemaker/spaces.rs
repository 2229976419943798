//! Spaces: private ones of a profile and shared ones.

use serde_json::{Map, Value, json};

use super::{
    Listed, Request, Store, in_use, invalid,
    merge::merged,
    not_found, paged,
    rules::{self, Owner},
    tags,
};
use crate::simulator::service::{Answer, ApiError};

/// A space.
#[derive(Debug, Clone)]
pub(super) struct Space {
    pub domain: String,
    pub name: String,
    arn: String,
    created: f64,
    modified: f64,
    /// `SpaceSettings`, `OwnershipSettings`, `SpaceSharingSettings`, `SpaceDisplayName`: those that are set.
    members: Map<String, Value>,
}

impl Space {
    /// The profile that owns the space.
    pub(super) fn owner(&self) -> Option<&str> {
        self.members.get("OwnershipSettings")?.get("OwnerUserProfileName")?.as_str()
    }

    fn part(&self, member: &str) -> Map<String, Value> {
        self.members.get(member).and_then(Value::as_object).cloned().unwrap_or_default()
    }
}

type Key = (String, String);

/// The key of the space that the request means; it need not exist.
fn key(request: &Request<'_, '_>) -> Result<Key, ApiError> {
    Ok((request.name("DomainId")?.to_owned(), request.name("SpaceName")?.to_owned()))
}

fn missing(key: &Key) -> ApiError {
    not_found(format!("Space [{}] does not exist in Domain [{}].", key.1, key.0))
}

/// The settings of a new space. A private one has an owner and settings; ownership and sharing come together.
fn members_of(
    store: &Store,
    request: &Request<'_, '_>,
    domain: &str,
) -> Result<Map<String, Value>, ApiError> {
    let mut members = Map::new();
    for member in ["SpaceSettings", "OwnershipSettings", "SpaceSharingSettings"] {
        if let Some(value) = request.structure(member)? {
            members.insert(member.to_owned(), Value::Object(merged(&Map::new(), value)));
        }
    }
    if let Some(name) = request.input.bounded_text("SpaceDisplayName", 0..=64)? {
        members.insert("SpaceDisplayName".to_owned(), json!(name));
    }
    if let Some(settings) = request.structure("SpaceSettings")? {
        rules::check_space_settings(settings, Owner::Space)?;
    }
    let has = |member: &str| members.contains_key(member);
    if has("OwnershipSettings") != has("SpaceSharingSettings") {
        return Err(invalid(
            "OwnershipSettings and SpaceSharingSettings must be provided together",
        ));
    }
    let inside = |structure: &str, member: &str| {
        members.get(structure).and_then(|value| value.get(member)).and_then(Value::as_str)
    };
    if inside("SpaceSharingSettings", "SharingType") == Some("Private") && !has("SpaceSettings") {
        return Err(invalid("SpaceSettings must be provided for creating private space"));
    }
    if let Some(owner) = inside("OwnershipSettings", "OwnerUserProfileName")
        && !store.profiles.contains_key(&(domain.to_owned(), owner.to_lowercase()))
    {
        return Err(not_found(format!(
            "UserProfile [{owner}] does not exist in Domain [{domain}]."
        )));
    }
    Ok(members)
}

/// CreateSpace.
pub(super) fn create(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    store.domain(request)?.require_in_service(request.context.elapsed)?;
    let key = key(request)?;
    if store.spaces.contains_key(&key) {
        return Err(in_use(format!("Space [{}] already exists in Domain [{}].", key.1, key.0)));
    }
    let members = members_of(store, request, &key.0)?;
    let tags = tags::from_request(request)?;
    let now = request.context.now;
    let arn = request.arn(&format!("space/{}/{}", key.0, key.1));
    let space = Space {
        domain: key.0.clone(),
        name: key.1.clone(),
        arn: arn.clone(),
        created: now,
        modified: now,
        members,
    };
    store.tags.insert(arn.clone(), tags);
    store.spaces.insert(key, space);
    Ok(json!({ "SpaceArn": arn }))
}

/// DescribeSpace.
pub(super) fn describe(store: &Store, request: &Request<'_, '_>) -> Answer {
    store.domain(request)?;
    let key = key(request)?;
    let space = store.spaces.get(&key).ok_or_else(|| missing(&key))?;
    let mut answer = space.members.clone();
    let fixed = json!({
        "DomainId": space.domain,
        "SpaceArn": space.arn,
        "SpaceName": space.name,
        "Status": "InService",
        "CreationTime": space.created,
        "LastModifiedTime": space.modified,
    });
    answer.extend(fixed.as_object().cloned().unwrap_or_default());
    Ok(Value::Object(answer))
}

/// ListSpaces: of one domain or of all.
pub(super) fn list(store: &Store, request: &Request<'_, '_>) -> Answer {
    let domain = request.input.text("DomainIdEquals")?;
    let part = request.input.text("SpaceNameContains")?.unwrap_or_default();
    let wanted =
        |space: &&Space| domain.is_none_or(|id| id == space.domain) && space.name.contains(part);
    let item = |space: &Space| {
        let mut entry = json!({
            "DomainId": space.domain,
            "SpaceName": space.name,
            "Status": "InService",
            "CreationTime": space.created,
            "LastModifiedTime": space.modified,
        });
        if let Some(owner) = space.owner() {
            entry["OwnershipSettingsSummary"] = json!({ "OwnerUserProfileName": owner });
        }
        Listed { key: space.arn.clone(), created: space.created, modified: space.modified, entry }
    };
    paged(request, "Spaces", store.spaces.values().filter(wanted).map(item).collect())
}

/// UpdateSpace: the app type must not be in the request, not even unchanged.
pub(super) fn update(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    store.domain(request)?.require_in_service(request.context.elapsed)?;
    let key = key(request)?;
    let mut space = store.spaces.get(&key).ok_or_else(|| missing(&key))?.clone();
    if let Some(change) = request.structure("SpaceSettings")? {
        if change.contains_key("AppType") {
            return Err(invalid("Updating AppType for Space is not supported"));
        }
        rules::check_space_settings(change, Owner::Space)?;
        let settings = merged(&space.part("SpaceSettings"), change);
        space.members.insert("SpaceSettings".to_owned(), Value::Object(settings));
    }
    if let Some(name) = request.input.bounded_text("SpaceDisplayName", 0..=64)? {
        space.members.insert("SpaceDisplayName".to_owned(), json!(name));
    }
    space.modified = request.context.now;
    let answer = json!({ "SpaceArn": space.arn });
    store.spaces.insert(key, space);
    Ok(answer)
}

/// DeleteSpace: only when it has no living app.
pub(super) fn delete(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    store.domain(request)?;
    let key = key(request)?;
    let space = store.spaces.get(&key).ok_or_else(|| missing(&key))?;
    let arn = space.arn.clone();
    let inside = |owner: &super::apps::AppOwner| owner.space() == Some(key.1.as_str());
    if store
        .apps
        .iter()
        .any(|(app, state)| app.domain == key.0 && inside(&app.owner) && state.is_alive())
    {
        return Err(in_use(format!(
            "Unable to delete Space [{}] because App is associated with it.",
            key.1
        )));
    }
    store.spaces.remove(&key);
    store.tags.remove(&arn);
    Ok(json!({}))
}
