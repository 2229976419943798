//! One run: an engine (or two) over a resumed world, with faults, judged at every call and at its end.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt::Write as _,
    sync::Arc,
    time::{Duration, SystemTime},
};

use palisade::{
    aws::{Brake, Connection, Guard},
    engine::{self, Engine, Hinted, Report, Scopes},
    kinds,
    plan::{Counts, HoldReason, Verdict},
    settings::{Prune, Settings},
    simulator::{
        Effect, Fault, Simulator, World,
        monitor::{Monitor, Violation},
    },
};
use serde_json::json;
use tempfile::TempDir;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::task::AbortOnDropHandle;

use super::{
    events::{self, Arrival, Named},
    hands,
    prepare::{Prepared, Reference, commented, write},
    putting_back::PuttingBack,
    scenario::Place,
    silence::Listener,
};

/// What happens in a run besides the scenario.
#[derive(Debug, Clone)]
pub struct Setup {
    pub faults: Vec<Fault>,
    /// Processes at once: one or two.
    pub engines: usize,
    /// Passes after convergence, which must write nothing.
    pub quiet: u64,
    /// Whether the brake is engaged just before this call of the run.
    pub brake: Option<u64>,
    /// The most that an answer takes.
    pub latency: Duration,
    /// Passes that faults may cost besides those they strike (stale reads and the like).
    pub lag: u64,
    /// How events arrive, if palisade listens to any.
    pub arrival: Option<Arrival>,
    /// Somebody who undoes what was done once it is done, and of whom the judge is not told: proves that it judges.
    pub vandal: Option<fn(&mut World)>,
    /// Whether what the process says is listened to.
    pub listening: bool,
    /// Something that is logged although it must not be: proves that somebody listens.
    pub telltale: Option<&'static str>,
    /// What a report is made to say before it is judged: proves that it is judged.
    pub tamper: Option<fn(&mut Report)>,
}

impl Default for Setup {
    fn default() -> Self {
        let latency = Duration::ZERO;
        Self {
            faults: Vec::new(),
            engines: 1,
            quiet: 2,
            brake: None,
            latency,
            lag: 0,
            arrival: None,
            vandal: None,
            listening: false,
            telltale: None,
            tamper: None,
        }
    }
}

/// A run that is over.
pub struct Finished {
    pub violations: Vec<Violation>,
    /// Every call, one line each: equal for equal seeds, byte by byte.
    pub log: String,
    pub simulator: Simulator,
    /// What this run would be as a reference.
    pub reference: Reference,
    /// Passes that did or met something after the last fault.
    pub passes: u64,
    /// Calls that faults struck.
    pub strikes: u64,
    /// Steps that somebody had to consent to.
    pub consents: u64,
    /// Those of them that came after something had been done by hand.
    pub consents_after_hands: u64,
}

/// No run takes longer than this, in the world's time: the longest back-off is an hour.
const PATIENCE: Duration = Duration::from_hours(4);
/// The longest pause between passes: a slower daemon is still right.
const LONGEST_PAUSE: Duration = Duration::from_secs(64);
/// Brakes are released after so many passes.
const BRAKED_PASSES: u64 = 3;

struct Runner<'a> {
    prepared: &'a Prepared,
    setup: &'a Setup,
    settings: Settings,
    simulator: Simulator,
    monitor: Monitor,
    brake: Brake,
    /// The run's own directory: where it changes meanwhile, or somebody consents in it.
    own: Option<TempDir>,
    found: Vec<Violation>,
    first_pass: Option<usize>,
    listener: Option<Listener>,
    /// What is still to be done by hand.
    attacks: VecDeque<fn(&mut World)>,
    /// How many calls had been made when faults began to strike.
    before_faults: usize,
    /// What each living process is known to have seen in force.
    putting_back: Vec<PuttingBack>,
    /// What reads the queues of the living processes.
    queues: Vec<AbortOnDropHandle<()>>,
    named: Named,
    /// Steps that somebody consented to.
    consents: u64,
    /// Those of them that came after something had been done by hand.
    consents_after_hands: u64,
    /// Whether the processes that live now began on bad input: they only observe.
    blind: bool,
}

