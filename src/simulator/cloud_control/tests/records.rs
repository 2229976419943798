//! Log groups, trails, topics and what belongs to them, and what is refused of them.

use super::*;

const GROUP: &str = "AWS::Logs::LogGroup";
const TRAIL: &str = "AWS::CloudTrail::Trail";
const TOPIC: &str = "AWS::SNS::Topic";
const FILTER: &str = "AWS::Logs::MetricFilter";

async fn all_refused(client: &Client, kind: &str, cases: &[(Value, &str)]) {
    for (want, code) in cases {
        assert_eq!(client.refused(kind, want).await, *code, "{want}");
    }
    assert!(client.list(kind).is_empty(), "{kind}");
}

#[tokio::test(start_paused = true)]
async fn a_log_group_is_filled_in_and_protected() {
    let client = Client::default();
    all_refused(
        &client,
        GROUP,
        &[
            (json!({"LogGroupName": "a", "RetentionInDays": 2}), "ValidationException"),
            (json!({"LogGroupName": "a b"}), "ValidationException"),
            (json!({"LogGroupName": "a", "KmsKeyId": "alias/a"}), "ValidationException"),
            (json!({"LogGroupName": "a", "Arn": "x"}), "ValidationException"),
            (json!({"LogGroupName": "a", "LogGroupClass": "CHEAP"}), "ValidationException"),
        ],
    )
    .await;
    let want = json!({"LogGroupName": "/ml/a", "DeletionProtectionEnabled": true});
    let id = client.create(GROUP, &want).await;
    let live = client.get(GROUP, &id).expect("a model");
    assert_eq!(live["LogGroupClass"], "STANDARD");
    assert!(live["Arn"].as_str().is_some_and(|arn| arn.ends_with(":log-group:/ml/a:*")), "{live}");
    assert_eq!(client.refused(GROUP, &want).await, "AlreadyExists");
    assert_eq!(failed(&client.delete(GROUP, &id).await), "GeneralServiceException");
    let class = json!([{"op": "add", "path": "/LogGroupClass", "value": "INFREQUENT_ACCESS"}]);
    assert_eq!(client.not_updated(GROUP, &id, &class).await, "InvalidRequest");
    let free = json!([{"op": "add", "path": "/DeletionProtectionEnabled", "value": false}]);
    client.update(GROUP, &id, &free).await;
    assert_eq!(client.delete(GROUP, &id).await["OperationStatus"], "SUCCESS");
}

