//! What people make with SageMaker and no manifest declares is audited where a manifest of SageMaker is: found, never changed,
//! each thing described once, and within bounds.

use std::time::Duration;

use palisade::{
    aws::Guard,
    engine::{Engine, Options, Report},
    simulator::{Effect, Fault},
};
use serde_json::{Value, json};

use crate::world::{World, until_quiet};

const ROLE: &str = "arn:aws:iam::111122223333:role/science";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const DAY: Duration = Duration::from_hours(24);

/// Two kinds of SageMaker: one audit all the same.
const MANIFESTS: &str = "apiVersion: palisade.dev/v1alpha1\nkind: NotebookLifecycleConfig\n\
    metadata: {name: setup, scope: ml-prod}\nspec: {onStart: \"echo start\"}\n---\n\
    apiVersion: palisade.dev/v1alpha1\nkind: StudioLifecycleConfig\n\
    metadata: {name: shell, scope: ml-prod}\nspec: {appType: JupyterLab, content: \"echo start\"}\n";

async fn daemon(world: &World) -> Engine {
    let guard = Guard::writing(world.brake.clone());
    let options = Options { write: true, audits: true, ..Options::default() };
    let mut engine = world.engine_with(guard, options).await;
    until_quiet(&mut engine).await.in_order();
    // The first audit has found nothing, and the next one comes an hour later.
    tokio::time::sleep(Duration::from_mins(1)).await;
    engine.pass().await;
    world.writes();
    engine
}

/// The second pass after some time: audits that the first one starts end between the two.
async fn after(engine: &mut Engine, time: Duration) -> Report {
    tokio::time::sleep(time).await;
    engine.pass().await;
    tokio::time::sleep(Duration::from_mins(5)).await;
    engine.pass().await
}

/// Rule and subject of each finding.
fn found(report: &Report) -> Vec<(&'static str, &str)> {
    report.audited.findings.iter().map(|it| (it.rule, it.subject.as_str())).collect()
}

fn unknown(report: &Report) -> Vec<(&'static str, &str)> {
    report.audited.unknown.iter().map(|it| (it.about, it.why.as_str())).collect()
}

fn calls(world: &World, operation: &str) -> usize {
    world.simulator.calls().iter().filter(|call| call.operation == operation).count()
}

fn vpc() -> Value {
    json!({"SecurityGroupIds": ["sg-0123456789abcdef0"], "Subnets": ["subnet-0123456789abcdef0"]})
}

