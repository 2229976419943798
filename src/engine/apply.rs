//! The only writer. Runs the approved steps of one plan, and asks before every single one whether it is
//! still right to write.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::{StreamExt as _, stream};
use serde::Serialize;
use tokio::{sync::Semaphore, time::Instant};

use super::{defect::contained, scopes::Scopes};
use crate::{
    aws::{Brake, trace},
    kind::{
        Class, CloudError, Writers,
        erased::{ErasedPort, Registry},
    },
    model::{Address, PhysicalId},
    operations::is_mutating,
    plan::{Action, Step},
};

/// A plan older than this is not carried out: what it saw may be gone. A pass takes seconds; this is for
/// a process that was stopped in the middle and woke up again.
const PLAN_AGE_LIMIT: Duration = Duration::from_mins(2);
/// Steps under way at once. EC2 refills its mutating buckets with five calls a second.
const CONCURRENCY: usize = 6;

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Outcome {
    /// All of it was done.
    Done {
        /// The resource.
        id: PhysicalId,
    },
    /// A call failed; the rest of the step was not tried.
    Failed {
        /// What it means for the loop.
        class: Class,
        /// For people.
        message: String,
    },
    /// Nothing (more) of it was sent: the plan was no longer fresh, or the process may not write now.
    Skipped {
        /// Why.
        why: String,
    },
}

impl Outcome {
    /// The metric label.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Done { .. } => "done",
            Self::Failed { .. } => "failed",
            Self::Skipped { .. } => "skipped",
        }
    }
}

/// What became of one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepResult {
    /// Whose.
    pub address: Address,
    /// `create`, `edit` or `delete`.
    pub verb: &'static str,
    /// Why it was done: `drift`, `manifest`, …
    pub cause: &'static str,
    /// What was done, one line an edit.
    pub done: Vec<String>,
    /// What was written, as [`Step::fields`] names it.
    #[serde(skip)]
    pub wrote: Vec<String>,
    /// What was not written, likewise.
    #[serde(skip)]
    pub left: Vec<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// The error behind a failure, for the pace.
    #[serde(skip)]
    pub error: Option<CloudError>,
}

/// Counts the accepted snapshots of the directory; a plan made for an older one is not carried on.
#[derive(Debug, Clone, Default)]
pub struct Generation(Arc<AtomicU64>);

