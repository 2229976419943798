//! The targets that a policy can be attached to.

use std::collections::BTreeMap;

use super::State;

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

/// The targets to which more than `limit` of the given policies are to be attached, with the names
/// of those policies. Policies of others, and AWS's own if it can be detached, are not counted:
/// what this finds is impossible whatever else is attached.
pub fn attachments_over_limit<'a>(
    wanted: impl IntoIterator<Item = &'a State>,
    limit: usize,
) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut by_target = BTreeMap::<_, Vec<_>>::new();
    for state in wanted {
        for target in state.targets.iter().flatten() {
            by_target.entry(target.as_str()).or_default().push(state.name.as_str());
        }
    }
    by_target.retain(|_, names| names.len() > limit);
    by_target
}
