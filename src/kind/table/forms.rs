//! What a value of a row looks like.

use serde_json::Value;

use super::{Keyed, Leaf, Text, Tree};
use crate::{
    kind::{Accepts, Reach, ScopeFacts},
    model::{policy_document::Dialect, text::Length},
};

/// What a value looks like.
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
        /// The word that turns it off, where it has a call for each direction
        /// ([`How::Switch`](super::How::Switch)).
        off: Option<Text>,
    },
    /// Texts of which each can be there once.
    Set {
        /// What each must be like.
        of: Check,
        /// How many there can be.
        max: usize,
        /// What is said of too many, with `{count}` and `{max}`, and the way out.
        too_many: (Text, Text),
    },
    /// Something else, which the state names by its id or ARN. A manifest writes the id, a
    /// reference or a lookup that finds exactly one.
    Target(Named),
    /// Several of them: a list, or one lookup that finds them all. In the state, the set of their
    /// ids.
    Targets {
        /// What each is.
        each: Named,
        /// A lookup finds only what has this attribute with the value of that leaf, which stands
        /// before this one: `("vpc", "vpc")`.
        within: Option<(Text, Text)>,
        /// A lookup's finds are alternatives where they have the same value of this attribute
        /// (`zone`): one of them is used. The wanted state is a list of sets of alternatives then,
        /// the live state a list of sets of one.
        one_of_each: Option<Text>,
        /// While that leaf, which stands before this one, has this value, exactly one is meant: a
        /// lookup must find exactly one.
        single_while: Option<(Text, Value)>,
        /// How few a manifest can list; what is said of fewer.
        min: (usize, Text),
        /// How many; what is said of more, with `{count}` and `{max}`.
        max: (usize, Text),
    },
    /// A policy document.
    Policy {
        /// The rules it is read by.
        dialect: Dialect,
        /// Whose access it decides, of a state.
        reach: fn(&Tree) -> Reach,
        /// The word that stands for the policy that AWS attaches when it is given none.
        word: Option<PolicyWord>,
        /// What a plan says where the live one names a deleted role or user by its unique id, if
        /// that matters here.
        orphaned: Option<Text>,
    },
    /// `{enabled, …}`: something that is on or off, and how it is while it is on. While it is off
    /// the rest means nothing.
    Switch {
        /// Its name in the schema.
        name: Text,
        /// What it is.
        about: Text,
        /// What `enabled` means; it is `true` where it is left out.
        enabled: Text,
        /// How it is while it is on: rows with neither call nor condition of their own.
        details: Vec<Leaf>,
        /// How it reads while it is on, with the details in braces; `on` where one of them is not
        /// known.
        shown: Text,
    },
    /// Rows that stand together. It has no value of its own: each of its rows is compared and
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
    /// Words of a closed list, of which each can be there once.
    Words {
        /// The list's name in the schema.
        name: Text,
        /// What it lists.
        about: Text,
        /// The words.
        words: Vec<(Text, Text)>,
    },
    /// Groups, or choices, of which each can be there once. Of each only the members count that the
    /// manifest names.
    Items {
        /// What each is.
        of: Box<Form>,
        /// How many there can be; what is said of more, with `{count}` and `{max}`, and the way
        /// out.
        max: (usize, (Text, Text)),
    },
    /// Entries that each have a key, a list in the manifest. A state has the value by the key.
    Keyed(Keyed),
    /// A KMS key: its ARN, id or alias, or a reference to its manifest. In a state it is an ARN
    /// wherever it is no alias.
    Key {
        /// What a reference and a lookup may name.
        accepts: Accepts,
        /// What its ARN must be like.
        check: Check,
    },
}

/// What a [`Form::Target`] can be.
#[derive(Debug, Clone)]
pub struct Named {
    /// What a reference and a lookup may name.
    pub accepts: Accepts,
    /// How a literal id begins, `arn:` for an ARN; empty where it may be anything.
    pub prefix: Text,
}

/// A word for a policy.
#[derive(Debug, Clone)]
pub struct PolicyWord {
    /// The word in manifests and states.
    pub word: Text,
    /// The documents it stands for, all of one meaning; the first is what is sent.
    pub documents: Vec<Value>,
    /// How it reads in a plan.
    pub shown: Text,
    /// The edit that sets it, in the imperative.
    pub says: Text,
    /// Whether it lets everybody do everything, so that it is wider than every other policy.
    pub is_everything: bool,
}

/// The limits of a whole number.
#[derive(Debug, Clone)]
pub struct Range {
    /// The least.
    pub min: i64,
    /// The greatest.
    pub max: i64,
    /// The unit, in the plural.
    pub unit: Text,
    /// The way out for a number that is not within them.
    pub help: Text,
}

/// Whether a text can be right.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// Any will do.
    Any,
    /// Its length.
    Length(Length),
    /// What is wrong with it, after the text itself, and the way out.
    Form(fn(&str) -> Option<(&'static str, &'static str)>),
    /// The same, in this scope; what is said stands for itself.
    Scoped(fn(&ScopeFacts, &str) -> Option<(String, String)>),
}
