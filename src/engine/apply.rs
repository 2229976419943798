//! The only writer. Carries out the approved steps of one plan, and checks before every call
//! whether it may still be sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use futures::{StreamExt as _, future::join_all, stream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub use super::fresh::{Fresh, Generation, Readings};
use super::{
    defect::contained,
    options::Watcher,
    outcome::{Outcome, SkipReason, StepResult},
    scopes::Scopes,
    window::Window,
};
use crate::{
    aws::{
        Urgency,
        trace::{self, CallContext},
    },
    kind::{
        Class, CloudError, Writers,
        erased::{Edit, ErasedKind, ErasedPort, Registry, Undecodable},
    },
    model::{Address, PhysicalId},
    operations::is_mutating,
    plan::{Action, Cause, Step},
};

/// Creates, edits or deletions of one kind in one scope under way at once. What AWS allows is the
/// budget's business (`aws::budget`); this is enough to use it up where a step takes two seconds
/// (EC2 refills its mutating buckets with five calls a second).
const CONCURRENCY: usize = 12;

/// What the audit log records in addition to the step.
#[derive(Debug, Clone, Copy)]
pub struct Audit<'a> {
    /// The number of the pass.
    pub pass: u64,
    /// The Git revision, if there is one.
    pub revision: Option<&'a str>,
}

/// What all steps of one plan have in common.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// Conditions that must still hold before each write.
    pub fresh: &'a Fresh,
    /// What the audit log records.
    pub audit: Audit<'a>,
    /// Keys of edits that were made a short while ago and are repeated.
    pub again: &'a BTreeSet<(Address, String)>,
    /// Called when a step has ended.
    pub watcher: Option<&'a dyn Watcher>,
}

/// How long edits that open access let edits that close access go first, in all scopes: usually
/// long enough for all of them, while a call that hangs delays nobody for longer.
const HEAD_START: Duration = Duration::from_secs(2);

/// Carries out the steps: corrections first, then what tightens, and what opens last; one at a time
/// where AWS allows only one writer.
pub async fn apply(
    steps: &[&Step],
    scopes: &Scopes,
    registry: &Registry,
    terms: Terms<'_>,
) -> Vec<StepResult> {
    let turns = turns(steps, scopes, registry);
    let window = Window::after_reading_since(terms.fresh.observed);
    let run = |steps| run(steps, scopes, registry, terms, &turns, &window);
    let (opening, closing): (Vec<&Step>, Vec<&Step>) = steps.iter().copied().partition(|step| {
        let risk = step.risk();
        risk.opens && !risk.closes && !step.puts_something_back()
    });
    let closed = CancellationToken::new();
    let first = async {
        let results = run(closing).await;
        closed.cancel();
        results
    };
    let then = async {
        // The head start is over either way.
        drop(tokio::time::timeout(HEAD_START, closed.cancelled()).await);
        run(opening).await
    };
    let (mut results, others) = tokio::join!(first, then);
    results.extend(others);
    results
}

/// Each kind in each scope runs independently, so that a slow one, or one without budget, does not
/// delay the others.
async fn run(
    steps: Vec<&Step>,
    scopes: &Scopes,
    registry: &Registry,
    terms: Terms<'_>,
    turns: &Turns,
    window: &Window,
) -> Vec<StepResult> {
    let mut lines: BTreeMap<(&str, &str, &str), Vec<&Step>> = BTreeMap::new();
    for step in steps {
        let Address { scope, kind, .. } = &step.address;
        // In one line they take their turns in its order, the urgent ones first.
        let verb = if writes_alone(step, registry) { "" } else { step.action.verb() };
        lines.entry((scope, kind, verb)).or_default().push(step);
    }
    let lines = lines.into_values().map(|mut line| {
        line.sort_by_key(|step| {
            let risk = step.risk();
            (!step.puts_something_back(), risk.disrupts(), risk.access(), step.address.clone())
        });
        stream::iter(line)
            .map(move |step| async move {
                // Closed only when dropped, which is after all steps.
                let _turn = match turns.get(&writer(step, scopes)) {
                    Some(turn) => turn.acquire().await.ok(),
                    None => None,
                };
                let urgent = step.puts_something_back() || step.risk().closes;
                let _under_way =
                    if urgent { window.begin_urgent() } else { window.begin().await? };
                let result = one(step, scopes, registry, terms).await;
                if let Some(watcher) = terms.watcher {
                    watcher.end(&result);
                }
                terms.fresh.progresses(&step.address);
                Some(result)
            })
            .buffer_unordered(CONCURRENCY)
            .collect::<Vec<_>>()
    });
    join_all(lines).await.into_iter().flatten().flatten().collect()
}

