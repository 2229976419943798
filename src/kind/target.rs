//! How a spec refers to another resource: a literal id, `{ref: name}`, or `{lookup: {tags: …}}`.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, Visitor},
};
use serde_json::{Value, json};

use super::{
    LookupKind,
    placeholder::{self, Piece},
};

/// The tags that a spec asks for; `null` says that the key must not be set. Keys that are not named
/// are not managed.
pub type TagSpec = BTreeMap<String, Option<String>>;

/// A search for something that palisade does not manage. All conditions must be met, and there must
/// be at least one.
#[derive(
    Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lookup {
    /// Tags that it carries, with exactly these values.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Its name (prefix lists: `com.amazonaws.eu-west-1.s3`; organizational units: a path such as
    /// `/Workloads/ML`).
    #[serde(default)]
    pub name: Option<String>,
}

/// One thing: an id, a reference to another manifest, or a lookup that must find exactly one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A literal id or ARN, used as it is.
    Id(String),
    /// Another manifest: `name` in the same scope, or `scope/name`.
    Ref(String),
    /// A search.
    Lookup(Lookup),
}

/// Several things: a list of targets, or one lookup that finds them all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Targets {
    /// One by one.
    List(Vec<Target>),
    /// Everything that the search finds; finding nothing is *waiting*.
    Lookup(Lookup),
}

/// Which forms a field accepts.
#[derive(Debug, Clone, Copy)]
pub struct Accepts {
    /// The kind that `{ref: name}` names here; `None` if references make no sense.
    pub reference: Option<&'static str>,
    /// Further kinds, which `{ref: Kind/name}` names.
    pub also: &'static [&'static str],
    /// What `{lookup: …}` searches here; `None` if lookups make no sense.
    pub lookup: Option<LookupKind>,
    /// What a reference yields.
    pub form: Form,
}

/// What a reference yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The physical id.
    Id,
    /// The ARN.
    Arn,
}

impl Accepts {
    /// Neither references nor lookups: what is there is an id.
    pub const NOTHING: Self = Self { reference: None, also: &[], lookup: None, form: Form::Id };

    /// A reference to a kind, by id.
    pub const fn id_of(kind: &'static str) -> Self {
        Self { reference: Some(kind), also: &[], lookup: None, form: Form::Id }
    }

    /// A reference to a kind, by ARN.
    pub const fn arn_of(kind: &'static str) -> Self {
        Self { reference: Some(kind), also: &[], lookup: None, form: Form::Arn }
    }

    /// A reference to a kind, or a lookup of the same that palisade does not manage.
    pub const fn id_or_lookup(kind: &'static str, lookup: LookupKind) -> Self {
        Self { reference: Some(kind), also: &[], lookup: Some(lookup), form: Form::Id }
    }

    /// A lookup of something that palisade does not manage.
    pub const fn lookup(kind: LookupKind) -> Self {
        Self { reference: None, also: &[], lookup: Some(kind), form: Form::Id }
    }

    /// The same, and references to further kinds, which say the kind.
    #[must_use]
    pub const fn or_of(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }

    /// The kind that a reference names here, and the manifest: `name` or `scope/name`, after the
    /// kind where it is one of several.
    pub fn named(&self, text: &str) -> Option<(&'static str, String)> {
        let of = |kind: &'static str| {
            let (scope, rest) = match text.split_once('/') {
                Some((scope, rest)) if scope != kind => (Some(scope), rest),
                _ => (None, text),
            };
            let name = rest.strip_prefix(kind)?.strip_prefix('/')?;
            Some((kind, scope.map_or_else(|| name.to_owned(), |it| format!("{it}/{name}"))))
        };
        let said = self.also.iter().copied().chain(self.reference).find_map(of);
        said.or_else(|| Some((self.reference?, text.to_owned())))
    }
}

/// A search without a condition would find everything, and an empty field is a mistake.
fn searching<E: de::Error>(lookup: Lookup) -> Result<Lookup, E> {
    if lookup.tags.is_empty() && lookup.name.is_none() {
        return Err(E::custom("a lookup without a condition would find everything; say `tags`"));
    }
    Ok(lookup)
}

/// A reference must name something.
fn naming<E: de::Error>(name: String) -> Result<String, E> {
    if name.split('/').any(|part| part.trim().is_empty()) {
        let why = "`ref` does not name a manifest; write {ref: name}, or {ref: scope/name}";
        return Err(E::custom(why));
    }
    Ok(name)
}

/// The manifest that a text refers to, if it is just a `${Kind/name}`: the name, with its scope if
/// it has one.
fn reference_in(text: &str) -> Option<String> {
    let [Piece::Token(inner)] = placeholder::pieces(text.trim())[..] else { return None };
    if inner.contains(':') {
        return None;
    }
    let path = inner.rsplit_once('.').map_or(inner, |(path, _attribute)| path);
    match path.split('/').collect::<Vec<_>>()[..] {
        [_kind, name] => Some(name.to_owned()),
        [scope, _kind, name] => Some(format!("{scope}/{name}")),
        _ => None,
    }
}

