//! A trip through life for each type of Cloud Control that has no scenarios of its own: made, and changed. One table; what it
//! takes to be made stands in `before`.

use palisade::simulator::World;
use serde_json::json;

use super::{
    catalogue::{manifest, role},
    hands,
    scenario::{Place, Scenario},
};

/// A type, and two wishes for one resource of it.
struct Trip {
    name: &'static str,
    kind: &'static str,
    place: Place,
    /// The name of the manifest.
    called: &'static str,
    lifecycle: &'static str,
    /// Other manifests: kind, name and spec.
    before: &'static [(&'static str, &'static str, &'static str)],
    /// Manifests with a lifecycle of their own, or that are made of others.
    also: fn() -> String,
    /// What somebody did before.
    hands: Option<fn(&mut World)>,
    /// What the manifests take over.
    adopts: &'static [&'static str],
    /// Whether somebody has to consent, because it is identity.
    guarded: bool,
    first: &'static str,
    then: &'static str,
}

const TRIP: Trip = Trip {
    name: "",
    kind: "",
    place: Place::Ml,
    called: "it",
    lifecycle: "",
    before: &[],
    also: String::new,
    hands: None,
    adopts: &[],
    guarded: false,
    first: "",
    then: "",
};

const VPC: (&str, &str, &str) =
    ("AWS::EC2::VPC", "net", "{properties: {CidrBlock: 10.60.0.0/16, EnableDnsSupport: true}}");
const SUBNET: (&str, &str, &str) = (
    "AWS::EC2::Subnet",
    "inner",
    "{properties: {VpcId: \"${AWS::EC2::VPC/net}\", CidrBlock: 10.60.0.0/24, AvailabilityZone: eu-west-1a}}",
);
const OTHER: (&str, &str, &str) = (
    "AWS::EC2::Subnet",
    "other",
    "{properties: {VpcId: \"${AWS::EC2::VPC/net}\", CidrBlock: 10.60.1.0/24, AvailabilityZone: eu-west-1b}}",
);
const CORE: (&str, &str, &str) = ("AWS::EC2::TransitGateway", "core", "{properties: {}}");
const GROUP: (&str, &str, &str) =
    ("AWS::Logs::LogGroup", "logs", "{properties: {LogGroupName: /ml/logs}}");
const TOPIC: (&str, &str, &str) =
    ("AWS::SNS::Topic", "alerts", "{properties: {TopicName: alerts}}");
const QUEUE: (&str, &str, &str) =
    ("AWS::SQS::Queue", "work", "{properties: {QueueName: work, SqsManagedSseEnabled: true}}");
const BUCKET: (&str, &str, &str) =
    ("AWS::S3::Bucket", "acme-data", "{properties: {BucketName: acme-data}}");
const MONITOR: (&str, &str, &str) = (
    "AWS::CE::AnomalyMonitor",
    "costs",
    "{properties: {MonitorName: costs, MonitorType: DIMENSIONAL, MonitorDimension: SERVICE}}",
);
/// The VPC of the world before palisade, taken over.
fn network_of_somebody() -> String {
    let spec = "{properties: {CidrBlock: 10.20.0.0/16}}";
    manifest("ml", "AWS::EC2::VPC", "net", "adopt: \"@{AWS::EC2::VPC/10.20.0.0/16}\"", spec)
}

/// Two roles that somebody may give to instances.
fn roles() -> String {
    let jobs = role("", "s3:GetObject", "", "");
    let other =
        jobs.replace("name: jobs", "name: work").replace("RoleName: jobs", "RoleName: work");
    format!("{jobs}{other}")
}

/// AWS Config takes a channel where there is a recorder only.
fn recorder_of_somebody(world: &mut World) {
    let recorder = json!({"name": "default", "roleARN": "arn:aws:iam::111122223333:role/config"});
    let input = json!({"ConfigurationRecorder": recorder});
    hands::call(world, "config", "PutConfigurationRecorder", &input);
}

