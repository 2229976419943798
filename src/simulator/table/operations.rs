//! The operations on simple types.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Map, Value};

use super::{
    lifecycle::Lifecycle,
    page::Listed,
    record::{Holds, Record, Records},
    shape::{Key, Part, Table, TableCall, Verb},
};
use crate::simulator::{
    iam::{Call, Need},
    json::{Input, Trouble},
    service::{Answer, ApiError},
    truth::{Thing, Truth, leaves},
};

/// Answers an operation that reads one of these types; `None` for other operations.
pub(crate) fn read<S: Holds>(
    tables: &[&Table<S>],
    state: &S,
    operation: &str,
    call: &TableCall<'_, '_>,
) -> Option<Answer> {
    tables.iter().find_map(|table| match table.operations.verb(operation)? {
        Verb::Read => Some(table.describe(state, call)),
        Verb::List => Some(table.list(state, call)),
        Verb::Create | Verb::Update | Verb::Delete => None,
    })
}

/// Answers an operation that changes one of these types; `None` for other operations.
pub(crate) fn write<S: Holds>(
    tables: &[&Table<S>],
    state: &mut S,
    operation: &str,
    call: &mut TableCall<'_, '_>,
) -> Option<Answer> {
    tables.iter().find_map(|table| match table.operations.verb(operation)? {
        Verb::Create => Some(table.create(state, call)),
        Verb::Update => Some(table.update(state, call)),
        Verb::Delete => Some(table.delete(state, call)),
        Verb::Read | Verb::List => None,
    })
}

/// The permissions that an operation on one of these types needs; `None` for other operations.
pub(crate) fn needs<S>(tables: &[&Table<S>], call: &Call<'_>) -> Option<Vec<Need>> {
    tables.iter().find_map(|table| {
        let verb = table.operations.verb(call.operation)?;
        Some(table.needs(verb, call))
    })
}

/// Adds the resources of those types that monitors watch.
pub(crate) fn add_truth<S>(
    tables: &[&Table<S>],
    records: &Records,
    account: &str,
    truth: &mut Truth,
) {
    for table in tables {
        let Some(kind) = table.kind else { continue };
        for (key, record) in records.of(table.noun).filter(|(_, record)| record.lifecycle.stays()) {
            let mut facts = BTreeSet::new();
            // What the service generates is nothing that a call changes.
            let generated = |member: &str| {
                table.fields.iter().any(|it| it.member == member && it.generated.is_some())
            };
            for (member, value) in record.members.iter().filter(|(it, _)| !generated(it)) {
                leaves(member, value, &mut facts);
            }
            facts.extend(record.lifecycle.stays_as().map(|state| format!("stays {state}")));
            let tags = records.tags.get(&record.arn).cloned().unwrap_or_default();
            let thing = Thing { kind: kind.name, account: account.to_owned(), tags, facts };
            // A name alone is unique only among resources of its type.
            let generated = table.key.iter().any(|part| part.generated.is_some());
            let unique = generated || table.key.len() > 1;
            let id = if unique { key.join("/") } else { record.arn.clone() };
            truth.things.insert(id, thing);
        }
    }
}

impl<S> Table<S> {
    /// The key in the request; the resource may not exist.
    fn key(&self, input: Input<'_>) -> Result<Key, ApiError> {
        let mut key = Key { parts: Vec::new(), written: Vec::new() };
        for part in self.key {
            let text = (part.read)(input, part.member)?;
            key.parts.push(if part.ignores_case { text.to_lowercase() } else { text.to_owned() });
            key.written.push(text.to_owned());
        }
        Ok(key)
    }

    /// The key of a new resource: what the request names, and what the service generates.
    fn new_key(&self, call: &mut TableCall<'_, '_>) -> Result<Key, ApiError> {
        let mut key = Key { parts: Vec::new(), written: Vec::new() };
        for part in self.key {
            let text = match part.generated {
                Some(generate) => generate(call.context.ids),
                None => (part.read)(call.input, part.member)?.to_owned(),
            };
            key.parts.push(if part.ignores_case { text.to_lowercase() } else { text.clone() });
            key.written.push(text);
        }
        Ok(key)
    }

    fn resource(&self, parts: &[String]) -> String {
        format!("{}/{}", self.arn.1, parts.join("/"))
    }

