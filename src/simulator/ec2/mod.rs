//! EC2 in memory: networks with their route tables and ACLs, security groups and VPC endpoints, API
//! version 2016-11-15.
//!
//! Handlers use the member names of the wire, so that an answer can be filtered, paged and written
//! without a second model of it. Each account and region has its own state; a new one is empty,
//! without a default VPC.

mod acl_entries;
mod addresses;
mod endpoint_attachments;
mod endpoint_changes;
mod endpoint_listing;
mod endpoints;
mod errors;
mod flow_logs;
mod gateways;
mod group_rules;
mod group_vpcs;
mod iam;
mod interfaces;
mod lattice;
mod listing;
mod model;
mod nat_gateways;
mod network_acls;
mod network_truth;
mod peering;
mod peerings;
mod permissions;
mod prefix_lists;
mod references;
mod resources;
mod route_associations;
mod route_tables;
mod route_targets;
mod routes;
mod rule_calls;
mod security_groups;
mod services;
mod settings;
mod state;
mod subnet_attributes;
mod subnets;
mod tags;
mod tokens;
mod truth;
mod vpcs;

use serde_json::Value;

use self::state::{Call, Handler};
use super::{
    api::{Api, Bucket, Named, Pages, Place, Protocol, Refusal, Service},
    iam::{Call as IamCall, Need},
    query::Input,
    service::{Answer, ApiError, Caller, Context, Options, arn_of, is_mutating},
    truth::Truth,
};

#[cfg(test)]
pub(super) use endpoints::checked_policy;
pub use state::Ec2;

/// The properties of EC2 for the rest of the simulator.
pub(super) static API: Api = Api {
    name: "ec2",
    protocol: Protocol::Ec2 { version: "2016-11-15" },
    throttled: Refusal {
        code: "RequestLimitExceeded",
        message: "Request limit exceeded.",
        status: 503,
    },
    pages: Pages { token: "NextToken", next: "nextToken", more: None },
    tags: "tagSet",
    replicated: true,
    extra_bucket: Some(unfiltered),
    kinds: truth::KINDS,
    taken: None,
};

/// Calls of two actions without filters and pages have a smaller bucket of their own (EC2 developer
/// guide, request throttling).
fn unfiltered(operation: &str, input: &Value) -> Option<Bucket> {
    let narrowing =
        ["Filter", "MaxResults", "GroupId", "GroupName", "NetworkInterfaceId", "NextToken"];
    let narrow = || narrowing.iter().any(|member| Input::new(input).has(member));
    let bare = matches!(operation, "DescribeSecurityGroups" | "DescribeNetworkInterfaces");
    (bare && !narrow()).then_some(Bucket { name: " unfiltered", size: 50.0, refill: 10.0 })
}

