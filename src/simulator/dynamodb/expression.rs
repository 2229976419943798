//! Expressions (developer guide, Expressions): conditions that are joined by `AND`, and updates by
//! `SET` and `ADD`. Attributes are named by placeholders, as palisade names them, or by themselves.

use serde_json::{Value, json};

use crate::simulator::service::ApiError;

/// An item: attributes, each with its type, as the API writes them.
pub(super) type Item = serde_json::Map<String, Value>;

/// The error for a request that makes no sense.
pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationException", message)
}

/// What the placeholders of a request stand for.
#[derive(Debug)]
pub(super) struct Names<'a> {
    names: &'a Value,
    values: &'a Value,
}

impl<'a> Names<'a> {
    pub(super) fn of(input: &'a Value) -> Self {
        Self {
            names: &input["ExpressionAttributeNames"],
            values: &input["ExpressionAttributeValues"],
        }
    }

    /// The attribute that a word names.
    fn attribute(&self, word: &str) -> Result<String, ApiError> {
        let word = word.trim();
        if !word.starts_with('#') {
            return Ok(word.to_owned());
        }
        let name = self.names[word].as_str();
        name.map(str::to_owned)
            .ok_or_else(|| invalid(format!("An expression attribute name is not defined: {word}")))
    }

    /// The value that a placeholder stands for.
    fn value(&self, word: &str) -> Result<&'a Value, ApiError> {
        let word = word.trim();
        self.values
            .get(word)
            .ok_or_else(|| invalid(format!("An expression attribute value is not defined: {word}")))
    }
}

/// Whether a condition holds for an item.
pub(super) fn holds(condition: &str, item: &Item, names: &Names<'_>) -> Result<bool, ApiError> {
    let mut all = true;
    for term in condition.split(" AND ") {
        all &= one_holds(term.trim(), item, names)?;
    }
    Ok(all)
}

fn one_holds(term: &str, item: &Item, names: &Names<'_>) -> Result<bool, ApiError> {
    if let Some(word) = called(term, "attribute_not_exists") {
        return Ok(!item.contains_key(&names.attribute(word)?));
    }
    if let Some(word) = called(term, "attribute_exists") {
        return Ok(item.contains_key(&names.attribute(word)?));
    }
    if let Some((word, start)) = called(term, "begins_with").and_then(|it| it.split_once(',')) {
        let text = item.get(&names.attribute(word)?).and_then(|it| it["S"].as_str());
        let start = names.value(start)?["S"].as_str().unwrap_or_default();
        return Ok(text.is_some_and(|text| text.starts_with(start)));
    }
    let (word, value) = term
        .split_once('=')
        .ok_or_else(|| invalid(format!("The simulator does not know the condition {term}")))?;
    Ok(item.get(&names.attribute(word)?) == Some(names.value(value)?))
}

/// The arguments, if a term is a call of this function.
fn called<'t>(term: &'t str, function: &str) -> Option<&'t str> {
    term.strip_prefix(function)?.trim().strip_prefix('(')?.strip_suffix(')')
}

/// Applies `SET #a = :b, #c = :d ADD #n :one` to an item.
pub(super) fn update(expression: &str, item: &mut Item, names: &Names<'_>) -> Result<(), ApiError> {
    let (set, add) = expression.split_once("ADD ").unwrap_or((expression, ""));
    let set = set.trim().strip_prefix("SET ").unwrap_or_default();
    for change in set.split(',').filter(|it| !it.trim().is_empty()) {
        let (word, value) = change.split_once('=').ok_or_else(|| invalid("SET needs a value"))?;
        item.insert(names.attribute(word)?, names.value(value)?.clone());
    }
    for change in add.split(',').filter(|it| !it.trim().is_empty()) {
        let (word, value) =
            change.trim().split_once(' ').ok_or_else(|| invalid("ADD needs a value"))?;
        let number = |value: &Value| value["N"].as_str().and_then(|it| it.parse::<i64>().ok());
        let name = names.attribute(word)?;
        let before = item.get(&name).map_or(Some(0), number);
        let sum = before.zip(number(names.value(value)?)).map(|(before, by)| before + by);
        let sum = sum.ok_or_else(|| invalid("ADD is for numbers"))?;
        item.insert(name, json!({"N": sum.to_string()}));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(value: &Value) -> Item {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn conditions_hold_or_do_not() {
        let input = json!({
            "ExpressionAttributeNames": {"#v": "version", "#o": "owner"},
            "ExpressionAttributeValues": {":v": {"S": "7"}, ":p": {"S": "an"}},
        });
        let it = item(&json!({"version": {"S": "7"}, "owner": {"S": "ann"}}));
        let names = Names::of(&input);
        for (condition, expected) in [
            ("#v = :v", true),
            ("#o = :v", false),
            ("attribute_exists(#v) AND #v = :v", true),
            ("attribute_not_exists(#v)", false),
            ("attribute_not_exists(other)", true),
            ("begins_with(#o, :p)", true),
            ("#v = :v AND begins_with(#v, :p)", false),
        ] {
            assert_eq!(holds(condition, &it, &names).unwrap(), expected, "{condition}");
        }
        for wrong in ["#v > :v", "#x = :v", "#v = :x", "size(#v)"] {
            assert_eq!(holds(wrong, &it, &names).unwrap_err().code, "ValidationException");
        }
    }

    #[test]
    fn an_update_sets_and_adds() {
        let input = json!({
            "ExpressionAttributeNames": {"#o": "owner", "#f": "fence"},
            "ExpressionAttributeValues": {":o": {"S": "bob"}, ":one": {"N": "1"}},
        });
        let mut it = item(&json!({"owner": {"S": "ann"}, "fence": {"N": "4"}}));
        update("SET #o = :o ADD #f :one", &mut it, &Names::of(&input)).unwrap();
        assert_eq!(it, item(&json!({"owner": {"S": "bob"}, "fence": {"N": "5"}})));
        let mut new = Item::new();
        update("ADD #f :one", &mut new, &Names::of(&input)).unwrap();
        assert_eq!(new, item(&json!({"fence": {"N": "1"}})));
        assert!(update("ADD #f :o", &mut new, &Names::of(&input)).is_err());
    }
}
