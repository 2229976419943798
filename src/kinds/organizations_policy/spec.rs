//! A manifest's `spec`, and the checks that do not need AWS.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    marker::PhantomData,
};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::{
    super::organization::resolve_place, Attachments, Content, Language, PolicyType, Sister, State,
};
use crate::{
    baseline::guardrails::{Layer, Use},
    kind::{
        Invalid, Refs, TagSpec,
        blocks::{self, GUARDRAILS, Parts},
    },
    model::text,
};

/// A policy of one type.
#[derive(Debug, Clone)]
pub struct Spec<S> {
    fields: Fields,
    of: PhantomData<fn() -> S>,
}

/// The fields of a manifest, whatever the type.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Fields {
    /// The policy's name in AWS, 1 to 128 characters, unique among the policies of its type in the
    /// organization. Default: `metadata.name`. Can be changed: the policy is renamed in place.
    #[serde(default)]
    policy_name: Option<String>,
    /// What the policy is for, up to 512 characters. `null` or `""`: none. Absent: not managed.
    #[serde(default, deserialize_with = "given")]
    description: Option<Option<String>>,
    // Its description in the schema is the type's.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Value>")]
    content: Option<Value>,
    /// Blocks of the guardrail library that make up the policy, together with `content` if that is
    /// given: `palisade guardrails` lists them. The blocks' statements come after those of
    /// `content`, in the order of the blocks' names. Everything together is one policy: what
    /// exceeds the limit is divided by hand, or with `palisade guardrails --compose`.
    #[serde(default)]
    guardrails: Option<Vec<Use>>,
    /// Whether statements of different blocks that differ only in actions or only in resources are
    /// merged, and have no names. It takes about a fifth less room, and the text no longer says
    /// which block a statement comes from. Default: false.
    #[serde(default)]
    compact: bool,
    /// Where the policy is attached: `root`, the path of an organizational unit
    /// (`ou:/Workloads/ML`), or the id of a root (`r-ab12`), organizational unit
    /// (`ou-ab12-abcdefgh`) or account (twelve digits, quoted). `[]` or `null`: nowhere. Absent:
    /// not managed.
    #[serde(default, deserialize_with = "given")]
    targets: Option<Option<Vec<String>>>,
    /// `exclusive` (default): attached nowhere else. `additive`: other attachments of this policy
    /// are left alone. Attachments of other policies are never touched.
    #[serde(default)]
    attachments: Attachments,
    /// Tags, up to 47 (the claim takes three of AWS's 50): keys up to 128 characters, values up to
    /// 256, of letters, digits, spaces and `_ . : / = + - @`. `null` says that the key must not be
    /// set; other keys are not managed.
    #[serde(default)]
    tags: TagSpec,
}

impl<'de, S> Deserialize<'de> for Spec<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { fields: Fields::deserialize(deserializer)?, of: PhantomData })
    }
}

impl<S: Sister> JsonSchema for Spec<S> {
    fn schema_name() -> Cow<'static, str> {
        "Spec".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Fields::json_schema(generator);
        let most = S::TYPE.max_per_target;
        let own = S::TYPE.default.name().map(|own| format!(", `{own}` included"));
        let own = own.unwrap_or_default();
        let more = format!(" AWS attaches at most {most} policies of a type to one of them{own}.");
        schema.insert("description".to_owned(), json!(S::TYPE.about));
        if let Some(fields) = schema.get_mut("properties") {
            fields["content"]["description"] = json!(S::TYPE.content);
            match layer_of(&S::TYPE) {
                Some(layer) => {
                    let about = fields["guardrails"]["description"].clone();
                    let about = about.as_str().unwrap_or_default();
                    fields[GUARDRAILS] = blocks::schema(layer, about);
                }
                None => {
                    if let Some(fields) = fields.as_object_mut() {
                        fields.shift_remove(GUARDRAILS);
                        fields.shift_remove("compact");
                    }
                }
            }
            if let Some(Value::String(targets)) = fields["targets"].get_mut("description") {
                targets.push_str(&more);
            }
        }
        if layer_of(&S::TYPE).is_none() {
            schema.insert("required".to_owned(), json!(["content"]));
        }
        schema
    }
}

/// The blocks that there are for a type of policies.
fn layer_of(of: &PolicyType) -> Option<Layer> {
    match of.language {
        Language::Control(dialect) => Layer::of(dialect),
        Language::Management(_) => None,
    }
}

