//! palisade
#[cfg(feature = "simulator")]
pub mod simulator;
