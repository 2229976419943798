//! VPC endpoints at EC2.

mod read;
pub(super) mod rehearsal;
#[cfg(all(test, feature = "simulator"))]
mod simulated;
#[cfg(test)]
mod tests;

use aws_sdk_ec2::types::{
    DnsOptionsSpecification, DnsRecordIpType, Filter, IpAddressType, ResourceType, Tag,
    TagSpecification, VpcEndpointType,
};

use super::{Change, EndpointType, Immutable, Modify, Policy, State, VpcEndpoint, service};
use crate::{
    aws::{Access, classify, lookup::Pages},
    kind::{Ask, Class, CloudError, Intent, Population, Port, ScopeFacts},
    model::{Observed, PhysicalId, Tags},
};

/// The longest client token, in ASCII characters (EC2 developer guide, "Ensuring idempotency").
const TOKEN_LIMIT: usize = 64;

/// The port of one scope.
#[derive(Debug, Clone)]
pub struct Live {
    ec2: aws_sdk_ec2::Client,
    facts: ScopeFacts,
}

impl Live {
    /// All endpoints of the Region, or the one of an id.
    async fn listed(&self, only: Option<&PhysicalId>) -> Result<Vec<Observed<State>>, CloudError> {
        const OPERATION: &str = "ec2:DescribeVpcEndpoints";
        let filter =
            only.map(|id| Filter::builder().name("vpc-endpoint-id").values(id.as_str()).build());
        let (mut pages, mut token, mut seen) = (Pages::of(OPERATION), None, Vec::new());
        loop {
            let page = self
                .ec2
                .describe_vpc_endpoints()
                .set_filters(filter.clone().map(|filter| vec![filter]))
                .max_results(1000)
                .set_next_token(token)
                .send()
                .await
                .map_err(|error| classify(OPERATION, &error))?;
            for endpoint in page.vpc_endpoints.unwrap_or_default() {
                seen.extend(read::observed(endpoint, &self.facts)?);
            }
            token = pages.next(page.next_token)?;
            if token.is_none() {
                return Ok(seen);
            }
        }
    }
}

impl Port<VpcEndpoint> for Live {
    fn connect(access: &Access) -> Self {
        Self { ec2: access.ec2.clone(), facts: access.facts.clone() }
    }

    /// One listing of the whole Region, in pages of 1000: cheaper than a search for each endpoint, and it
    /// sees endpoints that stand in the way without being ours.
    async fn observe(&self, ask: &Ask) -> Result<Population<State>, CloudError> {
        let mut seen = self.listed(None).await?;
        for id in &ask.remembered {
            if !seen.iter().any(|live| live.id == *id) {
                seen.extend(self.listed(Some(id)).await?);
            }
        }
        seen.retain(|live| read::is_asked_for(live, ask));
        Ok(seen.into())
    }

    /// The SDK may repeat the call: the token makes a repetition the same endpoint (EC2 API reference,
    /// "Ensuring idempotency"). It must be sent by hand, because the SDK fills none in here.
    async fn create(
        &self,
        want: &State,
        tags: &Tags,
        token: &str,
    ) -> Result<PhysicalId, CloudError> {
        const OPERATION: &str = "ec2:CreateVpcEndpoint";
        let not_sent = |what: &str| {
            Err(CloudError::new(OPERATION, Class::Rejected, format!("not sent: {what}")))
        };
        if token.is_empty() || token.len() > TOKEN_LIMIT || !token.is_ascii() {
            return not_sent("without a usable client token it could come twice");
        }
        let subnets = want.chosen_subnets();
        let groups = want.security_groups.clone().unwrap_or_default();
        if !want.is(EndpointType::Gateway) && subnets.is_empty() {
            return not_sent("no subnet is known");
        }
        if want.is(EndpointType::Interface) && groups.is_empty() {
            return not_sent("without a security group AWS would take the VPC's default one");
        }
        let policy =
            want.policy.as_ref().map(|policy| policy_text(OPERATION, policy)).transpose()?;
        let answer = self
            .ec2
            .create_vpc_endpoint()
            .client_token(token)
            .vpc_endpoint_type(VpcEndpointType::from(want.endpoint_type.as_str()))
            .vpc_id(&want.vpc)
            .service_name(&want.service)
            .set_service_region(want.service_region.clone())
            .set_subnet_ids(list(subnets))
            .set_security_group_ids(list(groups))
            .set_route_table_ids(list(want.route_tables.clone().unwrap_or_default()))
            .private_dns_enabled(private_dns_at_first(want))
            .set_dns_options(dns_options(
                want.dns_record_ip_type.as_ref(),
                want.private_dns_only_for_inbound_resolver_endpoint
                    .filter(|_| private_dns_at_first(want)),
            ))
            .set_ip_address_type(want.ip_address_type.as_deref().map(IpAddressType::from))
            .set_policy_document(policy)
            .tag_specifications(
                TagSpecification::builder()
                    .resource_type(ResourceType::VpcEndpoint)
                    .set_tags(Some(sdk_tags(tags)))
                    .build(),
            )
            .send()
            .await
            .map_err(|error| refined(classify(OPERATION, &error)))?;
        answer
            .vpc_endpoint
            .and_then(|endpoint| endpoint.vpc_endpoint_id)
            .map(PhysicalId)
            .ok_or_else(|| {
                CloudError::new(OPERATION, Class::Unknown, "the answer names no endpoint")
            })
    }

