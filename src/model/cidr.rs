//! Address ranges as AWS stores them: host bits masked, IPv6 lower-case and compressed.

use std::{fmt, net::IpAddr, str::FromStr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// A canonical address range, IPv4 or IPv6: two ranges are the same exactly when they are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cidr(IpNet);

/// Why a text is not an address range that palisade accepts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotACidr {
    /// It does not have the form `address/prefix length`.
    #[error("`{0}` is not a CIDR block")]
    Syntax(String),
    /// A nonzero address with a prefix length of 0. AWS reads it as the whole Internet; its author
    /// probably mistyped the length.
    #[error("`{0}` means every address, because its prefix length is 0")]
    OpenByTypo(String),
}

impl Cidr {
    /// Whether every address of `other` is in this range. Families never contain each other.
    pub fn contains(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (IpNet::V4(outer), IpNet::V4(inner)) => outer.contains(inner),
            (IpNet::V6(outer), IpNet::V6(inner)) => outer.contains(inner),
            _ => false,
        }
    }

    /// Whether any address is in both ranges.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// Whether this is an IPv6 range.
    pub fn is_ipv6(&self) -> bool {
        matches!(self.0, IpNet::V6(_))
    }

    /// The first and the last address, as numbers of the family.
    pub(super) fn bounds(&self) -> (u128, u128) {
        match &self.0 {
            IpNet::V4(net) => (u32::from(net.network()).into(), u32::from(net.broadcast()).into()),
            IpNet::V6(net) => (net.network().into(), net.broadcast().into()),
        }
    }

    /// Whether this is `0.0.0.0/0` or `::/0`.
    pub fn is_everything(&self) -> bool {
        self.0.prefix_len() == 0
    }
}

impl FromStr for Cidr {
    type Err = NotACidr;

    fn from_str(text: &str) -> Result<Self, NotACidr> {
        let net = read(text).ok_or_else(|| NotACidr::Syntax(text.to_owned()))?;
        if net.prefix_len() == 0 && !net.addr().is_unspecified() {
            return Err(NotACidr::OpenByTypo(text.to_owned()));
        }
        Ok(Self(net.trunc()))
    }
}

/// Reads an address by the rules of the standard library, which refuse leading zeros: some programs
/// read `010.0.0.0` as octal.
fn read(text: &str) -> Option<IpNet> {
    let (address, length) = text.split_once('/')?;
    let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    let length = is_number.then(|| length.parse().ok()).flatten()?;
    IpNet::new(address.parse::<IpAddr>().ok()?, length).ok()
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for Cidr {
    type Error = NotACidr;

    fn try_from(text: String) -> Result<Self, NotACidr> {
        text.parse()
    }
}

impl From<Cidr> for String {
    fn from(cidr: Cidr) -> Self {
        cidr.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(text: &str) -> String {
        text.parse::<Cidr>().expect("a CIDR block").to_string()
    }

    #[test]
    fn host_bits_are_masked_and_ipv6_is_compressed_in_lower_case() {
        for (written, kept) in [
            ("100.68.0.18/18", "100.68.0.0/18"),
            ("10.0.0.1/32", "10.0.0.1/32"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("2001:DB8:0:0:0:0:0:1/64", "2001:db8::/64"),
            ("0:0:0:0:0:0:0:0/0", "::/0"),
            ("2001:db8::1/128", "2001:db8::1/128"),
        ] {
            assert_eq!(canonical(written), kept);
        }
    }

    #[test]
    fn a_prefix_length_of_zero_must_be_meant() {
        for typo in ["10.0.0.0/0", "192.168.1.1/0", "2001:db8::/0"] {
            assert_eq!(typo.parse::<Cidr>(), Err(NotACidr::OpenByTypo(typo.to_owned())));
        }
    }

    #[test]
    fn what_is_not_an_address_with_a_prefix_length_is_refused() {
        for wrong in [
            "",
            "10.0.0.0",
            "10.0.0.0/33",
            "010.0.0.0/8",
            "::/129",
            "10.0.0.0/+8",
            "::/",
            "10.0.0/8",
            "a/8",
        ] {
            assert_eq!(wrong.parse::<Cidr>(), Err(NotACidr::Syntax(wrong.to_owned())));
        }
    }

    #[test]
    fn families_never_contain_each_other() {
        let everything: [Cidr; 2] = ["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()];
        assert!(!everything[0].contains(&everything[1]) && !everything[1].contains(&everything[0]));
        assert!(everything.iter().all(Cidr::is_everything));
    }

    proptest! {
        #[test]
        fn a_canonical_range_reads_back_as_itself_and_contains_its_address(
            address: IpAddr, length in 1u8..=32,
        ) {
            let cidr: Cidr = format!("{address}/{length}").parse().unwrap();
            prop_assert_eq!(cidr.to_string().parse::<Cidr>().unwrap(), cidr);
            let full = if address.is_ipv4() { 32 } else { 128 };
            let single = format!("{address}/{full}").parse().unwrap();
            prop_assert!(cidr.contains(&single));
        }
    }
}
