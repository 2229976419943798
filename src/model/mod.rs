//! The nouns of palisade. Nothing in here does I/O.
pub mod policy_document;
