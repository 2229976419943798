//! Who may see every call, and what of it.

use std::{fmt, time::Duration};

use serde_json::Value;

use super::{
    service::{Answer, Caller},
    truth::Truth,
};

/// One call as a monitor sees it: with what was true before and after it.
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
    /// What the service answered, before any fault touched the answer.
    pub answer: &'a Answer,
    /// What the caller is told, if it gets an answer.
    pub told: &'a Answer,
    /// The code of the error that the caller is shown, if it is shown one.
    pub shown: Option<&'a str>,
    /// When, in the world's time since it began.
    pub at: Duration,
    /// Before and after the call; only of calls that can change anything.
    pub truth: Option<(&'a Truth, &'a Truth)>,
}

/// Somebody who sees every call and judges it. The world stands still meanwhile.
pub trait Watch: fmt::Debug + Send {
    /// One call was carried out, or kept from it by a fault.
    fn witness(&mut self, call: &Witnessed<'_>);
}