const TRIPS: &[Trip] = &[
    Trip {
        name: "analyzer",
        kind: "AWS::AccessAnalyzer::Analyzer",
        first: "tags: {team: ml}, properties: {AnalyzerName: outside, Type: ACCOUNT, ArchiveRules: []}",
        then: "tags: {team: data}, properties: {AnalyzerName: outside, Type: ACCOUNT, ArchiveRules: [{RuleName: ours, \
               Filter: [{Property: isPublic, Eq: [\"false\"]}]}]}",
        ..TRIP
    },
    Trip {
        name: "guardrail",
        kind: "AWS::Bedrock::Guardrail",
        first: "properties: {Name: models, BlockedInputMessaging: no, BlockedOutputsMessaging: no, ContentPolicyConfig: \
                {FiltersConfig: [{Type: HATE, InputStrength: LOW, OutputStrength: LOW}]}}",
        then: "properties: {Name: models, BlockedInputMessaging: nothing, BlockedOutputsMessaging: no, ContentPolicyConfig: \
               {FiltersConfig: [{Type: HATE, InputStrength: HIGH, OutputStrength: HIGH}]}}",
        ..TRIP
    },
    Trip {
        name: "cost-monitor",
        kind: "AWS::CE::AnomalyMonitor",
        first: "properties: {MonitorName: costs, MonitorType: DIMENSIONAL, MonitorDimension: SERVICE}",
        then: "properties: {MonitorName: services, MonitorType: DIMENSIONAL, MonitorDimension: SERVICE}",
        ..TRIP
    },
    Trip {
        name: "cost-subscription",
        kind: "AWS::CE::AnomalySubscription",
        before: &[MONITOR],
        first: "properties: {SubscriptionName: owners, Frequency: DAILY, MonitorArnList: [\"${AWS::CE::AnomalyMonitor/costs}\"], \
                Subscribers: [{Type: EMAIL, Address: a@example.com}]}",
        then: "properties: {SubscriptionName: owners, Frequency: WEEKLY, MonitorArnList: [\"${AWS::CE::AnomalyMonitor/costs}\"], \
               Subscribers: [{Type: EMAIL, Address: b@example.com}]}",
        ..TRIP
    },
    Trip {
        name: "alarm",
        kind: "AWS::CloudWatch::Alarm",
        first: "tags: {team: ml}, properties: {AlarmName: denied, MetricName: Denied, Namespace: ml, Statistic: Sum, Period: 300, \
                EvaluationPeriods: 1, Threshold: 20, ComparisonOperator: GreaterThanThreshold}",
        then: "tags: {team: data}, properties: {AlarmName: denied, MetricName: Denied, Namespace: ml, Statistic: Sum, Period: 60, \
               EvaluationPeriods: 2, Threshold: 10, ComparisonOperator: GreaterThanThreshold}",
        ..TRIP
    },
    Trip {
        name: "control",
        kind: "AWS::ControlTower::EnabledControl",
        place: Place::Org,
        first: "properties: {TargetIdentifier: \"arn:aws:organizations::999988887777:ou/o-1/ou-1\", ControlIdentifier: \
                \"arn:aws:controltower:us-east-1::control/AWS-GR_REGION\", Parameters: [{Key: AllowedRegions, Value: [eu-west-1]}]}",
        then: "properties: {TargetIdentifier: \"arn:aws:organizations::999988887777:ou/o-1/ou-1\", ControlIdentifier: \
               \"arn:aws:controltower:us-east-1::control/AWS-GR_REGION\", Parameters: [{Key: AllowedRegions, Value: [eu-west-2]}]}",
        ..TRIP
    },
    Trip {
        name: "unified-domain",
        kind: "AWS::DataZone::Domain",
        first: "properties: {Name: ml, DomainVersion: V2, Description: one, DomainExecutionRole: \
                \"arn:aws:iam::111122223333:role/execution\", ServiceRole: \"arn:aws:iam::111122223333:role/service\"}",
        then: "tags: {team: ml}, properties: {Name: ml, DomainVersion: V2, Description: two, DomainExecutionRole: \
               \"arn:aws:iam::111122223333:role/execution\", ServiceRole: \"arn:aws:iam::111122223333:role/service\"}",
        ..TRIP
    },
    Trip {
        name: "delivery-channel",
        kind: "AWS::Config::DeliveryChannel",
        called: "default",
        lifecycle: "adopt: default",
        hands: Some(recorder_of_somebody),
        first: "properties: {Name: default, S3BucketName: acme-log}",
        then: "properties: {Name: default, S3BucketName: acme-log, S3KeyPrefix: config, \
               ConfigSnapshotDeliveryProperties: {DeliveryFrequency: Six_Hours}}",
        ..TRIP
    },
    Trip {
        name: "address",
        kind: "AWS::EC2::EIP",
        first: "tags: {team: ml}, properties: {Domain: vpc}",
        then: "tags: {team: data}, properties: {Domain: vpc}",
        ..TRIP
    },
    Trip {
        name: "flow-log",
        kind: "AWS::EC2::FlowLog",
        before: &[VPC],
        first: "tags: {team: ml}, properties: {ResourceId: \"${AWS::EC2::VPC/net}\", ResourceType: VPC, TrafficType: ALL, \
                LogDestinationType: s3, LogDestination: \"arn:aws:s3:::acme-data\"}",
        then: "tags: {team: data}, properties: {ResourceId: \"${AWS::EC2::VPC/net}\", ResourceType: VPC, TrafficType: ALL, \
               LogDestinationType: s3, LogDestination: \"arn:aws:s3:::acme-data\"}",
        ..TRIP
    },
    Trip {
        name: "internet-gateway",
        kind: "AWS::EC2::InternetGateway",
        first: "tags: {team: ml}, properties: {}",
        then: "tags: {team: data, old: null}, properties: {}",
        ..TRIP
    },
    Trip {
        name: "gateway-attachment",
        kind: "AWS::EC2::VPCGatewayAttachment",
        before: &[
            ("AWS::EC2::InternetGateway", "out", "{properties: {}}"),
            ("AWS::EC2::InternetGateway", "other", "{properties: {}}"),
        ],
        also: network_of_somebody,
        adopts: &["AWS::EC2::VPC/10.20.0.0/16"],
        first: "properties: {VpcId: \"${AWS::EC2::VPC/net}\", InternetGatewayId: \"${AWS::EC2::InternetGateway/out}\"}",
        then: "properties: {VpcId: \"${AWS::EC2::VPC/net}\", InternetGatewayId: \"${AWS::EC2::InternetGateway/other}\"}",
        ..TRIP
    },
    Trip {
        name: "nat-gateway",
        kind: "AWS::EC2::NatGateway",
        before: &[VPC, SUBNET],
        first: "tags: {team: ml}, properties: {SubnetId: \"${AWS::EC2::Subnet/inner}\", ConnectivityType: private}",
        then: "tags: {team: data}, properties: {SubnetId: \"${AWS::EC2::Subnet/inner}\", ConnectivityType: private}",
        ..TRIP
    },
    Trip {
        name: "transit-gateway",
        kind: "AWS::EC2::TransitGateway",
        first: "tags: {team: ml}, properties: {AutoAcceptSharedAttachments: enable, Description: one}",
        then: "tags: {team: data}, properties: {AutoAcceptSharedAttachments: disable, Description: two}",
        ..TRIP
    },
    Trip {
        name: "transit-attachment",
        kind: "AWS::EC2::TransitGatewayAttachment",
        before: &[VPC, SUBNET, OTHER, CORE],
        first: "properties: {TransitGatewayId: \"${AWS::EC2::TransitGateway/core}\", VpcId: \"${AWS::EC2::VPC/net}\", \
                SubnetIds: [\"${AWS::EC2::Subnet/inner}\"]}",
        then: "properties: {TransitGatewayId: \"${AWS::EC2::TransitGateway/core}\", VpcId: \"${AWS::EC2::VPC/net}\", \
               SubnetIds: [\"${AWS::EC2::Subnet/other}\", \"${AWS::EC2::Subnet/inner}\"], Options: {ApplianceModeSupport: enable}}",
        ..TRIP
    },
    Trip {
        name: "repository",
        kind: "AWS::ECR::Repository",
        first: "tags: {team: ml}, properties: {RepositoryName: ml/images, ImageTagMutability: MUTABLE, RepositoryPolicyText: \
                {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {AWS: \"444455556666\"}, Action: \"ecr:BatchGetImage\"}]}}",
        then: "tags: {team: data}, properties: {RepositoryName: ml/images, ImageTagMutability: IMMUTABLE, \
               ImageScanningConfiguration: {ScanOnPush: true}, RepositoryPolicyText: null}",
        ..TRIP
    },
    Trip {
        name: "event-rule",
        kind: "AWS::Events::Rule",
        first: "tags: {team: ml}, properties: {Name: made, State: DISABLED, EventPattern: {source: [aws.sagemaker]}}",
        then: "tags: {team: data}, properties: {Name: made, State: ENABLED, EventPattern: {source: [aws.sagemaker, aws.bedrock]}}",
        ..TRIP
    },
    Trip {
        name: "instance-profile",
        kind: "AWS::IAM::InstanceProfile",
        lifecycle: "adopt: it",
        also: roles,
        guarded: true,
        first: "properties: {InstanceProfileName: it, Path: /ml/, Roles: [\"${AWS::IAM::Role/jobs}\"]}",
        then: "properties: {InstanceProfileName: it, Path: /ml/, Roles: [\"${AWS::IAM::Role/work}\"]}",
        ..TRIP
    },
    Trip {
        name: "managed-policy",
        kind: "AWS::IAM::ManagedPolicy",
        lifecycle: "adopt: \"arn:aws:iam::111122223333:policy/ml/it\"",
        guarded: true,
        first: "properties: {ManagedPolicyName: it, Path: /ml/, PolicyDocument: {Version: \"2012-10-17\", Statement: \
                [{Effect: Allow, Action: \"s3:GetObject\", Resource: \"arn:aws:s3:::acme-data/*\"}]}}",
        then: "properties: {ManagedPolicyName: it, Path: /ml/, PolicyDocument: {Version: \"2012-10-17\", Statement: \
               [{Effect: Allow, Action: \"s3:PutObject\", Resource: \"arn:aws:s3:::acme-data/*\"}]}}",
        ..TRIP
    },
    Trip {
        name: "unit",
        kind: "AWS::Organizations::OrganizationalUnit",
        place: Place::Org,
        first: "tags: {team: ml}, properties: {Name: Sandbox, ParentId: \"@{Root/r}\"}",
        then: "tags: {team: data}, properties: {Name: Playground, ParentId: \"@{Root/r}\"}",
        ..TRIP
    },
    Trip {
        name: "permission-set",
        kind: "AWS::SSO::PermissionSet",
        place: Place::Org,
        guarded: true,
        first: "tags: {team: ml}, properties: {InstanceArn: \"arn:aws:sso:::instance/ssoins-7223aaaaaaaaaaaa\", Name: Reader, \
                SessionDuration: PT1H, ManagedPolicies: [], PermissionsBoundary: {CustomerManagedPolicyReference: \
                {Name: ml-boundary, Path: /}}, InlinePolicy: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \
                \"s3:GetObject\", Resource: \"*\"}]}}",
        then: "tags: {team: data}, properties: {InstanceArn: \"arn:aws:sso:::instance/ssoins-7223aaaaaaaaaaaa\", Name: Reader, \
               SessionDuration: PT8H, ManagedPolicies: [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"], PermissionsBoundary: \
               {CustomerManagedPolicyReference: {Name: ml-boundary, Path: /}}, InlinePolicy: null}",
        ..TRIP
    },
    Trip {
        name: "log-group",
        kind: "AWS::Logs::LogGroup",
        first: "tags: {team: ml}, properties: {LogGroupName: /ml/logs, RetentionInDays: 30}",
        then: "tags: {team: data}, properties: {LogGroupName: /ml/logs, RetentionInDays: 365, DeletionProtectionEnabled: true}",
        ..TRIP
    },
    Trip {
        name: "metric-filter",
        kind: "AWS::Logs::MetricFilter",
        lifecycle: "adopt: /ml/logs|it",
        before: &[GROUP],
        first: "properties: {LogGroupName: \"${AWS::Logs::LogGroup/logs}\", FilterName: it, FilterPattern: one, \
                MetricTransformations: [{MetricName: One, MetricNamespace: ml, MetricValue: \"1\"}]}",
        then: "properties: {LogGroupName: \"${AWS::Logs::LogGroup/logs}\", FilterName: it, FilterPattern: two, \
               MetricTransformations: [{MetricName: Two, MetricNamespace: ml, MetricValue: \"1\"}]}",
        ..TRIP
    },
    Trip {
        name: "share",
        kind: "AWS::RAM::ResourceShare",
        first: "tags: {team: ml}, properties: {Name: one, AllowExternalPrincipals: true}",
        then: "tags: {team: data}, properties: {Name: two, AllowExternalPrincipals: false}",
        ..TRIP
    },
    Trip {
        name: "access-point",
        kind: "AWS::S3::AccessPoint",
        before: &[BUCKET],
        first: "tags: {team: ml}, properties: {Name: acme-point, Bucket: \"${AWS::S3::Bucket/acme-data}\", VpcConfiguration: {VpcId: vpc-1}, \
                PublicAccessBlockConfiguration: {BlockPublicAcls: false}}",
        then: "tags: {team: data}, properties: {Name: acme-point, Bucket: \"${AWS::S3::Bucket/acme-data}\", VpcConfiguration: {VpcId: vpc-1}, \
               PublicAccessBlockConfiguration: {BlockPublicAcls: true}, Policy: {Version: \"2012-10-17\", Statement: [{Effect: Allow, \
               Principal: {AWS: \"444455556666\"}, Action: \"s3:GetObject\", Resource: \
               \"arn:aws:s3:eu-west-1:111122223333:accesspoint/acme-point/object/*\"}]}}",
        ..TRIP
    },
    Trip {
        name: "mlflow",
        kind: "AWS::SageMaker::MlflowTrackingServer",
        first: "tags: {team: ml}, properties: {TrackingServerName: runs, RoleArn: \"arn:aws:iam::111122223333:role/work\", \
                ArtifactStoreUri: \"s3://acme-one\", AutomaticModelRegistration: false}",
        then: "tags: {team: data}, properties: {TrackingServerName: runs, RoleArn: \"arn:aws:iam::111122223333:role/work\", \
               ArtifactStoreUri: \"s3://acme-two\", AutomaticModelRegistration: true}",
        ..TRIP
    },
    Trip {
        name: "model-group",
        kind: "AWS::SageMaker::ModelPackageGroup",
        first: "tags: {team: ml}, properties: {ModelPackageGroupName: models}",
        then: "tags: {team: data}, properties: {ModelPackageGroupName: models, ModelPackageGroupPolicy: {Version: \"2012-10-17\", \
               Statement: [{Effect: Allow, Principal: {AWS: \"444455556666\"}, Action: \"sagemaker:DescribeModelPackageGroup\", \
               Resource: \"*\"}]}}",
        ..TRIP
    },
    Trip {
        name: "hub",
        kind: "AWS::SecurityHub::Hub",
        first: "tags: {team: ml}, properties: {AutoEnableControls: false}",
        then: "tags: {team: data}, properties: {AutoEnableControls: true}",
        ..TRIP
    },
    Trip {
        name: "topic",
        kind: "AWS::SNS::Topic",
        first: "tags: {team: ml}, properties: {TopicName: alerts, DisplayName: one}",
        then: "tags: {team: data}, properties: {TopicName: alerts, DisplayName: two, KmsMasterKeyId: alias/ml}",
        ..TRIP
    },
    Trip {
        name: "topic-policy",
        kind: "AWS::SNS::TopicInlinePolicy",
        called: "alerts",
        before: &[TOPIC],
        first: "properties: {TopicArn: \"${AWS::SNS::Topic/alerts}\", PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, \
                Principal: {Service: events.amazonaws.com}, Action: \"sns:Publish\", Resource: \"*\"}]}}",
        then: "properties: {TopicArn: \"${AWS::SNS::Topic/alerts}\", PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, \
               Principal: {Service: cloudwatch.amazonaws.com}, Action: \"sns:Publish\", Resource: \"*\"}]}}",
        ..TRIP
    },
    Trip {
        name: "queue",
        kind: "AWS::SQS::Queue",
        first: "tags: {team: ml}, properties: {QueueName: work, VisibilityTimeout: 30}",
        then: "tags: {team: data}, properties: {QueueName: work, VisibilityTimeout: 60, MessageRetentionPeriod: 1209600}",
        ..TRIP
    },
    Trip {
        name: "queue-policy",
        kind: "AWS::SQS::QueueInlinePolicy",
        called: "work",
        before: &[QUEUE],
        first: "properties: {Queue: \"${AWS::SQS::Queue/work}\", PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, \
                Principal: {Service: events.amazonaws.com}, Action: \"sqs:SendMessage\", Resource: \"*\"}]}}",
        then: "properties: {Queue: \"${AWS::SQS::Queue/work}\", PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, \
               Principal: {Service: sns.amazonaws.com}, Action: \"sqs:SendMessage\", Resource: \"*\"}]}}",
        ..TRIP
    },
];

