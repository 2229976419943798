//! Pauses: what they cover is planned and shown, but not written.

use super::{Plan, ReportReason, Verdict};
use crate::model::{Halt, Stop};

/// Turns the steps that a pause covers into reports. Steps that are reported for another reason
/// (observe mode, the brake) keep that reason.
pub(super) fn hold(plan: &mut Plan, halt: &Halt) {
    plan.note_halt(halt);
    let pauses = &halt.pauses;
    for step in &mut plan.steps {
        let Some(pause) = pauses.iter().find(|pause| pause.extent.covers(&step.address)) else {
            continue;
        };
        if !matches!(step.verdict, Verdict::Reported(_)) {
            step.verdict = Verdict::Reported(ReportReason::Pause { pause: pause.clone() });
        }
    }
}

impl Plan {
    /// Records what must not be written now. Observe mode is a setting, not an incident.
    pub fn note_halt(&mut self, halt: &Halt) {
        self.pauses.clone_from(&halt.pauses);
        self.stopped = halt.stop.clone().filter(|stop| *stop != Stop::Observe);
    }
}
