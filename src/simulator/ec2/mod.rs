//! EC2's part of the world: networks, security groups and VPC endpoints, API version 2016-11-15.
//!
//! Handlers take and give the wire's own member names, so that the answer can be filtered, paged and written without a second
//! model of it. Every account and region has a state of its own; a new one is empty, without a default VPC.

mod endpoint_attachments;
mod endpoint_changes;
mod endpoint_listing;
mod endpoints;
mod group_rules;
mod interfaces;
mod listing;
mod network_acls;
mod peerings;
mod permissions;
mod prefix_lists;
mod references;
mod route_tables;
mod rule_calls;
mod security_groups;
mod services;
mod subnets;
mod tags;
mod truth;
mod vpcs;

use super::query::Input;
use super::service::{Answer, ApiError, Caller, Context, is_mutating};
use super::wire::partition;
use endpoints::Endpoint;
#[cfg(test)]
pub(super) use endpoints::checked_policy;

use group_rules::Rule;
use interfaces::Interface;
use peerings::{FarGroups, Peering};
use prefix_lists::PrefixList;
use route_tables::RouteTable;
use security_groups::Group;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use subnets::Subnet;
use vpcs::Vpc;

/// EC2 in every account and region.
#[derive(Debug, Clone, Default)]
pub struct Ec2 {
    regions: BTreeMap<(String, String), Region>,
    peerings: BTreeMap<String, Peering>,
}

/// EC2 in one account and region: what is, and what readers may still see.
#[derive(Debug, Clone, Default)]
struct Region {
    now: State,
    /// States that a write has replaced, with the time of the write, oldest first.
    past: VecDeque<(Duration, State)>,
}

/// All resources of one account in one region, by id.
#[derive(Debug, Clone, Default)]
struct State {
    vpcs: BTreeMap<String, Vpc>,
    subnets: BTreeMap<String, Subnet>,
    route_tables: BTreeMap<String, RouteTable>,
    prefix_lists: BTreeMap<String, PrefixList>,
    interfaces: BTreeMap<String, Interface>,
    groups: BTreeMap<String, Group>,
    rules: BTreeMap<String, Rule>,
    endpoints: BTreeMap<String, Endpoint>,
    tags: BTreeMap<String, BTreeMap<String, String>>,
    /// Client token of `CreateVpcEndpoint` -> the request it came with, and the endpoint it made.
    tokens: BTreeMap<String, (Value, String)>,
}

/// One call on its way through a handler.
struct Call<'a, 'c> {
    caller: &'a Caller,
    input: Input<'a>,
    far: &'a FarGroups,
    context: &'a mut Context<'c>,
}

impl Call<'_, '_> {
    fn arn(&self, resource: &str, id: &str) -> String {
        let Caller { account, region, .. } = self.caller;
        format!("arn:{}:ec2:{region}:{account}:{resource}/{id}", partition(region))
    }
}

type Handler = fn(&mut State, &mut Call<'_, '_>) -> Answer;

