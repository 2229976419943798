//! Rollouts: a change of a set's manifests reaches its accounts wave by wave.
//!
//! Where it has not come to, the earlier manifests stay in force: drift is corrected as before. A
//! wave begins once every scope that was reached is as its manifests say, and has stayed so for the
//! soak of the wave. If the earlier manifests are unknown, because the process has just begun
//! and no memory kept them, the new ones are compared, and differences are held until their wave.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use tokio::time::Instant;

use crate::{
    manifest::{Document, Loader, ManifestMode, Presence, Snapshot, SourceFile},
    memory::{Before, LastSnapshot, Recalled, WaveProgress, Waves},
    plan::{self, Plan, Rollout},
    settings::{ScopeSet, Settings, Wave},
};

type Sets = BTreeMap<String, ScopeSet>;
type Files = Arc<Vec<SourceFile>>;

/// The rollouts of all sets with waves. It may be lost at any time.
#[derive(Debug, Default)]
pub(super) struct Rollouts {
    /// What the directory said last.
    accepted: Option<Accepted>,
    sets: BTreeMap<String, Progress>,
    /// What is in force instead of what the directory says, as long as neither changes.
    mixed: Option<Arc<Snapshot>>,
    /// How far they have come, as the last plan of everything showed it.
    shown: Vec<Rollout>,
    /// What the memory kept, until the first reading.
    recalled: Option<(LastSnapshot, Recalled<Waves>)>,
}

#[derive(Debug)]
struct Accepted {
    snapshot: Arc<Snapshot>,
    files: Files,
}

/// How far a change has come in a set.
#[derive(Debug, Default)]
struct Progress {
    scopes: BTreeSet<String>,
    /// The last wave that was reached, counted from 0.
    open: usize,
    behind: BTreeMap<String, Earlier>,
    /// Since when everything that was reached is as wanted.
    steady: Option<Instant>,
}

/// What is in force where a change has not come to.
#[derive(Debug, Clone)]
enum Earlier {
    Unknown,
    Known { files: Files, documents: Vec<Arc<Document>> },
}

/// The manifests for sets, by set and scope.
type Index = BTreeMap<(Arc<str>, String), Vec<Arc<Document>>>;

impl Rollouts {
    /// Goes on where the memory says that the last process was.
    pub(super) fn recall(&mut self, snapshot: Option<LastSnapshot>, waves: Recalled<Waves>) {
        self.recalled = snapshot.map(|snapshot| (snapshot, waves));
    }

    /// What is in force, if the directory says this.
    pub(super) fn follow(
        &mut self,
        loader: &Loader<'_>,
        dir: &Path,
        snapshot: &Arc<Snapshot>,
        files: &[SourceFile],
    ) -> Arc<Snapshot> {
        let sets = &loader.settings.sets;
        if let Some((last, waves)) = self.recalled.take() {
            self.restore(loader, dir, last, waves);
        }
        if !self.is_current(sets, snapshot) {
            self.change(sets, snapshot, files);
        }
        let mixed = self.mixed.get_or_insert_with(|| mix(&self.sets, snapshot));
        Arc::clone(mixed)
    }

    fn is_current(&self, sets: &Sets, snapshot: &Arc<Snapshot>) -> bool {
        let same = |accepted: &Accepted| Arc::ptr_eq(&accepted.snapshot, snapshot);
        let mut with_waves = with_waves(sets);
        self.accepted.as_ref().is_some_and(same)
            && with_waves.all(|(name, set)| {
                self.sets.get(name).is_some_and(|known| known.scopes == set.scopes)
            })
    }

    fn restore(
        &mut self,
        loader: &Loader<'_>,
        dir: &Path,
        last: LastSnapshot,
        waves: Recalled<Waves>,
    ) {
        let read = |files: Vec<SourceFile>| {
            let snapshot = loader.read_files(dir, files.clone(), Vec::new()).snapshot.ok()?;
            Some(Accepted { snapshot: Arc::new(snapshot), files: Arc::new(files) })
        };
        let waves = match waves {
            Recalled::Kept(waves) => waves,
            // Every part is kept before the snapshot: nothing was under way.
            Recalled::Nothing => Waves::default(),
            Recalled::Lost(_) => return,
        };
        let Some(accepted) = read(last.files) else { return };
        let versions: Vec<_> = waves.versions.into_iter().map(read).collect();
        for (name, set) in with_waves(&loader.settings.sets) {
            let kept = waves.sets.get(name);
            let progress = match kept {
                Some(kept) => recalled((name, set), kept, &versions),
                None => Progress { scopes: set.scopes.clone(), ..Progress::default() },
            };
            self.sets.insert(name.clone(), progress);
        }
        self.accepted = Some(accepted);
    }

