//! The actions that a call was authorized as. Most calls are named like their action; those that
//! are not are listed here (service authorization reference; CloudTrail user guide, "Logging data
//! events"). What is named like no action that exists is some action of its service.

use serde_json::Value;

use super::record::{Details, Record};
use crate::model::policy_document::{ANY_TEXT, is_action, is_service};

/// Prefixes of actions, by the host in `eventSource`, where they differ.
const PREFIXES: [(&str, &str); 12] = [
    ("cloudcontrolapi", "cloudformation"),
    ("email", "ses"),
    ("monitoring", "cloudwatch"),
    ("tagging", "tag"),
    ("resource-explorer", "resource-explorer-2"),
    ("runtime.sagemaker", "sagemaker"),
    ("bedrock-runtime", "bedrock"),
    ("bedrock-agent", "bedrock"),
    ("bedrock-agent-runtime", "bedrock"),
    ("sso-oidc", "sso-oauth"),
    ("models.lex", "lex"),
    ("application-insights", "applicationinsights"),
];

/// Calls whose actions are named otherwise, each with all that may be asked for.
const OTHERWISE: [(&str, &[&str]); 33] = [
    ("bedrock:Converse", &["bedrock:InvokeModel"]),
    ("bedrock:ConverseStream", &["bedrock:InvokeModelWithResponseStream"]),
    ("kms:ReEncrypt", &["kms:ReEncryptFrom", "kms:ReEncryptTo"]),
    ("lambda:Invoke", &["lambda:InvokeFunction"]),
    ("s3:CompleteMultipartUpload", &["s3:PutObject"]),
    ("s3:CopyObject", &["s3:PutObject"]),
    ("s3:CreateMultipartUpload", &["s3:PutObject"]),
    ("s3:DeleteBucketCors", &["s3:PutBucketCORS"]),
    ("s3:DeleteBucketEncryption", &["s3:PutEncryptionConfiguration"]),
    ("s3:DeleteBucketLifecycle", &["s3:PutLifecycleConfiguration"]),
    ("s3:DeleteBucketPublicAccessBlock", &["s3:PutBucketPublicAccessBlock"]),
    ("s3:DeleteBucketReplication", &["s3:PutReplicationConfiguration"]),
    ("s3:DeleteBucketTagging", &["s3:PutBucketTagging"]),
    ("s3:DeleteObjects", &["s3:DeleteObject"]),
    ("s3:GetBucketCors", &["s3:GetBucketCORS"]),
    ("s3:GetBucketEncryption", &["s3:GetEncryptionConfiguration"]),
    ("s3:GetBucketLifecycle", &["s3:GetLifecycleConfiguration"]),
    ("s3:GetBucketReplication", &["s3:GetReplicationConfiguration"]),
    ("s3:HeadBucket", &["s3:ListBucket"]),
    ("s3:HeadObject", &["s3:GetObject"]),
    ("s3:ListBuckets", &["s3:ListAllMyBuckets"]),
    ("s3:ListMultipartUploads", &["s3:ListBucketMultipartUploads"]),
    ("s3:ListObjectVersions", &["s3:ListBucketVersions"]),
    ("s3:ListObjects", &["s3:ListBucket"]),
    ("s3:ListObjectsV2", &["s3:ListBucket"]),
    ("s3:ListParts", &["s3:ListMultipartUploadParts"]),
    ("s3:PutBucketCors", &["s3:PutBucketCORS"]),
    ("s3:PutBucketEncryption", &["s3:PutEncryptionConfiguration"]),
    ("s3:PutBucketLifecycle", &["s3:PutLifecycleConfiguration"]),
    ("s3:PutBucketReplication", &["s3:PutReplicationConfiguration"]),
    ("s3:SelectObjectContent", &["s3:GetObject"]),
    ("s3:UploadPart", &["s3:PutObject"]),
    ("s3:UploadPartCopy", &["s3:PutObject"]),
];

/// Calls for which a service asks IAM for other actions too, by what of the request tells that.
const ALSO: [(&str, &str, &str); 3] = [
    ("ec2", "tagSpecificationSet", "ec2:CreateTags"),
    ("kms", "tags", "kms:TagResource"),
    ("sagemaker", "tags", "sagemaker:AddTags"),
];

/// The action that passes a role to a service.
const PASS_ROLE: &str = "iam:PassRole";

/// The actions that parameters can add.
pub(super) const FURTHER: [&str; 4] =
    ["ec2:CreateTags", "kms:TagResource", "sagemaker:AddTags", PASS_ROLE];

/// The actions of a call itself, without what its parameters add; none if it is no call of an API,
/// such as a sign-in.
pub(super) fn of(record: &Record) -> Vec<String> {
    if !matches!(&*record.event_type, "" | "AwsApiCall") {
        return Vec::new();
    }
    let Some(host) = record.event_source.strip_suffix(".amazonaws.com") else { return Vec::new() };
    let known = PREFIXES.iter().find(|(it, _)| *it == host).map(|(_, prefix)| *prefix);
    let prefix = known.unwrap_or(host);
    let name = without_version(&record.event_name);
    let plain = format!("{prefix}:{name}");
    if let Some((_, actions)) = OTHERWISE.iter().find(|(call, _)| *call == plain) {
        return actions.iter().map(|&action| action.to_owned()).collect();
    }
    if is_action(&plain) {
        return vec![plain];
    }
    // Some action of the service, or of some service whose name differs from its host's.
    let prefix = if is_service(prefix) { prefix.to_owned() } else { ANY_TEXT.to_string() };
    vec![format!("{prefix}:{ANY_TEXT}")]
}

