//! Types of governance: what services fill in, and what they refuse.

use super::*;

const DETECTOR: &str = "AWS::GuardDuty::Detector";
const ANALYZER: &str = "AWS::AccessAnalyzer::Analyzer";
const HUB: &str = "AWS::SecurityHub::Hub";
const CHANNEL: &str = "AWS::Config::DeliveryChannel";
const GUARDRAIL: &str = "AWS::Bedrock::Guardrail";
const GROUP: &str = "AWS::SageMaker::ModelPackageGroup";
const SERVER: &str = "AWS::SageMaker::MlflowTrackingServer";
const MONITOR: &str = "AWS::CE::AnomalyMonitor";
const SUBSCRIPTION: &str = "AWS::CE::AnomalySubscription";
const SHARE: &str = "AWS::RAM::ResourceShare";
const CONTROL: &str = "AWS::ControlTower::EnabledControl";

#[tokio::test(start_paused = true)]
async fn a_region_has_one_detector_whose_features_stay_unless_they_are_named() {
    let client = Client::default();
    let id = client.create(DETECTOR, &json!({"Enable": true})).await;
    let model = client.get(DETECTOR, &id).expect("a model");
    assert_eq!(model["FindingPublishingFrequency"], "SIX_HOURS");
    assert_eq!(model["Features"].as_array().map(Vec::len), Some(6));
    assert_eq!(client.refused(DETECTOR, &json!({"Enable": true})).await, "InvalidRequest");
    let off = json!([{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}]);
    let patch = json!([{"op": "add", "path": "/Features", "value": off}]);
    let input = json!({"TypeName": DETECTOR, "Identifier": id, "PatchDocument": patch.to_string()});
    let event = client.ok("UpdateResource", &input)["ProgressEvent"].clone();
    assert_eq!(client.end(&event).await["OperationStatus"], "SUCCESS");
    let model = client.get(DETECTOR, &id).expect("a model");
    let features = model["Features"].as_array().cloned().unwrap_or_default();
    assert_eq!(features.len(), 6);
    let off = features.iter().filter(|it| it["Status"] == "DISABLED");
    assert_eq!(off.count(), 2, "{features:?}");
}

#[tokio::test(start_paused = true)]
async fn what_each_service_has_once_is_refused_the_second_time() {
    let client = Client::default();
    let analyzer = json!({"AnalyzerName": "outside", "Type": "ACCOUNT"});
    let id = client.create(ANALYZER, &analyzer).await;
    assert_eq!(id, format!("arn:aws:access-analyzer:eu-west-1:{ACCOUNT}:analyzer/outside"));
    assert_eq!(client.refused(ANALYZER, &analyzer).await, "AlreadyExists");
    let other = json!({"AnalyzerName": "other", "Type": "ACCOUNT"});
    assert_eq!(client.refused(ANALYZER, &other).await, "ServiceLimitExceeded");
    let hub = client.create(HUB, &json!({"Tags": {"team": "ml"}})).await;
    assert_eq!(client.get(HUB, &hub).expect("a model")["Tags"], json!({"team": "ml"}));
    assert_eq!(client.refused(HUB, &json!({})).await, "AlreadyExists");
    let monitor = json!({
        "MonitorName": "services", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE",
    });
    client.create(MONITOR, &monitor).await;
    assert_eq!(client.refused(MONITOR, &monitor).await, "ServiceLimitExceeded");
    let unit = format!("arn:aws:organizations::{ACCOUNT}:ou/o-1/ou-1");
    let control = json!({
        "TargetIdentifier": unit,
        "ControlIdentifier": "arn:aws:controltower:eu-west-1::control/AWS-GR_ROOT_MFA",
    });
    client.create(CONTROL, &control).await;
    assert_eq!(client.refused(CONTROL, &control).await, "AlreadyExists");
}

#[tokio::test(start_paused = true)]
async fn what_services_do_not_accept_fails() {
    let client = Client::default();
    for (kind, want) in [
        (DETECTOR, json!({"Enable": true, "FindingPublishingFrequency": "NEVER"})),
        (ANALYZER, json!({"AnalyzerName": "1", "Type": "ACCOUNT"})),
        (ANALYZER, json!({"AnalyzerName": "a", "Type": "PLANET"})),
        (CHANNEL, json!({"Name": "default", "S3BucketName": "acme-log"})),
        (
            GUARDRAIL,
            json!({"Name": "g", "BlockedInputMessaging": "no", "BlockedOutputsMessaging": "no"}),
        ),
        (GROUP, json!({"ModelPackageGroupName": "a b"})),
        (SERVER, json!({"TrackingServerName": "s", "RoleArn": "me", "ArtifactStoreUri": "s3://b"})),
        (MONITOR, json!({"MonitorName": "m", "MonitorType": "CUSTOM"})),
        (
            SUBSCRIPTION,
            json!({
                "SubscriptionName": "s", "Frequency": "IMMEDIATE", "MonitorArnList": ["arn"],
                "Subscribers": [{"Type": "EMAIL", "Address": "a@example.com"}],
            }),
        ),
        (
            CONTROL,
            json!({
                "TargetIdentifier": "arn:aws:organizations::1:root/o-1/r-1",
                "ControlIdentifier": "arn:aws:controltower:eu-west-1::control/A",
            }),
        ),
    ] {
        assert_eq!(client.refused(kind, &want).await, "InvalidRequest", "{kind} {want}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_in_a_share_is_never_returned() {
    let client = Client::default();
    let id =
        client.create(SHARE, &json!({"Name": "subnets", "Principals": ["111122223333"]})).await;
    let model = client.get(SHARE, &id).expect("a model");
    assert_eq!((&model["AllowExternalPrincipals"], model.get("Principals")), (&json!(true), None));
    assert_eq!(client.delete(SHARE, &id).await["OperationStatus"], "SUCCESS");
    assert_eq!(client.get(SHARE, &id), Err("ResourceNotFoundException".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_group_of_models_has_a_policy_and_a_server_a_size() {
    let client = Client::default();
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]});
    let want = json!({"ModelPackageGroupName": "models", "ModelPackageGroupPolicy": policy});
    let id = client.create(GROUP, &want).await;
    assert_eq!(client.get(GROUP, &id).expect("a model")["ModelPackageGroupPolicy"], policy);
    let server = json!({
        "TrackingServerName": "runs", "ArtifactStoreUri": "s3://acme-runs",
        "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/runs"),
    });
    let id = client.create(SERVER, &server).await;
    assert_eq!(id, "runs");
    assert_eq!(client.get(SERVER, &id).expect("a model")["TrackingServerSize"], "Small");
    assert_eq!(client.list(SERVER), ["runs"]);
}
