//! What a change is, for people and for the gate.

use std::{collections::BTreeSet, fmt};

use super::{Change, Immutable, Modify, SetEdit, Swap, list};
use crate::{
    kind::{Describe, Line, policy_lines},
    kinds::vpc_endpoint::Policy,
    model::{
        Risk,
        policy_document::{Context, diff},
    },
};

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Modify(modify) => f.write_str(&modify.summary()),
            Self::Immutable(immutable) => f.write_str(&immutable.summary()),
        }
    }
}

impl Describe for Change {
    fn key(&self) -> String {
        match self {
            Self::Modify(modify) => modify.leaf().to_owned(),
            Self::Immutable(immutable) => immutable.fields().join(" and "),
        }
    }

    fn risk(&self) -> Risk {
        match self {
            Self::Modify(modify) => modify.risk(),
            Self::Immutable(_) => Risk::IMPOSSIBLE,
        }
    }

    fn replaces_policy(&self) -> bool {
        matches!(self, Self::Modify(modify) if modify.policy.is_some())
    }

    fn lines(&self) -> Vec<Line> {
        match self {
            Self::Modify(modify) => modify.lines(),
            Self::Immutable(immutable) => immutable
                .differences
                .iter()
                .map(|(field, old, new)| Line::change(field, old, new))
                .collect(),
        }
    }
}

impl Immutable {
    fn fields(&self) -> Vec<&str> {
        self.differences.iter().map(|(field, _, _)| field.as_str()).collect()
    }

    fn summary(&self) -> String {
        format!("change {}, which AWS cannot do in place", self.fields().join(" and "))
    }
}

impl Modify {
    fn summary(&self) -> String {
        let mut parts = Vec::new();
        if let Some(swap) = &self.policy {
            parts.push(match swap.to {
                Policy::AllowAll => "reset the policy to allow everything".to_owned(),
                _ => "replace the policy".to_owned(),
            });
        }
        for (edit, what) in self.sets() {
            for (verb, ids) in [("add", &edit.add), ("remove", &edit.remove)] {
                if !ids.is_empty() {
                    let plural = if ids.len() == 1 { "" } else { "s" };
                    parts.push(format!("{verb} {what}{plural} {}", list(ids)));
                }
            }
        }
        if let Some(swap) = changed(&self.private_dns) {
            parts.push(format!("turn private DNS {}", if swap.to { "on" } else { "off" }));
        }
        if let Some(swap) = changed(&self.private_dns_only_for_inbound_resolver_endpoint) {
            let whom = if swap.to { "inbound resolver endpoints only" } else { "the whole VPC" };
            parts.push(format!("give private DNS to {whom}"));
        }
        if let Some(swap) = changed(&self.dns_record_ip_type) {
            parts.push(format!("set the DNS records to {}", swap.to));
        }
        if let Some(swap) = changed(&self.ip_address_type) {
            parts.push(format!("set the addresses to {}", swap.to));
        }
        parts.join("; ")
    }

