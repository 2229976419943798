//! Rules that look at manifests of several kinds at once: whether Studio works, and works in the
//! VPC only.
//!
//! A domain alone does not show what its apps reach; that is in the groups they are in, the
//! endpoints of their VPC and the organisation's policies. Each rule is reported at one kind, whose
//! number it carries.

mod apps;
mod endpoints;

use super::Rule;

/// The rules, by what they are about.
pub(super) const RULES: [&[Rule]; 2] = [apps::RULES, endpoints::RULES];
