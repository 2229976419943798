//! Upper bounds on who can pass a statement.
//!
//! `Principal` names who may ask, and every condition can exclude some of them.
//! [`PolicyDocument::admissions`] works out what both leave, statement by statement: nobody, named
//! parties (an account, an organization, a network), or everybody. The answer is an upper bound: a
//! requester that is not in it is certainly refused by the statement; "everybody" means that
//! nothing in the statement certainly excludes outsiders. So a condition restricts only if it
//! requires a key value that outsiders cannot have. A pattern that matches others too, the caller's
//! own value in a variable, a negated test, and a test that also holds without the key (`IfExists`,
//! `ForAllValues`) restrict nobody (IAM reference, "Condition operators" and "Global condition
//! keys").

mod keys;
mod party;
mod resources;
mod spared;
mod untied;

use std::collections::BTreeSet;

pub use party::{Party, Who};
pub use untied::{Untied, Why};

use super::{
    PolicyDocument,
    canonical::{Body, Effect, PrincipalType, Principals, Selection, Token, Tokens, Version},
    operator::{Operator, Qualifier, Test},
};
use keys::{Key, Names, Side};

/// What a resource policy is attached to: parts of the language mean something else there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttachedTo {
    /// A KMS key, or another single resource of a known owner.
    Key,
    /// A VPC endpoint with network interfaces. It judges every request that passes through it, and
    /// the resources can belong to anybody.
    Endpoint,
    /// A gateway endpoint. As above, and an account as principal means its root user only (AWS
    /// PrivateLink guide, "Control access to VPC endpoints using endpoint policies", principals for
    /// gateway endpoints).
    GatewayEndpoint,
}

/// An upper bound on who can pass one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// Users, roles and root users, and anonymous requesters.
    pub identities: Who,
    /// The parties on whose behalf AWS services pass.
    pub services: Who,
    /// Why a resource that it covers can belong to anybody; empty if all have a known owner.
    pub open_resources: Vec<Untied>,
    /// Whether only principals with a certain tag pass: an exception granted by those who manage
    /// the principals. A tag is not a restriction by itself, since anybody can tag their own
    /// principals.
    pub marked: bool,
    /// Conditions that look like restrictions and are not.
    pub untied: Vec<Untied>,
}

impl Admission {
    /// Whether all resources that the statement covers have a known owner.
    pub fn resources_known(&self) -> bool {
        self.open_resources.is_empty()
    }
}

impl PolicyDocument {
    /// Who can pass each statement, in document order: an `Allow` after what the `Deny`s of the
    /// document certainly take away from all of it, a `Deny` by itself.
    pub fn admissions(&self, attached: AttachedTo) -> Vec<Admission> {
        let reading = Reading { attached, variables: self.version == Version::V2012 };
        let bodies = || self.statements.iter().map(|statement| &statement.body);
        bodies()
            .map(|body| {
                let mut admission = reading.admission(body);
                if body.effect == Effect::Allow {
                    let denials = bodies().filter(|other| spared::covers_all(other, body));
                    for spared in denials.filter_map(|denial| reading.spared(denial)) {
                        admission.identities = admission.identities.and(spared.identities);
                        admission.services = admission.services.and(spared.services);
                        if spared.resources_known {
                            admission.open_resources.clear();
                        }
                    }
                }
                admission
            })
            .collect()
    }
}

impl AttachedTo {
    fn is_endpoint(self) -> bool {
        self != Self::Key
    }
}

/// How to read a document.
#[derive(Debug, Clone, Copy)]
struct Reading {
    attached: AttachedTo,
    /// Whether its version supports policy variables.
    variables: bool,
}

/// One condition: an operator, a key, and its values.
#[derive(Clone, Copy)]
struct Condition<'a> {
    written: &'a str,
    operator: Operator,
    key: &'a Token,
    values: &'a Tokens,
}

impl<'a> Condition<'a> {
    /// The conditions of a statement. An unknown operator restricts nothing here.
    fn all(body: &'a Body) -> Vec<Self> {
        let known = body.condition.iter().filter_map(|(written, keys)| {
            Operator::parse(written).map(|operator| (written, operator, keys))
        });
        known
            .flat_map(|(written, operator, keys)| {
                keys.iter().map(move |(key, values)| Self { written, operator, key, values })
            })
            .collect()
    }

