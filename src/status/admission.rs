//! Who may read what the accounts look like.

use std::{net::IpAddr, sync::Arc};

use aws_smithy_types::base64;
use axum::http::{HeaderMap, StatusCode, Uri, header, uri::Authority};
use sha2::{Digest as _, Sha256};

use super::identity::{Identities, Wrong};
use crate::{aws::proof::SCHEME, settings::Secret};

/// A token is as hard to guess as its length allows; shorter ones are not taken.
const MIN_TOKEN_BYTES: usize = 20;

const NO_TOKEN: &str = "other machines can connect here, and what the accounts look like is not \
                        for everybody: set `server: {token: {file: …}}` or `server: {readers: \
                        …}` in palisade's settings, or listen on 127.0.0.1 and forward the port. \
                        /livez, /readyz and /metrics are open.\n";

/// What is open to everybody: it says how the process is, and nothing of the accounts.
const OPEN: &[&str] = &["/livez", "/readyz", "/healthz", "/metrics", "/openapi.json"];
/// Parts of the page that are the same everywhere.
const FIXED: &[&str] = &["/page.css", "/page.js", "/icon.svg"];

/// Who may read.
#[derive(Debug, Clone, Default)]
pub struct Admission {
    /// One or several tokens, one a line; any of them opens. `None`: nobody needs one where only
    /// this machine can connect, and nobody is let in elsewhere.
    pub token: Option<Secret>,
    /// Readers with an AWS identity, who need no token.
    pub identities: Option<Arc<Identities>>,
}

/// What a request opens with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// It may be answered.
    Open,
    /// It may, if this proof of an AWS identity is that of a reader.
    Proof(String),
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Other machines can connect, and the settings give no token.
    NoToken,
    /// The request carries none, or another one.
    WrongToken,
    /// The tokens cannot be read.
    Unreadable(String),
    /// A name that somebody else's page may have given to this machine (DNS rebinding).
    ForeignHost,
    /// Its proof of an AWS identity is not one for this server, and nobody was asked.
    WrongProof(Wrong),
    /// Its proof was used before.
    UsedProof,
    /// Too many proofs have failed, and nobody was asked.
    TooManyFailures,
    /// Too many proofs are looked at just now.
    Busy,
    /// STS does not take its proof.
    Unproven(String),
    /// STS did not say whose it is.
    NoAnswer(String),
    /// It is of somebody who may not read.
    OtherIdentity(String),
}

