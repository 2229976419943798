//! A kind as one value: rows that define what a manifest can say, and from which everything else
//! follows.
//!
//! A row ([`Leaf`]) has a path, a description, its form, how two of its values are compared, which
//! call changes it, the risk of a change, and what a value of it lets people do. The schema and
//! `explain`, the checks of a manifest, the edits with their keys, order, risk and lines, and the
//! states between them are derived from the rows and from nothing else:
//!
//! ```text
//! spec ──read──► values ──resolve──► want ─┐
//! (types)        (checks, defaults)        ├─diff──► edits in a safe order ──► the states between
//!                 Service ──Live──► have ──┘              └──► Live ──► Service
//! ```
//!
//! A state is plain data, one member for each row. In *want*, `null` is a row that is not managed;
//! *have* is complete, and `null` in it is a value that cannot be known.
//!
//! Rows can be in groups ([`Form::Group`]), as deep as the settings of a service are. A state has
//! the same groups: in *want* only what the manifest names, with `null` for what must be none
//! ([`Null::Unset`]); in *have* what AWS returns. The edits of such a table, and the members of its
//! states, are in the order of their paths, because people find hundreds of settings by name.
//!
//! The I/O half of such a kind is a [`Service`], which only defines pages, reads and calls;
//! [`Live`] does once what every kind must do in the same way.

mod allowed;
mod calls;
mod diff;
mod edit;
mod erased;
mod expand;
mod forms;
mod keyed;
pub(crate) mod keys;
mod live;
mod order;
mod policy;
mod properties;
mod read;
mod resolve;
mod risk;
mod rows;
mod runs;
mod schema;
mod script;
mod search;
mod service;
mod targets;
mod template;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod tree;
mod written;

use std::borrow::Cow;

use serde_json::{Map, Value};

pub use self::{
    allowed::Allowed,
    calls::{After, Because, Call, Fixed, How, Take},
    edit::{LeafEdit, Verb},
    forms::{Check, Form, Named, PolicyWord, Range},
    keyed::{Keyed, Wrong},
    live::Live,
    policy::{unreadable, why_unreadable},
    properties::{Difference, Exclusive, Judge, Members, Properties, Property, Sort, Word},
    rows::{Absent, Compare, Gives, Leaf, Null, RiskOf, about},
    service::{Found, Page, Service, Shape, defect},
    targets::{chosen, singles},
};
use super::{Doctor, Invalid, Meaning, Profile, Refs, erased::ErasedPort};
use crate::{
    aws::Access,
    baseline::Baseline,
    model::{Risk, text::TagRules},
    operations::OfKind,
};

/// Text of a table: borrowed if the table is code, owned if it is computed.
pub type Text = Cow<'static, str>;

/// A state: one member for each row, and facts for comparisons.
pub type Tree = Map<String, Value>;

/// The member of every state with the partition: the meaning of an account id in a policy depends
/// on it.
pub const PARTITION: &str = "partition";
/// The member of every state with the account that policies are evaluated for.
pub const ACCOUNT: &str = "account";
/// The member of a live state with those of its entries that can be taken over and that some
/// manifest wants. An entry that its own manifest does not want is left for the other one to take:
/// if it were removed first, neither would have it for a moment.
pub const REQUESTED: &str = "requested";
/// The member of a live state with those of its rows that could not be read, by path, each with the
/// error message. They are unknown, and the rest is not: a denied read of one setting must not keep
/// open what somebody opened in another.
pub const UNREAD: &str = "unread";
/// The member of a live state that says why the last update failed in AWS, if it did. It is shown
/// with the first edit of the next attempt.
pub const FAILURE: &str = "lastFailure";

/// The member of a live state that says that nothing uses the resource, for
/// [`Leaf::idle_while`].
pub const IDLE: &str = "idle";

/// The member of a live state that says what people should know of it and no edit changes, a
/// sentence each.
pub const NOTES: &str = "notes";

/// The member of a state with the properties that references to the resource may name.
pub const PROPERTIES: &str = "properties";

