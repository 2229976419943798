//! Secrets: the settings say where they are, never what they are.

use std::{
    io,
    path::{Path, PathBuf},
};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    check::{is_account, is_plain},
    file::is_region,
};

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Secret {
    /// In a file, which is read each time, so that a secret can be replaced without a restart.
    File(PathBuf),
    /// In a variable of the environment.
    Env(String),
    /// In AWS Secrets Manager, under this ARN; read with the process's own credentials, and again
    /// after an hour or when the receiver refuses it.
    #[schemars(extend(
        "examples" = ["arn:aws:secretsmanager:eu-west-1:111122223333:secret:slack-AbCdEf"]
    ))]
    SecretsManager(String),
}

/// Where a secret on this machine is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum LocalSecret {
    /// In a file, which is read each time, so that a secret can be replaced without a restart.
    File(PathBuf),
    /// In a variable of the environment.
    Env(String),
}

impl From<LocalSecret> for Secret {
    fn from(local: LocalSecret) -> Self {
        match local {
            LocalSecret::File(path) => Self::File(path),
            LocalSecret::Env(name) => Self::Env(name),
        }
    }
}

impl Secret {
    /// A relative path is relative to the settings file.
    pub(super) fn resolve(&mut self, folder: &Path) {
        if let Self::File(path) = self {
            *path = folder.join(&*path);
        }
    }

    /// Its ARN, if it is in Secrets Manager.
    pub fn arn(&self) -> Option<&str> {
        match self {
            Self::SecretsManager(arn) => Some(arn),
            Self::File(_) | Self::Env(_) => None,
        }
    }

    /// What it is, without the end of the line.
    ///
    /// # Errors
    /// A file that cannot be read, a variable that is not set, or a secret that is not on this
    /// machine.
    pub fn read(&self) -> io::Result<String> {
        let text = match self {
            Self::File(path) => std::fs::read_to_string(path).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            })?,
            Self::Env(name) => std::env::var(name).map_err(|error| {
                io::Error::new(io::ErrorKind::NotFound, format!("variable {name}: {error}"))
            })?,
            Self::SecretsManager(arn) => {
                let why = format!("{arn} is not on this machine");
                return Err(io::Error::new(io::ErrorKind::Unsupported, why));
            }
        };
        Ok(text.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// What is wrong with its place.
    pub(super) fn wrong(&self) -> Option<String> {
        let arn = self.arn()?;
        (!is_secret(arn)).then(|| format!("`{arn}` is not the ARN of a secret"))
    }
}

/// Whether it is the whole ARN of a secret. A part of it would do for reading, but not for a
/// permission on exactly that secret: the ARN ends with six random characters (AWS Secrets Manager
/// user guide, "What's in a Secrets Manager secret?").
fn is_secret(arn: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", _, "secretsmanager", region, account, "secret", name] = parts[..] else {
        return false;
    };
    let plain = |b: u8| is_plain(b) || matches!(b, b'/' | b'+' | b'=' | b'@');
    let random = name.rsplit_once('-').map(|(_, random)| random);
    is_region(region)
        && is_account(account)
        && name.bytes().all(plain)
        && random.is_some_and(|it| it.len() == 6 && it.bytes().all(|b| b.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_arn_of_a_secret_is_one() {
        let start = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:";
        for (name, wrong) in [
            ("on-call/slack-AbCdEf", false),
            ("slack", true),
            ("slack-AbCd", true),
            ("slack-AbCdEf:url::", true),
            ("*-AbCdEf", true),
        ] {
            let secret = Secret::SecretsManager(format!("{start}{name}"));
            assert_eq!(secret.wrong().is_some(), wrong, "{name}");
        }
        assert!(Secret::SecretsManager("slack-AbCdEf".to_owned()).wrong().is_some());
        assert!(Secret::Env("slack".to_owned()).wrong().is_none());
    }
}
