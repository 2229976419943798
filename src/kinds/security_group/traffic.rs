//! Protocol and ports of a rule, in one canonical form of AWS's several spellings.

use std::{fmt, ops::RangeInclusive, str::FromStr};

use super::spec::ProtocolName;

/// What a rule allows. A port range exists only if AWS uses it: with every other protocol EC2
/// ignores ports and allows all of them (EC2 API reference, `IpPermission`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Traffic {
    /// All protocols and ports (`-1`).
    All,
    /// TCP (6).
    Tcp(Ports),
    /// UDP (17).
    Udp(Ports),
    /// ICMP (1).
    Icmp(Messages),
    /// ICMPv6 (58).
    Icmpv6(Messages),
    /// Any other IP protocol, by number.
    Other(u8),
}

/// A port range, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ports {
    /// The lowest port.
    pub from: u16,
    /// The highest port.
    pub to: u16,
}

/// ICMP messages; a code only narrows a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Messages {
    /// All types and codes.
    All,
    /// All codes of one type.
    Type(u8),
    /// One code of one type.
    Code(u8, u8),
}

impl Ports {
    /// Every port.
    pub const ALL: Self = Self { from: 0, to: u16::MAX };

    fn range(self) -> RangeInclusive<u16> {
        self.from..=self.to
    }

    fn covers(self, other: Self) -> bool {
        self.range().contains(&other.from) && self.range().contains(&other.to)
    }

    fn overlaps(self, other: Self) -> bool {
        self.from <= other.to && other.from <= self.to
    }
}

impl Messages {
    fn covers(self, other: Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (Self::Type(outer), Self::Type(inner) | Self::Code(inner, _)) => outer == inner,
            _ => self == other,
        }
    }

    /// AWS's `FromPort` and `ToPort`: the type and the code, -1 for all.
    fn to_aws(self) -> (i32, i32) {
        match self {
            Self::All => (-1, -1),
            Self::Type(kind) => (i32::from(kind), -1),
            Self::Code(kind, code) => (i32::from(kind), i32::from(code)),
        }
    }

    fn from_aws(kind: i32, code: i32) -> Option<Self> {
        match (kind, code) {
            (-1, _) => Some(Self::All),
            (kind, -1) => u8::try_from(kind).ok().map(Self::Type),
            (kind, code) => Some(Self::Code(u8::try_from(kind).ok()?, u8::try_from(code).ok()?)),
        }
    }
}

