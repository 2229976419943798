//! What changes a row: the calls of the service, or the reason why there are none.

use serde_json::Value;

use super::Text;

/// What changes a leaf.
#[derive(Debug, Clone)]
pub enum How {
    /// One call writes the whole value.
    By(Call),
    /// A call for each direction. The call that turns it on also changes its details.
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
        /// Removes an entry; or why there is no call for that, after the path.
        remove: Result<Call, Text>,
        /// Takes over an entry that another resource of ours has, where only one can have it.
        take: Option<Take>,
    },
    /// Each entry with a key ([`Form::Keyed`](super::Form::Keyed)) is an edit of its own.
    Keyed {
        /// Adds an entry.
        add: Call,
        /// Changes the value of an entry by one call.
        replace: Call,
        /// Removes an entry.
        remove: Call,
    },
    /// Each live entry that a [`Form::Allowed`](super::Form::Allowed) does not allow is removed, by
    /// an edit of its own.
    Removed(Call),
    /// One call writes the whole set: first with the additions, then without the removals, each as
    /// an edit of its own. The second call still contains the additions, so its edit needs the
    /// first one. If AWS does not accept both together, the removal includes the additions.
    Members {
        /// Writes the additions.
        add: Call,
        /// Writes what remains.
        remove: Call,
    },
    /// One call writes the whole value; but another leaf requires that there is one, while it has a
    /// certain value. If this one becomes none while the other one changes from that value, it is
    /// written in or after the other's call; if it gets its first value, the other one needs its
    /// edit.
    Needed {
        /// Writes it.
        call: Call,
        /// Writes that it is none, in or after the other's call.
        after: Call,
        /// The other leaf, and its value.
        by: (Text, Value),
    },
    /// One call writes several leaves together, and AWS takes it only if one of some leaves has a
    /// value afterwards. While none of those has one yet, the edits are made in one call or not at
    /// all; so are those that take the value from all that have one and give it to others. If none
    /// of them is to keep one, another call removes everything.
    Whole {
        /// Writes what differs, with the rest as it is.
        call: Call,
        /// Removes everything.
        none: Call,
        /// The leaves of which one must have a value.
        given: Vec<Text>,
    },
    /// Whether it runs, yes or no. What is changed by calls that AWS takes only while it does not
    /// run ([`Call::at_rest`]) needs it stopped; how that goes on over several passes stands in
    /// `runs.rs`.
    Runs {
        /// Starts it.
        start: Call,
        /// Stops it, because the manifest says that it does not run.
        stop: Call,
        /// Stops it for other changes, after which it is started again.
        rest: Call,
    },
    /// One call writes the whole value, until AWS fixes it: what is said then, after the path.
    Until {
        /// Writes it.
        call: Call,
        /// When AWS fixes it.
        fixed: Fixed,
        /// The message.
        why: Text,
    },
    /// No call; this message follows the path. The change is shown and held, and never replaced by
    /// delete and create.
    Fixed(Text),
    /// It cannot be observed: an argument of creating or deleting.
    Argument,
}

/// When AWS fixes a leaf.
#[derive(Debug, Clone, PartialEq)]
pub enum Fixed {
    /// Once it has a value.
    Set,
    /// It can be changed to this value, and to nothing else.
    Otherwise(Value),
    /// It is a number that can become greater, and never less.
    Less,
    /// While that other leaf has a value, or is wanted to have one.
    With(Text),
}

/// Taking over an entry.
#[derive(Debug, Clone)]
pub struct Take {
    /// The call; its text has `{from}` for the id of the resource that has the entry.
    pub call: Call,
    /// The member of a live state with the entries that other resources of ours have: the id by
    /// entry.
    pub fact: Text,
    /// Where the entry is now, with `{from}`, and where it goes: the plan's `old -> new`.
    pub shown: (Text, Text),
}

/// One call of the service.
#[derive(Debug, Clone)]
pub struct Call {
    /// `service:Operation`.
    pub operation: Text,
    /// The edit in the imperative; see `template` for its placeholders.
    pub says: Text,
    /// The warning under it in a plan.
    pub warns: Option<Text>,
    /// What must come first, if it is to be done too.
    pub after: Vec<After>,
    /// Whether obstacles must be checked first.
    pub inspect: bool,
    /// Whether it may be made only after the edits before it have been made: they preserve what it
    /// removes.
    pub follows: bool,
    /// Whether one call makes the edits of several leaves together.
    pub shared: bool,
    /// Whether AWS takes it only while the resource does not run ([`How::Runs`]).
    pub at_rest: bool,
    /// Leaves whose wanted values go along, where they are managed: AWS would take its own defaults
    /// otherwise. The edit then risks what the edits of those leaves risk.
    pub with: Vec<Text>,
}

/// An operation that must come first.
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
    /// The opposite order would briefly allow something that neither state allows. Edits that only
    /// tighten do not wait.
    Safer,
    /// AWS refuses the opposite order. Everything waits.
    Refused,
    /// It puts into use what the others write. Everything waits, also while the others are not made
    /// at all: because a person has to agree to them, or because they have no value yet.
    InUse,
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
            at_rest: false,
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

    /// The same, after these operations and never without them: see [`Because::InUse`].
    #[must_use]
    pub fn once(self, operations: &[&'static str]) -> Self {
        self.behind(operations, Because::InUse)
    }

    fn behind(mut self, operations: &[&'static str], why: Because) -> Self {
        let after = operations.iter().map(|name| After { operation: (*name).into(), why });
        self.after.extend(after);
        self
    }

    /// The same, if one call makes the edits of several leaves together.
    #[must_use]
    pub fn shared(self) -> Self {
        Self { shared: true, ..self }
    }

    /// The same, where AWS takes it only while the resource does not run.
    #[must_use]
    pub fn at_rest(self) -> Self {
        Self { at_rest: true, ..self }
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
