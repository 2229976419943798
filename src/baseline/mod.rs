//! The secure baseline: rules that manifests should keep, one row a rule, each with its public
//! source.
//!
//! A rule judges what manifests want, not what is live: [`check`] is a function of the loaded
//! snapshot alone. References between manifests are followed (every manifest gets a symbolic id),
//! so that rules can span several of them; what a lookup will find is not known, and nothing is
//! claimed about it. A finding is advice: it never stops a plan. A manifest can waive a rule with a
//! reason (`lifecycle.waive`), and the finding is then kept, with the reason.
//!
//! Who a policy lets in is worked out by one analysis
//! ([`crate::model::policy_document::Admission`]), and what the rules of a group open is added up.
//! A leaf that a manifest leaves to AWS, by absence or `null`, counts as what AWS makes of it: open
//! where AWS's default is open.
//!
//! The rules of a kind stand in its folder ([`Baseline`]) and are collected from the registry;
//! those that look at several kinds stand in `across`. The rules are numbered as in the security
//! catalogue of the platform; EP-09 and EP-10 come after it. These of its numbers are not here:
//!
//! | rules | why not |
//! |---|---|
//! | SG-11 | orphans of Studio's own NFS groups are live resources that no manifest names |
//! | SMD-02 (private subnets, zones of lookups) | needs route tables and zones; here: at least two subnets where they are listed |
//! | SMD-13, SMD-15 | user profiles and spaces are other kinds |
//! | SMD-17 | settings that no manifest declares are not managed, so only live data can show them |
//! | EP-06 | which zones the subnets are in is live data |
//! | EP-07 (which tables) | the subnets' route tables are live data; here: the S3 gateway endpoint names some |
//! | EP-08, NET-*, NAT-*, RT-*, TGW-*, NACL-* | access points, VPCs, subnets, gateways and ACLs are other kinds |
//! | KMS-08 | IAM policies are another kind |
//! | NBI-*, CT-*, S3-*, IAM-*, BR-* and the like | notebooks, trails, buckets, IAM and Bedrock settings are other kinds |
//! | contents of prefix lists, stale rules, DNS of the VPC, sessions that outlive a rule | live data |

mod across;
pub(crate) mod documents;
mod facts;
pub(crate) mod statement;
#[cfg(test)]
pub(crate) mod tests;

use std::{collections::BTreeMap, fmt, sync::LazyLock};

use serde::{Serialize, de::DeserializeOwned};

pub(crate) use self::facts::{Facts, Reader, View, Wanted};
use crate::{
    kind::{Invalid, ScopeFacts, erased::Registry},
    kinds,
    manifest::{Document, Origin, Problem, Snapshot},
    model::Address,
};

/// How much a broken rule matters, as the sources grade it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Open to the world, or lost for good.
    Critical,
    /// A protection that the platform relies on is missing.
    High,
    /// A second line of defence is missing.
    Medium,
    /// Hygiene.
    Low,
}

impl Severity {
    /// The word.
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
    /// Any manifest of the kind in the scope: the rule is about all of them together.
    Scope,
}

/// One row of the baseline.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its number, e.g. `SG-01`.
    pub id: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The kind of the manifests that it is reported at.
    pub kind: &'static str,
    /// What must hold.
    pub title: &'static str,
    /// What goes wrong otherwise.
    pub why: &'static str,
    /// Where it comes from, in public: a Security Hub control, a Config rule, a checkov id, an AWS
    /// guide.
    pub source: &'static str,
    /// The way out.
    pub help: &'static str,
    /// Who may waive it.
    pub reach: Reach,
    /// Where it is broken.
    pub(crate) check: fn(&Facts<'_>) -> Vec<Breach>,
}

/// One place where a rule is broken, before it is known by which rule.
pub(crate) struct Breach {
    address: Address,
    /// Below `spec`.
    field: String,
    message: String,
}

/// What a kind gives to the baseline.
#[derive(Debug, Clone, Copy)]
pub struct Baseline {
    /// The rules that are about its manifests alone. Those that look at several kinds stand here,
    /// in `across`.
    pub rules: &'static [Rule],
    /// Reads a manifest into what its rules, and those across kinds, look at.
    pub(crate) read: fn(&Reader<'_>) -> Result<View, Vec<Invalid>>,
}

impl Baseline {
    /// Of a kind without rules, at which no other rule looks.
    pub const NONE: Self = Self { rules: &[], read: |_| Ok(Box::new(())) };

    /// Rules that look at the kind's state as it is.
    pub(crate) const fn of<S: DeserializeOwned + 'static>(rules: &'static [Rule]) -> Self {
        Self { rules, read: |reader| reader.view::<S>() }
    }
}

/// One place where a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// Where it stands.
    pub origin: Origin,
    /// The rule's number.
    pub rule: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The manifest.
    pub address: Address,
    /// The field, e.g. `spec.ingress[2]`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// A way out.
    pub help: &'static str,
    /// Why it is accepted, where a manifest says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, rule, severity, path, message, help, .. } = self;
        write!(f, "{origin}: [{rule} {severity}] {path}: {message}\n  help: {help}")
    }
}

/// What checking gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Every broken rule, in the order of the files; waived ones too.
    pub findings: Vec<Finding>,
    /// Manifests that could not be judged, which only shows once their references are followed:
    /// real problems.
    pub problems: Vec<Problem>,
}

/// What is to be checked.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The kinds.
    pub registry: &'a Registry,
    /// Account and Region of every scope.
    pub scopes: &'a BTreeMap<String, ScopeFacts>,
    /// The manifests.
    pub snapshot: &'a Snapshot,
    /// The ARNs of the roles that palisade itself uses.
    pub roles: &'a [String],
}

/// Every rule, kind by kind and by number.
static RULES: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
    let of_kinds = kinds::registry();
    let of_kinds = of_kinds.iter().flat_map(|kind| kind.baseline().rules);
    let mut all: Vec<&Rule> = of_kinds.chain(across::RULES.into_iter().flatten()).collect();
    all.sort_by_key(|rule| (rule.kind, rule.id));
    all
});

/// Every rule, kind by kind and by number.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().copied()
}

/// The rule of this number, whatever the case.
pub fn rule(id: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.id.eq_ignore_ascii_case(id))
}

/// Judges all manifests by all rules.
pub fn check(subject: Subject<'_>) -> Report {
    let (facts, problems) = Facts::gather(subject);
    let documents = &subject.snapshot.documents;
    let mut findings = Vec::new();
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
                waived: waiver(rule, document, subject.snapshot),
                address: breach.address,
            });
        }
    }
    findings.sort();
    findings.dedup();
    Report { findings, problems }
}

fn waiver(rule: &Rule, document: &Document, snapshot: &Snapshot) -> Option<String> {
    let own = document.lifecycle.waive.get(rule.id);
    let mut others = snapshot.documents.values().filter(|other| {
        rule.reach == Reach::Scope
            && other.address.kind == document.address.kind
            && other.address.scope == document.address.scope
    });
    own.or_else(|| others.find_map(|other| other.lifecycle.waive.get(rule.id))).cloned()
}
