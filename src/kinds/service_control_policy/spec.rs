//! A manifest's `spec`, and what can be said about it without AWS.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Attachments, FULL_AWS_ACCESS, Place, State};
use crate::{
    kind::{Invalid, Lookup, LookupKind, Refs, TagSpec},
    kinds::policies,
    model::{policy_document::Dialect, text},
};

/// The deepest nesting of organizational units below the root (Organizations quotas).
const MAX_UNIT_DEPTH: usize = 5;

/// A service control policy.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// The policy's name in AWS, 1 to 128 characters, unique among the service control policies of the
    /// organisation. Default: `metadata.name`. Can be changed: the policy is renamed in place.
    #[serde(default)]
    pub policy_name: Option<String>,
    /// What the policy is for, up to 512 characters. `null` or `""`: none. Absent: not managed.
    #[serde(default, deserialize_with = "given")]
    pub description: Option<Option<String>>,
    /// The policy document: `Version` must be "2012-10-17"; no `Principal`; action names in the case AWS
    /// documents. At most 10,240 bytes once white space is removed. Order and spelling count: AWS stores
    /// the text as it is sent, so any other text is drift. References such as `${KmsKey/studio.arn}` and
    /// the variables of manifests are filled in; IAM's own `${aws:…}` passes through. A `Deny` of every
    /// action on every resource without a condition is a finding (SCP-ALL), which can be waived.
    #[schemars(with = "BTreeMap<String, Value>")]
    pub content: Value,
    /// Where the policy is attached: `root`, the path of an organizational unit (`ou:/Workloads/ML`), or
    /// the id of a root (`r-ab12`), organizational unit (`ou-ab12-abcdefgh`) or account (twelve digits,
    /// quoted). AWS attaches at most 10 policies to one of them, `FullAWSAccess` included. `[]` or `null`:
    /// nowhere. Absent: not managed.
    #[serde(default, deserialize_with = "given")]
    pub targets: Option<Option<Vec<String>>>,
    /// `exclusive` (default): attached nowhere else. `additive`: other attachments of this policy are left
    /// alone. Attachments of other policies are never touched.
    #[serde(default)]
    pub attachments: Attachments,
    /// Tags, up to 47 (the claim takes three of AWS's 50): keys up to 128 characters, values up to 256, of letters,
    /// digits, spaces and `_ . : / = + - @`.
    /// `null` says that the key must not be there; other keys are not managed.
    #[serde(default)]
    pub tags: TagSpec,
}

/// Tells a field that is `null` from one that is absent.
fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// The wanted state, or everything that is wrong.
pub(super) fn resolve(spec: Spec, refs: &mut Refs<'_>) -> Result<State, Vec<Invalid>> {
    let mut problems = Vec::new();
    let name = spec.policy_name.unwrap_or_else(|| refs.name().to_owned());
    check_name(&name, &mut problems);
    let description = spec.description.map(Option::unwrap_or_default);
    if let Some(given) = &description {
        let long = text::POLICY_DESCRIPTION.refused("description", given);
        problems.extend(long.map(Invalid::from));
    }
    let dialect = Dialect::ServiceControlPolicy;
    let content = policies::checked("content", &spec.content, dialect, refs.scope(), &mut problems);
    let targets =
        spec.targets.map(|list| resolve_targets(&list.unwrap_or_default(), refs, &mut problems));
    problems.extend(text::ORGANIZATIONS.refused(&spec.tags).into_iter().map(Invalid::from));
    if problems.is_empty() {
        Ok(State { name, description, content, targets, attachments: spec.attachments })
    } else {
        Err(problems)
    }
}

fn check_name(name: &str, problems: &mut Vec<Invalid>) {
    if name.trim().is_empty() {
        problems.push(
            Invalid::new("policyName", "empty")
                .help("leave the field out to use the manifest's name"),
        );
    }
    if name == FULL_AWS_ACCESS {
        problems.push(
            Invalid::new("policyName", "FullAWSAccess is AWS's own policy and cannot be edited")
                .help("choose another name"),
        );
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
        match resolve_target(&field, text, refs) {
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

fn resolve_target(field: &str, text: &str, refs: &mut Refs<'_>) -> Result<String, Invalid> {
    let name = match text.strip_prefix("ou:") {
        Some(path) => check_path(path).map_err(|why| {
            Invalid::new(field, format!("`{text}`: {why}"))
                .help("write the names of the units from the root down, such as ou:/Workloads/ML")
        })?,
        None if text == "root" => text,
        None if Place::of(text).is_some() => return Ok(text.to_owned()),
        None => {
            return Err(Invalid::new(field, format!("`{text}` is no place to attach a policy to"))
                .help(
                    "write root, ou:/Path/Of/Unit, an id such as ou-ab12-abcdefgh or r-ab12, \
                     or the twelve digits of an account",
                ));
        }
    };
    let lookup = Lookup { name: Some(name.to_owned()), ..Lookup::default() };
    Ok(refs.find_one(field, LookupKind::OrganizationalUnit, &lookup, None).id)
}

fn check_path(path: &str) -> Result<&str, &'static str> {
    let Some(units) = path.strip_prefix('/') else {
        return Err("a path starts with a slash");
    };
    if units.is_empty() {
        return Err("this is the root: write root");
    }
    let units: Vec<_> = units.split('/').collect();
    if units.iter().any(|unit| unit.trim().is_empty()) {
        return Err("a unit without a name");
    }
    if units.len() > MAX_UNIT_DEPTH {
        return Err("AWS nests units at most five deep");
    }
    Ok(path)
}
