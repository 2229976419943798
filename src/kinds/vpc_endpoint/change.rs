//! What brings a live endpoint to the wanted state: one call, or none that AWS has.

mod describe;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{EndpointType, Policy, State, singles};
use crate::{kind::is_placeholder, model::policy_document::Context};

/// One edit of a live endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// One leaf of a ModifyVpcEndpoint.
    Modify(Box<Modify>),
    /// What AWS has no call for.
    Immutable(Box<Immutable>),
}

/// Differences in fields that AWS never changes. While there are any, nothing else is changed either: the
/// rest of the manifest was written for another endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Immutable {
    /// Field, live value, wanted value.
    pub differences: Vec<(String, String, String)>,
    /// The live state with everything that is wanted: what the change would lead to.
    pub settled: State,
}

/// A value and its successor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swap<T> {
    /// The live value, where AWS shows one.
    pub from: Option<T>,
    /// The wanted value.
    pub to: T,
}

impl<T: PartialEq> Swap<T> {
    /// `want` where it is something else than `have`, or where it must be sent `anyway`.
    fn between(want: Option<&T>, have: Option<&T>, anyway: bool) -> Option<Self>
    where
        T: Clone,
    {
        let want = want?;
        (anyway || have != Some(want)).then(|| Self { from: have.cloned(), to: want.clone() })
    }

    /// Whether it differs, or is only sent along.
    pub fn is_change(&self) -> bool {
        self.from.as_ref() != Some(&self.to)
    }
}

/// What comes into a set and what leaves it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetEdit {
    /// What comes.
    pub add: BTreeSet<String>,
    /// What leaves.
    pub remove: BTreeSet<String>,
}

impl SetEdit {
    fn between(want: Option<&BTreeSet<String>>, have: Option<&BTreeSet<String>>) -> Self {
        let Some(want) = want else { return Self::default() };
        let have = have.cloned().unwrap_or_default();
        Self { add: want - &have, remove: &have - want }
    }

    /// Whether nothing comes or leaves.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }

    fn apply(&self, set: &BTreeSet<String>) -> BTreeSet<String> {
        &(set - &self.remove) | &self.add
    }
}

/// What one ModifyVpcEndpoint changes: one leaf in an edit, all that go in the call. AWS carries the call out as a
/// whole, so that there is always a security group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Modify {
    /// The endpoint's type: gateways have a call of their own for the default policy.
    pub endpoint_type: String,
    /// The policy.
    pub policy: Option<Swap<Policy>>,
    /// Subnets.
    pub subnets: SetEdit,
    /// Security groups.
    pub security_groups: SetEdit,
    /// Route tables.
    pub route_tables: SetEdit,
    /// Private DNS.
    pub private_dns: Option<Swap<bool>>,
    /// DNS record type; sent along whenever private DNS is turned on.
    pub dns_record_ip_type: Option<Swap<String>>,
    /// Private DNS only for inbound resolver endpoints; sent along whenever private DNS is turned on,
    /// because AWS would take its own default then.
    pub private_dns_only_for_inbound_resolver_endpoint: Option<Swap<bool>>,
    /// Address family.
    pub ip_address_type: Option<Swap<String>>,
    /// As in [`State::partition`].
    pub partition: String,
    /// As in [`State::account`].
    pub account: String,
}

