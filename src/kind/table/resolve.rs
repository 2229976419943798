//! From a manifest to the wanted state: everything that can be wrong without asking AWS, reported
//! all at once.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    ACCOUNT, Absent, Allowed, Check, Form, Keyed, Leaf, Null, PARTITION, Range, Table, Text, Tree,
    get,
    policy::{policy, scope_context},
    read::{ENABLED, Said},
    targets::listed,
    template, texts,
    tree::{self, is_at},
};
use crate::kind::{Invalid, Refs, ScopeFacts, has_placeholder, policies};

impl Table {
    /// The wanted state: a member for each row, `null` if it is not managed.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the rows.
    pub(super) fn wanted(&self, said: &Said, refs: &mut Refs<'_>) -> Result<Tree, Vec<Invalid>> {
        let mut problems = Vec::new();
        let mut want = Tree::new();
        for leaf in &self.leaves {
            let said = said.leaves.get(leaf.path.as_ref());
            if let Some(value) = leaf.wanted(said, &want, refs, &mut problems) {
                want.insert(leaf.path.clone().into_owned(), value);
            }
        }
        (self.settle)(&mut want, refs, &mut problems);
        // A problem of several leaves together is listed with the first of them.
        let rows = self.rows();
        problems.sort_by_key(|problem| {
            let is_there = |path| is_at(&problem.field, path) || is_at(path, &problem.field);
            rows.iter().position(|leaf| is_there(&leaf.path))
        });
        if let Some(tags) = &self.tags {
            problems.extend(tags.rules.refused(&said.tags).into_iter().map(Invalid::from));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        if self.has_groups() {
            want.sort_keys();
        }
        want.insert(PARTITION.to_owned(), json!(refs.scope().partition));
        want.insert(ACCOUNT.to_owned(), json!(refs.scope().account));
        Ok(want)
    }
}

impl Leaf {
    /// Its value in the state; none if the state has no such member. `before` has the rows that
    /// come before this one.
    pub(super) fn wanted(
        &self,
        said: Option<&Value>,
        before: &Tree,
        refs: &mut Refs<'_>,
        problems: &mut Vec<Invalid>,
    ) -> Option<Value> {
        match (said, &self.null) {
            (Some(Value::Null), Null::None(none)) => Some(self.form.canonical(none.clone())),
            (Some(Value::Null), Null::Unset(_)) => Some(Value::Null),
            (Some(Value::String(word)), Null::Unset(Some(none))) if word == none => {
                Some(Value::Null)
            }
            (Some(Value::Null), Null::Never(why, help)) => {
                problems.push(Invalid::new(&*self.path, why.as_ref()).help(help.as_ref()));
                None
            }
            (Some(Value::Null) | None, _) => {
                let value = self.unsaid(problems);
                (!value.is_null() || !self.is_left_out()).then_some(value)
            }
            (Some(value), _) => {
                self.form.check(&self.path, value, refs, problems);
                self.said(value, before, refs, problems)
            }
        }
    }

    fn said(
        &self,
        value: &Value,
        before: &Tree,
        refs: &mut Refs<'_>,
        problems: &mut Vec<Invalid>,
    ) -> Option<Value> {
        Some(match &self.form {
            Form::Target(named) => named.one(&self.path, value, refs, problems),
            Form::Targets { .. } => self.form.many(&self.path, value, before, refs, problems),
            Form::Key { .. } => self.form.key(&self.path, value, refs, problems),
            Form::Role { .. } => self.form.role(&self.path, value, refs, problems),
            Form::Keyed(keyed) => keyed.entries(&self.path, value, before, refs, problems),
            Form::Group { rows, .. } => {
                let members = rows.iter().filter_map(|row| {
                    let said = value.get(row.name())?;
                    let value = row.wanted(Some(said), before, refs, problems)?;
                    Some((row.name().to_owned(), value))
                });
                let mut members: Tree = members.collect();
                members.sort_keys();
                return (!members.is_empty()).then_some(Value::Object(members));
            }
            Form::Policy { dialect, word: Some(word), .. } => {
                word.canonical(value.clone(), *dialect, &scope_context(refs))
            }
            form => form.canonical(value.clone()),
        })
    }

