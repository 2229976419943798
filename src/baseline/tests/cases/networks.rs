//! Networks, trails and what tells people, as types of Cloud Control.

use super::{Case, case, manifest};

fn one(kind: &str, name: &str, properties: &str) -> String {
    manifest(kind, name, &format!("{{properties: {{{properties}}}}}"))
}

/// A private subnet whose table leads everything to this.
fn leading(via: &str) -> String {
    let subnet = "{tags: {tier: private}, properties: {VpcId: '${AWS::EC2::VPC/ml}', CidrBlock: 10.0.0.0/24}}";
    [
        one("AWS::EC2::VPC", "ml", "CidrBlock: 10.0.0.0/16"),
        one("AWS::EC2::InternetGateway", "out", ""),
        manifest("AWS::EC2::Subnet", "private", subnet),
        one("AWS::EC2::NatGateway", "nat", "SubnetId: subnet-0123456789abcdef0, AllocationId: eipalloc-1"),
        manifest(
            "RouteTable",
            "private",
            &format!("{{vpc: {{ref: ml}}, subnets: [{{ref: private}}], routes: [{{to: 0.0.0.0/0, via: {{ref: '{via}'}}}}]}}"),
        ),
    ]
    .concat()
}

fn subnet(public: bool) -> String {
    let properties = format!(
        "VpcId: vpc-0123456789abcdef0, CidrBlock: 10.0.0.0/24, MapPublicIpOnLaunch: {public}"
    );
    one("AWS::EC2::Subnet", "a", &properties)
}

const TYPES: [&str; 3] =
    ["'AWS::S3::Object'", "'AWS::SageMaker::Endpoint'", "'AWS::Bedrock::Model'"];

fn trail(more: &str, types: &[&str]) -> String {
    let selectors: Vec<String> = types
        .iter()
        .map(|kind| {
            format!("{{FieldSelectors: [{{Field: eventCategory, Equals: [Data]}}, {{Field: resources.type, Equals: [{kind}]}}]}}")
        })
        .collect();
    let selectors = selectors.join(", ");
    one(
        "AWS::CloudTrail::Trail",
        "all",
        &format!(
            "TrailName: all, S3BucketName: logs, IsLogging: true{more}, AdvancedEventSelectors: [{selectors}]"
        ),
    )
}

const EVERYWHERE: &str = ", IsMultiRegionTrail: true";
const READS: &str = ", EventSelectors: [{ReadWriteType: ReadOnly}]";
const WRITES_TOO: &str = ", EventSelectors: [{ReadWriteType: All}]";

/// A trail of all Regions, with these selectors.
fn of_management(more: &str) -> String {
    let properties =
        format!("TrailName: all, S3BucketName: logs, IsLogging: true{EVERYWHERE}{more}");
    one("AWS::CloudTrail::Trail", "all", &properties)
}

fn gateway(accepts: &str) -> String {
    let properties = format!("AutoAcceptSharedAttachments: {accepts}");
    one("AWS::EC2::TransitGateway", "core", &properties)
}

fn repository(tags: &str, scans: &str) -> String {
    let properties = format!(
        "RepositoryName: images, ImageTagMutability: {tags}, ImageScanningConfiguration: {{ScanOnPush: {scans}}}"
    );
    one("AWS::ECR::Repository", "images", &properties)
}

fn point(more: &str) -> String {
    one("AWS::S3::AccessPoint", "a", &format!("Name: aaa, Bucket: data{more}"))
}

pub fn all() -> Vec<Case> {
    const BOUND: &str = ", VpcConfiguration: {VpcId: vpc-0123456789abcdef0}";
    const OPEN: &str = ", VpcConfiguration: {VpcId: vpc-0123456789abcdef0}, \
                        PublicAccessBlockConfiguration: {BlockPublicPolicy: false}";
    const KEY: &str = ", KMSKeyId: 'arn:aws:kms:eu-west-1:111122223333:key/k'";
    const SURE: &str = ", EnableLogFileValidation: true";
    let vpc = || one("AWS::EC2::VPC", "ml", "CidrBlock: 10.0.0.0/16");
    let flow_log = "ResourceId: '${AWS::EC2::VPC/ml}', ResourceType: VPC, LogDestinationType: s3, LogDestination: 'arn:aws:s3:::logs'";
    let group = |days: u32| {
        one("AWS::Logs::LogGroup", "a", &format!("LogGroupName: a, RetentionInDays: {days}"))
    };
    vec![
        case(
            "NET-01",
            leading("AWS::EC2::InternetGateway/out"),
            leading("AWS::EC2::NatGateway/nat"),
        ),
        case("NET-03", subnet(true), subnet(false)),
        case("NET-04", vpc(), vpc() + &one("AWS::EC2::FlowLog", "ml", flow_log)),
        case(
            "NET-04",
            vpc() + &one("AWS::EC2::FlowLog", "ml", &format!("{flow_log}, TrafficType: ACCEPT")),
            vpc() + &one("AWS::EC2::FlowLog", "ml", &format!("{flow_log}, TrafficType: REJECT")),
        ),
        case("CT-01", trail("", &TYPES), of_management("")),
        case("CT-01", trail(EVERYWHERE, &TYPES), of_management("")),
        case("CT-01", of_management(READS), of_management(WRITES_TOO)),
        case("CT-02", trail("", &TYPES), trail(KEY, &TYPES)),
        case("CT-03", trail("", &TYPES), trail(SURE, &TYPES)),
        case("CT-07", trail("", &TYPES[..2]), trail("", &TYPES)),
        case(
            "SNS-01",
            one("AWS::SNS::Topic", "a", "TopicName: a"),
            one("AWS::SNS::Topic", "a", "TopicName: a, KmsMasterKeyId: alias/a"),
        ),
        case("LOG-01", group(30), group(365)),
        case("TGW-01", gateway("enable"), gateway("disable")),
        case("EP-08", point(""), point(BOUND)),
        case("EP-08", point(OPEN), point(BOUND)),
        case("ECR-01", repository("MUTABLE", "true"), repository("IMMUTABLE", "true")),
        case("ECR-02", repository("IMMUTABLE", "false"), repository("IMMUTABLE", "true")),
    ]
}
