//! Everything that knows the AWS SDK and is shared by the kinds: one [`Access`] a scope, with time-outs,
//! retries, the write guard and the call meter on every client; error classification; lookups; identity.
//!
//! The SDK is named only here and in `kinds/*/aws.rs`; a test in `tests/palisade/architecture.rs` holds that.

mod access;
mod brake;
mod classify;
mod guard;
pub mod identity;
pub mod lookup;
pub mod rehearsal;
pub mod trace;

pub use self::{
    access::{Access, AssumedRole, Connection},
    brake::Brake,
    classify::{classify, rejected},
    guard::{CallOutcome, Guard, Meter},
};
