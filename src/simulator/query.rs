//! The AWS query protocol: form-encoded requests with nested keys, and XML answers.
//!
//! Both EC2's dialect (lists without a `member` level, `<item>` in answers) and that of STS
//! (`<member>`, a `…Result` element) are here. Handlers see neither; they work on values.

use super::service::ApiError;
use aws_smithy_types::{DateTime, date_time::Format};
use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A nested value while its keys are still arriving, in any order.
#[derive(Default)]
struct Node {
    text: Option<String>,
    children: BTreeMap<String, Node>,
}

impl Node {
    fn insert(&mut self, key: &str, text: String) {
        match key.split_once('.') {
            Some((head, rest)) => {
                self.children.entry(head.to_owned()).or_default().insert(rest, text);
            }
            None => self.children.entry(key.to_owned()).or_default().text = Some(text),
        }
    }

    /// A node whose keys are all numbers is a list in the order of the numbers; gaps in the
    /// numbering have no meaning.
    fn into_value(self) -> Value {
        if self.children.is_empty() {
            return Value::String(self.text.unwrap_or_default());
        }
        let numbers: Option<Vec<u64>> = self.children.keys().map(|key| key.parse().ok()).collect();
        if numbers.is_none() {
            let members = self.children.into_iter();
            return Value::Object(members.map(|(key, node)| (key, node.into_value())).collect());
        }
        let mut items: Vec<(u64, Node)> = self
            .children
            .into_iter()
            .filter_map(|(key, node)| Some((key.parse().ok()?, node)))
            .collect();
        items.sort_by_key(|(number, _)| *number);
        Value::Array(items.into_iter().map(|(_, node)| node.into_value()).collect())
    }
}

/// The members of a form-encoded request as nested values. All leaves are strings, since the
/// protocol has no other types. A level called `member` (STS) is removed, so that lists are equal
/// in both dialects.
pub fn parse_form(form: &[u8]) -> Map<String, Value> {
    let mut root = Node::default();
    for (key, text) in form_urlencoded::parse(form) {
        root.insert(&key.replace(".member.", "."), text.into_owned());
    }
    let members = root.children.into_iter();
    members.map(|(key, node)| (key, node.into_value())).collect()
}

/// The members of one structure of a query request.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a>(&'a Value);

impl<'a> Input<'a> {
    /// Reads the members of `value`; a value that is not an object has none.
    pub fn new(value: &'a Value) -> Self {
        Self(value)
    }

    /// The structure itself, for comparing requests.
    pub fn value(&self) -> &'a Value {
        self.0
    }

    /// A text member. An empty one is not absent.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        self.0.get(key)?.as_str()
    }

    /// A required text member: `MissingParameter` if it is absent or empty.
    pub fn required(&self, key: &str) -> Result<&'a str, ApiError> {
        match self.text(key) {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(missing(key)),
        }
    }

    /// A boolean member: `InvalidParameterValue` if it is neither `true` nor `false`.
    pub fn flag(&self, key: &str) -> Result<Option<bool>, ApiError> {
        match self.text(key) {
            None => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(text) => {
                Err(invalid(format!("Invalid value '{text}' for boolean parameter {key}")))
            }
        }
    }

    /// An integer member: `InvalidParameterValue` if it is not an integer.
    pub fn integer(&self, key: &str) -> Result<Option<i64>, ApiError> {
        let number = self.text(key).map(|text| {
            text.parse()
                .map_err(|_| invalid(format!("Invalid value '{text}' for integer parameter {key}")))
        });
        number.transpose()
    }

    /// The structures of a list member; none if it is absent or empty.
    pub fn list(&self, key: &str) -> Vec<Input<'a>> {
        let items = self.0.get(key).and_then(Value::as_array);
        items.map_or_else(Vec::new, |items| items.iter().map(Input).collect())
    }

    /// The texts of a list member; none if it is absent or empty.
    pub fn texts(&self, key: &str) -> Vec<&'a str> {
        self.list(key).iter().filter_map(|item| item.0.as_str()).collect()
    }

    /// A structure member.
    pub fn member(&self, key: &str) -> Option<Input<'a>> {
        self.0.get(key).filter(|value| value.is_object()).map(Input)
    }

    /// Whether the request has the member.
    pub fn has(&self, key: &str) -> bool {
        self.0.get(key).is_some()
    }
}

/// `MissingParameter`, as EC2 words it.
pub fn missing(parameter: &str) -> ApiError {
    ApiError::new("MissingParameter", format!("The request must contain the parameter {parameter}"))
}

/// `InvalidParameterValue` with this message.
pub fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterValue", message)
}

/// EC2's answer: one element named after the operation, with the request id and the members.
pub fn ec2_answer(operation: &str, request_id: &str, answer: &Value) -> Vec<u8> {
    document(
        &format!("{operation}Response"),
        Some("http://ec2.amazonaws.com/doc/2016-11-15/"),
        |xml| {
            leaf(xml, "requestId", request_id);
            members(xml, answer, "item");
        },
    )
}

/// EC2's error.
pub fn ec2_error(error: &ApiError, request_id: &str) -> Vec<u8> {
    document("Response", None, |xml| {
        let error = serde_json::json!({"Code": error.code, "Message": error.message});
        let body = serde_json::json!({"Errors": {"Error": error}, "RequestID": request_id});
        members(xml, &body, "item");
    })
}

