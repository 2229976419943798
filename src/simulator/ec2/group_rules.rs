//! The rules of a security group: their identity, their quota, and the two ways in which EC2 shows
//! them.

use super::{
    model::{Family, Peer, Permission, Ports, Rule},
    prefix_lists::weight,
    state::{Call, State},
    tags,
};
use crate::simulator::service::{ApiError, Caller};
use ipnet::{Ipv4Net, Ipv6Net};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The far side of a rule, with the rule's description.
type Described<'s> = (&'s Peer, Option<&'s str>);

/// VPC quotas: inbound or outbound rules of a group, counted separately for IPv4 and IPv6.
const MAX_RULES: i64 = 60;

impl State {
    /// The rules of a group in one direction.
    pub(super) fn rules_of(
        &self,
        group: &str,
        egress: bool,
    ) -> impl Iterator<Item = (&String, &Rule)> {
        let ids = self.groups.get(group).into_iter().flat_map(|group| &group.rules);
        ids.filter_map(|id| self.rules.get_key_value(id))
            .filter(move |(_, rule)| rule.egress == egress)
    }

    /// The id of the rule that allows exactly this.
    pub(super) fn rule_that_allows(
        &self,
        group: &str,
        egress: bool,
        permission: &Permission,
    ) -> Option<String> {
        self.rules_of(group, egress)
            .find(|(_, rule)| rule.permission == *permission)
            .map(|(id, _)| id.clone())
    }

    /// Adds a rule without checks.
    pub(super) fn add_rule(&mut self, rule: Rule, call: &mut Call<'_, '_>) -> String {
        let id = call.context.ids.next("sgr");
        if let Some(group) = self.groups.get_mut(&rule.group) {
            group.rules.insert(id.clone());
        }
        self.rules.insert(id.clone(), rule);
        id
    }

    pub(super) fn remove_rule(&mut self, id: &str) {
        let rule = self.rules.remove(id);
        if let Some(group) = rule.and_then(|rule| self.groups.get_mut(&rule.group)) {
            group.rules.remove(id);
        }
        self.tags.remove(id);
    }

    /// `RulesPerSecurityGroupLimitExceeded` if the group has more rules than the quota in one
    /// direction.
    pub(super) fn check_rule_quota(
        &self,
        group: &str,
        egress: bool,
        caller: &Caller,
    ) -> Result<(), ApiError> {
        let (mut v4, mut v6) = (0, 0);
        for (_, rule) in self.rules_of(group, egress) {
            match &rule.permission.peer {
                Peer::V4(_) => v4 += 1,
                Peer::V6(_) => v6 += 1,
                Peer::Group(_) => (v4, v6) = (v4 + 1, v6 + 1),
                Peer::PrefixList(list) => match weight(self, caller, list) {
                    Some((weight, Family::V4)) => v4 += weight,
                    Some((weight, Family::V6)) => v6 += weight,
                    None => {}
                },
            }
        }
        if v4 <= MAX_RULES && v6 <= MAX_RULES {
            return Ok(());
        }
        let message = "The maximum number of rules per security group has been reached.";
        Err(ApiError::new("RulesPerSecurityGroupLimitExceeded", message))
    }
}

impl Permission {
    /// All traffic, to or from all IPv4 addresses.
    pub(super) fn all_v4() -> Self {
        Self::all(Peer::V4(Ipv4Net::default()))
    }

    /// All traffic, to or from all IPv6 addresses.
    pub(super) fn all_v6() -> Self {
        Self::all(Peer::V6(Ipv6Net::default()))
    }

    pub(super) fn all(peer: Peer) -> Self {
        let protocol = "-1".to_owned();
        Self { protocol, ports: None, peer }
    }

    /// The words of the error about duplicates.
    pub(super) fn in_words(&self) -> String {
        let peer = match &self.peer {
            Peer::V4(block) => block.to_string(),
            Peer::V6(block) => block.to_string(),
            Peer::Group(id) | Peer::PrefixList(id) => id.clone(),
        };
        let protocol = match self.protocol.as_str() {
            "-1" => "ALL".to_owned(),
            other => other.to_uppercase(),
        };
        match self.ports {
            Some((from, to)) => {
                format!("peer: {peer}, {protocol}, from port: {from}, to port: {to}, ALLOW")
            }
            None => format!("peer: {peer}, {protocol}, ALLOW"),
        }
    }
}

