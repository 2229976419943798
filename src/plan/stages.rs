//! Edits of a resource that AWS works on in between ([`Stage`]): a pass makes those of one stage,
//! and the next pass goes on when AWS is done.

use super::{Plan, Step, Verdict, Wait, WaitReason, delay};
use crate::kind::erased::{Edit, Stage};

impl Plan {
    /// Makes the edits of later stages wait for those of the first stage that is carried out, and a
    /// stop for which nothing is changed. Every verdict is known by then: nobody is stopped in
    /// vain.
    pub(super) fn one_stage_each(&mut self) {
        let steps = std::mem::take(&mut self.steps);
        self.steps = steps.into_iter().flat_map(one_stage).collect();
    }
}

fn one_stage(step: Step) -> Vec<Step> {
    let edits = step.action.edits();
    if !step.verdict.goes() || edits.iter().all(|edit| edit.stage.is_none()) {
        return vec![step];
    }
    if !has_purpose(edits, |_| true) {
        return without_rest(step);
    }
    let first = edits.iter().filter_map(|edit| edit.stage).min();
    let turn = Wait::passing(WaitReason::Turn);
    let is_later = |edit: &Edit| edit.stage.is_some() && edit.stage > first;
    // An approval is for the whole of it, and is used by the part that begins it.
    let digest = step.digest.clone();
    let (later, now): (Vec<_>, Vec<_>) = edits.iter().cloned().partition(is_later);
    if later.is_empty() {
        return vec![step];
    }
    let waiting = step.part(later, Verdict::Waiting(vec![turn]));
    vec![Step { digest, ..step.part(now, Verdict::Go) }, waiting]
}

/// Whether something is changed for which a stop is there, if there is one.
pub(super) fn has_purpose(edits: &[Edit], goes: impl Fn(&Edit) -> bool) -> bool {
    let rests = edits.iter().any(|edit| edit.stage == Some(Stage::Rest));
    !rests || edits.iter().any(|edit| edit.stage == Some(Stage::AtRest) && goes(edit))
}

/// Why a stop waits for which nothing is changed now.
pub(super) fn unneeded(edit: &Edit) -> Option<Wait> {
    let rests = edit.stage == Some(Stage::Rest);
    rests.then(|| Wait::passing(WaitReason::Unneeded))
}

fn without_rest(step: Step) -> Vec<Step> {
    delay(step, |edit| unneeded(edit).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::{
        kind::erased::EditBody,
        model::{Address, Observed, Phase, Tags},
        plan::{Action, Cause},
    };

    fn edit(key: &str, stage: Option<Stage>, needs: &[&str]) -> Edit {
        let needs = needs.iter().map(|key| (*key).to_owned()).collect();
        let body = EditBody::Change(Value::from(key));
        Edit { needs, stage, ..Edit::of_tags(key, String::new(), body) }
    }

    fn rest() -> Edit {
        edit("rest", Some(Stage::Rest), &[])
    }

    fn change() -> Edit {
        edit("change", Some(Stage::AtRest), &["rest"])
    }

    fn start() -> Edit {
        edit("start", Some(Stage::Start), &["rest"])
    }

    fn step(edits: Vec<Edit>) -> Step {
        let address = Address::new("prod", "Widget", "research");
        let have = Observed {
            id: "research".into(),
            arn: String::new(),
            tags: Tags::new(),
            phase: Phase::Ready,
            state: Value::Null,
        };
        Step::new(&address, None, Cause::Drift, Action::Edit { have, edits }, Verdict::Go)
    }

    /// The keys of what goes, and of what waits.
    fn parts(edits: Vec<Edit>) -> (Vec<String>, Vec<String>) {
        let keys = |steps: &[Step], goes: bool| -> Vec<String> {
            let of = steps.iter().filter(|step| step.verdict.goes() == goes);
            of.flat_map(Step::keys).collect()
        };
        let steps = one_stage(step(edits));
        (keys(&steps, true), keys(&steps, false))
    }

    fn both(go: &[&str], wait: &[&str]) -> (Vec<String>, Vec<String>) {
        let texts = |all: &[&str]| all.iter().map(|key| (*key).to_owned()).collect();
        (texts(go), texts(wait))
    }

    #[test]
    fn a_pass_makes_the_first_stage_and_what_has_none() {
        let tags = edit("tags", None, &[]);
        assert_eq!(
            parts(vec![tags.clone(), rest(), change(), start()]),
            both(&["tags", "rest"], &["change", "start"])
        );
        assert_eq!(
            parts(vec![tags.clone(), change(), start()]),
            both(&["tags", "change"], &["start"])
        );
        assert_eq!(parts(vec![start()]), both(&["start"], &[]));
        assert_eq!(parts(vec![tags]), both(&["tags"], &[]));
    }

    #[test]
    fn nothing_is_stopped_where_the_changes_it_is_for_wait() {
        let tags = edit("tags", None, &[]);
        assert_eq!(parts(vec![tags, rest(), start()]), both(&["tags"], &["rest", "start"]));
        // One that is not to run is stopped for its own sake.
        let stop = edit("stop", Some(Stage::Stop), &[]);
        assert_eq!(parts(vec![stop]), both(&["stop"], &[]));
    }

    #[test]
    fn the_part_that_begins_an_approved_step_uses_the_approval() {
        let whole = step(vec![rest(), change(), start()]);
        let parts = one_stage(whole.clone());
        assert_eq!(parts[0].digest, whole.digest);
        assert_ne!(parts[1].digest, whole.digest);
    }

    #[test]
    fn what_puts_back_waits_for_the_stop_without_which_aws_does_not_take_it() {
        let puts_back = Edit { puts_back: true, ..change() };
        assert!(puts_back.cannot_without(&rest()));
        assert!(!puts_back.cannot_without(&start()));
        let of_no_stage = Edit { stage: None, ..puts_back };
        assert!(!of_no_stage.cannot_without(&rest()));
    }
}
