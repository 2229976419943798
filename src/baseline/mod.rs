//! The secure baseline: rules that manifests should keep, each with its public source.
//!
//! A rule judges what manifests want, not what is live: [`check`] is a function of the loaded
//! snapshot alone. References between manifests are resolved (every manifest gets a symbolic id),
//! so that rules can span several of them. What a lookup will find is unknown, so no rule judges
//! it. A finding is advice: it never stops a plan. A manifest can waive a rule with a reason
//! (`lifecycle.waive`); the finding is then kept, with the reason.
//!
//! One analysis ([`crate::model::policy_document::Admission`]) determines whom a policy admits, and
//! what the rules of a group open is added up. A field that a manifest leaves to AWS, by absence or
//! `null`, counts as AWS's default: it is open if the default is open.
//!
//! The rules of a kind are in its folder ([`Baseline`]) and are collected from the registry; those
//! that look at several kinds are in `across`. The numbers are those of the platform's security
//! catalog; others are additions. These numbers of the catalog are missing:
//!
//! - SG-11: orphans of Studio's own NFS groups are live resources that no manifest names.
//! - SMD-02 (private subnets) and EP-07 (which tables) judge what is listed; NET-01, NET-02 and
//!   EP-11 judge the tables of subnets that manifests declare.
//! - SMD-17 and EP-06 judge roles, and the zones of subnets, that manifests name: those of lookups,
//!   and settings that no manifest declares, are live data.
//! - NET-05: how many addresses are left is live data. NACL-03: which ACL is the default, likewise.
//! - KMS-08 is a part of IAM-02.
//! - NBI-10, NBI-11: no manifest lists allowed machines; groups judge their own rules (SG-*).
//! - CT-04 to CT-06, CT-08, S3-04, S3-08, S3-09, IAM-04 to IAM-07, ORG-* and BR-*: there are no
//!   such rules.
//! - Contents of prefix lists, stale rules, DNS of the VPC, sessions that outlive a rule:
//!   live data.

mod across;
pub(crate) mod documents;
mod facts;
pub mod guardrails;
pub(crate) mod statement;
mod switch;
#[cfg(test)]
pub(crate) mod tests;

use std::{collections::BTreeMap, fmt, sync::LazyLock};

use serde::{Serialize, de::DeserializeOwned};

pub(crate) use self::facts::{Facts, Reader, View, Wanted};
pub use self::switch::{RuleLevel, Switch};
use crate::{
    kind::{Invalid, ScopeFacts, erased::Registry},
    kinds,
    manifest::{Document, Origin, Problem, Snapshot},
    model::{Address, ScopedKind},
};

/// How much a broken rule matters, as the sources grade it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Open to the world, or irrecoverably lost.
    Critical,
    /// A protection that the platform relies on is missing.
    High,
    /// A second line of defense is missing.
    Medium,
    /// Hygiene.
    Low,
}

impl Severity {
    /// The name of the severity.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Who may waive a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The manifest that breaks it.
    Manifest,
    /// Any manifest of the kind in the scope, because the rule is about all of them together.
    Scope,
}

/// One rule of the baseline.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its number, e.g. `SG-01`.
    pub id: &'static str,
    /// How serious a breach is.
    pub severity: Severity,
    /// The kind of the manifests at which it is reported.
    pub kind: &'static str,
    /// What must hold.
    pub title: &'static str,
    /// The consequence of a breach.
    pub why: &'static str,
    /// Its public source: a Security Hub control, a Config rule, a checkov id, an AWS guide.
    pub source: &'static str,
    /// How to repair a breach.
    pub help: &'static str,
    /// Who may waive it.
    pub reach: Reach,
    /// Finds the breaches.
    pub(crate) check: fn(&Facts<'_>) -> Vec<Breach>,
}

/// One breach of a rule, before the rule is attached to it.
pub(crate) struct Breach {
    address: Address,
    /// The field, below `spec`.
    field: String,
    message: String,
}

/// The part of the baseline that a kind provides.
#[derive(Debug, Clone, Copy)]
pub struct Baseline {
    /// The rules about its manifests alone. Rules that look at several kinds are in `across`.
    pub rules: &'static [Rule],
    /// Converts a manifest into what its own rules, and the rules across kinds, look at.
    pub(crate) read: fn(&Reader<'_>) -> Result<View, Vec<Invalid>>,
}

impl Baseline {
    /// For a kind without rules that no rule across kinds looks at.
    pub const NONE: Self = Self { rules: &[], read: |_| Ok(Box::new(())) };

