//! The order of edits within one resource, and of steps between resources.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Action, Cause, Inputs, Plan, Step, Verdict, Wait, WaitReason};
use crate::{
    kind::{
        Unresolved,
        erased::{Edit, EditBody},
    },
    model::{Address, Tags},
};

/// The key of the edit that sets tags, including the claim.
pub(super) const TAG_KEY: &str = "tags";

/// Tags are set before the edits, because a policy may rely on them, and removed after them. Where
/// one of our policies tests them, `tags` has more to say.
pub(super) fn with_tags(
    changes: Vec<Edit>,
    want: &BTreeMap<String, Option<String>>,
    have: &Tags,
) -> Vec<Edit> {
    let set: Tags = want
        .iter()
        .filter_map(|(key, value)| Some((key.clone(), value.clone()?)))
        .filter(|(key, value)| have.get(key) != Some(value))
        .collect();
    let remove: Vec<String> = want
        .iter()
        .filter(|(key, value)| value.is_none() && have.contains_key(*key))
        .map(|(key, _)| key.clone())
        .collect();
    let mut edits = Vec::new();
    if !set.is_empty() {
        let shown: Vec<_> = set.iter().map(|(key, value)| format!("{key}={value}")).collect();
        edits.push(Edit::of_tags(TAG_KEY, format!("tag {}", shown.join(", ")), EditBody::Tag(set)));
    }
    edits.extend(changes);
    if !remove.is_empty() {
        edits.push(Edit::of_tags(
            "untag",
            format!("remove tags {}", remove.join(", ")),
            EditBody::Untag(remove),
        ));
    }
    edits
}

/// A reference to a resource that this plan creates or adopts says so; "does not exist yet" would
/// read like an error.
pub(super) fn name_what_comes_first(plan: &mut Plan) {
    let mut first = BTreeMap::new();
    for step in &plan.steps {
        // A step that is only reported (paused, observed) neither creates nor adopts.
        if matches!(step.verdict, Verdict::Reported(_)) {
            continue;
        }
        let address = step.address.clone();
        match (&step.action, step.cause) {
            (Action::Create { .. }, _) => {
                first.insert(address.clone(), WaitReason::CreatedFirst { address });
            }
            (Action::Edit { .. }, Cause::Adoption) => {
                first.insert(address.clone(), WaitReason::AdoptedFirst { address });
            }
            _ => {}
        }
    }
    for step in &mut plan.steps {
        let Verdict::Waiting(why) = &mut step.verdict else { continue };
        for wait in why {
            if let WaitReason::Unresolved(Unresolved::Absent { address }) = &wait.reason
                && let Some(reason) = first.get(address)
            {
                wait.reason = reason.clone();
            }
        }
    }
}

/// A create waits for all edits of the resources it refers to: until a new security group has lost
/// AWS's default egress rule, nothing may use it. Edits that are impossible or only reported do not
/// delay it: they will not be made.
pub(super) fn wait_for_dependencies(plan: &mut Plan, inputs: &Inputs<'_>) {
    // The address, and whether its edits will be made without a person.
    let unsettled: BTreeMap<Address, bool> = plan
        .steps
        .iter()
        .filter(|step| matches!(step.action, Action::Edit { .. }))
        .filter(|step| !only_misses_references(step))
        .filter_map(|step| match &step.verdict {
            Verdict::Go => Some((step.address.clone(), true)),
            Verdict::Waiting(why) => {
                Some((step.address.clone(), why.iter().all(|wait| wait.passes)))
            }
            _ => None,
        })
        .collect();
    for step in &mut plan.steps {
        let Action::Create { .. } = step.action else { continue };
        let Some(document) = inputs.look.documents.get(&step.address) else { continue };
        let open: Vec<Wait> = document
            .recorded
            .hard
            .iter()
            .filter_map(|target| Some((target, unsettled.get(target)?)))
            .map(|(target, passes)| {
                let reason = WaitReason::ChangesFirst { address: target.clone() };
                Wait { reason, passes: *passes }
            })
            .collect();
        match &mut step.verdict {
            Verdict::Go if !open.is_empty() => step.verdict = Verdict::Waiting(open),
            Verdict::Waiting(why) => why.extend(open),
            _ => {}
        }
    }
}

