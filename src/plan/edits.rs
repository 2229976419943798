//! The steps for a live resource: what differs, what is changed now, and what waits for what.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    Action, Cause, HoldReason, Holdoff, KnownForm, Step, Verdict, Wait, WaitReason, digest,
    divide::delay,
    order::with_tags,
    planner::Planner,
    stages::{has_purpose, unneeded},
    symbolic::{is_known, placeholders_in},
};
use crate::{
    kind::{
        Resolution,
        erased::{Edit, EditBody, ErasedKind, Stage, Undecodable},
    },
    manifest::Document,
    model::{Disruption, Observed, Phase, Risk},
};

/// What one manifest wants, as far as it can be resolved.
pub(super) struct Wanted<'a> {
    pub(super) document: &'a Document,
    pub(super) state: &'a Value,
    /// Claim and tags; `None` means that the key must be absent.
    pub(super) tags: BTreeMap<String, Option<String>>,
    /// The fingerprint of state and tags.
    pub(super) fingerprint: String,
    pub(super) resolution: &'a Resolution,
}

impl Planner<'_> {
    /// Whether this want was seen in force, on this resource if one is given.
    pub(super) fn is_known(
        &self,
        wanted: &Wanted<'_>,
        have: Option<&Observed<Value>>,
        kind: &dyn ErasedKind,
    ) -> bool {
        let Some(known) = self.inputs.memory.known_wants.get(&wanted.document.address) else {
            return false;
        };
        let unresolved = &wanted.resolution.unresolved;
        have.is_none_or(|have| have.id == known.id)
            && match &known.form {
                KnownForm::Whole(want) => {
                    let same = || unresolved.is_empty() && *wanted.state == want.state;
                    let known =
                        || is_known(&kind.wish(wanted.state), &kind.wish(&want.state), unresolved);
                    wanted.tags == want.tags && (same() || known())
                }
                KnownForm::Digests { wish, tags } => {
                    digest::of_tags(&wanted.tags) == *tags
                        && is_known(
                            &digest::of_certain(&kind.wish(wanted.state), unresolved),
                            wish,
                            unresolved,
                        )
                }
            }
    }

    pub(super) fn edits(
        &self,
        wanted: &Wanted<'_>,
        have: &Observed<Value>,
        adopts: bool,
        kind: &dyn ErasedKind,
    ) -> Vec<Step> {
        let document = wanted.document;
        let known = !adopts && self.is_known(wanted, Some(have), kind);
        let cause = match (adopts, known) {
            (true, _) => Cause::Adoption,
            (false, true) => Cause::Drift,
            (false, false) => self.origin(&document.address, &wanted.fingerprint),
        };
        let step = |edits, verdict| {
            let action = Action::Edit { have: have.clone(), edits };
            Step::new(&document.address, Some(&document.origin), cause, action, verdict)
        };
        let changes = kind.diff(wanted.state, &have.state);
        let changes = changes.and_then(|all| self.by_other_calls(wanted, all, kind));
        let unread = kind.unread(wanted.state, &have.state);
        let (mut changes, unread) = match changes.and_then(|all| Ok((all, unread?))) {
            Ok(both) => both,
            Err(defect) => {
                let what = defect.to_string();
                return vec![step(Vec::new(), self.held(document, HoldReason::Defect { what }))];
            }
        };
        // Whether a fixed leaf differs is unknown as long as its wanted value is.
        changes.retain(|edit| !edit.risk.impossible || wanted.waits_of(edit).is_empty());
        let is_new = self.inputs.memory.completing.contains(&document.address);
        for edit in &mut changes {
            edit.puts_back = known && (edit.risk.closes || edit.replaces_policy);
            // AWS starts what is created. Whoever let this process create it, to be stopped, need
            // not be asked again: until it was stopped once, nobody was meant to work in it.
            if is_new && edit.stage == Some(Stage::Stop) {
                edit.risk.disrupts = Disruption::None;
            }
        }
        let (mut impossible, changes): (Vec<_>, Vec<_>) =
            changes.into_iter().partition(|edit| edit.risk.impossible);
        let mut edits = match &have.phase {
            Phase::Restorable { .. } => changes,
            _ if kind.operations().fixed_tags => {
                let tags = with_tags(Vec::new(), &wanted.tags, &have.tags).into_iter();
                impossible.extend(tags.map(|edit| Edit { risk: Risk::IMPOSSIBLE, ..edit }));
                changes
            }
            _ => with_tags(changes, &wanted.tags, &have.tags),
        };
        self.tested.judge(&mut edits, document, known, self.inputs);
        if let Phase::Failed(why) = &have.phase {
            let verdict = self.held(document, HoldReason::Failed { why: why.clone() });
            return vec![step(edits, verdict)];
        }
        let mut steps = Vec::new();
        if !impossible.is_empty() {
            steps.push(step(impossible, self.held(document, HoldReason::Impossible)));
        }
        let unseen = wanted.unseen(&edits, unread);
        steps.extend(self.now_and_later(wanted, have, adopts, (edits, unseen), step));
        steps
    }

    /// The edits, except those that AWS refused or that had no effect: these are replaced by other
    /// calls with the same result where the kind has any. Edits that shared a refused call are sent
    /// one by one.
    fn by_other_calls(
        &self,
        wanted: &Wanted<'_>,
        edits: Vec<Edit>,
        kind: &dyn ErasedKind,
    ) -> Result<Vec<Edit>, Undecodable> {
        let address = &wanted.document.address;
        let failed = self.holdoff(address, &wanted.fingerprint);
        let in_vain = self.inputs.memory.past.in_vain.get(address);
        let among =
            |edit: &Edit, keys: &BTreeSet<String>| edit.keys().iter().any(|key| keys.contains(key));
        let mut all = Vec::new();
        for mut edit in edits {
            let refused = failed.is_some_and(|it| among(&edit, &it.failed));
            edit.alone = failed.is_some_and(|it| among(&edit, &it.together));
            let vain = in_vain.is_some_and(|it| it.contains(&super::edit_digest(&edit)));
            let others =
                if refused || vain || edit.alone { kind.otherwise(&edit)? } else { Vec::new() };
            if others.is_empty() {
                all.push(edit);
            } else {
                all.extend(others);
            }
        }
        Ok(all)
    }

    /// Splits the edits into one step that is carried out and one that waits.
    fn now_and_later(
        &self,
        wanted: &Wanted<'_>,
        have: &Observed<Value>,
        adopts: bool,
        (edits, unseen): (Vec<Edit>, Vec<Wait>),
        step: impl Fn(Vec<Edit>, Verdict) -> Step,
    ) -> Vec<Step> {
        let settling = match &have.phase {
            Phase::Settling(state) => {
                Some(Wait::passing(WaitReason::Settling { state: state.clone() }))
            }
            _ => None,
        };
        let rest = match (&settling, unseen.is_empty()) {
            (Some(wait), _) if edits.is_empty() => vec![wait.clone()],
            (_, false) => unseen,
            _ => Vec::new(),
        };
        let verdict = self.verdict(wanted.document, Vec::new());
        if !verdict.goes() {
            let differs = !edits.is_empty() || !rest.is_empty();
            return if differs { vec![step(edits, verdict)] } else { Vec::new() };
        }
        let mut steps = Vec::new();
        if !edits.is_empty() {
            let failed = self.holdoff(&wanted.document.address, &wanted.fingerprint);
            let ahead: BTreeSet<String> =
                failed.map(|failed| ahead_of(failed, &edits)).unwrap_or_default();
            let failure = failed.map(|failed| failed.wait.clone());
            // Whether this is the right resource to adopt cannot be judged while something it must
            // have is unknown.
            let undecided = if adopts { wanted.hard_waits() } else { Vec::new() };
            let reasons = |edit: &Edit| {
                let mut why = wanted.waits_of(edit);
                why.extend(undecided.clone());
                why.extend(settling.clone());
                why.extend(failure.clone().filter(|_| !ahead.contains(&edit.key)));
                why.extend(self.went_before(wanted, edit));
                why
            };
            // Nothing is stopped for changes that wait themselves.
            let in_vain = !has_purpose(&edits, |edit| reasons(edit).is_empty());
            steps = delay(step(edits, Verdict::Go), |edit| {
                let mut why = reasons(edit);
                why.extend(unneeded(edit).filter(|_| in_vain));
                why
            });
        }
        // A separate step: no edit waits for it.
        if !rest.is_empty() {
            steps.push(step(Vec::new(), Verdict::Waiting(rest)));
        }
        steps
    }

    /// Why an edit that was made before is not repeated now.
    fn went_before(&self, wanted: &Wanted<'_>, edit: &Edit) -> Vec<Wait> {
        let address = &wanted.document.address;
        let past = self.inputs.memory.past;
        let futile =
            past.futile.get(address).and_then(|edits| edits.get(&super::edit_digest(edit)));
        // An entry that was not restored recently does not wait for the others in its call.
        let paced = edit.keys().iter().map(|key| past.paced.get(&(address.clone(), key.clone())));
        let paced: Option<Vec<&Wait>> = paced.collect();
        let paced = paced.filter(|_| edit.puts_back).into_iter().flatten().max();
        futile.into_iter().chain(paced).cloned().collect()
    }
}

