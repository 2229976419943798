//! The calls that change a route table.

use aws_sdk_ec2::types::RouteTable;
use serde_json::{Value, json};

use super::{
    super::{
        leaves::{GATEWAYS, LOCAL},
        routes::{PREFIX_LIST, is_core_network, is_odb_network},
    },
    Tables,
};
use crate::{
    aws::classify,
    kind::{Class, CloudError, table::LeafEdit},
    model::Observed,
};

/// Sends a call with the member of the target's kind: its id says which.
macro_rules! targeted {
    ($call:expr, $via:expr) => {{
        let (call, via) = ($call, $via);
        let is = |prefix: &str| via.starts_with(prefix).then(|| via.to_owned());
        let gateway = is("igw-").or_else(|| is("vgw-"));
        let arn = |is: bool| is.then(|| via.to_owned());
        call.set_gateway_id(gateway)
            .set_nat_gateway_id(is("nat-"))
            .set_transit_gateway_id(is("tgw-"))
            .set_vpc_peering_connection_id(is("pcx-"))
            .set_egress_only_internet_gateway_id(is("eigw-"))
            .set_carrier_gateway_id(is("cagw-"))
            .set_local_gateway_id(is("lgw-"))
            .set_core_network_arn(arn(is_core_network(via)))
            .set_odb_network_arn(arn(is_odb_network(via)))
            .set_vpc_endpoint_id(is("vpce-"))
            .set_network_interface_id(is("eni-"))
            .set_instance_id(is("i-"))
            .send()
            .await
            .map(drop)
    }};
}

impl Tables {
    pub(super) async fn route(
        &self,
        have: &Observed<Value>,
        edit: &LeafEdit,
    ) -> Result<(), CloudError> {
        let (table, to, via) = (have.id.as_str(), edit.entry.as_str(), edit.text());
        let [v4, v6, list] = by_family(to);
        // A local route is there from the beginning: it can be led elsewhere and back, and neither
        // created nor deleted (EC2 API reference, `ReplaceRoute`).
        let is_local = have.state[LOCAL].as_array().is_some_and(|all| all.contains(&json!(to)));
        let operation = match edit.operation.as_deref().unwrap_or_default() {
            "ec2:CreateRoute" if is_local => "ec2:ReplaceRoute",
            other => other,
        };
        match operation {
            "ec2:DeleteRoute" if is_local => {
                let call = self.ec2.replace_route().route_table_id(table).local_target(true);
                let call = call.set_destination_cidr_block(v4).set_destination_ipv6_cidr_block(v6);
                call.send().await.map(drop).map_err(|error| classify("ec2:ReplaceRoute", &error))
            }
            "ec2:DeleteRoute" => {
                let call = self.ec2.delete_route().route_table_id(table);
                let call = call.set_destination_cidr_block(v4).set_destination_ipv6_cidr_block(v6);
                let call = call.set_destination_prefix_list_id(list);
                match call.send().await.map_err(|error| classify("ec2:DeleteRoute", &error)) {
                    Err(error) if error.class != Class::Missing => Err(error),
                    _ => Ok(()),
                }
            }
            "ec2:CreateRoute" => {
                let call = self.ec2.create_route().route_table_id(table);
                let call = call.set_destination_cidr_block(v4).set_destination_ipv6_cidr_block(v6);
                let call = call.set_destination_prefix_list_id(list);
                targeted!(call, via).map_err(|error| classify("ec2:CreateRoute", &error))
            }
            "ec2:ReplaceRoute" => {
                let call = self.ec2.replace_route().route_table_id(table);
                let call = call.set_destination_cidr_block(v4).set_destination_ipv6_cidr_block(v6);
                let call = call.set_destination_prefix_list_id(list);
                targeted!(call, via).map_err(|error| classify("ec2:ReplaceRoute", &error))
            }
            other => Err(never(other)),
        }
    }