/// A deletion waits for all edits of the resources whose live state names its ARN: AWS refuses to
/// delete what is in use, and a key would be missing while it still is. Where the ARN stays, the
/// deletion is tried once those edits are made.
pub(super) fn delete_after_last_use(plan: &mut Plan) {
    let of_deletion = |step: &Step| match &step.action {
        Action::Delete { have, .. } if step.verdict.goes() && !have.arn.is_empty() => {
            Some((step.address.scope.clone(), have.arn.clone()))
        }
        _ => None,
    };
    let leaving: BTreeSet<_> = plan.steps.iter().filter_map(of_deletion).collect();
    if leaving.is_empty() {
        return;
    }
    let mut users: BTreeMap<(String, String), Vec<Wait>> = BTreeMap::new();
    for step in &plan.steps {
        let Action::Edit { have, .. } = &step.action else { continue };
        let passes = match &step.verdict {
            Verdict::Go => true,
            Verdict::Waiting(why) => why.iter().all(|wait| wait.passes),
            Verdict::Held(_) | Verdict::Reported(_) => continue,
        };
        let mut named = BTreeSet::new();
        texts_in(&have.state, &mut named);
        for arn in named {
            let key = (step.address.scope.clone(), arn.to_owned());
            if leaving.contains(&key) {
                let reason = WaitReason::ChangesFirst { address: step.address.clone() };
                users.entry(key).or_default().push(Wait { reason, passes });
            }
        }
    }
    for step in &mut plan.steps {
        if let Some(waits) = of_deletion(step).and_then(|key| users.remove(&key)) {
            step.verdict = Verdict::Waiting(waits);
        }
    }
}

/// The texts in a value.
fn texts_in<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
    match value {
        Value::String(text) => drop(found.insert(text)),
        Value::Array(items) => items.iter().for_each(|item| texts_in(item, found)),
        Value::Object(members) => members.values().for_each(|member| texts_in(member, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether the only edits left for a resource add references to something that does not exist yet.
/// Such a resource is not more open than it should be, so that others may use it.
fn only_misses_references(step: &Step) -> bool {
    let edits = step.action.edits();
    let Verdict::Waiting(why) = &step.verdict else { return false };
    !edits.is_empty()
        && edits.iter().all(|edit| !edit.risk.closes)
        && why.iter().all(|wait| matches!(wait.reason, WaitReason::Unresolved(_)))
}

/// A step that waits for edits that wait for a person does not proceed by itself: the edits are
/// made only after somebody approves them, chooses them, or repairs the cause.
pub(super) fn wait_for_people(plan: &mut Plan) {
    let lasts = |step: &&Step| match &step.verdict {
        Verdict::Held(_) => true,
        Verdict::Waiting(why) => why.iter().any(|wait| !wait.passes),
        Verdict::Go | Verdict::Reported(_) => false,
    };
    let stuck: BTreeSet<Address> = plan
        .steps
        .iter()
        .filter(|step| matches!(step.action, Action::Edit { .. }))
        .filter(|step| !only_misses_references(step))
        .filter(lasts)
        .map(|step| step.address.clone())
        .collect();
    wait_in_vain(plan, &stuck);
}

/// A step that waits for changes of these resources does not proceed by itself.
pub(super) fn wait_in_vain(plan: &mut Plan, stuck: &BTreeSet<Address>) {
    for step in &mut plan.steps {
        let Verdict::Waiting(why) = &mut step.verdict else { continue };
        for wait in why {
            if let WaitReason::ChangesFirst { address } = &wait.reason
                && stuck.contains(address)
            {
                wait.passes = false;
            }
        }
    }
}
