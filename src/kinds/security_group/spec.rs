//! A security group as people write it.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, SeqAccess, Visitor},
};

use crate::kind::{TagSpec, Target};

/// A security group of a VPC, with its rules.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// Name of the group; default: `metadata.name`. Unique in the VPC, ignoring case; up to 255
    /// characters, not beginning with `sg-`. Immutable. The VPC's own group `default` can only be
    /// managed by `lifecycle.adopt`.
    #[serde(default)]
    pub group_name: Option<String>,
    /// Description of the group, 1 to 255 characters. Immutable. Default for a new group: `Managed
    /// by palisade`; without this field it is not compared.
    #[serde(default)]
    pub description: Option<String>,
    /// The VPC: its id, or a lookup by tags that must find exactly one. Immutable.
    pub vpc: Target,
    /// Whether rules that are not listed are drift (`exclusive`, the default) or belong to somebody
    /// else (`additive`).
    #[serde(default)]
    pub rules: Mode,
    /// Rules for traffic into the group. Absent: not managed. `[]`: none.
    #[serde(default)]
    pub ingress: Option<Vec<IngressRule>>,
    /// Rules for traffic out of the group. Absent: not managed, and a new group keeps AWS's default
    /// of allowing everything. `[]`: none. With exclusive rules AWS's default is revoked unless it
    /// is listed.
    #[serde(default)]
    pub egress: Option<Vec<EgressRule>>,
    /// Further VPCs of the Region whose network interfaces may use the group: ids, references to
    /// `AWS::EC2::VPC`, or lookups that find one each. Absent: not managed. `[]` or `null`: none.
    /// Any other is disassociated, once no interface there uses the group. Not for the VPC's own
    /// group `default`.
    #[serde(default, deserialize_with = "listed")]
    #[schemars(with = "Option<Vec<Target>>")]
    pub associated_vpcs: Option<Vec<Target>>,
    /// The account's quota of rules per direction and address family, 1 to 1000. Default: 60, AWS's
    /// own. Only used for counting before anything is written; AWS enforces its own number.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    pub rule_quota: Option<u32>,
    /// Tags of the group; `null` as value: the tag must not be set. Others are not managed.
    #[serde(default)]
    pub tags: TagSpec,
}

/// Who owns the rules that no manifest lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// In the directions that are listed, every other rule is drift and is revoked.
    #[default]
    Exclusive,
    /// Only the listed rules are ours: missing ones are added, others stay, AWS's default egress
    /// included. A rule that is removed from the manifest stays too.
    Additive,
}

/// One entry of `ingress`: a rule for each combination of ports and peers.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IngressRule {
    /// Description of these rules, up to 255 characters, edited in place. `null` or empty: none.
    /// Absent: not managed. EC2 accepts `&` only if all peers are CIDR blocks.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<String>")]
    pub description: Option<Option<String>>,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, `all` (or -1), or the number of an IP protocol (0 to 255).
    pub protocol: ProtocolName,
    /// Ports, with tcp and udp only: `443`, `8192-65535`, `all`, or a list of these.
    #[serde(default)]
    pub ports: Option<PortList>,
    /// ICMP messages, with icmp and icmpv6 only.
    #[serde(default)]
    pub icmp: Option<IcmpSpec>,
    /// Sources: CIDR blocks, `self`, `{ref: another SecurityGroup}`, `sg-…` (over VPC peering also
    /// one of another account, which may be written with it: `111122223333/sg-…`), `pl-…`, or
    /// `{lookup: {name: …}}` of a prefix list. A prefix list counts with its MaxEntries.
    pub from: Vec<Target>,
}

/// One entry of `egress`: a rule for each combination of ports and peers.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EgressRule {
    /// Description of these rules, up to 255 characters, edited in place. `null` or empty: none.
    /// Absent: not managed. EC2 accepts `&` only if all peers are CIDR blocks.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<String>")]
    pub description: Option<Option<String>>,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, `all` (or -1), or the number of an IP protocol (0 to 255).
    pub protocol: ProtocolName,
    /// Ports, with tcp and udp only: `443`, `8192-65535`, `all`, or a list of these.
    #[serde(default)]
    pub ports: Option<PortList>,
    /// ICMP messages, with icmp and icmpv6 only.
    #[serde(default)]
    pub icmp: Option<IcmpSpec>,
    /// Destinations: CIDR blocks, `self`, `{ref: another SecurityGroup}`, `sg-…` (over VPC peering
    /// also one of another account, which may be written with it: `111122223333/sg-…`), `pl-…`, or
    /// `{lookup: {name: …}}` of a prefix list. A prefix list counts with its MaxEntries.
    pub to: Vec<Target>,
}

