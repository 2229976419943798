//! What monitors watch of the types: all of them are created and deleted by the same operations.

use super::names::{
    ACCESS_POINT, ALARM, ANALYZER, ANOMALY_MONITOR, ANOMALY_SUBSCRIPTION, ATTACHMENT, BUCKET,
    BUCKET_POLICY, CONFIG_RULE, DELIVERY_CHANNEL, DETECTOR, ELASTIC_IP, ENABLED_CONTROL,
    EVENT_RULE, FLOW_LOG, GUARDRAIL, HUB, INSTANCE_PROFILE, INTERNET_GATEWAY, LOG_GROUP,
    MANAGED_POLICY, METRIC_FILTER, MLFLOW_TRACKING_SERVER, MODEL_PACKAGE_GROUP, NAT_GATEWAY,
    PERMISSION_SET, QUEUE, QUEUE_POLICY, RECORDER, REPOSITORY, RESOURCE_SHARE, ROLE, SUBNET, TOPIC,
    TOPIC_POLICY, TRAIL, TRANSIT_ATTACHMENT, TRANSIT_GATEWAY, UNIFIED_DOMAIN, UNIT, VPC,
};
use crate::simulator::api::{Holes, Kind, Repeated};

const NO_HOLES: Holes = Holes { added: &[], whole: &[], missing: &[] };

/// A client token makes a second create one with the first. Calls of the services that the
/// handlers make for palisade are vital as well.
const fn kind(
    name: &'static str,
    told_by: &'static [(&'static str, &'static str)],
    vital: &'static [&'static str],
    holes: Holes,
) -> Kind {
    Kind {
        name,
        list: "ListResources",
        narrowed_by: &["ResourceModel"],
        told_by,
        create: "CreateResource",
        created: &["/ProgressEvent/Identifier"],
        delete: "DeleteResource",
        repeated: Repeated::Token,
        vital,
        lost: |_| None,
        holes,
    }
}

