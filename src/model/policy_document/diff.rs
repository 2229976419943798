//! The difference of two documents, statement by statement.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{
    Context, PolicyDocument,
    canonical::{Body, Effect, PrincipalType, Selection, Statement, Token, Tokens},
    compare::{Comparison, bodies, compare},
    direction::{Widening, judge},
    evaluate::account_of,
};

/// The difference of two documents. Displays as lines that start with `+ `, `- ` or `~ `, nested by
/// two spaces, and as an empty text if the documents are equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyDiff {
    /// Whether the documents are equivalent.
    pub comparison: Comparison,
    /// The direction of all changes together.
    pub widening: Widening,
    /// Differences outside the statements.
    pub document: Vec<DocumentChange>,
    /// Changed and added statements in the order of the new document, then removed ones in the
    /// order of the old.
    pub statements: Vec<StatementDiff>,
}

/// A difference outside the statements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "field", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DocumentChange {
    /// The language version; a missing one is 2008-10-17.
    Version {
        /// Before.
        old: String,
        /// After.
        new: String,
    },
    /// The document's `Id`, which has no effect.
    Id {
        /// Before.
        old: Option<String>,
        /// After.
        new: Option<String>,
    },
    /// The statements are equivalent but written differently (order, repetition, brackets), where
    /// that counts.
    Form,
}

/// The change of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatementChange {
    /// Only the new document has it.
    Added,
    /// Only the old document has it.
    Removed,
    /// Both have it, and it differs.
    Changed,
}

/// One statement that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatementDiff {
    /// The change.
    pub change: StatementChange,
    /// `statement "Sid"`, or `Statement[index]` without one, counted from zero in the document that
    /// contains the statement (for a changed one, the new document).
    pub name: String,
    /// The effect in the new document, or of the removed statement.
    pub effect: Effect,
    /// The elements that differ; all of them for an added or removed statement.
    pub elements: Vec<ElementChange>,
    /// Accounts other than the caller's that the statement newly names.
    pub other_accounts: BTreeSet<String>,
    /// The direction of this statement's change.
    pub widening: Widening,
}

/// One element of a statement as a set difference, in the spelling of the documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ElementChange {
    /// `Action`, `NotResource`, `Principal AWS`, `Condition StringEquals aws:PrincipalOrgID`,
    /// `Sid`, …
    pub element: String,
    /// Values that only the new document has.
    pub added: Vec<String>,
    /// Values that only the old document has.
    pub removed: Vec<String>,
}

/// If a third of all values is shared, two statements are one changed statement rather than a
/// removed and an added one.
const LEAST_OVERLAP: u64 = SCALE / 3;
const SCALE: u64 = 1_000_000;

/// What changes from `old` to `new`.
pub fn diff(old: &PolicyDocument, new: &PolicyDocument, context: &Context) -> PolicyDiff {
    let comparison = compare(old, new, context);
    let (old_side, new_side) = (Side::new(old, context), Side::new(new, context));
    let statements = statements(&old_side, &new_side, context);
    let mut document = Vec::new();
    let mut widening =
        statements.iter().fold(Widening::Neutral, |so_far, s| so_far.and(s.widening));
    if old.version != new.version {
        document.push(DocumentChange::Version {
            old: old.version.name().to_owned(),
            new: new.version.name().to_owned(),
        });
        // `${…}` is a variable only in the later version.
        if [old, new].iter().any(|side| side.to_minified_json().contains("${")) {
            widening = Widening::Unknown;
        }
    }
    if old.id != new.id {
        document.push(DocumentChange::Id { old: old.id.clone(), new: new.id.clone() });
    }
    if comparison == Comparison::Different && document.is_empty() && statements.is_empty() {
        document.push(DocumentChange::Form);
    }
    PolicyDiff { comparison, widening, document, statements }
}

/// The distinct statements of one document, each with its index.
struct Side(Vec<(usize, Statement)>);

impl Side {
    fn new(document: &PolicyDocument, context: &Context) -> Self {
        let mut seen = BTreeSet::new();
        let statements = document.statements.iter().map(|s| s.within(context)).enumerate();
        Self(statements.filter(|(_, statement)| seen.insert(statement.clone())).collect())
    }

    fn bodies(&self) -> BTreeSet<&Body> {
        bodies(self.0.iter().map(|(_, statement)| statement))
    }
}

fn statements(old: &Side, new: &Side, context: &Context) -> Vec<StatementDiff> {
    let pairs = pair(old, new);
    let (all_old, all_new) = (old.bodies(), new.bodies());
    let entry = |old: Option<&(usize, Statement)>, new: Option<&(usize, Statement)>| {
        let (change, (index, shown)) = match (old, new) {
            (Some(_), Some(new)) => (StatementChange::Changed, new),
            (None, Some(new)) => (StatementChange::Added, new),
            (Some(old), None) => (StatementChange::Removed, old),
            (None, None) => return None,
        };
        let (old, new) = (old.map(|(_, s)| s), new.map(|(_, s)| s));
        Some(StatementDiff {
            change,
            name: if shown.sid.is_empty() {
                format!("Statement[{index}]")
            } else {
                format!("statement \"{}\"", shown.sid)
            },
            effect: shown.body.effect,
            elements: elements(old, new),
            other_accounts: other_accounts(old, new, context),
            widening: judge(old.map(|s| &s.body), new.map(|s| &s.body), &all_old, &all_new),
        })
    };
    let kept = new.0.iter().enumerate().filter_map(|(n, statement)| {
        let partner = pairs.iter().find(|(_, paired)| *paired == n).map(|(o, _)| &old.0[*o]);
        if partner.is_some_and(|(_, old)| *old == statement.1) {
            None
        } else {
            entry(partner, Some(statement))
        }
    });
    let removed =
        old.0.iter().enumerate().filter(|(o, _)| !pairs.iter().any(|(paired, _)| paired == o));
    kept.chain(removed.filter_map(|(_, statement)| entry(Some(statement), None))).collect()
}

