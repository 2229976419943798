//! Asking the running palisade: over its Unix socket, or reading over HTTP from another machine.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, bail};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
    time::timeout,
};

use super::remote::Remote;
use crate::settings::{Overrides, Settings};

/// An answer comes from memory, or waits for a small file.
const TIME_LIMIT: Duration = Duration::from_secs(15);
/// Ten thousand resources with their states are some tens of megabytes.
const MAX_ANSWER_BYTES: u64 = 512 * 1024 * 1024;

/// A running palisade.
#[derive(Debug)]
pub(super) enum Daemon {
    /// On this machine, at a socket.
    Here(PathBuf),
    /// On another one; it can only be read from.
    Elsewhere(Remote),
}

impl Daemon {
    /// The palisade of these settings. With a socket or an address given, no settings are needed.
    pub(super) fn of(overrides: &Overrides) -> anyhow::Result<Self> {
        if let Some(url) = &overrides.url {
            return Ok(Self::Elsewhere(Remote::of(url, overrides)?));
        }
        if let Some(path) = &overrides.socket {
            return Ok(Self::Here(path.clone()));
        }
        let settings = Settings::load(overrides).context("settings")?;
        let path = settings.socket().context(
            "the settings give no socket, so a running palisade cannot be reached: set \
             `memory: {dir: …}` or `server: {socket: …}`, or name one with --socket; --url \
             reads from another machine",
        )?;
        Ok(Self::Here(path))
    }

    /// The palisade at a socket.
    pub(super) fn at(path: PathBuf) -> Self {
        Self::Here(path)
    }

    /// Whether somebody listens; an error if that cannot be told.
    pub(super) async fn listens(&self) -> anyhow::Result<bool> {
        let Self::Here(path) = self else { return Ok(true) };
        match UnixStream::connect(path).await {
            Ok(_) => Ok(true),
            Err(error) if is_nobody(&error) => Ok(false),
            Err(error) => Err(error).with_context(|| path.display().to_string()),
        }
    }

    /// How often it may be asked: each look from another machine is a call of STS.
    pub(super) fn look_again(&self) -> Duration {
        Duration::from_secs(if matches!(self, Self::Here(_)) { 1 } else { 5 })
    }

    /// Reads something.
    pub(super) async fn get<T: DeserializeOwned>(&self, what: &str) -> anyhow::Result<T> {
        let text = self.ask("GET", what, b"").await?;
        serde_json::from_str(&text).context("the answer is not understood: another version runs")
    }

    /// Reads a text.
    pub(super) async fn text(&self, what: &str) -> anyhow::Result<String> {
        self.ask("GET", what, b"").await
    }

    /// Asks for something to be done.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        what: &str,
        body: &impl Serialize,
    ) -> anyhow::Result<T> {
        let text = self.ask("POST", what, &serde_json::to_vec(body)?).await?;
        serde_json::from_str(&text).context("the answer is not understood: another version runs")
    }

    async fn ask(&self, method: &str, what: &str, body: &[u8]) -> anyhow::Result<String> {
        let path = match self {
            Self::Here(path) => path,
            Self::Elsewhere(remote) if method == "GET" => return remote.get(what).await,
            Self::Elsewhere(_) => bail!(
                "nothing is done over the network: run this where palisade runs, without --url"
            ),
        };
        let place = path.display();
        let exchange = exchange(path, method, what, body);
        let answer = match timeout(TIME_LIMIT, exchange).await {
            Err(_) => bail!("{place} gave no answer within {} s", TIME_LIMIT.as_secs()),
            Ok(Err(error)) if is_nobody(&error) => {
                bail!("no palisade listens at {place}: is it running, with the same settings?")
            }
            Ok(Err(error)) => return Err(error).with_context(|| place.to_string()),
            Ok(Ok(answer)) => answer,
        };
        let (head, body) = answer.split_once("\r\n\r\n").context("no answer of HTTP")?;
        let code = head.split_whitespace().nth(1).unwrap_or_default();
        if code != "200" {
            bail!("{}", if body.is_empty() { code } else { body.trim_end() });
        }
        Ok(body.to_owned())
    }
}

/// One simple request: a whole HTTP client would be more than this needs.
async fn exchange(path: &Path, method: &str, what: &str, body: &[u8]) -> io::Result<String> {
    let mut stream = UnixStream::connect(path).await?;
    let request = format!(
        "{method} {what} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    // At once: an answer can come before a second part is written.
    stream.write_all(&[request.as_bytes(), body].concat()).await?;
    let mut answer = String::new();
    stream.take(MAX_ANSWER_BYTES).read_to_string(&mut answer).await?;
    Ok(answer)
}

/// Whether nobody listens there.
fn is_nobody(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

/// A value in the query of a request.
pub(super) fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'/');
    text.bytes()
        .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_query_cannot_hold_is_escaped() {
        assert_eq!(escaped("ml-prod/SecurityGroup/a"), "ml-prod/SecurityGroup/a");
        assert_eq!(escaped("a b&c:ü"), "a%20b%26c%3A%C3%BC");
    }

    #[tokio::test]
    async fn where_nobody_listens_it_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let daemon = Daemon::at(dir.path().join("s"));
        assert!(!daemon.listens().await.unwrap());
        let error = daemon.text("/v1/status").await.unwrap_err().to_string();
        assert!(error.starts_with("no palisade listens at "), "{error}");
    }
}
