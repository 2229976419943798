//! The targets of routes: their requirements, and how answers show them.

use super::{
    errors::{check_form, different_networks, unknown_id},
    model::{Interface, Kind, RouteTable, Target, TargetKind},
    peering::Status,
    state::{Call, State},
};
use crate::simulator::{query::invalid, service::ApiError};
use serde_json::{Map, Value};

/// Parameter of `CreateRoute` and `ReplaceRoute` -> member of the answer. A Gateway Load Balancer
/// endpoint is `VpcEndpointId` in requests and `gatewayId` in answers.
const TARGETS: &[(TargetKind, &str, &str)] = &[
    (TargetKind::Carrier, "CarrierGatewayId", "carrierGatewayId"),
    (TargetKind::CoreNetwork, "CoreNetworkArn", "coreNetworkArn"),
    (TargetKind::EgressOnly, "EgressOnlyInternetGatewayId", "egressOnlyInternetGatewayId"),
    (TargetKind::Endpoint, "VpcEndpointId", "gatewayId"),
    (TargetKind::Gateway, "GatewayId", "gatewayId"),
    (TargetKind::Instance, "InstanceId", "instanceId"),
    (TargetKind::Interface, "NetworkInterfaceId", "networkInterfaceId"),
    (TargetKind::Local, "LocalGatewayId", "localGatewayId"),
    (TargetKind::Nat, "NatGatewayId", "natGatewayId"),
    (TargetKind::OdbNetwork, "OdbNetworkArn", "odbNetworkArn"),
    (TargetKind::Peering, "VpcPeeringConnectionId", "vpcPeeringConnectionId"),
    (TargetKind::Transit, "TransitGatewayId", "transitGatewayId"),
];

impl TargetKind {
    /// The member that carries it on the wire.
    pub(super) fn member(self) -> &'static str {
        let row = TARGETS.iter().find(|(kind, _, _)| *kind == self);
        row.map_or("gatewayId", |(_, _, member)| member)
    }

    /// Whether it may forward traffic from one subnet of a VPC to another (VPC user guide, "Route
    /// table concepts", local route).
    pub(super) fn is_middlebox(self) -> bool {
        matches!(self, Self::Endpoint | Self::Interface | Self::Nat)
    }
}

/// The target in the request, with an instance replaced by its interface. If its kind is simulated,
/// it must exist and be in the VPC of the table.
pub(super) fn requested(
    state: &State,
    table_id: &str,
    table: &RouteTable,
    call: &Call<'_, '_>,
) -> Result<Target, ApiError> {
    let given = TARGETS.iter().filter_map(|(kind, parameter, _)| {
        call.input.text(parameter).map(|id| Target { kind: *kind, id: id.to_owned() })
    });
    let [target] = &given.collect::<Vec<_>>()[..] else {
        return Err(ApiError::new(
            "InvalidParameterCombination",
            "The request must contain exactly one target",
        ));
    };
    let target = match target.kind {
        TargetKind::Instance => interface_of(state, &target.id)?,
        _ => target.clone(),
    };
    let there = home(state, &target, call)?;
    if there.is_none_or(|vpcs| vpcs.contains(&table.vpc.as_str())) {
        return Ok(target);
    }
    let noun = match target.kind {
        TargetKind::Gateway => "network gateway",
        TargetKind::Interface => "interface",
        TargetKind::Nat => "NAT gateway",
        TargetKind::Peering => "peering connection",
        _ => "endpoint",
    };
    Err(different_networks(&format!("route table {table_id}"), &format!("{noun} {}", target.id)))
}

/// Whether the request names a target.
pub(super) fn is_requested(call: &Call<'_, '_>) -> bool {
    TARGETS.iter().any(|(_, parameter, _)| call.input.has(parameter))
}

/// The interface of an instance, which must have exactly one (EC2 API reference, `CreateRoute`,
/// `InstanceId`). Nothing else of instances is simulated.
fn interface_of(state: &State, instance: &str) -> Result<Target, ApiError> {
    check_form(instance, "instanceId")?;
    let of_it = |interface: &Interface| {
        interface.attached.as_ref().is_some_and(|(attached, _)| attached == instance)
    };
    let attached = state.interfaces.iter().filter(|(_, interface)| of_it(interface));
    match &attached.collect::<Vec<_>>()[..] {
        [] => Err(unknown_id(instance, "instanceId")),
        [(id, _)] => Ok(Target { kind: TargetKind::Interface, id: (*id).clone() }),
        [..] => {
            let message = format!(
                "There are multiple interfaces attached to instance '{instance}'. Please specify \
                 an interface ID for the operation instead."
            );
            Err(ApiError::new("InvalidInstanceID", message))
        }
    }
}

