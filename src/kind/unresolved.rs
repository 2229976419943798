//! Why a reference or a lookup has no value now.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::LookupKind;
use crate::model::Address;

/// Why a reference or a lookup has no value now.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "unresolved")]
#[non_exhaustive]
pub enum Unresolved {
    /// It was searched for in this pass and does not exist.
    Absent {
        /// The manifest that it belongs to.
        address: Address,
    },
    /// It exists and does not have the property that is meant.
    NoProperty {
        /// The manifest that it belongs to.
        address: Address,
        /// The property.
        name: String,
    },
    /// Its kind could not be read in this pass.
    Unread {
        /// The manifest that it belongs to.
        address: Address,
        /// What AWS answered.
        why: String,
    },
    /// A lookup found nothing.
    NoMatch {
        /// The field.
        field: String,
        /// What was searched for.
        what: LookupKind,
        /// The conditions, for people.
        wanted: String,
    },
    /// A lookup that needs one found several.
    Several {
        /// The field.
        field: String,
        /// What was searched for.
        what: LookupKind,
        /// The conditions, for people.
        wanted: String,
        /// The ids found.
        found: Vec<String>,
    },
    /// What a lookup searches could not be read.
    LookupUnread {
        /// The field.
        field: String,
        /// What was searched for.
        what: LookupKind,
        /// What AWS answered; absent if it has not been asked yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// None of the things found is in an Availability Zone in which the service exists.
    NoZone {
        /// The field.
        field: String,
        /// The service's full name.
        service: String,
        /// The ids of the zones in which it exists.
        zones: Vec<String>,
    },
    /// AWS does not say how large a prefix list may become.
    NoSize {
        /// The field.
        field: String,
        /// The list's id.
        id: String,
    },
    /// The organization's id is not known.
    Organization {
        /// What AWS answered; absent if it has not been asked yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
}

impl Unresolved {
    /// The field that it is about, if it says one.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::NoMatch { field, .. }
            | Self::Several { field, .. }
            | Self::LookupUnread { field, .. }
            | Self::NoZone { field, .. }
            | Self::NoSize { field, .. } => Some(field),
            Self::Absent { .. }
            | Self::NoProperty { .. }
            | Self::Unread { .. }
            | Self::Organization { .. } => None,
        }
    }
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent { address } => write!(f, "{address} does not exist yet"),
            Self::NoProperty { address, name } => write!(f, "{address} has no {name} yet"),
            Self::Unread { address, why } => write!(f, "{address} could not be read: {why}"),
            Self::NoMatch { field, what, wanted } => {
                write!(f, "{field}: no {} matches {wanted}", what.as_str())
            }
            Self::Several { field, what, wanted, found } => write!(
                f,
                "{field}: {} {}s match {wanted}, one is needed: {}",
                found.len(),
                what.as_str(),
                found.join(", ")
            ),
            Self::LookupUnread { field, what, why: Some(why) } => {
                write!(f, "{field}: {}s could not be read: {why}", what.as_str())
            }
            Self::LookupUnread { field, what, why: None } => {
                write!(f, "{field}: {}s were not read yet", what.as_str())
            }
            Self::NoZone { field, service, zones } => write!(
                f,
                "{field}: none is in an Availability Zone of {service}, which exists in {}",
                zones.join(", ")
            ),
            Self::NoSize { field, id } => {
                write!(f, "{field}: AWS does not say how many entries {id} may have")
            }
            Self::Organization { why: Some(why) } => {
                write!(f, "the organization's id could not be read: {why}")
            }
            Self::Organization { why: None } => {
                f.write_str("the organization's id was not read yet")
            }
        }
    }
}

/// Something that a manifest names, or finds, and that is left out because AWS does not accept it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "because")]
#[non_exhaustive]
pub enum LeftOut {
    /// The service does not exist in its Availability Zone.
    Zone {
        /// The field.
        field: String,
        /// The ids of what is left out.
        ids: Vec<String>,
        /// The id of the zone.
        zone: String,
        /// The service's full name.
        service: String,
    },
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zone { field, ids, zone, service } => write!(
                f,
                "{field}: {} left out, because {service} does not exist in the Availability Zone \
                 {zone}",
                ids.join(", ")
            ),
        }
    }
}

/// Something without a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Why it has none.
    pub why: Unresolved,
    /// Whether the resource can be created without it.
    pub soft: bool,
    /// Whether it is only a fact that a change may need: if no change does, nothing of the resource
    /// waits.
    pub fact: bool,
    /// Whether it can stand for several values: a lookup of all that match.
    pub several: bool,
}
