//! The specification, in sentences.
