//! The manifest's `spec`, and everything about it that can be wrong without asking AWS.

use std::collections::BTreeSet;

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Rotation, State, policy};
use crate::{
    kind::{Invalid, Refs, TagSpec},
    model::text,
};

/// The key material that palisade's keys have: KMS makes it and keeps it.
const ORIGIN: &str = "AWS_KMS";
/// KMS quota: aliases of one key.
const ALIASES_PER_KEY: usize = 50;
/// KMS API reference, `AliasName`.
const ALIAS_LENGTH: usize = 256;
/// KMS API reference, `RotationPeriodInDays`.
const ROTATION_DAYS: std::ops::RangeInclusive<u16> = 90..=2560;
/// KMS API reference, `PendingWindowInDays`.
const WINDOW_DAYS: std::ops::RangeInclusive<u16> = 7..=30;
/// The longest time to notice a mistake.
pub(super) const DEFAULT_WINDOW_DAYS: u16 = 30;

/// A customer managed KMS key whose key material comes from AWS KMS (origin `AWS_KMS`).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// The key's aliases, each `alias/…` but not `alias/aws/…`, at most 50, unique in the account's Region. With
    /// a list, every other alias of the key is drift and is deleted; `[]` or `null`: the key has no alias.
    /// Absent: aliases are not managed.
    #[serde(default, deserialize_with = "said")]
    #[schemars(transform = absent_is_not_null)]
    pub aliases: Option<Option<Vec<String>>>,
    /// What the key is for, at most 8192 characters; `""` or `null`: none. Absent: not managed.
    #[serde(default, deserialize_with = "said")]
    #[schemars(transform = absent_is_not_null)]
    pub description: Option<Option<String>>,
    /// The key policy, an IAM policy document of at most 32 KiB; required, because the policy that AWS would set by
    /// default hands the key to everybody in the account whom IAM policies allow it. Compared by meaning:
    /// KMS stores it in another order and spelling. `${Kind/name}` and `${Kind/name.arn}` are filled in.
    /// Every statement needs `Action` and `Resource` (KMS ignores it otherwise, without a word), nothing may be
    /// allowed to `Principal: "*"` without a condition, and the account's root or a role of the account must
    /// be allowed `kms:PutKeyPolicy`, so that the key stays manageable.
    #[schemars(required, with = "serde_json::Map<String, Value>")]
    pub policy: Option<Value>,
    /// Automatic rotation of the key material; symmetric encryption keys only. `null`: not rotated. Absent: not
    /// managed. Not changed while the key is disabled. A replica of a multi-Region key takes its primary's.
    #[serde(default, deserialize_with = "said")]
    #[schemars(transform = absent_is_not_null)]
    pub rotation: Option<Option<RotationSpec>>,
    /// Whether the key can be used; default true. Disabling makes everything that is encrypted under it
    /// unreadable until it is enabled again.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// What key material the key has; default `SYMMETRIC_DEFAULT`, the only one that SageMaker, EBS and S3 accept.
    /// Immutable.
    #[serde(default)]
    pub key_spec: KeySpec,
    /// What the key is for. Default `ENCRYPT_DECRYPT` for `SYMMETRIC_DEFAULT`, required for every other key
    /// spec. Immutable.
    #[serde(default)]
    pub key_usage: Option<KeyUsage>,
    /// Whether the key can be replicated to other Regions; a new key is not unless this says so. Absent: not
    /// compared. Immutable.
    #[serde(default)]
    pub multi_region: Option<bool>,
    /// Days between asking for the key's deletion (`lifecycle.state: absent`) and the deletion, during which it can
    /// be called back: 7 to 30, default 30.
    #[serde(default)]
    #[schemars(range(min = 7, max = 30))]
    pub deletion_window_days: Option<u16>,
    /// Tags, of letters, digits, spaces and `_ . : / = + - @`; `null` for a key that must not be there. Keys that are not
    /// named are not managed.
    #[serde(default)]
    pub tags: TagSpec,
}

/// Automatic rotation of the key material.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RotationSpec {
    /// Whether KMS rotates the key material; default true.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Days between two rotations, 90 to 2560; KMS takes 365 if nothing was ever said. Absent: not managed. Without
    /// meaning while `enabled` is false.
    #[serde(default)]
    #[schemars(range(min = 90, max = 2560))]
    pub period_days: Option<u16>,
}

macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word in KMS's API.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }
    };
}

