//! Which of a resource's edits go and which do not, edit by edit.
//!
//! What closes a hole never waits for what does not. The other way round there is one dependency: an edit that
//! opens something waits for an edit before it, in the kind's order, that closes something and is not made now, because
//! what is open in between would be allowed neither before nor after. What only [follows](Edit::follows) the
//! edits before it waits for all of them. What puts back waits for neither.

use super::{Action, Plan, Step, Verdict, Wait, WaitReason};
use crate::kind::erased::Edit;

/// The edits of one resource, divided.
pub(super) struct Divided<R> {
    /// What goes.
    pub(super) go: Vec<Edit>,
    /// What does not.
    pub(super) rest: Vec<Edit>,
    /// Why not, each reason once, in order.
    pub(super) why: Vec<R>,
}

/// Asks `fate` why an edit does not go (empty: it does), and `earlier` for the reason to wait for an edit with a key.
pub(super) fn divide<R: PartialEq>(
    edits: Vec<Edit>,
    fate: impl Fn(&Edit) -> Vec<R>,
    earlier: impl Fn(&str) -> R,
) -> Divided<R> {
    let mut divided = Divided { go: Vec::new(), rest: Vec::new(), why: Vec::new() };
    for edit in edits {
        let mut why = fate(&edit);
        if why.is_empty()
            && !edit.puts_back
            && let Some(blocking) = divided.rest.iter().find(|before| blocks(before, &edit))
        {
            why.push(earlier(&blocking.key));
        }
        if why.is_empty() {
            divided.go.push(edit);
        } else {
            for reason in why {
                if !divided.why.contains(&reason) {
                    divided.why.push(reason);
                }
            }
            divided.rest.push(edit);
        }
    }
    divided
}

pub(super) fn blocks(before: &Edit, edit: &Edit) -> bool {
    edit.follows || (edit.risk.opens && before.risk.closes)
}

/// Makes those edits of a step that goes wait for which there is a reason; the others go on. What is not an edit waits
/// as a whole.
pub(super) fn delay(step: Step, reasons: impl Fn(&Edit) -> Vec<Wait>) -> Vec<Step> {
    let Action::Edit { edits, .. } = &step.action else { return vec![step] };
    if !step.verdict.goes() {
        return vec![step];
    }
    let earlier = |key: &str| Wait::lasting(WaitReason::Earlier { key: key.to_owned() });
    let Divided { go, rest, mut why } = divide(edits.clone(), reasons, earlier);
    if rest.is_empty() {
        return vec![step];
    }
    // What waits for an edit of the same resource moves when that one does.
    let moves = why.iter().any(|wait| wait.passes);
    for wait in &mut why {
        wait.passes |= moves && matches!(wait.reason, WaitReason::Earlier { .. });
    }
    let waiting = step.part(rest, Verdict::Waiting(why));
    if go.is_empty() { vec![waiting] } else { vec![step.part(go, Verdict::Go), waiting] }
}

impl Plan {
    /// Of several steps of one resource that would go, the first does: at most one call a resource a pass is made for what
    /// was divided, and what was held comes after what was not. Nothing may stop a step after this, or the others of
    /// its resource would wait for their turn in vain.
    pub(super) fn take_turns(&mut self) {
        let mut last = None;
        for step in self.steps.iter_mut().filter(|step| step.verdict.goes()) {
            if last.as_ref() == Some(&step.address) {
                step.verdict = Verdict::Waiting(vec![Wait::passing(WaitReason::Turn)]);
            } else {
                last = Some(step.address.clone());
            }
        }
    }
}
