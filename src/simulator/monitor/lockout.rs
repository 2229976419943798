//! S12: who is shut out by a policy as it stands after a call. Plain reading of the JSON, not palisade's evaluator: what judges
//! must not share the mistakes of what is judged.

use serde_json::Value;

use crate::simulator::Thing;

/// What is wrong with a thing after a call that was not wrong before it.
pub(super) fn shut_out(before: Option<&Thing>, after: &Thing) -> Option<&'static str> {
    let wrong = |thing: &Thing| match thing.kind {
        "KmsKey" => {
            (!is_governed(thing)).then_some("nobody of the account may change the key's policy")
        }
        "ServiceControlPolicy" => denies_all(thing)
            .then_some("an attached policy denies everything to everybody, palisade included"),
        _ => None,
    };
    if before.is_some_and(|before| wrong(before).is_some()) { None } else { wrong(after) }
}

/// Whether the account, or a principal of it, may still put a key policy.
fn is_governed(key: &Thing) -> bool {
    let own = |statement: &Value| {
        let principals = strings(&statement["Principal"]["AWS"]);
        statement["Principal"] == "*"
            || principals.iter().any(|it| *it == "*" || it.contains(&format!(":{}:", key.account)))
            || principals.contains(&key.account.as_str())
    };
    let puts = |statement: &&Value| own(statement) && acts_on(statement, "kms:PutKeyPolicy");
    let statements: Vec<Value> = key.facts_of("policy").flat_map(statements).collect();
    let has = |effect: &str, conditional: bool| {
        let of_effect = statements.iter().filter(|it| it["Effect"] == effect);
        of_effect.filter(puts).any(|it| conditional || it.get("Condition").is_none())
    };
    has("Allow", true) && !has("Deny", false)
}

fn denies_all(policy: &Thing) -> bool {
    let everything = |it: &Value| {
        it["Effect"] == "Deny"
            && it.get("Condition").is_none()
            && strings(&it["Action"]).contains(&"*")
            && strings(&it["Resource"]).contains(&"*")
    };
    policy.facts_of("attached").next().is_some()
        && policy.facts_of("content").flat_map(statements).any(|it| everything(&it))
}

fn statements(policy: &str) -> Vec<Value> {
    let policy: Value = serde_json::from_str(policy).unwrap_or_default();
    match &policy["Statement"] {
        Value::Array(all) => all.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    }
}

fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(one) => vec![one],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether a statement names an action, or a pattern that ends in `*` and begins like it.
fn acts_on(statement: &Value, action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    strings(&statement["Action"]).into_iter().any(|pattern| {
        let pattern = pattern.to_ascii_lowercase();
        pattern.strip_suffix('*').map_or(pattern == action, |start| action.starts_with(start))
    })
}
