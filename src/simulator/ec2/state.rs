//! The state of EC2 in every account and Region, and the data of a call.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use serde_json::Value;

use super::{
    errors::unknown_id,
    model::{
        Endpoint, Gateway, Group, GroupVpcPhase, Interface, NetworkAcl, PrefixList, RouteTable,
        Rule, Subnet, Vpc, settle,
    },
    peering::{FarGroups, Peering},
    resources::{FlowLog, NatGateway},
};
use crate::simulator::{
    query::Input,
    service::{Answer, ApiError, Caller, Context},
    table::Settings,
};

/// EC2 in every account and region.
#[derive(Debug, Clone, Default)]
pub struct Ec2 {
    pub(super) regions: BTreeMap<(String, String), Region>,
    pub(super) peerings: BTreeMap<String, Peering>,
}

/// EC2 in one account and region: the current state, and earlier ones that reads may still see.
#[derive(Debug, Clone, Default)]
pub(super) struct Region {
    pub now: State,
    /// States before recent writes, each with the time of the write, oldest first.
    past: VecDeque<(Duration, State)>,
}

/// All resources of one account in one region, by id.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub vpcs: BTreeMap<String, Vpc>,
    pub subnets: BTreeMap<String, Subnet>,
    pub route_tables: BTreeMap<String, RouteTable>,
    pub network_acls: BTreeMap<String, NetworkAcl>,
    pub gateways: BTreeMap<String, Gateway>,
    pub nat_gateways: BTreeMap<String, NatGateway>,
    /// Allocation id -> address.
    pub addresses: BTreeMap<String, String>,
    /// Id -> members of answers.
    pub flow_logs: BTreeMap<String, FlowLog>,
    pub prefix_lists: BTreeMap<String, PrefixList>,
    pub interfaces: BTreeMap<String, Interface>,
    pub groups: BTreeMap<String, Group>,
    pub rules: BTreeMap<String, Rule>,
    /// Group and VPC -> their association.
    pub group_vpcs: BTreeMap<(String, String), GroupVpcPhase>,
    pub endpoints: BTreeMap<String, Endpoint>,
    pub tags: BTreeMap<String, BTreeMap<String, String>>,
    pub settings: Settings,
    /// Operation and client token -> the request that carried them, and the answer to repetitions.
    pub tokens: BTreeMap<(String, String), (Value, Value)>,
}

/// The data of one call for its handler.
pub(super) struct Call<'a, 'c> {
    pub caller: &'a Caller,
    pub operation: &'a str,
    pub input: Input<'a>,
    pub far: &'a FarGroups,
    pub context: &'a mut Context<'c>,
}

impl Call<'_, '_> {
    pub(super) fn arn(&self, resource: &str, id: &str) -> String {
        self.caller.arn_of("ec2", &format!("{resource}/{id}"))
    }
}

pub(super) type Handler = fn(&mut State, &mut Call<'_, '_>) -> Answer;

impl Region {
    /// Reads see the state of `read_lag` ago.
    pub(super) fn read(&mut self, handler: Handler, call: &mut Call<'_, '_>) -> Answer {
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

    /// A failed write changes nothing, so that handlers may return in the middle.
    pub(super) fn write(&mut self, handler: Handler, call: &mut Call<'_, '_>) -> Answer {
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
    /// Completes all asynchronous transitions that are due.
    pub(super) fn settle(&mut self, elapsed: Duration) {
        for table in self.route_tables.values_mut() {
            table.settle(elapsed);
        }
        self.group_vpcs.retain(
            |_, phase| !matches!(phase, GroupVpcPhase::Disassociating(until) if elapsed >= *until),
        );
        for phase in self.group_vpcs.values_mut() {
            if matches!(phase, GroupVpcPhase::Associating(until) if elapsed >= *until) {
                *phase = GroupVpcPhase::Associated;
            }
        }
        let gone = settle(&mut self.endpoints, elapsed);
        for id in gone {
            self.tags.remove(&id);
            self.interfaces.retain(|_, interface| interface.endpoint.as_deref() != Some(&id));
        }
    }

    pub(super) fn vpc(&self, id: &str) -> Result<&Vpc, ApiError> {
        self.vpcs.get(id).ok_or_else(|| unknown_id(id, "vpcId"))
    }

    pub(super) fn subnet(&self, id: &str) -> Result<&Subnet, ApiError> {
        self.subnets.get(id).ok_or_else(|| unknown_id(id, "subnetId"))
    }

    pub(super) fn route_table(&self, id: &str) -> Result<&RouteTable, ApiError> {
        self.route_tables.get(id).ok_or_else(|| unknown_id(id, "routeTableId"))
    }

    pub(super) fn network_acl(&self, id: &str) -> Result<&NetworkAcl, ApiError> {
        self.network_acls.get(id).ok_or_else(|| unknown_id(id, "networkAclId"))
    }

    pub(super) fn group(&self, id: &str) -> Result<&Group, ApiError> {
        self.groups.get(id).ok_or_else(|| unknown_id(id, "groupId"))
    }

    /// A group that other resources of this VPC may use: EC2 reports a group of another VPC as
    /// unknown, unless it is associated with this one.
    pub(super) fn group_in(&self, id: &str, vpc: &str) -> Result<&Group, ApiError> {
        let group = self.group(id)?;
        if self.is_usable_in(id, group, vpc) {
            return Ok(group);
        }
        Err(ApiError::new(
            "InvalidGroup.NotFound",
            format!(
                "You have specified two resources that belong to different networks: {id} is not \
                 in {vpc}"
            ),
        ))
    }
}
