//! Documents of manifests that are composed of blocks, or partly.

use serde_json::{Map, Value, json};

use super::{Invalid, Refs, policies::below};
use crate::{
    baseline::guardrails::{self, Composition, Layer, Type, Use},
    model::{did_you_mean, policy_document::Dialect},
    settings::{self, is_known_region},
};

/// The field for blocks in the manifests of control policies.
pub(crate) const GUARDRAILS: &str = "guardrails";
/// The field for blocks in the manifests of resources that have a policy.
pub(crate) const POLICY_BLOCKS: &str = "policyBlocks";

/// The fields of a manifest that make up its document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts<'a> {
    /// The field of the document that is written out.
    pub(crate) field: &'static str,
    /// The document that is written out, if there is one.
    pub(crate) written: Option<&'a Value>,
    /// The field of the blocks.
    pub(crate) list: &'static str,
    /// The blocks.
    pub(crate) uses: &'a [Use],
    /// Whether statements of the same shape are merged.
    pub(crate) compact: bool,
}

/// A composed document. Everything that looks at it names its fields as if the author had written
/// it out; [`Composed::place`] says where it is in the manifest.
#[derive(Debug)]
pub(crate) struct Composed {
    /// The document: the statements that are written out first, at their places.
    pub(crate) document: Value,
    field: &'static str,
    list: &'static str,
    /// How many statements are written out.
    own: usize,
    composition: Composition,
}

/// Composes the document of a manifest, as large as AWS takes it.
pub(crate) fn composed(
    parts: Parts<'_>,
    dialect: Dialect,
    refs: &mut Refs<'_>,
    problems: &mut Vec<Invalid>,
) -> Option<Composed> {
    let Parts { field, written, list, uses, compact } = parts;
    let Some(layer) = Layer::of(dialect) else {
        problems.push(Invalid::new(list, "there are no blocks for this kind").help("remove it"));
        return None;
    };
    let organization =
        if guardrails::asks_for_organization(uses) { refs.organization() } else { String::new() };
    let scope = refs.scope();
    let known = guardrails::Known {
        partition: &scope.partition,
        account: &scope.account,
        region: &scope.region,
        organization: &organization,
    };
    let composition = match guardrails::compose(layer, uses, &known, compact) {
        Ok(composition) => composition,
        Err(wrong) => {
            let at = |it: Invalid| Invalid { field: format!("{list}{}", it.field), ..it };
            problems.extend(wrong.into_iter().map(at));
            return None;
        }
    };
    let document = composition.document(written);
    let size = document.to_string().chars().count();
    if size > layer.max_size() {
        let shorter = (!compact).then(|| guardrails::compose(layer, uses, &known, true).ok());
        let shorter = shorter.flatten().map(|it| it.document(written).to_string().len());
        problems.push(too_large(list, layer, size, uses, &composition, shorter));
        return None;
    }
    for warning in doubtful_regions(list, uses) {
        refs.warn(warning);
    }
    let own = written.map_or(0, statements);
    Some(Composed { document, field, list, own, composition })
}

