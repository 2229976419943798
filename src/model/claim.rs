//! Ownership, written on the live resource itself as tags: AWS is the only storage.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Address;

/// Tags of a live resource.
pub type Tags = BTreeMap<String, String>;

/// The prefix of the claim's tags; no manifest may set such a tag.
pub const PREFIX: &str = "palisade:";
/// Tag that names the installation (settings `owner`).
pub const OWNER_TAG: &str = "palisade:owner";
/// Tag that names the manifest (`scope/Kind/name`).
pub const ADDRESS_TAG: &str = "palisade:address";
/// Tag that records what pruning may do once the manifest is gone (`retain` or `delete`).
pub const DELETION_TAG: &str = "palisade:deletion";

/// What pruning may do with a live resource once its manifest is gone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Deletion {
    /// Keep it and report it as an orphan.
    #[default]
    Retain,
    /// Delete it, where the settings' `prune` allows that.
    Delete,
}

impl Deletion {
    /// The word as used in manifests and tags.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Retain => "retain",
            Self::Delete => "delete",
        }
    }
}

/// The tags that say that a live resource belongs to this installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The installation's name.
    pub owner: String,
    /// The manifest it belongs to.
    pub address: Address,
    /// What pruning may do.
    pub deletion: Deletion,
}

/// The owner of a live resource according to its tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ownership {
    /// This installation's owner tag, and a valid address.
    Ours {
        /// The manifest's address in the claim.
        address: Address,
        /// What pruning may do; an unknown word means [`Deletion::Retain`].
        deletion: Deletion,
    },
    /// A resource of another palisade installation, or with an invalid claim: never changed.
    Foreign(String),
    /// No claim at all.
    Unclaimed,
}

impl Claim {
    /// The tags for the create call.
    pub fn tags(&self) -> Tags {
        Tags::from([
            (OWNER_TAG.to_owned(), self.owner.clone()),
            (ADDRESS_TAG.to_owned(), self.address.to_string()),
            (DELETION_TAG.to_owned(), self.deletion.as_str().to_owned()),
        ])
    }
}

impl Ownership {
    /// Reads the claim from a live resource's tags.
    pub fn read(tags: &Tags, owner: &str) -> Self {
        match (tags.get(OWNER_TAG), tags.get(ADDRESS_TAG)) {
            (None, None) => Self::Unclaimed,
            (Some(found), Some(address)) if found == owner => match address.parse() {
                Ok(address) => Self::Ours { address, deletion: read_deletion(tags) },
                Err(_) => Self::Foreign(format!(
                    "{ADDRESS_TAG} does not have the form \
                    scope/Kind/name"
                )),
            },
            (Some(found), _) if found == owner => {
                Self::Foreign(format!("claimed by {found} without a {ADDRESS_TAG} tag"))
            }
            (Some(found), _) => Self::Foreign(format!("claimed by {found}")),
            (None, Some(_)) => Self::Foreign(format!("has {ADDRESS_TAG} but no {OWNER_TAG}")),
        }
    }
}

fn read_deletion(tags: &Tags) -> Deletion {
    match tags.get(DELETION_TAG).map(String::as_str) {
        Some("delete") => Deletion::Delete,
        _ => Deletion::Retain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim() -> Claim {
        Claim {
            owner: "ml".into(),
            address: Address::new("prod", "KmsKey", "studio"),
            deletion: Deletion::Delete,
        }
    }

    #[test]
    fn a_claim_is_read_back_from_its_own_tags() {
        let Claim { address, deletion, .. } = claim();
        assert_eq!(Ownership::read(&claim().tags(), "ml"), Ownership::Ours { address, deletion });
    }

    #[test]
    fn another_owner_or_half_a_claim_is_foreign() {
        let mut half = claim().tags();
        half.remove(ADDRESS_TAG);
        let mut headless = claim().tags();
        headless.remove(OWNER_TAG);
        for tags in [half, headless] {
            assert!(matches!(Ownership::read(&tags, "ml"), Ownership::Foreign(_)));
        }
        assert!(matches!(Ownership::read(&claim().tags(), "other"), Ownership::Foreign(_)));
    }

    #[test]
    fn without_claim_tags_a_resource_is_unclaimed() {
        let tags = Tags::from([("team".into(), "ml".into())]);
        assert_eq!(Ownership::read(&tags, "ml"), Ownership::Unclaimed);
    }

    #[test]
    fn an_unreadable_deletion_word_means_retain() {
        let mut tags = claim().tags();
        tags.insert(DELETION_TAG.into(), "yes please".into());
        assert!(matches!(
            Ownership::read(&tags, "ml"),
            Ownership::Ours { deletion: Deletion::Retain, .. }
        ));
    }
}
