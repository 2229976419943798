//! The laws of every diff, checked with packets instead of with the rules' own comparisons.

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
const PEERS: [&str; 12] = [
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
    "pl-0a",
];
/// Protocol and what stands where ports do.
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
const ENDS: [&str; 10] = [
    "192.0.2.1",
    "10.0.0.1",
    "10.1.0.1",
    "10.1.2.1",
    "10.2.0.1",
    "2001:db8::1",
    "2001:db9::1",
    "self",
    "sg-0a",
    "pl-0a",
];

pub(super) fn any_rule() -> impl Strategy<Value = Rule> {
    (select(&TRAFFIC[..]), select(&PEERS[..]))
        .prop_map(|(traffic, peer)| rule(&format!("{traffic}, {peer}")))
}

fn any_rules(described: bool) -> impl Strategy<Value = Rules> {
    let text = select(vec![None, Some(String::new()), Some("one".to_owned()), Some("two".into())]);
    vec((any_rule(), text), 0..7).prop_map(move |rules| {
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
    (side(), side(), mode).prop_map(|(ingress, egress, mode)| State {
        ingress,
        egress,
        rules: Some(mode),
        ..wanted(&[])
    })
}

/// Two states: apart, or the second one the first with some rules more and some less.
fn any_pair() -> impl Strategy<Value = (State, State)> {
    let perturbed =
        (any_want(), vec((any::<bool>(), any_rule()), 0..4)).prop_map(|(want, noise)| {
            let mut have = live(&[], &[]);
            for direction in Direction::BOTH {
                let rules = want.rules_of(direction).cloned().unwrap_or_default().0;
                let live = have.rules_mut(direction);
                live.0 = rules
                    .into_iter()
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
        (peer, _) => peer.to_string() == end,
    };
    traffic && peer
}

/// What these rules let through, one bit a packet.
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

/// All states on the way, the first and the last included.
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
                    prop_assert!(rules.0.keys().eq(wanted.0.keys()));
                }
                Some(wanted) => {
                    let both = wanted.0.keys().chain(old.0.keys());
                    prop_assert!(both.clone().all(|rule| rules.0.contains_key(rule)));
                    prop_assert!(rules.0.keys().all(|rule| both.clone().any(|other| other == rule)));
                }
            }
        }
    }

    #[test]
    fn no_state_in_between_allows_what_neither_allows_or_denies_what_both_allow(
        (want, have) in any_pair(),
    ) {
        let states = states(&want, &have);
        let (old, new) = (allowed(&have), allowed(states.last().expect("one at least")));
        for state in &states {
            let between = allowed(state);
            prop_assert!(never_wider(&old, &new, &between), "{states:#?}");
            prop_assert!(never_narrower(&old, &new, &between), "{states:#?}");
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
            want.quota().count(rules.0.keys().map(|rule| &rule.peer)).into_iter().max().unwrap()
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
            prop_assert_eq!(serde_json::from_value::<Change>(value).unwrap(), change);
        }
        for state in [want, have] {
            let value = serde_json::to_value(&state).unwrap();
            prop_assert_eq!(serde_json::from_value::<State>(value).unwrap(), state);
        }
    }

    #[test]
    fn no_step_gains_or_cuts_what_its_risk_denies((want, have) in any_pair()) {
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