/// A kind.
#[derive(Debug, Clone)]
pub struct Table {
    /// What the loop must know about it.
    pub profile: Profile,
    /// The operations that palisade may call for it, and the permissions that they need.
    pub operations: OfKind,
    /// What error codes mean for it, if they differ from what they mean elsewhere.
    pub errors: &'static [Meaning],
    /// The secure baseline of its manifests.
    pub baseline: Baseline,
    /// What `palisade doctor` asks of it.
    pub doctor: Doctor,
    /// The schema's description of the spec as a whole.
    pub about: Text,
    /// What a manifest can say, in the order in which it is shown.
    pub leaves: Vec<Leaf>,
    /// The tags that a manifest can ask for; none if the resource cannot be tagged.
    pub tags: Option<TagLeaf>,
    /// The operations of all calls, in the order in which they are made unless [`Call::after`]
    /// decides. This order is for people: the laws must hold for every order.
    pub order: Vec<Text>,
    /// What AWS or people treat as unique in a state.
    pub natural_keys: fn(&Tree) -> Vec<String>,
    /// Whether a leaf that AWS cannot change ([`How::Fixed`]) makes the manifest one for another
    /// resource: while one differs, nothing else is edited. Entries that cannot be removed are no
    /// such leaf.
    pub fixed_first: bool,
    /// The risk of creating a resource in this wanted state.
    pub creating: fn(&Tree) -> Risk,
    /// How the deletion of a resource is cancelled, if that is possible.
    pub restore: Option<Restore>,
    /// Fills in what follows from several leaves together, and reports what is invalid in them
    /// together.
    pub settle: fn(&mut Tree, &mut Refs<'_>, &mut Vec<Invalid>),
    /// The port for one scope: [`Live`] over this kind's service.
    pub connect: fn(&Access, Shape) -> Box<dyn ErasedPort>,
}

/// How the deletion of a resource is cancelled. Until then it accepts no other edit.
#[derive(Debug, Clone)]
pub struct Restore {
    /// The member of a live state that says that it is being deleted.
    pub fact: Text,
    /// The call; it affects nobody's access.
    pub call: Call,
    /// The plan's `state: old -> new`.
    pub shown: (Text, Text),
    /// The state after the call.
    pub sets: Vec<(Text, Value)>,
}

/// The tags that a manifest can ask for.
#[derive(Debug, Clone)]
pub struct TagLeaf {
    /// What they may contain, and what `null` means; shown by `explain` and in the schema.
    pub about: Text,
    /// The service's rules for tags.
    pub rules: TagRules,
}

impl Table {
    /// The row of this path, which for properties may be below the row's own.
    pub fn leaf(&self, path: &str) -> Option<&Leaf> {
        self.rows().into_iter().find(|leaf| {
            let has_parts = matches!(leaf.form, Form::Properties(_));
            leaf.path == path || has_parts && tree::is_at(path, &leaf.path)
        })
    }

    /// Every row that has a value of its own, including those of groups.
    pub fn rows(&self) -> Vec<&Leaf> {
        rows::of(&self.leaves)
    }

    /// Whether there are groups.
    fn has_groups(&self) -> bool {
        self.leaves.iter().any(Leaf::is_group)
    }

    /// All calls: those of the rows, and the one that cancels a deletion.
    pub fn every_call(&self) -> impl Iterator<Item = &Call> {
        let restore = self.restore.iter().map(|restore| &restore.call);
        self.rows().into_iter().flat_map(Leaf::calls).chain(restore)
    }

    /// Set if a live resource is being deleted and the deletion can be cancelled.
    fn is_leaving(&self, have: &Tree) -> Option<&Restore> {
        self.restore.as_ref().filter(|restore| *get(have, &restore.fact) == Value::Bool(true))
    }

    /// The members of a live state that depend on other resources of the kind: they are not read
    /// with one resource.
    pub fn facts_about_others(&self) -> Vec<Text> {
        let rows = self.rows().into_iter();
        let facts = rows.filter_map(|leaf| match &leaf.change {
            How::Entries { take: Some(take), .. } => Some(take.fact.clone()),
            _ => None,
        });
        facts.chain([Text::Borrowed(REQUESTED)]).collect()
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

/// The entries of a list of texts; empty for `null`.
pub fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}
