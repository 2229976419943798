//! Many runs on several threads, each in a runtime of its own with a clock that only the run moves.

use std::{
    future::Future,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use super::{
    faults::Mishap,
    prepare::Prepared,
    run::{Finished, Setup, run},
    scenario::Scenario,
};

/// A run that broke a rule.
#[derive(Debug, Clone)]
pub struct Failure {
    pub scenario: &'static str,
    pub label: String,
    pub violations: Vec<String>,
    /// Every call of the run.
    pub log: String,
    /// The fewest faults with which it still fails.
    pub faults: String,
}

/// What many runs came to.
#[derive(Debug, Default)]
pub struct Tally {
    pub runs: u64,
    pub calls: u64,
    /// Runs in which no fault struck.
    pub missed: u64,
    /// Steps that somebody had to consent to.
    pub consents: u64,
    /// Those of them that came after something had been done by hand.
    pub consents_after_hands: u64,
    /// Passes after the last fault: how many runs needed so many.
    pub passes: std::collections::BTreeMap<u64, u64>,
    pub failures: Vec<Failure>,
}

/// Runs a future to its end on a clock of its own.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(future)
}

/// Does the jobs on so many threads; the results stand in the order of the jobs.
pub fn each<J: Sync, T: Send>(jobs: &[J], threads: usize, work: impl Fn(&J) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(index) else { return };
                    let result = work(job);
                    results.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Prepares scenarios.
///
/// # Errors
/// The first that breaks a rule without any fault.
pub fn prepare(scenarios: &[Scenario], threads: usize) -> Result<Vec<Prepared>, String> {
    let one = |scenario: &Scenario| block_on(Prepared::new(scenario.clone()));
    each(scenarios, threads, one).into_iter().collect()
}

/// Runs mishaps until the end or, with `stop_at`, until so many have failed.
pub fn campaign(
    jobs: &[(&Prepared, Mishap)],
    threads: usize,
    stop_at: u64,
    tick: impl Fn() + Sync,
) -> Tally {
    let stop = AtomicBool::new(false);
    let failed = AtomicU64::new(0);
    let outcomes = each(jobs, threads, |(prepared, mishap)| {
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        let finished = block_on(run(prepared, &mishap.setup));
        tick();
        let failure = failure(prepared, mishap, &finished);
        if failure.is_some() && failed.fetch_add(1, Ordering::Relaxed) + 1 >= stop_at {
            stop.store(true, Ordering::Relaxed);
        }
        let calls = finished.reference.calls.len() as u64;
        let Finished { strikes, passes, consents, consents_after_hands, .. } = finished;
        Some((calls, strikes, passes, [consents, consents_after_hands], failure))
    });
    let mut tally = Tally::default();
    for (calls, strikes, passes, [consents, after_hands], failure) in outcomes.into_iter().flatten()
    {
        tally.runs += 1;
        tally.calls += calls;
        tally.consents += consents;
        tally.consents_after_hands += after_hands;
        tally.missed += u64::from(strikes == 0);
        *tally.passes.entry(passes).or_default() += 1;
        tally.failures.extend(failure);
    }
    tally
}

fn failure(prepared: &Prepared, mishap: &Mishap, finished: &Finished) -> Option<Failure> {
    if finished.violations.is_empty() {
        return None;
    }
    let least = least(prepared, &mishap.setup);
    Some(Failure {
        scenario: prepared.scenario.name,
        label: mishap.label.clone(),
        violations: finished.violations.iter().map(ToString::to_string).collect(),
        log: finished.log.clone(),
        faults: format!(
            "{:?}, engines {}, latency {:?}, brake {:?}",
            least.faults, least.engines, least.latency, least.brake
        ),
    })
}

/// Leaves out whatever can be left out so that the run still fails.
fn least(prepared: &Prepared, setup: &Setup) -> Setup {
    let fails = |setup: &Setup| !block_on(run(prepared, setup)).violations.is_empty();
    let mut least = setup.clone();
    let mut index = 0;
    while index < least.faults.len() && least.faults.len() > 1 {
        let mut fewer = least.clone();
        fewer.faults.remove(index);
        if fails(&fewer) { least = fewer } else { index += 1 }
    }
    let simpler = [
        Setup { engines: 1, ..least.clone() },
        Setup { latency: std::time::Duration::ZERO, engines: 1, ..least.clone() },
    ];
    simpler.into_iter().filter(fails).last().unwrap_or(least)
}
