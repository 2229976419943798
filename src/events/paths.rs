//! Finding names in a record. CloudTrail renders requests and answers in several ways, so that
//! nothing is read into types: EC2's older calls have `{"items": […]}` for lists; its newer ones
//! are XML turned into JSON, wrapped in `<Call>Request` and `<Call>Response`, where a list of one
//! is `{"tag": 1, "content": …}`, a list of several is an array of those, and a number stands where
//! the text looks like one. (Seen in real records.)

use serde_json::Value;

/// No record is deeper; a forged one is not followed further.
const MAX_DEPTH: usize = 40;
/// The most names that are taken from one record: no call takes as many.
const MAX_NAMES: usize = 2_000;
/// The longest of them, in bytes: no identifier of AWS is longer but some ARNs (2,048).
const MAX_NAME: usize = 2_048;

/// The texts at a path of the record of this call. A path in two parts, with `+` between them, has
/// one name with `/` between its parts.
pub(super) fn at(record: &Value, call: &str, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Some((first, second)) = path.split_once('+') {
        let (first, second) = (at(record, call, first), at(record, call, second));
        let both = first.first().zip(second.first());
        return both.map(|(a, b)| format!("{a}/{b}")).into_iter().collect();
    }
    let mut members = path.split('/');
    let Some(first) = members.next().and_then(|name| record.get(name)) else { return found };
    let wrapped = ["Request", "Response"].iter().find_map(|end| first.get(format!("{call}{end}")));
    let rest: Vec<&str> = members.collect();
    follow(wrapped.unwrap_or(first), &rest, 0, &mut found);
    found
}

fn follow(value: &Value, path: &[&str], depth: usize, found: &mut Vec<String>) {
    let Some((name, rest)) = path.split_first() else { return names(value, depth, found) };
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::Array(all) => all.iter().for_each(|it| follow(it, path, depth + 1, found)),
        Value::Object(members) => {
            let next = members.get(*name).or_else(|| members.get(&capital(name)));
            if let Some(next) = next {
                follow(next, rest, depth + 1, found);
            } else {
                let lists = ["items", "item"].iter().filter_map(|list| members.get(*list));
                lists.for_each(|list| follow(list, path, depth + 1, found));
            }
        }
        _ => {}
    }
}

/// The texts that a value is, or lists.
fn names(value: &Value, depth: usize, found: &mut Vec<String>) {
    if depth > MAX_DEPTH || found.len() >= MAX_NAMES {
        return;
    }
    match value {
        // A longer text is no name of anything.
        Value::String(text) if text.len() > MAX_NAME => {}
        Value::String(text) if !text.is_empty() => found.push(text.clone()),
        Value::Number(number) => found.push(number.to_string()),
        Value::Array(all) => all.iter().for_each(|it| names(it, depth + 1, found)),
        Value::Object(members) => {
            let lists = ["content", "items", "item"].iter().filter_map(|list| members.get(*list));
            lists.for_each(|list| names(list, depth + 1, found));
        }
        _ => {}
    }
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_finds_names_in_every_rendering() {
        for (parameters, ids) in [
            (json!({"vpcEndpointId": "vpce-1"}), vec!["vpce-1"]),
            (json!({"CallRequest": {"VpcEndpointId": "vpce-1"}}), vec!["vpce-1"]),
            (
                json!({"CallRequest": {"VpcEndpointId": {"tag": 1, "content": "vpce-1"}}}),
                vec!["vpce-1"],
            ),
            (
                json!({"CallRequest": {"VpcEndpointId": [
                    {"tag": 1, "content": "vpce-1"}, {"tag": 2, "content": "vpce-2"},
                    {"tag": 3, "content": 3}]}}),
                vec!["vpce-1", "vpce-2", "3"],
            ),
            (json!({"vpcEndpointId": {"items": ["a", "b"]}}), vec!["a", "b"]),
            (json!({"vpcEndpointId": ""}), vec![]),
            (json!({"vpcEndpointId": {}}), vec![]),
            (json!(null), vec![]),
        ] {
            let record = json!({"requestParameters": parameters});
            assert_eq!(at(&record, "Call", "requestParameters/vpcEndpointId"), ids, "{record}");
        }
    }

    #[test]
    fn a_path_passes_through_lists_of_structures() {
        let path = "requestParameters/resourcesSet/resourceId";
        let old = json!({"requestParameters": {"resourcesSet": {"items": [
            {"resourceId": "sg-1"}, {"resourceId": "i-2"}]}}});
        assert_eq!(at(&old, "CreateTags", path), ["sg-1", "i-2"]);
        let one = json!({"requestParameters": {"resourcesSet": {"item": {"resourceId": "sg-1"}}}});
        assert_eq!(at(&one, "CreateTags", path), ["sg-1"]);
    }

    #[test]
    fn a_record_that_is_too_deep_or_too_long_ends_somewhere() {
        let mut deep = json!("sg-1");
        for _ in 0..100 {
            deep = json!({"items": [deep]});
        }
        let record = json!({"requestParameters": {"groupId": deep}});
        assert_eq!(at(&record, "Call", "requestParameters/groupId"), [""; 0]);
        let record = json!({"requestParameters": {"groupId": vec!["sg-1"; 10_000]}});
        assert_eq!(at(&record, "Call", "requestParameters/groupId").len(), MAX_NAMES);
    }
}
