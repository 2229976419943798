//! Rules for service control policies: together they must deny what the platform forbids.
//!
//! A rule is a list of requests, each with a single fault, that the policies of a scope must
//! certainly deny to a principal without exemptions. Policies that are attached nowhere do not
//! count; where they are attached is live data. Scopes without any service control policy do not
//! belong to the organization's policies, and are not checked.

mod blinding;
mod checks;
mod claim_tags;
mod probe;
mod regions;
#[cfg(test)]
mod tests;

pub(crate) use self::checks::denies_large_apps;
use self::checks::{
    boundary, container_traffic, detection, domains, gateways, hiding, instance_types, isolation,
    jobs_in_vpc, keys, local_disks, lockout, models, notebooks, organization, personal_data,
    presigned, root_access, s3, trails, volumes,
};
pub(super) use self::claim_tags::open_claim_tags;
use super::{NAME as KIND, State};
use crate::{
    baseline::{
        Baseline, Reach, Rule, Severity,
        documents::{self, Documented},
    },
    model::policy_document::PolicyDocument,
};

/// The baseline of service control policies.
pub(super) const BASELINE: Baseline = Baseline::of::<State>(RULES);

impl Documented for State {
    const FIELD: &'static str = "content";

    fn document(&self) -> Option<&PolicyDocument> {
        self.content.as_ref()?.document()
    }
}

