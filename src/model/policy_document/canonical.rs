//! The typed, canonical form for comparison: sets where the language means sets, and one spelling
//! where AWS treats two alike.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use serde::{Deserialize, Serialize};

use super::{Context, decimal::Decimal};

/// A text in two spellings: `key` decides equality and order, `shown` is the author's.
#[derive(Debug, Clone)]
pub(super) struct Token {
    key: String,
    shown: String,
}

impl Token {
    pub(super) fn exact(text: &str) -> Self {
        Self::spelt(text, text)
    }

    pub(super) fn spelt(key: impl Into<String>, shown: impl Into<String>) -> Self {
        Self { key: key.into(), shown: shown.into() }
    }

    /// A text whose ASCII case is insignificant (action names, condition keys: IAM reference on
    /// policy elements).
    pub(super) fn folded(text: &str) -> Self {
        Self::spelt(text.to_ascii_lowercase(), text)
    }

    /// A number, as the `Numeric` operators read it: `10.0` is `10`.
    pub(super) fn number(text: &str) -> Self {
        Decimal::parse(text).map_or_else(|| Self::exact(text), |d| Self::spelt(d.to_string(), text))
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) fn shown(&self) -> &str {
        &self.shown
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
impl Eq for Token {}
impl PartialOrd for Token {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Token {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

pub(super) type Tokens = BTreeSet<Token>;
/// Operator (exact) -> condition key -> values.
pub(super) type Conditions = BTreeMap<String, BTreeMap<Token, Tokens>>;

/// The effect of a statement. The IAM reference: "the Effect value is case sensitive".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Effect {
    /// Permits, unless another statement denies.
    Allow,
    /// Refuses, whatever other statements say.
    Deny,
}

impl Effect {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

/// The version of the policy language: only the later one has policy variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    V2008,
    V2012,
}

impl Version {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::V2008 => "2008-10-17",
            Self::V2012 => "2012-10-17",
        }
    }
}

/// An element or its negation: `Action` or `NotAction`, and so on. The two never compare equal,
/// whatever they list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Selection<T> {
    Only(T),
    AllBut(T),
}

impl<T> Selection<T> {
    pub(super) fn inner(&self) -> &T {
        match self {
            Self::Only(t) | Self::AllBut(t) => t,
        }
    }

    /// `Action` or `NotAction`.
    pub(super) fn label(&self, element: &str) -> String {
        match self {
            Self::Only(_) => element.to_owned(),
            Self::AllBut(_) => format!("Not{element}"),
        }
    }

    fn map<U>(&self, f: impl FnOnce(&T) -> U) -> Selection<U> {
        match self {
            Self::Only(t) => Selection::Only(f(t)),
            Self::AllBut(t) => Selection::AllBut(f(t)),
        }
    }
}

/// The kinds of principal the policy language has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PrincipalType {
    Aws,
    CanonicalUser,
    Federated,
    Service,
}

impl PrincipalType {
    pub(super) const ALL: [Self; 4] =
        [Self::Aws, Self::CanonicalUser, Self::Federated, Self::Service];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::CanonicalUser => "CanonicalUser",
            Self::Federated => "Federated",
            Self::Service => "Service",
        }
    }
}

/// The principals of a statement. Never simplified: an empty map, an empty list and a missing
/// element stay different, so that none of them can be mistaken for another or for `"*"`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Principals {
    /// `"*"` is read as `{"AWS": "*"}`, which IAM documents as equivalent.
    Named(BTreeMap<PrincipalType, Tokens>),
    /// Any other bare string. AWS refuses it; here it equals only itself.
    Text(String),
}

impl Principals {
    pub(super) fn of_type(&self, kind: PrincipalType) -> impl Iterator<Item = &Token> {
        match self {
            Self::Named(by_type) => by_type.get(&kind),
            Self::Text(_) => None,
        }
        .into_iter()
        .flatten()
    }

    fn within(&self, context: &Context) -> Self {
        let Self::Named(by_type) = self else {
            return self.clone();
        };
        let normalise = |(kind, names): (&PrincipalType, &Tokens)| {
            let names = match kind {
                PrincipalType::Aws => names.iter().map(|name| root_arn(name, context)).collect(),
                _ => names.clone(),
            };
            (*kind, names)
        };
        Self::Named(by_type.iter().map(normalise).collect())
    }
}

/// An account id stands for the root of that account, in the caller's own partition: AWS stores it
/// in that form.
fn root_arn(name: &Token, context: &Context) -> Token {
    if is_account_id(name.key()) {
        Token::spelt(format!("arn:{}:iam::{}:root", context.partition, name.key()), name.shown())
    } else {
        name.clone()
    }
}

/// Twelve ASCII digits.
pub(super) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// All parts of a statement that decide access.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Body {
    pub(super) effect: Effect,
    pub(super) principal: Option<Selection<Principals>>,
    pub(super) action: Option<Selection<Tokens>>,
    pub(super) resource: Option<Selection<Tokens>>,
    /// Empty when the element is missing or `{}`: both mean "always".
    pub(super) condition: Conditions,
}

impl Body {
    /// The body with its principals in the spelling that AWS would store for a caller in `context`.
    pub(super) fn within(&self, context: &Context) -> Self {
        let principal = self.principal.as_ref().map(|p| p.map(|names| names.within(context)));
        Self { principal, ..self.clone() }
    }

    /// Every element with its values: what a diff shows and an overlap counts. An element that
    /// lists no values is present, without values.
    pub(super) fn elements(&self) -> BTreeMap<Token, Tokens> {
        let mut elements = BTreeMap::new();
        match &self.principal {
            None => {}
            Some(selection) => match selection.inner() {
                Principals::Text(text) => {
                    elements.insert(
                        Token::exact(&selection.label("Principal")),
                        [Token::exact(text)].into(),
                    );
                }
                Principals::Named(by_type) if by_type.is_empty() => {
                    elements.insert(Token::exact(&selection.label("Principal")), Tokens::new());
                }
                Principals::Named(by_type) => {
                    for (kind, names) in by_type {
                        let label = format!("{} {}", selection.label("Principal"), kind.name());
                        elements.insert(Token::exact(&label), names.clone());
                    }
                }
            },
        }
        for (element, selection) in [("Action", &self.action), ("Resource", &self.resource)] {
            if let Some(selection) = selection {
                elements.insert(Token::exact(&selection.label(element)), selection.inner().clone());
            }
        }
        for (operator, keys) in &self.condition {
            if keys.is_empty() {
                elements.insert(Token::exact(&format!("Condition {operator}")), Tokens::new());
            }
            for (key, values) in keys {
                let label = |key: &str| format!("Condition {operator} {key}");
                elements.insert(Token::spelt(label(key.key()), label(key.shown())), values.clone());
            }
        }
        elements
    }
}

/// One statement: its body, and its name, which has no effect on access.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Statement {
    pub(super) body: Body,
    /// Empty when missing: AWS treats the two alike.
    pub(super) sid: String,
}

impl Statement {
    pub(super) fn within(&self, context: &Context) -> Self {
        Self { body: self.body.within(context), sid: self.sid.clone() }
    }
}
