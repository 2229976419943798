//! References and lookups. The same code records them (to order the graph and to know what to
//! fetch) and fills them in.

mod interpolate;
mod soft;

use std::collections::{BTreeMap, BTreeSet};

pub use self::soft::{Called, Candidates};
use super::{
    Invalid,
    known::{Known, KnownResource, LookupItem, LookupKind, ScopeFacts},
    target::{Accepts, Form, Lookup, Target, Targets, id_form},
    unresolved::{LeftOut, Missing, Unresolved},
};
use crate::model::{Address, Seen};

/// Everything that resolving one manifest gives in addition to its state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolution {
    /// Every reference, with the field that contains it.
    pub asked: Vec<(String, Address)>,
    /// References without which the resource cannot be created.
    pub hard: BTreeSet<Address>,
    /// References that may follow later (rules between two security groups).
    pub soft: BTreeSet<Address>,
    /// Searches to make before references are resolved again: the kind, and the name if it has one.
    pub lookups: BTreeSet<(LookupKind, Option<String>)>,
    /// Whether `${organization.id}` is used.
    pub organization: bool,
    /// What has no value yet: the reason, by the placeholder that stands for it in the state. An
    /// edit whose body contains a placeholder waits; the others do not.
    pub unresolved: BTreeMap<String, Missing>,
    /// Values of references: by value, the placeholder that would otherwise be in its place.
    /// Consent is given to the placeholders, so that it is valid before and after the value is
    /// known.
    pub filled: BTreeMap<String, String>,
    /// What may be a mistake, although it can be right.
    pub warnings: Vec<Invalid>,
    /// What is left out of the state because AWS does not accept it.
    pub left_out: Vec<LeftOut>,
}

impl Resolution {
    /// Why nothing can be created, for people.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> BTreeSet<String> {
        let hard = self.unresolved.values().filter(|missing| !missing.soft);
        hard.map(|missing| missing.why.to_string()).collect()
    }

    fn missing(&mut self, placeholder: &str, why: Unresolved, soft: bool) {
        let missing = Missing { why, soft, fact: false, several: false };
        self.unresolved
            .entry(placeholder.to_owned())
            .and_modify(|known| known.soft &= soft)
            .or_insert(missing);
    }

    /// Records that a placeholder stands for a fact, and not for a part of the state.
    fn is_fact(&mut self, placeholder: &str) {
        if let Some(missing) = self.unresolved.get_mut(placeholder) {
            missing.fact = true;
        }
    }

    /// Records that a placeholder can stand for several values.
    fn several(&mut self, placeholder: &str) {
        if let Some(missing) = self.unresolved.get_mut(placeholder) {
            missing.several = true;
        }
    }
}

/// Stands for the organization's id while it is not known; it has the right form and belongs to
/// nobody.
const PLACEHOLDER_ORGANIZATION: &str = "o-0000000000";

/// The end of a reference's placeholder.
const KNOWN_AFTER_APPLY: &str = " (known after apply)";
/// The end of a lookup's placeholder.
const NOT_RESOLVED: &str = " (not resolved)";

/// Whether a value in a state stands for one that is not known yet. No id, ARN or name in AWS ends
/// like that.
pub fn is_placeholder(value: &str) -> bool {
    value.ends_with(KNOWN_AFTER_APPLY) || value.ends_with(NOT_RESOLVED)
}

/// Whether a text of a state contains a placeholder, as texts of policies may.
pub fn has_placeholder(text: &str) -> bool {
    text.contains(KNOWN_AFTER_APPLY) || text.contains(NOT_RESOLVED)
}

/// Whether a text of a policy contains anything that stands for a value which is not known yet:
/// also the organization's id.
pub fn stands_for_something_later(text: &str) -> bool {
    has_placeholder(text) || text.contains(PLACEHOLDER_ORGANIZATION)
}

/// Resolves the references of one manifest.
#[derive(Debug)]
pub struct Refs<'a> {
    scope: &'a ScopeFacts,
    name: &'a str,
    known: &'a Known,
    /// The entry of a list whose fields are being resolved; empty for none.
    within: String,
    resolution: Resolution,
    properties: Vec<(String, String, String)>,
}

impl<'a> Refs<'a> {
    /// A resolver for the manifest `name` of `scope`. With an empty `known` it only records.
    pub fn new(scope: &'a ScopeFacts, name: &'a str, known: &'a Known) -> Self {
        Self {
            scope,
            name,
            known,
            within: String::new(),
            resolution: Resolution::default(),
            properties: Vec::new(),
        }
    }

