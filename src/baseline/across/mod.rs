//! Rules that look at manifests of several kinds at once: whether Studio works, and works inside
//! the VPC only.
//!
//! A domain alone does not show what its apps reach; that depends on their groups, the endpoints of
//! their VPC and the organization's policies. Each rule is reported at one kind and has a number of
//! that kind's series.

mod apps;
mod endpoints;
mod networks;
mod roles;
mod studio;
mod users;

use super::Rule;

/// The rules, grouped by subject.
pub(super) const RULES: [&[Rule]; 6] =
    [apps::RULES, endpoints::RULES, networks::RULES, roles::RULES, studio::RULES, users::RULES];
