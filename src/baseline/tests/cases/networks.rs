//! Networks, trails and what tells people, as types of Cloud Control.

use super::{Case, case, manifest};

fn one(kind: &str, name: &str, properties: &str) -> String {
    manifest(kind, name, &format!("{{properties: {{{properties}}}}}"))
}

/// A subnet with these tags, and a table with these subnets and routes.
fn routed(tags: &str, subnets: &str, routes: &str) -> String {
    let subnet = |name: &str, block: &str, tags: &str| {
        let properties = format!("VpcId: '${{AWS::EC2::VPC/ml}}', CidrBlock: {block}");
        let spec = format!("{{tags: {{{tags}}}, properties: {{{properties}}}}}");
        manifest("AWS::EC2::Subnet", name, &spec)
    };
    [
        one("AWS::EC2::VPC", "ml", "CidrBlock: 10.0.0.0/16"),
        one("AWS::EC2::InternetGateway", "out", ""),
        subnet("inner", "10.0.0.0/24", tags),
        subnet("outer", "10.0.1.0/24", "tier: public"),
        one(
            "AWS::EC2::NatGateway",
            "nat",
            "SubnetId: subnet-0123456789abcdef0, AllocationId: eipalloc-1",
        ),
        manifest(
            "RouteTable",
            "private",
            &format!("{{vpc: {{ref: ml}}, {subnets}routes: [{routes}]}}"),
        ),
    ]
    .concat()
}

const INNER: &str = "subnets: [{ref: inner}], ";

/// A subnet with these tags whose table leads this there.
fn leading(tags: &str, to: &str, via: &str) -> String {
    routed(tags, INNER, &format!("{{to: {to}, via: {via}}}"))
}

const ALL: &str = "0.0.0.0/0";
const NAT: &str = "{ref: 'AWS::EC2::NatGateway/nat'}";
const OUT: &str = "{ref: 'AWS::EC2::InternetGateway/out'}";

/// Where subnets lead, and who uses a table.
fn routes() -> Vec<Case> {
    let private = |egress: &str, via: &str| leading(&format!("tier: private{egress}"), ALL, via);
    let transit = "tgw-0123456789abcdef0";
    let with = |subnets: &str| routed("tier: private", subnets, "");
    vec![
        case("NET-01", private("", OUT), private("", NAT)),
        case("NET-01", leading("tier: isolated", ALL, OUT), leading("tier: public", ALL, OUT)),
        case("NET-02", private("", NAT), private(", egress: nat", NAT)),
        case("NET-02", private(", egress: nat", transit), private(", egress: tgw", transit)),
        case("NET-02", private(", egress: tgw", "pcx-0123456789abcdef0"), with(INNER)),
        case("NET-02", routed("egress: nat", INNER, ""), routed("egress: none", INNER, "")),
        case("NAT-02", private(", egress: none", NAT), private(", egress: nat", NAT)),
        case(
            "NAT-02",
            leading("tier: isolated", "10.9.0.0/16", NAT),
            leading("tier: isolated", "10.9.0.0/16", transit),
        ),
        case("RT-01", with("subnets: [subnet-0123456789abcdef0], "), with(INNER)),
        case("RT-01", with(""), with("subnets: [], ")),
        case("RT-01", with("subnets: [{ref: inner}, {ref: outer}], "), with(INNER)),
    ]
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
    let others = vec![
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
    ];
    [routes(), others].into_iter().flatten().collect()
}
