//! The state of a KMS key, its aliases and grants, and the answer of DescribeKey.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{family::Family, spec};
use crate::simulator::service::{ApiError, arn_of};

/// The simulated states of a key (KMS developer guide, "Key states").
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum KeyState {
    Enabled,
    Disabled,
    /// Waits for key material from outside AWS.
    PendingImport,
    /// Waits until all of its replicas are deleted, and then as many days.
    PendingReplicaDeletion {
        days: u8,
    },
    /// Will be deleted at this time, in seconds since the epoch.
    PendingDeletion {
        at: f64,
    },
}

impl KeyState {
    /// The name of the state in the API.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::PendingImport => "PendingImport",
            Self::PendingReplicaDeletion { .. } => "PendingReplicaDeletion",
            Self::PendingDeletion { .. } => "PendingDeletion",
        }
    }
}

/// Enabled automatic rotation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rotation {
    pub period_days: usize,
    /// When it was last enabled: the first rotation comes one period later.
    pub since: f64,
}

/// A key with everything that belongs to it.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub id: String,
    pub arn: String,
    pub account: String,
    pub region: String,
    pub created: f64,
    pub description: String,
    pub spec: String,
    pub usage: String,
    pub origin: String,
    /// Its Regions, if it is a multi-Region key.
    pub family: Option<Family>,
    /// Managed by AWS for a service (`alias/aws/...`), not by the customer.
    pub aws_managed: bool,
    pub state: KeyState,
    /// When its imported material is deleted, in seconds since the epoch.
    pub material_until: Option<f64>,
    /// The policy as the service stores it, which is rewritten.
    pub policy: String,
    pub tags: BTreeMap<String, String>,
    pub rotation: Option<Rotation>,
    /// When it was rotated on demand.
    pub on_demand: Vec<f64>,
    pub grants: BTreeMap<String, Grant>,
}

/// The target of an alias, and its times.
#[derive(Debug, Clone)]
pub(super) struct Alias {
    pub target: String,
    pub created: f64,
    pub updated: f64,
}

/// A grant: its terms and its time.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub created: f64,
    pub issuer: String,
    pub token: String,
    /// The members of CreateGrant that ListGrants returns.
    pub terms: Map<String, Value>,
}

impl Key {
    /// `KeyMetadata` as CreateKey and DescribeKey answer it.
    pub(super) fn metadata(&self) -> Value {
        let mut metadata = json!({
            "AWSAccountId": self.account,
            "KeyId": self.id,
            "Arn": self.arn,
            "CreationDate": self.created,
            "Enabled": self.state == KeyState::Enabled,
            "Description": self.description,
            "KeyUsage": self.usage,
            "KeyState": self.state.name(),
            "Origin": self.origin,
            "KeyManager": if self.aws_managed { "AWS" } else { "CUSTOMER" },
            "CustomerMasterKeySpec": self.spec,
            "KeySpec": self.spec,
            "MultiRegion": self.family.is_some(),
        });
        if let Value::Object(members) = &mut metadata {
            self.add_conditional_members(members);
        }
        metadata
    }

    fn add_conditional_members(&self, members: &mut Map<String, Value>) {
        if let KeyState::PendingDeletion { at } = self.state {
            members.insert("DeletionDate".to_owned(), json!(at));
        }
        if let Some((member, algorithms)) = spec::algorithms(&self.spec, &self.usage) {
            members.insert(member.to_owned(), json!(algorithms));
        }
        self.add_family(members);
        self.add_material(members);
    }

    /// Refuses a key that is pending deletion.
    pub(super) fn require_not_pending_deletion(&self) -> Result<(), ApiError> {
        match self.state {
            KeyState::PendingDeletion { .. } | KeyState::PendingReplicaDeletion { .. } => {
                Err(self.invalid_state("is pending deletion."))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a key that still waits for its material.
    pub(super) fn require_material(&self) -> Result<(), ApiError> {
        match self.state {
            KeyState::PendingImport => Err(self.invalid_state("is pending import.")),
            _ => Ok(()),
        }
    }

    /// Refuses a key that is not Enabled, with the error for its state.
    pub(super) fn require_enabled(&self) -> Result<(), ApiError> {
        self.require_not_pending_deletion()?;
        self.require_material()?;
        match self.state {
            KeyState::Disabled => {
                Err(ApiError::new("DisabledException", format!("{} is disabled.", self.arn)))
            }
            _ => Ok(()),
        }
    }

    /// `KMSInvalidStateException` with the message `ARN what`.
    pub(super) fn invalid_state(&self, what: &str) -> ApiError {
        ApiError::new("KMSInvalidStateException", format!("{} {what}", self.arn))
    }
}

impl Key {
    /// Whether another key is its primary key.
    pub(super) fn is_replica(&self) -> bool {
        self.family.as_ref().is_some_and(|family| family.primary != self.region)
    }

    /// `MultiRegionConfiguration` of the key's description.
    pub(super) fn add_family(&self, members: &mut Map<String, Value>) {
        let Some(family) = &self.family else { return };
        let member = |region: &String| {
            let place = (self.account.as_str(), region.as_str());
            json!({ "Arn": arn_of("kms", place, &format!("key/{}", self.id)), "Region": region })
        };
        let replicas: Vec<_> = family.replicas.iter().map(member).collect();
        let configuration = json!({
            "MultiRegionKeyType": if self.is_replica() { "REPLICA" } else { "PRIMARY" },
            "PrimaryKey": member(&family.primary), "ReplicaKeys": replicas,
        });
        members.insert("MultiRegionConfiguration".to_owned(), configuration);
    }
}

impl Key {
    /// The members about imported material.
    pub(super) fn add_material(&self, members: &mut Map<String, Value>) {
        if self.origin != "EXTERNAL" || self.state == KeyState::PendingImport {
            return;
        }
        let model = match self.material_until {
            Some(at) => {
                members.insert("ValidTo".to_owned(), json!(at));
                "KEY_MATERIAL_EXPIRES"
            }
            None => "KEY_MATERIAL_DOES_NOT_EXPIRE",
        };
        members.insert("ExpirationModel".to_owned(), json!(model));
    }
}
