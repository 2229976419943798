//! Route tables and network ACLs as they really are.
//!
//! An association is named by its subnet or gateway, not by its id: each replacement changes the
//! id, and two worlds in which the same subnets use the same table must be equal. The routes of
//! gateway endpoints, the entries that cannot be changed and the subnets of default ACLs are left
//! out, because they follow from the endpoints, from the VPC and from the other ACLs.

use std::collections::{BTreeMap, BTreeSet};

use super::{flow_logs, state::State};
use crate::simulator::truth::Thing;

/// The kinds in palisade's words.
pub(super) const VPC: &str = crate::kinds::cloud_control::ec2_vpc::NAME;
pub(super) const INTERNET_GATEWAY: &str = crate::kinds::cloud_control::ec2_internet_gateway::NAME;
pub(super) const SUBNET: &str = crate::kinds::cloud_control::ec2_subnet::NAME;
pub(super) const NAT_GATEWAY: &str = crate::kinds::cloud_control::ec2_nat_gateway::NAME;
pub(super) const ELASTIC_IP: &str = crate::kinds::cloud_control::ec2_eip::NAME;
pub(super) const FLOW_LOG: &str = crate::kinds::cloud_control::ec2_flow_log::NAME;
pub(super) const ATTACHMENT: &str = crate::kinds::cloud_control::ec2_vpc_gateway_attachment::NAME;
pub(super) const ROUTE_TABLE: &str = crate::kinds::route_table::NAME;
pub(super) const NETWORK_ACL: &str = crate::kinds::network_acl::NAME;

impl State {
    pub(super) fn add_networks(&self, account: &str, things: &mut BTreeMap<String, Thing>) {
        let mut parts = Vec::new();
        let mut add = |kind, id: &String, facts| {
            let tags = self.tags.get(id).cloned().unwrap_or_default();
            things.insert(id.clone(), Thing { kind, account: account.to_owned(), tags, facts });
        };
        for id in self.route_tables.keys() {
            add(ROUTE_TABLE, id, self.facts_of_table(id));
        }
        for id in self.network_acls.keys() {
            add(NETWORK_ACL, id, self.facts_of_acl(id));
        }
        for (id, gateway) in self.gateways.iter().filter(|(id, _)| id.starts_with("igw-")) {
            let vpc = gateway.vpc.as_ref().map(|vpc| format!("attached {vpc}"));
            add(INTERNET_GATEWAY, id, vpc.into_iter().collect());
        }
        for (id, gateway) in self.gateways.iter().filter(|(id, _)| id.starts_with("igw-")) {
            if let Some(vpc) = &gateway.vpc {
                let facts = BTreeSet::from([format!("gateway {id}")]);
                let part = Thing {
                    kind: ATTACHMENT,
                    account: account.to_owned(),
                    tags: BTreeMap::new(),
                    facts,
                };
                parts.push((format!("IGW|{vpc}"), part));
            }
        }
        for (id, subnet) in &self.subnets {
            let mut facts =
                BTreeSet::from([format!("vpc {}", subnet.vpc), format!("cidr {}", subnet.cidr)]);
            let given = subnet.attributes.iter().filter(|(_, value)| **value != false);
            facts.extend(given.map(|(name, value)| format!("{name} {value}")));
            add(SUBNET, id, facts);
        }
        for (id, gateway) in &self.nat_gateways {
            let mut facts = BTreeSet::from([format!("subnet {}", gateway.subnet)]);
            facts.extend(gateway.addresses.iter().map(|address| format!("address {address}")));
            add(NAT_GATEWAY, id, facts);
        }
        for id in self.addresses.keys() {
            add(ELASTIC_IP, id, BTreeSet::new());
        }
        for (id, members) in &self.flow_logs {
            add(FLOW_LOG, id, flow_logs::facts(members));
        }
        for (id, vpc) in &self.vpcs {
            let facts = BTreeSet::from([
                format!("cidr {}", vpc.cidr),
                format!("tenancy {}", vpc.tenancy),
                format!("dnsSupport {}", vpc.dns_support),
                format!("dnsHostnames {}", vpc.dns_hostnames),
            ]);
            add(VPC, id, facts);
        }
        things.extend(parts);
    }

    fn facts_of_table(&self, id: &str) -> BTreeSet<String> {
        let table = &self.route_tables[id];
        let mut facts = BTreeSet::from([
            format!("vpc {}", table.vpc),
            format!("main {}", table.main_association.is_some()),
        ]);
        let own = table.routes.iter().map(|(to, route)| (to, &route.target));
        facts.extend(own.chain(&table.local).map(|(destination, target)| {
            format!("route {destination} {} {}", target.kind.member(), target.id)
        }));
        let live = table.associations.values().filter(|association| association.is_live());
        facts.extend(live.map(|association| format!("association {}", association.end)));
        facts.extend(table.propagating.iter().map(|gateway| format!("propagating {gateway}")));
        facts
    }

    fn facts_of_acl(&self, id: &str) -> BTreeSet<String> {
        let acl = &self.network_acls[id];
        let mut facts =
            BTreeSet::from([format!("vpc {}", acl.vpc), format!("default {}", acl.default)]);
        facts.extend(acl.entries.iter().map(|((egress, number), entry)| {
            let action = if entry.allow { "allow" } else { "deny" };
            let direction = if *egress { "egress" } else { "ingress" };
            let which = entry.ports.or(entry.icmp);
            let which = which.map_or_else(|| "all".to_owned(), |(one, two)| format!("{one}-{two}"));
            format!("{action} {direction} {number} {} {which} {}", entry.protocol, entry.block)
        }));
        // Every subnet that no other ACL has is the default one's: that follows from the others.
        let subnets = acl.associations.values().filter(|_| !acl.default);
        facts.extend(subnets.map(|subnet| format!("association {subnet}")));
        facts
    }
}
