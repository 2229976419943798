//! Campaigns: whole runs of the engine against the simulator with something going wrong in each of them.
//!
//! Shared, by path, between `tests/palisade` (a bounded form in every `cargo test`) and `examples/campaign.rs` (all of it). It is
//! no part of the library: it drives the engine over the simulator, and neither of the two should know the other, nor should
//! the released program carry scenarios and seeds.
//!
//! ```text
//! scenario -> prepare (setup stages run clean; the world is snapshot; the last stage is run clean: the reference)
//!          -> for every call of the reference, for every fault: resume the snapshot, run, judge
//! ```
//!
//! A run is judged by the monitors on every call (`simulator::monitor`), after every pass by what the process said (S11, where
//! somebody listens; S15, by what it holds and lets wait) and by what is open then (S15), where events
//! arrive by whom it names (N1), and at its end: it has converged (L1) to what the
//! reference converged to, within so many passes after the last fault (L2), and then writes nothing (L3).

pub mod catalogue;
pub mod cloud_control;
pub mod events;
pub mod faults;
pub mod hands;
#[allow(dead_code, reason = "only `examples/noticing.rs` and a test measure")]
pub mod noticing;
pub mod prepare;
pub mod putting_back;
pub mod run;
pub mod scenario;
pub mod scenarios;
pub mod sharing;
pub mod silence;
pub mod swarm;
#[cfg(test)]
mod tests;
pub mod threads;
pub mod trips;
