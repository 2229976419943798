//! The owner of an app, and its answers.

use serde_json::{Value, json};

/// The owner of an app.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum AppOwner {
    Profile(String),
    Space(String),
}

impl AppOwner {
    /// The name of the owning profile.
    pub(super) fn profile(&self) -> Option<&str> {
        match self {
            Self::Profile(name) => Some(name),
            Self::Space(_) => None,
        }
    }

    /// The name of the owning space.
    pub(super) fn space(&self) -> Option<&str> {
        match self {
            Self::Space(name) => Some(name),
            Self::Profile(_) => None,
        }
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Profile(name) | Self::Space(name) => name,
        }
    }
}

/// What identifies an app.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AppKey {
    pub domain: String,
    pub owner: AppOwner,
    pub app_type: String,
    pub name: String,
}

/// The status of an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    InService,
    Failed,
    Deleted,
}

/// An app.
#[derive(Debug, Clone)]
pub(super) struct App {
    pub arn: String,
    pub created: f64,
    pub status: Status,
    pub resource_spec: Option<Value>,
}

impl App {
    /// Whether the app runs, which keeps its owner and its domain from being deleted.
    pub(super) fn is_alive(&self) -> bool {
        self.status == Status::InService
    }

    pub(super) fn status(&self) -> &'static str {
        match self.status {
            Status::InService => "InService",
            Status::Failed => "Failed",
            Status::Deleted => "Deleted",
        }
    }

    pub(super) fn summary(&self, key: &AppKey) -> Value {
        let mut summary = json!({
            "DomainId": key.domain,
            "AppType": key.app_type,
            "AppName": key.name,
            "Status": self.status(),
            "CreationTime": self.created,
        });
        match &key.owner {
            AppOwner::Profile(name) => summary["UserProfileName"] = json!(name),
            AppOwner::Space(name) => summary["SpaceName"] = json!(name),
        }
        if let Some(spec) = &self.resource_spec {
            summary["ResourceSpec"] = spec.clone();
        }
        summary
    }
}