#[tokio::test(start_paused = true)]
async fn a_metric_filter_goes_with_its_group() {
    let client = Client::default();
    let metric = json!([{"MetricName": "a", "MetricNamespace": "b", "MetricValue": "1"}]);
    let want = json!({
        "LogGroupName": "a", "FilterName": "f", "FilterPattern": "x", "MetricTransformations": metric
    });
    assert_eq!(client.refused(FILTER, &want).await, "NotFound", "there is no group");
    client.create(GROUP, &json!({"LogGroupName": "a"})).await;
    let id = client.create(FILTER, &want).await;
    assert_eq!(id, "a|f");
    assert_eq!(client.get(FILTER, &id).expect("a model")["FilterPattern"], "x");
    assert_eq!(client.delete(GROUP, "a").await["OperationStatus"], "SUCCESS");
    assert_eq!(client.get(FILTER, &id), Err("ResourceNotFoundException".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_trail_needs_a_bucket_that_takes_it_and_selectors_of_one_sort() {
    let client = Client::default();
    let trail = |more: &Value| {
        let mut want = json!({"TrailName": "all", "S3BucketName": "logs", "IsLogging": true});
        for (name, value) in more.as_object().into_iter().flatten() {
            want[name] = value.clone();
        }
        want
    };
    let data = json!([{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}]);
    let basic = json!([{"ReadWriteType": "All"}]);
    let category = json!([{"FieldSelectors": [{"Field": "readOnly", "Equals": ["true"]}]}]);
    all_refused(
        &client,
        TRAIL,
        &[
            (trail(&json!({})), "InvalidRequest"),
            (json!({"TrailName": "all", "S3BucketName": "logs"}), "ValidationException"),
            (trail(&json!({"AdvancedEventSelectors": data})), "ValidationException"),
            (trail(&json!({"AdvancedEventSelectors": category})), "ValidationException"),
            (
                trail(&json!({"AdvancedEventSelectors": category, "EventSelectors": basic})),
                "ValidationException",
            ),
        ],
    )
    .await;
    client.act("s3", "CreateBucket", &json!({"Bucket": "logs"}));
    assert_eq!(client.refused(TRAIL, &trail(&json!({}))).await, "InvalidRequest", "no policy");
    let statement = json!({"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/*"});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    client.act("s3", "PutBucketPolicy", &json!({"Bucket": "logs", "Policy": policy}));
    let group = json!({
        "CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:111122223333:log-group:none:*",
        "CloudWatchLogsRoleArn": "arn:aws:iam::111122223333:role/logs"
    });
    assert_eq!(client.refused(TRAIL, &trail(&group)).await, "InvalidRequest", "no such group");
    let key = json!({"KMSKeyId": "01234567-89ab-cdef-0123-456789abcdef"});
    let id = client.create(TRAIL, &trail(&key)).await;
    let live = client.get(TRAIL, &id).expect("a model");
    assert_eq!(live["EventSelectors"][0]["IncludeManagementEvents"], true);
    assert!(live["KMSKeyId"].as_str().is_some_and(|key| key.starts_with("arn:")), "{live}");
}

#[tokio::test(start_paused = true)]
async fn a_topic_is_named_by_its_arn_and_its_policy_goes_with_it() {
    let client = Client::default();
    all_refused(
        &client,
        TOPIC,
        &[
            (json!({"TopicName": "a.fifo"}), "ValidationException"),
            (json!({"TopicName": "a b"}), "ValidationException"),
            (json!({"TopicName": "a", "FifoThroughputScope": "Topic"}), "InvalidRequest"),
        ],
    )
    .await;
    let id = client.create(TOPIC, &json!({"TopicName": "a"})).await;
    assert!(id.starts_with("arn:aws:sns:") && id.ends_with(":a"), "{id}");
    let kind = "AWS::SNS::TopicInlinePolicy";
    let document = json!({"Version": "2012-10-17", "Statement": []});
    let elsewhere = json!({"TopicArn": format!("{id}b"), "PolicyDocument": document});
    assert_eq!(client.refused(kind, &elsewhere).await, "NotFound");
    client.create(kind, &json!({"TopicArn": id, "PolicyDocument": document})).await;
    assert_eq!(client.delete(TOPIC, &id).await["OperationStatus"], "SUCCESS");
    assert_eq!(client.get(kind, &id), Err("ResourceNotFoundException".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn alarms_rules_and_queues_are_refused_as_their_services_refuse_them() {
    let client = Client::default();
    let alarm = |more: Value| {
        let mut want = json!({"AlarmName": "a", "EvaluationPeriods": 1});
        for (name, value) in more.as_object().into_iter().flatten() {
            want[name] = value.clone();
        }
        (want, "ValidationException")
    };
    all_refused(
        &client,
        "AWS::CloudWatch::Alarm",
        &[
            alarm(json!({})),
            alarm(json!({"MetricName": "m"})),
            alarm(json!({"MetricName": "m", "Metrics": []})),
            alarm(json!({"MetricName": "m", "Namespace": "n", "Period": 1})),
            alarm(json!({"ComparisonOperator": "Equals"})),
        ],
    )
    .await;
    let pattern = json!({"source": ["aws.s3"]});
    all_refused(
        &client,
        "AWS::Events::Rule",
        &[
            (json!({"Name": "a"}), "ValidationException"),
            (json!({"Name": "a", "ScheduleExpression": "daily"}), "ValidationException"),
            (json!({"Name": "a", "EventPattern": "no JSON"}), "InvalidRequest"),
            (
                json!({"Name": "a", "EventBusName": "other", "EventPattern": pattern}),
                "InvalidRequest",
            ),
        ],
    )
    .await;
    all_refused(
        &client,
        "AWS::SQS::Queue",
        &[
            (json!({"QueueName": "a.b"}), "ValidationException"),
            (json!({"QueueName": "a", "DelaySeconds": 901}), "ValidationException"),
            (
                json!({"QueueName": "a", "SqsManagedSseEnabled": true, "KmsMasterKeyId": "alias/a"}),
                "InvalidRequest",
            ),
        ],
    )
    .await;
}
