//! The list of instance families against the SDK's.

use std::collections::BTreeSet;

use aws_sdk_sagemaker::types::{
    AppInstanceType, ClusterInstanceType, InstanceType, ProcessingInstanceType,
    ProductionVariantInstanceType, TrainingInstanceType, TransformInstanceType,
};

use crate::kinds::instance_storage::{LOCAL_DISKS, VOLUMES};

#[test]
fn every_instance_family_of_the_sdk_is_in_one_of_the_two_lists() {
    let names = [
        AppInstanceType::values(),
        ClusterInstanceType::values(),
        InstanceType::values(),
        ProcessingInstanceType::values(),
        ProductionVariantInstanceType::values(),
        TrainingInstanceType::values(),
        TransformInstanceType::values(),
    ];
    let families: BTreeSet<&str> = names
        .into_iter()
        .flatten()
        .filter_map(|name| name.strip_prefix("ml.")?.split('.').next())
        .collect();
    let listed: BTreeSet<&str> = LOCAL_DISKS.iter().chain(VOLUMES).copied().collect();
    assert_eq!(families, listed, "a new family stores on a local disk or on a volume: list it");
    assert_eq!(listed.len(), LOCAL_DISKS.len() + VOLUMES.len(), "no family is in both");
}
