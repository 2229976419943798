//! The SDK's shapes of Studio's settings, field by field.

use aws_sdk_sagemaker::types;
use serde_json::{Map, Value, json};

use super::wire::{Malformed, Wire, group, groups, key, member, words};

words! {
    AppInstanceType, AppNetworkAccessType, AppSecurityGroupManagement, AppType, AuthMode,
    AutoMountHomeEfs, DataSourceName, ExecutionRoleIdentityConfig, ExecutionRoleSessionNameMode,
    FeatureStatus, HomeEfsFileSystemCreation, IpAddressType, LifecycleManagement, MlTools,
    NotebookOutputOption, RStudioServerProAccessStatus, RStudioServerProUserGroup,
    SageMakerImageName, SharingType, StudioWebPortal, TagPropagation,
}

groups! {
    UserSettings {
        execution_role, security_groups, sharing_settings, jupyter_server_app_settings,
        kernel_gateway_app_settings, tensor_board_app_settings, r_studio_server_pro_app_settings,
        r_session_app_settings, canvas_app_settings, code_editor_app_settings,
        jupyter_lab_app_settings, space_storage_settings, default_landing_uri, studio_web_portal,
        custom_posix_user_config, custom_file_system_configs, studio_web_portal_settings,
        auto_mount_home_efs as "autoMountHomeEFS",
    }
    DefaultSpaceSettings {
        execution_role, security_groups, jupyter_server_app_settings, kernel_gateway_app_settings,
        jupyter_lab_app_settings, space_storage_settings, custom_posix_user_config,
        custom_file_system_configs,
    }
    SpaceSettings {
        jupyter_server_app_settings, kernel_gateway_app_settings, code_editor_app_settings,
        jupyter_lab_app_settings, app_type, space_storage_settings, space_managed_resources,
        custom_file_systems, remote_access,
    }
    SpaceCodeEditorAppSettings { default_resource_spec, app_lifecycle_management }
    SpaceJupyterLabAppSettings {
        default_resource_spec, code_repositories, app_lifecycle_management,
    }
    SpaceAppLifecycleManagement { idle_settings }
    SpaceIdleSettings { idle_timeout_in_minutes }
    SpaceStorageSettings { ebs_storage_settings }
    EbsStorageSettings { ebs_volume_size_in_gb }
    EfsFileSystem { file_system_id }
    FSxLustreFileSystem { file_system_id }
    S3FileSystem { s3_uri }
    OwnershipSettings { owner_user_profile_name }
    SpaceSharingSettings { sharing_type }
    SharingSettings { notebook_output_option, s3_output_path, s3_kms_key_id }
    ResourceSpec {
        sage_maker_image_arn, sage_maker_image_version_arn, sage_maker_image_version_alias,
        instance_type, lifecycle_config_arn, training_plan_arn,
    }
    CodeRepository { repository_url }
    CustomImage { image_name, image_version_number, app_image_config_name }
    JupyterServerAppSettings { default_resource_spec, lifecycle_config_arns, code_repositories }
    KernelGatewayAppSettings { default_resource_spec, custom_images, lifecycle_config_arns }
    TensorBoardAppSettings { default_resource_spec }
    RStudioServerProAppSettings { access_status, user_group }
    RSessionAppSettings { default_resource_spec, custom_images }
    CodeEditorAppSettings {
        default_resource_spec, custom_images, lifecycle_config_arns, app_lifecycle_management,
        built_in_lifecycle_config_arn,
    }
    JupyterLabAppSettings {
        default_resource_spec, custom_images, lifecycle_config_arns, code_repositories,
        app_lifecycle_management, emr_settings, built_in_lifecycle_config_arn,
    }
    AppLifecycleManagement { idle_settings }
    IdleSettings {
        lifecycle_management, idle_timeout_in_minutes, min_idle_timeout_in_minutes,
        max_idle_timeout_in_minutes,
    }
    EmrSettings { assumable_role_arns, execution_role_arns }
    DefaultSpaceStorageSettings { default_ebs_storage_settings }
    DefaultEbsStorageSettings { default_ebs_volume_size_in_gb, maximum_ebs_volume_size_in_gb }
    CustomPosixUserConfig { uid, gid }
    EfsFileSystemConfig { file_system_id, file_system_path }
    FSxLustreFileSystemConfig { file_system_id, file_system_path }
    S3FileSystemConfig { mount_path, s3_uri }
    StudioWebPortalSettings {
        hidden_ml_tools, hidden_app_types, hidden_instance_types,
        hidden_sage_maker_image_version_aliases, execution_role_session_name_mode,
    }
    HiddenSageMakerImage { sage_maker_image_name, version_aliases }
    CanvasAppSettings {
        time_series_forecasting_settings, model_register_settings, workspace_settings,
        identity_provider_o_auth_settings, direct_deploy_settings, kendra_settings,
        generative_ai_settings, emr_serverless_settings,
    }
    TimeSeriesForecastingSettings { status, amazon_forecast_role_arn }
    ModelRegisterSettings { status, cross_account_model_register_role_arn }
    WorkspaceSettings { s3_artifact_path, s3_kms_key_id }
    IdentityProviderOAuthSetting { data_source_name, status, secret_arn }
    DirectDeploySettings { status }
    KendraSettings { status }
    GenerativeAiSettings { amazon_bedrock_role_arn }
    EmrServerlessSettings { execution_role_arn, status }
    DomainSettings {
        security_group_ids, r_studio_server_pro_domain_settings, execution_role_identity_config,
        trusted_identity_propagation_settings, docker_settings, amazon_q_settings,
        unified_studio_settings, ip_address_type,
    }
    DomainSettingsForUpdate {
        r_studio_server_pro_domain_settings_for_update as "rStudioServerProDomainSettings",
        execution_role_identity_config, security_group_ids, trusted_identity_propagation_settings,
        docker_settings, amazon_q_settings, unified_studio_settings, ip_address_type,
    }
    RStudioServerProDomainSettings {
        domain_execution_role_arn, r_studio_connect_url, r_studio_package_manager_url,
        default_resource_spec,
    }
    RStudioServerProDomainSettingsForUpdate {
        domain_execution_role_arn, default_resource_spec, r_studio_connect_url,
        r_studio_package_manager_url,
    }
    TrustedIdentityPropagationSettings { status }
    DockerSettings { enable_docker_access, vpc_only_trusted_accounts, rootless_docker }
    AmazonQSettings { status, q_profile_arn }
    UnifiedStudioSettings {
        studio_web_portal_access, domain_account_id, domain_region, domain_id, project_id,
        environment_id, project_s3_path, single_sign_on_application_arn,
    }
}

