//! palisade
pub mod cli {
    pub mod policy_diff;
}
pub mod model;