    /// The manifest's `metadata.name`: the default for names in AWS.
    pub fn name(&self) -> &str {
        self.name
    }

    /// The manifest's scope.
    pub fn scope(&self) -> &ScopeFacts {
        self.scope
    }

    /// What was recorded.
    pub fn finish(self) -> Resolution {
        self.resolution
    }

    /// Records something that may be a mistake: `validate` shows it, and nothing is refused because
    /// of it.
    pub fn warn(&mut self, warning: Invalid) {
        self.resolution.warnings.push(warning);
    }

    /// Records that something is left out of the state: people see it.
    pub fn leave_out(&mut self, what: LeftOut) {
        self.resolution.left_out.push(what);
    }

    /// Resolves the fields of one entry of a list: they are recorded below this path.
    pub(crate) fn within<T>(&mut self, entry: &str, resolve: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.within, entry.to_owned());
        let resolved = resolve(self);
        self.within = outer;
        resolved
    }

    /// The path of a field that is recorded.
    fn place(&self, field: &str) -> String {
        if self.within.is_empty() { field.to_owned() } else { format!("{}.{field}", self.within) }
    }

    /// The address that `{ref: text}` names: `name` in this scope, or `scope/name`.
    fn address(&self, kind: &str, text: &str) -> Address {
        match text.split_once('/') {
            Some((scope, name)) => Address::new(scope, kind, name),
            None => Address::new(&self.scope.name, kind, text),
        }
    }

    /// One thing that must exist before this resource can be created. Until it does, the result is
    /// a placeholder and the whole state counts as waiting.
    ///
    /// # Errors
    /// The form is not accepted here.
    pub fn one(
        &mut self,
        field: &str,
        target: &Target,
        accepts: Accepts,
    ) -> Result<String, Invalid> {
        match target {
            Target::Id(id) => Ok(id.clone()),
            Target::Ref(text) => {
                let (kind, name) = accept_reference(field, text, accepts)?;
                let address = self.address(kind, &name);
                Ok(self.require(field, &address, accepts.form))
            }
            Target::Lookup(lookup) => {
                let kind = accept_lookup(field, accepts)?;
                Ok(self.find_one(field, kind, lookup, None).id)
            }
        }
    }

    /// Like [`Self::one`] for a reference that may follow later: while the thing does not exist,
    /// the resource can be created without it ([`Missing::soft`]). If its kind is *unknown* in this
    /// pass, the resource cannot be created: unknown is not absent.
    ///
    /// # Errors
    /// The form is not accepted here.
    pub fn maybe(
        &mut self,
        field: &str,
        target: &Target,
        accepts: Accepts,
    ) -> Result<String, Invalid> {
        let Target::Ref(text) = target else {
            return self.one(field, target, accepts);
        };
        let (kind, name) = accept_reference(field, text, accepts)?;
        let address = self.address(kind, &name);
        let place = self.place(field);
        self.resolution.asked.push((place, address.clone()));
        self.resolution.soft.insert(address.clone());
        Ok(self.fill(&address, accepts.form, true))
    }

    /// Several things, in the order written; a lookup finds all that match, sorted by id. `within`
    /// narrows lookups by attribute, e.g. `("vpc", id)`.
    ///
    /// # Errors
    /// Every form that is not accepted here.
    pub fn many(
        &mut self,
        field: &str,
        targets: &Targets,
        accepts: Accepts,
        within: Option<(&str, &str)>,
    ) -> Result<Vec<LookupItem>, Vec<Invalid>> {
        let list = match targets {
            Targets::Lookup(lookup) => {
                let kind = accept_lookup(field, accepts).map_err(|invalid| vec![invalid])?;
                let found = self.find(field, kind, lookup, within);
                for item in &found {
                    self.resolution.several(&item.id);
                }
                return Ok(found);
            }
            Targets::List(list) => list,
        };
        let mut found = Vec::new();
        let mut problems = Vec::new();
        for (index, target) in list.iter().enumerate() {
            let field = format!("{field}[{index}]");
            match (target, accepts.lookup) {
                (Target::Lookup(lookup), Some(kind)) => {
                    found.push(self.find_one(&field, kind, lookup, within));
                }
                _ => match self.one(&field, target, accepts) {
                    Ok(id) => found.push(LookupItem { id, ..LookupItem::default() }),
                    Err(invalid) => problems.push(invalid),
                },
            }
        }
        if problems.is_empty() { Ok(found) } else { Err(problems) }
    }

    /// The one thing that a lookup finds; none or more than one is *waiting*, never a guess.
    pub fn find_one(
        &mut self,
        field: &str,
        kind: LookupKind,
        lookup: &Lookup,
        within: Option<(&str, &str)>,
    ) -> LookupItem {
        let mut found = self.find(field, kind, lookup, within);
        if found.len() > 1 {
            let placeholder = unresolved_lookup(kind, lookup);
            let why = Unresolved::Several {
                field: self.place(field),
                what: kind,
                wanted: describe(lookup),
                found: found.iter().map(|item| item.id.clone()).collect(),
            };
            self.resolution.missing(&placeholder, why, false);
            return LookupItem { id: placeholder, ..LookupItem::default() };
        }
        // `find` returns at least a placeholder.
        found.pop().unwrap_or_default()
    }

    fn find(
        &mut self,
        field: &str,
        kind: LookupKind,
        lookup: &Lookup,
        within: Option<(&str, &str)>,
    ) -> Vec<LookupItem> {
        self.resolution.lookups.insert((kind, lookup.name.clone()));
        let fits = |item: &&LookupItem| {
            lookup.tags.iter().all(|(key, value)| item.tags.get(key) == Some(value))
                && lookup.name.as_ref().is_none_or(|name| item.name.as_ref() == Some(name))
                && within.is_none_or(|(key, value)| {
                    item.attributes.get(key).is_none_or(|found| found == value)
                })
        };
        let field = self.place(field);
        // If the value that narrows the search is not known, that is the reason.
        let narrowed_by = within.and_then(|(_, value)| self.resolution.unresolved.get(value));
        let why = match (narrowed_by, self.known.lookups.get(&(self.scope.name.clone(), kind))) {
            (Some(missing), _) => missing.why.clone(),
            (None, Some(Seen::All(items))) => {
                let mut found: Vec<_> = items.iter().filter(fits).cloned().collect();
                found.sort_by(|a, b| a.id.cmp(&b.id));
                if !found.is_empty() {
                    return found;
                }
                Unresolved::NoMatch { field, what: kind, wanted: describe(lookup) }
            }
            (None, Some(Seen::Unknown(why))) => {
                Unresolved::LookupUnread { field, what: kind, why: Some(why.clone()) }
            }
            (None, None) => Unresolved::LookupUnread { field, what: kind, why: None },
        };
        let placeholder = unresolved_lookup(kind, lookup);
        self.resolution.missing(&placeholder, why, false);
        vec![LookupItem { id: placeholder, ..LookupItem::default() }]
    }

    fn require(&mut self, field: &str, address: &Address, form: Form) -> String {
        let place = self.place(field);
        self.resolution.asked.push((place, address.clone()));
        self.resolution.hard.insert(address.clone());
        self.fill(address, form, false)
    }

    /// The value of a reference, or its placeholder.
    fn fill(&mut self, address: &Address, form: Form, soft: bool) -> String {
        let placeholder = self.placeholder(address, form);
        if let Some(known) = self.known.resources.get(address) {
            let value = pick(known, form);
            self.resolution.filled.insert(value.clone(), placeholder);
            return value;
        }
        let (why, soft) = match self.unknown(address) {
            Some(why) => (why, false),
            None => (Unresolved::Absent { address: address.clone() }, soft),
        };
        self.resolution.missing(&placeholder, why, soft);
        placeholder
    }

    fn placeholder(&self, address: &Address, form: Form) -> String {
        let suffix = match form {
            Form::Id => "",
            Form::Arn => ".arn",
        };
        self.symbol_of(address, suffix)
    }

    fn symbol_of(&self, address: &Address, suffix: &str) -> String {
        let Address { scope, kind, name } = address;
        let scope = if *scope == self.scope.name { String::new() } else { format!("{scope}/") };
        format!("{scope}{kind}/{name}{suffix}{KNOWN_AFTER_APPLY}")
    }

    /// A property of a resource that must exist, or its placeholder.
    fn property(&mut self, field: &str, address: &Address, name: &str) -> String {
        self.resolution.asked.push((field.to_owned(), address.clone()));
        self.resolution.hard.insert(address.clone());
        self.properties.push((field.to_owned(), address.kind.clone(), name.to_owned()));
        let placeholder = self.symbol_of(address, &format!(".{name}"));
        let attributes = self.known.attributes.get(address);
        if let Some(value) = attributes.and_then(|all| all.get(name)) {
            self.resolution.filled.insert(value.clone(), placeholder);
            return value.clone();
        }
        let address = address.clone();
        let why = match self.unknown(&address) {
            Some(why) => why,
            None if attributes.is_some() => Unresolved::NoProperty { address, name: name.into() },
            None => Unresolved::Absent { address },
        };
        self.resolution.missing(&placeholder, why, false);
        placeholder
    }

    /// The properties of other resources that were asked for: the field, the kind and the name.
    pub(super) fn properties(&self) -> &[(String, String, String)] {
        &self.properties
    }

    pub(crate) fn organization(&mut self) -> String {
        self.resolution.organization = true;
        let why = match self.known.organizations.get(&self.scope.name) {
            Some(Seen::All(id)) => return id.clone(),
            Some(Seen::Unknown(why)) => Some(why.clone()),
            None => None,
        };
        self.resolution.missing(PLACEHOLDER_ORGANIZATION, Unresolved::Organization { why }, false);
        PLACEHOLDER_ORGANIZATION.to_owned()
    }

    fn unknown(&self, address: &Address) -> Option<Unresolved> {
        let why = self.known.unknown.get(&address.scoped_kind())?;
        Some(Unresolved::Unread { address: address.clone(), why: why.clone() })
    }
}

