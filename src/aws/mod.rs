//! The parts that use the AWS SDK and are shared by the kinds: one [`Access`] per scope, with time
//! limits, retries, the write guard, the rate budget and the call meter on every client; error
//! classification; lookups; identity.
//!
//! Only this module and `kinds/*/aws.rs` name the SDK; `tests/palisade/architecture.rs` checks
//! that.

mod access;
mod brake;
pub(crate) mod budget;
mod classify;
pub(crate) mod ec2_tags;
mod guard;
pub(crate) mod heartbeat;
pub(crate) mod history;
pub mod identity;
pub(crate) mod identity_center;
pub mod items;
pub mod lookup;
mod post;
pub mod proof;
pub mod publish;
pub(crate) mod queue;
pub(crate) mod rehearsal;
pub(crate) mod resource_control;
pub(crate) mod sagemaker;
pub mod secrets;
#[cfg(all(test, feature = "simulator"))]
mod tests;
pub mod trace;
pub(crate) mod trails;
mod transport;

pub use self::{
    access::{Access, AssumedRole, Connection},
    brake::Brake,
    budget::{Budget, Urgency},
    classify::{classify, rejected},
    guard::{CallOutcome, Guard, Meter},
    post::Post,
};
