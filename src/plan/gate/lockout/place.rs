//! Where palisade works: an account in a Region, what it needs there, and on what.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    kind::ScopeFacts,
    kinds::kms_key,
    model::{Ownership, Seen, policy_document::ANY_TEXT},
    operations::{Need, On, Operation, Usage, role_arns},
    plan::Inputs,
};

/// The kind whose resources are in the management account, wherever palisade calls from.
const ORGANIZATION_WIDE: &str = "ServiceControlPolicy";

/// An account in a Region, and what is used there.
pub(super) struct Place<'a> {
    pub(super) facts: ScopeFacts,
    pub(super) usage: Usage,
    inputs: &'a Inputs<'a>,
    /// Every string in what is claimed there and in the manifests for it: ids among them.
    mentioned: BTreeSet<String>,
    /// The only key that matters, if it is so: its ARN, or none where it is yet to be made.
    key: Option<Option<&'a str>>,
}

impl<'a> Place<'a> {
    /// The place of a scope; none if nothing is declared or live there, so that palisade does nothing in it. Everything that
    /// is live counts, claimed or not: it may be adopted next.
    pub(super) fn of_scope(facts: &ScopeFacts, inputs: &'a Inputs<'a>) -> Option<Self> {
        let documents = || inputs.documents.values().filter(|it| it.address.scope == facts.name);
        let mut usage = Usage::of(inputs.registry, documents());
        let mut mentioned = BTreeSet::new();
        let mut roles = usage.execution_roles.take().unwrap_or_default();
        documents().filter_map(|it| it.spec.as_ref()).for_each(|it| strings(it, &mut mentioned));
        for ((scope, kind), seen) in &inputs.live.seen {
            let Seen::All(resources) = seen else { continue };
            if *scope != facts.name || resources.is_empty() {
                continue;
            }
            usage = usage.with(kind);
            let ours = resources.iter().filter(|it| {
                matches!(Ownership::read(&it.tags, inputs.owner), Ownership::Ours { .. })
            });
            for resource in ours {
                strings(&resource.state, &mut mentioned);
                if kind == "SageMakerDomain" {
                    roles.extend(role_arns(&resource.state));
                }
            }
        }
        usage.execution_roles = Some(roles).filter(|roles| !roles.is_empty());
        let place = Self { facts: facts.clone(), usage, inputs, mentioned, key: None };
        (!place.usage.kinds.is_empty()).then_some(place)
    }

    /// The same with a kind that is about to be used.
    pub(super) fn with(mut self, kind: &str) -> Self {
        self.usage = self.usage.with(kind);
        self
    }

    /// The same as if this were the only key there: its ARN, or that of one that is yet to be made.
    pub(super) fn on_key(&self, arn: Option<&'a str>) -> Self {
        Self {
            facts: self.facts.clone(),
            usage: self.usage.clone(),
            inputs: self.inputs,
            mentioned: self.mentioned.clone(),
            key: Some(arn),
        }
    }

    /// A scope in which nothing is used yet.
    pub(super) fn empty(facts: &ScopeFacts, inputs: &'a Inputs<'a>) -> Self {
        let usage = Usage::default();
        Self { facts: facts.clone(), usage, inputs, mentioned: BTreeSet::new(), key: None }
    }

    /// Where a break-glass role must be able to undo what palisade does: the scopes of its account. In an account without
    /// any that is in use nobody knows what it will have to do. It must then keep everything that palisade could need of
    /// resources in an account, in every Region where palisade works; the organisation's policies are for whoever works in
    /// the management account, whom no service control policy concerns.
    pub(super) fn of_break_glass(
        account: &str,
        partition: &str,
        inputs: &'a Inputs<'a>,
    ) -> Vec<Self> {
        let all = || inputs.facts.values().filter_map(|facts| Self::of_scope(facts, inputs));
        let own: Vec<Self> = all().filter(|place| place.facts.account == account).collect();
        if !own.is_empty() {
            return own;
        }
        let of_resources =
            |place: &Self| place.usage.kinds.iter().any(|it| it != ORGANIZATION_WIDE);
        let mut regions: BTreeSet<String> = all()
            .filter(|place| place.facts.partition == partition && of_resources(place))
            .map(|place| place.facts.region)
            .collect();
        if regions.is_empty() {
            regions.insert(ANY_TEXT.to_string());
        }
        let mut usage = Usage::everything(inputs.registry);
        usage.kinds.remove(ORGANIZATION_WIDE);
        usage.needs.remove(&Need::OrganizationId);
        let place = |region: String| {
            let (account, partition) = (account.to_owned(), partition.to_owned());
            let facts = ScopeFacts { name: String::new(), account, region, partition };
            Self { facts, usage: usage.clone(), inputs, mentioned: BTreeSet::new(), key: None }
        };
        regions.into_iter().map(place).collect()
    }

    /// The Region, if it is known.
    pub(super) fn region(&self) -> Option<&str> {
        Some(self.facts.region.as_str()).filter(|region| !region.contains(ANY_TEXT))
    }

