//! AWS::S3::BucketPolicy.

use super::*;

fn statement(principal: &Value, resource: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": resource,
    }]})
}

fn policy() -> Value {
    let principal = json!({"AWS": "arn:aws:iam::111122223333:role/ml"});
    statement(&principal, "arn:aws:s3:::acme-a/*")
}

async fn with_bucket() -> Client {
    let client = Client::default();
    client.create(BUCKET, &json!({"BucketName": "acme-a"})).await;
    client
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_a_part_of_its_bucket_and_one_for_s3_too() {
    let client = with_bucket().await;
    let want = json!({"Bucket": "acme-a", "PolicyDocument": policy()});
    assert_eq!(client.create(POLICY, &want).await, "acme-a");
    let answer = client.act("s3", "GetBucketPolicy", &json!({"Bucket": "acme-a"}));
    let text = answer["Policy"].as_str().expect("a text");
    assert_eq!(serde_json::from_str::<Value>(text).expect("JSON"), policy());
    assert_eq!(client.list(POLICY), ["acme-a"]);
    assert_eq!(client.refused(POLICY, &want).await, "AlreadyExists");
    let other = statement(&json!({"AWS": "111122223333"}), "arn:aws:s3:::acme-a");
    client.update(POLICY, "acme-a", &add("/PolicyDocument", &other)).await;
    assert_eq!(client.get(POLICY, "acme-a").expect("a model")["PolicyDocument"], other);
    assert_eq!(client.delete(POLICY, "acme-a").await["OperationStatus"], "SUCCESS");
    assert_eq!(client.get(POLICY, "acme-a"), Err("ResourceNotFoundException".to_owned()));
    assert!(client.get(BUCKET, "acme-a").is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_an_object_or_a_text() {
    let client = with_bucket().await;
    let want = json!({"Bucket": "acme-a", "PolicyDocument": policy().to_string()});
    client.create(POLICY, &want).await;
    assert_eq!(client.get(POLICY, "acme-a").expect("a model")["PolicyDocument"], policy());
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_refused_as_s3_and_its_schema_refuse_it() {
    let client = with_bucket().await;
    let everybody = statement(&json!("*"), "arn:aws:s3:::acme-a/*");
    let mut no_action = policy();
    no_action["Statement"][0]["Action"] = "ec2:RunInstances".into();
    let mut twice = policy();
    twice["Statement"][0]["NotAction"] = "s3:*".into();
    let mut no_resource = policy();
    no_resource["Statement"][0].as_object_mut().expect("an object").remove("Resource");
    let mut no_principal = policy();
    no_principal["Statement"][0].as_object_mut().expect("an object").remove("Principal");
    let large = json!({"Version": "2012-10-17", "Id": "x".repeat(20_481), "Statement": []});
    for (policy, code) in [
        (json!(1), "ValidationException"),
        (json!([]), "ValidationException"),
        (json!("{"), "InvalidRequest"),
        (json!({}), "InvalidRequest"),
        (json!({"Version": "2020-01-01", "Statement": []}), "InvalidRequest"),
        (statement(&json!({"AWS": "somebody"}), "arn:aws:s3:::acme-a"), "InvalidRequest"),
        (statement(&json!({"AWS": "111122223333"}), "arn:aws:s3:::acme-b/*"), "InvalidRequest"),
        (statement(&json!({"AWS": "111122223333"}), "acme-a"), "InvalidRequest"),
        (no_action, "InvalidRequest"),
        (twice, "InvalidRequest"),
        (no_resource, "InvalidRequest"),
        (no_principal, "InvalidRequest"),
        (large, "InvalidRequest"),
        (everybody, "AccessDenied"),
    ] {
        let want = json!({"Bucket": "acme-a", "PolicyDocument": policy});
        assert_eq!(client.refused(POLICY, &want).await, code, "{want}");
    }
    for (want, code) in [
        (json!({"Bucket": "acme-a"}), "ValidationException"),
        (json!({"PolicyDocument": policy()}), "ValidationException"),
        (json!({"Bucket": "acme-none", "PolicyDocument": policy()}), "NotFound"),
    ] {
        assert_eq!(client.refused(POLICY, &want).await, code, "{want}");
    }
    assert!(client.list(POLICY).is_empty());
    let other = add("/Bucket", &json!("acme-a"));
    client.create(POLICY, &json!({"Bucket": "acme-a", "PolicyDocument": policy()})).await;
    assert_eq!(client.not_updated(POLICY, "acme-a", &other).await, "NotUpdatableException");
}

#[tokio::test(start_paused = true)]
async fn everybody_may_read_where_that_is_not_blocked() {
    let client = with_bucket().await;
    client.act("s3", "DeletePublicAccessBlock", &json!({"Bucket": "acme-a"}));
    let everybody = statement(&json!("*"), "arn:aws:s3:::acme-a/*");
    client.create(POLICY, &json!({"Bucket": "acme-a", "PolicyDocument": everybody})).await;
}
