//! `SpaceSettings` of one space.

use super::{
    APP_TYPES, FEATURE,
    apps::{code_repository, jupyter_server, kernel_gateway, resource_spec},
    checks, interrupts_when_less, items, minutes, neutral, number, s3_location, settings, text,
    towards, word,
};
use crate::{
    kind::table::{Form, Gives, Leaf, RiskOf},
    model::Risk,
};

settings! {
    /// What holds for this space.
    pub fn one_space = "OneSpaceSettings" {
        /// The app that it is for; `JupyterLab` and `CodeEditor` have a volume of their own.
        /// Immutable.
        "appType": neutral(word(&APP_TYPES)),
        /// Studio Classic's Jupyter server. AWS takes no `codeRepositories` here.
        "jupyterServerAppSettings": jupyter_server(),
        /// Studio Classic's kernels.
        "kernelGatewayAppSettings": kernel_gateway(),
        /// Code Editor.
        "codeEditorAppSettings": code_editor(),
        /// JupyterLab.
        "jupyterLabAppSettings": jupyter_lab(),
        /// Its volume.
        "spaceStorageSettings": storage(),
        /// File systems of yours, at most 10.
        "customFileSystems": interrupts_when_less(items(10, file_system())),
        /// Whether people can work in it from an editor on their own machine. AWS's default:
        /// `DISABLED`.
        "remoteAccess": towards("DISABLED", word(&FEATURE)),
        /// Whether AWS makes the owner's profile and the app by itself. Immutable.
        "spaceManagedResources": neutral(word(&FEATURE)),
    }

    /// Code Editor.
    fn code_editor = "SpaceCodeEditorAppSettings" {
        /// Image and machine.
        "defaultResourceSpec": resource_spec(),
        /// When the app is shut down because it is idle.
        "appLifecycleManagement": app_lifecycle_management(),
    }

    /// JupyterLab.
    fn jupyter_lab = "SpaceJupyterLabAppSettings" {
        /// Image and machine.
        "defaultResourceSpec": resource_spec(),
        /// Git repositories to choose from, at most 10.
        "codeRepositories": items(10, code_repository()),
        /// When the app is shut down because it is idle.
        "appLifecycleManagement": app_lifecycle_management(),
    }

    /// When the app is shut down because it is idle.
    fn app_lifecycle_management = "SpaceAppLifecycleManagement" {
        /// Idle shutdown.
        "idleSettings": idle(),
    }

    /// Idle shutdown.
    fn idle = "SpaceIdleSettings" {
        /// How long the app may be idle, in minutes, 60 to 525600.
        "idleTimeoutInMinutes": interrupts_when_less(minutes()),
    }

    /// The space's volume.
    fn storage = "OneSpaceStorageSettings" {
        /// In Amazon EBS.
        "ebsStorageSettings": ebs_storage(),
    }

    /// A volume in Amazon EBS.
    fn ebs_storage = "OneEbsStorageSettings" {
        /// Its size in GB, 5 to 16384. What is on it is lost if it gets smaller.
        "ebsVolumeSizeInGb": size(),
    }

    /// A file system in Amazon EFS.
    fn efs = "EFSFileSystem" {
        /// Its id, `fs-…`.
        "fileSystemId": text(checks::file_system),
    }

    /// A file system in Amazon FSx for Lustre.
    fn fsx = "FSxLustreFileSystem" {
        /// Its id, `fs-…`.
        "fileSystemId": text(checks::file_system),
    }

    /// A place in S3, only in SageMaker Unified Studio.
    fn s3 = "S3FileSystem" {
        /// What is mounted, `s3://…`.
        "s3Uri": s3_location(),
    }
}

fn size() -> Leaf {
    let (less, other) = (Risk::NEUTRAL.stopping_work(), Risk::NEUTRAL);
    number(5, 16_384, "GB").risking(RiskOf::Less { less, other }, Gives::Nothing)
}

/// A file system of yours: exactly one of the three.
fn file_system() -> Leaf {
    Leaf::setting(Form::Choice {
        name: "CustomFileSystem".into(),
        about: "A file system of yours: exactly one of the three.".into(),
        rows: vec![
            efs().named("efsFileSystem", &["Amazon EFS."]),
            fsx().named("fsxLustreFileSystem", &["Amazon FSx for Lustre."]),
            s3().named("s3FileSystem", &["Amazon S3."]),
        ],
    })
}
