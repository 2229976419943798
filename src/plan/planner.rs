//! From documents and what was seen to steps.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use serde_json::Value;

use super::{
    Action, Cause, Conflict, Holdoff, Plan, Step, Verdict, Wait, fingerprint, gate,
    inputs::{Inputs, known},
    matching::{self, Match},
    order::{say_what_comes_first, wait_for_consent, wait_for_dependencies, with_tags},
};
use crate::{
    kind::{
        Known, Refs, Resolution, ScopeFacts,
        erased::{Edit, ErasedKind, Resolved},
    },
    manifest::{Document, ManifestMode, Presence},
    model::{Address, Claim, Observed, Phase, Risk, Seen, Tags},
    settings::Mode,
};

/// Plans one pass.
pub fn plan(inputs: &Inputs<'_>) -> Plan {
    let known = known(inputs.live, inputs.owner);
    let mut planner = Planner { inputs, known: &known, plan: Plan::default() };
    for document in inputs.documents.values() {
        planner.contained(document);
    }
    planner.orphans();
    planner.unknown();
    let mut plan = planner.plan;
    wait_for_dependencies(&mut plan, inputs);
    say_what_comes_first(&mut plan);
    plan.steps.sort_by(|a, b| a.address.cmp(&b.address));
    gate::hold(&mut plan, inputs);
    wait_for_consent(&mut plan);
    plan
}

pub(super) struct Planner<'a> {
    pub(super) inputs: &'a Inputs<'a>,
    known: &'a Known,
    pub(super) plan: Plan,
}

