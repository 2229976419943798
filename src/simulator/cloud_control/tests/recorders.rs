//! AWS::Config::ConfigurationRecorder, and whether it records.

use super::*;

const ROLE_ARN: &str = "arn:aws:iam::111122223333:role/config";

fn want() -> Value {
    json!({"Name": "default", "RoleARN": ROLE_ARN})
}

impl Client {
    fn config(&self, operation: &str, input: &Value) -> Result<Value, String> {
        self.0.call("StarlingDoveService", operation, input)
    }

    fn records(&self) -> bool {
        let answer = self.config("DescribeConfigurationRecorderStatus", &json!({}));
        answer.expect("a status")["ConfigurationRecordersStatus"][0]["recording"] == true
    }
}

#[tokio::test(start_paused = true)]
async fn a_recorder_is_read_with_all_that_config_adds() {
    let client = Client::default();
    let id = client.create(RECORDER, &want()).await;
    let model = client.get(RECORDER, &id).expect("a model");
    let group = &model["RecordingGroup"];
    assert_eq!((&group["AllSupported"], &group["ResourceTypes"]), (&json!(true), &json!([])));
    assert_eq!(group["RecordingStrategy"]["UseOnly"], "ALL_SUPPORTED_RESOURCE_TYPES");
    assert_eq!(model["RecordingMode"]["RecordingFrequency"], "CONTINUOUS");
    assert_eq!(model.get("StartedOnCreate"), None);
    let plain = client.config("DescribeConfigurationRecorders", &json!({})).expect("recorders");
    assert_eq!(plain["ConfigurationRecorders"][0]["roleARN"], ROLE_ARN);
    client.update(RECORDER, &id, &add("/RecordingMode/RecordingFrequency", &json!("DAILY"))).await;
    let model = client.get(RECORDER, &id).expect("a model");
    assert_eq!(model["RecordingMode"]["RecordingFrequency"], "DAILY");
}

#[tokio::test(start_paused = true)]
async fn a_recorder_records_after_it_was_started_and_its_model_does_not_say_so() {
    let client = Client::default();
    let id = client.create(RECORDER, &want()).await;
    let named = json!({"ConfigurationRecorderName": id});
    let no_channel = client.config("StartConfigurationRecorder", &named);
    assert_eq!(no_channel, Err("NoAvailableDeliveryChannelException".to_owned()));
    let channel = json!({"name": "default", "s3BucketName": "acme-log"});
    client.act("config", "PutDeliveryChannel", &json!({"DeliveryChannel": channel}));
    let before = client.get(RECORDER, &id);
    client.config("StartConfigurationRecorder", &named).expect("a start");
    assert!(client.records());
    assert_eq!(client.get(RECORDER, &id), before);
    client.config("StopConfigurationRecorder", &named).expect("a stop");
    assert!(!client.records());
    let other = json!({"ConfigurationRecorderName": "other"});
    let missing = client.config("StopConfigurationRecorder", &other);
    assert_eq!(missing, Err("NoSuchConfigurationRecorderException".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn there_is_one_recorder() {
    let client = Client::default();
    client.create(RECORDER, &want()).await;
    let other = json!({"Name": "other", "RoleARN": ROLE_ARN});
    assert_eq!(client.refused(RECORDER, &other).await, "ServiceLimitExceeded");
    assert_eq!(client.refused(RECORDER, &want()).await, "AlreadyExists");
    assert_eq!(client.delete(RECORDER, "default").await["OperationStatus"], "SUCCESS");
    assert_eq!(client.create(RECORDER, &other).await, "other");
    assert_eq!(client.list(RECORDER), ["other"]);
}

#[tokio::test(start_paused = true)]
async fn a_recorder_is_refused_as_config_and_its_schema_refuse_it() {
    let client = Client::default();
    let types = json!(["AWS::EC2::Instance"]);
    let daily = json!({"RecordingFrequency": "DAILY", "ResourceTypes": types});
    for (property, value, code) in [
        ("Unknown", json!(1), "ValidationException"),
        ("ResourceARN", json!("arn"), "ValidationException"),
        ("RoleARN", json!(1), "ValidationException"),
        ("Name", json!(""), "ValidationException"),
        ("RecordingMode", json!({}), "ValidationException"),
        ("RecordingMode", json!({"RecordingFrequency": "HOURLY"}), "ValidationException"),
        (
            "RecordingMode",
            json!({"RecordingFrequency": "DAILY", "RecordingModeOverrides": [daily, daily]}),
            "ValidationException",
        ),
        ("RecordingGroup", json!({"AllSupported": "true"}), "ValidationException"),
        ("RecordingGroup", json!({"RecordingStrategy": {"UseOnly": "ALL"}}), "ValidationException"),
        ("RoleARN", json!("config"), "InvalidRequest"),
        ("RecordingGroup", json!({}), "InvalidRequest"),
        ("RecordingGroup", json!({"AllSupported": true, "ResourceTypes": types}), "InvalidRequest"),
        (
            "RecordingGroup",
            json!({"IncludeGlobalResourceTypes": true, "ResourceTypes": types}),
            "InvalidRequest",
        ),
        (
            "RecordingGroup",
            json!({"ExclusionByResourceTypes": {"ResourceTypes": types}}),
            "InvalidRequest",
        ),
        (
            "RecordingGroup",
            json!({
                "AllSupported": true,
                "RecordingStrategy": {"UseOnly": "INCLUSION_BY_RESOURCE_TYPES"},
            }),
            "InvalidRequest",
        ),
        ("StartedOnCreate", json!(true), "InvalidRequest"),
    ] {
        let mut want = want();
        want[property] = value;
        assert_eq!(client.refused(RECORDER, &want).await, code, "{want}");
    }
    assert_eq!(client.refused(RECORDER, &json!({"Name": "a"})).await, "ValidationException");
}