    /// Takes another state of the directory, or other accounts.
    fn change(&mut self, sets: &Sets, snapshot: &Arc<Snapshot>, files: &[SourceFile]) {
        let now = index(snapshot);
        let before = self.accepted.take();
        let changes = before.as_ref().map(|before| Change {
            before: index(&before.snapshot),
            files: &before.files,
            now: &now,
        });
        let mut known = std::mem::take(&mut self.sets);
        for (name, set) in with_waves(sets) {
            let progress = match (known.remove(name), &changes) {
                (Some(mut progress), Some(changes)) if !progress.scopes.is_empty() => {
                    progress.change(name, set, changes);
                    progress
                }
                _ => Progress::begin(set),
            };
            self.sets.insert(name.clone(), progress);
        }
        let files = Arc::new(files.to_vec());
        self.accepted = Some(Accepted { snapshot: Arc::clone(snapshot), files });
        self.mixed = None;
    }

    /// The sets with waves, and the scopes where differences are held.
    pub(super) fn waves(&self, settings: &Settings) -> plan::Waves {
        let mut waves = plan::Waves::default();
        for (name, progress) in &self.sets {
            let Some(set) = settings.sets.get(name) else { continue };
            let order = set.order();
            for scope in progress.unknown() {
                let wave = order.get(scope.as_str()).copied().unwrap_or_default() + 1;
                let of_scope = waves.unreached.entry(scope.clone()).or_default();
                of_scope.insert(name.clone(), wave);
            }
            waves.sets.insert(name.clone());
        }
        waves
    }

    /// Takes a plan into account, and begins the waves that are due: their manifests are in force
    /// in the next pass. How far the rollouts have come.
    pub(super) fn note(
        &mut self,
        settings: &Settings,
        snapshot: &Snapshot,
        plan: &Plan,
        now: Instant,
    ) -> Vec<Rollout> {
        let mut rollouts = Vec::new();
        for (name, progress) in self.sets.iter_mut().filter(|(_, it)| !it.behind.is_empty()) {
            let Some(set) = settings.sets.get(name) else { continue };
            let troubled = troubled(name, snapshot, plan, progress);
            let before = progress.behind.len();
            let shown = progress.note(set, &troubled, now);
            rollouts.extend(shown.map(|rollout| Rollout { set: name.clone(), ..rollout }));
            if progress.behind.len() != before {
                self.mixed = None;
            }
        }
        let later = |rollout: &Rollout| Rollout {
            next_in: rollout.next_in.map(|seconds| seconds.max(1)),
            ..rollout.clone()
        };
        self.shown = rollouts.iter().map(later).collect();
        rollouts
    }

    /// How far they had come in the last pass over everything.
    pub(super) fn shown(&self) -> Vec<Rollout> {
        self.shown.clone()
    }

    /// When the next wave may begin.
    pub(super) fn next(&self, settings: &Settings) -> Option<Instant> {
        let due = self.sets.iter().filter_map(|(name, progress)| {
            let waves = &settings.sets.get(name)?.waves;
            let soak = waves.get(progress.open)?.soak;
            progress.steady.filter(|_| !progress.behind.is_empty()).map(|since| since + soak)
        });
        due.min()
    }

    /// What the memory is to keep of it.
    pub(super) fn kept(&self) -> Waves {
        let mut versions: Vec<Files> = Vec::new();
        let mut version = |files: &Files| {
            let known = versions.iter().position(|it| Arc::ptr_eq(it, files));
            known.unwrap_or_else(|| {
                versions.push(Arc::clone(files));
                versions.len() - 1
            })
        };
        let mut sets = BTreeMap::new();
        for (name, progress) in &self.sets {
            let behind = progress.behind.iter().map(|(scope, earlier)| {
                let before = match earlier {
                    Earlier::Unknown => Before::Unknown,
                    Earlier::Known { files, .. } => Before::Version(version(files)),
                };
                (scope.clone(), before)
            });
            let behind = behind.collect();
            let (open, scopes) = (progress.open, progress.scopes.clone());
            sets.insert(name.clone(), WaveProgress { open, scopes, behind });
        }
        let versions = versions.iter().map(|files| files.to_vec()).collect();
        Waves { sets, versions }
    }
}

/// Two states of the directory.
struct Change<'a> {
    before: Index,
    files: &'a Files,
    now: &'a Index,
}

impl Progress {
    /// What is in force is unknown everywhere, so that the first wave is the first to change.
    fn begin(set: &ScopeSet) -> Self {
        let order = set.order();
        let later = order.iter().filter(|(_, wave)| **wave > 0);
        Self {
            scopes: set.scopes.clone(),
            behind: later.map(|(scope, _)| ((*scope).to_owned(), Earlier::Unknown)).collect(),
            ..Self::default()
        }
    }

