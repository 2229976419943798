//! Identifiers, ARNs and what a manifest says: how each follows from the others.

use serde_json::Value;

use super::{overlay::Overlay, types::Type};
use crate::kind::{Claimed, ScopeFacts};

/// How the identifier and the ARN follow from each other.
#[derive(Debug, Clone, Copy)]
pub(super) enum Identifier {
    /// The manifest says the identifier, or AWS invents it. It is a part of the ARN.
    Part,
    /// AWS makes it from a name that the manifest says, which is also in the ARN.
    Made(Made),
    /// The identifier is the ARN, of which AWS invents the part `{id}`.
    Arn,
    /// The identifier is the ARN, of which this property is the part `{id}`.
    ArnOf(&'static str),
    /// The identifier is the ARN of the only one in an account and Region, with this part `{id}`.
    OneArn(&'static str),
    /// What these functions say: from an ARN to the identifier, and back where that is possible.
    By(fn(&str) -> Option<String>, fn(&str) -> Option<String>),
}

/// How AWS makes the identifier of a resource from a name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Made {
    /// The properties that a manifest must say for that.
    pub(super) needs: &'static [&'static str],
    /// The name, where the properties say it.
    pub(super) name: fn(&Value) -> Option<String>,
    /// The identifier, with `{partition}`, `{region}`, `{account}`, `{suffix}`, the end of the
    /// names of hosts in the partition, and `{name}`.
    pub(super) id: &'static str,
}

/// The text of a property.
pub(super) fn said(properties: &Value, property: &str) -> Option<String> {
    properties.get(property)?.as_str().map(str::to_owned)
}

/// A parent, and what is unique in it: two properties.
#[derive(Debug, Clone, Copy)]
pub(super) struct Within {
    /// The property that names the parent. A list is of the resources in one parent.
    pub(super) parent: &'static str,
    /// The property that no two resources in one parent share.
    pub(super) name: &'static str,
}

impl Within {
    /// The two values of a resource, in one text.
    pub(super) fn key(self, properties: &Value) -> Option<String> {
        let said = |name: &str| properties.get(name)?.as_str().filter(|it| !it.is_empty());
        Some(format!("{}|{}", said(self.parent)?, said(self.name)?))
    }
}

impl Identifier {
    /// How it is made from a name, if it is.
    pub(super) fn made(&self) -> Option<&Made> {
        match self {
            Self::Made(made) => Some(made),
            _ => None,
        }
    }
}

impl Type {
    /// What distinguishes a resource with these properties from all others of the type, where a
    /// manifest says it: what its identifier follows from, or its name within its parent.
    pub(super) fn natural_key(&self, properties: &Value) -> Option<String> {
        let said = |name: &str| properties.get(name)?.as_str().map(str::to_owned);
        match (self.overlay.identifier, self.overlay.within) {
            (_, Some(within)) => within.key(properties),
            (Identifier::ArnOf(property), _) => said(property).filter(|it| !it.is_empty()),
            (Identifier::OneArn(part), _) => Some(part.to_owned()),
            _ if self.overlay.invented => None,
            (Identifier::Made(made), _) => (made.name)(properties),
            _ => self.identifier(properties),
        }
    }

    /// The natural key of a live resource.
    pub(super) fn natural_key_of(
        &self,
        id: &str,
        properties: &Value,
        facts: &ScopeFacts,
    ) -> Option<String> {
        match self.overlay.within {
            Some(within) => within.key(properties),
            None if self.overlay.invented => None,
            None if self.overlay.claimed == Claimed::ByName => Some(id.to_owned()),
            None => self.key_of(id, facts),
        }
    }

    /// The identifier that follows from what a manifest says.
    pub(super) fn id_of(&self, key: &str, facts: &ScopeFacts) -> Option<String> {
        match self.overlay.identifier {
            // What is adopted by its name is named by the whole identifier.
            Identifier::Made(_) if key.starts_with("arn:") => Some(key.to_owned()),
            Identifier::Made(made) => Some(filled(made.id, facts).replace("{name}", key)),
            Identifier::ArnOf(_) | Identifier::OneArn(_) => self.arn_with(key, facts),
            _ => Some(key.to_owned()),
        }
    }