impl Peer {
    /// Whether both are of one kind, which a modification cannot change.
    pub(super) fn same_kind(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// One rule as `DescribeSecurityGroupRules` shows it: ports are -1 if the rule has none.
pub(super) fn shown(state: &State, id: &str, call: &Call<'_, '_>) -> Value {
    let rule = &state.rules[id];
    let (from, to) = rule.permission.ports.unwrap_or((-1, -1));
    let mut shown = Map::new();
    let mut put = |member: &str, value: Value| shown.insert(member.into(), value);
    put("securityGroupRuleId", id.into());
    put("securityGroupRuleArn", call.arn("security-group-rule", id).into());
    put("groupId", rule.group.as_str().into());
    put("groupOwnerId", call.caller.account.as_str().into());
    put("isEgress", rule.egress.into());
    put("ipProtocol", rule.permission.protocol.as_str().into());
    put("fromPort", from.into());
    put("toPort", to.into());
    match &rule.permission.peer {
        Peer::V4(block) => put("cidrIpv4", block.to_string().into()),
        Peer::V6(block) => put("cidrIpv6", block.to_string().into()),
        Peer::PrefixList(list) => put("prefixListId", list.as_str().into()),
        Peer::Group(group) => {
            put("referencedGroupInfo", shown_group(state, &rule.group, group, call))
        }
    };
    put("description", rule.description.as_deref().into());
    put("tagSet", tags::shown(state, id));
    Value::Object(shown)
}

/// A group that a rule of another group names. For a group over a peering EC2 shows the account and
/// the VPC; for a deleted group, or after the end of the peering, only the id (EC2 API reference,
/// `UserIdGroupPair`).
fn shown_group(state: &State, of: &str, id: &str, call: &Call<'_, '_>) -> Value {
    let vpc = state.groups.get(of).map(|group| group.vpc.as_str()).unwrap_or_default();
    if state.groups.get(id).is_some_and(|group| group.vpc == vpc) {
        return json!({"groupId": id, "userId": call.caller.account});
    }
    call.far.get(vpc, id).map_or_else(
        || json!({"groupId": id}),
        |far| {
            json!({
                "groupId": id,
                "userId": far.account,
                "vpcId": far.vpc,
                "vpcPeeringConnectionId": far.peering,
                "peeringStatus": "active",
            })
        },
    )
}

/// A deleted rule, as Revoke calls report it.
pub(super) fn shown_revoked(state: &State, id: &str, call: &Call<'_, '_>) -> Value {
    let mut shown = shown(state, id, call);
    if let Value::Object(members) = &mut shown {
        for member in ["securityGroupRuleArn", "groupOwnerId", "tagSet"] {
            members.remove(member);
        }
        if let Some(group) = members.remove("referencedGroupInfo") {
            members.insert("referencedGroupId".into(), group["groupId"].clone());
        }
    }
    shown
}

/// The rules of a group as `DescribeSecurityGroups` shows them: one permission for all peers of a
/// protocol and port range.
pub(super) fn aggregated(state: &State, group: &str, egress: bool, call: &Call<'_, '_>) -> Value {
    let mut permissions: BTreeMap<(&str, Ports), BTreeSet<Described<'_>>> = BTreeMap::new();
    for (_, rule) in state.rules_of(group, egress) {
        let Permission { protocol, ports, peer } = &rule.permission;
        let peers = permissions.entry((protocol, *ports)).or_default();
        peers.insert((peer, rule.description.as_deref()));
    }
    let shown = permissions.into_iter().map(|((protocol, ports), peers)| {
        let mut lists: [Vec<Value>; 4] = Default::default();
        for (peer, description) in peers {
            let (list, entry) = match peer {
                Peer::V4(block) => {
                    (1, json!({"cidrIp": block.to_string(), "description": description}))
                }
                Peer::V6(block) => {
                    (2, json!({"cidrIpv6": block.to_string(), "description": description}))
                }
                Peer::PrefixList(id) => {
                    (3, json!({"prefixListId": id, "description": description}))
                }
                Peer::Group(id) => {
                    let mut shown = shown_group(state, group, id, call);
                    shown["description"] = json!(description);
                    (0, shown)
                }
            };
            lists[list].push(entry);
        }
        let [groups, ranges, ranges6, prefix_lists] = lists;
        json!({
            "ipProtocol": protocol,
            "fromPort": ports.map(|(from, _)| from),
            "toPort": ports.map(|(_, to)| to),
            "groups": groups,
            "ipRanges": ranges,
            "ipv6Ranges": ranges6,
            "prefixListIds": prefix_lists,
        })
    });
    shown.collect()
}
