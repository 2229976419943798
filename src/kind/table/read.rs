//! Reads a spec as data: an unknown field, or a value of a wrong type, is an error with its path,
//! worded as serde words it.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Value, json};

use super::{Check, Form, Keyed, Leaf, Null, Table, Text, Tree, tree};
use crate::{
    baseline::guardrails::Use,
    kind::{TagSpec, Target, Targets, blocks::POLICY_BLOCKS, typed},
};

/// The name of the tags' field.
pub(super) const TAGS: &str = "tags";
/// The field that says whether a switch is on.
pub(super) const ENABLED: &str = "enabled";

/// The content of a spec, leaf by leaf.
pub(super) struct Said {
    /// By path; what is not named is missing.
    pub(super) leaves: Tree,
    pub(super) tags: TagSpec,
}

/// Reads a spec.
pub(super) fn read(
    table: &Table,
    spec: &Value,
) -> Result<Said, serde_path_to_error::Error<serde_json::Error>> {
    let extra: &[&str] = match (table.policy_dialect().is_some(), table.tags.is_some()) {
        (true, true) => &[POLICY_BLOCKS, TAGS],
        (true, false) => &[POLICY_BLOCKS],
        (false, true) => &[TAGS],
        (false, false) => &[],
    };
    let group = Group { name: "Spec", rows: &table.leaves, extra };
    typed::seeded(group, spec).map(|mut leaves| {
        let tags = leaves.remove(TAGS).unwrap_or_default();
        Said { leaves, tags: TagSpec::deserialize(tags).unwrap_or_default() }
    })
}

/// An object whose members are rows, and a few that are not.
struct Group<'t> {
    name: &'t str,
    rows: &'t [Leaf],
    extra: &'t [&'static str],
}

impl<'de> DeserializeSeed<'de> for Group<'_> {
    type Value = Tree;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        deserializer.deserialize_struct("", &[], self)
    }
}

impl<'de> Visitor<'de> for Group<'_> {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "struct {}", self.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut read = Tree::new();
        while let Some(name) = map.next_key_seed(Name(&self))? {
            let value = match self.row(&name) {
                Some(row) => map.next_value_seed(Row(row))?,
                None if name == TAGS => {
                    json!(map.next_value::<BTreeMap<String, Option<String>>>()?)
                }
                None if name == POLICY_BLOCKS => json!(map.next_value::<Vec<Use>>()?),
                None => json!(map.next_value::<bool>()?),
            };
            read.insert(name, value);
        }
        Ok(read)
    }
}

/// The name of a member. An unknown one is an error of the name, so that it is in the error's path.
struct Name<'t>(&'t Group<'t>);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("field identifier")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<String, E> {
        if self.0.row(name).is_some() || self.0.extra.contains(&name) {
            return Ok(name.to_owned());
        }
        Err(self.0.unknown(name))
    }
}

impl Group<'_> {
    fn row(&self, name: &str) -> Option<&Leaf> {
        self.rows.iter().find(|row| row.is_written() && row.name() == name)
    }

    fn unknown<E: serde::de::Error>(&self, name: &str) -> E {
        let rows = self.rows.iter().filter(|row| row.is_written()).map(Leaf::name);
        // A switch's `enabled` comes before its details; tags come last.
        let (before, after): (Vec<&str>, Vec<&str>) =
            self.extra.iter().partition(|name| **name == ENABLED);
        let all = before.into_iter().chain(rows).chain(after);
        E::custom(format!("unknown field `{name}`, expected {}", one_of(all)))
    }
}

/// As serde words it.
fn one_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    match &names[..] {
        [one, two] => format!("{one} or {two}"),
        [one] => one.clone(),
        all => format!("one of {}", all.join(", ")),
    }
}

/// The value of one row, `null` if that has a meaning.
struct Row<'t>(&'t Leaf);

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.0.null {
            Null::Refused => Shape(&self.0.form).deserialize(deserializer),
            Null::Absent | Null::None(_) | Null::Unset(_) | Null::Never(..) => {
                deserializer.deserialize_option(self)
            }
        }
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("option")
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Shape(&self.0.form).deserialize(deserializer)
    }
}

/// A value of this form.
struct Shape<'t>(&'t Form);

impl<'de> DeserializeSeed<'de> for Shape<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.0 {
            Form::Bool => bool::deserialize(deserializer).map(Value::from),
            Form::Int(_) => i64::deserialize(deserializer).map(Value::from),
            Form::Text(Check::OrNumber) => match Value::deserialize(deserializer)? {
                Value::Number(number) if number.is_i64() => Ok(Value::from(number.to_string())),
                other => String::deserialize(other).map(Value::from).map_err(D::Error::custom),
            },
            Form::Text(_) | Form::Script(_) => String::deserialize(deserializer).map(Value::from),
            Form::Word { words, .. } => {
                word(Value::deserialize(deserializer)?, words).map_err(D::Error::custom)
            }
            Form::Set { .. } | Form::Allowed(_) => deserializer.deserialize_seq(Texts),
            Form::Words { words, .. } => deserializer.deserialize_seq(Words(words)),
            Form::Items { of, .. } | Form::Keyed(Keyed { of, .. }) => {
                deserializer.deserialize_seq(Items(of))
            }
            Form::Group { name, rows, .. } => {
                Group { name, rows, extra: &[] }.deserialize(deserializer).map(Value::Object)
            }
            Form::Choice { name, rows, .. } => {
                let all = Group { name, rows, extra: &[] }.deserialize(deserializer)?;
                let names = rows.iter().map(Leaf::name).collect::<Vec<_>>().join(", ");
                match all.values().filter(|value| !tree::is_none(value)).count() {
                    1 => Ok(Value::Object(all)),
                    count => Err(D::Error::custom(format!(
                        "exactly one of {names} is needed, not {count}"
                    ))),
                }
            }
            Form::Key { .. } | Form::Role { .. } => {
                Target::deserialize(deserializer).map(|target| json!(target))
            }
            Form::Policy { .. } | Form::Properties(_) => Value::deserialize(deserializer),
            Form::Target(_) => Target::deserialize(deserializer).map(|target| json!(target)),
            Form::Targets { .. } => Targets::deserialize(deserializer).map(|all| json!(all)),
            Form::Switch { name, details, .. } => Group { name, rows: details, extra: &[ENABLED] }
                .deserialize(deserializer)
                .map(Value::Object),
        }
    }
}

/// One of these words, read as [`typed`] reads an enum.
fn word(value: Value, words: &[(Text, Text)]) -> Result<Value, String> {
    let known = words.iter().map(|(known, _)| known.as_ref());
    match &value {
        Value::String(word) if words.iter().any(|(known, _)| known == word) => Ok(value),
        Value::String(word) => Err(format!("unknown variant `{word}`, expected {}", one_of(known))),
        other => {
            let known: Vec<_> = known.collect();
            let found = typed::what(other);
            Err(format!("{found} stands where one of {} is needed", known.join(", ")))
        }
    }
}

/// A list of texts.
struct Texts;

impl<'de> Visitor<'de> for Texts {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(text) = items.next_element::<String>()? {
            all.push(Value::from(text));
        }
        Ok(Value::Array(all))
    }
}

/// A list of words.
struct Words<'t>(&'t [(Text, Text)]);

impl<'de> Visitor<'de> for Words<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element::<Value>()? {
            all.push(word(item, self.0).map_err(A::Error::custom)?);
        }
        Ok(Value::Array(all))
    }
}

/// A list of values of this form.
struct Items<'t>(&'t Form);

impl<'de> Visitor<'de> for Items<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element_seed(Shape(self.0))? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }
}
