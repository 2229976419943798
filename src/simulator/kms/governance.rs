//! Whether somebody of the account can still look after a key.

use serde_json::Value;

use crate::simulator::{
    statements::{acts_on, statements, strings},
    truth::Thing,
};

/// What palisade cannot do without at a key: with less it can neither tell whose it is nor put it right. (By hand, from the KMS
/// API; not from the product's table.)
const AT_KEYS: [&str; 7] = [
    "kms:CancelKeyDeletion",
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:TagResource",
];

/// Why the account, or a principal of it, can no longer look after a key.
pub(super) fn not_governed(key: &Thing) -> Option<&'static str> {
    let own = |statement: &Value| {
        let principals = strings(&statement["Principal"]["AWS"]);
        statement["Principal"] == "*"
            || principals.iter().any(|it| *it == "*" || it.contains(&format!(":{}:", key.account)))
            || principals.contains(&key.account.as_str())
    };
    let statements: Vec<Value> = key.facts_of("policy").flat_map(statements).collect();
    let has = |effect: &str, action: &str, conditional: bool| {
        let of_effect = statements.iter().filter(|it| it["Effect"] == effect && own(it));
        of_effect
            .filter(|it| acts_on(it, action))
            .any(|it| conditional || it.get("Condition").is_none())
    };
    let may = |action: &str| has("Allow", action, true) && !has("Deny", action, false);
    if !may("kms:PutKeyPolicy") {
        return Some("nobody of the account may change the key's policy");
    }
    let others = AT_KEYS.iter().all(|action| may(action));
    (!others).then_some("nobody of the account may look after the key")
}
