//! Permissions: those of Cloud Control, and those of the services behind it.

use super::*;
use crate::model::policy_document::{Dialect, PolicyDocument};

fn allowed(actions: &[&str]) -> Client {
    let client = Client::default();
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": actions, "Resource": "*"},
    ]});
    let policy =
        PolicyDocument::parse(&policy.to_string(), Dialect::IdentityPolicy).expect("a policy");
    client.0.simulator.with(|world| {
        world.options.permissions.insert(ACCOUNT.to_owned(), vec![policy]);
    });
    client
}

fn judged(client: &Client) -> Vec<String> {
    client
        .0
        .simulator
        .with(|world| world.judged.iter().map(|it| it.request.action.clone()).collect())
}

#[tokio::test(start_paused = true)]
async fn cloud_control_is_authorized_as_cloudformation() {
    let client = allowed(&["cloudcontrolapi:*", "cloudcontrol:*", "s3:*"]);
    let denied = || Err("AccessDeniedException".to_owned());
    assert_eq!(client.start(BUCKET, &json!({"BucketName": "acme-a"})), denied());
    assert_eq!(client.call("ListResourceRequests", &json!({})), denied());
}

#[tokio::test(start_paused = true)]
async fn a_handler_has_the_permissions_of_its_caller_and_fails_without_them() {
    let client = allowed(&["cloudformation:*", "s3:CreateBucket"]);
    let tagged = json!({"BucketName": "acme-a", "Tags": [{"Key": "a", "Value": "1"}]});
    let event = client.start(BUCKET, &tagged).expect("the call itself is allowed");
    assert_eq!(failed(&client.end(&event).await), "AccessDenied");
    let actions = judged(&client);
    for action in ["cloudformation:CreateResource", "s3:CreateBucket", "s3:PutBucketTagging"] {
        assert!(actions.iter().any(|it| it == action), "{action} in {actions:?}");
    }
    assert_eq!(client.get(BUCKET, "acme-a"), Err("AccessDeniedException".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn with_all_permissions_of_the_type_everything_works() {
    let client = allowed(&[
        "cloudformation:CreateResource",
        "cloudformation:GetResource",
        "cloudformation:GetResourceRequestStatus",
        "ec2:CreateVpc",
        "ec2:CreateTags",
        "ec2:DescribeVpcs",
        "ec2:DescribeVpcAttribute",
        "ec2:DescribeNetworkAcls",
        "ec2:DescribeSecurityGroups",
    ]);
    let want = json!({"CidrBlock": "10.0.0.0/16", "Tags": [{"Key": "a", "Value": "1"}]});
    let id = client.create(VPC, &want).await;
    assert!(client.get(VPC, &id).is_ok());
    let patch = add("/EnableDnsHostnames", &json!(true));
    assert_eq!(client.not_updated(VPC, &id, &patch).await, "AccessDeniedException");
}

#[tokio::test(start_paused = true)]
async fn an_administrator_needs_no_permission() {
    let client = allowed(&[]);
    let desired = json!({"BucketName": "acme-a"}).to_string();
    let input = json!({"TypeName": BUCKET, "DesiredState": desired});
    let event = client.act("cloudcontrolapi", "CreateResource", &input);
    assert_eq!(event["ProgressEvent"]["OperationStatus"], "PENDING");
    assert!(client.0.simulator.with(|world| {
        world.truth().things.contains_key("AWS::S3::Bucket/111122223333/acme-a")
    }));
}
