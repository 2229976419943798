//! Signatures, version 4 (IAM user guide, "Create a signed AWS API request"), for requests whose
//! secret key is known: those of sessions.

use bytes::Bytes;
use hmac::{Hmac, Mac};
use http::{Request, header};
use sha2::{Digest as _, Sha256};

/// Whether the signature in the header of a request is right. Paths and queries are taken as they
/// are, so this is for requests that have neither.
pub(super) fn is_right(request: &Request<Bytes>, secret: &str) -> bool {
    signature(request, secret).is_some_and(|(given, right)| given == right)
}

/// The given signature, and the right one.
fn signature(request: &Request<Bytes>, secret: &str) -> Option<(String, String)> {
    let text = |name: &str| Some(request.headers().get(name)?.to_str().ok()?.trim().to_owned());
    let authorization = text(header::AUTHORIZATION.as_str())?;
    let part = |name: &str| {
        let rest = authorization.split(name).nth(1)?;
        rest.split([',', ' ']).next().map(str::to_owned)
    };
    let (credential, names) = (part("Credential=")?, part("SignedHeaders=")?);
    let scope = credential.split_once('/')?.1.to_owned();
    let mut headers = String::new();
    for name in names.split(';') {
        // A client that speaks HTTP itself says the host; in memory the address has it.
        let of_address = || request.uri().authority().map(ToString::to_string);
        let value = text(name).or_else(|| (name == "host").then(of_address)?)?;
        headers += &format!("{name}:{value}\n");
    }
    let digest = hex::encode(Sha256::digest(request.body()));
    let path = request.uri().path();
    let query = request.uri().query().unwrap_or_default();
    let canonical = format!("{}\n{path}\n{query}\n{headers}\n{names}\n{digest}", request.method());
    let canonical = hex::encode(Sha256::digest(canonical));
    let date = text("x-amz-date")?;
    let signed = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{canonical}");
    let mut key = format!("AWS4{secret}").into_bytes();
    for step in scope.split('/') {
        key = mac(&key, step);
    }
    Some((part("Signature=")?, hex::encode(mac(&key, &signed))))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    // HMAC takes keys of any length.
    let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(key) else { return Vec::new() };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
