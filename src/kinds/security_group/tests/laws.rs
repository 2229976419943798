//! The laws that every diff must satisfy, checked with packets instead of the rules' own
//! comparisons.

use std::net::IpAddr;

use proptest::{collection::vec, prelude::*, sample::select};

use super::*;

const TRAFFIC: [&str; 12] = [
    "all traffic",
    "tcp 22",
    "tcp 443",
    "tcp 80-443",
    "tcp 400-500",
    "tcp all ports",
    "udp 443",
    "icmp all types",
    "icmp type 8",
    "icmp type 8 code 0",
    "icmpv6 all types",
    "protocol 50",
];
const PEERS: [&str; 13] = [
    "0.0.0.0/0",
    "10.0.0.0/8",
    "10.1.0.0/16",
    "10.1.2.0/24",
    "10.2.0.0/16",
    "::/0",
    "2001:db8::/32",
    "self",
    "sg-0a",
    "sg-0b",
    "444455556666/sg-0c",
    "sg-0c",
    "pl-0a",
];
/// Peers that are not known yet, with their candidates.
const PENDING: [&str; 6] = [
    "group SecurityGroup/a.arn (known after apply)",
    "group SecurityGroup/a.arn (known after apply) | these sg-0a",
    "group SecurityGroup/b.arn (known after apply) | these sg-0b sg-0c",
    "group dev/SecurityGroup/c.arn (known after apply) | any",
    "prefix list prefix list with name x (not resolved) | others pl-0a",
    "prefix list prefix list with name x (not resolved) | any",
];
const SIZE: &str = "prefix list pl-0a (not resolved)";
/// Protocol, and ports or what replaces them.
const PACKETS: [(&str, i32, i32); 14] = [
    ("tcp", 0, 0),
    ("tcp", 22, 22),
    ("tcp", 80, 80),
    ("tcp", 399, 399),
    ("tcp", 400, 400),
    ("tcp", 443, 443),
    ("tcp", 500, 500),
    ("tcp", 65535, 65535),
    ("udp", 443, 443),
    ("icmp", 8, 0),
    ("icmp", 8, 1),
    ("icmp", 0, 0),
    ("icmpv6", 128, 0),
    ("50", 0, 0),
];
/// Where a packet comes from or goes to: an address, or membership in a group or list.
const ENDS: [&str; 11] = [
    "192.0.2.1",
    "10.0.0.1",
    "10.1.0.1",
    "10.1.2.1",
    "10.2.0.1",
    "2001:db8::1",
    "2001:db9::1",
    "self",
    "sg-0a",
    "sg-0c",
    "pl-0a",
];

pub(super) fn any_rule() -> impl Strategy<Value = Rule> {
    (select(&TRAFFIC[..]), select(&PEERS[..]))
        .prop_map(|(traffic, peer)| rule(&format!("{traffic}, {peer}")))
}

/// A rule of a manifest; some name what is not known yet.
fn wanted_rule() -> impl Strategy<Value = Rule> {
    let pending = (select(&TRAFFIC[..]), select(&PENDING[..]))
        .prop_map(|(traffic, peer)| rule(&format!("{traffic}, {peer}")));
    prop_oneof![4 => any_rule(), 1 => pending]
}

fn any_rules(described: bool) -> impl Strategy<Value = Rules> {
    let text = select(vec![None, Some(String::new()), Some("one".to_owned()), Some("two".into())]);
    let rule = if described { any_rule().boxed() } else { wanted_rule().boxed() };
    vec((rule, text), 0..7).prop_map(move |rules| {
        let text =
            |text: Option<String>| if described { Some(text.unwrap_or_default()) } else { text };
        Rules(rules.into_iter().map(|(rule, description)| (rule, text(description))).collect())
    })
}

fn any_have() -> impl Strategy<Value = State> {
    (any_rules(true), any_rules(true)).prop_map(|(ingress, egress)| State {
        ingress: Some(ingress),
        egress: Some(egress),
        ..live(&[], &[])
    })
}

fn any_want() -> impl Strategy<Value = State> {
    let mode = select(vec![Mode::Exclusive, Mode::Exclusive, Mode::Additive]);
    let side = || proptest::option::weighted(0.8, any_rules(false));
    (side(), side(), mode, any::<bool>()).prop_map(|(ingress, egress, rules, weighed)| {
        let mut want = State { ingress, egress, rules: Some(rules), ..wanted(&[]) };
        let weight = if weighed { "1" } else { SIZE };
        want.prefix_list_weights.insert("pl-0a".into(), weight.into());
        if !weighed {
            want.unseen_groups.insert("sg-0b".into());
        }
        want
    })
}

