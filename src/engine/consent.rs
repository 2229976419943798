//! Consent by digest: which approvals count, and which released nothing.

use std::collections::BTreeSet;

use crate::{
    manifest::Approval,
    plan::{Plan, UnusedApproval},
};

/// The digests of the approvals that have not expired; `now` in seconds since the epoch.
pub(super) fn valid(approvals: &[Approval], now: f64) -> impl Iterator<Item = String> {
    approvals
        .iter()
        .filter(move |approval| now < approval.expires)
        .map(|approval| approval.digest.clone())
}

/// The consents that released nothing: people should not believe in them.
pub(super) fn unused(
    plan: &Plan,
    given: &BTreeSet<String>,
    declared: &[Approval],
    now: f64,
) -> Vec<UnusedApproval> {
    let given = given.iter().filter_map(|digest| {
        let (digest, why) = (digest.clone(), why(plan, digest)?.to_owned());
        Some(UnusedApproval { digest, origin: None, why })
    });
    let declared = declared.iter().filter_map(|approval| {
        let valid = now < approval.expires;
        let why = if valid { why(plan, &approval.digest)? } else { "it has expired" }.to_owned();
        let origin = Some(approval.origin.to_string());
        Some(UnusedApproval { digest: approval.digest.clone(), origin, why })
    });
    given.chain(declared).collect()
}

fn why(plan: &Plan, digest: &str) -> Option<&'static str> {
    match plan.steps.iter().find(|step| step.digest == digest) {
        Some(step) if step.approved => None,
        Some(step) if step.risk().impossible => {
            Some("AWS has no call for that step; consent cannot help")
        }
        Some(_) => Some("that step is not held now"),
        None => Some("no step has this digest now: it is done, or it has changed since"),
    }
}
