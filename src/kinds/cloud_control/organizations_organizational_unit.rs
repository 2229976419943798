//! Organizational units.

use super::{
    identifier::{Identifier, Within},
    overlay::{Overlay, Says},
    rows,
};
use crate::{
    kind::Removal,
    model::text,
    operations::{
        Named, OfKind, On, Operation, ResourceType, Resources,
        table::{CLAIMS, CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::Organizations::OrganizationalUnit";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/organizations-organizationalunit.json"),
    short: "ou",
    about: "An organizational unit: its name and its parent, the id of a root or of another unit. \
            AWS moves none, and palisade deletes none: what is attached to a unit would go with \
            it.",
    // The policies that are attached to it go with it, and accounts below it would lose them.
    removal: Removal::Never,
    invented: true,
    identifier: Identifier::By(id_in, |_| None),
    within: Some(Within { parent: "ParentId", name: "Name" }),
    tags: Some(text::ORGANIZATIONS),
    always: &["Id", "Arn", "Name", "ParentId"],
    words: &[("Name", Says::Harmless)],
    operations: OfKind {
        rows: ROWS,
        resource: Some(RESOURCE),
        of_organization: true,
        ..OfKind::NONE
    },
    ..Overlay::PLAIN
};

/// Of `arn:aws:organizations::111122223333:ou/o-1/ou-1` the last part. The organization's id
/// does not follow from it, so that AWS says the ARN.
fn id_in(arn: &str) -> Option<String> {
    let (before, id) = arn.rsplit_once('/')?;
    let is_unit = before.contains(":organizations::") && before.contains(":ou/");
    is_unit.then(|| id.to_owned())
}

const RESOURCE: ResourceType = ResourceType::new(
    "organizationalunit",
    "arn:{partition}:organizations::{manager}:ou/{organization}/{id}",
    "ou-0000-00000000",
    Named::Never,
);
const ROOT: ResourceType = ResourceType::new(
    "root",
    "arn:{partition}:organizations::{manager}:root/{organization}/{id}",
    "r-0000",
    Named::Never,
);

const UNITS: On = On::Of(&Resources { name: "Units", types: &[RESOURCE] });
const PARENTS: On = On::Of(&Resources { name: "UnitsAndRoots", types: &[RESOURCE, ROOT] });

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[
        rows::GET,
        may("organizations:DescribeOrganizationalUnit", UNITS, &[]),
        may("organizations:ListParents", UNITS, &[]),
        may("organizations:ListTagsForResource", UNITS, &[]),
    ]),
    rows::lists(&[rows::LIST, may("organizations:ListOrganizationalUnitsForParent", PARENTS, &[])]),
    rows::creates(&[
        rows::CREATE,
        may("organizations:CreateOrganizationalUnit", PARENTS, CLAIMS),
        may("organizations:TagResource", UNITS, CLAIMS_UNCLAIMED),
    ]),
    rows::updates(&[rows::UPDATE, may("organizations:UpdateOrganizationalUnit", UNITS, OURS)]),
    rows::tags(&[
        rows::TAG,
        may("organizations:TagResource", UNITS, OURS_AFTER),
        may("organizations:TagResource", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("organizations:UntagResource", UNITS, OURS_WITHOUT)]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_unit_is_the_last_part_of_its_arn() {
        let id = |arn| id_in(arn);
        let unit = "arn:aws:organizations::999988887777:ou/o-abc/ou-ab12-abcdefgh";
        assert_eq!(id(unit).as_deref(), Some("ou-ab12-abcdefgh"));
        assert_eq!(id("arn:aws:organizations::999988887777:account/o-abc/111122223333"), None);
        assert_eq!(id("arn:aws:s3:::a/b"), None);
    }
}
