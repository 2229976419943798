//! Observers of all calls.

use std::{fmt, time::Duration};

use serde_json::Value;

use super::{
    service::{Answer, Caller},
    truth::Truth,
};

/// One call as a monitor sees it, with the truth before and after it.
#[derive(Debug)]
pub struct Witnessed<'a> {
    /// `ec2`, `kms`, …
    pub service: &'static str,
    /// The operation as the API names it.
    pub operation: &'a str,
    /// Who calls.
    pub caller: &'a Caller,
    /// The request's members.
    pub input: &'a Value,
    /// The service's answer, before any fault changes it.
    pub answer: &'a Answer,
    /// The answer as the caller receives it, if it receives one.
    pub delivered: &'a Answer,
    /// The error code that the caller sees, if it sees one.
    pub shown: Option<&'a str>,
    /// When it arrived, in the world's time since its start.
    pub at: Duration,
    /// The truth before and after the call; only for calls that can change anything.
    pub truth: Option<(&'a Truth, &'a Truth)>,
}

/// An observer that sees and judges every call. The world stands still meanwhile.
pub trait Watch: fmt::Debug + Send {
    /// Is notified of one call, carried out or prevented by a fault.
    fn witness(&mut self, call: &Witnessed<'_>);
}
