//! Reads groups and rules, page by page: all of them or an error.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::{
    Client,
    types::{Filter, SecurityGroup as LiveGroup, SecurityGroupVpcAssociationState as State},
};

use super::{
    super::{Direction, Rule},
    wire::Own,
};
use crate::{
    aws::classify,
    kind::{Class, CloudError},
};

/// The largest page size of these calls.
const PAGE_SIZE: i32 = 1000;
pub(super) const DESCRIBE_GROUPS: &str = "ec2:DescribeSecurityGroups";
const DESCRIBE_RULES: &str = "ec2:DescribeSecurityGroupRules";
const DESCRIBE_INTERFACES: &str = "ec2:DescribeNetworkInterfaces";
const DESCRIBE_ASSOCIATIONS: &str = "ec2:DescribeSecurityGroupVpcAssociations";

/// Follows page tokens, and detects loops.
#[derive(Default)]
struct Pages {
    token: Option<String>,
    seen: BTreeSet<String>,
}

impl Pages {
    /// Whether there is another page.
    fn turn(&mut self, operation: &'static str, next: Option<String>) -> Result<bool, CloudError> {
        self.token = next.filter(|token| !token.is_empty());
        match &self.token {
            None => Ok(false),
            Some(token) if self.seen.insert(token.clone()) => Ok(true),
            Some(_) => {
                Err(CloudError::new(operation, Class::Unknown, "the same page token came twice"))
            }
        }
    }
}

pub(super) fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

/// All groups that match all filters; without a filter, all of the Region.
pub(super) async fn groups(
    ec2: &Client,
    filters: &[(&str, &str)],
) -> Result<Vec<LiveGroup>, CloudError> {
    let filters: Vec<_> = filters.iter().map(|(name, value)| filter(name, value)).collect();
    let filters = (!filters.is_empty()).then_some(filters);
    let (mut found, mut pages) = (Vec::new(), Pages::default());
    loop {
        let answer = ec2
            .describe_security_groups()
            .set_filters(filters.clone())
            .max_results(PAGE_SIZE)
            .set_next_token(pages.token.clone())
            .send()
            .await
            .map_err(|error| classify(DESCRIBE_GROUPS, &error))?;
        found.extend(answer.security_groups.unwrap_or_default());
        if !pages.turn(DESCRIBE_GROUPS, answer.next_token)? {
            return Ok(found);
        }
    }
}

/// A group's rules as EC2 distinguishes them.
pub(super) type RuleIds = BTreeMap<(Direction, Rule), LiveRule>;

/// What EC2 knows about a rule besides its content.
pub(super) struct LiveRule {
    /// Its id.
    pub id: String,
    /// Whether it names a group over a peering: one of another account or VPC, or one that is gone.
    pub peered: bool,
}

/// The ids of a group's rules.
pub(super) async fn rule_ids(ec2: &Client, own: Own<'_>) -> Result<RuleIds, CloudError> {
    let (mut found, mut pages) = (BTreeMap::new(), Pages::default());
    loop {
        let answer = ec2
            .describe_security_group_rules()
            .filters(filter("group-id", own.id))
            .max_results(PAGE_SIZE)
            .set_next_token(pages.token.clone())
            .send()
            .await
            .map_err(|error| classify(DESCRIBE_RULES, &error))?;
        for row in answer.security_group_rules.unwrap_or_default() {
            let odd = |odd: String| CloudError::new(DESCRIBE_RULES, Class::Unknown, odd);
            let key = own.row(&row).map_err(odd)?;
            let id = row
                .security_group_rule_id
                .ok_or_else(|| odd(format!("a rule of {} without an id", own.id)))?;
            let peered = row.referenced_group_info.is_some_and(|peer| {
                peer.vpc_peering_connection_id.is_some()
                    || peer.user_id.as_deref() != Some(own.account)
            });
            found.insert(key, LiveRule { id, peered });
        }
        if !pages.turn(DESCRIBE_RULES, answer.next_token)? {
            return Ok(found);
        }
    }
}