const RULES: &[Rule] = &[
    Rule {
        id: "SCP-01",
        severity: Severity::Critical,
        kind: KIND,
        title: "CloudTrail cannot be stopped, changed or deleted",
        why: "Attackers turn off the record first.",
        source: "AWS Control Tower AWS-GR_CLOUDTRAIL_CHANGE_PROHIBITED; AWS Organizations user \
                 guide, example SCPs",
        help: "deny whatever stops, narrows or redirects a trail, an event data store or a \
               channel: the actions are in the finding",
        reach: Reach::Scope,
        check: trails,
    },
    Rule {
        id: "SCP-02",
        severity: Severity::High,
        kind: KIND,
        title: "Work happens in approved Regions only",
        why: "Nobody watches the other Regions. A list of forbidden Regions ends where AWS opens \
              the next one.",
        source: "AWS Organizations user guide, example SCPs (deny access by requested Region); AWS \
                 Control Tower Region deny control",
        help: "deny, with `NotAction` of the global services, where `StringNotEquals` finds \
               aws:RequestedRegion on no short list of approved Regions",
        reach: Reach::Scope,
        check: regions::approved,
    },
    Rule {
        id: "SCP-03",
        severity: Severity::High,
        kind: KIND,
        title: "Public access blocks of S3 stay, and policies and logs of protected buckets too",
        why: "One call opens a bucket to the world; overwriting a log has the effect of deleting \
              it.",
        source: "AWS Control Tower AWS-GR_AUDIT_BUCKET_POLICY_CHANGES_PROHIBITED; Security Hub \
                 S3.1, S3.8",
        help: "deny s3:PutBucketPublicAccessBlock and PutAccountPublicAccessBlock, and changes of \
               policies and ACLs and writing and deleting of objects in the log archive, which its \
               services write",
        reach: Reach::Scope,
        check: s3,
    },
    Rule {
        id: "SCP-04",
        severity: Severity::High,
        kind: KIND,
        title: "SageMaker domains are VpcOnly, with subnets and groups",
        why: "A domain that does not say so is open to the internet.",
        source: "AWS whitepaper \"SageMaker Studio Administration Best Practices\", network \
                 management; Config SAGEMAKER_DOMAIN_IN_VPC",
        help: "deny sagemaker:CreateDomain and UpdateDomain by sagemaker:AppNetworkAccessType, \
               VpcSubnets and VpcSecurityGroupIds",
        reach: Reach::Scope,
        check: domains,
    },
    Rule {
        id: "SCP-05",
        severity: Severity::High,
        kind: KIND,
        title: "Notebook instances are in the VPC, without direct internet access",
        why: "Direct access is the default, and cannot be changed later.",
        source: "Security Hub SageMaker.1, SageMaker.2; Config \
                 SAGEMAKER_NOTEBOOK_NO_DIRECT_INTERNET_ACCESS; checkov CKV_AWS_122, CKV_AWS_306",
        help: "deny sagemaker:CreateNotebookInstance by sagemaker:DirectInternetAccess and \
               VpcSubnets",
        reach: Reach::Scope,
        check: notebooks,
    },
    Rule {
        id: "SCP-06",
        severity: Severity::High,
        kind: KIND,
        title: "Notebook instances give no root",
        why: "Root on a notebook can disable its protection, and is the default.",
        source: "Security Hub SageMaker.3; Config SAGEMAKER_NOTEBOOK_INSTANCE_ROOT_ACCESS_CHECK; \
                 checkov CKV_AWS_307",
        help: "deny sagemaker:CreateNotebookInstance and UpdateNotebookInstance by \
               sagemaker:RootAccess",
        reach: Reach::Scope,
        check: root_access,
    },
    Rule {
        id: "SCP-07",
        severity: Severity::High,
        kind: KIND,
        title: "SageMaker volumes are encrypted with customer managed keys",
        why: "Nobody controls who may decrypt with AWS's own key.",
        source: "Security Hub SageMaker.21; Config SAGEMAKER_NOTEBOOK_INSTANCE_KMS_KEY_CONFIGURED; \
                 checkov CKV_AWS_22, CKV_AWS_187",
        help: "deny creating domains, notebooks and jobs with `Null` of sagemaker:VolumeKmsKeyArn \
               and the older sagemaker:VolumeKmsKey together",
        reach: Reach::Scope,
        check: volumes,
    },
    Rule {
        id: "SCP-08",
        severity: Severity::Medium,
        kind: KIND,
        title: "Traffic between the containers of a job is encrypted",
        why: "It crosses the network of the VPC, and is not encrypted by default.",
        source: "SageMaker developer guide, \"Protect Communications Between ML Compute \
                 Instances\"",
        help: "deny jobs where sagemaker:InterContainerTrafficEncryption is false or missing",
        reach: Reach::Scope,
        check: container_traffic,
    },
    Rule {
        id: "SCP-09",
        severity: Severity::Medium,
        kind: KIND,
        title: "Containers of jobs are isolated from the network",
        why: "Packages from anywhere run in them, with the job's role.",
        source: "Security Hub SageMaker.5; Config SAGEMAKER_MODEL_ISOLATION_ENABLED; SageMaker \
                 developer guide, \"Run Training and Inference Containers in Internet-Free Mode\"",
        help: "deny jobs where sagemaker:NetworkIsolation is false or missing",
        reach: Reach::Scope,
        check: isolation,
    },
    Rule {
        id: "SCP-10",
        severity: Severity::High,
        kind: KIND,
        title: "Jobs and models run in the VPC",
        why: "Outside of it no group, endpoint policy or flow log sees them.",
        source: "Config SAGEMAKER_MODEL_IN_VPC; SageMaker developer guide, \"Give SageMaker Jobs \
                 Access to Resources in Your VPC\"",
        help: "deny creating them with `Null` of sagemaker:VpcSubnets",
        reach: Reach::Scope,
        check: jobs_in_vpc,
    },
    Rule {
        id: "SCP-11",
        severity: Severity::Low,
        kind: KIND,
        title: "The largest instance types cannot be chosen for Studio apps",
        why: "Stolen sessions are used for them.",
        source: "AWS whitepaper \"SageMaker Studio Administration Best Practices\" (limiting \
                 CreateApp by sagemaker:InstanceTypes)",
        help: "deny sagemaker:CreateApp by sagemaker:InstanceTypes (and let `system` through)",
        reach: Reach::Scope,
        check: instance_types,
    },
    Rule {
        id: "SCP-12",
        severity: Severity::High,
        kind: KIND,
        title: "Presigned URLs come through the platform's own endpoints only",
        why: "A presigned URL is a session for whoever holds it, and anybody can have an endpoint.",
        source: "SageMaker developer guide, \"Connect to SageMaker Within your VPC\"; AWS \
                 whitepaper \"SageMaker Studio Administration Best Practices\"",
        help: "deny sagemaker:CreatePresigned…Url and its like where aws:SourceVpce is none of the \
               platform's endpoints: `StringNotEquals: {aws:SourceVpce: [\"${SCOPE/KIND/NAME}\"]}`",
        reach: Reach::Scope,
        check: presigned,
    },
    Rule {
        id: "SCP-13",
        severity: Severity::High,
        kind: KIND,
        title: "What detects attacks cannot be turned off, suspended or narrowed",
        why: "Attackers turn it off first, and deleting it is only the most visible way.",
        source: "AWS Control Tower AWS-GR_CONFIG_CHANGE_PROHIBITED; Security Hub GuardDuty.1, \
                 Config.1; AWS Prescriptive Guidance, \"Security Reference Architecture\"",
        help: "deny what deletes, suspends or narrows them (guardduty:UpdateDetector, \
               config:PutConfigurationRecorder, macie2:UpdateMacieSession, …), with an exception \
               for who administers them",
        reach: Reach::Scope,
        check: detection,
    },
    Rule {
        id: "SCP-14",
        severity: Severity::High,
        kind: KIND,
        title: "Keys cannot be deleted or disabled by those who work with them",
        why: "What is encrypted under a key is lost with it.",
        source: "Security Hub KMS.3; KMS developer guide, \"Deleting AWS KMS keys\"",
        help: "deny kms:ScheduleKeyDeletion, DisableKey and DeleteImportedKeyMaterial, with an \
               exception for who administers keys",
        reach: Reach::Scope,
        check: keys,
    },
    Rule {
        id: "SCP-15",
        severity: Severity::Medium,
        kind: KIND,
        title: "Only listed Bedrock models can be used, and customized with a key",
        why: "Each model is a third party that prompts go to.",
        source: "Amazon Bedrock user guide, \"Identity-based policy examples\" (deny access to \
                 models); Security Hub Bedrock.1",
        help: "deny bedrock:InvokeModel* with `NotResource` of the listed models",
        reach: Reach::Scope,
        check: models,
    },
    Rule {
        id: "SCP-16",
        severity: Severity::Medium,
        kind: KIND,
        title: "Recognizing faces and personal data is for tagged principals",
        why: "These calls process personal data, and few need them.",
        source: "Amazon Rekognition developer guide and Amazon Comprehend developer guide, \
                 identity-based policies; IAM user guide, attribute-based access control",
        help: "deny rekognition:DetectFaces, SearchFacesByImage, comprehend:DetectPiiEntities and \
                 StartEntitiesDetectionJob unless aws:PrincipalTag allows it",
        reach: Reach::Scope,
        check: personal_data,
    },
    Rule {
        id: "SCP-17",
        severity: Severity::Medium,
        kind: KIND,
        title: "Roles are created with a permissions boundary",
        why: "Whoever can create a role without one can create one that may do everything.",
        source: "IAM user guide, \"Permissions boundaries\"; AWS Prescriptive Guidance, \
                 permissions boundaries",
        help: "deny iam:CreateRole without iam:PermissionsBoundary",
        reach: Reach::Scope,
        check: boundary,
    },
    Rule {
        id: "SCP-18",
        severity: Severity::High,
        kind: KIND,
        title: "Accounts stay in the organization, and nobody works as root",
        why: "Outside of the organization no SCP applies; SCPs are the only limit for root.",
        source: "AWS Control Tower AWS-GR_RESTRICT_ROOT_USER; AWS Organizations user guide, \
                 example SCPs; Security Hub IAM.4",
        help: "deny organizations:LeaveOrganization and AcceptHandshake and account:CloseAccount, \
               and everything where aws:PrincipalArn is an account's root and `Null: \
               {aws:AssumedRoot: \"true\"}` holds",
        reach: Reach::Scope,
        check: organization,
    },
    Rule {
        id: "SCP-19",
        severity: Severity::Medium,
        kind: KIND,
        title: "Nobody creates a path to the internet",
        why: "A gateway and a route make a private subnet public, and a peering leads to a VPC \
              that has them.",
        source: "AWS Organizations user guide, example SCPs (prevent VPCs without internet access \
                 from getting it)",
        help: "deny making and attaching gateways, ec2:CreateDefaultVpc (which does both), \
               peering, and changes of VPC block public access",
        reach: Reach::Scope,
        check: gateways,
    },
    Rule {
        id: "SCP-20",
        severity: Severity::Critical,
        kind: KIND,
        title: "No policy locks palisade's own role out",
        why: "palisade cannot undo a policy that locks it out.",
        source: "AWS Organizations user guide, \"SCP evaluation\" and \"Best practices\" (exempt \
                 the roles that administer)",
        help: "add palisade's role to the exceptions, in a condition on aws:PrincipalArn",
        reach: Reach::Manifest,
        check: lockout,
    },
    Rule {
        id: "SCP-21",
        severity: Severity::High,
        kind: KIND,
        title: "Claim tags are set and removed by palisade only",
        why: "One call removes a resource from palisade's control, or puts another one under it.",
        source: "AWS data perimeter policy examples (aws:TagKeys); EC2 API reference, DeleteTags; \
                 IAM user guide, aws:TagKeys",
        help: "deny everything where `ForAnyValue:StringLike` finds `palisade:*` in aws:TagKeys, \
               and ec2:DeleteTags without aws:TagKeys on what carries palisade:owner, except for \
               palisade's role",
        reach: Reach::Scope,
        check: claim_tags::guarded,
    },
    Rule {
        id: "SCP-22",
        severity: Severity::Medium,
        kind: KIND,
        title: "Policies that require volume keys exempt instances with local disks",
        why: "AWS refuses a volume key there, so that no job could be created with or without one.",
        source: "SageMaker API reference, ResourceConfig (VolumeKmsKeyId); EC2 \
                 DescribeInstanceTypes (InstanceStorageSupported)",
        help: "add the families to the `ForAnyValue:StringNotLike` of sagemaker:InstanceTypes in \
               the statement",
        reach: Reach::Manifest,
        check: local_disks,
    },
    Rule {
        id: "SCP-23",
        severity: Severity::Medium,
        kind: KIND,
        title: "Findings cannot be hidden or forged by rules",
        why: "A filter that archives findings hides an attack, and nothing looks turned off.",
        source: "GuardDuty user guide, \"Suppression rules\"; Security Hub user guide, \
                 \"Automation rules\"; IAM Access Analyzer, archive rules; Config API reference, \
                 PutEvaluations",
        help: "deny making filters, trusted lists, archive and automation rules and evaluations, \
               with an exception for who triages findings",
        reach: Reach::Scope,
        check: hiding,
    },
    documents::actions::<State>("SCP-ACT", KIND, "Actions of service control policies exist"),
    documents::conditions::<State>(
        "SCP-CON",
        KIND,
        "Conditions of service control policies can hold and fail",
    ),
    documents::statements::<State>(
        "SCP-STM",
        KIND,
        "Statements of service control policies mean what they look like",
    ),
    documents::everything::<State>(
        "SCP-ALL",
        KIND,
        "No service control policy denies everything to everybody",
    ),
];