impl Modify {
    fn between(want: &State, have: &State) -> Option<Self> {
        let context = want.context();
        let policy = want.policy.as_ref().and_then(|to| {
            let same = have.policy.as_ref().is_some_and(|from| from.same(to, &context));
            (!same).then(|| Swap { from: have.policy.clone(), to: to.clone() })
        });
        let live_dns = have.private_dns == Some(true);
        let private_dns = Swap::between(want.private_dns.as_ref(), Some(&live_dns), false);
        let turned_on = private_dns.as_ref().is_some_and(|dns| dns.to);
        let modify = Self {
            endpoint_type: have.endpoint_type.clone(),
            policy,
            subnets: subnet_edit(want, have),
            security_groups: SetEdit::between(
                want.security_groups.as_ref(),
                have.security_groups.as_ref(),
            ),
            route_tables: SetEdit::between(want.route_tables.as_ref(), have.route_tables.as_ref()),
            private_dns,
            dns_record_ip_type: Swap::between(
                want.dns_record_ip_type.as_ref(),
                have.dns_record_ip_type.as_ref(),
                turned_on,
            ),
            private_dns_only_for_inbound_resolver_endpoint: Swap::between(
                want.private_dns_only_for_inbound_resolver_endpoint.as_ref(),
                have.private_dns_only_for_inbound_resolver_endpoint.as_ref(),
                turned_on,
            ),
            ip_address_type: Swap::between(
                want.ip_address_type.as_ref(),
                have.ip_address_type.as_ref(),
                false,
            ),
            partition: context.partition,
            account: context.account,
        };
        (!modify.is_empty()).then_some(modify)
    }

    /// One modification a leaf; what decides together how the endpoint is addressed is one leaf. The policy comes first,
    /// since nothing else of an endpoint is protected by what follows it.
    fn leaves(self) -> Vec<Self> {
        let base = Self {
            endpoint_type: self.endpoint_type,
            partition: self.partition,
            account: self.account,
            ..Self::default()
        };
        [
            Self { policy: self.policy, ..base.clone() },
            Self { security_groups: self.security_groups, ..base.clone() },
            Self { subnets: self.subnets, ..base.clone() },
            Self { route_tables: self.route_tables, ..base.clone() },
            Self {
                private_dns: self.private_dns,
                dns_record_ip_type: self.dns_record_ip_type,
                private_dns_only_for_inbound_resolver_endpoint: self
                    .private_dns_only_for_inbound_resolver_endpoint,
                ip_address_type: self.ip_address_type,
                ..base
            },
        ]
        .into_iter()
        .filter(|leaf| !leaf.is_empty())
        .collect()
    }

    /// The leaf, as the manifest names it.
    fn leaf(&self) -> &'static str {
        match self {
            _ if self.policy.is_some() => "policy",
            _ if !self.security_groups.is_empty() => "securityGroups",
            _ if !self.subnets.is_empty() => "subnets",
            _ if !self.route_tables.is_empty() => "routeTables",
            _ => "addressing",
        }
    }

    /// One modification with all of these leaves.
    pub(super) fn together<'a>(leaves: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        leaves.into_iter().cloned().reduce(|mut all, leaf| {
            match leaf.leaf() {
                "policy" => all.policy = leaf.policy,
                "securityGroups" => all.security_groups = leaf.security_groups,
                "subnets" => all.subnets = leaf.subnets,
                "routeTables" => all.route_tables = leaf.route_tables,
                _ => {
                    all.private_dns = leaf.private_dns;
                    all.dns_record_ip_type = leaf.dns_record_ip_type;
                    all.private_dns_only_for_inbound_resolver_endpoint =
                        leaf.private_dns_only_for_inbound_resolver_endpoint;
                    all.ip_address_type = leaf.ip_address_type;
                }
            }
            all
        })
    }

    fn is_empty(&self) -> bool {
        self.policy.is_none()
            && [&self.subnets, &self.security_groups, &self.route_tables]
                .iter()
                .all(|edit| edit.is_empty())
            && self.private_dns.is_none()
            && self.dns_record_ip_type.is_none()
            && self.private_dns_only_for_inbound_resolver_endpoint.is_none()
            && self.ip_address_type.is_none()
    }

    /// In whose eyes the policies are read.
    fn context(&self) -> Context {
        Context { partition: self.partition.clone(), account: self.account.clone() }
    }

    fn apply(&self, mut have: State) -> State {
        let sets = [
            (&self.security_groups, &mut have.security_groups),
            (&self.route_tables, &mut have.route_tables),
        ];
        for (edit, set) in sets {
            if !edit.is_empty() {
                *set = Some(edit.apply(&set.take().unwrap_or_default()));
            }
        }
        if !self.subnets.is_empty() {
            have.subnets = Some(singles(self.subnets.apply(&have.chosen_subnets())));
        }
        put(&mut have.policy, self.policy.as_ref());
        put(&mut have.private_dns, self.private_dns.as_ref());
        put(&mut have.dns_record_ip_type, self.dns_record_ip_type.as_ref());
        put(
            &mut have.private_dns_only_for_inbound_resolver_endpoint,
            self.private_dns_only_for_inbound_resolver_endpoint.as_ref(),
        );
        put(&mut have.ip_address_type, self.ip_address_type.as_ref());
        have
    }
}

