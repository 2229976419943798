//! What lists of watchers, filters and the like protect: judged item by item.

use std::cmp::Ordering;

use serde_json::Value;

use crate::model::{Risk, policy_document::Context};

/// How much an item protects: the member that says it, and its meaning as a number.
pub(super) type Strength<'a> = (&'a str, fn(&Value) -> i64);

/// For items that protect or do not, and nothing in between.
pub(super) const UNRANKED: Strength<'_> = ("", |_| 0);

/// The risk of changing one list of protections into another. Items with the same value of `key`
/// are the same protection. A protection that comes or grows tightens, one that goes or shrinks
/// loosens, and one that differs in something else may do both, however strong it is.
pub(super) fn change(
    old: &Value,
    new: &Value,
    key: &str,
    (ranked, strength): Strength<'_>,
) -> Risk {
    let items = |list: &Value| list.as_array().cloned().unwrap_or_default();
    let (old, new) = (items(old), items(new));
    let named =
        |all: &[Value], item: &Value| all.iter().find(|other| same(other, item, key)).cloned();
    let kept = old.iter().map(|item| match named(&new, item) {
        None => Risk::LOOSENS,
        Some(other) if other == *item => Risk::NEUTRAL,
        Some(other) if without(&other, ranked) != without(item, ranked) => Risk::REPLACES,
        Some(other) => match strength(&other).cmp(&strength(item)) {
            Ordering::Less => Risk::LOOSENS,
            Ordering::Greater => Risk::TIGHTENS,
            Ordering::Equal => Risk::REPLACES,
        },
    });
    let come = new.iter().filter(|item| named(&old, item).is_none()).map(|_| Risk::TIGHTENS);
    kept.chain(come).collect()
}

/// The same, of a list whose items are what they are: one that is replaced comes and goes.
pub(super) fn change_of_items(old: &Value, new: &Value, _: &Context) -> Risk {
    change(old, new, "", UNRANKED)
}

/// An item without a member.
pub(super) fn without(item: &Value, member: &str) -> Value {
    let mut item = item.clone();
    if let Value::Object(members) = &mut item {
        members.shift_remove(member);
    }
    item
}

fn same(one: &Value, other: &Value, key: &str) -> bool {
    if key.is_empty() { one == other } else { one.get(key) == other.get(key) }
}

/// The place of a word in an order, from the weakest; one that is not in it protects from nothing.
pub(super) fn rank(item: &Value, member: &str, order: &[&str]) -> i64 {
    place(item.get(member).and_then(Value::as_str).unwrap_or_default(), order)
}

/// The same, of a word.
pub(super) fn place(word: &str, order: &[&str]) -> i64 {
    let place = order.iter().position(|it| *it == word).and_then(|it| i64::try_from(it).ok());
    place.unwrap_or(-1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn enabled(item: &Value) -> i64 {
        rank(item, "Status", &["DISABLED", "ENABLED"])
    }

    fn judged(old: Value, new: Value) -> Risk {
        change(&old, &new, "Name", ("Status", enabled))
    }

    #[test]
    fn what_comes_protects_and_what_goes_does_not_any_more() {
        let [on, off] = ["ENABLED", "DISABLED"].map(|it| json!({"Name": "S3", "Status": it}));
        let other = json!({"Name": "EKS", "Status": "ENABLED"});
        assert_eq!(judged(json!(null), json!([on])), Risk::TIGHTENS);
        assert_eq!(judged(json!([on]), json!([])), Risk::LOOSENS);
        assert_eq!(judged(json!([off]), json!([on])), Risk::TIGHTENS);
        assert_eq!(judged(json!([on]), json!([off])), Risk::LOOSENS);
        assert_eq!(judged(json!([on]), json!([other])), Risk::LOOSENS.and(Risk::TIGHTENS));
        assert_eq!(judged(json!([on, other]), json!([other, on])), Risk::NEUTRAL);
        let more = json!({"Name": "S3", "Status": "ENABLED", "Scope": "all"});
        assert_eq!(judged(json!([on]), json!([more])), Risk::REPLACES);
        assert_eq!(judged(json!([off]), json!([more])), Risk::REPLACES, "stronger hides nothing");
    }

    #[test]
    fn items_without_a_name_are_their_own_names() {
        let context = Context { partition: "aws".into(), account: "111122223333".into() };
        let judged = |old: Value, new: Value| change_of_items(&old, &new, &context);
        assert_eq!(judged(json!(["a"]), json!(["a", "b"])), Risk::TIGHTENS);
        assert_eq!(judged(json!(["a"]), json!(["b"])), Risk::TIGHTENS.and(Risk::LOOSENS));
    }
}
