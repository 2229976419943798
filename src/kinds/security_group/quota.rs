//! How many rules fit into a group.

use std::collections::{BTreeMap, BTreeSet};

use super::rule::{Peer, PeerType, Rule};
use crate::kind::LookupItem;

/// AWS's default quota of rules per direction and address family of a group (VPC user guide).
pub(super) const DEFAULT_QUOTA: u32 = 60;

/// What AWS's own prefix lists count, by the end of their names (VPC user guide, "AWS-managed prefix
/// list weight").
const AWS_LISTS: [(&str, u32); 8] = [
    (".cloudfront.origin-facing", 55),
    (".dynamodb", 1),
    (".ec2-instance-connect", 2),
    (".groundstation", 5),
    (".route53-healthchecks", 25),
    (".s3", 1),
    (".s3express", 6),
    (".vpc-lattice", 10),
];

/// What a prefix list counts: its largest possible size (attribute `maxEntries`, which AWS's own lists
/// do not have), or what AWS says of its own. `None` if neither is known: then it counts as one rule.
pub(super) fn weight(list: &LookupItem) -> Option<u32> {
    if let Some(most) = list.attributes.get("maxEntries") {
        return most.parse().ok();
    }
    let name = list.name.as_ref().filter(|name| name.starts_with("com.amazonaws."))?;
    AWS_LISTS.iter().find(|(end, _)| name.ends_with(end)).map(|(_, weight)| *weight)
}

/// Counts rules as EC2 does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quota<'a> {
    /// Rules that fit per direction and family.
    pub limit: u32,
    /// What prefix lists count, where it is known and not 1.
    pub weights: &'a BTreeMap<String, u32>,
}

impl Quota<'_> {
    /// The rules in the IPv4 and in the IPv6 count. A group counts in both, a prefix list in both with
    /// its largest possible size: AWS counts by family without telling which one a list is of, and
    /// counting too many only ever refuses.
    pub fn count<'r>(&self, peers: impl IntoIterator<Item = &'r Peer>) -> [u32; 2] {
        let mut count = [0u32; 2];
        for peer in peers {
            let (v4, v6) = match peer {
                Peer::PrefixList(id) => {
                    let weight = self.weights.get(id).copied().unwrap_or(1);
                    (weight, weight)
                }
                peer => match peer.kind() {
                    PeerType::Ipv4 => (1, 0),
                    PeerType::Ipv6 => (0, 1),
                    _ => (1, 1),
                },
            };
            count = [count[0].saturating_add(v4), count[1].saturating_add(v6)];
        }
        count
    }

    /// Whether these rules fit.
    pub fn fits(&self, rules: &BTreeSet<Rule>) -> bool {
        self.count(rules.iter().map(|rule| &rule.peer)).iter().all(|count| *count <= self.limit)
    }
}
