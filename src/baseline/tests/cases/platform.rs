//! Buckets, identity, ACLs, and whether Studio works.

use super::{
    APPS, Case, DOORS, HTTPS, OURS, TABLE, case, endpoint_group, interface, manifest, policy, s3,
    vpc_only,
};

const BLOCK: &str = "PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true, \
                     IgnorePublicAcls: true, RestrictPublicBuckets: true}";
const KEYED: &str = "BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: \
                     {SSEAlgorithm: aws:kms, KMSMasterKeyID: 'arn:aws:kms:eu-west-1:111122223333:key/k'}}]}";

fn bucket(name: &str, more: &str) -> String {
    let properties = format!("{{properties: {{BucketName: {name}, {more}}}}}");
    manifest("AWS::S3::Bucket", name, &properties)
}

fn bucket_policy(statements: &str) -> String {
    let document = format!("{{Version: '2012-10-17', Statement: [{statements}]}}");
    let properties = format!(
        "{{properties: {{Bucket: '${{AWS::S3::Bucket/data}}', PolicyDocument: {document}}}}}"
    );
    manifest("AWS::S3::BucketPolicy", "data", &properties)
}

fn denied(condition: &str) -> String {
    format!(
        "{{Effect: Deny, Principal: '*', Action: 's3:*', Resource: ['arn:aws:s3:::data', 'arn:aws:s3:::data/*'], Condition: {{{condition}}}}}"
    )
}

fn buckets() -> Vec<Case> {
    let (plain, old) = (
        denied("Bool: {'aws:SecureTransport': 'false'}"),
        denied("NumericLessThan: {'s3:TlsVersion': '1.2'}"),
    );
    let data = |more: &str| bucket("data", more);
    let logs = "LoggingConfiguration: {DestinationBucketName: '${AWS::S3::Bucket/logs}'}";
    let read = |more: &str| {
        let statement = format!(
            "{{Effect: Allow, Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::data/*'{more}}}"
        );
        data(BLOCK) + &bucket_policy(&statement)
    };
    vec![
        case(
            "S3-01",
            data(&BLOCK.replace("IgnorePublicAcls: true", "IgnorePublicAcls: false")),
            data(BLOCK),
        ),
        case("S3-01", data(KEYED), data(BLOCK)),
        case(
            "S3-02",
            read(""),
            read(", Condition: {StringEquals: {'aws:PrincipalOrgID': o-abc1234567}}"),
        ),
        case("S3-03", data(&KEYED.replace("aws:kms,", "AES256,")), data(KEYED)),
        // S3 delivers access logs to buckets without a key only.
        case(
            "S3-03",
            bucket("logs", BLOCK),
            bucket("logs", BLOCK) + &data(&format!("{logs}, {KEYED}")),
        ),
        case(
            "S3-05",
            data(BLOCK) + &bucket_policy(&plain),
            data(BLOCK) + &bucket_policy(&format!("{plain}, {old}")),
        ),
        case(
            "S3-05",
            data(BLOCK) + &bucket_policy(&format!("{plain}, {}", old.replace("1.2", "1.1"))),
            data(BLOCK) + &bucket_policy(&format!("{plain}, {old}")),
        ),
        case(
            "S3-06",
            data("VersioningConfiguration: {Status: Suspended}"),
            data("VersioningConfiguration: {Status: Enabled}"),
        ),
        case("S3-07", data(BLOCK), data(logs) + &bucket("logs", BLOCK)),
    ]
}

/// Identity is only observed here: no settings give it bounds.
fn observed(kind: &str, properties: &str) -> String {
    let spec = format!(
        "{{properties: {{{properties}}}}}\nlifecycle: {{mode: observe, adopt: 'arn:aws:iam::111122223333:policy/p'}}"
    );
    let adopts = manifest(kind, "a", &spec);
    if kind == "AWS::IAM::ManagedPolicy" {
        return adopts;
    }
    adopts.replace(", adopt: 'arn:aws:iam::111122223333:policy/p'", "")
}

