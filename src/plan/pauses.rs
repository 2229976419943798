//! What people hold still for a while: planned and shown, and not done.

use super::{Plan, ReportReason, Verdict};
use crate::model::Pause;

/// Leaves alone what is paused. What is reported for another reason (observe mode, the brake) keeps that reason.
pub(super) fn hold(plan: &mut Plan, pauses: &[Pause]) {
    plan.pauses = pauses.to_vec();
    for step in &mut plan.steps {
        let Some(pause) = pauses.iter().find(|pause| pause.extent.covers(&step.address)) else {
            continue;
        };
        if !matches!(step.verdict, Verdict::Reported(_)) {
            step.verdict = Verdict::Reported(ReportReason::Pause { pause: pause.clone() });
        }
    }
}