/// The caller's VPCs that contain a target; `None` if the kind of target is not simulated.
fn home<'s>(
    state: &'s State,
    target: &Target,
    call: &'s Call<'_, '_>,
) -> Result<Option<Vec<&'s str>>, ApiError> {
    let id = target.id.as_str();
    match target.kind {
        TargetKind::Gateway => {
            let gateway = state.gateways.get(id).ok_or_else(|| {
                let message = format!("The gateway ID '{id}' does not exist");
                ApiError::new("InvalidGatewayID.NotFound", message)
            })?;
            Ok(Some(gateway.vpc.iter().map(String::as_str).collect()))
        }
        TargetKind::Endpoint => {
            let live = state.endpoints.get(id).filter(|endpoint| endpoint.is_live());
            let endpoint = live.ok_or_else(|| unknown_id(id, "vpcEndpointId"))?;
            if endpoint.kind == Kind::GatewayLoadBalancer {
                return Ok(Some(vec![&endpoint.vpc]));
            }
            let message = format!(
                "Route table contains unsupported route target: {id}. VPC Endpoints of this type \
                 cannot be used as route targets."
            );
            Err(ApiError::new("RouteNotSupported", message))
        }
        TargetKind::Interface | TargetKind::Instance => {
            let interface = state.interfaces.get(id);
            let interface = interface.ok_or_else(|| unknown_id(id, "networkInterfaceId"))?;
            Ok(Some(vec![&state.subnet(&interface.subnet)?.vpc]))
        }
        TargetKind::Nat => Ok(Some(vec![&state.nat_gateway(id)?.vpc])),
        TargetKind::Peering => match call.far.peerings.get(id) {
            Some((vpcs, Status::Active | Status::Pending)) => {
                Ok(Some(vpcs.iter().map(String::as_str).collect()))
            }
            Some((_, Status::Deleted)) | None => Err(unknown_id(id, "vpcPeeringConnectionId")),
        },
        TargetKind::CoreNetwork | TargetKind::OdbNetwork if id.starts_with("arn:") => Ok(None),
        TargetKind::CoreNetwork | TargetKind::OdbNetwork => {
            Err(invalid(format!("Value ({id}) for parameter {} is invalid.", target.kind.member())))
        }
        TargetKind::Carrier | TargetKind::EgressOnly | TargetKind::Local | TargetKind::Transit => {
            check_form(id, target.kind.member()).map(|()| None)
        }
    }
}

/// The members of a route that show its target and its state: `blackhole` if the target is gone or
/// not attached, or is a peering that has not been accepted (VPC user guide, "Route table
/// concepts"; VPC peering guide). An attached interface is shown with its instance.
pub(super) fn shown(
    state: &State,
    vpc: &str,
    target: &Target,
    call: &Call<'_, '_>,
) -> Map<String, Value> {
    let interface = match target.kind {
        TargetKind::Interface => state.interfaces.get(&target.id),
        _ => None,
    };
    let there = home(state, target, call);
    let there = there.is_ok_and(|vpcs| vpcs.is_none_or(|vpcs| vpcs.contains(&vpc)));
    let works = match target.kind {
        TargetKind::Interface => {
            interface.is_some_and(|it| it.attached.is_some() || it.endpoint.is_some())
        }
        TargetKind::Peering => {
            call.far.peerings.get(&target.id).is_some_and(|(_, status)| *status == Status::Active)
        }
        _ => true,
    };
    let mut shown = Map::new();
    shown.insert(target.kind.member().into(), target.id.as_str().into());
    if let Some((instance, _)) = interface.and_then(|interface| interface.attached.as_ref()) {
        shown.insert("instanceId".into(), instance.as_str().into());
        shown.insert("instanceOwnerId".into(), call.caller.account.as_str().into());
    }
    let word = if there && works { "active" } else { "blackhole" };
    shown.insert("state".into(), word.into());
    shown
}
