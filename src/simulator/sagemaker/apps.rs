//! Apps, which users run. They prevent updates and deletions, and are listed for a while after
//! their deletion.

use serde_json::{Value, json};

use super::{
    app::{App, AppKey, AppOwner, Status},
    errors::{in_use, invalid, not_found},
    place::{PROFILE, SPACE},
    store::{PAGING, Request, Store, TAGGING},
};
use crate::simulator::{
    service::{Answer, ApiError},
    table::Listed,
};

/// The app types of the API.
const APP_TYPES: &[&str] = &[
    "JupyterServer",
    "KernelGateway",
    "DetailedProfiler",
    "TensorBoard",
    "CodeEditor",
    "JupyterLab",
    "RStudioServerPro",
    "RSessionGateway",
    "Canvas",
];

/// The profile that owns the app shared by all users of RStudio.
const SHARED_PROFILE: &str = "domain-shared";

/// The key of the app in the request: either a profile or a space owns it.
fn key(store: &Store, request: &Request<'_, '_>) -> Result<AppKey, ApiError> {
    let domain = store.domain(request.input)?.id.clone();
    let has = |member: &str| request.input.raw(member).is_some();
    let owner = match (has("UserProfileName"), has("SpaceName")) {
        (true, false) => AppOwner::Profile(request.name("UserProfileName")?.to_lowercase()),
        (false, true) => AppOwner::Space(request.name("SpaceName")?.to_owned()),
        _ => {
            return Err(invalid("Exactly one of UserProfileName and SpaceName must be specified"));
        }
    };
    let app_type = request.input.required_choice("AppType", APP_TYPES)?.to_owned();
    Ok(AppKey { domain, owner, app_type, name: request.name("AppName")?.to_owned() })
}

fn missing(key: &AppKey) -> ApiError {
    not_found(format!(
        "App [{}] of type {} does not exist in Domain [{}].",
        key.name, key.app_type, key.domain
    ))
}

/// CreateApp: the app is in service at once.
pub(super) fn create(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    store.domain(request.input)?.require_in_service(request.context.elapsed)?;
    let key = key(store, request)?;
    let place = (key.domain.clone(), key.owner.name().to_owned());
    let owner_exists = match &key.owner {
        AppOwner::Profile(name) => name == SHARED_PROFILE || store.has(PROFILE, &place.0, &place.1),
        AppOwner::Space(_) => store.has(SPACE, &place.0, &place.1),
    };
    if !owner_exists {
        return Err(not_found(format!("[{}] does not exist in Domain [{}].", place.1, place.0)));
    }
    if store.apps.get(&key).is_some_and(App::is_alive) {
        return Err(in_use(format!("App [{}] already exists.", key.name)));
    }
    let tags = TAGGING.given(request.input)?;
    let resource =
        format!("app/{}/{}/{}/{}", key.domain, place.1, key.app_type.to_lowercase(), key.name);
    let app = App {
        arn: request.arn(&resource),
        created: request.context.now,
        status: if request.behavior.apps_fail { Status::Failed } else { Status::InService },
        resource_spec: request.structure("ResourceSpec")?.cloned().map(Value::Object),
    };
    let answer = json!({ "AppArn": app.arn });
    store.records.tags.insert(app.arn.clone(), tags);
    store.apps.insert(key, app);
    Ok(answer)
}

/// DescribeApp: also returns deleted apps.
pub(super) fn describe(store: &Store, request: &Request<'_, '_>) -> Answer {
    let key = key(store, request)?;
    let app = store.apps.get(&key).ok_or_else(|| missing(&key))?;
    let mut answer = app.summary(&key);
    answer["AppArn"] = json!(app.arn);
    Ok(answer)
}

/// ListApps: of one domain, profile or space, or of all, including deleted ones.
pub(super) fn list(store: &Store, request: &Request<'_, '_>) -> Answer {
    let domain = request.input.text("DomainIdEquals")?;
    let profile = request.input.text("UserProfileNameEquals")?.map(str::to_lowercase);
    let space = request.input.text("SpaceNameEquals")?;
    if profile.is_some() && space.is_some() {
        return Err(invalid(
            "UserProfileNameEquals and SpaceNameEquals cannot be specified together",
        ));
    }
    let wanted = |(key, _): &(&AppKey, &App)| {
        domain.is_none_or(|id| id == key.domain)
            && profile.as_deref().is_none_or(|name| key.owner.profile() == Some(name))
            && space.is_none_or(|name| key.owner.space() == Some(name))
    };
    let item = |(key, app): (&AppKey, &App)| Listed {
        key: app.arn.clone(),
        created: app.created,
        modified: app.created,
        entry: app.summary(key),
    };
    PAGING.sorted(request.input, "Apps", store.apps.iter().filter(wanted).map(item).collect())
}

/// DeleteApp: only for a running app; deleting a failed one is refused.
pub(super) fn delete(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let key = key(store, request)?;
    let app = store.apps.get_mut(&key).ok_or_else(|| missing(&key))?;
    match app.status {
        Status::InService => app.status = Status::Deleted,
        Status::Deleted => return Err(missing(&key)),
        Status::Failed => {
            return Err(invalid(format!(
                "App [{}] cannot be deleted because it is in Failed status.",
                key.name
            )));
        }
    }
    store.records.tags.remove(&app.arn);
    Ok(json!({}))
}
