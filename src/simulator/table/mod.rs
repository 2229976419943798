//! A simple type of resource as a value. A [`Table`] describes its operations, key, members,
//! states and listing, and what prevents changes and deletions; the behavior is implemented here
//! once for all types. If a type depends on other state, the hooks of its table read that state.
//!
//! ```text
//! Table (the type)              ─┐
//! TableCall (the call)          ─┼─► read / write ─► Answer
//! Records (the resources)       ─┘        └─► add_truth (for monitors), needs (for IAM)
//! ```

mod lifecycle;
mod operations;
mod page;
mod record;
mod setting;
mod shape;
mod tagging;
#[cfg(test)]
mod tests;

pub(crate) use lifecycle::{Lifecycle, States};
pub(crate) use operations::{add_truth, needs, read, write};
pub(crate) use page::{Listed, Paging};
pub(crate) use record::{Holds, Record, Records};
pub(crate) use setting::{Setting, Settings};
pub(crate) use shape::{Field, Filter, Key, Operations, Part, Table, TableCall, Verb};
pub(crate) use tagging::{TagFault, Tagging};
