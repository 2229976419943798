//! Converts between EC2's shapes and the canonical state.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{
    IpPermission, IpRange, Ipv6Range, PrefixListId, SecurityGroup as LiveGroup, SecurityGroupRule,
    SecurityGroupRuleRequest, Tag, UserIdGroupPair,
};

use super::super::{Direction, Entry, OtherGroup, Peer, Rule, Rules, State, Traffic};
use crate::model::{Cidr, Tags};

/// The tags of a resource.
pub(super) fn tags(tags: &[Tag]) -> Tags {
    tags.iter()
        .map(|tag| (tag.key().unwrap_or_default().into(), tag.value().unwrap_or_default().into()))
        .collect()
}

/// The group's natural key, in the form of `Kind::natural_keys`.
pub(super) fn natural_key(group: &LiveGroup) -> String {
    let name = group.group_name().unwrap_or_default().to_lowercase();
    format!("{}/{name}", group.vpc_id().unwrap_or_default())
}

/// A live group; an error names what cannot be read.
pub(super) fn state(group: &LiveGroup, account: &str) -> Result<State, String> {
    let id = group.group_id().ok_or("a group without an id")?;
    let whose = Own { id, account: group.owner_id().unwrap_or(account) };
    let text = |text: Option<&str>| Some(text.unwrap_or_default().to_owned());
    Ok(State {
        id: Some(id.to_owned()),
        group_name: text(group.group_name()),
        description: text(group.description()),
        vpc: text(group.vpc_id()),
        ingress: Some(whose.rules(group.ip_permissions())?),
        egress: Some(whose.rules(group.ip_permissions_egress())?),
        ..State::default()
    })
}

/// The group whose rules are read: it is `self`, and its account is implied.
#[derive(Clone, Copy)]
pub(super) struct Own<'a> {
    pub id: &'a str,
    pub account: &'a str,
}

