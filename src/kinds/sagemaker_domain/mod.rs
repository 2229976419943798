//! SageMaker AI domains: the place where Studio runs.
//!
//! A domain holds the users' files, and its settings form a deep tree, to most of which AWS adds
//! defaults of its own. So only leaves that the manifest names are compared and sent. What AWS
//! fixes at creation is shown and never replaced. What AWS refuses to change while apps run waits,
//! shows the apps' names, and blocks nothing else.

pub mod aws;
pub(crate) mod baseline;
mod errors;
mod leaves;
mod operations;
mod records;
mod rules;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::leaves::table;
use super::studio::has;
use crate::kind::table::{Tree, tree};

/// Its name in manifests.
pub const NAME: &str = "SageMakerDomain";

/// `SubnetIds`.
const SUBNETS: &str = "subnets";
/// `AppNetworkAccessType`.
const APP_ACCESS: &str = "appNetworkAccessType";
/// The security groups of user profiles.
const USER_GROUPS: &str = "defaultUserSettings.securityGroups";
/// The profile name in `sts:SourceIdentity`.
const IDENTITY_CONFIG: &str = "domainSettings.executionRoleIdentityConfig";
/// The short form of `domainSettings.trustedIdentityPropagationSettings.status`.
const PROPAGATION: &str = "domainSettings.trustedIdentityPropagation";
/// RStudio's settings of the domain.
const RSTUDIO: &str = "domainSettings.rStudioServerProDomainSettings";
/// RStudio's role.
const RSTUDIO_ROLE: &str = "domainSettings.rStudioServerProDomainSettings.domainExecutionRoleArn";
/// The link to SageMaker Unified Studio.
const UNIFIED_STUDIO: &str = "domainSettings.unifiedStudioSettings";

/// A domain's state, wanted or live, for code that uses its leaves by path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct State(Tree);

impl State {
    /// A leaf or a group, by its path.
    pub fn at(&self, path: &str) -> Option<&Value> {
        tree::at(&self.0, path)
    }

    /// A leaf that is text.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.at(path).and_then(Value::as_str)
    }

    /// Whether the leaf or group is present and not none.
    pub fn has(&self, path: &str) -> bool {
        has(&self.0, path)
    }
}
