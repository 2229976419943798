//! Settings of Canvas.

use super::{arn, feature, interrupts, items, key, lists, role, s3_location, settings, word};

settings! {
    /// Canvas.
    pub(super) fn canvas = "CanvasAppSettings" {
        /// Forecasts.
        "timeSeriesForecastingSettings": time_series_forecasting(),
        /// The model registry.
        "modelRegisterSettings": model_register(),
        /// Where artifacts are kept.
        "workspaceSettings": workspace(),
        /// Sign-in to external data sources, at most 20.
        "identityProviderOAuthSettings": items(20, sign_in()),
        /// Deploying models.
        "directDeploySettings": direct_deploy(),
        /// Questions about documents.
        "kendraSettings": kendra(),
        /// Generative AI.
        "generativeAiSettings": generative_ai(),
        /// Jobs on EMR Serverless.
        "emrServerlessSettings": emr_serverless(),
    }

    /// Forecasts.
    pub(super) fn time_series_forecasting = "TimeSeriesForecastingSettings" {
        /// On or off.
        "status": feature(),
        /// ARN of the role that Canvas passes to Amazon Forecast; default: the execution role.
        "amazonForecastRoleArn": role(),
    }

    /// The model registry.
    pub(super) fn model_register = "ModelRegisterSettings" {
        /// On or off.
        "status": feature(),
        /// ARN of the role in the registry's account, if that is another one.
        "crossAccountModelRegisterRoleArn": role(),
    }

    /// Where artifacts are kept.
    pub(super) fn workspace = "WorkspaceSettings" {
        /// `s3://bucket/prefix`. After a change users no longer reach their old artifacts.
        "s3ArtifactPath": interrupts(s3_location()),
        /// The KMS key of that location: `{ref: …}` to a KmsKey, a key ARN or a key id.
        "s3KmsKeyId": key(),
    }

    /// Sign-in to one external data source.
    pub(super) fn sign_in = "IdentityProviderOAuthSetting" {
        /// The data source.
        "dataSourceName": word(&DATA_SOURCE),
        /// On or off.
        "status": feature(),
        /// ARN of the Secrets Manager secret with the client's credentials.
        "secretArn": arn(),
    }

    /// Deploying models.
    pub(super) fn direct_deploy = "DirectDeploySettings" {
        /// On or off.
        "status": feature(),
    }

    /// Questions about documents.
    pub(super) fn kendra = "KendraSettings" {
        /// On or off.
        "status": feature(),
    }

    /// Generative AI.
    pub(super) fn generative_ai = "GenerativeAiSettings" {
        /// ARN of the role that fine-tunes models in Amazon Bedrock.
        "amazonBedrockRoleArn": role(),
    }

    /// Jobs on EMR Serverless.
    pub(super) fn emr_serverless = "EmrServerlessSettings" {
        /// ARN of the role that jobs run with.
        "executionRoleArn": role(),
        /// On or off.
        "status": feature(),
    }
}

lists! {
    /// An external data source.
    DATA_SOURCE = "DataSourceName" ["SalesforceGenie", "Snowflake"]
}
