//! Types of identity and organization: what CloudTrail records of the calls that change them,
//! in the members of their APIs as CloudTrail writes them.

use super::{last, part, plain, unit, whole};
use crate::{
    events::{Recorded, Records, TAGS},
    kinds::cloud_control::{
        accessanalyzer_analyzer, controltower_enabled_control, iam_instance_profile,
        iam_managed_policy, iam_role, organizations_organizational_unit, sso_permission_set,
    },
};

/// The records of each type.
pub(super) const ALL: &[(&str, Records)] = &[
    (
        iam_role::NAME,
        Records {
            calls: &[
                Recorded::creates("iam", "CreateRole", &["requestParameters/roleName"]),
                Recorded::deletes("iam", "DeleteRole", &["requestParameters/roleName"]),
                Recorded::edits("iam", "UpdateRole", &["requestParameters/roleName"], &[]),
                Recorded::edits(
                    "iam",
                    "UpdateRoleDescription",
                    &["requestParameters/roleName"],
                    &[],
                ),
                Recorded::edits(
                    "iam",
                    "UpdateAssumeRolePolicy",
                    &["requestParameters/roleName"],
                    &[],
                ),
                Recorded::edits("iam", "PutRolePolicy", &["requestParameters/roleName"], &[]),
                Recorded::edits("iam", "DeleteRolePolicy", &["requestParameters/roleName"], &[]),
                Recorded::edits("iam", "AttachRolePolicy", &["requestParameters/roleName"], &[]),
                Recorded::edits("iam", "DetachRolePolicy", &["requestParameters/roleName"], &[]),
                Recorded::edits(
                    "iam",
                    "PutRolePermissionsBoundary",
                    &["requestParameters/roleName"],
                    &[],
                ),
                Recorded::edits(
                    "iam",
                    "DeleteRolePermissionsBoundary",
                    &["requestParameters/roleName"],
                    &[],
                ),
                Recorded::edits("iam", "TagRole", &["requestParameters/roleName"], TAGS),
                Recorded::edits("iam", "UntagRole", &["requestParameters/roleName"], TAGS),
            ],
            id: |text| plain(text),
            parts: &[],
        },
    ),
    (
        iam_instance_profile::NAME,
        Records {
            calls: &[
                Recorded::creates(
                    "iam",
                    "CreateInstanceProfile",
                    &["requestParameters/instanceProfileName"],
                ),
                Recorded::deletes(
                    "iam",
                    "DeleteInstanceProfile",
                    &["requestParameters/instanceProfileName"],
                ),
                Recorded::edits(
                    "iam",
                    "AddRoleToInstanceProfile",
                    &["requestParameters/instanceProfileName"],
                    &[],
                ),
                Recorded::edits(
                    "iam",
                    "RemoveRoleFromInstanceProfile",
                    &["requestParameters/instanceProfileName"],
                    &[],
                ),
            ],
            id: |text| plain(text),
            parts: &[],
        },
    ),
    (
        iam_managed_policy::NAME,
        Records {
            calls: &[
                Recorded::creates("iam", "CreatePolicy", &["responseElements/policy/arn"]),
                Recorded::deletes("iam", "DeletePolicy", &["requestParameters/policyArn"]),
                Recorded::edits(
                    "iam",
                    "CreatePolicyVersion",
                    &["requestParameters/policyArn"],
                    &[],
                ),
                Recorded::edits(
                    "iam",
                    "DeletePolicyVersion",
                    &["requestParameters/policyArn"],
                    &[],
                ),
                Recorded::edits(
                    "iam",
                    "SetDefaultPolicyVersion",
                    &["requestParameters/policyArn"],
                    &[],
                ),
                Recorded::edits("iam", "AttachRolePolicy", &["requestParameters/policyArn"], &[]),
                Recorded::edits("iam", "DetachRolePolicy", &["requestParameters/policyArn"], &[]),
                Recorded::edits("iam", "AttachUserPolicy", &["requestParameters/policyArn"], &[]),
                Recorded::edits("iam", "DetachUserPolicy", &["requestParameters/policyArn"], &[]),
                Recorded::edits("iam", "AttachGroupPolicy", &["requestParameters/policyArn"], &[]),
                Recorded::edits("iam", "DetachGroupPolicy", &["requestParameters/policyArn"], &[]),
            ],
            id: |text| whole(text, "iam"),
            parts: &[],
        },
    ),
    (
        sso_permission_set::NAME,
        Records {
            calls: &[
                Recorded::creates(
                    "sso",
                    "CreatePermissionSet",
                    &["responseElements/permissionSet/permissionSetArn"],
                ),
                Recorded::deletes(
                    "sso",
                    "DeletePermissionSet",
                    &["requestParameters/permissionSetArn"],
                ),
                Recorded::edits(
                    "sso",
                    "UpdatePermissionSet",
                    &["requestParameters/permissionSetArn"],
                    &[],
                ),
                Recorded::edits(
                    "sso",
                    "AttachManagedPolicyToPermissionSet",
                    &["requestParameters/permissionSetArn"],
                    &[],
                ),
                Recorded::edits(
                    "sso",
                    "DetachManagedPolicyFromPermissionSet",
                    &["requestParameters/permissionSetArn"],
                    &[],
                ),
                Recorded::edits(
                    "sso",
                    "AttachCustomerManagedPolicyReferenceToPermissionSet",
                    &["requestParameters/permissionSetArn"],
                    &[],
                ),
                Recorded::edits(
                    "sso",
                    "DetachCustomerManagedPolicyReferenceFromPermissionSet",
                    &["requestParameters/permissionSetArn"],
                    &[],
                ),
                Recorded::edits(
                    "sso",
                    "PutInlinePolicyToPermissionSet",
                    &["requestParameters/permissionSetArn"],
                    &[],
                ),
                Recorded::edits(
                    "sso",
                    "DeleteInlinePolicyFromPermissionSet",
                    &["requestParameters/permissionSetArn"],
                    &[],
                ),
                Recorded::edits(
                    "sso",
                    "PutPermissionsBoundaryToPermissionSet",
                    &["requestParameters/permissionSetArn"],
                    &[],
                ),
                Recorded::edits(
                    "sso",
                    "DeletePermissionsBoundaryFromPermissionSet",
                    &["requestParameters/permissionSetArn"],
                    &[],
                ),
                Recorded::edits("sso", "TagResource", &["requestParameters/resourceArn"], TAGS),
                Recorded::edits("sso", "UntagResource", &["requestParameters/resourceArn"], TAGS),
            ],
            id: |text| part(last(text), "sso", "permissionSet"),
            parts: &[],
        },
    ),
    (
        organizations_organizational_unit::NAME,
        Records {
            calls: &[
                Recorded::creates(
                    "organizations",
                    "CreateOrganizationalUnit",
                    &["responseElements/organizationalUnit/id"],
                ),
                Recorded::edits(
                    "organizations",
                    "UpdateOrganizationalUnit",
                    &["requestParameters/organizationalUnitId"],
                    &[],
                ),
                Recorded::deletes(
                    "organizations",
                    "DeleteOrganizationalUnit",
                    &["requestParameters/organizationalUnitId"],
                ),
                Recorded::edits(
                    "organizations",
                    "TagResource",
                    &["requestParameters/resourceId"],
                    TAGS,
                ),
                Recorded::edits(
                    "organizations",
                    "UntagResource",
                    &["requestParameters/resourceId"],
                    TAGS,
                ),
            ],
            id: |text| unit(text),
            parts: &[],
        },
    ),
    (
        accessanalyzer_analyzer::NAME,
        Records {
            calls: &[
                Recorded::creates(
                    "access-analyzer",
                    "CreateAnalyzer",
                    &["requestParameters/analyzerName"],
                ),
                Recorded::edits(
                    "access-analyzer",
                    "UpdateAnalyzer",
                    &["requestParameters/analyzerName"],
                    &[],
                ),
                Recorded::deletes(
                    "access-analyzer",
                    "DeleteAnalyzer",
                    &["requestParameters/analyzerName"],
                ),
                Recorded::edits(
                    "access-analyzer",
                    "CreateArchiveRule",
                    &["requestParameters/analyzerName"],
                    &[],
                ),
                Recorded::edits(
                    "access-analyzer",
                    "UpdateArchiveRule",
                    &["requestParameters/analyzerName"],
                    &[],
                ),
                Recorded::edits(
                    "access-analyzer",
                    "DeleteArchiveRule",
                    &["requestParameters/analyzerName"],
                    &[],
                ),
                Recorded::edits(
                    "access-analyzer",
                    "TagResource",
                    &["requestParameters/resourceArn"],
                    TAGS,
                ),
                Recorded::edits(
                    "access-analyzer",
                    "UntagResource",
                    &["requestParameters/resourceArn"],
                    TAGS,
                ),
            ],
            id: |text| part(text, "access-analyzer", "analyzer"),
            parts: &[],
        },
    ),
    (
        controltower_enabled_control::NAME,
        Records {
            calls: &[
                Recorded::creates(
                    "controltower",
                    "EnableControl",
                    &["requestParameters/targetIdentifier+requestParameters/controlIdentifier"],
                ),
                Recorded::deletes(
                    "controltower",
                    "DisableControl",
                    &["requestParameters/targetIdentifier+requestParameters/controlIdentifier"],
                ),
                Recorded::edits("controltower", "UpdateEnabledControl", &[], &[]).and_others(),
                Recorded::edits("controltower", "ResetEnabledControl", &[], &[]).and_others(),
                Recorded::edits("controltower", "TagResource", &[], TAGS).and_others(),
                Recorded::edits("controltower", "UntagResource", &[], TAGS).and_others(),
            ],
            id: |text| Some(text.replace('|', "/")),
            parts: &[],
        },
    ),
];
