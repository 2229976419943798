//! The names of types that are kinds of palisade.

use crate::kinds::cloud_control::{
    config_config_rule, config_configuration_recorder, ec2_internet_gateway, ec2_vpc, iam_role,
    s3_bucket, s3_bucket_policy,
};

pub(super) const VPC: &str = ec2_vpc::NAME;
pub(super) const BUCKET: &str = s3_bucket::NAME;
pub(super) const BUCKET_POLICY: &str = s3_bucket_policy::NAME;
pub(super) const ROLE: &str = iam_role::NAME;
pub(super) const CONFIG_RULE: &str = config_config_rule::NAME;
pub(super) const RECORDER: &str = config_configuration_recorder::NAME;
pub(super) const INTERNET_GATEWAY: &str = ec2_internet_gateway::NAME;
