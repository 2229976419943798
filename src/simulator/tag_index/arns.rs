//! Tags of resources by ARN: each service has calls of its own.

use serde_json::{Map, Value, json};

use super::errors::invalid;
use crate::simulator::{
    api::Others,
    service::{ApiError, Caller, Context},
};

/// Services whose resources are models, or some of them: how their ARNs begin, and the actions that
/// set and remove their tags (service authorization reference).
const TAGGING: [(&str, &str, &str, &str); 10] = [
    ("cloudtrail", "", "cloudtrail:AddTags", "cloudtrail:RemoveTags"),
    ("cloudwatch", "", "cloudwatch:TagResource", "cloudwatch:UntagResource"),
    ("datazone", "", "datazone:TagResource", "datazone:UntagResource"),
    ("ec2", "transit-gateway", "ec2:CreateTags", "ec2:DeleteTags"),
    ("ecr", "", "ecr:TagResource", "ecr:UntagResource"),
    ("events", "", "events:TagResource", "events:UntagResource"),
    ("logs", "", "logs:TagResource", "logs:UntagResource"),
    ("s3", "accesspoint/", "s3:TagResource", "s3:UntagResource"),
    ("sns", "", "sns:TagResource", "sns:UntagResource"),
    ("sqs", "", "sqs:TagQueue", "sqs:UntagQueue"),
];

/// The service, and the resource in it.
fn parts(arn: &str) -> Option<(&str, &str)> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, service, _, _, resource] if !resource.is_empty() => Some((service, resource)),
        _ => None,
    }
}

/// Services whose tags are set by ARN, as a map.
const SHELVED: [&str; 6] =
    ["access-analyzer", "bedrock", "controltower", "guardduty", "ram", "securityhub"];

/// The instance of Identity Center that a permission set is in.
fn instance(arn: &str) -> String {
    let (instance, _) = arn.rsplit_once('/').unwrap_or((arn, ""));
    instance.replacen(":permissionSet/", ":instance/", 1)
}

fn id(resource: &str) -> &str {
    resource.rsplit('/').next().unwrap_or(resource)
}

/// The actions that set and remove tags of a resource that is a model.
fn kept(service: &str, resource: &str) -> Option<(&'static str, &'static str)> {
    let mut all = TAGGING.iter();
    let found = all.find(|(name, start, ..)| *name == service && resource.starts_with(start));
    found.map(|(_, _, tag, untag)| (*tag, *untag))
}

/// Roles, users and rules of Config cannot be tagged here.
fn unsupported(arn: &str) -> ApiError {
    invalid(format!("The resource type of {arn} is not supported by the tagging API"))
}

/// Adds tags to a resource.
pub(super) fn tag(
    others: &mut dyn Others,
    caller: &Caller,
    context: &mut Context<'_>,
    arn: &str,
    tags: &Map<String, Value>,
) -> Result<(), ApiError> {
    let (service, resource) = parts(arn).ok_or_else(|| invalid(format!("{arn} is no ARN")))?;
    if tags.keys().any(|key| key.to_lowercase().starts_with("aws:")) {
        return Err(invalid("Tags of AWS cannot be set"));
    }
    if let Some((action, _)) = kept(service, resource) {
        let needs = json!([{"Action": action, "Resource": arn, "Tags": true}]);
        let input = json!({"Arn": arn, "Tags": tags, "Needs": needs});
        return others.ask("models", caller, "TagModel", &input, context).map(|_| ());
    }
    let list = |key: &str, value: &str| -> Value {
        tags.iter().map(|(name, text)| json!({key: name, value: text})).collect()
    };
    let (operation, input) = match service {
        "ec2" => {
            let tags = list("Key", "Value");
            ("CreateTags", json!({"ResourceId": [id(resource)], "Tag": tags}))
        }
        "kms" => {
            let tags = list("TagKey", "TagValue");
            ("TagResource", json!({"KeyId": id(resource), "Tags": tags}))
        }
        "sagemaker" => ("AddTags", json!({"ResourceArn": arn, "Tags": list("Key", "Value")})),
        "s3" => {
            let keep = |key: &str| !tags.contains_key(key);
            let added = list("Key", "Value");
            return bucket(others, caller, context, resource, keep, added);
        }
        "organizations" => {
            let tags = list("Key", "Value");
            ("TagResource", json!({"ResourceId": id(resource), "Tags": tags}))
        }
        "sso" => {
            let tags = list("Key", "Value");
            let input = json!({"InstanceArn": instance(arn), "ResourceArn": arn, "Tags": tags});
            ("TagResource", input)
        }
        _ if SHELVED.contains(&service) => {
            ("TagResource", json!({"ResourceArn": arn, "Tags": tags}))
        }
        _ => return Err(unsupported(arn)),
    };
    others.ask(service, caller, operation, &input, context).map(|_| ())
}

/// Removes tags from a resource.
pub(super) fn untag(
    others: &mut dyn Others,
    caller: &Caller,
    context: &mut Context<'_>,
    arn: &str,
    keys: &[String],
) -> Result<(), ApiError> {
    let (service, resource) = parts(arn).ok_or_else(|| invalid(format!("{arn} is no ARN")))?;
    if let Some((_, action)) = kept(service, resource) {
        let needs = json!([{"Action": action, "Resource": arn, "Tags": true}]);
        let input = json!({"Arn": arn, "Keys": keys, "Needs": needs});
        return others.ask("models", caller, "UntagModel", &input, context).map(|_| ());
    }
    let (operation, input) = match service {
        "ec2" => {
            let tags: Vec<Value> = keys.iter().map(|key| json!({"Key": key})).collect();
            ("DeleteTags", json!({"ResourceId": [id(resource)], "Tag": tags}))
        }
        "kms" => ("UntagResource", json!({"KeyId": id(resource), "TagKeys": keys})),
        "sagemaker" => ("DeleteTags", json!({"ResourceArn": arn, "TagKeys": keys})),
        "s3" => {
            let keep = |key: &str| !keys.iter().any(|gone| gone == key);
            return bucket(others, caller, context, resource, keep, json!([]));
        }
        "organizations" => ("UntagResource", json!({"ResourceId": id(resource), "TagKeys": keys})),
        "sso" => {
            let input = json!({"InstanceArn": instance(arn), "ResourceArn": arn, "TagKeys": keys});
            ("UntagResource", input)
        }
        _ if SHELVED.contains(&service) => {
            ("UntagResource", json!({"ResourceArn": arn, "TagKeys": keys}))
        }
        _ => return Err(unsupported(arn)),
    };
    others.ask(service, caller, operation, &input, context).map(|_| ())
}

/// S3 takes the tags of a bucket as a whole.
fn bucket(
    others: &mut dyn Others,
    caller: &Caller,
    context: &mut Context<'_>,
    name: &str,
    keep: impl Fn(&str) -> bool,
    added: Value,
) -> Result<(), ApiError> {
    let named = json!({"Bucket": name});
    let answer = others.ask("s3", caller, "GetBucketTagging", &named, context)?;
    let mut tags = answer["Tags"].as_array().cloned().unwrap_or_default();
    tags.retain(|tag| {
        let key = tag["Key"].as_str().unwrap_or_default();
        keep(key) && !key.starts_with("aws:")
    });
    tags.extend(added.as_array().cloned().unwrap_or_default());
    let input = json!({"Bucket": name, "Tags": tags});
    others.ask("s3", caller, "PutBucketTagging", &input, context).map(|_| ())
}
