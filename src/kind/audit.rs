//! Live findings: what is wrong in AWS and no call of palisade corrects, because no manifest owns
//! it or AWS has no operation for it. An audit only reads. Its findings are never steps: they are
//! on the status page, in the metrics and in `validate --live`.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::Serialize;

use super::{CloudError, Erased, Meaning};
use crate::{aws::Access, baseline::Severity, operations::Operation};

/// An audit of one scope.
#[derive(Debug, Clone, Copy)]
pub struct Audit {
    /// What is audited.
    pub about: &'static str,
    /// The rules whose breaches it finds.
    pub rules: &'static [LiveRule],
    /// The calls that are made for it alone, whichever kind declares it.
    pub operations: &'static [Operation],
    /// What error codes of these calls mean, if they differ from what they mean elsewhere.
    pub errors: &'static [Meaning],
    /// Whether the result is the same in all Regions of an account, so that one scope of an account
    /// is enough.
    pub account_wide: bool,
    /// Reads and judges. The errors are failed calls without which nothing can be said.
    pub look: LookAt,
}

/// Reads what an audit is about, and judges it.
pub type LookAt = for<'a> fn(&'a Look<'a>) -> Erased<'a, Result<Looked, CloudError>>;

/// What an audit looks with.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// The clients of the scope.
    pub access: &'a Access,
    /// How far it looks back, where it is about what is made again and again.
    pub window: Duration,
    /// What earlier looks at the same scope have found.
    pub seen: &'a Seen,
}

/// What an audit has found.
#[derive(Debug, Clone, Default)]
pub struct Looked {
    /// The breaches.
    pub breaches: Vec<LiveBreach>,
    /// What could not be judged: its breaches are unknown.
    pub unjudged: Vec<Unjudged>,
}

/// A part of what is audited that could not be judged.
#[derive(Debug, Clone)]
pub struct Unjudged {
    /// The part.
    pub what: &'static str,
    /// Why not.
    pub why: UnjudgedReason,
}

/// Why a part could not be judged.
#[derive(Debug, Clone)]
pub enum UnjudgedReason {
    /// A call failed.
    Failed(CloudError),
    /// There is more than an audit lists; it has judged this many, the newest ones.
    TooMany(usize),
    /// An audit reads a limited number at a time; this many are left for the next one.
    Left(usize),
}

impl fmt::Display for UnjudgedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::TooMany(listed) => write!(f, "only the newest {listed} were looked at"),
            Self::Left(1) => f.write_str("the next audit looks at one more"),
            Self::Left(count) => write!(f, "the next audits look at {count} more"),
        }
    }
}

/// What earlier looks found out about things that never change, by a key that names one of them and
/// no later one of the same name. Losing it costs calls and nothing else.
#[derive(Debug, Default)]
pub struct Seen(Mutex<BTreeMap<String, Vec<LiveBreach>>>);

impl Seen {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Vec<LiveBreach>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was found out about a thing; nothing if it was not looked at.
    pub fn of(&self, key: &str) -> Option<Vec<LiveBreach>> {
        self.all().get(key).cloned()
    }

    /// Remembers what was found out about a thing.
    pub fn keep(&self, key: String, breaches: Vec<LiveBreach>) {
        self.all().insert(key, breaches);
    }

    /// Forgets all others: what is listed bounds what is remembered.
    pub fn keep_only(&self, matters: impl Fn(&str) -> bool) {
        self.all().retain(|key, _| matters(key));
    }
}

/// A rule about what is live.
#[derive(Debug, Clone, Copy)]
pub struct LiveRule {
    /// Its number, e.g. `ROOT-01`.
    pub id: &'static str,
    /// How serious a breach is.
    pub severity: Severity,
    /// What must hold.
    pub title: &'static str,
    /// The consequence of a breach.
    pub why: &'static str,
    /// Its public source.
    pub source: &'static str,
    /// How to repair a breach.
    pub help: &'static str,
}

/// A breach, before its scope and rule are attached to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveBreach {
    /// The rule's number: one of the audit's rules.
    pub rule: &'static str,
    /// What breaks it.
    pub subject: String,
    /// How.
    pub message: String,
    /// Who made it, where AWS says so.
    pub by: Option<String>,
}

/// A live finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LiveFinding {
    /// How serious it is.
    pub severity: Severity,
    /// The scope in which it was found.
    pub scope: String,
    /// The rule's number.
    pub rule: &'static str,
    /// What breaks the rule.
    pub subject: String,
    /// How.
    pub message: String,
    /// Who made it, where AWS says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// How to repair it.
    pub help: &'static str,
}

/// What is known of the live findings of all scopes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Audited {
    /// The findings, the most serious first.
    pub findings: Vec<LiveFinding>,
    /// Audits that could not be made, or not of everything: what they would find is unknown.
    pub unknown: Vec<Unaudited>,
}

/// An audit, or a part of one, that could not be made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unaudited {
    /// The scope.
    pub scope: String,
    /// What was to be audited.
    pub about: &'static str,
    /// Why it could not be read.
    pub why: String,
}

impl Audit {
    /// What is known in a scope after a look. A breach of a rule that is not the audit's own is a
    /// defect in palisade, and is left out.
    pub fn audited(&self, scope: &str, looked: Result<Looked, CloudError>) -> Audited {
        let unknown = |about, why: &dyn fmt::Display| Unaudited {
            scope: scope.to_owned(),
            about,
            why: why.to_string(),
        };
        let looked = match looked {
            Ok(looked) => looked,
            Err(error) => {
                let unknown = vec![unknown(self.about, &error)];
                return Audited { findings: Vec::new(), unknown };
            }
        };
        let finding = |breach: LiveBreach| {
            let rule = self.rules.iter().find(|rule| rule.id == breach.rule)?;
            Some(LiveFinding {
                severity: rule.severity,
                scope: scope.to_owned(),
                rule: rule.id,
                subject: breach.subject,
                message: breach.message,
                by: breach.by,
                help: rule.help,
            })
        };
        Audited {
            findings: looked.breaches.into_iter().filter_map(finding).collect(),
            unknown: looked.unjudged.iter().map(|it| unknown(it.what, &it.why)).collect(),
        }
    }
}
