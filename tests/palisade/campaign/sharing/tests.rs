//! The bounded form; all of it is `campaign leases lease-model --seeds N`.

use std::time::Duration;

use super::{engines, model};
use crate::campaign::threads::{block_on, each};

const THREADS: usize = 2;

fn model(seeds: std::ops::Range<u64>, wrong: model::Wrong) -> Vec<model::Outcome> {
    let seeds: Vec<u64> = seeds.collect();
    each(&seeds, THREADS, |seed| block_on(model::run(*seed, wrong)))
}

fn engines(seeds: std::ops::Range<u64>, wrong: engines::Wrong) -> Vec<engines::Outcome> {
    let seeds: Vec<u64> = seeds.collect();
    each(&seeds, THREADS, |seed| block_on(engines::run(*seed, wrong)))
}

#[test]
fn no_two_processes_write_in_a_scope_whatever_goes_wrong() {
    let outcomes = model(0..200, model::Wrong::default());
    for (seed, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome.violations, Vec::<String>::new(), "seed {seed}");
    }
    let writes: usize = outcomes.iter().map(|it| it.writes).sum();
    let takeovers: u64 = outcomes.iter().map(|it| it.takeovers).sum();
    assert!(writes > 10_000 && takeovers > 700, "{writes} writes, {takeovers} take-overs");
}

#[test]
fn the_judge_notices_a_lease_without_room_for_a_call_and_clocks_beyond_the_safety() {
    let none = model::Wrong { needed: Some(Duration::ZERO), ..model::Wrong::default() };
    let clocks = model::Wrong { rate: 600, ..model::Wrong::default() };
    for wrong in [none, clocks] {
        let outcomes = model(0..60, wrong);
        let broken = outcomes.iter().flat_map(|it| &it.violations);
        assert!(broken.filter(|it| it.starts_with("S9")).count() > 0, "{wrong:?}");
    }
}

#[test]
fn engines_that_share_two_scopes_correct_everything_and_never_both_write() {
    let wrong = engines::Wrong { trouble: true, reckless: false };
    let outcomes = engines(0..12, wrong);
    for (seed, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome.violations, Vec::<String>::new(), "seed {seed}");
    }
    assert!(outcomes.iter().all(|it| it.writes > 0), "{outcomes:?}");
    assert!(outcomes.iter().any(|it| it.takeovers > 2), "{outcomes:?}");
}

#[test]
fn the_judge_notices_engines_without_leases() {
    let wrong = engines::Wrong { trouble: false, reckless: true };
    let outcomes = engines(0..2, wrong);
    let broken = outcomes.iter().flat_map(|it| &it.violations);
    assert!(broken.filter(|it| it.starts_with("S9")).count() > 0, "{outcomes:?}");
}