fn put<T: Clone>(leaf: &mut Option<T>, swap: Option<&Swap<T>>) {
    if let Some(swap) = swap {
        *leaf = Some(swap.to.clone());
    }
}

/// Of each group the subnet that is in use stays, so that nobody's connections move; where there is none,
/// the lowest id comes. Everything else leaves.
fn subnet_edit(want: &State, have: &State) -> SetEdit {
    let Some(groups) = &want.subnets else { return SetEdit::default() };
    let live = have.chosen_subnets();
    let choice: BTreeSet<String> = groups
        .iter()
        .filter_map(|group| group.intersection(&live).next().or(group.first()).cloned())
        .collect();
    SetEdit::between(Some(&choice), Some(&live))
}

/// The differences that AWS has no call for. ModifyVpcEndpoint cannot take a subnet from a Gateway Load
/// Balancer endpoint, and a second one is not allowed (EC2 API reference).
fn immutable(want: &State, have: &State) -> Vec<(String, String, String)> {
    let region = want.service_region.as_ref().or(have.service_region.as_ref());
    let pairs = [
        ("type", Some(&want.endpoint_type), Some(&have.endpoint_type)),
        ("service", Some(&want.service), Some(&have.service)),
        ("serviceRegion", region, have.service_region.as_ref()),
        ("vpc", Some(&want.vpc), Some(&have.vpc)),
    ];
    let shown = |value: Option<&String>| value.cloned().unwrap_or_else(|| "(none)".to_owned());
    let mut differences: Vec<_> = pairs
        .into_iter()
        // What is not known yet may be what is there.
        .filter(|(_, want, have)| want != have && !want.is_some_and(|want| is_placeholder(want)))
        .map(|(field, want, have)| (field.to_owned(), shown(have), shown(want)))
        .collect();
    let edit = subnet_edit(want, have);
    let known = !edit.add.iter().any(|id| is_placeholder(id));
    if known && want.is(EndpointType::GatewayLoadBalancer) && !edit.is_empty() {
        differences.push(("subnets".to_owned(), list(&edit.remove), list(&edit.add)));
    }
    differences
}

fn list(ids: &BTreeSet<String>) -> String {
    ids.iter().cloned().collect::<Vec<_>>().join(", ")
}

/// [`crate::kind::Kind::diff`] of this kind: a modification a leaf, or one refusal.
pub(super) fn diff(want: &State, have: &State) -> Vec<Change> {
    let differences = immutable(want, have);
    if differences.is_empty() {
        let leaves = Modify::between(want, have).into_iter().flat_map(Modify::leaves);
        return leaves.map(|leaf| Change::Modify(Box::new(leaf))).collect();
    }
    let settled = match Modify::between(want, have) {
        Some(modify) => modify.apply(have.clone()),
        None => have.clone(),
    };
    let settled = State {
        endpoint_type: want.endpoint_type.clone(),
        service: want.service.clone(),
        service_region: want.service_region.clone().or(settled.service_region.clone()),
        vpc: want.vpc.clone(),
        ..settled
    };
    vec![Change::Immutable(Box::new(Immutable { differences, settled }))]
}

/// [`crate::kind::Kind::effect`] of this kind.
pub(super) fn effect(have: State, change: &Change) -> State {
    match change {
        Change::Modify(modify) => modify.apply(have),
        Change::Immutable(immutable) => immutable.settled.clone(),
    }
}
