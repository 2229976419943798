//! Backup policies: backup plans for resources of member accounts.

use super::{DefaultPolicy, Language, PolicyType, Sister};
use crate::{baseline::Baseline, kind::Doctor, model::management_policy};

/// Its name in manifests.
pub const NAME: &str = "BackupPolicy";

/// The type.
#[derive(Debug)]
pub struct Backup;

impl Sister for Backup {
    const TYPE: PolicyType = PolicyType {
        name: NAME,
        short: "backup",
        about: "A backup policy of AWS Organizations and the places it is attached to.",
        content: "The policy, a mapping with `plans`: a name for each backup plan, with \
                  `regions`, `rules`, `selections`, `advanced_backup_settings` and \
                  `backup_plan_tags`. At most 10,000 bytes once white space is removed. Values \
                  are set with the inheritance operators `@@assign`, `@@append` and `@@remove`; \
                  `@@operators_allowed_for_child_policies` says what policies further down may \
                  change. What it sets is compared: the order of members and of the values in a \
                  list does not count.",
        one: "backup policy",
        many: "backup policies",
        group: "BackupPolicies",
        api: "BACKUP_POLICY",
        sample: "backup_policy/p-00000000",
        every: "backup_policy/*",
        language: Language::Management(management_policy::Language::Backup),
        max_bytes: 10_000,
        max_per_target: 10,
        default: DefaultPolicy::None,
        baseline: Baseline::NONE,
        doctor: Doctor::NONE,
    };
}
