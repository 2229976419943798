//! Settings of the apps in Studio, Canvas apart.

use crate::kinds::sagemaker_domain::leaf::{settings, words};

settings! {
    /// The image and the machine that an app starts with. An image of AWS that Studio shows here
    /// without being asked is not drift as long as the manifest names none.
    ResourceSpec {
        /// ARN of the image.
        sage_maker_image_arn: String,
        /// ARN of the image's version; it wins over the image. `null` clears it.
        sage_maker_image_version_arn: String,
        /// The image's version by name, e.g. `1.6.0`.
        sage_maker_image_version_alias: String,
        /// The machine, e.g. `ml.t3.medium`; `system` for Jupyter servers.
        instance_type: String,
        /// ARN of the lifecycle configuration that runs by default. `null` clears it.
        lifecycle_config_arn: String,
        /// ARN of a training plan whose machines are used. `null` clears it.
        training_plan_arn: String,
    }

    /// A Git repository that is offered for cloning.
    CodeRepository {
        /// Its URL.
        repository_url: String,
    }

    /// A custom image.
    CustomImage {
        /// Its name.
        image_name: String,
        /// Its version; left out, the newest.
        image_version_number: i64,
        /// The configuration that it runs with.
        app_image_config_name: String,
    }

    /// Studio Classic's Jupyter server.
    JupyterServerAppSettings {
        /// Image and machine. Needed with `lifecycleConfigArns`.
        default_resource_spec: ResourceSpec,
        /// ARNs of lifecycle configurations to choose from.
        lifecycle_config_arns: Vec<String>,
        /// Git repositories to choose from, at most 10.
        code_repositories: Vec<CodeRepository>,
    }

    /// Studio Classic's kernels.
    KernelGatewayAppSettings {
        /// Image and machine.
        default_resource_spec: ResourceSpec,
        /// Custom images, at most 200.
        custom_images: Vec<CustomImage>,
        /// ARNs of lifecycle configurations to choose from.
        lifecycle_config_arns: Vec<String>,
    }

    /// TensorBoard.
    TensorBoardAppSettings {
        /// Image and machine.
        default_resource_spec: ResourceSpec,
    }

    /// RStudio for users.
    RStudioServerProAppSettings {
        /// Whether users may open RStudio.
        access_status: RStudioAccess,
        /// What users may do in it; only with `accessStatus: ENABLED`. AWS's default: `R_STUDIO_USER`.
        user_group: RStudioUserGroup,
    }

    /// RStudio's sessions.
    RSessionAppSettings {
        /// Image and machine.
        default_resource_spec: ResourceSpec,
        /// Custom images, at most 200.
        custom_images: Vec<CustomImage>,
    }

    /// Code Editor.
    CodeEditorAppSettings {
        /// Image and machine.
        default_resource_spec: ResourceSpec,
        /// Custom images, at most 200.
        custom_images: Vec<CustomImage>,
        /// ARNs of lifecycle configurations to choose from.
        lifecycle_config_arns: Vec<String>,
        /// When idle apps are shut down.
        app_lifecycle_management: AppLifecycleManagement,
        /// ARN of a lifecycle configuration that runs before the default one.
        built_in_lifecycle_config_arn: String,
    }

    /// JupyterLab.
    JupyterLabAppSettings {
        /// Image and machine.
        default_resource_spec: ResourceSpec,
        /// Custom images, at most 200.
        custom_images: Vec<CustomImage>,
        /// ARNs of lifecycle configurations to choose from.
        lifecycle_config_arns: Vec<String>,
        /// Git repositories to choose from, at most 10.
        code_repositories: Vec<CodeRepository>,
        /// When idle apps are shut down.
        app_lifecycle_management: AppLifecycleManagement,
        /// Roles for Amazon EMR.
        emr_settings: EmrSettings,
        /// ARN of a lifecycle configuration that runs before the default one.
        built_in_lifecycle_config_arn: String,
    }

    /// When idle apps are shut down.
    AppLifecycleManagement {
        /// Idle shutdown.
        idle_settings: IdleSettings,
    }

    /// Idle shutdown. Times are minutes, 60 to 525600.
    IdleSettings {
        /// Whether idle apps are shut down.
        lifecycle_management: LifecycleManagement,
        /// How long an app may be idle, in minutes.
        idle_timeout_in_minutes: i64,
        /// The shortest time that a user may choose, in minutes.
        min_idle_timeout_in_minutes: i64,
        /// The longest time that a user may choose, in minutes.
        max_idle_timeout_in_minutes: i64,
    }

    /// Roles for Amazon EMR.
    EmrSettings {
        /// ARNs of roles that the execution role may assume, in other accounts too.
        assumable_role_arns: Vec<String>,
        /// ARNs of roles that clusters and jobs run with.
        execution_role_arns: Vec<String>,
    }
}

words! {
    /// Whether users may open RStudio.
    RStudioAccess { Enabled = "ENABLED", Disabled = "DISABLED" }
    /// What users may do in RStudio.
    RStudioUserGroup { Admin = "R_STUDIO_ADMIN", User = "R_STUDIO_USER" }
    /// Whether idle apps are shut down.
    LifecycleManagement { Enabled = "ENABLED", Disabled = "DISABLED" }
}
