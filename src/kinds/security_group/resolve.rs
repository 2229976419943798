//! From the manifest to the wanted state: all checks that do not need AWS, with every problem
//! reported.

use std::collections::BTreeMap;

use super::{
    associations,
    peer::Peer,
    peers::Peers,
    quota::{DEFAULT_QUOTA, Quota},
    rule::{Direction, Entry, Rule},
    spec::{EgressRule, IcmpSpec, IngressRule, PortList, ProtocolName, Spec},
    state::{Rules, State},
    text::{TextUse, check_name, check_text},
    traffic::{Messages, Ports, Traffic},
};
use crate::kinds::cloud_control::ec2_vpc;
use crate::{
    kind::{Accepts, ID_HELP, Invalid, LookupKind, Refs, Target, is_literal_id},
    model::text as tag_rules,
};

const MAX_RULES: u32 = 1000;

/// The wanted state of a group.
pub(super) fn resolve(spec: Spec, refs: &mut Refs<'_>) -> Result<State, Vec<Invalid>> {
    let mut problems = Vec::new();
    let name = spec.group_name.clone().unwrap_or_else(|| refs.name().to_owned());
    check_name(&name, &mut problems);
    if let Some(description) = &spec.description {
        if description.is_empty() {
            problems.push(Invalid::new("description", "AWS requires a description of the group"));
        }
        check_text("description", description, TextUse::Group, &mut problems);
    }
    problems.extend(tag_rules::EC2.refused(&spec.tags).into_iter().map(Invalid::from));
    let limit = spec.rule_quota.unwrap_or(DEFAULT_QUOTA);
    if limit == 0 || limit > MAX_RULES {
        problems.push(Invalid::new("ruleQuota", format!("must be 1 to {MAX_RULES}")));
    }
    let vpc = resolve_vpc(&spec.vpc, refs, &mut problems);
    let associated_vpcs = spec
        .associated_vpcs
        .map(|list| associations::resolve(&list, (&name, vpc.as_deref()), refs, &mut problems));
    let mut state = State {
        group_name: Some(name),
        description: spec.description,
        vpc,
        rules: Some(spec.rules),
        rule_quota: spec.rule_quota,
        associated_vpcs,
        ..State::default()
    };
    let ingress = spec.ingress.map(|rules| rules.into_iter().map(Block::from).collect());
    let egress = spec.egress.map(|rules| rules.into_iter().map(Block::from).collect());
    let mut peers = Peers::new(refs, state.vpc.clone());
    let mut side = |direction, blocks: Option<Vec<Block>>| {
        blocks.map(|blocks| Side::new(direction, &mut peers, &mut problems).resolve(blocks, limit))
    };
    state.ingress = side(Direction::Ingress, ingress);
    state.egress = side(Direction::Egress, egress);
    state.prefix_list_weights = peers.weights;
    state.unseen_groups = peers.unseen_groups;
    if problems.is_empty() { Ok(state) } else { Err(problems) }
}

fn resolve_vpc(vpc: &Target, refs: &mut Refs<'_>, problems: &mut Vec<Invalid>) -> Option<String> {
    if let Target::Id(id) = vpc
        && !is_literal_id(id, "vpc-")
    {
        let forms = "write vpc-…, or {lookup: {tags: {Name: …}}}";
        let help = if id.starts_with("vpc-") { ID_HELP } else { forms };
        problems.push(Invalid::new("vpc", format!("`{id}` is not a VPC id")).help(help));
    }
    refs.one("vpc", vpc, Accepts::id_or_lookup(ec2_vpc::NAME, LookupKind::Vpc))
        .map_err(|invalid| problems.push(invalid))
        .ok()
}

/// An entry of either direction.
struct Block {
    description: Option<Option<String>>,
    protocol: ProtocolName,
    ports: Option<PortList>,
    icmp: Option<IcmpSpec>,
    peers: Vec<Target>,
}

impl From<IngressRule> for Block {
    fn from(rule: IngressRule) -> Self {
        let IngressRule { description, protocol, ports, icmp, from: peers } = rule;
        Self { description, protocol, ports, icmp, peers }
    }
}

impl From<EgressRule> for Block {
    fn from(rule: EgressRule) -> Self {
        let EgressRule { description, protocol, ports, icmp, to: peers } = rule;
        Self { description, protocol, ports, icmp, peers }
    }
}

struct Side<'a, 'p, 'r> {
    direction: Direction,
    peers: &'a mut Peers<'p, 'r>,
    problems: &'a mut Vec<Invalid>,
    rules: Vec<Entry>,
    /// The first place of each rule.
    seen: BTreeMap<Rule, String>,
}

impl<'a, 'p, 'r> Side<'a, 'p, 'r> {
    fn new(
        direction: Direction,
        peers: &'a mut Peers<'p, 'r>,
        problems: &'a mut Vec<Invalid>,
    ) -> Self {
        Self { direction, peers, problems, rules: Vec::new(), seen: BTreeMap::new() }
    }

    fn problem(&mut self, field: &str, why: impl Into<String>, help: &str) {
        let invalid = Invalid::new(field, why);
        self.problems.push(if help.is_empty() { invalid } else { invalid.help(help) });
    }

