//! AWS::Config::ConfigRule.

use super::*;

fn want() -> Value {
    json!({
        "ConfigRuleName": "encrypted",
        "Source": {"Owner": "AWS", "SourceIdentifier": "ENCRYPTED_VOLUMES"},
        "InputParameters": {"kmsId": "k"},
    })
}

fn with_recorder() -> Client {
    let client = Client::default();
    client.act(
        "config",
        "PutConfigurationRecorder",
        &json!({"ConfigurationRecorder": {
            "name": "default", "roleARN": "arn:aws:iam::111122223333:role/config",
        }}),
    );
    client
}

#[tokio::test(start_paused = true)]
async fn a_rule_made_here_is_one_of_config() {
    let client = with_recorder();
    let id = client.create(RULE, &want()).await;
    let all = client.act("config", "DescribeConfigRules", &json!({}));
    let rule = &all["ConfigRules"][0];
    assert_eq!(rule["InputParameters"], r#"{"kmsId":"k"}"#);
    let model = client.get(RULE, &id).expect("a model");
    assert_eq!(model["InputParameters"], r#"{"kmsId":"k"}"#, "a text, compact");
    assert_eq!(model["EvaluationModes"], json!([{"Mode": "DETECTIVE"}]));
    assert_eq!(model["Scope"], json!({"ComplianceResourceTypes": []}), "a husk");
    assert_eq!(model["Source"]["SourceDetails"], json!([]), "another one");
    assert_eq!(model["ConfigRuleId"], rule["ConfigRuleId"]);
    client.update(RULE, &id, &add("/Description", &json!("volumes"))).await;
    let again = client.get(RULE, &id).expect("a model");
    assert_eq!((&again["Description"], &again["Arn"]), (&json!("volumes"), &model["Arn"]));
    assert_eq!(client.refused(RULE, &want()).await, "AlreadyExists");
    assert_eq!(client.delete(RULE, &id).await["OperationStatus"], "SUCCESS");
    assert_eq!(failed(&client.delete(RULE, &id).await), "NotFound");
}

#[tokio::test(start_paused = true)]
async fn the_text_of_a_custom_policy_is_never_read_and_must_be_sent_again() {
    let client = with_recorder();
    let source = json!({
        "Owner": "CUSTOM_POLICY",
        "SourceDetails": [{
            "EventSource": "aws.config", "MessageType": "ConfigurationItemChangeNotification",
        }],
        "CustomPolicyDetails": {"PolicyRuntime": "guard-2.x.x", "PolicyText": "rule a { }"},
    });
    let id = client.create(RULE, &json!({"ConfigRuleName": "own", "Source": source})).await;
    let model = client.get(RULE, &id).expect("a model");
    assert_eq!(model["Source"]["CustomPolicyDetails"], json!({"PolicyRuntime": "guard-2.x.x"}));
    let code = client.not_updated(RULE, &id, &add("/Description", &json!("own"))).await;
    assert_eq!(code, "InvalidRequest", "it was not sent again");
    let patch = json!([
        {"op": "add", "path": "/Description", "value": "own"},
        {"op": "add", "path": "/Source/CustomPolicyDetails/PolicyText", "value": "rule a { }"},
    ]);
    client.update(RULE, &id, &patch).await;
}

#[tokio::test(start_paused = true)]
async fn a_rule_is_refused_as_config_and_its_schema_refuse_it() {
    let client = with_recorder();
    let lambda = "arn:aws:lambda:eu-west-1:111122223333:function:f";
    let details = json!([{"EventSource": "aws.config", "MessageType": "ScheduledNotification"}]);
    for (property, value, code) in [
        ("Unknown", json!(1), "ValidationException"),
        ("Arn", json!("arn"), "ValidationException"),
        ("Source", json!({}), "ValidationException"),
        ("Source", json!("AWS"), "ValidationException"),
        ("InputParameters", json!([1]), "ValidationException"),
        ("Scope", json!({"Unknown": 1}), "ValidationException"),
        ("Source", json!({"Owner": "SOMEBODY"}), "InvalidRequest"),
        ("Source", json!({"Owner": "AWS"}), "InvalidRequest"),
        ("Source", json!({"Owner": "AWS", "SourceIdentifier": "volumes"}), "InvalidRequest"),
        (
            "Source",
            json!({"Owner": "AWS", "SourceIdentifier": "A", "SourceDetails": details}),
            "InvalidRequest",
        ),
        (
            "Source",
            json!({"Owner": "CUSTOM_LAMBDA", "SourceIdentifier": "A", "SourceDetails": details}),
            "InvalidRequest",
        ),
        ("Source", json!({"Owner": "CUSTOM_LAMBDA", "SourceIdentifier": lambda}), "InvalidRequest"),
        ("Source", json!({"Owner": "CUSTOM_POLICY", "SourceDetails": details}), "InvalidRequest"),
        ("Description", json!(""), "InvalidRequest"),
        ("Description", json!("x".repeat(257)), "InvalidRequest"),
        ("InputParameters", json!({"a": 1}), "InvalidRequest"),
        ("InputParameters", json!("no JSON"), "InvalidRequest"),
        ("MaximumExecutionFrequency", json!("Often"), "InvalidRequest"),
        ("EvaluationModes", json!([{"Mode": "LATER"}]), "InvalidRequest"),
        ("Scope", json!({"TagValue": "a"}), "InvalidRequest"),
        ("Scope", json!({"ComplianceResourceId": "vpc-1"}), "InvalidRequest"),
        ("ConfigRuleName", json!("x".repeat(129)), "InvalidRequest"),
    ] {
        let mut want = want();
        want[property] = value;
        assert_eq!(client.refused(RULE, &want).await, code, "{want}");
    }
    client.create(RULE, &want()).await;
    let code = client.not_updated(RULE, "encrypted", &add("/ConfigRuleName", &json!("a"))).await;
    assert_eq!(code, "NotUpdatableException");
}

#[tokio::test(start_paused = true)]
async fn rules_need_a_recorder() {
    let client = Client::default();
    assert_eq!(client.refused(RULE, &want()).await, "InvalidRequest");
}
