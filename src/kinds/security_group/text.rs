//! What EC2 accepts as names and descriptions of groups, and as descriptions of their rules.

use crate::kind::Invalid;

/// The longest name or description, in characters.
const MAX_TEXT_LENGTH: usize = 255;

/// Where a text is used. EC2 accepts other characters in each place; all accept letters, digits and
/// spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextUse {
    /// Name and description of a group (EC2 API reference, `CreateSecurityGroup`).
    Group,
    /// Description of a rule for addresses (EC2 API reference, `IpRange` and `Ipv6Range`).
    AddressRule,
    /// Description of a rule for a group or a prefix list (EC2 API reference, `UserIdGroupPair` and
    /// `PrefixListId`): no ampersand.
    PeerRule,
}

impl TextUse {
    /// The characters that EC2 accepts in addition to letters, digits and spaces.
    fn punctuation(self) -> &'static str {
        match self {
            Self::Group | Self::AddressRule => "._-:/()#,@[]+=&;{}!$*",
            Self::PeerRule => "._-:/()#,@[]+=;{}!$*",
        }
    }

    fn takes(self, letter: char) -> bool {
        letter.is_ascii_alphanumeric() || letter == ' ' || self.punctuation().contains(letter)
    }
}

/// Checks a group's name.
pub(super) fn check_name(name: &str, problems: &mut Vec<Invalid>) {
    if name.is_empty() {
        problems.push(Invalid::new("groupName", "is empty"));
    }
    if name.to_ascii_lowercase().starts_with("sg-") {
        problems.push(Invalid::new("groupName", "AWS does not accept names that begin with `sg-`"));
    }
    if name.trim() != name {
        problems.push(Invalid::new("groupName", "begins or ends with a space, which AWS trims"));
    }
    check_text("groupName", name, TextUse::Group, problems);
}

/// Checks a text's length and characters.
pub(super) fn check_text(field: &str, text: &str, place: TextUse, problems: &mut Vec<Invalid>) {
    let length = text.chars().count();
    if length > MAX_TEXT_LENGTH {
        problems.push(Invalid::new(
            field,
            format!(
                "{length} characters; AWS accepts at most \
                                                   {MAX_TEXT_LENGTH}"
            ),
        ));
    }
    let Some(odd) = text.chars().find(|letter| !place.takes(*letter)) else { return };
    let (why, help) = if place == TextUse::PeerRule && TextUse::AddressRule.takes(odd) {
        (
            format!("AWS accepts {odd:?} only in the description of a rule for addresses"),
            "give the groups and prefix lists an entry of their own, described without it"
                .to_owned(),
        )
    } else {
        let punctuation = place.punctuation();
        (
            format!("AWS does not accept {odd:?} here"),
            format!("letters without accents, digits, spaces and {punctuation}"),
        )
    };
    problems.push(Invalid::new(field, why).help(help));
}