fn pick(known: &KnownResource, form: Form) -> String {
    match form {
        Form::Id => known.id.0.clone(),
        Form::Arn => known.arn.clone(),
    }
}

fn accept_reference(
    field: &str,
    text: &str,
    accepts: Accepts,
) -> Result<(&'static str, String), Invalid> {
    accepts.named(text).ok_or_else(|| {
        let kinds: Vec<_> = accepts.also.iter().map(|kind| format!("{kind}/name")).collect();
        let help = match id_form(text) {
            Some(form) => format!("drop `ref`: write {form} itself"),
            None if !kinds.is_empty() => {
                format!("write {{ref: {}}}, or the id", kinds.join("} or {ref: "))
            }
            None => "write the id, or a lookup by tags".to_owned(),
        };
        Invalid::new(field, "a reference is not possible here").help(help)
    })
}

fn accept_lookup(field: &str, accepts: Accepts) -> Result<LookupKind, Invalid> {
    accepts.lookup.ok_or_else(|| {
        Invalid::new(field, "a lookup is not possible here").help("write the id, or {ref: name}")
    })
}

/// Stands for what a lookup did not find, or found more than once.
fn unresolved_lookup(kind: LookupKind, lookup: &Lookup) -> String {
    format!("{} with {}{NOT_RESOLVED}", kind.as_str(), describe(lookup))
}

