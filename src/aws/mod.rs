//! Everything that knows the AWS SDK and is shared by the kinds: one [`Access`] a scope, with
//! time-outs, retries, the write guard, the rate budget and the call meter on every client; error
//! classification; lookups; identity.
//!
//! The SDK is named only here and in `kinds/*/aws`; a test in `tests/palisade/architecture.rs`
//! holds that.

mod access;
mod brake;
pub(crate) mod budget;
mod classify;
mod guard;
pub mod identity;
pub mod lookup;
pub(crate) mod rehearsal;
#[cfg(all(test, feature = "simulator"))]
mod tests;
pub mod trace;
mod transport;

pub use self::{
    access::{Access, AssumedRole, Connection},
    brake::Brake,
    budget::{Budget, Urgency},
    classify::{classify, rejected},
    guard::{CallOutcome, Guard, Meter},
};
