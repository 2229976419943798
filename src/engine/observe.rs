//! Reading AWS: each scope independently and concurrently, so that a slow scope does not delay a
//! pass.
//!
//! A pass asks every scope and continues when all have answered, or when most have and the rest has
//! had some more time. A scope that is left behind is still being read while the others are planned
//! and written: all of its kinds are unknown in this pass (which delays what refers to them, and
//! nothing else), and the pass after its answer uses it. From then on no pass waits for it until it
//! answers as fast as the others again. A scope that gives no answer at all is asked again after 5,
//! 10, 20 … seconds, up to five minutes.
//!
//! Commands that make single passes wait for all scopes instead: their result must cover all of
//! them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use serde_json::Value;
use tokio::{sync::Notify, time::Instant};
use tokio_util::task::AbortOnDropHandle;

use super::{
    pipeline::{self, Answers, Questions, Scope},
    scopes::Scopes,
};
use crate::{
    aws::identity,
    kind::{Class, CloudError, erased::Registry},
    manifest::{Documents, Presence},
    model::{Address, PhysicalId, ScopedKind, Seen},
    plan::Live,
};

/// The extra time that slow scopes get once most others have answered: this, or as long again as
/// the others took. Reading the policies of an organization takes that long, because Organizations
/// allows two DescribePolicy calls a second.
const GRACE: Duration = Duration::from_secs(20);
/// The first pause after a scope gave no answer; it doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// What to observe.
pub(super) struct Wanted<'a> {
    pub(super) owner: &'a str,
    pub(super) registry: &'a Arc<Registry>,
    /// The directory, and its other state if two are planned.
    pub(super) documents: &'a [&'a Documents],
    /// Kinds that had a manifest earlier in this process.
    pub(super) remembered: &'a BTreeSet<ScopedKind>,
    /// Whether to look for orphans of kinds that no manifest declares, too.
    pub(super) sweep: bool,
    /// The last known resource of each address in this process.
    pub(super) predecessors: &'a BTreeMap<Address, PhysicalId>,
    /// Organizations found earlier; their ids and management accounts never change.
    pub(super) organizations: &'a BTreeMap<String, identity::Organization>,
    /// Whether to wait for every scope, however long it takes.
    pub(super) wait_for_all: bool,
}

/// The callers found, per scope.
pub(super) type Callers = BTreeMap<String, Result<identity::Caller, CloudError>>;

/// The result of observing.
#[derive(Default)]
pub(super) struct Observation {
    pub(super) live: Live,
    pub(super) callers: Callers,
    /// The management account of each scope's organization, if it is known.
    pub(super) managers: BTreeMap<String, String>,
    /// When observing began in each scope that answered.
    pub(super) since: BTreeMap<String, Instant>,
    /// When it ended there.
    pub(super) ended: BTreeMap<String, Instant>,
    /// Whether the search for orphans of kinds that no manifest declares, if requested, covered
    /// everything.
    pub(super) all_swept: bool,
}

/// Scopes that are being read, and scopes that answer late or never. All of it may be lost at any
/// time.
#[derive(Default)]
pub(super) struct Observers {
    running: BTreeMap<String, Running>,
    /// Scopes that took longer than the others the last time: no pass waits for them.
    late: BTreeSet<String>,
    unresponsive: BTreeMap<String, Unresponsive>,
    /// The caller in each scope when it answered last.
    callers: BTreeMap<String, identity::Caller>,
    answered: Arc<Notify>,
}

/// A scope that is being read.
struct Running {
    questions: Questions,
    since: Instant,
    /// Whether a pass continued without it, so that its answer must be announced.
    left_behind: Arc<AtomicBool>,
    task: AbortOnDropHandle<Answers>,
}

/// A scope that gave no answer.
struct Unresponsive {
    times: u32,
    again: Instant,
    error: CloudError,
}

impl Observers {
    /// Notified when a scope that a pass left behind has answered.
    pub(super) fn answered(&self) -> Arc<Notify> {
        Arc::clone(&self.answered)
    }

    /// When an unresponsive scope is asked again.
    pub(super) fn next_try(&self, now: Instant) -> Option<Instant> {
        self.unresponsive
            .values()
            .map(|unresponsive| unresponsive.again)
            .filter(|again| *again > now)
            .min()
    }

    /// Observes everything in `wanted`.
    pub(super) async fn observe(&mut self, scopes: &Scopes, wanted: &Wanted<'_>) -> Observation {
        let questions = questions(scopes, wanted);
        self.running.retain(|scope, running| questions.get(scope) == Some(&running.questions));
        for (scope, questions) in &questions {
            self.start(scopes, wanted, scope, questions);
        }
        let mut answers = self.gather(wanted.wait_for_all).await;
        let mut found = Observation { all_swept: true, ..Observation::default() };
        for (scope, questions) in &questions {
            let answer = answers.remove(scope);
            if let Some(answer) = &answer {
                self.learn(scope, answer, wanted.wait_for_all);
                found.since.insert(scope.clone(), answer.since);
                found.ended.insert(scope.clone(), answer.since + answer.took);
            }
            let answer = answer.unwrap_or_else(|| self.without(scopes, scope, questions));
            found.take(scopes, wanted, scope, answer);
        }
        found
    }

