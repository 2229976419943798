//! Live findings: what is wrong in AWS and no call of palisade corrects, because no manifest owns
//! it or AWS has no operation for it. An audit only reads. Its findings are never steps: they are
//! on the status page, in the metrics and in `validate --live`.

use serde::Serialize;

use super::{CloudError, Erased};
use crate::{aws::Access, baseline::Severity};

/// An audit of one scope.
#[derive(Debug, Clone, Copy)]
pub struct Audit {
    /// What is audited.
    pub about: &'static str,
    /// The rules whose breaches it finds.
    pub rules: &'static [LiveRule],
    /// Whether the result is the same in all Regions of an account, so that one scope of an account
    /// is enough.
    pub account_wide: bool,
    /// Reads and judges. The errors are failed calls.
    pub look: LookAt,
}

/// Reads what an audit is about, and judges it.
pub type LookAt = for<'a> fn(&'a Access) -> Erased<'a, Result<Vec<LiveBreach>, CloudError>>;

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
    /// Audits that could not be made: their findings are unknown.
    pub unknown: Vec<Unaudited>,
}

/// An audit that could not be made.
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
    /// The findings in a scope. A breach of a rule that is not the audit's own is a defect in
    /// palisade, and is left out.
    pub fn findings(&self, scope: &str, breaches: Vec<LiveBreach>) -> Vec<LiveFinding> {
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
        breaches.into_iter().filter_map(finding).collect()
    }
}