impl Refusal {
    pub(super) fn code(&self) -> StatusCode {
        match self {
            Self::NoToken | Self::OtherIdentity(_) => StatusCode::FORBIDDEN,
            Self::WrongToken | Self::WrongProof(_) | Self::UsedProof | Self::Unproven(_) => {
                StatusCode::UNAUTHORIZED
            }
            Self::Unreadable(_) | Self::Busy | Self::NoAnswer(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooManyFailures => StatusCode::TOO_MANY_REQUESTS,
            Self::ForeignHost => StatusCode::MISDIRECTED_REQUEST,
        }
    }

    /// For the person who asked.
    pub(super) fn text(&self) -> String {
        match self {
            Self::NoToken => NO_TOKEN.to_owned(),
            Self::WrongToken => "send the token of palisade's settings, as `Authorization: Bearer \
                                 …` or as the password of any user; or a proof of an AWS identity, \
                                 as `palisade status --url …` does.\n"
                .to_owned(),
            Self::Unreadable(why) => {
                format!("the tokens cannot be read, so nobody is let in: {why}\n")
            }
            Self::ForeignHost => {
                "only localhost and addresses are names of this server.\n".to_owned()
            }
            Self::WrongProof(wrong) => format!("{}.\n", wrong.text()),
            Self::UsedProof => {
                "this signature was used before: sign each request anew.\n".to_owned()
            }
            Self::TooManyFailures => {
                "too many failures: nobody is let in with an AWS identity for a minute.\n"
                    .to_owned()
            }
            Self::Busy => "too many identities are looked up just now: try again.\n".to_owned(),
            Self::Unproven(why) => format!("STS does not take the signature: {why}\n"),
            Self::NoAnswer(why) => format!("STS did not say who this is, so nobody: {why}\n"),
            Self::OtherIdentity(arn) => {
                format!("{arn} may not read: `server.readers.arns` in the settings names who may\n")
            }
        }
    }
}

impl Admission {
    /// Whether this request may be answered, as far as nobody else is asked. `here`: the address
    /// that the server listens on.
    pub(super) fn check(
        &self,
        here: IpAddr,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Pass, Refusal> {
        let path = uri.path();
        if OPEN.contains(&path) || FIXED.contains(&path) {
            return Ok(Pass::Open);
        }
        if self.identities.is_some()
            && let Some(proof) = proof(headers)
        {
            return Ok(Pass::Proof(proof));
        }
        match &self.token {
            Some(token) => {
                let tokens =
                    token.read().map_err(|error| Refusal::Unreadable(error.to_string()))?;
                let tokens = tokens.lines().map(str::trim).filter(|it| it.len() >= MIN_TOKEN_BYTES);
                let tokens: Vec<_> = tokens.map(digest).collect();
                if tokens.is_empty() {
                    let why = format!("none has {MIN_TOKEN_BYTES} characters or more");
                    return Err(Refusal::Unreadable(why));
                }
                let given = given(headers).map(|it| digest(&it)).ok_or(Refusal::WrongToken)?;
                if tokens.contains(&given) { Ok(Pass::Open) } else { Err(Refusal::WrongToken) }
            }
            // A proxy on this machine speaks for others.
            None if self.identities.is_some() => Err(Refusal::WrongToken),
            None if !here.is_loopback() => Err(Refusal::NoToken),
            None if is_local(headers) => Ok(Pass::Open),
            None => Err(Refusal::ForeignHost),
        }
    }

    /// Whether the signer of a proof may read.
    pub(super) async fn prove(&self, from: IpAddr, proof: &str) -> Result<(), Refusal> {
        match &self.identities {
            Some(identities) => identities.admit(from, proof).await,
            None => Err(Refusal::WrongToken),
        }
    }

    /// What is wrong with it, before anybody asks.
    ///
    /// # Errors
    /// The token cannot be read, or is too short.
    pub fn verify(&self) -> Result<(), String> {
        let Some(token) = &self.token else { return Ok(()) };
        let tokens = token.read().map_err(|error| error.to_string())?;
        if tokens.lines().all(|it| it.trim().len() < MIN_TOKEN_BYTES) {
            return Err(format!("no token has {MIN_TOKEN_BYTES} characters or more"));
        }
        Ok(())
    }
}

/// Digests are compared, so that the time that it takes tells nothing of a token.
fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// The proof of an AWS identity in a request.
fn proof(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, proof) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case(SCHEME).then(|| proof.to_owned())
}

/// The token of a request: of a program (Bearer) or of a browser (Basic, with any name).
fn given(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(base64::decode(rest.trim()).ok()?).ok()?;
    Some(pair.split_once(':')?.1.to_owned())
}

/// Whether the request names this machine, and not a name that DNS could give to it.
fn is_local(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST) else { return true };
    let Some(authority) = host.to_str().ok().and_then(|it| it.parse::<Authority>().ok()) else {
        return false;
    };
    let host = authority.host();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn ask(admission: &Admission, here: IpAddr, path: &str, header: Option<(&str, &str)>) -> u16 {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("localhost:9464"));
        if let Some((name, value)) = header {
            let name: header::HeaderName = name.parse().unwrap();
            headers.insert(name, value.parse().unwrap());
        }
        let answer = admission.check(here, &path.parse().unwrap(), &headers);
        answer.map_or_else(|refusal| refusal.code().as_u16(), |_| 200)
    }

    fn with_tokens(text: &str) -> (tempfile::TempDir, Admission) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("token");
        std::fs::write(&file, text).unwrap();
        (dir, Admission { token: Some(Secret::File(file)), identities: None })
    }

    #[test]
    fn health_and_metrics_are_open_and_the_accounts_are_not() {
        let nobody = Admission::default();
        for path in OPEN {
            assert_eq!(ask(&nobody, ELSEWHERE, path, None), 200, "{path}");
        }
        for path in ["/", "/status.json", "/v1/resources", "/resources", "/livez/", "/anything"] {
            assert_eq!(ask(&nobody, ELSEWHERE, path, None), 403, "{path}");
            assert_eq!(ask(&nobody, HERE, path, None), 200, "{path}");
        }
    }

    #[test]
    fn one_of_the_tokens_opens_in_either_form_and_nothing_else_does() {
        let (_dir, admission) =
            with_tokens("old-token-of-last-month\nthe-token-of-this-month\nshort\n");
        let basic = |text: &str| format!("Basic {}", base64::encode(text));
        for (header, code) in [
            (Some("Bearer the-token-of-this-month".to_owned()), 200),
            (Some("bearer old-token-of-last-month".to_owned()), 200),
            (Some(basic("anybody:the-token-of-this-month")), 200),
            (Some(basic("the-token-of-this-month")), 401),
            (Some("Bearer short".to_owned()), 401),
            (Some("Bearer ".to_owned()), 401),
            (Some("Basic !".to_owned()), 401),
            (Some("the-token-of-this-month".to_owned()), 401),
            (None, 401),
        ] {
            let header = header.as_deref().map(|value| ("authorization", value));
            for here in [HERE, ELSEWHERE] {
                assert_eq!(ask(&admission, here, "/status.json", header), code, "{header:?}");
            }
        }
    }

    #[test]
    fn tokens_that_cannot_be_read_let_nobody_in() {
        let (dir, admission) = with_tokens("short\n");
        assert_eq!(ask(&admission, HERE, "/", Some(("authorization", "Bearer short"))), 503);
        assert!(admission.verify().is_err());
        drop(dir);
        assert_eq!(ask(&admission, HERE, "/", Some(("authorization", "Bearer short"))), 503);
        assert!(admission.verify().is_err());
    }

    #[test]
    fn a_page_elsewhere_cannot_read_it_through_a_name_of_its_own() {
        let nobody = Admission::default();
        for (host, code) in [
            ("localhost:9464", 200),
            ("127.0.0.1:9464", 200),
            ("[::1]:9464", 200),
            ("evil.example:9464", 421),
            ("127.0.0.1.evil.example", 421),
            ("a b", 421),
        ] {
            assert_eq!(ask(&nobody, HERE, "/status.json", Some(("host", host))), code, "{host}");
            assert_eq!(ask(&nobody, HERE, "/livez", Some(("host", host))), 200, "{host}");
        }
    }
}
