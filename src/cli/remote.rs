//! Reading from a palisade on another machine, with an AWS identity or a token.

use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};

use crate::{
    aws::{Post, proof::Proof},
    settings::{Overrides, Secret, check_url},
};

/// The time limit of an answer: ten thousand resources with their states are some tens of
/// megabytes.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// A palisade on another machine.
#[derive(Debug)]
pub(super) struct Remote {
    url: String,
    post: Post,
    key: Key,
}

/// What opens it.
#[derive(Debug)]
enum Key {
    /// The first token of this file.
    Token(Secret),
    /// The ambient AWS identity, proved for this audience.
    Identity(String),
}

impl Remote {
    /// The palisade at an address.
    pub(super) fn of(url: &str, overrides: &Overrides) -> anyhow::Result<Self> {
        check_url(url).map_err(|why| anyhow!("--url {url}: {why}"))?;
        let host = url.parse::<http::Uri>().ok().and_then(|uri| uri.host().map(str::to_owned));
        let key = match (&overrides.token_file, overrides.audience.clone().or(host)) {
            (Some(file), _) => Key::Token(Secret::File(file.clone())),
            (None, Some(audience)) => Key::Identity(audience),
            (None, None) => bail!("--url {url}: no host"),
        };
        let url = url.trim_end_matches('/').to_owned();
        Ok(Self { url, post: Post::within(TIME_LIMIT), key })
    }

    /// Reads something. Each request is signed anew.
    pub(super) async fn get(&self, what: &str) -> anyhow::Result<String> {
        let key = match &self.key {
            Key::Token(secret) => {
                let tokens = secret.read().context("the token")?;
                format!("Bearer {}", tokens.lines().next().unwrap_or_default().trim())
            }
            Key::Identity(audience) => {
                let proof = Proof::ambient(audience).await.map_err(anyhow::Error::msg)?;
                proof.header()
            }
        };
        let headers = vec![("authorization", key), ("accept", "application/json".to_owned())];
        let answer = self.post.get(&format!("{}{what}", self.url), headers).await;
        match answer.map_err(anyhow::Error::msg).with_context(|| self.url.clone())? {
            (200, text) => Ok(text),
            (code, text) if text.is_empty() => bail!("{}: {code}", self.url),
            (_, text) => bail!("{}: {}", self.url, text.trim_end()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str, flags: Overrides) -> Result<Key, String> {
        Remote::of(url, &flags).map(|it| it.key).map_err(|error| error.to_string())
    }

    #[test]
    fn an_identity_is_proved_for_the_host_unless_another_audience_is_named() {
        let audience = |flags| match of("https://palisade.example:8443/", flags) {
            Ok(Key::Identity(audience)) => audience,
            other => panic!("{other:?}"),
        };
        assert_eq!(audience(Overrides::default()), "palisade.example");
        let other = Overrides { audience: Some("other".to_owned()), ..Overrides::default() };
        assert_eq!(audience(other), "other");
        let token = Overrides { token_file: Some("token".into()), ..Overrides::default() };
        assert!(matches!(of("https://palisade.example", token), Ok(Key::Token(_))));
        for wrong in ["http://palisade.example", "palisade.example", "ftp://a"] {
            assert!(of(wrong, Overrides::default()).is_err(), "{wrong}");
        }
    }
}
