//! When a live value is as wanted.

use serde_json::Value;

use super::{Members, Property, Sort};
use crate::{
    kind::table::tree,
    model::policy_document::{Context, Dialect, PolicyDocument, equivalent},
};

impl Property {
    /// Whether a live value is as wanted in everything that the wanted one names.
    pub(super) fn is_same(&self, want: &Value, have: &Value, context: &Context) -> bool {
        match (&self.sort, want) {
            (_, Value::Null) => is_none(have),
            (Sort::Object(members), Value::Object(wanted)) => wanted.iter().all(|(name, want)| {
                let have = have.get(name).unwrap_or(&Value::Null);
                is_same_member(members, name, want, have, context)
            }),
            (Sort::List { of, ordered, .. }, Value::Array(wanted)) => {
                let live = have.as_array().map_or(&[][..], Vec::as_slice);
                let is_whole = self.partial || wanted.len() == live.len();
                pairs(of, *ordered, wanted, live, context)
                    .is_some_and(|pairs| is_whole && pairs.len() == wanted.len())
            }
            (Sort::Policy(dialect), _) => match (policy(want, *dialect), policy(have, *dialect)) {
                (Some(want), Some(have)) => equivalent(&have, &want, context),
                _ => false,
            },
            (Sort::Json | Sort::JsonText, _) => is_close(&parsed(want), &parsed(have)),
            _ => is_close(want, have),
        }
    }
}

fn is_same_member(
    members: &Members,
    name: &str,
    want: &Value,
    have: &Value,
    context: &Context,
) -> bool {
    match members.get(name) {
        // Nobody sees whether it is.
        Some(property) if property.unseen => true,
        Some(property) => property.is_same(want, have, context),
        None => is_close(want, have),
    }
}

/// For each wanted item the live one that is as wanted, as far as there are any: each live item is
/// taken once. Nothing if a list whose order means something has other items or another order.
pub(super) fn pairs(
    of: &Property,
    ordered: bool,
    wanted: &[Value],
    live: &[Value],
    context: &Context,
) -> Option<Vec<(usize, usize)>> {
    if ordered {
        let all: Vec<_> = (0..wanted.len().min(live.len())).map(|n| (n, n)).collect();
        let fits = |(n, _): &(usize, usize)| of.is_same(&wanted[*n], &live[*n], context);
        return all.iter().all(fits).then_some(all);
    }
    // The item that takes each live item.
    let mut takers: Vec<Option<usize>> = vec![None; live.len()];
    for item in 0..wanted.len() {
        let mut tried = vec![false; live.len()];
        let fits =
            |item: usize, live_item: usize| of.is_same(&wanted[item], &live[live_item], context);
        place(item, &fits, &mut takers, &mut tried);
    }
    let taken = takers.iter().enumerate();
    Some(taken.filter_map(|(live, taker)| Some(((*taker)?, live))).collect())
}

/// Finds a live item for a wanted one, moving others to further ones that fit them. Without that an
/// item that names few members could take the place of one that names more.
fn place(
    item: usize,
    fits: &impl Fn(usize, usize) -> bool,
    takers: &mut Vec<Option<usize>>,
    tried: &mut Vec<bool>,
) -> bool {
    for live in 0..takers.len() {
        if tried[live] || !fits(item, live) {
            continue;
        }
        tried[live] = true;
        let is_free = match takers[live] {
            None => true,
            Some(other) => place(other, fits, takers, tried),
        };
        if is_free {
            takers[live] = Some(item);
            return true;
        }
    }
    false
}

/// Whether a value is none: AWS leaves out what is not set, or returns it empty.
pub(super) fn is_none(value: &Value) -> bool {
    value.as_str().is_some_and(str::is_empty) || tree::is_none(value)
}

/// Whether values without a known form are the same: numbers and words are compared by what they
/// say, whether AWS returns them as texts or not; of objects the wanted members; lists as sets.
fn is_close(want: &Value, have: &Value) -> bool {
    match (want, have) {
        (Value::Object(wanted), _) => {
            wanted.iter().all(|(name, want)| is_close(want, have.get(name).unwrap_or(&Value::Null)))
        }
        (Value::Array(wanted), _) => {
            let live = have.as_array().map_or(&[][..], Vec::as_slice);
            wanted.len() == live.len() && {
                let any = Property::new(Sort::Any);
                let context = Context { partition: String::new(), account: String::new() };
                let found = pairs(&any, false, wanted, live, &context);
                found.is_some_and(|found| found.len() == live.len())
            }
        }
        (want, have) if is_none(want) => is_none(have),
        (want, have) => want == have || said(want).is_some_and(|want| Some(want) == said(have)),
    }
}

/// What a plain value says: numbers in one spelling, words as they are.
fn said(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        _ => return None,
    };
    let is_plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
    let number = text.parse::<f64>().ok().filter(|_| is_plain && text.len() <= 15);
    Some(number.map_or(text, |number| number.to_string()))
}

/// A JSON document in a text as what it says.
fn parsed(value: &Value) -> Value {
    let inner = value.as_str().and_then(|text| serde_json::from_str(text).ok());
    inner.unwrap_or_else(|| value.clone())
}

/// A policy, written as an object or as a text.
pub(super) fn policy(value: &Value, dialect: Dialect) -> Option<PolicyDocument> {
    PolicyDocument::from_value(&parsed(value), dialect).ok()
}
