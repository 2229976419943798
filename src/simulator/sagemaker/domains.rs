//! Domains: creating, reading and deleting them. Updates have a module of their own.

use serde_json::{Map, Value, json};

use super::{
    defaults::{fill_domain, fill_images, fill_user_settings},
    domain::Domain,
    errors::{in_use, invalid},
    merge::merged,
    place::{PROFILE, SPACE},
    rules::{self, Owner},
    store::{PAGING, Request, Store, TAGGING},
};
use crate::simulator::{
    json::Trouble,
    service::{Answer, ApiError},
    table::{Lifecycle, Listed},
};

/// The members of CreateDomain that DescribeDomain returns unchanged.
const PLAIN: [(&str, &[&str]); 5] = [
    ("AuthMode", &["SSO", "IAM"]),
    ("AppNetworkAccessType", &["PublicInternetOnly", "VpcOnly"]),
    ("AppSecurityGroupManagement", &["Service", "Customer"]),
    ("TagPropagation", &["ENABLED", "DISABLED"]),
    ("HomeEfsFileSystemCreation", &["Enabled", "Disabled"]),
];

/// A top-level member with a fixed set of values.
pub(super) fn choice<'a>(
    request: &Request<'a, '_>,
    member: &str,
) -> Result<Option<&'a str>, ApiError> {
    let allowed =
        PLAIN.iter().find(|(name, _)| *name == member).map_or(&[][..], |(_, allowed)| allowed);
    request.input.choice(member, allowed)
}

/// CreateDomain: returns at once; the domain is in service later. Names are not unique, since no
/// document says that they are.
pub(super) fn create(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let name = request.name("DomainName")?;
    let settings = settings_of(request)?;
    let tags = TAGGING.given(request.input)?;
    if request.behavior.domains_per_region.is_some_and(|max| store.domains.len() >= max) {
        let message =
            "The account-level service limit 'Maximum number of Studio domains' has been reached.";
        return Err(ApiError::new("ResourceLimitExceeded", message));
    }
    let id = format!("d-{}", request.context.ids.alphanumeric(12));
    let has_files = settings.get("HomeEfsFileSystemCreation") == Some(&json!("Enabled"));
    let domain = Domain {
        arn: request.arn(&format!("domain/{id}")),
        name: name.to_owned(),
        url: format!("https://{id}.studio.{}.sagemaker.aws", request.caller.region),
        created: request.context.now,
        modified: request.context.now,
        lifecycle: Lifecycle::creating(
            request.context.complete_at(request.context.options.domain_pending),
            request.behavior.creation_failure.clone().or_else(|| request.context.failure()),
        ),
        file_system: has_files.then(|| request.context.ids.next("fs")),
        id: id.clone(),
        settings,
    };
    let answer = json!({ "DomainArn": domain.arn, "DomainId": domain.id, "Url": domain.url });
    store.records.tags.insert(domain.arn.clone(), tags);
    store.domains.insert(id, domain);
    Ok(answer)
}

/// The settings of a new domain, checked, with defaults.
fn settings_of(request: &Request<'_, '_>) -> Result<Map<String, Value>, ApiError> {
    let mut settings = Map::new();
    for (member, _) in PLAIN {
        if let Some(value) = choice(request, member)? {
            settings.insert(member.to_owned(), json!(value));
        }
    }
    let auth_mode = choice(request, "AuthMode")?
        .ok_or_else(|| request.input.refusal("AuthMode", None, Trouble::Missing))?;
    fill_domain(&mut settings);
    let user = request.structure("DefaultUserSettings")?;
    let user =
        user.ok_or_else(|| request.input.refusal("DefaultUserSettings", None, Trouble::Missing))?;
    rules::check_request(user, Owner::Domain)?;
    let mut user = merged(&Map::new(), user);
    fill_user_settings(&mut user, &request.caller.region);
    rules::check_user_settings(&user)?;
    settings.insert("DefaultUserSettings".to_owned(), Value::Object(user));
    if let Some(space) = request.structure("DefaultSpaceSettings")? {
        rules::check_space_settings(space, Owner::Domain)?;
        let mut space = merged(&Map::new(), space);
        fill_images(&mut space, &request.caller.region);
        settings.insert("DefaultSpaceSettings".to_owned(), Value::Object(space));
    }
    if let Some(domain) = request.structure("DomainSettings")? {
        rules::check_values(domain, Owner::Domain)?;
        let domain = merged(&Map::new(), domain);
        rules::check_domain_settings(&domain, auth_mode)?;
        settings.insert("DomainSettings".to_owned(), Value::Object(domain));
    }
    add_network(request, &mut settings)?;
    Ok(settings)
}

