//! AWS::ECR::Repository. Images are not modeled.

use serde_json::{Value, json};

use super::{
    kept::{self, Calls, Kept, arn, refused},
    parts::{document, text},
};
use crate::simulator::cloud_control::{
    names::REPOSITORY,
    resource_type::{Type, Update},
    schema::{FLAG, FREE, Member, Model, Shape, TAGS, TEXT, may, must},
    site::{Failure, Site},
};

/// How images may be encrypted.
const ENCRYPTIONS: [&str; 3] = ["AES256", "KMS", "KMS_DSSE"];
static SCANNING: Shape = Shape::Object(&[may("ScanOnPush", &FLAG)]);
static MUTABILITY: Shape =
    Shape::OneOf(&["IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE", "MUTABLE_WITH_EXCLUSION"]);
static FILTER: Shape = Shape::Object(&[
    must("ImageTagMutabilityExclusionFilterType", &Shape::OneOf(&["WILDCARD"])),
    must("ImageTagMutabilityExclusionFilterValue", &Shape::Text(1, 128)),
]);
static FILTERS: Shape = Shape::List { of: &FILTER, count: (1, 5), ordered: true };
static LIFECYCLE: Shape = Shape::Object(&[
    may("LifecyclePolicyText", &Shape::Text(100, 30_720)),
    may("RegistryId", &Shape::Text(12, 12)),
]);

static MEMBERS: &[Member] = &[
    may("Arn", &TEXT),
    may("EmptyOnDelete", &FLAG),
    may("EncryptionConfiguration", &FREE),
    may("ImageScanningConfiguration", &SCANNING),
    may("ImageTagMutability", &MUTABILITY),
    may("ImageTagMutabilityExclusionFilters", &FILTERS),
    may("LifecyclePolicy", &LIFECYCLE),
    may("RepositoryName", &Shape::Text(2, 256)),
    may("RepositoryPolicyText", &Shape::Document),
    may("RepositoryUri", &TEXT),
    may("Tags", &TAGS),
];

/// The longest policy (ECR API reference, SetRepositoryPolicy).
const MOST: usize = 10_240;

pub(super) static TYPE: Type = Type {
    name: REPOSITORY,
    listed_in: None,
    members: MEMBERS,
    identifier: "RepositoryName",
    read_only: &["Arn", "RepositoryUri"],
    create_only: &["EncryptionConfiguration", "RepositoryName"],
    write_only: &["EmptyOnDelete"],
    rules,
    named: |model| text(model, "RepositoryName").map(str::to_owned),
    create,
    read,
    update,
    delete,
    list,
};

static KEPT: Kept = Kept {
    names: |site, model| {
        let name = text(model, "RepositoryName").unwrap_or_default().to_owned();
        let arn = arn(site, "ecr", &format!("repository/{name}"));
        (name, arn)
    },
    admit,
    fill: |site, model, own| {
        let name = own.split_once("repository/").map_or("", |(_, name)| name);
        let (account, region) = (&site.caller.account, &site.caller.region);
        let uri = format!("{account}.dkr.ecr.{region}.amazonaws.com/{name}");
        model.insert("Arn".to_owned(), own.into());
        model.insert("RepositoryUri".to_owned(), uri.into());
        for (property, value) in [
            ("EncryptionConfiguration", json!({"EncryptionType": "AES256"})),
            ("ImageScanningConfiguration", json!({"ScanOnPush": false})),
            ("ImageTagMutability", json!("MUTABLE")),
        ] {
            model.entry(property).or_insert(value);
        }
        // A policy is returned as an object, whatever it was given as.
        if let Some(Value::String(text)) = model.get("RepositoryPolicyText") {
            let policy = serde_json::from_str(text).unwrap_or_default();
            model.insert("RepositoryPolicyText".to_owned(), policy);
        }
    },
    stays: |_, _| None,
    calls: Calls {
        create: &["ecr:CreateRepository+", "ecr:TagResource+"],
        read: &[
            "ecr:DescribeRepositories",
            "ecr:GetLifecyclePolicy",
            "ecr:GetRepositoryPolicy",
            "ecr:ListTagsForResource",
        ],
        change: &[
            ("ImageScanningConfiguration", "ecr:PutImageScanningConfiguration"),
            ("ImageTagMutability", "ecr:PutImageTagMutability"),
            ("ImageTagMutabilityExclusionFilters", "ecr:PutImageTagMutability"),
            ("LifecyclePolicy", "ecr:PutLifecyclePolicy"),
            ("RepositoryPolicyText", "ecr:SetRepositoryPolicy"),
        ],
        delete: &["ecr:DeleteRepository"],
        tag: "ecr:TagResource",
        untag: "ecr:UntagResource",
    },
    passes_to: "",
};

kept::handlers!(KEPT);

/// ECR API reference, CreateRepository and PutImageTagMutability.
fn rules(model: &Model) -> Result<(), String> {
    let name = text(model, "RepositoryName").unwrap_or("aa");
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-/".contains(c);
    if !name.chars().all(legal) || name.starts_with(['.', '_', '-', '/']) || name.contains("//") {
        return Err("#/RepositoryName: string does not match the pattern".to_owned());
    }
    let excludes = text(model, "ImageTagMutability").is_some_and(|it| it.ends_with("_EXCLUSION"));
    if excludes != model.contains_key("ImageTagMutabilityExclusionFilters") {
        return Err("#: exclusions and their filters need each other".to_owned());
    }
    let Some(encryption) = model.get("EncryptionConfiguration") else { return Ok(()) };
    let sort = encryption["EncryptionType"].as_str().unwrap_or_default();
    if !ENCRYPTIONS.contains(&sort) {
        return Err("#/EncryptionConfiguration/EncryptionType: no valid enum value".to_owned());
    }
    // Only encryption by KMS has a key.
    if sort == ENCRYPTIONS[0] && encryption.as_object().is_some_and(|it| it.len() > 1) {
        return Err("#/EncryptionConfiguration: AES256 has no key".to_owned());
    }
    Ok(())
}

fn admit(_: &mut Site<'_, '_>, old: Option<&Model>, new: &Model) -> Result<(), Failure> {
    if old.is_none() && text(new, "RepositoryName").is_none() {
        return refused("Names are not invented here");
    }
    let lifecycle = new.get("LifecyclePolicy").and_then(|it| it["LifecyclePolicyText"].as_str());
    let readable = lifecycle.is_none_or(|text| {
        let read = serde_json::from_str::<Value>(text);
        read.is_ok_and(|it| it["rules"].as_array().is_some_and(|rules| !rules.is_empty()))
    });
    if !readable {
        return refused("Lifecycle policy validation failure (InvalidParameterException)");
    }
    let policy = new.get("RepositoryPolicyText").map(document);
    let Some(policy) = policy else { return Ok(()) };
    let all: Value = serde_json::from_str(&policy).unwrap_or_default();
    let statements = all["Statement"].as_array().cloned().unwrap_or_default();
    let ours = |it: &Value| it["Resource"].is_null() && it["NotResource"].is_null();
    if policy.len() > MOST || statements.is_empty() || !statements.iter().all(ours) {
        return refused("Invalid repository policy provided (InvalidParameterException)");
    }
    Ok(())
}
