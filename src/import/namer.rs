//! How imported manifests name each other, and everything else.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::texts::{Facts, Variables};
use crate::{
    baseline::guardrails::{self, Layer},
    kind::{Accepts, InBlocks, LookupItem, LookupKind, Naming, written_document},
    model::{Address, policy_document::Dialect},
};

/// The tag that people name things by.
pub const NAME_TAG: &str = "Name";

/// How much a manifest says with names of its own. What turns out to be wrong (references in a
/// circle, a block that is not quite the statement) is said with less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Only what AWS says, and references that a kind cannot do without.
    Literal,
    /// With references, lookups and variables.
    Named,
    /// And with blocks of the guardrail library.
    Blocks,
}

impl Level {
    /// The next one that says less.
    pub fn less(self) -> Option<Self> {
        match self {
            Self::Blocks => Some(Self::Named),
            Self::Named => Some(Self::Literal),
            Self::Literal => None,
        }
    }
}

/// What can be named: the same for all manifests of an import.
#[derive(Debug, Default)]
pub struct Index {
    /// Imported resources, and those that are in the directory, by kind and id or ARN.
    ids: BTreeMap<(String, String), Vec<Address>>,
    /// The same by ARN alone.
    arns: BTreeMap<String, Address>,
    /// By scope: the account, the Region and the organization.
    pub facts: BTreeMap<String, Facts>,
    /// By scope: what lookups can find.
    pub lookups: BTreeMap<(String, LookupKind), Vec<LookupItem>>,
    /// By scope: the places of its organization by id, as `root` or as the path of a unit.
    pub places: BTreeMap<String, BTreeMap<String, String>>,
}

impl Index {
    /// Adds a resource.
    pub fn add(&mut self, address: &Address, id: &str, arn: &str) {
        for value in [id, arn].into_iter().filter(|value| !value.is_empty()) {
            let key = (address.kind.clone(), value.to_owned());
            self.ids.entry(key).or_default().push(address.clone());
        }
        if !arn.is_empty() {
            self.arns.insert(arn.to_owned(), address.clone());
        }
    }

    /// Whether the places of the organization are known, for such a lookup.
    pub fn has_places(&self, (scope, kind): &(String, LookupKind)) -> bool {
        *kind == LookupKind::OrganizationalUnit && self.places.contains_key(scope)
    }

    /// Forgets all resources.
    pub fn clear(&mut self) {
        self.ids.clear();
        self.arns.clear();
    }

    /// The one manifest of a kind with this id or ARN. Ids that are not unique across scopes mean
    /// the resource of the own scope.
    fn find(&self, from: &Address, kind: &str, value: &str) -> Option<&Address> {
        let all = self.ids.get(&(kind.to_owned(), value.to_owned()))?;
        let mut here = all.iter().filter(|address| address.scope == from.scope);
        let found = match here.next() {
            Some(one) => here.next().is_none().then_some(one),
            None if value.starts_with("arn:") => {
                if let [one] = &all[..] {
                    Some(one)
                } else {
                    None
                }
            }
            None => None,
        };
        found.filter(|address| *address != from)
    }

    /// A resource of a type of the registry with this identifier.
    fn find_type(&self, from: &Address, value: &str) -> Option<&Address> {
        let kinds = self.ids.keys().filter(|(kind, id)| kind.contains("::") && id == value);
        let mut found = kinds.filter_map(|(kind, id)| self.find(from, kind, id));
        let one = found.next()?;
        found.next().is_none().then_some(one)
    }
}

/// How one manifest names things.
#[derive(Debug)]
pub struct Namer<'a> {
    index: &'a Index,
    own: &'a Address,
    facts: &'a Facts,
    level: Level,
    /// The kind of what it is a part of: its references to that stay.
    parent: Option<&'static str>,
}

impl<'a> Namer<'a> {
    /// For the manifest of this address; none if its scope is not known.
    pub fn new(
        index: &'a Index,
        own: &'a Address,
        level: Level,
        parent: Option<&'static str>,
    ) -> Option<Self> {
        let facts = index.facts.get(&own.scope)?;
        Some(Self { index, own, facts, level, parent })
    }

    fn is_named(&self) -> bool {
        self.level >= Level::Named
    }

    /// `name`, or `scope/name` elsewhere.
    fn reference(&self, address: &Address) -> String {
        if address.scope == self.own.scope {
            address.name.clone()
        } else {
            format!("{}/{}", address.scope, address.name)
        }
    }

    /// The same, of one of several kinds.
    fn reference_with_kind(&self, address: &Address) -> String {
        let Address { scope, kind, name } = address;
        let scope = if *scope == self.own.scope { String::new() } else { format!("{scope}/") };
        format!("{scope}{kind}/{name}")
    }

    /// `${Kind/name…}`.
    fn variable(&self, address: &Address, suffix: &str) -> String {
        let Address { scope, kind, name } = address;
        let scope = if *scope == self.own.scope { String::new() } else { format!("{scope}/") };
        format!("${{{scope}{kind}/{name}{suffix}}}")
    }