fn role(trust: &str, more: &str) -> String {
    let document = format!("{{Version: '2012-10-17', Statement: [{trust}]}}");
    let properties = format!("RoleName: a, AssumeRolePolicyDocument: {document}{more}");
    observed("AWS::IAM::Role", &properties)
}

fn inline(statement: &str) -> String {
    format!(
        ", Policies: [{{PolicyName: own, PolicyDocument: {{Version: '2012-10-17', Statement: [{statement}]}}}}]"
    )
}

fn identity() -> Vec<Case> {
    const ANY: &str =
        "{Effect: Allow, Principal: {Service: sagemaker.amazonaws.com}, Action: 'sts:AssumeRole'}";
    const OWN: &str = "{Effect: Allow, Principal: {Service: sagemaker.amazonaws.com}, Action: 'sts:AssumeRole', Condition: {StringEquals: {'aws:SourceAccount': '111122223333'}}}";
    const ALL: &str = "{Effect: Allow, Action: '*', Resource: '*'}";
    const SOME: &str = "{Effect: Allow, Action: 's3:GetObject', Resource: 'arn:aws:s3:::a/*'}";
    let allowed = |action: &str, resource: &str| {
        role(
            OWN,
            &inline(&format!("{{Effect: Allow, Action: '{action}', Resource: '{resource}'}}")),
        )
    };
    let document = |statement: &str| format!("{{Version: '2012-10-17', Statement: [{statement}]}}");
    let shared = |statement: &str| {
        let properties =
            format!("ManagedPolicyName: p, Path: /, PolicyDocument: {}", document(statement));
        observed("AWS::IAM::ManagedPolicy", &properties)
    };
    let set = |statement: &str| {
        let instance = "InstanceArn: 'arn:aws:sso:::instance/ssoins-7223aaaaaaaaaaaa', Name: a";
        let properties = format!("{instance}, InlinePolicy: {}", document(statement));
        observed("AWS::SSO::PermissionSet", &properties).replace("scope: ml", "scope: org")
    };
    let boundary = ", PermissionsBoundary: 'arn:aws:iam::111122223333:policy/ml-boundary'";
    let administrator = ", ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess']";
    vec![
        case("IAM-01", role(ANY, ""), role(OWN, "")),
        case("IAM-02", role(OWN, &inline(ALL)), role(OWN, &inline(SOME))),
        case("IAM-02", role(OWN, administrator), role(OWN, ", ManagedPolicyArns: []")),
        case(
            "IAM-02",
            allowed("iam:PassRole", "*"),
            allowed("iam:PassRole", "arn:aws:iam::111122223333:role/ml/jobs"),
        ),
        case(
            "IAM-02",
            allowed("kms:Decrypt", "*"),
            allowed("kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/k"),
        ),
        case("IAM-03", role(OWN, ""), role(OWN, boundary)),
        case("IAM-08", shared(ALL), shared(SOME)),
        case("IAM-09", set(ALL), set(SOME)),
    ]
}

fn acl(entries: &str) -> String {
    manifest("NetworkAcl", "a", &format!("{{vpc: vpc-0123456789abcdef0, entries: [{entries}]}}"))
}

fn entry(rule: u32, action: &str, ports: &str) -> String {
    format!(
        "{{direction: ingress, rule: {rule}, action: {action}, protocol: tcp, ports: '{ports}', cidr: 0.0.0.0/0}}"
    )
}

