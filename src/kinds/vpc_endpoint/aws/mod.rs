//! VPC endpoints in EC2: one listing of the whole Region, in pages of 1000. That is cheaper than a
//! search for each endpoint, and it includes conflicting endpoints that are not ours.

mod interfaces;
mod read;
pub(super) mod rehearsal;
#[cfg(all(test, feature = "simulator"))]
mod simulated;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{
    DnsOptionsSpecification, DnsRecordIpType, Filter, IpAddressType, ResourceType,
    SubnetConfiguration, VpcEndpointType,
};
use serde_json::Value;

use self::interfaces::Interfaces;
use super::{
    addresses,
    lattice::{self, DOMAINS, PREFERENCE},
    leaves::{ADDRESSES, INBOUND_ONLY, MODIFY, RECORDS},
    policy,
    rules::{BALANCER, GATEWAY, INTERFACE},
    service,
};
use crate::{
    aws::{Access, classify, ec2_tags, lookup::Pages},
    kind::{
        Ask, Class, CloudError, ScopeFacts, Unread,
        table::{Found, LeafEdit, Page, Service, Tree, chosen, get, texts},
    },
    model::{Observed, PhysicalId, Tags},
};

/// The longest client token, in ASCII characters (EC2 developer guide, "Ensuring idempotency").
const MAX_TOKEN_LENGTH: usize = 64;

/// The VPC endpoints of one scope.
#[derive(Debug, Clone)]
pub struct Endpoints {
    ec2: aws_sdk_ec2::Client,
    facts: ScopeFacts,
    interfaces: Interfaces,
}

