//! The operations that palisade may call for an AccountPlacement, and the permissions that they
//! need. CreateAccount, CloseAccount and RemoveAccountFromOrganization are not among them.

use super::{UNIT, records};
use crate::operations::{
    OfKind, On, Operation, Resources,
    organization::{ACCOUNT, CHILDREN, CONTROLS, PARENTS, PLACES},
    table::{reads, writes},
};

/// What the rest of the program needs to know about its operations.
pub(super) const OPERATIONS: OfKind = OfKind {
    rows: ROWS,
    resource: Some(ACCOUNT),
    moves: Some(UNIT),
    records: Some(records::RECORDS),
    ..OfKind::NONE
};

const POLICIES: On = On::Of(&Resources { name: "ControlPolicies", types: CONTROLS });

const ROWS: &[Operation] = &[
    reads("organizations:ListRoots"),
    reads("organizations:DescribeOrganization"),
    reads("organizations:ListOrganizationalUnitsForParent").on(PARENTS, &[]),
    reads("organizations:ListAccounts"),
    reads("organizations:ListParents").on(CHILDREN, &[]).note(
        "Only where ListAccounts does not say where an account is, and while one is to move.",
    ),
    reads("organizations:ListPoliciesForTarget")
        .on(PLACES, &[])
        .note("What an account gains and loses; only while one is to move."),
    reads("organizations:DescribePolicy").on(POLICIES, &[]),
    writes("organizations:MoveAccount", PLACES, &[])
        .note("Checked on the account, on the place that it leaves, and on the one it comes to."),
];
