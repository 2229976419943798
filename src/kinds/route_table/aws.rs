//! Route tables in EC2: one listing of the whole Region, in pages of 100.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{
    Filter, ResourceType, Route, RouteOrigin, RouteTable, RouteTableAssociation,
    RouteTableAssociationStateCode as AssociationState,
};
use serde_json::{Value, json};

use super::{leaves::LOCAL, routes::PREFIX_LIST};
use crate::{
    aws::{Access, classify, ec2_tags, lookup::Pages},
    kind::{
        Class, CloudError, ScopeFacts,
        table::{ACCOUNT, Found, LeafEdit, PARTITION, Page, Service, Tree, get},
    },
    model::{Observed, Phase, PhysicalId, Tags},
};

const LIST: &str = "ec2:DescribeRouteTables";
/// The target of a local route.
const LOCAL_TARGET: &str = "local";

/// Makes a call with the target in the member for its kind, which its id shows.
macro_rules! targeted {
    ($call:expr, $via:expr) => {{
        let (call, via) = ($call, $via);
        let is = |prefix: &str| via.starts_with(prefix).then(|| via.to_owned());
        let gateway = is("igw-").or_else(|| is("vgw-"));
        call.set_gateway_id(gateway)
            .set_nat_gateway_id(is("nat-"))
            .set_transit_gateway_id(is("tgw-"))
            .set_vpc_peering_connection_id(is("pcx-"))
            .set_egress_only_internet_gateway_id(is("eigw-"))
            .set_carrier_gateway_id(is("cagw-"))
            .set_vpc_endpoint_id(is("vpce-"))
            .set_network_interface_id(is("eni-"))
            .set_instance_id(is("i-"))
            .send()
            .await
            .map(drop)
    }};
}

/// The route tables of one scope.
#[derive(Debug, Clone)]
pub struct Tables {
    ec2: aws_sdk_ec2::Client,
    facts: ScopeFacts,
}

impl Service for Tables {
    const LISTS: &'static [&'static str] = &[LIST];

    fn connect(access: &Access) -> Self {
        Self { ec2: access.ec2.clone(), facts: access.facts.clone() }
    }

    async fn page(&self, _: usize, token: Option<String>) -> Result<Page, CloudError> {
        let (tables, next) = self.described(&[], token).await?;
        let found = tables.into_iter().map(|table| self.found(table));
        Ok(Page { found: found.collect::<Result<_, _>>()?, next, ..Page::default() })
    }

    /// They come with the list.
    async fn tags(&self, found: &Found) -> Result<Option<Tags>, CloudError> {
        Ok(found.tags.clone())
    }

    async fn find(&self, id: &PhysicalId) -> Result<Option<Found>, CloudError> {
        let tables = self.all(&[("route-table-id", id.as_str())]).await?;
        tables.into_iter().next().map(|table| self.found(table)).transpose()
    }

    /// The list contains everything.
    async fn read(&self, found: &Found, _: &Tags) -> Result<Option<Observed<Value>>, CloudError> {
        Ok(found.whole.clone())
    }

    fn arn(&self, id: &PhysicalId) -> Option<String> {
        let ScopeFacts { partition, region, account, .. } = &self.facts;
        Some(format!("arn:{partition}:ec2:{region}:{account}:route-table/{}", id.as_str()))
    }

    /// The SDK may repeat the call: the token makes a repetition return the same table (EC2 API
    /// reference, "Ensuring idempotency").
    async fn create(
        &self,
        want: &Tree,
        tags: &Tags,
        token: &str,
    ) -> Result<PhysicalId, CloudError> {
        const OPERATION: &str = "ec2:CreateRouteTable";
        let specification = ec2_tags::specification(ResourceType::RouteTable, tags);
        let answer = self
            .ec2
            .create_route_table()
            .client_token(token)
            .set_vpc_id(get(want, "vpc").as_str().map(str::to_owned))
            .tag_specifications(specification)
            .send()
            .await
            .map_err(|error| classify(OPERATION, &error))?;
        let id = answer.route_table.and_then(|table| table.route_table_id);
        let unnamed = || CloudError::new(OPERATION, Class::Unknown, "the answer names no table");
        id.map(PhysicalId).ok_or_else(unnamed)
    }

    async fn send(&self, have: &Observed<Value>, edits: &[LeafEdit]) -> Result<(), CloudError> {
        for edit in edits {
            match edit.path.as_str() {
                "routes" => self.route(have, edit).await?,
                _ => self.associate(have, edit).await?,
            }
        }
        Ok(())
    }

    async fn tag(&self, have: &Observed<Value>, set: &Tags) -> Result<(), CloudError> {
        ec2_tags::tag(&self.ec2, &have.id, set).await
    }

    async fn untag(&self, have: &Observed<Value>, keys: &[String]) -> Result<(), CloudError> {
        ec2_tags::untag(&self.ec2, &have.id, keys).await
    }

    async fn delete(&self, have: &Observed<Value>, _: Option<&Tree>) -> Result<(), CloudError> {
        let call = self.ec2.delete_route_table().route_table_id(have.id.as_str());
        match call.send().await.map_err(|error| classify("ec2:DeleteRouteTable", &error)) {
            Err(error) if error.class != Class::Missing => Err(error),
            _ => Ok(()),
        }
    }

    /// For a deletion, the subnets that use the table; for a subnet that leaves it, the routes of
    /// the main table, which it uses from then on.
    async fn obstacles(
        &self,
        have: &Observed<Value>,
        edit: Option<&LeafEdit>,
    ) -> Result<Vec<String>, CloudError> {
        let Some(edit) = edit else {
            let subnets = have.state["subnets"].as_array().into_iter().flatten();
            let names = subnets.filter_map(Value::as_str);
            return Ok(names.map(|subnet| format!("{subnet} uses it")).collect());
        };
        let vpc = have.state["vpc"].as_str().unwrap_or_default();
        let mains = self.all(&[("vpc-id", vpc), ("association.main", "true")]).await?;
        let routes = mains.iter().flat_map(|main| {
            let id = main.route_table_id().unwrap_or_default();
            // Propagated routes leave the VPC too; the route of an endpoint leads to AWS only.
            let out = main.routes().iter().filter_map(destination_and_target);
            let out = out.filter(|end| end.1 != LOCAL_TARGET && !is_of_endpoint(end));
            out.map(move |(to, via)| (id, to, via))
        });
        let subnet = edit.text();
        Ok(routes
            .map(|(id, to, via)| format!("{subnet} would use {id}, which routes {to} to {via}"))
            .collect())
    }
}

