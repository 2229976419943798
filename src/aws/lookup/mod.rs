//! Bulk reads of resources that palisade does not manage: VPCs, subnets, route tables, prefix
//! lists, security groups, the OU tree.
//!
//! One paged listing per kind with the largest page that the service allows; the names and tags in
//! manifests are matched locally. The cost does not depend on the number of manifests, and a
//! resource that lost its tag is noticed.

#[cfg(test)]
pub(crate) mod canned;
mod moving;
mod organization;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::Tag;

pub use self::{
    moving::{moving, parent},
    organization::{every_place, has_full_access},
    tree::{is_closed, members, tree},
};
use super::{Access, classify, identity_center::Principal};
use crate::{
    kind::{Class, CloudError, LookupItem, LookupKind, zones_of},
    model::Tags,
};

/// The largest page of DescribeVpcs, DescribeSubnets and DescribeSecurityGroups (EC2 API
/// reference).
const PAGE: i32 = 1000;
/// The largest page of DescribeRouteTables and DescribeManagedPrefixLists (EC2 API reference).
const SMALL_PAGE: i32 = 100;

/// All resources of one kind that lookups in this scope can find. Unusable ones (a subnet that is
/// pending or has failed, a VPC or prefix list that is being created or deleted) are left out, so
/// that a lookup waits instead of choosing one.
///
/// `names` are the names that manifests look for. They are needed for organizational units, because
/// the tree is read level by level (`root`, or absolute paths such as `/Workloads/ML`), for
/// endpoint services, of which AWS lists hundreds, and for what is in Identity Center. Names that
/// do not exist give no item. The items of all of these carry no tags.
///
/// # Errors
/// A page that could not be read, or a listing that returns the same page token twice: a partial
/// listing is never returned.
pub async fn fetch(
    access: &Access,
    kind: LookupKind,
    names: &BTreeSet<String>,
) -> Result<Vec<LookupItem>, CloudError> {
    match kind {
        LookupKind::Vpc => vpcs(access).await,
        LookupKind::Subnet => subnets(access).await,
        LookupKind::RouteTable => route_tables(access).await,
        LookupKind::PrefixList => prefix_lists(access).await,
        LookupKind::EndpointService => endpoint_services(access, names).await,
        LookupKind::OrganizationalUnit => organization::places(access, names).await,
        LookupKind::SecurityGroup => security_groups(access).await,
        LookupKind::PermissionSet => access.identity_center.sets(names).await,
        LookupKind::IdentityUser => access.identity_center.principals(Principal::User, names).await,
        LookupKind::IdentityGroup => {
            access.identity_center.principals(Principal::Group, names).await
        }
    }
}

/// Walks the pages of one listing and detects cycles.
#[derive(Debug)]
pub(crate) struct Pages {
    operation: &'static str,
    seen: BTreeSet<String>,
}

impl Pages {
    /// Before the first page of `operation` (`service:Operation`).
    pub(crate) fn of(operation: &'static str) -> Self {
        Self { operation, seen: BTreeSet::new() }
    }

    /// The token for the next page, or `None` after the last one. An empty page does not mean the
    /// end; only a missing (or empty) token does.
    ///
    /// # Errors
    /// The token was returned before, so the listing may be incomplete.
    pub(crate) fn next(&mut self, token: Option<String>) -> Result<Option<String>, CloudError> {
        let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(None) };
        if !self.seen.insert(token.clone()) {
            return Err(CloudError::new(
                self.operation,
                Class::Unknown,
                "the listing returned the same page token twice",
            ));
        }
        Ok(Some(token))
    }
}

/// EC2's tags as a map. A tag without a value has the empty one.
pub(crate) fn tags(tags: Option<Vec<Tag>>) -> Tags {
    tags.unwrap_or_default()
        .into_iter()
        .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
        .collect()
}

fn attributes<const N: usize>(pairs: [(&str, Option<String>); N]) -> BTreeMap<String, String> {
    pairs.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

/// A listed resource without an id cannot be used.
fn identified(operation: &'static str, id: Option<String>) -> Result<String, CloudError> {
    id.ok_or_else(|| {
        CloudError::new(operation, Class::Unknown, "the answer lists a resource without an id")
    })
}

async fn vpcs(access: &Access) -> Result<Vec<LookupItem>, CloudError> {
    const OPERATION: &str = "ec2:DescribeVpcs";
    let (mut pages, mut token, mut items) = (Pages::of(OPERATION), None, Vec::new());
    loop {
        let page = access
            .ec2
            .describe_vpcs()
            .max_results(PAGE)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| classify(OPERATION, &error))?;
        for vpc in page.vpcs.unwrap_or_default() {
            if vpc.state.is_none_or(|state| state.as_str() == "available") {
                items.push(LookupItem {
                    id: identified(OPERATION, vpc.vpc_id)?,
                    tags: tags(vpc.tags),
                    ..LookupItem::default()
                });
            }
        }
        token = pages.next(page.next_token)?;
        if token.is_none() {
            return Ok(items);
        }
    }
}