/// Locks for kinds that AWS lets change one resource at a time, by account and kind.
type Turns = BTreeMap<(String, String), Arc<Semaphore>>;

fn writer(step: &Step, scopes: &Scopes) -> (String, String) {
    let account = scopes.facts().get(&step.address.scope).map(|facts| facts.account.clone());
    (account.unwrap_or_default(), step.address.kind.clone())
}

fn turns(steps: &[&Step], scopes: &Scopes, registry: &Registry) -> Turns {
    let one = |step: &&Step| (writer(step, scopes), Arc::new(Semaphore::new(1)));
    steps.iter().filter(|step| writes_alone(step, registry)).map(one).collect()
}

fn writes_alone(step: &Step, registry: &Registry) -> bool {
    registry.get(&step.address.kind).is_some_and(|kind| kind.profile().writers == Writers::One)
}

async fn one(step: &Step, scopes: &Scopes, registry: &Registry, terms: Terms<'_>) -> StepResult {
    let mut result = StepResult {
        address: step.address.clone(),
        verb: step.action.verb(),
        cause: step.cause.as_str(),
        done: Vec::new(),
        wrote: Vec::new(),
        failed: Vec::new(),
        shared: false,
        outcome: Outcome::Skipped { reason: SkipReason::NoScope },
        error: None,
    };
    let port = scopes.port(registry, &step.address.scope, &step.address.kind);
    let (Some(port), Some(kind)) = (port, registry.get(&step.address.kind)) else { return result };
    let writer = Writer { step, port: port.as_ref(), kind, terms };
    result.outcome = match writer.run(&mut result.done, &mut result.wrote).await {
        Ok(id) => Outcome::Done { id },
        Err(Stopped::NotFresh(reason)) => Outcome::Skipped { reason },
        Err(Stopped::Error { error, .. }) if error.class == Class::Refused => {
            Outcome::Skipped { reason: SkipReason::Refused { why: error.message } }
        }
        Err(Stopped::Error { error, keys, shared }) => {
            let failed = Outcome::Failed { class: error.class, message: error.to_string() };
            result.error = Some(error);
            result.failed = keys;
            result.shared = shared;
            failed
        }
    };
    result
}

enum Stopped {
    NotFresh(SkipReason),
    Error {
        error: CloudError,
        /// What the call would have written.
        keys: Vec<String>,
        /// Whether several edits shared the call.
        shared: bool,
    },
}

/// Carries out one step.
struct Writer<'a> {
    step: &'a Step,
    port: &'a dyn ErasedPort,
    kind: &'a dyn ErasedKind,
    terms: Terms<'a>,
}

