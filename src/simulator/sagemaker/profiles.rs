//! User profiles: names that ignore case, settings merged as a domain's are.

use serde_json::{Map, Value, json};

use super::{
    Listed, Request, Store, in_use, invalid,
    merge::merged,
    not_found, paged,
    rules::{self, Owner},
    tags,
};
use crate::simulator::service::{Answer, ApiError};

/// A user profile.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    pub domain: String,
    pub name: String,
    arn: String,
    created: f64,
    modified: f64,
    uid: String,
    single_sign_on: Option<(String, String)>,
    settings: Map<String, Value>,
}

type Key = (String, String);

/// The key of the profile that the request means; it need not exist.
fn key(request: &Request<'_, '_>) -> Result<Key, ApiError> {
    Ok((request.name("DomainId")?.to_owned(), request.name("UserProfileName")?.to_lowercase()))
}

fn missing(key: &Key) -> ApiError {
    not_found(format!("UserProfile [{}] does not exist in Domain [{}].", key.1, key.0))
}

/// The directory user of a new profile: required in domains of Identity Center, forbidden in others.
fn single_sign_on(
    request: &Request<'_, '_>,
    auth_mode: &str,
) -> Result<Option<(String, String)>, ApiError> {
    let identifier = request.input.choice("SingleSignOnUserIdentifier", &["UserName"])?;
    let value = request.input.bounded_text("SingleSignOnUserValue", 1..=256)?;
    match (auth_mode, identifier, value) {
        ("SSO", Some(identifier), Some(value)) => {
            Ok(Some((identifier.to_owned(), value.to_owned())))
        }
        ("SSO", ..) => Err(invalid(
            "SingleSignOnUserIdentifier and SingleSignOnUserValue are required for domains with AuthMode SSO",
        )),
        (_, None, None) => Ok(None),
        _ => Err(invalid(
            "SingleSignOnUserIdentifier and SingleSignOnUserValue are not allowed for domains with AuthMode IAM",
        )),
    }
}

/// Security groups may come from the domain or the profile, and a VpcOnly domain needs one of them to have some.
fn require_groups(domain: &super::Domain, settings: &Map<String, Value>) -> Result<(), ApiError> {
    let vpc_only = domain.text("AppNetworkAccessType") == Some("VpcOnly");
    let some = |settings: &Map<String, Value>| settings.contains_key("SecurityGroups");
    if vpc_only && !some(settings) && !some(&domain.structure("DefaultUserSettings")) {
        return Err(invalid(
            "SecurityGroups are required in the user profile or the domain when AppNetworkAccessType is VpcOnly",
        ));
    }
    Ok(())
}

/// CreateUserProfile.
pub(super) fn create(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let domain = store.domain(request)?;
    domain.require_in_service(request.context.elapsed)?;
    let (key, name) = (key(request)?, request.name("UserProfileName")?);
    if store.profiles.contains_key(&key) {
        return Err(in_use(format!("UserProfile [{name}] already exists in Domain [{}].", key.0)));
    }
    let requested = request.structure("UserSettings")?.cloned().unwrap_or_default();
    rules::check_request(&requested, Owner::Profile)?;
    let settings = merged(&Map::new(), &requested);
    rules::check_user_settings(&settings)?;
    require_groups(domain, &settings)?;
    let single_sign_on = single_sign_on(request, domain.text("AuthMode").unwrap_or_default())?;
    let tags = tags::from_request(request)?;
    let now = request.context.now;
    let profile = Profile {
        domain: key.0.clone(),
        name: name.to_owned(),
        arn: request.arn(&format!("user-profile/{}/{}", key.0, key.1)),
        created: now,
        modified: now,
        uid: (200_005 + request.context.ids.number() % 100_000).to_string(),
        single_sign_on,
        settings,
    };
    let answer = json!({ "UserProfileArn": profile.arn });
    store.tags.insert(profile.arn.clone(), tags);
    store.profiles.insert(key, profile);
    Ok(answer)
}

/// DescribeUserProfile.
pub(super) fn describe(store: &Store, request: &Request<'_, '_>) -> Answer {
    store.domain(request)?;
    let key = key(request)?;
    let profile = store.profiles.get(&key).ok_or_else(|| missing(&key))?;
    let mut answer = json!({
        "DomainId": profile.domain,
        "UserProfileArn": profile.arn,
        "UserProfileName": profile.name,
        "HomeEfsFileSystemUid": profile.uid,
        "Status": "InService",
        "CreationTime": profile.created,
        "LastModifiedTime": profile.modified,
        "UserSettings": profile.settings,
    });
    if let Some((identifier, value)) = &profile.single_sign_on {
        answer["SingleSignOnUserIdentifier"] = json!(identifier);
        answer["SingleSignOnUserValue"] = json!(value);
    }
    Ok(answer)
}

/// ListUserProfiles: of one domain or of all, with no settings.
pub(super) fn list(store: &Store, request: &Request<'_, '_>) -> Answer {
    let domain = request.input.text("DomainIdEquals")?;
    let part = request.input.text("UserProfileNameContains")?.unwrap_or_default().to_lowercase();
    let wanted = |profile: &&Profile| {
        domain.is_none_or(|id| id == profile.domain) && profile.name.to_lowercase().contains(&part)
    };
    let item = |profile: &Profile| Listed {
        key: profile.arn.clone(),
        created: profile.created,
        modified: profile.modified,
        entry: json!({
            "DomainId": profile.domain,
            "UserProfileName": profile.name,
            "Status": "InService",
            "CreationTime": profile.created,
            "LastModifiedTime": profile.modified,
        }),
    };
    paged(request, "UserProfiles", store.profiles.values().filter(wanted).map(item).collect())
}

/// UpdateUserProfile.
pub(super) fn update(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let domain = store.domain(request)?;
    domain.require_in_service(request.context.elapsed)?;
    let key = key(request)?;
    let mut profile = store.profiles.get(&key).ok_or_else(|| missing(&key))?.clone();
    let change = request.structure("UserSettings")?.cloned().unwrap_or_default();
    rules::check_request(&change, Owner::Profile)?;
    profile.settings = merged(&profile.settings, &change);
    rules::check_user_settings(&profile.settings)?;
    require_groups(domain, &profile.settings)?;
    profile.modified = request.context.now;
    let answer = json!({ "UserProfileArn": profile.arn });
    store.profiles.insert(key, profile);
    Ok(answer)
}

/// DeleteUserProfile: only when the profile has no living app and owns no space.
pub(super) fn delete(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    store.domain(request)?;
    let key = key(request)?;
    let profile = store.profiles.get(&key).ok_or_else(|| missing(&key))?;
    let owned = |owner: &str| owner.eq_ignore_ascii_case(&profile.name);
    let app = store.apps.iter().any(|(app, state)| {
        app.domain == key.0 && app.owner.profile().is_some_and(owned) && state.is_alive()
    });
    let space = store
        .spaces
        .values()
        .any(|space| space.domain == key.0 && space.owner().is_some_and(owned));
    if app || space {
        let what = if app { "App" } else { "Space" };
        return Err(in_use(format!(
            "Unable to delete UserProfile [{}] because {what} is associated with it.",
            profile.name
        )));
    }
    let arn = profile.arn.clone();
    store.profiles.remove(&key);
    store.tags.remove(&arn);
    Ok(json!({}))
}
