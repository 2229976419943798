//! What was read of the directory before: a file that did not change is neither read nor understood
//! again, and a directory that did not change gives the same snapshot again.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Problem,
    files::Files,
    load::{Contents, Loaded, Loader, Parts, Snapshot},
    tree::{self, SourceFile, Tree},
};

/// The latest reading of one directory. It may be lost at any time; then everything is read again.
#[derive(Debug, Default)]
pub struct Cache {
    files: Files,
    contents: BTreeMap<PathBuf, Understood>,
    /// What the contents depend on besides the files.
    meaning: String,
    latest: Option<Latest>,
    understood: usize,
}

/// A file, and what it says.
#[derive(Debug)]
struct Understood {
    text: Arc<str>,
    contents: Arc<Contents>,
}

#[derive(Debug)]
struct Latest {
    dir: PathBuf,
    skipped: Vec<Problem>,
    loaded: Loaded<Arc<Snapshot>>,
}

impl Cache {
    /// How many times a file has been parsed and understood.
    pub fn understood(&self) -> usize {
        self.understood
    }

    /// What each file says.
    pub(super) fn contents_of(
        &mut self,
        loader: &Loader<'_>,
        files: &[SourceFile],
    ) -> Vec<Arc<Contents>> {
        self.for_loader(loader);
        let fence = loader.settings.fence(loader.facts);
        let contents = files.iter().map(|file| {
            let known = self.contents.get(&file.shown).filter(|known| known.text == file.text);
            if let Some(known) = known {
                return Arc::clone(&known.contents);
            }
            self.understood += 1;
            let contents = Arc::new(Contents::of(file, loader, &fence));
            let known = Understood { text: Arc::clone(&file.text), contents: contents.clone() };
            self.contents.insert(file.shown.clone(), known);
            contents
        });
        contents.collect()
    }

    /// Forgets files that are gone.
    fn keep(&mut self, files: &[SourceFile]) {
        let there: BTreeSet<&Path> = files.iter().map(|file| file.shown.as_path()).collect();
        self.contents.retain(|path, _| there.contains(path.as_path()));
    }

    /// Forgets what a loader with other settings found.
    fn for_loader(&mut self, loader: &Loader<'_>) {
        let meaning = loader.meaning();
        if self.meaning != meaning {
            self.contents.clear();
            self.latest = None;
            self.meaning = meaning;
        }
    }

    fn same(&self, dir: &Path, tree: &Tree) -> Option<Loaded<Arc<Snapshot>>> {
        let latest = self.latest.as_ref().filter(|latest| latest.dir == dir)?;
        let files = &latest.loaded.files;
        // A text that is the same is the same in memory.
        let same = |(a, b): (&SourceFile, &SourceFile)| {
            a.shown == b.shown && Arc::ptr_eq(&a.text, &b.text)
        };
        let all = tree.problems.is_empty()
            && tree.skipped == latest.skipped
            && tree.files.len() == files.len()
            && tree.files.iter().zip(files).all(same);
        all.then(|| latest.loaded.clone())
    }
}