/// One for each type.
pub(super) const KINDS: &[Kind] = &[
    kind(
        VPC,
        &[("TypeName", VPC)],
        &["cloudformation:GetResource", "cloudformation:UpdateResource", "ec2:ModifyVpcAttribute"],
        NO_HOLES,
    ),
    kind(
        INTERNET_GATEWAY,
        &[("TypeName", INTERNET_GATEWAY)],
        &["cloudformation:GetResource", "ec2:CreateTags"],
        NO_HOLES,
    ),
    kind(
        ATTACHMENT,
        &[("TypeName", ATTACHMENT)],
        &["cloudformation:GetResource", "ec2:AttachInternetGateway"],
        // A way out that nobody wants.
        Holes { added: &["gateway "], whole: &[], missing: &[] },
    ),
    kind(
        SUBNET,
        &[("TypeName", SUBNET)],
        &["cloudformation:UpdateResource", "ec2:ModifySubnetAttribute"],
        Holes { added: &["mapPublicIpOnLaunch "], whole: &[], missing: &[] },
    ),
    kind(
        ELASTIC_IP,
        &[("TypeName", ELASTIC_IP)],
        &["cloudformation:GetResource", "ec2:CreateTags"],
        NO_HOLES,
    ),
    kind(
        NAT_GATEWAY,
        &[("TypeName", NAT_GATEWAY)],
        &["cloudformation:GetResource", "ec2:CreateTags"],
        NO_HOLES,
    ),
    kind(
        FLOW_LOG,
        &[("TypeName", FLOW_LOG)],
        &["cloudformation:GetResource", "ec2:CreateTags"],
        NO_HOLES,
    ),
    kind(
        LOG_GROUP,
        &[("TypeName", LOG_GROUP)],
        &["cloudformation:UpdateResource", "logs:PutRetentionPolicy"],
        Holes { added: &[], whole: &[], missing: &["KmsKeyId ", "DeletionProtectionEnabled true"] },
    ),
    kind(
        TRAIL,
        &[("TypeName", TRAIL)],
        &["cloudformation:UpdateResource", "cloudtrail:StartLogging"],
        // What is not recorded cannot be found out later.
        Holes {
            added: &[],
            whole: &[],
            missing: &["IsLogging true", "AdvancedEventSelectors ", "EnableLogFileValidation true"],
        },
    ),
    kind(
        TOPIC,
        &[("TypeName", TOPIC)],
        &["cloudformation:UpdateResource", "sns:SetTopicAttributes"],
        Holes { added: &[], whole: &[], missing: &["KmsMasterKeyId "] },
    ),
    kind(
        TOPIC_POLICY,
        &[("TypeName", TOPIC_POLICY)],
        &["cloudformation:UpdateResource", "sns:SetTopicAttributes"],
        Holes { added: &["PolicyDocument"], whole: &[], missing: &[] },
    ),
    kind(
        QUEUE,
        &[("TypeName", QUEUE)],
        &["cloudformation:UpdateResource", "sqs:SetQueueAttributes"],
        Holes { added: &[], whole: &["SqsManagedSseEnabled false"], missing: &["KmsMasterKeyId "] },
    ),
    kind(
        QUEUE_POLICY,
        &[("TypeName", QUEUE_POLICY)],
        &["cloudformation:UpdateResource", "sqs:SetQueueAttributes"],
        Holes { added: &["PolicyDocument"], whole: &[], missing: &[] },
    ),
    kind(
        ACCESS_POINT,
        &[("TypeName", ACCESS_POINT)],
        &["cloudformation:UpdateResource", "s3:PutAccessPointPolicy"],
        Holes { added: &["Policy"], whole: &[], missing: &["PublicAccessBlockConfiguration."] },
    ),
    kind(
        REPOSITORY,
        &[("TypeName", REPOSITORY)],
        &["cloudformation:UpdateResource", "ecr:SetRepositoryPolicy"],
        Holes {
            added: &["RepositoryPolicyText", "ImageTagMutability \"MUTABLE\""],
            whole: &[],
            missing: &[],
        },
    ),
    kind(
        TRANSIT_GATEWAY,
        &[("TypeName", TRANSIT_GATEWAY)],
        &["cloudformation:UpdateResource", "ec2:ModifyTransitGateway"],
        Holes { added: &["AutoAcceptSharedAttachments \"enable\""], whole: &[], missing: &[] },
    ),
    kind(
        TRANSIT_ATTACHMENT,
        &[("TypeName", TRANSIT_ATTACHMENT)],
        &["cloudformation:UpdateResource", "ec2:ModifyTransitGatewayVpcAttachment"],
        NO_HOLES,
    ),
    kind(
        UNIFIED_DOMAIN,
        &[("TypeName", UNIFIED_DOMAIN)],
        &["cloudformation:UpdateResource", "datazone:UpdateDomain"],
        NO_HOLES,
    ),
    kind(
        METRIC_FILTER,
        &[("TypeName", METRIC_FILTER)],
        &["cloudformation:UpdateResource", "logs:PutMetricFilter"],
        Holes { added: &[], whole: &[], missing: &["FilterPattern "] },
    ),
    kind(
        ALARM,
        &[("TypeName", ALARM)],
        &["cloudformation:UpdateResource", "cloudwatch:PutMetricAlarm"],
        Holes { added: &[], whole: &["ActionsEnabled false"], missing: &["AlarmActions "] },
    ),
    kind(
        EVENT_RULE,
        &[("TypeName", EVENT_RULE)],
        &["cloudformation:UpdateResource", "events:PutRule"],
        Holes { added: &[], whole: &["State \"DISABLED\""], missing: &["EventPattern"] },
    ),
    kind(
        BUCKET,
        &[("TypeName", BUCKET)],
        &["cloudformation:UpdateResource", "s3:PutBucketPublicAccessBlock"],
        // The public access block without one of its four members, or ACLs in force again.
        Holes {
            added: &[],
            whole: &["\"ObjectWriter\"}]", "\"BucketOwnerPreferred\"}]"],
            missing: &["PublicAccessBlockConfiguration.", "OwnershipControls."],
        },
    ),
    kind(
        BUCKET_POLICY,
        &[("TypeName", BUCKET_POLICY)],
        &["cloudformation:UpdateResource", "s3:PutBucketPolicy"],
        Holes { added: &["policy "], whole: &[], missing: &[] },
    ),
    kind(
        ROLE,
        &[("TypeName", ROLE)],
        &["cloudformation:UpdateResource", "iam:UpdateAssumeRolePolicy"],
        Holes {
            added: &["trust ", "managedPolicy ", "inlinePolicy "],
            whole: &[],
            missing: &["boundary "],
        },
    ),
    kind(
        MANAGED_POLICY,
        &[("TypeName", MANAGED_POLICY)],
        &["cloudformation:UpdateResource", "iam:CreatePolicyVersion"],
        Holes { added: &["policy "], whole: &[], missing: &[] },
    ),
    kind(
        INSTANCE_PROFILE,
        &[("TypeName", INSTANCE_PROFILE)],
        &["cloudformation:UpdateResource", "iam:AddRoleToInstanceProfile"],
        Holes { added: &["role "], whole: &[], missing: &[] },
    ),
    kind(
        CONFIG_RULE,
        &[("TypeName", CONFIG_RULE)],
        &["cloudformation:UpdateResource", "config:PutConfigRule"],
        NO_HOLES,
    ),
    kind(
        RECORDER,
        &[("TypeName", RECORDER)],
        &["cloudformation:UpdateResource", "config:StartConfigurationRecorder"],
        // What is not recorded cannot be found out later.
        Holes { added: &[], whole: &[], missing: &["recording true"] },
    ),
    kind(
        ANALYZER,
        &[("TypeName", ANALYZER)],
        &["cloudformation:UpdateResource", "access-analyzer:UpdateAnalyzer"],
        Holes { added: &["ArchiveRules"], whole: &[], missing: &[] },
    ),
    kind(
        ANOMALY_MONITOR,
        &[("TypeName", ANOMALY_MONITOR)],
        &["cloudformation:UpdateResource", "ce:UpdateAnomalyMonitor"],
        NO_HOLES,
    ),
    kind(
        ANOMALY_SUBSCRIPTION,
        &[("TypeName", ANOMALY_SUBSCRIPTION)],
        &["cloudformation:UpdateResource", "ce:UpdateAnomalySubscription"],
        NO_HOLES,
    ),
    kind(
        DELIVERY_CHANNEL,
        &[("TypeName", DELIVERY_CHANNEL)],
        &["cloudformation:UpdateResource", "config:PutDeliveryChannel"],
        NO_HOLES,
    ),
    kind(
        DETECTOR,
        &[("TypeName", DETECTOR)],
        &["cloudformation:UpdateResource", "guardduty:UpdateDetector"],
        Holes { added: &[], whole: &[], missing: &["Enable true"] },
    ),
    kind(
        ENABLED_CONTROL,
        &[("TypeName", ENABLED_CONTROL)],
        &["cloudformation:UpdateResource", "controltower:UpdateEnabledControl"],
        NO_HOLES,
    ),
    kind(
        GUARDRAIL,
        &[("TypeName", GUARDRAIL)],
        &["cloudformation:UpdateResource", "bedrock:UpdateGuardrail"],
        NO_HOLES,
    ),
    kind(
        HUB,
        &[("TypeName", HUB)],
        &["cloudformation:UpdateResource", "securityhub:UpdateSecurityHubConfiguration"],
        Holes { added: &[], whole: &[], missing: &["AutoEnableControls true"] },
    ),
    kind(
        RESOURCE_SHARE,
        &[("TypeName", RESOURCE_SHARE)],
        &["cloudformation:UpdateResource", "ram:UpdateResourceShare"],
        Holes { added: &["AllowExternalPrincipals true"], whole: &[], missing: &[] },
    ),
    kind(
        UNIT,
        &[("TypeName", UNIT)],
        &["cloudformation:UpdateResource", "organizations:UpdateOrganizationalUnit"],
        NO_HOLES,
    ),
    kind(
        MLFLOW_TRACKING_SERVER,
        &[("TypeName", MLFLOW_TRACKING_SERVER)],
        &["cloudformation:UpdateResource", "sagemaker:UpdateMlflowTrackingServer"],
        NO_HOLES,
    ),
    kind(
        MODEL_PACKAGE_GROUP,
        &[("TypeName", MODEL_PACKAGE_GROUP)],
        &["cloudformation:UpdateResource", "sagemaker:PutModelPackageGroupPolicy"],
        Holes { added: &["ModelPackageGroupPolicy"], whole: &[], missing: &[] },
    ),
    kind(
        PERMISSION_SET,
        &[("TypeName", PERMISSION_SET)],
        &["cloudformation:UpdateResource", "sso:PutInlinePolicyToPermissionSet"],
        Holes { added: &["policy ", "reference ", "inline "], whole: &[], missing: &["boundary "] },
    ),
];
