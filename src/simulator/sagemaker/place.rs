//! The types of resources that refer to each other, and what those in a domain share.

use super::store::Store;
use crate::simulator::{
    service::ApiError,
    table::{Record, TableCall, Verb},
};

/// A user profile.
pub(super) const PROFILE: &str = "UserProfile";
/// A space.
pub(super) const SPACE: &str = "Space";
/// A notebook instance.
pub(super) const NOTEBOOK: &str = "notebook instance";
/// A lifecycle configuration of notebook instances.
pub(super) const NOTEBOOK_CONFIG: &str = "Notebook Instance Lifecycle Config";
/// The member of a notebook instance that names its lifecycle configuration.
pub(super) const CONFIG: &str = "LifecycleConfigName";
/// The member of a space's ownership that names the profile.
pub(super) const OWNER: &str = "OwnerUserProfileName";

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
