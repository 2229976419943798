//! Identities: what a manifest is called here, and what AWS calls it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, Serializer};

/// The identity of a manifest: `scope/Kind/name`. The file it is in has no meaning.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The scope's name in the settings.
    pub scope: String,
    /// The kind's name, e.g. `SecurityGroup`.
    pub kind: String,
    /// `metadata.name`, unique for a scope and kind.
    pub name: String,
}

impl Address {
    /// Builds an address from its three parts.
    pub fn new(scope: impl Into<String>, kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self { scope: scope.into(), kind: kind.into(), name: name.into() }
    }

    /// The kind in the scope.
    pub fn scoped_kind(&self) -> ScopedKind {
        ScopedKind::new(&self.scope, &self.kind)
    }
}

/// A kind in a scope: the unit that is listed, and that is known or unknown as a whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopedKind {
    /// The scope's name in the settings.
    pub scope: String,
    /// The kind's name.
    pub kind: String,
}

impl ScopedKind {
    /// Builds it from its two parts.
    pub fn new(scope: impl Into<String>, kind: impl Into<String>) -> Self {
        Self { scope: scope.into(), kind: kind.into() }
    }

    /// Whether this is the address's kind and scope.
    pub fn covers(&self, address: &Address) -> bool {
        self.scope == address.scope && self.kind == address.kind
    }
}

impl fmt::Display for ScopedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.scope, self.kind)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.scope, self.kind, self.name)
    }
}

/// The text does not have the form `scope/Kind/name`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an address reads scope/Kind/name")]
pub struct NotAnAddress;

impl FromStr for Address {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('/');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(scope), Some(kind), Some(name), None)
                if !scope.is_empty() && !kind.is_empty() && !name.is_empty() =>
            {
                Ok(Self::new(scope, kind, name))
            }
            _ => Err(NotAnAddress),
        }
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The id AWS gave a live resource (`sg-…`, `vpce-…`, a key id, `p-…`, `d-…`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PhysicalId(pub String);

impl PhysicalId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PhysicalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for PhysicalId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back_what_it_prints() {
        let address = Address::new("ml-prod", "KmsKey", "studio");
        assert_eq!(address.to_string().parse(), Ok(address));
    }

    #[test]
    fn an_address_has_exactly_three_parts() {
        for wrong in ["", "a", "a/b", "a/b/c/d", "a//c", "/b/c", "a/b/"] {
            assert_eq!(wrong.parse::<Address>(), Err(NotAnAddress), "{wrong}");
        }
    }
}
