//! The loop: the only asynchronous orchestration.
//!
//! A pass does not depend on what triggered it. It reads the directory and everything it needs from
//! AWS again, plans, and (only if the process may write) applies. A change triggers the next pass
//! at once; otherwise a file event, a due retry, a scope that answered late, or the interval does.

pub mod apply;
mod audits;
mod base;
mod consent;
mod contest;
mod daemon;
mod defect;
mod domains;
mod drift;
mod ending;
mod fleet;
mod fresh;
mod futile;
mod hints;
mod history;
mod learn;
mod listen;
mod listener;
mod live;
mod observe;
mod options;
mod organizations;
mod outcome;
pub mod pace;
mod pass;
mod pauses;
mod pipeline;
mod planning;
pub mod put_back;
pub mod release;
mod remember;
mod report;
pub mod rewrites;
mod rollout;
mod scopes;
mod setup;
mod share;
mod source;
#[cfg(all(test, feature = "simulator"))]
mod tests;
mod timeline;
mod window;

pub use self::{
    audits::{audit, leave_out_compared},
    contest::Contest,
    daemon::{Publish, log, news, pause, run},
    drift::{Drift, DriftState},
    fleet::connect_all,
    hints::Hinted,
    history::{Event, Happened, History},
    listener::Listener,
    live::{Links, Live},
    options::{Options, Watcher},
    outcome::{Outcome, SkipReason, StepResult},
    pass::Engine,
    report::{Changed, PendingDeletion, Phases, Report},
    scopes::{ConnectError, Connected, Scopes},
    source::Source,
    timeline::Timeline,
};
