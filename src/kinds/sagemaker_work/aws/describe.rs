//! What each sort of work is, in the words of the audit.

use aws_sdk_sagemaker::{
    operation::describe_endpoint_config::DescribeEndpointConfigOutput,
    types::{ProcessingClusterConfig, ProductionVariant, ResourceConfig},
};

use super::Sort;
use crate::{
    aws::{Access, classify},
    kind::CloudError,
    kinds::sagemaker_work::{Work, is_customers, takes_volume_key},
};

const VOLUMES: &str = "its volumes";
const OUTPUT: &str = "its output";

/// Describes one.
pub(super) async fn work(access: &Access, sort: Sort, name: &str) -> Result<Work, CloudError> {
    let work = match sort {
        Sort::Training => training(access, name).await?,
        Sort::Processing => processing(access, name).await?,
        Sort::Model => model(access, name).await?,
        Sort::Endpoint => endpoint(access, name).await?,
        Sort::Config => config(access, name).await?,
    };
    Ok(Work { subject: format!("{} {name}", sort.one()), ..work })
}

async fn training(access: &Access, name: &str) -> Result<Work, CloudError> {
    let call = access.sagemaker.describe_training_job().training_job_name(name).send().await;
    let job = call.map_err(|error| classify("sagemaker:DescribeTrainingJob", &error))?;
    let output = job.output_data_config().is_some_and(|it| !is_customers(it.kms_key_id()));
    let resources = job.resource_config();
    let volumes = resources.is_some_and(|it| {
        takes_volume_key(training_instances(it)) && !is_customers(it.volume_kms_key_id())
    });
    let by = [
        ("hyperparameter tuning job", job.tuning_job_arn()),
        ("AutoML job", job.auto_ml_job_arn()),
    ];
    Ok(Work {
        note: job.role_arn().map(runs_as),
        by: made_by(by),
        in_vpc: Some(job.vpc_config().is_some()),
        isolated: Some(job.enable_network_isolation().unwrap_or_default()),
        encrypts_traffic: resources
            .is_some_and(|it| training_count(it) > 1)
            .then(|| job.enable_inter_container_traffic_encryption().unwrap_or_default()),
        without_key: named([(VOLUMES, volumes), (OUTPUT, output)]),
        ..Work::default()
    })
}

async fn processing(access: &Access, name: &str) -> Result<Work, CloudError> {
    let call = access.sagemaker.describe_processing_job().processing_job_name(name).send().await;
    let job = call.map_err(|error| classify("sagemaker:DescribeProcessingJob", &error))?;
    let network = job.network_config();
    let output = job
        .processing_output_config()
        .is_some_and(|it| !it.outputs().is_empty() && !is_customers(it.kms_key_id()));
    let cluster = job.processing_resources().and_then(|it| it.cluster_config());
    let volumes = cluster.is_some_and(|it| {
        takes_volume_key(processing_instances(it)) && !is_customers(it.volume_kms_key_id())
    });
    let by = [
        ("monitoring schedule", job.monitoring_schedule_arn()),
        ("AutoML job", job.auto_ml_job_arn()),
        ("training job", job.training_job_arn()),
    ];
    Ok(Work {
        note: job.role_arn().map(runs_as),
        by: made_by(by),
        in_vpc: Some(network.is_some_and(|it| it.vpc_config().is_some())),
        isolated: Some(
            network
                .and_then(aws_sdk_sagemaker::types::NetworkConfig::enable_network_isolation)
                .unwrap_or_default(),
        ),
        encrypts_traffic: cluster.is_some_and(|it| processing_count(it) > 1).then(|| {
            let encrypts = network.and_then(
                aws_sdk_sagemaker::types::NetworkConfig::enable_inter_container_traffic_encryption,
            );
            encrypts.unwrap_or_default()
        }),
        without_key: named([(VOLUMES, volumes), (OUTPUT, output)]),
        ..Work::default()
    })
}

async fn model(access: &Access, name: &str) -> Result<Work, CloudError> {
    let call = access.sagemaker.describe_model().model_name(name).send().await;
    let model = call.map_err(|error| classify("sagemaker:DescribeModel", &error))?;
    Ok(Work {
        note: model.execution_role_arn().map(runs_as),
        in_vpc: Some(model.vpc_config().is_some()),
        isolated: Some(model.enable_network_isolation().unwrap_or_default()),
        ..Work::default()
    })
}

/// What runs as an endpoint is what its configuration says.
async fn endpoint(access: &Access, name: &str) -> Result<Work, CloudError> {
    const OPERATION: &str = "sagemaker:DescribeEndpoint";
    let call = access.sagemaker.describe_endpoint().endpoint_name(name).send().await;
    let endpoint = call.map_err(|error| classify(OPERATION, &error))?;
    // While it is created for the first time it may have none yet.
    let Some(name) = endpoint.endpoint_config_name() else { return Ok(Work::default()) };
    let note = Some(format!("its configuration is {name}"));
    Ok(Work { note, ..config(access, name).await? })
}