    /// Whether it only holds for requests that carry its key.
    fn asks_for_its_key(&self) -> bool {
        let Operator { qualifier, test, negated, if_exists } = self.operator;
        let plain = !if_exists && qualifier != Qualifier::ForAllValues;
        match test {
            Test::Null => qualifier == Qualifier::Single && self.is_always("false"),
            _ => plain && !negated && !self.values.is_empty(),
        }
    }

    /// Whether it only holds for requests with the key and one of the values; `carried` says that
    /// another condition requires the key.
    fn is_a_tie(&self, carried: bool) -> Result<(), Why> {
        let Operator { qualifier, test, negated, if_exists } = self.operator;
        if test == Test::Null {
            Err(Why::OnlyPresence)
        } else if negated {
            Err(Why::Negated)
        } else if !carried && (if_exists || qualifier == Qualifier::ForAllValues) {
            Err(Why::WithoutKey)
        } else {
            Ok(())
        }
    }

    /// Whether it has values, and all of them are this word.
    fn is_always(&self, word: &str) -> bool {
        !self.values.is_empty()
            && self.values.iter().all(|value| value.shown().eq_ignore_ascii_case(word))
    }

    fn is_about_text_or_truth(&self) -> bool {
        use Test::{Bool, Like, Text, TextIgnoringCase};
        matches!(self.operator.test, Bool | Like | Text | TextIgnoringCase)
    }

    fn untied(&self, why: Why) -> Untied {
        Untied { operator: self.written.to_owned(), key: self.key.shown().to_owned(), why }
    }
}

/// Who passes one condition.
struct Limit {
    identities: Who,
    services: Who,
}

impl Limit {
    const NONE: Self = Self { identities: Who::Everybody, services: Who::Everybody };

    /// Who passes a condition that requires these values of a key of this side.
    fn to(side: Side, parties: BTreeSet<Party>) -> Self {
        let nobody = Who::nobody();
        match side {
            // Services carry no key of a principal, nor of a network.
            Side::Principal => Self { identities: Who::Only(parties), services: nobody },
            Side::Network => Self { identities: from_networks(parties), services: nobody },
            Side::Caller => {
                Self { identities: Who::Only(parties.clone()), services: Who::Only(parties) }
            }
            // Only services that act for somebody carry it (IAM reference, aws:SourceAccount and
            // related keys).
            Side::Source => Self { identities: nobody, services: Who::Only(parties) },
            Side::Resource => Self::NONE,
        }
    }
}

/// Requests from a party's network need not be made by the party.
fn from_networks(owners: BTreeSet<Party>) -> Who {
    let network = |owner| match owner {
        Party::Network(name) => Party::Network(name),
        other => Party::Network(format!("of {other}")),
    };
    Who::Only(owners.into_iter().map(network).collect())
}

impl Reading {
    fn admission(self, body: &Body) -> Admission {
        let (mut identities, mut services) = self.principals(body);
        let conditions = Condition::all(body);
        let mut untied = Vec::new();
        for condition in &conditions {
            let carried = conditions
                .iter()
                .any(|other| other.key == condition.key && other.asks_for_its_key());
            match self.limit(condition, carried) {
                Ok(limit) => {
                    identities = identities.and(limit.identities);
                    services = services.and(limit.services);
                }
                Err(why) => {
                    if why == Why::NoService {
                        services = Who::nobody();
                    }
                    untied.push(condition.untied(why));
                }
            }
        }
        if identities != Who::Everybody {
            untied.clear();
        }
        Admission {
            identities,
            services,
            open_resources: self.open_resources(body, &conditions),
            marked: conditions.iter().any(Condition::is_mark),
            untied,
        }
    }