    fn unsaid(&self, problems: &mut Vec<Invalid>) -> Value {
        match &self.absent {
            Absent::Means(value) | Absent::Always(value) => value.clone(),
            Absent::Required(why, help) => {
                problems.push(Invalid::new(&*self.path, why.as_ref()).help(help.as_ref()));
                Value::Null
            }
            Absent::Unmanaged | Absent::Derived => Value::Null,
        }
    }
}

impl Form {
    /// The value as a state contains it: sets and the keys of documents sorted, and switches that
    /// are off without details.
    pub(super) fn canonical(&self, value: Value) -> Value {
        match self {
            Self::Set { .. }
            | Self::Allowed(_)
            | Self::Words { .. }
            | Self::Targets { one_of_each: None, .. } => {
                json!(texts(&value).collect::<BTreeSet<_>>())
            }
            Self::Items { .. } => tree::canonical(value),
            Self::Switch { details, .. } => {
                let on = value.get(ENABLED).and_then(Value::as_bool).unwrap_or(true);
                let mut whole = Tree::from_iter([(ENABLED.to_owned(), json!(on))]);
                for detail in details {
                    let said = value.get(detail.path.as_ref()).filter(|_| on);
                    whole.insert(
                        detail.path.clone().into_owned(),
                        said.cloned().unwrap_or_default(),
                    );
                }
                Value::Object(whole)
            }
            Self::Policy { word: Some(word), .. } if value == *word.word => value,
            Self::Policy { .. } => {
                policy(self, &value).map_or(value, |document| document.as_value().clone())
            }
            _ => value,
        }
    }

    fn check(&self, field: &str, value: &Value, refs: &Refs<'_>, problems: &mut Vec<Invalid>) {
        match self {
            Self::Int(range) => problems.extend(range.refused(field, value)),
            Self::Text(check) => {
                let text = value.as_str();
                problems.extend(text.and_then(|text| check.refused(field, text, refs.scope())));
            }
            Self::Script(wrong) => {
                let wrong = value.as_str().and_then(wrong);
                problems.extend(wrong.map(|(why, help)| Invalid::new(field, why).help(help)));
            }
            Self::Set { of, max, too_many } | Self::Allowed(Allowed { of, max, too_many, .. }) => {
                counted(field, value, *max, too_many, problems);
                listed_once(field, value, problems, &mut |field, item, problems| {
                    let text = item.as_str().unwrap_or_default();
                    problems.extend(of.refused(field, text, refs.scope()));
                });
            }
            Self::Words { .. } => listed_once(field, value, problems, &mut |_, _, _| {}),
            Self::Items { of, max: (max, too_many) } => {
                counted(field, value, *max, too_many, problems);
                let items = tree::in_order(value);
                listed_once(field, &items, problems, &mut |field, item, problems| {
                    of.check_members(field, item, refs, problems);
                });
            }
            Self::Keyed(Keyed { max: (max, too_many), .. }) => {
                counted(field, value, *max, too_many, problems);
            }
            Self::Properties(properties) => {
                properties.check(field, value, refs.scope(), problems);
            }
            Self::Target(named) => problems.extend(named.refused(field, value)),
            Self::Targets { each, min, max, .. } => {
                if let Value::Array(items) = value {
                    listed(field, items, each, (min, max), problems);
                }
            }
            Self::Policy { word: Some(word), .. } if !value.is_object() => {
                if *value != *word.word {
                    let why = format!("neither a policy document nor the word `{}`", word.word);
                    problems.push(Invalid::new(field, why));
                }
            }
            Self::Policy { dialect, .. } => {
                policies::checked(field, value, *dialect, refs.scope(), problems);
            }
            Self::Switch { details, .. } => {
                let Some(members) = value.as_object() else { return };
                for detail in details {
                    let said = get(members, &detail.path);
                    if !said.is_null() {
                        let field = format!("{field}.{}", detail.path);
                        detail.form.check(&field, said, refs, problems);
                    }
                }
            }
            // Each row of a group is checked by itself; a key and a role when it is known which one
            // is meant.
            Self::Bool | Self::Word { .. } | Self::Key { .. } | Self::Role { .. } => {}
            Self::Group { .. } | Self::Choice { .. } => {}
        }
    }

