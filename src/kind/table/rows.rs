//! Rows: their definition, what follows from it without values, and how rows are built.

use serde_json::Value;

use super::{Call, Form, How, Text, Tree, tree};
use crate::model::Risk;

/// One row.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// Its name in the manifest and in the state; for a row in a group the whole path, joined by
    /// dots.
    pub path: Text,
    /// Its description, with unit, limits and default; shown by `explain` and in the schema.
    pub about: Text,
    /// The form of its values.
    pub form: Form,
    /// What omitting it in a manifest means.
    pub absent: Absent,
    /// What `null` means.
    pub null: Null,
    /// AWS's default, if that is known.
    pub default: Option<Value>,
    /// When two values are the same.
    pub compare: Compare,
    /// What changes it.
    pub change: How,
    /// The risk of a change.
    pub risk: RiskOf,
    /// What a value of it lets people do. The laws check order and risk against it, so it is
    /// defined separately from both.
    pub gives: Gives,
    /// While that other leaf has this value, or one of these in a list, no call changes it.
    pub fixed_while: Option<(Text, Value)>,
    /// While that other leaf, or [`IDLE`](super::IDLE), has this live value nothing uses this one:
    /// a change of it interrupts nobody.
    pub idle_while: Option<(Text, Value)>,
    /// It is changed only while that other leaf has this value: AWS refuses it otherwise. The call
    /// that sets that value is listed in [`Call::after`].
    pub only_while: Option<(Text, Value)>,
    /// Whether it applies to the account in all Regions, so that scopes of one account must not
    /// want different values.
    pub account_wide: bool,
}

/// What omitting a leaf in a manifest means.
#[derive(Debug, Clone)]
pub enum Absent {
    /// It is not managed: neither compared nor sent.
    Unmanaged,
    /// This value.
    Means(Value),
    /// It cannot be omitted: why, and how to fix it.
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
    /// The same as omitting it.
    Absent,
    /// None: this value. In groups, `null` itself, if AWS takes that.
    None(Value),
    /// None. What is not managed is then not in a wanted state, and `null` there means that there
    /// must be none. Lists become empty; for anything else the word is AWS's word for none, which
    /// manifests may write too. Without a word no call of AWS unsets it.
    Unset(Option<Text>),
    /// It can never be none: why, and how to fix it.
    Never(Text, Text),
}

/// When two values are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// If they are identical.
    Exact,
    /// If they have the same entries, in whatever order.
    Set,
    /// If the documents have the same meaning.
    Meaning,
    /// If they are the same key. An alias is never compared with a key: AWS may return the key that
    /// it points to, and it is not known here which one that is.
    Key,
}

/// The risk of a change.
#[derive(Debug, Clone)]
pub enum RiskOf {
    /// Always the same.
    Always(Risk),
    /// The risk towards a value, and the risk away from it. A switch is compared by whether it is
    /// on; a change of a detail has the detail's risk.
    Towards {
        /// The value.
        value: Value,
        /// The risk of changing to it.
        there: Risk,
        /// The risk of changing to anything else.
        back: Risk,
    },
    /// By entry.
    Each {
        /// The risk of adding one.
        add: Risk,
        /// The risk of removing one.
        remove: Risk,
        /// The risk of taking one over.
        take: Risk,
    },
    /// A greater number, or another entry, lets people do more.
    MoreIsLooser,
    /// A greater number, or another entry, lets people do less.
    MoreIsTighter,
    /// A number: none lets people do more than any, and a greater one does more, or else less.
    NoneIsLoosest {
        /// Whether a greater number lets people do more.
        more_is_looser: bool,
    },
    /// For a number that decreases or is set for the first time, and for a list that loses
    /// something: `less`; for anything else: `other`.
    Less {
        /// The risk of less.
        less: Risk,
        /// The risk of anything else.
        other: Risk,
    },
    /// By comparing the documents.
    Meaning,
    /// For entries with keys: the risk from their form.
    Keyed,
    /// For words: the first match, from the live word and to the wanted one; none matches any word.
    Words(Vec<(Option<Text>, Option<Text>, Risk)>),
}

