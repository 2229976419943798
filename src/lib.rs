//! palisade
pub mod aws;
pub mod engine;
pub mod kind;
pub mod kinds;
pub mod manifest;
pub mod model;
pub mod plan;
pub mod settings;
pub mod status;
pub mod telemetry;
