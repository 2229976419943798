//! From documents and observations to steps.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use serde_json::Value;

use super::{
    Action, Cause, Conflict, Focus, HoldReason, Holdoff, KnownForm, Plan, ReportReason, Step,
    Verdict, Wait, WaitReason, Want,
    edits::Wanted,
    fingerprint, gate,
    inputs::Inputs,
    look::Resolving,
    matching::{self, Match},
    order::{delete_after_last_use, name_what_comes_first, wait_for_dependencies, wait_for_people},
    pauses,
    symbolic::symbolic,
    tags::Tested,
    unread,
};
use crate::{
    kind::{
        Claimed, Line, Resolution,
        erased::{ErasedKind, Resolved},
    },
    manifest::{Document, ManifestMode, Origin, Presence},
    model::{Address, Claim, Observed, Phase, Risk, Tags, claim, policy_document::printable},
    settings::Mode,
};

/// Plans one pass.
pub fn plan(inputs: &Inputs<'_>) -> Plan {
    let mut planner = Planner { inputs, plan: Plan::default(), tested: Tested::default() };
    for document in inputs.look.documents.values() {
        planner.contained(document);
    }
    planner.orphans();
    planner.unknown();
    let mut plan = planner.plan;
    unread::hold(&mut plan, inputs);
    pauses::hold(&mut plan, inputs.limits.halt);
    wait_for_dependencies(&mut plan, inputs);
    delete_after_last_use(&mut plan);
    name_what_comes_first(&mut plan);
    plan.steps.sort_by(|a, b| a.address.cmp(&b.address));
    let focus = inputs.limits.focus;
    let rest = focus.map(|focus| focus.set_aside(&mut plan)).unwrap_or_default();
    gate::hold(&mut plan, inputs);
    if let Some(only) = inputs.limits.only {
        only.restrict(&mut plan, inputs.memory.completing, &inputs.memory.past.begun);
    }
    Focus::put_back(&mut plan, rest);
    wait_for_people(&mut plan);
    plan.contested.clone_from(&inputs.memory.past.contested);
    if let Some(focus) = focus {
        focus.narrow(&mut plan);
    }
    plan
}

pub(super) struct Planner<'a> {
    pub(super) inputs: &'a Inputs<'a>,
    pub(super) plan: Plan,
    pub(super) tested: Tested,
}

