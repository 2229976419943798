//! The content of a policy, in the language of its type.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Language, PolicyType};
use crate::{
    kind::{Invalid, Line, ScopeFacts, Sign, has_placeholder, policy_lines},
    kinds::policies,
    model::{
        Risk,
        management_policy::{self, ManagementPolicy},
        policy_document::{self, Context, PolicyDocument, Widening, printable},
    },
};

/// The content of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// An IAM policy document.
    Control(PolicyDocument),
    /// A document with inheritance operators.
    Management(ManagementPolicy),
}

impl From<PolicyDocument> for Content {
    fn from(document: PolicyDocument) -> Self {
        Self::Control(document)
    }
}

/// Control policies name no principals except everybody, so partition and account have no meaning.
fn context() -> Context {
    Context { partition: String::new(), account: String::new() }
}

impl Content {
    /// The content of a manifest; everything that AWS would refuse in it is added to the problems.
    pub(super) fn checked(
        value: &Value,
        of: &PolicyType,
        scope: &ScopeFacts,
        problems: &mut Vec<Invalid>,
    ) -> Option<Self> {
        match of.language {
            Language::Control(dialect) => {
                policies::checked("content", value, dialect, scope, problems).map(Self::Control)
            }
            Language::Management(language) => {
                let policy = ManagementPolicy::from_value(value, language);
                let faults = policy.faults().into_iter().filter(|it| !waits(value, &it.path));
                problems.extend(faults.map(|management_policy::Fault { path, why, help }| {
                    Invalid::new(policies::below("content", &path), why).help(help)
                }));
                let (size, limit) = (policy.size_bytes(), of.max_bytes);
                if size > limit {
                    let over = size - limit;
                    let why = format!(
                        "{size} bytes without white space, {over} more than the {limit} AWS takes"
                    );
                    problems.push(Invalid::new("content", why).help("split it into two policies"));
                }
                Some(Self::Management(policy))
            }
        }
    }

    /// The content of a live policy; `None` if palisade cannot read it.
    pub(super) fn parse(text: &str, of: &PolicyType) -> Option<Self> {
        match of.language {
            Language::Control(dialect) => {
                PolicyDocument::parse(text, dialect).ok().map(Self::Control)
            }
            Language::Management(language) => {
                ManagementPolicy::parse(text, language).map(Self::Management)
            }
        }
    }

    /// The IAM policy document, if it is one.
    pub fn document(&self) -> Option<&PolicyDocument> {
        match self {
            Self::Control(document) => Some(document),
            Self::Management(_) => None,
        }
    }

    /// The text for AWS.
    pub(super) fn to_minified_json(&self) -> String {
        match self {
            Self::Control(document) => document.to_minified_json(),
            Self::Management(policy) => policy.to_minified_json(),
        }
    }

    fn size_bytes(&self) -> usize {
        match self {
            Self::Control(document) => document.size_bytes(),
            Self::Management(policy) => policy.size_bytes(),
        }
    }

