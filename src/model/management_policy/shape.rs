//! What the policies of a language look like, as data.

/// The member that says which operators policies further down may use. It can stand in every
/// object.
pub(super) const CHILDREN: &str = "@@operators_allowed_for_child_policies";
/// Sets a value, replacing what is inherited.
pub(super) const ASSIGN: &str = "@@assign";
/// Adds values to those that are inherited.
pub(super) const APPEND: &str = "@@append";
/// Takes values away from those that are inherited.
pub(super) const REMOVE: &str = "@@remove";
/// In the list of [`CHILDREN`]: every operator, which is also what no list means.
pub(super) const ALL: &str = "@@all";
/// In the list of [`CHILDREN`]: no operator.
pub(super) const NONE: &str = "@@none";

/// A part of a policy.
#[derive(Debug)]
pub(super) enum Shape {
    /// An object with these members.
    Members {
        /// The members that are known.
        known: &'static [(&'static str, Shape)],
        /// Whether AWS adds members to it from time to time: one that is unknown, and not a
        /// misspelt known one, is for AWS to judge, and what it does is unknown.
        grows: bool,
    },
    /// An object whose members have names that people choose.
    Named(&'static Shape),
    /// A value, set by operators.
    Setting(Setting),
}

/// The values of a setting, and what they let people do.
#[derive(Debug, Clone, Copy)]
pub(super) enum Setting {
    /// One of these words, from the one that leaves most open to the one that closes most.
    Ranked(&'static [&'static str]),
    /// The same, where the words from that one on stop what is in use: an established connection,
    /// or a snapshot that somebody works with.
    Cutting(&'static [&'static str], usize),
    /// A text for people.
    Note,
    /// A text, a number, `true` or `false`. What it does is not known here.
    Value,
    /// A list of texts.
    Each(Gives),
}

/// What an entry of a list does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gives {
    /// It allows something.
    Allows,
    /// It forbids something.
    Forbids,
    /// Neither: it is for reports.
    Nothing,
    /// Not known here.
    Unknown,
}

/// An object whose members are all known.
pub(super) const fn members(known: &'static [(&'static str, Shape)]) -> Shape {
    Shape::Members { known, grows: false }
}

/// An object to which AWS adds members.
pub(super) const fn growing(known: &'static [(&'static str, Shape)]) -> Shape {
    Shape::Members { known, grows: true }
}

/// A word, from the most open to the most closed one.
pub(super) const fn ranked(words: &'static [&'static str]) -> Shape {
    Shape::Setting(Setting::Ranked(words))
}

/// The same, where the words from that one on stop what is in use.
pub(super) const fn cutting(words: &'static [&'static str], from: usize) -> Shape {
    Shape::Setting(Setting::Cutting(words, from))
}

/// A list of texts.
pub(super) const fn each(gives: Gives) -> Shape {
    Shape::Setting(Setting::Each(gives))
}

/// Any single value.
pub(super) const VALUE: Shape = Shape::Setting(Setting::Value);
/// A text for people.
pub(super) const NOTE: Shape = Shape::Setting(Setting::Note);