impl Traffic {
    /// Whether this contains everything in `other`.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (Self::Tcp(a), Self::Tcp(b)) | (Self::Udp(a), Self::Udp(b)) => a.covers(*b),
            (Self::Icmp(a), Self::Icmp(b)) | (Self::Icmpv6(a), Self::Icmpv6(b)) => a.covers(*b),
            _ => self == other,
        }
    }

    /// Whether both have something in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Tcp(a), Self::Tcp(b)) | (Self::Udp(a), Self::Udp(b)) => a.overlaps(*b),
            _ => self.covers(other) || other.covers(self),
        }
    }

    /// `IpProtocol`, `FromPort`, `ToPort` as they are sent: ports only if EC2 uses them.
    pub fn to_aws(self) -> (String, Option<i32>, Option<i32>) {
        let (name, ports) = match self {
            Self::All => ("-1".to_owned(), None),
            Self::Tcp(ports) => ("tcp".to_owned(), Some((ports.from.into(), ports.to.into()))),
            Self::Udp(ports) => ("udp".to_owned(), Some((ports.from.into(), ports.to.into()))),
            Self::Icmp(messages) => ("icmp".to_owned(), Some(messages.to_aws())),
            Self::Icmpv6(messages) => ("icmpv6".to_owned(), Some(messages.to_aws())),
            Self::Other(number) => (number.to_string(), None),
        };
        (name, ports.map(|(from, _)| from), ports.map(|(_, to)| to))
    }

    /// As [`Self::to_aws`], for the calls that create a rule. With a protocol that has no ports,
    /// EC2 drops those in the request and describes the rule with -1 to -1; other servers with
    /// EC2's API may require them.
    pub fn to_authorize(self) -> (String, Option<i32>, Option<i32>) {
        match self {
            Self::Other(number) => (number.to_string(), Some(-1), Some(-1)),
            _ => self.to_aws(),
        }
    }

    /// Reads what AWS returns. Absent ports and -1 both mean all of them: the two calls that
    /// describe rules differ in this.
    pub fn from_aws(protocol: &str, from: Option<i32>, to: Option<i32>) -> Option<Self> {
        let ports = || match (from.unwrap_or(-1), to.unwrap_or(-1)) {
            (-1, -1) => Some(Ports::ALL),
            (from, to) => {
                Some(Ports { from: u16::try_from(from).ok()?, to: u16::try_from(to).ok()? })
            }
        };
        let messages = || Messages::from_aws(from.unwrap_or(-1), to.unwrap_or(-1));
        Some(match protocol.parse().ok()? {
            ProtocolName::All => Self::All,
            ProtocolName::Tcp => Self::Tcp(ports()?),
            ProtocolName::Udp => Self::Udp(ports()?),
            ProtocolName::Icmp => Self::Icmp(messages()?),
            ProtocolName::Icmpv6 => Self::Icmpv6(messages()?),
            ProtocolName::Number(number) => Self::Other(number),
        })
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::ALL => f.write_str("all ports"),
            Self { from, to } if from == to => write!(f, "{from}"),
            Self { from, to } => write!(f, "{from}-{to}"),
        }
    }
}

impl FromStr for Ports {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let port = |end: &str| {
            end.trim().parse().map_err(|_| format!("`{text}` is not a port; ports are 0 to 65535"))
        };
        let ports = match text.split_once('-') {
            _ if text == "all" || text == "all ports" => Self::ALL,
            Some((from, to)) => Self { from: port(from)?, to: port(to)? },
            None => Self { from: port(text)?, to: port(text)? },
        };
        if ports.from > ports.to {
            return Err(format!("the range {text} ends before it begins"));
        }
        Ok(ports)
    }
}

impl fmt::Display for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all types"),
            Self::Type(kind) => write!(f, "type {kind}"),
            Self::Code(kind, code) => write!(f, "type {kind} code {code}"),
        }
    }
}

impl FromStr for Messages {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |_| format!("`{text}` is not a kind of ICMP message");
        if text == "all types" {
            return Ok(Self::All);
        }
        let rest = text.strip_prefix("type ").unwrap_or(text);
        match rest.split_once(" code ") {
            Some((kind, code)) => {
                Ok(Self::Code(kind.parse().map_err(wrong)?, code.parse().map_err(wrong)?))
            }
            None => rest.parse().map(Self::Type).map_err(wrong),
        }
    }
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all traffic"),
            Self::Tcp(ports) => write!(f, "tcp {ports}"),
            Self::Udp(ports) => write!(f, "udp {ports}"),
            Self::Icmp(messages) => write!(f, "icmp {messages}"),
            Self::Icmpv6(messages) => write!(f, "icmpv6 {messages}"),
            Self::Other(number) => write!(f, "protocol {number}"),
        }
    }
}

impl FromStr for Traffic {
    type Err = String;

    /// Reads what `Display` wrote: in canonical states, not in manifests.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not the traffic of a rule");
        let (protocol, rest) = text.split_once(' ').ok_or_else(wrong)?;
        match protocol {
            "all" => Ok(Self::All),
            "tcp" => rest.parse().map(Self::Tcp),
            "udp" => rest.parse().map(Self::Udp),
            "icmp" => rest.parse().map(Self::Icmp),
            "icmpv6" => rest.parse().map(Self::Icmpv6),
            "protocol" => rest.parse().map(Self::Other).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }
}
