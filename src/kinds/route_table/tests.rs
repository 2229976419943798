//! Route tables in sentences.
