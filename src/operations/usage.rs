//! What the manifests of one scope use, which decides the rows of the table that the scope needs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Grant, Need, OfKind, Operation, all, of_kind};
use crate::{kind::erased::Registry, manifest::Document, model::Bounds, settings::OwnUse};

/// How many days a key stays pending deletion if its manifest does not set it.
const WINDOW_DAYS: u16 = 30;

/// What the manifests of one scope use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// The kinds that they declare.
    pub kinds: BTreeSet<String>,
    /// The kinds whose orphans are searched for, declared or not.
    pub swept: BTreeSet<String>,
    /// The ids that they adopt, by kind.
    pub adopted: BTreeMap<String, BTreeSet<String>>,
    /// The roles that their domains give to users; `None` means every role of the account, because
    /// they are unknown.
    pub execution_roles: Option<BTreeSet<String>>,
    /// The waiting periods of keys before their deletion, in days, in addition to the default.
    pub windows: BTreeSet<u16>,
    /// Requirements of some manifests only.
    pub needs: BTreeSet<Need>,
    /// Within which bounds identity may be written; nothing of it without.
    pub bounds: Option<Bounds>,
    /// What the process itself uses, where the permissions for it belong here.
    pub own: OwnUse,
    /// Whether manifests give resources a role that another manifest makes, which is below the path
    /// of [`Self::bounds`].
    pub makes_roles: bool,
}

impl Usage {
    /// Everything that can be used.
    pub fn everything(registry: &Registry) -> Self {
        Self {
            kinds: registry.names().into_iter().map(str::to_owned).collect(),
            swept: swept(registry),
            needs: all().map(|row| row.need).collect(),
            ..Self::default()
        }
    }

    /// What these manifests of one scope use, including tombstones.
    pub fn of<'a>(registry: &Registry, documents: impl Iterator<Item = &'a Document>) -> Self {
        let roles = Some(BTreeSet::new());
        let mut usage = Self { swept: swept(registry), execution_roles: roles, ..Self::default() };
        for document in documents {
            let kind = &document.address.kind;
            usage.kinds.insert(kind.clone());
            if let Some(id) = &document.lifecycle.adopt {
                usage.adopted.entry(kind.clone()).or_default().insert(id.as_str().to_owned());
            }
            if document.recorded.organization {
                usage.needs.insert(Need::OrganizationId);
            }
            let lookups = document.recorded.lookups.iter();
            usage.needs.extend(lookups.map(|(kind, _)| Need::Lookup(*kind)));
            let Some(spec) = &document.spec else { continue };
            let Some(kind) = registry.get(kind) else { continue };
            let OfKind { usage: only_some, hands_on_roles, .. } = kind.operations();
            if hands_on_roles {
                usage.execution_roles.get_or_insert_default().extend(role_arns(spec));
                let mut asked = document.recorded.asked.iter();
                usage.makes_roles |= asked.any(|(_, address)| is_identity(&address.kind));
            }
            if let Some(note) = only_some {
                note(spec, &mut usage);
            }
        }
        usage
    }

    /// The same, with the bounds within which identity may be written.
    #[must_use]
    pub fn within(self, bounds: Option<Bounds>) -> Self {
        Self { bounds, ..self }
    }

    /// Adds a kind for a resource without a manifest, with everything that a manifest of the kind
    /// may need.
    #[must_use]
    pub fn with(mut self, kind: &str) -> Self {
        if self.kinds.insert(kind.to_owned()) {
            let rows = all().filter(|row| row.kind == Some(kind));
            self.needs.extend(rows.map(|row| row.need));
        }
        self
    }

    /// The same, for a scope with or without a queue of events.
    #[must_use]
    pub fn listening(mut self, events: bool) -> Self {
        if events {
            self.needs.insert(Need::Events);
        } else {
            self.needs.remove(&Need::Events);
        }
        self
    }

    /// The same, for a scope whose queue does or does not carry heartbeats.
    #[must_use]
    pub fn beating(mut self, beats: bool) -> Self {
        if beats {
            self.needs.insert(Need::Heartbeat);
        } else {
            self.needs.remove(&Need::Heartbeat);
        }
        self
    }

    /// The same, for a scope that does or does not list the accounts of the organization for sets.
    #[must_use]
    pub fn listing_accounts(mut self, lists: bool) -> Self {
        if lists {
            self.needs.insert(Need::Accounts);
        } else {
            self.needs.remove(&Need::Accounts);
        }
        self
    }

    /// The same, with what the process itself uses.
    #[must_use]
    pub fn with_own(mut self, own: OwnUse) -> Self {
        if own == OwnUse::default() {
            self.needs.remove(&Need::Own);
        } else {
            self.needs.insert(Need::Own);
        }
        self.own = own;
        self
    }

    /// All permissions needed, each with its operation. `palisade iam-policy` prints them, and no
    /// policy may deny them to palisade.
    pub fn grants(&self) -> impl Iterator<Item = (&'static Operation, &'static Grant)> {
        all()
            .filter(|row| self.uses(row))
            .flat_map(|row| row.grants().map(move |grant| (row, grant)))
    }

    /// The shortest waiting period of a key before its deletion, in days.
    pub fn shortest_window(&self) -> u16 {
        self.windows.iter().copied().min().map_or(WINDOW_DAYS, |days| days.min(WINDOW_DAYS))
    }

    /// All waiting periods of keys before their deletion, in days.
    pub fn all_windows(&self) -> BTreeSet<u16> {
        self.windows.iter().copied().chain([WINDOW_DAYS]).collect()
    }

    fn uses(&self, row: &Operation) -> bool {
        let used = row
            .kind
            .is_none_or(|kind| self.kinds.contains(kind) || row.sweep && self.swept.contains(kind));
        used && (row.need == Need::Always || self.needs.contains(&row.need))
    }
}

/// Whether a kind gives somebody permissions and has paths.
fn is_identity(kind: &str) -> bool {
    of_kind(kind).identity.is_some_and(|it| it.path.is_some())
}

fn swept(registry: &Registry) -> BTreeSet<String> {
    let swept = registry.iter().filter(|kind| kind.profile().sweep);
    swept.map(|kind| kind.profile().name.to_owned()).collect()
}

/// All strings at or below a value that are ARNs of roles.
pub(crate) fn role_arns(value: &Value) -> BTreeSet<String> {
    match value {
        Value::String(text) if text.starts_with("arn:") && text.contains(":role/") => {
            [text.clone()].into()
        }
        Value::Array(items) => items.iter().flat_map(role_arns).collect(),
        Value::Object(members) => members.values().flat_map(role_arns).collect(),
        _ => BTreeSet::new(),
    }
}
