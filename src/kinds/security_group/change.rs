//! The edits of a security group: each is one AWS call, carried out entirely or not at all.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    associations::FIELD,
    peer::Peer,
    rule::{Direction, Entry, Rule},
    state::State,
};
use crate::{
    kind::{Describe, Line, Sign, is_placeholder},
    model::Risk,
};

/// One edit of a live group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// A difference that AWS cannot change: shown and held.
    #[serde(rename_all = "camelCase")]
    Immutable {
        /// The field in the spec.
        field: Fixed,
        /// Its live value.
        have: String,
        /// Its wanted value.
        want: String,
    },
    /// Removes rules.
    #[serde(rename_all = "camelCase")]
    Revoke {
        /// Their direction.
        direction: Direction,
        /// The rules, with their descriptions.
        rules: Vec<Entry>,
        /// Whether rules that are added before still allow a part of what these allow.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        bridged: bool,
        /// The keys of the edits that add what replaces these rules, if those wait or may be
        /// refused.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        replaced_by: Vec<String>,
    },
    /// Turns rules into others of the same peer type, in place: one of the two exists at every
    /// instant.
    #[serde(rename_all = "camelCase")]
    Modify {
        /// Their direction.
        direction: Direction,
        /// The live rules with the wanted ones.
        pairs: Vec<Pair>,
    },
    /// Adds rules.
    #[serde(rename_all = "camelCase")]
    Authorize {
        /// Their direction.
        direction: Direction,
        /// The rules, with their descriptions.
        rules: Vec<Entry>,
        /// Whether rules that exist at that time allow all of what they allow.
        covered: bool,
        /// The placeholder of a prefix list's size, which must be known first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waits_for: Option<String>,
    },
    /// Lets network interfaces of another VPC use the group.
    #[serde(rename_all = "camelCase")]
    Associate {
        /// The VPC's id.
        vpc: String,
    },
    /// Lets no network interface of another VPC use the group any more.
    #[serde(rename_all = "camelCase")]
    Disassociate {
        /// The VPC's id.
        vpc: String,
    },
    /// Rewrites descriptions in place.
    #[serde(rename_all = "camelCase")]
    Describe {
        /// Their direction.
        direction: Direction,
        /// The rules with their old and new descriptions.
        rules: Vec<Redescription>,
    },
}

/// A field that AWS has no call to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fixed {
    /// `groupName`.
    GroupName,
    /// `description`.
    Description,
    /// `vpc`.
    Vpc,
}

impl Fixed {
    /// The field's name in the spec.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GroupName => "groupName",
            Self::Description => "description",
            Self::Vpc => "vpc",
        }
    }
}

/// A rule that is turned into another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pair {
    /// The live rule.
    pub old: Rule,
    /// The wanted rule.
    pub new: Rule,
    /// The new description; always sent, because AWS does not document what omitting it does.
    pub description: String,
}

/// A description that is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Redescription {
    /// The rule.
    pub rule: Rule,
    /// Its live description.
    pub old: String,
    /// Its wanted description; empty: none.
    pub new: String,
}

impl Change {
    /// What this change does, one name for each entry; the same in every pass in which the same has
    /// to be done again, and the same before and after a reference of a manifest is known.
    pub(super) fn keys(&self) -> Vec<String> {
        let each = |verb: &str, direction: &Direction, rules: Vec<String>| {
            rules.into_iter().map(|rule| format!("{verb} {direction} {rule}")).collect()
        };
        match self {
            Self::Immutable { field, .. } => vec![field.as_str().to_owned()],
            Self::Revoke { direction, rules, .. } => {
                each("revoke", direction, rules.iter().map(|it| it.rule.key(*direction)).collect())
            }
            Self::Authorize { direction, rules, .. } => {
                let rules = rules.iter().map(|it| it.rule.key(*direction)).collect();
                each("authorize", direction, rules)
            }
            Self::Modify { direction, pairs } => {
                let pair = |pair: &Pair| {
                    format!("{} -> {}", pair.old.key(*direction), pair.new.key(*direction))
                };
                each("modify", direction, pairs.iter().map(pair).collect())
            }
            Self::Associate { vpc } => vec![format!("associate {vpc}")],
            Self::Disassociate { vpc } => vec![format!("disassociate {vpc}")],
            Self::Describe { direction, rules } => each(
                "describe",
                direction,
                rules.iter().map(|it| it.rule.key(*direction)).collect(),
            ),
        }
    }

