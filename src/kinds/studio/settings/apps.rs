//! Settings of the apps in Studio, except Canvas.

use super::{
    arn, checks, clearable_arn, clearable_script, interrupts_when, interrupts_when_less, items,
    lists, minutes, neutral, number, opening, roles, script, scripts, settings, text, towards,
    word,
};

settings! {
    /// The image and the machine that an app starts with. An image that AWS adds here by itself is
    /// not drift unless the manifest names one.
    pub(super) fn resource_spec = "ResourceSpec" {
        /// ARN of the image.
        "sageMakerImageArn": arn(),
        /// ARN of the image's version; takes precedence over the image. `null` clears it.
        "sageMakerImageVersionArn": clearable_arn(),
        /// The image's version by name, e.g. `1.6.0`.
        "sageMakerImageVersionAlias": text(checks::any),
        /// The machine, e.g. `ml.t3.medium`; `system` for Jupyter servers.
        "instanceType": neutral(text(checks::instance_type)),
        /// The lifecycle configuration that runs by default: `{ref: …}` to a
        /// StudioLifecycleConfig, or an ARN. `null` clears it.
        "lifecycleConfigArn": clearable_script(),
        /// ARN of a training plan whose machines are used. `null` clears it.
        "trainingPlanArn": clearable_arn(),
    }

    /// A Git repository that is offered for cloning.
    pub(super) fn code_repository = "CodeRepository" {
        /// Its URL.
        "repositoryUrl": text(checks::any),
    }

    /// A custom image.
    pub(super) fn custom_image = "CustomImage" {
        /// Its name.
        "imageName": text(checks::any),
        /// Its version; default: the newest.
        "imageVersionNumber": number(0, i64::from(i32::MAX), "versions"),
        /// The configuration that it runs with.
        "appImageConfigName": text(checks::any),
    }

    /// Studio Classic's Jupyter server.
    pub(super) fn jupyter_server = "JupyterServerAppSettings" {
        /// Image and machine. Required with `lifecycleConfigArns`.
        "defaultResourceSpec": resource_spec(),
        /// Lifecycle configurations to choose from: `{ref: …}` to a StudioLifecycleConfig, or
        /// ARNs.
        "lifecycleConfigArns": scripts(),
        /// Git repositories to choose from, at most 10.
        "codeRepositories": items(10, code_repository()),
    }

    /// Studio Classic's kernels.
    pub(super) fn kernel_gateway = "KernelGatewayAppSettings" {
        /// Image and machine.
        "defaultResourceSpec": resource_spec(),
        /// Custom images, at most 200.
        "customImages": items(200, custom_image()),
        /// Lifecycle configurations to choose from: `{ref: …}` to a StudioLifecycleConfig, or
        /// ARNs.
        "lifecycleConfigArns": scripts(),
    }

    /// TensorBoard.
    pub(super) fn tensor_board = "TensorBoardAppSettings" {
        /// Image and machine.
        "defaultResourceSpec": resource_spec(),
    }

    /// RStudio for users.
    pub(super) fn rstudio = "RStudioServerProAppSettings" {
        /// Whether users may open RStudio.
        "accessStatus": towards("DISABLED", word(&RSTUDIO_ACCESS)),
        /// What users may do in it; only with `accessStatus: ENABLED`. AWS's default:
        /// `R_STUDIO_USER`.
        "userGroup": word(&RSTUDIO_GROUP),
    }

    /// RStudio's sessions.
    pub(super) fn rsession = "RSessionAppSettings" {
        /// Image and machine.
        "defaultResourceSpec": resource_spec(),
        /// Custom images, at most 200.
        "customImages": items(200, custom_image()),
    }

    /// Code Editor.
    pub(super) fn code_editor = "CodeEditorAppSettings" {
        /// Image and machine.
        "defaultResourceSpec": resource_spec(),
        /// Custom images, at most 200.
        "customImages": items(200, custom_image()),
        /// Lifecycle configurations to choose from: `{ref: …}` to a StudioLifecycleConfig, or
        /// ARNs.
        "lifecycleConfigArns": scripts(),
        /// When idle apps are shut down.
        "appLifecycleManagement": app_lifecycle_management(),
        /// A lifecycle configuration that runs before the default one: `{ref: …}` to a
        /// StudioLifecycleConfig, or an ARN.
        "builtInLifecycleConfigArn": script(),
    }

    /// JupyterLab.
    pub(super) fn jupyter_lab = "JupyterLabAppSettings" {
        /// Image and machine.
        "defaultResourceSpec": resource_spec(),
        /// Custom images, at most 200.
        "customImages": items(200, custom_image()),
        /// Lifecycle configurations to choose from: `{ref: …}` to a StudioLifecycleConfig, or
        /// ARNs.
        "lifecycleConfigArns": scripts(),
        /// Git repositories to choose from, at most 10.
        "codeRepositories": items(10, code_repository()),
        /// When idle apps are shut down.
        "appLifecycleManagement": app_lifecycle_management(),
        /// Roles for Amazon EMR.
        "emrSettings": emr(),
        /// A lifecycle configuration that runs before the default one: `{ref: …}` to a
        /// StudioLifecycleConfig, or an ARN.
        "builtInLifecycleConfigArn": script(),
    }

    /// When idle apps are shut down.
    pub(super) fn app_lifecycle_management = "AppLifecycleManagement" {
        /// Idle shutdown.
        "idleSettings": idle(),
    }

    /// Idle shutdown. Times are minutes, 60 to 525600.
    pub(super) fn idle = "IdleSettings" {
        /// Whether idle apps are shut down.
        "lifecycleManagement": interrupts_when("ENABLED", word(&IDLE_SHUTDOWN)),
        /// How long an app may be idle, in minutes.
        "idleTimeoutInMinutes": interrupts_when_less(minutes()),
        /// The shortest time that a user may choose, in minutes.
        "minIdleTimeoutInMinutes": minutes(),
        /// The longest time that a user may choose, in minutes.
        "maxIdleTimeoutInMinutes": interrupts_when_less(minutes()),
    }

    /// Roles for Amazon EMR.
    pub(super) fn emr = "EmrSettings" {
        /// ARNs of roles that the execution role may assume, in other accounts too.
        "assumableRoleArns": opening(roles()),
        /// ARNs of roles that clusters and jobs run with.
        "executionRoleArns": opening(roles()),
    }
}

lists! {
    /// Whether users may open RStudio.
    RSTUDIO_ACCESS = "RStudioAccess" ["ENABLED", "DISABLED"]
    /// What users may do in RStudio.
    RSTUDIO_GROUP = "RStudioUserGroup" ["R_STUDIO_ADMIN", "R_STUDIO_USER"]
    /// Whether idle apps are shut down.
    IDLE_SHUTDOWN = "LifecycleManagement" ["ENABLED", "DISABLED"]
}
