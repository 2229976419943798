//! `UserSettings`, `DefaultSpaceSettings` and what both share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    CanvasAppSettings, CodeEditorAppSettings, JupyterLabAppSettings, JupyterServerAppSettings,
    KernelGatewayAppSettings, RSessionAppSettings, RStudioServerProAppSettings,
    TensorBoardAppSettings,
};
use crate::{
    kind::{Target, Targets},
    kinds::sagemaker_domain::leaf::{Written, settings, words},
};

settings! {
    /// What user profiles start from.
    UserSettings {
        /// ARN of the role of private spaces. Cannot be unset once set.
        execution_role: String,
        /// Security groups of the apps, at most 5 (SageMaker adds its own for NFS, which leaves 4):
        /// `{ref: …}` to a SecurityGroup, or ids. Needed for `VpcOnly`. Those of a profile add to these.
        security_groups: Written<Targets>,
        /// How notebooks are shared.
        sharing_settings: SharingSettings,
        /// Studio Classic's Jupyter server.
        jupyter_server_app_settings: JupyterServerAppSettings,
        /// Studio Classic's kernels.
        kernel_gateway_app_settings: KernelGatewayAppSettings,
        /// TensorBoard.
        tensor_board_app_settings: TensorBoardAppSettings,
        /// RStudio for users.
        r_studio_server_pro_app_settings: RStudioServerProAppSettings,
        /// RStudio's sessions.
        r_session_app_settings: RSessionAppSettings,
        /// Canvas.
        canvas_app_settings: CanvasAppSettings,
        /// Code Editor.
        code_editor_app_settings: CodeEditorAppSettings,
        /// JupyterLab.
        jupyter_lab_app_settings: JupyterLabAppSettings,
        /// Volumes of private spaces.
        space_storage_settings: SpaceStorageSettings,
        /// What users see first: `studio::` (needs the Studio portal) or `app:JupyterServer:` (Studio
        /// Classic). AWS's default: `studio::`.
        default_landing_uri: String,
        /// Whether users can open Studio. AWS's default: `ENABLED`. `DISABLED` needs another
        /// `defaultLandingUri` beside it.
        studio_web_portal: StudioWebPortal,
        /// The POSIX identity for files.
        custom_posix_user_config: CustomPosixUserConfig,
        /// Further file systems, at most 10.
        custom_file_system_configs: Vec<CustomFileSystemConfig>,
        /// What Studio hides.
        studio_web_portal_settings: StudioWebPortalSettings,
        /// Whether the home file system is mounted.
        #[serde(rename = "autoMountHomeEFS")]
        auto_mount_home_efs: AutoMountHomeEfs,
    }

    /// What shared spaces start from.
    SpaceSettings {
        /// ARN of the role of shared spaces. Cannot be unset once set.
        execution_role: String,
        /// Security groups of the spaces, at most 5: `{ref: …}` to a SecurityGroup, or ids.
        security_groups: Written<Targets>,
        /// Studio Classic's Jupyter server. AWS takes no `codeRepositories` here.
        jupyter_server_app_settings: JupyterServerAppSettings,
        /// Studio Classic's kernels.
        kernel_gateway_app_settings: KernelGatewayAppSettings,
        /// JupyterLab.
        jupyter_lab_app_settings: JupyterLabAppSettings,
        /// Volumes of shared spaces.
        space_storage_settings: SpaceStorageSettings,
        /// The POSIX identity for files.
        custom_posix_user_config: CustomPosixUserConfig,
        /// Further file systems, at most 10.
        custom_file_system_configs: Vec<CustomFileSystemConfig>,
    }

    /// How notebooks are shared.
    SharingSettings {
        /// Whether a shared notebook carries its output. AWS's default: `Disabled`.
        notebook_output_option: NotebookOutputOption,
        /// Where shared notebooks are kept: `s3://bucket/prefix`.
        s3_output_path: String,
        /// The KMS key of that place: `{ref: …}` to a KmsKey, a key ARN or a key id.
        s3_kms_key_id: Written<Target>,
    }

    /// Volumes of spaces.
    SpaceStorageSettings {
        /// Their sizes.
        default_ebs_storage_settings: EbsStorageSettings,
    }

    /// Sizes of volumes; both are needed. AWS's default: 5 and 100.
    EbsStorageSettings {
        /// The size a space starts with, in GB, 5 to 16384.
        default_ebs_volume_size_in_gb: i64,
        /// The largest size a user may choose, in GB, 5 to 16384.
        maximum_ebs_volume_size_in_gb: i64,
    }

    /// The POSIX identity for files; both ids are needed.
    CustomPosixUserConfig {
        /// The user id, 10000 to 4000000.
        uid: i64,
        /// The group id, 1001 to 4000000.
        gid: i64,
    }

    /// A directory of a file system.
    FileSystemDirectory {
        /// The file system's id, `fs-…`.
        file_system_id: String,
        /// The directory that users see; nothing above it.
        file_system_path: String,
    }

    /// A place in S3, mounted as a directory.
    S3FileSystem {
        /// Where it is mounted.
        mount_path: String,
        /// What is mounted, `s3://…`.
        s3_uri: String,
    }

    /// What Studio hides. Hiding is not a permission: it keeps nobody from the API.
    StudioWebPortalSettings {
        /// Tools to hide.
        hidden_ml_tools: Vec<MlTool>,
        /// Apps to hide.
        hidden_app_types: Vec<AppType>,
        /// Instance types to hide, e.g. `ml.p4d.24xlarge`.
        hidden_instance_types: Vec<String>,
        /// Image versions to hide, at most 5 entries.
        hidden_sage_maker_image_version_aliases: Vec<HiddenSageMakerImage>,
        /// What names the sessions of the execution role: `USER_IDENTITY` puts the user's name there, so
        /// that CloudTrail shows who it was. AWS's default: `STATIC`.
        execution_role_session_name_mode: SessionNameMode,
    }

    /// Versions of an image to hide.
    HiddenSageMakerImage {
        /// The image.
        sage_maker_image_name: SageMakerImageName,
        /// The versions.
        version_aliases: Vec<String>,
    }
}

