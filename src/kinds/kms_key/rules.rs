//! What is invalid in a KmsKey manifest: aliases, leaves that do not fit together, and a policy
//! that locks everybody out.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    kind::{
        Invalid, Refs, ScopeFacts, has_placeholder,
        table::{Tree, get},
    },
    model::{
        Risk,
        policy_document::{Decision, Dialect, PolicyDocument, Request},
    },
};

/// How to fix most problems with the policy.
pub(super) const POLICY_HELP: &str = "begin with a statement that allows kms:* on \"*\" to the \
                                      account's root or to an administrators' role, and give users \
                                      of the key only what they need";
/// KMS API reference, `AliasName`.
const MAX_ALIAS_LENGTH: usize = 256;
/// The default key spec.
pub(super) const SYMMETRIC: &str = "SYMMETRIC_DEFAULT";
/// The default origin.
pub(super) const AWS_KMS: &str = "AWS_KMS";

/// What key material a key can have, and the possible purposes of such a key (KMS API reference,
/// CreateKey, `KeySpec` and `KeyUsage`).
#[derive(Debug)]
pub(super) struct KeySpec {
    pub(super) word: &'static str,
    pub(super) about: &'static str,
    pub(super) usages: &'static [&'static str],
}

const ENCRYPT: &str = "ENCRYPT_DECRYPT";
const SIGN: &str = "SIGN_VERIFY";
const MAC: &str = "GENERATE_VERIFY_MAC";
const AGREE: &str = "KEY_AGREEMENT";
const ENCAPSULATE: &str = "ENCAPSULATE_DECAPSULATE";

/// The purposes of keys.
pub(super) const KEY_USAGES: [(&str, &str); 5] = [
    (ENCRYPT, "Encrypting and decrypting."),
    (SIGN, "Signing and verifying."),
    (MAC, "Creating and verifying message authentication codes."),
    (AGREE, "Deriving shared secrets."),
    (ENCAPSULATE, "Encapsulating and decapsulating keys."),
];

/// Origins of key material; palisade creates keys with the first.
pub(super) const ORIGINS: [(&str, &str); 4] = [
    (AWS_KMS, "KMS created it."),
    ("EXTERNAL", "It was imported."),
    ("AWS_CLOUDHSM", "A CloudHSM cluster keeps it."),
    ("EXTERNAL_KEY_STORE", "A key manager outside of AWS keeps it."),
];

/// The row of replicas.
pub(super) const REPLICA_OF: &str = "replicaOf";

/// All key specs.
pub(super) const KEY_SPECS: [KeySpec; 20] = [
    spec("SYMMETRIC_DEFAULT", "256-bit AES-GCM (in China Regions 128-bit SM4).", &[ENCRYPT]),
    spec("RSA_2048", "RSA, 2048 bits.", &[ENCRYPT, SIGN]),
    spec("RSA_3072", "RSA, 3072 bits.", &[ENCRYPT, SIGN]),
    spec("RSA_4096", "RSA, 4096 bits.", &[ENCRYPT, SIGN]),
    spec("ECC_NIST_P256", "NIST curve P-256.", &[SIGN, AGREE]),
    spec("ECC_NIST_P384", "NIST curve P-384.", &[SIGN, AGREE]),
    spec("ECC_NIST_P521", "NIST curve P-521.", &[SIGN, AGREE]),
    spec("ECC_SECG_P256K1", "The curve secp256k1.", &[SIGN]),
    spec("ECC_NIST_EDWARDS25519", "Edwards curve 25519.", &[SIGN]),
    spec("HMAC_224", "HMAC, 224 bits.", &[MAC]),
    spec("HMAC_256", "HMAC, 256 bits.", &[MAC]),
    spec("HMAC_384", "HMAC, 384 bits.", &[MAC]),
    spec("HMAC_512", "HMAC, 512 bits.", &[MAC]),
    spec("SM2", "SM2; China Regions only.", &[ENCRYPT, SIGN, AGREE]),
    spec("ML_DSA_44", "ML-DSA-44.", &[SIGN]),
    spec("ML_DSA_65", "ML-DSA-65.", &[SIGN]),
    spec("ML_DSA_87", "ML-DSA-87.", &[SIGN]),
    spec("ML_KEM_512", "ML-KEM-512.", &[ENCAPSULATE]),
    spec("ML_KEM_768", "ML-KEM-768.", &[ENCAPSULATE]),
    spec("ML_KEM_1024", "ML-KEM-1024.", &[ENCAPSULATE]),
];

const fn spec(word: &'static str, about: &'static str, usages: &'static [&'static str]) -> KeySpec {
    KeySpec { word, about, usages }
}

