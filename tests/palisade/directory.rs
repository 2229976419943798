//! The watched directory as it is in real life: half-written, cut off, odd. Whatever it holds, it is a list of problems or
//! a state that is less than the whole; it never panics, and it never deletes.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use palisade::{
    engine::Scopes,
    kinds,
    manifest::{Loader, Presence, Problem, Snapshot},
    settings::Prune,
};
use proptest::prelude::*;

use crate::world::{World, baseline, until_quiet};

/// A text that must never be shown.
const SECRET: &str = "sEcReT-4f9d2c7e81b6a053-9XpQ";

fn load(world: &World) -> Result<Snapshot, Vec<Problem>> {
    let registry = kinds::registry();
    let facts = Scopes::offline_facts(&world.settings);
    Loader { registry: &registry, settings: &world.settings, facts: &facts }.load(world.dir())
}

/// The shipped files, by their path below the directory.
fn files() -> BTreeMap<PathBuf, String> {
    fn collect(dir: &Path, found: &mut BTreeMap<PathBuf, String>) {
        for entry in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                collect(&entry, found);
            } else if entry.extension().is_some_and(|extension| extension == "yaml") {
                let text = fs::read_to_string(&entry).unwrap();
                found.insert(entry.strip_prefix(baseline()).unwrap().to_owned(), text);
            }
        }
    }
    let mut found = BTreeMap::new();
    collect(&baseline(), &mut found);
    assert!(found.len() > 5);
    found
}

/// Problems, or manifests all of which the whole directory declares too, none of them a tombstone.
fn is_harmless(cut: Result<Snapshot, Vec<Problem>>, whole: &Snapshot, what: &str) -> bool {
    match cut {
        Err(problems) => {
            assert!(!problems.is_empty(), "{what}");
            false
        }
        Ok(snapshot) => {
            for (address, document) in &snapshot.documents {
                assert_eq!(document.lifecycle.state, Presence::Present, "{what}: {address}");
                // A name that was cut off is a name of its own; nothing else may appear.
                let known = whole
                    .documents
                    .keys()
                    .any(|full| full.kind == address.kind && full.name.starts_with(&address.name));
                assert!(known, "{what}: {address}");
            }
            assert!(snapshot.approvals.is_empty(), "{what}");
            true
        }
    }
}

/// Lengths at which to cut: every line's end, and every so many bytes between.
fn cuts(text: &str, stride: usize) -> Vec<usize> {
    let lines = text.match_indices('\n').map(|(at, _)| at + 1);
    let bytes = (0..text.len()).step_by(stride).filter(|at| text.is_char_boundary(*at));
    let mut cuts: Vec<usize> = lines.chain(bytes).collect();
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

#[test]
fn every_file_cut_off_anywhere_gives_problems_or_less_of_the_same_and_never_a_tombstone() {
    let world = World::baseline();
    let whole = load(&world).expect("the shipped directory is good");
    let (mut loads, mut accepted) = (0, 0);
    for (path, text) in files() {
        // The others are left out: what refers to them is one more problem, and the cut is what matters here.
        let alone = World::empty();
        for cut in cuts(&text, 17) {
            alone.write("main.yaml", &text[..cut]);
            loads += 1;
            let what = format!("{} at {cut}", path.display());
            accepted += usize::from(is_harmless(load(&alone), &whole, &what));
        }
    }
    assert!(loads > 1000 && accepted > 10, "{accepted} of {loads}");
}

#[tokio::test(start_paused = true)]
async fn a_file_cut_off_at_a_document_deletes_nothing_even_where_pruning_is_automatic() {
    for (path, text) in files() {
        let (mut world, _) = World::applied().await;
        world.settings.prune = Prune::Automatic;
        let mut engine = world.engine().await;
        let cut = text.find("\n---\n").map_or(0, |at| at + 1);
        world.write(path.to_str().unwrap(), &text[..cut]);
        until_quiet(&mut engine).await;
        let deletes: Vec<_> = world
            .writes()
            .into_iter()
            .filter(|operation| {
                operation.starts_with("Delete") || operation.starts_with("Schedule")
            })
            .collect();
        assert_eq!(deletes, Vec::<String>::new(), "{}", path.display());
    }
}

#[test]
fn one_broken_file_among_many_refuses_all_of_them_and_is_named() {
    for (path, text) in files() {
        let world = World::baseline();
        world.write(path.to_str().unwrap(), format!("{text}\n  - : ]\n"));
        let problems = load(&world).expect_err("one file is broken");
        let name = world.dir().join(&path);
        assert!(problems.iter().any(|p| p.origin.file == name), "{}: {problems:?}", path.display());
    }
}

#[test]
fn no_value_of_any_field_is_repeated_in_a_problem() {
    let mut problems_seen = 0;
    for (path, text) in files() {
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let Some((before, value)) = line.split_once(": ") else { continue };
            let key = before.trim().trim_start_matches("- ");
            // Names of manifests, kinds and scopes are what a problem is about.
            let named =
                ["name", "scope", "kind", "metadata"].contains(&key) || value.contains("ref:");
            if line.trim_start().starts_with('#') || named {
                continue;
            }
            let changed = format!("{before}: {SECRET}");
            let mut altered = lines.clone();
            altered[number] = &changed;
            let world = World::empty();
            world.write("main.yaml", altered.join("\n"));
            for problem in load(&world).err().unwrap_or_default() {
                problems_seen += 1;
                let text = problem.to_string();
                assert!(!text.contains(SECRET), "{} line {}: {text}", path.display(), number + 1);
            }
        }
    }
    assert!(problems_seen > 100, "{problems_seen}");
}

#[test]
fn alias_bombs_and_deep_nesting_are_refused_at_once() {
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (from, to) in [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "f"), ("f", "g")] {
        bomb.push_str(&format!("{to}: &{to} [{}]\n", vec![format!("*{from}"); 9].join(", ")));
    }
    for text in [bomb, "[".repeat(200_000), "{a: ".repeat(50_000), "- ".repeat(100_000)] {
        let world = World::with(&text);
        assert_eq!(load(&world).expect_err("refused").len(), 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// What `tests/fuzz` does for hours, for a moment: any bytes at all.
    #[test]
    fn any_bytes_are_problems_or_nothing_at_all(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let world = World::empty();
        world.write("main.yaml", &bytes);
        if let Ok(snapshot) = load(&world) {
            prop_assert!(snapshot.documents.is_empty());
        }
    }

    /// The shipped files with bytes changed, removed or doubled.
    #[test]
    fn damaged_manifests_never_panic_and_never_show_a_tombstone(
        which in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0..3_u8, any::<u8>()), 1..6),
    ) {
        let files: Vec<String> = files().into_values().collect();
        let mut bytes = which.get(&files).clone().into_bytes();
        for (at, how, byte) in damage {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, bytes[at]),
            }
        }
        let world = World::empty();
        world.write("main.yaml", &bytes);
        if let Ok(snapshot) = load(&world) {
            prop_assert!(snapshot.documents.values().all(|d| d.lifecycle.state == Presence::Present));
        }
    }
}
