//! What people hold still for a while: planned and shown, and not done.

use super::{Plan, ReportReason, Verdict};
use crate::model::{Halt, Stop};

/// Leaves alone what is paused. What is reported for another reason (observe mode, the brake) keeps that reason.
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
    /// Says what must not be written now. Observing is what the settings ask for, and no incident.
    pub fn note_halt(&mut self, halt: &Halt) {
        self.pauses.clone_from(&halt.pauses);
        self.stopped = halt.stop.clone().filter(|stop| *stop != Stop::Observe);
    }
}
