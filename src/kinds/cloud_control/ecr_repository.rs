//! Repositories of ECR.

use serde_json::Value;

use super::{
    baseline,
    coverage::place,
    overlay::{Overlay, Safe, Says},
    rows,
};
use crate::{
    kind::{
        Reach,
        table::{ACCOUNT, PARTITION, PROPERTIES, Tree, get},
    },
    kinds::kms_key,
    model::{
        Risk,
        policy_document::{Context, Dialect},
        text,
    },
    operations::{
        Named, OfKind, On, Operation, ResourceType, Resources, Said, When,
        table::{CLAIMS, CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::ECR::Repository";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/ecr-repository.json"),
    short: "repository",
    about: "A repository of ECR: who may pull from it and push to it (`RepositoryPolicyText`), \
            whether a tag can be moved, scanning, and which images expire. Its encryption is \
            chosen once. Only an empty one can be deleted.",
    arn: "arn:{partition}:ecr:{region}:{account}:repository/{id}",
    slashes: true,
    tags: Some(text::ECR),
    always: &["Arn", "RepositoryName", "RepositoryUri"],
    refused: &[(
        "LifecyclePolicy/RegistryId",
        "a repository is in the registry of its account",
        "leave it out",
    )],
    words: &[
        ("ImageScanningConfiguration/ScanOnPush", Says::Watches(Safe::Flag(true))),
        ("ImageTagMutability", Says::Judged(mutability)),
        // It deletes images.
        ("LifecyclePolicy", Says::StopsWork),
    ],
    empty_at_first: true,
    ordered: &[("ImageTagMutabilityExclusionFilters", false)],
    documents: &["LifecyclePolicy/LifecyclePolicyText"],
    policies: &[("RepositoryPolicyText", Dialect::RepositoryPolicy)],
    reach: Some(reach),
    rules: baseline::REPOSITORIES,
    operations: OfKind {
        rows: ROWS,
        resource: Some(RESOURCE),
        // The key can belong to anybody.
        names: &[kms_key::RESOURCE],
        ..OfKind::NONE
    },
    ..Overlay::PLAIN
};

/// From what lets everybody who pushes move a tag to what lets nobody (ECR API reference,
/// `imageTagMutability`; without it tags can be moved).
const MUTABILITY: &[&str] =
    &["MUTABLE", "MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION", "IMMUTABLE"];

fn mutability(old: &Value, new: &Value, _: &Context) -> Risk {
    let word = |value: &Value| value.as_str().unwrap_or(MUTABILITY[0]).to_owned();
    match (place(&word(old), MUTABILITY), place(&word(new), MUTABILITY)) {
        (old, new) if new > old => Risk::TIGHTENS,
        _ => Risk::LOOSENS,
    }
}

/// It can only deny what roles are allowed, as the policy of a bucket.
fn reach(state: &Tree) -> Reach {
    let text = |name| get(state, name).as_str().unwrap_or_default();
    let name = get(state, PROPERTIES)["RepositoryName"].as_str().unwrap_or_default();
    let place = format!("arn:{}:ecr:{{region}}:{}", text(PARTITION), text(ACCOUNT));
    Reach::Bucket { arn: format!("{place}:repository/{name}") }
}

const RESOURCE: ResourceType = ResourceType::new(
    "repository",
    "arn:{partition}:ecr:{region}:{account}:repository/{id}",
    "repository-000000000000",
    Named::Never,
);

const REPOSITORIES: On = On::Of(&Resources { name: "Repositories", types: &[RESOURCE] });
const KEYS: On = On::Of(&Resources { name: "Keys", types: &[kms_key::RESOURCE] });
/// ECR requests the grants, for a repository of its own (user guide, encryption at rest).
const FOR_SERVICE: &[When] = &[When::Says(Said {
    name: "GrantForService",
    operator: "Bool",
    key: "kms:GrantIsForAWSResource",
    value: "true",
})];

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[
        rows::GET,
        may("ecr:DescribeRepositories", REPOSITORIES, &[]),
        may("ecr:GetLifecyclePolicy", REPOSITORIES, &[]),
        may("ecr:GetRepositoryPolicy", REPOSITORIES, &[]),
        may("ecr:ListTagsForResource", REPOSITORIES, &[]),
    ]),
    rows::creates(&[
        rows::CREATE,
        may("ecr:CreateRepository", REPOSITORIES, CLAIMS),
        may("ecr:PutLifecyclePolicy", REPOSITORIES, OURS),
        may("ecr:SetRepositoryPolicy", REPOSITORIES, OURS),
        may("ecr:TagResource", REPOSITORIES, CLAIMS_UNCLAIMED),
        may("kms:CreateGrant", KEYS, FOR_SERVICE),
        may("kms:DescribeKey", KEYS, &[]),
    ])
    .note("The key is the one that a manifest names for the repository; it may belong to anybody."),
    rows::updates(&[
        rows::UPDATE,
        may("ecr:DeleteLifecyclePolicy", REPOSITORIES, OURS),
        may("ecr:DeleteRepositoryPolicy", REPOSITORIES, OURS),
        may("ecr:PutImageScanningConfiguration", REPOSITORIES, OURS),
        may("ecr:PutImageTagMutability", REPOSITORIES, OURS),
        may("ecr:PutLifecyclePolicy", REPOSITORIES, OURS),
        may("ecr:SetRepositoryPolicy", REPOSITORIES, OURS),
    ]),
    rows::tags(&[
        rows::TAG,
        may("ecr:TagResource", REPOSITORIES, OURS_AFTER),
        may("ecr:TagResource", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("ecr:UntagResource", REPOSITORIES, OURS_WITHOUT)]),
    rows::removes(&[rows::DELETE, may("ecr:DeleteRepository", REPOSITORIES, OURS)]),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tags_that_can_be_moved_again_loosen() {
        let context = Context { partition: "aws".into(), account: "111122223333".into() };
        let judged = |old: Value, new: Value| mutability(&old, &new, &context);
        assert_eq!(judged(json!("MUTABLE"), json!("IMMUTABLE")), Risk::TIGHTENS);
        assert_eq!(judged(json!("IMMUTABLE"), json!("MUTABLE")), Risk::LOOSENS);
        assert_eq!(judged(json!("IMMUTABLE"), json!(null)), Risk::LOOSENS);
        assert_eq!(judged(json!("IMMUTABLE"), json!("IMMUTABLE_WITH_EXCLUSION")), Risk::LOOSENS);
        assert_eq!(judged(json!(null), json!("IMMUTABLE_WITH_EXCLUSION")), Risk::TIGHTENS);
    }
}