    fn start(&mut self, scopes: &Scopes, wanted: &Wanted<'_>, name: &str, questions: &Questions) {
        let now = Instant::now();
        let pausing =
            self.unresponsive.get(name).is_some_and(|unresponsive| unresponsive.again > now);
        if self.running.contains_key(name) || (pausing && !wanted.wait_for_all) {
            return;
        }
        let Some(connected) = scopes.get(name) else { return };
        let scope = Scope {
            connected: Arc::clone(connected),
            registry: Arc::clone(wanted.registry),
            organization: wanted.organizations.get(name).cloned(),
        };
        let left_behind = Arc::new(AtomicBool::new(false));
        let (news, answered) = (Arc::clone(&left_behind), Arc::clone(&self.answered));
        let asking = scope.ask(questions.clone());
        #[expect(
            clippy::disallowed_methods,
            reason = "its handle ends it when it is dropped: with the engine, or for another \
                question"
        )]
        let task = tokio::spawn(async move {
            let answers = asking.await;
            if news.load(Ordering::SeqCst) {
                answered.notify_one();
            }
            answers
        });
        let (questions, task) = (questions.clone(), AbortOnDropHandle::new(task));
        self.running.insert(name.to_owned(), Running { questions, since: now, left_behind, task });
    }

    /// Waits for the answers and collects them.
    async fn gather(&mut self, wait_for_all: bool) -> BTreeMap<String, Answers> {
        let begun = Instant::now();
        let mut awaited: BTreeSet<String> = self.running.keys().cloned().collect();
        if !wait_for_all && awaited.iter().any(|scope| !self.late.contains(scope)) {
            awaited.retain(|scope| !self.late.contains(scope));
        }
        let most = awaited.len() / 2;
        let mut answers = BTreeMap::new();
        let mut asking: FuturesUnordered<_> = self
            .running
            .iter_mut()
            .map(|(scope, running)| async move {
                let answers = (&mut running.task).await.unwrap_or_else(|_| {
                    let message = "defect in palisade: report it with the panic message in the log";
                    let error = CloudError::new("palisade:Panic", Class::Unknown, message);
                    Answers::none(&running.questions, running.since, &error)
                });
                (scope.clone(), answers)
            })
            .collect();
        let mut deadline = None;
        while !awaited.is_empty() {
            if deadline.is_none() && !wait_for_all && awaited.len() <= most {
                deadline = Some(Instant::now() + begun.elapsed().max(GRACE));
            }
            let over = async {
                match deadline {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                Some((scope, answer)) = asking.next() => {
                    awaited.remove(&scope);
                    answers.insert(scope, answer);
                }
                () = over => break,
            }
        }
        // A slow scope may have answered all the same.
        while let Some(Some((scope, answer))) = asking.next().now_or_never() {
            answers.insert(scope, answer);
        }
        drop(asking);
        self.running.retain(|scope, _| !answers.contains_key(scope));
        for (scope, running) in &self.running {
            self.late.insert(scope.clone());
            running.left_behind.store(true, Ordering::SeqCst);
            if running.task.is_finished() {
                self.answered.notify_one();
            }
        }
        answers
    }

    fn learn(&mut self, scope: &str, answer: &Answers, wait_for_all: bool) {
        if answer.took <= GRACE {
            self.late.remove(scope);
        }
        match &answer.caller {
            Ok(caller) => drop(self.callers.insert(scope.to_owned(), caller.clone())),
            Err(_) => drop(self.callers.remove(scope)),
        }
        let unresponsive = |error: &&CloudError| {
            let class = matches!(error.class, Class::Ambiguous | Class::Unavailable);
            // A scope that fails at once delays nobody.
            class && answer.took > GRACE && !wait_for_all
        };
        let Some(error) = answer.caller.as_ref().err().filter(unresponsive) else {
            self.unresponsive.remove(scope);
            return;
        };
        let times = self.unresponsive.get(scope).map_or(0, |unresponsive| unresponsive.times) + 1;
        let pause = LONGEST_PAUSE.min(FIRST_PAUSE * 2_u32.saturating_pow((times - 1).min(16)));
        let unresponsive =
            Unresponsive { times, again: Instant::now() + pause, error: error.clone() };
        self.unresponsive.insert(scope.to_owned(), unresponsive);
    }

    /// The answers for a scope that gave none: everything is unknown, except the caller of a scope
    /// that is only slow.
    fn without(&self, scopes: &Scopes, scope: &str, questions: &Questions) -> Answers {
        let mut none = Answers::none(questions, Instant::now(), &self.why_not(scopes, scope));
        let slow = self.running.contains_key(scope) && !self.unresponsive.contains_key(scope);
        if let Some(known) = self.callers.get(scope).filter(|_| slow) {
            none.caller = Ok(known.clone());
        }
        none
    }

    /// Why a scope gave no answers.
    fn why_not(&self, scopes: &Scopes, scope: &str) -> CloudError {
        const OPERATION: &str = "sts:GetCallerIdentity";
        if scopes.get(scope).is_none() {
            return CloudError::new(OPERATION, Class::Rejected, "there is no such scope");
        }
        if let Some(running) = self.running.get(scope) {
            let message = format!(
                "no complete answer after {} s; the other scopes do not wait for it",
                running.since.elapsed().as_secs()
            );
            return CloudError::new(OPERATION, Class::Unavailable, message);
        }
        let Some(Unresponsive { times, again, error }) = self.unresponsive.get(scope) else {
            return CloudError::new(OPERATION, Class::Unavailable, "not asked in this pass");
        };
        let message = format!(
            "{} (time {times} in a row); asked again in {} s",
            error.message,
            again.saturating_duration_since(Instant::now()).as_secs()
        );
        CloudError { message, ..error.clone() }
    }
}