    /// The id of the organisation that the account is in, if it is known.
    pub(super) fn organization(&self) -> Option<&str> {
        self.inputs.live.organizations.get(&self.facts.name)?.all().map(String::as_str)
    }

    /// The owner in the tags of what is ours.
    pub(super) fn owner(&self) -> &str {
        self.inputs.owner
    }

    /// The resources that a permission is needed on, each with its type: those that are claimed or named, and of each type
    /// one that is yet to be made. Nothing for `*`.
    pub(super) fn resources(&self, row: &Operation, on: On) -> Vec<(&'static str, String)> {
        let ScopeFacts { account, region, partition, .. } = &self.facts;
        if let On::Adopted(kind) = on {
            let ids = self.usage.adopted.get(kind).into_iter().flatten();
            let sort = on.sorts().first().copied().unwrap_or_default();
            let service = if kind == "SageMakerDomain" { "sagemaker" } else { "ec2" };
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
        for sort in on.sorts() {
            found.extend(self.of_sort(sort).into_iter().map(|arn| (*sort, arn)));
        }
        // Of the places of an organisation each call takes one sort or another, and none takes all.
        let fits = |sort: &str| {
            on != On::Places || row.name != "ListOrganizationalUnitsForParent" || sort != "account"
        };
        found.into_iter().filter(|(sort, _)| fits(sort)).collect()
    }

    /// Those of one type: what is claimed, what is named, and one that nobody has made yet.
    fn of_sort(&self, sort: &str) -> BTreeSet<String> {
        let named = |start: &str, sample: &str| -> BTreeSet<String> {
            self.named(start).chain([sample]).map(str::to_owned).collect()
        };
        let only = |sample: &str| BTreeSet::from([sample.to_owned()]);
        let (kind, ids) = match sort {
            "security-group" => ("SecurityGroup", named("sg-", "sg-00000000000000000")),
            "vpc-endpoint" => ("VpcEndpoint", only("vpce-00000000000000000")),
            "vpc" => ("", named("vpc-", "vpc-00000000000000000")),
            "subnet" => ("", named("subnet-", "subnet-00000000000000000")),
            "route-table" => ("", named("rtb-", "rtb-00000000000000000")),
            "security-group-rule" => ("", only("sgr-00000000000000000")),
            "prefix-list" => ("", only("pl-00000000000000000")),
            "hostedzone" => ("", only("Z00000000000000000000")),
            "key" => match self.key {
                Some(Some(arn)) => return only(arn),
                Some(None) => ("", only("00000000-0000-4000-8000-000000000000")),
                None => (kms_key::NAME, only("00000000-0000-4000-8000-000000000000")),
            },
            "alias" => ("", named("alias/", "alias/00000000")),
            "domain" => ("SageMakerDomain", only("d-000000000000")),
            "policy" => ("ServiceControlPolicy", only("service_control_policy/p-00000000")),
            "root" => ("", named("r-", "r-0000")),
            "organizationalunit" => ("", named("ou-", "ou-0000-00000000")),
            "account" => {
                let others = self.mentioned.iter().filter(|id| is_account(id)).cloned();
                ("", others.chain([self.facts.account.clone()]).collect())
            }
            "role" => ("", BTreeSet::from([ANY_TEXT.to_string()])),
            _ => return BTreeSet::new(),
        };
        let mut all: BTreeSet<String> = ids.iter().map(|id| self.arn(sort, id)).collect();
        all.extend(self.claimed(kind));
        if sort == "prefix-list" {
            // Those of AWS belong to `aws`.
            let ScopeFacts { region, partition, .. } = &self.facts;
            let of_aws = |id| format!("arn:{partition}:ec2:{region}:aws:{sort}/{id}");
            all.extend(ids.iter().map(of_aws));
        }
        all
    }

    /// As the service authorization reference writes the ARNs of resource types.
    fn arn(&self, sort: &str, id: &str) -> String {
        let ScopeFacts { account, region, partition, .. } = &self.facts;
        let any = ANY_TEXT.to_string();
        let manager = self.inputs.live.management_accounts.get(&self.facts.name).unwrap_or(&any);
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

    /// What is claimed of a kind, by its ARN.
    fn claimed(&self, kind: &str) -> BTreeSet<String> {
        let key = (self.facts.name.clone(), kind.to_owned());
        let Some(Seen::All(resources)) = self.inputs.live.seen.get(&key) else {
            return BTreeSet::new();
        };
        let ours = resources.iter().filter(|resource| {
            matches!(Ownership::read(&resource.tags, self.inputs.owner), Ownership::Ours { .. })
        });
        ours.map(|it| it.arn.clone()).filter(|arn| arn.starts_with("arn:")).collect()
    }

    /// Ids that manifests or claimed resources name.
    fn named<'s>(&'s self, start: &'s str) -> impl Iterator<Item = &'s str> {
        self.mentioned.iter().map(String::as_str).filter(move |id| id.starts_with(start))
    }
}

/// Whether an id is an account's.
pub(super) fn is_account(id: &str) -> bool {
    id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit())
}

/// The name of a service-linked role (the services' guides).
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