impl Service for Endpoints {
    const LISTS: &'static [&'static str] = &["ec2:DescribeVpcEndpoints"];

    fn connect(access: &Access) -> Self {
        let (ec2, facts) = (access.ec2.clone(), access.facts.clone());
        Self { ec2, facts, interfaces: Interfaces::default() }
    }

    async fn page(&self, _: usize, token: Option<String>) -> Result<Page, CloudError> {
        self.described(None, token).await
    }

    /// They come with the list.
    async fn tags(&self, found: &Found) -> Result<Option<Tags>, CloudError> {
        Ok(found.whole.as_ref().map(|whole| whole.tags.clone()))
    }

    async fn find(&self, id: &PhysicalId) -> Result<Option<Found>, CloudError> {
        let (mut pages, mut token) = (Pages::of(Self::LISTS[0]), None);
        loop {
            let page = self.described(Some(id), token).await?;
            if let Some(found) = page.found.into_iter().find(|found| found.id == *id) {
                return Ok(Some(found));
            }
            token = pages.next(page.next)?;
            if token.is_none() {
                return Ok(None);
            }
        }
    }

    /// Addresses are those of network interfaces, which are not read where no manifest names any.
    async fn under_way(&self, ask: &Ask) -> Result<Vec<Unread>, CloudError> {
        self.interfaces.read(&self.ec2, ask.names_field(addresses::FIXED)).await;
        Ok(Vec::new())
    }

    /// The list contains everything else.
    async fn read(&self, found: &Found, _: &Tags) -> Result<Option<Observed<Value>>, CloudError> {
        Ok(found.whole.clone())
    }

    fn arn(&self, id: &PhysicalId) -> Option<String> {
        Some(read::arn(id, &self.facts))
    }

    /// The SDK may repeat the call: the token makes a repetition return the same endpoint (EC2 API
    /// reference, "Ensuring idempotency"). It must be set explicitly, because the SDK does not
    /// generate one here.
    async fn create(
        &self,
        want: &Tree,
        tags: &Tags,
        token: &str,
    ) -> Result<PhysicalId, CloudError> {
        const OPERATION: &str = "ec2:CreateVpcEndpoint";
        let text = |path| get(want, path).as_str().map(str::to_owned);
        let ids = |path| texts(get(want, path)).map(str::to_owned).collect::<Vec<_>>();
        let is = |endpoint_type: &str| *get(want, "type") == *endpoint_type;
        let (subnets, groups) = (chosen(get(want, "subnets")), ids("securityGroups"));
        let lacks = if token.is_empty() || token.len() > MAX_TOKEN_LENGTH || !token.is_ascii() {
            Some("without a usable client token it could be created twice")
        } else if !is(GATEWAY) && subnets.is_empty() {
            Some("no subnet is known")
        } else if (is(INTERFACE) || lattice::is_of(get(want, "type").as_str().unwrap_or_default()))
            && groups.is_empty()
        {
            Some("without a security group AWS would use the VPC's default one")
        } else {
            None
        };
        if let Some(what) = lacks {
            return Err(CloudError::new(OPERATION, Class::Rejected, format!("not sent: {what}")));
        }
        let policy = get(want, "policy");
        let policy = if policy.is_null() { None } else { Some(policy_text(OPERATION, policy)?) };
        let private_dns = initial_private_dns(want);
        let inbound_only = get(want, INBOUND_ONLY).as_bool().filter(|_| private_dns);
        let answer = self
            .ec2
            .create_vpc_endpoint()
            .client_token(token)
            .set_vpc_endpoint_type(text("type").map(|word| VpcEndpointType::from(word.as_str())))
            .set_vpc_id(text("vpc"))
            .set_service_name(text("service"))
            .set_resource_configuration_arn(text(lattice::CONFIGURATION))
            .set_service_network_arn(text(lattice::SERVICE_NETWORK))
            .set_service_region(text("serviceRegion"))
            .set_subnet_ids(list(subnets))
            .set_subnet_configurations(configurations(get(want, addresses::FIXED), &Value::Null))
            .set_security_group_ids(list(groups))
            .set_route_table_ids(list(ids("routeTables")))
            .private_dns_enabled(private_dns)
            .set_dns_options(dns_options(want, inbound_only))
            .set_ip_address_type(get(want, ADDRESSES).as_str().map(IpAddressType::from))
            .set_policy_document(policy)
            .tag_specifications(ec2_tags::specification(ResourceType::VpcEndpoint, tags))
            .send()
            .await
            .map_err(|error| refined(classify(OPERATION, &error)))?;
        let id = answer.vpc_endpoint.and_then(|endpoint| endpoint.vpc_endpoint_id);
        id.map(PhysicalId).ok_or_else(|| {
            CloudError::new(OPERATION, Class::Unknown, "the answer names no endpoint")
        })
    }

    /// AWS carries the call out as a whole, so the endpoint always has a security group.
    async fn send(&self, have: &Observed<Value>, edits: &[LeafEdit]) -> Result<(), CloudError> {
        let mut call = self.ec2.modify_vpc_endpoint().vpc_endpoint_id(have.id.as_str());
        let mut addressing = Tree::new();
        for edit in edits {
            // AWS uses its own defaults when it turns private DNS on; otherwise only what differs
            // is sent.
            let all = edit.path == "privateDns";
            let along =
                edit.with.iter().filter(|(leaf, value)| all || have.state[*leaf] != **value);
            addressing.extend(along.map(|(leaf, value)| (leaf.clone(), value.clone())));
        }
        for edit in edits {
            let (added, removed) = added_and_removed(edit);
            call = match edit.path.as_str() {
                // Interface endpoints have no reset: their default is sent as a document.
                "policy" if edit.new.is_string() && have.state["type"] == GATEWAY => {
                    call.reset_policy(true)
                }
                "policy" => call.policy_document(policy_text(MODIFY, &edit.new)?),
                "securityGroups" => {
                    call.set_add_security_group_ids(added).set_remove_security_group_ids(removed)
                }
                "subnets" => call.set_add_subnet_ids(added).set_remove_subnet_ids(removed),
                "routeTables" => {
                    call.set_add_route_table_ids(added).set_remove_route_table_ids(removed)
                }
                "privateDns" => call.set_private_dns_enabled(edit.new.as_bool()),
                RECORDS | INBOUND_ONLY | ADDRESSES | addresses::FIXED => {
                    addressing.insert(edit.path.clone(), edit.new.clone());
                    call
                }
                other => {
                    let why = format!("{other} is not a leaf that it changes");
                    return Err(CloudError::new(MODIFY, Class::Rejected, why));
                }
            };
        }
        let inbound_only = get(&addressing, INBOUND_ONLY).as_bool();
        let addresses = get(&addressing, ADDRESSES).as_str();
        let answer = call
            .set_dns_options(dns_options(&addressing, inbound_only))
            .set_subnet_configurations(configurations(
                get(&addressing, addresses::FIXED),
                &have.state[addresses::FIXED],
            ))
            .set_ip_address_type(addresses.map(IpAddressType::from))
            .send()
            .await
            .map_err(|error| refined(classify(MODIFY, &error)))?;
        match answer.r#return {
            Some(false) => {
                Err(CloudError::new(MODIFY, Class::Unknown, "AWS says it did not do it"))
            }
            _ => Ok(()),
        }
    }

    async fn tag(&self, have: &Observed<Value>, set: &Tags) -> Result<(), CloudError> {
        ec2_tags::tag(&self.ec2, &have.id, set).await
    }

    async fn untag(&self, have: &Observed<Value>, keys: &[String]) -> Result<(), CloudError> {
        ec2_tags::untag(&self.ec2, &have.id, keys).await
    }

    /// The call succeeds even if nothing was deleted; its list of failures says so.
    async fn delete(&self, have: &Observed<Value>, _: Option<&Tree>) -> Result<(), CloudError> {
        const OPERATION: &str = "ec2:DeleteVpcEndpoints";
        let call = self.ec2.delete_vpc_endpoints().vpc_endpoint_ids(have.id.as_str());
        let answer = match call.send().await.map_err(|error| classify(OPERATION, &error)) {
            Ok(answer) => answer,
            Err(error) if error.class == Class::Missing => return Ok(()),
            Err(error) => return Err(error),
        };
        let failed = answer.unsuccessful.unwrap_or_default();
        failed.into_iter().try_for_each(|item| read::failure(OPERATION, item))
    }

    /// Only routes prevent the deletion of a Gateway Load Balancer endpoint. Those of a gateway
    /// endpoint are deleted with it.
    async fn obstacles(
        &self,
        have: &Observed<Value>,
        edit: Option<&LeafEdit>,
    ) -> Result<Vec<String>, CloudError> {
        if have.state["type"] != BALANCER || edit.is_some() {
            return Ok(Vec::new());
        }
        const OPERATION: &str = "ec2:DescribeRouteTables";
        // EC2 returns the endpoint as the route's gateway.
        let to_it = Filter::builder().name("route.gateway-id").values(have.id.as_str()).build();
        let (mut pages, mut token, mut tables) = (Pages::of(OPERATION), None, Vec::new());
        loop {
            let call = self.ec2.describe_route_tables().max_results(100).filters(to_it.clone());
            let page = call.set_next_token(token).send().await;
            let page = page.map_err(|error| classify(OPERATION, &error))?;
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

impl Endpoints {
    /// A page of all endpoints of the Region, or only the endpoint with this id.
    async fn described(
        &self,
        only: Option<&PhysicalId>,
        token: Option<String>,
    ) -> Result<Page, CloudError> {
        let filter =
            only.map(|id| Filter::builder().name("vpc-endpoint-id").values(id.as_str()).build());
        let call = self.ec2.describe_vpc_endpoints().max_results(1000);
        let call = call.set_filters(filter.map(|filter| vec![filter])).set_next_token(token);
        let answer = call.send().await.map_err(|error| classify(Self::LISTS[0], &error))?;
        let mut page = Page { next: answer.next_token, ..Page::default() };
        for endpoint in answer.vpc_endpoints.unwrap_or_default() {
            let found = read::found(endpoint, &self.facts)?;
            page.found.extend(found.map(|found| Found {
                whole: found.whole.map(|whole| self.interfaces.with_addresses(whole)),
                ..found
            }));
        }
        Ok(page)
    }
}

/// What an edit adds to a set and what it removes from it.
fn added_and_removed(edit: &LeafEdit) -> (Option<Vec<String>>, Option<Vec<String>>) {
    let [old, new] = [&edit.old, &edit.new].map(|set| texts(set).collect::<BTreeSet<_>>());
    let owned = |ids: BTreeSet<&str>| list(ids.into_iter().map(str::to_owned));
    (owned(&new - &old), owned(&old - &new))
}

/// Private DNS for an endpoint service of somebody else can only be turned on after its owner has
/// accepted the endpoint: it is off at first, and the next pass turns it on.
fn initial_private_dns(want: &Tree) -> bool {
    let service = get(want, "service").as_str().unwrap_or_default();
    *get(want, "privateDns") == Value::Bool(true) && !service::is_endpoint_service(service)
}

/// The DNS options among what is written; `None` if there are none.
fn dns_options(written: &Tree, inbound_only: Option<bool>) -> Option<DnsOptionsSpecification> {
    let records = get(written, RECORDS).as_str().map(DnsRecordIpType::from);
    let preference = get(written, PREFERENCE).as_str();
    let domains = list(texts(get(written, DOMAINS)).map(str::to_owned));
    (records.is_some() || inbound_only.is_some() || preference.is_some()).then(|| {
        DnsOptionsSpecification::builder()
            .set_dns_record_ip_type(records)
            .set_private_dns_only_for_inbound_resolver_endpoint(inbound_only)
            .set_private_dns_preference(preference.map(str::to_owned))
            .set_private_dns_specified_domains(domains)
            .build()
    })
}

/// The addresses that differ from the live ones; `None` if none does.
fn configurations(new: &Value, old: &Value) -> Option<Vec<SubnetConfiguration>> {
    let of = |entry: &Value| {
        let text = |name: &str| entry[name].as_str().map(str::to_owned);
        SubnetConfiguration::builder()
            .set_subnet_id(text("subnet"))
            .set_ipv4(text("ipv4"))
            .set_ipv6(text("ipv6"))
            .build()
    };
    let changed: Vec<_> = addresses::changed(new, old).into_iter().map(of).collect();
    (!changed.is_empty()).then_some(changed)
}

fn policy_text(operation: &'static str, policy: &Value) -> Result<String, CloudError> {
    policy::text(policy).ok_or_else(|| {
        CloudError::new(operation, Class::Rejected, "not sent: the policy could not be read")
    })
}

/// `None` instead of an empty list: an empty list is not sent either, but `None` is explicit.
fn list(ids: impl IntoIterator<Item = String>) -> Option<Vec<String>> {
    let ids: Vec<_> = ids.into_iter().collect();
    (!ids.is_empty()).then_some(ids)
}

/// The meanings of codes that are more specific here.
fn refined(mut error: CloudError) -> CloudError {
    if error.is_code("IdempotentParameterMismatch") {
        // An earlier create with this token and other parameters went through.
        error.class = Class::Ambiguous;
    } else if error.is_code("InsufficientFreeAddressesInSubnet") {
        error.class = Class::Limit;
    }
    error
}
