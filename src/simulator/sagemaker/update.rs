//! UpdateDomain: what may change, when, and in which combinations.

use serde_json::{Map, Value, json};

use super::{
    defaults::{fill_images, fill_user_settings},
    domain::Domain,
    domains::choice,
    errors::invalid,
    merge::{merge, merged},
    rules::{self, Owner},
    store::{Request, Store},
};
use crate::simulator::{
    service::{Answer, ApiError},
    table::Lifecycle,
};

/// The running apps of a domain, as far as they prevent an update.
struct Running {
    any: bool,
    rstudio: bool,
}

impl Running {
    /// The error for an update that running apps prevent.
    fn refuse(domain: &Domain) -> ApiError {
        invalid(format!(
            "Unable to update Domain [{}] with InService App. Delete all InService apps in the \
             domain including shared Apps for [domain-shared] User Profile, and try \
             again.",
            domain.id
        ))
    }
}

/// UpdateDomain: absent members stay unchanged; the domain is in service again later.
pub(super) fn update(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let domain = store.domain(request.input)?;
    let elapsed = request.context.elapsed;
    domain.require_settled(elapsed, "update")?;
    if domain.status(elapsed).0 == "Failed" {
        return Err(invalid(format!(
            "Unable to update Domain [{}] because it is in Failed status.",
            domain.id
        )));
    }
    let running = store.running(&domain.id);
    let mut next = domain.clone();
    network(&mut next, &running, request)?;
    user_and_space_settings(&mut next, request)?;
    domain_settings(&mut next, &running, request)?;
    home_file_system(&mut next, request)?;
    if let Some(value) = choice(request, "TagPropagation")? {
        next.settings.insert("TagPropagation".to_owned(), json!(value));
    }
    let failure = request.behavior.update_failure.clone().or_else(|| request.context.failure());
    if failure.is_some() {
        next = domain.clone();
    }
    let until = request.context.complete_at(request.context.options.domain_updating);
    next.lifecycle = Lifecycle::updating(until, failure);
    next.modified = request.context.now;
    let answer = json!({ "DomainArn": next.arn });
    store.domains.insert(next.id.clone(), next);
    Ok(answer)
}

impl Store {
    fn running(&self, domain: &str) -> Running {
        let alive = || self.apps.iter().filter(|(key, app)| key.domain == domain && app.is_alive());
        Running {
            any: alive().next().is_some(),
            rstudio: alive().any(|(key, _)| key.app_type == "RStudioServerPro"),
        }
    }
}

/// VPC, subnets, access type and security group management.
fn network(
    next: &mut Domain,
    running: &Running,
    request: &Request<'_, '_>,
) -> Result<(), ApiError> {
    let vpc = request.input.bounded_text("VpcId", 1..=32)?;
    let subnets = request.input.texts("SubnetIds", 1..=16)?;
    let access = choice(request, "AppNetworkAccessType")?;
    if access == Some("VpcOnly") && (vpc.is_none() || subnets.is_none()) {
        return Err(invalid(
            "VpcId and SubnetIds must be provided when AppNetworkAccessType is VpcOnly",
        ));
    }
    let old_vpc = next.text("VpcId");
    if vpc.is_some() && old_vpc.is_some() && vpc != old_vpc {
        return Err(invalid(format!("VpcId of Domain [{}] cannot be changed", next.id)));
    }
    if let Some(access) = access.filter(|access| next.text("AppNetworkAccessType") != Some(access))
    {
        if next.has_rstudio() {
            return Err(invalid("AppNetworkAccessType cannot be updated for domains with RStudio"));
        }
        if running.any {
            return Err(Running::refuse(next));
        }
        next.settings.insert("AppNetworkAccessType".to_owned(), json!(access));
    }
    if let Some(subnets) = subnets {
        let old =
            next.settings.get("SubnetIds").and_then(Value::as_array).cloned().unwrap_or_default();
        let removed = old.iter().any(|subnet| !subnets.iter().any(|kept| subnet == kept.as_str()));
        if removed && running.any {
            return Err(Running::refuse(next));
        }
        next.settings.insert("SubnetIds".to_owned(), json!(subnets));
    }
    if let Some(vpc) = vpc {
        next.settings.insert("VpcId".to_owned(), json!(vpc));
    }
    if let Some(management) = choice(request, "AppSecurityGroupManagement")? {
        rules::check_group_management(Some(management), next.has_rstudio(), false)?;
        next.settings.insert("AppSecurityGroupManagement".to_owned(), json!(management));
    }
    Ok(())
}

fn user_and_space_settings(next: &mut Domain, request: &Request<'_, '_>) -> Result<(), ApiError> {
    if let Some(change) = request.structure("DefaultUserSettings")? {
        rules::check_request(change, Owner::Domain)?;
        let mut settings = merged(&next.structure("DefaultUserSettings"), change);
        fill_user_settings(&mut settings, &request.caller.region);
        rules::check_user_settings(&settings)?;
        next.settings.insert("DefaultUserSettings".to_owned(), Value::Object(settings));
    }
    if let Some(change) = request.structure("DefaultSpaceSettings")? {
        rules::check_space_settings(change, Owner::Domain)?;
        let mut settings = merged(&next.structure("DefaultSpaceSettings"), change);
        fill_images(&mut settings, &request.caller.region);
        next.settings.insert("DefaultSpaceSettings".to_owned(), Value::Object(settings));
    }
    Ok(())
}

/// `DomainSettingsForUpdate`: RStudio has a member of its own in it.
fn domain_settings(
    next: &mut Domain,
    running: &Running,
    request: &Request<'_, '_>,
) -> Result<(), ApiError> {
    const FOR_UPDATE: &str = "RStudioServerProDomainSettingsForUpdate";
    let Some(update) = request.structure("DomainSettingsForUpdate")? else {
        return Ok(());
    };
    rules::check_values(update, Owner::Domain)?;
    let mut change = update.clone();
    if let Some(rstudio) = change.remove(FOR_UPDATE) {
        if running.rstudio {
            return Err(Running::refuse(next));
        }
        change.insert("RStudioServerProDomainSettings".to_owned(), rstudio);
    }
    let old = next.structure("DomainSettings");
    let identity = |settings: &Map<String, Value>| {
        settings.get("ExecutionRoleIdentityConfig").cloned().unwrap_or(json!("DISABLED"))
    };
    let mut settings = old.clone();
    merge(&mut settings, &change);
    if running.any && identity(&settings) != identity(&old) {
        return Err(Running::refuse(next));
    }
    rules::check_domain_settings(&settings, next.text("AuthMode").unwrap_or_default())?;
    next.settings.insert("DomainSettings".to_owned(), Value::Object(settings));
    Ok(())
}

/// The home file system can be added, but not removed.
fn home_file_system(next: &mut Domain, request: &mut Request<'_, '_>) -> Result<(), ApiError> {
    match choice(request, "HomeEfsFileSystemCreation")? {
        Some("Disabled") if next.file_system.is_some() => {
            Err(invalid("HomeEfsFileSystemCreation cannot be changed from Enabled to Disabled"))
        }
        Some("Enabled") if next.file_system.is_none() => {
            next.file_system = Some(request.context.ids.next("fs"));
            next.settings.insert("HomeEfsFileSystemCreation".to_owned(), json!("Enabled"));
            Ok(())
        }
        _ => Ok(()),
    }
}