/// Runs a prepared scenario.
pub async fn run(prepared: &Prepared, setup: &Setup) -> Finished {
    let simulator = Simulator::resume(&prepared.snapshot);
    let mut expect = prepared.expect.clone();
    expect.two_writers = setup.engines > 1;
    let monitor = Monitor::new(expect);
    simulator.watch(monitor.clone());
    simulator.with(|world| world.options.latency = setup.latency);
    let settings = match &setup.arrival {
        Some(arrival) => {
            simulator.with(|world| arrival.begin(world));
            events::listening(&prepared.settings)
        }
        None => prepared.settings.clone(),
    };
    let begins_with = match &prepared.texts {
        (_, Some(earlier)) => Some(earlier),
        (last, None) => Some(last).filter(|_| prepared.scenario.guarded),
    };
    let own = begins_with.map(|text| {
        let dir = TempDir::new().expect("a directory");
        write(&dir, text);
        dir
    });
    let brake = Brake::default();
    let mut runner = Runner {
        prepared,
        setup,
        settings,
        simulator,
        monitor,
        brake,
        own,
        found: Vec::new(),
        first_pass: None,
        listener: setup.listening.then(Listener::new),
        attacks: prepared.scenario.attacks.iter().copied().collect(),
        before_faults: 0,
        putting_back: Vec::new(),
        queues: Vec::new(),
        named: Named::default(),
        consents: 0,
        consents_after_hands: 0,
        blind: false,
    };
    let (passes, counts) = runner.go().await;
    runner.finish(passes, counts)
}