async fn subnets(access: &Access) -> Result<Vec<LookupItem>, CloudError> {
    const OPERATION: &str = "ec2:DescribeSubnets";
    let (mut pages, mut token, mut items) = (Pages::of(OPERATION), None, Vec::new());
    loop {
        let page = access
            .ec2
            .describe_subnets()
            .max_results(PAGE)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| classify(OPERATION, &error))?;
        for subnet in page.subnets.unwrap_or_default() {
            if subnet.state.is_none_or(|state| state.as_str() == "available") {
                // The zone's id, not its name: names differ between accounts.
                let zone = subnet.availability_zone_id;
                items.push(LookupItem {
                    id: identified(OPERATION, subnet.subnet_id)?,
                    name: None,
                    attributes: attributes([("vpc", subnet.vpc_id), ("zone", zone)]),
                    tags: tags(subnet.tags),
                });
            }
        }
        token = pages.next(page.next_token)?;
        if token.is_none() {
            return Ok(items);
        }
    }
}

async fn route_tables(access: &Access) -> Result<Vec<LookupItem>, CloudError> {
    const OPERATION: &str = "ec2:DescribeRouteTables";
    let (mut pages, mut token, mut items) = (Pages::of(OPERATION), None, Vec::new());
    loop {
        let page = access
            .ec2
            .describe_route_tables()
            .max_results(SMALL_PAGE)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| classify(OPERATION, &error))?;
        for table in page.route_tables.unwrap_or_default() {
            items.push(LookupItem {
                id: identified(OPERATION, table.route_table_id)?,
                name: None,
                attributes: attributes([("vpc", table.vpc_id)]),
                tags: tags(table.tags),
            });
        }
        token = pages.next(page.next_token)?;
        if token.is_none() {
            return Ok(items);
        }
    }
}

async fn prefix_lists(access: &Access) -> Result<Vec<LookupItem>, CloudError> {
    const OPERATION: &str = "ec2:DescribeManagedPrefixLists";
    let (mut pages, mut token, mut items) = (Pages::of(OPERATION), None, Vec::new());
    loop {
        let page = access
            .ec2
            .describe_managed_prefix_lists()
            .max_results(SMALL_PAGE)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| classify(OPERATION, &error))?;
        for list in page.prefix_lists.unwrap_or_default() {
            if list.state.is_none_or(|state| usable_list(state.as_str())) {
                items.push(LookupItem {
                    id: identified(OPERATION, list.prefix_list_id)?,
                    name: list.prefix_list_name,
                    // AWS's own lists have no size.
                    attributes: attributes([(
                        "maxEntries",
                        list.max_entries.filter(|most| *most > 0).map(|most| most.to_string()),
                    )]),
                    tags: tags(list.tags),
                });
            }
        }
        token = pages.next(page.next_token)?;
        if token.is_none() {
            return Ok(items);
        }
    }
}

async fn security_groups(access: &Access) -> Result<Vec<LookupItem>, CloudError> {
    const OPERATION: &str = "ec2:DescribeSecurityGroups";
    let (mut pages, mut token, mut items) = (Pages::of(OPERATION), None, Vec::new());
    loop {
        let page = access
            .ec2
            .describe_security_groups()
            .max_results(PAGE)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| classify(OPERATION, &error))?;
        for group in page.security_groups.unwrap_or_default() {
            items.push(LookupItem {
                id: identified(OPERATION, group.group_id)?,
                name: group.group_name,
                attributes: attributes([("vpc", group.vpc_id)]),
                tags: tags(group.tags),
            });
        }
        token = pages.next(page.next_token)?;
        if token.is_none() {
            return Ok(items);
        }
    }
}

async fn endpoint_services(
    access: &Access,
    names: &BTreeSet<String>,
) -> Result<Vec<LookupItem>, CloudError> {
    const OPERATION: &str = "ec2:DescribeVpcEndpointServices";
    let mut found: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    // All of a Region's services fit on a page. With `ServiceNames`, one name that does not exist
    // would make the whole request fail.
    let (mut pages, mut token) = (Pages::of(OPERATION), None);
    loop {
        let page = access
            .ec2
            .describe_vpc_endpoint_services()
            .max_results(PAGE)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| classify(OPERATION, &error))?;
        // A service with gateway and interface endpoints is listed twice.
        for service in page.service_details.unwrap_or_default() {
            let zones = service.availability_zone_ids().join(" ");
            let types = service.service_type().iter().filter_map(|it| it.service_type());
            let zones = types.map(|it| (zones_of(it.as_str()), zones.clone()));
            let zones: Vec<_> = zones.filter(|(_, zones)| !zones.is_empty()).collect();
            if let Some(name) = service.service_name.filter(|name| names.contains(name)) {
                found.entry(name).or_default().extend(zones);
            }
        }
        token = pages.next(page.next_token)?;
        if token.is_none() {
            break;
        }
    }
    let item = |(name, attributes): (String, _)| LookupItem {
        id: name.clone(),
        name: Some(name),
        attributes,
        ..LookupItem::default()
    };
    Ok(found.into_iter().map(item).collect())
}

/// A list stays usable while its entries are changed or restored; one that is being created or
/// deleted, or whose creation failed, cannot be referred to.
fn usable_list(state: &str) -> bool {
    state == "create-complete" || state.starts_with("modify-") || state.starts_with("restore-")
}