    async fn change(&self, have: &Observed<State>, changes: &[Change]) -> Result<(), CloudError> {
        let mut leaves = Vec::new();
        for change in changes {
            match change {
                Change::Modify(modify) => leaves.push(modify.as_ref()),
                Change::Immutable(immutable) => return Err(not_in_place(immutable)),
            }
        }
        match Modify::together(leaves) {
            Some(modify) => self.modify(&have.id, &modify).await,
            None => Ok(()),
        }
    }

    async fn tag(&self, have: &Observed<State>, set: &Tags) -> Result<(), CloudError> {
        if set.is_empty() {
            return Ok(());
        }
        self.ec2
            .create_tags()
            .resources(have.id.as_str())
            .set_tags(Some(sdk_tags(set)))
            .send()
            .await
            .map(drop)
            .map_err(|error| classify("ec2:CreateTags", &error))
    }

    /// Keys only: a call without any would remove every tag (EC2 API reference), the claim included.
    async fn untag(&self, have: &Observed<State>, keys: &[String]) -> Result<(), CloudError> {
        if keys.is_empty() {
            return Ok(());
        }
        let keys = keys.iter().map(|key| Tag::builder().key(key).build()).collect();
        self.ec2
            .delete_tags()
            .resources(have.id.as_str())
            .set_tags(Some(keys))
            .send()
            .await
            .map(drop)
            .map_err(|error| classify("ec2:DeleteTags", &error))
    }

    /// The call succeeds even if nothing was deleted; its list of failures tells.
    async fn delete(
        &self,
        have: &Observed<State>,
        _want: Option<&State>,
    ) -> Result<(), CloudError> {
        const OPERATION: &str = "ec2:DeleteVpcEndpoints";
        let answer =
            match self.ec2.delete_vpc_endpoints().vpc_endpoint_ids(have.id.as_str()).send().await {
                Ok(answer) => answer,
                Err(error) => {
                    let error = classify(OPERATION, &error);
                    return if error.class == Class::Missing { Ok(()) } else { Err(error) };
                }
            };
        let failed = answer.unsuccessful.unwrap_or_default();
        failed
            .into_iter()
            .map(|item| read::failure(OPERATION, item))
            .find(Result::is_err)
            .unwrap_or(Ok(()))
    }

    /// Only a Gateway Load Balancer endpoint is held by something: the routes that lead to it. Those of a
    /// gateway endpoint go with it.
    async fn obstacles(
        &self,
        have: &Observed<State>,
        intent: Intent<'_, Change>,
    ) -> Result<Vec<String>, CloudError> {
        if !have.state.is(EndpointType::GatewayLoadBalancer) || !matches!(intent, Intent::Delete) {
            return Ok(Vec::new());
        }
        const OPERATION: &str = "ec2:DescribeRouteTables";
        // EC2 reads the endpoint back as the route's gateway.
        let to_it = Filter::builder().name("route.gateway-id").values(have.id.as_str()).build();
        let (mut pages, mut token, mut tables) = (Pages::of(OPERATION), None, Vec::new());
        loop {
            let page = self
                .ec2
                .describe_route_tables()
                .max_results(100)
                .filters(to_it.clone())
                .set_next_token(token)
                .send()
                .await
                .map_err(|error| classify(OPERATION, &error))?;
            tables.extend(page.route_tables.unwrap_or_default());
            token = pages.next(page.next_token)?;
            if token.is_none() {
                break;
            }
        }
        let ids = tables.into_iter().filter_map(|table| table.route_table_id);
        Ok(ids.map(|id| format!("a route in {id} leads to it")).collect())
    }
}

