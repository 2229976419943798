//! What governs an account and an organisation: made, changed, put back, deleted.

use super::{
    life::{CASE, Case},
    *,
};

#[tokio::test(start_paused = true)]
async fn a_detector_stays_on() {
    Case {
        kind: "AWS::GuardDuty::Detector",
        first: "Enable: true, Features: [{Name: S3_DATA_EVENTS, Status: ENABLED}]",
        then: "Enable: false, Features: [{Name: S3_DATA_EVENTS, Status: ENABLED}]",
        by_hand: ("Enable", json!(false)),
        goes: false,
        ..CASE
    }
    .lives()
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_feature_of_a_detector_stays_on() {
    Case {
        kind: "AWS::GuardDuty::Detector",
        first: "Enable: true, Features: [{Name: S3_DATA_EVENTS, Status: ENABLED}]",
        then: "Enable: true, FindingPublishingFrequency: FIFTEEN_MINUTES",
        by_hand: ("Features", json!([{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}])),
        ..CASE
    }
    .lives()
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_analyzer_archives_nothing_that_no_manifest_says() {
    let rule = json!([{"RuleName": "all", "Filter": [{"Property": "status", "Eq": ["ACTIVE"]}]}]);
    Case {
        kind: "AWS::AccessAnalyzer::Analyzer",
        first: "AnalyzerName: outside, Type: ACCOUNT, ArchiveRules: []",
        then: "AnalyzerName: outside, Type: ACCOUNT, ArchiveRules: [{RuleName: ours, Filter: [{Property: \
               isPublic, Eq: [\"false\"]}]}]",
        by_hand: ("ArchiveRules", rule),
        ..CASE
    }
    .lives()
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_hub_turns_new_controls_on() {
    Case {
        kind: "AWS::SecurityHub::Hub",
        first: "AutoEnableControls: true",
        then: "AutoEnableControls: false",
        by_hand: ("AutoEnableControls", json!(false)),
        goes: false,
        ..CASE
    }
    .lives()
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_guardrail_stays_as_strict_as_it_is() {
    let filters = |strength: &str| {
        json!({
            "FiltersConfig": [
                {"Type": "HATE", "InputStrength": strength, "OutputStrength": strength}
            ]
        })
    };
    Case {
        kind: "AWS::Bedrock::Guardrail",
        first: "Name: models, BlockedInputMessaging: no, BlockedOutputsMessaging: no, ContentPolicyConfig: \
                {FiltersConfig: [{Type: HATE, InputStrength: HIGH, OutputStrength: HIGH}], \
                ContentFiltersTierConfig: {TierName: CLASSIC}}",
        then: "Name: models, BlockedInputMessaging: nothing, BlockedOutputsMessaging: no, ContentPolicyConfig: \
               {FiltersConfig: [{Type: HATE, InputStrength: HIGH, OutputStrength: HIGH}]}",
        by_hand: ("ContentPolicyConfig", filters("LOW")),
        ..CASE
    }
    .lives()
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_group_of_models_is_for_those_whom_the_manifest_names() {
    let policy = |account: &str| {
        json!({"Version": "2012-10-17", "Statement": [{
            "Sid": "Read", "Effect": "Allow",
            "Principal": {"AWS": format!("arn:aws:iam::{account}:root")},
            "Action": "sagemaker:DescribeModelPackageGroup",
            "Resource": "arn:aws:sagemaker:eu-west-1:111122223333:model-package-group/models",
        }]})
    };
    let first = format!(
        "ModelPackageGroupName: models, ModelPackageGroupPolicy: {}",
        policy("444455556666")
    );
    let then = "ModelPackageGroupName: models, ModelPackageGroupPolicy: null";
    Case {
        kind: "AWS::SageMaker::ModelPackageGroup",
        first: first.leak(),
        then,
        by_hand: ("ModelPackageGroupPolicy", policy("999999999999")),
        ..CASE
    }
    .lives()
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_tracking_server_keeps_its_store() {
    Case {
        kind: "AWS::SageMaker::MlflowTrackingServer",
        first: "TrackingServerName: runs, RoleArn: \"arn:aws:iam::111122223333:role/runs\", \
                ArtifactStoreUri: \"s3://acme-runs\", AutomaticModelRegistration: false",
        then: "TrackingServerName: runs, RoleArn: \"arn:aws:iam::111122223333:role/runs\", \
               ArtifactStoreUri: \"s3://acme-runs\", AutomaticModelRegistration: true",
        by_hand: ("ArtifactStoreUri", json!("s3://somebody-elses")),
        ..CASE
    }
    .lives()
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_share_stays_in_the_organisation() {
    Case {
        kind: "AWS::RAM::ResourceShare",
        first: "Name: subnets, AllowExternalPrincipals: false",
        then: "Name: networks, AllowExternalPrincipals: false",
        by_hand: ("AllowExternalPrincipals", json!(true)),
        ..CASE
    }
    .lives()
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_enabled_control_keeps_its_parameters() {
    let parameters = json!([{"Key": "AllowedRegions", "Value": ["us-east-1"]}]);
    Case {
        kind: "AWS::ControlTower::EnabledControl",
        scope: "org",
        first: "TargetIdentifier: \"arn:aws:organizations::999988887777:ou/o-1/ou-1\", \
                ControlIdentifier: \"arn:aws:controltower:us-east-1::control/AWS-GR_REGION\", \
                Parameters: [{Key: AllowedRegions, Value: [eu-west-1]}]",
        then: "TargetIdentifier: \"arn:aws:organizations::999988887777:ou/o-1/ou-1\", \
               ControlIdentifier: \"arn:aws:controltower:us-east-1::control/AWS-GR_REGION\", \
               Parameters: [{Key: AllowedRegions, Value: [eu-west-1, eu-central-1]}]",
        by_hand: ("Parameters", parameters),
        ..CASE
    }
    .lives()
    .await;
}

#[tokio::test(start_paused = true)]
async fn who_is_notified_of_costs_stays_and_lost_claims_are_for_a_person() {
    let monitor = "---\napiVersion: palisade.dev/v1alpha1\nkind: AWS::CE::AnomalyMonitor\n\
                   metadata: {name: services, scope: org}\nspec: {properties: {MonitorName: \
                   services, MonitorType: DIMENSIONAL, MonitorDimension: SERVICE}}\n";
    let subscription = |frequency: &str| {
        format!(
            "SubscriptionName: owners, Frequency: {frequency}, MonitorArnList: \
             [\"${{AWS::CE::AnomalyMonitor/services}}\"], Subscribers: [{{Type: EMAIL, Address: \
             owners@example.com}}]"
        )
    };
    let others = json!([{"Type": "EMAIL", "Address": "nobody@example.com"}]);
    Case {
        kind: "AWS::CE::AnomalySubscription",
        scope: "org",
        before: monitor,
        first: subscription("DAILY").leak(),
        then: subscription("WEEKLY").leak(),
        by_hand: ("Subscribers", others),
        ..CASE
    }
    .lives()
    .await;
}

#[tokio::test(start_paused = true)]
async fn tags_that_aws_takes_only_once_are_shown_and_never_sent() {
    let monitor = |team: &str| {
        let spec = format!(
            "{{tags: {{team: {team}}}, properties: {{MonitorName: services, MonitorType: \
             DIMENSIONAL, MonitorDimension: SERVICE}}}}"
        );
        manifest("AWS::CE::AnomalyMonitor", "it", "", &spec)
    };
    let world = World::with(&monitor("ml"));
    let mut engine = world.engine().await;
    in_the_end(&mut engine).await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateResource"]);
    world.write("main.yaml", monitor("data"));
    let quiet = until_quiet(&mut engine).await;
    let (_, why) = held(quiet.last(), "ml-prod/AWS::CE::AnomalyMonitor/it");
    assert!(why.contains("cannot"), "{why}");
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_channel_is_made_where_there_is_a_recorder() {
    let recorder = "---\napiVersion: palisade.dev/v1alpha1\n\
                    kind: AWS::Config::ConfigurationRecorder\n\
                    metadata: {name: config, scope: ml-prod}\nlifecycle: {adopt: default}\n\
                    spec: {properties: {Name: default, RoleARN: \
                    \"arn:aws:iam::111122223333:role/config\"}}\n";
    Case {
        kind: "AWS::Config::DeliveryChannel",
        lifecycle: "adopt: default",
        before: recorder,
        first: "Name: default, S3BucketName: acme-log",
        then: "Name: default, S3BucketName: acme-log, S3KeyPrefix: config",
        by_hand: ("S3BucketName", json!("somebody-elses")),
        ..CASE
    }
    .lives()
    .await;
}

fn unit(name: &str, parent: &str, says: &str) -> String {
    let spec = format!("{{properties: {{Name: {says}, ParentId: \"{parent}\"}}}}");
    manifest("AWS::Organizations::OrganizationalUnit", name, "", &spec).replace("ml-prod", "org")
}

#[tokio::test(start_paused = true)]
async fn units_are_made_below_each_other_renamed_back_and_never_deleted() {
    let world = World::empty();
    let root = world.root();
    let inner = "${AWS::Organizations::OrganizationalUnit/sandbox}";
    let both = format!("{}{}", unit("sandbox", &root, "Sandbox"), unit("ml", inner, "ML"));
    world.write("main.yaml", &both);
    let mut engine = world.engine().await;
    in_the_end(&mut engine).await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateResource", "CreateResource"]);
    let children =
        world.organizations("ListOrganizationalUnitsForParent", &json!({"ParentId": root}));
    let sandbox = list(&children, "OrganizationalUnits");
    let sandbox = sandbox.iter().find(|it| it["Name"] == "Sandbox").expect("the unit");
    let renamed = json!({"OrganizationalUnitId": sandbox["Id"], "Name": "Playground"});
    world.organizations("UpdateOrganizationalUnit", &renamed);
    world.writes();
    in_the_end(&mut engine).await;
    assert_eq!(world.writes(), ["UpdateResource"]);
    // A unit of somebody else with the name is no unit of ours.
    let other = json!({"ParentId": root, "Name": "Data"});
    world.organizations("CreateOrganizationalUnit", &other);
    world.write("main.yaml", format!("{both}{}", unit("data", &root, "Data")));
    let reports = in_the_end(&mut engine).await;
    let last = reports.last().expect("a report");
    conflict(last, "org/AWS::Organizations::OrganizationalUnit/data");
    // Without its manifest it is an orphan, and stays.
    world.write("main.yaml", unit("sandbox", &root, "Sandbox"));
    world.writes();
    in_the_end(&mut engine).await;
    assert_eq!(world.writes(), [""; 0]);
}
