//! Service control policies: the most that principals of member accounts may do.

pub(crate) mod baseline;
mod doctor;

use super::{DefaultPolicy, Language, PolicyType, Sister, State};
use crate::model::policy_document::Dialect;

/// Its name in manifests.
pub const NAME: &str = "ServiceControlPolicy";

/// The type.
#[derive(Debug)]
pub struct ServiceControl;

impl Sister for ServiceControl {
    /// Size and number per target: "What's New" of 15 May 2026 raised them from 5,120 and 5.
    const TYPE: PolicyType = PolicyType {
        name: NAME,
        short: "scp",
        about: "A service control policy of AWS Organizations and the places it is attached to.",
        content: "The policy document: `Version` must be \"2012-10-17\"; no `Principal`; action \
                  names in the case AWS documents. At most 10,240 bytes once white space is \
                  removed. Order and spelling count: AWS stores the text as it is sent, so any \
                  other text is drift. References such as `${KIND/NAME.arn}` and the \
                  variables of manifests are filled in; IAM's own `${aws:…}` passes through. A \
                  `Deny` of every action on every resource without a condition is a finding \
                  (SCP-ALL), which can be waived.",
        one: "service control policy",
        many: "service control policies",
        group: "ServiceControlPolicies",
        api: "SERVICE_CONTROL_POLICY",
        sample: "service_control_policy/p-00000000",
        every: "service_control_policy/*",
        language: Language::Control(Dialect::ServiceControlPolicy),
        max_bytes: 10_240,
        max_per_target: 10,
        default: DefaultPolicy::Replaceable("FullAWSAccess"),
        baseline: baseline::BASELINE,
        doctor: doctor::DOCTOR,
    };
}
