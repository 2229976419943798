//! The nouns: no I/O, no clock, no AWS SDK.

pub mod address;
pub mod cidr;
pub mod claim;
pub mod policy_document;
pub mod risk;
pub mod seen;
pub mod text;

pub use address::{Address, PhysicalId};
pub use cidr::{Cidr, NotACidr};
pub use claim::{Claim, Deletion, Ownership, Tags};
pub use risk::{AccessChange, Disruption, HeldRisk, Risk};
pub use seen::{Observed, Phase, Seen};