words! {
    /// What key material a key has, as the KMS API reference lists it.
    #[derive(Default)]
    KeySpec {
        /// 256-bit AES-GCM (in China Regions 128-bit SM4).
        #[default]
        SymmetricDefault = "SYMMETRIC_DEFAULT",
        /// RSA, 2048 bits.
        Rsa2048 = "RSA_2048",
        /// RSA, 3072 bits.
        Rsa3072 = "RSA_3072",
        /// RSA, 4096 bits.
        Rsa4096 = "RSA_4096",
        /// NIST curve P-256.
        EccNistP256 = "ECC_NIST_P256",
        /// NIST curve P-384.
        EccNistP384 = "ECC_NIST_P384",
        /// NIST curve P-521.
        EccNistP521 = "ECC_NIST_P521",
        /// The curve of cryptocurrencies.
        EccSecgP256k1 = "ECC_SECG_P256K1",
        /// Edwards curve 25519.
        EccNistEdwards25519 = "ECC_NIST_EDWARDS25519",
        /// HMAC, 224 bits.
        Hmac224 = "HMAC_224",
        /// HMAC, 256 bits.
        Hmac256 = "HMAC_256",
        /// HMAC, 384 bits.
        Hmac384 = "HMAC_384",
        /// HMAC, 512 bits.
        Hmac512 = "HMAC_512",
        /// SM2; China Regions only.
        Sm2 = "SM2",
        /// ML-DSA-44.
        MlDsa44 = "ML_DSA_44",
        /// ML-DSA-65.
        MlDsa65 = "ML_DSA_65",
        /// ML-DSA-87.
        MlDsa87 = "ML_DSA_87",
        /// ML-KEM-512.
        MlKem512 = "ML_KEM_512",
        /// ML-KEM-768.
        MlKem768 = "ML_KEM_768",
        /// ML-KEM-1024.
        MlKem1024 = "ML_KEM_1024",
    }
}

words! {
    /// What a key is for, as the KMS API reference lists it.
    KeyUsage {
        /// Encrypting and decrypting.
        EncryptDecrypt = "ENCRYPT_DECRYPT",
        /// Signing and verifying.
        SignVerify = "SIGN_VERIFY",
        /// Making and verifying message authentication codes.
        GenerateVerifyMac = "GENERATE_VERIFY_MAC",
        /// Deriving shared secrets.
        KeyAgreement = "KEY_AGREEMENT",
        /// Encapsulating and decapsulating keys.
        EncapsulateDecapsulate = "ENCAPSULATE_DECAPSULATE",
    }
}

impl KeySpec {
    /// What a key of this spec can be for (KMS API reference, CreateKey, `KeyUsage`).
    pub fn usages(self) -> &'static [KeyUsage] {
        use KeyUsage::{
            EncapsulateDecapsulate, EncryptDecrypt, GenerateVerifyMac, KeyAgreement, SignVerify,
        };
        match self {
            Self::SymmetricDefault => &[EncryptDecrypt],
            Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => &[EncryptDecrypt, SignVerify],
            Self::EccNistP256 | Self::EccNistP384 | Self::EccNistP521 => {
                &[SignVerify, KeyAgreement]
            }
            Self::EccSecgP256k1 | Self::EccNistEdwards25519 => &[SignVerify],
            Self::Hmac224 | Self::Hmac256 | Self::Hmac384 | Self::Hmac512 => &[GenerateVerifyMac],
            Self::Sm2 => &[EncryptDecrypt, SignVerify, KeyAgreement],
            Self::MlDsa44 | Self::MlDsa65 | Self::MlDsa87 => &[SignVerify],
            Self::MlKem512 | Self::MlKem768 | Self::MlKem1024 => &[EncapsulateDecapsulate],
        }
    }
}

fn yes() -> bool {
    true
}

/// `null` says "none" here, so a schema must not call it the default.
fn absent_is_not_null(schema: &mut Schema) {
    schema.remove("default");
}

/// Tells `null` (none) from an absent field (not managed).
fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

