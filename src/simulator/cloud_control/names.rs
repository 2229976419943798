//! The names of types that are kinds of palisade.

use crate::kinds::cloud_control::{
    config_config_rule, ec2_vpc, iam_role, s3_bucket, s3_bucket_policy,
};

pub(super) const VPC: &str = ec2_vpc::NAME;
pub(super) const BUCKET: &str = s3_bucket::NAME;
pub(super) const BUCKET_POLICY: &str = s3_bucket_policy::NAME;
pub(super) const ROLE: &str = iam_role::NAME;
pub(super) const CONFIG_RULE: &str = config_config_rule::NAME;
