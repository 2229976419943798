//! A call, before it is a record.

use serde_json::Value;

use crate::simulator::service::{Answer, Caller};

/// A call to record.
pub(crate) struct Recorded<'a> {
    pub service: &'a str,
    pub caller: &'a Caller,
    pub operation: &'a str,
    pub input: &'a Value,
    pub answer: &'a Answer,
    pub request_id: &'a str,
    pub event_id: &'a str,
    /// Whether palisade's credentials or those of other callers over the wire were used, in
    /// contrast to people in the console.
    pub wired: bool,
    /// In seconds since the epoch.
    pub now: f64,
}
