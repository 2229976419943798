//! From what a manifest says to what is wanted: everything that can be wrong without asking AWS, all of it at once.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    ACCOUNT, Absent, Check, Form, Leaf, Null, PARTITION, Range, Table, Tree, get,
    policy::{policy, scope_context},
    read::{ENABLED, Said},
    targets::listed,
    template, texts,
};
use crate::kind::{Invalid, Refs, policies};

impl Table {
    /// The wanted state: a member a row, `null` where it is not managed.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the rows.
    pub(super) fn wanted(&self, said: &Said, refs: &mut Refs<'_>) -> Result<Tree, Vec<Invalid>> {
        let mut problems = Vec::new();
        let mut want = Tree::new();
        for leaf in &self.leaves {
            let said = said.leaves.get(leaf.path.as_ref());
            let value = leaf.wanted(said, &want, refs, &mut problems);
            want.insert(leaf.path.clone().into_owned(), value);
        }
        (self.settle)(&mut want, refs, &mut problems);
        // What is wrong with several leaves together stands with the first of them.
        problems.sort_by_key(|problem| {
            self.leaves.iter().position(|leaf| is_at(&problem.field, &leaf.path))
        });
        if let Some(tags) = &self.tags {
            problems.extend(tags.rules.refused(&said.tags).into_iter().map(Invalid::from));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        want.insert(PARTITION.to_owned(), json!(refs.scope().partition));
        want.insert(ACCOUNT.to_owned(), json!(refs.scope().account));
        Ok(want)
    }
}

/// Whether a field is this leaf or a part of it.
pub(super) fn is_at(field: &str, path: &str) -> bool {
    field.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

impl Leaf {
    /// `before` has the rows that stand before this one.
    fn wanted(
        &self,
        said: Option<&Value>,
        before: &Tree,
        refs: &mut Refs<'_>,
        problems: &mut Vec<Invalid>,
    ) -> Value {
        match (said, &self.null) {
            (Some(Value::Null), Null::None(none)) => self.form.canonical(none.clone()),
            (Some(Value::Null) | None, _) => self.unsaid(problems),
            (Some(value), _) => {
                self.form.check(&self.path, value, refs, problems);
                match &self.form {
                    Form::Target(named) => named.one(&self.path, value, refs, problems),
                    Form::Targets { .. } => {
                        self.form.many(&self.path, value, before, refs, problems)
                    }
                    Form::Policy { dialect, word: Some(word), .. } => {
                        word.canonical(value.clone(), *dialect, &scope_context(refs))
                    }
                    form => form.canonical(value.clone()),
                }
            }
        }
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
    /// The value as it stands in a state: sets and the keys of documents sorted, what is off without how it would be.
    pub(super) fn canonical(&self, value: Value) -> Value {
        match self {
            Self::Set { .. } | Self::Targets { one_of_each: None, .. } => {
                json!(texts(&value).collect::<BTreeSet<_>>())
            }
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
                problems.extend(value.as_str().and_then(|text| check.refused(field, text)));
            }
            Self::Set { of, max, too_many } => {
                let items: Vec<_> = texts(value).collect();
                if items.len() > *max {
                    let count = |name: &str| match name {
                        "count" => Some(items.len().to_string()),
                        "max" => Some(max.to_string()),
                        _ => None,
                    };
                    let why = template::filled(&too_many.0, &count).unwrap_or_default();
                    problems.push(Invalid::new(field, why).help(too_many.1.as_ref()));
                }
                for (index, item) in items.iter().enumerate() {
                    let field = format!("{field}[{index}]");
                    problems.extend(of.refused(&field, item));
                    if items[..index].contains(item) {
                        let why = format!("`{item}` occurs twice");
                        problems.push(Invalid::new(field, why).help("keep one"));
                    }
                }
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
            Self::Bool | Self::Word { .. } => {}
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
    fn refused(self, field: &str, text: &str) -> Option<Invalid> {
        match self {
            Self::Any => None,
            Self::Length(length) => length.refused(field, text).map(Invalid::from),
            Self::Form(wrong) => {
                let (why, help) = wrong(text)?;
                Some(Invalid::new(field, format!("`{text}` {why}")).help(help))
            }
        }
    }
}
