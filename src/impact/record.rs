//! A record of CloudTrail, as far as it says something about the request (CloudTrail user guide,
//! "CloudTrail record contents" and "userIdentity element").
//!
//! A value of an unexpected type is taken as missing, which leaves a question open and never
//! answers it wrongly.

use std::{marker::PhantomData, net::IpAddr};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value;

/// A record without its parameters, which only some questions need.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Record {
    #[serde(deserialize_with = "text")]
    pub(super) event_source: String,
    #[serde(deserialize_with = "text")]
    pub(super) event_name: String,
    #[serde(deserialize_with = "text")]
    pub(super) event_time: String,
    #[serde(deserialize_with = "text", rename = "eventID")]
    pub(super) event_id: String,
    #[serde(deserialize_with = "text")]
    pub(super) event_type: String,
    #[serde(deserialize_with = "text")]
    pub(super) aws_region: String,
    #[serde(deserialize_with = "text")]
    pub(super) recipient_account_id: String,
    /// An address, or the name of the service that made the call for somebody.
    #[serde(deserialize_with = "text", rename = "sourceIPAddress")]
    pub(super) source_address: String,
    #[serde(deserialize_with = "text")]
    pub(super) user_agent: String,
    #[serde(deserialize_with = "text")]
    pub(super) error_code: String,
    #[serde(deserialize_with = "text")]
    pub(super) vpc_endpoint_id: String,
    #[serde(deserialize_with = "text")]
    pub(super) vpc_endpoint_account_id: String,
    #[serde(deserialize_with = "part")]
    pub(super) user_identity: Identity,
    #[serde(deserialize_with = "part")]
    pub(super) tls_details: Tls,
    #[serde(deserialize_with = "parts")]
    pub(super) resources: Vec<Resource>,
    /// The record as text, in the answers of LookupEvents.
    #[serde(deserialize_with = "text", rename = "CloudTrailEvent")]
    pub(super) inner: String,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Identity {
    #[serde(deserialize_with = "text", rename = "type")]
    pub(super) sort: String,
    #[serde(deserialize_with = "text")]
    pub(super) arn: String,
    #[serde(deserialize_with = "text")]
    pub(super) account_id: String,
    #[serde(deserialize_with = "text")]
    pub(super) principal_id: String,
    #[serde(deserialize_with = "text")]
    pub(super) user_name: String,
    #[serde(deserialize_with = "text")]
    pub(super) invoked_by: String,
    #[serde(deserialize_with = "part")]
    pub(super) session_context: Session,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Session {
    #[serde(deserialize_with = "part")]
    pub(super) session_issuer: Issuer,
    #[serde(deserialize_with = "part")]
    pub(super) attributes: Attributes,
    #[serde(deserialize_with = "text")]
    pub(super) source_identity: String,
    #[serde(deserialize_with = "text")]
    pub(super) assumed_root: String,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Issuer {
    /// The role, with its path.
    #[serde(deserialize_with = "text")]
    pub(super) arn: String,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Attributes {
    #[serde(deserialize_with = "text")]
    pub(super) mfa_authenticated: String,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Tls {
    #[serde(deserialize_with = "text")]
    pub(super) tls_version: String,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Resource {
    #[serde(deserialize_with = "text", rename = "ARN")]
    pub(super) arn: String,
    #[serde(deserialize_with = "text")]
    pub(super) account_id: String,
}

/// What the caller sent and what was answered.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Details {
    pub(super) request_parameters: Value,
    pub(super) response_elements: Value,
    pub(super) additional_event_data: Value,
}

impl Details {
    /// What was sent; `None` if CloudTrail left it out because of its size, or hid some of it.
    pub(super) fn sent(&self) -> Option<&Value> {
        const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";
        let sent = &self.request_parameters;
        let is_hidden = sent.as_object().is_some_and(|it| {
            it.get("omitted") == Some(&Value::Bool(true)) || it.values().any(|it| it == HIDDEN)
        });
        (!is_hidden).then_some(sent)
    }
}

impl Record {
    /// The address of the caller; `None` if a service made the call.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.source_address.parse().ok()
    }

    /// The service that made the call for somebody, if one did.
    pub(super) fn via(&self) -> Option<&str> {
        let by = self.user_identity.invoked_by.as_str();
        (!by.is_empty()).then_some(by)
    }

    /// Whether AWS itself made the call, for nobody else.
    pub(super) fn is_of_aws(&self) -> bool {
        self.user_identity.sort == "AWSService"
    }

    /// Whether the caller lacked permission: the call had no effect, and is no evidence that
    /// somebody depends on it. Every other error comes after that check.
    pub(super) fn was_denied(&self) -> bool {
        let code = self.error_code.rsplit('.').next().unwrap_or_default();
        code.starts_with("AccessDenied") || code.starts_with("Unauthorized")
    }
}

/// A text, or a number or a truth value as text; anything else is no value.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct Text;
    impl<'de> Visitor<'de> for Text {
        type Value = String;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("any value")
        }
        fn visit_str<E>(self, text: &str) -> Result<String, E> {
            Ok(text.to_owned())
        }
        fn visit_string<E>(self, text: String) -> Result<String, E> {
            Ok(text)
        }
        fn visit_bool<E>(self, it: bool) -> Result<String, E> {
            Ok(it.to_string())
        }
        fn visit_u64<E>(self, it: u64) -> Result<String, E> {
            Ok(it.to_string())
        }
        fn visit_i64<E>(self, it: i64) -> Result<String, E> {
            Ok(it.to_string())
        }
        fn visit_f64<E>(self, it: f64) -> Result<String, E> {
            Ok(it.to_string())
        }
        fn visit_unit<E>(self) -> Result<String, E> {
            Ok(String::new())
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<String, A::Error> {
            while all.next_element::<IgnoredAny>()?.is_some() {}
            Ok(String::new())
        }
        fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<String, A::Error> {
            while all.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(String::new())
        }
    }
    deserializer.deserialize_any(Text)
}

/// A structure; anything else is an empty one. It is read where it stands: most of the time of a
/// record would go into a copy.
fn part<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Part::deserialize(deserializer).map(|it| it.0)
}

/// A list of structures; anything else is an empty one.
fn parts<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let all: Parts<T> = Parts::deserialize(deserializer)?;
    Ok(all.0)
}