/// What is known of the associations of one group with other VPCs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Associated {
    /// The VPCs in which it may be used, or soon may.
    pub vpcs: BTreeSet<String>,
    /// Those with which its association, or the end of it, failed, each with the reason.
    pub failed: BTreeMap<String, String>,
    /// Those with which it is not disassociated yet.
    pub leaving: BTreeSet<String>,
}

/// The associations of groups with other VPCs, by group; of all groups of the Region, or of one.
pub(super) async fn associations(
    ec2: &Client,
    group: Option<&str>,
) -> Result<BTreeMap<String, Associated>, CloudError> {
    let filters = group.map(|id| vec![filter("group-id", id)]);
    let (mut found, mut pages) = (BTreeMap::<String, Associated>::new(), Pages::default());
    loop {
        let answer = ec2
            .describe_security_group_vpc_associations()
            .set_filters(filters.clone())
            .max_results(PAGE_SIZE)
            .set_next_token(pages.token.clone())
            .send()
            .await
            .map_err(|error| classify(DESCRIBE_ASSOCIATIONS, &error))?;
        for one in answer.security_group_vpc_associations.unwrap_or_default() {
            let odd = || {
                let what = "an association without a group or a VPC";
                CloudError::new(DESCRIBE_ASSOCIATIONS, Class::Unknown, what)
            };
            let (group, vpc) = one.group_id.zip(one.vpc_id).ok_or_else(odd)?;
            let of_group = found.entry(group).or_default();
            match one.state {
                Some(State::Disassociated) => {}
                Some(State::Disassociating) => {
                    of_group.leaving.insert(vpc);
                }
                Some(State::AssociationFailed) => {
                    of_group.failed.insert(vpc, one.state_reason.unwrap_or_default());
                }
                Some(State::DisassociationFailed) => {
                    of_group.failed.insert(vpc.clone(), one.state_reason.unwrap_or_default());
                    of_group.vpcs.insert(vpc);
                }
                // One in a state that is not known here must not look like none.
                _ => {
                    of_group.vpcs.insert(vpc);
                }
            }
        }
        if !pages.turn(DESCRIBE_ASSOCIATIONS, answer.next_token)? {
            return Ok(found);
        }
    }
}

/// Descriptions of the network interfaces that use a group, everywhere or in one VPC.
pub(super) async fn interfaces(
    ec2: &Client,
    group: &str,
    vpc: Option<&str>,
) -> Result<Vec<String>, CloudError> {
    let mut filters = vec![filter("group-id", group)];
    filters.extend(vpc.map(|vpc| filter("vpc-id", vpc)));
    let (mut found, mut pages) = (Vec::new(), Pages::default());
    loop {
        let answer = ec2
            .describe_network_interfaces()
            .set_filters(Some(filters.clone()))
            .max_results(PAGE_SIZE)
            .set_next_token(pages.token.clone())
            .send()
            .await
            .map_err(|error| classify(DESCRIBE_INTERFACES, &error))?;
        for interface in answer.network_interfaces.unwrap_or_default() {
            let mut words =
                vec![interface.network_interface_id().unwrap_or("an interface").to_owned()];
            if let Some(text) = interface.description().filter(|text| !text.is_empty()) {
                words.push(format!("{text:?}"));
            }
            if let Some(kind) = interface.interface_type() {
                words.push(format!("of type {}", kind.as_str()));
            }
            if let Some(requester) = interface.requester_id().filter(|id| !id.is_empty()) {
                words.push(format!("made by {requester}"));
            }
            found.push(words.join(" "));
        }
        if !pages.turn(DESCRIBE_INTERFACES, answer.next_token)? {
            return Ok(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_token_that_comes_twice_is_an_error_and_no_token_is_the_end() {
        let mut pages = Pages::default();
        assert_eq!(pages.turn(DESCRIBE_GROUPS, Some("a".into())), Ok(true));
        assert_eq!(pages.turn(DESCRIBE_GROUPS, Some("b".into())), Ok(true));
        let round = pages.turn(DESCRIBE_GROUPS, Some("a".into())).expect_err("a circle");
        assert_eq!(round.class, Class::Unknown);
        assert_eq!(pages.turn(DESCRIBE_GROUPS, Some(String::new())), Ok(false));
        assert_eq!(pages.turn(DESCRIBE_GROUPS, None), Ok(false));
    }
}
