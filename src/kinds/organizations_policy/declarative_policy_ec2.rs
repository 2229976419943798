//! Declarative policies for EC2: settings of EC2 that accounts cannot change.

use super::{DefaultPolicy, Language, PolicyType, Sister};
use crate::{baseline::Baseline, kind::Doctor, model::management_policy};

/// Its name in manifests.
pub const NAME: &str = "DeclarativePolicyEC2";

/// The type.
#[derive(Debug)]
pub struct DeclarativeEc2;

impl Sister for DeclarativeEc2 {
    const TYPE: PolicyType = PolicyType {
        name: NAME,
        short: "dp-ec2",
        about: "A declarative policy for EC2 of AWS Organizations and where it is attached.",
        content: "The policy, a mapping with `ec2_attributes`: `vpc_block_public_access`, \
                  `serial_console_access`, `image_block_public_access`, \
                  `snapshot_block_public_access`, `allowed_images_settings`, \
                  `instance_metadata_defaults` and `exception_message`; attributes that are \
                  newer than palisade pass. At most 10,000 bytes once white space is removed. \
                  Values are set with the inheritance operators `@@assign`, `@@append` and \
                  `@@remove`; `@@operators_allowed_for_child_policies` says what policies \
                  further down may change. What it sets is compared: the order of members and of \
                  the values in a list does not count. Accounts below cannot change what it \
                  sets.",
        one: "declarative policy",
        many: "declarative policies",
        group: "DeclarativePoliciesEC2",
        api: "DECLARATIVE_POLICY_EC2",
        sample: "declarative_policy_ec2/p-00000000",
        every: "declarative_policy_ec2/*",
        language: Language::Management(management_policy::Language::DeclarativeEc2),
        max_bytes: 10_000,
        max_per_target: 10,
        default: DefaultPolicy::None,
        baseline: Baseline::NONE,
        doctor: Doctor::NONE,
    };
}
