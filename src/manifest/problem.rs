//! What is wrong with the directory, where, and what to do.

use std::{fmt, path::PathBuf};

use serde::Serialize;

/// A place in a file of the watched directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Origin {
    /// The path as the user gave the directory, plus the path below it.
    pub file: PathBuf,
    /// Line, from 1; 0 if the problem is the file itself.
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

/// One problem. Its text never contains values from the file beyond names of fields, kinds and manifests.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// Where.
    pub origin: Origin,
    /// The field's path, e.g. `spec.ingress[2].ports`; empty if it is not about a field.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// A way out. Nobody is told that something is wrong without it.
    pub help: String,
}

impl Problem {
    /// A problem with a file as a whole, and the way out.
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

/// The candidate nearest to what was typed, if it is near enough to be meant.
pub fn did_you_mean<'a>(
    typed: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (distance(typed, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance, case ignored.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.to_lowercase().chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let kinds = ["SecurityGroup", "VpcEndpoint", "KmsKey"];
        assert_eq!(did_you_mean("SecurtyGroup", kinds), Some("SecurityGroup"));
        assert_eq!(did_you_mean("kmskey", kinds), Some("KmsKey"));
        assert_eq!(did_you_mean("Deployment", kinds), None);
    }
}
