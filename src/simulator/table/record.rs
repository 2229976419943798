//! The resources of simple types.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Map, Value};

use super::lifecycle::Lifecycle;

/// One resource of a simple type.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// Its ARN.
    pub arn: String,
    /// Seconds since the epoch.
    pub created: f64,
    /// Seconds since the epoch.
    pub modified: f64,
    /// Its lifecycle.
    pub lifecycle: Lifecycle,
    /// Its identifying members as written, and the members that are set.
    pub members: Map<String, Value>,
}

impl Record {
    /// A member that is a string.
    pub(crate) fn text(&self, member: &str) -> Option<&str> {
        self.members.get(member)?.as_str()
    }

    /// A structure member; empty if absent.
    pub(crate) fn structure(&self, member: &str) -> Map<String, Value> {
        self.members.get(member).and_then(Value::as_object).cloned().unwrap_or_default()
    }
}

/// The resources of simple types in one account and Region, and the tags of all resources with an
/// ARN.
#[derive(Debug, Clone, Default)]
pub(crate) struct Records {
    by_type: BTreeMap<&'static str, BTreeMap<Vec<String>, Record>>,
    /// By ARN; every existing ARN has an entry.
    pub tags: BTreeMap<String, BTreeMap<String, String>>,
}

/// A state that contains records.
pub(crate) trait Holds {
    /// The records.
    fn records(&self) -> &Records;
    /// The records, for changes.
    fn records_mut(&mut self) -> &mut Records;
}

impl Holds for Records {
    fn records(&self) -> &Records {
        self
    }

    fn records_mut(&mut self) -> &mut Records {
        self
    }
}

impl Records {
    /// All resources of a type, by key.
    pub(crate) fn of(&self, noun: &str) -> impl Iterator<Item = (&[String], &Record)> {
        let all = self.by_type.get(noun).into_iter().flatten();
        all.map(|(key, record)| (key.as_slice(), record))
    }

    /// The resource with this key.
    pub(crate) fn get(&self, noun: &str, key: &[String]) -> Option<&Record> {
        self.by_type.get(noun)?.get(key)
    }

    /// The same, for changes.
    pub(crate) fn get_mut(&mut self, noun: &str, key: &[String]) -> Option<&mut Record> {
        self.by_type.get_mut(noun)?.get_mut(key)
    }

    pub(super) fn put(&mut self, noun: &'static str, key: Vec<String>, record: Record) {
        self.by_type.entry(noun).or_default().insert(key, record);
    }

    /// Removes what is deleted by now.
    pub(crate) fn settle(&mut self, elapsed: Duration) {
        let tags = &mut self.tags;
        for all in self.by_type.values_mut() {
            all.retain(|_, record| {
                let gone = record.lifecycle.is_gone(elapsed);
                if gone {
                    tags.remove(&record.arn);
                }
                !gone
            });
        }
    }
}
