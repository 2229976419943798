//! Any file in the watched directory: problems or a snapshot, never a panic.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use palisade::{
    engine::Scopes,
    kind::erased::Registry,
    kinds,
    manifest::Loader,
    settings::{Overrides, Settings},
};
use tempfile::TempDir;

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    let text = "owner: fuzz\nscopes: {ml-prod: {account: '111122223333', region: eu-west-1}}\n";
    Settings::parse(text, &Overrides::default()).expect("valid settings")
});
static REGISTRY: LazyLock<Registry> = LazyLock::new(kinds::registry);
static DIR: LazyLock<TempDir> = LazyLock::new(|| TempDir::new().expect("a directory"));

fuzz_target!(|data: &[u8]| {
    std::fs::write(DIR.path().join("main.yaml"), data).expect("written");
    let facts = Scopes::offline_facts(&SETTINGS);
    let loader = Loader { registry: &REGISTRY, settings: &SETTINGS, facts: &facts };
    if let Err(problems) = loader.load(DIR.path()) {
        assert!(!problems.is_empty());
    }
});
