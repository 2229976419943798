//! Unions of address ranges: what several rules open together.

use super::Cidr;

/// The first and the last address, as numbers.
type Range = (u128, u128);

/// IPv6 global unicast, `2000::/3`: every address that IANA assigns (RFC 4291, section 2.4).
const GLOBAL_UNICAST: Range = (0x2 << 124, (0x4 << 124) - 1);

/// A set of addresses of both families. Ranges that overlap or touch are merged, so that a large
/// range cannot hide in pieces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressSpace {
    v4: Vec<Range>,
    v6: Vec<Range>,
}

impl AddressSpace {
    /// The union of these ranges.
    pub fn of<'a>(ranges: impl IntoIterator<Item = &'a Cidr>) -> Self {
        let mut space = Self::default();
        for cidr in ranges {
            let family = if cidr.is_ipv6() { &mut space.v6 } else { &mut space.v4 };
            family.push(cidr.bounds());
        }
        merge(&mut space.v4);
        merge(&mut space.v6);
        space
    }

    /// Whether it covers half of all IPv4 addresses or more. Half is enough: rules that leave a
    /// part out to evade a check leave out less.
    pub fn is_most_of_ipv4(&self) -> bool {
        self.v4.iter().map(|range| size(*range)).sum::<u128>() >= 1 << 31
    }

    /// Whether it covers half of all IPv6 addresses or more, or half of those that are assigned at
    /// all (`2000::/3`).
    pub fn is_most_of_ipv6(&self) -> bool {
        let (first, last) = GLOBAL_UNICAST;
        let assigned = self.v6.iter().map(|(from, to)| ((*from).max(first), (*to).min(last)));
        let assigned: u128 = assigned.filter(|(from, to)| from <= to).map(size).sum();
        // All of IPv6 has one address more than a u128 can count.
        let all = self.v6.iter().map(|range| size(*range)).fold(0_u128, u128::saturating_add);
        assigned >= 1 << 124 || all >= 1 << 127
    }

    /// Whether a contiguous range of it is larger than an IPv4 /8 or an IPv6 /32, or it covers
    /// almost everything: S3 considers a condition on such addresses public (S3 user guide, "The
    /// meaning of public").
    pub fn is_broad(&self) -> bool {
        self.is_most_of_ipv4()
            || self.is_most_of_ipv6()
            || self.v4.iter().any(|range| size(*range) > 1 << 24)
            || self.v6.iter().any(|range| size(*range) > 1 << 96)
    }
}

/// The number of addresses; one too few for all of IPv6.
fn size((first, last): Range) -> u128 {
    (last - first).saturating_add(1)
}

fn merge(ranges: &mut Vec<Range>) {
    ranges.sort_unstable();
    let mut merged: Vec<Range> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges.drain(..) {
        match merged.last_mut() {
            Some((_, end)) if first <= end.saturating_add(1) => *end = (*end).max(last),
            _ => merged.push((first, last)),
        }
    }
    *ranges = merged;
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn space(ranges: &[&str]) -> AddressSpace {
        let ranges: Vec<Cidr> = ranges.iter().map(|text| text.parse().unwrap()).collect();
        AddressSpace::of(&ranges)
    }

    #[test]
    fn an_address_space_in_pieces_is_the_space() {
        for pieces in [
            &["0.0.0.0/0"][..],
            &["0.0.0.0/1"],
            &["128.0.0.0/1"],
            &["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2", "192.0.0.0/2"],
            // Half of it, in pieces that do not touch.
            &["0.0.0.0/2", "128.0.0.0/2"],
            &["0.0.0.0/3", "32.0.0.0/3", "96.0.0.0/3", "192.0.0.0/3"],
            // Everything but 10.0.0.0/8 and what is above 224.
            &[
                "0.0.0.0/5",
                "8.0.0.0/7",
                "11.0.0.0/8",
                "12.0.0.0/6",
                "16.0.0.0/4",
                "32.0.0.0/3",
                "64.0.0.0/2",
                "128.0.0.0/2",
            ],
        ] {
            assert!(space(pieces).is_most_of_ipv4(), "{pieces:?}");
            assert!(!space(pieces).is_most_of_ipv6(), "{pieces:?}");
        }
        for pieces in [
            &["::/0"][..],
            &["::/1"],
            &["8000::/1"],
            &["2000::/3"],
            &["2000::/4", "3000::/4"],
            // Nothing outside of 2000::/4 has been handed out so far.
            &["2000::/4"],
            &["2000::/6", "2400::/6", "2800::/6", "2c00::/6"],
            &["::/2", "4000::/2", "8000::/2", "c000::/2"],
        ] {
            assert!(space(pieces).is_most_of_ipv6(), "{pieces:?}");
            assert!(!space(pieces).is_most_of_ipv4(), "{pieces:?}");
        }
    }

    #[test]
    fn networks_are_not_the_internet() {
        for pieces in [
            &[][..],
            &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"],
            &["0.0.0.0/2"],
            &["0.0.0.0/2", "0.0.0.0/2", "0.0.0.0/3", "10.0.0.0/8"],
            &["fc00::/7", "fe80::/10", "2001:db8::/32", "2600::/12"],
        ] {
            let space = space(pieces);
            assert!(!space.is_most_of_ipv4() && !space.is_most_of_ipv6(), "{pieces:?}");
        }
    }

    #[test]
    fn a_stretch_above_an_8_or_a_32_is_broad_however_it_is_cut() {
        for (pieces, broad) in [
            (&["203.0.113.0/24", "10.0.0.0/8", "2001:db8::/32"][..], false),
            (&["52.0.0.0/8", "54.0.0.0/8"], false),
            (&["52.0.0.0/8", "53.0.0.0/32"], true),
            (&["52.0.0.0/7"], true),
            (&["2600::/31"], true),
            (&["2600::/32", "2600:1::/32"], true),
        ] {
            assert_eq!(space(pieces).is_broad(), broad, "{pieces:?}");
        }
    }

    proptest! {
        #[test]
        fn the_order_and_repetition_of_ranges_mean_nothing(
            mut ranges in vec((any::<u32>(), 1_u8..=32), 1..6), again in 0_usize..6,
        ) {
            let read = |ranges: &[(u32, u8)]| {
                let cidr = |(address, length): &(u32, u8)| {
                    format!("{}/{length}", std::net::Ipv4Addr::from(*address)).parse().unwrap()
                };
                let cidrs: Vec<Cidr> = ranges.iter().map(cidr).collect();
                AddressSpace::of(&cidrs)
            };
            let first = read(&ranges);
            ranges.push(ranges[again % ranges.len()]);
            ranges.reverse();
            prop_assert_eq!(&read(&ranges), &first);
        }

        #[test]
        fn cutting_a_range_in_two_changes_nothing(address: u32, length in 1_u8..32) {
            let whole: Cidr = format!("{}/{length}", std::net::Ipv4Addr::from(address)).parse().unwrap();
            let (first, _) = whole.bounds();
            let half = |first: u128| -> Cidr {
                let address = std::net::Ipv4Addr::from(u32::try_from(first).unwrap());
                format!("{address}/{}", length + 1).parse().unwrap()
            };
            let halves = [half(first), half(first + (1 << (31 - length)))];
            prop_assert_eq!(AddressSpace::of(&halves), AddressSpace::of([&whole]));
        }
    }
}
