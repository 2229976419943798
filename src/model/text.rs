//! The tags and descriptions that each service accepts. AWS documents the rules in several places
//! and refuses other texts only in the middle of a change; here they are checked before.
//!
//! Sources: the services' API models (botocore 1.44, patterns and lengths of tag keys, values and
//! descriptions); for KMS, whose model has no pattern, the `TagException` in public bug reports
//! (upbound/provider-upjet-aws issue 922).

use std::{collections::BTreeMap, sync::LazyLock};

use regex::Regex;

use super::claim;

/// AWS allows 50 tags on every resource here; the claim uses three of them.
const MAX_TAGS: usize = 47;

/// A text that a service does not accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The field, e.g. `tags.Owner`.
    pub field: String,
    /// What is wrong with it.
    pub why: String,
    /// How to correct it.
    pub help: String,
}

/// The tags that a service accepts.
#[derive(Debug, Clone, Copy)]
pub struct TagRules {
    service: &'static str,
    /// The longest key, in characters; the longest value has 256 for every service.
    key: usize,
    /// Whether only letters, digits, spaces and [`SIGNS`] are allowed.
    plain: bool,
}

/// EC2: any character.
pub const EC2: TagRules = TagRules { service: "EC2", key: 127, plain: false };
/// KMS.
pub const KMS: TagRules = TagRules { service: "KMS", key: 128, plain: true };
/// IAM.
pub const IAM: TagRules = TagRules { service: "IAM", key: 128, plain: true };
/// Organizations.
pub const ORGANIZATIONS: TagRules = TagRules { service: "Organizations", key: 128, plain: true };
/// CloudTrail.
pub const CLOUDTRAIL: TagRules = TagRules { service: "CloudTrail", key: 128, plain: true };
/// CloudWatch.
pub const CLOUDWATCH: TagRules = TagRules { service: "CloudWatch", key: 128, plain: true };
/// EventBridge.
pub const EVENTS: TagRules = TagRules { service: "EventBridge", key: 128, plain: true };
/// CloudWatch Logs.
pub const LOGS: TagRules = TagRules { service: "CloudWatch Logs", key: 128, plain: true };
/// SQS.
pub const SQS: TagRules = TagRules { service: "SQS", key: 128, plain: true };
/// SNS.
pub const SNS: TagRules = TagRules { service: "SNS", key: 128, plain: true };
/// S3.
pub const S3: TagRules = TagRules { service: "S3", key: 128, plain: true };
/// SageMaker.
pub const SAGEMAKER: TagRules = TagRules { service: "SageMaker", key: 128, plain: true };

/// GuardDuty.
pub const GUARDDUTY: TagRules = plain("GuardDuty");
/// IAM Access Analyzer.
pub const ACCESS_ANALYZER: TagRules = plain("Access Analyzer");
/// Security Hub.
pub const SECURITY_HUB: TagRules = plain("Security Hub");
/// Bedrock.
pub const BEDROCK: TagRules = plain("Bedrock");
/// Cost Explorer.
pub const COST_EXPLORER: TagRules = plain("Cost Explorer");
/// Control Tower.
pub const CONTROL_TOWER: TagRules = plain("Control Tower");
/// Resource Access Manager.
pub const RAM: TagRules = plain("RAM");
/// ECR.
pub const ECR: TagRules = plain("ECR");
/// DataZone.
pub const DATAZONE: TagRules = plain("DataZone");
/// IAM Identity Center.
pub const IDENTITY_CENTER: TagRules = plain("Identity Center");

/// The usual rules.
const fn plain(service: &'static str) -> TagRules {
    TagRules { service, key: 128, plain: true }
}

const SIGNS: &str = "_.:/=+-@";

/// A character in the services' pattern for tags (botocore 1.44): Unicode letters, separators and
/// numbers. Combining marks are not included, although [`char::is_alphabetic`] accepts some of
/// them.
#[expect(clippy::expect_used, reason = "a constant")]
static PLAIN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[\p{L}\p{Z}\p{N}_.:/=+\-@]$").expect("a pattern"));
const VALUE: usize = 256;

impl TagRules {
    /// All tags that the service refuses, and all that are reserved. A value of `None` means that
    /// the key must be absent.
    pub fn refused(&self, tags: &BTreeMap<String, Option<String>>) -> Vec<Refused> {
        let mut found = Vec::new();
        let count = tags.values().flatten().count();
        if count > MAX_TAGS {
            let why = format!("{count} tags, and {MAX_TAGS} can be set");
            found.push(refused(
                "tags",
                why,
                "AWS allows 50, and palisade's claim needs three of \
                them",
            ));
        }
        for (key, value) in tags {
            let field = format!("tags.{key}");
            let wrong = self
                .key_problem(key)
                .or_else(|| value.as_deref().and_then(|value| self.value_problem(value)));
            found.extend(wrong.map(|(why, help)| refused(&field, why, help)));
        }
        found
    }

    fn key_problem(&self, key: &str) -> Option<(String, String)> {
        let lower = key.to_ascii_lowercase();
        let own = [("aws:", "AWS"), (claim::PREFIX, "palisade")];
        if let Some((prefix, whose)) = own.iter().find(|(prefix, _)| lower.starts_with(prefix)) {
            let why = format!("keys that start with `{prefix}` are reserved for {whose}");
            return Some((why, "use another key".to_owned()));
        }
        let length = key.chars().count();
        if !(1..=self.key).contains(&length) {
            let why = format!("the key has {length} characters");
            return Some((why, format!("{} allows 1 to {}", self.service, self.key)));
        }
        self.odd("key", key)
    }

