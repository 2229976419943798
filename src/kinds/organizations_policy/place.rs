//! The targets that a policy can be attached to.

use std::collections::BTreeMap;

use super::{State, content::Effects, policy_type::PolicyType};

/// The types of targets, smallest reach first: attachments are changed in this order, so that a
/// mistake shows where it does the least harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// One account.
    Account,
    /// An organizational unit and everything below it.
    Unit,
    /// The whole organization.
    Root,
}

impl Place {
    /// Reads an id by the patterns of the Organizations API reference: `r-` and 4 to 32 lower-case
    /// letters or digits; `ou-`, those of its root, and 8 to 32 more; or twelve digits.
    pub fn of(id: &str) -> Option<Self> {
        let lower = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
            lengths.contains(&text.len())
                && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        };
        if id.len() == 12 && id.bytes().all(|c| c.is_ascii_digit()) {
            return Some(Self::Account);
        }
        if let Some(root) = id.strip_prefix("r-") {
            return lower(root, 4..=32).then_some(Self::Root);
        }
        let (root, unit) = id.strip_prefix("ou-")?.split_once('-')?;
        (lower(root, 4..=32) && lower(unit, 8..=32)).then_some(Self::Unit)
    }

    /// The sort key of target ids. An id of an unknown form (a lookup that found nothing yet) comes
    /// last.
    pub(super) fn rank(id: &str) -> (u8, &str) {
        let rank = match Self::of(id) {
            Some(Self::Account) => 0,
            Some(Self::Unit) => 1,
            Some(Self::Root) => 2,
            None => 3,
        };
        (rank, id)
    }
}

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
