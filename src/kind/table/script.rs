//! Scripts in plans: people compare them by length and digest. A plan goes to logs and pages, and a
//! script may have in it what does not belong there.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Form, Table, Tree, get, tree};

/// Hex digits of a digest that are shown: `sha256sum FILE` begins with them.
const DIGITS: usize = 12;

/// A script on one line.
pub(super) fn shown(script: &str) -> String {
    if script.is_empty() {
        return "none".to_owned();
    }
    let mut digest = hex::encode(Sha256::digest(script.as_bytes()));
    digest.truncate(DIGITS);
    let lines = script.lines().count();
    let plural = if lines == 1 { "" } else { "s" };
    format!("{lines} line{plural}, sha256 {digest}")
}

impl Table {
    /// The state with every script as a plan shows it.
    pub(super) fn without_scripts(&self, state: &Tree) -> Tree {
        let mut told = state.clone();
        for leaf in self.rows() {
            if let (Form::Script(_), Value::String(script)) = (&leaf.form, get(state, &leaf.path)) {
                tree::put(&mut told, &leaf.path, Value::from(shown(script)));
            }
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_shown_by_its_length_and_digest() {
        assert!(shown("a\n\n").starts_with("2 lines, sha256 "));
        assert_eq!(shown("a"), "1 line, sha256 ca978112ca1b");
        assert_eq!(shown(""), "none");
    }
}
