//! The manifest's `spec`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    leaf::{Leaf, words},
    settings::{DomainSettings, SpaceSettings, UserSettings},
};
use crate::kind::{TagSpec, Target, Targets};

/// A SageMaker AI domain: the place where Studio runs.
///
/// Only what is written here is compared and sent. A field that is left out is not managed; `null`, or
/// `[]` for a list, says that there must be none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Spec {
    /// The domain's name. Letters, digits and single hyphens, 1 to 63 characters. Default: the
    /// manifest's name. Immutable.
    pub domain_name: Option<String>,
    /// How users sign in: `SSO` (IAM Identity Center) or `IAM`. Needed. Immutable: the other one takes
    /// a new domain.
    pub auth_mode: Option<AuthMode>,
    /// The VPC: an id or a lookup by tags. Needed, except for a domain of SageMaker Unified Studio.
    /// Immutable once set.
    pub vpc: Option<Target>,
    /// The subnets, 1 to 16: ids, lookups, or one lookup within the VPC that finds them all. Subnets can
    /// be added at any time; one can be taken away only while no app runs.
    pub subnets: Option<Targets>,
    /// Where Studio's traffic goes: `VpcOnly`, or `PublicInternetOnly` for a network of AWS with direct
    /// internet access. AWS's own default is `PublicInternetOnly`; palisade creates a domain as
    /// `VpcOnly` unless this says otherwise. Can be changed only while no app runs, and never once
    /// RStudio is set up.
    pub app_network_access_type: Leaf<AppNetworkAccessType>,
    /// Who keeps the security groups between RStudio and the users' apps. Only for domains with
    /// `domainSettings.rStudioServerProDomainSettings`, which need `Service`.
    pub app_security_group_management: Leaf<AppSecurityGroupManagement>,
    /// The KMS key of the home file system (EFS) and of the volumes: `{ref: …}` to a KmsKey, a key ARN, a
    /// key id, or an alias (used at creation, never compared with the key it stands for). `null` says
    /// that it is AWS's own key. Immutable.
    pub kms_key: Leaf<Target>,
    /// What user profiles start from; a profile's own settings win, except security groups, which add up.
    /// Needed.
    pub default_user_settings: Leaf<UserSettings>,
    /// What shared spaces start from.
    pub default_space_settings: Leaf<SpaceSettings>,
    /// What holds for the domain as a whole.
    pub domain_settings: Leaf<DomainSettings>,
    /// Whether the tags of the domain, its profiles and spaces go to everything that users create from
    /// Studio. AWS's default: `DISABLED`.
    pub tag_propagation: Leaf<TagPropagation>,
    /// Whether there is a home file system (EFS). AWS's default: `Enabled`. Can be switched on later,
    /// never off.
    pub home_efs_file_system_creation: Leaf<HomeEfsFileSystemCreation>,
    /// What becomes of the home file system when the domain is deleted: `Retain` (default) or `Delete`,
    /// which destroys the users' files. Used at deletion only, never compared.
    pub efs_retention: Option<EfsRetention>,
    /// Tags of the domain, of letters, digits, spaces and `_ . : / = + - @`. AWS copies them to every app that the
    /// domain launches. `null` says that a key must not be there.
    pub tags: TagSpec,
}

words! {
    /// How users sign in.
    AuthMode { Sso = "SSO", Iam = "IAM" }
    /// Where Studio's traffic goes.
    AppNetworkAccessType { PublicInternetOnly, VpcOnly }
    /// Who keeps the security groups between RStudio and the users' apps.
    AppSecurityGroupManagement { Service, Customer }
    /// Whether tags go to what users create.
    TagPropagation { Enabled = "ENABLED", Disabled = "DISABLED" }
    /// Whether there is a home file system.
    HomeEfsFileSystemCreation { Enabled, Disabled }
    /// What becomes of the home file system when the domain is deleted.
    EfsRetention { Retain, Delete }
}
