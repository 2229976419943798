//! The peers of a manifest's rules.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    SecurityGroup,
    peer::{OtherGroup, Peer, Pending, PendingKind},
    quota,
};
use crate::{
    kind::{
        Accepts, Candidates, Form, ID_HELP, Invalid, Kind as _, Lookup, LookupItem, LookupKind,
        Refs, Target, Unresolved, is_literal_id, is_placeholder,
    },
    model::{Cidr, NotACidr},
};

pub(super) const PEERS: Accepts = Accepts {
    also: &[],
    reference: Some(SecurityGroup::PROFILE.name),
    lookup: Some(LookupKind::PrefixList),
    form: Form::Arn,
};

/// Resolves the peers of both directions, and collects what the state contains about them in
/// addition to the rules.
pub(super) struct Peers<'p, 'r> {
    refs: &'p mut Refs<'r>,
    /// The size of each prefix list, or the placeholder for it.
    pub weights: BTreeMap<String, String>,
    /// Groups that are named by id and were not seen in the VPC.
    pub unseen_groups: BTreeSet<String>,
    vpc: Option<String>,
}

impl<'p, 'r> Peers<'p, 'r> {
    pub fn new(refs: &'p mut Refs<'r>, vpc: Option<String>) -> Self {
        Self { refs, weights: BTreeMap::new(), unseen_groups: BTreeSet::new(), vpc }
    }

    /// The peer that a target names.
    pub fn resolve(&mut self, field: &str, target: &Target) -> Result<Peer, Invalid> {
        match target {
            Target::Id(text) => {
                let peer = literal(field, text, &self.refs.scope().account)?;
                match &peer {
                    Peer::PrefixList(id) => self.weigh_listed(field, id),
                    Peer::Group(OtherGroup { id, .. }) => self.seek(field, id),
                    _ => {}
                }
                Ok(peer)
            }
            Target::Ref(name) => self.reference(field, target, name),
            Target::Lookup(lookup) => Ok(self.prefix_list(field, lookup)),
        }
    }

    /// A group that does not exist yet is pending, so that two groups may name each other.
    fn reference(&mut self, field: &str, target: &Target, text: &str) -> Result<Peer, Invalid> {
        let scope = self.refs.scope().clone();
        let own = format!("{}/{}", scope.name, self.refs.name());
        if text == self.refs.name() || text == own {
            return Ok(Peer::Myself);
        }
        let kind = SecurityGroup::PROFILE.name;
        let arn = self.refs.maybe(field, target, PEERS)?;
        if is_placeholder(&arn) {
            let candidates = self.refs.candidates(kind, text);
            return Ok(pending(PendingKind::Group, arn, candidates));
        }
        // arn:aws:ec2:eu-west-1:111122223333:security-group/sg-…
        let parts: Vec<_> = arn.splitn(6, ':').collect();
        let [_, _, _, region, account, resource] = parts[..] else {
            return Err(Invalid::new(field, format!("`{arn}` is not the ARN of a security group")));
        };
        if region != scope.region {
            return Err(Invalid::new(field, format!("{text} is a group of {region}"))
                .help("a rule can only name groups of its own Region"));
        }
        let name = match text.split_once('/') {
            Some((elsewhere, name)) if elsewhere != scope.name => {
                format!("{elsewhere}/{kind}/{name}")
            }
            Some((_, name)) => format!("{kind}/{name}"),
            None => format!("{kind}/{text}"),
        };
        let group = Peer::Group(OtherGroup {
            id: resource.rsplit('/').next().unwrap_or(resource).to_owned(),
            account: (account != scope.account).then(|| account.to_owned()),
            name: Some(name),
        });
        if let Some(placeholder) = self.refs.placeholder_of(&arn) {
            let absent = Candidates::These(BTreeSet::new());
            let before = pending(PendingKind::Group, placeholder, absent);
            self.refs.filled(group.to_text(), before.to_text());
        }
        Ok(group)
    }

