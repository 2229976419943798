//! `DomainSettings`: settings of the domain as a whole.

use super::{
    FEATURE, apps::resource_spec, arn, checks, feature, lists, opening, own_role, portal,
    s3_location, security_groups, settings, text, texts, towards, word,
};

settings! {
    /// Settings of the domain as a whole.
    pub fn domain = "DomainSettings" {
        /// Security groups between the domain's apps (RStudio) and the users' apps, at most 3:
        /// `{ref: …}` to a SecurityGroup, or ids.
        "securityGroupIds": security_groups(3),
        /// RStudio for the domain.
        "rStudioServerProDomainSettings": rstudio_domain(),
        /// Whether the profile's name goes into `sts:SourceIdentity` of the execution role, whose
        /// trust policy must allow `sts:SetSourceIdentity`. Can be changed only while no app runs.
        "executionRoleIdentityConfig": towards("USER_PROFILE_NAME", word(&IDENTITY)),
        /// Trusted identity propagation: users access data as themselves. Short for
        /// `trustedIdentityPropagationSettings: {status: …}`. Needs `authMode: SSO`, Identity
        /// Center in the same Region, and execution roles whose trust policy allows
        /// `sts:SetContext`; apps that are already running are not affected.
        "trustedIdentityPropagation": towards("ENABLED", word(&FEATURE)),
        /// Trusted identity propagation, as the API writes it.
        "trustedIdentityPropagationSettings": trusted_identity_propagation(),
        /// Docker in Studio.
        "dockerSettings": docker(),
        /// Amazon Q in Studio. Needs `authMode: SSO`.
        "amazonQSettings": amazon_q(),
        /// The link to SageMaker Unified Studio, which writes these fields itself.
        "unifiedStudioSettings": unified_studio(),
        /// `ipv4` (AWS's default) or `dualstack`, which needs subnets with IPv6.
        "ipAddressType": towards("ipv4", word(&ADDRESSES)),
    }

    /// RStudio for the domain. Can be changed only while no app runs.
    pub(super) fn rstudio_domain = "RStudioServerProDomainSettings" {
        /// The role of the RStudio app: `{ref: …}` to an AWS::IAM::Role, or an ARN. Required.
        "domainExecutionRoleArn": own_role(),
        /// URL of an RStudio Connect server.
        "rStudioConnectUrl": text(checks::any),
        /// URL of an RStudio Package Manager server.
        "rStudioPackageManagerUrl": text(checks::any),
        /// Image and machine.
        "defaultResourceSpec": resource_spec(),
    }

    /// Trusted identity propagation.
    pub(super) fn trusted_identity_propagation = "TrustedIdentityPropagationSettings" {
        /// On or off.
        "status": towards("ENABLED", word(&FEATURE)),
    }

    /// Docker in Studio.
    pub(super) fn docker = "DockerSettings" {
        /// Whether Docker can be used. AWS's default: `DISABLED`.
        "enableDockerAccess": feature(),
        /// Accounts whose images may be used in `VpcOnly`, at most 20, 12 digits each.
        "vpcOnlyTrustedAccounts": opening(texts(checks::account, 20)),
        /// Whether Docker runs without root.
        "rootlessDocker": towards("ENABLED", word(&FEATURE)),
    }

    /// Amazon Q in Studio.
    pub(super) fn amazon_q = "AmazonQSettings" {
        /// On or off.
        "status": feature(),
        /// ARN of the Amazon Q profile.
        "qProfileArn": arn(),
    }

    /// The link to SageMaker Unified Studio.
    pub(super) fn unified_studio = "UnifiedStudioSettings" {
        /// Whether the domain can still be opened in Studio.
        "studioWebPortalAccess": portal(&FEATURE),
        /// The account of the Unified Studio domain, 12 digits.
        "domainAccountId": text(checks::account),
        /// The Region of the Unified Studio domain.
        "domainRegion": text(checks::any),
        /// The Unified Studio domain's id, `dzd…`.
        "domainId": text(checks::any),
        /// The project's id.
        "projectId": text(checks::any),
        /// The environment's id.
        "environmentId": text(checks::any),
        /// Where the project keeps temporary data, `s3://…`.
        "projectS3Path": s3_location(),
        /// ARN of Unified Studio's application in Identity Center.
        "singleSignOnApplicationArn": arn(),
    }
}

lists! {
    /// Whether the profile's name goes into `sts:SourceIdentity`.
    IDENTITY = "ExecutionRoleIdentityConfig" ["USER_PROFILE_NAME", "DISABLED"]
    /// The kind of addresses.
    ADDRESSES = "IpAddressType" ["ipv4", "dualstack"]
}