/// All operations.
const OPERATIONS: &[(&str, Handler)] = &[
    ("AllocateAddress", addresses::allocate),
    ("AssociateNatGatewayAddress", nat_gateways::associate),
    ("AssociateRouteTable", route_associations::associate),
    ("AssociateSecurityGroupVpc", group_vpcs::associate),
    ("AttachInternetGateway", gateways::attach_internet),
    ("AttachNetworkInterface", interfaces::attach),
    ("AttachVpnGateway", gateways::attach_private),
    ("AuthorizeSecurityGroupEgress", rule_calls::authorize_egress),
    ("AuthorizeSecurityGroupIngress", rule_calls::authorize_ingress),
    ("CreateFlowLogs", flow_logs::create),
    ("CreateInternetGateway", gateways::create_internet),
    ("CreateManagedPrefixList", prefix_lists::create),
    ("CreateNatGateway", nat_gateways::create),
    ("CreateNetworkAcl", network_acls::create),
    ("CreateNetworkAclEntry", acl_entries::create),
    ("CreateNetworkInterface", interfaces::create),
    ("CreateRoute", routes::create),
    ("CreateRouteTable", route_tables::create),
    ("CreateSecurityGroup", security_groups::create),
    ("CreateSubnet", subnets::create),
    ("CreateTags", tags::create),
    ("CreateVpc", vpcs::create),
    ("CreateVpcEndpoint", endpoints::create),
    ("CreateVpnGateway", gateways::create_private),
    ("DeleteFlowLogs", flow_logs::delete),
    ("DeleteInternetGateway", gateways::delete_internet),
    ("DeleteNatGateway", nat_gateways::delete),
    ("DeleteNetworkAcl", network_acls::delete),
    ("DeleteNetworkAclEntry", acl_entries::delete),
    ("DeleteNetworkInterface", interfaces::delete),
    ("DeleteRoute", routes::delete),
    ("DeleteRouteTable", route_tables::delete),
    ("DeleteSecurityGroup", security_groups::delete),
    ("DeleteSubnet", subnets::delete),
    ("DeleteTags", tags::delete),
    ("DeleteVpc", vpcs::delete),
    ("DeleteVpcEndpoints", endpoint_changes::delete),
    ("DeleteVpnGateway", gateways::delete_private),
    ("DescribeAddresses", addresses::describe),
    ("DescribeAvailabilityZones", vpcs::describe_zones),
    ("DescribeFlowLogs", flow_logs::describe),
    ("DescribeInternetGateways", gateways::describe_internet),
    ("DescribeManagedPrefixLists", prefix_lists::describe_managed),
    ("DescribeNatGateways", nat_gateways::describe),
    ("DescribeNetworkAcls", network_acls::describe),
    ("DescribeNetworkInterfaces", interfaces::describe),
    ("DescribePrefixLists", prefix_lists::describe),
    ("DescribeRegions", vpcs::describe_regions),
    ("DescribeRouteTables", route_tables::describe),
    ("DescribeSecurityGroupReferences", references::describe),
    ("DescribeSecurityGroupRules", rule_calls::describe),
    ("DescribeSecurityGroupVpcAssociations", group_vpcs::describe),
    ("DescribeSecurityGroups", security_groups::describe),
    ("DescribeSubnets", subnets::describe),
    ("DescribeTags", tags::describe),
    ("DescribeVpcAttribute", vpcs::describe_attribute),
    ("DescribeVpcEndpointServices", services::describe),
    ("DescribeVpcEndpoints", endpoint_listing::describe),
    ("DescribeVpcs", vpcs::describe),
    ("DescribeVpnGateways", gateways::describe_private),
    ("DetachInternetGateway", gateways::detach_internet),
    ("DetachNetworkInterface", interfaces::detach),
    ("DetachVpnGateway", gateways::detach_private),
    ("DisableVgwRoutePropagation", gateways::disable_propagation),
    ("DisassociateNatGatewayAddress", nat_gateways::disassociate),
    ("DisassociateRouteTable", route_associations::disassociate),
    ("DisassociateSecurityGroupVpc", group_vpcs::disassociate),
    ("EnableVgwRoutePropagation", gateways::enable_propagation),
    ("GetManagedPrefixListEntries", prefix_lists::describe_entries),
    ("ModifySecurityGroupRules", rule_calls::modify),
    ("ModifySubnetAttribute", subnet_attributes::modify),
    ("ModifyVpcAttribute", vpcs::modify_attribute),
    ("ModifyVpcEndpoint", endpoint_changes::modify),
    ("ModifyVpcTenancy", vpcs::modify_tenancy),
    ("ReleaseAddress", addresses::release),
    ("ReplaceNetworkAclAssociation", network_acls::replace_association),
    ("ReplaceNetworkAclEntry", acl_entries::replace),
    ("ReplaceRoute", routes::replace),
    ("ReplaceRouteTableAssociation", route_associations::replace),
    ("RevokeSecurityGroupEgress", rule_calls::revoke_egress),
    ("RevokeSecurityGroupIngress", rule_calls::revoke_ingress),
    ("UpdateSecurityGroupRuleDescriptionsEgress", rule_calls::update_egress_descriptions),
    ("UpdateSecurityGroupRuleDescriptionsIngress", rule_calls::update_ingress_descriptions),
];

impl Service for Ec2 {
    fn begin(_options: &Options) -> Self {
        Self::default()
    }

    /// Answers the dry run first, then the operation itself.
    fn call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer {
        if let Some(answer) = self.peering_call(caller, operation, Input::new(input), context) {
            return answer;
        }
        let far = self.far_groups(caller);
        let handler = OPERATIONS.iter().find(|(name, _)| *name == operation).map(|(_, it)| *it);
        let Some(handler) = handler.or_else(|| settings::handler(operation)) else {
            let message = format!("The action {operation} is not valid for this web service.");
            return Err(ApiError::new("InvalidAction", message));
        };
        let key = (caller.account.clone(), caller.region.clone());
        let region = self.regions.entry(key).or_default();
        let input = Input::new(input);
        if input.flag("DryRun")? == Some(true) {
            let message = "Request would have succeeded, but DryRun flag is set.";
            return Err(ApiError::new("DryRunOperation", message).status(412));
        }
        let mut call = Call { caller, operation, input, far: &far, context };
        if is_mutating(operation) {
            region.write(handler, &mut call)
        } else {
            region.read(handler, &mut call)
        }
    }

    fn add_truth(&self, truth: &mut Truth) {
        self.add_things(&mut truth.things);
    }

    /// The id of an association stands for its subnet or gateway; with the suffix `/table`, for its
    /// route table.
    fn find(&self, (account, region): Place<'_>, id: &str) -> Option<Named> {
        let here = self.regions.get(&(account.to_owned(), region.to_owned()));
        let end = here.and_then(|here| match id.strip_suffix(iam::TABLE_OF) {
            Some(association) => here.now.table_of(association),
            None => here.now.end_of(id),
        });
        let id = end.as_deref().unwrap_or(id);
        let kind = tags::resource_type(id)?;
        let arn = arn_of("ec2", (account, region), &format!("{kind}/{id}"));
        let tags = here.and_then(|here| here.now.tags.get(id)).cloned().unwrap_or_default();
        Some((arn, tags))
    }

    fn tagged(&self, (account, region): Place<'_>) -> Vec<Named> {
        let here = self.regions.get(&(account.to_owned(), region.to_owned()));
        let all = here.into_iter().flat_map(|here| &here.now.tags);
        let tagged = all.filter(|(_, tags)| !tags.is_empty()).filter_map(|(id, tags)| {
            let kind = tags::resource_type(id)?;
            let arn = arn_of("ec2", (account, region), &format!("{kind}/{id}"));
            Some((arn, tags.clone()))
        });
        tagged.collect()
    }

    fn needs(&self, call: &IamCall<'_>) -> Vec<Need> {
        iam::needs(call)
    }
}
