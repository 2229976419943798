//! From uses of blocks to statements.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    block::{Block, Layer, Parameter, all, find},
    fill::{self, Values},
    merge,
};
use crate::{kind::Invalid, model::did_you_mean};

/// One use of a block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Use {
    /// The block: `palisade guardrails` lists them.
    #[serde(rename = "use")]
    pub block: String,
    /// Its parameters: `palisade guardrails NAME` shows them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub with: Map<String, Value>,
}

/// The facts of a scope that blocks can name.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// `aws`, `aws-cn`, …
    pub partition: &'a str,
    /// The twelve digits.
    pub account: &'a str,
    /// The Region.
    pub region: &'a str,
    /// The organization's id; only asked for by blocks that name it
    /// ([`asks_for_organization`]).
    pub organization: &'a str,
}

/// A statement and the use that it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The index in the list of uses.
    pub from: usize,
    /// The statement, filled in.
    pub statement: Value,
}

/// The statements of several uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Composition {
    /// In the order of the blocks' names.
    pub statements: Vec<Placed>,
}

/// The only version with policy variables.
const VERSION: &str = "2012-10-17";

impl Composition {
    /// The document with these statements after those of `written`, if there is one.
    pub fn document(&self, written: Option<&Value>) -> Value {
        let mut statements = match written.and_then(|it| it.get("Statement")) {
            Some(Value::Array(all)) => all.clone(),
            Some(one) => vec![one.clone()],
            None => Vec::new(),
        };
        statements.extend(self.statements.iter().map(|placed| placed.statement.clone()));
        let mut document = match written.and_then(Value::as_object) {
            Some(members) => members.clone(),
            None => Map::from_iter([("Version".to_owned(), json!(VERSION))]),
        };
        document.insert("Statement".to_owned(), Value::Array(statements));
        Value::Object(document)
    }

    /// The characters that the statements of one use need, with the commas between them.
    pub fn size_of(&self, from: usize) -> usize {
        let own = self.statements.iter().filter(|placed| placed.from == from);
        own.map(|placed| placed.statement.to_string().len() + 1).sum()
    }
}

/// Whether one of the blocks needs the organization's id, because a default names it.
pub fn asks_for_organization(uses: &[Use]) -> bool {
    uses.iter().any(|it| {
        let parameters = find(&it.block).map(|block| block.parameters.as_slice());
        parameters.unwrap_or_default().iter().any(|parameter| {
            let default = parameter.default.as_ref();
            !it.with.contains_key(&parameter.name)
                && default.is_some_and(|value| value.to_string().contains("{organization}"))
        })
    })
}

/// The statements of these blocks: sorted by the name of the block and the statement's number in
/// it, whatever the order of the list. With `compact`, statements of the same shape are merged and
/// have no names.
///
/// # Errors
/// Everything that is wrong, with its path below the list: `[2].with.regions[0]`.
pub fn compose(
    layer: Layer,
    uses: &[Use],
    known: &Known<'_>,
    compact: bool,
) -> Result<Composition, Vec<Invalid>> {
    let mut problems = Vec::new();
    let mut ordered = Vec::new();
    for (from, it) in uses.iter().enumerate() {
        let Some(block) = known_block(layer, from, it, &mut problems) else { continue };
        let mut with = Value::Object(it.with.clone());
        with.sort_all_objects();
        ordered.push((block.name.as_str(), with.to_string(), from, block));
    }
    ordered.sort_by(|a, b| (a.0, &a.1, a.2).cmp(&(b.0, &b.1, b.2)));
    let mut statements = Vec::new();
    let mut nth = 0;
    for (at, (name, with, from, block)) in ordered.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| ordered.get(at));
        nth = if before.is_some_and(|(earlier, ..)| earlier == name) { nth + 1 } else { 0 };
        if before.is_some_and(|it| it.0 == *name && it.1 == *with) {
            let why = format!("`{name}` is used twice with the same parameters");
            problems.push(Invalid::new(format!("[{from}]"), why).help("keep one"));
        }
        let values = values(block, *from, &uses[*from], known, &mut problems);
        for (index, template) in block.statements.iter().enumerate() {
            if template.when.as_ref().is_some_and(|when| !holds(when, &values)) {
                continue;
            }
            let Some(mut statement) = fill::statement(&template.statement, &values) else {
                continue;
            };
            statement["Sid"] = json!(sid(name, index, nth));
            statement.sort_all_objects();
            statements.push(Placed { from: *from, statement });
        }
    }
    if !problems.is_empty() {
        // In the order of the list.
        problems.sort_by_key(|it| number(&it.field));
        return Err(problems);
    }
    let statements = if compact { merge::compact(statements) } else { statements };
    Ok(Composition { statements })
}

/// The index of the use that a path is about.
fn number(path: &str) -> Option<usize> {
    path.strip_prefix('[')?.split_once(']')?.0.parse().ok()
}

