//! Messages as receivers read them.

use std::fmt::Write as _;

use aws_smithy_types::{DateTime, base64, date_time::Format};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::notice::Notice;
use crate::{
    aws::publish::{BusEvent, MAX_BYTES, MAX_ENTRIES},
    settings::{Channel, Urgency},
};

/// The most notices that a text for people lists.
const LISTED: usize = 20;
/// The longest text that Slack shows whole is 40,000 characters; people read less.
const MAX_TEXT_CHARS: usize = 12_000;
/// The longest subject of SNS (API reference, Publish); owners and counts are ASCII.
const MAX_SUBJECT: usize = 100;

/// One message: some notices, for one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    /// The same when it is sent again, so that a receiver can tell.
    pub(super) id: String,
    pub(super) content_type: &'static str,
    /// One line, for a topic: its mails have one.
    pub(super) subject: String,
    /// The urgency of the most urgent of its notices.
    pub(super) worst: Urgency,
    pub(super) body: Vec<u8>,
}

impl Message {
    /// `dropped`: earlier notices that nobody got. `number`: of the message in this process.
    pub(super) fn of(
        owner: &str,
        channel: &Channel,
        notices: &[Notice],
        dropped: u64,
        number: u64,
    ) -> Self {
        let first = notices.first().map_or(0.0, |notice| notice.at);
        let (content_type, body) = match channel {
            Channel::Slack { .. } => {
                let text = json!({"text": text(owner, notices, dropped, &Style::SLACK)});
                ("application/json", text)
            }
            Channel::Webhook { .. } | Channel::EventBridge { .. } => {
                let events = notices.iter().enumerate();
                let events = events.map(|(index, it)| cloud_event(owner, it, number, index));
                ("application/cloudevents-batch+json", Value::Array(events.collect()))
            }
            Channel::Sns { .. } => {
                let text = json!(text(owner, notices, dropped, &Style::PLAIN));
                ("text/plain", text)
            }
        };
        let id = digest(&[owner, &first.to_string(), &number.to_string()]);
        let worst = notices.iter().map(|it| it.urgency).max().unwrap_or_default();
        let mut subject = format!("palisade {owner}: {}", counts(notices));
        subject.truncate(MAX_SUBJECT);
        Self { id, content_type, subject, worst, body: body.to_string().into_bytes() }
    }

