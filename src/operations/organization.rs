//! The places of an organization, as permissions name them.
//!
//! The ARNs contain the management account's number even if a delegated administrator calls.

use super::{Named, On, ResourceType, Resources};

/// The root.
const ROOT: ResourceType = ResourceType::new(
    "root",
    "arn:{partition}:organizations::{manager}:root/{organization}/{id}",
    "r-0000",
    Named::By("r-"),
)
.like("r-*");
/// Organizational units.
const UNIT: ResourceType = ResourceType::new(
    "organizationalunit",
    "arn:{partition}:organizations::{manager}:ou/{organization}/{id}",
    "ou-0000-00000000",
    Named::By("ou-"),
)
.like("ou-*");
/// Accounts; the one that palisade works in certainly exists.
pub(crate) const ACCOUNT: ResourceType = ResourceType::new(
    "account",
    "arn:{partition}:organizations::{manager}:account/{organization}/{id}",
    "{account}",
    Named::Account,
);

/// The root.
pub(crate) const ROOTS: On = On::Of(&Resources { name: "Roots", types: &[ROOT] });
/// The organization's own service and resource control policies.
pub(crate) const CONTROLS: &[ResourceType] = &[ResourceType::new(
    "policy",
    "arn:{partition}:organizations::{manager}:policy/{organization}/{id}",
    "service_control_policy/p-00000000",
    Named::Never,
)
.like("*_control_policy/*")];
/// What has units and accounts below it.
pub(crate) const PARENTS: On = On::Of(&Resources { name: "Parents", types: &[UNIT, ROOT] });
/// What is in something else.
pub(crate) const CHILDREN: On = On::Of(&Resources { name: "Children", types: &[ACCOUNT, UNIT] });
/// What a policy can be attached to.
pub(crate) const PLACES: On = On::Of(&Resources { name: "Places", types: &[ACCOUNT, UNIT, ROOT] });
