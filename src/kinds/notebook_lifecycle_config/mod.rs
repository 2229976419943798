//! Lifecycle configurations of notebook instances: the scripts that an instance runs as root when
//! it is created and whenever it starts.
//!
//! A changed script is written in place and runs when an instance starts the next time. Instances
//! that run keep what they have started with: nobody is interrupted.

pub mod aws;
mod baseline;
mod errors;
mod leaves;
mod operations;
mod records;
#[cfg(test)]
mod tests;

pub use self::leaves::table;

/// The kind's name in manifests.
pub const NAME: &str = "NotebookLifecycleConfig";
