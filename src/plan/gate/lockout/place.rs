//! Where palisade works: an account in a Region, the permissions it needs there, and the resources
//! they are needed on.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use serde_json::Value;

use super::Grounds;
use crate::{
    kind::{ScopeFacts, erased::ErasedKind},
    model::{Bounds, OrganizationTree, ScopedKind, Seen, policy_document::ANY_TEXT},
    operations::{
        ArnParts, Named, Need, On, Operation, ResourceType, Usage, kind_of, of_kind, resource_of,
        resources::ROLE, role_arns, table::OF_ORGANIZATION,
    },
    plan::{Inputs, Inventory},
    settings::OwnUse,
};

/// An account in a Region, and what is used there.
#[derive(Clone)]
pub(super) struct Place<'a> {
    pub(super) facts: ScopeFacts,
    pub(super) usage: Rc<Usage>,
    inputs: &'a Inputs<'a>,
    /// Every string in the claimed resources and in the manifests of the scope; resource ids are
    /// among them.
    mentioned: Rc<BTreeSet<String>>,
    /// The only resource of its type that matters, if it is so: its ARN, or none where it is yet to
    /// be made.
    only: Option<(ResourceType, Option<&'a str>)>,
    /// What is there of each resource type that was asked for.
    found: Rc<RefCell<Found>>,
}

/// The ARNs of what is there, by resource type.
type Found = BTreeMap<ResourceType, Rc<BTreeSet<String>>>;

impl<'a> Place<'a> {
    /// The place of a scope; none if nothing is declared or live there, so that palisade does
    /// nothing in it. Everything that is live counts, claimed or not: it may be adopted next.
    pub(super) fn of_scope(facts: &ScopeFacts, inputs: &'a Inputs<'a>) -> Option<Self> {
        let look = inputs.look;
        let mut usage = Usage::of(look.installation.registry, look.documents_in(&facts.name))
            .within(bounds_in(&facts.name, inputs));
        let mut mentioned = BTreeSet::new();
        let mut roles = usage.execution_roles.take().unwrap_or_default();
        let specs = look.documents_in(&facts.name).filter_map(|it| it.spec.as_ref());
        specs.for_each(|it| strings(it, &mut mentioned));
        // Ids that lookups and references resolved to.
        look.wants_in(&facts.name).for_each(|want| strings(&want.state, &mut mentioned));
        for (at, inventory) in look.claims.inventories() {
            if at.scope != facts.name || inventory.all().is_empty() {
                continue;
            }
            usage = usage.with(&at.kind);
            let hands_on_roles =
                look.kind(&at.kind).is_some_and(|it| it.operations().hands_on_roles);
            for it in inventory.all().iter().filter(|it| it.address().is_some()) {
                strings(&it.resource.state, &mut mentioned);
                if hands_on_roles {
                    roles.extend(role_arns(&it.resource.state));
                }
            }
        }
        usage.execution_roles = Some(roles).filter(|roles| !roles.is_empty());
        let used = !usage.kinds.is_empty();
        used.then(|| Self::new(facts.clone(), usage, inputs, mentioned))
    }

    fn new(
        facts: ScopeFacts,
        usage: Usage,
        inputs: &'a Inputs<'a>,
        mentioned: BTreeSet<String>,
    ) -> Self {
        let (usage, mentioned) = (Rc::new(usage), Rc::new(mentioned));
        Self { facts, usage, inputs, mentioned, only: None, found: Rc::default() }
    }

    /// The same place with a kind that is about to be used.
    pub(super) fn with(self, kind: &str) -> Self {
        if self.usage.kinds.contains(kind) {
            return self;
        }
        Self { usage: Rc::new(Usage::clone(&self.usage).with(kind)), ..self }
    }

