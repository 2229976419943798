//! What the kinds of Studio share (domains, user profiles and spaces): their settings, what cannot
//! be right in them, and how they are read and sent. It is no kind itself.

pub(super) mod aws;
pub(super) mod checks;
pub(super) mod frame;
pub(super) mod rules;
pub(super) mod settings;

use crate::kind::table::{Tree, get, tree};

/// What is said of too many entries.
pub(super) const TOO_MANY: &str = "{count} entries, at most {max} are possible";

/// Whether the leaf or group is there and not none.
pub(super) fn has(state: &Tree, path: &str) -> bool {
    tree::at(state, path).is_some_and(|value| !tree::is_none(value))
}

/// The leaf that says the domain of a user profile or a space.
pub(super) const DOMAIN: &str = "domain";

/// The id of a user profile or a space in this state, `domain/name`.
pub(super) fn id_of(state: &Tree, name: &str) -> Option<String> {
    let text = |leaf: &str| get(state, leaf).as_str();
    Some(format!("{}/{}", text(DOMAIN)?, text(name)?))
}