/// ICMP messages. `{}`: all of them.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IcmpSpec {
    /// The type, 0 to 255 (8: echo request). Absent: all types and codes.
    #[serde(default, rename = "type")]
    pub kind: Option<u8>,
    /// The code, 0 to 255, only with a type. Absent: all codes of the type.
    #[serde(default)]
    pub code: Option<u8>,
}

/// An IP protocol: AWS's names, and numbers for the rest. The four protocols that have a name are
/// represented by it only, so that `6` and `tcp` are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProtocolName {
    /// `all` or -1.
    All,
    /// `tcp` or 6.
    Tcp,
    /// `udp` or 17.
    Udp,
    /// `icmp` or 1.
    Icmp,
    /// `icmpv6` or 58.
    Icmpv6,
    /// Any other.
    Number(u8),
}

const PROTOCOL_FORMS: &str = "tcp, udp, icmp, icmpv6, all, or the number of an IP protocol";

impl FromStr for ProtocolName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text.to_ascii_lowercase().as_str() {
            "all" | "-1" => Self::All,
            "tcp" | "6" => Self::Tcp,
            "udp" | "17" => Self::Udp,
            "icmp" | "1" => Self::Icmp,
            "icmpv6" | "58" => Self::Icmpv6,
            other => Self::Number(
                other
                    .parse()
                    .map_err(|_| format!("unknown protocol `{text}`: write {PROTOCOL_FORMS}"))?,
            ),
        })
    }
}

struct ProtocolVisitor;

impl Visitor<'_> for ProtocolVisitor {
    type Value = ProtocolName;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PROTOCOL_FORMS)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ProtocolName, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<ProtocolName, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<ProtocolName, E> {
        self.visit_str(&number.to_string())
    }
}

impl<'de> Deserialize<'de> for ProtocolName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ProtocolVisitor)
    }
}

impl JsonSchema for ProtocolName {
    fn schema_name() -> Cow<'static, str> {
        "Protocol".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "tcp, udp, icmp, icmpv6, all (or -1), or the number of an IP protocol.",
            "anyOf": [
                {"enum": ["tcp", "udp", "icmp", "icmpv6", "all", "-1"]},
                {"type": "integer", "minimum": -1, "maximum": 255},
                {"type": "string", "pattern": "^[0-9]{1,3}$"}
            ]
        })
    }
}

/// Ports as written: each is a port, a range or `all`. Checked when the spec is resolved, so that
/// every invalid one is reported with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortList(pub Vec<String>);

struct PortListVisitor;

impl<'de> Visitor<'de> for PortListVisitor {
    type Value = PortList;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a port, a range such as `8192-65535`, `all`, or a list of these")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<PortList, E> {
        Ok(PortList(vec![text.to_owned()]))
    }

    fn visit_i64<E: de::Error>(self, port: i64) -> Result<PortList, E> {
        Ok(PortList(vec![port.to_string()]))
    }

    fn visit_u64<E: de::Error>(self, port: u64) -> Result<PortList, E> {
        Ok(PortList(vec![port.to_string()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<PortList, A::Error> {
        let mut ports = Vec::new();
        while let Some(PortList(one)) = seq.next_element()? {
            ports.extend(one);
        }
        Ok(PortList(ports))
    }
}

impl<'de> Deserialize<'de> for PortList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PortListVisitor)
    }
}

impl JsonSchema for PortList {
    fn schema_name() -> Cow<'static, str> {
        "Ports".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let port = json_schema!({
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": 65535},
                {"type": "string", "pattern": "^(all|[0-9]{1,5}( *- *[0-9]{1,5})?)$"}
            ]
        });
        json_schema!({
            "description": "A port, a range such as `8192-65535`, `all`, or a list of these.",
            "anyOf": [port.clone(), {"type": "array", "items": port, "minItems": 1}]
        })
    }
}

/// Reads `null` as the empty list.
fn listed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Target>>, D::Error> {
    Option::deserialize(deserializer).map(|list| Some(list.unwrap_or_default()))
}

/// Distinguishes `null` from an absent field.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
