//! What people make with SageMaker: training and processing jobs, models, and endpoints with their
//! configurations. Jobs run for a while and never change.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    errors::invalid,
    store::{PAGING, Store, TAGGING, name},
};
use crate::{
    kinds::instance_storage::LOCAL_DISKS,
    simulator::{
        json::{Input, Trouble},
        service::ApiError,
        table::{Field, Filter, Key, Operations, Part, Record, States, Table, TableCall, Verb},
    },
};

/// A type that is made by callers and belongs to nobody else.
const BARE: Table<Store> = Table {
    service: "sagemaker",
    noun: "",
    operations: Operations { create: "", read: "", list: "", update: "", delete: "" },
    key: &[],
    arn: ("", ""),
    fields: &[],
    state: "",
    states: States::settled(""),
    times: |_| [Duration::ZERO; 3],
    list: "",
    filters: &[],
    paging: &PAGING,
    tagging: &TAGGING,
    missing: |noun, key| invalid(format!("Could not find {noun} \"{}\".", written(key))),
    exists: |noun, key| {
        invalid(format!("Cannot create already existing {noun} \"{}\".", written(key)))
    },
    busy: |noun, key, state| {
        invalid(format!("Cannot change {noun} \"{}\" while it is {state}.", written(key)))
    },
    admit: |_, _, _| Ok(()),
    check: |_, _, _, _| Ok(()),
    occupied: |_, _| Ok(()),
    kind: None,
};

/// The states of a job (SageMaker API reference, `TrainingJobStatus`, `ProcessingJobStatus`).
const JOB: States = States {
    creating: "InProgress",
    updating: "InProgress",
    deleting: "Stopping",
    settled: "Completed",
    failed: Some("Failed"),
    update_failed: None,
};

const TRAINING: &str = "TrainingJobName";
const PROCESSING: &str = "ProcessingJobName";
const MODEL: &str = "ModelName";
const ENDPOINT: &str = "EndpointName";
const CONFIG: &str = "EndpointConfigName";
const OF_MODELS: &str = "model";
const OF_CONFIGS: &str = "endpoint configuration";

macro_rules! key {
    ($member:ident) => {
        &[Part { member: $member, read: name, ignores_case: false, generated: None }]
    };
}

macro_rules! named {
    ($member:ident) => {
        &[Filter {
            member: "NameContains",
            wants: |it, part| it.text($member).is_some_and(|name| name.contains(part)),
        }]
    };
}

/// Training jobs (SageMaker API reference, `CreateTrainingJob`).
pub(super) static TRAINING_JOBS: Table<Store> = Table {
    noun: "training job",
    operations: Operations {
        create: "CreateTrainingJob",
        read: "DescribeTrainingJob",
        list: "ListTrainingJobs",
        update: "",
        delete: "",
    },
    key: key!(TRAINING),
    arn: ("TrainingJobArn", "training-job"),
    fields: &[
        required(Field::new("AlgorithmSpecification", algorithm)),
        required(Field::new("RoleArn", role)),
        required(Field::new("OutputDataConfig", output)),
        required(Field::new("ResourceConfig", resources)),
        required(Field::new("StoppingCondition", structure)),
        Field::new("VpcConfig", vpc),
        off(Field::new("EnableNetworkIsolation", flag)),
        off(Field::new("EnableInterContainerTrafficEncryption", flag)),
        off(Field::new("EnableManagedSpotTraining", flag)),
        Field::new("InputDataConfig", list),
        Field::new("HyperParameters", structure),
        Field::new("Environment", structure),
        Field::new("CheckpointConfig", structure),
    ],
    state: "TrainingJobStatus",
    states: JOB,
    times: |options| [options.job_running; 3],
    list: "TrainingJobSummaries",
    filters: named!(TRAINING),
    missing: |_, _| invalid("Requested resource not found."),
    ..BARE
};

/// Processing jobs (SageMaker API reference, `CreateProcessingJob`).
pub(super) static PROCESSING_JOBS: Table<Store> = Table {
    noun: "processing job",
    operations: Operations {
        create: "CreateProcessingJob",
        read: "DescribeProcessingJob",
        list: "ListProcessingJobs",
        update: "",
        delete: "",
    },
    key: key!(PROCESSING),
    arn: ("ProcessingJobArn", "processing-job"),
    fields: &[
        required(Field::new("AppSpecification", |input, member| {
            input.inner(member)?.map(|it| it.required_text("ImageUri")).transpose()?;
            structure(input, member)
        })),
        required(Field::new("RoleArn", role)),
        required(Field::new("ProcessingResources", |input, member| {
            let cluster = input.inner(member)?.map(|it| it.inner("ClusterConfig")).transpose()?;
            let cluster = cluster.flatten();
            cluster.map(check_instances).transpose()?;
            structure(input, member)
        })),
        Field::new("ProcessingInputs", list),
        Field::new("ProcessingOutputConfig", structure),
        Field::new("NetworkConfig", |input, member| {
            input.inner(member)?.map(|it| vpc(it, "VpcConfig")).transpose()?;
            structure(input, member)
        }),
        Field::new("StoppingCondition", structure),
        Field::new("Environment", structure),
    ],
    state: "ProcessingJobStatus",
    states: JOB,
    times: |options| [options.job_running; 3],
    list: "ProcessingJobSummaries",
    filters: named!(PROCESSING),
    ..BARE
};

