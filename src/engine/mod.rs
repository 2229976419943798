//! The loop: the only asynchronous orchestration.
//!
//! A pass takes no input from what triggered it. It re-reads the directory and everything it needs of
//! AWS, plans, and (only where the process was given a writer) applies. Progress triggers the next pass at
//! once; otherwise a file event, a retry that is due, a scope that answered late, or the interval does.

pub mod apply;
mod consent;
mod daemon;
mod defect;
mod drift;
mod futile;
mod learn;
mod observe;
mod outcome;
pub mod pace;
mod pass;
mod pauses;
mod pipeline;
mod planning;
pub mod put_back;
mod report;
pub mod rewrites;
mod scopes;
mod source;
#[cfg(all(test, feature = "simulator"))]
mod tests;
mod window;

pub use self::{
    daemon::{log, pause, run},
    drift::{Drift, DriftState},
    outcome::{Outcome, SkipReason, StepResult},
    pass::{Engine, Options},
    report::{Changed, PendingDeletion, Report},
    scopes::{ConnectError, Scopes},
    source::Source,
};