/// Every operation there is.
const OPERATIONS: &[(&str, Handler)] = &[
    ("AssociateRouteTable", route_tables::associate),
    ("AuthorizeSecurityGroupEgress", rule_calls::authorize_egress),
    ("AuthorizeSecurityGroupIngress", rule_calls::authorize_ingress),
    ("CreateManagedPrefixList", prefix_lists::create),
    ("CreateNetworkInterface", interfaces::create),
    ("CreateRoute", route_tables::create_route),
    ("CreateRouteTable", route_tables::create),
    ("CreateSecurityGroup", security_groups::create),
    ("CreateSubnet", subnets::create),
    ("CreateTags", tags::create),
    ("CreateVpc", vpcs::create),
    ("CreateVpcEndpoint", endpoints::create),
    ("DeleteNetworkInterface", interfaces::delete),
    ("DeleteRoute", route_tables::delete_route),
    ("DeleteRouteTable", route_tables::delete),
    ("DeleteSecurityGroup", security_groups::delete),
    ("DeleteSubnet", subnets::delete),
    ("DeleteTags", tags::delete),
    ("DeleteVpc", vpcs::delete),
    ("DeleteVpcEndpoints", endpoint_changes::delete),
    ("DescribeAvailabilityZones", vpcs::describe_zones),
    ("DescribeManagedPrefixLists", prefix_lists::describe_managed),
    ("DescribeNetworkAcls", network_acls::describe),
    ("DescribeNetworkInterfaces", interfaces::describe),
    ("DescribePrefixLists", prefix_lists::describe),
    ("DescribeRegions", vpcs::describe_regions),
    ("DescribeRouteTables", route_tables::describe),
    ("DescribeSecurityGroupReferences", references::describe),
    ("DescribeSecurityGroupRules", rule_calls::describe),
    ("DescribeSecurityGroups", security_groups::describe),
    ("DescribeSubnets", subnets::describe),
    ("DescribeTags", tags::describe),
    ("DescribeVpcAttribute", vpcs::describe_attribute),
    ("DescribeVpcEndpointServices", services::describe),
    ("DescribeVpcEndpoints", endpoint_listing::describe),
    ("DescribeVpcs", vpcs::describe),
    ("GetManagedPrefixListEntries", prefix_lists::describe_entries),
    ("ModifySecurityGroupRules", rule_calls::modify),
    ("ModifyVpcAttribute", vpcs::modify_attribute),
    ("ModifyVpcEndpoint", endpoint_changes::modify),
    ("RevokeSecurityGroupEgress", rule_calls::revoke_egress),
    ("RevokeSecurityGroupIngress", rule_calls::revoke_ingress),
    ("UpdateSecurityGroupRuleDescriptionsEgress", rule_calls::describe_egress_anew),
    ("UpdateSecurityGroupRuleDescriptionsIngress", rule_calls::describe_ingress_anew),
];

impl Ec2 {
    /// Answers one call: the dry run first, then the operation itself.
    ///
    /// # Errors
    /// As EC2 words them.
    pub fn call(
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
        let handler = OPERATIONS.iter().find(|(name, _)| *name == operation);
        let Some((_, handler)) = handler else {
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
        let mut call = Call { caller, input, far: &far, context };
        if is_mutating(operation) {
            region.write(*handler, &mut call)
        } else {
            region.read(*handler, &mut call)
        }
    }
}

impl Ec2 {
    /// The tags that a resource has at this instant.
    pub(super) fn tags_of(
        &self,
        account: &str,
        region: &str,
        id: &str,
    ) -> BTreeMap<String, String> {
        let region = self.regions.get(&(account.to_owned(), region.to_owned()));
        region.and_then(|region| region.now.tags.get(id)).cloned().unwrap_or_default()
    }
}

impl Region {
    /// Reads see the state as it was `read_lag` ago.
    fn read(&mut self, handler: Handler, call: &mut Call<'_, '_>) -> Answer {
        let elapsed = call.context.elapsed;
        let lag = call.context.options.read_lag;
        self.past.retain(|(replaced, _)| *replaced + lag > elapsed);
        if let Some((_, state)) = self.past.front() {
            let mut state = state.clone();
            state.settle(elapsed);
            handler(&mut state, call)
        } else {
            self.now.settle(elapsed);
            handler(&mut self.now, call)
        }
    }

    /// A write that fails leaves no trace: handlers may give up halfway.
    fn write(&mut self, handler: Handler, call: &mut Call<'_, '_>) -> Answer {
        self.now.settle(call.context.elapsed);
        let before = self.now.clone();
        let answer = handler(&mut self.now, call);
        if answer.is_err() {
            self.now = before;
        } else if !call.context.options.read_lag.is_zero() {
            self.past.push_back((call.context.elapsed, before));
        }
        answer
    }
}

impl State {
    /// Lets every asynchronous transition happen whose time has come.
    fn settle(&mut self, elapsed: Duration) {
        let gone = endpoints::settle(&mut self.endpoints, elapsed);
        for id in gone {
            self.tags.remove(&id);
            self.interfaces.retain(|_, interface| interface.endpoint.as_deref() != Some(&id));
        }
    }

    fn vpc(&self, id: &str) -> Result<&Vpc, ApiError> {
        self.vpcs.get(id).ok_or_else(|| unknown_id(id, "vpcId"))
    }