/// Models (SageMaker API reference, `CreateModel`).
pub(super) static MODELS: Table<Store> = Table {
    noun: OF_MODELS,
    operations: Operations {
        create: "CreateModel",
        read: "DescribeModel",
        list: "ListModels",
        update: "",
        delete: "DeleteModel",
    },
    key: key!(MODEL),
    arn: ("ModelArn", "model"),
    fields: &[
        Field::new("ExecutionRoleArn", role),
        Field::new("PrimaryContainer", structure),
        Field::new("Containers", list),
        Field::new("VpcConfig", vpc),
        off(Field::new("EnableNetworkIsolation", flag)),
    ],
    list: "Models",
    filters: named!(MODEL),
    check: |_, _, model, _| {
        let has = |member: &str| model.members.contains_key(member);
        if has("PrimaryContainer") == has("Containers") {
            return Err(invalid("Exactly one of PrimaryContainer and Containers must be given."));
        }
        Ok(())
    },
    ..BARE
};

/// Configurations of endpoints (SageMaker API reference, `CreateEndpointConfig`).
pub(super) static ENDPOINT_CONFIGS: Table<Store> = Table {
    noun: OF_CONFIGS,
    operations: Operations {
        create: "CreateEndpointConfig",
        read: "DescribeEndpointConfig",
        list: "ListEndpointConfigs",
        update: "",
        delete: "DeleteEndpointConfig",
    },
    key: key!(CONFIG),
    arn: ("EndpointConfigArn", "endpoint-config"),
    fields: &[
        required(Field::new("ProductionVariants", |input, member| {
            Ok(input.list(member, 1..=10)?.map(|all| all.to_vec().into()))
        })),
        Field::new("KmsKeyId", text),
        Field::new("DataCaptureConfig", structure),
        Field::new("AsyncInferenceConfig", structure),
        Field::new("ExecutionRoleArn", role),
        Field::new("VpcConfig", vpc),
        off(Field::new("EnableNetworkIsolation", flag)),
    ],
    list: "EndpointConfigs",
    filters: named!(CONFIG),
    check: variants,
    ..BARE
};

/// Endpoints (SageMaker API reference, `CreateEndpoint`).
pub(super) static ENDPOINTS: Table<Store> = Table {
    noun: "endpoint",
    operations: Operations {
        create: "CreateEndpoint",
        read: "DescribeEndpoint",
        list: "ListEndpoints",
        update: "UpdateEndpoint",
        delete: "DeleteEndpoint",
    },
    key: key!(ENDPOINT),
    arn: ("EndpointArn", "endpoint"),
    fields: &[required(Field::new(CONFIG, |input, member| {
        name(input, member).map(|name| Some(name.into()))
    }))],
    state: "EndpointStatus",
    states: States {
        creating: "Creating",
        updating: "Updating",
        deleting: "Deleting",
        settled: "InService",
        failed: Some("Failed"),
        update_failed: Some("InService"),
    },
    times: |options| [options.job_running; 3],
    list: "Endpoints",
    filters: named!(ENDPOINT),
    check: |store, _, endpoint, _| exists(store, OF_CONFIGS, endpoint.text(CONFIG)),
    ..BARE
};

const fn required(field: Field) -> Field {
    Field { required: true, ..field }
}

/// A choice that is off unless the request turns it on.
const fn off(field: Field) -> Field {
    Field { default: Some(|| json!(false)), ..field }
}

fn written(key: &Key) -> String {
    key.written.join("/")
}

fn flag(input: Input<'_>, member: &str) -> Result<Option<Value>, ApiError> {
    Ok(input.raw(member).map(|_| input.flag(member)).transpose()?.map(Value::from))
}

fn text(input: Input<'_>, member: &str) -> Result<Option<Value>, ApiError> {
    Ok(input.bounded_text(member, 1..=2048)?.map(Value::from))
}

fn list(input: Input<'_>, member: &str) -> Result<Option<Value>, ApiError> {
    Ok(input.list(member, 0..=20)?.map(|all| all.to_vec().into()))
}

fn structure(input: Input<'_>, member: &str) -> Result<Option<Value>, ApiError> {
    Ok(input.object(member)?.cloned().map(Value::Object))
}

