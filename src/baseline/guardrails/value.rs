//! The types of parameters: what a value may look like, and how it stands in a policy.

use std::str::FromStr as _;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{block::Parameter, compose::Known};
use crate::{
    kind::{Invalid, has_placeholder},
    model::Cidr,
};

/// What a value of a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Type {
    /// A role by name, in any account, or its ARN.
    Role,
    /// A role by name, in the scope's account, or its ARN.
    OwnRole,
    /// The ARN of a role, with its account.
    RoleArn,
    /// An ARN, or a pattern of ARNs.
    Arn,
    /// Twelve digits.
    Account,
    /// The id of an organization.
    Organization,
    /// A Region.
    Region,
    /// A Region, or `*`.
    RegionOrAll,
    /// A range of addresses.
    Cidr,
    /// The id of a VPC endpoint.
    Vpce,
    /// The id of a subnet.
    Subnet,
    /// The id of a VPC.
    Vpc,
    /// The name of a bucket, or a pattern of names.
    Bucket,
    /// A name, or a pattern of names.
    Name,
    /// The key of a tag.
    TagKey,
    /// An action, or a pattern of actions.
    Action,
    /// An instance type of SageMaker, or a pattern of types.
    InstanceType,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// One of a closed list of words.
    Word,
}

impl Type {
    /// What a value is, for messages and documentation.
    pub fn says(self) -> &'static str {
        match self {
            Self::Role => "the name of a role, with its path, or its ARN",
            Self::OwnRole => "the name of a role of the account, with its path, or its ARN",
            Self::RoleArn => "the ARN of a role, with its account",
            Self::Arn => "an ARN, or a pattern of ARNs",
            Self::Account => "the twelve digits of an account, quoted",
            Self::Organization => "the id of an organization, o-…",
            Self::Region => "a Region, such as eu-west-1",
            Self::RegionOrAll => "a Region, such as eu-west-1, or `*`",
            Self::Cidr => "a range of addresses, such as 203.0.113.0/24",
            Self::Vpce => "the id of a VPC endpoint, vpce-…",
            Self::Subnet => "the id of a subnet, subnet-…",
            Self::Vpc => "the id of a VPC, vpc-…",
            Self::Bucket => "the name of a bucket, or a pattern of names",
            Self::Name => "a name, or a pattern of names",
            Self::TagKey => "the key of a tag",
            Self::Action => "an action, such as s3:GetObject, or a pattern of actions",
            Self::InstanceType => "an instance type, such as ml.m5.xlarge, or a pattern of types",
            Self::Integer => "a whole number",
            Self::Boolean => "true or false",
            Self::Word => "one of a list of words",
        }
    }

    /// Whether a text has the form of a value.
    fn is_form(self, text: &str, words: &[String]) -> bool {
        match self {
            Self::Role => is_role(text, true),
            Self::OwnRole => is_role(text, false),
            Self::RoleArn => text.starts_with("arn:") && is_role(text, false),
            Self::Arn => is_arn(text),
            Self::Account => text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()),
            // Organizations API reference, `OrganizationId`.
            Self::Organization => text.strip_prefix("o-").is_some_and(|id| {
                (10..=32).contains(&id.len()) && id.bytes().all(is_lower_or_digit)
            }),
            Self::Region => is_region(text),
            Self::RegionOrAll => text == "*" || is_region(text),
            Self::Cidr => Cidr::from_str(text).is_ok(),
            Self::Vpce => is_id(text, "vpce-"),
            Self::Subnet => is_id(text, "subnet-"),
            Self::Vpc => is_id(text, "vpc-"),
            Self::Bucket => {
                begins_literally(text)
                    && text.bytes().all(|b| is_lower_or_digit(b) || b".-*?".contains(&b))
            }
            Self::Name => {
                !text.is_empty()
                    && text.chars().all(|c| c.is_ascii_graphic() && !"\"{}".contains(c))
            }
            Self::TagKey => {
                let plain = |c: char| c.is_alphanumeric() || " _.:/=+-@*?".contains(c);
                begins_literally(text) && text.chars().all(plain)
            }
            Self::Action => text.split_once(':').is_some_and(|(service, action)| {
                begins_literally(service)
                    && service.bytes().all(|b| is_lower_or_digit(b) || b == b'-')
                    && !action.is_empty()
                    && action.bytes().all(|b| b.is_ascii_alphanumeric() || b"*?".contains(&b))
            }),
            Self::InstanceType => {
                text == "system"
                    || text.strip_prefix("ml.").is_some_and(|it| {
                        begins_literally(it)
                            && it.bytes().all(|b| is_lower_or_digit(b) || b".-*?".contains(&b))
                    })
            }
            Self::Integer | Self::Boolean => true,
            Self::Word => words.iter().any(|word| word == text),
        }
    }

    /// How a value stands in a policy.
    fn spelt(self, text: String, known: &Known<'_>) -> String {
        let account = match self {
            Self::Role => "*",
            Self::OwnRole => known.account,
            _ => return text,
        };
        if text.starts_with("arn:") || has_placeholder(&text) {
            return text;
        }
        format!("arn:{}:iam::{account}:role/{text}", known.partition)
    }
}

fn is_lower_or_digit(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// A pattern that begins with a wildcard matches what its author has never seen: `*palisade*` would
/// exempt whoever chooses a name.
fn begins_literally(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphanumeric())
}

fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|id| !id.is_empty() && id.bytes().all(is_lower_or_digit))
}

fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [first, middle @ .., last] = &parts[..] else { return false };
    let letters = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    letters(first)
        && !middle.is_empty()
        && middle.iter().all(letters)
        && !last.is_empty()
        && last.bytes().all(|b| b.is_ascii_digit())
}

