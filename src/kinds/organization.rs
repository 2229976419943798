//! What the kinds of AWS Organizations share: the places of the tree.

use crate::kind::{Invalid, Lookup, LookupKind, Refs, is_placeholder};

/// The deepest nesting of organizational units below the root (Organizations quotas).
const MAX_UNIT_DEPTH: usize = 5;

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
    pub(crate) fn rank(id: &str) -> (u8, &str) {
        let rank = match Self::of(id) {
            Some(Self::Account) => 0,
            Some(Self::Unit) => 1,
            Some(Self::Root) => 2,
            None => 3,
        };
        (rank, id)
    }
}

/// The id of a root, unit or account: `root`, a path or the id itself.
pub(crate) fn resolve_place(
    field: &str,
    text: &str,
    refs: &mut Refs<'_>,
) -> Result<String, Invalid> {
    let name = match text.strip_prefix("ou:") {
        Some(path) => check_path(path).map_err(|why| {
            Invalid::new(field, format!("`{text}`: {why}"))
                .help("write the names of the units from the root down, such as ou:/Workloads/ML")
        })?,
        None if text == "root" => text,
        // A unit that a manifest declares, which may not exist yet.
        None if Place::of(text).is_some() || is_placeholder(text) => return Ok(text.to_owned()),
        None => {
            return Err(Invalid::new(
                field,
                format!("`{text}` is not a place to attach a policy to"),
            )
            .help(
                "write root, ou:/Path/Of/Unit, an id such as ou-ab12-abcdefgh or r-ab12, \
                     or the twelve digits of an account",
            ));
        }
    };
    let lookup = Lookup { name: Some(name.to_owned()), ..Lookup::default() };
    Ok(refs.find_one(field, LookupKind::OrganizationalUnit, &lookup, None).id)
}

fn check_path(path: &str) -> Result<&str, &'static str> {
    let Some(units) = path.strip_prefix('/') else {
        return Err("a path starts with a slash");
    };
    if units.is_empty() {
        return Err("this is the root: write root");
    }
    let units: Vec<_> = units.split('/').collect();
    if units.iter().any(|unit| unit.trim().is_empty()) {
        return Err("a unit without a name");
    }
    if units.len() > MAX_UNIT_DEPTH {
        return Err("AWS nests units at most five deep");
    }
    Ok(path)
}
