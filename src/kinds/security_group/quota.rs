//! How many rules fit into a group.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    peer::{Peer, PeerType},
    rule::Rule,
};
use crate::kind::LookupItem;

/// AWS's default quota of rules per direction and address family of a group (VPC user guide).
pub(super) const DEFAULT_QUOTA: u32 = 60;

/// How many rules AWS's own prefix lists count as, by the end of their names (VPC user guide,
/// "AWS-managed prefix list weight").
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

/// How many rules a prefix list counts as: its largest possible size (attribute `maxEntries`), or
/// the weight that AWS documents for its own, which have no such size. A list of AWS that is not in
/// the table counts as a full group by default; no documented weight is larger. `None` for a
/// customer's list of unknown size.
pub(super) fn weight(list: &LookupItem) -> Option<u32> {
    if let Some(most) = list.attributes.get("maxEntries") {
        return most.parse().ok();
    }
    // Customers cannot choose such a name (EC2 API reference, CreateManagedPrefixList).
    let name = list.name.as_ref().filter(|name| name.starts_with("com.amazonaws."))?;
    let known = AWS_LISTS.iter().find(|(end, _)| name.ends_with(end));
    Some(known.map_or(DEFAULT_QUOTA, |(_, weight)| *weight))
}

/// Counts rules as EC2 does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quota<'a> {
    /// The limit of rules per direction and family.
    pub limit: u32,
    /// How many rules prefix lists count as; a text that is not a number if that is not known.
    pub weights: &'a BTreeMap<String, String>,
}

impl Quota<'_> {
    /// The rules in the IPv4 and in the IPv6 count. A group counts in both, and so does a prefix
    /// list, with its largest possible size: AWS counts by family without documenting the family of
    /// a list, and counting too many can only refuse. A list of unknown size counts as `unknown`.
    pub fn count<'r>(&self, peers: impl IntoIterator<Item = &'r Peer>, unknown: u32) -> [u32; 2] {
        let mut count = [0u32; 2];
        for peer in peers {
            let (v4, v6) = match peer {
                Peer::PrefixList(id) => {
                    let known = self.weights.get(id).and_then(|weight| weight.parse().ok());
                    let weight = known.unwrap_or(unknown);
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

    /// Whether these rules certainly fit.
    pub fn fits(&self, rules: &BTreeSet<Rule>) -> bool {
        let count = self.count(rules.iter().map(|rule| &rule.peer), self.limit);
        count.iter().all(|count| *count <= self.limit)
    }
}