/// Six parts, of which partition and service are literal.
fn is_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, _, _, resource] = parts[..] else { return false };
    arn == "arn"
        && partition.starts_with("aws")
        && begins_literally(service)
        && !service.contains(['*', '?'])
        && !resource.is_empty()
        && text.chars().all(|c| c.is_ascii_graphic() && !"\"{}".contains(c))
}

/// A role's name with its path, or its ARN; the account may be any if `everywhere` (IAM API
/// reference, `roleNameType` and `pathType`).
fn is_role(text: &str, everywhere: bool) -> bool {
    let plain = |name: &str| {
        let is_part = |b: u8| b.is_ascii_alphanumeric() || b"+=,.@-_/*?".contains(&b);
        begins_literally(name) && name.len() <= 576 && name.bytes().all(is_part)
    };
    let Some(rest) = text.strip_prefix("arn:") else { return plain(text) };
    let parts: Vec<&str> = rest.splitn(5, ':').collect();
    let [partition, "iam", "", account, resource] = parts[..] else { return false };
    let is_account = Type::Account.is_form(account, &[]);
    partition.starts_with("aws")
        && (is_account || (everywhere && account == "*"))
        && resource.strip_prefix("role/").is_some_and(plain)
}

impl Parameter {
    /// The texts of a value in a policy; what is wrong with it is added to the problems.
    pub(super) fn read(
        &self,
        field: &str,
        value: &Value,
        known: &Known<'_>,
        problems: &mut Vec<Invalid>,
    ) -> Vec<String> {
        match value {
            Value::Null if !self.list && self.default == Some(Value::Null) => Vec::new(),
            Value::Array(items) if self.list => {
                let mut texts: Vec<String> = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    let field = format!("{field}[{index}]");
                    let Some(text) = self.one(&field, item, known, problems) else { continue };
                    if texts.contains(&text) {
                        let why = "occurs twice";
                        problems.push(Invalid::new(field, why).help("keep one"));
                    } else {
                        texts.push(text);
                    }
                }
                if items.len() < self.min {
                    let why = format!("is empty; at least {} must be named", self.min);
                    problems.push(Invalid::new(field, why).help(self.help()));
                }
                texts
            }
            _ if self.list => {
                let why = "is not a list";
                problems.push(Invalid::new(field, why).help(self.help()));
                Vec::new()
            }
            one => self.one(field, one, known, problems).into_iter().collect(),
        }
    }

    fn one(
        &self,
        field: &str,
        value: &Value,
        known: &Known<'_>,
        problems: &mut Vec<Invalid>,
    ) -> Option<String> {
        let text = match (self.of, value) {
            (Type::Boolean, Value::Bool(flag)) => Some(flag.to_string()),
            (Type::Integer, Value::Number(number)) => {
                let within = number.as_i64().filter(|number| {
                    self.from.is_none_or(|from| *number >= from)
                        && self.to.is_none_or(|to| *number <= to)
                });
                within.map(|number| number.to_string())
            }
            (Type::Boolean | Type::Integer, _) => None,
            // What is not known yet has no form yet.
            (_, Value::String(text)) if has_placeholder(text) => Some(text.clone()),
            (of, Value::String(text)) => of.is_form(text, &self.words).then(|| text.clone()),
            _ => None,
        };
        if text.is_none() {
            let why = format!("is not {}", self.says());
            problems.push(Invalid::new(field, why).help(self.help()));
        }
        text.map(|text| self.of.spelt(text, known))
    }

    /// How a value of the right form stands in a policy.
    pub(super) fn spelt(&self, value: &Value, known: &Known<'_>) -> String {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        self.of.spelt(text, known)
    }

    /// What one value is.
    pub fn says(&self) -> String {
        match (self.of, self.from, self.to) {
            (Type::Integer, Some(from), Some(to)) => format!("a whole number, {from} to {to}"),
            (Type::Word, ..) => format!("one of {}", self.words.join(", ")),
            (of, ..) => of.says().to_owned(),
        }
    }

    /// The schema of its value (draft 7). References and variables are texts whatever the type, so
    /// that the form of a text is not checked here.
    pub fn schema(&self) -> Value {
        let one = match self.of {
            Type::Boolean => json!({"type": "boolean"}),
            Type::Integer => json!({"type": "integer"}),
            Type::Word => json!({"enum": self.words}),
            _ => json!({"type": "string"}),
        };
        let mut schema = match (self.list, &self.default) {
            (true, _) => json!({"type": "array", "items": one, "minItems": self.min}),
            (false, Some(Value::Null)) => json!({"anyOf": [one, {"type": "null"}]}),
            (false, _) => one,
        };
        let each = if self.list { "Each is" } else { "It is" };
        schema["description"] = json!(format!("{} {each} {}.", self.about, self.says()));
        for (bound, limit) in [("minimum", self.from), ("maximum", self.to)] {
            if let Some(limit) = limit {
                schema[bound] = json!(limit);
            }
        }
        if let Some(default) = self.default.as_ref().filter(|it| !it.to_string().contains('{')) {
            schema["default"] = default.clone();
        }
        schema
    }

    fn help(&self) -> String {
        let list = if self.list { "a list, each " } else { "" };
        let pattern = match self.of {
            Type::Role | Type::OwnRole | Type::RoleArn | Type::Bucket | Type::TagKey => {
                "; a pattern does not begin with a wildcard"
            }
            _ => "",
        };
        format!("`{}` is {list}{}{pattern}", self.name, self.says())
    }
}
