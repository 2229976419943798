//! The facts that judging steps needs and that no step changes, gathered once per plan and only if
//! a step needs them.

use std::{
    cell::{OnceCell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use serde_json::Value;

use super::{
    accounts::{self, Other},
    key::is_asked_of,
    place::Place,
    principals::{Principal, break_glass},
};
use crate::{
    kind::ScopeFacts,
    model::{Address, ScopedKind},
    operations::{self, resource_of},
    plan::{Inputs, Look},
};

/// The facts that every step of one plan is judged on.
pub(in crate::plan::gate) struct Grounds<'a> {
    pub(super) inputs: &'a Inputs<'a>,
    /// The break-glass roles in the settings.
    pub(super) break_glass: Vec<BreakGlassRole<'a>>,
    /// The management accounts, as far as they are known.
    pub(super) managers: BTreeSet<&'a str>,
    places: BTreeMap<&'a str, OnceCell<Option<Place<'a>>>>,
    places_with: RefCell<BTreeMap<ScopedKind, Place<'a>>>,
    others: RefCell<BTreeMap<ScopedKind, Rc<Vec<Other>>>>,
    users: RefCell<BTreeMap<String, Rc<Users>>>,
}

/// A break-glass role.
pub(super) struct BreakGlassRole<'a> {
    pub(super) principal: Principal,
    places: OnceCell<Vec<Place<'a>>>,
}

impl<'a> BreakGlassRole<'a> {
    /// Where it must be able to undo what palisade does.
    pub(super) fn places(&self, grounds: &Grounds<'a>) -> &[Place<'a>] {
        let Principal { account, partition, .. } = &self.principal;
        self.places.get_or_init(|| Place::of_break_glass(account, partition, grounds))
    }
}

impl<'a> Grounds<'a> {
    /// The facts of one plan.
    pub(in crate::plan::gate) fn of(inputs: &'a Inputs<'a>) -> Self {
        let role = |principal| BreakGlassRole { principal, places: OnceCell::new() };
        let scopes = inputs.look.installation.facts.keys();
        Self {
            inputs,
            break_glass: break_glass(inputs).into_iter().map(role).collect(),
            managers: inputs.organization.managers.values().map(String::as_str).collect(),
            places: scopes.map(|scope| (scope.as_str(), OnceCell::new())).collect(),
            places_with: RefCell::default(),
            others: RefCell::default(),
            users: RefCell::default(),
        }
    }

    /// Account and Region of every scope.
    pub(super) fn scopes(&self) -> impl Iterator<Item = &'a ScopeFacts> {
        self.inputs.look.installation.facts.values()
    }

    /// Account and Region of a scope.
    pub(super) fn facts(&self, scope: &str) -> Option<&'a ScopeFacts> {
        self.inputs.look.installation.facts.get(scope)
    }

    /// The place of a scope; `None` if palisade does nothing there.
    pub(super) fn place(&self, scope: &str) -> Option<&Place<'a>> {
        let facts = self.facts(scope)?;
        let place = self.places.get(scope)?;
        place.get_or_init(|| Place::of_scope(facts, self.inputs)).as_ref()
    }

    /// The place of a scope in which this kind is used, even if it is not used there yet.
    pub(super) fn place_with(&self, facts: &ScopeFacts, kind: &str) -> Place<'a> {
        let at = ScopedKind::new(&facts.name, kind);
        if let Some(place) = self.places_with.borrow().get(&at) {
            return place.clone();
        }
        let used = self.place(&facts.name).cloned();
        let place = used.unwrap_or_else(|| Place::empty(facts, self.inputs)).with(kind);
        self.places_with.borrow_mut().insert(at, place.clone());
        place
    }

    /// The policies of a kind in a scope that stay as they are unless they are changed themselves.
    pub(super) fn others(&self, at: &ScopedKind) -> Rc<Vec<Other>> {
        if let Some(others) = self.others.borrow().get(at) {
            return Rc::clone(others);
        }
        let others = Rc::new(accounts::others(at, self.inputs));
        self.others.borrow_mut().insert(at.clone(), Rc::clone(&others));
        others
    }

    /// The other kinds of which a resource uses this one, by what its manifest or its live state
    /// says.
    pub(super) fn users_of(&self, key: &Address, arn: Option<&str>) -> BTreeSet<&'static str> {
        let known = self.users.borrow().get(&key.kind).cloned();
        let users = known.unwrap_or_else(|| {
            let users = Rc::new(Users::find(&key.kind, self.inputs.look));
            self.users.borrow_mut().insert(key.kind.clone(), Rc::clone(&users));
            users
        });
        users.of(key, arn)
    }
}

/// Which kinds use which resources of another kind.
#[derive(Default)]
struct Users {
    /// By the address that a manifest refers to.
    by_address: BTreeMap<Address, BTreeSet<&'static str>>,
    /// By the id that a manifest or a live resource names, alone or in an ARN.
    by_id: BTreeMap<String, BTreeSet<&'static str>>,
}

impl Users {
    /// The users of everything of a kind.
    fn find(used: &str, look: &Look<'_>) -> Self {
        let mut users = Self::default();
        let Some(resource) = resource_of(used) else { return users };
        let kinds: BTreeSet<&'static str> = operations::all()
            .filter(|row| row.grants().any(|grant| is_asked_of(resource, grant)))
            .filter_map(|row| row.kind)
            .filter(|kind| *kind != used)
            .collect();
        for document in look.documents.values() {
            let Some(kind) = kinds.get(document.address.kind.as_str()) else { continue };
            for (_, asked) in &document.recorded.asked {
                users.by_address.entry(asked.clone()).or_default().insert(*kind);
            }
            users.named_in(document.spec.as_ref().unwrap_or(&Value::Null), kind);
        }
        for (at, inventory) in look.claims.inventories() {
            let Some(kind) = kinds.get(at.kind.as_str()) else { continue };
            for it in inventory.all() {
                users.named_in(&it.resource.state, kind);
            }
        }
        users
    }

    /// Collects every id that a value may name. Ids consist of letters, digits and hyphens; the
    /// characters around them in an ARN or a text do not.
    fn named_in(&mut self, value: &Value, kind: &'static str) {
        match value {
            Value::String(text) => {
                let part_of_id = |c: char| c.is_ascii_alphanumeric() || c == '-';
                for id in text.split(|c| !part_of_id(c)).filter(|id| !id.is_empty()) {
                    self.by_id.entry(id.to_owned()).or_default().insert(kind);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.named_in(item, kind)),
            Value::Object(members) => {
                members.values().for_each(|member| self.named_in(member, kind));
            }
            _ => {}
        }
    }

    fn of(&self, key: &Address, arn: Option<&str>) -> BTreeSet<&'static str> {
        let id = arn.and_then(|arn| arn.rsplit('/').next()).filter(|id| !id.is_empty());
        let by_id = id.and_then(|id| self.by_id.get(id));
        self.by_address.get(key).into_iter().chain(by_id).flatten().copied().collect()
    }
}