/// If somebody wrote the id, ARN or alias of something in AWS where the name of a manifest belongs:
/// the form of such ids, for the message.
pub fn id_form(text: &str) -> Option<&'static str> {
    const NUMBERED: [(&str, &str); 10] = [
        ("sg", "sg-…"),
        ("sgr", "sgr-…"),
        ("vpc", "vpc-…"),
        ("subnet", "subnet-…"),
        ("rtb", "rtb-…"),
        ("pl", "pl-…"),
        ("vpce", "vpce-…"),
        ("eni", "eni-…"),
        ("mrk", "mrk-…"),
        ("vpce-svc", "vpce-svc-…"),
    ];
    if text.starts_with("arn:") {
        return Some("arn:…");
    }
    if text.starts_with("alias/") {
        return Some("alias/…");
    }
    let hexadecimal = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    if parts == [8, 4, 4, 4, 12] && hexadecimal(&text.replace('-', "")) {
        return Some("the key's id");
    }
    // 8 or 17 digits (EC2 user guide, "Resource IDs"), 32 for multi-Region keys (KMS developer
    // guide).
    let (prefix, id) = text.rsplit_once('-')?;
    let (_, form) = NUMBERED.iter().find(|(known, _)| *known == prefix)?;
    (matches!(id.len(), 8 | 17 | 32) && hexadecimal(id)).then_some(*form)
}

/// How ids of EC2 begin that a manifest may write, apart from what follows.
const EC2_PREFIXES: [&str; 12] = [
    "sg-", "vpc-", "subnet-", "rtb-", "pl-", "vpce-", "igw-", "vgw-", "nat-", "eigw-", "tgw-",
    "pcx-",
];

/// Whether a text has the form of a literal id that begins with `prefix`. EC2 would refuse another
/// one only when it is used, when what it was to replace may be gone already. EC2's ids end in 8 or
/// 17 hexadecimal digits (EC2 user guide, "Resource IDs").
pub fn is_literal_id(text: &str, prefix: &str) -> bool {
    let Some(rest) = text.strip_prefix(prefix) else { return false };
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if EC2_PREFIXES.contains(&prefix) {
        let digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        return matches!(rest.len(), 8 | 17) && rest.chars().all(digit);
    }
    !rest.is_empty() && rest.chars().all(plain)
}

/// How to correct an id of EC2 that is not well formed.
pub const ID_HELP: &str = "an id of EC2 ends in 8 or 17 digits of 0-9 and a-f: copy it from AWS";

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Id(id) => serializer.serialize_str(id),
            Self::Ref(name) => serializer.collect_map([("ref", name)]),
            Self::Lookup(lookup) => serializer.collect_map([("lookup", lookup)]),
        }
    }
}

impl Serialize for Targets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::List(list) => list.serialize(serializer),
            Self::Lookup(lookup) => serializer.collect_map([("lookup", lookup)]),
        }
    }
}

struct TargetVisitor;

impl<'de> Visitor<'de> for TargetVisitor {
    type Value = Target;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id, `{ref: name}` or `{lookup: {tags: …}}`")
    }

    fn visit_str<E: de::Error>(self, id: &str) -> Result<Target, E> {
        if id.trim().is_empty() {
            return Err(E::invalid_value(de::Unexpected::Str(id), &self));
        }
        if let Some(name) = reference_in(id) {
            return Err(E::custom(format!(
                "`${{Kind/name}}` is for texts, such as those of policies; write {{ref: {name}}} \
                 here"
            )));
        }
        Ok(Target::Id(id.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Target, A::Error> {
        let target = match map.next_key::<String>()?.as_deref() {
            Some("ref") => Target::Ref(naming(map.next_value()?)?),
            Some("lookup") => Target::Lookup(searching(map.next_value()?)?),
            Some(other) => return Err(de::Error::unknown_field(other, &["ref", "lookup"])),
            None => return Err(de::Error::custom("empty; say `ref` or `lookup`")),
        };
        match map.next_key::<String>()? {
            None => Ok(target),
            Some(_) => Err(de::Error::custom("one of `ref` and `lookup`, and nothing else")),
        }
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TargetVisitor)
    }
}

struct TargetsVisitor;

impl<'de> Visitor<'de> for TargetsVisitor {
    type Value = Targets;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of ids and references, or `{lookup: {tags: …}}`")
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Targets, A::Error> {
        let mut list = Vec::new();
        while let Some(target) = seq.next_element()? {
            list.push(target);
        }
        Ok(Targets::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Targets, A::Error> {
        match TargetVisitor.visit_map(map)? {
            Target::Lookup(lookup) => Ok(Targets::Lookup(lookup)),
            Target::Ref(name) => Ok(Targets::List(vec![Target::Ref(name)])),
            Target::Id(id) => Ok(Targets::List(vec![Target::Id(id)])),
        }
    }
}

impl<'de> Deserialize<'de> for Targets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TargetsVisitor)
    }
}

