//! The life of requests.

use super::*;

fn bucket(name: &str, token: &str) -> Value {
    let desired = json!({"BucketName": name}).to_string();
    json!({"TypeName": BUCKET, "DesiredState": desired, "ClientToken": token})
}

#[tokio::test(start_paused = true)]
async fn a_request_is_pending_then_in_progress_then_over() {
    let client = Client::default();
    client.0.simulator.with(|world| {
        world.options.request_handling = Duration::from_secs(40);
    });
    let event = client.start(VPC, &json!({"CidrBlock": "10.0.0.0/16"})).expect("a request");
    assert_eq!((&event["OperationStatus"], event.get("Identifier")), (&json!("PENDING"), None));
    let at = event["EventTime"].as_f64().expect("a time");
    assert_eq!(event["RetryAfter"].as_f64().map(|it| (it - at).round()), Some(30.0));
    pass(10).await;
    let token = json!({"RequestToken": event["RequestToken"]});
    let status = || client.ok("GetResourceRequestStatus", &token)["ProgressEvent"].clone();
    assert_eq!(status()["OperationStatus"], "IN_PROGRESS");
    let id = status()["Identifier"].as_str().expect("an identifier").to_owned();
    assert_eq!(client.get(VPC, &id), Err("ResourceNotFoundException".to_owned()));
    assert!(client.list(VPC).is_empty());
    pass(30).await;
    assert_eq!(status()["OperationStatus"], "SUCCESS");
    assert_eq!(status().get("RetryAfter"), None);
    assert_eq!((client.get(VPC, &id).is_ok(), client.list(VPC)), (true, vec![id]));
}

