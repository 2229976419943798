//! How rows are written, and the rows that every kind needs. The others stand in the kinds' folders.
//!
//! Resources and conditions are those of the service authorization reference: which resources an action is authorised for, and
//! which condition keys there are for them. Where the reference names none, the grant has none.

use super::{
    Grant,
    Mode::{self, Observe},
    Need, On, Operation, When,
};

/// The principal of SageMaker.
pub(crate) const SAGEMAKER: &str = "sagemaker.amazonaws.com";
/// The principal of multi-Region keys.
pub(crate) const MULTI_REGION: &str = "mrk.kms.amazonaws.com";

/// A permission.
pub(crate) const fn may(action: &'static str, on: On, when: &'static [When]) -> Grant {
    Grant { action, on, when }
}

/// A row that every manifest of its kinds brings about.
pub(crate) const fn row(
    service: &'static str,
    name: &'static str,
    mode: Mode,
    kinds: &'static [&'static str],
    grants: &'static [Grant],
) -> Operation {
    let (sweep, need, note) = (false, Need::Always, "");
    Operation { service, name, mode, kinds, grants, sweep, need, note }
}

impl Operation {
    /// Made by the search for orphans, too.
    pub(crate) const fn swept(self) -> Self {
        Self { sweep: true, ..self }
    }

    /// With a note for readers of the policy.
    pub(crate) const fn note(self, note: &'static str) -> Self {
        Self { note, ..self }
    }

    /// Brought about only by manifests that need this.
    pub(crate) const fn only(self, need: Need) -> Self {
        Self { need, ..self }
    }
}

/// One action for any resource at any time: AWS has neither resources nor tag conditions for it.
macro_rules! anything {
    ($action:literal) => {
        &[$crate::operations::table::may($action, $crate::operations::On::Anything, &[])]
    };
}

pub(crate) use anything;

/// One action on resources that are ours.
macro_rules! owned {
    ($action:literal, $on:ident) => {
        &[$crate::operations::table::may(
            $action,
            $crate::operations::On::$on,
            &[$crate::operations::When::Owned],
        )]
    };
}
pub(crate) use owned;

/// What every kind needs.
pub(super) const EVERYWHERE: &[Operation] = &[
    row("sts", "GetCallerIdentity", Observe, &[], &[])
        .note("STS answers everybody: no permission is needed."),
    row(
        "organizations",
        "DescribeOrganization",
        Observe,
        &[],
        anything!("organizations:DescribeOrganization"),
    )
    .only(Need::OrganizationId),
];