    fn resolve(mut self, blocks: Vec<Block>, limit: u32) -> Rules {
        for (index, block) in blocks.into_iter().enumerate() {
            let field = format!("{}[{index}]", self.direction);
            let description = block.description.clone().map(Option::unwrap_or_default);
            let traffic = self.traffic(&field, &block);
            let peers = self.peers(&field, &block.peers);
            if let Some(text) = &description {
                let addresses = peers.iter().all(|(_, peer)| matches!(peer, Peer::Cidr(_)));
                let place = if addresses { TextUse::AddressRule } else { TextUse::PeerRule };
                check_text(&format!("{field}.description"), text, place, self.problems);
            }
            for (place, peer) in peers {
                for traffic in &traffic {
                    let rule = Rule { traffic: *traffic, peer: peer.clone() };
                    self.add(&place, rule, description.as_ref());
                }
            }
        }
        self.check_quota(limit);
        Rules::from(self.rules)
    }

    fn add(&mut self, field: &str, rule: Rule, description: Option<&String>) {
        if let Some(first) = self.seen.get(&rule) {
            let peer = match &rule.peer {
                Peer::Pending(pending) => pending.name().to_owned(),
                peer => peer.to_string(),
            };
            let why = format!(
                "the rule {} {} {peer} is already at {first}",
                rule.traffic,
                self.direction.preposition()
            );
            self.problem(
                field,
                why,
                "AWS compares masked CIDR blocks and resolved ids, whatever account or description \
                 goes with them",
            );
            return;
        }
        self.seen.insert(rule.clone(), field.to_owned());
        self.rules.push(Entry { rule, description: description.cloned() });
    }

    fn peers(&mut self, field: &str, targets: &[Target]) -> Vec<(String, Peer)> {
        let field = format!("{field}.{}", self.direction.preposition());
        if targets.is_empty() {
            self.problem(&field, "names nobody", "leave the entry out, or name who it is for");
        }
        let mut peers = Vec::new();
        for (index, target) in targets.iter().enumerate() {
            let field = format!("{field}[{index}]");
            match self.peers.resolve(&field, target) {
                Ok(peer) => peers.push((field, peer)),
                Err(invalid) => self.problems.push(invalid),
            }
        }
        peers
    }

    fn check_quota(&mut self, limit: u32) {
        let quota = Quota { limit, weights: &self.peers.weights };
        let [v4, v6] = quota.count(self.rules.iter().map(|entry| &entry.rule.peer), 1);
        for (family, count) in [("IPv4", v4), ("IPv6", v6)] {
            if count > limit && limit > 0 {
                let field = self.direction.as_str();
                self.problem(
                    field,
                    format!("{count} rules count for {family}, and {limit} fit in a group"),
                    "a prefix list counts with its MaxEntries; use wider blocks or a smaller list, \
                     or set ruleQuota where AWS raised the quota",
                );
            }
        }
    }

    /// The traffic that the entry allows; empty if it could not be read.
    fn traffic(&mut self, field: &str, block: &Block) -> Vec<Traffic> {
        let ports_field = format!("{field}.ports");
        let icmp_field = format!("{field}.icmp");
        let is_icmp = matches!(block.protocol, ProtocolName::Icmp | ProtocolName::Icmpv6);
        if block.icmp.is_some() && !is_icmp {
            self.problem(&icmp_field, "is for the protocols icmp and icmpv6", "");
        }
        match block.protocol {
            ProtocolName::Tcp => {
                self.ports(&ports_field, block).into_iter().map(Traffic::Tcp).collect()
            }
            ProtocolName::Udp => {
                self.ports(&ports_field, block).into_iter().map(Traffic::Udp).collect()
            }
            ProtocolName::Icmp | ProtocolName::Icmpv6 => {
                if block.ports.is_some() {
                    self.problem(
                        &ports_field,
                        "ICMP has no ports",
                        "write icmp: {type: 8, code: 0}, or icmp: {} for all messages",
                    );
                }
                let Some(messages) = self.messages(&icmp_field, block.icmp) else {
                    return Vec::new();
                };
                vec![match block.protocol {
                    ProtocolName::Icmp => Traffic::Icmp(messages),
                    _ => Traffic::Icmpv6(messages),
                }]
            }
            ProtocolName::All => self.portless(&ports_field, block, Traffic::All),
            ProtocolName::Number(number) => {
                self.portless(&ports_field, block, Traffic::Other(number))
            }
        }
    }

    /// With other protocols AWS would ignore the ports and open all of them.
    fn portless(&mut self, field: &str, block: &Block, traffic: Traffic) -> Vec<Traffic> {
        if block.ports.as_ref().is_some_and(|ports| ports.0.iter().any(|port| port != "all")) {
            self.problem(
                field,
                "with this protocol AWS ignores ports and opens all of them",
                "name tcp or udp, or leave the ports out",
            );
        }
        vec![traffic]
    }

    fn ports(&mut self, field: &str, block: &Block) -> Vec<Ports> {
        let Some(PortList(written)) = &block.ports else {
            self.problem(field, "is missing", "write a port, a range, a list of them, or all");
            return Vec::new();
        };
        if written.is_empty() {
            self.problem(field, "names no port", "");
        }
        let mut ports = Vec::new();
        for text in written {
            match text.trim().parse() {
                Ok(range) => ports.push(range),
                Err(why) => self.problem(field, why, ""),
            }
        }
        ports
    }

    fn messages(&mut self, field: &str, icmp: Option<IcmpSpec>) -> Option<Messages> {
        match icmp {
            None => {
                self.problem(field, "is missing", "write icmp: {} for all messages");
                None
            }
            Some(IcmpSpec { kind: None, code: None }) => Some(Messages::All),
            Some(IcmpSpec { kind: Some(kind), code: None }) => Some(Messages::Type(kind)),
            Some(IcmpSpec { kind: Some(kind), code: Some(code) }) => {
                Some(Messages::Code(kind, code))
            }
            Some(IcmpSpec { kind: None, code: Some(_) }) => {
                self.problem(field, "a code needs a type", "");
                None
            }
        }
    }
}
