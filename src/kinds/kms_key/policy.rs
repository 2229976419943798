//! The key policy: read from the manifest, kept from locking everybody out, and compared.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::State;
use crate::{
    kind::{Invalid, Line, Refs, ScopeFacts, policy_lines},
    kinds::policies,
    model::{
        Risk,
        policy_document::{self, Context, Decision, Dialect, LintRule, PolicyDocument, Request},
    },
};

/// Where the way out of most problems begins.
const START: &str = "begin with a statement that allows kms:* on \"*\" to the account's root or to an administrators' role, \
                     and give users of the key only what they need";

/// A policy as its bare document, so that a plan shows it as one.
pub(super) mod bare {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de::Error as _};
    use serde_json::Value;

    use crate::model::policy_document::{Dialect, PolicyDocument};

    pub fn serialize<S: Serializer>(
        policy: &Option<PolicyDocument>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        policy.as_ref().map(PolicyDocument::as_value).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<PolicyDocument>, D::Error> {
        match Option::<Value>::deserialize(deserializer)? {
            None | Some(Value::Null) => Ok(None),
            Some(value) => PolicyDocument::from_value(&value, Dialect::KeyPolicy)
                .map(Some)
                .map_err(D::Error::custom),
        }
    }
}

/// The policy of the manifest, with references filled in; problems are added to the list.
pub(super) fn resolve(
    policy: Option<Value>,
    refs: &Refs<'_>,
    problems: &mut Vec<Invalid>,
) -> Option<PolicyDocument> {
    let Some(value) = policy.filter(|value| !value.is_null()) else {
        let why = "is required: the policy that AWS sets by default hands the key to everybody in the account whom an IAM \
                   policy allows it";
        problems.push(Invalid::new("policy", why).help(START));
        return None;
    };
    let before = problems.len();
    let document = policies::checked("policy", &value, Dialect::KeyPolicy, refs.scope(), problems)?;
    if before == problems.len()
        && refs.scope().knows_account()
        && !somebody_keeps_control(&document, refs)
    {
        problems.push(locked_out(&document, refs.scope()));
    }
    Some(document)
}

/// Nobody of the account could ever change the policy. Where it hands the key to another account instead, that is
/// almost always the account of another installation.
fn locked_out(document: &PolicyDocument, scope: &ScopeFacts) -> Invalid {
    let ScopeFacts { name, account, partition, .. } = scope;
    let why = "locks everybody out: neither the account's root nor a role of the account is surely allowed \
               kms:PutKeyPolicy, so that nobody could ever change this policy or delete the key";
    let mut others = BTreeSet::new();
    accounts(document, &mut others);
    others.remove(account);
    let Some(other) = others.first() else { return Invalid::new("policy", why).help(START) };
    let why = format!(
        "{why}; the policy names account {other}, and the key is in account {account} (scope {name})"
    );
    Invalid::new("policy", why).help(format!(
        "write arn:{partition}:iam::${{scope.account}}:root if this account was meant; otherwise {START}"
    ))
}

/// The accounts of all principals in `Allow` statements.
fn accounts(document: &PolicyDocument, found: &mut BTreeSet<String>) {
    for statement in statements(document).iter().filter(|it| it["Effect"] == "Allow") {
        let mut texts = Vec::new();
        texts_of(&statement["Principal"]["AWS"], &mut texts);
        found.extend(texts.into_iter().filter_map(|text| {
            let account = text.split(':').nth(4).unwrap_or(text);
            let whole = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
            whole.then(|| account.to_owned())
        }));
    }
}

fn texts_of<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(list) => list.iter().for_each(|inner| texts_of(inner, found)),
        _ => {}
    }
}