fn describe(lookup: &Lookup) -> String {
    let mut parts: Vec<_> =
        lookup.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    parts.extend(lookup.name.iter().map(|name| format!("name {name}")));
    parts.join(" and ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::ScopedKind;

    fn scope() -> ScopeFacts {
        ScopeFacts {
            name: "prod".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
        }
    }

    fn item(id: &str, tier: &str, vpc: &str) -> LookupItem {
        LookupItem {
            id: id.into(),
            name: None,
            attributes: [("vpc".to_owned(), vpc.to_owned())].into(),
            tags: [("tier".to_owned(), tier.to_owned())].into(),
        }
    }

    fn known() -> Known {
        Known {
            attributes: BTreeMap::new(),
            elsewhere: BTreeMap::new(),
            resources: [(
                Address::new("prod", "KmsKey", "studio"),
                KnownResource { id: "k-1".into(), arn: "arn:k-1".into() },
            )]
            .into(),
            unknown: [(ScopedKind::new("prod", "VpcEndpoint"), "denied".into())].into(),
            candidates: BTreeMap::new(),
            lookups: [(
                ("prod".into(), LookupKind::Subnet),
                Seen::All(vec![item("b", "p", "v1"), item("a", "p", "v1"), item("c", "p", "v2")]),
            )]
            .into(),
            organizations: [("prod".into(), Seen::All("o-abc1234567".into()))].into(),
        }
    }

    fn tier() -> Lookup {
        Lookup { tags: [("tier".into(), "p".into())].into(), name: None }
    }

    const KINDS: [&str; 2] = ["KmsKey", "SecurityGroup"];

    #[test]
    fn our_references_are_filled_in_and_iam_variables_pass_through() {
        let (scope, known) = (scope(), known());
        let mut refs = Refs::new(&scope, "x", &known);
        let mut value =
            json!({"a": ["${KmsKey/studio.arn}/${aws:PrincipalTag/team}", "${KmsKey/studio}"]});
        refs.interpolate(&mut value, &KINDS).unwrap();
        assert_eq!(value, json!({"a": ["arn:k-1/${aws:PrincipalTag/team}", "k-1"]}));
        let resolution = refs.finish();
        assert!(resolution.unresolved.is_empty());
        let symbol = |value: &str| resolution.filled[value].clone();
        assert_eq!(symbol("k-1"), "KmsKey/studio (known after apply)");
        assert_eq!(symbol("arn:k-1"), "KmsKey/studio.arn (known after apply)");
    }

    #[test]
    fn a_reference_to_an_unknown_kind_is_an_error_with_its_field() {
        let (scope, known) = (scope(), known());
        let mut value = json!({"a": ["${Kmskey/studio}"]});
        let problems = Refs::new(&scope, "x", &known).interpolate(&mut value, &KINDS).unwrap_err();
        assert_eq!(problems[0].field, "a[0]");
        assert!(problems[0].why.contains("unknown kind `Kmskey`"));
    }

    #[test]
    fn a_missing_reference_makes_the_state_wait_and_names_it() {
        let (scope, known) = (scope(), known());
        let mut refs = Refs::new(&scope, "x", &known);
        let accepts = Accepts::id_of("SecurityGroup");
        let placeholder = refs.one("groups[0]", &Target::Ref("apps".into()), accepts).unwrap();
        assert_eq!(placeholder, "SecurityGroup/apps (known after apply)");
        assert!(is_placeholder(&placeholder));
        let resolution = refs.finish();
        assert_eq!(
            resolution.waiting().into_iter().collect::<Vec<_>>(),
            ["prod/SecurityGroup/apps does not exist yet"]
        );
        assert_eq!(resolution.hard.len(), 1);
    }

    #[test]
    fn a_soft_reference_lets_the_resource_be_created_while_absent_but_not_while_unknown() {
        let (scope, known) = (scope(), known());
        let mut refs = Refs::new(&scope, "x", &known);
        let absent = refs.maybe("a", &Target::Ref("x".into()), Accepts::id_of("SecurityGroup"));
        assert_eq!(absent, Ok("SecurityGroup/x (known after apply)".to_owned()));
        assert_eq!((refs.resolution.unresolved.len(), refs.resolution.waiting().len()), (1, 0));
        refs.maybe("b", &Target::Ref("y".into()), Accepts::id_of("VpcEndpoint")).unwrap();
        assert_eq!((refs.resolution.unresolved.len(), refs.resolution.waiting().len()), (2, 1));
    }

    #[test]
    fn a_lookup_finds_all_within_the_vpc_sorted_by_id() {
        let (scope, known) = (scope(), known());
        let mut refs = Refs::new(&scope, "x", &known);
        let accepts = Accepts::lookup(LookupKind::Subnet);
        let found =
            refs.many("subnets", &Targets::Lookup(tier()), accepts, Some(("vpc", "v1"))).unwrap();
        assert_eq!(found.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn an_ambiguous_lookup_is_never_a_guess() {
        let (scope, known) = (scope(), known());
        let mut refs = Refs::new(&scope, "x", &known);
        let item = refs.find_one("subnet", LookupKind::Subnet, &tier(), None);
        assert!(is_placeholder(&item.id), "{}", item.id);
        let waiting = refs.finish().waiting();
        assert!(waiting.iter().any(|why| why.contains("3 subnets match tier=p")), "{waiting:?}");
    }

    #[test]
    fn a_lookup_that_was_not_read_or_failed_waits() {
        let (scope, mut known) = (scope(), known());
        known.lookups.insert(("prod".into(), LookupKind::Vpc), Seen::Unknown("throttled".into()));
        let mut refs = Refs::new(&scope, "x", &known);
        refs.find_one("vpc", LookupKind::Vpc, &tier(), None);
        refs.find_one("rt", LookupKind::RouteTable, &tier(), None);
        let waiting = refs.finish().waiting().into_iter().collect::<Vec<_>>().join("; ");
        assert!(waiting.contains("throttled") && waiting.contains("not read yet"), "{waiting}");
    }
}
