//! The JSON schema (draft 7) of a table's spec.

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde_json::{Value, json};

use super::{Absent, Check, Form, Keyed, Leaf, Null, Range, Table, Text, Tree, expand, read};
use crate::kind::{Target, Targets, blocks::POLICY_BLOCKS};

impl Table {
    /// The schema of the spec, with the word lists and switches that it refers to.
    pub(super) fn schema(&self) -> Schema {
        let mut definitions = Tree::new();
        let mut properties = members(&self.leaves, &mut definitions);
        if let Some(blocks) = self.blocks_schema() {
            properties.insert(POLICY_BLOCKS.to_owned(), blocks);
        }
        if let Some(tags) = &self.tags {
            properties.insert(
                read::TAGS.to_owned(),
                json!({
                    "type": "object",
                    "additionalProperties": {"type": ["string", "null"]},
                    "description": tags.about,
                    "default": {}
                }),
            );
        }
        let mut required = required(&self.leaves);
        if self.policy_dialect().is_some() {
            required.retain(|name| *name != expand::POLICY);
        }
        let mut whole = json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": "Spec",
            "description": self.about,
            "type": "object",
            "properties": properties,
            "additionalProperties": false
        });
        if !required.is_empty() {
            whole["required"] = json!(required);
        }
        if !definitions.is_empty() {
            whole["definitions"] = Value::Object(definitions);
        }
        Schema::try_from(whole).unwrap_or_default()
    }
}

/// The names of the rows that must be there.
fn required(leaves: &[Leaf]) -> Vec<&str> {
    let is_required = |leaf: &&Leaf| matches!(leaf.absent, Absent::Required(..));
    leaves.iter().filter(is_required).map(Leaf::name).collect()
}

fn members(leaves: &[Leaf], definitions: &mut Tree) -> Tree {
    let written = leaves.iter().filter(|leaf| leaf.is_written());
    written.map(|leaf| (leaf.name().to_owned(), property(leaf, definitions))).collect()
}

fn property(leaf: &Leaf, definitions: &mut Tree) -> Value {
    // A row that cannot be none reports `null` with a message of its own.
    let nullable = !matches!(leaf.null, Null::Refused | Null::Never(..));
    let mut schema = match &leaf.form {
        Form::Bool => typed("boolean", nullable),
        Form::Int(range) => whole_number(range, nullable),
        Form::Text(Check::OrNumber) => {
            let types = ["string", "integer"].into_iter().chain(nullable.then_some("null"));
            json!({"type": types.collect::<Vec<_>>()})
        }
        Form::Text(_) | Form::Script(_) => typed("string", nullable),
        Form::Set { .. } | Form::Allowed(_) => {
            let mut list = typed("array", nullable);
            list["items"] = typed("string", false);
            list
        }
        Form::Policy { word: None, .. } => json!({"type": "object", "additionalProperties": true}),
        Form::Policy { word: Some(word), .. } => {
            let document = json!({"type": "object", "required": ["Statement"]});
            let none = nullable.then(|| typed("null", false));
            let all: Vec<_> =
                [document, json!({"const": word.word})].into_iter().chain(none).collect();
            json!({"anyOf": all})
        }
        Form::Target(_) => foreign::<Target>(nullable, definitions),
        Form::Targets { .. } => foreign::<Targets>(nullable, definitions),
        Form::Key { .. } | Form::Role { .. } => foreign::<Target>(nullable, definitions),
        Form::Word { name, about, words, .. } => {
            defined(name, listed(about, words), nullable, definitions)
        }
        Form::Words { name, about, words } => {
            let mut list = typed("array", nullable);
            list["items"] = defined(name, listed(about, words), false, definitions);
            list
        }
        Form::Items { of, .. } => listing(of, nullable, definitions),
        Form::Keyed(Keyed { of, examples, .. }) => {
            let mut list = listing(of, nullable, definitions);
            list["examples"] = json!([examples().first()]);
            list
        }
        Form::Group { name, about, rows } => {
            let group = group(about, rows, definitions);
            defined(name, group, nullable, definitions)
        }
        Form::Choice { .. } => item(&leaf.form, definitions),
        Form::Properties(properties) => properties.schema(),
        Form::Switch { name, about, enabled, details, .. } => {
            let mut properties = Tree::new();
            properties.insert(
                read::ENABLED.to_owned(),
                json!({"type": "boolean", "description": enabled, "default": true}),
            );
            properties.extend(members(details, definitions));
            let group = json!({
                "description": about,
                "type": "object",
                "properties": properties,
                "additionalProperties": false
            });
            defined(name, group, nullable, definitions)
        }
    };
    schema["description"] = json!(leaf.about);
    let is_reference = matches!(
        leaf.form,
        Form::Word { .. }
            | Form::Switch { .. }
            | Form::Target(_)
            | Form::Targets { .. }
            | Form::Key { .. }
            | Form::Role { .. }
            | Form::Group { .. }
    );
    match (&leaf.absent, &leaf.null) {
        // A default of `null` would tell editors that `null` is the same as omitting the field.
        (Absent::Unmanaged | Absent::Means(_) | Absent::Derived, Null::Absent) if !is_reference => {
            schema["default"] = Value::Null;
        }
        (Absent::Means(value), Null::Refused) if !is_reference => schema["default"] = value.clone(),
        _ => {}
    }
    schema
}

