//! A kind as one value: rows that say what a manifest can say, and from which everything else
//! follows.
//!
//! A row ([`Leaf`]) says the path, what it means, its form, how two values of it are compared,
//! which call changes it, what that risks, and what a value of it lets people do. The schema and
//! `explain`, the checks of a manifest, the edits with their keys, order, risk and lines, and the
//! states that they lead through are read from the rows and from nowhere else:
//!
//! ```text
//! spec ──read──► values ──resolve──► want ─┐
//! (types)        (checks, defaults)        ├─diff──► edits in a safe order ──► the states between
//!                 Service ──Live──► have ──┘              └──► Live ──► Service
//! ```
//!
//! A state is plain data, one member a row. In *want*, `null` stands for a row that is not managed;
//! *have* is complete, and `null` in it stands for what cannot be known.
//!
//! Rows can stand in groups ([`Form::Group`]), as deep as the settings of a service are. A state
//! has the same groups: in *want* only of what the manifest names, with `null` for what must be
//! none ([`Null::Unset`]); in *have* of what AWS tells. The edits of such a table, and the members
//! of its states, stand in the order of their paths: settings by the hundred are found by name.
//!
//! The I/O half of such a kind is a [`Service`], which says pages, reads and calls and nothing
//! else; [`Live`] does once for all what every kind must do alike.

mod calls;
mod diff;
mod edit;
mod erased;
mod forms;
mod keyed;
pub(crate) mod keys;
mod live;
mod order;
mod policy;
mod read;
mod resolve;
mod risk;
mod rows;
mod runs;
mod schema;
mod script;
mod service;
mod targets;
mod template;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod tree;

use std::borrow::Cow;

use serde_json::{Map, Value};

pub use self::{
    calls::{After, Because, Call, Fixed, How, Take},
    edit::{LeafEdit, Verb},
    forms::{Check, Form, Named, PolicyWord, Range},
    keyed::{Keyed, Wrong},
    live::Live,
    policy::{unreadable, why_unreadable},
    rows::{Absent, Compare, Gives, Leaf, Null, RiskOf, about},
    service::{Found, Page, Service, Shape},
    targets::{chosen, singles},
};
use super::{Doctor, Invalid, Meaning, Profile, Refs, erased::ErasedPort};
use crate::{
    aws::Access,
    baseline::Baseline,
    model::{Risk, text::TagRules},
    operations::OfKind,
};

/// Text of a table: borrowed where the table is code, owned where it is made of facts.
pub type Text = Cow<'static, str>;

/// A state: one member a row, and the facts that are there for comparing.
pub type Tree = Map<String, Value>;

/// The member of every state that says the partition: what an account id in a policy stands for
/// depends on it.
pub const PARTITION: &str = "partition";
/// The member of every state that says the account: policies are read in its eyes.
pub const ACCOUNT: &str = "account";
/// The member of a live state that has those of its entries that can be taken over and that some
/// manifest wants. One that its own manifest does not want is left for the other to take: if it went
/// first, there would be neither for a moment.
pub const REQUESTED: &str = "requested";
/// The member of a live state that says why AWS could not carry out the last update, if it could
/// not. It stands under the first edit of the next try.
pub const FAILURE: &str = "lastFailure";

/// A kind.
#[derive(Debug, Clone)]
pub struct Table {
    /// What the loop must know of it.
    pub profile: Profile,
    /// What palisade may call for it, and what it needs for that.
    pub operations: OfKind,
    /// What error codes mean for it, where that is not what they mean everywhere.
    pub errors: &'static [Meaning],
    /// The secure baseline of its manifests.
    pub baseline: Baseline,
    /// What `palisade doctor` asks of it.
    pub doctor: Doctor,
    /// What the schema says of the spec as a whole.
    pub about: Text,
    /// What a manifest can say, in the order in which it is shown.
    pub leaves: Vec<Leaf>,
    /// The tags that a manifest can ask for; none of what cannot be tagged.
    pub tags: Option<TagLeaf>,
    /// The operations of all calls, in the order in which they are made where no [`Call::after`]
    /// decides. It is for people: the laws hold for every order here.
    pub order: Vec<Text>,
    /// What AWS or people take for unique in a state.
    pub natural_keys: fn(&Tree) -> Vec<String>,
    /// Whether a leaf that AWS cannot change ([`How::Fixed`]) makes the manifest one for another
    /// resource: while one differs, nothing else is edited.
    pub fixed_first: bool,
    /// What creating a resource of this wanted state does to access and to users.
    pub creating: fn(&Tree) -> Risk,
    /// How a resource that is on its way out is called back, where that can be done.
    pub restore: Option<Restore>,
    /// Fills in what follows from several leaves together, and says what cannot be right in them
    /// together.
    pub settle: fn(&mut Tree, &mut Refs<'_>, &mut Vec<Invalid>),
    /// The port for one scope: [`Live`] over this kind's service.
    pub connect: fn(&Access, Shape) -> Box<dyn ErasedPort>,
}

/// How a resource that is on its way out is called back. Until that is done it takes no other edit.
#[derive(Debug, Clone)]
pub struct Restore {
    /// The member of a live state that says that it is on its way out.
    pub fact: Text,
    /// The call; it concerns nobody's access.
    pub call: Call,
    /// The plan's `state: old -> new`.
    pub shown: (Text, Text),
    /// What the call leaves behind.
    pub sets: Vec<(Text, Value)>,
}

/// The tags that a manifest can ask for.
#[derive(Debug, Clone)]
pub struct TagLeaf {
    /// What they may be, and what `null` means; shown by `explain` and in the schema.
    pub about: Text,
    /// What the service takes.
    pub rules: TagRules,
}

impl Table {
    /// The row of this path.
    pub fn leaf(&self, path: &str) -> Option<&Leaf> {
        self.rows().into_iter().find(|leaf| leaf.path == path)
    }

    /// Every row that has a value of its own, those of groups too.
    pub fn rows(&self) -> Vec<&Leaf> {
        rows::of(&self.leaves)
    }

    /// Whether there are groups.
    fn has_groups(&self) -> bool {
        self.leaves.iter().any(Leaf::is_group)
    }

    /// All calls: those of the rows, and the one that calls a resource back.
    pub fn every_call(&self) -> impl Iterator<Item = &Call> {
        let restore = self.restore.iter().map(|restore| &restore.call);
        self.rows().into_iter().flat_map(Leaf::calls).chain(restore)
    }

    /// Whether a live resource is on its way out and can be called back.
    fn is_leaving(&self, have: &Tree) -> Option<&Restore> {
        self.restore.as_ref().filter(|restore| *get(have, &restore.fact) == Value::Bool(true))
    }

    /// What [`Live`] must know.
    fn shape(&self) -> Shape {
        let takes = self.rows().into_iter().filter_map(|leaf| match &leaf.change {
            How::Entries { take: Some(take), .. } => Some((leaf.path.clone(), take.fact.clone())),
            _ => None,
        });
        Shape { kind: self.profile.name, takes: takes.collect() }
    }
}

/// The value at a path, or `null`.
pub fn get<'t>(tree: &'t Tree, path: &str) -> &'t Value {
    tree::at(tree, path).unwrap_or(&Value::Null)
}

/// The entries of a list of texts; none of `null`.
pub fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}
