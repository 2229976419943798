//! Key specs, the usages that each allows, and the resulting algorithms (CreateKey in the KMS API
//! reference).

/// All key specs, in the order of the API reference.
pub(super) const KEY_SPECS: &[&str] = &[
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "ECC_NIST_P256",
    "ECC_NIST_P384",
    "ECC_NIST_P521",
    "ECC_SECG_P256K1",
    "SYMMETRIC_DEFAULT",
    "HMAC_224",
    "HMAC_256",
    "HMAC_384",
    "HMAC_512",
    "SM2",
    "ML_DSA_44",
    "ML_DSA_65",
    "ML_DSA_87",
    "ECC_NIST_EDWARDS25519",
    "ML_KEM_512",
    "ML_KEM_768",
    "ML_KEM_1024",
];

/// All key usages.
pub(super) const KEY_USAGES: &[&str] = &[
    "SIGN_VERIFY",
    "ENCRYPT_DECRYPT",
    "GENERATE_VERIFY_MAC",
    "KEY_AGREEMENT",
    "ENCAPSULATE_DECAPSULATE",
];

/// The usages that a key of this spec may have.
pub(super) fn usages(spec: &str) -> &'static [&'static str] {
    match spec {
        "SYMMETRIC_DEFAULT" => &["ENCRYPT_DECRYPT"],
        "SM2" => &["ENCRYPT_DECRYPT", "SIGN_VERIFY", "KEY_AGREEMENT"],
        "ECC_NIST_P256" | "ECC_NIST_P384" | "ECC_NIST_P521" => &["SIGN_VERIFY", "KEY_AGREEMENT"],
        _ if spec.starts_with("RSA_") => &["ENCRYPT_DECRYPT", "SIGN_VERIFY"],
        _ if spec.starts_with("HMAC_") => &["GENERATE_VERIFY_MAC"],
        _ if spec.starts_with("ML_KEM_") => &["ENCAPSULATE_DECAPSULATE"],
        _ => &["SIGN_VERIFY"],
    }
}

/// Symmetric, HMAC or asymmetric: an alias can only move within one of these.
pub(super) fn family(spec: &str) -> &'static str {
    match spec {
        "SYMMETRIC_DEFAULT" => "symmetric",
        _ if spec.starts_with("HMAC_") => "HMAC",
        _ => "asymmetric",
    }
}

/// The algorithms member of `KeyMetadata` for this spec and usage.
pub(super) fn algorithms(spec: &str, usage: &str) -> Option<(&'static str, Vec<String>)> {
    let fixed = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let member = match usage {
        "ENCRYPT_DECRYPT" => "EncryptionAlgorithms",
        "SIGN_VERIFY" => "SigningAlgorithms",
        "GENERATE_VERIFY_MAC" => "MacAlgorithms",
        "KEY_AGREEMENT" => "KeyAgreementAlgorithms",
        _ => return None,
    };
    let names = match (usage, spec) {
        ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT") => fixed(&["SYMMETRIC_DEFAULT"]),
        ("ENCRYPT_DECRYPT", "SM2") => fixed(&["SM2PKE"]),
        ("ENCRYPT_DECRYPT", _) => fixed(&["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]),
        ("KEY_AGREEMENT", _) => fixed(&["ECDH"]),
        ("GENERATE_VERIFY_MAC", _) => vec![spec.replacen("HMAC_", "HMAC_SHA_", 1)],
        ("SIGN_VERIFY", "SM2") => fixed(&["SM2DSA"]),
        ("SIGN_VERIFY", "ECC_NIST_P256" | "ECC_SECG_P256K1") => fixed(&["ECDSA_SHA_256"]),
        ("SIGN_VERIFY", "ECC_NIST_P384") => fixed(&["ECDSA_SHA_384"]),
        ("SIGN_VERIFY", "ECC_NIST_P521") => fixed(&["ECDSA_SHA_512"]),
        ("SIGN_VERIFY", "ECC_NIST_EDWARDS25519") => {
            fixed(&["ED25519_SHA_512", "ED25519_PH_SHA_512"])
        }
        ("SIGN_VERIFY", _) if spec.starts_with("ML_DSA_") => fixed(&["ML_DSA_SHAKE_256"]),
        _ => fixed(&[
            "RSASSA_PKCS1_V1_5_SHA_256",
            "RSASSA_PKCS1_V1_5_SHA_384",
            "RSASSA_PKCS1_V1_5_SHA_512",
            "RSASSA_PSS_SHA_256",
            "RSASSA_PSS_SHA_384",
            "RSASSA_PSS_SHA_512",
        ]),
    };
    Some((member, names))
}
