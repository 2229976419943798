//! JSON patches (RFC 6902), applied strictly: an operation whose path is not there is an error.

use serde_json::Value;

/// One operation.
#[derive(Debug)]
pub(super) struct Step {
    kind: Kind,
    path: String,
}

#[derive(Debug)]
enum Kind {
    Add(Value),
    Remove,
    Replace(Value),
    Test(Value),
    Move(String),
    Copy(String),
}

impl Step {
    /// The paths that an operation reads or writes.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        let from = match &self.kind {
            Kind::Move(from) | Kind::Copy(from) => Some(from.as_str()),
            _ => None,
        };
        std::iter::once(self.path.as_str()).chain(from)
    }
}

/// The operations in a patch document.
///
/// # Errors
/// In words, if it is none.
pub(super) fn parse(text: &str) -> Result<Vec<Step>, String> {
    let document: Value =
        serde_json::from_str(text).map_err(|_| "The patch document is not JSON".to_owned())?;
    let steps = document.as_array().ok_or("The patch document is not a list")?;
    if steps.is_empty() {
        return Err("The patch document has no operation".to_owned());
    }
    steps.iter().map(step).collect()
}

fn step(step: &Value) -> Result<Step, String> {
    let path = step["path"].as_str().ok_or("An operation has no path")?;
    if !path.starts_with('/') {
        return Err(format!("The path {path} does not begin with /"));
    }
    let value = || step.get("value").cloned().ok_or("An operation has no value".to_owned());
    let from = || step["from"].as_str().map(str::to_owned).ok_or("An operation has no from");
    let kind = match step["op"].as_str().unwrap_or_default() {
        "add" => Kind::Add(value()?),
        "remove" => Kind::Remove,
        "replace" => Kind::Replace(value()?),
        "test" => Kind::Test(value()?),
        "move" => Kind::Move(from()?),
        "copy" => Kind::Copy(from()?),
        other => return Err(format!("There is no operation {other}")),
    };
    Ok(Step { kind, path: path.to_owned() })
}

/// Applies the operations in order, each to the result of the one before.
///
/// # Errors
/// In words; nothing is changed then.
pub(super) fn apply(model: &Value, steps: &[Step]) -> Result<Value, String> {
    let mut result = model.clone();
    for step in steps {
        let path = step.path.as_str();
        match &step.kind {
            Kind::Add(value) => add(&mut result, path, value.clone())?,
            Kind::Remove => {
                remove(&mut result, path)?;
            }
            Kind::Replace(value) => {
                let old = result.pointer_mut(path).ok_or_else(|| missing(path))?;
                *old = value.clone();
            }
            Kind::Test(value) => {
                let found = result.pointer(path).ok_or_else(|| missing(path))?;
                if found != value {
                    return Err(format!("The test of {path} failed"));
                }
            }
            Kind::Move(from) => {
                let value = remove(&mut result, from)?;
                add(&mut result, path, value)?;
            }
            Kind::Copy(from) => {
                let value = result.pointer(from).cloned().ok_or_else(|| missing(from))?;
                add(&mut result, path, value)?;
            }
        }
    }
    Ok(result)
}

fn missing(path: &str) -> String {
    format!("noSuchPath in source, path provided: {path}")
}

/// What the last part of a path is in, and that part without escapes.
fn parent<'v>(value: &'v mut Value, path: &str) -> Result<(&'v mut Value, String), String> {
    let (above, last) = path.rsplit_once('/').ok_or_else(|| missing(path))?;
    let parent = value.pointer_mut(above).ok_or_else(|| missing(path))?;
    Ok((parent, last.replace("~1", "/").replace("~0", "~")))
}

fn add(value: &mut Value, path: &str, new: Value) -> Result<(), String> {
    match parent(value, path)? {
        (Value::Object(members), name) => {
            members.insert(name, new);
        }
        (Value::Array(items), name) if name == "-" => items.push(new),
        (Value::Array(items), name) => {
            let index = name.parse().ok().filter(|index| *index <= items.len());
            items.insert(index.ok_or_else(|| missing(path))?, new);
        }
        _ => return Err(missing(path)),
    }
    Ok(())
}

fn remove(value: &mut Value, path: &str) -> Result<Value, String> {
    match parent(value, path)? {
        (Value::Object(members), name) => members.remove(&name).ok_or_else(|| missing(path)),
        (Value::Array(items), name) => {
            let index = name.parse().ok().filter(|index| *index < items.len());
            Ok(items.remove(index.ok_or_else(|| missing(path))?))
        }
        _ => Err(missing(path)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patched(model: &Value, patch: &Value) -> Result<Value, String> {
        apply(model, &parse(&patch.to_string())?)
    }

    #[test]
    fn operations_are_applied_in_order_each_to_the_result_of_the_one_before() {
        let model = json!({"A": 1, "L": [1, 2], "O": {"a/b": 1}});
        let patch = json!([
            {"op": "add", "path": "/A", "value": 2},
            {"op": "test", "path": "/A", "value": 2},
            {"op": "add", "path": "/L/-", "value": 3},
            {"op": "add", "path": "/L/0", "value": 0},
            {"op": "remove", "path": "/L/1"},
            {"op": "copy", "from": "/A", "path": "/B"},
            {"op": "move", "from": "/B", "path": "/C"},
            {"op": "replace", "path": "/O/a~1b", "value": 2},
        ]);
        let expected = json!({"A": 2, "L": [0, 2, 3], "O": {"a/b": 2}, "C": 2});
        assert_eq!(patched(&model, &patch), Ok(expected));
    }

    #[test]
    fn an_operation_that_does_not_fit_is_an_error() {
        let model = json!({"A": 1, "L": []});
        for patch in [
            json!([{"op": "replace", "path": "/B", "value": 1}]),
            json!([{"op": "remove", "path": "/B"}]),
            json!([{"op": "add", "path": "/B/C", "value": 1}]),
            json!([{"op": "add", "path": "/L/1", "value": 1}]),
            json!([{"op": "remove", "path": "/L/0"}]),
            json!([{"op": "test", "path": "/A", "value": 2}]),
            json!([{"op": "test", "path": "/B", "value": 2}]),
            json!([{"op": "move", "from": "/B", "path": "/C"}]),
            json!([{"op": "copy", "from": "/B", "path": "/C"}]),
            json!([{"op": "add", "path": "/B"}]),
            json!([{"op": "add", "path": "B", "value": 1}]),
            json!([{"op": "put", "path": "/B", "value": 1}]),
            json!([]),
            json!({}),
        ] {
            assert!(patched(&model, &patch).is_err(), "{patch}");
        }
    }
}
