//! The resource that IAM checked. It is known where the record names one ARN, or where the
//! parameters of the request make it (service authorization reference, "Resource types"); otherwise
//! only patterns for every resource are decided.

use serde_json::Value;

use super::record::{Details, Record};
use crate::model::policy_document::ANY_TEXT;

/// Where a request's parameter makes the ARN: service, member, and the ARN with `{}` for its value.
/// A value that is an ARN stands for itself. A path is not in the request, so that any may be
/// there; so is the random end of a secret's ARN.
const NAMED: [(&str, &str, &str); 14] = [
    // Before the role or the user that is put into one.
    ("iam", "instanceProfileName", "arn:{partition}:iam::{account}:instance-profile/*{}"),
    ("iam", "groupName", "arn:{partition}:iam::{account}:group/*{}"),
    ("iam", "roleName", "arn:{partition}:iam::{account}:role/*{}"),
    ("iam", "userName", "arn:{partition}:iam::{account}:user/*{}"),
    ("iam", "policyName", "arn:{partition}:iam::{account}:policy/*{}"),
    ("iam", "policyArn", "{}"),
    ("sts", "roleArn", "{}"),
    ("lambda", "functionName", "arn:{partition}:lambda:{region}:{account}:function:{}"),
    ("dynamodb", "tableName", "arn:{partition}:dynamodb:{region}:{account}:table/{}"),
    ("secretsmanager", "secretId", "arn:{partition}:secretsmanager:{region}:{account}:secret:{}*"),
    ("sns", "topicArn", "{}"),
    ("logs", "logGroupName", "arn:{partition}:logs:{region}:{account}:log-group:{}*"),
    ("cloudtrail", "name", "arn:{partition}:cloudtrail:{region}:{account}:trail/{}"),
    ("sagemaker", "resourceArn", "{}"),
];

/// Calls of SageMaker that make a resource and are checked on nothing else, with the member that
/// names it and its type.
const SAGEMAKER: [(&str, &str, &str); 8] = [
    ("CreateAutoMLJob", "autoMLJobName", "automl-job"),
    ("CreateEndpointConfig", "endpointConfigName", "endpoint-config"),
    ("CreateHyperParameterTuningJob", "hyperParameterTuningJobName", "hyper-parameter-tuning-job"),
    ("CreateModel", "modelName", "model"),
    ("CreateNotebookInstance", "notebookInstanceName", "notebook-instance"),
    ("CreateProcessingJob", "processingJobName", "processing-job"),
    ("CreateTrainingJob", "trainingJobName", "training-job"),
    ("CreateTransformJob", "transformJobName", "transform-job"),
];

/// The resource of a request, in the form of [`Request::resource`]: any text where it is not known.
///
/// [`Request::resource`]: crate::model::policy_document::Request::resource
pub(super) fn of(action: &str, record: &Record, details: &Details) -> String {
    let (service, name) = action.split_once(':').unwrap_or_default();
    let found = match service {
        "s3" => bucket_or_object(name, &details.request_parameters, partition(record)),
        // Creating one is authorized on every key there may be.
        "kms" if name == "CreateKey" => Some("*".to_owned()),
        "kms" => only(record.resources.iter().map(|it| &*it.arn).filter(|it| is_key(it))),
        _ => None,
    };
    found
        .or_else(|| from_parameters(service, record, &details.request_parameters))
        // S3 lists the bucket next to the object, EC2 lists little of what it checks.
        .or_else(|| {
            let listed = record.resources.iter().map(|it| &*it.arn);
            if matches!(service, "s3" | "kms" | "ec2" | "iam") { None } else { only(listed) }
        })
        .unwrap_or_else(any)
}

/// The one ARN in a list; `None` if there are none or several.
fn only<'a>(mut arns: impl Iterator<Item = &'a str>) -> Option<String> {
    let first = arns.find(|arn| !arn.is_empty())?;
    arns.all(|other| other == first || other.is_empty()).then(|| first.to_owned())
}

fn is_key(arn: &str) -> bool {
    arn.contains(":key/")
}

fn partition(record: &Record) -> &'static str {
    match &record.aws_region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

fn bucket_or_object(name: &str, sent: &Value, partition: &str) -> Option<String> {
    let bucket = sent["bucketName"].as_str()?;
    let of_bucket = name.contains("Bucket") || name.ends_with("Configuration");
    match sent["key"].as_str() {
        Some(key) if !of_bucket => Some(format!("arn:{partition}:s3:::{bucket}/{key}")),
        _ if of_bucket => Some(format!("arn:{partition}:s3:::{bucket}")),
        // The keys of DeleteObjects are in the body.
        _ => Some(format!("arn:{partition}:s3:::{bucket}/{ANY_TEXT}")),
    }
}