impl Loader<'_> {
    /// [`Self::read`], without reading or understanding again what did not change.
    pub fn read_again(&self, dir: &Path, cache: &mut Cache) -> Loaded<Arc<Snapshot>> {
        cache.for_loader(self);
        let tree = tree::read_again(dir, &mut cache.files);
        if let Some(same) = cache.same(dir, &tree) {
            return same;
        }
        let Tree { files, skipped, problems } = tree;
        let whole = problems.is_empty();
        let parts = Parts { files, skipped: skipped.clone(), problems, unknown: &[] };
        let Loaded { snapshot, warnings, files } = self.whole(dir, parts, cache);
        let loaded = Loaded { snapshot: snapshot.map(Arc::new), warnings, files };
        cache.keep(&loaded.files);
        let latest = Latest { dir: dir.to_owned(), skipped, loaded: loaded.clone() };
        cache.latest = Some(latest).filter(|_| whole);
        loaded
    }

    /// Reads files of the directory next to others that are not used: what those may declare can be
    /// referred to, and is waited for.
    ///
    /// # Errors
    /// All errors of all files.
    pub(crate) fn read_beside(
        &self,
        dir: &Path,
        files: &[SourceFile],
        unknown: &[&str],
        cache: &mut Cache,
    ) -> Result<Snapshot, Vec<Problem>> {
        let parts = Parts { files: files.to_vec(), unknown, ..Parts::default() };
        self.whole(dir, parts, cache).snapshot
    }

    /// What a manifest means depends on, besides the kinds.
    fn meaning(&self) -> String {
        let Self { settings, facts, .. } = self;
        let scopes = settings.scopes.iter().map(|(name, scope)| (name, &scope.vars));
        let (vars, organization) = (&settings.vars, &settings.organization);
        let scopes: Vec<_> = scopes.collect();
        let fence = settings.fence(facts);
        let (default, sets) = (&settings.default_scope, &settings.sets);
        format!("{default:?} {sets:?} {scopes:?} {facts:?} {vars:?} {organization:?} {fence:?}")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{
        engine::Scopes,
        kinds,
        settings::{Overrides, Settings},
    };

    const SETTINGS: &str = "\
owner: test
scopes: {prod: {account: '111122223333', region: eu-west-1}}
";

    fn write(dir: &Path, name: &str, description: &str) {
        let text = format!(
            "apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {{name: {name}}}\n\
             spec: {{description: {description}, vpc: vpc-0abc0000, ingress: [], egress: []}}\n"
        );
        fs::write(dir.join(format!("{name}.yaml")), text).unwrap();
    }

    fn reading(dir: &Path, settings: &str, cache: &mut Cache) -> Loaded<Arc<Snapshot>> {
        let settings = Settings::parse(settings, &Overrides::default()).unwrap();
        let (registry, facts) = (kinds::registry(), Scopes::offline_facts(&settings));
        let loader = Loader { registry: &registry, settings: &settings, facts: &facts };
        let again = loader.read_again(dir, cache);
        let anew = loader.read(dir);
        assert_eq!(again.snapshot.as_deref(), anew.snapshot.as_ref(), "the same as without it");
        assert_eq!((&again.warnings, &again.files), (&anew.warnings, &anew.files));
        again
    }

    #[test]
    fn what_did_not_change_is_not_understood_again() {
        let (dir, mut cache) = (tempfile::tempdir().unwrap(), Cache::default());
        for name in ["a", "b", "c"] {
            write(dir.path(), name, "one");
        }
        let first = reading(dir.path(), SETTINGS, &mut cache).snapshot.unwrap();
        assert_eq!(cache.understood(), 3);
        write(dir.path(), "b", "one");
        let second = reading(dir.path(), SETTINGS, &mut cache).snapshot.unwrap();
        assert!(Arc::ptr_eq(&first, &second), "written again, with the same content");
        assert_eq!(cache.understood(), 3);
        write(dir.path(), "b", "two");
        let third = reading(dir.path(), SETTINGS, &mut cache).snapshot.unwrap();
        assert_eq!(cache.understood(), 4);
        let same = first.documents.iter().zip(&third.documents);
        let same: Vec<bool> = same.map(|((_, a), (_, b))| Arc::ptr_eq(a, b)).collect();
        assert_eq!(same, [true, false, true]);
        fs::remove_file(dir.path().join("b.yaml")).unwrap();
        let fourth = reading(dir.path(), SETTINGS, &mut cache).snapshot.unwrap();
        assert_eq!((fourth.documents.len(), cache.understood()), (2, 4));
    }

    #[test]
    fn with_other_settings_everything_is_understood_again() {
        let (dir, mut cache) = (tempfile::tempdir().unwrap(), Cache::default());
        write(dir.path(), "a", "'${var.team}'");
        for (team, understood) in [("ml", 1), ("ml", 1), ("it", 2)] {
            let settings = format!("{SETTINGS}vars: {{team: {team}}}\n");
            let read = reading(dir.path(), &settings, &mut cache).snapshot.unwrap();
            let document = read.documents.values().next().unwrap();
            assert_eq!(document.spec.as_ref().unwrap()["description"], team);
            assert_eq!(cache.understood(), understood);
        }
    }

    #[test]
    fn a_mistake_is_found_again_and_ends_with_its_correction() {
        let (dir, mut cache) = (tempfile::tempdir().unwrap(), Cache::default());
        write(dir.path(), "a", "one");
        fs::write(dir.path().join("b.yaml"), "kind: [\n").unwrap();
        for _ in 0..2 {
            let problems = reading(dir.path(), SETTINGS, &mut cache).snapshot.unwrap_err();
            let file = |problem: &Problem| problem.origin.file.file_name().unwrap().to_owned();
            assert_eq!(problems.iter().map(file).collect::<Vec<_>>(), ["b.yaml"]);
        }
        assert_eq!(cache.understood(), 2);
        write(dir.path(), "b", "two");
        let read = reading(dir.path(), SETTINGS, &mut cache);
        assert_eq!(read.snapshot.unwrap().documents.len(), 2);
        assert_eq!(cache.understood(), 3);
    }
}
