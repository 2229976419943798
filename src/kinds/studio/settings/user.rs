//! `UserSettings`, `DefaultSpaceSettings` and what both share.

use super::{
    APP_TYPES,
    apps::{
        code_editor, jupyter_lab, jupyter_server, kernel_gateway, rsession, rstudio, tensor_board,
    },
    canvas::canvas,
    checks, execution_role, gigabytes, hiding, interrupts, interrupts_when, interrupts_when_less,
    items, key, lists, neutral, number, opening, portal, s3_location, security_groups, settings,
    text, texts, towards, word, words,
};
use crate::kind::table::{Form, Leaf};

settings! {
    /// The defaults of user profiles.
    pub fn user = "UserSettings" {
        /// The role of private spaces: `{ref: …}` to an AWS::IAM::Role, or an ARN. Cannot be
        /// unset once set.
        "executionRole": execution_role(),
        /// Security groups of the apps, at most 5 (SageMaker adds its own for NFS, which leaves 4):
        /// `{ref: …}` to a SecurityGroup, or ids. Required for `VpcOnly`. Those of a profile add to
        /// these.
        "securityGroups": security_groups(5),
        /// How notebooks are shared.
        "sharingSettings": sharing(),
        /// Studio Classic's Jupyter server.
        "jupyterServerAppSettings": jupyter_server(),
        /// Studio Classic's kernels.
        "kernelGatewayAppSettings": kernel_gateway(),
        /// TensorBoard.
        "tensorBoardAppSettings": tensor_board(),
        /// RStudio for users.
        "rStudioServerProAppSettings": rstudio(),
        /// RStudio's sessions.
        "rSessionAppSettings": rsession(),
        /// Canvas.
        "canvasAppSettings": canvas(),
        /// Code Editor.
        "codeEditorAppSettings": code_editor(),
        /// JupyterLab.
        "jupyterLabAppSettings": jupyter_lab(),
        /// Volumes of private spaces.
        "spaceStorageSettings": space_storage(),
        /// The page that users see first: `studio::` (needs the Studio portal) or
        /// `app:JupyterServer:` (Studio Classic). AWS's default: `studio::`.
        "defaultLandingUri": neutral(text(checks::landing)),
        /// Whether users can open Studio. AWS's default: `ENABLED`. `DISABLED` needs another
        /// `defaultLandingUri` too.
        "studioWebPortal": portal(&PORTAL),
        /// The POSIX identity for files.
        "customPosixUserConfig": posix_user(),
        /// Additional file systems, at most 10.
        "customFileSystemConfigs": interrupts_when_less(items(10, file_system())),
        /// What Studio hides.
        "studioWebPortalSettings": studio_web_portal(),
        /// Whether the home file system is mounted.
        "autoMountHomeEFS": interrupts_when("Disabled", word(&HOME_MOUNT)),
    }

    /// The defaults of shared spaces.
    pub fn space = "SpaceSettings" {
        /// The role of shared spaces: `{ref: …}` to an AWS::IAM::Role, or an ARN. Cannot be
        /// unset once set.
        "executionRole": execution_role(),
        /// Security groups of the spaces, at most 5: `{ref: …}` to a SecurityGroup, or ids.
        "securityGroups": security_groups(5),
        /// Studio Classic's Jupyter server. AWS does not accept `codeRepositories` here.
        "jupyterServerAppSettings": jupyter_server(),
        /// Studio Classic's kernels.
        "kernelGatewayAppSettings": kernel_gateway(),
        /// JupyterLab.
        "jupyterLabAppSettings": jupyter_lab(),
        /// Volumes of shared spaces.
        "spaceStorageSettings": space_storage(),
        /// The POSIX identity for files.
        "customPosixUserConfig": posix_user(),
        /// Additional file systems, at most 10.
        "customFileSystemConfigs": interrupts_when_less(items(10, file_system())),
    }

    /// How notebooks are shared.
    pub(super) fn sharing = "SharingSettings" {
        /// Whether a shared notebook includes its output. AWS's default: `Disabled`.
        "notebookOutputOption": towards("Disabled", word(&NOTEBOOK_OUTPUT)),
        /// Where shared notebooks are kept: `s3://bucket/prefix`.
        "s3OutputPath": s3_location(),
        /// The KMS key of that location: `{ref: …}` to a KmsKey, a key ARN or a key id.
        "s3KmsKeyId": key(),
    }

    /// Volumes of spaces.
    pub(super) fn space_storage = "SpaceStorageSettings" {
        /// Their sizes.
        "defaultEbsStorageSettings": ebs_storage(),
    }

    /// Sizes of volumes; both are required. AWS's default: 5 and 100.
    pub(super) fn ebs_storage = "EbsStorageSettings" {
        /// The initial size of a space, in GB, 5 to 16384.
        "defaultEbsVolumeSizeInGb": neutral(gigabytes()),
        /// The largest size a user may choose, in GB, 5 to 16384.
        "maximumEbsVolumeSizeInGb": opening(gigabytes()),
    }

    /// The POSIX identity for files; both ids are required.
    pub(super) fn posix_user = "CustomPosixUserConfig" {
        /// The user id, 10000 to 4000000.
        "uid": interrupts(number(10_000, 4_000_000, "user ids")),
        /// The group id, 1001 to 4000000.
        "gid": interrupts(number(1_001, 4_000_000, "group ids")),
    }

    /// A directory of a file system.
    pub(super) fn file_system_directory = "FileSystemDirectory" {
        /// The file system's id, `fs-…`.
        "fileSystemId": text(checks::file_system),
        /// The directory that users see; nothing above it.
        "fileSystemPath": text(checks::any),
    }

    /// A location in S3, mounted as a directory.
    pub(super) fn s3_file_system = "S3FileSystem" {
        /// Where it is mounted.
        "mountPath": text(checks::any),
        /// What is mounted, `s3://…`.
        "s3Uri": s3_location(),
    }

    /// What Studio hides. Hiding is not a permission: the API remains usable.
    pub(super) fn studio_web_portal = "StudioWebPortalSettings" {
        /// Tools to hide.
        "hiddenMlTools": hiding(words(&ML_TOOLS)),
        /// Apps to hide.
        "hiddenAppTypes": hiding(words(&APP_TYPES)),
        /// Instance types to hide, e.g. `ml.p4d.24xlarge`.
        "hiddenInstanceTypes": hiding(texts(checks::instance_type, usize::MAX)),
        /// Image versions to hide, at most 5 entries.
        "hiddenSageMakerImageVersionAliases": items(5, hidden_image()),
        /// How the sessions of the execution role are named: `USER_IDENTITY` uses the user's name,
        /// so that CloudTrail shows who it was. AWS's default: `STATIC`.
        "executionRoleSessionNameMode": towards("USER_IDENTITY", word(&SESSION_NAMES)),
    }

    /// Versions of an image to hide.
    pub(super) fn hidden_image = "HiddenSageMakerImage" {
        /// The image.
        "sageMakerImageName": word(&IMAGE),
        /// The versions.
        "versionAliases": texts(checks::any, usize::MAX),
    }
}

