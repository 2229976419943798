//! Errors in settings: where, why, and how to correct them.

use std::{fmt, path::Path};

use super::Overrides;
use crate::manifest::Origin;

/// An error in the settings: where, what is wrong, and how to correct it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    /// `FILE:LINE:COLUMN`, the flag, or empty if there is neither.
    pub place: String,
    /// The place in the settings file, if it is there.
    pub origin: Option<Box<Origin>>,
    /// The setting, e.g. `scopes.prod.account`; empty if it is not about one.
    pub field: String,
    /// What is wrong with it.
    pub why: String,
    /// How to correct it.
    pub help: String,
    /// What else is wrong with the settings.
    pub others: Box<[SettingsError]>,
}

impl SettingsError {
    /// The error in one line, without the help.
    pub fn line(&self) -> String {
        let parts = [&self.place, &self.field, &self.why];
        let parts: Vec<&str> =
            parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        parts.join(": ")
    }

    /// The first of all errors, with the others; itself if they could not be told apart.
    pub(super) fn among(self, all: Vec<Self>) -> Self {
        let mut all = all.into_iter();
        match all.next() {
            Some(first) => Self { others: all.collect(), ..first },
            None => self,
        }
    }

    /// Adds its place: in the file, unless a flag or variable gave the value.
    pub(super) fn at(mut self, path: Option<&Path>, text: &str, flags: &Overrides) -> Self {
        if !self.place.is_empty() {
            return self;
        }
        if flags.gives(&self.field) {
            self.place = format!("--{}", flag_of(&self.field));
        } else if let Some(path) = path {
            let (line, column) = crate::manifest::place_in(text, &self.field).unwrap_or((1, 1));
            let origin = Origin { file: path.to_owned(), line, column };
            self.place = origin.to_string();
            self.origin = Some(Box::new(origin));
        }
        self
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  help: {}", self.line(), self.help)?;
        self.others.iter().try_for_each(|other| write!(f, "\n{other}"))
    }
}

impl std::error::Error for SettingsError {}

/// `gate.deletesPercent` as the flag `gate-deletes-percent`.
fn flag_of(field: &str) -> String {
    if field == "server.listen" {
        return "listen".to_owned();
    }
    let mut flag = String::new();
    for c in field.split('[').next().unwrap_or_default().chars() {
        match c {
            '.' => flag.push('-'),
            c if c.is_ascii_uppercase() => {
                flag.push('-');
                flag.push(c.to_ascii_lowercase());
            }
            c => flag.push(c),
        }
    }
    flag
}

pub(super) fn value(
    field: impl Into<String>,
    why: impl Into<String>,
    help: impl Into<String>,
) -> SettingsError {
    let (field, why, help) = (field.into(), why.into(), help.into());
    SettingsError { place: String::new(), origin: None, field, why, help, others: Box::default() }
}
