//! What must come before what, within one resource and between them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Inputs, Plan, Verdict, Wait};
use crate::{
    kind::erased::{Edit, EditBody},
    model::{Address, Risk, Tags},
};

/// Tags are set before a policy could rely on them and removed after.
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
    let edit = |summary: String, body| Edit {
        risk: Risk::Neutral,
        summary,
        lines: Vec::new(),
        inspect: false,
        body,
    };
    let mut edits = Vec::new();
    if !set.is_empty() {
        let shown: Vec<_> = set.iter().map(|(key, value)| format!("{key}={value}")).collect();
        edits.push(edit(format!("tag {}", shown.join(", ")), EditBody::Tag(set)));
    }
    edits.extend(changes);
    if !remove.is_empty() {
        edits.push(edit(format!("remove tags {}", remove.join(", ")), EditBody::Untag(remove)));
    }
    edits
}

/// "Does not exist yet" reads like a fault where this very plan creates it.
pub(super) fn say_what_comes_first(plan: &mut Plan) {
    let created: BTreeMap<String, String> = plan
        .steps
        .iter()
        .filter(|step| matches!(step.action, Action::Create { .. }))
        // What is only reported (paused, observed) is not created, first or later.
        .filter(|step| !matches!(step.verdict, Verdict::Reported(_)))
        .map(|step| {
            (
                format!("{} does not exist yet", step.address),
                format!("{} is created first", step.address),
            )
        })
        .collect();
    for step in &mut plan.steps {
        if let Verdict::Waiting(why) = &mut step.verdict {
            for wait in why {
                if let Some(better) = created.get(&wait.why) {
                    wait.why.clone_from(better);
                }
            }
        }
    }
}

/// Why a resource that refers to `target` is not created yet.
pub(crate) fn changes_first(target: &Address) -> String {
    format!("{target} has changes to be made first")
}

/// A resource is created only once everything it refers to is in order: until a new security group has
/// lost AWS's default egress rule, nothing may stand behind it.
pub(super) fn wait_for_dependencies(plan: &mut Plan, inputs: &Inputs<'_>) {
    // The address, and whether its edits will be made without anybody doing anything.
    let unsettled: BTreeMap<Address, bool> = plan
        .steps
        .iter()
        .filter(|step| matches!(step.action, Action::Edit { .. }))
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
        let Some(document) = inputs.documents.get(&step.address) else { continue };
        let open: Vec<Wait> = document
            .recorded
            .hard
            .iter()
            .filter_map(|target| Some((target, unsettled.get(target)?)))
            .map(|(target, passes)| Wait { why: changes_first(target), passes: *passes })
            .collect();
        match &mut step.verdict {
            Verdict::Go if !open.is_empty() => step.verdict = Verdict::Waiting(open),
            Verdict::Waiting(why) => why.extend(open),
            _ => {}
        }
    }
}

/// What waits for edits that the gate holds does not go by itself: they are not made until a person consents.
pub(super) fn wait_for_consent(plan: &mut Plan) {
    let held: BTreeSet<String> = plan
        .steps
        .iter()
        .filter(|step| matches!(step.action, Action::Edit { .. }))
        .filter(|step| matches!(step.verdict, Verdict::Held(_)))
        .map(|step| changes_first(&step.address))
        .collect();
    for step in &mut plan.steps {
        if let Verdict::Waiting(why) = &mut step.verdict {
            for wait in why.iter_mut().filter(|wait| held.contains(&wait.why)) {
                wait.passes = false;
            }
        }
    }
}
