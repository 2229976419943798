//! Rows: what follows from one without its values, and how rows are put together.

use serde_json::Value;

use super::{Absent, Call, Compare, Form, Gives, How, Leaf, Null, RiskOf, Text, Tree, tree};
use crate::model::Risk;

/// What doc comments say, line by line.
pub fn about(lines: &[&str]) -> Text {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n").into()
}

/// Every row that has a value of its own.
pub(super) fn of(leaves: &[Leaf]) -> Vec<&Leaf> {
    let mut all = Vec::with_capacity(leaves.len());
    leaves.iter().for_each(|leaf| leaf.collect(&mut all));
    all
}

/// Putting rows together.
impl Leaf {
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
            only_while: None,
        }
    }

    /// The same, of this name and meaning. The rows of a group are then below it.
    #[must_use]
    pub fn named(self, name: &'static str, lines: &[&str]) -> Self {
        let mut leaf = Self { path: name.into(), about: about(lines), ..self };
        if let Form::Group { rows, .. } = &mut leaf.form {
            rows.iter_mut().for_each(|row| row.go_below(name));
        }
        leaf
    }

    fn go_below(&mut self, group: &str) {
        self.path = format!("{group}.{}", self.path).into();
        if let Form::Group { rows, .. } = &mut self.form {
            rows.iter_mut().for_each(|row| row.go_below(group));
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
            How::Entries { add, remove, take } => {
                [add, remove].into_iter().chain(take.as_ref().map(|take| &take.call)).collect()
            }
            How::Members { add, remove } => vec![add, remove],
            How::Needed { call, after, .. } => vec![call, after],
            How::Fixed(_) | How::Argument => Vec::new(),
        }
    }
}