    /// The same as if this were the only resource of its type there: its ARN, or that of one that
    /// is yet to be made.
    pub(super) fn with_only<'r>(&self, resource: ResourceType, arn: Option<&'r str>) -> Place<'r>
    where
        'a: 'r,
    {
        Place { only: Some((resource, arn)), ..self.clone() }
    }

    /// A scope in which nothing is used yet.
    pub(super) fn empty(facts: &ScopeFacts, inputs: &'a Inputs<'a>) -> Self {
        let usage = Usage::default().within(bounds_in(&facts.name, inputs));
        Self::new(facts.clone(), usage, inputs, BTreeSet::new())
    }

    /// Where a break-glass role must be able to undo what palisade does: the scopes of its account.
    /// What it will have to do in an account without a scope in use is unknown, so it must keep
    /// everything that palisade could need on resources of an account, in every Region where
    /// palisade works. Organization policies matter only to the management account, which no
    /// service control policy concerns.
    pub(super) fn of_break_glass(
        account: &str,
        partition: &str,
        grounds: &Grounds<'a>,
    ) -> Vec<Self> {
        let all = || grounds.scopes().filter_map(|facts| grounds.place(&facts.name));
        let own = all().filter(|place| place.facts.account == account);
        let own: Vec<Self> = own.cloned().collect();
        if !own.is_empty() {
            return own;
        }
        let inputs = grounds.inputs;
        let of_resources =
            |place: &Self| place.usage.kinds.iter().any(|it| !is_in_organization(it, inputs));
        let mut regions: BTreeSet<String> = all()
            .filter(|place| place.facts.partition == partition && of_resources(place))
            .map(|place| place.facts.region.clone())
            .collect();
        if regions.is_empty() {
            regions.insert(ANY_TEXT.to_string());
        }
        let place = |region: String| {
            let (account, partition) = (account.to_owned(), partition.to_owned());
            let facts = ScopeFacts { name: String::new(), account, region, partition };
            Self::of_everything(facts, inputs)
        };
        regions.into_iter().map(place).collect()
    }

    /// Where everything is needed that palisade could need on resources of an account.
    pub(super) fn of_everything(facts: ScopeFacts, inputs: &'a Inputs<'a>) -> Self {
        let mut usage = Usage::everything(inputs.look.installation.registry)
            .within(bounds_in(&facts.name, inputs))
            .listening(false)
            .listing_accounts(false)
            .with_own(OwnUse::default());
        usage.kinds.retain(|kind| !is_in_organization(kind, inputs));
        usage.needs.remove(&Need::OrganizationId);
        usage.needs.remove(&OF_ORGANIZATION);
        Self::new(facts, usage, inputs, BTreeSet::new())
    }

    /// The Region, if it is known.
    pub(super) fn region(&self) -> Option<&str> {
        Some(self.facts.region.as_str()).filter(|region| !region.contains(ANY_TEXT))
    }

    /// The id of the account's organization, if it is known: for this scope, or for one whose
    /// organization has the account in its tree.
    pub(super) fn organization(&self) -> Option<&str> {
        let asked = &self.inputs.look.live.organizations;
        let id_in = |scope: &str| {
            let answer = asked.get(scope).and_then(Seen::all);
            answer.or_else(|| self.inputs.organization.ids.get(scope)).map(String::as_str)
        };
        let has_account = |tree: &Seen<OrganizationTree>| {
            tree.all().is_some_and(|tree| tree.0.contains_key(&self.facts.account))
        };
        id_in(&self.facts.name).or_else(|| {
            let mut trees = self.inputs.organization.trees.iter();
            let (scope, _) = trees.find(|(_, tree)| has_account(tree))?;
            id_in(scope)
        })
    }

    /// The owner tag value of resources of this installation.
    pub(super) fn owner(&self) -> &str {
        self.inputs.look.installation.owner
    }

    /// The resources that a permission is needed on, each with its type: the claimed and named
    /// ones, and one of each type that does not exist yet. Empty for `*`.
    pub(super) fn resources(&self, row: &Operation, on: On) -> Vec<(&'static str, String)> {
        match (on, &self.usage.execution_roles) {
            (On::Adopted(kind), _) => {
                let Some(resource) = resource_of(kind) else { return Vec::new() };
                let ids = self.usage.adopted.get(kind).into_iter().flatten();
                ids.map(|id| (resource.sort, self.arn(&resource, id))).collect()
            }
            // It is reached with the credentials of the process, which may be of another account;
            // without it palisade does less.
            (On::Memory | On::Leases | On::Topics | On::Buses | On::Secrets, _) => Vec::new(),
            (On::ServiceRole(role), _) => {
                let id = format!("aws-service-role/{}/{}", role.service, role.name);
                vec![(ROLE.sort, self.arn(&ROLE, &id))]
            }
            (On::ExecutionRoles, Some(roles)) => {
                roles.iter().map(|role| (ROLE.sort, role.clone())).collect()
            }
            (On::ExecutionRoles, None) => {
                vec![(ROLE.sort, self.arn(&ROLE, &ANY_TEXT.to_string()))]
            }
            (On::Bounded(resources), _) => {
                let mut found = BTreeSet::new();
                for resource in resources.types {
                    let claimed = kind_of(*resource).map(|kind| self.claimed(kind));
                    found.extend(claimed.unwrap_or_default());
                    // One that nobody has made yet.
                    let path = self.usage.bounds.iter().map(|it| it.path.trim_start_matches('/'));
                    let new = path.map(|path| format!("{path}{}", resource.sample));
                    found.extend(new.map(|id| self.arn(resource, &id)));
                }
                let sort = resources.types.first().map_or("", |it| it.sort);
                found.into_iter().map(|arn| (sort, arn)).collect()
            }
            (On::Anything | On::Of(_), _) => {
                let mut found = BTreeSet::new();
                for resource in on.types() {
                    let arns = self.of_type(resource);
                    found.extend(arns.iter().map(|arn| (resource.sort, arn.clone())));
                    found.extend(self.of_others(row, resource).map(|arn| (resource.sort, arn)));
                }
                found.into_iter().collect()
            }
        }
    }

    /// Those that a kind's manifests and resources name although they may be anybody's.
    fn of_others<'s>(
        &'s self,
        row: &Operation,
        resource: &'s ResourceType,
    ) -> impl Iterator<Item = String> + use<'s, 'a> {
        let named = row.kind.is_some_and(|kind| of_kind(kind).names.contains(resource));
        let all = self.mentioned.iter().filter(move |_| named && self.only.is_none());
        all.filter(|arn| resource.is_arn(arn)).cloned()
    }

    /// Those of one type: what is claimed, what is named, and one that nobody has made yet.
    fn of_type(&self, resource: &ResourceType) -> Rc<BTreeSet<String>> {
        if let Some((only, arn)) = &self.only
            && only == resource
        {
            let arn = arn.map_or_else(|| self.arn(resource, resource.sample), str::to_owned);
            return Rc::new(BTreeSet::from([arn]));
        }
        if let Some(found) = self.found.borrow().get(resource) {
            return Rc::clone(found);
        }
        let found = Rc::new(self.find(resource));
        self.found.borrow_mut().insert(*resource, Rc::clone(&found));
        found
    }

    fn find(&self, resource: &ResourceType) -> BTreeSet<String> {
        let named = self.mentioned.iter().map(String::as_str).filter(|id| match resource.named {
            Named::Never => false,
            Named::By(start) => id.starts_with(start),
            Named::Account => is_account(id),
        });
        let ids: Vec<&str> = named.chain([resource.sample]).collect();
        let mut all: BTreeSet<String> = ids.iter().map(|id| self.arn(resource, id)).collect();
        all.extend(kind_of(*resource).map(|kind| self.claimed(kind)).unwrap_or_default());
        if let Some(others) = resource.others {
            all.extend(ids.iter().map(|id| self.arn_of(others, resource, id)));
        }
        all
    }

    fn arn(&self, resource: &ResourceType, id: &str) -> String {
        self.arn_of(&self.facts.account, resource, id)
    }

    /// The ARN of what belongs to an account, or to AWS.
    fn arn_of(&self, account: &str, resource: &ResourceType, id: &str) -> String {
        let any = ANY_TEXT.to_string();
        let manager = self.inputs.organization.managers.get(&self.facts.name).unwrap_or(&any);
        let organization = self.organization().unwrap_or(&any);
        resource.arn(id, ArnParts { account, ..ArnParts::of(&self.facts, manager, organization) })
    }

    /// The ARNs of the claimed resources of a kind.
    fn claimed(&self, kind: &str) -> BTreeSet<String> {
        let at = ScopedKind::new(&self.facts.name, kind);
        let seen = self.inputs.look.claims.of(&at).into_iter();
        let ours = seen.flat_map(Inventory::all).filter(|it| it.address().is_some());
        let arns = ours.map(|it| it.resource.arn.clone());
        arns.filter(|arn| arn.starts_with("arn:")).collect()
    }
}

/// Within which bounds identity may be written in a scope.
fn bounds_in(scope: &str, inputs: &Inputs<'_>) -> Option<Bounds> {
    inputs.limits.fence.bounds(scope).ok().cloned()
}

/// Resources of some kinds are in the management account, wherever palisade calls from.
fn is_in_organization(kind: &str, inputs: &Inputs<'_>) -> bool {
    inputs.look.kind(kind).is_some_and(ErasedKind::concerns_organization)
}

/// Whether an id is an account id.
pub(super) fn is_account(id: &str) -> bool {
    id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit())
}

fn strings(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            found.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(members) => members.values().for_each(|member| strings(member, found)),
        _ => {}
    }
}
