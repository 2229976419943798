//! Which blocks, with which parameters, a document is made of.
//!
//! A guess from each statement's shape, and a proof: a use is only recognized if composing it gives
//! statements of the document, exactly but for their names. What is not recognized is left to be
//! written as it is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{
    block::{Block, Layer, Parameter, Template, all},
    compose::{Known, Use, compose},
    fill::{self, Part, Values, normal, parts},
    value::Type,
};

/// What a document is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recognized {
    /// The uses of blocks, in the order of their names.
    pub uses: Vec<Use>,
    /// The indexes of the statements that no block explains.
    pub rest: Vec<usize>,
}

/// Finds blocks in a document. Parameters that have their default are left out.
pub fn recognize(layer: Layer, document: &Value, known: &Known<'_>) -> Recognized {
    let statements: Vec<Value> = match document.get("Statement") {
        Some(Value::Array(all)) => all.iter().map(normalized).collect(),
        Some(one) => vec![normalized(one)],
        None => Vec::new(),
    };
    let mut free: BTreeSet<usize> = (0..statements.len()).collect();
    let mut found = Recognized::default();
    let blocks = all().iter().filter(|block| block.layer() == Some(layer));
    let mut blocks: Vec<&Block> = blocks.collect();
    // Those that explain more come first: a block may contain what another one is.
    blocks.sort_by_key(|block| (std::cmp::Reverse(block.statements.len()), block.name.as_str()));
    for block in blocks {
        while let Some((it, explained)) = one(block, layer, &statements, &free, known) {
            free.retain(|index| !explained.contains(index));
            found.uses.push(it);
        }
    }
    found.uses.sort_by(|a, b| a.block.cmp(&b.block));
    found.rest = free.into_iter().collect();
    found
}

/// A statement without its name, its sets in their one form.
fn normalized(statement: &Value) -> Value {
    let mut normalized = Map::new();
    for (element, value) in statement.as_object().into_iter().flatten() {
        if element == "Sid" {
            continue;
        }
        normalized.insert(element.clone(), sets(value, element.ends_with("Action")));
    }
    let mut normalized = Value::Object(normalized);
    normalized.sort_all_objects();
    normalized
}

fn sets(value: &Value, of_actions: bool) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(key, inner)| (key.clone(), sets(inner, of_actions)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(_) => normal(texts(value), of_actions).unwrap_or_else(|| json!([])),
        other => other.clone(),
    }
}

fn texts(value: &Value) -> BTreeSet<String> {
    let one = std::slice::from_ref(value);
    let all = value.as_array().map_or(one, Vec::as_slice);
    all.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// One use of a block and the statements that it explains.
fn one(
    block: &Block,
    layer: Layer,
    statements: &[Value],
    free: &BTreeSet<usize>,
    known: &Known<'_>,
) -> Option<(Use, BTreeSet<usize>)> {
    let facts: Values = [
        ("partition", known.partition),
        ("account", known.account),
        ("region", known.region),
        ("organization", known.organization),
    ]
    .map(|(name, fact)| (name.to_owned(), vec![fact.to_owned()]))
    .into();
    let guess = Guess { block, facts: &facts, known };
    let mut slots: Vec<Slot> = Vec::new();
    let mut present: Vec<(&Template, bool)> = Vec::new();
    let mut taken = BTreeSet::new();
    for template in &block.statements {
        let fits = free.iter().filter(|index| !taken.contains(*index)).find_map(|index| {
            Some((*index, guess.statement(&template.statement, &statements[*index])?))
        });
        present.push((template, fits.is_some()));
        if let Some((index, found)) = fits {
            taken.insert(index);
            slots.extend(found);
        }
    }
    if taken.is_empty() {
        return None;
    }
    let values = guess.values(&slots, &present)?;
    let with = guess.with(&values)?;
    let it = Use { block: block.name.clone(), with };
    let composed = compose(layer, std::slice::from_ref(&it), known, false).ok()?;
    let mut explained = BTreeSet::new();
    for placed in &composed.statements {
        let wanted = normalized(&placed.statement);
        let mut left = free.iter().filter(|index| !explained.contains(*index));
        explained.insert(*left.find(|index| statements[**index] == wanted)?);
    }
    (!explained.is_empty()).then_some((it, explained))
}

/// A set of texts in a statement, and the texts of the template that it is filled from.
struct Slot {
    templates: BTreeSet<String>,
    texts: BTreeSet<String>,
}

struct Guess<'g> {
    block: &'g Block,
    facts: &'g Values,
    known: &'g Known<'g>,
}

