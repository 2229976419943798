//! A simple type of resource as a value. A [`Table`] describes its operations, key, members,
//! states and listing, and what prevents changes and deletions; the behavior is implemented here
//! once for all types. If a type depends on other state, the hooks of its table read that state.
//!
//! ```text
//! Table (the type)              ─┐
//! Asked (the call)              ─┼─► read / write ─► Answer
//! Records (the resources)       ─┘        └─► tell (for monitors), needs (for IAM)
//! ```

mod life;
mod operations;
mod page;
mod record;
mod setting;
mod shape;
mod tagging;
#[cfg(test)]
mod tests;

pub(crate) use life::{Life, States};
pub(crate) use operations::{needs, read, tell, write};
pub(crate) use page::{Listed, Paging};
pub(crate) use record::{Holds, Record, Records};
pub(crate) use setting::{Setting, Settings};
pub(crate) use shape::{Asked, Field, Filter, Key, Operations, Part, Table, Verb};
pub(crate) use tagging::{TagFault, Tagging};
