//! Approval by digest: which approvals are valid, and which released nothing.

use std::collections::BTreeSet;

use crate::{
    manifest::{Approval, MAX_APPROVAL_SECONDS},
    plan::{Plan, Step, UnusedApproval, UnusedReason, Verdict, WaitReason},
};

/// Why an approval is invalid at `now`, in seconds since the epoch.
fn invalid(approval: &Approval, now: f64) -> Option<UnusedReason> {
    if now >= approval.expires {
        Some(UnusedReason::Expired)
    } else if approval.expires > now + MAX_APPROVAL_SECONDS {
        Some(UnusedReason::TooFarAhead)
    } else {
        None
    }
}

/// Identifies an approval: the digest, and the expiry in seconds since the epoch (`None` on the
/// command line). The same digest with another expiry is another approval.
pub(super) type Identity = (String, Option<u64>);

/// Approvals whose step was carried out.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an end that was read as a date"
)]
pub(super) fn identity(approval: &Approval) -> Identity {
    (approval.digest.clone(), Some(approval.expires as u64))
}

/// The digests that are approved now, on the command line and by valid approvals in the directory.
pub(super) fn valid(
    given: &BTreeSet<String>,
    declared: &[Approval],
    spent: &BTreeSet<Identity>,
    now: f64,
) -> BTreeSet<String> {
    let given = given.iter().filter(|digest| !spent.contains(&((*digest).clone(), None)));
    let counts = |it: &&Approval| invalid(it, now).is_none() && !spent.contains(&identity(it));
    let declared = declared.iter().filter(counts).map(|approval| &approval.digest);
    given.chain(declared).cloned().collect()
}

/// The approvals that released nothing: people must not rely on them.
pub(super) fn unused(
    plan: &Plan,
    given: &BTreeSet<String>,
    declared: &[Approval],
    spent: &BTreeSet<Identity>,
    now: f64,
) -> Vec<UnusedApproval> {
    // An approval on the command line whose step this process carried out has released something.
    let given = given.iter().filter(|digest| !spent.contains(&((*digest).clone(), None)));
    let given = given.filter_map(|digest| {
        let (digest, why) = (digest.clone(), why(plan, digest, false)?);
        Some(UnusedApproval { digest, origin: None, why })
    });
    let declared = declared.iter().filter_map(|approval| {
        let why = match invalid(approval, now) {
            Some(invalid) => invalid,
            None => why(plan, &approval.digest, spent.contains(&identity(approval)))?,
        };
        let origin = Some(approval.origin.to_string());
        Some(UnusedApproval { digest: approval.digest.clone(), origin, why })
    });
    given.chain(declared).collect()
}

fn why(plan: &Plan, digest: &str, spent: bool) -> Option<UnusedReason> {
    if spent {
        return Some(UnusedReason::Spent);
    }
    match plan.steps.iter().find(|step| step.digest == digest) {
        // What it must come after was left out: nothing is made, whoever approves it alone.
        Some(step) if step.approved && waits_in_vain(step) => Some(UnusedReason::Behind),
        Some(step) if step.approved => None,
        Some(step) if step.risk().impossible => Some(UnusedReason::Impossible),
        Some(step) if step.is_held() && !step.can_be_approved() => Some(UnusedReason::Final),
        Some(_) => Some(UnusedReason::NotHeld),
        None => Some(UnusedReason::NoSuchStep),
    }
}

fn waits_in_vain(step: &Step) -> bool {
    match &step.verdict {
        Verdict::Waiting(why) => {
            why.iter().any(|wait| !wait.passes && matches!(wait.reason, WaitReason::Earlier { .. }))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Origin;

    #[test]
    fn the_same_step_can_be_consented_to_again_with_another_end() {
        let approval = |expires| Approval {
            digest: "0123456789ab".to_owned(),
            expires,
            origin: Origin { file: "a.yaml".into(), line: 1, column: 1 },
            ends: Origin { file: "a.yaml".into(), line: 2, column: 1 },
        };
        let (first, second) = (approval(1_000_000.0), approval(1_000_060.0));
        let (given, spent) = (BTreeSet::new(), BTreeSet::from([identity(&first)]));
        let valid = |all: &[Approval]| valid(&given, all, &spent, 999_990.0).len();
        assert_eq!(valid(std::slice::from_ref(&first)), 0);
        assert_eq!(valid(&[first, second]), 1);
    }

    #[test]
    fn a_consent_of_the_command_line_that_was_carried_out_is_not_called_void() {
        let given = BTreeSet::from(["0123456789ab".to_owned()]);
        let result = |spent: &BTreeSet<Identity>| unused(&Plan::default(), &given, &[], spent, 0.0);
        assert_eq!(result(&BTreeSet::new())[0].why, UnusedReason::NoSuchStep);
        assert_eq!(result(&BTreeSet::from([("0123456789ab".to_owned(), None)])), []);
    }

    #[test]
    fn what_the_command_line_consents_to_is_spent_apart_from_the_directory() {
        let digest = "0123456789ab".to_owned();
        let given = BTreeSet::from([digest.clone()]);
        let valid = |spent: &[Identity]| valid(&given, &[], &spent.iter().cloned().collect(), 0.0);
        assert_eq!(valid(&[(digest.clone(), Some(5))]), given);
        assert_eq!(valid(&[(digest, None)]), BTreeSet::new());
    }
}
