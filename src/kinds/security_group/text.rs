//! What AWS takes as names and descriptions.

use crate::kind::Invalid;

/// The longest name or description, in characters.
const TEXT_LIMIT: usize = 255;

/// The characters AWS takes beside letters, digits and spaces.
pub(super) struct Alphabet(&'static str);
/// In names and descriptions of groups (EC2 API reference, `CreateSecurityGroup`).
pub(super) const GROUP_TEXT: Alphabet = Alphabet("._-:/()#,@[]+=&;{}!$*");
/// In descriptions of rules (EC2 API reference, `IpRange`): no ampersand.
pub(super) const RULE_TEXT: Alphabet = Alphabet("._-:/()#,@[]+=;{}!$*");

/// Checks a group's name.
pub(super) fn check_name(name: &str, problems: &mut Vec<Invalid>) {
    if name.is_empty() {
        problems.push(Invalid::new("groupName", "is empty"));
    }
    if name.to_ascii_lowercase().starts_with("sg-") {
        problems.push(Invalid::new("groupName", "AWS takes no name that begins with `sg-`"));
    }
    if name.trim() != name {
        problems.push(Invalid::new("groupName", "begins or ends with a space, which AWS trims"));
    }
    check_text("groupName", name, &GROUP_TEXT, problems);
}

/// Checks a text's length and characters.
pub(super) fn check_text(
    field: &str,
    text: &str,
    alphabet: &Alphabet,
    problems: &mut Vec<Invalid>,
) {
    let length = text.chars().count();
    if length > TEXT_LIMIT {
        problems.push(Invalid::new(field, format!("{length} characters; AWS takes {TEXT_LIMIT}")));
    }
    let odd = |c: &char| !(c.is_ascii_alphanumeric() || *c == ' ' || alphabet.0.contains(*c));
    if let Some(odd) = text.chars().find(odd) {
        problems.push(
            Invalid::new(field, format!("AWS takes no {odd:?} here"))
                .help(format!("letters, digits, spaces and {}", alphabet.0)),
        );
    }
}