/// Lambda's calls end with the date of their version, as in `CreateFunction20150331` or
/// `UpdateFunctionCode20150331v2`.
fn without_version(name: &str) -> &str {
    let short = name.strip_suffix("v2").unwrap_or(name);
    let digits = short.len() - short.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    if digits == 8 { &short[..short.len() - digits] } else { name }
}

/// The further actions that the parameters of a call ask for, each with its resource if it is
/// known.
pub(super) fn also(action: &str, details: &Details) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    let (service, name) = action.split_once(':').unwrap_or_default();
    let Some(sent) = details.sent().and_then(Value::as_object) else { return found };
    let creates = ["Create", "Run", "Allocate", "Copy", "Import"];
    if creates.iter().any(|start| name.starts_with(start)) && action != "ec2:CreateTags" {
        for (of, member, other) in ALSO {
            if of == service && sent.get(member).is_some_and(|it| !is_empty(it)) {
                found.push((other.to_owned(), None));
            }
        }
    }
    if !matches!(service, "sts" | "iam") {
        let mut roles = Vec::new();
        roles_in(&details.request_parameters, 0, &mut roles);
        roles.sort();
        roles.dedup();
        found.extend(roles.into_iter().map(|role| (PASS_ROLE.to_owned(), Some(role))));
    }
    found
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(all) => all.is_empty(),
        Value::Object(all) => all.is_empty(),
        Value::String(text) => text.is_empty(),
        other => other.is_null(),
    }
}

/// The roles that a request hands to the service: members that are named like a role.
fn roles_in(value: &Value, depth: usize, found: &mut Vec<String>) {
    const DEEPEST: usize = 8;
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let named = name.to_ascii_lowercase();
                let is_role = named.ends_with("role") || named.ends_with("rolearn");
                match member.as_str() {
                    Some(text) if is_role && text.contains(":role/") => {
                        found.push(text.to_owned());
                    }
                    _ => roles_in(member, depth + 1, found),
                }
            }
        }
        Value::Array(all) => all.iter().for_each(|it| roles_in(it, depth + 1, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn actions(host: &str, call: &str) -> Vec<String> {
        of(&Record {
            event_source: format!("{host}.amazonaws.com"),
            event_name: call.to_owned(),
            event_type: "AwsApiCall".into(),
            ..Record::default()
        })
    }

    #[test]
    fn a_call_is_the_actions_that_it_is_authorized_as() {
        for (host, call, expected) in [
            ("ec2", "RunInstances", &["ec2:RunInstances"][..]),
            ("s3", "ListObjects", &["s3:ListBucket"]),
            ("s3", "HeadObject", &["s3:GetObject"]),
            ("lambda", "UpdateFunctionCode20150331v2", &["lambda:UpdateFunctionCode"]),
            ("lambda", "CreateFunction20150331", &["lambda:CreateFunction"]),
            ("monitoring", "PutMetricAlarm", &["cloudwatch:PutMetricAlarm"]),
            ("kms", "ReEncrypt", &["kms:ReEncryptFrom", "kms:ReEncryptTo"]),
            ("bedrock", "Converse", &["bedrock:InvokeModel"]),
        ] {
            assert_eq!(actions(host, call), expected, "{host} {call}");
        }
        for (_, mapped) in OTHERWISE {
            assert!(mapped.iter().all(|action| is_action(action)), "{mapped:?}");
        }
        assert!(PREFIXES.iter().all(|(_, prefix)| is_service(prefix)));
    }

    #[test]
    fn a_call_that_is_named_like_no_action_is_some_action_of_its_service() {
        assert_eq!(actions("apigateway", "CreateRestApi"), [format!("apigateway:{ANY_TEXT}")]);
        assert_eq!(actions("no-such-service", "Do"), [format!("{ANY_TEXT}:{ANY_TEXT}")]);
        let sign_in = Record {
            event_source: "signin.amazonaws.com".into(),
            event_name: "ConsoleLogin".into(),
            event_type: "AwsConsoleSignIn".into(),
            ..Record::default()
        };
        assert_eq!(of(&sign_in), [""; 0]);
    }

    #[test]
    fn passing_a_role_and_tagging_are_asked_for_too() {
        let sent = json!({"trainingJobName": "x", "tags": [{"key": "a", "value": "b"}],
            "roleArn": "arn:aws:iam::111122223333:role/exec"});
        let details = Details { request_parameters: sent, ..Details::default() };
        let role = "arn:aws:iam::111122223333:role/exec".to_owned();
        assert_eq!(
            also("sagemaker:CreateTrainingJob", &details),
            [("sagemaker:AddTags".to_owned(), None), (PASS_ROLE.to_owned(), Some(role)),]
        );
        let assumes = json!({"roleArn": "arn:aws:iam::111122223333:role/exec"});
        let details = Details { request_parameters: assumes, ..Details::default() };
        assert_eq!(also("sts:AssumeRole", &details), []);
    }
}