    fn sets(&self) -> [(&SetEdit, &'static str); 3] {
        [
            (&self.subnets, "subnet"),
            (&self.security_groups, "security group"),
            (&self.route_tables, "route table"),
        ]
    }

    /// Everything that its parts risk.
    fn risk(&self) -> Risk {
        let policy = self.policy.as_ref().map(|swap| policy_risk(swap, &self.context()));
        let when = |set: &BTreeSet<String>, risk| (!set.is_empty()).then_some(risk);
        let sets = [
            // New interfaces can be reached, the connections of removed ones end.
            when(&self.subnets.add, Risk::LOOSENS),
            when(&self.subnets.remove, Risk::TIGHTENS.cutting_connections()),
            when(&self.security_groups.add, Risk::LOOSENS),
            when(&self.security_groups.remove, Risk::TIGHTENS),
            // Subnets behind the table reach the service this way, or no longer: what they send goes past the endpoint's
            // policy then. The source addresses switch, which cuts open connections (Amazon VPC guide, gateway endpoints).
            when(&self.route_tables.add, Risk::REPLACES.cutting_connections()),
            when(&self.route_tables.remove, Risk::TIGHTENS.cutting_connections()),
        ];
        policy
            .into_iter()
            .chain(sets.into_iter().flatten())
            .chain(self.addressing_risks())
            .collect()
    }

    fn addressing_risks(&self) -> Vec<Risk> {
        let mut risks = Vec::new();
        if let Some(swap) = changed(&self.private_dns) {
            // On: from then on the endpoint's policy and groups apply to what goes to the usual names. Off: what goes
            // there takes another way, past the endpoint's policy.
            risks.push(if swap.to { Risk::TIGHTENS } else { Risk::LOOSENS.cutting_connections() });
        }
        // On: only what comes through a resolver's inbound endpoint goes through this one, and the VPC's own traffic past
        // its policy.
        let inbound = changed(&self.private_dns_only_for_inbound_resolver_endpoint);
        risks.extend(match inbound.map(|swap| swap.to) {
            Some(true) => Some(Risk::LOOSENS.cutting_connections()),
            Some(false) if changed(&self.private_dns).is_none() => {
                Some(Risk::TIGHTENS.cutting_connections())
            }
            _ => None,
        });
        if changed(&self.dns_record_ip_type).is_some() {
            risks.push(Risk::NEUTRAL.cutting_connections());
        }
        if let Some(swap) = changed(&self.ip_address_type) {
            // Only a second family beside the first one leaves every connection alone.
            risks.push(match (swap.from.as_deref(), swap.to.as_str()) {
                (_, "dualstack") => Risk::LOOSENS,
                (Some("dualstack"), _) => Risk::TIGHTENS.cutting_connections(),
                _ => Risk::REPLACES.cutting_connections(),
            });
        }
        risks
    }

    fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        if let Some(swap) = &self.policy {
            lines.extend(swapped_policy(swap, &self.context()));
        }
        for (edit, field) in [
            (&self.subnets, "subnets"),
            (&self.security_groups, "securityGroups"),
            (&self.route_tables, "routeTables"),
        ] {
            lines.extend(edit.remove.iter().map(|id| Line::remove(format!("{field}: {id}"))));
            lines.extend(edit.add.iter().map(|id| Line::add(format!("{field}: {id}"))));
        }
        lines.extend(swap_line("privateDns", &self.private_dns));
        lines.extend(swap_line(
            "privateDnsOnlyForInboundResolverEndpoint",
            &self.private_dns_only_for_inbound_resolver_endpoint,
        ));
        lines.extend(swap_line("dnsRecordIpType", &self.dns_record_ip_type));
        lines.extend(swap_line("ipAddressType", &self.ip_address_type));
        lines
    }
}

fn changed<T: PartialEq>(swap: &Option<Swap<T>>) -> Option<&Swap<T>> {
    swap.as_ref().filter(|swap| swap.is_change())
}

fn swap_line<T: PartialEq + fmt::Display>(field: &str, swap: &Option<Swap<T>>) -> Option<Line> {
    let swap = changed(swap)?;
    let old = swap.from.as_ref().map_or_else(|| "(none)".to_owned(), ToString::to_string);
    Some(Line::change(field, old, &swap.to))
}

/// What cannot be told counts as both narrower and wider.
fn policy_risk(swap: &Swap<Policy>, context: &Context) -> Risk {
    match (&swap.from, &swap.to) {
        (Some(Policy::AllowAll), Policy::Document(_)) => Risk::TIGHTENS,
        (_, Policy::AllowAll) => Risk::LOOSENS,
        (Some(Policy::Document(old)), Policy::Document(new)) => {
            diff(old, new, context).widening.risk()
        }
        _ => Risk::REPLACES,
    }
}

/// The policy by statement; where one side is no document, what it is instead.
fn swapped_policy(swap: &Swap<Policy>, context: &Context) -> Vec<Line> {
    let old = swap.from.as_ref();
    let shown = old.map_or_else(|| "(none)".to_owned(), ToString::to_string);
    let mut lines = vec![Line::change("policy", shown, &swap.to)];
    if let (Some(old), Some(new)) = (old.and_then(Policy::document), swap.to.document()) {
        lines.extend(policy_lines(&diff(&old, &new, context), 2));
    }
    lines
}
