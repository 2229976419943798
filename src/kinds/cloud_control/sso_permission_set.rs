//! Permission sets of IAM Identity Center, within the bounds that the settings give identity.
//!
//! A permission set becomes a role in every account in which somebody has it. A change reaches
//! those roles when it is provisioned, which Cloud Control does as a part of the update.

use serde_json::Value;

use super::{
    baseline_identity, coverage,
    iam_role::attached,
    identifier::{Identifier, Within},
    overlay::{Overlay, Says},
    risks::limited,
    rows,
};
use crate::{
    kind::Identity,
    model::{
        Risk,
        policy_document::{Context, Dialect},
        text,
    },
    operations::{
        Grant, Named, OfKind, On, Operation, ResourceType, Resources,
        table::{CLAIMS, CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::SSO::PermissionSet";

const BOUNDARY: &str = "PermissionsBoundary";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/sso-permissionset.json"),
    short: "permissionset",
    about: "A permission set of IAM Identity Center: what those may do who have it in an account. \
            Each has the permissions boundary of the settings (`identity`), by name: the policy of \
            that name in the account where it is used. What a manifest does not name is not \
            compared: write `ManagedPolicies: []` and `InlinePolicy: null` where there must be \
            none.",
    invented: true,
    identifier: Identifier::By(id_in, arn_of),
    within: Some(Within { parent: "InstanceArn", name: "Name" }),
    tags: Some(text::IDENTITY_CENTER),
    always: &["InstanceArn", "Name", "PermissionSetArn"],
    words: &[
        ("Description", Says::Harmless),
        ("RelayStateType", Says::Harmless),
        ("SessionDuration", Says::Judged(longer)),
        ("ManagedPolicies", Says::Judged(attached)),
        ("CustomerManagedPolicyReferences", Says::Judged(referred)),
        (BOUNDARY, Says::Judged(limited)),
    ],
    policies: &[("InlinePolicy", Dialect::IdentityPolicy)],
    rules: baseline_identity::PERMISSION_SETS,
    operations: OfKind {
        rows: ROWS,
        resource: Some(RESOURCE),
        of_organization: true,
        identity: Some(Identity {
            boundary_reference: Some(
                "properties.PermissionsBoundary.CustomerManagedPolicyReference",
            ),
            ..Identity::PLAIN
        }),
        ..OfKind::NONE
    },
    ..Overlay::PLAIN
};

/// `arn:aws:sso:::permissionSet/ssoins-1/ps-1` is in `arn:aws:sso:::instance/ssoins-1`, and the
/// identifier is both.
fn id_in(arn: &str) -> Option<String> {
    let (before, rest) = arn.split_once(":sso:::permissionSet/")?;
    let (instance, _) = rest.split_once('/')?;
    Some(format!("{before}:sso:::instance/{instance}|{arn}"))
}

fn arn_of(id: &str) -> Option<String> {
    Some(id.split_once('|')?.1.to_owned())
}

/// What a policy of the account says is not read: one that comes may allow anything, and one that
/// goes may have denied something.
fn referred(old: &Value, new: &Value, context: &Context) -> Risk {
    let change = coverage::change_of_items(old, new, context);
    match (change.closes, change.opens) {
        (false, false) => Risk::NEUTRAL,
        (true, false) => Risk::LOOSENS,
        _ => Risk::REPLACES,
    }
}

/// Longer sessions outlive longer what is taken away.
fn longer(old: &Value, new: &Value, _: &Context) -> Risk {
    match (seconds(old), seconds(new)) {
        (Some(old), Some(new)) if new <= old => Risk::TIGHTENS,
        _ => Risk::LOOSENS,
    }
}

/// The seconds of an ISO 8601 duration such as `PT8H`; one hour if there is none (API reference,
/// `SessionDuration`).
fn seconds(value: &Value) -> Option<u64> {
    let Some(text) = value.as_str() else { return Some(3600) };
    let (mut total, mut number) = (0, String::new());
    for sign in text.strip_prefix("PT")?.chars() {
        let unit = match sign {
            'H' => 3600,
            'M' => 60,
            'S' => 1,
            digit => {
                number.push(digit);
                continue;
            }
        };
        total += number.parse::<u64>().ok()? * unit;
        number.clear();
    }
    number.is_empty().then_some(total)
}

const INSTANCE: ResourceType = ResourceType::new(
    "Instance",
    "arn:{partition}:sso:::instance/{id}",
    "ssoins-0000000000000000",
    Named::Never,
);
const RESOURCE: ResourceType = ResourceType::new(
    "PermissionSet",
    "arn:{partition}:sso:::permissionSet/{id}",
    "ssoins-0000000000000000/ps-0000000000000000",
    Named::Never,
);
const ACCOUNT: ResourceType = ResourceType::new(
    "Account",
    "arn:{partition}:sso:::account/{id}",
    "000000000000",
    Named::Never,
);

/// Calls about a set are checked on its instance, too.
const BOTH: On = On::Of(&Resources { name: "SetsAndInstances", types: &[INSTANCE, RESOURCE] });
const INSTANCES: On = On::Of(&Resources { name: "SetInstances", types: &[INSTANCE] });
const SETS: On = On::Of(&Resources { name: "OwnPermissionSets", types: &[RESOURCE] });
/// A change of a set reaches every account in which somebody has it.
const EVERYWHERE: On =
    On::Of(&Resources { name: "SetsInAccounts", types: &[ACCOUNT, INSTANCE, RESOURCE] });

const fn seen(action: &'static str) -> Grant {
    may(action, BOTH, &[])
}

const fn of_instance(action: &'static str) -> Grant {
    may(action, INSTANCES, &[])
}

const fn of_set(action: &'static str) -> Grant {
    may(action, SETS, OURS)
}

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[
        rows::GET,
        seen("sso:DescribePermissionSet"),
        seen("sso:GetInlinePolicyForPermissionSet"),
        seen("sso:GetPermissionsBoundaryForPermissionSet"),
        seen("sso:ListCustomerManagedPolicyReferencesInPermissionSet"),
        seen("sso:ListManagedPoliciesInPermissionSet"),
        seen("sso:ListTagsForResource"),
    ]),
    rows::lists(&[rows::LIST, of_instance("sso:ListPermissionSets")]),
    rows::creates(&[
        rows::CREATE,
        of_instance("sso:CreatePermissionSet"),
        may("sso:CreatePermissionSet", SETS, CLAIMS),
        of_instance("sso:TagResource"),
        may("sso:TagResource", SETS, CLAIMS_UNCLAIMED),
        of_instance("sso:AttachCustomerManagedPolicyReferenceToPermissionSet"),
        of_set("sso:AttachCustomerManagedPolicyReferenceToPermissionSet"),
        of_instance("sso:AttachManagedPolicyToPermissionSet"),
        of_set("sso:AttachManagedPolicyToPermissionSet"),
        of_instance("sso:PutInlinePolicyToPermissionSet"),
        of_set("sso:PutInlinePolicyToPermissionSet"),
        of_instance("sso:PutPermissionsBoundaryToPermissionSet"),
        of_set("sso:PutPermissionsBoundaryToPermissionSet"),
    ]),
    rows::updates(&[
        rows::UPDATE,
        of_instance("sso:AttachCustomerManagedPolicyReferenceToPermissionSet"),
        of_set("sso:AttachCustomerManagedPolicyReferenceToPermissionSet"),
        of_instance("sso:AttachManagedPolicyToPermissionSet"),
        of_set("sso:AttachManagedPolicyToPermissionSet"),
        of_instance("sso:DeleteInlinePolicyFromPermissionSet"),
        of_set("sso:DeleteInlinePolicyFromPermissionSet"),
        of_instance("sso:DetachCustomerManagedPolicyReferenceFromPermissionSet"),
        of_set("sso:DetachCustomerManagedPolicyReferenceFromPermissionSet"),
        of_instance("sso:DetachManagedPolicyFromPermissionSet"),
        of_set("sso:DetachManagedPolicyFromPermissionSet"),
        of_instance("sso:PutInlinePolicyToPermissionSet"),
        of_set("sso:PutInlinePolicyToPermissionSet"),
        of_instance("sso:PutPermissionsBoundaryToPermissionSet"),
        of_set("sso:PutPermissionsBoundaryToPermissionSet"),
        of_instance("sso:UpdatePermissionSet"),
        of_set("sso:UpdatePermissionSet"),
        of_instance("sso:DescribePermissionSetProvisioningStatus"),
        may("sso:ProvisionPermissionSet", EVERYWHERE, &[]),
    ]),
    rows::tags(&[
        rows::TAG,
        may("sso:TagResource", SETS, OURS_AFTER),
        may("sso:TagResource", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("sso:UntagResource", SETS, OURS_WITHOUT)]),
    rows::removes(&[
        rows::DELETE,
        of_instance("sso:DeletePermissionSet"),
        of_set("sso:DeletePermissionSet"),
    ]),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_identifier_has_the_instance_in_it_and_the_arn_as_well() {
        let arn = "arn:aws:sso:::permissionSet/ssoins-1/ps-1";
        let id = id_in(arn).expect("an identifier");
        assert_eq!(id, format!("arn:aws:sso:::instance/ssoins-1|{arn}"));
        assert_eq!(arn_of(&id).as_deref(), Some(arn));
        assert_eq!(id_in("arn:aws:sso:::instance/ssoins-1"), None);
    }

    #[test]
    fn longer_sessions_and_policies_of_the_account_loosen() {
        let context = Context { partition: "aws".into(), account: "111122223333".into() };
        let judged = |old: Value, new: Value| longer(&old, &new, &context);
        assert_eq!(judged(json!("PT1H"), json!("PT8H")), Risk::LOOSENS);
        assert_eq!(judged(json!("PT8H"), json!("PT30M")), Risk::TIGHTENS);
        assert_eq!(judged(json!(null), json!("PT1H")), Risk::TIGHTENS);
        assert_eq!(judged(json!("PT1H"), json!("soon")), Risk::LOOSENS);
        let one = json!([{"Name": "one", "Path": "/"}]);
        let judged = |old: &Value, new: &Value| referred(old, new, &context);
        assert_eq!(judged(&json!([]), &one), Risk::LOOSENS);
        assert_eq!(judged(&one, &json!([])), Risk::REPLACES);
        assert_eq!(judged(&one, &one), Risk::NEUTRAL);
    }
}