/// A further file system: exactly one of the three.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CustomFileSystemConfig {
    /// Amazon EFS.
    EfsFileSystemConfig(FileSystemDirectory),
    /// Amazon FSx for Lustre.
    FsxLustreFileSystemConfig(FileSystemDirectory),
    /// Amazon S3.
    S3FileSystemConfig(S3FileSystem),
}

words! {
    /// Whether a shared notebook carries its output.
    NotebookOutputOption { Allowed, Disabled }
    /// Whether users can open Studio.
    StudioWebPortal { Enabled = "ENABLED", Disabled = "DISABLED" }
    /// Whether the home file system is mounted; `DefaultAsDomain` is for user profiles only.
    AutoMountHomeEfs { Enabled, Disabled, DefaultAsDomain }
    /// What names the sessions of the execution role.
    SessionNameMode { Static = "STATIC", UserIdentity = "USER_IDENTITY" }
    /// An image of SageMaker.
    SageMakerImageName { SagemakerDistribution = "sagemaker_distribution" }
    /// A tool in Studio.
    MlTool {
        AutoMl, Comet, DataWrangler, Datasets, DeepchecksLLMEvaluation, EmrClusters, Endpoints,
        Evaluators, Experiments, FeatureStore, Fiddler, HyperPodClusters, InferenceOptimization,
        InferenceRecommender, JumpStart, LakeraGuard, ModelEvaluation, Models,
        PerformanceEvaluation, Pipelines, Projects, RunningInstances, Training,
    }
    /// An app in Studio.
    AppType {
        Canvas, CodeEditor, DetailedProfiler, JupyterLab, JupyterServer, KernelGateway,
        RSessionGateway, RStudioServerPro, TensorBoard,
    }
}