impl Observation {
    /// Collects the answers of one scope.
    fn take(&mut self, scopes: &Scopes, wanted: &Wanted<'_>, scope: &str, answers: Answers) {
        let Answers { caller, lookups, organization, kinds, .. } = answers;
        if scopes.get(scope).is_some() {
            self.callers.insert(scope.to_owned(), caller);
        }
        let here = lookups.into_iter().map(|(kind, seen)| ((scope.to_owned(), kind), seen));
        self.live.lookups.extend(here);
        if let Some(found) = organization {
            if let Seen::All(identity::Organization { management_account: Some(by), .. }) = &found {
                self.managers.insert(scope.to_owned(), by.clone());
            }
            self.live.organizations.insert(scope.to_owned(), pipeline::id_of(&found));
        }
        for (kind, (seen, unread)) in kinds {
            self.all_swept &= seen.all().is_some() && unread.is_empty();
            let key = ScopedKind::new(scope, kind);
            // A kind that no manifest declares and that may not be read either is ignored.
            let declared = wanted.declares(&key);
            if !unread.is_empty() && (declared || seen.all().is_some_and(|whole| !whole.is_empty()))
            {
                self.live.unread.insert(key.clone(), unread);
            }
            if declared || seen.all().is_some() {
                self.live.seen.insert(key, seen);
            }
        }
    }
}

impl Wanted<'_> {
    /// Whether a manifest declares the kind in that scope, or did earlier in this process.
    fn declares(&self, at: &ScopedKind) -> bool {
        let first = Address::new(&at.scope, &at.kind, "");
        self.remembered.contains(at)
            || self.documents.iter().any(|documents| {
                let next = documents.range(&first..).next();
                next.is_some_and(|(address, _)| at.covers(address))
            })
    }
}

/// The questions to every scope in use.
pub(super) fn questions(scopes: &Scopes, wanted: &Wanted<'_>) -> BTreeMap<String, Questions> {
    let mut all: BTreeMap<String, Questions> = BTreeMap::new();
    for ScopedKind { scope, kind } in wanted.remembered {
        all.entry(scope.clone()).or_default().asks.entry(kind.clone()).or_default();
    }
    for document in wanted.documents.iter().flat_map(|documents| documents.values()) {
        let Address { scope, kind, name } = &document.address;
        let questions = all.entry(scope.clone()).or_default();
        for (kind, name) in &document.recorded.lookups {
            questions.lookups.entry(*kind).or_default().extend(name.clone());
        }
        questions.organization |= document.recorded.organization;
        let ask = questions.asks.entry(kind.clone()).or_default();
        ask.names.insert(name.clone());
        let spec = document.spec.as_ref().and_then(Value::as_object);
        if let Some(spec) = spec {
            ask.named.insert(name.clone(), spec.keys().cloned().collect());
        }
        ask.adopt.extend(document.lifecycle.adopt.clone());
        // A part has the id of the whole, whose claim may still be missing.
        let whole = wanted
            .documents
            .iter()
            .find_map(|documents| document.adopted_parent(documents, wanted.registry));
        ask.natural_keys.extend(whole.map(|(_, id)| id.to_string()));
        if document.lifecycle.state == Presence::Present {
            ask.remembered.extend(wanted.predecessors.get(&document.address).cloned());
            match &document.spec {
                Some(_) if !document.recorded.lookups.is_empty() => {
                    questions.named.push(Arc::clone(document));
                }
                _ => ask.want(name.clone(), document.natural_keys.iter().cloned()),
            }
        }
    }
    if wanted.sweep {
        for scope in scopes.facts().keys() {
            let asks = &mut all.entry(scope.clone()).or_default().asks;
            for kind in wanted.registry.iter().filter(|kind| kind.profile().sweep) {
                asks.entry(kind.profile().name.to_owned()).or_default();
            }
        }
    }
    for ask in all.values_mut().flat_map(|questions| questions.asks.values_mut()) {
        wanted.owner.clone_into(&mut ask.owner);
    }
    all
}
