//! The way back: from a live state to what a manifest says about it.
//!
//! A kind says which members a spec has and with which values; how other resources and texts are
//! written (as references, lookups, variables or literally) is decided by who imports, through
//! [`Naming`]. Nothing here has to be complete: what a kind cannot say is left out, and whoever
//! imports compares the result with the live state.

use serde_json::Value;

use super::{Accepts, table::Tree};
use crate::model::policy_document::Dialect;

/// What a manifest says about a live state.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Written {
    /// The members of its spec, apart from tags.
    pub spec: Tree,
    /// What it cannot say.
    pub left_out: Vec<Omitted>,
}

/// A field that a manifest cannot say, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Omitted {
    /// The field, below `spec`.
    pub field: String,
    /// Why.
    pub why: String,
}

/// A document that is partly made of blocks of the guardrail library.
#[derive(Debug, Clone, PartialEq)]
pub struct InBlocks {
    /// The list of blocks as manifests have it.
    pub blocks: Value,
    /// What no block explains, as a document; nothing if blocks explain everything.
    pub rest: Option<Value>,
}

/// How a manifest writes other resources and texts.
pub trait Naming {
    /// The manifest's own name.
    fn name(&self) -> &str;
    /// Another resource, by its id or ARN: a reference or a lookup where the field takes one and
    /// it means exactly this resource, otherwise the id itself.
    fn target(&self, accepts: Accepts, id: &str) -> Value;
    /// A text that is no part of a policy: what would be read as a variable is escaped.
    fn text(&self, text: &str) -> String;
    /// A text of a policy.
    fn policy_text(&self, text: &str) -> String;
    /// A text of the properties of a type of the registry, where the identifier of another resource
    /// can be a reference.
    fn property(&self, text: &str) -> String;
    /// A place in the organization: `root`, `ou:/Path`, or its id.
    fn place(&self, id: &str) -> String;
    /// A document with the blocks of the library that it is made of; `None` if there are none.
    fn blocks(&self, dialect: Dialect, document: &Value) -> Option<InBlocks>;
}

/// A policy document with its texts written.
pub fn document(value: &Value, by: &dyn Naming) -> Value {
    match value {
        Value::String(text) => Value::String(by.policy_text(text)),
        Value::Array(items) => items.iter().map(|item| document(item, by)).collect(),
        Value::Object(members) => {
            let written = members.iter().map(|(key, inner)| (key.clone(), document(inner, by)));
            Value::Object(written.collect())
        }
        plain => plain.clone(),
    }
}
