//! A kind as one value: rows that say what a manifest can say, and from which everything else follows.
//!
//! A row ([`Leaf`]) says the path, what it means, its form, how two values of it are compared, which call changes it, what
//! that risks, and what a value of it lets people do. The schema and `explain`, the checks of a manifest, the edits with
//! their keys, order, risk and lines, and the states that they lead through are read from the rows and from nowhere else:
//!
//! ```text
//! spec ──read──► values ──resolve──► want ─┐
//! (types)        (checks, defaults)        ├─diff──► edits in a safe order ──► effect: the states in between
//!                 Service ──Live──► have ──┘              └──► Live ──► Service
//! ```
//!
//! A state is plain data, one member a row. In *want*, `null` stands for a row that is not managed; *have* is complete, and
//! `null` in it stands for what cannot be known.
//!
//! The I/O half of such a kind is a [`Service`], which says pages, reads and calls and nothing else; [`Live`] does once
//! for all what every kind must do alike.

mod diff;
mod edit;
mod erased;
mod live;
mod order;
mod policy;
mod read;
mod resolve;
mod schema;
mod targets;
mod template;
#[cfg(test)]
pub(crate) mod tests;

use std::borrow::Cow;

use serde_json::{Map, Value};

pub use self::{
    edit::{LeafEdit, Verb},
    live::{Found, Live, Page, Service, Shape},
    policy::{unreadable, why_unreadable},
    targets::{chosen, singles},
};
use super::{Accepts, Doctor, Invalid, Meaning, Profile, Reach, Refs, erased::ErasedPort};
use crate::{
    aws::Access,
    baseline::Baseline,
    model::{
        Risk,
        policy_document::Dialect,
        text::{Length, TagRules},
    },
    operations::OfKind,
};

/// Text of a table: borrowed where the table is code, owned where it is made of facts.
pub type Text = Cow<'static, str>;

/// A state: one member a row, and the facts that are there for comparing.
pub type Tree = Map<String, Value>;

/// The member of every state that says the partition: what an account id in a policy stands for depends on it.
pub const PARTITION: &str = "partition";
/// The member of every state that says the account: policies are read in its eyes.
pub const ACCOUNT: &str = "account";

/// A kind.
#[derive(Debug)]
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
    /// The operations of all calls, in the order in which they are made where no [`Call::after`] decides. It is for people: the
    /// laws hold for every order here.
    pub order: Vec<Text>,
    /// What AWS or people take for unique in a state.
    pub natural_keys: fn(&Tree) -> Vec<String>,
    /// Whether a leaf that AWS cannot change ([`How::Fixed`]) makes the manifest one for another resource: while one differs,
    /// nothing else is edited.
    pub fixed_first: bool,
    /// What creating a resource does to access and to users.
    pub creating: Risk,
    /// How a resource that is on its way out is called back, where that can be done.
    pub restore: Option<Restore>,
    /// Fills in what follows from several leaves together, and says what cannot be right in them together.
    pub settle: fn(&mut Tree, &mut Refs<'_>, &mut Vec<Invalid>),
    /// The port for one scope: [`Live`] over this kind's service.
    pub connect: fn(&Access, Shape) -> Box<dyn ErasedPort>,
}

/// One row.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// Its name in the manifest and in the state.
    pub path: Text,
    /// What it means, with unit, limits and default; shown by `explain` and in the schema.
    pub about: Text,
    /// What it looks like.
    pub form: Form,
    /// What a manifest means that does not name it.
    pub absent: Absent,
    /// What `null` means.
    pub null: Null,
    /// What AWS takes where nobody ever said anything, if that is known.
    pub default: Option<Value>,
    /// When two values are the same.
    pub compare: Compare,
    /// What changes it.
    pub change: How,
    /// What a change of it risks.
    pub risk: RiskOf,
    /// What a value of it lets people do. The laws hold order and risk against it, so it is said apart from both.
    pub gives: Gives,
    /// While that other leaf has this value, no call changes it.
    pub fixed_while: Option<(Text, Value)>,
    /// While that other leaf has this live value nothing uses this one: a change of it interrupts nobody.
    pub idle_while: Option<(Text, Value)>,
    /// It is changed only while that other leaf has this value: AWS refuses it otherwise. The call that brings that value
    /// about stands in [`Call::after`].
    pub only_while: Option<(Text, Value)>,
}

