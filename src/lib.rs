//! palisade keeps the AWS accounts of a machine-learning platform exactly as their Git repository
//! says.
//!
//! It watches a directory of YAML, compares it with live AWS, and corrects every difference,
//! continuously. There is no state file: ownership is recorded on the live resources as tags, and
//! everything else is read again in every pass.
//!
//! ```text
//!  desired-state/*.yaml      palisade.yaml, flags, env
//!         │ manifest             │ settings
//!         ▼                      ▼
//!    documents ──► kind.resolve ──► want ─┐
//!    (all, or all problems)               ├─► plan, gate (pure) ─► engine::apply ─► report, status
//!    AWS ─► kinds/*/aws observe ─► have ──┘                      (the only writer) ─► audit log
//! ```
//!
//! # Terms
//!
//! | word | meaning |
//! |---|---|
//! | manifest | one YAML document: `apiVersion`, `kind`, `metadata`, `lifecycle`, `spec` |
//! | scope | one AWS account in one Region, with the role used to reach it |
//! | address | `scope/Kind/name`: the identity of a manifest |
//! | claim | the tags that say that a live resource belongs to this installation |
//! | want / have | the desired and the live state of one resource, in the same canonical type |
//! | seen | the result of observing a kind: all of it, or unknown with the reason |
//! | step | one change of one resource: create, edit, delete |
//! | risk | what an edit does: tightens, neutral, loosens, disrupts, impossible |
//! | waiting | needs something else first |
//! | held | stopped by the gate until a person approves it |
//! | conflict | belongs to somebody else |
//! | orphan | claimed, without a manifest |
//! | drift | have differs from want although want did not change |
//! | pass | load, observe, plan, gate, apply, report: once |
//!
//! # Modules, in the order of the data
//!
//! [`settings`] and [`manifest`] read what is wanted; [`kind`] is the interface between the loop
//! and the [`kinds`]; [`aws`] is what they share of the SDK, and [`operations`] lists all AWS calls
//! that may be made; [`baseline`] checks what is wanted against security rules; [`plan`] decides,
//! [`engine`] acts, and [`status`] reports. [`model`] holds the data types, and [`simulator`] an
//! AWS in memory.

// clippy.toml's own exceptions for tests only cover test functions, not their helpers.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::float_cmp)
)]

pub mod aws;
pub mod baseline;
pub mod cli;
pub mod engine;
pub mod kind;
pub mod kinds;
pub mod manifest;
pub mod model;
pub mod operations;
pub mod plan;
pub mod settings;
#[cfg(feature = "simulator")]
pub mod simulator;
pub mod status;
pub mod telemetry;
