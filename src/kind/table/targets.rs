//! Other resources that a leaf names, by id, reference or lookup; and the choice among what a
//! lookup finds.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize as _;
use serde_json::{Value, json};

use super::{Form, Named, Text, Tree, get, template, texts};
use crate::kind::{
    Accepts, ID_HELP, Invalid, LookupItem, Refs, Target, Targets, is_literal_id, is_placeholder,
};

/// The prefix of what is named by its ARN.
const ARN: &str = "arn:";

impl Named {
    /// The id that a target stands for, or its placeholder.
    pub(super) fn one(
        &self,
        field: &str,
        said: &Value,
        refs: &mut Refs<'_>,
        problems: &mut Vec<Invalid>,
    ) -> Value {
        let resolved = resolved(field, said, self.accepts, refs);
        match resolved {
            Ok(id) => json!(id),
            Err(problem) => {
                problems.push(problem);
                // Not null: that would mean that it is not managed, and lookups within it would
                // find everything.
                json!("")
            }
        }
    }

    /// Why a literal id is invalid.
    pub(super) fn refused(&self, field: &str, said: &Value) -> Option<Invalid> {
        let (id, prefix) = (said.as_str()?, self.prefix.as_ref());
        if prefix == ARN {
            let why = format!("`{id}` is not an ARN");
            let help = "write it whole, from `arn:` on, or {ref: name}";
            return (!id.starts_with(ARN)).then(|| Invalid::new(field, why).help(help));
        }
        let fits = prefix.is_empty() || is_literal_id(id, prefix);
        let why = format!("`{id}` is not an id of the form `{prefix}…`");
        let invalid = Invalid::new(field, why);
        (!fits).then(|| if id.starts_with(prefix) { invalid.help(ID_HELP) } else { invalid })
    }
}

/// What a target stands for, or its placeholder.
pub(super) fn resolved(
    field: &str,
    said: &Value,
    accepts: Accepts,
    refs: &mut Refs<'_>,
) -> Result<String, Invalid> {
    let target = Target::deserialize(said);
    let target = target.map_err(|error| Invalid::new(field, error.to_string()))?;
    refs.one(field, &target, accepts)
}

impl Form {
    /// The ARN of the role that a target stands for, or its placeholder.
    pub(super) fn role(
        &self,
        field: &str,
        said: &Value,
        refs: &mut Refs<'_>,
        problems: &mut Vec<Invalid>,
    ) -> Value {
        let Self::Role { accepts, check } = self else { return Value::Null };
        match resolved(field, said, *accepts, refs) {
            Ok(arn) => {
                if !is_placeholder(&arn) {
                    problems.extend(check.refused(field, &arn, refs.scope()));
                }
                json!(arn)
            }
            Err(problem) => {
                problems.push(problem);
                // Not null: that would mean that it is not managed.
                json!("")
            }
        }
    }

    /// The ids that targets stand for: a set, or one set of alternatives for each value of the
    /// attribute by which they are alternatives.
    pub(super) fn many(
        &self,
        field: &str,
        said: &Value,
        before: &Tree,
        refs: &mut Refs<'_>,
        problems: &mut Vec<Invalid>,
    ) -> Value {
        let Self::Targets { each, within, one_of_each, single_while, .. } = self else {
            return Value::Null;
        };
        let within = within
            .as_ref()
            .and_then(|(attribute, leaf)| Some((attribute.as_ref(), get(before, leaf).as_str()?)));
        let is_single =
            single_while.as_ref().is_some_and(|(leaf, value)| get(before, leaf) == value);
        let found = Targets::deserialize(said)
            .map_err(|error| vec![Invalid::new(field, error.to_string())])
            .and_then(|targets| match (&targets, each.accepts.lookup) {
                (Targets::Lookup(lookup), Some(kind)) if is_single => {
                    Ok(vec![refs.find_one(field, kind, lookup, within)])
                }
                _ => refs.many(field, &targets, each.accepts, within),
            });
        match (found, one_of_each) {
            (Ok(found), Some(attribute)) => json!(alternatives(found, attribute)),
            (Ok(found), None) => {
                json!(found.into_iter().map(|item| item.id).collect::<BTreeSet<_>>())
            }
            (Err(wrong), _) => {
                problems.extend(wrong);
                // Not null, as above.
                json!([])
            }
        }
    }
}

/// What is wrong with a list of targets, apart from what each refers to.
pub(super) fn listed(
    field: &str,
    items: &[Value],
    each: &Named,
    (min, max): (&(usize, Text), &(usize, Text)),
    problems: &mut Vec<Invalid>,
) {
    let count = items.len();
    if count < min.0 {
        problems.push(Invalid::new(field, min.1.as_ref()));
    }
    if count > max.0 {
        let value = |name: &str| match name {
            "count" => Some(count.to_string()),
            "max" => Some(max.0.to_string()),
            _ => None,
        };
        let why = template::filled(&max.1, &value).unwrap_or_default();
        problems.push(Invalid::new(field, why));
    }
    for (index, item) in items.iter().enumerate() {
        let field = format!("{field}[{index}]");
        problems.extend(each.refused(&field, item));
        if let Some(first) = items[..index].iter().position(|other| other == item) {
            problems.push(Invalid::new(field, format!("is the same as number {first}")));
        }
    }
}

/// One set of alternatives for each value of the attribute. A target that is named by id is its own
/// set, even if a lookup finds others with the same value.
fn alternatives(found: Vec<LookupItem>, attribute: &str) -> Vec<BTreeSet<String>> {
    let (found, named): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|item| item.attributes.contains_key(attribute));
    let mut by_value: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for item in found {
        by_value.entry(item.attributes[attribute].clone()).or_default().insert(item.id);
    }
    let named: BTreeSet<String> = named.into_iter().map(|item| item.id).collect();
    let mut sets: Vec<_> = by_value.into_values().filter(|set| set.is_disjoint(&named)).collect();
    sets.extend(named.into_iter().map(|id| BTreeSet::from([id])));
    sets.sort();
    sets
}

/// Of each set of alternatives the one that is in use, so that nobody's connections move; if none
/// is, the lowest id.
pub(super) fn choice(want: &Value, have: &Value) -> BTreeSet<String> {
    let live = chosen(have);
    let sets = want.as_array().into_iter().flatten();
    sets.filter_map(|set| {
        let set: BTreeSet<_> = texts(set).map(str::to_owned).collect();
        set.intersection(&live).next().or(set.first()).cloned()
    })
    .collect()
}

/// What is in use in a live state, or what a create takes: the lowest id of each set.
pub fn chosen(sets: &Value) -> BTreeSet<String> {
    let sets = sets.as_array().into_iter().flatten();
    sets.filter_map(|set| texts(set).min().map(str::to_owned)).collect()
}

/// Each id as a set of its own, as live states have them.
pub fn singles(ids: impl IntoIterator<Item = String>) -> Value {
    let ids: BTreeSet<String> = ids.into_iter().collect();
    json!(ids.into_iter().map(|id| [id]).collect::<Vec<_>>())
}
