//! palisade
pub mod aws;
pub mod kind;
pub mod kinds;
pub mod model;
