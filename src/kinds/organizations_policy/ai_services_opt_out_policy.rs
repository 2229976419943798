//! AI services opt-out policies: whether AWS's AI services may keep and use content.

use super::{DefaultPolicy, Language, PolicyType, Sister};
use crate::{baseline::Baseline, kind::Doctor, model::management_policy};

/// Its name in manifests.
pub const NAME: &str = "AIServicesOptOutPolicy";

/// The type.
#[derive(Debug)]
pub struct AiServicesOptOut;

impl Sister for AiServicesOptOut {
    const TYPE: PolicyType = PolicyType {
        name: NAME,
        short: "aioptout",
        about: "An AI services opt-out policy of AWS Organizations and where it is attached.",
        content: "The policy, a mapping with `services`: the name of a service, or `default` for \
                  all that are not named, with `opt_out_policy`, which is `optOut` or `optIn`. \
                  At most 2,500 bytes once white space is removed. Values are set with the \
                  inheritance operators `@@assign`, `@@append` and `@@remove`; \
                  `@@operators_allowed_for_child_policies` says what policies further down may \
                  change. What it sets is compared: the order of members and of the values in a \
                  list does not count.",
        one: "AI services opt-out policy",
        many: "AI services opt-out policies",
        group: "AIServicesOptOutPolicies",
        api: "AISERVICES_OPT_OUT_POLICY",
        sample: "aiservices_opt_out_policy/p-00000000",
        every: "aiservices_opt_out_policy/*",
        language: Language::Management(management_policy::Language::AiServicesOptOut),
        max_bytes: 2_500,
        max_per_target: 5,
        default: DefaultPolicy::None,
        baseline: Baseline::NONE,
        doctor: Doctor::NONE,
    };
}
