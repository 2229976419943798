//! Resource control policies: the most that anybody may do with resources of member accounts.

mod baseline;

use super::{DefaultPolicy, Language, PolicyType, Sister};
use crate::{kind::Doctor, model::policy_document::Dialect};

/// Its name in manifests.
pub const NAME: &str = "ResourceControlPolicy";

/// The type.
#[derive(Debug)]
pub struct ResourceControl;

impl Sister for ResourceControl {
    const TYPE: PolicyType = PolicyType {
        name: NAME,
        short: "rcp",
        about: "A resource control policy of AWS Organizations and the places it is attached to.",
        content: "The policy document: `Version` must be \"2012-10-17\"; every statement is a \
                  `Deny` with `Principal: \"*\"` and a list of `Action` with the prefix of a \
                  service (no `NotAction`, no `NotPrincipal`, no `*` alone). At most 5,120 bytes \
                  once white space is removed. It denies on resources of member accounts, \
                  whoever calls, and only in the services that support it; exempt principals by \
                  a condition. AWS's own RCPFullAWSAccess allows what no policy denies. Order \
                  and spelling count: AWS stores the text as it is sent, so any other text is \
                  drift.",
        one: "resource control policy",
        many: "resource control policies",
        group: "ResourceControlPolicies",
        api: "RESOURCE_CONTROL_POLICY",
        sample: "resource_control_policy/p-00000000",
        every: "resource_control_policy/*",
        language: Language::Control(Dialect::ResourceControlPolicy),
        max_bytes: 5_120,
        max_per_target: 5,
        default: DefaultPolicy::Fixed("RCPFullAWSAccess"),
        baseline: baseline::BASELINE,
        doctor: Doctor::NONE,
    };
}
