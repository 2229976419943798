//! Bedrock's log of model invocations.

use aws_sdk_bedrock::types::{CloudWatchConfig, LoggingConfig, S3Config};
use serde_json::{Value, json};

use super::{flag, text};
use crate::{
    aws::{Access, classify},
    kind::{Class, CloudError, table::Tree},
    kinds::account_settings::leaves::logging::{DELETE_LOGGING, PUT_LOGGING},
};

/// Where Bedrock puts what is too large for the log group. It is not managed, and is sent
/// unchanged.
const LARGE: &str = "largeData";

/// The settings of Bedrock.
#[derive(Debug, Clone)]
pub(super) struct Bedrock {
    client: aws_sdk_bedrock::Client,
}

impl Bedrock {
    pub(super) fn connect(access: &Access) -> Self {
        Self { client: access.bedrock.clone() }
    }

    pub(super) async fn read(&self) -> Result<Value, CloudError> {
        const OPERATION: &str = "bedrock:GetModelInvocationLoggingConfiguration";
        let answer = self.client.get_model_invocation_logging_configuration().send().await;
        let answer = answer.map_err(|error| classify(OPERATION, &error))?;
        let all = answer.logging_config.unwrap_or_else(|| LoggingConfig::builder().build());
        let (s3, logs) = (all.s3_config(), all.cloud_watch_config());
        let large = logs.and_then(CloudWatchConfig::large_data_delivery_s3_config);
        Ok(json!({
            "s3Bucket": s3.map(S3Config::bucket_name),
            "s3Prefix": s3.and_then(S3Config::key_prefix),
            "logGroup": logs.map(CloudWatchConfig::log_group_name),
            "role": logs.map(CloudWatchConfig::role_arn),
            LARGE: large.map(|to| json!({"bucket": to.bucket_name, "prefix": to.key_prefix})),
            "text": all.text_data_delivery_enabled().unwrap_or_default(),
            "images": all.image_data_delivery_enabled().unwrap_or_default(),
            "embeddings": all.embedding_data_delivery_enabled().unwrap_or_default(),
            "video": all.video_data_delivery_enabled().unwrap_or_default(),
            "audio": all.audio_data_delivery_enabled().unwrap_or_default(),
        }))
    }

    pub(super) async fn put(&self, all: &Tree) -> Result<(), CloudError> {
        let config = LoggingConfig::builder()
            .set_s3_config(s3(text(all, "s3Bucket"), text(all, "s3Prefix"))?)
            .set_cloud_watch_config(logs(all)?)
            .set_text_data_delivery_enabled(flag(all, "text"))
            .set_image_data_delivery_enabled(flag(all, "images"))
            .set_embedding_data_delivery_enabled(flag(all, "embeddings"))
            .set_video_data_delivery_enabled(flag(all, "video"))
            .set_audio_data_delivery_enabled(flag(all, "audio"))
            .build();
        let call = self.client.put_model_invocation_logging_configuration();
        let answer = call.logging_config(config).send().await;
        answer.map(drop).map_err(|error| classify(PUT_LOGGING, &error))
    }

    pub(super) async fn delete(&self) -> Result<(), CloudError> {
        let call = self.client.delete_model_invocation_logging_configuration();
        let answer = call.send().await;
        answer.map(drop).map_err(|error| classify(DELETE_LOGGING, &error))
    }
}

fn s3(bucket: Option<String>, prefix: Option<String>) -> Result<Option<S3Config>, CloudError> {
    let Some(bucket) = bucket else { return Ok(None) };
    let config = S3Config::builder().bucket_name(bucket).set_key_prefix(prefix).build();
    config.map(Some).map_err(|error| incomplete(&error.to_string()))
}

fn logs(all: &Tree) -> Result<Option<CloudWatchConfig>, CloudError> {
    let (Some(group), Some(role)) = (text(all, "logGroup"), text(all, "role")) else {
        return Ok(None);
    };
    let large = all.get(LARGE).and_then(Value::as_object).cloned().unwrap_or_default();
    let config = CloudWatchConfig::builder()
        .log_group_name(group)
        .role_arn(role)
        .set_large_data_delivery_s3_config(s3(text(&large, "bucket"), text(&large, "prefix"))?)
        .build();
    config.map(Some).map_err(|error| incomplete(&error.to_string()))
}

fn incomplete(why: &str) -> CloudError {
    CloudError::new(PUT_LOGGING, Class::Rejected, why)
}
