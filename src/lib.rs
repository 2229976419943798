//! palisade
pub mod aws;
pub mod kind;
pub mod kinds;
pub mod model;
#[cfg(feature = "simulator")]
pub mod simulator;