/// Whether the account's root, or a role of the account that the policy names, is certainly allowed to
/// put another policy and not certainly denied it. An allowance under a condition that may fail tomorrow is
/// not certain; a denial under such a condition does not take control away for good.
///
/// KMS's own lock-out check asks only about the caller of the moment (KMS developer guide, "Key policies").
fn somebody_keeps_control(document: &PolicyDocument, refs: &Refs<'_>) -> bool {
    let (partition, account) = (&refs.scope().partition, &refs.scope().account);
    let allows = without_denials(document);
    // The key has no id yet.
    let key = format!(
        "arn:{partition}:kms:{}:{account}:key/00000000-0000-4000-8000-000000000000",
        refs.scope().region
    );
    let mut candidates = BTreeSet::from([format!("arn:{partition}:iam::{account}:root")]);
    let prefix = format!("arn:{partition}:iam::{account}:role/");
    roles(document.as_value(), &prefix, &mut candidates);
    candidates.iter().any(|candidate| {
        let mut request = Request::new(candidate, "kms:PutKeyPolicy", &key);
        for (name, value) in [
            ("kms:calleraccount", account.as_str()),
            ("aws:resourceaccount", account.as_str()),
            ("aws:requestedregion", refs.scope().region.as_str()),
            ("aws:securetransport", "true"),
            ("aws:principalisawsservice", "false"),
            ("aws:viaawsservice", "false"),
            ("kms:bypasspolicylockoutsafetycheck", "false"),
        ] {
            request.context.insert(name.to_owned(), vec![value.to_owned()]);
        }
        allows.as_ref().is_some_and(|allows| allows.evaluate(&request) == Decision::Allow)
            && document.evaluate(&request) != Decision::Deny
    })
}

fn statements(document: &PolicyDocument) -> &[Value] {
    match &document.as_value()["Statement"] {
        Value::Array(list) => list,
        single => std::slice::from_ref(single),
    }
}

/// The document's `Allow` statements alone; `None` if there is none.
fn without_denials(document: &PolicyDocument) -> Option<PolicyDocument> {
    let allows: Vec<_> =
        statements(document).iter().filter(|statement| statement["Effect"] == "Allow").collect();
    let mut value = json!({"Statement": allows});
    if let Some(version) = document.as_value().get("Version") {
        value["Version"] = version.clone();
    }
    PolicyDocument::from_value(&value, Dialect::KeyPolicy).ok()
}

/// The roles of the account that the document names anywhere: as principals, or in the conditions that exempt
/// them from a denial. Where a name has wildcards, one role that it stands for.
fn roles(value: &Value, prefix: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            if let Some((head, name)) = text.split_once(":role/")
                && (head.contains('*') || prefix.strip_suffix(":role/") == Some(head))
            {
                found.insert(format!("{prefix}{}", name.replace(['*', '?'], "x")));
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| roles(inner, prefix, found)),
        Value::Object(map) => map.values().for_each(|inner| roles(inner, prefix, found)),
        _ => {}
    }
}

/// What putting the wanted policy would do.
pub(super) struct Difference {
    /// The wanted policy.
    pub wanted: PolicyDocument,
    /// What it does to access.
    pub risk: Risk,
    /// The statements that differ, for the plan.
    pub lines: Vec<Line>,
}

/// How the wanted policy differs from the live one in meaning; `None` if it does not, or is not managed.
pub(super) fn difference(want: &State, have: &State) -> Option<Difference> {
    let wanted = want.policy.as_ref()?;
    let Some(live) = &have.policy else {
        let line = Line::change("policy", "(not a policy document palisade can read)", "as wanted");
        let (wanted, risk) = (wanted.clone(), Risk::REPLACES);
        return Some(Difference { wanted, risk, lines: vec![line] });
    };
    let context = Context { partition: want.partition.clone(), account: want.account.clone() };
    if policy_document::equivalent(live, wanted, &context) {
        return None;
    }
    let diff = policy_document::diff(live, wanted, &context);
    let risk = diff.widening.risk();
    let mut lines = policy_lines(&diff, 0);
    // A role or user that was deleted stays in a live policy as its unique id (IAM user guide).
    if live.faults(&context).iter().any(|lint| lint.rule == LintRule::OrphanedPrincipal) {
        lines.push(Line::change(
            "orphaned principal",
            "the live policy names a deleted role or user by its unique id",
            "the wanted policy; KMS refuses it until every role it names exists",
        ));
    }
    Some(Difference { wanted: wanted.clone(), risk, lines })
}