    fn unknown(&self) -> impl Iterator<Item = &String> {
        let behind = self.behind.iter();
        behind.filter(|(_, earlier)| matches!(earlier, Earlier::Unknown)).map(|(scope, _)| scope)
    }

    fn change(&mut self, name: &str, set: &ScopeSet, change: &Change<'_>) {
        let order = set.order();
        let name: Arc<str> = name.into();
        let mut begins = false;
        for (scope, wave) in &order {
            let key = (Arc::clone(&name), (*scope).to_owned());
            let now = change.now.get(&key).map_or(&[][..], Vec::as_slice);
            if !self.scopes.contains(*scope) {
                // It joins with what is in force in most accounts, or waits as its wave does. What
                // was in force the last time that it was here is unknown.
                if !self.behind.is_empty() && *wave > self.open {
                    self.behind.insert(key.1, Earlier::Unknown);
                }
                continue;
            }
            let before = change.before.get(&key).map_or(&[][..], Vec::as_slice);
            if !same(before, now) {
                begins = true;
                self.behind.entry(key.1.clone()).or_insert_with(|| Earlier::Known {
                    files: Arc::clone(change.files),
                    documents: before.to_vec(),
                });
            }
            if let Some(Earlier::Known { documents, .. }) = self.behind.get(*scope)
                && same(documents, now)
            {
                self.behind.remove(*scope);
            }
        }
        self.scopes.clone_from(&set.scopes);
        self.behind.retain(|scope, _| order.contains_key(scope.as_str()));
        if begins {
            self.open(&order);
        }
    }

    /// Begins the first wave that anybody waits for.
    fn open(&mut self, order: &BTreeMap<&str, usize>) {
        let wave = |scope: &String| order.get(scope.as_str()).copied().unwrap_or_default();
        self.open = self.behind.keys().map(wave).min().unwrap_or_default();
        self.steady = None;
        self.behind.retain(|scope, _| wave(scope) > self.open);
    }

    fn note(
        &mut self,
        set: &ScopeSet,
        troubled: &BTreeSet<String>,
        now: Instant,
    ) -> Option<Rollout> {
        self.behind.retain(|scope, earlier| {
            // What is as the manifests say is in force.
            matches!(earlier, Earlier::Known { .. }) || troubled.contains(scope)
        });
        if self.behind.is_empty() {
            self.steady = None;
            return None;
        }
        let Wave { soak, failures, .. } = *set.waves.get(self.open)?;
        let reached: BTreeSet<&String> =
            self.scopes.iter().filter(|scope| !self.behind.contains_key(*scope)).collect();
        let failing: BTreeSet<String> =
            troubled.iter().filter(|scope| reached.contains(scope)).cloned().collect();
        if failing.len() > failures {
            self.steady = None;
        } else {
            self.steady.get_or_insert(now);
        }
        let left = self.steady.map(|since| (since + soak).saturating_duration_since(now));
        let shown = Rollout {
            set: String::new(),
            wave: self.open + 1,
            waves: set.waves.len(),
            reached: reached.len(),
            behind: self.behind.keys().cloned().collect(),
            unknown: self.unknown().cloned().collect(),
            failing,
            failures,
            next_in: left.map(|left| left.as_secs()),
        };
        if left.is_some_and(|left| left.is_zero()) {
            self.open(&set.order());
        }
        Some(shown)
    }
}

fn with_waves(sets: &Sets) -> impl Iterator<Item = (&String, &ScopeSet)> {
    sets.iter().filter(|(_, set)| !set.waves.is_empty())
}

fn index(snapshot: &Snapshot) -> Index {
    let mut index = Index::new();
    for document in snapshot.documents.values() {
        if let Some(set) = &document.set {
            let key = (Arc::clone(set), document.address.scope.clone());
            index.entry(key).or_default().push(Arc::clone(document));
        }
    }
    index
}

/// Whether two lists of manifests, sorted by address, say the same.
fn same(one: &[Arc<Document>], other: &[Arc<Document>]) -> bool {
    let says = |document: &Arc<Document>| {
        let Document { address, lifecycle, spec, .. } = &**document;
        (address.clone(), lifecycle.clone(), spec.clone())
    };
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(one, other)| Arc::ptr_eq(one, other) || says(one) == says(other))
}

fn recalled(
    (name, set): (&str, &ScopeSet),
    kept: &WaveProgress,
    versions: &[Option<Accepted>],
) -> Progress {
    // The settings may have fewer waves now.
    let open = kept.open.min(set.waves.len().saturating_sub(1));
    let set: Arc<str> = name.into();
    let earlier = |scope: &String, before: &Before| {
        let Before::Version(version) = before else { return Earlier::Unknown };
        let Some(Some(version)) = versions.get(*version) else { return Earlier::Unknown };
        let documents = index(&version.snapshot).remove(&(Arc::clone(&set), scope.clone()));
        Earlier::Known {
            files: Arc::clone(&version.files),
            documents: documents.unwrap_or_default(),
        }
    };
    let behind = kept.behind.iter().map(|(scope, before)| (scope.clone(), earlier(scope, before)));
    Progress { scopes: kept.scopes.clone(), open, behind: behind.collect(), steady: None }
}

