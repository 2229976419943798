//! AWS::S3::Bucket.

use super::*;

fn want() -> Value {
    json!({"BucketName": "acme-models", "Tags": [{"Key": "a", "Value": "1"}]})
}

#[tokio::test(start_paused = true)]
async fn a_new_bucket_is_encrypted_and_private_and_shows_it() {
    let client = Client::default();
    let id = client.create(BUCKET, &want()).await;
    assert_eq!(id, "acme-models");
    let model = client.get(BUCKET, &id).expect("a model");
    assert_eq!(model["PublicAccessBlockConfiguration"]["RestrictPublicBuckets"], true);
    let rule = &model["BucketEncryption"]["ServerSideEncryptionConfiguration"][0];
    assert_eq!(rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256");
    assert_eq!(rule["BlockedEncryptionTypes"]["EncryptionType"], json!(["SSE-C"]));
    assert_eq!(model["Arn"], "arn:aws:s3:::acme-models");
    assert_eq!(model["Tags"], json!([{"Key": "a", "Value": "1"}]));
    assert_eq!(model.get("VersioningConfiguration"), None, "it was never set");
}

#[tokio::test(start_paused = true)]
async fn versioning_that_is_removed_is_suspended() {
    let client = Client::default();
    let id = client.create(BUCKET, &want()).await;
    let on = json!({"Status": "Enabled"});
    client.update(BUCKET, &id, &add("/VersioningConfiguration", &on)).await;
    let off = json!([{"op": "remove", "path": "/VersioningConfiguration"}]);
    client.update(BUCKET, &id, &off).await;
    let model = client.get(BUCKET, &id).expect("a model");
    assert_eq!(model["VersioningConfiguration"]["Status"], "Suspended");
}

#[tokio::test(start_paused = true)]
async fn an_old_spelling_is_read_in_the_new_one() {
    let client = Client::default();
    let mut want = want();
    want["LifecycleConfiguration"] = json!({"Rules": [{
        "Status": "Enabled",
        "Transition": {"StorageClass": "GLACIER", "TransitionInDays": 30},
        "NoncurrentVersionExpirationInDays": 7,
    }]});
    let id = client.create(BUCKET, &want).await;
    let model = client.get(BUCKET, &id).expect("a model");
    let rule = &model["LifecycleConfiguration"]["Rules"][0];
    assert_eq!(rule["Transitions"][0]["StorageClass"], "GLACIER");
    assert_eq!(rule["NoncurrentVersionExpiration"], json!({"NoncurrentDays": 7}));
    assert_eq!((rule.get("Transition"), rule.get("Id")), (None, Some(&json!("rule-0"))));
}

#[tokio::test(start_paused = true)]
async fn all_buckets_are_listed_but_read_in_their_own_region_only() {
    let client = Client::default();
    let id = client.create(BUCKET, &want()).await;
    let elsewhere = Client(client.0.in_region("us-east-1"));
    assert_eq!(elsewhere.list(BUCKET), std::slice::from_ref(&id));
    assert_eq!(elsewhere.get(BUCKET, &id), Err("GeneralServiceException".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_taken_is_refused_with_the_identifier_of_what_has_it() {
    let client = Client::default();
    client
        .0
        .simulator
        .act(
            "222233334444",
            "eu-west-1",
            "s3",
            "CreateBucket",
            &json!({
                "Bucket": "acme-models",
            }),
        )
        .expect("a bucket");
    let end = client.end(&client.start(BUCKET, &want()).expect("a request")).await;
    assert_eq!(failed(&end), "AlreadyExists");
    assert_eq!(end["Identifier"], "acme-models", "though it is another account's");
}

#[tokio::test(start_paused = true)]
async fn a_bucket_is_refused_as_s3_and_its_schema_refuse_it() {
    let client = Client::default();
    let kms = json!({"ServerSideEncryptionConfiguration": [{
        "ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "k"},
    }]});
    let expires = json!({"Status": "Enabled", "ExpirationInDays": 1, "Id": "a"});
    let cases = [
        ("Unknown", json!(1), "ValidationException"),
        ("Arn", json!("arn:aws:s3:::acme-models"), "ValidationException"),
        ("VersioningConfiguration", json!({}), "ValidationException"),
        ("VersioningConfiguration", json!({"Status": "On"}), "ValidationException"),
        (
            "PublicAccessBlockConfiguration",
            json!({"BlockPublicAcls": "true"}),
            "ValidationException",
        ),
        ("OwnershipControls", json!({"Rules": []}), "ValidationException"),
        ("LifecycleConfiguration", json!({"Rules": []}), "ValidationException"),
        ("CorsConfiguration", json!({"CorsRules": []}), "ValidationException"),
        (
            "BucketEncryption",
            json!({"ServerSideEncryptionConfiguration": []}),
            "ValidationException",
        ),
        ("BucketEncryption", kms, "InvalidRequest"),
        ("AccessControl", json!("PublicRead"), "InvalidRequest"),
        ("LoggingConfiguration", json!({"DestinationBucketName": "none"}), "InvalidRequest"),
        ("ReplicationConfiguration", json!({"Role": "r", "Rules": [{}]}), "InvalidRequest"),
        ("ObjectLockConfiguration", json!({"ObjectLockEnabled": "Enabled"}), "InvalidRequest"),
        ("LifecycleConfiguration", json!({"Rules": [{"Status": "Enabled"}]}), "InvalidRequest"),
        ("LifecycleConfiguration", json!({"Rules": [expires, expires]}), "InvalidRequest"),
        ("WebsiteConfiguration", json!({"ErrorDocument": "e"}), "InvalidRequest"),
        ("Tags", json!([{"Key": "aws:x", "Value": ""}]), "InvalidRequest"),
        ("BucketName", json!("Acme_Models"), "InvalidRequest"),
        ("BucketName", json!("10.0.0.1"), "InvalidRequest"),
    ];
    for (number, (property, value, code)) in cases.into_iter().enumerate() {
        let mut want = json!({"BucketName": format!("acme-{number}")});
        want[property] = value;
        assert_eq!(client.refused(BUCKET, &want).await, code, "{want}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_fixed_in_a_bucket_cannot_be_patched() {
    let client = Client::default();
    let id = client.create(BUCKET, &want()).await;
    for (path, value, code) in [
        ("/BucketName", json!("acme-models"), "NotUpdatableException"),
        ("/BucketNamespace", json!("global"), "NotUpdatableException"),
        ("/DomainName", json!("d"), "ValidationException"),
    ] {
        assert_eq!(client.not_updated(BUCKET, &id, &add(path, &value)).await, code, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bucket_with_objects_is_not_deleted() {
    let client = Client::default();
    let id = client.create(BUCKET, &want()).await;
    client.act("s3", "PutObject", &json!({"Bucket": id, "Key": "model"}));
    assert_eq!(failed(&client.delete(BUCKET, &id).await), "GeneralServiceException");
    client.act("s3", "DeleteObject", &json!({"Bucket": id, "Key": "model"}));
    assert_eq!(client.delete(BUCKET, &id).await["OperationStatus"], "SUCCESS");
    assert!(client.list(BUCKET).is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_written_only_is_never_read() {
    let client = Client::default();
    let mut want = want();
    want["AccessControl"] = "Private".into();
    let id = client.create(BUCKET, &want).await;
    assert_eq!(client.get(BUCKET, &id).expect("a model").get("AccessControl"), None);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_can_be_named_by_an_object() {
    let client = Client::default();
    client.create(BUCKET, &want()).await;
    let id = json!({"BucketName": "acme-models"}).to_string();
    assert!(client.get(BUCKET, &id).is_ok());
    let wrong = json!({"Name": "acme-models"}).to_string();
    assert_eq!(client.get(BUCKET, &wrong), Err("ValidationException".to_owned()));
}