    /// Whether neither content needs an update to become the other.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Control(a), Self::Control(b)) => policy_document::equivalent(a, b, &context()),
            (Self::Management(a), Self::Management(b)) => a.means_the_same(b),
            _ => false,
        }
    }

    /// What replacing this content does to access; `None` stands for a content that cannot be read.
    pub(super) fn widening(old: Option<&Self>, new: Option<&Self>) -> Widening {
        match (old, new) {
            (Some(Self::Control(old)), Some(Self::Control(new))) => {
                policy_document::diff(old, new, &context()).widening
            }
            (Some(Self::Management(old)), Some(Self::Management(new))) => {
                ManagementPolicy::widening(Some(old), Some(new))
            }
            _ => Widening::Unknown,
        }
    }

    /// Whether replacing this content may stop what is in use below its targets, such as a
    /// connection through an internet gateway. A control policy is asked at every call.
    pub(super) fn cuts(old: Option<&Self>, new: Option<&Self>) -> bool {
        let management = |content: Option<&Self>| match content {
            Some(Self::Management(policy)) => Some(policy.clone()),
            _ => None,
        };
        ManagementPolicy::cuts(management(old).as_ref(), management(new).as_ref())
    }

    /// The lines of a plan that replaces this content.
    pub(super) fn lines(old: Option<&Self>, new: Option<&Self>) -> Vec<Line> {
        let (Some(old), Some(new)) = (old, new) else {
            return vec![Line::change("content", "(not readable)", "the manifest's")];
        };
        let (before, after) = (old.size_bytes(), new.size_bytes());
        let size = (before != after).then(|| Line::change("content (bytes)", before, after));
        let inner = match (old, new) {
            (Self::Control(old), Self::Control(new)) => {
                policy_lines(&policy_document::diff(old, new, &context()), 0)
            }
            (Self::Management(old), Self::Management(new)) => {
                let changes = ManagementPolicy::changes(Some(old), Some(new));
                changes.iter().map(line).collect()
            }
            _ => Vec::new(),
        };
        size.into_iter().chain(inner).collect()
    }

    /// The effects of the content where it is attached.
    pub(super) fn effects(&self) -> Effects {
        match self {
            Self::Control(document) => Effects::of_statements(&document.as_value()["Statement"]),
            Self::Management(policy) => {
                let risk = ManagementPolicy::widening(None, Some(policy)).risk();
                let cuts = [
                    ManagementPolicy::cuts(None, Some(policy)),
                    ManagementPolicy::cuts(Some(policy), None),
                ];
                Effects { allow: risk.opens, deny: risk.closes, cuts }
            }
        }
    }
}

/// One value of a management policy that changes: a quotation, as the elements of a statement are.
fn line(change: &management_policy::Change) -> Line {
    let shown = |value: &Value| match value {
        Value::String(text) => printable(text),
        other => printable(&other.to_string()),
    };
    let path = printable(&change.path);
    let line = match (&change.old, &change.new) {
        (Some(old), Some(new)) => Line::change(&path, shown(old), shown(new)),
        (Some(old), None) => Line::new(Sign::Remove, format!("{path}: {}", shown(old))),
        (None, new) => {
            Line::new(Sign::Add, format!("{path}: {}", new.as_ref().map(shown).unwrap_or_default()))
        }
    };
    Line { quotes: true, ..line }
}

/// Whether the text at `path` stands for a resource that does not exist yet.
fn waits(policy: &Value, path: &str) -> bool {
    crate::kind::policies::at(policy, path).and_then(Value::as_str).is_some_and(has_placeholder)
}

/// The effects of a policy where it is attached: something may be allowed only because of it, and
/// something may be forbidden.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Effects {
    pub(super) allow: bool,
    pub(super) deny: bool,
    /// What is in use may stop: with the attachment, and with the detachment.
    pub(super) cuts: [bool; 2],
}

impl Effects {
    const UNKNOWN: Self = Self { allow: true, deny: true, cuts: [false; 2] };

    fn of_statements(statements: &Value) -> Self {
        let list =
            statements.as_array().map_or_else(|| std::slice::from_ref(statements), Vec::as_slice);
        let is_deny = |statement: &Value| statement["Effect"] == "Deny";
        let (deny, allow) = (list.iter().any(is_deny), !list.iter().all(is_deny));
        Self { allow, deny, cuts: [false; 2] }
    }

    /// The effects of several contents together; an unreadable one may do anything.
    pub(super) fn of<'a>(contents: impl IntoIterator<Item = Option<&'a Content>>) -> Self {
        let mut together = Self::default();
        for content in contents {
            let one = content.map_or(Self::UNKNOWN, Content::effects);
            together.allow |= one.allow;
            together.deny |= one.deny;
            together.cuts = [0, 1].map(|at| together.cuts[at] || one.cuts[at]);
        }
        together
    }

    /// Something that is allowed below the target only because the policy is attached may be
    /// gained.
    pub(super) fn risk_of_attaching(self) -> Risk {
        cutting(self.cuts[0], Risk { opens: self.allow, closes: self.deny, ..Risk::NEUTRAL })
    }

    pub(super) fn risk_of_detaching(self) -> Risk {
        cutting(self.cuts[1], Risk { opens: self.deny, closes: self.allow, ..Risk::NEUTRAL })
    }
}

/// The same risk, and that of stopping what is in use.
pub(super) fn cutting(cuts: bool, risk: Risk) -> Risk {
    if cuts { risk.cutting_connections() } else { risk }
}
