//! VPC endpoints: interface, gateway and Gateway Load Balancer.
//!
//! AWS serialises the modifications of an endpoint and allows few of them, so all differences go into one
//! ModifyVpcEndpoint. What AWS would choose unsafely when left out (the type, security groups, policy,
//! private DNS) is part of every wanted state.

pub mod aws;
pub(crate) mod baseline;
mod change;
mod errors;
mod operations;
mod policy;
mod region;
mod resolve;
mod service;
mod spec;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use self::{
    change::{Change, Immutable, Modify, SetEdit, Swap},
    policy::Policy,
    spec::{DnsRecordIpType, EndpointType, IpAddressType, Spec},
};
use crate::{
    baseline::Baseline,
    kind::{
        Claimed, Creation, Doctor, Guarded, Invalid, Kind, Meaning, Profile, Reach, Refs, Removal,
        TagSpec, Writers,
    },
    model::{Risk, policy_document::Context},
    operations::OfKind,
};

/// The kind.
#[derive(Debug)]
pub struct VpcEndpoint;

/// An endpoint's state, in AWS's words. A live state has every field its type of endpoint has; a
/// wanted one has `None` where nothing is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct State {
    /// `Interface`, `Gateway`, `GatewayLoadBalancer`; live, also types that palisade does not make.
    pub endpoint_type: String,
    /// The service's full name.
    pub service: String,
    /// The Region the service is in.
    pub service_region: Option<String>,
    /// The VPC's id.
    pub vpc: String,
    /// Wanted: disjoint groups of candidates, of each of which exactly one is used. Live: a group of one
    /// for each subnet.
    pub subnets: Option<Vec<BTreeSet<String>>>,
    /// The ids of the security groups.
    pub security_groups: Option<BTreeSet<String>>,
    /// The ids of the route tables.
    pub route_tables: Option<BTreeSet<String>>,
    /// Whether the service's usual names lead here.
    pub private_dns: Option<bool>,
    /// `ipv4`, `dualstack`, `ipv6`, `service-defined`.
    pub dns_record_ip_type: Option<String>,
    /// Whether private DNS is only for inbound resolver endpoints.
    pub private_dns_only_for_inbound_resolver_endpoint: Option<bool>,
    /// `ipv4`, `dualstack`, `ipv6`.
    pub ip_address_type: Option<String>,
    /// The endpoint policy.
    pub policy: Option<Policy>,
    /// The partition, because an account id in a policy means the account's root in it.
    pub partition: String,
    /// The account, to point out others in a policy's difference.
    pub account: String,
}

impl State {
    fn is(&self, endpoint_type: EndpointType) -> bool {
        self.endpoint_type == endpoint_type.as_str()
    }

    /// In whose eyes its policy is read.
    fn context(&self) -> Context {
        Context { partition: self.partition.clone(), account: self.account.clone() }
    }

    /// The subnets that are in use (live), or that a create takes: the lowest id of each group.
    fn chosen_subnets(&self) -> BTreeSet<String> {
        self.subnets.iter().flatten().filter_map(|group| group.first().cloned()).collect()
    }
}

/// Each subnet as a group of its own, as a live state has them.
fn singles(subnets: impl IntoIterator<Item = String>) -> Vec<BTreeSet<String>> {
    let ids: BTreeSet<String> = subnets.into_iter().collect();
    ids.into_iter().map(|id| BTreeSet::from([id])).collect()
}

/// What its manifests call it.
pub const NAME: &str = "VpcEndpoint";

impl Kind for VpcEndpoint {
    const HIDDEN: &'static [&'static str] = &["partition", "account"];
    const PROFILE: Profile = Profile {
        name: NAME,
        short: "vpce",
        about: "A private way from a VPC to a service: interface, gateway or Gateway Load Balancer \
                endpoint.",
        claimed: Claimed::ByTags,
        creation: Creation::Token,
        removal: Removal::Prunable,
        writers: Writers::Many,
        sweep: true,
    };

    const OPERATIONS: OfKind = operations::OPERATIONS;
    const ERRORS: &'static [Meaning] = errors::ERRORS;
    const DOCTOR: Doctor = aws::rehearsal::DOCTOR;
    const BASELINE: Baseline = baseline::BASELINE;
    type Spec = Spec;
    type State = State;
    type Change = Change;

    fn tags(spec: &Spec) -> TagSpec {
        spec.tags.clone()
    }

    fn resolve(spec: Spec, refs: &mut Refs<'_>) -> Result<State, Vec<Invalid>> {
        resolve::resolve(&spec, refs)
    }

    fn diff(want: &State, have: &State) -> Vec<Change> {
        change::diff(want, have)
    }

    fn joins(earlier: &Change, later: &Change) -> bool {
        matches!((earlier, later), (Change::Modify(_), Change::Modify(_)))
    }

    /// A new way to a service.
    fn risk_of_creating(_want: &State) -> Risk {
        Risk::LOOSENS
    }

    fn effect(have: State, change: &Change) -> State {
        change::effect(have, change)
    }

    /// Only what AWS itself allows once: the service's private names in a VPC, and the route to a service
    /// in a route table.
    fn natural_keys(state: &State) -> Vec<String> {
        if state.is(EndpointType::Interface) && state.private_dns == Some(true) {
            return vec![format!("private DNS of {} in {}", state.service, state.vpc)];
        }
        if state.is(EndpointType::Gateway) {
            let tables = state.route_tables.iter().flatten();
            return tables
                .map(|table| format!("route to {} in {table} of {}", state.service, state.vpc))
                .collect();
        }
        Vec::new()
    }

    fn guards(state: &State) -> Vec<Guarded> {
        match &state.policy {
            Some(Policy::Document(document)) => {
                let service = state.service.rsplit('.').next().unwrap_or_default().to_owned();
                vec![Guarded {
                    document: Some(document.clone()),
                    reach: Reach::Endpoint { service },
                }]
            }
            _ => Vec::new(),
        }
    }
}
