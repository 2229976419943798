//! The rows, a file for each service.
//!
//! Resources and conditions are those of the service authorization reference: which resources an action is authorised for, and
//! which condition keys there are for them. Where the reference names none, the grant has none.

mod ec2;
mod kms;
mod organizations;
mod sagemaker;

use super::{
    Grant,
    Mode::{self, Observe},
    Need, On, Operation, When,
};
use crate::kinds::kms_key::NAME as KEY;

const GROUP: &str = "SecurityGroup";
const ENDPOINT: &str = "VpcEndpoint";
const SCP: &str = "ServiceControlPolicy";
const DOMAIN: &str = "SageMakerDomain";

const SAGEMAKER: &str = "sagemaker.amazonaws.com";
const MULTI_REGION: &str = "mrk.kms.amazonaws.com";

const fn may(action: &'static str, on: On, when: &'static [When]) -> Grant {
    Grant { action, on, when }
}

const fn row(
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
    const fn swept(self) -> Self {
        Self { sweep: true, ..self }
    }

    const fn note(self, note: &'static str) -> Self {
        Self { note, ..self }
    }

    const fn only(self, need: Need) -> Self {
        Self { need, ..self }
    }
}

/// One action for any resource at any time: AWS has neither resources nor tag conditions for it.
macro_rules! anything {
    ($action:literal) => {
        &[may($action, On::Anything, &[])]
    };
}

use anything;

/// One action on resources that are ours.
macro_rules! owned {
    ($action:literal, $on:ident) => {
        &[may($action, On::$on, &[$crate::operations::When::Owned])]
    };
}
use owned;

/// What every kind needs.
const EVERYWHERE: &[Operation] = &[
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

pub(super) const OPERATIONS: [&[Operation]; 5] =
    [EVERYWHERE, ec2::ROWS, kms::ROWS, organizations::ROWS, sagemaker::ROWS];
