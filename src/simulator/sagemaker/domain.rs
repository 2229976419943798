//! One domain: where it is in its life and how DescribeDomain shows it.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Request, Store, in_use, not_found};
use crate::simulator::service::ApiError;

/// Where a domain is in its life. Times are those of `Context::elapsed`.
#[derive(Debug, Clone)]
pub(super) enum Phase {
    /// In service from then on, or failed for this reason.
    Pending { until: Duration, failure: Option<String> },
    /// In service from then on, or with its update failed for this reason.
    Updating { until: Duration, failure: Option<String> },
    /// Gone from then on.
    Deleting { until: Duration },
}

/// A domain and its settings.
#[derive(Debug, Clone)]
pub(super) struct Domain {
    pub id: String,
    pub arn: String,
    pub name: String,
    pub url: String,
    pub created: f64,
    pub modified: f64,
    pub phase: Phase,
    pub file_system: Option<String>,
    /// The members of CreateDomain that DescribeDomain shows again, defaults filled in.
    pub settings: Map<String, Value>,
}

impl Domain {
    /// The status and, where something failed, why.
    pub(super) fn status(&self, elapsed: Duration) -> (&'static str, Option<&str>) {
        match &self.phase {
            Phase::Pending { until, .. } if elapsed < *until => ("Pending", None),
            Phase::Pending { failure: Some(reason), .. } => ("Failed", Some(reason)),
            Phase::Updating { until, .. } if elapsed < *until => ("Updating", None),
            Phase::Updating { failure: Some(reason), .. } => ("Update_Failed", Some(reason)),
            Phase::Pending { .. } | Phase::Updating { .. } => ("InService", None),
            Phase::Deleting { .. } => ("Deleting", None),
        }
    }

    /// Refuses a domain on which something is under way.
    pub(super) fn require_settled(&self, elapsed: Duration, what: &str) -> Result<(), ApiError> {
        match self.status(elapsed).0 {
            status @ ("Pending" | "Updating" | "Deleting") => Err(in_use(format!(
                "Unable to {what} Domain [{}] because it is in {status} status.",
                self.id
            ))),
            _ => Ok(()),
        }
    }

    /// Refuses a domain in which nothing can be created now.
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

    /// A structure among the settings, empty when it is not there.
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

impl Store {
    /// Forgets the domains whose deletion is complete.
    pub(super) fn drop_deleted_domains(&mut self, elapsed: Duration) {
        let gone =
            |domain: &Domain| matches!(domain.phase, Phase::Deleting { until } if until <= elapsed);
        let tags = &mut self.tags;
        self.domains.retain(|_, domain| {
            if gone(domain) {
                tags.remove(&domain.arn);
            }
            !gone(domain)
        });
        let domains = &self.domains;
        self.apps.retain(|key, app| {
            let stays = domains.contains_key(&key.domain);
            if !stays {
                tags.remove(&app.arn);
            }
            stays
        });
    }

    /// The domain that the request's `DomainId` means.
    pub(super) fn domain(&self, request: &Request<'_, '_>) -> Result<&Domain, ApiError> {
        let id = request.name("DomainId")?;
        self.domains.get(id).ok_or_else(|| not_found(format!("Domain [{id}] does not exist.")))
    }
}
