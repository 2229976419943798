//! The state of a domain, and the answer of DescribeDomain.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::errors::in_use;
use crate::simulator::{
    service::ApiError,
    table::{Lifecycle, States},
};

/// The names of a domain's states.
const STATES: States = States {
    creating: "Pending",
    updating: "Updating",
    deleting: "Deleting",
    settled: "InService",
    failed: Some("Failed"),
    update_failed: Some("Update_Failed"),
};

/// A domain and its settings.
#[derive(Debug, Clone)]
pub(super) struct Domain {
    pub id: String,
    pub arn: String,
    pub name: String,
    pub url: String,
    pub created: f64,
    pub modified: f64,
    pub lifecycle: Lifecycle,
    pub file_system: Option<String>,
    /// The members of CreateDomain that DescribeDomain returns, with defaults.
    pub settings: Map<String, Value>,
}

impl Domain {
    /// The status and, after a failure, the reason.
    pub(super) fn status(&self, elapsed: Duration) -> (&'static str, Option<&str>) {
        self.lifecycle.state(&STATES, elapsed)
    }

    /// Refuses a domain with an operation in progress.
    pub(super) fn require_settled(&self, elapsed: Duration, what: &str) -> Result<(), ApiError> {
        match self.status(elapsed).0 {
            status @ ("Pending" | "Updating" | "Deleting") => Err(in_use(format!(
                "Unable to {what} Domain [{}] because it is in {status} status.",
                self.id
            ))),
            _ => Ok(()),
        }
    }

    /// Refuses a domain that is not in service.
    pub(super) fn require_in_service(&self, elapsed: Duration) -> Result<(), ApiError> {
        match self.status(elapsed).0 {
            "InService" | "Update_Failed" => Ok(()),
            status => Err(in_use(format!("Domain [{}] is in {status} status.", self.id))),
        }
    }

    /// A top-level setting that is a string.
    pub(super) fn text(&self, member: &str) -> Option<&str> {
        self.settings.get(member).and_then(Value::as_str)
    }

    /// A structure in the settings; empty if absent.
    pub(super) fn structure(&self, member: &str) -> Map<String, Value> {
        self.settings.get(member).and_then(Value::as_object).cloned().unwrap_or_default()
    }

    /// Whether the domain has RStudio Server Pro.
    pub(super) fn has_rstudio(&self) -> bool {
        self.structure("DomainSettings").contains_key("RStudioServerProDomainSettings")
    }

    /// DescribeDomain.
    pub(super) fn describe(&self, elapsed: Duration) -> Value {
        let (status, failure) = self.status(elapsed);
        let mut members = self.settings.clone();
        let mut add = |name: &str, value: Value| members.insert(name.to_owned(), value);
        add("DomainArn", json!(self.arn));
        add("DomainId", json!(self.id));
        add("DomainName", json!(self.name));
        add("Status", json!(status));
        add("CreationTime", json!(self.created));
        add("LastModifiedTime", json!(self.modified));
        add("Url", json!(self.url));
        if let Some(reason) = failure {
            add("FailureReason", json!(reason));
        }
        if let Some(file_system) = &self.file_system {
            add("HomeEfsFileSystemId", json!(file_system));
        }
        if let Some(key) = self.text("KmsKeyId") {
            add("HomeEfsFileSystemKmsKeyId", json!(key));
        }
        Value::Object(members)
    }
}
