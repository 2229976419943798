//! Patches, and whole models.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_patch_is_applied_strictly_or_not_at_all() {
    let client = Client::default();
    let id = client.create(BUCKET, &json!({"BucketName": "acme-a"})).await;
    for patch in [
        json!([{"op": "replace", "path": "/Tags", "value": []}]),
        json!([{"op": "remove", "path": "/Tags"}]),
        json!([{"op": "add", "path": "/CorsConfiguration/CorsRules", "value": []}]),
        json!([{"op": "test", "path": "/Arn", "value": "another"}]),
        json!([]),
        json!({"Tags": []}),
        json!([
            {"op": "add", "path": "/Tags", "value": [{"Key": "a", "Value": "1"}]},
            {"op": "remove", "path": "/WebsiteConfiguration"},
        ]),
    ] {
        let code = client.not_updated(BUCKET, &id, &patch).await;
        assert_eq!(code, "ValidationException", "{patch}");
    }
    assert_eq!(client.get(BUCKET, &id).expect("a model").get("Tags"), None);
}

#[tokio::test(start_paused = true)]
async fn a_test_makes_an_update_conditional() {
    let client = Client::default();
    let id = client.create(VPC, &json!({"CidrBlock": "10.0.0.0/16"})).await;
    let patch = json!([
        {"op": "test", "path": "/EnableDnsHostnames", "value": false},
        {"op": "add", "path": "/EnableDnsHostnames", "value": true},
    ]);
    client.update(VPC, &id, &patch).await;
    assert_eq!(client.not_updated(VPC, &id, &patch).await, "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn a_husk_blocks_every_update_until_the_same_patch_removes_it() {
    let client = Client::default();
    let id = client.create(BUCKET, &json!({"BucketName": "acme-a"})).await;
    let simulator = &client.0.simulator;
    let husk = Lie::Husk("CorsConfiguration/CorsRules");
    simulator.inject(Fault::new("UpdateResource", Effect::Lie(husk)));
    let tags = json!([{"Key": "a", "Value": "1"}]);
    let code = client.not_updated(BUCKET, &id, &add("/Tags", &tags)).await;
    assert_eq!(code, "ValidationException");
    let patch = json!([
        {"op": "add", "path": "/Tags", "value": tags},
        {"op": "remove", "path": "/CorsConfiguration"},
    ]);
    client.update(BUCKET, &id, &patch).await;
    assert_eq!(client.get(BUCKET, &id).expect("a model")["Tags"], tags);
}

#[tokio::test(start_paused = true)]
async fn lists_without_an_order_come_in_another_one_each_time() {
    let client = Client::default();
    let tags = json!([{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]);
    let id = client.create(BUCKET, &json!({"BucketName": "acme-a", "Tags": tags})).await;
    let [one, other] = [(), ()].map(|()| client.get(BUCKET, &id).expect("a model"));
    assert_ne!(one["Tags"], other["Tags"]);
    assert_eq!(sorted(&one["Tags"]), sorted(&other["Tags"]));
}

#[tokio::test(start_paused = true)]
async fn what_is_fixed_blocks_a_patch_at_it_above_it_and_below_it() {
    let client = Client::default();
    client.act(
        "config",
        "PutConfigurationRecorder",
        &json!({"ConfigurationRecorder": {
            "name": "default", "roleARN": "arn:aws:iam::111122223333:role/config",
        }}),
    );
    for (path, value) in [
        ("/Name", json!("default")),
        ("/StartedOnCreate", json!(true)),
        ("/Name/x", json!("default")),
    ] {
        let code = client.not_updated(RECORDER, "default", &add(path, &value)).await;
        assert_eq!(code, "NotUpdatableException", "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn aws_own_tags_stay_and_cannot_be_sent_back() {
    let client = Client::default();
    let id = client.create(BUCKET, &json!({"BucketName": "acme-a"})).await;
    client.0.simulator.with(|world| world.s3.tag_for_aws("acme-a", "aws:x", "1"));
    let tags = json!([{"Key": "a", "Value": "1"}]);
    client.update(BUCKET, &id, &add("/Tags", &tags)).await;
    let all = sorted(&client.get(BUCKET, &id).expect("a model")["Tags"]);
    assert_eq!(all.len(), 2, "{all:?}");
    let back = json!([{"Key": "a", "Value": "2"}, {"Key": "aws:x", "Value": "1"}]);
    let code = client.not_updated(BUCKET, &id, &add("/Tags", &back)).await;
    assert_eq!(code, "InvalidRequest");
}