/// What a value looks like.
#[derive(Debug, Clone)]
pub enum Form {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int(Range),
    /// Any text that passes the check.
    Text(Check),
    /// One of a closed list of words, each as AWS spells it and with what it means.
    Word {
        /// The list's name in the schema.
        name: Text,
        /// What it lists.
        about: Text,
        /// The words.
        words: Vec<(Text, Text)>,
        /// The word that turns it off, where it has a call for each direction ([`How::Switch`]).
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
    /// Something else, which the state names by its id or ARN. A manifest writes the id, a reference or a lookup that finds
    /// exactly one.
    Target(Named),
    /// Several of them: a list, or one lookup that finds them all. In the state, the set of their ids.
    Targets {
        /// What each is.
        each: Named,
        /// A lookup finds only what has this attribute with the value of that leaf, which stands before this one:
        /// `("vpc", "vpc")`.
        within: Option<(Text, Text)>,
        /// A lookup's finds are alternatives where they have the same value of this attribute (`zone`): one of them is used.
        /// The wanted state is a list of sets of alternatives then, the live state a list of sets of one.
        one_of_each: Option<Text>,
        /// While that leaf, which stands before this one, has this value, exactly one is meant: a lookup must find exactly one.
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
        /// What a plan says where the live one names a deleted role or user by its unique id, if that matters here.
        orphaned: Option<Text>,
    },
    /// `{enabled, …}`: something that is on or off, and how it is while it is on. While it is off the rest means nothing.
    Switch {
        /// Its name in the schema.
        name: Text,
        /// What it is.
        about: Text,
        /// What `enabled` means; it is `true` where it is left out.
        enabled: Text,
        /// How it is while it is on: rows with neither call nor condition of their own.
        details: Vec<Leaf>,
        /// How it reads while it is on, with the details in braces; `on` where one of them is not known.
        shown: Text,
    },
}

/// What a [`Form::Target`] can be.
#[derive(Debug, Clone)]
pub struct Named {
    /// What a reference and a lookup may name.
    pub accepts: Accepts,
    /// How a literal id begins; empty where it is an ARN or a name.
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
}

/// What a manifest means that does not name a leaf.
#[derive(Debug, Clone)]
pub enum Absent {
    /// It is not managed: neither compared nor sent.
    Unmanaged,
    /// This value.
    Means(Value),
    /// It cannot be: why, and the way out.
    Required(Text, Text),
    /// What follows from other leaves ([`Table::settle`]).
    Derived,
    /// No manifest names it: this value is always wanted.
    Always(Value),
}

/// What `null` means for a leaf.
#[derive(Debug, Clone)]
pub enum Null {
    /// It is a value of a wrong type.
    Refused,
    /// The same as leaving it out.
    Absent,
    /// None: this value.
    None(Value),
}

/// When two values are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// When they are equal.
    Exact,
    /// When they have the same entries, in whatever order.
    Set,
    /// When the documents mean the same.
    Meaning,
}

/// What changes a leaf.
#[derive(Debug, Clone)]
pub enum How {
    /// One call writes the whole value.
    By(Call),
    /// A call for each direction. A detail of what is on is changed by the call that turns it on.
    Switch {
        /// Turns it on.
        on: Call,
        /// Turns it off.
        off: Call,
    },
    /// Each entry is an edit of its own.
    Entries {
        /// Adds an entry.
        add: Call,
        /// Removes an entry.
        remove: Call,
        /// Takes over an entry that another resource of ours has, where only one can have it.
        take: Option<Take>,
    },
    /// No call: what is said about it, after the path. It is shown and held, and never replaced by delete and create.
    Fixed(Text),
    /// It cannot be observed: an argument of creating or deleting.
    Argument,
}

/// Taking over an entry.
#[derive(Debug, Clone)]
pub struct Take {
    /// The call; its text has `{from}` for the id of the resource that has the entry.
    pub call: Call,
    /// The member of a live state that says which entries other resources of ours have: by entry, the id.
    pub fact: Text,
    /// Where the entry is now, with `{from}`, and where it comes to: the plan's `old -> new`.
    pub shown: (Text, Text),
}

/// One call of the service.
#[derive(Debug, Clone)]
pub struct Call {
    /// `service:Operation`.
    pub operation: Text,
    /// The edit in the imperative; see `template` for what can stand in it.
    pub says: Text,
    /// What a plan warns of under it.
    pub warns: Option<Text>,
    /// What comes first, where it is to be done too.
    pub after: Vec<After>,
    /// Whether obstacles must be looked for first.
    pub inspect: bool,
    /// Whether it may only be made once the edits before it have been: they keep up what it takes away.
    pub follows: bool,
    /// Whether one call takes the edits of several leaves together.
    pub shared: bool,
    /// Leaves whose wanted values go along, where they are managed: AWS would take its own defaults otherwise. The edit then
    /// risks what the edits of those leaves risk.
    pub with: Vec<Text>,
}

/// An operation that comes first.
#[derive(Debug, Clone)]
pub struct After {
    /// The operation.
    pub operation: Text,
    /// Why.
    pub why: Because,
}

/// Why one operation comes before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// The other order would let people do, for a moment, what neither side lets them. What only tightens does not wait.
    Safer,
    /// AWS refuses the other order. Everything waits.
    Refused,
}