    /// For a topic: the text, whole.
    pub(super) fn plain(&self) -> String {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// For a bus: the events in groups of which each is one call.
    pub(super) fn groups(&self) -> Vec<Vec<BusEvent>> {
        let events: Vec<Value> = serde_json::from_slice(&self.body).unwrap_or_default();
        let (mut groups, mut bytes) = (vec![Vec::new()], 0);
        for event in events {
            let text = |member: &str| event[member].as_str().unwrap_or_default().to_owned();
            let (detail_type, resources) = (text("type"), vec![text("subject")]);
            let detail = event.to_string();
            let size = detail.len() + detail_type.len() + resources[0].len();
            let full = groups.last().is_some_and(|group| {
                group.len() == MAX_ENTRIES || !group.is_empty() && bytes + size > MAX_BYTES
            });
            if full {
                groups.push(Vec::new());
                bytes = 0;
            }
            bytes += size;
            let resources = resources.into_iter().filter(|it| !it.is_empty()).collect();
            if let Some(group) = groups.last_mut() {
                group.push(BusEvent { detail_type, detail, resources });
            }
        }
        groups.retain(|group| !group.is_empty());
        groups
    }

    /// The headers; the signature with a key is that of Standard Webhooks.
    ///
    /// # Errors
    /// The key is empty.
    pub(super) fn headers(
        &self,
        channel: &Channel,
        key: Option<&str>,
        now: u64,
    ) -> Result<Vec<(&'static str, String)>, String> {
        let mut headers = vec![
            ("content-type", self.content_type.to_owned()),
            ("user-agent", format!("palisade/{}", env!("CARGO_PKG_VERSION"))),
        ];
        if let Channel::Webhook { .. } = channel {
            headers.push(("webhook-id", self.id.clone()));
            headers.push(("webhook-timestamp", now.to_string()));
            if let Some(key) = key {
                if key.is_empty() {
                    return Err("the key of the signature is empty".to_owned());
                }
                headers.push(("webhook-signature", signature(key, &self.id, now, &self.body)));
            }
        }
        Ok(headers)
    }
}

/// `v1,` and the HMAC-SHA256 of id, time and body. A key that begins with `whsec_` is base64, any
/// other is taken as it is (<https://github.com/standard-webhooks/standard-webhooks>).
fn signature(key: &str, id: &str, at: u64, body: &[u8]) -> String {
    let decoded = key.strip_prefix("whsec_").and_then(|it| base64::decode(it).ok());
    let key = decoded.unwrap_or_else(|| key.as_bytes().to_vec());
    // HMAC takes keys of any length.
    let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(&key) else { return String::new() };
    mac.update(format!("{id}.{at}.").as_bytes());
    mac.update(body);
    format!("v1,{}", base64::encode(mac.finalize().into_bytes()))
}

fn digest(parts: &[&str]) -> String {
    hex::encode(Sha256::digest(parts.join("\n")))[..32].to_owned()
}

/// <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>
fn cloud_event(owner: &str, notice: &Notice, number: u64, index: usize) -> Value {
    let id = [owner, &notice.at.to_string(), &number.to_string(), &index.to_string()];
    let mut event = json!({
        "specversion": "1.0",
        "id": digest(&id),
        "source": format!("/palisade/{owner}"),
        "type": format!("dev.palisade.{}", notice.topic.as_str()),
        "time": rfc3339(notice.at),
        "datacontenttype": "application/json",
        "data": {
            "severity": notice.urgency.as_str(),
            "scope": notice.scope,
            "kind": notice.kind,
            "revision": notice.revision,
            "lines": notice.lines,
        },
    });
    if let Some(subject) = &notice.subject {
        event["subject"] = json!(subject);
    }
    event
}

fn rfc3339(at: f64) -> String {
    let moment = DateTime::from_secs_f64(at.floor());
    moment.fmt(Format::DateTime).unwrap_or_default()
}

/// How a text for people is written.
struct Style {
    /// The marks of what is critical, a warning, and for information.
    marks: [&'static str; 3],
    /// What stands around a name.
    strong: &'static str,
    /// Text from elsewhere.
    escaped: fn(&str) -> String,
}

impl Style {
    const SLACK: Self = Self {
        marks: [":red_circle:", ":large_orange_circle:", ":white_circle:"],
        strong: "*",
        escaped,
    };
    const PLAIN: Self = Self { marks: ["CRITICAL", "warning", "info"], strong: "", escaped: line };
}

/// How many notices there are of each urgency.
fn counts(notices: &[Notice]) -> String {
    let count = |urgency| notices.iter().filter(|it| it.urgency == urgency).count();
    let counts = [Urgency::Critical, Urgency::Warning, Urgency::Info].map(|it| (count(it), it));
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<_> = counts.map(|(count, it)| format!("{count} {}", it.as_str())).collect();
    counts.join(", ")
}

/// One text: a headline with counts, then a line for each notice.
fn text(owner: &str, notices: &[Notice], dropped: u64, style: &Style) -> String {
    let Style { marks, strong, escaped } = style;
    let mut text = format!("{strong}palisade {}{strong}: {}", escaped(owner), counts(notices));
    for notice in notices.iter().take(LISTED) {
        let mark = match notice.urgency {
            Urgency::Critical => marks[0],
            Urgency::Warning => marks[1],
            Urgency::Info => marks[2],
        };
        let subject = notice.subject.as_deref().or(notice.scope.as_deref()).unwrap_or("palisade");
        let (subject, words) = (escaped(subject), notice.topic.words());
        let _ = write!(text, "\n{mark} {strong}{subject}{strong}: {words}");
        for line in &notice.lines {
            let _ = write!(text, "\n        {}", escaped(line));
        }
    }
    if notices.len() > LISTED {
        let _ = write!(text, "\n… and {} more", notices.len() - LISTED);
    }
    if dropped > 0 {
        let _ = write!(text, "\n{dropped} earlier notices were dropped, because nobody took them");
    }
    if let Some((end, _)) = text.char_indices().nth(MAX_TEXT_CHARS) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Text from manifests and AWS in one line.
fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Text from manifests and AWS as Slack's control characters cannot be: no mentions, no links, no
/// formatting (<https://docs.slack.dev/messaging/formatting-message-text>).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // A zero-width space keeps a word from becoming bold, struck out or code.
            '*' | '_' | '~' | '`' => escaped.extend(['\u{200b}', c]),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_standard_webhooks() {
        // The example of the specification's libraries.
        let signature = signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn text_from_elsewhere_mentions_nobody_and_formats_nothing() {
        assert_eq!(escaped("<!channel> a&b\n"), "&lt;!channel&gt; a&amp;b ");
        assert!(!escaped("*bold*").contains("**"));
        assert_eq!(escaped("`x`").matches('\u{200b}').count(), 2);
    }
}
