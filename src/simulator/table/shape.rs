//! The description of a simple type.

use std::time::Duration;

use serde_json::Value;

use super::{lifecycle::States, page::Paging, record::Record, tagging::Tagging};
use crate::simulator::{
    api::Kind,
    json::Input,
    service::{ApiError, Caller, Context, Ids, Options},
};

/// One call: its caller, its input, and its context.
#[derive(Debug)]
pub(crate) struct TableCall<'a, 'w> {
    pub caller: &'a Caller,
    pub input: Input<'a>,
    pub context: &'a mut Context<'w>,
}

/// A simple type of resource. `S` is the state around its records, which the hooks may use.
pub(crate) struct Table<S> {
    /// The service's name in ARNs.
    pub service: &'static str,
    /// The name of the type; unique in the service.
    pub noun: &'static str,
    /// Its operations.
    pub operations: Operations,
    /// Its key: members of requests, outermost first.
    pub key: &'static [Part],
    /// The member with its ARN, and the prefix of the ARN's last part; the key follows.
    pub arn: (&'static str, &'static str),
    /// The other members of requests and answers.
    pub fields: &'static [Field],
    /// The member with its state; empty if it has none.
    pub state: &'static str,
    /// The names of its states.
    pub states: States,
    /// How long creating, updating and deleting take.
    pub times: fn(&Options) -> [Duration; 3],
    /// The member of listings.
    pub list: &'static str,
    /// The filters of listings.
    pub filters: &'static [Filter],
    /// The paging of listings.
    pub paging: &'static Paging,
    /// Tags in create calls.
    pub tagging: &'static Tagging,
    /// The error for an unknown name.
    pub missing: fn(noun: &str, key: &Key) -> ApiError,
    /// The error for an existing name.
    pub exists: fn(noun: &str, key: &Key) -> ApiError,
    /// The error for a resource in the wrong state.
    pub busy: fn(noun: &str, key: &Key, state: &str) -> ApiError,
    /// Whether the state around it admits the call at all.
    pub admit: fn(&S, &TableCall<'_, '_>, Verb) -> Result<(), ApiError>,
    /// Whether the members can be combined, as they will be after a create or an update; adds those
    /// that the service sets by itself.
    pub check: fn(&S, &TableCall<'_, '_>, &mut Record, Verb) -> Result<(), ApiError>,
    /// The error for a deletion that something prevents.
    pub occupied: fn(&S, &Record) -> Result<(), ApiError>,
    /// Its kind for monitors, if they watch it.
    pub kind: Option<&'static Kind>,
}

/// The names of a type's operations; empty for operations that do not exist.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operations {
    pub create: &'static str,
    pub read: &'static str,
    pub list: &'static str,
    pub update: &'static str,
    pub delete: &'static str,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Create,
    Read,
    List,
    Update,
    Delete,
}

/// A part of a key.
pub(crate) struct Part {
    /// Its member in requests and answers.
    pub member: &'static str,
    /// Reads and checks it.
    pub read: for<'a> fn(Input<'a>, &str) -> Result<&'a str, ApiError>,
    /// Whether values that differ only in case are equal.
    pub ignores_case: bool,
    /// Generates it in a create call, whose request does not contain it.
    pub generated: Option<fn(&mut Ids) -> String>,
}

/// The key of a resource.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    /// The parts for comparisons.
    pub parts: Vec<String>,
    /// The parts as written.
    pub written: Vec<String>,
}

/// A member of a listing with its value; `None` if it is not shown.
pub(crate) type Shown = fn(&Value) -> Option<(&'static str, Value)>;

/// A member that requests set and answers show.
pub(crate) struct Field {
    /// Its name.
    pub member: &'static str,
    /// Reads and checks it by itself.
    pub read: fn(Input<'_>, &str) -> Result<Option<Value>, ApiError>,
    /// Whether a create call must contain it.
    pub required: bool,
    /// Its default in a create call.
    pub default: Option<fn() -> Value>,
    /// Generates it in a create call, if the service does.
    pub generated: Option<fn(&mut Ids) -> Value>,
    /// Whether an update may change it.
    pub mutable: bool,
    /// Combines the old value and that of an update.
    pub join: fn(old: Option<&Value>, new: &Value) -> Value,
    /// Its name in answers.
    pub shown: &'static str,
    /// Its member in a listing, if it has one.
    pub listed: Option<Shown>,
}

impl Field {
    /// A member that is optional, not listed, and replaced by updates as a whole.
    pub(crate) const fn new(
        member: &'static str,
        read: fn(Input<'_>, &str) -> Result<Option<Value>, ApiError>,
    ) -> Self {
        Self {
            member,
            read,
            required: false,
            default: None,
            generated: None,
            mutable: true,
            join: |_, new| new.clone(),
            shown: member,
            listed: None,
        }
    }
}

/// A member of the request of a listing that filters it.
pub(crate) struct Filter {
    /// Its name.
    pub member: &'static str,
    /// Whether a resource matches this value.
    pub wants: fn(&Record, &str) -> bool,
}

impl Operations {
    /// The effect of an operation with this name on the type.
    pub(crate) fn verb(&self, operation: &str) -> Option<Verb> {
        let all = [
            (self.create, Verb::Create),
            (self.read, Verb::Read),
            (self.list, Verb::List),
            (self.update, Verb::Update),
            (self.delete, Verb::Delete),
        ];
        all.into_iter().find(|(name, _)| *name == operation).map(|(_, verb)| verb)
    }
}
