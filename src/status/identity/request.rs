//! What a reader sends to be known by: the headers of a signed request for STS. Everything of it is
//! compared with what palisade itself would send; only then is it sent, built anew.

use std::collections::{BTreeMap, BTreeSet};

use aws_smithy_types::{DateTime, base64, date_time::Format};

use crate::aws::proof::{AUDIENCE, CONTENT_TYPE, DATE, NONCE, Proof, TOKEN, host};

/// How far the time of a signature may be from now, in seconds: a third of what STS allows.
pub(super) const WINDOW: u64 = 300;

/// What is wrong with a request, before anybody is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::status) enum Wrong {
    /// It is not the headers of a signed request.
    Form,
    /// It has a header that the request does not have.
    Header,
    /// It is signed for somebody else.
    Audience,
    /// A header is not signed, or one that it does not have is.
    Signed,
    /// It is for another host, service or Region.
    Place,
    /// It is for a request of another form.
    Body,
    /// It was signed too long ago, before this process began, or in the future.
    Date,
}

impl Wrong {
    /// For the person who asked.
    pub(in crate::status) fn text(self) -> &'static str {
        match self {
            Self::Form => "the proof of an AWS identity is not a signed request",
            Self::Header => "the signed request has a header that it must not have",
            Self::Audience => {
                "the request is signed for another audience: use the address under which this \
                 palisade is reached, or --audience"
            }
            Self::Signed => "exactly host, type, date, audience, nonce and token must be signed",
            Self::Place => {
                "the request is signed for another host: set AWS_REGION to a Region of \
                 palisade's scopes"
            }
            Self::Body => "the request is signed for a body of another type",
            Self::Date => "the request was not signed just now: sign it anew, and check the clock",
        }
    }
}

/// What requests must say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) audience: &'a str,
    pub(super) regions: &'a BTreeSet<String>,
    /// The earliest time of a signature.
    pub(super) since: u64,
    pub(super) now: u64,
}

/// A request that may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) proof: Proof,
    /// When it was signed, in seconds since the epoch.
    pub(super) at: u64,
    /// Its signature: another request has another one.
    pub(super) signature: [u8; 32],
}

/// Reads what follows the scheme.
pub(super) fn read(text: &str, wanted: Wanted<'_>) -> Result<Request, Wrong> {
    let json = base64::decode(text.trim()).map_err(|_| Wrong::Form)?;
    let mut headers: BTreeMap<String, String> =
        serde_json::from_slice(&json).map_err(|_| Wrong::Form)?;
    let visible = |b: u8| b.is_ascii_graphic() || b == b' ';
    if headers.values().any(|value| value.is_empty() || !value.bytes().all(visible)) {
        return Err(Wrong::Form);
    }
    let mut take = |name: &str| headers.remove(name);
    let (token, audience) = (take(TOKEN), take(AUDIENCE));
    let (content_type, named) = (take("content-type"), take("host"));
    let (date, nonce, authorization) = (take(DATE), take(NONCE), take("authorization"));
    let (Some(date), Some(nonce), Some(authorization)) = (date, nonce, authorization) else {
        return Err(Wrong::Form);
    };
    if !headers.is_empty() {
        return Err(Wrong::Header);
    }
    let signed = Signature::read(&authorization).ok_or(Wrong::Form)?;
    if audience.as_deref() != Some(wanted.audience) {
        return Err(Wrong::Audience);
    }
    let with_token = if token.is_some() { ";x-amz-security-token" } else { "" };
    if signed.headers != format!("content-type;host;x-amz-date{with_token};{AUDIENCE};{NONCE}") {
        return Err(Wrong::Signed);
    }
    let is_place = signed.service == "sts" && wanted.regions.contains(signed.region);
    if !is_place || named != Some(host(signed.region)) {
        return Err(Wrong::Place);
    }
    if content_type.as_deref() != Some(CONTENT_TYPE) {
        return Err(Wrong::Body);
    }
    let at = moment(&date).filter(|_| date.starts_with(signed.day)).ok_or(Wrong::Form)?;
    if at < wanted.since || at.abs_diff(wanted.now) > WINDOW {
        return Err(Wrong::Date);
    }
    let (region, signature) = (signed.region.to_owned(), signed.value);
    let audience = wanted.audience.to_owned();
    let proof = Proof { region, audience, nonce, date, token, authorization };
    Ok(Request { proof, at, signature })
}

/// The parts of a signature's header, version 4 (IAM user guide, "Create a signed AWS API
/// request").
struct Signature<'a> {
    day: &'a str,
    region: &'a str,
    service: &'a str,
    headers: &'a str,
    value: [u8; 32],
}

impl<'a> Signature<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let parts: Vec<&str> = text.strip_prefix("AWS4-HMAC-SHA256 ")?.split(", ").collect();
        let [credential, headers, signature] = parts[..] else { return None };
        let scope: Vec<&str> = credential.strip_prefix("Credential=")?.split('/').collect();
        let [key, day, region, service, "aws4_request"] = scope[..] else { return None };
        let is_key = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let text = signature.strip_prefix("Signature=")?;
        // In one spelling, so that it cannot come again in another.
        let is_plain = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let mut value = [0; 32];
        hex::decode_to_slice(text, &mut value)
            .ok()
            .filter(|()| is_key && is_plain && day.len() == 8)?;
        let headers = headers.strip_prefix("SignedHeaders=")?;
        Some(Self { day, region, service, headers, value })
    }
}

/// `20261201T155300Z` in seconds since the epoch.
fn moment(text: &str) -> Option<u64> {
    let digits = |b: u8| b.is_ascii_digit();
    let sound = text.len() == 16
        && text.bytes().enumerate().all(|(index, b)| match index {
            8 => b == b'T',
            15 => b == b'Z',
            _ => digits(b),
        });
    if !sound {
        return None;
    }
    let part = |from: usize, to: usize| &text[from..to];
    let (day, time) = ((part(0, 4), part(4, 6), part(6, 8)), (part(9, 11), part(11, 13)));
    let spelled = format!("{}-{}-{}T{}:{}:{}Z", day.0, day.1, day.2, time.0, time.1, part(13, 15));
    let at = DateTime::from_str(&spelled, Format::DateTime).ok()?;
    u64::try_from(at.secs()).ok()
}