fn listing(of: &Form, nullable: bool, definitions: &mut Tree) -> Value {
    let mut list = typed("array", nullable);
    list["items"] = item(of, definitions);
    list
}

/// A closed list of words, with their meanings if they have them.
fn listed(about: &Text, words: &[(Text, Text)]) -> Value {
    if words.iter().all(|(_, about)| about.is_empty()) {
        let words: Vec<_> = words.iter().map(|(word, _)| word).collect();
        return json!({"description": about, "type": "string", "enum": words});
    }
    let words = words
        .iter()
        .map(|(word, about)| json!({"type": "string", "const": word, "description": about}));
    json!({"description": about, "oneOf": words.collect::<Vec<_>>()})
}

fn group(about: &Text, rows: &[Leaf], definitions: &mut Tree) -> Value {
    json!({
        "description": about,
        "type": "object",
        "properties": members(rows, definitions),
        "additionalProperties": false
    })
}

/// The items of a list, or an alternative of them.
fn item(form: &Form, definitions: &mut Tree) -> Value {
    match form {
        // A group of settings takes those that are named; an entry is one whole.
        Form::Group { name, about, rows } => {
            let mut group = group(about, rows, definitions);
            let required = required(rows);
            if !required.is_empty() {
                group["required"] = json!(required);
            }
            defined(name, group, false, definitions)
        }
        Form::Choice { name, about, rows } => {
            let one = |row: &Leaf, definitions: &mut Tree| {
                let property = item(&row.form, definitions);
                json!({
                    "description": row.about,
                    "type": "object",
                    "properties": {row.name(): property},
                    "required": [row.name()],
                    "additionalProperties": false
                })
            };
            let all: Vec<_> = rows.iter().map(|row| one(row, definitions)).collect();
            let choice = json!({"description": about, "oneOf": all});
            defined(name, choice, false, definitions)
        }
        _ => typed("string", false),
    }
}

fn typed(word: &str, nullable: bool) -> Value {
    if nullable { json!({"type": [word, "null"]}) } else { json!({"type": word}) }
}

fn whole_number(range: &Range, nullable: bool) -> Value {
    let mut schema = typed("integer", nullable);
    if range.min >= 0 && range.max <= i64::from(u16::MAX) {
        schema["format"] = json!("uint16");
    }
    schema["minimum"] = json!(range.min);
    schema["maximum"] = json!(range.max);
    schema
}

/// A reference to the schema of a type, which is added to the definitions with everything that it
/// refers to.
fn foreign<T: JsonSchema>(nullable: bool, definitions: &mut Tree) -> Value {
    let mut generator = SchemaSettings::draft07().into_generator();
    let part = generator.subschema_for::<T>();
    definitions.extend(generator.take_definitions(true));
    let part = part.to_value();
    if nullable { json!({"anyOf": [part, {"type": "null"}]}) } else { json!({"allOf": [part]}) }
}

/// A reference to a part that is added to the definitions.
fn defined(name: &Text, part: Value, nullable: bool, definitions: &mut Tree) -> Value {
    definitions.insert(name.clone().into_owned(), part);
    let reference = json!({"$ref": format!("#/definitions/{name}")});
    if nullable {
        json!({"anyOf": [reference, {"type": "null"}]})
    } else {
        json!({"allOf": [reference]})
    }
}