/// What is wrong with an alias, and how to fix it.
pub(super) fn alias(alias: &str) -> Option<(&'static str, &'static str)> {
    let Some(name) = alias.strip_prefix("alias/") else {
        return Some((
            "does not start with `alias/`",
            "write alias/ and a name, e.g. alias/ml/studio",
        ));
    };
    let legal = |c: char| c.is_ascii_alphanumeric() || "/_-".contains(c);
    if name.starts_with("aws/") {
        Some(("is reserved for keys that AWS manages", "use a name that does not start with aws/"))
    } else if name.is_empty() || !name.chars().all(legal) {
        Some(("is not an alias", "after alias/ use letters, digits, `/`, `_` and `-`"))
    } else if alias.len() > MAX_ALIAS_LENGTH {
        Some(("is longer than 256 characters", "use a shorter name"))
    } else {
        None
    }
}

/// The key policy gives access to whatever is encrypted under the key from now on. No call of
/// palisade makes a key whose material comes from elsewhere.
pub(super) fn creating(want: &Tree) -> Risk {
    match get(want, "origin").as_str() {
        Some(AWS_KMS) | None => Risk::LOOSENS,
        Some(_) => Risk::IMPOSSIBLE,
    }
}

/// Fills in the key's purpose, and reports leaves that do not fit together.
pub(super) fn settle(want: &mut Tree, refs: &mut Refs<'_>, problems: &mut Vec<Invalid>) {
    let key_spec = get(want, "keySpec").as_str().unwrap_or(SYMMETRIC).to_owned();
    problems.extend(unrotated(want, &key_spec));
    of_origin(want, &key_spec, problems);
    of_replica(want, refs.scope(), problems);
    match usage(&key_spec, get(want, "keyUsage").as_str()) {
        // A replica's is its primary key's.
        _ if !get(want, REPLICA_OF).is_null() => {}
        Ok(usage) => drop(want.insert("keyUsage".to_owned(), json!(usage))),
        Err(problem) => problems.push(problem),
    }
    if key_spec == "SM2" && refs.scope().partition != "aws-cn" {
        problems.push(
            Invalid::new("keySpec", "SM2 keys exist in China Regions only")
                .help("leave keySpec out for SYMMETRIC_DEFAULT"),
        );
    }
    let is_sound = !problems.iter().any(|problem| problem.field.starts_with("policy"));
    if is_sound
        && refs.scope().knows_account()
        && let Ok(document) = PolicyDocument::from_value(get(want, "policy"), Dialect::KeyPolicy)
        && !somebody_keeps_control(&document, refs)
    {
        problems.push(locked_out(&document, refs.scope()));
    }
}

/// Why KMS does not rotate the key as the manifest says.
fn unrotated(want: &Tree, key_spec: &str) -> Option<Invalid> {
    let rotation = get(want, "rotation");
    let origin = get(want, "origin").as_str().unwrap_or(AWS_KMS);
    let (why, help) = if !get(want, REPLICA_OF).is_null() && !rotation.is_null() {
        (
            "is the primary key's: KMS rotates all keys of a multi-Region key together".to_owned(),
            "leave it out here, and say it in the manifest of the primary key",
        )
    } else if rotation["enabled"] != true {
        return None;
    } else if key_spec != SYMMETRIC {
        (
            format!("KMS does not rotate {key_spec} keys by itself"),
            "leave rotation out: only SYMMETRIC_DEFAULT keys have it",
        )
    } else if origin != AWS_KMS {
        (
            format!("KMS does not rotate keys by itself whose material has origin {origin}"),
            "leave rotation out, and rotate the material where it comes from",
        )
    } else {
        return None;
    };
    Some(Invalid::new("rotation", why).help(help))
}

/// A key in a custom key store is a symmetric encryption key of one Region (KMS developer guide,
/// "Key stores").
fn of_origin(want: &Tree, key_spec: &str, problems: &mut Vec<Invalid>) {
    let Some(origin @ ("AWS_CLOUDHSM" | "EXTERNAL_KEY_STORE")) = get(want, "origin").as_str()
    else {
        return;
    };
    let why = |what: &str| format!("{what} keys cannot have origin {origin}");
    if key_spec != SYMMETRIC {
        let problem = Invalid::new("keySpec", why(key_spec));
        problems.push(problem.help("leave keySpec out for SYMMETRIC_DEFAULT"));
    }
    if get(want, "multiRegion") == true || !get(want, REPLICA_OF).is_null() {
        let problem = Invalid::new("origin", why("multi-Region"));
        problems.push(problem.help("write the origin that the key has"));
    }
}

