//! What the engine recalls from the memory at start, and keeps in it afterwards. All of it may be
//! lost; then less is done.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::{
    consent::Identity, history::History, learn::Learnt, rollout::Rollouts, setup::Setup,
    source::Source,
};
use crate::{
    manifest::MAX_APPROVAL_SECONDS,
    memory::{
        Approvals, KnownWants, LastSnapshot, Memory, Part, Recalled, Remembered, SpentApproval,
        Waves,
    },
    model::{Address, PhysicalId},
    plan::{KnownForm, KnownWant, Plan, Step, Verdict, Wait, WaitReason, digest, fingerprint},
    settings::Settings,
};

/// The snapshot's time is kept this precisely, in seconds: it is not written anew in every pass.
const READ_AT_PRECISION: f64 = 3600.0;

/// A snapshot that is older, in seconds, counts as lost: others may have changed the accounts on
/// purpose since then, from a newer revision.
const MAX_SNAPSHOT_AGE: f64 = 24.0 * 3600.0;

/// The memory, and what it holds now.
#[derive(Debug)]
pub(super) struct Remembering {
    memory: Memory,
    /// `None` if what is kept cannot be used: then it is written anew.
    wants: Option<BTreeMap<Address, Remembered>>,
    /// Likewise.
    spent: Option<BTreeSet<SpentApproval>>,
    snapshot: Option<LastSnapshot>,
    /// Likewise.
    waves: Option<Waves>,
    /// The number of events that the kept history has seen.
    events: u64,
}

/// What was recalled.
#[derive(Debug)]
pub(super) struct Recollection {
    pub(super) wants: BTreeMap<Address, KnownWant>,
    pub(super) spent: BTreeSet<Identity>,
    /// Whether it is unknown which approvals were used.
    pub(super) approvals_lost: bool,
    pub(super) snapshot: Option<LastSnapshot>,
    pub(super) waves: Recalled<Waves>,
    pub(super) history: Option<History>,
}

impl Remembering {
    /// Reads what the memory holds; what it does not, or cannot say, is lost.
    pub(super) async fn recall(
        memory: Memory,
        settings: &Settings,
        dir: &Path,
        now: f64,
    ) -> (Self, Recollection) {
        let wants = usable(memory.recall::<KnownWants>(Part::Wants).await).map(|it| it.wants);
        let approvals = usable(memory.recall::<Approvals>(Part::Approvals).await);
        let spent = approvals.map(|it| it.spent.into_iter().collect::<BTreeSet<_>>());
        let snapshot = memory.recall::<LastSnapshot>(Part::Snapshot).await.kept();
        let directory = dir.display().to_string();
        let fits = |it: &LastSnapshot| {
            it.directory == directory
                && it.settings == settings_fingerprint(settings)
                && (-READ_AT_PRECISION..=MAX_SNAPSHOT_AGE).contains(&(now - it.read_at))
        };
        let snapshot = snapshot.filter(fits);
        let history = memory.recall::<History>(Part::History).await.kept();
        let known = wants.iter().flatten();
        let known = known.map(|(address, it)| (address.clone(), known_want(it)));
        let recalled = if memory.keeps(Part::Waves) {
            memory.recall::<Waves>(Part::Waves).await
        } else {
            Recalled::Nothing
        };
        // What is there is replaced, whatever it is.
        let waves = matches!(recalled, Recalled::Nothing).then(Waves::default);
        let recollection = Recollection {
            wants: known.collect(),
            spent: spent.iter().flatten().map(identity).collect(),
            approvals_lost: spent.is_none(),
            snapshot: snapshot.clone(),
            waves: recalled,
            history,
        };
        (Self { memory, wants, spent, snapshot, waves, events: 0 }, recollection)
    }