fn role(input: Input<'_>, member: &str) -> Result<Option<Value>, ApiError> {
    let role = input.bounded_text(member, 20..=2048)?;
    let is_role = |arn: &str| arn.starts_with("arn:aws") && arn.contains(":role/");
    if let Some(arn) = role.filter(|arn| !is_role(arn)) {
        let pattern = "arn:aws[a-z\\-]*:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+";
        return Err(input.refusal(member, Some(arn), Trouble::Pattern(pattern)));
    }
    Ok(role.map(Value::from))
}

/// Subnets and groups are given together.
fn vpc(input: Input<'_>, member: &str) -> Result<Option<Value>, ApiError> {
    if let Some(vpc) = input.inner(member)? {
        vpc.required_texts("SecurityGroupIds", 1..=5)?;
        vpc.required_texts("Subnets", 1..=16)?;
    }
    structure(input, member)
}

/// An algorithm is an image or has a name.
fn algorithm(input: Input<'_>, member: &str) -> Result<Option<Value>, ApiError> {
    if let Some(algorithm) = input.inner(member)? {
        let modes = ["Pipe", "File", "FastFile"];
        algorithm.required_choice("TrainingInputMode", &modes)?;
        let has = |member: &str| algorithm.raw(member).is_some();
        if has("TrainingImage") == has("AlgorithmName") {
            return Err(invalid("Exactly one of TrainingImage and AlgorithmName must be given."));
        }
    }
    structure(input, member)
}

/// Without a key the answer has an empty one.
fn output(input: Input<'_>, member: &str) -> Result<Option<Value>, ApiError> {
    let Some(output) = input.inner(member)? else { return Ok(None) };
    output.required_text("S3OutputPath")?;
    let mut output = input.object(member)?.cloned().unwrap_or_default();
    output.entry("KmsKeyId").or_insert_with(|| json!(""));
    Ok(Some(Value::Object(output)))
}

fn resources(input: Input<'_>, member: &str) -> Result<Option<Value>, ApiError> {
    input.inner(member)?.map(check_instances).transpose()?;
    structure(input, member)
}

/// Instances of one type, or groups of instances; and no volume key where there are local disks.
fn check_instances(instances: Input<'_>) -> Result<(), ApiError> {
    let groups = instances.list("InstanceGroups", 1..=5)?.unwrap_or_default();
    if groups.is_empty() {
        let one = instances.required_text("InstanceType")?;
        let count = instances.integer("InstanceCount", 1..=1000)?;
        count.ok_or_else(|| instances.refusal("InstanceCount", None, Trouble::Missing))?;
        return without_key(instances, "VolumeKmsKeyId", [one].into_iter());
    }
    let types = groups.iter().filter_map(|group| group["InstanceType"].as_str());
    without_key(instances, "VolumeKmsKeyId", types)
}

fn without_key<'i>(
    input: Input<'_>,
    member: &str,
    mut instances: impl Iterator<Item = &'i str>,
) -> Result<(), ApiError> {
    let local = instances.find(|instance| {
        let family = instance.strip_prefix("ml.").and_then(|it| it.split('.').next());
        family.is_some_and(|family| LOCAL_DISKS.contains(&family))
    });
    match (input.raw(member), local) {
        (Some(_), Some(instance)) => Err(invalid(format!(
            "You can't request a {member} when using an instance type with local storage: \
             {instance}."
        ))),
        _ => Ok(()),
    }
}

/// Each variant names a model that exists, unless it is for inference components.
fn variants(
    store: &Store,
    call: &TableCall<'_, '_>,
    config: &mut Record,
    _verb: Verb,
) -> Result<(), ApiError> {
    let variants = config.members.get("ProductionVariants").and_then(Value::as_array);
    let variants: Vec<&Map<String, Value>> =
        variants.into_iter().flatten().filter_map(Value::as_object).collect();
    for variant in &variants {
        let has = |member: &str| variant.contains_key(member);
        if !has("VariantName") || has("InstanceType") == has("ServerlessConfig") {
            return Err(invalid("A variant has a name, and either instances or is serverless."));
        }
        match variant.get(MODEL) {
            Some(model) => exists(store, OF_MODELS, model.as_str())?,
            None if !config.members.contains_key("ExecutionRoleArn") => {
                return Err(invalid("Without a model a configuration needs ExecutionRoleArn."));
            }
            None => {}
        }
    }
    let types = variants.iter().filter_map(|variant| variant.get("InstanceType")?.as_str());
    without_key(call.input, "KmsKeyId", types)
}

fn exists(store: &Store, noun: &'static str, name: Option<&str>) -> Result<(), ApiError> {
    let name = name.unwrap_or_default();
    match store.records.get(noun, &[name.to_owned()]) {
        Some(_) => Ok(()),
        None => Err(invalid(format!("Could not find {noun} \"{name}\"."))),
    }
}