/// A replica is in another Region of its primary key's account. Its key material and spec are the
/// primary key's, so that the defaults of new keys do not apply.
fn of_replica(want: &mut Tree, scope: &ScopeFacts, problems: &mut Vec<Invalid>) {
    let Some(primary) = get(want, REPLICA_OF).as_str().map(str::to_owned) else { return };
    if get(want, "multiRegion") == false {
        let problem = Invalid::new("multiRegion", "a replica is a multi-Region key");
        problems.push(problem.help("leave it out"));
    }
    if let Some((why, help)) = not_a_primary(&primary, scope) {
        problems.push(Invalid::new(REPLICA_OF, why).help(help));
    }
    if get(want, "keySpec") == SYMMETRIC {
        want.insert("keySpec".to_owned(), Value::Null);
    }
    if get(want, "origin") == AWS_KMS {
        want.insert("origin".to_owned(), Value::Null);
    }
}

fn not_a_primary(primary: &str, scope: &ScopeFacts) -> Option<(String, &'static str)> {
    const HELP: &str = "write {ref: SCOPE/NAME}, or the ARN of a multi-Region key of this account \
                        in another Region: arn:aws:kms:REGION:ACCOUNT:key/mrk-…";
    // Anything that is no ARN is refused as such already.
    if has_placeholder(primary) || !primary.starts_with("arn:") {
        return None;
    }
    let parts: Vec<&str> = primary.splitn(6, ':').collect();
    let ["arn", partition, "kms", region, account, resource] = parts[..] else {
        return Some((format!("`{primary}` is not the ARN of a key"), HELP));
    };
    if !resource.starts_with("key/mrk-") {
        return Some((format!("`{primary}` is not a multi-Region key"), HELP));
    }
    let foreign = partition != scope.partition || account != scope.account;
    if scope.knows_account() && foreign {
        return Some((format!("`{primary}` is in another account"), HELP));
    }
    let here = scope.knows_account() && region == scope.region;
    here.then(|| (format!("`{primary}` is in this Region itself"), HELP))
}

fn usage(key_spec: &str, usage: Option<&str>) -> Result<String, Invalid> {
    let known = KEY_SPECS.iter().find(|spec| spec.word == key_spec);
    let possible = known.map_or(&[][..], |spec| spec.usages);
    let why = match usage {
        None if key_spec == SYMMETRIC => return Ok(ENCRYPT.to_owned()),
        Some(usage) if possible.contains(&usage) => return Ok(usage.to_owned()),
        None => format!("is required for {key_spec} keys"),
        Some(usage) => format!("{key_spec} keys are not for {usage}"),
    };
    Err(Invalid::new("keyUsage", why).help(format!("write {}", possible.join(" or "))))
}

/// Nobody in the account could ever change the policy. If it gives the key to another account
/// instead, that is almost always the account of another installation.
fn locked_out(document: &PolicyDocument, scope: &ScopeFacts) -> Invalid {
    let ScopeFacts { name, account, partition, .. } = scope;
    let why = "locks everybody out: neither the account's root nor a role or user of the account \
               is surely \
               allowed kms:PutKeyPolicy, so that nobody could ever change this policy or delete \
               the key";
    let mut others = BTreeSet::new();
    accounts(document, &mut others);
    others.remove(account);
    let Some(other) = others.first() else { return Invalid::new("policy", why).help(POLICY_HELP) };
    let why = format!(
        "{why}; the policy names account {other}, and the key is in account {account} (scope \
         {name})"
    );
    Invalid::new("policy", why).help(format!(
        "write arn:{partition}:iam::${{scope.account}}:root if this account was meant; otherwise \
         {POLICY_HELP}"
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

/// Whether the account's root, or a role or user of the account that the policy names, is certainly
/// allowed to put another policy and not certainly denied it. An allowance under a condition that
/// may fail tomorrow is not certain; a denial under such a condition does not take away control for
/// good.
///
/// KMS's own lockout check considers only the current caller (KMS developer guide, "Key policies").
fn somebody_keeps_control(document: &PolicyDocument, refs: &Refs<'_>) -> bool {
    let (partition, account) = (&refs.scope().partition, &refs.scope().account);
    let allows = without_denials(document);
    // The key has no id yet.
    let key = format!(
        "arn:{partition}:kms:{}:{account}:key/00000000-0000-4000-8000-000000000000",
        refs.scope().region
    );
    let mut candidates = BTreeSet::from([format!("arn:{partition}:iam::{account}:root")]);
    let account_arn = format!("arn:{partition}:iam::{account}");
    identities(document.as_value(), &account_arn, &mut candidates);
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

/// The roles and users of the account that the document names anywhere: as principals, or in the
/// conditions that exempt them from a denial. For a name with wildcards, one that matches it.
fn identities(value: &Value, account: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            for kind in [":role/", ":user/"] {
                if let Some((head, name)) = text.split_once(kind)
                    && (head.contains('*') || head == account)
                {
                    found.insert(format!("{account}{kind}{}", name.replace(['*', '?'], "x")));
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| identities(inner, account, found)),
        Value::Object(map) => map.values().for_each(|inner| identities(inner, account, found)),
        _ => {}
    }
}