impl Writer<'_> {
    async fn run(
        &self,
        done: &mut Vec<String>,
        wrote: &mut Vec<String>,
    ) -> Result<PhysicalId, Stopped> {
        let Self { step, port, .. } = self;
        match &step.action {
            Action::Create { want, tags, token, .. } => {
                let id = self.call("create", &[], port.create(want, tags, token)).await?;
                done.push(format!("created {id}"));
                wrote.extend(step.keys());
                Ok(id)
            }
            Action::Edit { have, edits } => {
                let undecodable = |defect: Undecodable| Stopped::Error {
                    error: defect.into(),
                    keys: step.keys(),
                    shared: edits.len() > 1,
                };
                for call in self.kind.calls(edits).map_err(undecodable)? {
                    let what: Vec<&str> = call.iter().map(|edit| edit.summary.as_str()).collect();
                    self.call(&what.join("; "), call, port.edit(have, call)).await?;
                    done.extend(call.iter().map(|edit| edit.summary.clone()));
                    wrote.extend(keys(call));
                }
                Ok(have.id.clone())
            }
            Action::Delete { have, want } => {
                let deletion = port.delete(have, want.as_ref());
                self.call("delete", &[], deletion).await?;
                done.push(format!("deleted {}", have.id));
                wrote.extend(step.keys());
                Ok(have.id.clone())
            }
        }
    }

    /// Makes one call for these edits, or for the whole step, if it may still be sent.
    async fn call<T>(
        &self,
        what: &str,
        edits: &[Edit],
        write: impl Future<Output = Result<T, CloudError>>,
    ) -> Result<T, Stopped> {
        let address = &self.step.address;
        self.terms.fresh.check(address).map_err(Stopped::NotFresh)?;
        let (fresh, of) = (self.terms.fresh.clone(), address.clone());
        let urgency = urgency(address, self.step.cause, edits, self.terms.again);
        let call_context = CallContext::new(address.clone(), urgency)
            .unless(move || fresh.check(&of).err().map(|why| why.to_string()));
        let write = trace::in_call_context(call_context, contained(write));
        let fence = self.terms.fresh.fence(address);
        logged(self.step, what, (self.terms.audit, fence), write).await.map_err(|error| {
            Stopped::Error {
                error,
                keys: if edits.is_empty() { self.step.keys() } else { keys(edits) },
                shared: edits.len() > 1,
            }
        })
    }
}

/// The urgency of a call with these edits of a step; without edits it creates or deletes.
pub(super) fn urgency(
    address: &Address,
    cause: Cause,
    edits: &[Edit],
    again: &BTreeSet<(Address, String)>,
) -> Urgency {
    let again =
        |edit: &Edit| edit.keys().iter().all(|key| again.contains(&(address.clone(), key.clone())));
    let mut puts_back = edits.iter().filter(|edit| edit.puts_back).peekable();
    if puts_back.peek().is_some() {
        return if puts_back.all(again) { Urgency::PutBackAgain } else { Urgency::PutBack };
    }
    if cause == Cause::Drift { Urgency::Drift } else { Urgency::Change }
}

fn keys(edits: &[Edit]) -> Vec<String> {
    edits.iter().flat_map(Edit::keys).cloned().collect()
}

/// Runs one write and records each of its mutating calls in the audit log.
async fn logged<T>(
    step: &Step,
    what: &str,
    (audit, fence): (Audit<'_>, Option<u64>),
    write: impl Future<Output = Result<T, CloudError>>,
) -> Result<T, CloudError> {
    let (result, calls) = trace::collect(write).await;
    for call in calls.iter().filter(|call| is_mutating(&call.service, &call.operation)) {
        tracing::info!(
            target: "palisade::audit",
            pass = audit.pass,
            revision = audit.revision,
            address = %step.address,
            cause = step.cause.as_str(),
            origin = step.origin.as_deref(),
            step = what,
            approval = step.approved.then_some(step.digest.as_str()),
            service = call.service,
            operation = call.operation,
            request_id = call.request_id.as_deref(),
            outcome = call.outcome.as_str(),
            fence,
            "{}:{} for {}", call.service, call.operation, step.address
        );
    }
    if let Err(error) = &result {
        tracing::warn!(
            pass = audit.pass,
            address = %step.address,
            step = what,
            class = error.class.as_str(),
            request_id = error.request_id.as_deref(),
            "{}: {what} failed: {error}", step.address
        );
    }
    result
}