/// What a value lets people do.
#[derive(Debug, Clone, PartialEq)]
pub enum Gives {
    /// Nothing that concerns access.
    Nothing,
    /// What its statements allow, to the principals that they name.
    Grants,
    /// Each entry is a path to what is granted.
    Ways,
    /// Unless it is `true`, nothing that is granted can be used.
    Gate,
    /// Less than any other value.
    Least(Value),
    /// More, the greater it is or the more entries it has; the most if it is off.
    More,
    /// More, the greater it is; the most if there is none.
    MostIfNone,
    /// Less, the more entries it has.
    Less,
    /// For words: what each lets people do.
    Each(Vec<(Text, Vec<Text>)>),
    /// For entries with keys: the outcome of each probe.
    Outcomes,
    /// Something of its own that cannot be read here.
    Something,
}

/// A description from the lines of a doc comment.
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

/// Builders of rows.
impl Leaf {
    /// A row whose changes give nobody anything and interrupt nobody, unless set otherwise. It is
    /// compared exactly, and a manifest can omit it.
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
            account_wide: false,
        }
    }

    /// A row of a group, still without a path: compared exactly, changed as its group says
    /// ([`Self::changed`]), and with unknown consequences.
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
            account_wide: false,
        }
    }

    /// The same, with this name and description. The rows of a group are then below it.
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

    /// The same, changed by what `how` returns for its path, or for that of each of its rows.
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

    /// The same, for the account in all Regions; of a group, each row of it.
    #[must_use]
    pub fn account_wide(mut self) -> Self {
        if let Form::Group { rows, .. } = &mut self.form {
            *rows = std::mem::take(rows).into_iter().map(Self::account_wide).collect();
        }
        Self { account_wide: true, ..self }
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

    /// Whether it is missing from a wanted state if it is not managed.
    pub(super) fn is_left_out(&self) -> bool {
        self.is_group() || self.path.contains('.') || matches!(self.null, Null::Unset(_))
    }

    /// The wanted value, `null` for none; nothing if it is not managed.
    pub(super) fn wanted_in<'w>(&self, want: &'w Tree) -> Option<&'w Value> {
        tree::said(want, &self.path).filter(|value| self.is_left_out() || !value.is_null())
    }

    /// Whether AWS omits it if it is none.
    pub(super) fn can_be_left_out(&self) -> bool {
        match self.null {
            Null::Unset(_) | Null::None(Value::Null) => true,
            // What it is without one is known: that is its value.
            Null::Never(..) => self.default.is_none(),
            _ => false,
        }
    }

    /// Whether it is a list.
    pub(super) fn is_list(&self) -> bool {
        matches!(
            self.form,
            Form::Set { .. } | Form::Words { .. } | Form::Items { .. } | Form::Targets { .. }
        )
    }

    /// Whether it is wanted to be none but no call of AWS unsets it.
    pub(super) fn stays_set(&self, new: &Value) -> bool {
        let is_sent = matches!(self.null, Null::Unset(Some(_)) | Null::None(Value::Null));
        new.is_null() && !self.is_list() && !is_sent
    }

    /// Its calls.
    pub fn calls(&self) -> Vec<&Call> {
        match &self.change {
            How::By(call) | How::Until { call, .. } | How::Removed(call) => vec![call],
            How::Switch { on, off } => vec![on, off],
            How::Runs { start, stop, rest } => vec![start, stop, rest],
            How::Entries { add, remove, take } => {
                let take = take.as_ref().map(|take| &take.call);
                [add].into_iter().chain(remove).chain(take).collect()
            }
            How::Members { add, remove } => vec![add, remove],
            How::Keyed { add, replace, remove } => vec![add, replace, remove],
            How::Needed { call, after, .. } => vec![call, after],
            How::Whole { call, none, .. } => vec![call, none],
            How::Fixed(_) | How::Argument => Vec::new(),
        }
    }
}