/// A training job, changed by `more`.
fn training(world: &World, name: &str, more: &Value) {
    let mut job = json!({
        "TrainingJobName": name,
        "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
        "RoleArn": ROLE,
        "OutputDataConfig": {"S3OutputPath": "s3://acme/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    });
    for (member, value) in more.as_object().expect("members") {
        job[member] = value.clone();
    }
    world.sagemaker("CreateTrainingJob", &job);
}

fn safe() -> Value {
    json!({
        "OutputDataConfig": {"S3OutputPath": "s3://acme/out", "KmsKeyId": KEY},
        "ResourceConfig": {
            "InstanceType": "ml.m5.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 30,
            "VolumeKmsKeyId": KEY,
        },
        "VpcConfig": vpc(), "EnableNetworkIsolation": true,
        "EnableInterContainerTrafficEncryption": true,
    })
}

fn model(world: &World, name: &str, more: &Value) {
    let mut model = json!({
        "ModelName": name, "PrimaryContainer": {"Image": "image"}, "ExecutionRoleArn": ROLE,
    });
    for (member, value) in more.as_object().expect("members") {
        model[member] = value.clone();
    }
    world.sagemaker("CreateModel", &model);
}

fn config(world: &World, name: &str, instance: &str, more: &Value) {
    let variant = json!({
        "VariantName": "all", "ModelName": "shop", "InstanceType": instance, "InitialInstanceCount": 1,
    });
    let mut config = json!({"EndpointConfigName": name, "ProductionVariants": [variant]});
    for (member, value) in more.as_object().expect("members") {
        config[member] = value.clone();
    }
    world.sagemaker("CreateEndpointConfig", &config);
}

fn processing(world: &World, name: &str, count: u8, more: &Value) {
    let cluster =
        json!({"InstanceType": "ml.m5.xlarge", "InstanceCount": count, "VolumeSizeInGB": 30});
    let mut job = json!({
        "ProcessingJobName": name, "AppSpecification": {"ImageUri": "image"}, "RoleArn": ROLE,
        "ProcessingResources": {"ClusterConfig": cluster},
    });
    for (member, value) in more.as_object().expect("members") {
        job[member] = value.clone();
    }
    world.sagemaker("CreateProcessingJob", &job);
}

fn endpoint(world: &World, name: &str, config: &str) {
    world.sagemaker("CreateEndpoint", &json!({"EndpointName": name, "EndpointConfigName": config}));
}

/// One of everything that is audited, all of it open.
pub fn one_of_each(world: &World) {
    training(world, "churn", &json!({}));
    processing(world, "clean", 1, &json!({}));
    model(world, "shop", &json!({}));
    config(world, "keyless", "ml.m5.xlarge", &json!({}));
    endpoint(world, "shop", "keyless");
}

#[tokio::test(start_paused = true)]
async fn a_job_without_vpc_isolation_encryption_and_keys_is_found_with_its_role_and_left_alone() {
    let world = World::with(MANIFESTS);
    let mut engine = daemon(&world).await;
    training(&world, "churn", &json!({}));
    training(&world, "safe", &safe());
    let report = after(&mut engine, Duration::from_hours(1)).await;
    let job = "training job churn";
    let all = [("JOB-03", job), ("JOB-01", job), ("JOB-02", job), ("JOB-04", job)];
    assert_eq!(found(&report), all);
    assert_eq!(unknown(&report), []);
    let first = &report.audited.findings[0];
    assert_eq!(first.scope, "ml-prod");
    assert!(first.message.contains(ROLE) && first.by.is_none(), "{first:?}");
    let keys = &report.audited.findings[3].message;
    assert!(keys.contains("its volumes, its output"), "{keys}");
    assert!(report.plan.steps.is_empty());
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_apply_is_not_found() {
    let world = World::with(MANIFESTS);
    let mut engine = daemon(&world).await;
    // One instance talks to nobody, and a local disk cannot have a key.
    let mut alone = safe();
    alone["ResourceConfig"] =
        json!({"InstanceType": "ml.g5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30});
    alone["EnableInterContainerTrafficEncryption"] = json!(false);
    training(&world, "alone", &alone);
    world.sagemaker(
        "CreateProcessingJob",
        &json!({
            "ProcessingJobName": "clean", "AppSpecification": {"ImageUri": "image"}, "RoleArn": ROLE,
            "ProcessingResources": {"ClusterConfig": {
                "InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30, "VolumeKmsKeyId": KEY,
            }},
            "NetworkConfig": {"EnableNetworkIsolation": true, "VpcConfig": vpc()},
        }),
    );
    model(&world, "shop", &json!({"VpcConfig": vpc(), "EnableNetworkIsolation": true}));
    config(&world, "local", "ml.g5.xlarge", &json!({}));
    let report = after(&mut engine, Duration::from_hours(1)).await;
    assert_eq!(found(&report), []);
    assert_eq!(calls(&world, "DescribeProcessingJob"), 1, "it was looked at");
}

#[tokio::test(start_paused = true)]
async fn processing_jobs_models_and_endpoints_are_judged_by_what_they_can_have() {
    let world = World::with(MANIFESTS);
    let mut engine = daemon(&world).await;
    let outputs = json!({"ProcessingOutputConfig": {"Outputs": [{"OutputName": "out"}]}});
    processing(&world, "clean", 2, &outputs);
    model(&world, "shop", &json!({}));
    config(
        &world,
        "keyless",
        "ml.m5.xlarge",
        &json!({"DataCaptureConfig": {"EnableCapture": true}}),
    );
    endpoint(&world, "shop", "keyless");
    let report = after(&mut engine, Duration::from_hours(1)).await;
    let (job, config) = ("processing job clean", "endpoint configuration keyless");
    let mut all = found(&report);
    all.sort_unstable();
    assert_eq!(
        all,
        [
            ("JOB-01", "model shop"),
            ("JOB-01", job),
            ("JOB-02", job),
            ("JOB-03", "model shop"),
            ("JOB-03", job),
            ("JOB-04", config),
            ("JOB-04", "endpoint shop"),
            ("JOB-04", job),
        ]
    );
    let endpoint = report.audited.findings.iter().find(|it| it.subject == "endpoint shop");
    let message = &endpoint.expect("found").message;
    assert!(
        message.contains("its volumes, captured requests (its configuration is keyless)"),
        "{message}"
    );
}

#[tokio::test(start_paused = true)]
async fn each_thing_is_described_once_and_an_endpoint_again_when_it_changes() {
    let world = World::with(MANIFESTS);
    let mut engine = daemon(&world).await;
    training(&world, "churn", &json!({}));
    model(&world, "shop", &json!({}));
    config(&world, "keyless", "ml.m5.xlarge", &json!({}));
    config(&world, "keyed", "ml.m5.xlarge", &json!({"KmsKeyId": KEY}));
    endpoint(&world, "shop", "keyless");
    for _ in 0..3 {
        after(&mut engine, Duration::from_hours(1)).await;
    }
    for operation in ["DescribeTrainingJob", "DescribeModel", "DescribeEndpoint"] {
        assert_eq!(calls(&world, operation), 1, "{operation}");
    }
    world.sagemaker(
        "UpdateEndpoint",
        &json!({"EndpointName": "shop", "EndpointConfigName": "keyed"}),
    );
    let report = after(&mut engine, Duration::from_hours(1)).await;
    assert_eq!(calls(&world, "DescribeEndpoint"), 2);
    assert!(
        found(&report).iter().all(|(_, subject)| *subject != "endpoint shop"),
        "{:?}",
        found(&report)
    );
    assert!(found(&report).contains(&("JOB-03", "training job churn")), "{:?}", found(&report));
    assert_eq!(calls(&world, "DescribeTrainingJob"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_finding_ends_when_the_window_of_the_settings_has_passed() {
    for days in [1, 7] {
        let mut world = World::with(MANIFESTS);
        world.settings.audit_window = days * DAY;
        let mut engine = daemon(&world).await;
        training(&world, "churn", &json!({}));
        let report =
            after(&mut engine, (days * DAY).checked_sub(Duration::from_hours(2)).unwrap()).await;
        assert_eq!(found(&report).len(), 4, "{days}");
        let report = after(&mut engine, Duration::from_hours(3)).await;
        assert_eq!(found(&report), [], "{days}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_denied_is_unknown_and_hides_nothing_else() {
    let world = World::with(MANIFESTS);
    let mut engine = daemon(&world).await;
    training(&world, "churn", &json!({}));
    model(&world, "shop", &json!({}));
    world.simulator.inject(Fault::new("ListTrainingJobs", Effect::Deny));
    let report = after(&mut engine, Duration::from_hours(1)).await;
    assert_eq!(found(&report), [("JOB-03", "model shop"), ("JOB-01", "model shop")]);
    let [(about, why)] = unknown(&report)[..] else { panic!("{:?}", unknown(&report)) };
    assert_eq!(about, "training jobs of SageMaker");
    assert!(why.contains("ListTrainingJobs") && why.contains("denied"), "{why}");
    world.simulator.clear_faults();
    let report = after(&mut engine, Duration::from_mins(10)).await;
    assert_eq!(unknown(&report), []);
    assert_eq!(found(&report).len(), 6);
    // What was seen is not forgotten because it cannot be listed for a while.
    world.simulator.inject(Fault::new("ListTrainingJobs", Effect::Deny));
    after(&mut engine, Duration::from_hours(1)).await;
    world.simulator.clear_faults();
    let report = after(&mut engine, Duration::from_hours(1)).await;
    assert_eq!((found(&report).len(), calls(&world, "DescribeTrainingJob")), (6, 1));
}

#[tokio::test(start_paused = true)]
async fn many_jobs_are_read_in_pages_and_portions_and_all_are_found_in_the_end() {
    let world = World::with(MANIFESTS);
    let mut engine = daemon(&world).await;
    for number in 0..350 {
        training(&world, &format!("job-{number}"), &safe());
    }
    tokio::time::advance(Duration::from_secs(2)).await;
    training(&world, "churn", &json!({}));
    let report = after(&mut engine, Duration::from_hours(1)).await;
    assert_eq!(calls(&world, "ListTrainingJobs"), 4);
    assert_eq!(calls(&world, "DescribeTrainingJob"), 300);
    assert_eq!(found(&report).len(), 4, "the newest are looked at first");
    let what = ("training jobs of SageMaker", "the next audits look at 51 more");
    assert_eq!(unknown(&report), [what]);
    let report = after(&mut engine, Duration::from_mins(10)).await;
    assert_eq!(calls(&world, "DescribeTrainingJob"), 351);
    assert_eq!((found(&report).len(), unknown(&report)), (4, Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_meanwhile_is_no_finding_and_no_trouble() {
    let world = World::with(MANIFESTS);
    let mut engine = daemon(&world).await;
    model(&world, "shop", &json!({}));
    config(&world, "keyless", "ml.m5.xlarge", &json!({}));
    endpoint(&world, "shop", "keyless");
    world.sagemaker("DeleteEndpointConfig", &json!({"EndpointConfigName": "keyless"}));
    let report = after(&mut engine, Duration::from_hours(1)).await;
    assert_eq!(found(&report), [("JOB-03", "model shop"), ("JOB-01", "model shop")]);
    assert_eq!(unknown(&report), []);
}

#[tokio::test(start_paused = true)]
async fn where_no_manifest_of_sagemaker_is_nothing_is_asked() {
    let world = World::with(
        "apiVersion: palisade.dev/v1alpha1\nkind: AccountSettings\nmetadata: {name: defaults, scope: ml-prod}\n\
         lifecycle: {adopt: account}\nspec: {serialConsoleAccess: false}\n",
    );
    let mut engine = daemon(&world).await;
    training(&world, "churn", &json!({}));
    let report = after(&mut engine, Duration::from_hours(1)).await;
    assert!(found(&report).iter().all(|(rule, _)| !rule.starts_with("JOB")));
    assert_eq!(calls(&world, "ListTrainingJobs"), 0);
}