impl Generation {
    /// A newer snapshot may be there.
    pub fn advance(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// The present one.
    pub fn current(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// What must still hold before each write.
#[derive(Debug, Clone)]
pub struct Fresh {
    /// The process's brake.
    pub brake: Brake,
    /// The live generation counter.
    pub generation: Generation,
    /// The generation that the plan was made for.
    pub planned: u64,
    /// When observing for the plan began.
    pub observed: Instant,
}

impl Fresh {
    /// Whether a write may begin now.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn check(&self) -> Result<(), String> {
        if let Some(why) = self.brake.why() {
            return Err(why);
        }
        if self.generation.current() != self.planned {
            return Err("the directory changed meanwhile; the next pass plans anew".to_owned());
        }
        if self.observed.elapsed() > PLAN_AGE_LIMIT {
            return Err("the plan is too old; the next pass plans anew".to_owned());
        }
        Ok(())
    }
}

/// What goes into the audit log besides the step.
#[derive(Debug, Clone, Copy)]
pub struct Audit<'a> {
    /// The pass.
    pub pass: u64,
    /// The Git revision, where there is one.
    pub revision: Option<&'a str>,
}

/// Runs the steps: different resources side by side, tightening first, one writer where AWS allows one.
pub async fn apply(
    steps: &[&Step],
    scopes: &Scopes,
    registry: &Registry,
    fresh: &Fresh,
    audit: Audit<'_>,
) -> Vec<StepResult> {
    let mut order: Vec<&Step> = steps.to_vec();
    order.sort_by_key(|step| (step.risk(), step.address.clone()));
    let turns = turns(&order, scopes, registry);
    stream::iter(order)
        .map(|step| {
            let turn = turns.get(&writer(step, scopes)).cloned();
            async move {
                // Closed only when dropped, which is after all steps.
                let _turn = match &turn {
                    Some(turn) => turn.acquire().await.ok(),
                    None => None,
                };
                one(step, scopes, fresh, audit).await
            }
        })
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await
}

fn writer(step: &Step, scopes: &Scopes) -> (String, String) {
    let account = scopes.facts().get(&step.address.scope).map(|facts| facts.account.clone());
    (account.unwrap_or_default(), step.address.kind.clone())
}

fn turns(
    steps: &[&Step],
    scopes: &Scopes,
    registry: &Registry,
) -> BTreeMap<(String, String), Arc<Semaphore>> {
    let alone = |step: &&&Step| {
        registry.get(&step.address.kind).is_some_and(|kind| kind.profile().writers == Writers::One)
    };
    let one = |step: &&Step| (writer(step, scopes), Arc::new(Semaphore::new(1)));
    steps.iter().filter(alone).map(one).collect()
}

async fn one(step: &Step, scopes: &Scopes, fresh: &Fresh, audit: Audit<'_>) -> StepResult {
    let mut result = StepResult {
        address: step.address.clone(),
        verb: step.action.verb(),
        cause: step.cause.as_str(),
        done: Vec::new(),
        wrote: Vec::new(),
        left: Vec::new(),
        outcome: Outcome::Skipped { why: "there is no such scope".to_owned() },
        error: None,
    };
    let Some(port) = scopes.port(&step.address.scope, &step.address.kind) else { return result };
    let ran = run(step, port, fresh, audit, &mut result.done).await;
    // One field was written for every line of what was done, in the same order.
    result.wrote = step.fields();
    result.left = result.wrote.split_off(result.done.len().min(result.wrote.len()));
    result.outcome = match ran {
        Ok(id) => Outcome::Done { id },
        Err(Stopped::NotFresh(why)) => Outcome::Skipped { why },
        Err(Stopped::Error(error)) if error.class == Class::Refused => {
            Outcome::Skipped { why: error.message }
        }
        Err(Stopped::Error(error)) => {
            let failed = Outcome::Failed { class: error.class, message: error.to_string() };
            result.error = Some(error);
            failed
        }
    };
    result
}

enum Stopped {
    NotFresh(String),
    Error(CloudError),
}

async fn run(
    step: &Step,
    port: &dyn ErasedPort,
    fresh: &Fresh,
    audit: Audit<'_>,
    done: &mut Vec<String>,
) -> Result<PhysicalId, Stopped> {
    let fresh = || fresh.check().map_err(Stopped::NotFresh);
    match &step.action {
        Action::Create { want, tags, token, .. } => {
            fresh()?;
            let what = "create".to_owned();
            let id = logged(step, &what, audit, port.create(want, tags, token)).await?;
            done.push(format!("created {id}"));
            Ok(id)
        }
        Action::Edit { have, edits } => {
            for edit in edits {
                fresh()?;
                logged(step, &edit.summary, audit, port.edit(have, edit)).await?;
                done.push(edit.summary.clone());
            }
            Ok(have.id.clone())
        }
        Action::Delete { have, want } => {
            fresh()?;
            let what = "delete".to_owned();
            logged(step, &what, audit, port.delete(have, want.as_ref())).await?;
            done.push(format!("deleted {}", have.id));
            Ok(have.id.clone())
        }
    }
}

/// Runs one write and puts every mutating call it made into the audit log.
async fn logged<T>(
    step: &Step,
    what: &str,
    audit: Audit<'_>,
    write: impl Future<Output = Result<T, CloudError>>,
) -> Result<T, Stopped> {
    let (result, calls) = trace::collect(contained(write)).await;
    for call in calls.iter().filter(|call| is_mutating(&call.service, &call.operation)) {
        tracing::info!(
            target: "palisade::audit",
            pass = audit.pass,
            revision = audit.revision,
            address = %step.address,
            cause = step.cause.as_str(),
            origin = step.origin.as_deref(),
            step = what,
            service = call.service,
            operation = call.operation,
            request_id = call.request_id.as_deref(),
            outcome = call.outcome.as_str(),
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
    result.map_err(Stopped::Error)
}
