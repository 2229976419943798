//! Splits the edits of one resource into those that are made now and those that are not.
//!
//! An edit that closes access never waits for one that does not. There is one dependency in the
//! other direction: an edit that opens access waits for every earlier closing edit (in the kind's
//! order) that is not made now, because the state in between would allow something that neither the
//! old nor the new state allows. An edit that only [follows](Edit::follows) the earlier ones waits
//! for all of them, and one that [needs](Edit::needs) another waits for that one, whatever they do:
//! it could not be made without it. An edit that restores what somebody else opened waits for none,
//! but for a stop without which AWS does not take it.

use super::{Action, Plan, Step, Verdict, Wait, WaitReason};
use crate::kind::erased::Edit;

/// The edits of one resource, split in two.
pub(super) struct Divided<R> {
    /// Edits that are made now.
    pub(super) go: Vec<Edit>,
    /// Edits that are not.
    pub(super) rest: Vec<Edit>,
    /// Why not: each reason once, in order.
    pub(super) why: Vec<R>,
}

/// `fate` returns the reasons why an edit is not made now (empty: it is made), and `earlier` the
/// reason to wait for the edit with the given key.
pub(super) fn divide<R: PartialEq>(
    edits: Vec<Edit>,
    fate: impl Fn(&Edit) -> Vec<R>,
    earlier: impl Fn(&str) -> R,
) -> Divided<R> {
    let mut fates: Vec<Vec<R>> = edits.iter().map(fate).collect();
    while let Some((index, blocking)) = (0..edits.len())
        .filter(|index| fates[*index].is_empty())
        .find_map(|index| Some((index, blocking(&edits, &fates, index)?)))
    {
        fates[index].push(earlier(&blocking.key));
    }
    let mut divided = Divided { go: Vec::new(), rest: Vec::new(), why: Vec::new() };
    for (edit, fate) in edits.into_iter().zip(fates) {
        // Both keep the kind's order: one call can only make edits that stand side by side.
        if fate.is_empty() {
            divided.go.push(edit);
        } else {
            divided.rest.push(edit);
        }
        for reason in fate {
            if !divided.why.contains(&reason) {
                divided.why.push(reason);
            }
        }
    }
    divided
}

/// An edit that is not made now, and for which the one at `index` waits: one before it, or one
/// after it without which it could not be made.
fn blocking<'e, R>(edits: &'e [Edit], fates: &[Vec<R>], index: usize) -> Option<&'e Edit> {
    let edit = &edits[index];
    let waits = |(other, before): &(usize, &Edit)| match (*other < index, edit.puts_back) {
        (_, true) => edit.cannot_without(before),
        (true, false) => edit.waits_for(before),
        (false, false) => edit.needs.contains(&before.key),
    };
    let mut held = edits.iter().enumerate().filter(|(other, _)| !fates[*other].is_empty());
    held.find(waits).map(|(_, blocking)| blocking)
}

/// Makes the edits of a step wait for which `why` gives a reason; the others stay in a step of
/// their own. A step that has no edits waits as a whole.
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
    // The remaining edits of the resource are made in a later pass without anybody's help.
    let moves = why.iter().any(|wait| wait.passes);
    for wait in &mut why {
        wait.passes |= moves && matches!(wait.reason, WaitReason::Earlier { .. });
    }
    let waiting = step.part(rest, Verdict::Waiting(why));
    if go.is_empty() { vec![waiting] } else { vec![step.part(go, Verdict::Go), waiting] }
}

impl Plan {
    /// Keeps at most one step per resource that is carried out in this pass: the first one. A
    /// divided step would otherwise make two calls for one resource, and what was held must come
    /// after what was not. No later stage may hold a step, or the other steps of its resource would
    /// wait in vain.
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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::{kind::erased::EditBody, model::Risk};

    fn edit(key: &str, risk: Risk) -> Edit {
        Edit { risk, ..Edit::of_tags(key, String::new(), EditBody::Change(Value::Null)) }
    }

    /// The keys of what goes while `held` does not.
    fn going(edits: &[Edit], held: &str) -> Vec<String> {
        let fate = |edit: &Edit| if edit.key == held { vec![held.to_owned()] } else { Vec::new() };
        let divided = divide(edits.to_vec(), fate, str::to_owned);
        divided.go.into_iter().map(|edit| edit.key).collect()
    }

    #[test]
    fn what_needs_an_edit_waits_for_that_one_and_for_no_other() {
        let needing = Edit { needs: vec!["more".to_owned()], ..edit("fewer", Risk::TIGHTENS) };
        let all = [edit("label", Risk::NEUTRAL), edit("more", Risk::LOOSENS), needing];
        assert_eq!(going(&all, "more"), ["label"]);
        assert_eq!(going(&all, "label"), ["more", "fewer"]);
    }

    #[test]
    fn what_needs_a_later_edit_waits_for_it_and_so_does_what_waits_for_that() {
        let tags = Edit { needs: vec!["policy".to_owned()], ..edit("tags", Risk::REPLACES) };
        let all = [tags.clone(), edit("open", Risk::LOOSENS), edit("policy", Risk::NEUTRAL)];
        assert_eq!(going(&all, "policy"), [""; 0]);
        assert_eq!(going(&all, "open"), ["tags", "policy"]);
        let back = Edit { puts_back: true, ..tags };
        assert_eq!(going(&[back, edit("policy", Risk::NEUTRAL)], "policy"), ["tags"]);
    }

    #[test]
    fn what_waits_for_a_later_edit_keeps_its_place() {
        let whole = |key: &str, other: &str, risk: Risk| Edit {
            together: true,
            needs: vec![other.to_owned()],
            ..edit(key, risk)
        };
        let all = [
            whole("data", "place", Risk::TIGHTENS),
            whole("place", "data", Risk::REPLACES),
            edit("close", Risk::TIGHTENS),
            edit("open", Risk::LOOSENS),
        ];
        let waits = |edit: &Edit| match edit.key.as_str() {
            "place" | "open" => vec!["consent".to_owned()],
            _ => Vec::new(),
        };
        let divided = divide(all.to_vec(), waits, str::to_owned);
        let rest: Vec<_> = divided.rest.iter().map(|edit| &*edit.key).collect();
        assert_eq!(rest, ["data", "place", "open"], "side by side, for one call");
    }

    #[test]
    fn what_follows_waits_for_all_and_what_opens_for_what_closes() {
        let all = [
            edit("label", Risk::NEUTRAL),
            edit("close", Risk::TIGHTENS),
            edit("open", Risk::LOOSENS),
            Edit { follows: true, ..edit("last", Risk::NEUTRAL) },
        ];
        assert_eq!(going(&all, "label"), ["close", "open"]);
        assert_eq!(going(&all, "close"), ["label"]);
    }
}