/// The edits that do not wait for an earlier failure: those that close access and are not known to
/// be its cause, so that a rule that AWS refuses does not keep open what somebody opens next to it;
/// earlier edits that leave access unchanged and were not part of the failure; and a start, so that
/// a change that AWS refuses does not leave stopped what was stopped for it.
pub(super) fn ahead_of(failed: &Holdoff, edits: &[Edit]) -> BTreeSet<String> {
    let among =
        |edit: &Edit, keys: &BTreeSet<String>| edit.keys().iter().any(|it| keys.contains(it));
    let closes = |edit: &&Edit| {
        !among(edit, &failed.failed) && (edit.puts_back || edit.risk.closes && !edit.risk.opens)
    };
    let free = |edit: &&Edit| {
        closes(edit)
            || !among(edit, &failed.failed) && !among(edit, &failed.together) && !edit.risk.opens
    };
    let mut ahead: BTreeSet<String> =
        edits.iter().filter(closes).map(|edit| edit.key.clone()).collect();
    if !ahead.is_empty() {
        ahead.extend(edits.iter().take_while(free).map(|edit| edit.key.clone()));
    }
    let starts = |edit: &&Edit| edit.stage == Some(Stage::Start) && !among(edit, &failed.failed);
    ahead.extend(edits.iter().filter(starts).map(|edit| edit.key.clone()));
    ahead
}