async fn config(access: &Access, name: &str) -> Result<Work, CloudError> {
    const OPERATION: &str = "sagemaker:DescribeEndpointConfig";
    let call = access.sagemaker.describe_endpoint_config().endpoint_config_name(name).send().await;
    let config = call.map_err(|error| classify(OPERATION, &error))?;
    // Without models it is for inference components, and says itself what models say otherwise.
    let has_components =
        variants(&config).any(|variant| variant.model_name().is_none_or(str::is_empty));
    let captured = config.data_capture_config().is_some_and(|it| {
        it.enable_capture().unwrap_or_default() && !is_customers(it.kms_key_id())
    });
    let results = config.async_inference_config().and_then(|it| it.output_config());
    let results = results.is_some_and(|it| !is_customers(it.kms_key_id()));
    let instances = variants(&config).flat_map(variant_instances);
    let volumes = takes_volume_key(instances) && !is_customers(config.kms_key_id());
    Ok(Work {
        note: config.execution_role_arn().map(runs_as),
        in_vpc: has_components.then(|| config.vpc_config().is_some()),
        isolated: has_components.then(|| config.enable_network_isolation().unwrap_or_default()),
        without_key: named([
            (VOLUMES, volumes),
            ("captured requests", captured),
            ("asynchronous results", results),
        ]),
        ..Work::default()
    })
}

fn variants(config: &DescribeEndpointConfigOutput) -> impl Iterator<Item = &ProductionVariant> {
    config.production_variants().iter().chain(config.shadow_production_variants())
}

/// A serverless variant has no instances.
fn variant_instances(variant: &ProductionVariant) -> impl Iterator<Item = &str> {
    let pools = variant.instance_pools().iter().filter_map(|pool| pool.instance_type());
    variant
        .instance_type()
        .into_iter()
        .chain(pools)
        .map(aws_sdk_sagemaker::types::ProductionVariantInstanceType::as_str)
}

/// Of several possible instance types the one that was selected, once it was.
fn training_instances(resources: &ResourceConfig) -> Vec<&str> {
    if let Some(selected) = resources.selected_instance_type() {
        return vec![selected.as_str()];
    }
    let groups = resources.instance_groups().iter().filter_map(|it| it.instance_type());
    let possible = resources.instance_preferences().iter().filter_map(|it| it.instance_type());
    let all = resources.instance_type().into_iter().chain(groups).chain(possible);
    all.map(aws_sdk_sagemaker::types::TrainingInstanceType::as_str).collect()
}

fn training_count(resources: &ResourceConfig) -> i32 {
    let groups = resources
        .instance_groups()
        .iter()
        .filter_map(aws_sdk_sagemaker::types::InstanceGroup::instance_count)
        .sum();
    let possible = resources
        .instance_preferences()
        .iter()
        .filter_map(aws_sdk_sagemaker::types::InstancePreference::instance_count);
    let own = resources.selected_instance_count().or(resources.instance_count());
    own.or(possible.max()).unwrap_or(groups)
}

fn processing_instances(cluster: &ProcessingClusterConfig) -> Vec<&str> {
    if let Some(selected) = cluster.selected_instance_type() {
        return vec![selected.as_str()];
    }
    let possible = cluster.instance_preferences().iter().filter_map(|it| it.instance_type());
    cluster
        .instance_type()
        .into_iter()
        .chain(possible)
        .map(aws_sdk_sagemaker::types::ProcessingInstanceType::as_str)
        .collect()
}

fn processing_count(cluster: &ProcessingClusterConfig) -> i32 {
    let possible = cluster
        .instance_preferences()
        .iter()
        .filter_map(aws_sdk_sagemaker::types::ProcessingInstancePreference::instance_count);
    let own = cluster.selected_instance_count().or(cluster.instance_count());
    own.or(possible.max()).unwrap_or_default()
}

/// A description does not say who asked for it, but the role that it was given.
fn runs_as(role: &str) -> String {
    format!("it runs as {role}")
}

/// What SageMaker itself made it for, if it did.
fn made_by<const N: usize>(makers: [(&str, Option<&str>); N]) -> Option<String> {
    let mut makers = makers.into_iter().filter_map(|(what, arn)| Some((what, arn?)));
    makers.find(|(_, arn)| !arn.is_empty()).map(|(what, arn)| format!("{what} {arn}"))
}

fn named<const N: usize>(things: [(&'static str, bool); N]) -> Vec<&'static str> {
    things.into_iter().filter_map(|(what, is_one)| is_one.then_some(what)).collect()
}
