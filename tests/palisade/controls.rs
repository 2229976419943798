//! The catalogue of controls is that of the build and of the directory, and everything in it exists.

use std::{fs, path::Path};

#[path = "../../examples/controls/catalogue.rs"]
mod catalogue;

use catalogue::{By, CAPABILITIES, document, manifests};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_catalogue_is_the_one_that_the_program_writes() {
    let written = fs::read_to_string(root().join("deploy/controls.md")).expect("the catalogue");
    let help = "write it with `cargo run --example controls > deploy/controls.md`";
    assert!(written == document(root()), "deploy/controls.md is not current: {help}");
}

#[test]
fn every_manifest_in_the_catalogue_exists() {
    for capability in CAPABILITIES {
        let (all, is_declared) = match capability.by {
            By::Declared(all, _) => (all, true),
            By::Example(all, _) => (all, false),
            By::Cannot(why) => {
                assert!(why.len() > 20, "{}: why not?", capability.name);
                continue;
            }
        };
        assert!(!all.is_empty(), "{}", capability.name);
        for named in all {
            let (file, manifest) = named.split_once(' ').expect("FILE KIND/NAME");
            assert_eq!(file.starts_with("desired-state/"), is_declared, "{named}");
            let there = manifests(&root().join(file));
            assert!(there.iter().any(|it| it == manifest), "{named}: {there:?}");
        }
    }
}

#[test]
fn every_test_in_the_catalogue_exists() {
    let mut sources = String::new();
    let mut folders = vec![root().join("tests/palisade")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                sources.push_str(&fs::read_to_string(&path).expect("a file"));
            }
        }
    }
    for capability in CAPABILITIES {
        if let By::Declared(_, test) | By::Example(_, test) = capability.by {
            let is_there = sources.contains(&format!("fn {test}()"));
            assert!(is_there, "{}: no test {test}", capability.name);
        }
    }
}