    /// Who passes a condition, or why it restricts nobody although it looks as if it did.
    fn limit(self, condition: &Condition<'_>, carried: bool) -> Result<Limit, Why> {
        let Some(key) = keys::key(condition.key.key()) else { return Ok(Limit::NONE) };
        match key {
            Key::NoTie(why) => return Err(why),
            Key::Names(Side::Resource, _) => return Ok(Limit::NONE),
            _ => {}
        }
        condition.is_a_tie(carried)?;
        match key {
            Key::Names(Side::Network, _) if self.attached.is_endpoint() => Err(Why::Everyones),
            Key::Names(Side::Resource, _) | Key::NoTie(_) => Ok(Limit::NONE),
            Key::Names(side, names) => Ok(Limit::to(side, self.parties(condition, side, names)?)),
            Key::IsService if !condition.is_about_text_or_truth() => {
                Err(Why::Malformed(shown(condition.values)))
            }
            Key::IsService if condition.is_always("true") => {
                Ok(Limit { identities: Who::nobody(), services: Who::Everybody })
            }
            Key::IsService if condition.is_always("false") => Err(Why::NoService),
            Key::IsService => Err(Why::Malformed(shown(condition.values))),
            Key::ServiceName => {
                match condition.values.iter().find(|value| is_open(value.shown())) {
                    Some(open) => Err(Why::Pattern(open.shown().to_owned())),
                    None => Ok(Limit { identities: Who::nobody(), services: Who::Everybody }),
                }
            }
            Key::Address if self.attached.is_endpoint() => Err(Why::Everyones),
            Key::Address => keys::network(condition)
                .map(|network| Limit::to(Side::Network, [Party::Network(network)].into())),
        }
    }

    /// The parties that the values name; all values must name one, because they are alternatives.
    fn parties(
        self,
        condition: &Condition<'_>,
        side: Side,
        names: Names,
    ) -> Result<BTreeSet<Party>, Why> {
        let test = condition.operator.test;
        let fits = matches!(test, Test::Text | Test::TextIgnoringCase | Test::Like | Test::Arn);
        if !fits || condition.values.is_empty() {
            return Err(Why::Malformed(shown(condition.values)));
        }
        let party = |value: &Token| self.party(value.shown(), side, names, test);
        condition.values.iter().map(party).collect()
    }

    /// Who matches `Principal`.
    fn principals(self, body: &Body) -> (Who, Who) {
        let named = match &body.principal {
            Some(Selection::Only(Principals::Named(by_type))) => by_type,
            Some(Selection::Only(Principals::Text(name))) => {
                return (self.identity(name), Who::nobody());
            }
            // Everybody with exceptions, or a statement that AWS would refuse.
            Some(Selection::AllBut(_)) | None => return (Who::Everybody, Who::Everybody),
        };
        let (mut identities, mut services) = (Who::nobody(), Who::nobody());
        for (kind, names) in by_type_names(named) {
            match kind {
                PrincipalType::Aws => {
                    identities = identities.or(self.identity(names.key()));
                    if names.key() == "*" {
                        services = Who::Everybody;
                    }
                }
                PrincipalType::Service => services = Who::Everybody,
                PrincipalType::Federated | PrincipalType::CanonicalUser => {
                    identities = identities.or(if is_open(names.key()) {
                        Who::Everybody
                    } else {
                        Who::only(Party::Principal(names.key().to_owned()))
                    });
                }
            }
        }
        (identities, services)
    }

    /// The party that an AWS principal names.
    fn identity(self, name: &str) -> Who {
        match Party::principal(name) {
            Some(Party::Account(account)) if self.attached == AttachedTo::GatewayEndpoint => {
                Who::only(Party::RootUser(account))
            }
            Some(party) => Who::only(party),
            None => Who::Everybody,
        }
    }
}

fn by_type_names(
    by_type: &std::collections::BTreeMap<PrincipalType, Tokens>,
) -> impl Iterator<Item = (PrincipalType, &Token)> {
    by_type.iter().flat_map(|(kind, names)| names.iter().map(move |name| (*kind, name)))
}

/// Whether the text has a wildcard or a policy variable. Both count under every operator: where
/// they are literal they match nobody, and are a mistake.
fn is_open(text: &str) -> bool {
    text.contains(['*', '?']) || text.contains("${")
}

fn shown(values: &Tokens) -> String {
    let values: Vec<_> = values.iter().map(Token::shown).collect();
    values.join(", ")
}
