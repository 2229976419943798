//! The types of resources that refer to each other, and what those in a domain share.

use super::store::Store;
use crate::{
    kinds::{space, user_profile},
    simulator::{
        service::ApiError,
        table::{Record, States, TableCall, Verb},
    },
};

/// A user profile.
pub(super) const PROFILE: &str = user_profile::NAME;
/// A space.
pub(super) const SPACE: &str = space::NAME;
/// A notebook instance.
pub(super) const NOTEBOOK: &str = "notebook instance";
/// A lifecycle configuration of notebook instances.
pub(super) const NOTEBOOK_CONFIG: &str = "Notebook Instance Lifecycle Config";
/// The member of a notebook instance that names its lifecycle configuration.
pub(super) const CONFIG: &str = "LifecycleConfigName";
/// The member of a space's ownership that names the profile.
pub(super) const OWNER: &str = "OwnerUserProfileName";

/// The names of the states of both (SageMaker API reference, `UserProfileStatus`, `SpaceStatus`).
pub(super) const STATES: States = States {
    creating: "Pending",
    updating: "Updating",
    deleting: "Deleting",
    settled: "InService",
    failed: Some("Failed"),
    update_failed: Some("Update_Failed"),
};

/// Whether a domain has room for another one of a type.
pub(super) fn room(
    store: &Store,
    noun: &'static str,
    domain: &str,
    verb: Verb,
) -> Result<(), ApiError> {
    let Some(max) = store.residents_per_domain.filter(|_| verb == Verb::Create) else {
        return Ok(());
    };
    if store.records.of(noun).filter(|(key, _)| key[0] == domain).count() < max {
        return Ok(());
    }
    let message =
        format!("The limit of {max} resources of type {noun} in a Domain has been reached.");
    Err(ApiError::new("ResourceLimitExceeded", message))
}

/// Resources in a domain are created and changed only while the domain is in service.
pub(super) fn in_domain(
    store: &Store,
    call: &TableCall<'_, '_>,
    verb: Verb,
) -> Result<(), ApiError> {
    if verb == Verb::List {
        return Ok(());
    }
    let domain = store.domain(call.input)?;
    match verb {
        Verb::Create | Verb::Update => domain.require_in_service(call.context.elapsed),
        Verb::Read | Verb::List | Verb::Delete => Ok(()),
    }
}

/// The profile that owns a space.
pub(super) fn owner(space: &Record) -> Option<&str> {
    space.members.get("OwnershipSettings")?.get(OWNER)?.as_str()
}

impl Store {
    /// Whether there is a resource of a type with this name, compared as the type compares names.
    pub(super) fn has(&self, noun: &str, domain: &str, name: &str) -> bool {
        self.records.get(noun, &[domain.to_owned(), name.to_owned()]).is_some()
    }
}
