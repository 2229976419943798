//! What tells people: topics with their policies, rules of events, alarms on what logs say, queues.

use super::*;

const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:alerts";
const POLICY: &str = "AWS::SNS::TopicInlinePolicy";
const RULE: &str = "AWS::Events::Rule";

fn one(kind: &str, name: &str, lifecycle: &str, properties: &str) -> String {
    manifest(kind, name, lifecycle, &format!("{{properties: {{{properties}}}}}"))
}

/// Alerts on endpoints that are made, and on calls that are denied.
fn alerts() -> String {
    let statement = "{Sid: Events, Effect: Allow, Principal: {Service: events.amazonaws.com}, Action: \"sns:Publish\", \
         Resource: \"${AWS::SNS::Topic/alerts.arn}\"}";
    [
        one("AWS::SNS::Topic", "alerts", "", "TopicName: alerts, KmsMasterKeyId: alias/ml/data"),
        one(
            POLICY,
            "alerts",
            "",
            &format!("TopicArn: \"${{AWS::SNS::Topic/alerts}}\", PolicyDocument: {{Version: \"2012-10-17\", Statement: [{statement}]}}"),
        ),
        one(
            RULE,
            "endpoints",
            "",
            "Name: ml-endpoints, State: ENABLED, EventPattern: {source: [aws.sagemaker], detail: {eventName: [CreateEndpoint]}}, \
             Targets: [{Id: alerts, Arn: \"${AWS::SNS::Topic/alerts}\"}]",
        ),
        one("AWS::Logs::LogGroup", "trail", "", "LogGroupName: /ml/trail, RetentionInDays: 365"),
        one(
            "AWS::Logs::MetricFilter",
            "denied",
            "adopt: /ml/trail|denied",
            "LogGroupName: \"${AWS::Logs::LogGroup/trail}\", FilterName: denied, FilterPattern: \"{$.errorCode = AccessDenied}\", \
             MetricTransformations: [{MetricName: Denied, MetricNamespace: ml, MetricValue: \"1\"}]",
        ),
        one(
            "AWS::CloudWatch::Alarm",
            "denied",
            "",
            "AlarmName: ml-denied, MetricName: Denied, Namespace: ml, Statistic: Sum, Period: 300, EvaluationPeriods: 1, \
             Threshold: 20, ComparisonOperator: GreaterThanThreshold, AlarmActions: [\"${AWS::SNS::Topic/alerts}\"]",
        ),
        one(
            "AWS::SQS::Queue",
            "events",
            "",
            "QueueName: ml-events, SqsManagedSseEnabled: true, RedrivePolicy: {maxReceiveCount: 3, deadLetterTargetArn: \"arn:aws:sqs:eu-west-1:111122223333:dead\"}",
        ),
    ]
    .concat()
}

#[tokio::test(start_paused = true)]
async fn alerts_are_made_from_nothing_and_nothing_is_left_to_do() {
    let world = World::with(&alerts());
    let mut engine = world.engine().await;
    in_the_end(&mut engine).await;
    assert_eq!(world.writes(), ["CreateResource"; 7]);
    let report = world.engine().await.pass().await;
    assert!(report.plan.steps.is_empty(), "{:?}", report.plan.steps);
    assert_eq!(report.plan.in_sync.len(), 7, "{:?}", report.plan.unknown);
    let alarm = properties(&world, "AWS::CloudWatch::Alarm", "ml-denied");
    assert_eq!(alarm["AlarmActions"], json!([TOPIC]));
    let url = "https://sqs.eu-west-1.amazonaws.com/111122223333/ml-events";
    assert_eq!(properties(&world, "AWS::SQS::Queue", url)["QueueName"], "ml-events");
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_somebody_disables_and_a_topic_that_somebody_opens_are_put_back() {
    let world = World::with(&alerts());
    let mut engine = world.engine().await;
    in_the_end(&mut engine).await;
    let rule = "arn:aws:events:eu-west-1:111122223333:rule/ml-endpoints";
    let off = json!([{"op": "add", "path": "/State", "value": "DISABLED"}]);
    change(&world, RULE, rule, &off);
    let statement =
        json!({"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": TOPIC});
    let open = json!({"Version": "2012-10-17", "Statement": [statement]});
    change(
        &world,
        POLICY,
        TOPIC,
        &json!([{"op": "add", "path": "/PolicyDocument", "value": open}]),
    );
    a_while(120).await;
    world.writes();
    until_quiet(&mut engine).await;
    assert_eq!(world.writes(), ["UpdateResource", "UpdateResource"]);
    assert_eq!(properties(&world, RULE, rule)["State"], "ENABLED");
    let policy = properties(&world, POLICY, TOPIC)["PolicyDocument"].to_string();
    assert!(policy.contains("events.amazonaws.com") && !policy.contains("\"*\""), "{policy}");
}

/// Whoever does something wrong makes sure that nobody is told.
#[tokio::test(start_paused = true)]
async fn an_alarm_that_somebody_silences_and_a_filter_that_somebody_blinds_are_put_back() {
    const ALARM: &str = "AWS::CloudWatch::Alarm";
    const FILTER: &str = "AWS::Logs::MetricFilter";
    let world = World::with(&alerts());
    let mut engine = world.engine().await;
    in_the_end(&mut engine).await;
    let named = |property: &str, value: Value| json!([{"op": "add", "path": format!("/{property}"), "value": value}]);
    change(&world, ALARM, "ml-denied", &named("AlarmActions", json!([])));
    change(&world, FILTER, "/ml/trail|denied", &named("FilterPattern", json!("NOTHING")));
    a_while(120).await;
    world.writes();
    in_the_end(&mut engine).await;
    assert_eq!(world.writes(), ["UpdateResource", "UpdateResource"]);
    assert_eq!(properties(&world, ALARM, "ml-denied")["AlarmActions"], json!([TOPIC]));
    let pattern = properties(&world, FILTER, "/ml/trail|denied")["FilterPattern"].clone();
    assert_eq!(pattern, "{$.errorCode = AccessDenied}");
}

#[tokio::test(start_paused = true)]
async fn a_topic_policy_that_would_lock_palisade_out_is_held() {
    let deny = "{Effect: Deny, Principal: \"*\", Action: \"sns:*\", Resource: \"${AWS::SNS::Topic/alerts.arn}\"}";
    let world = World::with(&format!(
        "{}{}",
        one("AWS::SNS::Topic", "alerts", "", "TopicName: alerts"),
        one(
            POLICY,
            "alerts",
            "",
            &format!(
                "TopicArn: \"${{AWS::SNS::Topic/alerts}}\", PolicyDocument: {{Version: \"2012-10-17\", Statement: [{deny}]}}"
            ),
        )
    ));
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    held(quiet.last(), "ml-prod/AWS::SNS::TopicInlinePolicy/alerts");
    assert_eq!(world.writes(), ["CreateResource"], "the topic only");
}
