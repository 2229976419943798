//! Services whose operations are paths and methods instead of names.

use bytes::Bytes;
use http::Request;
use quick_xml::{Reader, events::Event};
use serde_json::{Map, Value};

use super::service::ApiError;

/// An operation, and the request that means it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    /// The method.
    pub method: &'static str,
    /// The whole path.
    pub path: &'static str,
    /// The operation.
    pub operation: &'static str,
}

impl Route {
    pub(crate) const fn new(
        method: &'static str,
        path: &'static str,
        operation: &'static str,
    ) -> Self {
        Self { method, path, operation }
    }

    /// Whether a request means it.
    pub(super) fn fits(&self, request: &Request<Bytes>) -> bool {
        request.method().as_str() == self.method && request.uri().path() == self.path
    }
}

/// The members of an XML body that has no structure below its root's members.
///
/// # Errors
/// It is not XML.
pub(super) fn xml_members(body: &[u8]) -> Result<Value, ApiError> {
    let malformed = || ApiError::new("MalformedXML", "The XML you provided was not well-formed");
    let mut reader = Reader::from_reader(body);
    let (mut members, mut path) = (Map::new(), Vec::<String>::new());
    loop {
        match reader.read_event().map_err(|_| malformed())? {
            Event::Start(start) => {
                path.push(String::from_utf8_lossy(start.local_name().as_ref()).into_owned());
            }
            Event::Text(text) => {
                if let [_, name] = path.as_slice() {
                    let text = text.decode().map_err(|_| malformed())?.into_owned();
                    members.insert(name.clone(), text.into());
                }
            }
            Event::End(_) => drop(path.pop()),
            Event::Eof => return Ok(Value::Object(members)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_members_of_a_body_are_its_elements_below_the_root() {
        let body = br#"<?xml version="1.0"?><Block xmlns="urn:x"><A>true</A><B>x y</B></Block>"#;
        assert_eq!(xml_members(body), Ok(json!({"A": "true", "B": "x y"})));
        assert_eq!(xml_members(b""), Ok(json!({})));
        assert!(xml_members(b"<a></b>").is_err());
    }
}