fn known_block(
    layer: Layer,
    from: usize,
    it: &Use,
    problems: &mut Vec<Invalid>,
) -> Option<&'static Block> {
    let found = find(&it.block);
    let block = found.filter(|block| block.layer() == Some(layer));
    if block.is_none() {
        let why = match found {
            Some(_) => format!("the block `{}` is not for {}", it.block, layer.title()),
            None => format!("there is no block `{}`", it.block),
        };
        let candidates = all().iter().filter(|block| block.layer() == Some(layer));
        let typed = match it.block.split_once('/') {
            Some(_) => it.block.clone(),
            None => format!("{}/{}", layer.name(), it.block),
        };
        let near = did_you_mean(&typed, candidates.map(|block| block.name.as_str()));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`palisade guardrails` lists the blocks".to_owned(),
        };
        problems.push(Invalid::new(format!("[{from}].use"), why).help(help));
    }
    block
}

/// The name of a statement: the block's without its layer, and the statement's number in it. Two
/// uses of a block in one document have a number each.
fn sid(block: &str, index: usize, nth: usize) -> String {
    let mut sid = stem(block);
    sid.push_str(&(index + 1).to_string());
    if nth > 0 {
        sid.push_str(&format!("x{}", nth + 1));
    }
    sid
}

/// Whether a statement of this name comes from this block.
pub fn is_statement_of(block: &str, sid: &str) -> bool {
    let number = sid.strip_prefix(&stem(block));
    number.is_some_and(|it| it.starts_with(|c: char| c.is_ascii_digit()))
}

/// `scp/sm-jobs-vpc` is `SmJobsVpc`: names of statements are letters and digits.
fn stem(block: &str) -> String {
    let name = block.split_once('/').map_or(block, |(_, name)| name);
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    words.collect()
}

/// The values of a block's parameters and the facts of the scope.
fn values(
    block: &Block,
    from: usize,
    it: &Use,
    known: &Known<'_>,
    problems: &mut Vec<Invalid>,
) -> Values {
    let mut values: Values = [
        ("partition", known.partition),
        ("account", known.account),
        ("region", known.region),
        ("organization", known.organization),
    ]
    .map(|(name, fact)| (name.to_owned(), vec![fact.to_owned()]))
    .into();
    for name in it.with.keys().filter(|name| block.parameter(name).is_none()) {
        let why = format!("`{}` has no parameter `{name}`", block.name);
        let names = block.parameters.iter().map(|parameter| parameter.name.as_str());
        let help = match did_you_mean(name, names.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if block.parameters.is_empty() => "it has none: leave `with` out".to_owned(),
            None => format!("its parameters: {}", names.collect::<Vec<_>>().join(", ")),
        };
        problems.push(Invalid::new(format!("[{from}].with.{name}"), why).help(help));
    }
    let facts = values.clone();
    for parameter in &block.parameters {
        let field = format!("[{from}].with.{}", parameter.name);
        let read = match (it.with.get(&parameter.name), &parameter.default) {
            (Some(said), _) => parameter.read(&field, said, known, problems),
            (None, Some(default)) => parameter.default_texts(default, &facts, known),
            (None, None) => {
                let why =
                    format!("`{}` needs `{}`: {}", block.name, parameter.name, parameter.about);
                let help = format!("`palisade guardrails {}` shows an example", block.name);
                problems.push(Invalid::new(format!("[{from}]"), why).help(help));
                Vec::new()
            }
        };
        values.insert(parameter.name.clone(), read);
    }
    values
}

impl Parameter {
    /// The texts of the default, which is right by itself (a test sees to it) but for the facts in
    /// it.
    pub(super) fn default_texts(
        &self,
        default: &Value,
        facts: &Values,
        known: &Known<'_>,
    ) -> Vec<String> {
        let filled = |value: &Value| match value {
            Value::String(text) => {
                fill::texts(text, facts).into_iter().map(Value::String).collect()
            }
            other => vec![other.clone()],
        };
        let all: Vec<Value> = match default {
            Value::Null => Vec::new(),
            Value::Array(items) => items.iter().flat_map(filled).collect(),
            one => filled(one),
        };
        all.iter().map(|value| self.spelt(value, known)).collect()
    }
}

/// Whether a statement is there: `name`, `!name` or `name=word`.
pub(super) fn holds(when: &str, values: &Values) -> bool {
    let of = |name: &str| values.get(name).map(Vec::as_slice).unwrap_or_default();
    let is_true = |name: &str| of(name).iter().any(|value| value != "false");
    match (when.strip_prefix('!'), when.split_once('=')) {
        (Some(name), _) => !is_true(name),
        (None, Some((name, word))) => of(name).iter().any(|value| value == word),
        (None, None) => is_true(when),
    }
}
