//! Errors in the directory: where, what, and how to correct it.

use std::{fmt, path::PathBuf};

use serde::Serialize;

use super::mark::Part;
pub use crate::model::did_you_mean;

/// A place in a file of the watched directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Origin {
    /// The directory as given by the user, plus the path below it.
    pub file: PathBuf,
    /// Line, from 1; 0 if the error is about the whole file.
    pub line: u64,
    /// Column, from 1; 0 likewise.
    pub column: u64,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        Ok(())
    }
}

/// One error. Its text contains no values from the file except names of fields, kinds and
/// manifests.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// The place.
    pub origin: Origin,
    /// The field's path, e.g. `spec.ingress[2].ports`; empty if it is not about a field.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// How to correct it. Every error has such help.
    pub help: String,
    /// Whether it is about the field's value or its name.
    #[serde(skip)]
    pub part: Part,
}

impl Problem {
    /// The same error, about the name of the field.
    #[must_use]
    pub fn about_name(self) -> Self {
        Self { part: Part::Name, ..self }
    }

    /// An error about a whole file.
    pub fn file(
        file: impl Into<PathBuf>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            origin: Origin { file: file.into(), line: 0, column: 0 },
            path: String::new(),
            message: message.into(),
            help: help.into(),
            part: Part::Value,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.origin)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{}\n  help: {}", self.message, self.help)
    }
}
