//! Rows: what one says, what follows from it without its values, and how rows are put together.

use serde_json::Value;

use super::{Call, Form, How, Text, Tree, tree};
use crate::model::Risk;

/// One row.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// Its name in the manifest and in the state; of a row in a group the whole way to it, joined
    /// by dots.
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
    /// What a value of it lets people do. The laws hold order and risk against it, so it is said
    /// apart from both.
    pub gives: Gives,
    /// While that other leaf has this value, no call changes it.
    pub fixed_while: Option<(Text, Value)>,
    /// While that other leaf has this live value nothing uses this one: a change of it interrupts
    /// nobody.
    pub idle_while: Option<(Text, Value)>,
    /// It is changed only while that other leaf has this value: AWS refuses it otherwise. The call
    /// that brings that value about stands in [`Call::after`].
    pub only_while: Option<(Text, Value)>,
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
    /// What follows from other leaves ([`Table::settle`](super::Table::settle)).
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
    /// None. What is not managed is not in a wanted state then, and `null` there says that there
    /// must be none. Lists become empty; of anything else the word is what AWS takes for none, and
    /// manifests may write it too. Without one no call of AWS unsets it.
    Unset(Option<Text>),
    /// It can never be none: why, and the way out.
    Never(Text, Text),
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
    /// When they are the same key. An alias is never held against a key: AWS may answer it with the
    /// key that it stands for, and which one that is nobody can see here.
    Key,
}

/// What a change risks.
#[derive(Debug, Clone)]
pub enum RiskOf {
    /// Always the same.
    Always(Risk),
    /// This much towards that value, and that much away from it. A switch is compared by whether it
    /// is on; what changes while it is on has the risk of its detail.
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
    /// Of a number that becomes smaller or is there for the first time, and of a list that loses
    /// something: `less`; of anything else: `other`.
    Less {
        /// What less risks.
        less: Risk,
        /// What anything else risks.
        other: Risk,
    },
    /// By comparing the documents.
    Meaning,
    /// Of entries with keys: what their form says of each.
    Keyed,
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
    /// Of entries with keys: what becomes of each probe.
    Outcomes,
    /// Something of its own: what, cannot be read here.
    Something,
}

/// What doc comments say, line by line.
pub fn about(lines: &[&str]) -> Text {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n").into()
}

/// Every row that has a value of its own.
pub(super) fn of(leaves: &[Leaf]) -> Vec<&Leaf> {
    let mut all = Vec::with_capacity(leaves.len());
    for leaf in leaves {
        leaf.collect(&mut all);
    }
    all
}

/// Putting rows together.
impl Leaf {
    /// A row whose changes give nobody anything and interrupt nobody, unless more is said of it. It
    /// is compared exactly, and a manifest can leave it out.
    pub fn harmless(path: &'static str, about: &'static str, form: Form, change: How) -> Self {
        Self {
            path: path.into(),
            about: about.into(),
            form,
            absent: Absent::Unmanaged,
            null: Null::Absent,
            default: None,
            compare: Compare::Exact,
            change,
            risk: RiskOf::Always(Risk::NEUTRAL),
            gives: Gives::Nothing,
            fixed_while: None,
            idle_while: None,
            only_while: None,
        }
    }

    /// A row of a group, still without its place: compared exactly, changed by what its group says
    /// ([`Self::changed`]), and of unknown consequences.
    pub fn setting(form: Form) -> Self {
        let compare = match &form {
            Form::Set { .. } | Form::Words { .. } | Form::Items { .. } | Form::Targets { .. } => {
                Compare::Set
            }
            Form::Key { .. } => Compare::Key,
            _ => Compare::Exact,
        };
        Self {
            path: Text::default(),
            about: Text::default(),
            form,
            absent: Absent::Unmanaged,
            null: Null::Unset(None),
            default: None,
            compare,
            change: How::Argument,
            risk: RiskOf::Always(Risk::REPLACES),
            gives: Gives::Something,
            fixed_while: None,
            idle_while: None,
            only_while: None,
        }
    }

    /// The same, of this name and meaning. The rows of a group are then below it.
    #[must_use]
    pub fn named(self, name: &'static str, lines: &[&str]) -> Self {
        let mut leaf = Self { path: name.into(), about: about(lines), ..self };
        if let Form::Group { rows, .. } = &mut leaf.form {
            for row in rows {
                row.go_below(name);
            }
        }
        leaf
    }

    fn go_below(&mut self, group: &str) {
        self.path = format!("{group}.{}", self.path).into();
        if let Form::Group { rows, .. } = &mut self.form {
            for row in rows {
                row.go_below(group);
            }
        }
    }

    /// The same; by its path, what changes it, or each row of it.
    #[must_use]
    pub fn changed(mut self, how: &impl Fn(&str) -> How) -> Self {
        match &mut self.form {
            Form::Group { rows, .. } => {
                *rows = std::mem::take(rows).into_iter().map(|row| row.changed(how)).collect();
            }
            _ => self.change = how(&self.path),
        }
        self
    }

    /// The same, with this risk and these consequences.
    #[must_use]
    pub fn risking(self, risk: RiskOf, gives: Gives) -> Self {
        Self { risk, gives, ..self }
    }
}

impl Leaf {
    /// Whether it is a group, without a value of its own.
    pub(super) fn is_group(&self) -> bool {
        matches!(self.form, Form::Group { .. })
    }

    fn collect<'t>(&'t self, all: &mut Vec<&'t Self>) {
        match &self.form {
            Form::Group { rows, .. } => rows.iter().for_each(|row| row.collect(all)),
            _ => all.push(self),
        }
    }

    /// The last part of its path: its name in the group that it is in.
    pub fn name(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or_default()
    }

    /// Whether a manifest can name it.
    pub fn is_written(&self) -> bool {
        !matches!(self.absent, Absent::Always(_))
    }

    /// Whether it is not in a wanted state where it is not managed.
    pub(super) fn is_left_out(&self) -> bool {
        self.is_group() || self.path.contains('.') || matches!(self.null, Null::Unset(_))
    }

    /// The wanted value, `null` for none; nothing if it is not managed.
    pub(super) fn wanted_in<'w>(&self, want: &'w Tree) -> Option<&'w Value> {
        tree::said(want, &self.path).filter(|value| self.is_left_out() || !value.is_null())
    }

    /// Whether AWS leaves it out where it is none.
    pub(super) fn can_be_left_out(&self) -> bool {
        matches!(self.null, Null::Unset(_) | Null::Never(..))
    }

    /// Whether it is a list.
    pub(super) fn is_list(&self) -> bool {
        matches!(
            self.form,
            Form::Set { .. } | Form::Words { .. } | Form::Items { .. } | Form::Targets { .. }
        )
    }

    /// Whether it shall be none and no call of AWS brings that about.
    pub(super) fn stays_set(&self, new: &Value) -> bool {
        new.is_null() && !self.is_list() && !matches!(self.null, Null::Unset(Some(_)))
    }

    /// Its calls.
    pub fn calls(&self) -> Vec<&Call> {
        match &self.change {
            How::By(call) | How::Until { call, .. } => vec![call],
            How::Switch { on, off } => vec![on, off],
            How::Runs { start, stop, rest } => vec![start, stop, rest],
            How::Entries { add, remove, take } => {
                [add, remove].into_iter().chain(take.as_ref().map(|take| &take.call)).collect()
            }
            How::Members { add, remove } => vec![add, remove],
            How::Keyed { add, replace, remove } => vec![add, replace, remove],
            How::Needed { call, after, .. } => vec![call, after],
            How::Fixed(_) | How::Argument => Vec::new(),
        }
    }
}