/// Both directions for unions of the SDK: the plain form is a group with one member.
macro_rules! unions {
    ($($union:ident { $($key:literal: $variant:ident),* $(,)? })*) => {$(
        impl Wire for types::$union {
            fn read(value: &Value) -> Result<Self, Malformed> {
                let only = value.as_object().filter(|map| map.len() == 1);
                let only = only.and_then(|map| map.iter().next());
                match only.map(|(name, config)| (name.as_str(), config)) {
                    $(Some(($key, config)) => Wire::read(config).map(Self::$variant),)*
                    _ => Err(Malformed::expected("one kind of file system", value)),
                }
            }

            fn write(&self) -> Value {
                match self {
                    $(Self::$variant(config) => json!({ $key: config.write() }),)*
                    // Equal to nothing a manifest can say, and never sent back.
                    _ => json!({ "unknownFileSystem": true }),
                }
            }
        }
    )*};
}

unions! {
    CustomFileSystemConfig {
        "efsFileSystemConfig": EfsFileSystemConfig,
        "fsxLustreFileSystemConfig": FSxLustreFileSystemConfig,
        "s3FileSystemConfig": S3FileSystemConfig,
    }
    CustomFileSystem {
        "efsFileSystem": EfsFileSystem,
        "fsxLustreFileSystem": FSxLustreFileSystem,
        "s3FileSystem": S3FileSystem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_of_the_sdk_is_forgotten() {
        for (printed, known) in known_fields() {
            let inside = printed.split_once(" { ").map_or("", |(_, rest)| rest);
            let mut fields: Vec<_> = inside
                .trim_end_matches(" }")
                .split(", ")
                .map(|field| field.trim_end_matches(": None"))
                .collect();
            fields.sort_unstable();
            let mut known = known;
            known.sort_unstable();
            assert_eq!(fields, known, "{printed}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused_and_not_dropped() {
        let error = types::SharingSettings::read(&json!({"s3Output": "s3://b"})).unwrap_err();
        assert_eq!(error.to_string(), "no member s3Output is known");
    }

    #[test]
    fn an_enum_value_that_is_newer_than_this_build_passes_through() {
        let word = types::AppInstanceType::read(&json!("ml.z9.large")).unwrap();
        assert_eq!(word.write(), json!("ml.z9.large"));
    }
}
