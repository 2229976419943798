//! Identity is not for everybody who can write a manifest.
//!
//! Manifests are checked against the bounds of the settings when they are read. Here the same is
//! held against what is live: what palisade itself stands on is never written, nor is identity
//! outside of the bounds, and no approval releases that. What creates identity, or gives one more,
//! always needs an approval; what takes something away does not.

use crate::{
    kind::Identity,
    model::Risk,
    plan::{Action, HoldReason, Inputs, Step},
};

/// Why a step is never carried out, whatever is approved.
pub(super) fn reasons(step: &Step, inputs: &Inputs<'_>) -> Vec<HoldReason> {
    let fence = inputs.limits.fence;
    let identity = identity_of(step, inputs);
    let arn = match &step.action {
        Action::Create { want, .. } => identity.and_then(|it| it.arn_of(want)),
        Action::Edit { have, .. } | Action::Delete { have, .. } => Some(have.arn.clone()),
    };
    let own = arn.filter(|arn| fence.is_own(arn)).map(|arn| HoldReason::Own { arn });
    own.into_iter().chain(identity.and_then(|it| outside(&it, step, inputs))).collect()
}

/// Why an edit or a create of identity needs an approval. What puts a known state back and closes
/// something does not wait: what closes a hole never waits for what does not.
pub(super) fn opens(
    step: &Step,
    risk: Risk,
    puts_back: bool,
    inputs: &Inputs<'_>,
) -> Option<HoldReason> {
    identity_of(step, inputs)?;
    match &step.action {
        Action::Create { .. } => Some(HoldReason::Identity { creates: true }),
        _ if risk.opens && !(puts_back && risk.closes) => {
            Some(HoldReason::Identity { creates: false })
        }
        _ => None,
    }
}

fn identity_of(step: &Step, inputs: &Inputs<'_>) -> Option<Identity> {
    inputs.look.kind(&step.address.kind)?.operations().identity
}

fn outside(identity: &Identity, step: &Step, inputs: &Inputs<'_>) -> Option<HoldReason> {
    let Ok(bounds) = inputs.limits.fence.bounds(&step.address.scope) else {
        return Some(HoldReason::Unbounded);
    };
    let have = step.action.have()?;
    let path = || HoldReason::Outside { path: bounds.path.clone() };
    (!identity.is_within(bounds, &have.state)).then(path)
}
