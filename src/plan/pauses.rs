//! Pauses: what they cover is planned and shown, but not written.

use std::collections::BTreeMap;

use super::{Plan, ReportReason, Verdict};
use crate::{
    lease::Untenured,
    model::{Halt, Stop},
};

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
    /// Turns the steps in scopes where this process may not write into reports, as pauses do.
    pub fn leave_to_others(&mut self, why_not: impl Fn(&str) -> Option<Untenured>) {
        let mut known = BTreeMap::new();
        for step in &mut self.steps {
            let scope = &step.address.scope;
            let why = known.entry(scope.clone()).or_insert_with(|| why_not(scope));
            if let (Some(why), false) = (why, matches!(step.verdict, Verdict::Reported(_))) {
                step.verdict = Verdict::Reported(ReportReason::Lease { why: why.clone() });
            }
        }
    }

    /// Records what must not be written now. Observe mode is a setting, not an incident.
    pub fn note_halt(&mut self, halt: &Halt) {
        self.pauses.clone_from(&halt.pauses);
        self.stopped = halt.stop.clone().filter(|stop| *stop != Stop::Observe);
    }
}
