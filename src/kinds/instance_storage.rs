//! Which instance families of SageMaker store on local disks.
//!
//! A request for such an instance cannot name a volume key: the disk is encrypted by the hardware.
//! The SageMaker API reference says so about training, tuning, processing and transform jobs ("You
//! can't request a VolumeKmsKeyId when using an instance type with local storage"); about endpoints
//! it says that the key does not encrypt that disk. A policy that requires a key nevertheless makes
//! the family unusable.
//!
//! A family is in the first list if it is in an instance type enumeration of the SageMaker API and
//! has instance storage in EC2's instance data (DescribeInstanceTypes, `InstanceStorageSupported`).
//! For dl1 and p6e-gb200 that is inferred from EC2's instance pages. Both lists together are all
//! families of the SDK in use, which a test compares: a new family must be put into one of them.

/// Families (`ml.FAMILY.SIZE`) whose storage is a local disk.
pub(crate) const LOCAL_DISKS: &[&str] = &[
    "c5d",
    "c6gd",
    "c6id",
    "dl1",
    "g4dn",
    "g5",
    "g6",
    "g6e",
    "g7",
    "g7e",
    "gr6",
    "i3en",
    "m5d",
    "m6gd",
    "m6id",
    "p3dn",
    "p4d",
    "p4de",
    "p5",
    "p5e",
    "p5en",
    "p6-b200",
    "p6-b300",
    "p6e-gb200",
    "r5d",
    "r6gd",
    "r6id",
    "r7gd",
    "trn1",
    "trn1n",
    "trn2",
];

/// Families whose storage is a volume on the network, which accepts a key.
#[cfg(test)]
pub(crate) const VOLUMES: &[&str] = &[
    "c4",
    "c5",
    "c5n",
    "c6a",
    "c6g",
    "c6gn",
    "c6i",
    "c6in",
    "c7g",
    "c7i",
    "c7i-flex",
    "c8a",
    "c8g",
    "c8i",
    "c8i-flex",
    "geospatial",
    "inf1",
    "inf2",
    "m4",
    "m5",
    "m6a",
    "m6g",
    "m6i",
    "m7g",
    "m7i",
    "m7i-flex",
    "m8a",
    "m8g",
    "m8i",
    "m8i-flex",
    "p2",
    "p3",
    "r5",
    "r6g",
    "r6i",
    "r7i",
    "r8g",
    "r8i",
    "r8i-flex",
    "t2",
    "t3",
];