/// An answer in the plain query protocol: a result element, then the metadata.
pub fn query_answer(namespace: &str, operation: &str, request_id: &str, answer: &Value) -> Vec<u8> {
    document(&format!("{operation}Response"), Some(namespace), |xml| {
        element(xml, &format!("{operation}Result"), answer, "member");
        element(xml, "ResponseMetadata", &serde_json::json!({ "RequestId": request_id }), "member");
    })
}

/// An error in the plain query protocol.
pub fn query_error(namespace: &str, error: &ApiError, request_id: &str) -> Vec<u8> {
    let fault = if error.status < 500 { "Sender" } else { "Receiver" };
    document("ErrorResponse", Some(namespace), |xml| {
        let body = serde_json::json!({
            "Error": {"Type": fault, "Code": error.code, "Message": error.message},
            "RequestId": request_id,
        });
        members(xml, &body, "member");
    })
}

/// A body that is the one member of the answer; nothing for an answer without members.
pub fn payload(namespace: &str, answer: &Value) -> Vec<u8> {
    let member = answer.as_object().and_then(|members| members.iter().next());
    member.map_or_else(Vec::new, |(name, value)| {
        document(name, Some(namespace), |xml| members(xml, value, "member"))
    })
}

/// A time in whole seconds, as in the XML protocols: `2026-11-20T22:54:05Z`.
pub fn timestamp(seconds: f64) -> String {
    DateTime::from_secs_f64(seconds.floor()).fmt(Format::DateTime).unwrap_or_default()
}

type Xml = Writer<Vec<u8>>;

fn document(root: &str, namespace: Option<&str>, content: impl FnOnce(&mut Xml)) -> Vec<u8> {
    let mut xml = Writer::new(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_vec());
    let mut start = BytesStart::new(root);
    if let Some(namespace) = namespace {
        start.push_attribute(("xmlns", namespace));
    }
    write(&mut xml, Event::Start(start));
    content(&mut xml);
    write(&mut xml, Event::End(BytesEnd::new(root)));
    xml.into_inner()
}

fn write(xml: &mut Xml, event: Event<'_>) {
    #[expect(clippy::expect_used, reason = "an invariant of the writer")]
    xml.write_event(event).expect("writing to memory cannot fail");
}

fn leaf(xml: &mut Xml, name: &str, text: &str) {
    write(xml, Event::Start(BytesStart::new(name)));
    write(xml, Event::Text(BytesText::new(text)));
    write(xml, Event::End(BytesEnd::new(name)));
}

fn members(xml: &mut Xml, value: &Value, item: &str) {
    if let Value::Object(map) = value {
        for (name, member) in map {
            element(xml, name, member, item);
        }
    }
}

/// Whether these are the entries of a map: pairs of a `key` and a `value` (Smithy, AWS query
/// protocol).
fn is_map(entries: &[Value]) -> bool {
    let is_pair = |entry: &Value| {
        entry.as_object().is_some_and(|pair| {
            pair.len() == 2 && pair.contains_key("key") && pair.contains_key("value")
        })
    };
    !entries.is_empty() && entries.iter().all(is_pair)
}

/// One member. `null` is an absent member; a list is an element with an `item` element for each
/// entry.
fn element(xml: &mut Xml, name: &str, value: &Value, item: &str) {
    match value {
        Value::Null => {}
        Value::String(text) => leaf(xml, name, text),
        Value::Bool(flag) => leaf(xml, name, &flag.to_string()),
        Value::Number(number) => leaf(xml, name, &number.to_string()),
        Value::Object(_) => {
            write(xml, Event::Start(BytesStart::new(name)));
            members(xml, value, item);
            write(xml, Event::End(BytesEnd::new(name)));
        }
        Value::Array(entries) => {
            write(xml, Event::Start(BytesStart::new(name)));
            // EC2 has no maps; its tags look like one.
            let each = if item == "member" && is_map(entries) { "entry" } else { item };
            for entry in entries {
                element(xml, each, entry, item);
            }
            write(xml, Event::End(BytesEnd::new(name)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbered_keys_become_lists_in_the_order_of_their_numbers() {
        let form =
            b"Filter.2.Name=b&Filter.10.Name=c&Filter.1.Name=a&Filter.1.Value.1=x%20y&VpcId=vpc-1";
        let expected = json!({
            "Filter": [{"Name": "a", "Value": ["x y"]}, {"Name": "b"}, {"Name": "c"}],
            "VpcId": "vpc-1",
        });
        assert_eq!(Value::Object(parse_form(form)), expected);
    }

    #[test]
    fn the_member_level_of_plain_query_lists_is_dropped() {
        let form = b"PolicyArns.member.1.arn=a&PolicyArns.member.2.arn=b";
        assert_eq!(
            Value::Object(parse_form(form)),
            json!({"PolicyArns": [{"arn": "a"}, {"arn": "b"}]})
        );
    }

    #[test]
    fn answers_escape_text_and_leave_out_what_is_null() {
        let xml = ec2_answer(
            "DescribeVpcs",
            "id-1",
            &json!({"vpcSet": [{"vpcId": "a<b", "state": null, "isDefault": false}], "none": []}),
        );
        let text = String::from_utf8(xml).expect("UTF-8");
        assert!(text.contains(
            "<vpcSet><item><vpcId>a&lt;b</vpcId><isDefault>false</isDefault></item></vpcSet><none></none>"
        ), "{text}");
        assert!(text.contains("<requestId>id-1</requestId>"), "{text}");
    }
}