#[tokio::test(start_paused = true)]
async fn reads_show_the_past_until_an_update_or_a_deletion_is_over() {
    let client = Client::default();
    let id = client.create(VPC, &json!({"CidrBlock": "10.0.0.0/16"})).await;
    let patch = add("/EnableDnsHostnames", &json!(true));
    let event = client.start_update(VPC, &id, &patch).expect("a request");
    assert_eq!(client.get(VPC, &id).expect("a model")["EnableDnsHostnames"], false);
    client.end(&event).await;
    assert_eq!(client.get(VPC, &id).expect("a model")["EnableDnsHostnames"], true);
    let event = client.ok("DeleteResource", &json!({"TypeName": VPC, "Identifier": id}));
    assert!(client.get(VPC, &id).is_ok());
    assert_eq!(client.list(VPC), std::slice::from_ref(&id));
    client.end(&event["ProgressEvent"]).await;
    assert_eq!(client.get(VPC, &id), Err("ResourceNotFoundException".to_owned()));
    assert!(client.list(VPC).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_client_token_stands_for_its_first_request() {
    let client = Client::default();
    let first = client.ok("CreateResource", &bucket("acme-a", "t"));
    let again = client.ok("CreateResource", &bucket("acme-a", "t"));
    assert_eq!(first, again);
    let other = client.call("CreateResource", &bucket("acme-b", "t"));
    assert_eq!(other, Err("ClientTokenConflictException".to_owned()));
    pass(10).await;
    let over = client.ok("CreateResource", &bucket("acme-a", "t"));
    assert_eq!(over["ProgressEvent"]["OperationStatus"], "SUCCESS");
    assert_eq!(over["ProgressEvent"]["RequestToken"], first["ProgressEvent"]["RequestToken"]);
    client.delete(BUCKET, "acme-a").await;
    let replayed = client.ok("CreateResource", &bucket("acme-a", "t"));
    assert_eq!(replayed["ProgressEvent"]["OperationStatus"], "SUCCESS");
    assert!(client.list(BUCKET).is_empty(), "the old answer, although it is gone");
    pass(36 * 3600).await;
    let new = client.ok("CreateResource", &bucket("acme-a", "t"));
    assert_ne!(new["ProgressEvent"]["RequestToken"], first["ProgressEvent"]["RequestToken"]);
}

#[tokio::test(start_paused = true)]
async fn a_token_replays_a_failure_too() {
    let client = Client::default();
    client.create(BUCKET, &json!({"BucketName": "acme-a"})).await;
    let first = client.ok("CreateResource", &bucket("acme-a", "t"))["ProgressEvent"].clone();
    assert_eq!(failed(&client.end(&first).await), "AlreadyExists");
    client.delete(BUCKET, "acme-a").await;
    let again = client.ok("CreateResource", &bucket("acme-a", "t"))["ProgressEvent"].clone();
    assert_eq!(failed(&again), "AlreadyExists");
}

#[tokio::test(start_paused = true)]
async fn there_is_one_operation_at_a_time_for_each_resource() {
    let client = Client::default();
    let concurrent = || Err("ConcurrentOperationException".to_owned());
    client.start(BUCKET, &json!({"BucketName": "acme-a"})).expect("a request");
    assert_eq!(client.start(BUCKET, &json!({"BucketName": "acme-a"})), concurrent());
    assert!(client.start(BUCKET, &json!({"BucketName": "acme-b"})).is_ok());
    pass(1).await;
    let tags = add("/Tags", &json!([]));
    let event = client.start_update(BUCKET, "acme-a", &tags).expect("a request");
    assert_eq!(client.start_update(BUCKET, "acme-a", &tags), concurrent());
    let delete = json!({"TypeName": BUCKET, "Identifier": "acme-a"});
    assert_eq!(client.call("DeleteResource", &delete), concurrent());
    // Nobody is kept from calling the service.
    let tags = json!([{"Key": "b", "Value": "2"}]);
    client.act("s3", "PutBucketTagging", &json!({"Bucket": "acme-a", "Tags": tags}));
    client.end(&event).await;
    assert!(client.call("DeleteResource", &delete).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_request_leaves_what_was_done() {
    let client = Client::default();
    let event = client.start(BUCKET, &json!({"BucketName": "acme-a"})).expect("a request");
    let token = json!({"RequestToken": event["RequestToken"]});
    let cancelled = client.ok("CancelResourceRequest", &token);
    assert_eq!(cancelled["ProgressEvent"]["OperationStatus"], "CANCEL_IN_PROGRESS");
    assert_eq!(client.end(&event).await["OperationStatus"], "CANCEL_COMPLETE");
    assert_eq!(client.list(BUCKET), ["acme-a"]);
    let over = client.start(BUCKET, &json!({"BucketName": "acme-b"})).expect("a request");
    client.end(&over).await;
    let late = json!({"RequestToken": over["RequestToken"]});
    let refused = client.call("CancelResourceRequest", &late);
    assert_eq!(refused, Err("ValidationException".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn requests_are_listed_for_seven_days_and_filtered() {
    let client = Client::default();
    client.create(BUCKET, &json!({"BucketName": "acme-a"})).await;
    let open = client.start(BUCKET, &json!({"BucketName": "acme-b"})).expect("a request");
    client.delete(VPC, "vpc-0123456789abcdef0").await;
    let open_ones = client.start_update(BUCKET, "acme-a", &add("/Tags", &json!([])));
    let list = |filter: Value| {
        let input = json!({"ResourceRequestStatusFilter": filter});
        let answer = client.ok("ListResourceRequests", &input);
        let all = answer["ResourceRequestStatusSummaries"].as_array().expect("a list").clone();
        all.iter()
            .map(|it| it["Operation"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(list(json!({})), ["UPDATE", "DELETE", "CREATE", "CREATE"], "newest first");
    assert_eq!(list(json!({"OperationStatuses": ["FAILED"]})), ["DELETE"]);
    assert_eq!(list(json!({"OperationStatuses": ["PENDING", "IN_PROGRESS"]})), ["UPDATE"]);
    assert_eq!(list(json!({"Operations": ["CREATE"]})), ["CREATE", "CREATE"]);
    assert!(open_ones.is_ok());
    pass(7 * 24 * 3600).await;
    assert!(list(json!({})).is_empty());
    let token = json!({"RequestToken": open["RequestToken"]});
    let gone = client.call("GetResourceRequestStatus", &token);
    assert_eq!(gone, Err("RequestTokenNotFoundException".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn lists_have_pages_of_twenty_five() {
    let client = Client::default();
    for number in 0..30 {
        client.start(BUCKET, &json!({"BucketName": format!("acme-{number:02}")})).expect("one");
    }
    pass(1).await;
    let input = json!({"TypeName": BUCKET, "MaxResults": 100});
    let first = client.ok("ListResources", &input);
    assert_eq!(first["ResourceDescriptions"].as_array().map(Vec::len), Some(25));
    let next = json!({"TypeName": BUCKET, "NextToken": first["NextToken"]});
    let second = client.ok("ListResources", &next);
    assert_eq!(second["ResourceDescriptions"].as_array().map(Vec::len), Some(5));
    assert_eq!(second.get("NextToken"), None);
}

#[tokio::test(start_paused = true)]
async fn calls_are_checked_before_anything_is_done() {
    let client = Client::default();
    let long = "x".repeat(262_145);
    for (operation, input, code) in [
        ("CreateResource", json!({"DesiredState": "{}"}), "ValidationException"),
        ("CreateResource", json!({"TypeName": BUCKET}), "ValidationException"),
        (
            "CreateResource",
            json!({"TypeName": "Bucket", "DesiredState": "{}"}),
            "ValidationException",
        ),
        (
            "CreateResource",
            json!({"TypeName": "AWS::S3::Basket", "DesiredState": "{}"}),
            "TypeNotFoundException",
        ),
        (
            "CreateResource",
            json!({"TypeName": BUCKET, "DesiredState": "[]"}),
            "ValidationException",
        ),
        (
            "CreateResource",
            json!({"TypeName": BUCKET, "DesiredState": long}),
            "ValidationException",
        ),
        ("CreateResource", bucket("acme-a", "not.legal"), "ValidationException"),
        ("GetResource", json!({"TypeName": BUCKET}), "ValidationException"),
        ("GetResource", json!({"TypeName": BUCKET, "Identifier": ""}), "ValidationException"),
        ("ListResources", json!({"TypeName": BUCKET, "NextToken": "?"}), "ValidationException"),
        (
            "GetResourceRequestStatus",
            json!({"RequestToken": "none"}),
            "RequestTokenNotFoundException",
        ),
        ("CancelResourceRequest", json!({"RequestToken": "none"}), "RequestTokenNotFoundException"),
        ("MoveResource", json!({}), "UnknownOperationException"),
    ] {
        assert_eq!(client.call(operation, &input), Err(code.to_owned()), "{operation}");
    }
}
