//! What goes wrong with Cloud Control in ways that users of it have seen.

use super::*;

fn bucket(name: &str) -> Value {
    json!({"BucketName": name, "VersioningConfiguration": {"Status": "Enabled"}})
}

#[tokio::test(start_paused = true)]
async fn a_request_fails_with_a_code_and_nothing_done() {
    let client = Client::default();
    client.lie("CreateResource", Lie::Fails("Throttling"));
    assert_eq!(client.refused(BUCKET, &bucket("acme-a")).await, "Throttling");
    assert!(client.list(BUCKET).is_empty());
    client.create(BUCKET, &bucket("acme-a")).await;
    client.lie("DeleteResource", Lie::Fails("NotFound"));
    assert_eq!(failed(&client.delete(BUCKET, "acme-a").await), "NotFound");
    assert_eq!(client.list(BUCKET), ["acme-a"]);
}

#[tokio::test(start_paused = true)]
async fn a_request_fails_although_everything_was_done() {
    let client = Client::default();
    client.lie("CreateResource", Lie::FailsThough("AccessDenied"));
    assert_eq!(client.refused(BUCKET, &bucket("acme-a")).await, "AccessDenied");
    let model = client.get(BUCKET, "acme-a").expect("it was made");
    assert_eq!(model["VersioningConfiguration"]["Status"], "Enabled");
}