    /// Counts the approvals of the steps that are about to be carried out as used: if the process
    /// dies meanwhile, nobody knows whether they were. If that cannot be kept, those steps wait.
    pub(super) async fn before(&mut self, plan: &mut Plan, learnt: &mut Learnt, source: &Source) {
        let approved = |step: &&Step| step.verdict.goes() && step.approved;
        let digests: BTreeSet<&str> =
            plan.steps.iter().filter(approved).map(|step| step.digest.as_str()).collect();
        if digests.is_empty() {
            return;
        }
        let used = spendable(&learnt.spent);
        let given = source.good().map_or(&[][..], |good| &good.snapshot.approvals);
        let given = given.iter().filter(|approval| digests.contains(approval.digest.as_str()));
        let given = spendable(&given.map(super::consent::identity).collect());
        let new: BTreeSet<_> = given.difference(&used).cloned().collect();
        if self.keep_spent(learnt, used.union(&given).cloned().collect(), &new).await {
            return;
        }
        let wait = Wait::lasting(WaitReason::ApprovalNotKept);
        for step in plan.steps.iter_mut().filter(|step| step.verdict.goes() && step.approved) {
            step.verdict = Verdict::Waiting(vec![wait.clone()]);
        }
    }

    /// Keeps what a finished pass has taught. What cannot be kept is said by the memory, and tried
    /// again after the next pass.
    pub(super) async fn after(
        &mut self,
        learnt: &mut Learnt,
        source: &Source,
        setup: &Setup,
        (history, rollouts): (&mut History, &Rollouts),
        now: f64,
    ) {
        // Until a good reading says which approvals there were, the loss must stay known.
        if !learnt.approvals_lost {
            let mut spent = spendable(&learnt.spent);
            spent.retain(|it| still_matters(it, now));
            self.keep_spent(learnt, spent, &BTreeSet::new()).await;
        }
        self.keep_wants(learnt, setup).await;
        // With the snapshot alone, a change would seem to have come to every scope.
        if self.keep_waves(rollouts).await {
            self.keep_snapshot(source, &setup.settings, now).await;
        }
        // What another process has seen meanwhile is lost: it ends now, or should not run at all.
        if self.events != history.count()
            && self.memory.keep_merged(Part::History, history, |_, _| {}).await.is_ok()
        {
            self.events = history.count();
        }
    }

    /// Keeps which approvals were used, with those that other processes have used meanwhile. `new`
    /// are about to be used: `false` if that cannot be kept, or another process has been first.
    async fn keep_spent(
        &mut self,
        learnt: &mut Learnt,
        spent: BTreeSet<SpentApproval>,
        new: &BTreeSet<SpentApproval>,
    ) -> bool {
        if self.spent.as_ref() == Some(&spent) {
            return true;
        }
        let mut approvals = Approvals { spent: spent.into_iter().collect() };
        let mut free = true;
        let merge = |ours: &mut Approvals, theirs: Approvals| {
            for it in theirs.spent {
                free &= !new.contains(&it);
                learnt.spent.insert(identity(&it));
                if !ours.spent.contains(&it) {
                    ours.spent.push(it);
                }
            }
        };
        let kept = self.memory.keep_merged(Part::Approvals, &mut approvals, merge).await.is_ok();
        if kept {
            self.spent = Some(approvals.spent.into_iter().collect());
        }
        kept && free
    }

    /// Only what is new is digested.
    async fn keep_wants(&mut self, learnt: &Learnt, setup: &Setup) {
        let same = |known: &KnownWant, kept: &Remembered| {
            kept.id == known.id && kept.fingerprint == known.fingerprint
        };
        let all = &learnt.known_wants;
        let old = |address: &Address| self.wants.as_ref().and_then(|wants| wants.get(address));
        let kept = |(address, known): (&Address, &KnownWant)| {
            old(address).is_some_and(|kept| same(known, kept))
        };
        let as_many = self.wants.as_ref().is_some_and(|wants| wants.len() == all.len());
        if as_many && all.iter().all(kept) {
            return;
        }
        let remembered = |(address, known): (&Address, &KnownWant)| {
            let old = old(address).filter(|kept| same(known, kept)).cloned();
            Some((address.clone(), old.or_else(|| remember(address, known, setup))?))
        };
        let mut wants = KnownWants { wants: all.iter().filter_map(remembered).collect() };
        // What this process has seen is newer than what another one kept.
        if self.memory.keep_merged(Part::Wants, &mut wants, |_, _| {}).await.is_ok() {
            self.wants = Some(wants.wants);
        }
    }

