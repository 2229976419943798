//! Lifecycle configurations of Studio: scripts that apps run when they start.
//!
//! SageMaker never changes one. Another content is another configuration, in a manifest of another
//! name; the old one stays until no domain refers to it any more. Whoever changes the content in
//! place sees that it cannot be done: nothing is deleted in order to be made again, because apps
//! would start without their script meanwhile.

pub mod aws;
mod baseline;
mod leaves;
mod operations;
mod records;
#[cfg(test)]
mod tests;

pub use self::leaves::table;

/// The kind's name in manifests.
pub const NAME: &str = "StudioLifecycleConfig";