/// Whether a live rule may be one that the manifest wants and whose peer is not known yet.
fn may_be_wanted(want: &State, direction: Direction, live: &Rule) -> bool {
    let rules = want.rules_of(direction).cloned().unwrap_or_default().0;
    rules.keys().any(|rule| match (&rule.peer, &live.peer) {
        (Peer::Pending(pending), Peer::Group(_) | Peer::PrefixList(_)) => {
            let (list, id) = match &live.peer {
                Peer::Group(group) => (false, group.id.clone()),
                peer => (true, peer.to_string()),
            };
            rule.traffic == live.traffic
                && list == (pending.kind == PendingKind::PrefixList)
                && pending.candidates.allow(&id)
        }
        _ => false,
    })
}

/// Two states: unrelated, or the second one is the first with some rules added and some removed.
fn any_pair() -> impl Strategy<Value = (State, State)> {
    let perturbed =
        (any_want(), vec((any::<bool>(), any_rule()), 0..4)).prop_map(|(want, noise)| {
            let mut have = live(&[], &[]);
            for direction in Direction::BOTH {
                let rules = want.rules_of(direction).cloned().unwrap_or_default().0;
                let live = have.rules_mut(direction);
                live.0 = rules
                    .into_iter()
                    .filter(|(rule, _)| !matches!(rule.peer, Peer::Pending(_)))
                    .map(|(r, text)| (r, Some(text.unwrap_or_default())))
                    .collect();
                for (index, (add, rule)) in noise.iter().enumerate() {
                    if *add {
                        live.0.insert(rule.clone(), Some("noise".into()));
                    } else if let Some(gone) = live.0.keys().nth(index).cloned() {
                        live.0.remove(&gone);
                    }
                }
            }
            (want, have)
        });
    prop_oneof![(any_want(), any_have()), perturbed]
}

fn lets_through(rule: &Rule, packet: (&str, i32, i32), end: &str) -> bool {
    let (protocol, from, to) = rule.traffic.to_aws();
    let traffic = match protocol.as_str() {
        "-1" => true,
        _ if protocol != packet.0 => false,
        "icmp" | "icmpv6" => {
            let fits = |wanted: Option<i32>, is| wanted == Some(-1) || wanted == Some(is);
            fits(from, packet.1) && fits(to, packet.2)
        }
        "tcp" | "udp" => from.unwrap() <= packet.1 && packet.1 <= to.unwrap(),
        _ => true,
    };
    let peer = match (&rule.peer, end.parse::<IpAddr>()) {
        (Peer::Cidr(cidr), Ok(address)) => {
            cidr.to_string().parse::<ipnet::IpNet>().unwrap().contains(&address)
        }
        (Peer::Group(group), _) => group.id == end,
        (peer, _) => peer.to_string() == end,
    };
    traffic && peer
}

/// What these rules allow, one bit per packet.
fn allowed(state: &State) -> Vec<bool> {
    let mut bits = Vec::new();
    for direction in Direction::BOTH {
        let rules = state.rules_of(direction).cloned().unwrap_or_default().0;
        for packet in PACKETS {
            for end in ENDS {
                bits.push(rules.keys().any(|rule| lets_through(rule, packet, end)));
            }
        }
    }
    bits
}

/// All states from the first to the last.
fn states(want: &State, have: &State) -> Vec<State> {
    let mut states = vec![have.clone()];
    for change in SecurityGroup::diff(want, have) {
        let last = states.last().cloned().expect("one at least");
        states.push(SecurityGroup::effect(last, &change));
    }
    states
}

fn never_wider(old: &[bool], new: &[bool], between: &[bool]) -> bool {
    between.iter().zip(old.iter().zip(new)).all(|(x, (old, new))| !x || *old || *new)
}

