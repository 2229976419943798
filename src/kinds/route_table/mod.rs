//! Route tables: their routes and the subnets that use them.
//!
//! Routes are exclusive: a route that no manifest names is removed, except those that AWS adds
//! itself (the local ones, those of gateway endpoints, and those that are propagated). A route
//! whose target changes is replaced by one call, so that the destination always has one; the other
//! routes are added and removed in an order in which no address is ever routed where neither the
//! old nor the new state routes it.
//!
//! A subnet has one table. A subnet of another table of ours is taken over by one call; a subnet
//! that leaves its table uses the main table from then on, and waits while the main table has
//! routes of its own.

pub mod aws;
mod errors;
mod leaves;
mod operations;
mod records;
mod routes;
#[cfg(test)]
mod tests;

use serde::Deserialize;
use serde_json::{Map, Value};

pub use self::leaves::table;

/// What the rules of the baseline see of a table.
#[derive(Debug, Deserialize)]
pub(crate) struct Routes {
    /// The VPC.
    pub(crate) vpc: String,
    /// Target by destination.
    pub(crate) routes: Option<Map<String, Value>>,
    /// The subnets that use it; absent if they are not managed.
    pub(crate) subnets: Option<Vec<String>>,
    /// The gateways that use it, likewise.
    pub(crate) gateways: Option<Vec<String>>,
}

/// The kind's name in manifests.
pub const NAME: &str = "RouteTable";
