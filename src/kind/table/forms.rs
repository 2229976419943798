//! The forms that the values of rows have.

use serde_json::Value;

use super::{Allowed, Keyed, Leaf, Properties, Text, Tree};
use crate::{
    kind::{Accepts, Reach, ScopeFacts},
    model::{policy_document::Dialect, text::Length},
};

/// The form of a value.
#[derive(Debug, Clone)]
pub enum Form {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int(Range),
    /// Any text that passes the check.
    Text(Check),
    /// A script. Plans show its length and digest only.
    Script(fn(&str) -> Option<(&'static str, &'static str)>),
    /// One of a closed list of words, each as AWS spells it and with what it means.
    Word {
        /// The list's name in the schema.
        name: Text,
        /// What it lists.
        about: Text,
        /// The words.
        words: Vec<(Text, Text)>,
        /// The word that turns it off, if it has a call for each direction
        /// ([`How::Switch`](super::How::Switch)).
        off: Option<Text>,
    },
    /// A set of texts.
    Set {
        /// The check of each.
        of: Check,
        /// The maximum number.
        max: usize,
        /// The message about too many, with `{count}` and `{max}`, and how to fix it.
        too_many: (Text, Text),
    },
    /// Another resource, which the state names by its id or ARN. A manifest writes the id, a
    /// reference or a lookup that finds exactly one.
    Target(Named),
    /// Several other resources: a list, or one lookup that finds them all. In the state, the set of
    /// their ids.
    Targets {
        /// What each is.
        each: Named,
        /// A lookup finds only what has this attribute with the value of that leaf, which must come
        /// before this one: `("vpc", "vpc")`.
        within: Option<(Text, Text)>,
        /// Results of a lookup with the same value of this attribute (`zone`) are alternatives: one
        /// of them is used. The wanted state is then a list of sets of alternatives, the live state
        /// a list of sets of one.
        one_of_each: Option<Text>,
        /// While that leaf, which must come before this one, has this value, a lookup must find
        /// exactly one.
        single_while: Option<(Text, Value)>,
        /// The minimum number, and the message about fewer.
        min: (usize, Text),
        /// The maximum number, and the message about more, with `{count}` and `{max}`.
        max: (usize, Text),
    },
    /// A policy document.
    Policy {
        /// The dialect that it is read in.
        dialect: Dialect,
        /// Whose access it decides, from a state.
        reach: fn(&Tree) -> Reach,
        /// The word for the policy that AWS attaches by default.
        word: Option<PolicyWord>,
        /// The warning in a plan if the live one names a deleted role or user by its unique id, if
        /// that matters here.
        orphaned: Option<Text>,
    },
    /// `{enabled, …}`: something that is on or off, with details. While it is off the details have
    /// no meaning.
    Switch {
        /// Its name in the schema.
        name: Text,
        /// What it is.
        about: Text,
        /// What `enabled` means; its default is `true`.
        enabled: Text,
        /// The details: rows with neither call nor condition of their own.
        details: Vec<Leaf>,
        /// Its text while it is on, with the details in braces; `on` if one of them is not known.
        shown: Text,
    },
    /// Rows that belong together. It has no value of its own: each of its rows is compared and
    /// changed by itself, and only those that the manifest names.
    Group {
        /// Its name in the schema.
        name: Text,
        /// What it is.
        about: Text,
        /// Its rows.
        rows: Vec<Leaf>,
    },
    /// Exactly one of these rows; only in [`Form::Items`].
    Choice {
        /// Its name in the schema.
        name: Text,
        /// What it is.
        about: Text,
        /// The alternatives.
        rows: Vec<Leaf>,
    },
    /// A set of words of a closed list.
    Words {
        /// The list's name in the schema.
        name: Text,
        /// What it lists.
        about: Text,
        /// The words.
        words: Vec<(Text, Text)>,
    },
    /// A set of groups or choices. Of each, only the members that the manifest names are compared.
    Items {
        /// What each is.
        of: Box<Form>,
        /// The maximum number; the message about more, with `{count}` and `{max}`, and how to fix
        /// it.
        max: (usize, (Text, Text)),
    },
    /// Who may have something that others make: a set of texts in the manifest and in a wanted
    /// state, in a live state what there is, by id.
    Allowed(Allowed),
    /// Entries with keys, a list in the manifest. A state has the value by the key.
    Keyed(Keyed),
    /// The properties of a resource, as a tree ([`Properties`]).
    Properties(Properties),
    /// A role: its ARN, or a reference to its manifest. In a state it is an ARN.
    Role {
        /// What a reference may name.
        accepts: Accepts,
        /// The check of its ARN.
        check: Check,
    },
    /// A KMS key: its ARN, id or alias, or a reference to its manifest. In a state it is an ARN
    /// unless it is an alias.
    Key {
        /// What a reference and a lookup may name.
        accepts: Accepts,
        /// The check of its ARN.
        check: Check,
    },
}

impl Form {
    /// One of these words, each with its meaning; `off` is the word that turns it off, if there is
    /// a call for each direction.
    pub fn word(
        name: &'static str,
        about: &'static str,
        words: &[(&'static str, &'static str)],
        off: Option<&'static str>,
    ) -> Self {
        let words = words.iter().map(|(word, about)| ((*word).into(), (*about).into())).collect();
        Self::Word { name: name.into(), about: about.into(), words, off: off.map(Into::into) }
    }
}

/// What a [`Form::Target`] can be.
#[derive(Debug, Clone)]
pub struct Named {
    /// What a reference and a lookup may name.
    pub accepts: Accepts,
    /// How a literal id begins, `arn:` for an ARN; empty where it may be anything.
    pub prefix: Text,
}

impl Named {
    /// With ids that begin like this.
    pub fn new(accepts: Accepts, prefix: &'static str) -> Self {
        Self { accepts, prefix: prefix.into() }
    }
}

/// A word for a policy.
#[derive(Debug, Clone)]
pub struct PolicyWord {
    /// The word in manifests and states.
    pub word: Text,
    /// The documents that it stands for, all with the same meaning; the first one is sent.
    pub documents: Vec<Value>,
    /// Its text in a plan.
    pub shown: Text,
    /// The edit that sets it, in the imperative.
    pub says: Text,
    /// Whether it lets everybody do everything, so that it is wider than every other policy.
    pub is_everything: bool,
}

/// The limits of a whole number.
#[derive(Debug, Clone)]
pub struct Range {
    /// The minimum.
    pub min: i64,
    /// The maximum.
    pub max: i64,
    /// The unit, in the plural.
    pub unit: Text,
    /// How to fix a number that is out of range.
    pub help: Text,
}

/// The check of a text.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// Any text is valid.
    Any,
    /// Any text is valid, and so is a whole number, which YAML does not read as a text.
    OrNumber,
    /// Its length.
    Length(Length),
    /// What is wrong with it (to be read after the text itself), and how to fix it.
    Form(fn(&str) -> Option<(&'static str, &'static str)>),
    /// The same, in this scope; the message is complete.
    Scoped(fn(&ScopeFacts, &str) -> Option<(String, String)>),
}
