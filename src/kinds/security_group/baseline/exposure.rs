//! What the rules of a security group open together: rules add up, so an address space or a port
//! range in pieces is open as a whole.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{Peer, Ports, Traffic},
    group::Listed,
};
use crate::model::{AddressSpace, Cidr};

/// The most ranges that a message lists.
const MAX_SHOWN: usize = 4;
/// Every port that a process can listen on: 0 is reserved (RFC 6335, section 6).
const USABLE: Ports = Ports { from: 1, to: u16::MAX };

/// A rule that contributes to an opening, by its index in the list, and what is open.
pub(crate) type Part = (usize, String);

/// Whether a peer by itself is the internet: all addresses of a family, or half of them, which is a
/// way to evade checks.
pub(super) fn is_everywhere(peer: &Peer) -> bool {
    let Peer::Cidr(cidr) = peer else { return false };
    let space = AddressSpace::of([cidr]);
    space.is_most_of_ipv4() || space.is_most_of_ipv6()
}

/// The rules that open risky traffic to everywhere, alone or with others, and what they open.
pub(crate) fn to_everywhere(rules: &[&Listed], risky: impl Fn(Traffic) -> bool) -> BTreeSet<Part> {
    // If several rules open the pieces of one rule, the largest opening.
    let mut found: BTreeMap<(usize, bool), (usize, String)> = BTreeMap::new();
    for traffic in pieces(rules).into_iter().filter(|piece| risky(*piece)) {
        for ipv6 in [false, true] {
            let Some(open) = open_in_family(rules, traffic, ipv6) else { continue };
            for (number, what) in open.parts {
                let known = found.entry((number, ipv6)).or_default();
                if open.ranges > known.0 {
                    *known = (open.ranges, what);
                }
            }
        }
    }
    found.into_iter().map(|((number, _), (_, what))| (number, what)).collect()
}

/// What opens one piece of traffic to everywhere.
struct Open {
    parts: Vec<Part>,
    /// How many ranges it consists of.
    ranges: usize,
}

fn open_in_family(rules: &[&Listed], traffic: Traffic, ipv6: bool) -> Option<Open> {
    let ranges: Vec<(usize, &Cidr)> = rules
        .iter()
        .enumerate()
        .filter(|(_, listed)| listed.rule.traffic.covers(&traffic))
        .filter_map(|(number, listed)| match &listed.rule.peer {
            Peer::Cidr(cidr) if cidr.is_ipv6() == ipv6 => Some((number, cidr)),
            _ => None,
        })
        .collect();
    let alone: Vec<Part> = ranges
        .iter()
        .filter(|(number, _)| is_everywhere(&rules[*number].rule.peer))
        .map(|(number, cidr)| (*number, cidr.to_string()))
        .collect();
    if !alone.is_empty() {
        return Some(Open { parts: alone, ranges: 1 });
    }
    let space = AddressSpace::of(ranges.iter().map(|(_, cidr)| *cidr));
    if !space.is_most_of_ipv4() && !space.is_most_of_ipv6() {
        return None;
    }
    let distinct: BTreeSet<&Cidr> = ranges.iter().map(|(_, cidr)| *cidr).collect();
    let mut shown: Vec<String> = distinct.iter().take(MAX_SHOWN).map(ToString::to_string).collect();
    if distinct.len() > MAX_SHOWN {
        shown.push(format!("{} more", distinct.len() - MAX_SHOWN));
    }
    let family = if ipv6 { "assigned IPv6" } else { "IPv4" };
    let last = shown.pop().unwrap_or_default();
    let all =
        format!("{} and {last}, together half of all {family} addresses or more", shown.join(", "));
    let parts = ranges.iter().map(|(number, _)| (*number, all.clone())).collect();
    Some(Open { parts, ranges: distinct.len() })
}

/// Traffic cut so that each rule covers a piece entirely or not at all.
fn pieces(rules: &[&Listed]) -> BTreeSet<Traffic> {
    let traffics = || rules.iter().map(|listed| listed.rule.traffic);
    let mut found: BTreeSet<Traffic> =
        traffics().filter(|t| !matches!(t, Traffic::Tcp(_) | Traffic::Udp(_))).collect();
    let tcp =
        traffics().filter_map(|t| if let Traffic::Tcp(ports) = t { Some(ports) } else { None });
    found.extend(segments(tcp).into_iter().map(Traffic::Tcp));
    let udp =
        traffics().filter_map(|t| if let Traffic::Udp(ports) = t { Some(ports) } else { None });
    found.extend(segments(udp).into_iter().map(Traffic::Udp));
    found
}

/// The port ranges between adjacent borders.
fn segments(ranges: impl Iterator<Item = Ports>) -> Vec<Ports> {
    let borders: BTreeSet<u32> =
        ranges.flat_map(|ports| [u32::from(ports.from), u32::from(ports.to) + 1]).collect();
    let borders: Vec<u32> = borders.into_iter().collect();
    borders
        .windows(2)
        .filter_map(|pair| {
            let from = u16::try_from(pair[0]).ok()?;
            Some(Ports { from, to: u16::try_from(pair[1] - 1).ok()? })
        })
        .collect()
}

/// The rules that open all ports of a protocol to somebody other than the group itself, alone or
/// with others.
pub(super) fn all_ports(rules: &[&Listed]) -> BTreeSet<Part> {
    let mut found = BTreeSet::new();
    let peers: BTreeSet<&Peer> = rules.iter().map(|listed| &listed.rule.peer).collect();
    for peer in peers.into_iter().filter(|peer| **peer != Peer::Myself) {
        for of in [Traffic::Tcp as fn(Ports) -> Traffic, Traffic::Udp] {
            let mine = rules.iter().enumerate().filter(|(_, l)| l.rule.peer == *peer);
            let mine: Vec<(usize, Traffic)> = mine
                .map(|(number, listed)| (number, listed.rule.traffic))
                .filter(|(_, traffic)| traffic.overlaps(&of(USABLE)))
                .collect();
            let alone = mine.iter().filter(|(_, traffic)| traffic.covers(&of(USABLE)));
            let alone: Vec<Part> = alone.map(|(number, _)| (*number, peer.to_string())).collect();
            let together = || {
                let pieces = mine.iter().filter_map(|(_, traffic)| match traffic {
                    Traffic::Tcp(ports) | Traffic::Udp(ports) => Some(*ports),
                    _ => None,
                });
                covers_usable(pieces)
            };
            if !alone.is_empty() {
                found.extend(alone);
            } else if together() {
                let what = format!("{peer}, together with other rules all ports");
                found.extend(mine.iter().map(|(number, _)| (*number, what.clone())));
            }
        }
    }
    found
}

fn covers_usable(pieces: impl Iterator<Item = Ports>) -> bool {
    let mut pieces: Vec<Ports> = pieces.collect();
    pieces.sort_unstable();
    let reached = pieces.iter().fold(u32::from(USABLE.from), |next, ports| {
        if u32::from(ports.from) <= next { next.max(u32::from(ports.to) + 1) } else { next }
    });
    reached > u32::from(USABLE.to)
}
