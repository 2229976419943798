//! The plan of another state of the directory on the same observation: what a change of the
//! directory does is the difference between the two.

use std::{borrow::Cow, collections::BTreeMap, path::Path};

use tokio::time::Instant;

use super::{learn::Learnt, pass::Control, planning::Planning, setup::Setup, source::Good};
use crate::{
    manifest::{Documents, Loader, Problem, Snapshot, described},
    model::Fence,
    plan::{Claims, Comparison, Focus, Live, Lockout, Look, Organization, Plan, Touched},
};

/// The directory without the change.
pub(super) struct Base {
    snapshot: Snapshot,
    revision: Option<String>,
}

/// The manifests that are observed: of both states of the directory, what a focus needs.
pub(super) fn observed<'a>(
    good: Option<&'a Good>,
    base: Option<&'a Base>,
    focus: Option<&Focus>,
) -> Vec<Cow<'a, Documents>> {
    let good = good.map(|good| &good.snapshot.documents);
    let all = good.into_iter().chain(base.map(Base::documents));
    all.map(|documents| match focus {
        Some(focus) => Cow::Owned(focus.observed(documents)),
        None => Cow::Borrowed(documents),
    })
    .collect()
}

/// What planning needs besides the directory; the same for both plans.
pub(super) struct Ground<'a> {
    pub(super) setup: &'a Setup,
    pub(super) control: &'a Control,
    pub(super) live: &'a Live,
    pub(super) since: &'a BTreeMap<String, Instant>,
    pub(super) fence: Fence,
    pub(super) lockout: Lockout,
    pub(super) organization: Organization,
    /// In seconds since the epoch.
    pub(super) now: f64,
}

impl Base {
    /// Reads the directory, if one is given; or its errors.
    pub(super) fn read(dir: Option<&Path>, loader: &Loader<'_>) -> (Option<Self>, Vec<Problem>) {
        let Some(dir) = dir else { return (None, Vec::new()) };
        match loader.load(dir) {
            Ok(snapshot) => (Some(Self { snapshot, revision: described(dir) }), Vec::new()),
            Err(problems) => (None, problems),
        }
    }

    pub(super) fn documents(&self) -> &Documents {
        &self.snapshot.documents
    }

    /// What the change from this directory to another one does.
    pub(super) async fn compare(
        &self,
        ground: Ground<'_>,
        head: &Plan,
        documents: &Documents,
    ) -> Comparison {
        let focus = ground.setup.options.focus.as_ref();
        let plan = self.plan(ground).await;
        let touched = Touched::between(self.documents(), documents).within(focus);
        Comparison::of(&plan, head, touched, self.revision.clone())
    }

    /// What a process that has just begun would plan.
    async fn plan(&self, ground: Ground<'_>) -> Plan {
        let Ground { setup, control, live, since, fence, lockout, organization, now } = ground;
        let (settings, documents) = (&setup.settings, self.documents());
        let claims = Claims::read(live, &settings.owner).adopting(documents, &setup.registry);
        let mut learnt = Learnt::default();
        learnt.note_observation(&self.snapshot, &claims, since, settings.settle_window);
        learnt.note_undeclared(&self.snapshot, &claims, settings.settle_window);
        learnt.note_inherited(&self.snapshot);
        let predecessors = learnt.pace.predecessors();
        let look = Look::new(setup.installation(), documents, live, claims, &predecessors);
        let mut planning = Planning {
            setup,
            control,
            snapshot: &self.snapshot,
            look: &look,
            predecessors: &predecessors,
            fence,
            lockout,
            organization,
            now,
        };
        planning.whole(&mut learnt).await
    }
}
