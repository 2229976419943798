use super::*;
use crate::kinds::cloud_control::types;

#[test]
fn every_type_says_what_is_recorded_of_it() {
    let missing: Vec<&str> =
        types::all().map(|of| of.overlay.name).filter(|name| of(name).is_none()).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn names_in_records_and_identifiers_have_one_form() {
    let arn =
        |service: &str, rest: &str| format!("arn:aws:{service}:eu-west-1:111122223333:{rest}");
    let url = "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs";
    let old = "https://eu-west-1.queue.amazonaws.com/111122223333/jobs";
    for (name, text, form) in [
        ("AWS::S3::Bucket", "acme", Some("acme")),
        ("AWS::S3::Bucket", "arn:aws:s3:::acme", Some("acme")),
        ("AWS::SQS::Queue", url, Some("111122223333/jobs")),
        ("AWS::SQS::Queue", old, Some("111122223333/jobs")),
        ("AWS::SQS::Queue", &arn("sqs", "jobs"), None),
        ("AWS::CloudWatch::Alarm", &arn("cloudwatch", "alarm:errors"), Some("errors")),
        ("AWS::Logs::LogGroup", &arn("logs", "log-group:/ml/logs:*"), Some("/ml/logs")),
        ("AWS::Events::Rule", &arn("events", "rule/bus/nightly"), Some("nightly")),
        ("AWS::Events::Rule", "nightly", Some("nightly")),
        ("AWS::EC2::EIP", "192.0.2.1|eipalloc-0a", Some("eipalloc-0a")),
        ("AWS::EC2::TransitGateway", "tgw-attach-0a", None),
        ("AWS::SecurityHub::Hub", "111122223333", Some("hub")),
        ("AWS::SecurityHub::Hub", &arn("securityhub", "product/x"), None),
        ("AWS::SNS::Topic", &arn("sqs", "alerts"), None),
        ("AWS::IAM::Role", "jobs", Some("jobs")),
        ("AWS::Organizations::OrganizationalUnit", "ou-ab12-11111111", Some("ou-ab12-11111111")),
        ("AWS::Organizations::OrganizationalUnit", "p-12345678", None),
    ] {
        let id = of(name).expect("a type").id;
        assert_eq!(id(text).as_deref(), form, "{name} {text}");
    }
}