/// The schema of an object that has this member and no other.
fn only_member(name: &str, schema: Value) -> Value {
    json!({
        "type": "object", "properties": {name: schema}, "required": [name],
        "additionalProperties": false
    })
}

impl JsonSchema for Target {
    fn schema_name() -> Cow<'static, str> {
        "Target".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let lookup = generator.subschema_for::<Lookup>();
        json_schema!({
            "description": "An id, a reference to another manifest, or a lookup that must find \
                            exactly one.",
            "anyOf": [
                {"type": "string", "minLength": 1},
                only_member("ref", json!({"type": "string"})),
                only_member("lookup", lookup.into())
            ]
        })
    }
}

impl JsonSchema for Targets {
    fn schema_name() -> Cow<'static, str> {
        "Targets".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let target = generator.subschema_for::<Target>();
        let lookup = generator.subschema_for::<Lookup>();
        json_schema!({
            "description": "A list of ids and references, or one lookup that finds them all.",
            "anyOf": [
                {"type": "array", "items": target},
                only_member("ref", json!({"type": "string"})),
                only_member("lookup", lookup.into())
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<Target, String> {
        Target::deserialize(value).map_err(|error| error.to_string())
    }

    #[test]
    fn a_target_is_an_id_a_reference_or_a_lookup() {
        assert_eq!(read(json!("vpc-1")), Ok(Target::Id("vpc-1".into())));
        assert_eq!(read(json!({"ref": "apps"})), Ok(Target::Ref("apps".into())));
        let lookup = Lookup { tags: [("Name".into(), "ml".into())].into(), name: None };
        assert_eq!(read(json!({"lookup": {"tags": {"Name": "ml"}}})), Ok(Target::Lookup(lookup)));
    }

    #[test]
    fn a_target_is_written_as_it_is_read() {
        for written in [
            json!("vpc-1"),
            json!({"ref": "a"}),
            json!({"lookup": {"tags": {"a": "b"}, "name": null}}),
        ] {
            let read = Target::deserialize(&written).expect("a target");
            assert_eq!(json!(read), written);
        }
        for written in
            [json!(["a", {"ref": "b"}]), json!({"lookup": {"tags": {"a": "b"}, "name": null}})]
        {
            let read = Targets::deserialize(&written).expect("targets");
            assert_eq!(json!(read), written);
        }
    }

    #[test]
    fn an_id_is_distinguished_from_the_name_of_a_manifest() {
        for (text, form) in [
            ("sg-0123456789abcdef0", Some("sg-…")),
            ("sg-01234567", Some("sg-…")),
            ("vpc-0123456789abcdef0", Some("vpc-…")),
            ("subnet-0123456789abcdef0", Some("subnet-…")),
            ("arn:aws:kms:eu-west-1:111122223333:key/x", Some("arn:…")),
            ("1234abcd-12ab-34cd-56ef-1234567890ab", Some("the key's id")),
            ("mrk-1234abcd12ab34cd56ef1234567890ab", Some("mrk-…")),
            ("alias/studio", Some("alias/…")),
            ("sg-apps", None),
            ("studio", None),
            ("vpc-endpoints", None),
            ("org/vpc-endpoints", None),
        ] {
            assert_eq!(id_form(text), form, "{text}");
        }
    }

    #[test]
    fn a_literal_id_of_ec2_has_eight_or_seventeen_hexadecimal_digits() {
        for (id, prefix, right) in [
            ("sg-0123456789abcdef0", "sg-", true),
            ("pl-6da54004", "pl-", true),
            ("sg-xxxxxxxx", "sg-", false),
            ("sg-0123456789ABCDEF0", "sg-", false),
            ("sg-0123456789abcdef", "sg-", false),
            ("vpc-1", "vpc-", false),
            ("subnet-", "subnet-", false),
            ("vpc-01234567", "subnet-", false),
            // SageMaker's ids are other texts.
            ("d-xxxxxxxxxxxx", "d-", true),
            ("d-", "d-", false),
        ] {
            assert_eq!(is_literal_id(id, prefix), right, "{id}");
        }
    }

    #[test]
    fn invalid_targets_are_refused_with_the_valid_forms() {
        for (wrong, says) in [
            (json!(""), "an id, `{ref: name}` or"),
            (json!({"ref": ""}), "does not name a manifest"),
            (json!({"ref": "org/"}), "does not name a manifest"),
            (json!("${SecurityGroup/bastion}"), "write {ref: bastion} here"),
            (json!("${org/KmsKey/studio.arn}"), "write {ref: org/studio} here"),
            (json!({"reff": "x"}), "unknown field `reff`"),
            (json!({"ref": "x", "lookup": {}}), "and nothing else"),
            (json!({"lookup": {"tag": {}}}), "unknown field `tag`"),
            (json!({"lookup": {}}), "would find everything"),
            (json!({"lookup": {"tags": {}}}), "would find everything"),
            (json!(7), "an id, `{ref: name}` or"),
        ] {
            let error = read(wrong.clone()).expect_err("refused");
            assert!(error.contains(says), "{wrong}: {error}");
        }
    }
}
