//! How every pass begins and ends, whatever it looks at.

use std::collections::BTreeSet;

use tokio::time::Instant;

use super::{
    audits::leave_out_compared,
    contest::Contest,
    drift::Passed,
    observe::Callers,
    pass::{Begun, Engine, Made},
    report::{Report, epoch_seconds, scopes_report},
    setup::Setup,
    source::Good,
};
use crate::{kind::Audited, model::Address};

impl Engine {
    /// Begins a pass.
    pub(super) fn begin(&mut self) -> Begun {
        self.passes += 1;
        let begun = Begun {
            at: Instant::now(),
            epoch: epoch_seconds(),
            generation: self.control.generation.current(),
        };
        self.setup.settings.reread_mode();
        self.control.halted.look(self.control.brake.halt(), &mut self.history, begun.epoch);
        begun
    }

    /// Ends a pass: learns from it, and reports it. `seen` are the manifests whose resources it
    /// read, if not all.
    pub(super) async fn report(
        &mut self,
        begun: &Begun,
        callers: &Callers,
        made: Made,
        seen: Option<&BTreeSet<Address>>,
    ) -> Report {
        let good = self.source.good().cloned();
        let Made { plan, results, pending_deletions, comparison, phases, .. } = made;
        let duration_seconds = begun.at.elapsed().as_secs_f64();
        let documents = good.iter().flat_map(|good| good.snapshot.documents.keys());
        let mut drifts = self.learnt.drifts.observe(&Passed {
            plan: &plan,
            results: &results,
            manifests: &documents.collect(),
            completing: &self.learnt.completing,
            seen,
            at: begun.at,
            pass: self.passes,
            began: begun.epoch,
            ended: begun.epoch + duration_seconds,
        });
        self.name_causes(&mut drifts);
        self.learnt.note_results(&plan, &results, &self.setup, &self.source);
        self.note_progress(callers);
        let audited = self.audited(good.as_ref());
        let scopes = scopes_report(callers);
        let contests = Contest::find(&plan, &scopes, &drifts, self.history.timeline());
        let report = Report {
            pass: self.passes,
            started_at: begun.epoch,
            duration_seconds,
            phases,
            revision: good.as_ref().and_then(|good| good.revision.clone()),
            source_age_seconds: good.as_ref().map(|good| good.at.elapsed().as_secs_f64()),
            problems: self.source.problems.clone(),
            warnings: self.source.warnings.clone(),
            problems_changed: self.source.problems_changed,
            warnings_changed: self.source.warnings_changed,
            scopes,
            pending_deletions,
            manifests: good
                .map(|good| good.snapshot.documents.keys().cloned().collect())
                .unwrap_or_default(),
            plan,
            results,
            drifts,
            contests,
            audited,
            base_problems: Vec::new(),
            comparison,
        };
        self.history.observe(&report);
        let Self { setup, learnt, source, history, remembering, rollouts, .. } = self;
        if let Some(remembering) = remembering {
            let kept = (history, &*rollouts);
            remembering.after(learnt, source, setup, kept, epoch_seconds()).await;
        }
        report
    }

    /// What audits have found; those that are due are started.
    fn audited(&mut self, good: Option<&Good>) -> Audited {
        if !self.setup.options.audits {
            return Audited::default();
        }
        let declared = good.map(|good| good.snapshot.declared()).unwrap_or_default();
        let Setup { scopes, registry, settings, .. } = &self.setup;
        let mut audited = self.audits.go_on(scopes, registry, &declared, settings.audit_window);
        if let Some(good) = good {
            leave_out_compared(&mut audited, registry, &good.snapshot.documents);
        }
        audited
    }
}
