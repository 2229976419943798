//! Settings of Canvas.

use super::FeatureStatus;
use crate::{
    kind::Target,
    kinds::sagemaker_domain::leaf::{Written, settings, words},
};

settings! {
    /// Canvas.
    CanvasAppSettings {
        /// Forecasts.
        time_series_forecasting_settings: TimeSeriesForecastingSettings,
        /// The model registry.
        model_register_settings: ModelRegisterSettings,
        /// Where artifacts are kept.
        workspace_settings: WorkspaceSettings,
        /// Sign-in at outside data sources, at most 20.
        identity_provider_o_auth_settings: Vec<IdentityProviderOAuthSetting>,
        /// Deploying models.
        direct_deploy_settings: DirectDeploySettings,
        /// Questions to documents.
        kendra_settings: KendraSettings,
        /// Generative AI.
        generative_ai_settings: GenerativeAiSettings,
        /// Jobs on EMR Serverless.
        emr_serverless_settings: EmrServerlessSettings,
    }

    /// Forecasts.
    TimeSeriesForecastingSettings {
        /// On or off.
        status: FeatureStatus,
        /// ARN of the role that Canvas passes to Amazon Forecast; left out, the execution role.
        amazon_forecast_role_arn: String,
    }

    /// The model registry.
    ModelRegisterSettings {
        /// On or off.
        status: FeatureStatus,
        /// ARN of the role in the registry's account, where that is another one.
        cross_account_model_register_role_arn: String,
    }

    /// Where artifacts are kept.
    WorkspaceSettings {
        /// `s3://bucket/prefix`. After a change users no longer reach their old artifacts.
        s3_artifact_path: String,
        /// The KMS key of that place: `{ref: …}` to a KmsKey, a key ARN or a key id.
        s3_kms_key_id: Written<Target>,
    }

    /// Sign-in at one outside data source.
    IdentityProviderOAuthSetting {
        /// Which one.
        data_source_name: DataSourceName,
        /// On or off.
        status: FeatureStatus,
        /// ARN of the Secrets Manager secret with the client's credentials.
        secret_arn: String,
    }

    /// Deploying models.
    DirectDeploySettings {
        /// On or off.
        status: FeatureStatus,
    }

    /// Questions to documents.
    KendraSettings {
        /// On or off.
        status: FeatureStatus,
    }

    /// Generative AI.
    GenerativeAiSettings {
        /// ARN of the role that fine-tunes models in Amazon Bedrock.
        amazon_bedrock_role_arn: String,
    }

    /// Jobs on EMR Serverless.
    EmrServerlessSettings {
        /// ARN of the role that jobs run with.
        execution_role_arn: String,
        /// On or off.
        status: FeatureStatus,
    }
}

words! {
    /// An outside data source.
    DataSourceName { SalesforceGenie, Snowflake }
}
