//! Consent by digest: which approvals count, and which released nothing.

use std::collections::BTreeSet;

use crate::{
    manifest::Approval,
    plan::{Plan, UnusedApproval, UnusedReason},
};

/// Seconds: how far ahead the end of an approval may lie. Consent that outlives the week in which it was given is given
/// to something that nobody looked at.
const LONGEST: f64 = 7.0 * 24.0 * 3600.0;

/// Why an approval does not count at `now`, in seconds since the epoch.
fn invalid(approval: &Approval, now: f64) -> Option<UnusedReason> {
    if now >= approval.expires {
        Some(UnusedReason::Expired)
    } else if approval.expires > now + LONGEST {
        Some(UnusedReason::TooFarAhead)
    } else {
        None
    }
}

/// The digests of the approvals that count now.
pub(super) fn valid(approvals: &[Approval], now: f64) -> impl Iterator<Item = String> {
    approvals
        .iter()
        .filter(move |approval| invalid(approval, now).is_none())
        .map(|approval| approval.digest.clone())
}

/// The consents that released nothing: people should not believe in them.
pub(super) fn unused(
    plan: &Plan,
    given: &BTreeSet<String>,
    declared: &[Approval],
    spent: &BTreeSet<String>,
    now: f64,
) -> Vec<UnusedApproval> {
    let given = given.iter().filter_map(|digest| {
        let (digest, why) = (digest.clone(), why(plan, digest, spent)?);
        Some(UnusedApproval { digest, origin: None, why })
    });
    let declared = declared.iter().filter_map(|approval| {
        let why = match invalid(approval, now) {
            Some(invalid) => invalid,
            None => why(plan, &approval.digest, spent)?,
        };
        let origin = Some(approval.origin.to_string());
        Some(UnusedApproval { digest: approval.digest.clone(), origin, why })
    });
    given.chain(declared).collect()
}

fn why(plan: &Plan, digest: &str, spent: &BTreeSet<String>) -> Option<UnusedReason> {
    if spent.contains(digest) {
        return Some(UnusedReason::Spent);
    }
    match plan.steps.iter().find(|step| step.digest == digest) {
        Some(step) if step.approved => None,
        Some(step) if step.risk().impossible => Some(UnusedReason::Impossible),
        Some(_) => Some(UnusedReason::NotHeld),
        None => Some(UnusedReason::NoSuchStep),
    }
}