impl Planner<'_> {
    /// Plans one manifest. A panic in its kind is a defect that must not affect other manifests.
    fn contained(&mut self, document: &Document) {
        let before = self.plan.steps.len();
        if catch_unwind(AssertUnwindSafe(|| self.document(document))).is_err() {
            // A half-planned manifest cannot be relied on.
            self.plan.steps.truncate(before);
            self.plan.in_sync.remove(&document.address);
            self.defect(document);
        }
    }

    fn defect(&mut self, document: &Document) {
        self.plan.conflicts.push(Conflict {
            address: document.address.clone(),
            origin: Some(document.origin.to_string()),
            ids: BTreeSet::new(),
            why: "palisade failed while planning this manifest; its resource is not changed"
                .to_owned(),
            help: "this is a defect in palisade: report it with the panic message in the log"
                .to_owned(),
        });
    }

    fn document(&mut self, document: &Document) {
        let Inputs { look, memory, .. } = *self.inputs;
        let address = &document.address;
        if let Some(other) = &document.disputed {
            return self.disputed(document, other);
        }
        let (Some(resolving), Some(kind), Some(live)) = (
            look.resolved(address),
            look.kind(&address.kind),
            look.claims.of(&address.scoped_kind()),
        ) else {
            // Unknown: nothing is planned for it; `unknown` has the reason.
            return;
        };
        let (resolved, resolution) = match resolving {
            Resolving::Done(resolved, resolution) => (resolved.as_ref(), resolution.as_ref()),
            Resolving::Impossible(why) => return self.unresolvable(document, why),
            Resolving::Defect => return self.defect(document),
        };
        let natural_keys = resolved.map_or(&document.natural_keys, |it| &it.natural_keys);
        // A new resource may not show its tags yet. The create is held off then, and this is not a
        // conflict.
        let fresh =
            memory.completing.contains(address) && memory.create_holdoffs.contains_key(address);
        let predecessor = memory.predecessors.get(address).filter(|_| !fresh);
        let registry = look.installation.registry;
        let whole = look.claims.unclaimed_parent(document, look.documents, registry);
        let matched = match &whole {
            Some((_, id)) => matching::part(id, live),
            None => matching::find(document, natural_keys, live, kind, predecessor),
        };
        match (document.lifecycle.state, matched) {
            (_, Match::Conflict(conflict)) => self.plan.conflicts.push(conflict),
            (Presence::Absent, Match::Ours(have)) => self.tombstone(document, have, resolved, kind),
            (Presence::Absent, _) if unread::may_hide(address, look) => {}
            (Presence::Absent, _) => {
                self.plan.in_sync.insert(document.address.clone());
            }
            (Presence::Present, matched) => {
                let Some(resolved) = resolved else { return };
                let before = self.plan.steps.len();
                self.present(document, &matched, resolved, resolution, kind);
                if let Some((address, _)) = whole {
                    wait_for_whole(&mut self.plan.steps[before..], &address);
                }
            }
        }
    }

    fn disputed(&mut self, document: &Document, other: &Origin) {
        self.plan.conflicts.push(Conflict {
            address: document.address.clone(),
            origin: Some(document.origin.to_string()),
            ids: BTreeSet::new(),
            why: format!("another set of scopes declares it too, at {other}"),
            help: "declare it for the scope itself, or take the scope out of one set".to_owned(),
        });
    }

    /// With real ids a value turned out to be impossible (it passed the checks on loading).
    fn unresolvable(&mut self, document: &Document, why: &[String]) {
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
        resolved: &Resolved,
        resolution: &Resolution,
        kind: &dyn ErasedKind,
    ) {
        let address = &document.address;
        let noted = match matched {
            Match::Ours(have) | Match::Adopt(have) => &have.state,
            _ => &resolved.state,
        };
        let mut notes = kind.notes(noted);
        if let (Match::AdoptionMissing(id), Claimed::OnlyObserved) =
            (matched, kind.profile().claimed)
        {
            notes.push(format!("there is no {id}, and nothing creates it"));
        }
        if !notes.is_empty() {
            self.plan.notes.insert(address.clone(), notes);
        }
        if !resolution.left_out.is_empty() {
            self.plan.left_out.insert(address.clone(), resolution.left_out.clone());
        }
        let tags = self.wanted_tags(document, resolved, kind);
        let want = self.want(address, resolved, tags, resolution, kind);
        let (tags, fingerprint) = (want.tags.clone(), want.fingerprint.clone());
        let wanted = Wanted { document, state: &resolved.state, tags, fingerprint, resolution };
        let mut steps = match matched {
            Match::Ours(have) => self.edits(&wanted, have, false, kind),
            Match::Adopt(have) => self.edits(&wanted, have, true, kind),
            Match::AdoptionMissing(id) => {
                let wait = WaitReason::AdoptionMissing { id: id.clone() };
                vec![self.create(&wanted, vec![Wait::lasting(wait)], Cause::Adoption, kind)]
            }
            Match::Absent => {
                let cause =
                    if self.is_known(&wanted, None, kind) { Cause::Drift } else { Cause::Manifest };
                vec![self.create(&wanted, Vec::new(), cause, kind)]
            }
            Match::Conflict(_) => return,
        };
        if steps.is_empty() {
            self.plan.in_sync.insert(address.clone());
        }
        for step in &mut steps {
            *step = step.clone().with_symbols(&wanted.resolution.filled);
        }
        self.plan.steps.extend(steps);
        self.plan.wants.insert(address.clone(), want);
    }

    /// What a manifest wants. What is the same as when it was seen in force is neither digested
    /// again nor in memory twice.
    fn want(
        &self,
        address: &Address,
        resolved: &Resolved,
        tags: BTreeMap<String, Option<String>>,
        resolution: &Resolution,
        kind: &dyn ErasedKind,
    ) -> Arc<Want> {
        let (state, symbols) = (&resolved.state, &resolution.filled);
        let known = self.inputs.memory.known_wants.get(address).map(|known| &known.form);
        if let Some(KnownForm::Whole(want)) = known
            && (&want.state, &want.tags, &want.symbols) == (state, &tags, symbols)
        {
            return Arc::clone(want);
        }
        let fingerprint = fingerprint(&format!("{} {tags:?}", kind.wish(state)));
        let digest = super::fingerprint(&format!("{} {tags:?}", symbolic(state, symbols)));
        let (state, symbols) = (state.clone(), symbols.clone());
        Arc::new(Want { fingerprint, digest, state, tags, symbols })
    }

    /// The cause of a difference that this process has not seen in sync with this want.
    pub(super) fn origin(&self, address: &Address, want: &str) -> Cause {
        match self.inherited_want(address) {
            Some(first) if first.is_none_or(|first| first == want) => Cause::Unknown,
            _ => Cause::Manifest,
        }
    }

    fn inherited_want(&self, address: &Address) -> Option<Option<&str>> {
        self.inputs.memory.inherited.get(address).map(Option::as_deref)
    }

    pub(super) fn failed_lately(&self, address: &Address, want: &str) -> Option<Wait> {
        self.holdoff(address, want).map(|holdoff| holdoff.wait.clone())
    }

    pub(super) fn holdoff(&self, address: &Address, want: &str) -> Option<&Holdoff> {
        self.inputs.memory.holdoffs.get(address).filter(|holdoff| holdoff.want == want)
    }

    fn wanted_tags(
        &self,
        document: &Document,
        resolved: &Resolved,
        kind: &dyn ErasedKind,
    ) -> BTreeMap<String, Option<String>> {
        if !kind.profile().claimed.is_in_tags() {
            return BTreeMap::new();
        }
        let claim = Claim {
            owner: self.inputs.look.installation.owner.to_owned(),
            address: document.address.clone(),
            deletion: document.lifecycle.deletion,
        };
        let mut tags = resolved.tags.clone();
        tags.extend(claim.tags().into_iter().map(|(key, value)| (key, Some(value))));
        tags
    }

    fn create(
        &self,
        wanted: &Wanted<'_>,
        mut waiting: Vec<Wait>,
        cause: Cause,
        kind: &dyn ErasedKind,
    ) -> Step {
        let address = &wanted.document.address;
        waiting.extend(wanted.hard_waits());
        waiting.extend(self.failed_lately(address, &wanted.fingerprint));
        waiting.extend(self.inputs.memory.create_holdoffs.get(address).cloned());
        let tags: Tags = wanted
            .tags
            .iter()
            .filter_map(|(key, value)| Some((key.clone(), value.clone()?)))
            .collect();
        let predecessor = self.inputs.memory.predecessors.get(address);
        let token = fingerprint(&format!("{tags:?} {} {predecessor:?}", wanted.state));
        let (risk, verdict) = match kind.risk_of_creating(wanted.state) {
            Ok(risk) => (risk, self.verdict(wanted.document, waiting)),
            Err(defect) => {
                let what = defect.to_string();
                (Risk::LOOSENS, self.held(wanted.document, HoldReason::Defect { what }))
            }
        };
        let mut lines = kind.state_lines(wanted.state);
        // The claim tags are the same everywhere; only the others are shown for approval.
        let own = tags.iter().filter(|(key, _)| !key.starts_with(claim::PREFIX));
        lines.extend(own.map(|(key, value)| {
            Line::add(format!("tags.{}: {}", printable(key), printable(value)))
        }));
        let action = Action::Create { want: wanted.state.clone(), tags, token, lines, risk };
        Step::new(address, Some(&wanted.document.origin), cause, action, verdict)
    }

    pub(super) fn verdict(&self, document: &Document, waiting: Vec<Wait>) -> Verdict {
        if let Some(reason) = self.reported(document) {
            Verdict::Reported(reason)
        } else if waiting.is_empty() {
            Verdict::Go
        } else {
            Verdict::Waiting(waiting)
        }
    }

    /// Held, unless nothing of the manifest is written anyway: an approval does not override that.
    pub(super) fn held(&self, document: &Document, why: HoldReason) -> Verdict {
        self.reported(document).map_or_else(|| Verdict::Held(vec![why]), Verdict::Reported)
    }

    /// Why nothing of a manifest is written, whatever differs.
    fn reported(&self, document: &Document) -> Option<ReportReason> {
        if self.inputs.limits.mode == Mode::Observe {
            Some(ReportReason::SettingsObserve)
        } else if let Some(stop) = &self.inputs.limits.halt.stop {
            Some(ReportReason::Brake { why: stop.to_string() })
        } else if document.lifecycle.mode == ManifestMode::Observe {
            Some(ReportReason::ManifestObserves)
        } else if document.lifecycle.paused {
            Some(ReportReason::Paused)
        } else {
            None
        }
    }

    fn tombstone(
        &mut self,
        document: &Document,
        have: &Observed<Value>,
        resolved: Option<&Resolved>,
        kind: &dyn ErasedKind,
    ) {
        let address = &document.address;
        if kind.is_gone(&have.state).unwrap_or(false) {
            self.plan.in_sync.insert(address.clone());
            return;
        }
        let mut waiting: Vec<Wait> = self.failed_lately(address, "").into_iter().collect();
        if let Phase::Settling(state) = &have.phase {
            waiting.push(Wait::passing(WaitReason::Settling { state: state.clone() }));
        }
        let verdict = self.verdict(document, waiting);
        let want = resolved.map(|resolved| resolved.state.clone());
        let action = Action::Delete { have: have.clone(), want };
        let step = Step::new(address, Some(&document.origin), Cause::Tombstone, action, verdict);
        self.plan.steps.push(step);
    }
}

/// Nothing of a part is written before the whole carries the claim.
fn wait_for_whole(steps: &mut [Step], whole: &Address) {
    for step in steps.iter_mut().filter(|step| !matches!(step.verdict, Verdict::Reported(_))) {
        let reason = WaitReason::AdoptedFirst { address: whole.clone() };
        step.verdict = Verdict::Waiting(vec![Wait::lasting(reason)]);
    }
}