impl Planner<'_> {
    /// Plans one manifest. A panic in its kind is a defect that must not keep the others from being looked after.
    fn contained(&mut self, document: &Document) {
        if catch_unwind(AssertUnwindSafe(|| self.document(document))).is_err() {
            // What it left of this manifest is not to be relied on.
            self.plan.steps.retain(|step| step.address != document.address);
            self.plan.in_sync.remove(&document.address);
            self.plan.conflicts.push(Conflict {
                address: document.address.clone(),
                origin: Some(document.origin.to_string()),
                ids: BTreeSet::new(),
                why: "palisade itself failed while planning it; nothing of it is touched"
                    .to_owned(),
                help: "this is a defect: the log names the place".to_owned(),
            });
        }
    }

    fn document(&mut self, document: &Document) {
        let Address { scope, kind, .. } = &document.address;
        let inputs = self.inputs;
        let (Some(kind), Some(facts), Some(Seen::All(live))) = (
            inputs.registry.get(kind),
            inputs.facts.get(scope),
            inputs.live.seen.get(&(scope.clone(), kind.clone())),
        ) else {
            // Unknown: nothing is planned for it; `unknown` says why.
            return;
        };
        let resolving = self.resolve(document, facts);
        let (resolved, resolution) = match resolving {
            Ok(done) => done,
            Err(why) => return self.unresolvable(document, why),
        };
        let natural_keys = resolved.as_ref().map_or(&document.natural_keys, |r| &r.natural_keys);
        let address = &document.address;
        // What was made a moment ago may not show its tags yet; then the create is held off, and nothing is wrong.
        let fresh =
            inputs.completing.contains(address) && inputs.create_holdoffs.contains_key(address);
        let predecessor = inputs.predecessors.get(address).filter(|_| !fresh);
        let matched = matching::find(document, natural_keys, live, inputs.owner, kind, predecessor);
        match (document.lifecycle.state, matched) {
            (_, Match::Conflict(conflict)) => self.plan.conflicts.push(conflict),
            (Presence::Absent, Match::Ours(have)) => self.tombstone(document, have, resolved, kind),
            (Presence::Absent, _) => {
                self.plan.in_sync.insert(document.address.clone());
            }
            (Presence::Present, matched) => {
                let Some(resolved) = resolved else { return };
                self.present(document, &matched, resolved, resolution, kind);
            }
        }
    }

    fn resolve(
        &self,
        document: &Document,
        facts: &ScopeFacts,
    ) -> Result<(Option<Resolved>, Resolution), Vec<String>> {
        let mut refs = Refs::new(facts, &document.address.name, self.known);
        let resolved = match &document.spec {
            None => None,
            Some(spec) => Some(
                self.inputs.registry.resolve(&document.address.kind, spec, &mut refs).map_err(
                    |all| all.iter().map(|invalid| format!("spec.{invalid}")).collect::<Vec<_>>(),
                )?,
            ),
        };
        Ok((resolved, refs.finish()))
    }

    /// With real ids a value turned out impossible (it passed the checks on loading).
    fn unresolvable(&mut self, document: &Document, why: Vec<String>) {
        self.plan.conflicts.push(Conflict {
            address: document.address.clone(),
            origin: Some(document.origin.to_string()),
            ids: BTreeSet::new(),
            why: why.join("; "),
            help: "correct the manifest".to_owned(),
        });
    }

    fn present(
        &mut self,
        document: &Document,
        matched: &Match<'_>,
        resolved: Resolved,
        resolution: Resolution,
        kind: &dyn ErasedKind,
    ) {
        let address = &document.address;
        let tags = self.wanted_tags(document, &resolved);
        let want = fingerprint(&format!("{} {tags:?}", resolved.state));
        self.plan.wants.insert(address.clone(), want.clone());
        let mut waiting: Vec<Wait> = resolution.waiting.into_iter().map(Wait::lasting).collect();
        let unresolved = !waiting.is_empty();
        let failed = self.holdoff(address, &want).cloned();
        waiting.extend(failed.as_ref().map(|holdoff| holdoff.wait.clone()));
        let drifted = self.inputs.converged.get(address) == Some(&want);
        let mut steps = match matched {
            Match::Ours(have) | Match::Adopt(have) => {
                let cause = match matched {
                    Match::Adopt(_) => Cause::Adoption,
                    _ if drifted => Cause::Drift,
                    _ => self.origin(address, &want),
                };
                self.edits(document, have, &resolved, &tags, cause, waiting, unresolved, kind)
            }
            Match::AdoptionMissing(id) => {
                waiting.push(Wait::lasting(format!("{id}, which it adopts, does not exist")));
                vec![self.create(document, resolved, tags, waiting, Cause::Adoption, kind)]
            }
            Match::Absent => {
                let cause = if drifted { Cause::Drift } else { Cause::Manifest };
                vec![self.create(document, resolved, tags, waiting, cause, kind)]
            }
            Match::Conflict(_) => return,
        };
        if steps.is_empty() && resolution.later.is_empty() {
            self.plan.in_sync.insert(address.clone());
        }
        if let Some(failed) = &failed {
            steps = steps.into_iter().flat_map(|step| tighten_at_once(step, failed)).collect();
        }
        for step in &mut steps {
            step.later = resolution.later.iter().cloned().collect();
        }
        self.plan.steps.extend(steps);
    }

    /// Why something differs that this process has not seen in order with this want.
    fn origin(&self, address: &Address, want: &str) -> Cause {
        match self.inherited_want(address) {
            Some(first) if first.is_none_or(|first| first == want) => Cause::Unknown,
            _ => Cause::Manifest,
        }
    }

    fn inherited_want(&self, address: &Address) -> Option<Option<&str>> {
        self.inputs.inherited.get(address).map(Option::as_deref)
    }

    pub(super) fn failed_lately(&self, address: &Address, want: &str) -> Option<Wait> {
        self.holdoff(address, want).map(|holdoff| holdoff.wait.clone())
    }

    fn holdoff(&self, address: &Address, want: &str) -> Option<&Holdoff> {
        self.inputs.holdoffs.get(address).filter(|holdoff| holdoff.want == want)
    }

    fn wanted_tags(
        &self,
        document: &Document,
        resolved: &Resolved,
    ) -> BTreeMap<String, Option<String>> {
        let claim = Claim {
            owner: self.inputs.owner.to_owned(),
            address: document.address.clone(),
            deletion: document.lifecycle.deletion,
        };
        let mut tags = resolved.tags.clone();
        tags.extend(claim.tags().into_iter().map(|(key, value)| (key, Some(value))));
        tags
    }

    fn create(
        &self,
        document: &Document,
        resolved: Resolved,
        tags: BTreeMap<String, Option<String>>,
        mut waiting: Vec<Wait>,
        cause: Cause,
        kind: &dyn ErasedKind,
    ) -> Step {
        waiting.extend(self.inputs.create_holdoffs.get(&document.address).cloned());
        let tags: Tags = tags.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        let predecessor = self.inputs.predecessors.get(&document.address);
        let token = fingerprint(&format!("{tags:?} {} {predecessor:?}", resolved.state));
        let verdict = self.verdict(document, waiting);
        let lines = kind.state_lines(&resolved.state);
        let action = Action::Create { want: resolved.state, tags, token, lines };
        Step::new(&document.address, Some(&document.origin), cause, action, verdict)
    }

    fn verdict(&self, document: &Document, waiting: Vec<Wait>) -> Verdict {
        if self.inputs.mode == Mode::Observe {
            Verdict::Reported("the settings say observe".to_owned())
        } else if let Some(why) = self.inputs.stopped {
            Verdict::Reported(why.to_owned())
        } else if document.lifecycle.mode == ManifestMode::Observe {
            Verdict::Reported("its lifecycle says observe".to_owned())
        } else if document.lifecycle.paused {
            Verdict::Reported("paused".to_owned())
        } else if waiting.is_empty() {
            Verdict::Go
        } else {
            Verdict::Waiting(waiting)
        }
    }

    #[expect(clippy::too_many_arguments, reason = "all of one match; a struct would be used once")]
    fn edits(
        &self,
        document: &Document,
        have: &Observed<Value>,
        resolved: &Resolved,
        tags: &BTreeMap<String, Option<String>>,
        cause: Cause,
        mut waiting: Vec<Wait>,
        unresolved: bool,
        kind: &dyn ErasedKind,
    ) -> Vec<Step> {
        let step = |edits, verdict| {
            let action = Action::Edit { have: have.clone(), edits };
            Step::new(&document.address, Some(&document.origin), cause, action, verdict)
        };
        if unresolved && !waiting.is_empty() {
            // Without its references the wanted state is not known, so neither is the difference.
            return vec![step(Vec::new(), self.verdict(document, waiting))];
        }
        let changes = match kind.diff(&resolved.state, &have.state) {
            Ok(changes) => changes,
            Err(defect) => return vec![step(Vec::new(), Verdict::Held(vec![defect.to_string()]))],
        };
        let (impossible, changes): (Vec<_>, Vec<_>) =
            changes.into_iter().partition(|edit| edit.risk == Risk::Impossible);
        let edits = match &have.phase {
            Phase::Restorable(_) => changes,
            _ => with_tags(changes, tags, &have.tags),
        };
        match &have.phase {
            Phase::Settling(word) if !edits.is_empty() => {
                waiting.push(settling(word));
            }
            Phase::Failed(why) => {
                let failed = format!("AWS reports it failed: {why}");
                // Consent to a try does not reach through what keeps the manifest from being written.
                let verdict = match self.verdict(document, Vec::new()) {
                    Verdict::Reported(why) => Verdict::Reported(format!("{why}; {failed}")),
                    _ => Verdict::Held(vec![failed]),
                };
                return vec![step(edits, verdict)];
            }
            _ => {}
        }
        let mut steps = Vec::new();
        if !impossible.is_empty() {
            let why = "AWS cannot change this on a live resource, and palisade never replaces one; \
                       set the manifest back, or move to a new resource by hand";
            steps.push(step(impossible, Verdict::Held(vec![why.to_owned()])));
        }
        if !edits.is_empty() {
            steps.push(step(edits, self.verdict(document, waiting)));
        } else if let Phase::Settling(word) = &have.phase {
            waiting.push(settling(word));
            steps.push(step(Vec::new(), self.verdict(document, waiting)));
        }
        steps
    }

    fn tombstone(
        &mut self,
        document: &Document,
        have: &Observed<Value>,
        resolved: Option<Resolved>,
        kind: &dyn ErasedKind,
    ) {
        let address = &document.address;
        if kind.is_gone(&have.state).unwrap_or(false) {
            self.plan.in_sync.insert(address.clone());
            return;
        }
        let mut waiting: Vec<Wait> = self.failed_lately(address, "").into_iter().collect();
        if let Phase::Settling(word) = &have.phase {
            waiting.push(settling(word));
        }
        let verdict = self.verdict(document, waiting);
        let want = resolved.map(|resolved| resolved.state);
        let action = Action::Delete { have: have.clone(), want };
        let step = Step::new(address, Some(&document.origin), Cause::Tombstone, action, verdict);
        self.plan.steps.push(step);
    }
}

/// What failed waits, and what comes after it. What tightens, comes first and had no part in that goes: a rule that AWS
/// refuses must not keep open what somebody opens next to it.
fn tighten_at_once(step: Step, failed: &Holdoff) -> Vec<Step> {
    let (Action::Edit { edits, .. }, Verdict::Waiting(why)) = (&step.action, &step.verdict) else {
        return vec![step];
    };
    let new = |edit: &&Edit| edit.risk <= Risk::Neutral && !failed.fields.contains(&edit.summary);
    let (now, rest) = edits.split_at(edits.iter().take_while(new).count());
    let tightens = now.iter().any(|edit| edit.risk == Risk::Tightens);
    if why[..] != [failed.wait.clone()] || !tightens {
        return vec![step];
    }
    let mut parts = vec![step.part(now.to_vec(), Verdict::Go)];
    if !rest.is_empty() {
        parts.push(step.part(rest.to_vec(), step.verdict.clone()));
    }
    parts
}

fn settling(word: &str) -> Wait {
    Wait::passing(format!("AWS is still working on it ({word})"))
}
