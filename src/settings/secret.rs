//! Secrets: the settings say where they are, never what they are.

use std::{
    io,
    path::{Path, PathBuf},
};

use schemars::JsonSchema;
use serde::Deserialize;

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Secret {
    /// In a file, which is read each time, so that a secret can be replaced without a restart.
    File(PathBuf),
    /// In a variable of the environment.
    Env(String),
}

impl Secret {
    /// A relative path is relative to the settings file.
    pub(super) fn resolve(&mut self, folder: &Path) {
        if let Self::File(path) = self {
            *path = folder.join(&*path);
        }
    }

    /// What it is, without the end of the line.
    ///
    /// # Errors
    /// A file that cannot be read, or a variable that is not set.
    pub fn read(&self) -> io::Result<String> {
        let text = match self {
            Self::File(path) => std::fs::read_to_string(path).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            })?,
            Self::Env(name) => std::env::var(name).map_err(|error| {
                io::Error::new(io::ErrorKind::NotFound, format!("variable {name}: {error}"))
            })?,
        };
        Ok(text.trim_end_matches(['\r', '\n']).to_owned())
    }
}
