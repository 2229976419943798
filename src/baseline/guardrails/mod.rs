//! The guardrail library: parameterized blocks of policy statements, composed into documents.
//!
//! A block is data (`blocks/*.json`): what it stops, its typed parameters, and statements in which
//! `{name}` stands for a parameter. [`compose()`] fills the blocks of one manifest in and writes
//! their statements in one order, whatever the order of the list, so that an edit of one parameter
//! changes the statements of one block. Everything after it (checks, baseline, lock-outs, diff)
//! looks at the composed document and knows nothing of blocks. [`recognize()`] is the way back.
//!
//! One manifest is one policy. A composition that exceeds the limit of its type is refused with the
//! sizes, and nothing is split behind the author's back: a second policy is a second resource, with
//! a name, a claim and a place among the attachments of each target, which AWS limits. [`pack()`]
//! distributes blocks over several policies, moving as little as possible, for people to commit.
//!
//! Blocks are not merged with each other unless `compact` asks for it. That saves about a fifth,
//! and the text no longer says which block a statement comes from. Merging only under pressure of
//! size would rewrite the whole policy because of an unrelated edit.

mod block;
mod compose;
mod fill;
mod merge;
mod pack;
mod recognize;
#[cfg(test)]
mod tests;
mod value;

pub use self::{
    block::{Block, Layer, Parameter, Template, all, find},
    compose::{Composition, Known, Placed, Use, asks_for_organization, compose, is_statement_of},
    pack::{Move, Packed, Policy, pack},
    recognize::{Recognized, recognize},
    value::Type,
};