    /// Rules that look at the kind's state itself.
    pub(crate) const fn of<S: DeserializeOwned + 'static>(rules: &'static [Rule]) -> Self {
        Self { rules, read: |reader| reader.view::<S>() }
    }
}

/// One breach of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The place of the breach.
    pub origin: Origin,
    /// The rule's number.
    pub rule: &'static str,
    /// How serious it is.
    pub severity: Severity,
    /// The manifest.
    pub address: Address,
    /// The field, e.g. `spec.ingress[2]`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// How to repair it.
    pub help: &'static str,
    /// The reason for accepting it, if the manifest states one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived: Option<String>,
    /// What the settings make of the rule, if they say something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub switch: Option<Switch>,
}

impl Finding {
    /// Whether neither the manifest nor the settings accept it.
    pub fn is_open(&self) -> bool {
        self.waived.is_none() && !self.is_off()
    }

    /// Whether the settings switch its rule off.
    pub fn is_off(&self) -> bool {
        self.level() == Some(RuleLevel::Off)
    }

    /// What the settings make of its rule.
    pub fn level(&self) -> Option<RuleLevel> {
        self.switch.as_ref().map(|switch| switch.level)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, rule, severity, path, message, help, .. } = self;
        write!(f, "{origin}: [{rule} {severity}] {path}: {message}\n  help: {help}")
    }
}

/// The result of a check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Every breach, in the order of the files, including waived ones.
    pub findings: Vec<Finding>,
    /// Manifests that could not be judged. Some problems only appear when references are resolved.
    pub problems: Vec<Problem>,
}

/// The input of a check.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The registered kinds.
    pub registry: &'a Registry,
    /// The account and the Region of every scope.
    pub scopes: &'a BTreeMap<String, ScopeFacts>,
    /// The manifests.
    pub snapshot: &'a Snapshot,
    /// The ARNs of the roles that palisade itself uses.
    pub roles: &'a [String],
    /// What the settings make of rules, by number.
    pub switches: &'a BTreeMap<String, Switch>,
}

/// All rules, by kind and number.
static RULES: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
    let of_kinds = kinds::registry();
    let of_kinds = of_kinds.iter().flat_map(|kind| kind.baseline().rules);
    let mut all: Vec<&Rule> = of_kinds.chain(across::RULES.into_iter().flatten()).collect();
    all.sort_by_key(|rule| (rule.kind, rule.id));
    all
});

/// All rules, by kind and number.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().copied()
}

/// The rule with this number, in upper or lower case.
pub fn rule(id: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.id.eq_ignore_ascii_case(id))
}

/// Checks all manifests against all rules.
pub fn check(subject: Subject<'_>) -> Report {
    let (facts, problems) = Facts::gather(subject);
    let documents = &subject.snapshot.documents;
    let mut findings = Vec::new();
    let mut waivers = Waivers::default();
    for rule in rules() {
        for breach in (rule.check)(&facts) {
            let Some(document) = documents.get(&breach.address) else { continue };
            let invalid = Invalid::new(breach.field, breach.message);
            let Problem { origin, path, message, .. } = document.problem(&invalid);
            findings.push(Finding {
                origin,
                rule: rule.id,
                severity: rule.severity,
                path,
                message,
                help: rule.help,
                waived: waivers.of(rule, document, subject.snapshot),
                switch: subject.switches.get(rule.id).cloned(),
                address: breach.address,
            });
        }
    }
    findings.sort();
    findings.dedup();
    Report { findings, problems }
}

/// The waivers that hold for all manifests of a kind in a scope, by rule, as far as they were
/// looked for.
#[derive(Default)]
struct Waivers(BTreeMap<(&'static str, ScopedKind), Option<String>>);

impl Waivers {
    /// The reason why a manifest may break a rule.
    fn of(&mut self, rule: &Rule, document: &Document, snapshot: &Snapshot) -> Option<String> {
        let own = document.lifecycle.waive.get(rule.id);
        if own.is_some() || rule.reach != Reach::Scope {
            return own.cloned();
        }
        let at = document.address.scoped_kind();
        let of_all = self.0.entry((rule.id, at.clone())).or_insert_with(|| {
            let all = snapshot.documents.range(Address::new(&at.scope, &at.kind, "")..);
            let mut all = all.take_while(|(address, _)| at.covers(address));
            all.find_map(|(_, other)| other.lifecycle.waive.get(rule.id)).cloned()
        });
        of_all.clone()
    }
}