    /// What a manifest says from which this identifier follows.
    pub(super) fn key_of(&self, id: &str, facts: &ScopeFacts) -> Option<String> {
        match self.overlay.identifier {
            Identifier::Made(made) => Some(name_in(made, id, facts).to_owned()),
            Identifier::ArnOf(_) | Identifier::OneArn(_) => self.part_of(id, facts),
            _ => Some(id.to_owned()),
        }
    }

    /// The ARN of the resource with this identifier, where it follows from that.
    pub(super) fn arn_of(&self, id: &str, facts: &ScopeFacts) -> Option<String> {
        match self.overlay.identifier {
            Identifier::Part | Identifier::Made(_) => self.arn_with(id, facts),
            Identifier::By(_, arn_of) => arn_of(id),
            Identifier::Arn | Identifier::ArnOf(_) | Identifier::OneArn(_) => Some(id.to_owned()),
        }
    }

    /// The identifier of the resource with this ARN, if it is of the type.
    pub(super) fn id_in(&self, arn: &str, facts: &ScopeFacts) -> Option<String> {
        let part = || self.part_of(arn, facts);
        match self.overlay.identifier {
            Identifier::Part => part(),
            Identifier::Made(_) => self.id_of(&part()?, facts),
            Identifier::By(id_in, _) => id_in(arn),
            Identifier::Arn | Identifier::ArnOf(_) => part().map(|_| arn.to_owned()),
            Identifier::OneArn(one) => part().filter(|part| part == one).map(|_| arn.to_owned()),
        }
    }

    /// Whether it has tags, and nobody says the ARN that it has in the tag index.
    pub(super) fn is_tagged_without_arn(&self) -> bool {
        let Overlay { tags, arn, identifier, .. } = self.overlay;
        tags.is_some() && arn.is_empty() && matches!(identifier, Identifier::Part)
    }

    /// The identifier of a resource with these properties; none if one of its parts is not there.
    fn identifier(&self, properties: &Value) -> Option<String> {
        let parts = self.facts.identifier.iter().map(|path| {
            let pointer = format!("/{path}");
            Some(properties.pointer(&pointer)?.as_str()?).filter(|part| !part.is_empty())
        });
        Some(parts.collect::<Option<Vec<_>>>()?.join("|"))
    }

    /// The ARN of the type with this identifier, or with this part of it.
    fn arn_with(&self, id: &str, facts: &ScopeFacts) -> Option<String> {
        let template = filled(self.overlay.arn, facts);
        let name = self.overlay.identifier.made().map_or(id, |made| name_in(*made, id, facts));
        let last = id.rsplit('|').next().unwrap_or(id);
        let arn = template.replace("{id}", id).replace("{name}", name).replace("{last}", last);
        (!template.is_empty()).then_some(arn)
    }

    /// What stands in an ARN of the type in the place of `{id}` or `{name}`.
    fn part_of(&self, arn: &str, facts: &ScopeFacts) -> Option<String> {
        let template = filled(self.overlay.arn, facts);
        let found = |name: &str| hole(&template, name, arn);
        let part = found("{id}").or_else(|| found("{name}"))?;
        let is_part = !part.contains(':') && (self.overlay.slashes || !part.contains('/'));
        is_part.then(|| part.to_owned())
    }
}

/// The name in an identifier that is made from one.
fn name_in<'i>(made: Made, id: &'i str, facts: &ScopeFacts) -> &'i str {
    hole(&filled(made.id, facts), "{name}", id).unwrap_or(id)
}

/// A template with the place of a resource, as identifiers and ARNs say it.
fn filled(template: &str, facts: &ScopeFacts) -> String {
    let ScopeFacts { partition, region, account, .. } = facts;
    let suffix = if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    template
        .replace("{partition}", partition)
        .replace("{region}", region)
        .replace("{account}", account)
        .replace("{suffix}", suffix)
}

/// What stands in the place of the hole of a template.
fn hole<'t>(template: &str, hole: &str, text: &'t str) -> Option<&'t str> {
    let (before, after) = template.split_once(hole)?;
    text.strip_prefix(before)?.strip_suffix(after).filter(|it| !it.is_empty())
}