/// A Region that this build does not know can be a typo or a new one.
fn doubtful_regions(list: &str, uses: &[Use]) -> Vec<Invalid> {
    let mut doubtful = Vec::new();
    for (at, it) in uses.iter().enumerate() {
        let parameters = guardrails::find(&it.block).map(|block| block.parameters.as_slice());
        let regions = parameters
            .unwrap_or_default()
            .iter()
            .filter(|parameter| matches!(parameter.of, Type::Region | Type::RegionOrAll));
        for parameter in regions {
            let said = it.with.get(&parameter.name);
            let said = said.and_then(Value::as_array).into_iter().flatten().enumerate();
            for (index, region) in said.filter_map(|(index, it)| Some((index, it.as_str()?))) {
                if region == "*" || is_known_region(region) {
                    continue;
                }
                let field = format!("{list}[{at}].with.{}[{index}]", parameter.name);
                let why = format!("`{region}` is not a Region that palisade knows");
                let help = did_you_mean(region, settings::regions()).map_or_else(
                    || "a Region that is newer than this version of palisade is used".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                doubtful.push(Invalid::new(field, why).help(help));
            }
        }
    }
    doubtful
}

/// One manifest is one policy: what does not fit is divided by its author.
fn too_large(
    list: &str,
    layer: Layer,
    size: usize,
    uses: &[Use],
    composition: &Composition,
    shorter: Option<usize>,
) -> Invalid {
    let limit = layer.max_size();
    let mut sizes: Vec<(usize, &str)> = uses
        .iter()
        .enumerate()
        .map(|(from, it)| (composition.size_of(from), it.block.as_str()))
        .collect();
    sizes.sort_by(|a, b| b.cmp(a));
    let largest = sizes.iter().take(3).map(|(size, block)| format!("{block} ({size})"));
    let largest = largest.collect::<Vec<_>>().join(", ");
    let why = format!(
        "{size} characters, {} more than the {limit} AWS takes; the largest blocks: {largest}",
        size - limit
    );
    let divide = "move some to another manifest: `palisade guardrails --compose FILE` \
                  distributes them";
    let help = match shorter {
        Some(shorter) if shorter <= limit => {
            format!("{divide}; or say `compact: true`, which takes {shorter} characters")
        }
        _ => divide.to_owned(),
    };
    Invalid::new(list, why).help(help)
}

fn statements(document: &Value) -> usize {
    match document.get("Statement") {
        Some(Value::Array(all)) => all.len(),
        Some(_) => 1,
        None => 0,
    }
}

impl Composed {
    /// A problem of the document, at its place in the manifest.
    pub(crate) fn place(&self, problem: Invalid) -> Invalid {
        let path = problem.field.strip_prefix(self.field).map(|it| it.trim_start_matches('.'));
        let index = path.and_then(number);
        let from = index.filter(|index| *index >= self.own).and_then(|index| {
            self.composition.statements.get(index - self.own).map(|placed| placed.from)
        });
        match from {
            Some(from) => Invalid { field: format!("{}[{from}]", self.list), ..problem },
            None if self.own == 0 && path.is_some() => {
                Invalid { field: self.list.to_owned(), ..problem }
            }
            None => problem,
        }
    }
}

/// The number of the statement that a path leads into.
fn number(path: &str) -> Option<usize> {
    path.strip_prefix("Statement[")?.split_once(']')?.0.parse().ok()
}

/// Where a field of a composed document is in the manifest, for who has the document and the spec
/// as it is written: statements say in their names which block they come from.
pub(crate) fn place(spec: Option<&Value>, document: &Value, field: &str, path: &str) -> String {
    let own = below(field, path);
    let Some((spec, list)) = spec.and_then(|spec| Some((spec, blocks_of(spec)?))) else {
        return own;
    };
    let written = spec.get(field);
    let index = number(path).filter(|index| *index >= written.map_or(0, statements));
    let Some(index) = index else {
        return if written.is_some() { own } else { list.to_owned() };
    };
    let sid = document["Statement"][index]["Sid"].as_str().unwrap_or_default();
    let uses = spec[list].as_array().into_iter().flatten();
    let mut blocks = uses.map(|it| it["use"].as_str().unwrap_or_default());
    let at = blocks.position(|block| guardrails::is_statement_of(block, sid));
    at.map_or_else(|| list.to_owned(), |at| format!("{list}[{at}]"))
}

/// The field of blocks, instead of that of a document which is composed of blocks alone.
pub(crate) fn instead_of(spec: Option<&Value>, field: String) -> String {
    let is_document = matches!(field.as_str(), "content" | "policy");
    match spec.and_then(|spec| Some((spec, blocks_of(spec)?))) {
        Some((spec, list)) if is_document && spec.get(&field).is_none() => list.to_owned(),
        _ => field,
    }
}

/// The field of blocks in a spec that has one.
pub(crate) fn blocks_of(spec: &Value) -> Option<&'static str> {
    [GUARDRAILS, POLICY_BLOCKS].into_iter().find(|list| spec.get(list).is_some())
}

/// The schema of a list of blocks: which there are, and what each can be given.
pub(crate) fn schema(layer: Layer, about: &str) -> Value {
    let blocks = || guardrails::all().iter().filter(|block| block.layer() == Some(layer));
    let names = blocks()
        .map(|block| json!({"type": "string", "const": block.name, "description": block.title}));
    let parameters = blocks().map(|block| {
        let all = block.parameters.iter();
        let properties: Map<String, Value> =
            all.map(|parameter| (parameter.name.clone(), parameter.schema())).collect();
        let required = block.parameters.iter().filter(|parameter| parameter.is_required());
        let required: Vec<&str> = required.map(|parameter| parameter.name.as_str()).collect();
        let with = json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false
        });
        let needs: &[&str] = if required.is_empty() { &[] } else { &["with"] };
        json!({
            "if": {"properties": {"use": {"const": block.name}}},
            "then": {"properties": {"with": with}, "required": needs}
        })
    });
    json!({
        "type": "array",
        "description": about,
        "items": {
            "type": "object",
            "properties": {
                "use": {"description": "The block.", "oneOf": names.collect::<Vec<_>>()},
                "with": {
                    "description": "Its parameters: `palisade guardrails NAME` shows them.",
                    "type": "object"
                }
            },
            "required": ["use"],
            "additionalProperties": false,
            "allOf": parameters.collect::<Vec<_>>()
        }
    })
}
