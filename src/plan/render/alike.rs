//! Steps that are the same in several scopes: a plan for 120 accounts shows them once.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::Step;

/// From this many scopes on, steps that are the same are shown once.
const ENOUGH: usize = 3;
/// The most scopes that are listed.
const LISTED: usize = 40;

/// The steps in their order, each with those that do the same in other scopes. `shown` is what
/// people see of a step besides its address, id and digest.
pub(super) fn alike(steps: &[Step], shown: impl Fn(&Step) -> String) -> Vec<Vec<&Step>> {
    let mut groups: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (index, step) in steps.iter().enumerate() {
        let address = &step.address;
        let what = step.origin.as_ref().map(|origin| {
            let same = general(&shown(step), &address.scope);
            (&address.kind, &address.name, origin, step.action.verb(), step.cause.as_str(), same)
        });
        // Without a manifest nothing says that they belong together.
        let alone = what.is_none().then_some(index);
        groups.entry((what, alone)).or_default().push(index);
    }
    let (large, small): (Vec<_>, Vec<_>) =
        groups.into_values().partition(|group| are_enough(group, steps));
    let single = small.into_iter().flatten().map(|index| vec![index]);
    let mut all: Vec<Vec<usize>> = large.into_iter().chain(single).collect();
    all.sort();
    all.into_iter().map(|group| group.into_iter().map(|index| &steps[index]).collect()).collect()
}

/// Whether they are in enough scopes, one in each.
fn are_enough(group: &[usize], steps: &[Step]) -> bool {
    let scopes: BTreeSet<_> = group.iter().map(|index| &steps[*index].address.scope).collect();
    scopes.len() == group.len() && group.len() >= ENOUGH
}

/// A text without the account and the Region of a scope of a set.
fn general(text: &str, scope: &str) -> String {
    match scope.split_once('.') {
        Some((account, region)) if account.len() == 12 => {
            text.replace(account, "ACCOUNT").replace(region, "REGION")
        }
        _ => text.to_owned(),
    }
}

/// The name of a group.
pub(super) fn name(group: &[&Step]) -> String {
    match group {
        [step] => step.address.to_string(),
        [step, ..] => {
            format!("{}/{} in {} scopes", step.address.kind, step.address.name, group.len())
        }
        [] => String::new(),
    }
}

/// Where the same happens as in the first scope, for a group of several.
pub(super) fn elsewhere(group: &[&Step]) -> Option<String> {
    let [first, others @ ..] = group else { return None };
    let listed: Vec<&str> =
        others.iter().take(LISTED).map(|step| step.address.scope.as_str()).collect();
    let more = others.len() - listed.len();
    let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
    let shown = &first.address.scope;
    (!others.is_empty()).then(|| format!("as in {shown}, the same in {}{rest}", listed.join(", ")))
}

/// How all steps of a group are approved, if they can be.
pub(super) fn approval(group: &[&Step]) -> Option<String> {
    let held = group.iter().filter(|step| step.can_be_approved());
    let digests: Vec<_> = held.map(|step| format!(" --approve {}", step.digest)).collect();
    match digests.len() {
        0 => None,
        count if count > LISTED => {
            Some(format!("{count} digests, a scope each: `palisade plan -o json` lists them"))
        }
        _ => Some(format!("palisade apply{}", digests.concat())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_the_scope_does_not_make_a_difference() {
        let text = "arn:aws:kms:eu-west-1:444455556666:key/a";
        let general_text = general(text, "444455556666.eu-west-1");
        assert_eq!(general_text, "arn:aws:kms:REGION:ACCOUNT:key/a");
        assert_eq!(general(text, "ml-prod"), text);
    }
}
