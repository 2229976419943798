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
    kinds::sagemaker_domain,
    model::{ScopedKind, policy_document::ANY_TEXT},
    operations::{Need, On, Operation, ResourceType, Usage, kind_of_sort, of_kind, role_arns},
    plan::{Inputs, Inventory},
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
    /// The only key that matters, if there is just one: its ARN, or `None` if it does not exist
    /// yet.
    key: Option<Option<&'a str>>,
    /// The existing resources of each resource type that was asked for.
    found: Rc<RefCell<Found>>,
}

/// The ARNs of existing resources, by resource type.
type Found = BTreeMap<String, Rc<BTreeSet<String>>>;

impl<'a> Place<'a> {
    /// The place of a scope; `None` if nothing is declared or live there, so that palisade does
    /// nothing in it. Every live resource counts, claimed or not: it may be adopted next.
    pub(super) fn of_scope(facts: &ScopeFacts, inputs: &'a Inputs<'a>) -> Option<Self> {
        let look = inputs.look;
        let mut usage = Usage::of(look.installation.registry, look.documents_in(&facts.name));
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
        Self { facts, usage, inputs, mentioned, key: None, found: Rc::default() }
    }

    /// The same place with a kind that is about to be used.
    pub(super) fn with(self, kind: &str) -> Self {
        if self.usage.kinds.contains(kind) {
            return self;
        }
        Self { usage: Rc::new(Usage::clone(&self.usage).with(kind)), ..self }
    }