/// What a change risks.
#[derive(Debug, Clone)]
pub enum RiskOf {
    /// Always the same.
    Always(Risk),
    /// This much towards that value, and that much away from it. A switch is compared by whether it is on; what changes
    /// while it is on has the risk of its detail.
    Towards {
        /// The value.
        value: Value,
        /// What becoming it risks.
        there: Risk,
        /// What becoming anything else risks.
        back: Risk,
    },
    /// By entry.
    Each {
        /// What adding one risks.
        add: Risk,
        /// What removing one risks.
        remove: Risk,
        /// What taking one over risks.
        take: Risk,
    },
    /// A greater number, or another entry, lets people do more.
    MoreIsLooser,
    /// A greater number, or another entry, lets people do less.
    MoreIsTighter,
    /// By comparing the documents.
    Meaning,
    /// Of words: the first that fits, from the live word and to the wanted one, where none is any.
    Words(Vec<(Option<Text>, Option<Text>, Risk)>),
}

/// What a value lets people do.
#[derive(Debug, Clone, PartialEq)]
pub enum Gives {
    /// Nothing that concerns access.
    Nothing,
    /// What its statements allow, to whom it names.
    Grants,
    /// Each entry is a way to reach what is granted.
    Ways,
    /// While it is not `true`, nothing that is granted can be used.
    Gate,
    /// Less than any other value does.
    Least(Value),
    /// More, the greater it is or the more entries it has; the most if it is off.
    More,
    /// Less, the more entries it has.
    Less,
    /// Of words: what each lets people do.
    Each(Vec<(Text, Vec<Text>)>),
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

impl Call {
    /// A call without a condition.
    pub fn new(operation: &'static str, says: &'static str) -> Self {
        Self {
            operation: operation.into(),
            says: says.into(),
            warns: None,
            after: Vec::new(),
            inspect: false,
            follows: false,
            shared: false,
            with: Vec::new(),
        }
    }

    /// The same, after these operations: see [`Because::Safer`].
    #[must_use]
    pub fn after(self, operations: &[&'static str]) -> Self {
        self.behind(operations, Because::Safer)
    }

    /// The same, after these operations: see [`Because::Refused`].
    #[must_use]
    pub fn only_after(self, operations: &[&'static str]) -> Self {
        self.behind(operations, Because::Refused)
    }

    fn behind(mut self, operations: &[&'static str], why: Because) -> Self {
        let after = operations.iter().map(|name| After { operation: (*name).into(), why });
        self.after.extend(after);
        self
    }

    /// The same, where one call takes the edits of several leaves together.
    #[must_use]
    pub fn shared(self) -> Self {
        Self { shared: true, ..self }
    }

    /// The same, with the wanted values of these leaves.
    #[must_use]
    pub fn with(self, leaves: &[&'static str]) -> Self {
        Self { with: leaves.iter().map(|path| (*path).into()).collect(), ..self }
    }

    /// The same, with a warning under it.
    #[must_use]
    pub fn warning(self, warns: &'static str) -> Self {
        Self { warns: Some(warns.into()), ..self }
    }
}

impl Leaf {
    /// Whether a manifest can name it.
    pub fn is_written(&self) -> bool {
        !matches!(self.absent, Absent::Always(_))
    }

    /// Its calls.
    pub fn calls(&self) -> Vec<&Call> {
        match &self.change {
            How::By(call) => vec![call],
            How::Switch { on, off } => vec![on, off],
            How::Entries { add, remove, take } => {
                [add, remove].into_iter().chain(take.as_ref().map(|take| &take.call)).collect()
            }
            How::Fixed(_) | How::Argument => Vec::new(),
        }
    }
}

impl Table {
    /// The row of this path.
    pub fn leaf(&self, path: &str) -> Option<&Leaf> {
        self.leaves.iter().find(|leaf| leaf.path == path)
    }

    /// All calls: those of the rows, and the one that calls a resource back.
    pub fn every_call(&self) -> impl Iterator<Item = &Call> {
        let restore = self.restore.iter().map(|restore| &restore.call);
        self.leaves.iter().flat_map(Leaf::calls).chain(restore)
    }

    /// Whether a live resource is on its way out and can be called back.
    fn is_leaving(&self, have: &Tree) -> Option<&Restore> {
        self.restore.as_ref().filter(|restore| *get(have, &restore.fact) == Value::Bool(true))
    }

    /// What [`Live`] must know.
    fn shape(&self) -> Shape {
        let takes = self.leaves.iter().filter_map(|leaf| match &leaf.change {
            How::Entries { take: Some(take), .. } => Some((leaf.path.clone(), take.fact.clone())),
            _ => None,
        });
        Shape { kind: self.profile.name, takes: takes.collect() }
    }
}

/// A member, or `null`.
pub fn get<'t>(tree: &'t Tree, path: &str) -> &'t Value {
    tree.get(path).unwrap_or(&Value::Null)
}

/// The entries of a list of texts; none of `null`.
pub fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}
