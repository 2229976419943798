//! Route tables: their routes and the subnets that use them.
//!
//! Routes are exclusive: what no manifest names goes, but for those that AWS puts in itself (the
//! local ones, those of gateway endpoints, and those that are propagated). A route that goes to
//! another target is replaced at once, so that there is never neither; the rest comes and goes in
//! an order in which no address is routed, for a moment, where neither side routes it.
//!
//! A subnet has one table. One that another table of ours has is taken over at once; one that
//! leaves its table uses the main one from then on, and that waits while the main one has routes of
//! its own.

pub mod aws;
mod errors;
mod leaves;
mod operations;
mod routes;
#[cfg(test)]
mod tests;

pub use self::leaves::table;

/// The kind's name in manifests.
pub const NAME: &str = "RouteTable";
