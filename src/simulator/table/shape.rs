//! What a simple type is.

use std::time::Duration;

use serde_json::Value;

use super::{life::States, page::Paging, record::Record, tagging::Tagging};
use crate::simulator::{
    api::Kind,
    json::Input,
    service::{ApiError, Caller, Context, Ids, Options},
};

/// One call: who makes it, what it asks, and the world around it.
#[derive(Debug)]
pub(crate) struct Asked<'a, 'w> {
    pub caller: &'a Caller,
    pub input: Input<'a>,
    pub context: &'a mut Context<'w>,
}

/// A simple type of resource. `S` is the state around its records, which the hooks may look at.
pub(crate) struct Table<S> {
    /// The service's name in ARNs.
    pub service: &'static str,
    /// What one is called; unique among the service's types.
    pub noun: &'static str,
    /// The operations there are.
    pub operations: Operations,
    /// What identifies one: members of requests, outermost first.
    pub key: &'static [Part],
    /// The member that carries its ARN, and how the ARN's last part begins; what identifies it follows.
    pub arn: (&'static str, &'static str),
    /// Everything else that requests say and answers show.
    pub fields: &'static [Field],
    /// The member that carries its state.
    pub state: &'static str,
    /// What its states are called.
    pub states: States,
    /// How long it takes to create, to update and to delete one.
    pub times: fn(&Options) -> [Duration; 3],
    /// The member of listings that has them.
    pub list: &'static str,
    /// What narrows a listing.
    pub filters: &'static [Filter],
    /// The pages of a listing.
    pub paging: &'static Paging,
    /// Tags in create calls.
    pub tagging: &'static Tagging,
    /// How it is said that none of this name is there.
    pub missing: fn(noun: &str, key: &Key) -> ApiError,
    /// How it is said that one of this name is there.
    pub exists: fn(noun: &str, key: &Key) -> ApiError,
    /// How it is said that one is not in a state for it.
    pub busy: fn(noun: &str, key: &Key, state: &str) -> ApiError,
    /// Whether the state around it lets the call be made at all.
    pub admit: fn(&S, &Asked<'_, '_>, Verb) -> Result<(), ApiError>,
    /// Whether the members go together, as they will be after a create or an update.
    pub check: fn(&S, &Asked<'_, '_>, &Record, Verb) -> Result<(), ApiError>,
    /// What keeps one from being deleted.
    pub occupied: fn(&S, &Record) -> Result<(), ApiError>,
    /// What monitors know of it, where they watch it.
    pub kind: Option<&'static Kind>,
}

/// The names of a type's operations; empty where there is none.
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

/// A part of what identifies a resource.
pub(crate) struct Part {
    /// Its member in requests and answers.
    pub member: &'static str,
    /// Reads and checks it.
    pub read: for<'a> fn(Input<'a>, &str) -> Result<&'a str, ApiError>,
    /// Whether two that differ only in case are one.
    pub ignores_case: bool,
    /// Makes it in a create call, which then does not name it.
    pub minted: Option<fn(&mut Ids) -> String>,
}

/// What identifies a resource.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    /// As it is compared.
    pub parts: Vec<String>,
    /// As it was written.
    pub written: Vec<String>,
}

/// A member of a listing with its value; `None` where it shows nothing.
pub(crate) type Shown = fn(&Value) -> Option<(&'static str, Value)>;

/// A member that requests set and answers show.
pub(crate) struct Field {
    /// Its name.
    pub member: &'static str,
    /// Reads and checks it by itself.
    pub read: fn(Input<'_>, &str) -> Result<Option<Value>, ApiError>,
    /// Whether a create call has to say it.
    pub required: bool,
    /// What it is where a create call says nothing.
    pub default: Option<fn() -> Value>,
    /// What the service makes of itself when it creates one.
    pub minted: Option<fn(&mut Ids) -> Value>,
    /// Whether an update may change it.
    pub mutable: bool,
    /// What an update makes of the old value and the request's.
    pub join: fn(old: Option<&Value>, new: &Value) -> Value,
    /// What a listing shows of it, and under which member; `None` where it shows nothing.
    pub listed: Option<Shown>,
}

impl Field {
    /// A member that may be absent, is shown in reads only, and is replaced as a whole by an update.
    pub(crate) const fn new(
        member: &'static str,
        read: fn(Input<'_>, &str) -> Result<Option<Value>, ApiError>,
    ) -> Self {
        Self {
            member,
            read,
            required: false,
            default: None,
            minted: None,
            mutable: true,
            join: |_, new| new.clone(),
            listed: None,
        }
    }
}

/// A member of a listing's request that narrows it.
pub(crate) struct Filter {
    /// Its name.
    pub member: &'static str,
    /// Whether a resource is wanted under this value.
    pub wants: fn(&Record, &str) -> bool,
}

impl Operations {
    /// What an operation of this name does to the type.
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