pub(super) fn resolve(spec: Spec, refs: &mut Refs<'_>) -> Result<State, Vec<Invalid>> {
    let mut problems = Vec::new();
    let aliases = spec.aliases.map(|list| aliases(list.unwrap_or_default(), &mut problems));
    let description = spec.description.map(Option::unwrap_or_default);
    let long = description.as_ref().and_then(|it| text::KMS_DESCRIPTION.refused("description", it));
    problems.extend(long.map(Invalid::from));
    let policy = policy::resolve(spec.policy, refs, &mut problems);
    let rotation =
        spec.rotation.map(|rotation| rotation_of(rotation, spec.key_spec, &mut problems));
    let usage = usage(spec.key_spec, spec.key_usage, &mut problems);
    if spec.key_spec == KeySpec::Sm2 && refs.scope().partition != "aws-cn" {
        problems.push(
            Invalid::new("keySpec", "SM2 keys exist in China Regions only")
                .help("leave keySpec out for SYMMETRIC_DEFAULT"),
        );
    }
    let window = spec.deletion_window_days.unwrap_or(DEFAULT_WINDOW_DAYS);
    if !WINDOW_DAYS.contains(&window) {
        problems.push(
            Invalid::new("deletionWindowDays", format!("{window} is not within 7 and 30 days"))
                .help("leave it out for 30 days, the longest time to notice a mistake"),
        );
    }
    problems.extend(text::KMS.refused(&spec.tags).into_iter().map(Invalid::from));
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(State {
        aliases,
        description,
        policy,
        rotation,
        enabled: Some(spec.enabled),
        key_spec: Some(spec.key_spec.as_str().to_owned()),
        key_usage: usage.map(|usage| usage.as_str().to_owned()),
        origin: Some(ORIGIN.to_owned()),
        multi_region: spec.multi_region,
        deletion_window_days: Some(window),
        partition: refs.scope().partition.clone(),
        account: refs.scope().account.clone(),
        ..State::default()
    })
}

fn aliases(list: Vec<String>, problems: &mut Vec<Invalid>) -> BTreeSet<String> {
    if list.len() > ALIASES_PER_KEY {
        problems.push(
            Invalid::new(
                "aliases",
                format!("{} aliases; KMS takes at most {ALIASES_PER_KEY} for a key", list.len()),
            )
            .help("keep those that are used"),
        );
    }
    let mut seen = BTreeSet::new();
    for (index, alias) in list.into_iter().enumerate() {
        let field = format!("aliases[{index}]");
        if let Some((why, help)) = alias_problem(&alias) {
            problems.push(Invalid::new(&field, format!("`{alias}` {why}")).help(help));
        }
        if seen.contains(&alias) {
            problems.push(Invalid::new(field, format!("`{alias}` occurs twice")).help("keep one"));
        }
        seen.insert(alias);
    }
    seen
}

/// What is wrong with an alias, and the way out.
fn alias_problem(alias: &str) -> Option<(&'static str, &'static str)> {
    let Some(name) = alias.strip_prefix("alias/") else {
        return Some((
            "does not start with `alias/`",
            "write alias/ and a name, e.g. alias/ml/studio",
        ));
    };
    let legal = |c: char| c.is_ascii_alphanumeric() || "/_-".contains(c);
    if name.starts_with("aws/") {
        Some(("is reserved for keys that AWS manages", "take a name that does not start with aws/"))
    } else if name.is_empty() || !name.chars().all(legal) {
        Some(("is not an alias", "after alias/ use letters, digits, `/`, `_` and `-`"))
    } else if alias.len() > ALIAS_LENGTH {
        Some(("is longer than 256 characters", "take a shorter name"))
    } else {
        None
    }
}

fn rotation_of(
    rotation: Option<RotationSpec>,
    key_spec: KeySpec,
    problems: &mut Vec<Invalid>,
) -> Rotation {
    let off = Rotation { enabled: false, period_days: None };
    let Some(rotation) = rotation else { return off };
    if let Some(days) = rotation.period_days
        && !ROTATION_DAYS.contains(&days)
    {
        problems.push(
            Invalid::new("rotation.periodDays", format!("{days} is not within 90 and 2560 days"))
                .help("365 is usual"),
        );
    }
    if !rotation.enabled {
        return off;
    }
    if key_spec != KeySpec::SymmetricDefault {
        problems.push(
            Invalid::new(
                "rotation",
                format!("KMS does not rotate {} keys by itself", key_spec.as_str()),
            )
            .help("leave rotation out: only SYMMETRIC_DEFAULT keys have it"),
        );
    }
    Rotation { enabled: true, period_days: rotation.period_days }
}

fn usage(
    key_spec: KeySpec,
    usage: Option<KeyUsage>,
    problems: &mut Vec<Invalid>,
) -> Option<KeyUsage> {
    let possible = key_spec.usages();
    let words = || possible.iter().map(|usage| usage.as_str()).collect::<Vec<_>>().join(" or ");
    match usage {
        None if key_spec == KeySpec::SymmetricDefault => Some(KeyUsage::EncryptDecrypt),
        None => {
            problems.push(
                Invalid::new("keyUsage", format!("is required for {} keys", key_spec.as_str()))
                    .help(format!("write {}", words())),
            );
            None
        }
        Some(usage) if possible.contains(&usage) => Some(usage),
        Some(usage) => {
            let why = format!("{} keys are not for {}", key_spec.as_str(), usage.as_str());
            problems.push(Invalid::new("keyUsage", why).help(format!("write {}", words())));
            None
        }
    }
}
