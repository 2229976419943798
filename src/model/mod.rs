//! The data types of the domain: no I/O, no clock, no AWS SDK.

pub mod address;
pub mod address_space;
pub mod brake;
pub mod cidr;
pub mod claim;
pub mod identity;
pub mod management_policy;
pub mod near;
pub mod organization;
pub mod pause;
pub mod policy_document;
pub mod risk;
pub mod seen;
pub mod text;

pub use address::{Address, PhysicalId, ScopedKind};
pub use address_space::AddressSpace;
pub use brake::{Asked, Engaged, Means};
pub use cidr::{Cidr, NotACidr};
pub use claim::{Claim, Deletion, Ownership, Tags};
pub use identity::{Bounds, Fence, Unbounded};
pub use near::did_you_mean;
pub use organization::{ControlPolicy, Level, Member, Moving, OrganizationTree};
pub use pause::{Extent, Halt, Pause, Release, Stop};
pub use risk::{AccessChange, Disruption, HeldRisk, Risk};
pub use seen::{Observed, Phase, Seen};