    /// The same place, as if this were its only key: its ARN, or that of a key that does not exist
    /// yet.
    pub(super) fn on_key<'k>(&self, arn: Option<&'k str>) -> Place<'k>
    where
        'a: 'k,
    {
        Place { key: Some(arn), ..self.clone() }
    }

    /// A scope in which nothing is used yet.
    pub(super) fn empty(facts: &ScopeFacts, inputs: &'a Inputs<'a>) -> Self {
        Self::new(facts.clone(), Usage::default(), inputs, BTreeSet::new())
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
        // Resources of some kinds are in the management account, wherever palisade calls from.
        let in_organization =
            |kind: &String| inputs.look.kind(kind).is_some_and(ErasedKind::concerns_organization);
        let of_resources = |place: &Self| place.usage.kinds.iter().any(|it| !in_organization(it));
        let mut regions: BTreeSet<String> = all()
            .filter(|place| place.facts.partition == partition && of_resources(place))
            .map(|place| place.facts.region.clone())
            .collect();
        if regions.is_empty() {
            regions.insert(ANY_TEXT.to_string());
        }
        let mut usage = Usage::everything(inputs.look.installation.registry);
        usage.kinds.retain(|kind| !in_organization(kind));
        usage.needs.remove(&Need::OrganizationId);
        let place = |region: String| {
            let (account, partition) = (account.to_owned(), partition.to_owned());
            let facts = ScopeFacts { name: String::new(), account, region, partition };
            Self::new(facts, usage.clone(), inputs, BTreeSet::new())
        };
        regions.into_iter().map(place).collect()
    }

    /// The Region, if it is known.
    pub(super) fn region(&self) -> Option<&str> {
        Some(self.facts.region.as_str()).filter(|region| !region.contains(ANY_TEXT))
    }

    /// The id of the account's organization, if it is known.
    pub(super) fn organization(&self) -> Option<&str> {
        self.inputs.look.live.organizations.get(&self.facts.name)?.all().map(String::as_str)
    }

    /// The owner tag value of resources of this installation.
    pub(super) fn owner(&self) -> &str {
        self.inputs.look.installation.owner
    }

    /// The resources that a permission is needed on, each with its type: the claimed and named
    /// ones, and one of each type that does not exist yet. Empty for `*`.
    pub(super) fn resources(&self, row: &Operation, on: On) -> Vec<(&'static str, String)> {
        let ScopeFacts { account, region, partition, .. } = &self.facts;
        if let On::Adopted(kind) = on {
            let ids = self.usage.adopted.get(kind).into_iter().flatten();
            let Some(ResourceType { service, sort, .. }) = of_kind(kind).resource else {
                return Vec::new();
            };
            let arn = |id| format!("arn:{partition}:{service}:{region}:{account}:{sort}/{id}");
            return ids.map(|id| (sort, arn(id))).collect();
        }
        if let On::ServiceRole(service) = on {
            let role = format!("aws-service-role/{service}/{}", service_role(service));
            return vec![("role", format!("arn:{partition}:iam::{account}:role/{role}"))];
        }
        if let (On::ExecutionRoles, Some(roles)) = (on, &self.usage.execution_roles) {
            return roles.iter().map(|role| ("role", role.clone())).collect();
        }
        let mut found = BTreeSet::new();
        if on == On::Keys && row.kinds.contains(&sagemaker_domain::NAME) && self.key.is_none() {
            // The key of a domain may belong to any account.
            let keys = self.mentioned.iter().filter(|arn| is_key_arn(arn)).cloned();
            found.extend(keys.map(|arn| ("key", arn)));
        }
        for sort in on.sorts() {
            found.extend(self.of_sort(sort).iter().map(|arn| (*sort, arn.clone())));
        }
        // Each operation takes one type of organization target, and none takes all.
        let fits = |sort: &str| {
            on != On::Places || row.name != "ListOrganizationalUnitsForParent" || sort != "account"
        };
        found.into_iter().filter(|(sort, _)| fits(sort)).collect()
    }

    /// The resources of one type: claimed, named, and one that does not exist yet.
    fn of_sort(&self, sort: &str) -> Rc<BTreeSet<String>> {
        if let ("key", Some(key)) = (sort, self.key) {
            let sample = kind_of_sort(sort).map_or("", |(_, resource)| resource.sample);
            let arn = key.map_or_else(|| self.arn(sort, sample), str::to_owned);
            return Rc::new(BTreeSet::from([arn]));
        }
        if let Some(found) = self.found.borrow().get(sort) {
            return Rc::clone(found);
        }
        let found = Rc::new(self.find(sort));
        self.found.borrow_mut().insert(sort.to_owned(), Rc::clone(&found));
        found
    }

    fn find(&self, sort: &str) -> BTreeSet<String> {
        let named = |start: &str, sample: &str| -> BTreeSet<String> {
            self.named(start).chain([sample]).map(str::to_owned).collect()
        };
        let only = |sample: &str| BTreeSet::from([sample.to_owned()]);
        let of_kind = kind_of_sort(sort);
        let ids = match (of_kind, sort) {
            (Some((_, ResourceType { sample, named: Some(start), .. })), _) => named(start, sample),
            (Some((_, ResourceType { sample, named: None, .. })), _) => only(sample),
            (None, "vpc") => named("vpc-", "vpc-00000000000000000"),
            (None, "subnet") => named("subnet-", "subnet-00000000000000000"),
            (None, "route-table") => named("rtb-", "rtb-00000000000000000"),
            (None, "security-group-rule") => only("sgr-00000000000000000"),
            (None, "prefix-list") => named("pl-", "pl-00000000000000000"),
            (None, "hostedzone") => only("Z00000000000000000000"),
            (None, "alias") => named("alias/", "alias/00000000"),
            (None, "root") => named("r-", "r-0000"),
            (None, "organizationalunit") => named("ou-", "ou-0000-00000000"),
            (None, "account") => {
                let others = self.mentioned.iter().filter(|id| is_account(id)).cloned();
                others.chain([self.facts.account.clone()]).collect()
            }
            (None, "role") => BTreeSet::from([ANY_TEXT.to_string()]),
            _ => return BTreeSet::new(),
        };
        let mut all: BTreeSet<String> = ids.iter().map(|id| self.arn(sort, id)).collect();
        all.extend(of_kind.map(|(kind, _)| self.claimed(kind)).unwrap_or_default());
        if sort == "prefix-list" {
            // Prefix lists of AWS belong to the account `aws`.
            let ScopeFacts { region, partition, .. } = &self.facts;
            let of_aws = |id| format!("arn:{partition}:ec2:{region}:aws:{sort}/{id}");
            all.extend(ids.iter().map(of_aws));
        }
        all
    }

    /// ARNs in the form that the service authorization reference gives for each resource type.
    fn arn(&self, sort: &str, id: &str) -> String {
        let ScopeFacts { account, region, partition, .. } = &self.facts;
        let any = ANY_TEXT.to_string();
        let manager = self.inputs.organization.managers.get(&self.facts.name).unwrap_or(&any);
        let organization = self.organization().unwrap_or(&any);
        let organizations = format!("arn:{partition}:organizations::{manager}");
        match sort {
            "hostedzone" => format!("arn:{partition}:route53:::{sort}/{id}"),
            "key" => format!("arn:{partition}:kms:{region}:{account}:{sort}/{id}"),
            "alias" => format!("arn:{partition}:kms:{region}:{account}:{id}"),
            "domain" => format!("arn:{partition}:sagemaker:{region}:{account}:{sort}/{id}"),
            "role" => format!("arn:{partition}:iam::{account}:{sort}/{id}"),
            "organizationalunit" => format!("{organizations}:ou/{organization}/{id}"),
            "policy" | "root" | "account" => format!("{organizations}:{sort}/{organization}/{id}"),
            _ => format!("arn:{partition}:ec2:{region}:{account}:{sort}/{id}"),
        }
    }

    /// The ARNs of the claimed resources of a kind.
    fn claimed(&self, kind: &str) -> BTreeSet<String> {
        let at = ScopedKind::new(&self.facts.name, kind);
        let seen = self.inputs.look.claims.of(&at).into_iter();
        let ours = seen.flat_map(Inventory::all).filter(|it| it.address().is_some());
        let arns = ours.map(|it| it.resource.arn.clone());
        arns.filter(|arn| arn.starts_with("arn:")).collect()
    }

    /// Ids that manifests or claimed resources name.
    fn named<'s>(&'s self, start: &'s str) -> impl Iterator<Item = &'s str> {
        self.mentioned.iter().map(String::as_str).filter(move |id| id.starts_with(start))
    }
}

/// Whether an id is an account id.
pub(super) fn is_account(id: &str) -> bool {
    id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit())
}

fn is_key_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts[..], ["arn", _, "kms", _, _, name] if name.starts_with("key/"))
}

/// The name of a service-linked role (the services' user guides).
fn service_role(service: &str) -> &'static str {
    match service {
        "sagemaker.amazonaws.com" => "AWSServiceRoleForAmazonSageMakerNotebooks",
        "mrk.kms.amazonaws.com" => "AWSServiceRoleForKeyManagementServiceMultiRegionKeys",
        _ => "AWSServiceRoleFor",
    }
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
