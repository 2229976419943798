//! The targets that a policy can be attached to.

use std::collections::BTreeMap;

use super::{State, content::Effects, policy_type::PolicyType};

/// Targets to which more policies are to be attached than there is room for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Over<'a> {
    /// The names of the policies.
    pub names: Vec<&'a str>,
    /// How many manifests can attach to this target.
    pub limit: usize,
}

/// The targets to which more of the given policies of a type are to be attached than is possible
/// whatever else is attached. Policies of others are not counted. AWS's own is, if it can be
/// detached, where none of the given ones allows anything: without it, or another one that allows
/// something, the target could do nothing.
pub fn attachments_over_limit<'a>(
    wanted: impl IntoIterator<Item = &'a State>,
    of: &PolicyType,
) -> BTreeMap<&'a str, Over<'a>> {
    let mut by_target = BTreeMap::<_, Vec<_>>::new();
    for state in wanted {
        for target in state.targets.iter().flatten() {
            by_target.entry(target.as_str()).or_default().push(state);
        }
    }
    let over = |states: Vec<&'a State>| {
        let allows = Effects::of(states.iter().map(|state| state.content.as_ref())).allow;
        let limit = of.most_of_manifests(allows);
        let names: Vec<_> = states.iter().map(|state| state.name.as_str()).collect();
        (names.len() > limit).then_some(Over { names, limit })
    };
    let all = by_target.into_iter();
    all.filter_map(|(target, states)| Some((target, over(states)?))).collect()
}
