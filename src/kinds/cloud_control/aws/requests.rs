//! The life of requests: what this process knows of those that it sent, their tokens, and what AWS
//! says of them.
//!
//! All of it may be lost. After a restart the list of requests under way says what is busy, and the
//! tokens are the same again: AWS answers a repeated one with the request that it already has. Such
//! an answer may be an old one, for a resource that has been deleted since, or a failure that was
//! reported. Then the next token follows from the last one and the request that AWS has for it, so
//! that the chain is the same in every life of the process.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use crate::{
    aws::resource_control::{Operation, Progress, Request},
    kind::{Class, CloudError},
    model::{PhysicalId, Tags},
};

/// How long a resource that was created may not be found: reads may be older than that (others met
/// seconds, with IAM and Organizations the most; pulumi-aws-native PR#1809).
pub(super) const VISIBLE_WITHIN: Duration = Duration::from_mins(5);
/// The most links of a chain that are tried for one call.
const LINKS: usize = 3;
const CREATE: &str = "cloudcontrol:CreateResource";
/// Stands before the token of a request whose resource is not known yet.
const OF_REQUEST: &str = "request:";

/// The requests of this process.
#[derive(Debug, Default)]
pub(super) struct Sent(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    /// By address or, if there is none, by identifier.
    entries: BTreeMap<String, Entry>,
    /// Successful requests whose resource is not there, each since when that is known.
    unseen: BTreeMap<String, Instant>,
    /// Requests whose failure was reported.
    reported: BTreeSet<String>,
    /// How far the chain of a token is.
    links: BTreeMap<String, String>,
    /// The resources that were created, each since when that is known.
    made: BTreeMap<String, Instant>,
}

/// A request that was sent.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// What it does.
    pub(super) operation: Operation,
    /// The token by which AWS knows it.
    pub(super) request: String,
    /// The resource, if its identifier is known.
    pub(super) id: Option<String>,
    /// The tags of a resource that is being created.
    pub(super) tags: Tags,
    /// Why it failed; it is reported by the next call.
    pub(super) failure: Option<CloudError>,
    /// Since when it is known to be finished.
    pub(super) finished: Option<Instant>,
}

impl Sent {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every entry.
    pub(super) fn all(&self) -> Vec<(String, Entry)> {
        self.book().entries.iter().map(|(key, entry)| (key.clone(), entry.clone())).collect()
    }

    /// The entry of an address or identifier.
    pub(super) fn of(&self, key: &str) -> Option<Entry> {
        self.book().entries.get(key).cloned()
    }

    /// Forgets a request that is finished.
    pub(super) fn forget(&self, key: &str) {
        self.book().entries.remove(key);
    }

    /// Notes that a resource was created.
    pub(super) fn made(&self, id: &str) {
        self.book().made.entry(id.to_owned()).or_insert_with(Instant::now);
    }

    /// Whether a resource was created so lately that reads may not have its tags yet.
    pub(super) fn is_new(&self, id: &str) -> bool {
        let mut book = self.book();
        book.made.retain(|_, since| since.elapsed() < VISIBLE_WITHIN);
        book.made.contains_key(id)
    }

    /// Notes that a request is finished, and says for how long that has been known.
    pub(super) fn finished(&self, key: &str) -> Duration {
        let mut book = self.book();
        let entry = book.entries.get_mut(key);
        entry.map_or(Duration::MAX, |entry| {
            entry.finished.get_or_insert_with(Instant::now).elapsed()
        })
    }

    /// Notes why a request failed.
    pub(super) fn failed(&self, key: &str, why: CloudError) {
        if let Some(entry) = self.book().entries.get_mut(key) {
            entry.failure = Some(why);
        }
    }

    /// The failure of the last request, once: the call that would repeat it reports it instead, so
    /// that the loop waits as it does after any failed call.
    fn take_failure(&self, key: &str) -> Option<CloudError> {
        let mut book = self.book();
        let failure = book.entries.get(key)?.failure.clone()?;
        if let Some(entry) = book.entries.remove(key) {
            book.reported.insert(entry.request);
        }
        Some(failure)
    }

    /// Sends a request with the first token of a chain that AWS has no finished request for.
    /// `stands` says whether a finished one is what is wanted.
    pub(super) async fn send<F, S>(
        &self,
        key: &str,
        base: &str,
        entry: impl Fn(&Request) -> Entry,
        call: impl Fn(String) -> F,
        stands: impl Fn(Request) -> S,
    ) -> Result<Request, CloudError>
    where
        F: Future<Output = Result<Request, CloudError>>,
        S: Future<Output = Result<bool, CloudError>>,
    {
        if let Some(failure) = self.take_failure(key) {
            return Err(failure);
        }
        let first = digest(base);
        let mut token = self.book().links.get(&first).cloned().unwrap_or_else(|| first.clone());
        for _ in 0..LINKS {
            let last = match call(token.clone()).await {
                Ok(request) => request,
                // Used for another request, as by another version of palisade.
                Err(error) if error.is_code("ClientTokenConflictException") => {
                    token = digest(&format!("{token} conflict"));
                    continue;
                }
                Err(error) => return Err(error),
            };
            match &last.progress {
                Progress::UnderWay => {
                    self.book().entries.insert(key.to_owned(), entry(&last));
                    return Ok(last);
                }
                Progress::Failed(why) if self.book().reported.insert(last.token.clone()) => {
                    return Err(why.clone());
                }
                Progress::Done if stands(last.clone()).await? => return Ok(last),
                // It may be there and not be seen yet.
                Progress::Done if self.may_appear(&last) => {
                    let why = "AWS has created it, and it cannot be read yet";
                    return Err(CloudError::new(CREATE, Class::Busy, why));
                }
                Progress::Failed(_) | Progress::Done => {}
            }
            token = digest(&format!("{token} {}", last.token));
            self.book().links.insert(first.clone(), token.clone());
        }
        let why = "AWS answers with requests that are finished; the next pass goes on";
        Err(CloudError::new("cloudcontrol:GetResourceRequestStatus", Class::Busy, why))
    }
}

impl Sent {
    fn may_appear(&self, request: &Request) -> bool {
        let mut book = self.book();
        let since = book.unseen.entry(request.token.clone()).or_insert_with(Instant::now);
        request.operation == Some(Operation::Create) && since.elapsed() < VISIBLE_WITHIN
    }
}

/// A client token: AWS takes letters and digits, at most 128.
fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// Stands for a resource whose identifier AWS has not said yet.
pub(super) fn pending_id(request: &str) -> PhysicalId {
    PhysicalId(format!("{OF_REQUEST}{request}"))
}

/// The request that a [`pending_id`] stands for.
pub(super) fn request_of(id: &PhysicalId) -> Option<&str> {
    id.as_str().strip_prefix(OF_REQUEST)
}