impl Tables {
    async fn described(
        &self,
        filters: &[(&str, &str)],
        token: Option<String>,
    ) -> Result<(Vec<RouteTable>, Option<String>), CloudError> {
        let filters = filters
            .iter()
            .map(|(name, value)| Filter::builder().name(*name).values(*value).build());
        let filters: Vec<_> = filters.collect();
        let call = self.ec2.describe_route_tables().max_results(100).set_next_token(token);
        let call = call.set_filters((!filters.is_empty()).then_some(filters));
        let answer = call.send().await.map_err(|error| classify(LIST, &error))?;
        Ok((answer.route_tables.unwrap_or_default(), answer.next_token))
    }

    async fn all(&self, filters: &[(&str, &str)]) -> Result<Vec<RouteTable>, CloudError> {
        let (mut pages, mut token, mut all) = (Pages::of(LIST), None, Vec::new());
        loop {
            let (tables, next) = self.described(filters, token).await?;
            all.extend(tables);
            token = pages.next(next)?;
            if token.is_none() {
                return Ok(all);
            }
        }
    }

    fn found(&self, table: RouteTable) -> Result<Found, CloudError> {
        let unnamed = || CloudError::new(LIST, Class::Unknown, "a table without id");
        let id = table.route_table_id.clone().map(PhysicalId).ok_or_else(unnamed)?;
        let tags = table.tags().iter();
        let tags: Tags =
            tags.filter_map(|tag| Some((tag.key.clone()?, tag.value.clone()?))).collect();
        let used = table.associations().iter().filter(|it| is_in_force(it));
        let subnets: BTreeSet<String> = used.filter_map(|it| it.subnet_id.clone()).collect();
        let mut routes: Tree = table
            .routes()
            .iter()
            .filter_map(target)
            .map(|(to, via)| (to.to_owned(), json!(via)))
            .collect();
        routes.sort_keys();
        let local = table.routes().iter().filter(|route| is_local(route));
        let local: Vec<_> = local.filter_map(destination_and_target).map(|(to, _)| to).collect();
        let state = json!({
            "vpc": table.vpc_id,
            "routes": routes,
            "subnets": subnets,
            LOCAL: local,
            PARTITION: self.facts.partition,
            ACCOUNT: self.facts.account,
        });
        let observed = Observed {
            id: id.clone(),
            arn: self.arn(&id).unwrap_or_default(),
            tags: tags.clone(),
            phase: Phase::Ready,
            state,
        };
        Ok(Found { names: subnets, tags: Some(tags), whole: Some(observed), ..Found::of(id) })
    }