    async fn keep_waves(&mut self, rollouts: &Rollouts) -> bool {
        if !self.memory.keeps(Part::Waves) {
            return true;
        }
        let waves = rollouts.kept();
        if self.waves.as_ref() == Some(&waves) {
            return true;
        }
        let kept = self.memory.keep(Part::Waves, &waves).await.is_ok();
        if kept {
            self.waves = Some(waves);
        }
        kept
    }

    async fn keep_snapshot(&mut self, source: &Source, settings: &Settings, now: f64) {
        // While the directory is bad, what was accepted whole stays: what is in force may be put
        // together from several states of it.
        if !source.problems.is_empty() || !self.memory.keeps(Part::Snapshot) {
            return;
        }
        let Some((good, files)) = source.good().zip(source.accepted()) else { return };
        let read_at = now - good.at.elapsed().as_secs_f64();
        let settings = settings_fingerprint(settings);
        let same = self.snapshot.as_ref().is_some_and(|kept| {
            kept.files == *files
                && kept.revision == good.revision
                && kept.settings == settings
                && (read_at - kept.read_at).abs() < READ_AT_PRECISION
        });
        if same {
            return;
        }
        let snapshot = LastSnapshot {
            directory: source.dir().display().to_string(),
            settings,
            revision: good.revision.clone(),
            read_at,
            files: files.clone(),
        };
        if self.memory.keep(Part::Snapshot, &snapshot).await.is_ok() {
            self.snapshot = Some(snapshot);
        }
    }
}

/// What was kept, or nothing yet; `None` if it is lost.
fn usable<T: Default>(recalled: Recalled<T>) -> Option<T> {
    match recalled {
        Recalled::Nothing => Some(T::default()),
        Recalled::Kept(content) => Some(content),
        Recalled::Lost(_) => None,
    }
}

/// The approvals of the directory among those that were used: one of the command line ends with
/// its process.
fn spendable(spent: &BTreeSet<Identity>) -> BTreeSet<SpentApproval> {
    let of_directory = |(digest, expires): &Identity| {
        Some(SpentApproval { digest: digest.clone(), expires: (*expires)? })
    };
    spent.iter().filter_map(of_directory).collect()
}

fn identity(spent: &SpentApproval) -> Identity {
    (spent.digest.clone(), Some(spent.expires))
}

/// An approval that has expired releases nothing more. It is kept a while longer, for clocks that
/// go back.
fn still_matters(spent: &SpentApproval, now: f64) -> bool {
    let expires = std::time::Duration::from_secs(spent.expires).as_secs_f64();
    now < expires + MAX_APPROVAL_SECONDS
}

fn known_want(kept: &Remembered) -> KnownWant {
    let Remembered { id, fingerprint, wish, tags } = kept.clone();
    KnownWant { id, fingerprint, form: KnownForm::Digests { wish, tags } }
}

/// What is kept of a want; `None` if this build does not have its kind.
fn remember(address: &Address, known: &KnownWant, setup: &Setup) -> Option<Remembered> {
    let (id, fingerprint): (PhysicalId, String) = (known.id.clone(), known.fingerprint.clone());
    let (wish, tags) = match &known.form {
        KnownForm::Whole(want) => {
            let kind = setup.registry.get(&address.kind)?;
            (digest::of_state(&kind.wish(&want.state)), digest::of_tags(&want.tags))
        }
        KnownForm::Digests { wish, tags } => (wish.clone(), tags.clone()),
    };
    Some(Remembered { id, fingerprint, wish, tags })
}

/// The fingerprint of the settings that decide what a manifest means. Which accounts the
/// organization has now is none of them.
fn settings_fingerprint(settings: &Settings) -> String {
    fingerprint(&settings.meaning())
}
