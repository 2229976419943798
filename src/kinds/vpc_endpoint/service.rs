//! Short service names, by table.

/// Short names that do not follow the rule of their partition, and what they stand for. `{region}` is
/// the Region the service is in. Studio and notebook instances have a prefix of their own (SageMaker
/// developer guide), multi-Region access points have no Region in theirs (S3 user guide).
const BY_NAME: [(&str, &str); 5] = [
    ("sagemaker.studio", "aws.sagemaker.{region}.studio"),
    ("studio", "aws.sagemaker.{region}.studio"),
    ("sagemaker.notebook", "aws.sagemaker.{region}.notebook"),
    ("notebook", "aws.sagemaker.{region}.notebook"),
    ("s3-global.accesspoint", "com.amazonaws.s3-global.accesspoint"),
];

/// Services that have no `cn.` in the China Regions either: the two with gateway endpoints (AWS
/// PrivateLink guide for the China Regions).
const PLAIN_IN_CHINA: [&str; 2] = ["s3", "dynamodb"];

/// How full names begin.
const FULL: [&str; 3] = ["com.", "cn.com.", "aws."];

/// The full name of `service` in `region`: names that are full already stay as they are.
pub(super) fn full_name(service: &str, region: &str, partition: &str) -> String {
    let is_full = FULL.iter().any(|start| service.starts_with(start))
        || service.split('.').any(|part| part == region);
    if is_full {
        return service.to_owned();
    }
    if let Some((_, template)) = BY_NAME.iter().find(|(short, _)| *short == service) {
        return template.replace("{region}", region);
    }
    let prefix = if partition == "aws-cn" && !PLAIN_IN_CHINA.contains(&service) {
        "cn.com.amazonaws"
    } else {
        "com.amazonaws"
    };
    format!("{prefix}.{region}.{service}")
}

/// Whether the service is of AWS and has gateway endpoints beside interface endpoints.
pub(super) fn has_gateway_twin(full_name: &str) -> bool {
    !is_endpoint_service(full_name) && matches!(short_name(full_name), "s3" | "dynamodb")
}

/// Whether the service is Amazon S3.
pub(super) fn is_s3(full_name: &str) -> bool {
    !is_endpoint_service(full_name) && short_name(full_name) == "s3"
}

/// Whether the service is somebody's endpoint service rather than AWS's own: its owner may have to
/// accept the endpoint first.
pub(super) fn is_endpoint_service(full_name: &str) -> bool {
    full_name.contains("amazonaws.vpce.")
}

fn short_name(full_name: &str) -> &str {
    full_name.rsplit('.').next().unwrap_or(full_name)
}

/// What is wrong with the name, if anything.
pub(super) fn problem(service: &str) -> Option<&'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if service.is_empty() {
        Some("is empty")
    } else if !service.chars().all(plain) {
        Some("has a character that no service name has (letters, digits, `.`, `-` and `_` do)")
    } else if service.split('.').any(str::is_empty) {
        Some("has an empty part between its dots")
    } else {
        None
    }
}
