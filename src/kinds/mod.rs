//! The kinds: the only list of them.

pub mod account_placement;
pub mod account_settings;
pub mod cloud_control;
pub(crate) mod instance_storage;
pub mod kms_key;
pub mod network_acl;
pub mod notebook_instance;
pub mod notebook_lifecycle_config;
pub(crate) mod notebooks;
pub(crate) mod organization;
pub mod organizations_policy;
pub mod permission_set_assignment;
pub(crate) mod policies;
pub mod route_table;
pub mod sagemaker_domain;
pub(crate) mod sagemaker_work;
pub mod security_group;
pub mod space;
pub(crate) mod studio;
pub mod studio_lifecycle_config;
pub(crate) mod subnets;
pub mod user_profile;
pub mod vpc_endpoint;

use std::sync::LazyLock;

pub use crate::kind::erased::Registry;

/// All kinds of this build. Their tables are made once, for all who ask.
pub fn registry() -> Registry {
    static ALL: LazyLock<Registry> = LazyLock::new(all);
    ALL.clone()
}

fn all() -> Registry {
    Registry::default()
        .table(account_placement::table())
        .table(account_settings::table())
        .and(cloud_control::register)
        .table(kms_key::table())
        .table(network_acl::table())
        .table(notebook_instance::table())
        .table(notebook_lifecycle_config::table())
        .table(route_table::table())
        .table(sagemaker_domain::table())
        .with::<security_group::SecurityGroup, security_group::aws::Live>()
        .and(organizations_policy::register)
        .table(permission_set_assignment::table())
        .table(space::table())
        .table(studio_lifecycle_config::table())
        .table(user_profile::table())
        .table(vpc_endpoint::table())
}
