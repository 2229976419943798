//! Tag policies: how tags are written, and where AWS enforces it.

use super::{DefaultPolicy, Language, PolicyType, Sister};
use crate::{baseline::Baseline, kind::Doctor, model::management_policy};

/// Its name in manifests.
pub const NAME: &str = "TagPolicy";

/// The type.
#[derive(Debug)]
pub struct Tag;

impl Sister for Tag {
    const TYPE: PolicyType = PolicyType {
        name: NAME,
        short: "tagpol",
        about: "A tag policy of AWS Organizations and the places it is attached to.",
        content: "The policy, a mapping with `tags`: a name for each tag, with `tag_key`, \
                  `tag_value`, `enforced_for` and `report_required_tag_for`. At most 10,000 \
                  bytes once white space is removed. Values are set with the inheritance \
                  operators `@@assign`, `@@append` and `@@remove`; \
                  `@@operators_allowed_for_child_policies` says what policies further down may \
                  change. What it sets is compared: the order of members and of the values in a \
                  list does not count.",
        one: "tag policy",
        many: "tag policies",
        group: "TagPolicies",
        api: "TAG_POLICY",
        sample: "tag_policy/p-00000000",
        every: "tag_policy/*",
        language: Language::Management(management_policy::Language::Tag),
        max_bytes: 10_000,
        max_per_target: 10,
        default: DefaultPolicy::None,
        baseline: Baseline::NONE,
        doctor: Doctor::NONE,
    };
}
