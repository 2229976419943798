//! The resources of EC2 that exist, as monitors watch them.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    model::Peer,
    network_truth::{NETWORK_ACL, ROUTE_TABLE},
    state::{Ec2, State},
};
use crate::{
    kinds::{account_settings, security_group, vpc_endpoint},
    simulator::{
        api::{Holes, Kind, Repeated},
        truth::Thing,
    },
};

/// What monitors watch in EC2.
pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: security_group::NAME,
        list: "DescribeSecurityGroups",
        narrowed_by: &["Filter", "GroupId"],
        told_by: &[],
        create: "CreateSecurityGroup",
        created: &["/groupId"],
        delete: "DeleteSecurityGroup",
        repeated: Repeated::Name,
        vital: &["ec2:DescribeSecurityGroups", "ec2:RevokeSecurityGroupIngress", "ec2:CreateTags"],
        lost: |_| None,
        holes: Holes { added: &["ingress ", "egress ", "usable in "], whole: &[], missing: &[] },
    },
    Kind {
        name: vpc_endpoint::NAME,
        list: "DescribeVpcEndpoints",
        narrowed_by: &["Filter", "VpcEndpointId"],
        told_by: &[],
        create: "CreateVpcEndpoint",
        created: &["/vpcEndpoint/vpcEndpointId"],
        delete: "DeleteVpcEndpoints",
        repeated: Repeated::Token,
        vital: &["ec2:DescribeVpcEndpoints", "ec2:ModifyVpcEndpoint"],
        lost: |_| None,
        holes: Holes {
            added: &["policy ", "routeTable ", "group ", "subnet "],
            whole: &[],
            // The tables that send traffic through the endpoint, and so through its policy.
            missing: &["routeTable "],
        },
    },
    // They are never created or deleted.
    Kind {
        name: account_settings::NAME,
        list: "GetEbsEncryptionByDefault",
        narrowed_by: &[],
        told_by: &[],
        create: "",
        created: &[],
        delete: "",
        repeated: Repeated::Name,
        // Settings are not ours unless they are adopted, so palisade needs no calls for them
        // otherwise.
        vital: &[],
        lost: |_| None,
        holes: Holes {
            added: &[],
            whole: &[
                "ebsEncryptionByDefault false",
                "\"unblocked\"",
                "\"block-new-sharing\"",
                "serialConsoleAccessEnabled true",
                "accountLevel.httpTokens \"optional\"",
                "PublicAcls false",
                "BlockPublicPolicy false",
                "RestrictPublicBuckets false",
                "AllowUsersToChangePassword true",
            ],
            missing: &[],
        },
    },
    Kind {
        name: ROUTE_TABLE,
        list: "DescribeRouteTables",
        narrowed_by: &["Filter", "RouteTableId"],
        told_by: &[],
        create: "CreateRouteTable",
        created: &["/routeTable/routeTableId"],
        delete: "DeleteRouteTable",
        repeated: Repeated::Token,
        vital: &["ec2:DescribeRouteTables", "ec2:DeleteRoute", "ec2:ReplaceRoute"],
        lost: |_| None,
        holes: Holes {
            added: &["route ", "propagating "],
            whole: &[],
            // A subnet without an association uses the main table.
            missing: &["association "],
        },
    },
    Kind {
        name: NETWORK_ACL,
        list: "DescribeNetworkAcls",
        narrowed_by: &["Filter", "NetworkAclId"],
        told_by: &[],
        create: "CreateNetworkAcl",
        created: &["/networkAcl/networkAclId"],
        delete: "DeleteNetworkAcl",
        repeated: Repeated::Token,
        vital: &["ec2:DescribeNetworkAcls", "ec2:ReplaceNetworkAclEntry"],
        lost: |_| None,
        // A subnet whose association is missing has another ACL.
        holes: Holes { added: &["allow "], whole: &[], missing: &["deny ", "association "] },
    },
];

impl Ec2 {
    /// Adds all existing groups, endpoints, route tables, network ACLs and settings.
    pub(super) fn add_things(&self, things: &mut BTreeMap<String, Thing>) {
        for ((account, name), region) in &self.regions {
            region.now.add_settings(account, name, things);
            region.now.add_groups(account, things);
            region.now.add_endpoints(account, things);
            region.now.add_networks(account, things);
        }
    }
}

impl State {
    fn add_groups(&self, account: &str, things: &mut BTreeMap<String, Thing>) {
        for (id, group) in &self.groups {
            let mut facts = BTreeSet::from([
                format!("name {}", group.name),
                format!("description {}", group.description),
                format!("vpc {}", group.vpc),
            ]);
            let usable = self.group_vpcs.iter().filter(|((group, _), phase)| {
                group == id && matches!(phase.name(), "associating" | "associated")
            });
            facts.extend(usable.map(|((_, vpc), _)| format!("usable in {vpc}")));
            for rule in group.rules.iter().filter_map(|rule| self.rules.get(rule)) {
                let direction = if rule.egress { "egress" } else { "ingress" };
                let permission = &rule.permission;
                let ports = permission
                    .ports
                    .map_or_else(|| "all".to_owned(), |(from, to)| format!("{from}-{to}"));
                let peer = match &permission.peer {
                    Peer::V4(block) => block.to_string(),
                    Peer::V6(block) => block.to_string(),
                    Peer::Group(id) | Peer::PrefixList(id) => id.clone(),
                };
                let what = format!("{} {ports} {peer}", permission.protocol);
                if let Some(text) = &rule.description {
                    facts.insert(format!("described {direction} {what}: {text}"));
                }
                facts.insert(format!("{direction} {what}"));
            }
            let tags = self.tags.get(id).cloned().unwrap_or_default();
            let thing =
                Thing { kind: security_group::NAME, account: account.to_owned(), tags, facts };
            things.insert(id.clone(), thing);
        }
    }

    fn add_endpoints(&self, account: &str, things: &mut BTreeMap<String, Thing>) {
        for (id, endpoint) in self.endpoints.iter().filter(|(_, endpoint)| endpoint.is_live()) {
            let mut facts = BTreeSet::from([
                format!("type {}", endpoint.kind.name()),
                format!("vpc {}", endpoint.vpc),
                format!("service {}", endpoint.service),
                format!("privateDns {}", endpoint.private_dns),
                format!("addressType {}", endpoint.address_type),
                format!("recordType {:?}", endpoint.record_type),
            ]);
            facts.extend(endpoint.policy.iter().map(|policy| format!("policy {policy}")));
            facts.extend(endpoint.groups.iter().map(|id| format!("group {id}")));
            facts.extend(endpoint.subnets.keys().map(|id| format!("subnet {id}")));
            facts.extend(endpoint.lattice.iter().map(|arn| format!("leads to {arn}")));
            facts.extend(endpoint.dns_preference.iter().map(|it| format!("names {it:?}")));
            facts.extend(endpoint.route_tables.iter().map(|id| format!("routeTable {id}")));
            let tags = self.tags.get(id).cloned().unwrap_or_default();
            let thing =
                Thing { kind: vpc_endpoint::NAME, account: account.to_owned(), tags, facts };
            things.insert(id.clone(), thing);
        }
    }
}
