//! The whole program, over AWS in memory: one binary with a module a topic, because linking the AWS crates is dear.
//!
//! Time is virtual wherever the engine runs in this process (`start_paused`): nothing here waits.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something unexpected happens"
)]

mod account;
mod accounting;
mod acls;
mod architecture;
mod assignments;
mod audits;
mod authoring;
mod bad_input;
mod campaign;
mod circles;
mod cli;
mod cloud_control;
mod controls;
mod converge;
mod deploy;
mod directory;
mod drift;
mod endpoints;
mod events;
mod fleet;
mod gate;
mod grants;
mod groups;
mod iam;
mod identity;
mod impact;
mod import;
mod inputs;
mod known_bugs;
mod leases;
mod lifecycle_configs;
mod lockout;
mod memory;
mod memory_table;
mod mistakes;
mod notebooks;
mod on_call;
mod operate;
mod pause;
mod placements;
mod platform;
mod policies;
mod reach;
mod readme;
mod replicas;
mod rollout;
mod routes;
mod safety;
mod sagemaker_work;
mod sisters;
mod unread;
mod users;
mod world;
