//! Who can pass a statement, at most.
//!
//! `Principal` names who may ask, and every condition can take some of them away. [`PolicyDocument::admissions`] works out
//! what both leave, statement by statement: nobody, somebody who is named (an account, an organisation, a network), or
//! everybody. The answer is an upper bound. Whoever is not in it is certainly refused by the statement; "everybody" means
//! that nothing in the statement rules a stranger out for certain. So a condition ties only where it asks for a key that a
//! stranger cannot have with that value: a pattern that fits others too, the caller's own value in a variable, a negated
//! test, and one that also holds without the key (`IfExists`, `ForAllValues`) tie nobody (IAM reference, "Condition
//! operators" and "Global condition keys").

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

/// What a resource policy is attached to: some of the language means something else there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttachedTo {
    /// A KMS key, or another single resource of a known owner.
    Key,
    /// A VPC endpoint with network interfaces. Every request that it judges comes through it, and the resources are
    /// everybody's.
    Endpoint,
    /// A gateway endpoint. Likewise, and an account as principal is its root user only (AWS PrivateLink guide, "Control
    /// access to VPC endpoints using endpoint policies", principals for gateway endpoints).
    GatewayEndpoint,
}

/// Who can pass one statement, at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// Users, roles and root users, and whoever gives no name at all.
    pub identities: Who,
    /// On whose behalf AWS's services are let through.
    pub services: Who,
    /// Why not everything that it is about belongs to somebody known; empty if all of it does.
    pub open_resources: Vec<Untied>,
    /// Whether only principals with a certain tag pass: an exception that whoever manages the principals gives by name.
    /// A tag ties nobody by itself, since everybody tags his own principals.
    pub marked: bool,
    /// Conditions that look as if they tied the statement to somebody, and do not.
    pub untied: Vec<Untied>,
}

impl Admission {
    /// Whether everything that the statement is about belongs to somebody known.
    pub fn resources_known(&self) -> bool {
        self.open_resources.is_empty()
    }
}

impl PolicyDocument {
    /// Who can pass each statement, in the order of the statements: an `Allow` after what the `Deny`s of the document
    /// certainly take away from all of it, a `Deny` by itself.
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

/// How a document is to be read.
#[derive(Debug, Clone, Copy)]
struct Reading {
    attached: AttachedTo,
    /// Whether its version has policy variables.
    variables: bool,
}

/// One key of one operator, with its values.
#[derive(Clone, Copy)]
struct Condition<'a> {
    written: &'a str,
    operator: Operator,
    key: &'a Token,
    values: &'a Tokens,
}

impl<'a> Condition<'a> {
    /// Those of a statement. An operator that AWS does not have restricts nothing here.
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

    /// Whether it holds only for requests with the key and one of the values; `carried` says that another condition asks
    /// for the key.
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

    /// Whether it has values, all of them this word.
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

/// What one condition leaves.
struct Limit {
    identities: Who,
    services: Who,
}

impl Limit {
    const NONE: Self = Self { identities: Who::Everybody, services: Who::Everybody };

    /// What asking for these values of a key of this side leaves.
    fn to(side: Side, parties: BTreeSet<Party>) -> Self {
        let nobody = Who::nobody();
        match side {
            // Services carry no key of a principal, nor of a network.
            Side::Principal => Self { identities: Who::Only(parties), services: nobody },
            Side::Network => Self { identities: from_networks(parties), services: nobody },
            Side::Caller => {
                Self { identities: Who::Only(parties.clone()), services: Who::Only(parties) }
            }
            // Only services that act for somebody carry it (IAM reference, aws:SourceAccount and its kin).
            Side::Source => Self { identities: nobody, services: Who::Only(parties) },
            Side::Resource => Self::NONE,
        }
    }
}

/// Whoever comes from a network of theirs: that is not them.
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

    /// What is left of everybody by a condition; why it ties nobody, if it looks as if it did.
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

    /// Whom the values name; all of them must name somebody, because they are alternatives.
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

    /// Whom `Principal` lets ask.
    fn principals(self, body: &Body) -> (Who, Who) {
        let named = match &body.principal {
            Some(Selection::Only(Principals::Named(by_type))) => by_type,
            Some(Selection::Only(Principals::Text(name))) => {
                return (self.identity(name), Who::nobody());
            }
            // Everybody but some, or a statement that AWS would refuse.
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

    /// Whom an AWS principal is.
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

/// Whether the text has a wildcard or a policy variable. Both count under every operator: where they are literal they
/// name nobody, and were not meant so.
fn is_open(text: &str) -> bool {
    text.contains(['*', '?']) || text.contains("${")
}

fn shown(values: &Tokens) -> String {
    let values: Vec<_> = values.iter().map(Token::shown).collect();
    values.join(", ")
}