fn networks() -> Vec<Case> {
    let answers = format!("{}, {}", entry(100, "deny", "3389"), entry(110, "allow", "1024-65535"));
    let late = format!("{}, {}", entry(120, "deny", "3389"), entry(110, "allow", "1024-65535"));
    let nat = |tier: &str| {
        let subnet = format!(
            "{{tags: {{tier: {tier}}}, properties: {{VpcId: vpc-0123456789abcdef0, CidrBlock: 10.0.0.0/24}}}}"
        );
        let nat = "{properties: {SubnetId: '${AWS::EC2::Subnet/a}', AllocationId: eipalloc-1}}";
        manifest("AWS::EC2::Subnet", "a", &subnet) + &manifest("AWS::EC2::NatGateway", "nat", nat)
    };
    vec![
        case("NACL-01", acl(&entry(100, "allow", "443")), acl(&answers)),
        case("NACL-02", acl(&late), acl(&answers)),
        case("NAT-01", nat("private"), nat("public")),
    ]
}

/// Apps that may also connect to the endpoints.
const CONNECTING: &str =
    "ingress: [], egress: [{description: out, protocol: tcp, ports: 443, to: [{ref: doors}]}]";

fn studio() -> Vec<Case> {
    let own = policy(OURS);
    let door = interface("sts", "sts", DOORS, &own)
        + &endpoint_group(&format!("{HTTPS}, from: [{{ref: apps}}]"));
    let in_vpc = |hostnames: bool| {
        let vpc = format!(
            "{{properties: {{CidrBlock: 10.0.0.0/16, EnableDnsSupport: true, EnableDnsHostnames: {hostnames}}}}}"
        );
        let domain = vpc_only(APPS).replace("vpc: vpc-0123456789abcdef0", "vpc: {ref: ml}");
        manifest("AWS::EC2::VPC", "ml", &vpc) + &domain
    };
    let table = |routes: &str| {
        let table = "{vpc: vpc-0123456789abcdef0, subnets: [subnet-0123456789abcdef0], routes: []}";
        vpc_only(APPS) + &manifest("RouteTable", "private", table) + &s3(routes, &own)
    };
    let zoned = |subnets: &str| {
        let subnet = |name: &str, number: u8, zone: &str| {
            let block = format!("10.0.{number}.0/24");
            let properties = format!(
                "VpcId: vpc-0123456789abcdef0, CidrBlock: {block}, AvailabilityZone: {zone}"
            );
            manifest("AWS::EC2::Subnet", name, &format!("{{properties: {{{properties}}}}}"))
        };
        let literal = "subnets: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]";
        let domain = vpc_only(APPS).replace(literal, "subnets: [{ref: a}, {ref: b}]");
        let door = door.replace("subnets: [subnet-0123456789abcdef0]", subnets);
        let subnets = [("a", 0, "eu-west-1a"), ("b", 1, "eu-west-1b"), ("c", 2, "eu-west-1b")];
        let subnets = subnets.map(|(name, number, zone)| subnet(name, number, zone));
        subnets.concat() + &domain + &door
    };
    let canvas = |named: &str| {
        let setting = format!(
            ", canvasAppSettings: {{generativeAiSettings: {{amazonBedrockRoleArn: 'arn:aws:iam::111122223333:role/{named}'}}}}"
        );
        // The role `a`, which is observed.
        let trust = "{Effect: Allow, Principal: {Service: bedrock.amazonaws.com}, Action: 'sts:AssumeRole'}";
        super::studio("", &setting) + &role(trust, "")
    };
    vec![
        case("EP-06", zoned("subnets: [{ref: a}]"), zoned("subnets: [{ref: a}, {ref: c}]")),
        case("SMD-13", vpc_only(APPS), vpc_only(CONNECTING) + &door),
        case("SMD-17", canvas("other"), canvas("a")),
        case("NET-06", in_vpc(false), in_vpc(true)),
        case("SMD-18", vpc_only(APPS) + &door, vpc_only(CONNECTING) + &door),
        case("EP-11", table(TABLE), table(", routeTables: [{ref: private}]")),
    ]
}

pub fn all() -> Vec<Case> {
    [buckets(), identity(), networks(), studio()].into_iter().flatten().collect()
}
