//! Why a text is not a policy document.

use std::fmt::{self, Write as _};

/// A document that cannot be used. Every message says where (`Statement[2].Condition.StringEquals`)
/// and what to do, and contains field names only: values in a policy are never repeated, because
/// errors end up in logs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyError {
    /// The text is not JSON. Line and column are counted from one, as by `serde_json`.
    Syntax {
        /// From one.
        line: usize,
        /// From one.
        column: usize,
    },
    /// An object has a key twice. JSON parsers keep either the first or the last, so two readers
    /// could disagree.
    DuplicateKey {
        /// The path; empty for the document.
        path: String,
    },
    /// A field that the policy language does not have.
    UnknownField {
        /// The path; empty for the document.
        path: String,
        /// The field that was probably meant.
        near: Option<String>,
        /// The known fields.
        known: String,
    },
    /// A field of the wrong JSON type.
    WrongType {
        /// The path; empty for the document.
        path: String,
        /// The expected type.
        expected: &'static str,
        /// The type found.
        found: &'static str,
    },
    /// Well-formed JSON that the dialect does not accept.
    Refused {
        /// The path; empty for the document.
        path: String,
        /// Why.
        why: &'static str,
        /// How to correct it.
        help: &'static str,
    },
}

impl PolicyError {
    /// The path, such as `Statement[2].Condition`; empty for the document as a whole.
    pub fn path(&self) -> &str {
        match self {
            Self::Syntax { .. } => "",
            Self::DuplicateKey { path }
            | Self::UnknownField { path, .. }
            | Self::WrongType { path, .. }
            | Self::Refused { path, .. } => path,
        }
    }

    /// What is wrong there.
    pub fn why(&self) -> String {
        match self {
            Self::Syntax { line, column } => {
                format!("line {line}, column {column}: this is not JSON")
            }
            Self::DuplicateKey { .. } => "this key occurs twice".to_owned(),
            Self::UnknownField { .. } => "unknown field".to_owned(),
            Self::WrongType { expected, found, .. } => {
                format!("found {found}, expected {expected}")
            }
            Self::Refused { why, .. } => (*why).to_owned(),
        }
    }

    /// How to correct it.
    pub fn help(&self) -> String {
        match self {
            Self::Syntax { .. } => "correct the syntax there".to_owned(),
            Self::DuplicateKey { .. } => "keep one of the two".to_owned(),
            Self::UnknownField { near: Some(near), .. } => format!("did you mean `{near}`?"),
            Self::UnknownField { near: None, known, .. } => format!(
                "remove it or correct its spelling (names are case-sensitive); known here are \
                 {known}"
            ),
            Self::WrongType { expected, .. } => format!("write {expected}"),
            Self::Refused { help, .. } => (*help).to_owned(),
        }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = match self {
            // Line and column say where.
            Self::Syntax { .. } => None,
            _ if self.path().is_empty() => Some("the document"),
            _ => Some(self.path()),
        };
        if let Some(path) = path {
            write!(f, "{path}: ")?;
        }
        write!(f, "{}: {}", self.why(), self.help())
    }
}

impl std::error::Error for PolicyError {}

/// The longest field name repeated in a message, in characters.
const MAX_NAME_CHARS: usize = 80;

/// A path in a document; displays as `Statement[2].Condition.StringEquals`.
#[derive(Debug, Clone, Default)]
pub(super) struct Place(String);

impl Place {
    /// The field `name` of the object at this path.
    pub(super) fn field(&self, name: &str) -> Self {
        let mut path = self.0.clone();
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(&printable(name).chars().take(MAX_NAME_CHARS).collect::<String>());
        Self(path)
    }

    /// Element `index` of the list at this path, counted from zero.
    pub(super) fn item(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }

    pub(super) fn refused(&self, why: &'static str, help: &'static str) -> PolicyError {
        PolicyError::Refused { path: self.path(), why, help }
    }

    /// As a path; empty for the document itself.
    pub(super) fn path(&self) -> String {
        self.0.clone()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "the document" } else { &self.0 })
    }
}

/// `text` with every character escaped that could move a terminal's cursor or reorder a line, so
/// that a policy from another author cannot forge a diff.
pub(crate) fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        let invisible = matches!(
            c,
            '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
        );
        if c.is_control() || invisible {
            // Writing to a String cannot fail.
            let _ = write!(safe, "{}", c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    safe
}