#[tokio::test(start_paused = true)]
async fn a_request_fails_with_half_of_it_done() {
    let client = Client::default();
    let want = json!({
        "BucketName": "acme-a", "Tags": [{"Key": "a", "Value": "1"}],
        "AccelerateConfiguration": {"AccelerationStatus": "Enabled"},
        "VersioningConfiguration": {"Status": "Enabled"},
    });
    client.lie("CreateResource", Lie::FailsHalfway("NotStabilized"));
    assert_eq!(client.refused(BUCKET, &want).await, "NotStabilized");
    let model = client.get(BUCKET, "acme-a").expect("it was made");
    assert!(model.get("Tags").is_some(), "tags come with the creation");
    assert_eq!(model.get("VersioningConfiguration"), None);
    client.lie("UpdateResource", Lie::FailsHalfway("InternalFailure"));
    let patch = json!([
        {"op": "add", "path": "/AbacStatus", "value": "Enabled"},
        {"op": "add", "path": "/VersioningConfiguration", "value": {"Status": "Enabled"}},
    ]);
    assert_eq!(client.not_updated(BUCKET, "acme-a", &patch).await, "InternalFailure");
    let model = client.get(BUCKET, "acme-a").expect("a model");
    assert_eq!(
        (&model["AbacStatus"], model.get("VersioningConfiguration")),
        (&json!("Enabled"), None)
    );
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_fails_names_the_resource_of_somebody_else() {
    let client = Client::default();
    let foreign = client.create(VPC, &json!({"CidrBlock": "10.9.0.0/16"})).await;
    client.lie("CreateResource", Lie::NamesAnother);
    let event = client.start(VPC, &json!({"CidrBlock": "10.0.0.0/16"})).expect("a request");
    let end = client.end(&event).await;
    assert_eq!((failed(&end).as_str(), &end["Identifier"]), ("AlreadyExists", &json!(foreign)));
    assert_eq!(client.list(VPC), [foreign]);
}

#[tokio::test(start_paused = true)]
async fn a_new_resource_is_not_found_for_a_while() {
    let client = Client::default();
    client.lie("CreateResource", Lie::Hides(Duration::from_secs(10)));
    let id = client.create(BUCKET, &bucket("acme-a")).await;
    assert_eq!(client.get(BUCKET, &id), Err("ResourceNotFoundException".to_owned()));
    assert!(client.list(BUCKET).is_empty());
    pass(10).await;
    assert!(client.get(BUCKET, &id).is_ok());
    assert_eq!(client.list(BUCKET), [id]);
}

#[tokio::test(start_paused = true)]
async fn a_hook_refuses_and_only_the_status_says_why() {
    let client = Client::default();
    client.lie("CreateResource", Lie::Hooked);
    let event = client.start(BUCKET, &bucket("acme-a")).expect("a request");
    let end = client.end(&event).await;
    assert_eq!(failed(&end), "GeneralServiceException");
    let status =
        client.ok("GetResourceRequestStatus", &json!({"RequestToken": event["RequestToken"]}));
    let hook = &status["HooksProgressEvent"][0];
    assert_eq!(hook["HookStatus"], "HOOK_COMPLETE_FAILED");
    assert!(hook["HookStatusMessage"].as_str().is_some_and(|text| !text.is_empty()));
    assert!(client.list(BUCKET).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_read_shows_more_or_less_than_there_is() {
    let client = Client::default();
    let id = client.create(BUCKET, &bucket("acme-a")).await;
    client.lie("GetResource", Lie::Adds);
    assert!(client.get(BUCKET, &id).expect("a model").get("AddedLately").is_some());
    client.0.simulator.clear_faults();
    client.lie("GetResource", Lie::Omits("PublicAccessBlockConfiguration"));
    let model = client.get(BUCKET, &id).expect("a model");
    assert_eq!(model.get("PublicAccessBlockConfiguration"), None);
    client.0.simulator.clear_faults();
    client.lie("GetResource", Lie::Husk("AnalyticsConfigurations"));
    assert_eq!(client.get(BUCKET, &id).expect("a model")["AnalyticsConfigurations"], json!([]));
    assert_eq!(client.get(BUCKET, &id).expect("a model").get("AnalyticsConfigurations"), None);
}

#[tokio::test(start_paused = true)]
async fn a_request_takes_longer_or_fails_in_the_end() {
    let client = Client::default();
    let hour = Effect::Stall(Duration::from_hours(1));
    client.0.simulator.inject(Fault::new("CreateResource", hour).nth(1));
    let event = client.start(BUCKET, &bucket("acme-a")).expect("a request");
    assert_eq!(client.end(&event).await["OperationStatus"], "PENDING");
    pass(3600).await;
    assert_eq!(client.end(&event).await["OperationStatus"], "SUCCESS");
    client.0.simulator.clear_faults();
    client.0.simulator.inject(Fault::new("CreateResource", Effect::FailLater).nth(1));
    assert_eq!(client.refused(BUCKET, &bucket("acme-b")).await, "ServiceInternalError");
}

#[tokio::test(start_paused = true)]
async fn a_new_resource_is_missing_from_lists_and_a_list_repeats_its_token() {
    let client = Client::default();
    let simulator = &client.0.simulator;
    simulator.inject(Fault::new("CreateResource", Effect::Unlisted { reads: 2 }).nth(1));
    let vpc = client.create(VPC, &json!({"CidrBlock": "10.0.0.0/16"})).await;
    assert!(client.list(VPC).is_empty());
    assert!(simulator.with(|world| world.distorts_reads()));
    assert!(client.list(VPC).is_empty());
    assert_eq!(client.list(VPC), [vpc]);
    let looping = Effect::Paging(crate::simulator::Paging::Looping);
    simulator.inject(Fault::new("ListResources", looping).nth(1));
    let first = client.ok("ListResources", &json!({"TypeName": VPC}));
    let token = first["NextToken"].clone();
    let next = client.ok("ListResources", &json!({"TypeName": VPC, "NextToken": token}));
    assert_eq!(next, first);
}

#[tokio::test(start_paused = true)]
async fn tags_are_missing_from_a_read() {
    let client = Client::default();
    let tags = json!([{"Key": "a", "Value": "1"}]);
    let id = client.create(VPC, &json!({"CidrBlock": "10.0.0.0/16", "Tags": tags})).await;
    let untagged = Effect::Untagged { reads: 1 };
    client.0.simulator.inject(Fault::new("GetResource", untagged).nth(1));
    assert_eq!(client.get(VPC, &id).expect("a model")["Tags"], json!([]));
    assert_eq!(client.get(VPC, &id).expect("a model")["Tags"], tags);
}

#[tokio::test(start_paused = true)]
async fn a_read_shows_what_was_before_a_write() {
    let client = Client::default();
    let id = client.create(BUCKET, &bucket("acme-a")).await;
    let stale = Effect::Stale { reads: 1, alternating: false };
    client.0.simulator.inject(Fault::new("UpdateResource", stale).nth(1));
    let tags = json!([{"Key": "a", "Value": "1"}]);
    client.start_update(BUCKET, &id, &add("/Tags", &tags)).expect("a request");
    pass(1).await;
    assert_eq!(client.get(BUCKET, &id).expect("a model").get("Tags"), None);
    assert_eq!(client.get(BUCKET, &id).expect("a model")["Tags"], tags);
}