fn from_parameters(service: &str, record: &Record, sent: &Value) -> Option<String> {
    let mut rows = NAMED.iter().filter(|(of, ..)| *of == service);
    let named = rows.find_map(|(_, member, arn)| Some((sent[*member].as_str()?, *arn)));
    let made = match named {
        Some((value, _)) if value.starts_with("arn:") => return Some(value.to_owned()),
        Some((value, arn)) => arn.replace('*', &ANY_TEXT.to_string()).replace("{}", value),
        None if service == "sagemaker" => {
            let row = SAGEMAKER.iter().find(|(call, ..)| *call == record.event_name);
            let (_, member, sort) = row?;
            let name = sent[*member].as_str()?;
            // SageMaker writes names in lower case into ARNs; what IAM checks is not documented.
            if name.chars().any(char::is_uppercase) {
                return None;
            }
            format!("arn:{{partition}}:sagemaker:{{region}}:{{account}}:{sort}/{name}")
        }
        None => return None,
    };
    Some(
        made.replace("{partition}", partition(record))
            .replace("{region}", &record.aws_region)
            .replace("{account}", &record.recipient_account_id),
    )
}

/// A resource of which nothing is known.
pub(super) fn any() -> String {
    ANY_TEXT.to_string()
}

/// What people read for a resource: with `*` for what is not known.
pub(super) fn shown(resource: &str) -> String {
    resource.replace(ANY_TEXT, "*")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resource(action: &str, sent: Value, listed: &[&str]) -> String {
        let listed = listed.iter().map(|arn| {
            serde_json::from_value(json!({"ARN": arn, "accountId": "111122223333"})).unwrap()
        });
        let record = Record {
            event_name: action.split(':').nth(1).unwrap().to_owned(),
            aws_region: "eu-west-1".into(),
            recipient_account_id: "111122223333".into(),
            resources: listed.collect(),
            ..Record::default()
        };
        let details = Details { request_parameters: sent, ..Details::default() };
        shown(&of(action, &record, &details))
    }

    #[test]
    fn the_resource_is_what_the_request_names() {
        let key = "arn:aws:kms:eu-west-1:111122223333:key/1";
        for (action, sent, listed, expected) in [
            (
                "s3:GetObject",
                json!({"bucketName": "b", "key": "a/b"}),
                &[][..],
                "arn:aws:s3:::b/a/b",
            ),
            ("s3:ListBucket", json!({"bucketName": "b", "key": "a"}), &[], "arn:aws:s3:::b"),
            ("s3:DeleteObject", json!({"bucketName": "b"}), &[], "arn:aws:s3:::b/*"),
            ("kms:Decrypt", json!(null), &[key, "arn:aws:kms:eu-west-1:111122223333:alias/a"], key),
            ("kms:CreateKey", json!({}), &[key], "*"),
            (
                "iam:CreateRole",
                json!({"roleName": "ci"}),
                &[],
                "arn:aws:iam::111122223333:role/*ci",
            ),
            (
                "sts:AssumeRole",
                json!({"roleArn": "arn:aws:iam::444455556666:role/x"}),
                &[],
                "arn:aws:iam::444455556666:role/x",
            ),
            (
                "sagemaker:CreateTrainingJob",
                json!({"trainingJobName": "job-1"}),
                &[],
                "arn:aws:sagemaker:eu-west-1:111122223333:training-job/job-1",
            ),
        ] {
            assert_eq!(resource(action, sent, listed), expected, "{action}");
        }
    }

    #[test]
    fn of_several_resources_none_is_taken_for_the_one_that_was_checked() {
        let arns = ["arn:aws:sqs:eu-west-1:1:a", "arn:aws:sqs:eu-west-1:1:b"];
        assert_eq!(resource("sqs:SendMessage", json!({}), &arns), "*");
        assert_eq!(resource("sqs:SendMessage", json!({}), &arns[..1]), arns[0]);
        assert_eq!(resource("ec2:RunInstances", json!({}), &arns[..1]), "*");
        let both = json!({"endpointName": "a", "endpointConfigName": "b"});
        assert_eq!(resource("sagemaker:CreateEndpoint", both, &[]), "*");
    }
}