    fn subnet(&self, id: &str) -> Result<&Subnet, ApiError> {
        self.subnets.get(id).ok_or_else(|| unknown_id(id, "subnetId"))
    }

    fn route_table(&self, id: &str) -> Result<&RouteTable, ApiError> {
        self.route_tables.get(id).ok_or_else(|| unknown_id(id, "routeTableId"))
    }

    fn group(&self, id: &str) -> Result<&Group, ApiError> {
        self.groups.get(id).ok_or_else(|| unknown_id(id, "groupId"))
    }

    /// A group that things in this VPC may use: EC2 words another VPC's group as one that does not exist.
    fn group_in(&self, id: &str, vpc: &str) -> Result<&Group, ApiError> {
        let group = self.group(id)?;
        if group.vpc == vpc {
            return Ok(group);
        }
        Err(ApiError::new(
            "InvalidGroup.NotFound",
            format!(
                "You have specified two resources that belong to different networks: {id} is not in {vpc}"
            ),
        ))
    }
}

/// What kinds of ids there are: the member that carries them, their prefix, the code when one is unknown and when one is no such
/// id at all, and the noun of the message (EC2's table of error codes).
const ID_KINDS: &[(&str, &str, &str, &str, &str)] = &[
    ("vpcId", "vpc-", "InvalidVpcID.NotFound", "InvalidVpcID.Malformed", "vpc ID"),
    (
        "networkAclId",
        "acl-",
        "InvalidNetworkAclID.NotFound",
        "InvalidNetworkAclId.Malformed",
        "networkAcl ID",
    ),
    ("subnetId", "subnet-", "InvalidSubnetID.NotFound", "InvalidSubnetID.Malformed", "subnet ID"),
    (
        "routeTableId",
        "rtb-",
        "InvalidRouteTableID.NotFound",
        "InvalidRouteTableId.Malformed",
        "routeTable ID",
    ),
    ("groupId", "sg-", "InvalidGroup.NotFound", "InvalidGroupId.Malformed", "security group"),
    (
        "securityGroupRuleId",
        "sgr-",
        "InvalidSecurityGroupRuleId.NotFound",
        "InvalidSecurityGroupRuleId.Malformed",
        "security group rule ID",
    ),
    (
        "vpcEndpointId",
        "vpce-",
        "InvalidVpcEndpointId.NotFound",
        "InvalidVpcEndpointId.Malformed",
        "Vpc Endpoint Id",
    ),
    (
        "vpcPeeringConnectionId",
        "pcx-",
        "InvalidVpcPeeringConnectionID.NotFound",
        "InvalidVpcPeeringConnectionId.Malformed",
        "vpcPeeringConnection ID",
    ),
    (
        "networkInterfaceId",
        "eni-",
        "InvalidNetworkInterfaceID.NotFound",
        "InvalidNetworkInterfaceId.Malformed",
        "networkInterface ID",
    ),
    (
        "prefixListId",
        "pl-",
        "InvalidPrefixListID.NotFound",
        "InvalidPrefixListId.Malformed",
        "prefix list ID",
    ),
];

/// The error for an id that names nothing, where `member` tells what it should have named.
fn unknown_id(id: &str, member: &str) -> ApiError {
    let kind = ID_KINDS.iter().find(|kind| kind.0 == member);
    let Some((_, prefix, not_found, malformed, noun)) = kind else {
        return ApiError::new(
            "InvalidParameterValue",
            format!("Invalid value '{id}' for {member}"),
        );
    };
    let digits = id.strip_prefix(prefix).unwrap_or("");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return ApiError::new(
            *malformed,
            format!("Invalid id: \"{id}\" (expecting \"{prefix}...\")"),
        );
    }
    ApiError::new(*not_found, format!("The {noun} '{id}' does not exist"))
}

/// The error for deleting or changing what something else still needs.
fn dependency(message: impl Into<String>) -> ApiError {
    ApiError::new("DependencyViolation", message)
}

/// The answer of operations that only say that they were carried out.
fn done() -> Answer {
    Ok(serde_json::json!({"return": true}))
}
