//! Readers with an AWS identity: they sign a request for STS's `GetCallerIdentity` for this server
//! (`aws::proof`), palisade sends it to STS, and whom STS names is looked up in the settings.
//!
//! Each signature opens once, so that a request that somebody has seen is worth nothing. Whatever
//! is not certain (no answer from STS, too many failures) opens nothing.

mod attempts;
mod request;
#[cfg(all(test, feature = "simulator"))]
mod tests;

use std::{
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Semaphore;

pub(super) use self::request::Wrong;
use self::{
    attempts::{Attempts, Unsent},
    request::Wanted,
};
use super::admission::Refusal;
use crate::{
    aws::proof::{Callers, Unproven},
    kind::CloudError,
    settings::{Readers, now},
};

/// Requests to STS at a time.
const AT_A_TIME: usize = 4;

/// Tells readers by their AWS identity.
#[derive(Debug)]
pub struct Identities {
    readers: Readers,
    callers: Callers,
    attempts: Mutex<Attempts>,
    turns: Semaphore,
    /// When this process began: it does not know what was sent before.
    since: u64,
}

impl Identities {
    /// Lets these readers in, whom STS tells with this client.
    pub fn new(readers: Readers, callers: Callers) -> Self {
        Self {
            readers,
            callers,
            attempts: Mutex::default(),
            turns: Semaphore::new(AT_A_TIME),
            since: now(),
        }
    }

    /// Whether the signer of a request may read. `text` follows the scheme in its header.
    pub(super) async fn admit(&self, from: IpAddr, text: &str) -> Result<(), Refusal> {
        self.admit_at(from, text, now()).await
    }

    async fn admit_at(&self, from: IpAddr, text: &str, now: u64) -> Result<(), Refusal> {
        let wanted = Wanted {
            audience: &self.readers.audience,
            regions: &self.readers.regions,
            since: self.since,
            now,
        };
        let request = request::read(text, wanted).map_err(Refusal::WrongProof)?;
        let _turn = self.turns.try_acquire().map_err(|_| Refusal::Busy)?;
        let number = self.attempts().begin(from, &request, now).map_err(|unsent| match unsent {
            Unsent::TooMany => Refusal::TooManyFailures,
            Unsent::Again => Refusal::UsedProof,
        })?;
        let refusal = match self.callers.of(&request.proof).await {
            Ok(caller) if self.readers.admit(&caller) => {
                self.attempts().succeed(number);
                tracing::debug!(%from, caller, "a reader was let in");
                return Ok(());
            }
            Ok(caller) => Refusal::OtherIdentity(caller),
            Err(Unproven::Refused(error)) => Refusal::Unproven(brief(&error)),
            Err(Unproven::NoAnswer(error)) => Refusal::NoAnswer(brief(&error)),
        };
        // There are only as many of these lines as failures.
        tracing::warn!(%from, "a reader was not let in: {}", refusal.text().trim_end());
        Err(refusal)
    }

    fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An error without its message, in which STS repeats the request with the token in it.
fn brief(error: &CloudError) -> String {
    error.code.clone().unwrap_or_else(|| error.class.as_str().to_owned())
}
