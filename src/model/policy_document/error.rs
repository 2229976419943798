//! Why a text is not a policy document.

use std::fmt::Write as _;

/// A document that cannot be used. Every message says where (`Statement[2].Condition.StringEquals`) and what to do, and
/// names fields only: the values in a policy are never repeated, because errors end up in logs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The text is not JSON. Line and column count from one, as `serde_json` reports them.
    #[error("line {line}, column {column}: this is not JSON: correct the syntax there")]
    Syntax {
        /// From one.
        line: usize,
        /// From one.
        column: usize,
    },
    /// An object names a key twice. JSON parsers keep either the first or the last, so the two readers could disagree.
    #[error("{path}: this key occurs twice: keep one of the two")]
    DuplicateKey {
        /// Where.
        path: String,
    },
    /// A field the policy language does not have.
    #[error(
        "{path}: unknown field: remove it or correct its spelling (names are case-sensitive); known here are {known}"
    )]
    UnknownField {
        /// Where.
        path: String,
        /// The fields there are.
        known: String,
    },
    /// A field of the wrong JSON type.
    #[error("{path}: found {found} where {expected} belongs: write {expected}")]
    WrongType {
        /// Where.
        path: String,
        /// What belongs there.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// Well-formed JSON that the dialect does not accept.
    #[error("{path}: {why}")]
    Refused {
        /// Where.
        path: String,
        /// Why.
        why: &'static str,
    },
}

/// The longest field name repeated in a message, in characters.
const LONGEST_NAME: usize = 80;

/// Where in a document something is; prints as `Statement[2].Condition.StringEquals`.
#[derive(Debug, Clone, Default)]
pub(super) struct Place(String);

impl Place {
    /// The field `name` of the object at this place.
    pub(super) fn field(&self, name: &str) -> Self {
        let mut path = self.0.clone();
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(&printable(name).chars().take(LONGEST_NAME).collect::<String>());
        Self(path)
    }

    /// Element `index` of the list at this place, counted from zero.
    pub(super) fn item(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }

    pub(super) fn refused(&self, why: &'static str) -> PolicyError {
        PolicyError::Refused { path: self.to_string(), why }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "the document" } else { &self.0 })
    }
}

/// `text` with every character escaped that could move a terminal's cursor or reorder a line, so that a policy written
/// by somebody else cannot forge a diff.
pub(super) fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        {
            // Writing to a String does not fail.
            let _ = write!(safe, "{}", c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    safe
}
