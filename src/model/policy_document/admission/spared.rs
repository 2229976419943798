//! Exceptions of a `Deny`: what it certainly takes away from every `Allow` that it covers.

use super::{Condition, Key, Limit, Reading, Side, Test, Who, keys};
use crate::model::policy_document::{
    canonical::{Body, Effect, PrincipalType, Principals, Selection, Tokens},
    operator::{Operator, Qualifier},
    pattern::{covers, covers_resource},
};

/// An upper bound on the requesters and resources that a `Deny` exempts.
pub(super) struct Spared {
    pub(super) identities: Who,
    pub(super) services: Who,
    pub(super) resources_known: bool,
}

/// Who can escape a `Deny` through one of its conditions.
enum Escape {
    Requesters(Limit),
    /// Requests on resources with a known owner.
    Resources,
    Anybody,
}

/// Whether a `Deny` covers every principal, action and resource of an `Allow`.
pub(super) fn covers_all(denial: &Body, allowed: &Body) -> bool {
    let everybody = match &denial.principal {
        Some(Selection::Only(Principals::Named(by_type))) => by_type
            .get(&PrincipalType::Aws)
            .is_some_and(|names| names.iter().any(|name| name.key() == "*")),
        _ => false,
    };
    let only = |selection: &Option<Selection<Tokens>>| match selection {
        Some(Selection::Only(tokens)) => Some(tokens.clone()),
        // Treated as everything.
        Some(Selection::AllBut(_)) => Some([super::Token::exact("*")].into()),
        None => None,
    };
    let within = |wide: &Option<Selection<Tokens>>,
                  narrow: &Option<Selection<Tokens>>,
                  covers: fn(&str, &str) -> bool| {
        let Some(Selection::Only(wide)) = wide else { return false };
        only(narrow).is_some_and(|narrow| {
            narrow.iter().all(|n| wide.iter().any(|w| covers(w.key(), n.key())))
        })
    };
    denial.effect == Effect::Deny
        && everybody
        && within(&denial.action, &allowed.action, covers)
        && within(&denial.resource, &allowed.resource, covers_resource)
}

impl Reading {
    /// What a `Deny` exempts; `None` if that may be anybody with any resource.
    pub(super) fn spared(self, denial: &Body) -> Option<Spared> {
        let (mut identities, mut services) = (Who::nobody(), Who::nobody());
        let mut resources = false;
        for condition in Condition::all(denial) {
            match self.escape(&condition) {
                Escape::Requesters(limit) => {
                    identities = identities.or(limit.identities);
                    services = services.or(limit.services);
                }
                Escape::Resources => resources = true,
                Escape::Anybody => return None,
            }
        }
        // An unknown operator may hold or not.
        let understood = denial.condition.keys().all(|name| Operator::parse(name).is_some());
        match (understood, resources, identities.is_nobody()) {
            (false, ..) => None,
            // Nobody escapes except on resources with a known owner, services aside.
            (true, true, true) => Some(Spared {
                identities: Who::Everybody,
                services: Who::Everybody,
                resources_known: true,
            }),
            // Either a known requester or a resource with a known owner: neither restriction holds
            // on its own.
            (true, true, false) => None,
            (true, false, _) => Some(Spared { identities, services, resources_known: false }),
        }
    }

    fn escape(self, condition: &Condition<'_>) -> Escape {
        let Operator { qualifier, negated, if_exists, .. } = condition.operator;
        let Some(key) = keys::key(condition.key.key()) else { return Escape::Anybody };
        if qualifier != Qualifier::Single || condition.operator.test == Test::Null {
            return Escape::Anybody;
        }
        match key {
            // True without the key: only requests with the key and one of the values escape.
            Key::Names(Side::Network, _) if negated && self.attached.is_endpoint() => {
                Escape::Anybody
            }
            Key::Names(side, names) if negated => match self.parties(condition, side, names) {
                Ok(_) if side == Side::Resource => Escape::Resources,
                Ok(parties) => Escape::Requesters(Limit::to(side, parties)),
                Err(_) => Escape::Anybody,
            },
            // Anonymous requesters have no such key either; KMS accepts no anonymous requests.
            Key::IsService
                if condition.is_about_text_or_truth()
                    && condition.is_always(if negated { "true" } else { "false" })
                    && (negated || if_exists || !self.attached.is_endpoint()) =>
            {
                Escape::Requesters(Limit { identities: Who::nobody(), services: Who::Everybody })
            }
            Key::Address if negated && !self.attached.is_endpoint() => {
                match keys::network(condition) {
                    Ok(network) => Escape::Requesters(Limit::to(
                        Side::Network,
                        [super::Party::Network(network)].into(),
                    )),
                    Err(_) => Escape::Anybody,
                }
            }
            Key::Names(..) | Key::IsService | Key::ServiceName | Key::Address | Key::NoTie(_) => {
                Escape::Anybody
            }
        }
    }
}