    /// Merges the members of a request into the old ones.
    fn fill(
        &self,
        members: &mut Map<String, Value>,
        input: Input<'_>,
        new: bool,
    ) -> Result<(), ApiError> {
        for field in self.fields.iter().filter(|field| new || field.mutable) {
            let said = (field.read)(input, field.member)?;
            let value = match (said, field.default) {
                (Some(said), _) => (field.join)(members.get(field.member), &said),
                (None, Some(default)) if new => default(),
                (None, _) if new && field.required => {
                    return Err(input.refusal(field.member, None, Trouble::Missing));
                }
                (None, _) => continue,
            };
            members.insert(field.member.to_owned(), value);
        }
        Ok(())
    }

    fn shown(&self, record: &Record, elapsed: Duration, listed: bool) -> Value {
        let mut shown = Map::new();
        let mut add = |member: &str, value: Value| shown.insert(member.to_owned(), value);
        for part in self.key {
            add(part.member, record.members.get(part.member).cloned().unwrap_or_default());
        }
        for field in self.fields {
            let Some(value) = record.members.get(field.member) else { continue };
            match field.listed {
                _ if !listed => {
                    add(field.shown, value.clone());
                }
                Some(summary) => {
                    if let Some((member, value)) = summary(value) {
                        add(member, value);
                    }
                }
                None => {}
            }
        }
        let (state, reason) = record.lifecycle.state(&self.states, elapsed);
        if !self.state.is_empty() {
            add(self.state, state.into());
        }
        add("CreationTime", record.created.into());
        add("LastModifiedTime", record.modified.into());
        // Listings of what is in something else have no ARNs.
        if !listed || self.key.len() == 1 {
            add(self.arn.0, record.arn.as_str().into());
        }
        if let (false, Some(reason)) = (listed, reason) {
            add("FailureReason", reason.into());
        }
        Value::Object(shown)
    }

    fn needs(&self, verb: Verb, call: &Call<'_>) -> Vec<Need> {
        if verb == Verb::List {
            return vec![call.need("*")];
        }
        let named = |part: &Part| match call.text(part.member) {
            "" => "*".to_owned(),
            text if part.ignores_case => text.to_lowercase(),
            text => text.to_owned(),
        };
        let parts: Vec<String> = self.key.iter().map(named).collect();
        let arn = call.arn(&self.resource(&parts));
        let set = call.tags("Tags", "Key", "Value");
        if verb != Verb::Create {
            let has = call.find(call.service, &arn).map(|(_, tags)| tags).unwrap_or_default();
            return vec![call.need(&arn).of(&has)];
        }
        let mut needs = vec![call.need(&arn).sets(&set)];
        if !set.is_empty() {
            let action = format!("{}:{}", call.service, self.tagging.add);
            let tagging = format!("{}:TaggingAction", call.service);
            needs.push(call.other(&action, &arn).sets(&set).with(&tagging, call.operation));
        }
        needs
    }
}

/// The bounds of a time in the request of a listing.
struct Within {
    after: Option<f64>,
    before: Option<f64>,
}

impl Within {
    fn read(input: Input<'_>, time: &str) -> Result<Self, ApiError> {
        let bound = |end: &str| input.time(&format!("{time}{end}"));
        Ok(Self { after: bound("After")?, before: bound("Before")? })
    }

    fn has(&self, time: f64) -> bool {
        self.after.is_none_or(|after| time >= after)
            && self.before.is_none_or(|before| time <= before)
    }
}

