//! What a change of a policy means for one call.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{
    context::{Call, Fact, any_session},
    policy::{Attached, Concern, Policy},
};
use crate::model::policy_document::{Applied, Bearing, Decision, Judgement, PolicyChange, Request};

/// What the change means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Effect {
    /// The new policy denies it for certain, and the old one did not for certain.
    NewlyDenied,
    /// It depends on something that the record does not say.
    Undecided,
    /// The old policy denied it for certain, and the new one does not deny it.
    NewlyAllowed,
}

/// An effect, with the statements that decide it, and what is missing to decide it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Verdict {
    pub(super) effect: Effect,
    pub(super) by: BTreeSet<String>,
    pub(super) missing: BTreeSet<String>,
}

impl Verdict {
    fn undecided(by: &BTreeSet<String>, missing: impl IntoIterator<Item = String>) -> Self {
        let missing = missing.into_iter().collect();
        Self { effect: Effect::Undecided, by: by.clone(), missing }
    }
}

/// What a policy says of a call, once it is known what else may allow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stance {
    Denies,
    Permits,
    /// It leaves it to other policies.
    Silent,
    Unknown,
}

/// KMS: what a grant can allow instead of the key policy (KMS developer guide, "Grant operations").
const GRANTABLE: [&str; 17] = [
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DeriveSharedSecret",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyPair",
    "kms:GenerateDataKeyPairWithoutPlaintext",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:GenerateMac",
    "kms:GetPublicKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:RetireGrant",
    "kms:Sign",
    "kms:Verify",
    "kms:VerifyMac",
];

/// The requests that a call may have been, by how AWS's documentation is read.
pub(super) fn requests(
    policy: &Policy,
    bearing: &Bearing,
    call: &Call<'_>,
    resource: &str,
) -> Vec<Request> {
    let by = &call.record.user_identity;
    let principal = match () {
        () if call.record.is_of_aws() => by.invoked_by.clone(),
        () if policy.tells_sessions_apart => by.arn.clone(),
        () => any_session(&by.arn),
    };
    let mut request = Request {
        principal_arn: principal,
        action: call.action.to_owned(),
        resource: resource.to_owned(),
        context: BTreeMap::new(),
    };
    let mut present = Vec::new();
    for key in &bearing.keys {
        let values = match call.fact(key) {
            Fact::Is(values) => values,
            Fact::Absent => Vec::new(),
            Fact::Unknown => continue,
            Fact::AbsentOr(value) => {
                present.push((key.clone(), value));
                Vec::new()
            }
        };
        request.context.insert(key.clone(), values);
    }
    let mut readings = vec![request];
    if !present.is_empty() {
        let mut other = readings[0].clone();
        other.context.extend(present.into_iter().map(|(key, value)| (key, vec![value])));
        readings.push(other);
    }
    readings
}

/// What the change of a policy means for a call; `None` if nothing.
pub(super) fn judge(
    policy: &Policy,
    concern: &Concern,
    call: &Call<'_>,
    resource: &str,
    readings: &[Request],
) -> Option<Verdict> {
    let (changes, depends_on) = policy.changes(call, resource);
    let mut verdicts: Vec<Option<Verdict>> = Vec::new();
    for request in readings.iter().filter(|_| !changes.is_empty()) {
        let applied = policy.apply(request, concern);
        for change in &changes {
            let verdict = one(policy, call, change, (request, &applied));
            if !verdicts.contains(&verdict) {
                verdicts.push(verdict);
            }
        }
    }
    let mut found = verdicts.iter().flatten();
    let first = found.next()?;
    let is_sure = verdicts.len() == 1 && depends_on.is_none();
    if is_sure || first.effect == Effect::Undecided && verdicts.len() == 1 {
        let mut verdict = first.clone();
        verdict.missing.extend(depends_on.map(str::to_owned));
        return Some(verdict);
    }
    let all = || verdicts.iter().flatten();
    let mut missing: BTreeSet<String> = all().flat_map(|it| it.missing.clone()).collect();
    missing.extend(depends_on.map(str::to_owned));
    if readings.len() > 1 && verdicts.len() > 1 {
        let differs = |key: &&String| {
            let of = |request: &Request| request.context.get(*key).cloned();
            readings.iter().any(|request| of(request) != of(&readings[0]))
        };
        missing.extend(concern.bearing.keys.iter().filter(differs).cloned());
    }
    let by: BTreeSet<String> = all().flat_map(|it| it.by.clone()).collect();
    Some(Verdict::undecided(&by, missing))
}

fn one(
    policy: &Policy,
    call: &Call<'_>,
    change: &PolicyChange,
    (request, applied): (&Request, &Applied<'_>),
) -> Option<Verdict> {
    let (before, after) = change.judge(request, applied)?;
    let [old, new] = [&before, &after].map(|it| stance(policy, call, it.decision));
    let by_both = || before.by.union(&after.by).cloned().collect::<BTreeSet<_>>();
    let missing = || {
        let both: BTreeSet<String> = before.missing.union(&after.missing).cloned().collect();
        Verdict::undecided(&by_both(), both)
    };
    let other = |what: &str| Some(Verdict::undecided(&by_both(), [what.to_owned()]));
    let certain = |effect, it: &Judgement| {
        Some(Verdict { effect, by: it.by.clone(), missing: BTreeSet::new() })
    };
    match (old, new) {
        (Stance::Denies, Stance::Denies)
        | (Stance::Permits, Stance::Permits)
        | (Stance::Silent, Stance::Silent) => None,
        // What only a grant can have allowed, it may go on allowing.
        (_, Stance::Denies)
            if after.decision == Decision::NoMatch && may_be_granted(policy, call.action) =>
        {
            other("whether a grant allows it")
        }
        (_, Stance::Denies) => certain(Effect::NewlyDenied, &after),
        (Stance::Denies, Stance::Permits | Stance::Silent) => {
            certain(Effect::NewlyAllowed, &before)
        }
        (Stance::Permits, Stance::Silent) => other(WHAT_ELSE),
        // A call that succeeded was allowed by something else.
        (Stance::Silent, Stance::Permits) if !call.record.was_denied() => None,
        (Stance::Silent, Stance::Permits) => other(WHAT_ELSE),
        (Stance::Unknown, _) | (_, Stance::Unknown) => Some(missing()),
    }
}

const WHAT_ELSE: &str = "whether another policy allows it";

fn may_be_granted(policy: &Policy, action: &str) -> bool {
    matches!(policy.attached, Attached::Key(_)) && GRANTABLE.contains(&action)
}

fn stance(policy: &Policy, call: &Call<'_>, decision: Decision) -> Stance {
    match (decision, &policy.attached) {
        (Decision::Deny, _) => Stance::Denies,
        (Decision::Allow, _) => Stance::Permits,
        (Decision::Unknown, _) => Stance::Unknown,
        // Nothing but these policies can allow it.
        (Decision::NoMatch, Attached::Key(_) | Attached::Endpoint(..)) => Stance::Denies,
        (Decision::NoMatch, Attached::Accounts | Attached::Resources) => Stance::Silent,
        // Principals of other accounts need the permission of both.
        (Decision::NoMatch, Attached::Bucket(_)) => {
            let caller = &call.record.user_identity.account_id;
            if caller.is_empty() || *caller == policy.account {
                Stance::Silent
            } else {
                Stance::Denies
            }
        }
    }
}
