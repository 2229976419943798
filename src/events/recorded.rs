//! What a kind says about the calls that change its resources, as CloudTrail records them.
//!
//! The shapes are from real records and AWS's user guides; a call of which no record is known has
//! the shape that its API suggests. A shape that is not understood never hides an event: where the
//! paths find nothing, it concerns the whole kind.

/// The keys of edits that set and remove tags, for [`Does::Edit`].
pub const TAGS: &[&str] = &["tags", "untag"];

/// The records that concern a kind.
#[derive(Debug, Clone, Copy)]
pub struct Records {
    /// The calls that change its resources.
    pub calls: &'static [Recorded],
    /// The id of the resource that a text names, by its id or ARN; `None` if it names none of this
    /// kind.
    pub id: fn(&str) -> Option<String>,
    /// Prefixes of the ids of parts of a resource, whose record does not name the whole.
    pub parts: &'static [&'static str],
}

/// One call.
#[derive(Debug, Clone, Copy)]
pub struct Recorded {
    /// The service, as in `eventSource` before `.amazonaws.com`.
    pub service: &'static str,
    /// The call, as in `eventName`.
    pub call: &'static str,
    /// Paths to the names of what it changes, from the record, with `/` between members. A path
    /// covers both forms in which EC2's calls are recorded, and passes through lists. Two paths
    /// with `+` between them are a name in two parts.
    pub at: &'static [&'static str],
    /// Paths to the names of those that it was to change and did not: the answer to a call about
    /// several can name some for which it failed.
    pub failed_at: &'static [&'static str],
    /// What it does to them.
    pub does: Does,
    /// Whether it may change resources of the kind that it does not name.
    pub others: bool,
}

/// What a call does to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// Makes it.
    Create,
    /// Removes it.
    Delete,
    /// Changes it. The edits that undo that have a key with one of these texts in it; any but those
    /// of tags, if there are none.
    Edit(&'static [&'static str]),
}

impl Recorded {
    /// A call that makes a resource.
    pub const fn creates(
        service: &'static str,
        call: &'static str,
        at: &'static [&'static str],
    ) -> Self {
        Self { service, call, at, failed_at: &[], does: Does::Create, others: false }
    }

    /// A call that removes resources.
    pub const fn deletes(
        service: &'static str,
        call: &'static str,
        at: &'static [&'static str],
    ) -> Self {
        Self { service, call, at, failed_at: &[], does: Does::Delete, others: false }
    }

    /// A call that changes resources; `keys` as in [`Does::Edit`].
    pub const fn edits(
        service: &'static str,
        call: &'static str,
        at: &'static [&'static str],
        keys: &'static [&'static str],
    ) -> Self {
        Self { service, call, at, failed_at: &[], does: Does::Edit(keys), others: false }
    }

    /// The same, if the answer names those for which it failed.
    #[must_use]
    pub const fn failing_for(self, failed_at: &'static [&'static str]) -> Self {
        Self { failed_at, ..self }
    }

    /// The same, if it may change resources that it does not name.
    #[must_use]
    pub const fn and_others(self) -> Self {
        Self { others: true, ..self }
    }
}

impl Does {
    /// Whether it can have caused a difference that edits with these keys undo.
    pub fn explains<'k>(self, keys: impl IntoIterator<Item = &'k String>) -> bool {
        use crate::plan::{CREATE_KEY, DELETE_KEY};
        keys.into_iter().any(|key| match self {
            Self::Delete => key == CREATE_KEY,
            Self::Create => key == DELETE_KEY,
            Self::Edit(texts) => {
                key != CREATE_KEY
                    && if texts.is_empty() {
                        !TAGS.contains(&key.as_str())
                    } else {
                        texts.iter().any(|text| key.contains(text))
                    }
            }
        })
    }
}

/// The id that a text is, or that its ARN ends with: of resources whose ids have this prefix and
/// then lower-case letters and digits.
pub fn prefixed(text: &str, prefix: &str) -> Option<String> {
    let name = text.rsplit(['/', ':']).next().unwrap_or_default();
    let rest = name.strip_prefix(prefix)?;
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (!rest.is_empty() && rest.bytes().all(plain)).then(|| name.to_owned())
}

/// The rest of an ARN of this service and type, as in `arn:…:SERVICE:…:…:TYPE/REST`; a text that is
/// no ARN is the rest itself.
pub fn arn_rest<'t>(text: &'t str, service: &str, resource: &str) -> Option<&'t str> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, of, _, _, name] => {
            (of == service).then_some(name)?.strip_prefix(resource)?.strip_prefix('/')
        }
        _ if text.starts_with("arn:") => None,
        _ => Some(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_recognized_whole_and_in_arns() {
        for (text, prefix, id) in [
            ("sg-0aaa", "sg-", Some("sg-0aaa")),
            ("arn:aws:ec2:eu-west-1:111122223333:security-group/sg-0aaa", "sg-", Some("sg-0aaa")),
            ("sgr-0aaa", "sg-", None),
            ("sg-", "sg-", None),
            ("sg-0aaa; rm", "sg-", None),
            ("arn:aws:sagemaker:eu-west-1:111122223333:domain/d-abc", "d-", Some("d-abc")),
        ] {
            assert_eq!(prefixed(text, prefix).as_deref(), id, "{text}");
        }
        let arn = "arn:aws:sagemaker:eu-west-1:111122223333:space/d-1/one";
        assert_eq!(arn_rest(arn, "sagemaker", "space"), Some("d-1/one"));
        assert_eq!(arn_rest(arn, "sagemaker", "domain"), None);
        assert_eq!(arn_rest(arn, "kms", "space"), None);
    }

    #[test]
    fn a_call_explains_what_undoes_it_and_nothing_else() {
        let keys = |key: &str| vec![key.to_owned()];
        let tags = Does::Edit(TAGS);
        assert!(tags.explains(&keys("untag")) && !tags.explains(&keys("policy")));
        assert!(Does::Edit(&[]).explains(&keys("policy")));
        assert!(!Does::Edit(&[]).explains(&keys("tags")));
        assert!(!Does::Edit(&[]).explains(&keys("create")), "it is gone: nothing edited that");
        assert!(Does::Delete.explains(&keys("create")) && !Does::Delete.explains(&keys("policy")));
        assert!(Does::Create.explains(&keys("delete")));
    }
}