    fn prefix_list(&mut self, field: &str, lookup: &Lookup) -> Peer {
        let list = self.refs.find_one(field, LookupKind::PrefixList, lookup, None);
        if is_placeholder(&list.id) {
            let candidates = self.refs.candidates_of(LookupKind::PrefixList, lookup);
            return pending(PendingKind::PrefixList, list.id, candidates);
        }
        self.weigh(field, &list);
        Peer::PrefixList(list.id)
    }

    /// The size of a prefix list must be known before anything is changed for it.
    fn weigh_listed(&mut self, field: &str, id: &str) {
        match self.refs.listed(field, LookupKind::PrefixList, id) {
            Ok(list) => self.weigh(field, &list),
            Err(placeholder) => {
                self.weights.insert(id.to_owned(), placeholder);
            }
        }
    }

    /// Whether EC2 accepts a rule for a group is certain only if it is one of the same VPC.
    fn seek(&mut self, field: &str, id: &str) {
        let group = self.refs.listed(field, LookupKind::SecurityGroup, id);
        let here = group.is_ok_and(|group| group.attributes.get("vpc") == self.vpc.as_ref());
        if !here {
            self.unseen_groups.insert(id.to_owned());
        }
    }

    fn weigh(&mut self, field: &str, list: &LookupItem) {
        let weight = quota::weight(list).map_or_else(
            || {
                let why = Unresolved::NoSize { field: field.to_owned(), id: list.id.clone() };
                self.refs.withhold(LookupKind::PrefixList, &list.id, why)
            },
            |weight| weight.to_string(),
        );
        self.weights.insert(list.id.clone(), weight);
    }
}

fn pending(kind: PendingKind, placeholder: String, candidates: Candidates) -> Peer {
    Peer::Pending(Pending { kind, placeholder, candidates })
}

/// A peer that is written out.
fn literal(field: &str, text: &str, own_account: &str) -> Result<Peer, Invalid> {
    const FORMS: &str = "write a CIDR block, self, {ref: name}, sg-…, 111122223333/sg-…, pl-… or \
                         {lookup: {name: …}}";
    if text == "self" {
        return Ok(Peer::Myself);
    }
    if is_literal_id(text, "pl-") {
        return Ok(Peer::PrefixList(text.to_owned()));
    }
    if is_literal_id(text, "sg-") {
        return Ok(Peer::Group(OtherGroup::of(text)));
    }
    if let Some((account, id)) = text.split_once('/')
        && is_literal_id(id, "sg-")
    {
        if account.len() != 12 || !account.chars().all(|c| c.is_ascii_digit()) {
            return Err(Invalid::new(field, format!("`{account}` is not an account: 12 digits")));
        }
        let account = (account != own_account).then(|| account.to_owned());
        return Ok(Peer::Group(OtherGroup { account, ..OtherGroup::of(id) }));
    }
    let id = text.rsplit_once('/').map_or(text, |(_, id)| id);
    if id.starts_with("sg-") || id.starts_with("pl-") {
        let why = format!("`{text}` is not the id of a group or a prefix list");
        return Err(Invalid::new(field, why).help(ID_HELP));
    }
    if let Ok(address) = text.parse::<std::net::IpAddr>() {
        let length = if address.is_ipv4() { 32 } else { 128 };
        return Err(Invalid::new(field, format!("`{text}` has no prefix length"))
            .help(format!("write {text}/{length} for this one address")));
    }
    text.parse::<Cidr>().map(Peer::Cidr).map_err(|error| match error {
        NotACidr::OpenByTypo(_) => Invalid::new(field, error.to_string()).help(all_or_one(text)),
        NotACidr::Syntax(_) => {
            Invalid::new(field, format!("`{text}` is not a peer of a rule")).help(FORMS)
        }
    })
}

/// What may be meant by an address with a prefix length of 0.
fn all_or_one(text: &str) -> String {
    let (address, _) = text.split_once('/').unwrap_or((text, ""));
    if address.contains(':') {
        format!("write ::/0 if every IPv6 address is meant, or {address}/128 for this one address")
    } else {
        format!(
            "write 0.0.0.0/0 if every IPv4 address is meant, or {address}/32 for this one address"
        )
    }
}