/// Pairs old and new statements: first identical ones, then those with the same `Sid`, then those
/// with the greatest overlap.
fn pair(old: &Side, new: &Side) -> Vec<(usize, usize)> {
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let free = |pairs: &[(usize, usize)]| {
        let olds = (0..old.0.len())
            .filter(|o| !pairs.iter().any(|(paired, _)| paired == o))
            .collect::<Vec<_>>();
        let news = (0..new.0.len())
            .filter(|n| !pairs.iter().any(|(_, paired)| paired == n))
            .collect::<Vec<_>>();
        (olds, news)
    };
    for (o, (_, statement)) in old.0.iter().enumerate() {
        if let Some(n) = new.0.iter().position(|(_, other)| other == statement) {
            pairs.push((o, n));
        }
    }
    let (olds, news) = free(&pairs);
    let (old_sid, new_sid) =
        (|o: usize| old.0[o].1.sid.as_str(), |n: usize| new.0[n].1.sid.as_str());
    for o in &olds {
        let sid = old_sid(*o);
        let same: Vec<usize> = news.iter().copied().filter(|n| new_sid(*n) == sid).collect();
        let unique = olds.iter().filter(|other| old_sid(**other) == sid).count() == 1;
        if let ([n], true, false) = (same.as_slice(), unique, sid.is_empty()) {
            pairs.push((*o, *n));
        }
    }
    let (olds, news) = free(&pairs);
    let mut candidates: Vec<(u64, usize, usize)> = olds
        .iter()
        .flat_map(|o| news.iter().map(|n| (overlap(&old.0[*o].1.body, &new.0[*n].1.body), *o, *n)))
        .filter(|(score, _, _)| *score >= LEAST_OVERLAP)
        .collect();
    candidates.sort_by_key(|(score, o, n)| (std::cmp::Reverse(*score), *o, *n));
    for (_, o, n) in candidates {
        if !pairs.iter().any(|(old, new)| *old == o || *new == n) {
            pairs.push((o, n));
        }
    }
    pairs
}

/// The shared part of all values of two statements, in millionths; `None` between an `Allow` and a
/// `Deny`.
fn overlap(a: &Body, b: &Body) -> u64 {
    if a.effect != b.effect {
        return 0;
    }
    if a == b {
        return SCALE;
    }
    let values = |body: &Body| -> BTreeSet<(Token, Token)> {
        let elements = body.elements().into_iter();
        elements
            .flat_map(|(element, values)| values.into_iter().map(move |v| (element.clone(), v)))
            .collect()
    };
    let (a, b) = (values(a), values(b));
    let (shared, all) = (a.intersection(&b).count() as u64, a.union(&b).count() as u64);
    (shared * SCALE).checked_div(all).unwrap_or(0)
}

fn elements(old: Option<&Statement>, new: Option<&Statement>) -> Vec<ElementChange> {
    let mut changes = Vec::new();
    if let (Some(old), Some(new)) = (old, new) {
        let sid = |s: &Statement| {
            Some(s.sid.clone()).filter(|sid| !sid.is_empty()).into_iter().collect::<Vec<_>>()
        };
        if old.sid != new.sid {
            changes.push(ElementChange {
                element: "Sid".to_owned(),
                added: sid(new),
                removed: sid(old),
            });
        }
        if old.body.effect != new.body.effect {
            let name = |s: &Statement| vec![s.body.effect.name().to_owned()];
            changes.push(ElementChange {
                element: "Effect".to_owned(),
                added: name(new),
                removed: name(old),
            });
        }
    }
    let of =
        |statement: Option<&Statement>| statement.map(|s| s.body.elements()).unwrap_or_default();
    let (old, new) = (of(old), of(new));
    // An element without values is shown when it is added or removed.
    let missing = |here: Option<&Tokens>, there: Option<&Tokens>| match (here, there) {
        (Some(here), None) if here.is_empty() => vec!["(none)".to_owned()],
        (Some(here), there) => here
            .iter()
            .filter(|token| there.is_none_or(|there| !there.contains(token)))
            .map(|token| token.shown().to_owned())
            .collect(),
        (None, _) => Vec::new(),
    };
    for element in
        old.keys().chain(new.keys().filter(|key| !old.contains_key(key))).collect::<BTreeSet<_>>()
    {
        let (before, after) = (old.get(element), new.get(element));
        if before != after {
            changes.push(ElementChange {
                element: element.shown().to_owned(),
                added: missing(after, before),
                removed: missing(before, after),
            });
        }
    }
    changes
}

fn other_accounts(
    old: Option<&Statement>,
    new: Option<&Statement>,
    context: &Context,
) -> BTreeSet<String> {
    let named = |statement: Option<&Statement>| -> BTreeSet<String> {
        let Some(Selection::Only(principals)) = statement.and_then(|s| s.body.principal.as_ref())
        else {
            return BTreeSet::new();
        };
        let accounts =
            principals.of_type(PrincipalType::Aws).filter_map(|name| account_of(name.key()));
        accounts
            .filter(|account| !account.is_empty() && *account != context.account)
            .map(str::to_owned)
            .collect()
    };
    if context.account.is_empty() {
        return BTreeSet::new();
    }
    &named(new) - &named(old)
}
