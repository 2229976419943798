//! What CloudTrail itself is asked.

/// A question to CloudTrail itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// The scope whose records are asked for.
    pub scope: String,
    /// Which of them.
    pub what: Wanted,
}

/// Which records.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// The one with this id.
    Record {
        /// The id.
        id: String,
        /// Whether CloudTrail has it by now, if it ever does.
        is_due: bool,
    },
    /// All of a service in a time, in seconds since the epoch.
    Service {
        /// The service, as in `eventSource` before `.amazonaws.com`.
        service: String,
        /// The begin.
        since: f64,
        /// The end.
        until: f64,
    },
}
