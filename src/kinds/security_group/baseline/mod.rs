//! Rules for security groups.

mod exposure;
mod group;

use std::collections::BTreeSet;

pub(crate) use self::{
    exposure::to_everywhere,
    group::{Group, Listed, breach, group},
};
use super::{DEFAULT_GROUP, Direction, NAME as KIND, Peer, Ports, Traffic};
use crate::baseline::{Baseline, Breach, Facts, Reach, Rule, Severity};

/// Security Hub, EC2.19: ports of services that are not meant to be offered to the world.
const HIGH_RISK: [u16; 24] = [
    20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333, 5000, 5432, 5500,
    5601, 8080, 8088, 8888, 9200, 9300,
];
const REMOTE_ADMIN: [u16; 2] = [22, 3389];
/// The traffic between clients and the endpoints of services.
pub(crate) const HTTPS: Traffic = Traffic::Tcp(Ports { from: 443, to: 443 });
/// SageMaker developer guide, "Protect Communications Between ML Compute Instances": key exchange
/// and ESP.
const KEY_EXCHANGE: Traffic = Traffic::Udp(Ports { from: 500, to: 500 });
const ESP: Traffic = Traffic::Other(50);

/// The baseline of security groups.
pub(super) const BASELINE: Baseline = Baseline { rules: RULES, read: group::read };

const RULES: &[Rule] = &[
    Rule {
        id: "SG-01",
        severity: Severity::High,
        kind: KIND,
        title: "No ingress is allowed from everywhere",
        why: "Everybody on the internet can try whatever listens behind an address of this group, \
              once there is a path to it. Halves of the address space count as everywhere.",
        source: "Security Hub EC2.18 (which excepts tcp 80 and 443; here nothing is); Config \
                 VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS",
        help: "name the networks, groups or prefix lists that need it",
        reach: Reach::Manifest,
        check: |facts| open_to(facts, |_| true, ""),
    },
    Rule {
        id: "SG-02",
        severity: Severity::Critical,
        kind: KIND,
        title: "No high-risk port is open to everywhere",
        why: "Databases, remote shells, Jupyter (8888) and the like are scanned for constantly.",
        source: "Security Hub EC2.19; Config VPC_SG_PORT_RESTRICTION_CHECK; checkov CKV_AWS_24, \
                 CKV_AWS_25",
        help: "name the networks, groups or prefix lists that need it",
        reach: Reach::Manifest,
        check: |facts| {
            open_to(facts, |traffic| touches(traffic, &HIGH_RISK), " on high-risk ports")
        },
    },
    Rule {
        id: "SG-03",
        severity: Severity::High,
        kind: KIND,
        title: "Remote administration (22, 3389) is not open to everywhere, in neither address \
                family",
        why: "SSH and RDP are the first ports that stolen credentials are tried on.",
        source: "Security Hub EC2.13, EC2.14, EC2.53, EC2.54; Config INCOMING_SSH_DISABLED, \
                 RESTRICTED_INCOMING_TRAFFIC; checkov CKV_AWS_24, CKV_AWS_25",
        help: "use Systems Manager Session Manager, or name the networks that administer",
        reach: Reach::Manifest,
        check: |facts| {
            open_to(facts, |traffic| touches(traffic, &REMOTE_ADMIN), " on ports 22 or 3389")
        },
    },
    Rule {
        id: "SG-04",
        severity: Severity::High,
        kind: KIND,
        title: "The default group of a VPC has no rules",
        why: "Everything that is created without a group gets the default one.",
        source: "Security Hub EC2.2; Config VPC_DEFAULT_SECURITY_GROUP_CLOSED; checkov CKV2_AWS_12",
        help: "write `rules: exclusive`, `ingress: []` and `egress: []`, and give each use a group \
               of its own",
        reach: Reach::Manifest,
        check: default_group,
    },
    Rule {
        id: "SG-12",
        severity: Severity::Medium,
        kind: KIND,
        title: "What a group may send is stated",
        why: "A new group has a rule that allows all egress; an `egress` that is absent is not \
              managed, so the rule stays.",
        source: "EC2 API reference, CreateSecurityGroup (default egress rule)",
        help: "list `egress`, or say `egress: []` for none, and keep `rules: exclusive`",
        reach: Reach::Manifest,
        check: stated_egress,
    },
    Rule {
        id: "SG-06",
        severity: Severity::Low,
        kind: KIND,
        title: "Every rule says what it is for",
        why: "A rule without a reason is never removed again.",
        source: "checkov CKV_AWS_23",
        help: "add a `description`",
        reach: Reach::Manifest,
        check: descriptions,
    },
    Rule {
        id: "SG-09",
        severity: Severity::Medium,
        kind: KIND,
        title: "Encryption between containers is allowed entirely, or not at all",
        why: "It needs key exchange (udp 500) and ESP (IP protocol 50), in and out; with a part of \
              it jobs hang.",
        source: "SageMaker developer guide, \"Protect Communications Between ML Compute Instances \
                 in a Distributed Training Job\"",
        help: "add udp 500 and protocol 50 to `ingress` (`from: [self]`) and `egress` (`to: \
               [self]`)",
        reach: Reach::Manifest,
        check: container_encryption,
    },
    Rule {
        id: "SG-10",
        severity: Severity::Medium,
        kind: KIND,
        title: "Only the group itself is admitted on all ports",
        why: "A rule for all ports also admits whatever will listen there tomorrow.",
        source: "AWS VPC user guide, \"Security group best practices\"; Security Hub EC2.18",
        help: "name the ports",
        reach: Reach::Manifest,
        check: all_ports,
    },
];

