//! Whether the account can still administer a key.

use serde_json::Value;

use crate::simulator::{
    statements::{acts_on, statements, strings},
    truth::Thing,
};

/// The calls that palisade needs for a key: with fewer it can neither check the claim nor correct
/// the key. (By hand, from the KMS API; not from the product's table.)
const NEEDED_CALLS: [&str; 7] = [
    "kms:CancelKeyDeletion",
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:TagResource",
];

/// Why neither the account nor a principal of it can administer a key any more.
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
        return Some("nobody in the account may change the key's policy");
    }
    let others = NEEDED_CALLS.iter().all(|action| may(action));
    (!others).then_some("nobody in the account may administer the key")
}