    /// The lookup that finds exactly this one.
    fn lookup(&self, kind: LookupKind, id: &str) -> Option<Value> {
        let items = self.index.lookups.get(&(self.own.scope.clone(), kind))?;
        let item = items.iter().find(|item| item.id == id)?;
        let is_only =
            |same: &dyn Fn(&LookupItem) -> bool| items.iter().filter(|it| same(it)).count() == 1;
        if kind == LookupKind::PrefixList {
            let name = item.name.as_ref().filter(|name| !name.is_empty())?;
            let only = is_only(&|other| other.name.as_ref() == Some(name));
            return only.then(|| json!({"lookup": {"name": self.text(name)}}));
        }
        let name = item.tags.get(NAME_TAG).filter(|name| !name.trim().is_empty())?;
        let only = is_only(&|other| other.tags.get(NAME_TAG) == Some(name));
        only.then(|| json!({"lookup": {"tags": {NAME_TAG: self.text(name)}}}))
    }

    /// The text with a reference in place of the ARN of another resource that it begins with.
    fn referring(&self, text: &str, rest: impl Fn(&str) -> String) -> Option<String> {
        let arns = self.index.arns.range(..=text.to_owned()).rev();
        // The ARNs that a text begins with sort before it; the longest one comes first.
        let mut near =
            arns.take_while(|(arn, _)| arn.as_bytes().first() == text.as_bytes().first());
        let (arn, address) = near.find(|(arn, _)| {
            let after = text.strip_prefix(arn.as_str());
            after.is_some_and(|after| after.is_empty() || after.starts_with(['/', ':']))
        })?;
        if address == self.own {
            return None;
        }
        let after = &text[arn.len()..];
        Some(format!("{}{}", self.variable(address, ".arn"), rest(after)))
    }
}

impl Naming for Namer<'_> {
    fn name(&self) -> &str {
        &self.own.name
    }

    fn target(&self, accepts: Accepts, id: &str) -> Value {
        if self.is_named() {
            let found = accepts.reference.and_then(|kind| self.index.find(self.own, kind, id));
            if let Some(address) = found {
                return json!({"ref": self.reference(address)});
            }
            let mut also = accepts.also.iter();
            if let Some(address) = also.find_map(|kind| self.index.find(self.own, kind, id)) {
                return json!({"ref": self.reference_with_kind(address)});
            }
            if let Some(lookup) = accepts.lookup.and_then(|kind| self.lookup(kind, id)) {
                return lookup;
            }
        }
        json!(self.text(id))
    }

    fn text(&self, text: &str) -> String {
        let variables = if self.is_named() { Variables::Account } else { Variables::None };
        self.facts.written(text, variables)
    }

    fn policy_text(&self, text: &str) -> String {
        if !self.is_named() {
            return self.facts.written(text, Variables::None);
        }
        let plain = |text: &str| self.facts.written(text, Variables::All);
        let is_arn = text.starts_with("arn:");
        let referring = is_arn.then(|| self.referring(text, plain)).flatten();
        referring.unwrap_or_else(|| plain(text))
    }

    fn property(&self, text: &str) -> String {
        if let Some(address) = self.index.find_type(self.own, text) {
            let is_parent = self.parent == Some(address.kind.as_str());
            if is_parent || self.is_named() {
                return self.variable(address, "");
            }
        }
        self.policy_text(text)
    }

    fn place(&self, id: &str) -> String {
        let path = || self.index.places.get(&self.own.scope)?.get(id);
        match path().filter(|_| self.is_named()) {
            Some(path) if path.starts_with('/') => self.text(&format!("ou:{path}")),
            Some(root) => root.clone(),
            None => id.to_owned(),
        }
    }

    fn blocks(&self, dialect: Dialect, document: &Value) -> Option<InBlocks> {
        if self.level < Level::Blocks {
            return None;
        }
        let Facts { scope, organization } = self.facts;
        let known = guardrails::Known {
            partition: &scope.partition,
            account: &scope.account,
            region: &scope.region,
            organization: organization.as_deref().unwrap_or_default(),
        };
        let found = guardrails::recognize(Layer::of(dialect)?, document, &known);
        if found.uses.is_empty() {
            return None;
        }
        let blocks = serde_json::to_value(&found.uses).ok()?;
        let statements = match document.get("Statement") {
            Some(Value::Array(all)) => all.clone(),
            Some(one) => vec![one.clone()],
            None => Vec::new(),
        };
        let rest: Vec<Value> =
            found.rest.iter().filter_map(|index| statements.get(*index).cloned()).collect();
        let rest = (!rest.is_empty()).then(|| {
            let mut document = document.clone();
            document["Statement"] = Value::Array(rest);
            document
        });
        Some(InBlocks { blocks: written_document(&blocks, self), rest })
    }
}
