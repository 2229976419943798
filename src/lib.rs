//! palisade
pub mod aws;
pub mod cli {
    pub mod policy_diff;
}
pub mod kind;
pub mod kinds;
pub mod model;
#[cfg(feature = "simulator")]
pub mod simulator;
