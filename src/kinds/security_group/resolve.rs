//! From what is written to the wanted state: every check that needs no AWS, every problem reported.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    quota::{self, DEFAULT_QUOTA, Quota},
    rule::{Direction, Entry, Peer, Rule},
    spec::{EgressRule, IcmpSpec, IngressRule, PortList, ProtocolName, Spec},
    state::{Rules, State},
    text::{GROUP_TEXT, RULE_TEXT, check_name, check_text},
    traffic::{Messages, Ports, Traffic},
};
use crate::{
    kind::{Accepts, Form, Invalid, Lookup, LookupKind, Refs, Target, is_placeholder},
    model::{Cidr, NotACidr, text as tag_rules},
};

const MOST_RULES: u32 = 1000;
const PEERS: Accepts = Accepts {
    reference: Some("SecurityGroup"),
    lookup: Some(LookupKind::PrefixList),
    form: Form::Arn,
};

/// The wanted state of a group.
pub(super) fn resolve(spec: Spec, refs: &mut Refs<'_>) -> Result<State, Vec<Invalid>> {
    let mut problems = Vec::new();
    let name = spec.group_name.clone().unwrap_or_else(|| refs.name().to_owned());
    check_name(&name, &mut problems);
    if let Some(description) = &spec.description {
        if description.is_empty() {
            problems.push(Invalid::new("description", "AWS wants a description of the group"));
        }
        check_text("description", description, &GROUP_TEXT, &mut problems);
    }
    problems.extend(tag_rules::EC2.refused(&spec.tags).into_iter().map(Invalid::from));
    let limit = spec.rule_quota.unwrap_or(DEFAULT_QUOTA);
    if limit == 0 || limit > MOST_RULES {
        problems.push(Invalid::new("ruleQuota", format!("must be 1 to {MOST_RULES}")));
    }
    let vpc = resolve_vpc(&spec.vpc, refs, &mut problems);
    let mut state = State {
        group_name: Some(name),
        description: spec.description,
        vpc,
        rules: Some(spec.rules),
        rule_quota: spec.rule_quota,
        ..State::default()
    };
    let ingress = spec.ingress.map(|rules| rules.into_iter().map(Block::from).collect());
    let egress = spec.egress.map(|rules| rules.into_iter().map(Block::from).collect());
    let mut side = |direction, blocks: Option<Vec<Block>>| {
        let side = Side::new(
            direction,
            refs,
            &mut state.prefix_list_weights,
            &mut state.later,
            &mut problems,
        );
        blocks.map(|blocks| side.resolve(blocks, limit))
    };
    let (ingress, egress) = (side(Direction::Ingress, ingress), side(Direction::Egress, egress));
    (state.ingress, state.egress) = (ingress, egress);
    if problems.is_empty() { Ok(state) } else { Err(problems) }
}

