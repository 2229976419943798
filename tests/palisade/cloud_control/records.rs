//! What records what happens, and tells people: log groups, trails and topics.

use super::*;

const TRAIL: &str = "AWS::CloudTrail::Trail";

fn one(kind: &str, name: &str, properties: &str) -> String {
    manifest(kind, name, "", &format!("{{tags: {{team: ml}}, properties: {{{properties}}}}}"))
}

const SELECTORS: &str = "[{Name: models, FieldSelectors: [{Field: eventCategory, Equals: [Data]}, \
     {Field: resources.type, Equals: [\"AWS::SageMaker::Endpoint\"]}]}]";

/// A trail into a bucket that takes it.
fn trail(more: &str) -> String {
    let statement = "{Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com}, Action: \"s3:PutObject\", \
         Resource: \"arn:aws:s3:::acme-artifacts/*\"}";
    let properties = format!(
        "TrailName: all, S3BucketName: \"${{AWS::S3::Bucket/artifacts}}\", IsLogging: true, \
         EnableLogFileValidation: true, AdvancedEventSelectors: {SELECTORS}{more}"
    );
    format!("{}{}{}", bucket(BLOCKED), policy(statement), one(TRAIL, "all", &properties))
}

#[tokio::test(start_paused = true)]
async fn a_trail_that_somebody_stops_is_started_again() {
    let world = World::with(&trail(""));
    let mut engine = world.engine().await;
    in_the_end(&mut engine).await;
    let live = properties(&world, TRAIL, "all");
    assert_eq!(live["IsLogging"], true);
    world.writes();
    let stop = json!([{"op": "add", "path": "/IsLogging", "value": false}, {"op": "remove", "path": "/AdvancedEventSelectors"}]);
    change(&world, TRAIL, "all", &stop);
    a_while(120).await;
    world.writes();
    until_quiet(&mut engine).await;
    assert_eq!(world.writes(), ["UpdateResource"]);
    let live = properties(&world, TRAIL, "all");
    assert_eq!(live["IsLogging"], true);
    assert!(live["AdvancedEventSelectors"].to_string().contains("SageMaker"), "{live}");
    assert_eq!(live.get("EventSelectors"), None, "one of the two");
}

#[tokio::test(start_paused = true)]
async fn a_log_group_with_slashes_in_its_name_is_found_by_its_claim_and_keeps_its_events() {
    let group = |days: u32| {
        one(
            "AWS::Logs::LogGroup",
            "flow",
            &format!("LogGroupName: /ml/flow, RetentionInDays: {days}"),
        )
    };
    let world = World::with(&group(30));
    until_quiet(&mut world.engine().await).await.in_order();
    assert_eq!(world.writes(), ["CreateResource"]);
    world.write("main.yaml", group(365));
    until_quiet(&mut world.engine().await).await;
    assert_eq!(world.writes(), ["UpdateResource"]);
    world.write("main.yaml", group(7));
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    held(quiet.last(), "ml-prod/AWS::Logs::LogGroup/flow");
    assert_eq!(world.writes(), [""; 0], "it would delete what is older");
    let orphan = one("AWS::SNS::Topic", "alerts", "TopicName: alerts");
    world.write("main.yaml", orphan);
    until_quiet(&mut world.engine().await).await;
    let live = properties(&world, "AWS::Logs::LogGroup", "/ml/flow");
    assert_eq!(live["RetentionInDays"], 365, "nothing is deleted with its manifest");
}

#[tokio::test(start_paused = true)]
async fn a_topic_has_the_identifier_that_follows_from_its_name() {
    let topic = |lifecycle: &str, name: &str| {
        let spec = format!("{{properties: {{TopicName: alerts, DisplayName: {name}}}}}");
        manifest("AWS::SNS::Topic", "alerts", lifecycle, &spec)
    };
    let arn = "arn:aws:sns:eu-west-1:111122223333:alerts";
    let world = World::with(&topic("", "Alerts"));
    until_quiet(&mut world.engine().await).await.in_order();
    assert_eq!(world.writes(), ["CreateResource"]);
    assert_eq!(properties(&world, "AWS::SNS::Topic", arn)["DisplayName"], "Alerts");
    world.write("main.yaml", topic("", "Alarms"));
    until_quiet(&mut world.engine().await).await;
    assert_eq!(world.writes(), ["UpdateResource"]);
    world.write("main.yaml", topic("state: absent", "Alarms"));
    until_quiet(&mut world.engine().await).await;
    assert_eq!(world.writes(), ["DeleteResource"]);
}

#[tokio::test(start_paused = true)]
async fn a_topic_of_somebody_else_is_a_conflict() {
    let world = World::with(&one("AWS::SNS::Topic", "alerts", "TopicName: alerts"));
    let theirs =
        json!({"TypeName": "AWS::SNS::Topic", "DesiredState": "{\"TopicName\": \"alerts\"}"});
    world.aws("cloudcontrolapi", "CreateResource", &theirs);
    a_while(120).await;
    world.writes();
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    let why = conflict(quiet.last(), "ml-prod/AWS::SNS::Topic/alerts");
    assert!(why.contains("carries no claim"), "{why}");
    assert_eq!(world.writes(), [""; 0]);
}
