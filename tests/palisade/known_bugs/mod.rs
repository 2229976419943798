//! Bugs that other programs of this sort have had, each as a test that would fail if this one had it too.
//!
//! The comment above a test says whose bug it was and what went wrong there. Its number is the one under which the modules list
//! those that are out of the question here, with the reason.

mod common;
mod groups;
mod input;
mod ownership;
mod policies;
mod stale;
mod transitions;