fn resolve_vpc(vpc: &Target, refs: &mut Refs<'_>, problems: &mut Vec<Invalid>) -> Option<String> {
    if let Target::Id(id) = vpc
        && !id.starts_with("vpc-")
    {
        problems.push(
            Invalid::new("vpc", format!("`{id}` is no VPC id"))
                .help("write vpc-…, or {lookup: {tags: {Name: …}}}"),
        );
    }
    refs.one("vpc", vpc, Accepts::lookup(LookupKind::Vpc))
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

/// A peer, or one that does not exist yet.
enum Resolved {
    Known(Peer),
    Later(String),
}

struct Side<'a, 'r> {
    direction: Direction,
    refs: &'a mut Refs<'r>,
    weights: &'a mut BTreeMap<String, u32>,
    problems: &'a mut Vec<Invalid>,
    rules: Vec<Entry>,
    /// Where each rule was written first, by its text.
    seen: BTreeMap<String, String>,
    /// Rules left out for now.
    later: usize,
    /// Their traffic.
    unresolved: &'a mut BTreeSet<String>,
}

impl<'a, 'r> Side<'a, 'r> {
    fn new(
        direction: Direction,
        refs: &'a mut Refs<'r>,
        weights: &'a mut BTreeMap<String, u32>,
        unresolved: &'a mut BTreeSet<String>,
        problems: &'a mut Vec<Invalid>,
    ) -> Self {
        Self {
            direction,
            refs,
            weights,
            problems,
            rules: Vec::new(),
            seen: BTreeMap::new(),
            later: 0,
            unresolved,
        }
    }

    fn problem(&mut self, field: &str, why: impl Into<String>, help: &str) {
        let invalid = Invalid::new(field, why);
        self.problems.push(if help.is_empty() { invalid } else { invalid.help(help) });
    }

    fn resolve(mut self, blocks: Vec<Block>, limit: u32) -> Rules {
        for (index, block) in blocks.into_iter().enumerate() {
            let field = format!("{}[{index}]", self.direction);
            let description = block.description.clone().map(Option::unwrap_or_default);
            if let Some(text) = &description {
                check_text(&format!("{field}.description"), text, &RULE_TEXT, self.problems);
            }
            let traffic = self.traffic(&field, &block);
            let peers = self.peers(&field, &block.peers);
            for (place, peer) in peers {
                for traffic in &traffic {
                    self.add(&place, *traffic, &peer, description.as_ref());
                }
            }
        }
        self.check_quota(limit);
        Rules::from(self.rules)
    }

    fn add(
        &mut self,
        field: &str,
        traffic: Traffic,
        peer: &Resolved,
        description: Option<&String>,
    ) {
        let text = match peer {
            Resolved::Known(peer) => format!("{traffic} {} {peer}", self.direction.preposition()),
            Resolved::Later(name) => format!("{traffic} {} {name}", self.direction.preposition()),
        };
        if let Some(first) = self.seen.insert(text.clone(), field.to_owned()) {
            self.problem(
                field,
                format!("the rule {text} stands at {first} already"),
                "AWS compares masked CIDR blocks and resolved ids, and never the description",
            );
            self.seen.insert(text, first);
            return;
        }
        match peer {
            Resolved::Known(peer) => self.rules.push(Entry {
                rule: Rule { traffic, peer: peer.clone() },
                description: description.cloned(),
            }),
            Resolved::Later(_) => {
                self.later += 1;
                self.unresolved.insert(format!("{} {traffic}", self.direction.as_str()));
            }
        }
    }

    fn check_quota(&mut self, limit: u32) {
        let quota = Quota { limit, weights: self.weights };
        let later = u32::try_from(self.later).unwrap_or(u32::MAX);
        let [v4, v6] = quota.count(self.rules.iter().map(|entry| &entry.rule.peer));
        for (family, count) in [("IPv4", v4), ("IPv6", v6)] {
            let count = count.saturating_add(later);
            if count > limit && limit > 0 {
                let field = self.direction.as_str();
                self.problem(
                    field,
                    format!("{count} rules count for {family}, and {limit} fit in a group"),
                    "use wider blocks or a prefix list; where AWS raised the quota, set ruleQuota",
                );
            }
        }
    }

    /// What the entry lets through; empty if that could not be read.
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

    fn peers(&mut self, field: &str, targets: &[Target]) -> Vec<(String, Resolved)> {
        let field = format!("{field}.{}", self.direction.preposition());
        if targets.is_empty() {
            self.problem(&field, "names nobody", "leave the entry out, or name whom it is for");
        }
        let mut peers = Vec::new();
        for (index, target) in targets.iter().enumerate() {
            let field = format!("{field}[{index}]");
            let peer = match target {
                Target::Id(text) => {
                    literal(&field, text, &self.refs.scope().account).map(Resolved::Known)
                }
                Target::Ref(name) => self.reference(&field, target, name),
                Target::Lookup(lookup) => Ok(Resolved::Known(self.prefix_list(&field, lookup))),
            };
            match peer {
                Ok(peer) => peers.push((field, peer)),
                Err(invalid) => self.problems.push(invalid),
            }
        }
        peers
    }

    /// A rule with a group that does not exist yet follows when it does: two groups may name each other.
    fn reference(&mut self, field: &str, target: &Target, name: &str) -> Result<Resolved, Invalid> {
        let own = format!("{}/{}", self.refs.scope().name, self.refs.name());
        if name == self.refs.name() || name == own {
            return Ok(Resolved::Known(Peer::Myself));
        }
        let arn = self.refs.maybe(field, target, PEERS)?;
        if is_placeholder(&arn) {
            return Ok(Resolved::Later(name.to_owned()));
        }
        // arn:aws:ec2:eu-west-1:111122223333:security-group/sg-…
        let parts: Vec<_> = arn.splitn(6, ':').collect();
        let scope = self.refs.scope();
        match parts[..] {
            [_, _, _, region, account, resource] => {
                if region != scope.region {
                    return Err(Invalid::new(field, format!("{name} is a group of {region}"))
                        .help("a rule can only name groups of its own Region"));
                }
                let id = resource.rsplit('/').next().unwrap_or(resource).to_owned();
                let account = (account != scope.account).then(|| account.to_owned());
                Ok(Resolved::Known(Peer::Group { id, account }))
            }
            _ => Err(Invalid::new(field, format!("`{arn}` is no ARN of a security group"))),
        }
    }

    fn prefix_list(&mut self, field: &str, lookup: &Lookup) -> Peer {
        let found = self.refs.find_one(field, LookupKind::PrefixList, lookup, None);
        if let Some(weight) = quota::weight(&found) {
            self.weights.insert(found.id.clone(), weight);
        }
        Peer::PrefixList(found.id)
    }
}

/// A peer written out.
fn literal(field: &str, text: &str, own_account: &str) -> Result<Peer, Invalid> {
    const FORMS: &str = "write a CIDR block, self, {ref: name}, sg-…, 111122223333/sg-…, pl-… or {lookup: {name: …}}";
    let is_id = |id: &str, prefix: &str| {
        id.strip_prefix(prefix).is_some_and(|rest| {
            !rest.is_empty() && rest.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        })
    };
    if text == "self" {
        return Ok(Peer::Myself);
    }
    if is_id(text, "pl-") {
        return Ok(Peer::PrefixList(text.to_owned()));
    }
    if is_id(text, "sg-") {
        return Ok(Peer::Group { id: text.to_owned(), account: None });
    }
    if let Some((account, id)) = text.split_once('/')
        && is_id(id, "sg-")
    {
        if account.len() != 12 || !account.chars().all(|c| c.is_ascii_digit()) {
            return Err(Invalid::new(field, format!("`{account}` is no account: 12 digits")));
        }
        let account = (account != own_account).then(|| account.to_owned());
        return Ok(Peer::Group { id: id.to_owned(), account });
    }
    if let Ok(address) = text.parse::<std::net::IpAddr>() {
        let length = if address.is_ipv4() { 32 } else { 128 };
        return Err(Invalid::new(field, format!("`{text}` has no prefix length"))
            .help(format!("write {text}/{length} for this one address")));
    }
    text.parse::<Cidr>().map(Peer::Cidr).map_err(|error| match error {
        NotACidr::OpenByTypo(_) => Invalid::new(field, error.to_string())
            .help("write 0.0.0.0/0 or ::/0 if the whole Internet is meant"),
        NotACidr::Syntax(_) => {
            Invalid::new(field, format!("`{text}` names no peer of a rule")).help(FORMS)
        }
    })
}
