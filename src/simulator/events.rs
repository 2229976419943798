//! How events arrive in a world, or do not.

use std::time::Duration;

use serde_json::Value;

/// The user whom made-up events name.
pub const FORGED: &str = "innocent";

/// How events arrive in this world.
#[derive(Debug, Clone)]
pub struct Events {
    /// Whether calls are recorded and delivered at all.
    pub on: bool,
    /// From the call until its event is in the queue.
    pub delay: Duration,
    /// From the call until LookupEvents has its record.
    pub lookup_lag: Duration,
    /// Whether events are lost on the way; the records are there all the same.
    pub lost: bool,
    /// Every how many events one is lost; 0: none.
    pub lost_every: u64,
    /// Whether each event comes twice.
    pub twice: bool,
    /// Whether the latest message is received first.
    pub reversed: bool,
    /// Whether records are so long that request and answer are left out of them.
    pub truncated: bool,
    /// Whether somebody sends a made-up copy of each event, in which [`FORGED`] is the caller.
    pub forged: bool,
    /// Whether each event also comes as one of another account.
    pub foreign: bool,
    /// How many made-up events about the same resource come after each.
    pub flood: u32,
    /// The `userIdentity` of what people do by hand; an administrator's by default.
    pub hands: Option<Value>,
}

impl Default for Events {
    fn default() -> Self {
        Self {
            on: false,
            delay: Duration::ZERO,
            lookup_lag: Duration::from_mins(2),
            lost: false,
            lost_every: 0,
            twice: false,
            reversed: false,
            truncated: false,
            forged: false,
            foreign: false,
            flood: 0,
            hands: None,
        }
    }
}