/// Distinguishes a field that is `null` from one that is absent.
fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

impl<S: Sister> Spec<S> {
    /// The tags that it asks for.
    pub(super) fn tags(&self) -> &TagSpec {
        &self.fields.tags
    }

    /// The wanted state, or everything that is wrong.
    pub(super) fn resolve(self, refs: &mut Refs<'_>) -> Result<State, Vec<Invalid>> {
        let spec = self.fields;
        let mut problems = Vec::new();
        let name = spec.policy_name.clone().unwrap_or_else(|| refs.name().to_owned());
        check_name(&name, &S::TYPE, &mut problems);
        let description = spec.description.clone().map(Option::unwrap_or_default);
        if let Some(given) = &description {
            let long = text::POLICY_DESCRIPTION.refused("description", given);
            problems.extend(long.map(Invalid::from));
        }
        let content = resolve_content(&spec, &S::TYPE, refs, &mut problems);
        let targets = spec
            .targets
            .map(|list| resolve_targets(&list.unwrap_or_default(), refs, &mut problems));
        problems.extend(text::ORGANIZATIONS.refused(&spec.tags).into_iter().map(Invalid::from));
        if problems.is_empty() {
            Ok(State { name, description, content, targets, attachments: spec.attachments })
        } else {
            Err(problems)
        }
    }
}

/// What is written out, what is composed of blocks, or both together.
fn resolve_content(
    spec: &Fields,
    of: &PolicyType,
    refs: &mut Refs<'_>,
    problems: &mut Vec<Invalid>,
) -> Option<Content> {
    let uses = spec.guardrails.as_deref().unwrap_or_default();
    let dialect = match (of.language, uses) {
        (Language::Control(dialect), [_, ..]) => dialect,
        (language, _) => {
            let unused = [(GUARDRAILS, !uses.is_empty()), ("compact", spec.compact)];
            for (field, _) in unused.into_iter().filter(|(_, is_there)| *is_there) {
                let why = format!("has no effect on a {} without blocks", of.one);
                problems.push(Invalid::new(field, why).help("remove it"));
            }
            let Some(content) = &spec.content else {
                let help = match language {
                    Language::Control(_) => "write a policy document, or name `guardrails`",
                    Language::Management(_) => "write a policy document",
                };
                problems.push(Invalid::new("content", "missing").help(help));
                return None;
            };
            return Content::checked(content, of, refs.scope(), problems);
        }
    };
    let written = spec.content.as_ref();
    if written.is_some_and(|content| !content.is_object()) {
        let why = "is not a policy document";
        problems.push(Invalid::new("content", why).help("leave it out, or write a mapping"));
        return None;
    }
    let parts = Parts { field: "content", written, list: GUARDRAILS, uses, compact: spec.compact };
    let composed = blocks::composed(parts, dialect, refs, problems)?;
    let mut wrong = Vec::new();
    let content = Content::checked(&composed.document, of, refs.scope(), &mut wrong);
    problems.extend(wrong.into_iter().map(|it| composed.place(it)));
    content
}

fn check_name(name: &str, of: &PolicyType, problems: &mut Vec<Invalid>) {
    if name.trim().is_empty() {
        problems.push(
            Invalid::new("policyName", "empty")
                .help("leave the field out to use the manifest's name"),
        );
    }
    if of.default.name() == Some(name) {
        let why = format!("{name} is AWS's own policy and cannot be edited");
        problems.push(Invalid::new("policyName", why).help("choose another name"));
    }
    problems.extend(text::POLICY_NAME.refused("policyName", name).map(Invalid::from));
}

fn resolve_targets(
    list: &[String],
    refs: &mut Refs<'_>,
    problems: &mut Vec<Invalid>,
) -> BTreeSet<String> {
    let mut first_at = BTreeMap::new();
    for (index, text) in list.iter().enumerate() {
        let field = format!("targets[{index}]");
        match resolve_place(&field, text, refs) {
            Err(invalid) => problems.push(invalid),
            Ok(id) => {
                if let Some(first) = first_at.get(&id) {
                    problems.push(
                        Invalid::new(
                            field,
                            format!("{text} is the same place as targets[{first}]"),
                        )
                        .help("name each place once"),
                    );
                } else {
                    first_at.insert(id, index);
                }
            }
        }
    }
    first_at.into_keys().collect()
}
