//! KMS's format of a policy: `"Key" : value`, two spaces of indentation, lists on the line of their
//! brackets.

use serde_json::Value;

/// The document in KMS's format.
pub(super) fn print(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out
}

fn write(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(members) if members.is_empty() => out.push_str("{ }"),
        Value::Object(members) => {
            out.push_str("{\n");
            for (position, (name, member)) in members.iter().enumerate() {
                if position > 0 {
                    out.push_str(",\n");
                }
                indent(depth + 1, out);
                out.push_str(&Value::String(name.clone()).to_string());
                out.push_str(" : ");
                write(member, depth + 1, out);
            }
            out.push('\n');
            indent(depth, out);
            out.push('}');
        }
        Value::Array(items) if items.is_empty() => out.push_str("[ ]"),
        Value::Array(items) => {
            out.push_str("[ ");
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push_str(", ");
                }
                write(item, depth, out);
            }
            out.push_str(" ]");
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn indent(depth: usize, out: &mut String) {
    out.extend(std::iter::repeat_n("  ", depth));
}
