//! Rules for security groups.

use std::collections::BTreeSet;

use super::{
    Breach, Reach, Rule, Severity,
    exposure::{self, is_everywhere},
    facts::{Facts, Group, Listed},
    sagemaker_domain,
};
use crate::kinds::security_group::{self, DEFAULT_GROUP, Direction, Mode, Peer, Ports, Traffic};

const KIND: &str = security_group::NAME;

/// Security Hub, EC2.19: ports that services listen on which nobody means to offer to the world.
const HIGH_RISK: [u16; 24] = [
    20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333, 5000, 5432, 5500,
    5601, 8080, 8088, 8888, 9200, 9300,
];
const REMOTE_ADMIN: [u16; 2] = [22, 3389];
/// SageMaker developer guide, "Connect Studio in a VPC to external resources": between apps and kernels, and to the
/// home file system.
const STUDIO: [(Ports, &str); 2] = [
    (Ports { from: 8192, to: u16::MAX }, "tcp 8192-65535"),
    (Ports { from: 2049, to: 2049 }, "tcp 2049 (NFS)"),
];
const HTTPS: Traffic = Traffic::Tcp(Ports { from: 443, to: 443 });
/// SageMaker developer guide, "Protect Communications Between ML Compute Instances": key exchange and ESP.
const KEY_EXCHANGE: Traffic = Traffic::Udp(Ports { from: 500, to: 500 });
const ESP: Traffic = Traffic::Other(50);

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "SG-01",
        severity: Severity::High,
        kind: KIND,
        title: "Nothing is let in from everywhere",
        why: "Whatever listens behind an address of this group can be tried by everybody on the internet, once \
              there is a way in. Halves of the address space count as everywhere.",
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
        why: "Databases, remote shells, Jupyter (8888) and the like are scanned for all the time.",
        source: "Security Hub EC2.19; Config VPC_SG_PORT_RESTRICTION_CHECK; checkov CKV_AWS_24, CKV_AWS_25",
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
        title: "Remote administration (22, 3389) is not open to everywhere, in neither address family",
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
        help: "write `rules: exclusive`, `ingress: []` and `egress: []`, and give each use a group of its own",
        reach: Reach::Manifest,
        check: default_group,
    },
    Rule {
        id: "SG-05",
        severity: Severity::High,
        kind: KIND,
        title: "The apps of a domain reach endpoints and prefix lists only, not everywhere",
        why: "A notebook that reaches every address can send data to every address.",
        source: "SageMaker developer guide, \"Connect Studio in a VPC to external resources\" (VpcOnly); AWS \
                 whitepaper \"SageMaker Studio Administration Best Practices\", network management",
        help: "list `egress` with the endpoints' group and S3's prefix list, and keep `rules: exclusive`",
        reach: Reach::Manifest,
        check: studio_egress,
    },
    Rule {
        id: "SG-12",
        severity: Severity::Medium,
        kind: KIND,
        title: "What a group may send is stated",
        why: "A group is born with a rule that lets everything out; an `egress` that is absent is not managed, and leaves it.",
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
        why: "A rule without a reason is never taken away again.",
        source: "checkov CKV_AWS_23",
        help: "add a `description`",
        reach: Reach::Manifest,
        check: descriptions,
    },
    Rule {
        id: "SG-07",
        severity: Severity::Medium,
        kind: KIND,
        title: "The apps of a VpcOnly domain reach each other and their home file system",
        why: "Without tcp 8192-65535 and NFS (tcp 2049) within the domain's groups apps do not start, and the group \
              is opened in a hurry.",
        source: "SageMaker developer guide, \"Connect Studio in a VPC to external resources\" (VpcOnly)",
        help: "add both to `ingress` (`from: [self]`) and `egress` (`to: [self]`)",
        reach: Reach::Manifest,
        check: studio_floor,
    },
    Rule {
        id: "SG-08",
        severity: Severity::High,
        kind: KIND,
        title: "The group of interface endpoints lets in tcp 443 from its clients, and nothing else",
        why: "An endpoint is a door to a service; nothing else than HTTPS is spoken there.",
        source: "AWS PrivateLink guide, \"Security groups\" of interface endpoints; Security Hub EC2.18",
        help: "keep a group for endpoints alone, with `protocol: tcp, ports: 443` from the clients' groups",
        reach: Reach::Manifest,
        check: endpoint_groups,
    },
    Rule {
        id: "SG-09",
        severity: Severity::Medium,
        kind: KIND,
        title: "Encryption between containers is let through as a whole, or not at all",
        why: "It needs key exchange (udp 500) and ESP (IP protocol 50), in and out; with a part of it jobs hang.",
        source: "SageMaker developer guide, \"Protect Communications Between ML Compute Instances in a Distributed \
                 Training Job\"",
        help: "add udp 500 and protocol 50 to `ingress` (`from: [self]`) and `egress` (`to: [self]`)",
        reach: Reach::Manifest,
        check: container_encryption,
    },
    Rule {
        id: "SG-10",
        severity: Severity::Medium,
        kind: KIND,
        title: "Nobody but the group itself is let in on all ports",
        why: "All ports is what is not thought about: it takes in what will listen there tomorrow.",
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

fn breach(group: &Group<'_>, listed: &Listed, message: impl Into<String>) -> Breach {
    group.wanted.breach(listed.field.clone(), message)
}

fn open_to(facts: &Facts<'_>, risky: impl Fn(Traffic) -> bool, what: &str) -> Vec<Breach> {
    let mut found = Vec::new();
    for group in &facts.groups {
        let rules: Vec<&Listed> = group.of(Direction::Ingress).collect();
        for (number, ranges) in exposure::to_everywhere(&rules, &risky) {
            let listed = rules[number];
            let message = format!("lets in {} from {ranges}{what}", listed.rule.traffic);
            found.push(breach(group, listed, message));
        }
    }
    found
}

/// AWS's own rules stay unless the direction is listed and exclusive.
fn keeps_default(group: &Group<'_>, direction: Direction) -> bool {
    let state = &group.wanted.state;
    state.rules_of(direction).is_none() || state.rules == Some(Mode::Additive)
}

/// It is born with everything from itself and everything to everywhere.
fn default_group(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for group in &facts.groups {
        if group.wanted.state.group_name.as_deref() != Some(DEFAULT_GROUP) {
            continue;
        }
        found
            .extend(group.rules.iter().map(|l| breach(group, l, "gives the default group a rule")));
        for direction in Direction::BOTH.into_iter().filter(|d| keeps_default(group, *d)) {
            let own = match direction {
                Direction::Ingress => "everything from itself",
                Direction::Egress => "everything to everywhere",
            };
            let why = format!("leaves the default group AWS's own rule, {own}");
            found.push(group.wanted.breach(direction.as_str(), why));
        }
    }
    found
}

/// AWS's default, everything to everywhere, stays unless egress is listed and exclusive.
fn keeps_default_egress(group: &Group<'_>) -> bool {
    keeps_default(group, Direction::Egress)
}

/// A domain's apps are in all of its groups, whose rules add up.
fn studio_egress(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for domain in facts.domains.iter().filter(|d| sagemaker_domain::is_vpc_only(&d.state)) {
        let ids = sagemaker_domain::all_groups(&domain.state);
        let groups: Vec<_> = ids.iter().filter_map(|id| facts.group(id)).collect();
        for group in groups.iter().filter(|group| keeps_default_egress(group)) {
            let why = "a domain's apps are in this group, and AWS's default egress, everything to everywhere, is not \
                       taken away";
            found.push(group.wanted.breach("egress", why));
        }
        let rules =
            groups.iter().flat_map(|group| group.of(Direction::Egress).map(move |l| (group, l)));
        let (groups, rules): (Vec<_>, Vec<&Listed>) = rules.unzip();
        for (number, ranges) in exposure::to_everywhere(&rules, |_| true) {
            let listed = rules[number];
            let why = format!("lets a domain's apps send {} to {ranges}", listed.rule.traffic);
            found.push(breach(groups[number], listed, why));
        }
    }
    found
}

fn stated_egress(facts: &Facts<'_>) -> Vec<Breach> {
    facts
        .groups
        .iter()
        .filter(|group| keeps_default_egress(group))
        .map(|group| {
            let why = "AWS's default egress, everything to everywhere, is not taken away";
            group.wanted.breach("egress", why)
        })
        .collect()
}

fn descriptions(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for group in &facts.groups {
        let mut entries = BTreeSet::new();
        for listed in &group.rules {
            let described = listed.description.as_deref().is_some_and(|text| !text.is_empty());
            if !described && entries.insert(&listed.field) {
                found.push(breach(group, listed, "has no description"));
            }
        }
    }
    found
}

/// A domain's apps are in all of its groups: the rules may be in any of them, but each only among its own members.
fn studio_floor(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for domain in facts.domains.iter().filter(|d| sagemaker_domain::is_vpc_only(&d.state)) {
        let ids = sagemaker_domain::app_groups(&domain.state);
        let groups: Vec<_> = ids.iter().filter_map(|id| facts.group(id)).collect();
        // What a group of somebody else allows is not known.
        let [first, ..] = groups[..] else { continue };
        if groups.len() < ids.len() {
            continue;
        }
        for (ports, name) in STUDIO {
            for direction in Direction::BOTH {
                let allowed = groups.iter().any(|group| {
                    (direction == Direction::Egress && keeps_default_egress(group))
                        || among_themselves(group, &groups, direction, Traffic::Tcp(ports))
                });
                if !allowed {
                    let why = format!(
                        "{} apps need {direction} of {name} within their group",
                        domain.address().name
                    );
                    found.push(first.wanted.breach(direction.as_str(), why));
                }
            }
        }
    }
    found
}

/// Whether a group lets this through to or from itself, or another group of the same members.
fn among_themselves(
    group: &Group<'_>,
    members: &[&Group<'_>],
    direction: Direction,
    traffic: Traffic,
) -> bool {
    group.of(direction).any(|listed| {
        let same = match &listed.rule.peer {
            Peer::Myself => true,
            Peer::Group(other) => members.iter().any(|member| member.id == other.id),
            peer => is_everywhere(peer),
        };
        same && listed.rule.traffic.covers(&traffic)
    })
}

fn endpoint_groups(facts: &Facts<'_>) -> Vec<Breach> {
    let ids: BTreeSet<&String> = facts
        .endpoints
        .iter()
        .flat_map(|endpoint| endpoint.state.security_groups.iter().flatten())
        .collect();
    let mut found = Vec::new();
    for group in ids.into_iter().filter_map(|id| facts.group(id)) {
        let rules: Vec<&Listed> = group.of(Direction::Ingress).collect();
        let everywhere = exposure::to_everywhere(&rules, |_| true);
        for (number, listed) in rules.into_iter().enumerate() {
            let rule = &listed.rule;
            let ranges = everywhere.iter().find(|(part, _)| *part == number);
            if rule.traffic != HTTPS || ranges.is_some() {
                let peer = ranges.map_or_else(|| rule.peer.to_string(), |(_, all)| all.clone());
                let why = format!(
                    "lets {} from {peer} in to interface endpoints, which speak tcp 443 with their clients only",
                    rule.traffic
                );
                found.push(breach(group, listed, why));
            }
        }
        if group.wanted.state.ingress.is_none() {
            let why = "is the group of interface endpoints, and what it lets in is not managed";
            found.push(group.wanted.breach("ingress", why));
        }
    }
    found
}

fn container_encryption(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for group in &facts.groups {
        let needed = Direction::BOTH
            .into_iter()
            .flat_map(|direction| [(direction, KEY_EXCHANGE), (direction, ESP)]);
        let exactly = |(direction, traffic): &(Direction, Traffic)| {
            group.of(*direction).any(|l| l.rule.peer == Peer::Myself && l.rule.traffic == *traffic)
        };
        if !needed.clone().any(|part| exactly(&part)) {
            continue;
        }
        for (direction, traffic) in needed {
            let open = direction == Direction::Egress && keeps_default_egress(group);
            if !open && !among_themselves(group, &[], direction, traffic) {
                let why = format!("lets through a part of container encryption, but not {traffic}");
                found.push(group.wanted.breach(direction.as_str(), why));
            }
        }
    }
    found
}

fn all_ports(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for group in &facts.groups {
        let rules: Vec<&Listed> = group.of(Direction::Ingress).collect();
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

/// Whether clients in one of these groups are let in by HTTPS.
pub(super) fn lets_in_https(group: &Group<'_>, clients: &BTreeSet<String>) -> bool {
    group.of(Direction::Ingress).any(|listed| {
        let known = match &listed.rule.peer {
            Peer::Group(other) => clients.contains(&other.id),
            Peer::Myself => clients.contains(&group.id),
            // Which addresses the clients have is not known, nor whose a looked up list is.
            Peer::Cidr(_) | Peer::PrefixList(_) | Peer::Pending(_) => true,
        };
        known && listed.rule.traffic.covers(&HTTPS)
    })
}