    /// Checks the members of a group in a list: they are not rows of their own.
    fn check_members(
        &self,
        field: &str,
        value: &Value,
        refs: &Refs<'_>,
        problems: &mut Vec<Invalid>,
    ) {
        let (Self::Group { rows, .. } | Self::Choice { rows, .. }) = self else {
            return self.check(field, value, refs, problems);
        };
        for row in rows {
            if let Some(said) = value.get(row.name()).filter(|said| !said.is_null()) {
                let field = format!("{field}.{}", row.name());
                row.form.check_members(&field, said, refs, problems);
            }
        }
    }

    /// The maximum number of entries.
    pub(super) fn most(&self) -> usize {
        match self {
            Self::Set { max, .. } | Self::Targets { max: (max, _), .. } => *max,
            Self::Items { max: (max, _), .. } => *max,
            _ => usize::MAX,
        }
    }
}

fn counted(
    field: &str,
    list: &Value,
    max: usize,
    too_many: &(Text, Text),
    problems: &mut Vec<Invalid>,
) {
    let items = list.as_array().map_or(0, Vec::len);
    if items > max {
        let count = |name: &str| match name {
            "count" => Some(items.to_string()),
            "max" => Some(max.to_string()),
            _ => None,
        };
        let why = template::filled(&too_many.0, &count).unwrap_or_default();
        problems.push(Invalid::new(field, why).help(too_many.1.as_ref()));
    }
}

/// Checks each item of a list by itself, and that it occurs once.
fn listed_once(
    field: &str,
    list: &Value,
    problems: &mut Vec<Invalid>,
    check: &mut dyn FnMut(&str, &Value, &mut Vec<Invalid>),
) {
    let items = list.as_array().map_or(&[][..], Vec::as_slice);
    for (index, item) in items.iter().enumerate() {
        let field = format!("{field}[{index}]");
        check(&field, item, problems);
        if items[..index].contains(item) {
            let item = item.as_str().map_or_else(|| item.to_string(), str::to_owned);
            let why = format!("`{item}` occurs twice");
            problems.push(Invalid::new(field, why).help("keep one"));
        }
    }
}

impl Range {
    fn refused(&self, field: &str, value: &Value) -> Option<Invalid> {
        let Self { min, max, unit, help } = self;
        let number = value.as_i64()?;
        let why = format!("{number} is not within {min} and {max} {unit}");
        (!(*min..=*max).contains(&number)).then(|| Invalid::new(field, why).help(help.as_ref()))
    }
}

impl Check {
    pub(super) fn refused(self, field: &str, text: &str, scope: &ScopeFacts) -> Option<Invalid> {
        match self {
            Self::Any | Self::OrNumber => None,
            Self::Length(length) => length.refused(field, text).map(Invalid::from),
            // What is not known yet has no form yet.
            Self::Form(_) | Self::Scoped(_) if has_placeholder(text) => None,
            Self::Form(wrong) => {
                let (why, help) = wrong(text)?;
                Some(Invalid::new(field, format!("`{text}` {why}")).help(help))
            }
            Self::Scoped(wrong) => {
                let (why, help) = wrong(scope, text)?;
                Some(Invalid::new(field, why).help(help))
            }
        }
    }
}