    async fn route(&self, have: &Observed<Value>, edit: &LeafEdit) -> Result<(), CloudError> {
        let (table, to, via) = (have.id.as_str(), edit.entry.as_str(), edit.text());
        let [v4, v6, list] = by_family(to);
        // A local route exists from the beginning: its target can be changed and restored, but it
        // can be neither created nor deleted (EC2 API reference, `ReplaceRoute`).
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
            other => Err(unsupported(other)),
        }
    }

    async fn associate(&self, have: &Observed<Value>, edit: &LeafEdit) -> Result<(), CloudError> {
        let (table, subnet) = (have.id.as_str(), edit.text());
        match edit.operation.as_deref().unwrap_or_default() {
            "ec2:AssociateRouteTable" => {
                let call = self.ec2.associate_route_table().route_table_id(table).subnet_id(subnet);
                let answer = call.send().await;
                answer.map(drop).map_err(|error| classify("ec2:AssociateRouteTable", &error))
            }
            "ec2:ReplaceRouteTableAssociation" => {
                const OPERATION: &str = "ec2:ReplaceRouteTableAssociation";
                // Only from the table that the plan names: the subnet may have been moved
                // meanwhile.
                let from = edit.old.as_str().unwrap_or_default();
                let association = self.association(subnet, from).await?;
                let association = association.ok_or_else(|| moved(OPERATION))?;
                let call = self.ec2.replace_route_table_association().route_table_id(table);
                let answer = call.association_id(association).send().await;
                answer.map(drop).map_err(|error| classify(OPERATION, &error))
            }
            "ec2:DisassociateRouteTable" => {
                let Some(association) = self.association(subnet, table).await? else {
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
            other => Err(unsupported(other)),
        }
    }

    /// The id of a subnet's association with this table, which every replacement changes.
    async fn association(&self, subnet: &str, table: &str) -> Result<Option<String>, CloudError> {
        let tables = self.all(&[("association.subnet-id", subnet)]).await?;
        let of = |found: &&RouteTable| found.route_table_id() == Some(table);
        let mut all = tables.iter().filter(of).flat_map(RouteTable::associations);
        let own = all.find(|association| association.subnet_id() == Some(subnet));
        Ok(own.and_then(|association| association.route_table_association_id.clone()))
    }
}

/// Whether a subnet or gateway uses the table because of it, or is about to (EC2 API reference,
/// `RouteTableAssociationState`).
fn is_in_force(association: &RouteTableAssociation) -> bool {
    let state = association.association_state().and_then(|it| it.state());
    let over = [
        AssociationState::Disassociating,
        AssociationState::Disassociated,
        AssociationState::Failed,
    ];
    !state.is_some_and(|state| over.contains(state))
}

/// Destination and target of a route.
fn destination_and_target(route: &Route) -> Option<(&str, &str)> {
    let to = route
        .destination_cidr_block()
        .or(route.destination_ipv6_cidr_block())
        .or(route.destination_prefix_list_id())?;
    let via = [
        route.gateway_id(),
        route.nat_gateway_id(),
        route.transit_gateway_id(),
        route.vpc_peering_connection_id(),
        route.egress_only_internet_gateway_id(),
        route.carrier_gateway_id(),
        route.local_gateway_id(),
        route.core_network_arn(),
        route.odb_network_arn(),
        // A route to an instance also has its interface.
        route.instance_id(),
        route.network_interface_id(),
    ];
    // A target of an unknown kind must not look like no target.
    Some((to, via.into_iter().flatten().next().unwrap_or("(unknown)")))
}

/// Destination and target of a route that a manifest can contain; `None` for a route that AWS adds
/// itself.
fn target(route: &Route) -> Option<(&str, &str)> {
    let is_own = matches!(
        route.origin(),
        None | Some(RouteOrigin::CreateRoute | RouteOrigin::CreateRouteTable)
    );
    destination_and_target(route)
        .filter(|end| is_own && end.1 != LOCAL_TARGET && !is_of_endpoint(end))
}

/// Whether a gateway endpoint added the route.
fn is_of_endpoint((to, via): &(&str, &str)) -> bool {
    to.starts_with(PREFIX_LIST) && via.starts_with("vpce-")
}

/// Whether it was created with the table: then it leads to the VPC itself, unless somebody changed
/// its target.
fn is_local(route: &Route) -> bool {
    route.origin() == Some(&RouteOrigin::CreateRouteTable)
}

/// The destination in the member for its kind: IPv4, IPv6 or prefix list.
fn by_family(to: &str) -> [Option<String>; 3] {
    let own = |is: bool| is.then(|| to.to_owned());
    let is_list = to.starts_with(PREFIX_LIST);
    let is_v6 = !is_list && to.contains(':');
    [own(!is_list && !is_v6), own(is_v6), own(is_list)]
}

/// Somebody else moved the subnet: the next pass reads again.
fn moved(operation: &'static str) -> CloudError {
    CloudError::new(operation, Class::Busy, "the subnet no longer has a table of its own")
}

/// A defect in palisade: nothing was sent.
fn unsupported(operation: &str) -> CloudError {
    let why = format!("{operation} is not a call of a route table");
    CloudError::new("palisade:Change", Class::Rejected, why)
}
