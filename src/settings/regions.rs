//! AWS's Regions and partitions.

/// The partition of a Region, by its prefix (AWS General Reference, ARN format; the partitions file
/// of botocore 1.44.8).
pub fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ if region.starts_with("us-iso-") => "aws-iso",
        _ if region.starts_with("us-isob-") => "aws-iso-b",
        _ if region.starts_with("eu-isoe-") => "aws-iso-e",
        _ if region.starts_with("us-isof-") => "aws-iso-f",
        _ if region.starts_with("eusc-") => "aws-eusc",
        _ => "aws",
    }
}

/// AWS's partitions.
pub const PARTITIONS: [&str; 8] =
    ["aws", "aws-cn", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-us-gov"];

/// The Regions that this build knows.
pub fn regions() -> impl Iterator<Item = &'static str> {
    let lines = include_str!("regions.txt").lines();
    lines.filter(|line| !line.starts_with('#')).flat_map(|line| line.split_whitespace().skip(1))
}

/// Whether this build knows the Region.
pub fn is_known_region(region: &str) -> bool {
    regions().any(|known| known == region)
}
