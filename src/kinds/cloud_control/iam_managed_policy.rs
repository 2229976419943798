//! Managed policies of IAM, within the bounds that the settings give identity.
//!
//! Cloud Control does not tag them, so that a manifest adopts one by its ARN.

use serde_json::Value;

use super::{
    baseline_identity,
    identifier::{Identifier, Made},
    overlay::Overlay,
    rows,
};
use crate::{
    kind::{
        Claimed, Identity,
        table::{ACCOUNT, PARTITION, PROPERTIES, Tree, get},
    },
    model::policy_document::Dialect,
    operations::{Grant, Named, OfKind, On, Operation, ResourceType, Resources, table::may},
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::IAM::ManagedPolicy";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/iam-managedpolicy.json"),
    short: "managedpolicy",
    about: "A managed policy of IAM, below the path that the settings give identity. It carries \
            no claim, so that the manifest adopts it by its ARN (`lifecycle: {adopt: \
            arn:aws:iam::111122223333:policy/ml/NAME}`), whether it exists or not. Who has it is \
            said by the roles.",
    claimed: Claimed::ByName,
    identifier: Identifier::Made(Made {
        needs: &["ManagedPolicyName", "Path"],
        name,
        id: "arn:{partition}:iam::{account}:policy{name}",
    }),
    arn: "arn:{partition}:iam::{account}:policy{name}",
    slashes: true,
    always: &["PolicyArn", "PolicyDocument"],
    refused: &[("Groups", NOBODY, HELP), ("Roles", NOBODY, HELP), ("Users", NOBODY, HELP)],
    policies: &[("PolicyDocument", Dialect::IdentityPolicy)],
    rules: baseline_identity::MANAGED_POLICIES,
    operations: OfKind {
        rows: ROWS,
        resource: Some(POLICY),
        identity: Some(Identity {
            path: Some("properties.Path"),
            arn: Some(arn),
            ..Identity::PLAIN
        }),
        ..OfKind::NONE
    },
    ..Overlay::PLAIN
};

const NOBODY: &str = "AWS returns everybody who has the policy, whoever gave it to them";
const HELP: &str = "write `ManagedPolicyArns` of the role";

/// Managed policies, with their path in the id.
const POLICY: ResourceType = ResourceType::new(
    "policy",
    "arn:{partition}:iam::{account}:policy/{id}",
    "palisade-000000000000",
    Named::Never,
);

/// Path and name.
fn name(properties: &Value) -> Option<String> {
    let path = properties["Path"].as_str().unwrap_or("/");
    Some(format!("{path}{}", properties["ManagedPolicyName"].as_str()?))
}

/// The ARN of a wanted policy.
fn arn(want: &Tree) -> Option<String> {
    let said = |name| get(want, name).as_str();
    let name = name(get(want, PROPERTIES))?;
    Some(format!("arn:{}:iam::{}:policy{name}", said(PARTITION)?, said(ACCOUNT)?))
}

/// Policies below the path of the settings.
const POLICIES: On = On::Bounded(&Resources { name: "Policies", types: &[POLICY] });
/// Policies of the account.
const ANY: On = On::Of(&Resources { name: "Policies", types: &[POLICY] });
const SEEN: Grant = may("iam:GetPolicy", ANY, &[]);
const NOTE: &str = "Policies are changed below the path of the settings only. They carry no claim \
                    that a condition could ask for.";

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::gets(&[
        rows::GET,
        SEEN,
        may("iam:GetPolicyVersion", ANY, &[]),
        may("iam:ListEntitiesForPolicy", ANY, &[]),
    ]),
    rows::creates(&[rows::CREATE, may("iam:CreatePolicy", POLICIES, &[])]).note(NOTE),
    rows::updates(&[
        rows::UPDATE,
        may("iam:CreatePolicyVersion", POLICIES, &[]),
        may("iam:DeletePolicyVersion", POLICIES, &[]),
        may("iam:ListPolicyVersions", ANY, &[]),
    ])
    .note(NOTE),
    rows::removes(&[
        rows::DELETE,
        may("iam:DeletePolicy", POLICIES, &[]),
        may("iam:DeletePolicyVersion", POLICIES, &[]),
        may("iam:ListPolicyVersions", ANY, &[]),
    ])
    .note(NOTE),
];