/// What the directory says, with the earlier manifests where a change has not come to.
fn mix(sets: &BTreeMap<String, Progress>, snapshot: &Arc<Snapshot>) -> Arc<Snapshot> {
    let known: BTreeMap<(&str, &str), &[Arc<Document>]> = sets
        .iter()
        .flat_map(|(set, progress)| {
            progress.behind.iter().filter_map(move |(scope, earlier)| match earlier {
                Earlier::Known { documents, .. } => {
                    Some(((set.as_str(), scope.as_str()), documents.as_slice()))
                }
                Earlier::Unknown => None,
            })
        })
        .collect();
    if known.is_empty() {
        return Arc::clone(snapshot);
    }
    let mut mixed = Snapshot::clone(snapshot);
    mixed.documents.retain(|address, document| {
        let set = document.set.as_deref();
        !set.is_some_and(|set| known.contains_key(&(set, address.scope.as_str())))
    });
    for document in known.into_values().flatten() {
        // A manifest for the scope itself holds instead of one for a set.
        mixed.documents.entry(document.address.clone()).or_insert_with(|| Arc::clone(document));
    }
    Arc::new(mixed)
}

/// The scopes in which a manifest of the set is not in force.
fn troubled(set: &str, snapshot: &Snapshot, plan: &Plan, progress: &Progress) -> BTreeSet<String> {
    let of_set = |document: &Document| document.set.as_deref() == Some(set);
    let mut troubled = BTreeSet::new();
    for document in snapshot.documents.values().filter(|document| of_set(document)) {
        let (address, lifecycle) = (&document.address, &document.lifecycle);
        let fine = match lifecycle.state {
            _ if lifecycle.mode == ManifestMode::Observe => true,
            Presence::Present => plan.in_sync.contains(address),
            Presence::Absent => {
                plan.steps_of(address).is_empty()
                    && !plan.conflicts.iter().any(|conflict| conflict.address == *address)
                    && !plan.unknown.iter().any(|unknown| unknown.covers(address))
            }
        };
        if !fine {
            troubled.insert(address.scope.clone());
        }
    }
    // The resource of a manifest that is gone.
    let gone = plan.steps.iter().map(|step| &step.address);
    let gone = gone.filter(|address| !snapshot.documents.contains_key(*address));
    troubled.extend(gone.map(|address| address.scope.clone()));
    troubled.retain(|scope| progress.scopes.contains(scope));
    troubled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Overrides;

    fn set(waves: &str) -> ScopeSet {
        let text = format!(
            "
owner: a
scopeSets:
  ml:
    accounts: ['000000000001', '000000000002']
    regions: [eu-west-1]
    assumeRole: {{roleName: palisade}}
    waves: {waves}
"
        );
        let settings = Settings::parse(&text, &Overrides::default()).expect("settings");
        settings.sets["ml"].clone()
    }

    #[test]
    fn a_rollout_goes_on_with_fewer_waves_than_it_began_with() {
        let set = set("[{percent: 50}, {percent: 100}]");
        let last = "000000000002.eu-west-1".to_owned();
        let kept = WaveProgress {
            open: 5,
            scopes: set.scopes.clone(),
            behind: [(last.clone(), Before::Unknown)].into(),
        };
        let mut progress = recalled(("ml", &set), &kept, &[]);
        let shown = progress.note(&set, &[last].into(), Instant::now()).expect("it goes on");
        assert_eq!((shown.wave, shown.waves, shown.next_in), (2, 2, Some(0)));
        assert!(progress.behind.is_empty(), "without a soak the last wave begins at once");
    }

    #[test]
    fn scopes_that_fail_are_tolerated_as_far_as_the_wave_says() {
        let set = set("[{percent: 50, failures: 1}, {percent: 100}]");
        let mut progress = Progress::begin(&set);
        let all: BTreeSet<String> = set.scopes.clone();
        let shown = progress.note(&set, &all, Instant::now()).expect("a wave is left");
        assert_eq!((shown.failing.len(), shown.next_in), (1, Some(0)));
        let strict = self::set("[{percent: 50}, {percent: 100}]");
        let mut progress = Progress::begin(&strict);
        let shown = progress.note(&strict, &all, Instant::now()).expect("a wave is left");
        assert!(shown.is_stopped() && progress.behind.len() == 1, "{shown}");
    }
}
