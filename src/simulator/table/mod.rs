//! A simple type of resource as a value: [`Table`] says which operations there are, what identifies a resource, its members, its
//! states, its listing and what keeps it from being changed or deleted, and the rest is done here once for all types. A type
//! that other state has a say in asks it through the table's hooks.
//!
//! ```text
//! Table (what the type is)  ─┐
//! Asked (who asks for what) ─┼─► read / write ─► Answer
//! Records (what there is)   ─┘        └─► tell: what monitors see; needs: what IAM is asked
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