impl Runner<'_> {
    async fn go(&mut self) -> (u64, Option<Counts>) {
        let begun = Instant::now();
        let mut engines = self.engines().await;
        let mut injected = !self.prepared.scenario.live && self.attacks.is_empty();
        if injected {
            self.inject();
        }
        let (mut passes, mut idle, mut quiet, mut strikes) = (0, 0_u32, 0, 0);
        let (mut braked, mut calm, mut strikes_then, mut lied) = (0, 0, 0, false);
        loop {
            let lying = self.lies();
            let Some(mut reports) = self.pass(&mut engines).await else {
                engines = self.engines().await;
                (passes, idle, quiet) = (0, 0, 0);
                continue;
            };
            if let Some(tamper) = self.setup.tamper {
                reports.iter_mut().for_each(tamper);
            }
            self.first_pass.get_or_insert_with(|| self.simulator.calls().len());
            for (engine, report) in engines.iter().zip(&reports) {
                self.judge_unknown(report);
                self.listen(engine, report);
                self.named.note(&report.drifts);
            }
            let now_struck = self.strikes();
            // What was shown wrongly, or somebody did while the pass was under way, is seen in the next one.
            let lies = self.lies();
            let clear = !lying && !lies && now_struck == strikes && !self.brake.is_engaged();
            self.judge_putting_back(&reports, clear);
            let active =
                reports.iter().any(|r| !r.results.is_empty() || !r.plan.unknown.is_empty());
            if now_struck > strikes {
                (strikes, passes) = (now_struck, 0);
            } else if active {
                passes += 1;
            }
            if self.brake.is_engaged() {
                braked += 1;
                if braked > BRAKED_PASSES {
                    self.brake.release();
                    self.monitor.release();
                    passes = 0;
                }
                sleep(Duration::from_secs(1)).await;
                continue;
            }
            if self.consent(&reports) {
                (passes, idle, quiet) = (0, 0, 0);
                sleep(Duration::from_secs(1)).await;
                continue;
            }
            let retry = engines.iter().any(|engine| engine.next_retry().is_some());
            let at_last = injected && self.attacks.is_empty();
            let done =
                !retry && !lies && reports.iter().all(|report| self.is_done(report, at_last));
            if done && !at_last {
                self.go_on(&mut injected);
                (passes, idle, quiet) = (0, 0, 0);
                continue;
            }
            let written = self.monitor.mutations();
            if quiet > 0 && written > calm && now_struck == strikes_then && !lied {
                let what = format!("{} writes after convergence", written - calm);
                self.found.push(Violation { rule: "L3", what });
            }
            // What a fault did in this pass may be seen, and put right, in the next one only.
            lied = lying || lies || now_struck != strikes_then;
            (calm, strikes_then) = (written, now_struck);
            if done && !lied {
                quiet += 1;
                if quiet > self.setup.quiet {
                    return (passes, reports.first().map(|report| report.plan.counts()));
                }
            } else {
                quiet = 0;
            }
            if begun.elapsed()
                > PATIENCE + LONGEST_PAUSE * u32::try_from(self.setup.quiet).unwrap_or(u32::MAX)
            {
                self.stuck(&reports);
                return (passes, None);
            }
            if let Some(vandal) = self.setup.vandal.filter(|_| quiet > 0) {
                self.simulator.with(vandal);
            }
            self.help(&reports);
            idle = if active { 0 } else { idle + 1 };
            let pause = engines.iter().zip(&reports).map(|(e, r)| engine::pause(e, r)).min();
            let pause = pause.unwrap_or_default();
            let longer = Duration::from_secs(1 << idle.min(6)).min(LONGEST_PAUSE);
            if !self.rest(&mut engines, if active { pause } else { pause.max(longer) }).await {
                engines = self.engines().await;
                (passes, idle, quiet) = (0, 0, 0);
            }
        }
    }

    /// Waits for the next pass, and looks where events say meanwhile. Whether the processes live on.
    async fn rest(&mut self, engines: &mut [Engine], pause: Duration) -> bool {
        let mut due = Instant::now() + pause;
        loop {
            let news = engines.iter().map(|engine| Box::pin(engine::news(engine)));
            let index = tokio::select! {
                biased;
                () = self.simulator.crashed() => return false,
                () = sleep_until(due) => return true,
                ((), index, _) = futures::future::select_all(news) => index,
            };
            match self.look(&mut engines[index], index).await {
                Some(then) => due = due.min(then),
                None => return false,
            }
        }
    }

    /// Looks where events say; when a full pass is due because of that, or nothing if the
    /// processes died in it.
    async fn look(&mut self, engine: &mut Engine, index: usize) -> Option<Instant> {
        self.monitor.pass_begins(self.age());
        let hinted = tokio::select! {
            biased;
            () = self.simulator.crashed() => None,
            hinted = engine.hint_pass() => Some(hinted),
        };
        self.monitor.pass_ends();
        let far = Instant::now() + PATIENCE;
        let then = match hinted? {
            Hinted::Nothing => far,
            Hinted::FullPass => Instant::now() + Duration::from_secs(2),
            Hinted::Looked { report, full_pass } => {
                self.judge_unknown(&report);
                self.listen(engine, &report);
                self.named.note(&report.drifts);
                let (broken, _) = self.putting_back[index].judge(&report);
                self.found.extend(broken);
                if full_pass { Instant::now() } else { far }
            }
        };
        self.named.note(&engine.attribute());
        Some(then)
    }

    /// What comes once everything is in order: the last text, and the next attack.
    fn go_on(&mut self, injected: &mut bool) {
        if let Some(dir) = self.own.as_ref().filter(|_| !*injected && self.prepared.scenario.live) {
            write(dir, &self.prepared.texts.0);
        }
        if let Some(attack) = self.attacks.pop_front() {
            if !*injected && self.prepared.expect.wanted.is_empty() {
                // In the reference, what is in order before somebody comes is what is wanted.
                let mut expect = self.prepared.expect.clone();
                expect.wanted =
                    self.simulator.with(|world| world.truth()).by_address(&expect.owner);
                self.monitor.expect(expect);
            }
            self.simulator.with(attack);
        }
        if !std::mem::replace(injected, true) {
            self.before_faults = self.simulator.calls().len();
            self.inject();
        }
    }

    fn inject(&self) {
        for fault in &self.setup.faults {
            self.simulator.inject(fault.clone());
        }
        if let Some(nth) = self.setup.brake {
            let (brake, monitor) = (self.brake.clone(), self.monitor.clone());
            let deed = palisade::simulator::Deed::new(move |_| {
                brake.engage();
                monitor.brake();
            });
            let effect = Effect::Meanwhile(deed);
            self.simulator.inject(Fault::new("*", effect).nth(nth));
        }
    }

    async fn engines(&mut self) -> Vec<Engine> {
        self.monitor.life_begins(self.age());
        self.queues.clear();
        self.blind = self.begins_blind();
        if self.blind {
            self.monitor.begins_blind();
        }
        self.putting_back = (0..self.setup.engines).map(|_| PuttingBack::default()).collect();
        let mut engines = Vec::new();
        for _ in 0..self.setup.engines {
            let (engine, queues) = self.engine().await;
            engines.push(engine);
            self.queues.extend(queues);
        }
        engines
    }

    /// Whether a process that begins now reads nothing good: the directory's last stage is broken, or empty.
    fn begins_blind(&self) -> bool {
        let Some(own) = self.own.as_ref().filter(|_| self.prepared.scenario.live) else {
            return false;
        };
        let text = std::fs::read_to_string(own.path().join("all.yaml")).unwrap_or_default();
        self.prepared.texts.1.as_deref().map(commented) != Some(text)
    }

    async fn engine(&self) -> (Engine, Option<AbortOnDropHandle<()>>) {
        let prepared = self.prepared;
        let (account, region) = match prepared.scenario.place {
            Place::Org => (hands::ORG, "us-east-1"),
            Place::Ml | Place::Both => (hands::ML, hands::REGION),
        };
        let config = self.simulator.sdk_config(account, region);
        let guard = Guard::writing(self.brake.clone());
        let own = guard.own();
        let connection = Connection::new(config, guard);
        let registry = Arc::new(kinds::registry());
        let scopes = Scopes::connect(&self.settings, &connection, &registry).await;
        let scopes = scopes.expect("accounts and Regions are known");
        // Where orphans are pruned, a pass must not end before it has looked for those of undeclared kinds.
        let sweep = prepared.scenario.prune == Prune::Automatic;
        let options = engine::Options { write: true, sweep, ..engine::Options::default() };
        let dir = self.own.as_ref().unwrap_or(&prepared.dir).path();
        let settings = self.settings.clone();
        let mut engine = Engine::new(settings, registry, scopes, dir, options, self.brake.clone());
        #[expect(
            clippy::disallowed_methods,
            reason = "its handle ends it when it is dropped: with the process"
        )]
        let queues = engine.listen(own).map(|queues| tokio::spawn(queues.run()));
        (engine, queues.map(AbortOnDropHandle::new))
    }

    /// One pass of every engine; nothing if the processes died in it.
    async fn pass(&self, engines: &mut [Engine]) -> Option<Vec<Report>> {
        self.monitor.pass_begins(self.age());
        let passes = futures::future::join_all(engines.iter_mut().map(Engine::pass));
        let reports = tokio::select! {
            biased;
            () = self.simulator.crashed() => None,
            reports = passes => Some(reports),
        };
        self.monitor.pass_ends();
        reports
    }

    fn age(&self) -> Duration {
        self.simulator.with(|world| world.age())
    }

    fn lies(&self) -> bool {
        self.simulator.with(|world| world.distorts_reads())
    }

    fn strikes(&self) -> u64 {
        self.simulator.with(|world| world.strikes())
    }

    /// S15: what the processes hold and let wait, and, where nothing went wrong in this pass (`clear`), what is open although
    /// none of them has anything in the way.
    fn judge_putting_back(&mut self, reports: &[Report], clear: bool) {
        let mut free: Option<BTreeSet<String>> = None;
        for (process, report) in self.putting_back.iter_mut().zip(reports) {
            let (broken, of_it) = process.judge(report);
            self.found.extend(broken);
            free = Some(free.map_or(of_it.clone(), |all| &all & &of_it));
        }
        let free = free.filter(|_| clear).unwrap_or_default();
        let truth = self.simulator.with(|world| world.truth());
        self.monitor.judge_holes(&truth, &free);
    }

    /// In a guarded scenario somebody consents to what the gate holds, but for what puts back: that must go without. Whether
    /// there was anything.
    fn consent(&mut self, reports: &[Report]) -> bool {
        let Some(own) = self.own.as_ref().filter(|_| self.prepared.scenario.guarded) else {
            return false;
        };
        let may = |why: &HoldReason| {
            matches!(
                why,
                HoldReason::Risk { .. }
                    | HoldReason::Mass { .. }
                    | HoldReason::Accounts(_)
                    | HoldReason::Moves(_)
                    | HoldReason::Undone { .. }
                    | HoldReason::Earlier { .. }
                    | HoldReason::Identity { .. }
            )
        };
        let mut consented = 0;
        for step in reports.iter().flat_map(|report| &report.plan.steps) {
            let Verdict::Held(why) = &step.verdict else { continue };
            let puts_back =
                |step: &palisade::plan::Step| step.action.edits().iter().all(|edit| edit.puts_back);
            let only_puts_back = !step.action.edits().is_empty() && puts_back(step);
            let moves = why.iter().any(|it| matches!(it, HoldReason::Moves(_)));
            if why.iter().all(may) && (moves || !only_puts_back) {
                consented += 1;
                // What was done and had no effect is held again, and needs another approval.
                let number = self.consents + consented;
                let file = own.path().join(format!("approval-{number}.yaml"));
                std::fs::write(file, approval(&step.digest, number)).expect("written");
            }
        }
        self.consents += consented;
        if self.attacks.len() < self.prepared.scenario.attacks.len() {
            self.consents_after_hands += consented;
        }
        consented > 0
    }

    /// S7 by the engine's own word: what it could not read it must not have touched. Where that is one resource, the others
    /// of its kind may be edited.
    fn judge_unknown(&mut self, report: &Report) {
        for unknown in &report.plan.unknown {
            let touched = report.results.iter().find(|result| {
                let same_kind =
                    result.address.scope == unknown.scope && result.address.kind == unknown.kind;
                let another = unknown.id.is_some()
                    && result.verb == "edit"
                    && !unknown.concerns.contains(&result.address);
                same_kind && !another
            });
            if let Some(result) = touched {
                let what =
                    format!("{} of {}, whose kind was not read", result.verb, result.address);
                self.found.push(Violation { rule: "S7", what });
            }
        }
    }

    fn listen(&mut self, engine: &Engine, report: &Report) {
        let Some(listener) = &mut self.listener else { return };
        if let Some(text) = self.setup.telltale {
            tracing::info!("{text}");
        }
        listener.pass(engine, report, &self.simulator);
    }

    /// Whether nothing is left to do, and as much as in the reference is left over.
    fn is_done(&self, report: &Report, at_last: bool) -> bool {
        let moving = report.plan.steps.iter().any(|step| match &step.verdict {
            Verdict::Go => true,
            Verdict::Waiting(why) => why.iter().any(|wait| wait.passes),
            Verdict::Held(_) | Verdict::Reported(_) => false,
        });
        let settled = report.results.is_empty() && report.plan.unknown.is_empty() && !moving;
        // A process that starts on bad input has no last good one: it only observes, and leaves nothing over.
        let compared = at_last && self.prepared.texts.1.is_none();
        let reference = self.prepared.reference.counts.filter(|_| compared);
        let doubled = report
            .plan
            .conflicts
            .iter()
            .any(|it| Self::may_be_doubled(self.setup, &it.address.kind));
        settled && (doubled || reference.is_none_or(|counts| counts == report.plan.counts()))
    }

    /// Two processes at once may both create what has neither token nor unique name. Both see that in their next
    /// pass, report it and touch neither, nor make what depends on it: that is the end of such a run.
    fn may_be_doubled(setup: &Setup, kind: &str) -> bool {
        setup.engines > 1 && ["KmsKey", "SageMakerDomain"].contains(&kind)
    }

    /// What failed for good inside AWS needs a person: what is held as failed is deleted by hand.
    fn help(&self, reports: &[Report]) {
        let failed =
            |why: &[HoldReason]| why.iter().any(|why| matches!(why, HoldReason::Failed { .. }));
        for step in reports.iter().flat_map(|report| &report.plan.steps) {
            let Verdict::Held(why) = &step.verdict else { continue };
            let Some(have) = step.action.have().filter(|_| failed(why)) else { continue };
            let id = have.id.as_str();
            self.simulator.with(|world: &mut World| {
                let _ = match step.address.kind.as_str() {
                    "VpcEndpoint" => {
                        let ids = json!({"VpcEndpointId": [id]});
                        hands::try_call(world, "ec2", "DeleteVpcEndpoints", &ids)
                    }
                    "NotebookInstance" => {
                        let named = json!({"NotebookInstanceName": id});
                        hands::try_call(world, "sagemaker", "DeleteNotebookInstance", &named)
                    }
                    _ => hands::try_call(
                        world,
                        "sagemaker",
                        "DeleteDomain",
                        &json!({"DomainId": id}),
                    ),
                };
            });
        }
    }

    fn stuck(&mut self, reports: &[Report]) {
        let mut what = "no convergence:".to_owned();
        for report in reports {
            let _ = write!(what, " {:?}", report.plan.counts());
            for step in &report.plan.steps {
                let _ =
                    write!(what, "; {} {} {:?}", step.action.verb(), step.address, step.verdict);
            }
            for conflict in &report.plan.conflicts {
                let _ = write!(what, "; conflict {} {}", conflict.address, conflict.why);
            }
            for unknown in &report.plan.unknown {
                let _ = write!(what, "; unknown {} {}", unknown.kind, unknown.why);
            }
        }
        self.found.push(Violation { rule: "L1", what });
    }

    fn finish(mut self, passes: u64, counts: Option<Counts>) -> Finished {
        let truth = self.simulator.with(|world| world.truth());
        let wanted = truth.by_address(&self.prepared.expect.owner);
        let clean = self.prepared.reference.counts.is_none();
        if !clean && counts.is_some() {
            self.judge_end(&wanted, passes);
        }
        let strikes = self.strikes();
        let mut violations = self.monitor.violations();
        violations.extend(self.found);
        violations.extend(self.listener.iter().flat_map(Listener::violations));
        let arrival = self.setup.arrival.iter();
        violations.extend(arrival.flat_map(|it| self.named.judge(it, &self.simulator)));
        let (log, mut calls) = log(&self.simulator);
        calls.drain(..self.before_faults.min(calls.len()));
        let first_pass = self.first_pass.unwrap_or_default();
        let mutations = self.monitor.mutations();
        let reference = Reference { calls, first_pass, counts, wanted, mutations };
        Finished {
            violations,
            log,
            simulator: self.simulator,
            reference,
            passes,
            strikes,
            consents: self.consents,
            consents_after_hands: self.consents_after_hands,
        }
    }

    /// L1: as the reference. L2: within the bound.
    fn judge_end(&mut self, wanted: &BTreeMap<String, BTreeSet<String>>, passes: u64) {
        let reference = &self.prepared.reference.wanted;
        let setup = self.setup;
        let doubled = |address: &String| {
            Self::may_be_doubled(setup, address.split('/').nth(1).unwrap_or_default())
        };
        let edited = |fault: &Fault| matches!(fault.effect, Effect::Meanwhile(_));
        // S6 is that a process that began on bad input writes nothing: what people do to it then stays as they leave it.
        let left = self.blind && setup.faults.iter().any(edited);
        for (address, facts) in reference {
            let found = wanted.get(address);
            let same = found == Some(facts) || left && found.is_some();
            if !same && !doubled(address) {
                let differ =
                    found.map(|found| found.symmetric_difference(facts).collect::<Vec<_>>());
                let what = format!("{address} ends otherwise than without faults: {differ:?}");
                self.found.push(Violation { rule: "L1", what });
            }
        }
        if let Some(more) = wanted.keys().find(|address| !reference.contains_key(*address)) {
            let what = format!("{more} is there, and is not without faults");
            self.found.push(Violation { rule: "L1", what });
        }
        let bound =
            self.prepared.scenario.depth + self.setup.faults.len() as u64 + self.setup.lag + 2;
        if passes > bound && self.setup.engines == 1 {
            let what = format!("{passes} passes after the last fault, {bound} may be");
            self.found.push(Violation { rule: "L2", what });
        }
    }
}

/// A manifest that consents to a step for a day; each has another end.
fn approval(digest: &str, number: u64) -> String {
    use aws_smithy_types::date_time::{DateTime, Format};
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let then = i64::try_from(now.as_secs()).expect("not so late") + 24 * 3600;
    let then = then + i64::try_from(number).expect("not so many");
    let expires = DateTime::from_secs(then).fmt(Format::DateTime).expect("a time to be written");
    format!(
        "apiVersion: palisade.dev/v1alpha1\nkind: Approval\nmetadata: {{name: a-{number}}}\n\
         spec: {{digest: \"{digest}\", expires: \"{expires}\"}}\n"
    )
}

fn log(simulator: &Simulator) -> (String, Vec<(String, String, bool)>) {
    let mut text = String::new();
    let calls = simulator.calls();
    for call in &calls {
        let error = call.error.as_deref().unwrap_or("ok");
        let _ = writeln!(
            text,
            "{:>12.6} {} {}:{} {} {error}",
            call.at.as_secs_f64(),
            call.account,
            call.service,
            call.operation,
            call.input
        );
    }
    let calls = calls.into_iter().map(|c| (c.operation, c.account, c.mutating)).collect();
    (text, calls)
}
