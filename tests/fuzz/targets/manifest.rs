//! Any file in the watched directory: problems or a snapshot, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use palisade::{
    engine::Scopes,
    kinds,
    manifest::Loader,
    settings::{Overrides, Settings},
};

const SETTINGS: &str =
    "owner: fuzz\nscopes: {ml-prod: {account: '111122223333', region: eu-west-1}}\n";

fuzz_target!(|data: &[u8]| {
    let Ok(settings) = Settings::parse(SETTINGS, &Overrides::default()) else { return };
    let Ok(dir) = tempfile::tempdir() else { return };
    if std::fs::write(dir.path().join("main.yaml"), data).is_err() {
        return;
    }
    let (registry, facts) = (kinds::registry(), Scopes::offline_facts(&settings));
    let loader = Loader { registry: &registry, settings: &settings, facts: &facts };
    if let Err(problems) = loader.load(dir.path()) {
        assert!(!problems.is_empty());
    }
});
