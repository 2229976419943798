//! More resources of an account and Region, without their operations.

use serde_json::{Map, Value};

/// A NAT gateway in a subnet.
#[derive(Debug, Clone)]
pub(super) struct NatGateway {
    pub vpc: String,
    pub subnet: String,
    /// The allocations of its addresses; a private one has none.
    pub addresses: Vec<String>,
    pub private_address: String,
    pub created: f64,
}

impl NatGateway {
    /// Whether it leads to the internet.
    pub(super) fn is_public(&self) -> bool {
        !self.addresses.is_empty()
    }
}

/// What was set of a subnet, by the member that shows it.
pub(super) type Attributes = Map<String, Value>;

/// The members of a flow log.
pub(super) type FlowLog = Map<String, Value>;
