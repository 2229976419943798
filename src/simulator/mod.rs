//! AWS in memory.

mod json;
pub mod kms;
pub mod organizations;
pub mod sagemaker;
pub mod service;