impl Trip {
    fn scope(&self) -> &'static str {
        if self.place == Place::Org { "org" } else { "ml" }
    }

    fn manifests(&self, wish: &str) -> String {
        let one = |kind: &str, name: &str, lifecycle: &str, spec: &str| {
            manifest(self.scope(), kind, name, lifecycle, spec)
        };
        let before = self.before.iter().map(|(kind, name, spec)| one(kind, name, "", spec));
        let own = one(self.kind, self.called, self.lifecycle, &format!("{{{wish}}}"));
        [(self.also)()].into_iter().chain(before).chain([own]).collect()
    }

    fn scenario(&self, what: &str) -> Scenario {
        let also = (self.also)().matches("\nkind: ").count();
        let depth = 1 + (self.before.len() + also) as u64;
        let scenario = Scenario::new(format!("{}-{what}", self.name).leak(), self.place, depth);
        if self.guarded { scenario.guarded() } else { scenario }
    }

    /// The first stage, with what somebody did before and what is taken over.
    fn begun(&self, scenario: Scenario, manifests: String) -> Scenario {
        let scenario = scenario.then(manifests).adopts(self.adopts);
        match self.hands {
            Some(hands) => scenario.by_hand(hands),
            None => scenario,
        }
    }

    fn scenarios(&self) -> [Scenario; 2] {
        let [first, then] = [self.first, self.then].map(|wish| self.manifests(wish));
        [
            self.begun(self.scenario("create"), first.clone()),
            self.begun(self.scenario("change"), first).then(then),
        ]
    }
}

/// All of them.
pub fn scenarios() -> Vec<Scenario> {
    TRIPS.iter().flat_map(Trip::scenarios).collect()
}

/// The number of types in the table.
#[cfg(test)]
pub fn count() -> usize {
    TRIPS.len()
}