    /// The placeholder that this change waits for: of the peer of its rules, of a prefix list's
    /// size, or of a VPC.
    pub fn waits_for(&self) -> Option<&str> {
        if let Self::Associate { vpc } = self {
            return Some(vpc.as_str()).filter(|vpc| is_placeholder(vpc));
        }
        let Self::Authorize { waits_for, rules, .. } = self else { return None };
        let peer = rules.iter().find_map(|entry| match &entry.rule.peer {
            Peer::Pending(pending) => Some(pending.placeholder.as_str()),
            _ => None,
        });
        peer.or(waits_for.as_deref())
    }

    /// The state after this change.
    pub(super) fn apply(&self, have: &mut State) {
        match self {
            Self::Immutable { field, want, .. } => {
                let field = match field {
                    Fixed::GroupName => &mut have.group_name,
                    Fixed::Description => &mut have.description,
                    Fixed::Vpc => &mut have.vpc,
                };
                *field = Some(want.clone());
            }
            Self::Revoke { direction, rules, .. } => {
                let live = &mut have.rules_mut(*direction).0;
                live.retain(|rule, _| rules.iter().all(|entry| entry.rule != *rule));
            }
            Self::Modify { direction, pairs } => {
                let live = &mut have.rules_mut(*direction).0;
                for pair in pairs {
                    live.remove(&pair.old);
                    live.insert(pair.new.clone(), Some(pair.description.clone()));
                }
            }
            Self::Authorize { direction, rules, .. } => {
                let live = &mut have.rules_mut(*direction).0;
                for Entry { rule, description } in rules {
                    live.insert(rule.clone(), Some(description.clone().unwrap_or_default()));
                }
            }
            Self::Associate { vpc } => {
                have.associated_vpcs.get_or_insert_default().insert(vpc.clone());
                have.failed_associations.remove(vpc);
            }
            Self::Disassociate { vpc } => {
                have.associated_vpcs.get_or_insert_default().remove(vpc);
                have.failed_associations.remove(vpc);
            }
            Self::Describe { direction, rules } => {
                let live = &mut have.rules_mut(*direction).0;
                for Redescription { rule, new, .. } in rules {
                    live.insert(rule.clone(), Some(new.clone()));
                }
            }
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Immutable { field, have, want } => {
                write!(f, "change {} from {have:?} to {want:?}", field.as_str())
            }
            Self::Revoke { direction, rules, .. } => entries(f, "revoke", *direction, rules),
            Self::Authorize { direction, rules, .. } => entries(f, "authorize", *direction, rules),
            Self::Modify { direction, pairs } => match &pairs[..] {
                [pair] => write!(f, "modify {}", pair.line(*direction)),
                _ => write!(f, "modify {} {direction} rules", pairs.len()),
            },
            Self::Associate { vpc } => write!(f, "let the group be used in {vpc}"),
            Self::Disassociate { vpc } => write!(f, "let the group not be used in {vpc} any more"),
            Self::Describe { direction, rules } => match &rules[..] {
                [one] => write!(f, "describe {}", one.line(*direction)),
                _ => write!(f, "describe {} {direction} rules", rules.len()),
            },
        }
    }
}

