//! KMS. Whose a key is can only be learnt from its tags, so the tags of all keys are read.

use super::{
    super::{
        Mode::{Apply, Destroy, Observe},
        Need, On, Operation,
        When::{self, Claims, KeepsOwner, NobodyElses, Owned, StaysOurs},
    },
    KEY, MULTI_REGION, anything, may, owned, row,
};

pub(super) const ROWS: &[Operation] = &[
    row("kms", "ListAliases", Observe, &[KEY], anything!("kms:ListAliases")).swept(),
    row("kms", "ListKeys", Observe, &[KEY], anything!("kms:ListKeys")).swept(),
    row(
        "kms",
        "ListResourceTags",
        Observe,
        &[KEY],
        &[may("kms:ListResourceTags", On::Keys, &[])],
    )
    .swept(),
    row("kms", "DescribeKey", Observe, &[KEY], &[may("kms:DescribeKey", On::Keys, &[])]).swept(),
    row("kms", "GetKeyPolicy", Observe, &[KEY], &[may("kms:GetKeyPolicy", On::Keys, &[])]).swept(),
    row(
        "kms",
        "GetKeyRotationStatus",
        Observe,
        &[KEY],
        &[may("kms:GetKeyRotationStatus", On::Keys, &[])],
    )
    .swept(),
    row(
        "kms",
        "CreateKey",
        Apply,
        &[KEY],
        &[
            may("kms:CreateKey", On::Anything, &[Claims]),
            may("kms:TagResource", On::Keys, &[Claims, NobodyElses]),
        ],
    )
    .note(
        "KMS has no key that says with which call tags come: so a key that nobody claims could be claimed by TagResource alone. \
         Keys are adopted by the same permission.",
    ),
    row(
        "kms",
        "CreateKey",
        Apply,
        &[KEY],
        &[may(
            "iam:CreateServiceLinkedRole",
            On::ServiceRole(MULTI_REGION),
            &[When::RoleOf(MULTI_REGION)],
        )],
    )
    .only(Need::MultiRegionKeys)
    .note("Once in an account, unless somebody else makes the role."),
    row("kms", "PutKeyPolicy", Apply, &[KEY], owned!("kms:PutKeyPolicy", Keys)),
    row("kms", "UpdateKeyDescription", Apply, &[KEY], owned!("kms:UpdateKeyDescription", Keys)),
    row("kms", "EnableKey", Apply, &[KEY], owned!("kms:EnableKey", Keys)),
    row("kms", "DisableKey", Apply, &[KEY], owned!("kms:DisableKey", Keys))
        .only(Need::DisabledKeys),
    row("kms", "EnableKeyRotation", Apply, &[KEY], owned!("kms:EnableKeyRotation", Keys)),
    row("kms", "DisableKeyRotation", Apply, &[KEY], owned!("kms:DisableKeyRotation", Keys))
        .only(Need::UnrotatedKeys),
    row("kms", "CancelKeyDeletion", Apply, &[KEY], owned!("kms:CancelKeyDeletion", Keys)),
    row(
        "kms",
        "CreateAlias",
        Apply,
        &[KEY],
        &[may("kms:CreateAlias", On::Keys, &[Owned]), may("kms:CreateAlias", On::Aliases, &[])],
    )
    .note("Aliases have no tags; the key must be ours. The same for the other two calls."),
    row(
        "kms",
        "UpdateAlias",
        Apply,
        &[KEY],
        &[may("kms:UpdateAlias", On::Keys, &[Owned]), may("kms:UpdateAlias", On::Aliases, &[])],
    ),
    row(
        "kms",
        "DeleteAlias",
        Apply,
        &[KEY],
        &[may("kms:DeleteAlias", On::Keys, &[Owned]), may("kms:DeleteAlias", On::Aliases, &[])],
    ),
    row(
        "kms",
        "TagResource",
        Apply,
        &[KEY],
        &[may("kms:TagResource", On::Keys, &[Owned, StaysOurs])],
    ),
    row(
        "kms",
        "UntagResource",
        Apply,
        &[KEY],
        &[may("kms:UntagResource", On::Keys, &[Owned, KeepsOwner])],
    ),
    row(
        "kms",
        "ScheduleKeyDeletion",
        Destroy,
        &[KEY],
        &[may("kms:ScheduleKeyDeletion", On::Keys, &[Owned, When::WaitsLongEnough])],
    ),
];