impl Guess<'_> {
    /// The sets of a statement, if it has the shape of the template.
    fn statement(&self, template: &Value, statement: &Value) -> Option<Vec<Slot>> {
        let (template, statement) = (template.as_object()?, statement.as_object()?);
        let mut slots = Vec::new();
        if template.get("Effect") != statement.get("Effect") {
            return None;
        }
        for (element, wanted) in template {
            match (element.as_str(), statement.get(element)) {
                ("Condition", conditions) => {
                    slots.extend(self.conditions(wanted, conditions.unwrap_or(&Value::Null))?);
                }
                ("Principal", Some(found)) if wanted.is_object() => {
                    slots.extend(self.members(wanted, found)?);
                }
                (_, Some(found)) => slots.push(self.set(wanted, found)?),
                ("NotResource", None) => {
                    let none = statement.get("Resource") == Some(&json!("*"));
                    none.then_some(())?;
                    slots.push(self.set(wanted, &Value::Null)?);
                }
                _ => return None,
            }
        }
        // All resources but none are all resources.
        let is_said = |element: &String| {
            template.contains_key(element)
                || (element == "Resource" && template.contains_key("NotResource"))
        };
        statement.keys().all(is_said).then_some(slots)
    }

    fn conditions(&self, template: &Value, conditions: &Value) -> Option<Vec<Slot>> {
        let mut slots = Vec::new();
        let wanted = template.as_object()?;
        let none = Map::new();
        let found = conditions.as_object().unwrap_or(&none);
        for (operator, keys) in wanted {
            slots.extend(self.members(keys, found.get(operator).unwrap_or(&Value::Null))?);
        }
        found.keys().all(|operator| wanted.contains_key(operator)).then_some(slots)
    }

    /// The members of an object; one that the template can leave empty may be missing.
    fn members(&self, template: &Value, found: &Value) -> Option<Vec<Slot>> {
        let mut slots = Vec::new();
        let none = Map::new();
        let found = found.as_object().unwrap_or(&none);
        let mut seen = BTreeSet::new();
        for (key, wanted) in template.as_object()? {
            let actual = found.iter().find(|(actual, _)| self.covers(key, actual));
            if let Some((actual, _)) = actual {
                seen.insert(actual);
                let templates = BTreeSet::from([key.clone()]);
                slots.push(Slot { templates, texts: BTreeSet::from([actual.clone()]) });
            }
            slots.push(self.set(wanted, actual.map_or(&Value::Null, |(_, value)| value))?);
        }
        found.keys().all(|key| seen.contains(key)).then_some(slots)
    }

    /// A set, if every fixed text of the template is in it and some text of the template stands for
    /// each of its texts.
    fn set(&self, template: &Value, found: &Value) -> Option<Slot> {
        let slot = Slot { templates: texts(template), texts: texts(found) };
        let fixed = |text: &&String| self.parameters(text).is_empty();
        let are_there = slot
            .templates
            .iter()
            .filter(fixed)
            .all(|text| slot.texts.iter().any(|actual| self.covers(text, actual)));
        let explained = |actual: &String| slot.templates.iter().any(|it| self.covers(it, actual));
        (are_there && slot.texts.iter().all(explained)).then_some(slot)
    }

    /// The parameters in a text.
    fn parameters(&self, text: &str) -> Vec<String> {
        let names = parts(text).into_iter().filter_map(|part| match part {
            Part::Name(name) if self.block.parameter(name).is_some() => Some(name.to_owned()),
            _ => None,
        });
        names.collect()
    }

    fn covers(&self, template: &str, actual: &str) -> bool {
        self.bind(template, actual).is_some()
    }

    /// The values of the parameters in a text for which it is this one. Each takes as little as
    /// possible.
    fn bind(&self, template: &str, actual: &str) -> Option<BTreeMap<String, String>> {
        let mut bound = BTreeMap::new();
        self.bind_parts(&parts(template), actual, &mut bound).then_some(bound)
    }

    fn bind_parts(
        &self,
        template: &[Part<'_>],
        actual: &str,
        bound: &mut BTreeMap<String, String>,
    ) -> bool {
        let Some((first, rest)) = template.split_first() else { return actual.is_empty() };
        let name = match first {
            Part::Text(text) => {
                let after = actual.strip_prefix(text);
                return after.is_some_and(|after| self.bind_parts(rest, after, bound));
            }
            Part::Name(name) => *name,
        };
        if self.block.parameter(name).is_none() {
            let fact = self.facts.get(name).and_then(|all| all.first());
            let after = fact.and_then(|fact| actual.strip_prefix(fact.as_str()));
            return after.is_some_and(|after| self.bind_parts(rest, after, bound));
        }
        let ends = actual.char_indices().map(|(at, _)| at).skip(1).chain([actual.len()]);
        for end in ends.filter(|end| *end > 0) {
            let (value, after) = actual.split_at(end);
            let mut tried = bound.clone();
            let earlier = tried.insert(name.to_owned(), value.to_owned());
            let agrees = earlier.is_none_or(|earlier| earlier == value);
            if agrees && self.bind_parts(rest, after, &mut tried) {
                *bound = tried;
                return true;
            }
        }
        false
    }

    /// The values that the sets of all statements agree on. Where several parameters can explain a
    /// text, the one that has it by default does, then the one that is in the most sets.
    fn values(&self, slots: &[Slot], present: &[(&Template, bool)]) -> Option<Values> {
        let mut values = Values::new();
        let candidates = |parameter: &Parameter| {
            let mut all: Option<BTreeSet<String>> = None;
            let mut count = 0_usize;
            for slot in slots {
                let own = slot
                    .templates
                    .iter()
                    .filter(|it| self.parameters(it).contains(&parameter.name));
                let own: Vec<_> = own.collect();
                if own.is_empty() {
                    continue;
                }
                count += 1;
                let bound = |actual: &String| {
                    let bound = own.iter().filter_map(|it| self.bind(it, actual));
                    let values = bound.filter_map(|mut bound| bound.remove(&parameter.name));
                    values.collect::<Vec<_>>()
                };
                let here = slot.texts.iter().flat_map(bound);
                // Every text of the template with this value is there.
                let here = here.filter(|value| self.is_whole(&own, parameter, value, &slot.texts));
                let here: BTreeSet<String> = here.collect();
                all = Some(match all {
                    Some(before) => before.intersection(&here).cloned().collect(),
                    None => here,
                });
            }
            (all, count)
        };
        let mut rest = Vec::new();
        for parameter in &self.block.parameters {
            let (Some(found), count) = candidates(parameter) else {
                // In no statement that is there.
                let value = self.gate(parameter, present)?;
                values.insert(parameter.name.clone(), value);
                continue;
            };
            let default = parameter.default.as_ref();
            let default = default.map(|it| parameter.default_texts(it, self.facts, self.known));
            // A statement about other actions is not this block.
            if let (Type::Action, Some(usual)) = (parameter.of, &default)
                && usual.iter().filter(|it| found.contains(*it)).count() * 2 < usual.len()
            {
                return None;
            }
            match default {
                Some(default)
                    if !default.is_empty() && default.iter().all(|it| found.contains(it)) =>
                {
                    let shares = self.shares(parameter, slots);
                    let value = if shares { default } else { found.into_iter().collect() };
                    values.insert(parameter.name.clone(), value);
                }
                _ => rest.push((std::cmp::Reverse(count), parameter, found)),
            }
        }
        rest.sort_by(|a, b| (a.0, &a.1.name).cmp(&(b.0, &b.1.name)));
        for (_, parameter, found) in rest {
            let shares = self.shares(parameter, slots);
            let others: BTreeSet<&String> = values.values().flatten().collect();
            let own = found.iter().filter(|it| !shares || !others.contains(it));
            let own: Vec<String> = own.cloned().collect();
            values.insert(parameter.name.clone(), own);
        }
        Some(values)
    }

    /// Whether a value has left all its texts in a set: `rule/{name}` and `rule/*/{name}`. Texts
    /// that name another parameter too are not asked for.
    fn is_whole(
        &self,
        templates: &[&String],
        parameter: &Parameter,
        value: &str,
        texts: &BTreeSet<String>,
    ) -> bool {
        let mut values = self.facts.clone();
        values.insert(parameter.name.clone(), vec![value.to_owned()]);
        templates.iter().all(|template| {
            self.parameters(template).len() > 1
                || fill::texts(template, &values).iter().all(|text| texts.contains(text))
        })
    }

    /// Whether another parameter is in one of its sets.
    fn shares(&self, parameter: &Parameter, slots: &[Slot]) -> bool {
        slots.iter().any(|slot| {
            let names = slot.templates.iter().flat_map(|it| {
                // A text that names several is filled as one.
                let names = self.parameters(it);
                if names.len() == 1 { names } else { Vec::new() }
            });
            let names: BTreeSet<String> = names.collect();
            names.contains(&parameter.name) && names.len() > 1
        })
    }

    /// The value of a parameter that is in no text: it decides which statements are there.
    fn gate(&self, parameter: &Parameter, present: &[(&Template, bool)]) -> Option<Vec<String>> {
        let name = parameter.name.as_str();
        for (template, is_there) in present {
            let Some(when) = template.when.as_deref() else { continue };
            let word = when.strip_prefix(name).and_then(|it| it.strip_prefix('='));
            if let (Some(word), true) = (word, *is_there) {
                return Some(vec![word.to_owned()]);
            }
            if parameter.of == Type::Boolean && (when == name || when[1..] == *name) {
                let is_on = (when == name) == *is_there;
                return Some(vec![is_on.to_string()]);
            }
        }
        // The list whose statement is not there is empty; anything else has its default.
        let is_missing = |it: &(&Template, bool)| !it.1 && it.0.when.as_deref() == Some(name);
        if parameter.list && present.iter().any(is_missing) {
            return Some(Vec::new());
        }
        let default = parameter.default.as_ref()?;
        Some(parameter.default_texts(default, self.facts, self.known))
    }

    /// The parameters as a manifest gives them.
    fn with(&self, values: &Values) -> Option<Map<String, Value>> {
        let mut with = Map::new();
        for parameter in &self.block.parameters {
            let found = values.get(&parameter.name).cloned().unwrap_or_default();
            let mut sorted = found.clone();
            sorted.sort();
            if let Some(default) = &parameter.default {
                let mut default = parameter.default_texts(default, self.facts, self.known);
                default.sort();
                if default == sorted {
                    continue;
                }
            }
            let written = |text: &String| match parameter.of {
                Type::Boolean => json!(text == "true"),
                Type::Integer => text.parse::<i64>().map_or(Value::Null, |number| json!(number)),
                Type::Role => json!(self.short(text, "*")),
                Type::OwnRole => json!(self.short(text, self.known.account)),
                _ => json!(text),
            };
            let value = match &sorted[..] {
                all if parameter.list => Value::Array(all.iter().map(written).collect()),
                [one] => written(one),
                [] if parameter.default == Some(Value::Null) => continue,
                _ => return None,
            };
            with.insert(parameter.name.clone(), value);
        }
        Some(with)
    }

    /// The name of a role in this account, or its ARN.
    fn short<'t>(&self, arn: &'t str, account: &str) -> &'t str {
        let prefix = format!("arn:{}:iam::{account}:role/", self.known.partition);
        arn.strip_prefix(&prefix).unwrap_or(arn)
    }
}