fn touches(traffic: Traffic, ports: &[u16]) -> bool {
    ports
        .iter()
        .map(|port| Ports { from: *port, to: *port })
        .any(|port| traffic.overlaps(&Traffic::Tcp(port)) || traffic.overlaps(&Traffic::Udp(port)))
}

fn open_to(facts: &Facts<'_>, risky: impl Fn(Traffic) -> bool, what: &str) -> Vec<Breach> {
    let mut found = Vec::new();
    for group in facts.of::<Group>() {
        let rules: Vec<&Listed> = group.state.of(Direction::Ingress).collect();
        for (number, ranges) in to_everywhere(&rules, &risky) {
            let listed = rules[number];
            let message = format!("lets in {} from {ranges}{what}", listed.rule.traffic);
            found.push(breach(group, listed, message));
        }
    }
    found
}

/// A default group is created with everything from itself and everything to everywhere.
fn default_group(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for group in facts.of::<Group>() {
        if group.state.state.group_name.as_deref() != Some(DEFAULT_GROUP) {
            continue;
        }
        found.extend(
            group.state.rules.iter().map(|l| breach(group, l, "gives the default group a rule")),
        );
        for direction in Direction::BOTH.into_iter().filter(|d| group.state.keeps_default(*d)) {
            let own = match direction {
                Direction::Ingress => "everything from itself",
                Direction::Egress => "everything to everywhere",
            };
            let why = format!("leaves the default group AWS's own rule, {own}");
            found.push(group.breach(direction.as_str(), why));
        }
    }
    found
}

fn stated_egress(facts: &Facts<'_>) -> Vec<Breach> {
    facts
        .of::<Group>()
        .filter(|group| group.state.keeps_default(Direction::Egress))
        .map(|group| {
            let why = "AWS's default egress, everything to everywhere, is not removed";
            group.breach("egress", why)
        })
        .collect()
}

fn descriptions(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for group in facts.of::<Group>() {
        let mut entries = BTreeSet::new();
        for listed in &group.state.rules {
            let described = listed.description.as_deref().is_some_and(|text| !text.is_empty());
            if !described && entries.insert(&listed.field) {
                found.push(breach(group, listed, "has no description"));
            }
        }
    }
    found
}

fn container_encryption(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for group in facts.of::<Group>() {
        let needed = Direction::BOTH
            .into_iter()
            .flat_map(|direction| [(direction, KEY_EXCHANGE), (direction, ESP)]);
        let exactly = |(direction, traffic): &(Direction, Traffic)| {
            group
                .state
                .of(*direction)
                .any(|l| l.rule.peer == Peer::Myself && l.rule.traffic == *traffic)
        };
        if !needed.clone().any(|part| exactly(&part)) {
            continue;
        }
        for (direction, traffic) in needed {
            let open =
                direction == Direction::Egress && group.state.keeps_default(Direction::Egress);
            if !open && !group.state.allows_within(&[], direction, traffic) {
                let why = format!("allows a part of container encryption, but not {traffic}");
                found.push(group.breach(direction.as_str(), why));
            }
        }
    }
    found
}

fn all_ports(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for group in facts.of::<Group>() {
        let rules: Vec<&Listed> = group.state.of(Direction::Ingress).collect();
        for (number, whose) in exposure::all_ports(&rules) {
            let listed = rules[number];
            found.push(breach(
                group,
                listed,
                format!("lets in {} from {whose}", listed.rule.traffic),
            ));
        }
    }
    found
}
