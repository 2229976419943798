//! Leases: several processes share the scopes, and one at a time writes in each.
//!
//! A lease is an item of a DynamoDB table, one for each scope. Every renewal replaces its version,
//! and every take-over counts its fence up. No time of another machine is ever compared: who wants
//! a lease that somebody holds watches its version on the own clock, and may take it when the
//! version has stayed the same for the whole duration that the item names. The holder counts from
//! before its renewal was sent, the others from after they have read it, so that the holder stops
//! first. Before each mutating call the holder checks that more time is left than the longest call
//! takes.
//!
//! ```text
//! settings ─► Keeper: read, renew, take, release ─► table
//!                │ what is held, and until when
//!                ▼
//!             Leases ◄─ asked by the plan, before each step, and before each attempt of a call
//! ```
//!
//! What others run (with links, in `Leases`): Kubernetes' client-go compares no times of others
//! either; the lock client of AWS for DynamoDB and the Kinesis client library do the same without
//! a fence that is kept.

mod clock;
mod keeper;
mod leases;
mod name;
mod share;
mod state;
mod store;
mod terms;
#[cfg(test)]
pub(crate) mod tests;
mod untenured;
mod view;

pub use self::{
    clock::{Clock, SystemClock},
    keeper::Keeper,
    leases::{Counts, Flight, Leases, Trouble},
    name::process_name,
    share::{Appetite, Share},
    state::{Claim, Lease, Moment, Record, Tenure, Turn, Watched},
    store::{Home, InTable, Written},
    terms::{LONGEST_CALL, TABLE_CALL, Terms},
    untenured::Untenured,
    view::{Holding, LeaseView, LeasesView},
};