impl Live {
    /// One call for everything: AWS makes the modifications of an endpoint one at a time.
    async fn modify(&self, id: &PhysicalId, modify: &Modify) -> Result<(), CloudError> {
        const OPERATION: &str = "ec2:ModifyVpcEndpoint";
        // Interface endpoints have no reset: the default is sent to them as a document.
        let reset = modify.endpoint_type == EndpointType::Gateway.as_str()
            && modify.policy.as_ref().is_some_and(|swap| swap.to == Policy::AllowAll);
        let policy = modify
            .policy
            .as_ref()
            .filter(|_| !reset)
            .map(|swap| policy_text(OPERATION, &swap.to))
            .transpose()?;
        let answer = self
            .ec2
            .modify_vpc_endpoint()
            .vpc_endpoint_id(id.as_str())
            .set_reset_policy(reset.then_some(true))
            .set_policy_document(policy)
            .set_add_subnet_ids(list(modify.subnets.add.clone()))
            .set_remove_subnet_ids(list(modify.subnets.remove.clone()))
            .set_add_security_group_ids(list(modify.security_groups.add.clone()))
            .set_remove_security_group_ids(list(modify.security_groups.remove.clone()))
            .set_add_route_table_ids(list(modify.route_tables.add.clone()))
            .set_remove_route_table_ids(list(modify.route_tables.remove.clone()))
            .set_private_dns_enabled(modify.private_dns.as_ref().map(|swap| swap.to))
            .set_dns_options(dns_options(
                modify.dns_record_ip_type.as_ref().map(|swap| &swap.to),
                modify.private_dns_only_for_inbound_resolver_endpoint.as_ref().map(|swap| swap.to),
            ))
            .set_ip_address_type(
                modify.ip_address_type.as_ref().map(|swap| IpAddressType::from(swap.to.as_str())),
            )
            .send()
            .await
            .map_err(|error| refined(classify(OPERATION, &error)))?;
        match answer.r#return {
            Some(false) => {
                Err(CloudError::new(OPERATION, Class::Unknown, "AWS says it did not do it"))
            }
            _ => Ok(()),
        }
    }
}

/// Private DNS at somebody's endpoint service can only be turned on after its owner has accepted the
/// endpoint: there it starts off, and the next pass turns it on.
fn private_dns_at_first(want: &State) -> bool {
    want.private_dns == Some(true) && !service::is_endpoint_service(&want.service)
}

fn dns_options(
    record_type: Option<&String>,
    inbound_only: Option<bool>,
) -> Option<DnsOptionsSpecification> {
    (record_type.is_some() || inbound_only.is_some()).then(|| {
        DnsOptionsSpecification::builder()
            .set_dns_record_ip_type(record_type.map(|word| DnsRecordIpType::from(word.as_str())))
            .set_private_dns_only_for_inbound_resolver_endpoint(inbound_only)
            .build()
    })
}

fn policy_text(operation: &'static str, policy: &Policy) -> Result<String, CloudError> {
    policy.text().ok_or_else(|| {
        CloudError::new(operation, Class::Rejected, "not sent: the policy could not be read")
    })
}

/// `None` instead of an empty list: an empty one is not sent either, but this says so.
fn list(ids: std::collections::BTreeSet<String>) -> Option<Vec<String>> {
    (!ids.is_empty()).then(|| ids.into_iter().collect())
}

fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

fn not_in_place(immutable: &Immutable) -> CloudError {
    let fields: Vec<_> = immutable.differences.iter().map(|(field, _, _)| field.as_str()).collect();
    let why = format!("AWS has no call that changes {}", fields.join(", "));
    CloudError::new("ec2:ModifyVpcEndpoint", Class::Rejected, why)
}

/// What the codes mean here beyond their general class.
fn refined(mut error: CloudError) -> CloudError {
    if error.is_code("InvalidParameter") && error.message.contains("conflicting DNS domain") {
        // Another endpoint or a hosted zone has the names: waits until that is gone.
        error.class = Class::Blocked;
    } else if error.is_code("IdempotentParameterMismatch") {
        // An earlier create with this token and other parameters went through.
        error.class = Class::Ambiguous;
    } else if error.is_code("InsufficientFreeAddressesInSubnet") {
        error.class = Class::Limit;
    }
    error
}