impl<S: Holds> Table<S> {
    fn find<'s>(&self, state: &'s S, input: Input<'_>) -> Result<(Key, &'s Record), ApiError> {
        let key = self.key(input)?;
        match state.records().get(self.noun, &key.parts) {
            Some(record) => Ok((key, record)),
            None => Err((self.missing)(self.noun, &key)),
        }
    }

    /// The resource of the request, if no operation is in progress.
    fn find_settled(&self, state: &S, call: &TableCall<'_, '_>) -> Result<(Key, Record), ApiError> {
        let (key, record) = self.find(state, call.input)?;
        let elapsed = call.context.elapsed;
        if record.lifecycle.is_settled(elapsed) {
            return Ok((key, record.clone()));
        }
        let (name, _) = record.lifecycle.state(&self.states, elapsed);
        Err((self.busy)(self.noun, &key, name))
    }

    fn create(&self, state: &mut S, call: &mut TableCall<'_, '_>) -> Answer {
        (self.admit)(state, call, Verb::Create)?;
        let key = self.new_key(call)?;
        if state.records().get(self.noun, &key.parts).is_some() {
            return Err((self.exists)(self.noun, &key));
        }
        let mut members = Map::new();
        for (part, written) in self.key.iter().zip(&key.written) {
            members.insert(part.member.to_owned(), written.as_str().into());
        }
        self.fill(&mut members, call.input, true)?;
        let now = call.context.now;
        let [usual, _, _] = (self.times)(call.context.options);
        let mut record = Record {
            arn: call.caller.arn_of(self.service, &self.resource(&key.parts)),
            created: now,
            modified: now,
            lifecycle: Lifecycle::creating(call.context.complete_at(usual), call.context.failure()),
            members,
        };
        (self.check)(state, call, &mut record, Verb::Create)?;
        let tags = self.tagging.given(call.input)?;
        for field in self.fields {
            if let Some(generate) = field.generated {
                record.members.insert(field.member.to_owned(), generate(call.context.ids));
            }
        }
        let answer = self.named(&record);
        let records = state.records_mut();
        records.tags.insert(record.arn.clone(), tags);
        records.put(self.noun, key.parts, record);
        Ok(answer)
    }

    fn describe(&self, state: &S, call: &TableCall<'_, '_>) -> Answer {
        (self.admit)(state, call, Verb::Read)?;
        let (_, record) = self.find(state, call.input)?;
        Ok(self.shown(record, call.context.elapsed, false))
    }

    fn list(&self, state: &S, call: &TableCall<'_, '_>) -> Answer {
        (self.admit)(state, call, Verb::List)?;
        let mut wanted = Vec::new();
        for filter in self.filters {
            if let Some(value) = call.input.text(filter.member)? {
                wanted.push((filter.wants, value));
            }
        }
        let created = Within::read(call.input, "CreationTime")?;
        let modified = Within::read(call.input, "LastModifiedTime")?;
        let all = state.records().of(self.noun).map(|(_, record)| record);
        let found = all.filter(|record| {
            created.has(record.created)
                && modified.has(record.modified)
                && wanted.iter().all(|(wants, value)| wants(record, value))
        });
        let items = found.map(|record| Listed {
            key: record.arn.clone(),
            created: record.created,
            modified: record.modified,
            entry: self.shown(record, call.context.elapsed, true),
        });
        self.paging.sorted(call.input, self.list, items.collect())
    }

    fn update(&self, state: &mut S, call: &mut TableCall<'_, '_>) -> Answer {
        (self.admit)(state, call, Verb::Update)?;
        let (key, mut record) = self.find_settled(state, call)?;
        let before = record.members.clone();
        self.fill(&mut record.members, call.input, false)?;
        (self.check)(state, call, &mut record, Verb::Update)?;
        let [_, usual, _] = (self.times)(call.context.options);
        let failure = call.context.failure();
        // An update that fails later leaves what was there.
        if failure.is_some() {
            record.members = before;
        }
        let updating = Lifecycle::updating(call.context.complete_at(usual), failure);
        record.lifecycle = updating.staying_as(&record.lifecycle);
        record.modified = call.context.now;
        let answer = self.named(&record);
        state.records_mut().put(self.noun, key.parts, record);
        Ok(answer)
    }

    fn delete(&self, state: &mut S, call: &mut TableCall<'_, '_>) -> Answer {
        (self.admit)(state, call, Verb::Delete)?;
        let (key, mut record) = self.find_settled(state, call)?;
        (self.occupied)(state, &record)?;
        let [_, _, usual] = (self.times)(call.context.options);
        let until = call.context.complete_at(usual);
        record.lifecycle = Lifecycle::deleting(until);
        let records = state.records_mut();
        records.put(self.noun, key.parts, record);
        records.settle(call.context.elapsed);
        Ok(Value::Object(Map::new()))
    }

    /// The answer that names the resource: its ARN, and the parts of its key that the service
    /// generated.
    fn named(&self, record: &Record) -> Value {
        let mut answer = Map::new();
        answer.insert(self.arn.0.to_owned(), record.arn.as_str().into());
        for part in self.key.iter().filter(|part| part.generated.is_some()) {
            let name = record.members.get(part.member).cloned().unwrap_or_default();
            answer.insert(part.member.to_owned(), name);
        }
        Value::Object(answer)
    }
}
