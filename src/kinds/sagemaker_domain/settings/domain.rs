//! `DomainSettings`: what holds for the domain as a whole.

use super::{FeatureStatus, ResourceSpec};
use crate::{
    kind::Targets,
    kinds::sagemaker_domain::leaf::{Written, settings, words},
};

settings! {
    /// What holds for the domain as a whole.
    DomainSettings {
        /// Security groups between the domain's apps (RStudio) and the users' apps, at most 3:
        /// `{ref: …}` to a SecurityGroup, or ids.
        security_group_ids: Written<Targets>,
        /// RStudio for the domain.
        r_studio_server_pro_domain_settings: RStudioServerProDomainSettings,
        /// Whether the profile's name goes into `sts:SourceIdentity` of the execution role, whose trust
        /// policy must allow `sts:SetSourceIdentity`. Can be changed only while no app runs.
        execution_role_identity_config: ExecutionRoleIdentityConfig,
        /// Trusted identity propagation: users reach data as themselves. Short for
        /// `trustedIdentityPropagationSettings: {status: …}`. Needs `authMode: SSO`, Identity Center in the same
        /// Region, and execution roles whose trust policy allows `sts:SetContext`; apps that run
        /// already keep the old way.
        trusted_identity_propagation: FeatureStatus,
        /// Trusted identity propagation, as the API writes it.
        trusted_identity_propagation_settings: TrustedIdentityPropagationSettings,
        /// Docker in Studio.
        docker_settings: DockerSettings,
        /// Amazon Q in Studio. Needs `authMode: SSO`.
        amazon_q_settings: AmazonQSettings,
        /// The link to SageMaker Unified Studio, which writes these fields itself.
        unified_studio_settings: UnifiedStudioSettings,
        /// `ipv4` (AWS's default) or `dualstack`, which needs subnets with IPv6.
        ip_address_type: IpAddressType,
    }

    /// RStudio for the domain. Can be changed only while no app runs.
    RStudioServerProDomainSettings {
        /// ARN of the role of the RStudio app. Needed.
        domain_execution_role_arn: String,
        /// URL of an RStudio Connect server.
        r_studio_connect_url: String,
        /// URL of an RStudio Package Manager server.
        r_studio_package_manager_url: String,
        /// Image and machine.
        default_resource_spec: ResourceSpec,
    }

    /// Trusted identity propagation.
    TrustedIdentityPropagationSettings {
        /// On or off.
        status: FeatureStatus,
    }

    /// Docker in Studio.
    DockerSettings {
        /// Whether Docker can be used. AWS's default: `DISABLED`.
        enable_docker_access: FeatureStatus,
        /// Accounts whose images may be used in `VpcOnly`, at most 20, 12 digits each.
        vpc_only_trusted_accounts: Vec<String>,
        /// Whether Docker runs without root.
        rootless_docker: FeatureStatus,
    }

    /// Amazon Q in Studio.
    AmazonQSettings {
        /// On or off.
        status: FeatureStatus,
        /// ARN of the Amazon Q profile.
        q_profile_arn: String,
    }

    /// The link to SageMaker Unified Studio.
    UnifiedStudioSettings {
        /// Whether the domain can still be opened in Studio.
        studio_web_portal_access: FeatureStatus,
        /// The account of the Unified Studio domain, 12 digits.
        domain_account_id: String,
        /// The Region of the Unified Studio domain.
        domain_region: String,
        /// The Unified Studio domain's id, `dzd…`.
        domain_id: String,
        /// The project's id.
        project_id: String,
        /// The environment's id.
        environment_id: String,
        /// Where the project keeps temporary data, `s3://…`.
        project_s3_path: String,
        /// ARN of Unified Studio's application in Identity Center.
        single_sign_on_application_arn: String,
    }
}

words! {
    /// Whether the profile's name goes into `sts:SourceIdentity`.
    ExecutionRoleIdentityConfig { UserProfileName = "USER_PROFILE_NAME", Disabled = "DISABLED" }
    /// The kind of addresses.
    IpAddressType { Ipv4 = "ipv4", Dualstack = "dualstack" }
}