struct Part<T>(T);
struct Parts<T>(Vec<T>);

/// What a value is that is not of the expected type.
macro_rules! otherwise {
    ($empty:expr) => {
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("any value")
        }
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok($empty)
        }
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($empty)
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($empty)
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($empty)
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($empty)
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($empty)
        }
    };
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Of<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for Of<T> {
            type Value = Part<T>;
            otherwise!(Part(T::default()));
            fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Self::Value, A::Error> {
                while all.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Part(T::default()))
            }
            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members)).map(Part)
            }
        }
        deserializer.deserialize_any(Of(PhantomData))
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Parts<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Of<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for Of<T> {
            type Value = Parts<T>;
            otherwise!(Parts(Vec::new()));
            fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Self::Value, A::Error> {
                let mut found = Vec::new();
                while let Some(Part(one)) = all.next_element()? {
                    found.push(one);
                }
                Ok(Parts(found))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Self::Value, A::Error> {
                while all.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Parts(Vec::new()))
            }
        }
        deserializer.deserialize_any(Of(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_of_another_type_is_a_missing_one() {
        let odd = json!({"eventName": 7, "eventSource": {"a": [1]}, "userIdentity": "nobody",
            "resources": {"ARN": "x"}, "tlsDetails": null, "readOnly": true,
            "recipientAccountId": 111_122_223_333_u64});
        let record: Record = serde_json::from_value(odd).unwrap();
        assert_eq!((&*record.event_name, &*record.event_source), ("7", ""));
        assert_eq!(record.recipient_account_id, "111122223333");
        assert_eq!(record.user_identity, Identity::default());
        assert!(record.resources.is_empty());
    }

    #[test]
    fn what_cloudtrail_left_out_or_hid_is_not_taken_for_everything_that_was_sent() {
        let sent = |value: Value| {
            let details = Details { request_parameters: value, ..Details::default() };
            details.sent().is_some()
        };
        assert!(sent(json!(null)) && sent(json!({"a": "b"})));
        assert!(!sent(json!({"omitted": true, "originalSize": 200_000, "reason": "x"})));
        assert!(!sent(json!({"content": "HIDDEN_DUE_TO_SECURITY_REASONS"})));
    }

    #[test]
    fn only_a_lack_of_permission_means_that_the_call_was_denied() {
        let denied =
            |code: &str| Record { error_code: code.into(), ..Record::default() }.was_denied();
        assert!(denied("AccessDenied") && denied("AccessDeniedException"));
        assert!(denied("Client.UnauthorizedOperation"));
        for code in ["", "ThrottlingException", "Client.DryRunOperation", "NoSuchBucket"] {
            assert!(!denied(code), "{code}");
        }
    }
}