impl Change {
    /// Adding the new rules and removing the old ones, pair by pair, instead of turning one into
    /// the other.
    pub(super) fn in_two_calls(&self) -> Vec<Self> {
        let Self::Modify { direction, pairs } = self else { return Vec::new() };
        let entry = |rule: &Rule, description: Option<String>| {
            vec![Entry { rule: rule.clone(), description }]
        };
        let calls = |Pair { old, new, description }: &Pair| {
            let add = Self::Authorize {
                direction: *direction,
                rules: entry(new, Some(description.clone())),
                covered: old.covers(new),
                waits_for: None,
            };
            let remove = Self::Revoke {
                direction: *direction,
                rules: entry(old, None),
                bridged: old.overlaps(new),
                replaced_by: Vec::new(),
            };
            [add, remove]
        };
        pairs.iter().flat_map(calls).collect()
    }
}

/// The rule itself if there is only one, otherwise the number; the others are in the lines below.
fn entries(
    f: &mut fmt::Formatter<'_>,
    verb: &str,
    direction: Direction,
    rules: &[Entry],
) -> fmt::Result {
    match rules {
        [one] => write!(f, "{verb} {}", one.line(direction)),
        _ => write!(f, "{verb} {} {direction} rules", rules.len()),
    }
}

impl Pair {
    fn line(&self, direction: Direction) -> String {
        let Self { old, new, .. } = self;
        let preposition = direction.preposition();
        if old.peer == new.peer {
            format!("{direction} {} -> {} {preposition} {}", old.traffic, new.traffic, old.peer)
        } else if old.traffic == new.traffic {
            format!("{} -> {}", old.line(direction), new.peer)
        } else {
            format!("{} -> {} {preposition} {}", old.line(direction), new.traffic, new.peer)
        }
    }
}

impl Redescription {
    fn line(&self, direction: Direction) -> String {
        format!("{}: {:?} -> {:?}", self.rule.line(direction), self.old, self.new)
    }
}

impl Describe for Change {
    fn key(&self) -> String {
        self.keys().join("; ")
    }

    fn entries(&self) -> Vec<String> {
        self.keys()
    }

    fn follows(&self) -> bool {
        matches!(self, Self::Revoke { bridged: true, .. })
    }

    fn needs(&self) -> Vec<String> {
        match self {
            Self::Revoke { replaced_by, .. } => replaced_by.clone(),
            _ => Vec::new(),
        }
    }

    fn risk(&self) -> Risk {
        match self {
            Self::Immutable { .. } => Risk::IMPOSSIBLE,
            Self::Revoke { .. } | Self::Disassociate { .. } => Risk::TIGHTENS,
            Self::Modify { pairs, .. } if pairs.iter().all(|pair| pair.old.covers(&pair.new)) => {
                Risk::TIGHTENS
            }
            Self::Modify { .. } => Risk::REPLACES,
            Self::Authorize { covered: true, .. } | Self::Describe { .. } => Risk::NEUTRAL,
            Self::Authorize { .. } | Self::Associate { .. } => Risk::LOOSENS,
        }
    }

    /// EC2 does not end an association that a network interface uses, so nobody is cut off.
    fn inspect(&self) -> bool {
        matches!(self, Self::Disassociate { .. })
    }

    fn lines(&self) -> Vec<Line> {
        let changed = |text: String| Line::new(Sign::Change, text);
        match self {
            Self::Immutable { .. } => vec![Line::new(
                Sign::Same,
                "AWS has no call for it: make a new group, move its members, remove this one",
            )],
            Self::Revoke { direction, rules, .. } if rules.len() > 1 => {
                rules.iter().map(|entry| Line::remove(entry.line(*direction))).collect()
            }
            Self::Authorize { direction, rules, .. } if rules.len() > 1 => {
                rules.iter().map(|entry| Line::add(entry.line(*direction))).collect()
            }
            Self::Modify { direction, pairs } if pairs.len() > 1 => {
                pairs.iter().map(|pair| changed(pair.line(*direction))).collect()
            }
            Self::Describe { direction, rules } if rules.len() > 1 => {
                rules.iter().map(|one| changed(one.line(*direction))).collect()
            }
            Self::Associate { vpc } => vec![Line::add(format!("{FIELD}: {vpc}"))],
            Self::Disassociate { vpc } => vec![Line::remove(format!("{FIELD}: {vpc}"))],
            _ => Vec::new(),
        }
    }
}