fn never_narrower(old: &[bool], new: &[bool], between: &[bool]) -> bool {
    between.iter().zip(old.iter().zip(new)).all(|(x, (old, new))| *x || !(*old && *new))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn folding_the_edits_leaves_nothing_to_do((want, have) in any_pair()) {
        let states = states(&want, &have);
        let last = states.last().expect("one at least");
        prop_assert!(SecurityGroup::diff(&want, last).is_empty());
        for direction in Direction::BOTH {
            let (rules, old) = (last.rules_of(direction).unwrap(), have.rules_of(direction).unwrap());
            match want.rules_of(direction) {
                None => prop_assert_eq!(rules, old),
                Some(wanted) if want.rules == Some(Mode::Exclusive) => {
                    let there = |rule: &Rule| rules.0.contains_key(rule);
                    let known = |rule: &&Rule| !matches!(rule.peer, Peer::Pending(_));
                    prop_assert!(wanted.0.keys().filter(known).all(there));
                    for rule in rules.0.keys() {
                        let tolerated = may_be_wanted(&want, direction, rule);
                        prop_assert!(wanted.0.contains_key(rule) || tolerated, "{rule:?} stays");
                    }
                }
                Some(wanted) => {
                    let both = wanted.0.keys().chain(old.0.keys());
                    let known = |rule: &&Rule| !matches!(rule.peer, Peer::Pending(_));
                    prop_assert!(both.clone().filter(known).all(|rule| rules.0.contains_key(rule)));
                    prop_assert!(rules.0.keys().all(|rule| both.clone().any(|other| other == rule)));
                }
            }
        }
    }

    #[test]
    fn no_intermediate_state_allows_what_neither_allows_or_denies_what_both_allow(
        (want, have) in any_pair(),
    ) {
        let states = states(&want, &have);
        let (old, new) = (allowed(&have), allowed(states.last().expect("one at least")));
        for state in &states {
            let between = allowed(state);
            prop_assert!(never_wider(&old, &new, &between), "{states:#?}");
            // What waits for a prefix list's size may be missing for a while.
            let waits = want.prefix_list_weights.values().any(|weight| weight == SIZE);
            prop_assert!(waits || never_narrower(&old, &new, &between), "{states:#?}");
        }
    }

    #[test]
    fn rules_in_both_are_never_touched((want, have) in any_pair()) {
        for state in states(&want, &have) {
            for direction in Direction::BOTH {
                let Some(wanted) = want.rules_of(direction) else { continue };
                for rule in have.rules_of(direction).unwrap().0.keys() {
                    let both = wanted.0.contains_key(rule);
                    prop_assert!(!both || state.rules_of(direction).unwrap().0.contains_key(rule));
                }
            }
        }
    }

    #[test]
    fn without_room_it_is_never_wider_and_never_above_the_quota(
        (mut want, have) in any_pair(), quota in 6u32..10,
    ) {
        want.rule_quota = Some(quota);
        let states = states(&want, &have);
        let (old, new) = (allowed(&have), allowed(states.last().expect("one at least")));
        prop_assert!(states.iter().all(|state| never_wider(&old, &new, &allowed(state))));
        let most = |state: &State| Direction::BOTH.map(|direction| {
            let rules = state.rules_of(direction).unwrap();
            want.quota().count(rules.0.keys().map(|rule| &rule.peer), 1).into_iter().max().unwrap()
        });
        for state in &states {
            for (index, count) in most(state).into_iter().enumerate() {
                let ends = [&have, states.last().expect("one at least")];
                let most = ends.map(|end| most(end)[index]).into_iter().max().unwrap();
                prop_assert!(count <= most.max(quota), "{count} rules: {states:#?}");
            }
        }
    }

    #[test]
    fn a_change_decodes_to_what_it_was((want, have) in any_pair()) {
        for change in SecurityGroup::diff(&want, &have) {
            let value = serde_json::to_value(&change).unwrap();
            let read: Change = serde_json::from_value(value.clone()).unwrap();
            prop_assert_eq!(serde_json::to_value(&read).unwrap(), value, "accounts included");
            prop_assert_eq!(read, change);
        }
        for state in [want, have] {
            let value = serde_json::to_value(&state).unwrap();
            prop_assert_eq!(serde_json::from_value::<State>(value).unwrap(), state);
        }
    }

    #[test]
    fn unknown_values_are_only_in_edits_that_wait_for_them((want, have) in any_pair()) {
        for change in SecurityGroup::diff(&want, &have) {
            let body = serde_json::to_value(&change).unwrap().to_string();
            if let Some(placeholder) = change.waits_for() {
                prop_assert!(body.contains(placeholder), "{}", body);
            }
            let symbolic = body.contains("(known after apply)") || body.contains("(not resolved)");
            prop_assert_eq!(change.waits_for().is_some(), symbolic, "{}", body);
        }
    }

    #[test]
    fn the_account_of_a_group_changes_nothing((want, have) in any_pair()) {
        let without = |state: &State| {
            let text = serde_json::to_string(state).unwrap().replace("444455556666/", "");
            serde_json::from_str::<State>(&text).unwrap()
        };
        // A description that is not managed is kept only if the rule can be changed in place.
        let rules = |want: &State, have: &State| {
            let last = states(want, have).pop().expect("one at least");
            Direction::BOTH.map(|direction| {
                let rules = last.rules_of(direction).cloned().unwrap_or_default().0;
                rules.into_keys().collect::<Vec<_>>()
            })
        };
        prop_assert_eq!(rules(&want, &have), rules(&without(&want), &have));
        prop_assert_eq!(rules(&want, &have), rules(&want, &without(&have)));
    }

    #[test]
    fn no_edit_opens_or_cuts_more_than_its_risk_says((want, have) in any_pair()) {
        use crate::{kind::Describe as _, model::Risk};
        let mut state = have.clone();
        for change in SecurityGroup::diff(&want, &have) {
            let before = allowed(&state);
            state = SecurityGroup::effect(state, &change);
            let after = allowed(&state);
            let gained = after.iter().zip(&before).any(|(after, before)| *after && !before);
            let lost = before.iter().zip(&after).any(|(before, after)| *before && !after);
            match change.risk() {
                Risk::TIGHTENS => prop_assert!(!gained, "{change} gains"),
                Risk::NEUTRAL => prop_assert!(!gained && !lost, "{change} is not neutral"),
                risk => prop_assert!(risk.opens && !risk.impossible && (risk.closes || !lost), "{change}"),
            }
        }
    }
}