    pub(super) async fn associate(
        &self,
        have: &Observed<Value>,
        edit: &LeafEdit,
    ) -> Result<(), CloudError> {
        let (table, end) = (have.id.as_str(), End::of(edit));
        match edit.operation.as_deref().unwrap_or_default() {
            "ec2:AssociateRouteTable" => {
                let call = self.ec2.associate_route_table().route_table_id(table);
                let call = match end {
                    End::Subnet(id) => call.subnet_id(id),
                    End::Gateway(id) => call.gateway_id(id),
                };
                let answer = call.send().await;
                answer.map(drop).map_err(|error| classify("ec2:AssociateRouteTable", &error))
            }
            "ec2:ReplaceRouteTableAssociation" => {
                const OPERATION: &str = "ec2:ReplaceRouteTableAssociation";
                // Only from the table that the plan names: somebody may have been faster.
                let from = edit.old.as_str().unwrap_or_default();
                let association = self.association(end, from).await?;
                let association = association.ok_or_else(|| moved(OPERATION))?;
                let call = self.ec2.replace_route_table_association().route_table_id(table);
                let answer = call.association_id(association).send().await;
                answer.map(drop).map_err(|error| classify(OPERATION, &error))
            }
            "ec2:DisassociateRouteTable" => {
                let Some(association) = self.association(end, table).await? else {
                    return Ok(());
                };
                let call = self.ec2.disassociate_route_table().association_id(association);
                match call
                    .send()
                    .await
                    .map_err(|error| classify("ec2:DisassociateRouteTable", &error))
                {
                    Err(error) if error.class != Class::Missing => Err(error),
                    _ => Ok(()),
                }
            }
            other => Err(never(other)),
        }
    }

    /// Turning it on again, or off again, changes nothing.
    pub(super) async fn propagate(
        &self,
        have: &Observed<Value>,
        edit: &LeafEdit,
    ) -> Result<(), CloudError> {
        let (table, gateway) = (have.id.as_str(), edit.text());
        match edit.operation.as_deref().unwrap_or_default() {
            "ec2:EnableVgwRoutePropagation" => {
                let call = self.ec2.enable_vgw_route_propagation();
                let answer = call.route_table_id(table).gateway_id(gateway).send().await;
                answer.map(drop).map_err(|error| classify("ec2:EnableVgwRoutePropagation", &error))
            }
            "ec2:DisableVgwRoutePropagation" => {
                let call = self.ec2.disable_vgw_route_propagation();
                let answer = call.route_table_id(table).gateway_id(gateway).send().await;
                answer.map(drop).map_err(|error| classify("ec2:DisableVgwRoutePropagation", &error))
            }
            other => Err(never(other)),
        }
    }

    /// The id of an association with this table: every replacement gives it another one.
    async fn association(&self, end: End<'_>, table: &str) -> Result<Option<String>, CloudError> {
        let filter = match end {
            End::Subnet(id) => ("association.subnet-id", id),
            End::Gateway(id) => ("association.gateway-id", id),
        };
        let tables = self.all(&[filter]).await?;
        let of = |found: &&RouteTable| found.route_table_id() == Some(table);
        let mut all = tables.iter().filter(of).flat_map(RouteTable::associations);
        let own = all.find(|association| match end {
            End::Subnet(id) => association.subnet_id() == Some(id),
            End::Gateway(id) => association.gateway_id() == Some(id),
        });
        Ok(own.and_then(|association| association.route_table_association_id.clone()))
    }
}

/// What uses a table.
#[derive(Debug, Clone, Copy)]
enum End<'a> {
    Subnet(&'a str),
    Gateway(&'a str),
}

impl<'a> End<'a> {
    fn of(edit: &'a LeafEdit) -> Self {
        match edit.path.as_str() {
            GATEWAYS => Self::Gateway(edit.text()),
            _ => Self::Subnet(edit.text()),
        }
    }
}

/// The destination in its member: IPv4, IPv6 or prefix list.
fn by_family(to: &str) -> [Option<String>; 3] {
    let own = |is: bool| is.then(|| to.to_owned());
    let is_list = to.starts_with(PREFIX_LIST);
    let is_v6 = !is_list && to.contains(':');
    [own(!is_list && !is_v6), own(is_v6), own(is_list)]
}

/// Somebody was faster: the next pass looks again.
fn moved(operation: &'static str) -> CloudError {
    CloudError::new(operation, Class::Busy, "it is not associated with that table any more")
}

/// A defect in palisade: nothing was sent.
fn never(operation: &str) -> CloudError {
    let why = format!("{operation} is not a call of a route table");
    CloudError::new("palisade:Change", Class::Rejected, why)
}
