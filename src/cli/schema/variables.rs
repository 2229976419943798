//! `${var.NAME}` where a field takes a number, a truth value or one of some words: the text stands
//! for a value of that type, so that a schema must take it too.

use serde_json::{Map, Value, json};

/// A text that is one variable and nothing else.
const PATTERN: &str = r"^\$\{var\.[^{}]+\}$";

/// Makes a schema, and everything below it, take variables.
pub(super) fn allow(schema: &mut Value) {
    let Some(map) = schema.as_object_mut() else { return };
    for key in ["properties", "definitions", "patternProperties"] {
        if let Some(Value::Object(members)) = map.get_mut(key) {
            members.values_mut().for_each(allow);
        }
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = map.get_mut(key) {
            allow(inner);
        }
    }
    for key in ["anyOf", "allOf", "oneOf"] {
        let Some(Value::Array(choices)) = map.get_mut(key) else { continue };
        // Of two alternatives that both take a variable, `oneOf` would take neither.
        let plain = |choice: &Value| choice["properties"].is_null() && choice["$ref"].is_null();
        for choice in choices.iter_mut().filter(|it| key != "oneOf" || !plain(it)) {
            allow(choice);
        }
        if key == "oneOf" && choices.iter().all(|choice| choice["const"].is_string()) {
            choices.push(variable());
        }
    }
    if is_closed(map) {
        let about = ["title", "description", "default", "examples"];
        let (kept, rest): (Map<_, _>, Map<_, _>) =
            std::mem::take(map).into_iter().partition(|(key, _)| about.contains(&key.as_str()));
        *map = kept;
        map.insert("anyOf".to_owned(), json!([rest, variable()]));
    }
}

fn variable() -> Value {
    json!({"type": "string", "pattern": PATTERN})
}

/// Whether it takes no text, or only certain ones.
fn is_closed(map: &Map<String, Value>) -> bool {
    let typed = |name: &str| match map.get("type") {
        Some(Value::String(one)) => one == name,
        Some(Value::Array(all)) => all.iter().any(|it| it == name),
        _ => false,
    };
    let number = ["integer", "number", "boolean"].into_iter().any(typed);
    let words = map.get("enum").and_then(Value::as_array);
    let words = words.is_some_and(|words| words.iter().any(Value::is_string));
    words || (number && !typed("string"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_switches_and_words_take_a_variable_and_texts_are_as_they_were() {
        let mut schema = json!({
            "type": "object",
            "properties": {
                "idle": {"type": ["integer", "null"], "minimum": 60, "description": "Minutes."},
                "on": {"type": "boolean", "default": true},
                "mode": {"enum": ["a", "b"]},
                "meaning": {"oneOf": [{"const": "a"}, {"const": "b"}]},
                "port": {"type": ["string", "integer"]},
                "name": {"type": "string"},
                "list": {"type": "array", "items": {"type": "integer"}}
            }
        });
        allow(&mut schema);
        let variable = variable();
        let fields = &schema["properties"];
        assert_eq!(
            fields["idle"],
            json!({
                "description": "Minutes.",
                "anyOf": [{"type": ["integer", "null"], "minimum": 60}, variable]
            })
        );
        assert_eq!(
            fields["on"],
            json!({"default": true, "anyOf": [{"type": "boolean"}, variable]})
        );
        assert_eq!(fields["mode"], json!({"anyOf": [{"enum": ["a", "b"]}, variable]}));
        assert_eq!(fields["meaning"]["oneOf"][2], variable);
        assert_eq!(fields["port"], json!({"type": ["string", "integer"]}));
        assert_eq!(fields["name"], json!({"type": "string"}));
        assert_eq!(fields["list"]["items"]["anyOf"][1], variable);
    }
}