/// VPC, subnets and key of a new domain. Only domains of Unified Studio with internet access may be
/// without a VPC.
fn add_network(
    request: &Request<'_, '_>,
    settings: &mut Map<String, Value>,
) -> Result<(), ApiError> {
    let inside = |member: &str| {
        settings.get("DomainSettings").is_some_and(|domain| domain.get(member).is_some())
    };
    let vpc_only = settings.get("AppNetworkAccessType") == Some(&json!("VpcOnly"));
    let management = choice(request, "AppSecurityGroupManagement")?;
    rules::check_group_management(management, inside("RStudioServerProDomainSettings"), vpc_only)?;
    let needs_vpc = vpc_only || !inside("UnifiedStudioSettings");
    let vpc = request.input.bounded_text("VpcId", 1..=32)?;
    let subnets = request.input.texts("SubnetIds", 1..=16)?;
    for (member, missing) in [("VpcId", vpc.is_none()), ("SubnetIds", subnets.is_none())] {
        if needs_vpc && missing {
            return Err(request.input.refusal(member, None, Trouble::Missing));
        }
    }
    let key = request.input.bounded_text("KmsKeyId", 0..=2048)?;
    let older = request.input.bounded_text("HomeEfsFileSystemKmsKeyId", 0..=2048)?;
    let mut add = |member: &str, value: Option<Value>| {
        value.and_then(|value| settings.insert(member.to_owned(), value))
    };
    add("VpcId", vpc.map(Value::from));
    add("SubnetIds", subnets.map(Value::from));
    add("KmsKeyId", key.or(older).map(Value::from));
    Ok(())
}

/// DescribeDomain.
pub(super) fn describe(store: &Store, request: &Request<'_, '_>) -> Answer {
    Ok(store.domain(request.input)?.describe(request.context.elapsed))
}

/// ListDomains.
pub(super) fn list(store: &Store, request: &Request<'_, '_>) -> Answer {
    let item = |domain: &Domain| Listed {
        key: domain.id.clone(),
        created: domain.created,
        modified: domain.modified,
        entry: json!({
            "DomainArn": domain.arn,
            "DomainId": domain.id,
            "DomainName": domain.name,
            "Status": domain.status(request.context.elapsed).0,
            "CreationTime": domain.created,
            "LastModifiedTime": domain.modified,
            "Url": domain.url,
        }),
    };
    PAGING.sorted(request.input, "Domains", store.domains.values().map(item).collect())
}

/// DeleteDomain: only if nothing else is in it. The home file system is kept unless
/// `RetentionPolicy` is `Delete`.
pub(super) fn delete(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let retention = match request.input.inner("RetentionPolicy")? {
        Some(policy) => policy.choice("HomeEfsFileSystem", &["Retain", "Delete"])?,
        None => None,
    };
    let domain = store.domain(request.input)?;
    let id = domain.id.clone();
    domain.require_settled(request.context.elapsed, "delete")?;
    if let Some(child) = store.child_of(&id) {
        return Err(in_use(format!(
            "Unable to delete Domain [{id}] because {child} is associated with it."
        )));
    }
    let until = request.context.complete_at(request.context.options.domain_deleting);
    let Some(domain) = store.domains.get_mut(&id) else {
        return Err(invalid(format!("Domain [{id}] cannot be deleted")));
    };
    domain.lifecycle = Lifecycle::deleting(until);
    domain.modified = request.context.now;
    if retention != Some("Delete") {
        store.retained_file_systems.extend(domain.file_system.clone());
    }
    Ok(json!({}))
}

impl Store {
    /// Something in a domain that keeps it from being deleted, in words.
    fn child_of(&self, id: &str) -> Option<String> {
        let app = self.apps.iter().find(|(key, app)| key.domain == id && app.is_alive());
        let app = app.map(|(key, _)| format!("App [{}]", key.name));
        let child = |noun: &str, member: &str| {
            let (_, record) = self.records.of(noun).find(|(key, _)| key[0] == id)?;
            Some(format!("{noun} [{}]", record.text(member).unwrap_or_default()))
        };
        app.or_else(|| child(SPACE, "SpaceName")).or_else(|| child(PROFILE, "UserProfileName"))
    }
}