/// An additional file system: exactly one of the three.
fn file_system() -> Leaf {
    Leaf::setting(Form::Choice {
        name: "CustomFileSystemConfig".into(),
        about: "A further file system: exactly one of the three.".into(),
        rows: vec![
            file_system_directory().named("efsFileSystemConfig", &["Amazon EFS."]),
            file_system_directory().named("fsxLustreFileSystemConfig", &["Amazon FSx for Lustre."]),
            s3_file_system().named("s3FileSystemConfig", &["Amazon S3."]),
        ],
    })
}

lists! {
    /// Whether a shared notebook includes its output.
    NOTEBOOK_OUTPUT = "NotebookOutputOption" ["Allowed", "Disabled"]
    /// Whether users can open Studio.
    PORTAL = "StudioWebPortal" ["ENABLED", "DISABLED"]
    /// Whether the home file system is mounted; `DefaultAsDomain` is for user profiles only.
    HOME_MOUNT = "AutoMountHomeEfs" ["Enabled", "Disabled", "DefaultAsDomain"]
    /// How the sessions of the execution role are named.
    SESSION_NAMES = "SessionNameMode" ["STATIC", "USER_IDENTITY"]
    /// An image of SageMaker.
    IMAGE = "SageMakerImageName" ["sagemaker_distribution"]
    /// A tool in Studio.
    ML_TOOLS = "MlTool" [
        "AutoMl", "Comet", "DataWrangler", "Datasets", "DeepchecksLLMEvaluation", "EmrClusters",
        "Endpoints", "Evaluators", "Experiments", "FeatureStore", "Fiddler", "HyperPodClusters",
        "InferenceOptimization", "InferenceRecommender", "JumpStart", "LakeraGuard",
        "ModelEvaluation", "Models", "PerformanceEvaluation", "Pipelines", "Projects",
        "RunningInstances", "Training",
    ]
}
