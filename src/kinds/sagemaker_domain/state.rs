//! The canonical state: the members of a domain, by name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::tree;

/// `DomainName`.
pub const DOMAIN_NAME: &str = "domainName";
/// `AuthMode`.
pub const AUTH_MODE: &str = "authMode";
/// `VpcId`.
pub const VPC: &str = "vpc";
/// `SubnetIds`.
pub const SUBNETS: &str = "subnets";
/// `AppNetworkAccessType`.
pub const NETWORK_ACCESS: &str = "appNetworkAccessType";
/// `AppSecurityGroupManagement`.
pub const GROUP_MANAGEMENT: &str = "appSecurityGroupManagement";
/// `KmsKeyId`, as an ARN wherever it is not an alias.
pub const KMS_KEY: &str = "kmsKey";
/// `DefaultUserSettings`.
pub const USER: &str = "defaultUserSettings";
/// `DefaultSpaceSettings`.
pub const SPACE: &str = "defaultSpaceSettings";
/// `DomainSettings`.
pub const DOMAIN: &str = "domainSettings";
/// `TagPropagation`.
pub const TAG_PROPAGATION: &str = "tagPropagation";
/// `HomeEfsFileSystemCreation`.
pub const HOME_EFS: &str = "homeEfsFileSystemCreation";
/// What deletion does with the home file system; an argument of `DeleteDomain`, never observable.
pub const EFS_RETENTION: &str = "efsRetention";
/// Why AWS could not carry out the last update; observed only.
pub const FAILURE: &str = "lastFailure";

/// The security groups of user profiles.
pub const USER_GROUPS: &str = "defaultUserSettings.securityGroups";
/// The profile name in `sts:SourceIdentity`.
pub const EXECUTION_ROLE_IDENTITY: &str = "domainSettings.executionRoleIdentityConfig";
/// RStudio's settings of the domain.
pub const RSTUDIO: &str = "domainSettings.rStudioServerProDomainSettings";
/// RStudio's role.
pub const RSTUDIO_ROLE: &str =
    "domainSettings.rStudioServerProDomainSettings.domainExecutionRoleArn";
/// The link to SageMaker Unified Studio.
pub const UNIFIED_STUDIO: &str = "domainSettings.unifiedStudioSettings";

/// The members of a domain. In *want* only what the manifest names is there, with `null` or `[]` for
/// none; *have* has everything that AWS tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct State(BTreeMap<String, Value>);

impl State {
    /// A member.
    pub fn get(&self, member: &str) -> Option<&Value> {
        self.0.get(member)
    }

    /// A member that is text.
    pub fn text(&self, member: &str) -> Option<&str> {
        self.get(member).and_then(Value::as_str)
    }

    /// A leaf, by the way to it.
    pub fn at(&self, path: &str) -> Option<&Value> {
        match path.split_once('.') {
            Some((member, rest)) => self.get(member).and_then(|value| tree::get(value, rest)),
            None => self.get(path),
        }
    }

    /// Whether the leaf or group is there and not none.
    pub fn has(&self, path: &str) -> bool {
        self.at(path).is_some_and(|value| !tree::is_none(value))
    }

    /// Sets a member, in canonical form. An empty group is left out.
    pub fn set(&mut self, member: &str, value: Value) {
        let value = tree::canonical(value);
        if value.as_object().is_none_or(|map| !map.is_empty()) {
            self.0.insert(member.to_owned(), value);
        }
    }

    /// Writes a leaf; `null` removes it.
    pub fn put(&mut self, path: &str, new: Value) {
        let member = tree::member(path);
        let mut whole = serde_json::json!({ member: self.0.remove(member).unwrap_or_default() });
        tree::put(&mut whole, path, new);
        if let Some(value) = whole.get_mut(member).map(Value::take) {
            self.set(member, value);
        }
    }

    /// The members that are compared with what AWS tells.
    pub fn compared(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0
            .iter()
            .map(|(member, value)| (member.as_str(), value))
            .filter(|(member, _)| !matches!(*member, EFS_RETENTION | FAILURE))
    }

    /// Everything as one tree.
    #[cfg(test)]
    pub fn tree(&self) -> Value {
        Value::Object(self.0.clone().into_iter().collect())
    }
}

/// Whether the member is a group of settings.
pub fn is_group(member: &str) -> bool {
    matches!(member, USER | SPACE | DOMAIN)
}

/// A KMS key as an ARN; an alias, and what is no key at all, as it is.
pub fn kms_arn(key: &str, partition: &str, region: &str, account: &str) -> String {
    let is_id = key.strip_prefix("mrk-").unwrap_or(key);
    let is_id = is_id.len() >= 32 && is_id.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    if is_id { format!("arn:{partition}:kms:{region}:{account}:key/{key}") } else { key.to_owned() }
}
