//! What an unknown reference may turn out to name, and things that are named by their id.

use std::collections::BTreeSet;

use super::{NOT_RESOLVED, Refs};
use crate::{
    kind::{
        known::{LookupItem, LookupKind},
        target::Lookup,
        unresolved::Unresolved,
    },
    model::Seen,
};

/// Which live things an unknown reference may turn out to name. What it cannot name need not wait
/// for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Candidates {
    /// Any: the scope that it is in could not be read.
    Any,
    /// One of these ids; empty if it was seen to be absent.
    These(BTreeSet<String>),
    /// Anything but these ids: they were read, and it is not among them.
    Others(BTreeSet<String>),
}

/// What was read of a thing that is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Called {
    /// This.
    Found(LookupItem),
    /// There is no such thing.
    Absent,
    /// It could not be read: the placeholder for what follows from it, which can be several values.
    Unread(String),
    /// Nothing has been asked yet, as where a directory is read without AWS. Nothing is created
    /// before that.
    NotYet,
}

impl Candidates {
    /// Whether it may be the live thing with this id.
    pub fn allow(&self, id: &str) -> bool {
        match self {
            Self::Any => true,
            Self::These(ids) => ids.contains(id),
            Self::Others(ids) => !ids.contains(id),
        }
    }
}

impl Refs<'_> {
    /// What `{ref: text}` may be while it is not known.
    pub fn candidates(&self, kind: &str, text: &str) -> Candidates {
        let address = self.address(kind, text);
        match (self.known.candidates.get(&address), self.unknown(&address)) {
            (None, Some(_)) => {
                let key = (self.scope.name.clone(), address.scoped_kind());
                self.known.elsewhere.get(&key).cloned().map_or(Candidates::Any, Candidates::Others)
            }
            (ids, _) => Candidates::These(ids.cloned().unwrap_or_default()),
        }
    }

    /// What a lookup that must find one may be while it is not known.
    pub fn candidates_of(&self, kind: LookupKind, lookup: &Lookup) -> Candidates {
        let Some(Seen::All(items)) = self.known.lookups.get(&(self.scope.name.clone(), kind))
        else {
            return Candidates::Any;
        };
        let fits = |item: &&LookupItem| {
            lookup.tags.iter().all(|(key, value)| item.tags.get(key) == Some(value))
                && lookup.name.as_ref().is_none_or(|name| item.name.as_ref() == Some(name))
        };
        let ids = |item: &LookupItem| item.id.clone();
        let found: BTreeSet<_> = items.iter().filter(fits).map(ids).collect();
        if found.is_empty() {
            Candidates::Others(items.iter().map(ids).collect())
        } else {
            Candidates::These(found)
        }
    }

    /// What was read of a thing that is named by its id. What is not known gets a placeholder, for
    /// which only the edits that need it wait.
    ///
    /// # Errors
    /// That placeholder.
    pub fn listed(
        &mut self,
        field: &str,
        kind: LookupKind,
        id: &str,
    ) -> Result<LookupItem, String> {
        self.resolution.lookups.insert((kind, None));
        let field = field.to_owned();
        let why = match self.known.lookups.get(&(self.scope.name.clone(), kind)) {
            Some(Seen::All(items)) => match items.iter().find(|item| item.id == id) {
                Some(item) => return Ok(item.clone()),
                None => Unresolved::NoMatch { field, what: kind, wanted: format!("the id {id}") },
            },
            Some(Seen::Unknown(why)) => {
                Unresolved::LookupUnread { field, what: kind, why: Some(why.clone()) }
            }
            None => Unresolved::LookupUnread { field, what: kind, why: None },
        };
        Err(self.withhold(kind, id, why))
    }

    /// What was read of a thing by its name.
    pub fn called(&mut self, field: &str, kind: LookupKind, name: &str) -> Called {
        self.resolution.lookups.insert((kind, Some(name.to_owned())));
        let why = match self.known.lookups.get(&(self.scope.name.clone(), kind)) {
            Some(Seen::All(items)) => {
                let mut named = items.iter().filter(|item| item.name.as_deref() == Some(name));
                return named.next().map_or(Called::Absent, |item| Called::Found(item.clone()));
            }
            Some(Seen::Unknown(why)) => Some(why.clone()),
            None => None,
        };
        let was_asked = why.is_some();
        let why = Unresolved::LookupUnread { field: field.to_owned(), what: kind, why };
        let placeholder = self.lack(kind, name, why);
        if was_asked { Called::Unread(placeholder) } else { Called::NotYet }
    }

    /// Records that values which follow from a thing of this name are not known, and returns the
    /// placeholder for them.
    pub fn lack(&mut self, kind: LookupKind, name: &str, why: Unresolved) -> String {
        let placeholder = format!("what follows from {} {name}{NOT_RESOLVED}", kind.as_str());
        self.resolution.missing(&placeholder, why, false);
        self.resolution.several(&placeholder);
        placeholder
    }

    /// Records that something about a thing named by its id is not known, and returns the
    /// placeholder for it.
    pub fn withhold(&mut self, kind: LookupKind, id: &str, why: Unresolved) -> String {
        let placeholder = format!("{} {id}{NOT_RESOLVED}", kind.as_str());
        self.resolution.missing(&placeholder, why, true);
        self.resolution.is_fact(&placeholder);
        placeholder
    }

    /// Checks that something exists that the resource needs when it is created. An existing
    /// resource has it.
    pub fn confirm(&mut self, field: &str, kind: LookupKind, lookup: &Lookup) {
        let found = self.find_one(field, kind, lookup, None);
        self.resolution.is_fact(&found.id);
    }

    /// The placeholder that would be in place of this value of a reference.
    pub fn placeholder_of(&self, value: &str) -> Option<String> {
        self.resolution.filled.get(value).cloned()
    }

    /// Records a text that a kind derives from a reference's value, and the text that it derives
    /// from its placeholder.
    pub fn filled(&mut self, text: String, placeholder: String) {
        self.resolution.filled.insert(text, placeholder);
    }
}