impl Wanted<'_> {
    /// Why an edit has no value to send yet.
    fn waits_of(&self, edit: &Edit) -> Vec<Wait> {
        let unresolved = &self.resolution.unresolved;
        if unresolved.is_empty() {
            return Vec::new();
        }
        let body = match &edit.body {
            EditBody::Change(change) => change.clone(),
            EditBody::Tag(tags) => json!(tags),
            EditBody::Untag(keys) => json!(keys),
        };
        let found = placeholders_in(&body, unresolved.keys());
        let why: BTreeSet<_> =
            found.into_iter().map(|placeholder| unresolved[placeholder].why.clone()).collect();
        why.into_iter().map(|why| Wait::lasting(why.into())).collect()
    }

    /// Why the resource can be neither created nor adopted.
    pub(super) fn hard_waits(&self) -> Vec<Wait> {
        let missing = self.resolution.unresolved.values().filter(|missing| !missing.soft);
        missing.map(|missing| Wait::lasting(missing.why.clone().into())).collect()
    }

    /// Why some of it was not compared: an unresolved reference either appears in an edit or keeps
    /// a fixed leaf from being compared, and parts of the resource may be unread.
    fn unseen(&self, edits: &[Edit], unread: Vec<(String, String)>) -> Vec<Wait> {
        let unread = unread.into_iter().map(|(part, why)| WaitReason::PartUnread { part, why });
        self.waits_outside(edits).into_iter().chain(unread.map(Wait::lasting)).collect()
    }

    /// The references that are unresolved and appear in none of the edits.
    fn waits_outside(&self, edits: &[Edit]) -> Vec<Wait> {
        let in_edits: Vec<Wait> = edits.iter().flat_map(|edit| self.waits_of(edit)).collect();
        let mut outside: Vec<Wait> = self
            .resolution
            .unresolved
            .values()
            .filter(|missing| !missing.fact)
            .map(|missing| Wait::lasting(missing.why.clone().into()))
            .filter(|wait| !in_edits.contains(wait))
            .collect();
        outside.sort();
        outside.dedup();
        outside
    }
}