impl Own<'_> {
    fn rules(&self, permissions: &[IpPermission]) -> Result<Rules, String> {
        let mut rules = BTreeMap::new();
        for permission in permissions {
            let traffic = self.traffic(
                permission.ip_protocol(),
                permission.from_port(),
                permission.to_port(),
            )?;
            let mut add = |peer, description: Option<&str>| {
                rules.insert(
                    Rule { traffic, peer },
                    Some(description.unwrap_or_default().to_owned()),
                );
            };
            for range in permission.ip_ranges() {
                add(self.cidr(range.cidr_ip())?, range.description());
            }
            for range in permission.ipv6_ranges() {
                add(self.cidr(range.cidr_ipv6())?, range.description());
            }
            for list in permission.prefix_list_ids() {
                let id = list.prefix_list_id().ok_or("a prefix list without an id")?;
                add(Peer::PrefixList(id.to_owned()), list.description());
            }
            for pair in permission.user_id_group_pairs() {
                add(self.group(pair.group_id(), pair.user_id())?, pair.description());
            }
        }
        Ok(Rules(rules))
    }

    /// One row of `DescribeSecurityGroupRules`.
    pub fn row(&self, row: &SecurityGroupRule) -> Result<(Direction, Rule), String> {
        let direction = match row.is_egress() {
            Some(true) => Direction::Egress,
            Some(false) => Direction::Ingress,
            None => return Err(format!("a rule of {} without a direction", self.id)),
        };
        let traffic = self.traffic(row.ip_protocol(), row.from_port(), row.to_port())?;
        let peer = if let Some(cidr) = row.cidr_ipv4().or(row.cidr_ipv6()) {
            self.cidr(Some(cidr))?
        } else if let Some(list) = row.prefix_list_id() {
            Peer::PrefixList(list.to_owned())
        } else {
            let group = row.referenced_group_info();
            self.group(
                group.and_then(|group| group.group_id()),
                group.and_then(|group| group.user_id()),
            )?
        };
        Ok((direction, Rule { traffic, peer }))
    }

    fn traffic(
        &self,
        protocol: Option<&str>,
        from: Option<i32>,
        to: Option<i32>,
    ) -> Result<Traffic, String> {
        let protocol = protocol.unwrap_or_default();
        Traffic::from_aws(protocol, from, to).ok_or_else(|| {
            format!("{} has a rule of protocol `{protocol}`, ports {from:?} to {to:?}", self.id)
        })
    }

    fn cidr(&self, text: Option<&str>) -> Result<Peer, String> {
        let text = text.unwrap_or_default();
        text.parse::<Cidr>()
            .map(Peer::Cidr)
            .map_err(|error| format!("{} has a rule that cannot be read: {error}", self.id))
    }

    /// EC2 returns the group's own account with every group, and no account for a group that is
    /// gone.
    fn group(&self, id: Option<&str>, account: Option<&str>) -> Result<Peer, String> {
        let id = id.ok_or_else(|| format!("{} has a rule without a peer", self.id))?;
        if id == self.id {
            return Ok(Peer::Myself);
        }
        let account = account.filter(|account| *account != self.account).map(str::to_owned);
        Ok(Peer::Group(OtherGroup { account, ..OtherGroup::of(id) }))
    }

    /// The rule as it is authorized.
    pub fn permission(&self, entry: &Entry) -> IpPermission {
        self.shaped(entry, entry.rule.traffic.to_authorize())
    }

    /// The rule as it is identified when its description changes.
    pub fn described(&self, entry: &Entry) -> IpPermission {
        self.shaped(entry, entry.rule.traffic.to_aws())
    }

    fn shaped(
        &self,
        entry: &Entry,
        (protocol, from, to): (String, Option<i32>, Option<i32>),
    ) -> IpPermission {
        let builder =
            IpPermission::builder().ip_protocol(protocol).set_from_port(from).set_to_port(to);
        let description = entry.description.clone().filter(|text| !text.is_empty());
        let builder = match &entry.rule.peer {
            Peer::Cidr(cidr) if cidr.is_ipv6() => builder.ipv6_ranges(
                Ipv6Range::builder()
                    .cidr_ipv6(cidr.to_string())
                    .set_description(description)
                    .build(),
            ),
            Peer::Cidr(cidr) => builder.ip_ranges(
                IpRange::builder().cidr_ip(cidr.to_string()).set_description(description).build(),
            ),
            Peer::PrefixList(id) => builder.prefix_list_ids(
                PrefixListId::builder().prefix_list_id(id).set_description(description).build(),
            ),
            Peer::Myself => builder.user_id_group_pairs(
                UserIdGroupPair::builder().group_id(self.id).set_description(description).build(),
            ),
            Peer::Group(OtherGroup { id, account, .. }) => builder.user_id_group_pairs(
                UserIdGroupPair::builder()
                    .group_id(id)
                    .set_user_id(account.clone())
                    .set_description(description)
                    .build(),
            ),
            // Never sent, because the change waits. Without a peer EC2 would refuse it.
            Peer::Pending(_) => builder,
        };
        builder.build()
    }

    /// The rule as the target of a modification.
    pub fn request(&self, rule: &Rule, description: &str) -> SecurityGroupRuleRequest {
        let (protocol, from, to) = rule.traffic.to_aws();
        let builder = SecurityGroupRuleRequest::builder()
            .ip_protocol(protocol)
            .set_from_port(from)
            .set_to_port(to)
            .description(description);
        match &rule.peer {
            Peer::Cidr(cidr) if cidr.is_ipv6() => builder.cidr_ipv6(cidr.to_string()),
            Peer::Cidr(cidr) => builder.cidr_ipv4(cidr.to_string()),
            Peer::PrefixList(id) => builder.prefix_list_id(id),
            Peer::Myself => builder.referenced_group_id(self.id),
            Peer::Group(OtherGroup { id, .. }) => builder.referenced_group_id(id),
            Peer::Pending(_) => builder,
        }
        .build()
    }
}
