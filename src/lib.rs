//! palisade

pub mod simulator;
