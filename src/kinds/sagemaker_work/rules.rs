//! The rules of the audit. Their numbers are those of the secure baseline for jobs.

use crate::{baseline::Severity, kind::LiveRule};

/// Network isolation.
pub(super) const ISOLATION: &str = "JOB-01";
/// Traffic between containers.
pub(super) const TRAFFIC: &str = "JOB-02";
/// The VPC.
pub(super) const VPC: &str = "JOB-03";
/// Keys.
pub(super) const KEYS: &str = "JOB-04";

pub(super) const RULES: &[LiveRule] = &[
    LiveRule {
        id: ISOLATION,
        severity: Severity::Medium,
        title: "Jobs, models and endpoints of SageMaker are isolated from the network",
        why: "A container that reaches the network can send training data and its role's \
              credentials anywhere. With isolation it gets neither network nor credentials, and \
              SageMaker moves its data.",
        source: "SageMaker API reference, EnableNetworkIsolation; AWS Security Hub SageMaker.5",
        help: "make it again with EnableNetworkIsolation; a service control policy with the block \
               scp/sm-isolation keeps others from being made without",
    },
    LiveRule {
        id: TRAFFIC,
        severity: Severity::Medium,
        title: "Distributed jobs of SageMaker encrypt the traffic between their containers",
        why: "The instances of a job exchange weights and samples, in plain text without it.",
        source: "SageMaker API reference, EnableInterContainerTrafficEncryption; SageMaker \
                 developer guide, \"Protect Communications Between ML Compute Instances in a \
                 Distributed Training Job\"",
        help: "make it again with EnableInterContainerTrafficEncryption; a service control policy \
               with the block scp/sm-intercontainer keeps others from being made without",
    },
    LiveRule {
        id: VPC,
        severity: Severity::High,
        title: "Jobs, models and endpoints of SageMaker are in a VPC",
        why: "Outside of a VPC its containers reach the internet past every security group, \
              endpoint policy and flow log.",
        source: "SageMaker API reference, VpcConfig; AWS Config SAGEMAKER_MODEL_IN_VPC",
        help: "make it again with VpcConfig; a service control policy with the block \
               scp/sm-jobs-vpc keeps others from being made without",
    },
    LiveRule {
        id: KEYS,
        severity: Severity::Medium,
        title: "What SageMaker jobs and endpoints store is encrypted with a key of the customer",
        why: "Without a key of the customer nobody can take back access to volumes, outputs and \
              captured requests, or see in CloudTrail who used them.",
        source: "SageMaker API reference, ResourceConfig, OutputDataConfig and \
                 CreateEndpointConfig; AWS Config \
                 SAGEMAKER_ENDPOINT_CONFIGURATION_KMS_KEY_CONFIGURED",
        help: "make it again with VolumeKmsKeyId and KmsKeyId; a service control policy with the \
               blocks scp/sm-volume-keys and scp/sm-output-keys keeps others from being made \
               without",
    },
];