    fn value_problem(&self, value: &str) -> Option<(String, String)> {
        let length = value.chars().count();
        if length > VALUE {
            let why = format!("the value has {length} characters");
            return Some((why, format!("{} allows at most {VALUE}", self.service)));
        }
        self.odd("value", value)
    }

    fn odd(&self, part: &str, text: &str) -> Option<(String, String)> {
        let mut buffer = [0; 4];
        let mut taken = |c: &char| !self.plain || PLAIN.is_match(c.encode_utf8(&mut buffer));
        let odd = text.chars().find(|c| !taken(c))?;
        let why = format!("{} does not allow {odd:?} in a tag's {part}", self.service);
        let signs: Vec<String> = SIGNS.chars().map(String::from).collect();
        Some((why, format!("use letters, digits, spaces and {}", signs.join(" "))))
    }
}

/// The longest name or description; every character is allowed.
#[derive(Debug, Clone, Copy)]
pub struct Length {
    service: &'static str,
    limit: usize,
}

/// A key's description.
pub const KMS_DESCRIPTION: Length = Length { service: "KMS", limit: 8192 };
/// A policy's description.
pub const POLICY_DESCRIPTION: Length = Length { service: "Organizations", limit: 512 };
/// A policy's name.
pub const POLICY_NAME: Length = Length { service: "Organizations", limit: 128 };

impl Length {
    /// A limit in characters, and whose it is.
    pub const fn new(service: &'static str, limit: usize) -> Self {
        Self { service, limit }
    }

    /// What is wrong with a text of this length, if anything.
    pub fn refused(self, field: &str, text: &str) -> Option<Refused> {
        let length = text.chars().count();
        (length > self.limit).then(|| {
            let help = format!("{} allows at most {}", self.service, self.limit);
            refused(field, format!("{length} characters long"), help)
        })
    }
}

fn refused(field: &str, why: impl Into<String>, help: impl Into<String>) -> Refused {
    Refused { field: field.to_owned(), why: why.into(), help: help.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(rules: TagRules, key: &str, value: &str) -> Option<String> {
        let tags = [(key.to_owned(), Some(value.to_owned()))].into();
        rules.refused(&tags).pop().map(|it| format!("{}: {}", it.field, it.why))
    }

    #[test]
    fn a_mark_on_a_letter_is_none_of_what_the_strict_services_take() {
        for odd in ["क\u{93f}", "ⓐ"] {
            assert!(wrong(SAGEMAKER, "Team", odd).is_some(), "{odd}");
            assert_eq!(wrong(EC2, "Team", odd), None);
        }
        assert_eq!(wrong(SAGEMAKER, "Équipe", "日本 Ⅷ"), None);
    }

    #[test]
    fn each_service_has_its_own_characters() {
        for value in [
            "Research & Development",
            "one, two",
            "(x)",
            "Test #2",
            "a;b",
            "it's",
            "50%",
            "a\tb",
            "😀",
            "a*",
            "[x]",
        ] {
            assert_eq!(wrong(EC2, "k", value), None, "{value}");
            for rules in [KMS, ORGANIZATIONS, SAGEMAKER] {
                let found = wrong(rules, "k", value);
                assert!(
                    found.as_ref().is_some_and(|it| it.starts_with("tags.k: ")),
                    "{value}: {found:?}"
                );
                assert!(wrong(rules, value, "v").is_some(), "{value} as a key");
            }
        }
        for value in
            ["", "ml platform", "a_b.c:d/e=f+g-h@i", "Forschung Zürich", "研究", "Ⅻ ½", "a\u{a0}b"]
        {
            for rules in [EC2, KMS, ORGANIZATIONS, SAGEMAKER] {
                assert_eq!(wrong(rules, "k", value), None, "{value}");
            }
        }
    }

    #[test]
    fn lengths_counts_and_reserved_keys_are_known() {
        for rules in [EC2, KMS, ORGANIZATIONS, SAGEMAKER] {
            for key in ["aws:x", "AWS:x", "palisade:owner", "Palisade:x", ""] {
                assert!(wrong(rules, key, "v").is_some(), "{key}");
            }
            assert_eq!(wrong(rules, "k", &"é".repeat(256)), None);
            assert!(wrong(rules, "k", &"é".repeat(257)).is_some());
            assert_eq!(wrong(rules, &"k".repeat(127), ""), None);
            assert!(wrong(rules, &"k".repeat(129), "").is_some());
            let many =
                |count: usize| (0..count).map(|n| (n.to_string(), Some(String::new()))).collect();
            assert_eq!(rules.refused(&many(MAX_TAGS)), []);
            assert_eq!(rules.refused(&many(MAX_TAGS + 1)).len(), 1);
        }
        assert!(wrong(EC2, &"k".repeat(128), "").is_some(), "one less than the others");
        assert_eq!(wrong(KMS, &"k".repeat(128), ""), None);
        let gone: BTreeMap<_, _> = (0..60).map(|n| (n.to_string(), None)).collect();
        assert_eq!(KMS.refused(&gone), [], "what must not be there counts for nothing");
    }

    #[test]
    fn a_text_that_is_too_long_is_counted_in_characters() {
        assert_eq!(POLICY_DESCRIPTION.refused("description", &"é".repeat(512)), None);
        let found = POLICY_DESCRIPTION.refused("description", &"é".repeat(513)).expect("refused");
        assert_eq!(
            (found.why.as_str(), found.help.as_str()),
            ("513 characters long", "Organizations allows at most 512")
        );
    }
}
